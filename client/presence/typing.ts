/**
 * Who types or records right now, both ways. Never stored, never repeated by anybody, over by itself after six seconds.
 *
 * Owns: how often it is said, when it is over. Does not know: sealing, or who may know (presence.ts).
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { ChatId } from '../chat-id.ts'
import type { Events } from '../events.ts'
import type { TypingState } from '../model.ts'

/** While somebody goes on typing it is said this often: half of the time after which it is over by itself. */
export const typingEveryMs = limits.typingMs / 2
/** People shown as typing at a time: more than a person can look at. */
const maxTyping = 1_000
/** Chats in which one types oneself at a time. */
const maxSaid = 100

export class OwnTyping {
  readonly #clock: Clock
  readonly #said = new Map<ChatId, { state: TypingState, atMs: number }>()

  constructor ({ clock }: { clock: Clock }) { this.#clock = clock }

  /** @returns whether it is worth saying now */
  note (chat: ChatId, state: TypingState): boolean {
    const nowMs = this.#clock.nowMs()
    const said = this.#said.get(chat)
    if (state === 'stopped') {
      this.#said.delete(chat)
      // It is over by itself there already.
      return said !== undefined && said.atMs + limits.typingMs > nowMs
    }
    if (said?.state === state && said.atMs + typingEveryMs > nowMs) return false
    this.#said.delete(chat)
    if (this.#said.size >= maxSaid) this.#said.delete(this.#said.keys().next().value!)
    this.#said.set(chat, { state, atMs: nowMs })
    return true
  }

  /** A message has gone: it begins anew. */
  sent (chat: ChatId): void { this.#said.delete(chat) }
}

export class OthersTyping {
  readonly #clock: Clock
  readonly #events: Events
  readonly #typing = new Map<string, { chat: ChatId, account: AccountId, state: TypingState, timer: Timer }>()

  constructor ({ clock, events }: { clock: Clock, events: Events }) {
    this.#clock = clock
    this.#events = events
  }

  heard (chat: ChatId, account: AccountId, state: TypingState): void {
    const key = `${chat}/${account}`
    const before = this.#typing.get(key)
    before?.timer.cancel()
    this.#typing.delete(key)
    if (state !== 'stopped') {
      // [DROP] bounded
      if (this.#typing.size >= maxTyping) return
      const timer = this.#clock.after(limits.typingMs, () => { this.heard(chat, account, 'stopped') })
      this.#typing.set(key, { chat, account, state, timer })
    }
    if ((before?.state ?? 'stopped') !== state) this.#events.emit('typing', { chat, account, state })
  }

  in (chat: ChatId): Array<{ account: AccountId, state: TypingState }> {
    return [...this.#typing.values()].filter((one) => one.chat === chat).map(({ account, state }) => ({ account, state }))
  }

  stop (): void {
    for (const { timer } of this.#typing.values()) timer.cancel()
    this.#typing.clear()
  }
}
