/**
 * The Meter port over prom-client, with the process's own figures beside ours.
 *
 * Names: heliograph_<area>_<what>_<unit|total>. One registry per relay: several run in one process in tests.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { Meter } from './meter.ts'

const namePattern = /^heliograph_[a-z0-9]+(?:_[a-z0-9]+)+$/

export interface Metrics extends Meter {
  readonly contentType: string
  /** The text that Prometheus reads. */
  render (): Promise<string>
  /** Our counters and gauges as numbers, the sum of those with labels. */
  read (): Promise<Record<string, number>>
}

/** @param isWithProcess with figures of the process: memory, event loop, garbage collection */
export function createMetrics ({ isWithProcess }: { isWithProcess: boolean }): Metrics {
  const registry = new Registry()
  if (isWithProcess) collectDefaultMetrics({ register: registry })
  const checked = (name: string): string => {
    if (!namePattern.test(name)) throw new TypeError(`not a metric name of ours: ${name}`)
    return name
  }
  return {
    contentType: registry.contentType,
    render: async () => await registry.metrics(),
    read: async () => {
      const figures: Record<string, number> = {}
      for (const { name, type, values } of await registry.getMetricsAsJSON()) {
        // In prom-client's types an enum, in its answers a word.
        if (!name.startsWith('heliograph_') || String(type) === 'histogram') continue
        figures[name] = values.reduce((sum, { value }) => sum + value, 0)
      }
      return figures
    },
    counter (name, help, labels = []) {
      const counter = new Counter({ name: checked(name), help, labelNames: [...labels], registers: [registry] })
      return { inc: (value = 1, labelValues) => { if (labelValues === undefined) counter.inc(value); else counter.inc({ ...labelValues }, value) } }
    },
    gauge (name, help, read, labels = {}) {
      new Gauge({
        name: checked(name),
        help,
        labelNames: Object.keys(labels),
        registers: [registry],
        async collect () {
          try {
            this.set(labels, await read())
          } catch {
            // What cannot be read now (a folder on a disk that fails) must not hide all the rest.
            this.reset()
          }
        }
      })
    },
    histogram (name, help, buckets) {
      const histogram = new Histogram({ name: checked(name), help, buckets: [...buckets], registers: [registry] })
      return { observe: (value) => { histogram.observe(value) } }
    }
  }
}
