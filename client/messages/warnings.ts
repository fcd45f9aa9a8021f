/**
 * What the person is told when something is wrong with a log, once its batch is stored.
 */
import type { Envelope } from '../../protocol/envelope.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import { isGroupChat, type ChatId } from '../chat-id.ts'
import { warningPlace, type Events } from '../events.ts'
import type { Draft } from '../store/ledger.ts'

export class Warnings {
  readonly #events: Events

  constructor ({ events }: { readonly events: Events }) { this.#events = events }

  warn (draft: Draft, kind: 'fork' | 'devices' | 'undecryptable' | 'refused', chat: ChatId, text: string, envelope?: Envelope): void {
    draft.after(() => { this.#events.emit('warning', { ...warningPlace(chat), kind, text, ...(envelope === undefined ? {} : { message: envelope.messageId }) }) })
  }

  refused (draft: Draft, chat: ChatId, error: { code: ErrorCode }): void { this.warn(draft, 'refused', chat, `Something in this conversation was refused (${error.code}).`) }

  gone (draft: Draft, chat: ChatId): void { this.warn(draft, 'fork', chat, 'Messages of this conversation are gone from the relay before they reached this device.') }

  forked (draft: Draft, chat: ChatId): void {
    this.warn(draft, 'fork', chat, isGroupChat(chat)
      ? 'The relays have shown people in this group different versions of it: messages may have been dropped or put in another order.'
      : 'The relays have shown the two of you different versions of this conversation: messages may have been dropped or put in another order.')
  }

  wentBack (draft: Draft, chat: ChatId): void {
    this.warn(draft, 'fork', chat, 'The relay has gone back to an older state of this conversation: messages may be missing there, or stand in another order.')
  }
}
