/**
 * Who and what is busy: counters that are there anyway, looked at twice.
 *
 * Owns: the sample, the difference between two, what of it is shown. Costs the message path nothing but a number for each
 * connection. Full ids stay in the process: what leaves it is shortened, and never a metric's label.
 */
import type { ConversationId } from '../../protocol/conversation.ts'
import { shortId, type AccountId, type RelayId } from '../../protocol/ids.ts'

export interface LogActivity { readonly kind: string, readonly members: number, readonly head: number, readonly followers: number, readonly behind: number }
export interface AccountActivity { readonly devices: number, readonly submitted: number, readonly handedOut: number, readonly unacknowledged: number }
export interface RelayActivity { readonly forwarded: number, readonly isConnected: boolean, readonly waiting: number, readonly isBackingOff: boolean }

export interface ActivitySample {
  readonly logs: ReadonlyMap<ConversationId, LogActivity>
  readonly accounts: ReadonlyMap<AccountId, AccountActivity>
  readonly relays: ReadonlyMap<RelayId, RelayActivity>
}

export interface Top {
  readonly seconds: number
  readonly logs: Array<{ log: string, kind: string, members: number, perSecond: number, head: number, followers: number, behind: number }>
  readonly accounts: Array<{ account: string, devices: number, submittedPerSecond: number, deliveredPerSecond: number, unacknowledged: number }>
  readonly relays: Array<{ relay: string, forwardedPerSecond: number, isConnected: boolean, waiting: number, isBackingOff: boolean }>
}

/** A connection that came between the two samples has counted from 0. */
const rate = (now: number, before: number | undefined, seconds: number): number => Math.round((now >= (before ?? 0) ? now - (before ?? 0) : now) / seconds * 10) / 10

/** The busiest of each kind, then those that have most waiting. A log that came into memory in between has no rate yet. */
export function topOf (before: ActivitySample, after: ActivitySample, { seconds, limit }: { seconds: number, limit: number }): Top {
  const logs = Array.from(after.logs, ([id, log]) => ({ log: shortId(id), ...log, perSecond: rate(log.head, before.logs.get(id)?.head ?? log.head, seconds) }))
  const accounts = Array.from(after.accounts, ([id, { devices, submitted, handedOut, unacknowledged }]) => {
    const known = before.accounts.get(id)
    return { account: shortId(id), devices, submittedPerSecond: rate(submitted, known?.submitted, seconds), deliveredPerSecond: rate(handedOut, known?.handedOut, seconds), unacknowledged }
  })
  const relays = Array.from(after.relays, ([id, { forwarded, ...rest }]) => ({ relay: shortId(id), forwardedPerSecond: rate(forwarded, before.relays.get(id)?.forwarded, seconds), ...rest }))
  return {
    seconds,
    logs: logs.sort((a, b) => b.perSecond - a.perSecond || b.behind - a.behind).slice(0, limit),
    accounts: accounts.sort((a, b) => b.submittedPerSecond + b.deliveredPerSecond - a.submittedPerSecond - a.deliveredPerSecond || b.unacknowledged - a.unacknowledged).slice(0, limit),
    relays: relays.sort((a, b) => b.forwardedPerSecond - a.forwardedPerSecond || b.waiting - a.waiting).slice(0, limit)
  }
}
