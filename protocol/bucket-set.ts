/**
 * Token buckets of one rate, one per key: how often each may do something. A burst, then a steady rate.
 *
 * Owns: what is left for whom, and a bound on remembered keys. Does not know what a key stands for.
 */
import type { Clock } from './clock.ts'

export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

interface Bucket { tokens: number, filledAtMs: number }

/** Keys that one set of buckets remembers: 50,000 at about 150 bytes. */
const defaultMaxKeys = 50_000

/** Buckets of one rate, one per key. */
export class BucketSet {
  readonly #clock: Clock
  readonly #rate: Rate
  readonly #maxKeys: number
  /** Least recently used first. */
  readonly #buckets = new Map<string, Bucket>()

  constructor ({ clock }: { clock: Clock }, rate: Rate, { maxKeys = defaultMaxKeys }: { maxKeys?: number } = {}) {
    this.#clock = clock
    this.#rate = rate
    this.#maxKeys = maxKeys
  }

  get size (): number { return this.#buckets.size }

  /**
   * Take `cost` tokens, or none. A cost above the burst is charged as the burst: it passes when the bucket is full.
   * @returns 0 when taken, else the milliseconds after which it would be
   */
  tryTake (key: string, cost = 1): number {
    const nowMs = this.#clock.nowMs()
    const { burst, perSecond } = this.#rate
    const due = Math.min(cost, burst)
    let bucket = this.#buckets.get(key)
    if (bucket === undefined) {
      if (this.#buckets.size >= this.#maxKeys) this.#forget(nowMs)
      bucket = { tokens: burst, filledAtMs: nowMs }
    } else {
      // A clock that was set back refills nothing, and does not take away either.
      const elapsedMs = Math.max(0, nowMs - bucket.filledAtMs)
      bucket.tokens = Math.min(burst, bucket.tokens + elapsedMs / 1000 * perSecond)
      bucket.filledAtMs = nowMs
      this.#buckets.delete(key)
    }
    this.#buckets.set(key, bucket)
    // A thousandth of a token short is the rounding of what was refilled in several steps.
    if (bucket.tokens < due - 0.001) return Math.max(1, Math.ceil((due - bucket.tokens) / perSecond * 1000))
    bucket.tokens = Math.max(0, bucket.tokens - due)
    return 0
  }

  /** Tokens that were left when this key was last looked at; the burst when it is not remembered. */
  left (key: string): number { return this.#buckets.get(key)?.tokens ?? this.#rate.burst }

  /** Nothing is left, from now on. */
  empty (key: string): void {
    this.tryTake(key, 0)
    this.#buckets.get(key)!.tokens = 0
  }

  /** Buckets that are full again say nothing and go first; when none is, the one that was used longest ago goes. */
  #forget (nowMs: number): void {
    const refillMs = this.#rate.burst / this.#rate.perSecond * 1000
    let isFirst = true
    for (const [key, bucket] of this.#buckets) {
      if (!isFirst && nowMs - bucket.filledAtMs < refillMs) return
      this.#buckets.delete(key)
      isFirst = false
    }
  }
}
