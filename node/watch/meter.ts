/**
 * Counters, gauges and histograms as a port. Each module declares its own at its top; prom-client is the adapter
 * (metrics.ts), nothing at all is the default. Labels come from small fixed sets, never an account, device or peer.
 */
export interface Counter { inc (value?: number, labels?: Readonly<Record<string, string>>): void }
export interface Histogram { observe (value: number): void }

export interface Meter {
  counter (name: string, help: string, labels?: readonly string[]): Counter
  /**
   * `read` is called when somebody looks; one that fails is not shown then.
   * @param labels fixed, for a gauge that says something besides its number
   */
  gauge (name: string, help: string, read: () => number | Promise<number>, labels?: Readonly<Record<string, string>>): void
  /** `buckets`: upper bounds, rising. */
  histogram (name: string, help: string, buckets: readonly number[]): Histogram
}

export const noMeter: Meter = {
  counter: () => ({ inc: () => {} }),
  gauge: () => {},
  histogram: () => ({ observe: () => {} })
}

/** Bounds in seconds for what a person waits for: 1 ms to a minute. */
export const waitBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60] as const
/** Bounds in seconds for what may take days. */
export const longBuckets = [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 600, 3_600, 86_400, 604_800] as const
