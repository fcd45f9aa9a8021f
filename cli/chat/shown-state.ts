/**
 * The state that is on the screen: one change notice per frame however many changes come, and the notice line.
 *
 * Owns: the state, who is told of a change. Does not know: what changes it (chat-controller.ts, chat-reading.ts, drafts.ts), the terminal.
 */
import { failureOf } from '../failure.ts'
import { withNotice, type ChatState } from './chat-state.ts'

export interface ChatTiming {
  nowMs (): number
  /** Calls `task` once after `delayMs`; returns how to cancel. */
  after (delayMs: number, task: () => void): () => void
}

/** At most thirty changes a second reach the screen. */
export const frameMs = 33
/** What went well is shown for so long; then again who one is talking to. */
const infoMs = 8000

export class ShownState {
  readonly #timing: ChatTiming
  readonly #listeners = new Set<() => void>()
  #state: ChatState
  #cancelFrame: (() => void) | undefined
  #cancelNotice: (() => void) | undefined

  constructor (state: ChatState, timing: ChatTiming) {
    this.#state = state
    this.#timing = timing
  }

  get state (): ChatState { return this.#state }

  subscribe (listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  set (state: ChatState): void {
    if (state === this.#state) return
    this.#state = state
    this.#cancelFrame ??= this.#timing.after(frameMs, () => {
      this.#cancelFrame = undefined
      for (const listener of this.#listeners) listener()
    })
  }

  notice (level: 'info' | 'warning', text: string): void {
    const notice = { level, text }
    this.set(withNotice(this.#state, notice))
    this.#cancelNotice?.()
    this.#cancelNotice = level === 'warning' ? undefined : this.#timing.after(infoMs, () => { if (this.#state.notice === notice) this.set(withNotice(this.#state, undefined)) })
  }

  /** Goes on by itself; what it fails with is said. */
  run (work: Promise<unknown>): void {
    work.catch((error: unknown) => { this.notice('warning', failureOf(error).sentence) })
  }

  stop (): void {
    this.#cancelFrame?.()
    this.#cancelNotice?.()
    this.#listeners.clear()
  }
}
