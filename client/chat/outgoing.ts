/**
 * From what a person wants to say to the body of a message, checked as a receiver would check it.
 */
import { utf8 } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { extrasOf, type Body, type ContactCard, type Location, type Mention, type Poll, type Quote, type TextBody } from '../messages/bodies.ts'
import { bodyLimits } from '../messages/body-codec.ts'
import { decodeBody, encodeBody } from '../messages/content.ts'
import type { Message } from '../model.ts'
import type { MessageRow } from '../store/tables.ts'

/** A text, or something that stands in its place, or both. */
export interface Outgoing {
  readonly text?: string
  readonly replyTo?: MessageId
  /** UTF-16 units of the text, rising */
  readonly mentions?: readonly Mention[]
  readonly viewOnce?: boolean
  readonly location?: Location
  readonly contact?: ContactCard
  readonly poll?: Poll
}

/** What no receiver would take does not leave. @throws ProtocolError MALFORMED, TOO_LARGE, TOO_MANY */
export function checked<B extends Body> (body: B): B {
  if (body.kind === 'text' || body.kind === 'edit') {
    if (utf8(body.text).byteLength > limits.textBytes) throw new ProtocolError('TOO_LARGE', { max: limits.textBytes })
  }
  // A text without anything reads as something unknown.
  if (decodeBody(encodeBody(body)).kind !== body.kind) throw new ProtocolError('MALFORMED', { what: 'an empty message' })
  return body
}

/** @param of.timerS of the chat; 0: off */
export const textBodyOf = ({ text = '', mentions = [], viewOnce, location, contact, poll }: Outgoing, { quote, timerS, forwarded = 0 }: { readonly quote: Quote | undefined, readonly timerS: number, readonly forwarded?: number }): TextBody => checked({
  kind: 'text',
  text,
  ...(quote === undefined ? {} : { replyTo: quote }),
  ...(mentions.length === 0 ? {} : { mentions }),
  ...(forwarded === 0 ? {} : { forwarded }),
  ...(timerS === 0 ? {} : { expiresAfterS: timerS }),
  ...(viewOnce === true ? { viewOnce } : {}),
  ...(location === undefined ? {} : { location }),
  ...(contact === undefined ? {} : { contact }),
  ...(poll === undefined ? {} : { poll })
})

/** The beginning of a message, for a quote of it. @throws ProtocolError NOT_ADMITTED */
export function quoteOf (row: MessageRow): Quote {
  // [REJECT] what was to be seen once, or is to be gone, does not live on in a quote
  if (row.isDeleted === true || row.viewOnce === true) throw new ProtocolError('NOT_ADMITTED', { what: 'this cannot be quoted' })
  return { messageId: row.id, author: row.sender, excerpt: excerptOf(row) }
}

function excerptOf ({ text, location, contact, poll }: Message): string {
  const words = text !== '' ? text : poll?.question ?? contact?.name ?? location?.label ?? ''
  const excerpt = words.slice(0, bodyLimits.excerptChars)
  // Not half a character.
  return excerpt.isWellFormed() ? excerpt : excerpt.slice(0, -1).toWellFormed()
}

/** What goes on to others: no quote, no mentions, no votes. @throws ProtocolError NOT_ADMITTED */
export function forwardedOf (row: MessageRow): { outgoing: Outgoing, forwarded: number } {
  if (row.isDeleted === true || row.viewOnce === true || row.state === 'failed') throw new ProtocolError('NOT_ADMITTED', { what: 'this cannot be forwarded' })
  const { location, contact, poll, forwarded = 0 } = extrasOf(row)
  return {
    outgoing: { text: row.text, ...(location === undefined ? {} : { location }), ...(contact === undefined ? {} : { contact }), ...(poll === undefined ? {} : { poll }) },
    forwarded: forwarded + 1
  }
}
