/**
 * Latencies in buckets of 1% width: constant memory, quantiles good to 1%.
 */
export class Histogram {
  readonly #counts = new Uint32Array(2400)
  #total = 0

  /** @param ms from 0.001 to about 20,000,000 */
  add (ms: number): void {
    const bucket = Math.min(this.#counts.length - 1, Math.max(0, Math.floor(Math.log(Math.max(ms, 0.001) / 0.001) / Math.log(1.01))))
    this.#counts[bucket]!++
    this.#total++
  }

  /** Upper edge of the bucket that holds the q-quantile; NaN when empty. */
  quantile (q: number): number {
    let seen = 0
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket]!
      if (seen > 0 && seen >= q * this.#total) return 0.001 * 1.01 ** (bucket + 1)
    }
    return Number.NaN
  }
}
