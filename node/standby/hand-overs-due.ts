/**
 * Accounts that have come from another relay a moment ago: what only that one kept for their devices is on its way.
 *
 * Owns: for how long that is believed. Bounded. Does not know: what is handed over (takeover.ts).
 */
import type { Clock } from '../../protocol/clock.ts'
import type { AccountId } from '../../protocol/ids.ts'

/** A former home that lives hands over within seconds, and tries again with pauses of half a minute. */
const awaitedMs = 45_000
const maxAccounts = 10_000

export class HandOversDue {
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #untilMs = new Map<AccountId, number>()

  constructor (components: { clock: Pick<Clock, 'nowMs'> }) { this.#clock = components.clock }

  /** It lives here from now on. */
  came (account: AccountId): void {
    if (this.#untilMs.size >= maxAccounts) this.#untilMs.delete(this.#untilMs.keys().next().value!)
    this.#untilMs.set(account, this.#clock.nowMs() + awaitedMs)
  }

  /** Its former home has given what it had. */
  arrived (account: AccountId): void { this.#untilMs.delete(account) }

  isDue (account: AccountId): boolean {
    const untilMs = this.#untilMs.get(account)
    if (untilMs === undefined || this.#clock.nowMs() < untilMs) return untilMs !== undefined
    this.#untilMs.delete(account)
    return false
  }
}
