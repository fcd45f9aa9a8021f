/**
 * What is typed and not sent: kept for each conversation, stored when nothing was typed for a while or the conversation is left.
 */
import type { ClientLike } from '../context.ts'
import { failureOf } from '../failure.ts'
import type { ChatId } from './chat-state.ts'
import type { ChatTiming, ShownState } from './shown-state.ts'

/** A draft is stored when nothing was typed for so long. */
const draftMs = 2000

export class Drafts {
  readonly #client: ClientLike
  readonly #timing: ChatTiming
  readonly #shown: ShownState
  readonly #drafts = new Map<ChatId, string>()
  #cancel: (() => void) | undefined
  #storing: Promise<unknown> = Promise.resolve()

  constructor (client: ClientLike, timing: ChatTiming, shown: ShownState) {
    this.#client = client
    this.#timing = timing
    this.#shown = shown
  }

  /** The line so far. */
  typed (chat: ChatId, text: string): void {
    this.#drafts.set(chat, text)
    this.#cancel?.()
    this.#cancel = this.#timing.after(draftMs, () => { this.#store(chat) })
  }

  /** It was sent. */
  sent (chat: ChatId | undefined): void {
    if (chat !== undefined) this.#drafts.delete(chat)
    this.stop()
  }

  /** What was begun in this conversation. */
  of (chat: ChatId | undefined): string {
    if (chat === undefined) return ''
    return this.#drafts.get(chat) ?? this.#client.chats.info(chat).draft?.text ?? ''
  }

  /** The conversation is left: what is typed in it stays. */
  keep (chat: ChatId, text: string): void {
    this.#drafts.set(chat, text.startsWith('/') ? '' : text)
    this.#store(chat)
  }

  #store (chat: ChatId): void {
    this.#cancel?.()
    this.#cancel = undefined
    const text = this.#drafts.get(chat)
    if (text === undefined || text === (this.#client.chats.info(chat).draft?.text ?? '')) return
    this.#storing = this.#storing.then(async () => { await this.#client.chats.setDraft(chat, text.trim() === '' ? undefined : { text }) }).catch((error: unknown) => { this.#shown.notice('warning', failureOf(error).sentence) })
  }

  /** Resolves when drafts that were begun are stored. */
  async stored (): Promise<void> { await this.#storing }

  stop (): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
