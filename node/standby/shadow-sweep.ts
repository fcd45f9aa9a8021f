/**
 * What has expired in shadows goes, although the primary that shipped it has not trimmed it: it may be gone for good, or keep an
 * account that nobody uses. In small steps, one account after the other.
 *
 * Owns: when. What goes: shadow-logs.ts. Spec: docs/protocol/standby.md
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import type { Logger } from '../ports.ts'
import type { Meter } from '../watch/meter.ts'

/** Between two sweeps: what expires has lain for weeks. */
const sweepEveryMs = 60 * 60_000
/** Between two accounts: 100,000 of them take an hour and a half. */
const stepEveryMs = 50

export interface ShadowSweepComponents {
  readonly register: { accounts (): Iterable<AccountId>, relaysOf (account: AccountId): RelayId[] }
  logsOf (account: AccountId, relay: RelayId): Promise<ConversationId[]>
  /** @returns rows that went */
  sweep (relay: RelayId, log: ConversationId): Promise<number>
  readonly clock: Clock
  readonly logger: Logger
  readonly meter: Meter
}

export class ShadowSweep {
  readonly #c: ShadowSweepComponents
  readonly #swept
  #left: AccountId[] = []
  #timer: Timer | undefined
  #running: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor (components: ShadowSweepComponents) {
    this.#c = components
    this.#swept = components.meter.counter('heliograph_standby_swept_total', 'entries and waiting envelopes of other relays that have expired here')
  }

  start (): void { this.#schedule(sweepEveryMs) }

  #schedule (afterMs: number): void {
    if (!this.#isStopped) this.#timer = this.#c.clock.after(afterMs, () => { this.#running = this.#step() })
  }

  async #step (): Promise<void> {
    const { logger, logsOf, register, sweep } = this.#c
    if (this.#left.length === 0) this.#left = [...register.accounts()]
    const account = this.#left.pop()
    try {
      if (account !== undefined) {
        for (const relay of register.relaysOf(account)) {
          for (const log of await logsOf(account, relay)) {
            if (this.#isStopped) return
            const count = await sweep(relay, log)
            if (count > 0) this.#swept.inc(count)
          }
        }
      }
    } catch (error) {
      // Its primary ships much just now: the next time.
      if (isProtocolError(error, 'OVERLOADED')) logger.debug('standby.sweep', {}, error)
      else logger.error('standby.sweep', {}, error)
    }
    this.#schedule(this.#left.length > 0 ? stepEveryMs : sweepEveryMs)
  }

  async stop (): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#running
  }
}
