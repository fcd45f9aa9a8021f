/**
 * What the message path needs of the rest of the relay. The people side (accounts.ts, homes.ts, directory.ts, buckets.ts,
 * logger.ts) implements these; tests stand in for them.
 */
import type { ConversationId } from '../protocol/conversation.ts'
import type { SignedGroupAnchor } from '../protocol/groups/anchor.ts'
import type { AccountId, DeviceId, RelayId } from '../protocol/ids.ts'
import type { rates } from '../protocol/limits.ts'
import type { SignedHomeRecord } from '../protocol/records/home-record.ts'
import type { LazyWrite } from './store/commit.ts'
import type { Write } from './store/store.ts'

export interface LocalAccounts {
  /** Registered here, and its newest home record still names this relay as primary. */
  isLocal (account: AccountId): boolean
  /** From a backup, and has not come back yet: as good as away. Default: none. */
  isAwaited? (account: AccountId): boolean
  /** Active devices of a local account, from memory; none for another. */
  devicesOf (account: AccountId): readonly DeviceId[]
  /** Epoch of the device list of a local account; undefined for another. */
  listEpochOf (account: AccountId): Promise<number | undefined>
}

export interface Homes {
  readonly self: RelayId
  /** From memory. Of a local account always there. */
  cached (account: AccountId): SignedHomeRecord | undefined
  /** From memory, else the store; nobody is asked. */
  known (account: AccountId): Promise<SignedHomeRecord | undefined>
  /** Memory, store, DHT. @throws ProtocolError UNKNOWN_ACCOUNT, HOME_UNREACHABLE */
  find (account: AccountId, options: { signal: AbortSignal }): Promise<SignedHomeRecord>
  /** Verifies; keeps the newest. @throws ProtocolError BAD_SIGNATURE, ROLLED_BACK with the newer record, MALFORMED */
  learn (record: Uint8Array): SignedHomeRecord
  /** The account's home does not answer: ask in the background whether it lives elsewhere now. May be said as often as one likes. */
  refresh (account: AccountId): void
  /** A newer record of this account is known from now on. */
  onMoved (listener: (account: AccountId, before: SignedHomeRecord) => void): void
}

/** Groups that an admin has re-anchored. */
export interface AnchorsKnown { cached (id: ConversationId): SignedGroupAnchor | undefined }

export interface Directory {
  /** Multiaddrs as text; none when the relay is not known. */
  addressesOf (relay: RelayId): readonly string[]
  /** A request came from this relay. */
  heardOf? (relay: RelayId): void
}

export interface Buckets {
  /** @throws ProtocolError QUOTA with retryAfterMs; nothing was taken then */
  take (quota: keyof typeof rates, key: string, cost: number): void
}

/** Whom the operator does not serve (admin/blocklist.ts). */
export interface Blocks {
  hasAccount (account: AccountId): boolean
  hasRelay (relay: RelayId): boolean
  /** Was blocked just now: what is open for it ends. Or was unblocked: it need not wait for its next try. */
  onChange (listener: (change: { readonly kind: 'account' | 'relay', readonly id: string, readonly isBlocked: boolean }) => void): void
}
export const nobodyBlocked: Blocks = { hasAccount: () => false, hasRelay: () => false, onChange: () => {} }

type LogFields = Record<string, string | number | boolean | undefined>
export interface Logger {
  debug (event: string, fields?: LogFields, error?: unknown): void
  info (event: string, fields?: LogFields, error?: unknown): void
  warn (event: string, fields?: LogFields, error?: unknown): void
  error (event: string, fields?: LogFields, error?: unknown): void
}

/** Group commit over the store (commit.ts). */
export interface Commits {
  /** Durable when it resolves; commits take effect in the order of the calls. @throws ProtocolError as Store.write */
  commit (writes: readonly Write[]): Promise<void>
  /** Written with the next commit, or soon: what may be lost in a crash without harm (cursors, trims). */
  lazy (writes: readonly LazyWrite[]): void
}

/**
 * Run `task` when this turn of the event loop has done everything else, replies to requests above all: `setImmediate` in Node.
 * What a turn has gathered goes out together, and an answer that tells a device a number goes before the entries after it.
 */
export type Defer = (task: () => void) => void
