/**
 * Quotas of who sends much, lifted in the relays of a benchmark: it measures what a relay can do, and a few hundred clients
 * of one machine are what thousands of people would be. Turns (node/limits/turns.ts) stay, they are work of the relay.
 */
import { rates } from '../../../protocol/limits.ts'

export const liftedQuotas = ['submitPerDevice', 'submitPerAccount', 'submitPerGroup', 'forwardPerRelay'] as const satisfies ReadonlyArray<keyof typeof rates>

/** In this process, before a relay is made. */
export function liftQuotas (): void {
  for (const name of liftedQuotas) Object.assign(rates, { [name]: { burst: 1e9, perSecond: 1e9 } })
}
