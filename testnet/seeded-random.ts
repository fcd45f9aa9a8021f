/**
 * Randomness that a seed repeats: for what a scenario chooses (texts, pauses, jitter), never for keys.
 */
import type { Random } from '../protocol/clock.ts'

export class SeededRandom implements Random {
  readonly seed: number
  #state: number

  /** @param seed a whole number; scenarios print it */
  constructor (seed: number) {
    this.seed = seed
    this.#state = seed >>> 0
  }

  /** splitmix32: passes the usual statistical tests, 2³² states are plenty here. */
  fraction (): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0
    let mixed = this.#state ^ (this.#state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }

  bytes (length: number): Uint8Array { return Uint8Array.from({ length }, () => Math.floor(this.fraction() * 256)) }
  /** From `least` to `most`, both included. */
  integer (least: number, most: number): number { return least + Math.floor(this.fraction() * (most - least + 1)) }
  pick<T> (items: readonly T[]): T { return items[this.integer(0, items.length - 1)]! }
}
