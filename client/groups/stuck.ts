/**
 * Groups whose sequencer does not answer: what this device has written got its tick from the account's home, and no number for
 * long. The person is told once, with what can be done; an admin may re-anchor the group.
 *
 * Owns: how long what waits in which group. In memory: after a restart it is submitted again, and counts from there.
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import type { MessageId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import { clientLimits } from '../limits.ts'

export interface StuckComponents {
  readonly clock: Clock
  /** Nothing of this group got through since then. */
  readonly onStuck: (chat: ChatId, sinceMs: number) => void
}

interface Waiting { readonly ids: Set<MessageId>, sinceMs: number, timer: Timer | undefined }

export class StuckGroups {
  readonly #on: StuckComponents
  readonly #waiting = new Map<ChatId, Waiting>()

  constructor (components: StuckComponents) { this.#on = components }

  /** At this account's home, and without a number. */
  waits (chat: ChatId, id: MessageId): void {
    const known = this.#waiting.get(chat)
    if (known !== undefined) {
      if (known.ids.size < clientLimits.groupSealedKept) known.ids.add(id)
      return
    }
    const { clock, onStuck } = this.#on
    const waiting: Waiting = { ids: new Set([id]), sinceMs: clock.nowMs(), timer: undefined }
    this.#waiting.set(chat, waiting)
    waiting.timer = clock.after(clientLimits.groupStuckMs, () => {
      waiting.timer = undefined
      onStuck(chat, waiting.sinceMs)
    })
  }

  /** Something of this group got its number, or is given up: its sequencer answers. */
  moves (chat: ChatId, id: MessageId): void {
    const waiting = this.#waiting.get(chat)
    if (waiting?.ids.delete(id) !== true) return
    waiting.timer?.cancel()
    this.#waiting.delete(chat)
    for (const other of waiting.ids) this.waits(chat, other)
  }

  /** Since when; undefined: it is not stuck. */
  since (chat: ChatId): number | undefined {
    const waiting = this.#waiting.get(chat)
    return waiting === undefined || waiting.timer !== undefined ? undefined : waiting.sinceMs
  }

  stop (): void {
    for (const { timer } of this.#waiting.values()) timer?.cancel()
    this.#waiting.clear()
  }
}
