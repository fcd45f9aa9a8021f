/**
 * What is inside a ciphertext: padded, bound to its envelope, with the sender's view of the log and of the device lists.
 * Spec: docs/protocol/content.md
 */
import { concat, sameBytes } from '../../protocol/bytes.ts'
import { pad, unpad } from '../../protocol/e2ee/padding.ts'
import type { Envelope } from '../../protocol/envelope.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { deviceKeyOf, messageIdBytes, messageIdFromBytes, messageIdToBytes, type MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { decode, encode } from '../../protocol/wire/codec.ts'
import { Content as WireContent } from '../../protocol/wire/gen/content.js'
import { wireVersion } from '../../protocol/wire/kinds.ts'
import { clientLimits } from '../limits.ts'
import { decodeChainPoint, encodeChainPoint, type ChainPoint } from './chain.ts'

export interface ListMark {
  readonly epoch: number
  /** SHA-256 of the Signed DeviceList */
  readonly hash: Uint8Array
}

export type Body =
  /** `standsFor`: sent again; the id that it had first, then those of earlier tries */
  | { readonly kind: 'text', readonly text: string, readonly standsFor?: readonly MessageId[] }
  | { readonly kind: 'receipt', readonly stage: number, readonly ids: readonly MessageId[] }
  /** of a newer version */
  | { readonly kind: 'unknown' }

export interface Content {
  readonly sentAtMs: number
  /** undefined: the sender does not know the beginning of the log */
  readonly previous: ChainPoint | undefined
  /** the sender's own list, as it knows it */
  readonly senderList: ListMark
  /** the other person's list, as the sender knows it */
  readonly peerList: ListMark
  readonly body: Body
}

/** The last moment that a Date can hold: what claims to be later is shown as that. */
const lastMoment = 8.64e15

type Binding = Pick<Envelope, 'conversation' | 'messageId' | 'senderDevice'>

/** @returns the padded plaintext */
export function encodeContent (binding: Binding, content: Content): Uint8Array {
  const { body } = content
  return pad(encode(WireContent, {
    version: wireVersion,
    conversation: binding.conversation.bytes,
    messageId: messageIdToBytes(binding.messageId),
    senderDevice: deviceKeyOf(binding.senderDevice),
    sentAtMs: content.sentAtMs,
    previous: content.previous === undefined ? new Uint8Array(0) : encodeChainPoint(content.previous),
    ownListEpoch: content.senderList.epoch,
    ownListHash: content.senderList.hash,
    theirListEpoch: content.peerList.epoch,
    theirListHash: content.peerList.hash,
    ...(body.kind === 'text' ? { text: { body: body.text, ...(body.standsFor === undefined ? {} : { standsFor: concat(...body.standsFor.map(messageIdToBytes)) }) } } : {}),
    ...(body.kind === 'receipt' ? { receipt: { stage: body.stage, messageIds: concat(...body.ids.map(messageIdToBytes)) } } : {})
  }))
}

/**
 * @param envelope what stood outside
 * @throws ProtocolError MALFORMED, UNSUPPORTED_VERSION; BAD_CONVERSATION when the inside belongs to another envelope
 */
export function decodeContent (padded: Uint8Array, envelope: Binding): Content {
  const wire = decode(WireContent, unpad(padded))
  // [REJECT] a version that may mean something else
  if (wire.version !== wireVersion) throw new ProtocolError('UNSUPPORTED_VERSION', { what: 'content' })
  // [REJECT] SPEC(content §2) sealed for another conversation, id or sender: somebody replays it
  if (!sameBytes(wire.conversation, envelope.conversation.bytes) || !sameBytes(wire.messageId, messageIdToBytes(envelope.messageId)) ||
      !sameBytes(wire.senderDevice, deviceKeyOf(envelope.senderDevice))) throw new ProtocolError('BAD_CONVERSATION', { what: 'the inside belongs to another envelope' })
  return {
    sentAtMs: Math.min(wire.sentAtMs, lastMoment),
    previous: decodeChainPoint(wire.previous),
    senderList: { epoch: wire.ownListEpoch, hash: wire.ownListHash },
    peerList: { epoch: wire.theirListEpoch, hash: wire.theirListHash },
    body: bodyOf(wire, envelope.messageId)
  }
}

function bodyOf ({ text, receipt }: WireContent, messageId: MessageId): Body {
  if (text !== undefined) {
    // [REJECT] three bytes of UTF-8 at most for each UTF-16 unit: cheap, and never refuses what `send` allows
    if (text.body.length > limits.textBytes) throw new ProtocolError('TOO_LARGE', { max: limits.textBytes })
    if (text.standsFor === undefined) return { kind: 'text', text: text.body }
    const standsFor = idsOf(text.standsFor, 1 + clientLimits.sendAgain)
    // [REJECT] ids rise: what it stands for was made before it
    if (standsFor.length === 0 || standsFor.some((id) => id >= messageId)) throw new ProtocolError('MALFORMED', { what: 'stands for a later message' })
    return { kind: 'text', text: text.body, standsFor }
  }
  if (receipt === undefined) return { kind: 'unknown' }
  const { messageIds, stage } = receipt
  return { kind: 'receipt', stage, ids: idsOf(messageIds, limits.receiptIds) }
}

function idsOf (bytes: Uint8Array, max: number): MessageId[] {
  // [REJECT] whole ids, and not more than there may be
  if (bytes.byteLength % messageIdBytes !== 0) throw new ProtocolError('MALFORMED', { what: 'message ids' })
  if (bytes.byteLength > max * messageIdBytes) throw new ProtocolError('TOO_MANY', { max, what: 'message ids' })
  const ids: MessageId[] = []
  for (let at = 0; at < bytes.byteLength; at += messageIdBytes) ids.push(messageIdFromBytes(bytes.subarray(at, at + messageIdBytes)))
  return ids
}
