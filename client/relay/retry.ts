/**
 * Things to do later, one per key, with growing pauses: `min(1 s · 2ⁿ, 30 s)` with jitter, or what the relay asked for.
 */
import { backoffMs, type Clock, type Random, type Timer } from '../../protocol/clock.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { clientLimits } from '../limits.ts'

/** What a relay asked for, within reason. */
export const askedPauseMs = (error: unknown): number =>
  isProtocolError(error) ? Math.min(error.details.retryAfterMs ?? 0, clientLimits.retryAfterMaxMs) : 0

export class Retries<Key> {
  readonly #clock: Clock
  readonly #random: Random
  readonly #attempts = new Map<Key, number>()
  readonly #timers = new Map<Key, Timer>()

  constructor ({ clock, random }: { clock: Clock, random: Random }) {
    this.#clock = clock
    this.#random = random
  }

  isWaiting (key: Key): boolean { return this.#timers.has(key) }
  attempts (key: Key): number { return this.#attempts.get(key) ?? 0 }

  /** @returns the pause. A key that waits already goes on waiting. */
  schedule (key: Key, error: unknown, task: () => void): number {
    const attempt = this.attempts(key)
    const asked = askedPauseMs(error)
    const delayMs = Math.max(asked, backoffMs(attempt, this.#random, limits))
    if (this.#timers.has(key)) return delayMs
    this.#attempts.set(key, attempt + 1)
    this.#timers.set(key, this.#clock.after(delayMs, () => { this.#timers.delete(key); task() }))
    return delayMs
  }

  /** It worked: the next pause is short again. */
  succeeded (key: Key): void {
    this.#attempts.delete(key)
    this.#timers.get(key)?.cancel()
    this.#timers.delete(key)
  }

  /** Nothing waits any more: start at once, e.g. because the relay is reachable again. */
  clear (): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    this.#attempts.clear()
  }
}
