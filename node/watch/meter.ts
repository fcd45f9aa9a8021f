/**
 * Counters, gauges and histograms as a port. Each module declares its own at its top; prom-client is the adapter
 * (metrics.ts), nothing at all is the default. Labels come from small fixed sets, never an account, device or peer.
 */
export interface Counter { inc (value?: number, labels?: Readonly<Record<string, string>>): void }
export interface Histogram { observe (value: number): void }

export interface Meter {
  counter (name: string, help: string, labels?: readonly string[]): Counter
  /** `read` is called when somebody looks. */
  gauge (name: string, help: string, read: () => number): void
  /** `buckets`: upper bounds, rising. */
  histogram (name: string, help: string, buckets: readonly number[]): Histogram
}

export const noMeter: Meter = {
  counter: () => ({ inc: () => {} }),
  gauge: () => {},
  histogram: () => ({ observe: () => {} })
}
