/**
 * A clock that moves only when told, and randomness from a seed: for tests and simulation.
 */
import type { Clock, Random, Timer } from './clock.ts'

interface Waiting { atMs: number, order: number, task: () => void }

export class ManualClock implements Clock {
  #nowMs: number
  #order = 0
  #waiting: Waiting[] = []

  constructor (startMs = 1_800_000_000_000) { this.#nowMs = startMs }

  /** Whole milliseconds, as every clock of a device tells them; timers may fall between two. */
  nowMs (): number { return Math.floor(this.#nowMs) }

  after (delayMs: number, task: () => void): Timer {
    const entry = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, task }
    this.#waiting.push(entry)
    return { cancel: () => { this.#waiting = this.#waiting.filter((other) => other !== entry) } }
  }

  /** Timers that have not fired: a stopped service leaves none. */
  get pending (): number { return this.#waiting.length }

  /** Run every task that falls due within `ms`, in order of time; lets promises settle between tasks. */
  async advance (ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    for (;;) {
      await settle()
      const next = this.#waiting.filter((entry) => entry.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0]
      if (next === undefined) break
      this.#waiting = this.#waiting.filter((entry) => entry !== next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.task()
    }
    this.#nowMs = untilMs
    await settle()
  }
}

/** Let queued promise reactions run: enough turns for a few awaits in a row on memory stores. */
export async function settle (turns = 50): Promise<void> {
  for (let i = 0; i < turns; i++) await Promise.resolve()
}

/** xoshiro128** seeded by splitmix32: fast, good enough for tests, never for keys. */
export class SeededRandom implements Random {
  readonly seed: number
  #s: [number, number, number, number]

  constructor (seed: number) {
    this.seed = seed >>> 0
    let state = this.seed
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0
      let z = state
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
      return (z ^ (z >>> 15)) >>> 0
    }
    this.#s = [next(), next(), next(), next()]
  }

  #next (): number {
    const s = this.#s
    const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k))
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9)
    const t = s[1] << 9
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = rotate(s[3], 11)
    return result >>> 0
  }

  fraction (): number { return this.#next() / 2 ** 32 }
  /** Uniform integer in [0, below). */
  below (below: number): number { return Math.floor(this.fraction() * below) }
  pick<T> (items: readonly T[]): T { return items[this.below(items.length)]! }
  bytes (length: number): Uint8Array {
    const out = new Uint8Array(length)
    for (let i = 0; i < length; i++) out[i] = this.#next() & 0xff
    return out
  }
}
