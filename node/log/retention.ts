/**
 * Sweeping what has expired out of the store, in small steps. What everybody has acknowledged goes earlier (progress.ts).
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import type { Meter } from '../watch/meter.ts'
import type { Logger } from '../ports.ts'
import type { Store } from '../store/store.ts'

/** Between two sweeps. */
const sweepEveryMs = 10 * 60_000
/** Between two steps of one: the message path goes first. */
const stepEveryMs = 50

export class Retention {
  readonly #store: Pick<Store, 'sweep'>
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #swept
  #timer: Timer | undefined
  #running: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor (components: { store: Pick<Store, 'sweep'>, clock: Clock, logger: Logger, meter: Meter }) {
    this.#store = components.store
    this.#clock = components.clock
    this.#logger = components.logger
    this.#swept = components.meter.counter('heliograph_retention_swept_total', 'what has expired and was dropped, by kind', ['kind'])
  }

  start (): void { this.#schedule(sweepEveryMs) }

  #schedule (afterMs: number): void {
    if (this.#isStopped) return
    this.#timer = this.#clock.after(afterMs, () => { this.#running = this.#step() })
  }

  async #step (): Promise<void> {
    try {
      const { entries, outboxItems, messageIds, isDone } = await this.#store.sweep(this.#clock.nowMs())
      this.#swept.inc(entries, { kind: 'entry' })
      this.#swept.inc(outboxItems, { kind: 'outbox' })
      this.#swept.inc(messageIds, { kind: 'message-id' })
      this.#schedule(isDone ? sweepEveryMs : stepEveryMs)
    } catch (error) {
      this.#logger.error('retention.sweep', {}, error)
      this.#schedule(sweepEveryMs)
    }
  }

  async stop (): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#running
  }
}
