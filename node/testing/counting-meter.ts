/** For tests only: a meter whose figures can be looked at. */
import assert from 'node:assert/strict'
import type { Meter } from '../watch/meter.ts'

/** Counters to look at: `counts.get('name')`, `counts.get('name label')`. */
export class CountingMeter implements Meter {
  readonly counts = new Map<string, number>()

  of (key: string): number { return this.counts.get(key) ?? 0 }

  counter (name: string): ReturnType<Meter['counter']> {
    const add = (key: string, value: number): void => { this.counts.set(key, this.of(key) + value) }
    return {
      inc: (value = 1, labels = {}) => {
        add(name, value)
        for (const label of Object.values(labels)) add(`${name} ${label}`, value)
      }
    }
  }

  readonly #gauges = new Map<string, () => number | Promise<number>>()

  gauge (name: string, _help: string, read: () => number | Promise<number>): void { this.#gauges.set(name, read) }

  /** What a gauge says now. */
  async gauged (name: string): Promise<number> { return await (this.#gauges.get(name) ?? assert.fail(`no gauge ${name}`))() }

  /** `counts` has `<name> count` and `<name> sum`. */
  histogram (name: string): ReturnType<Meter['histogram']> {
    const [count, sum] = [`${name} count`, `${name} sum`]
    return {
      observe: (value) => {
        this.counts.set(count, this.of(count) + 1)
        this.counts.set(sum, this.of(sum) + value)
      }
    }
  }
}
