/**
 * What the admin socket answers, as JSON. The command line reads these; docs/operator.md shows them.
 */
import type { Top } from '../watch/activity.ts'

export interface RelayStatus {
  readonly version: string
  readonly id: string
  readonly name: string
  readonly region: string
  readonly addresses: readonly string[]
  readonly pid: number
  readonly startedAt: string
  readonly uptimeSeconds: number
  /** 'running', 'draining' (told to send everybody elsewhere), or what it is doing meanwhile. */
  readonly state: string
  /** Why it should get no traffic; none when it is well. */
  readonly notReady: readonly string[]
  readonly accounts: { readonly here: number, readonly awaited: number, readonly connected: number, readonly registration: string }
  readonly connections: { readonly open: number, readonly max: number, readonly pending: number, readonly devices: number }
  readonly storage: { readonly usedBytes: number, readonly freeBytes: number, readonly reserveBytes: number }
  /** Of a database that came from a backup. */
  readonly restored?: { readonly takenAt: string, readonly restoredAt: string }
  readonly blocked: { readonly accounts: number, readonly relays: number }
  readonly peers: ReadonlyArray<{ readonly id: string, readonly name: string, readonly region: string, readonly isConnected: boolean, readonly waiting: number, readonly isBackingOff: boolean }>
  /** Every metric without labels, and the sum of those with: queues, standby, load. */
  readonly figures: Readonly<Record<string, number>>
}

export type TopAnswer = Top

export interface AccountRow {
  readonly account: string
  /** Complete, '' for none. */
  readonly handle: string
  readonly devices: number
  readonly connected: number
  readonly registeredAt: string
  /** Absent: never, or not yet written down. */
  readonly lastSeenAt?: string
  /** Conversations that it takes part in, and the bytes of those that are kept here, roughly; shared ones count for each. */
  readonly logs: number
  readonly logBytes: number
  readonly isBlocked: boolean
  readonly isMoved: boolean
  /** From a backup: it has not come back yet. */
  readonly isAwaited: boolean
}

export interface AccountsAnswer {
  readonly total: number
  readonly accounts: readonly AccountRow[]
  /** To be given as `after` for the next page. */
  readonly next?: string
}

export interface BlockRow { readonly kind: 'account' | 'relay', readonly id: string, readonly since: string }
export interface BlocksAnswer { readonly blocked: readonly BlockRow[] }
export interface BlockAnswer extends BlockRow { readonly isChanged: boolean }
export interface DrainAnswer { readonly state: string, readonly devices: number, readonly outbox: number }
export interface CompactAnswer { readonly beforeBytes: number, readonly afterBytes: number, readonly seconds: number }
