/**
 * Which accounts other relays ship here, and who may.
 *
 * Owns: the rows `a/` of shadow-rows.ts, the right of a primary to ship and of a former home to hand over, how many accounts one
 * relay may ship. Does not know: what is shipped (shadows.ts). Spec: docs/protocol/standby.md
 */
import { sameBytes } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { isNewer, verifyHomeRecord } from '../../protocol/records/home-record.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import { shareOf } from '../limits/share.ts'
import type { Commits, Homes } from '../ports.ts'
import type { Store, Write } from '../store/store.ts'
import * as rows from './shadow-rows.ts'

/** Former homes whose right to hand over was checked. */
const maxFormer = 10_000
/** Former homes of one account of which is known that they have handed over. */
const maxHandedOver = 16

export interface ShadowRegisterComponents {
  store: Pick<Store, 'get' | 'scan'>
  commits: Pick<Commits, 'commit'>
  homes: Pick<Homes, 'self' | 'known' | 'cached'> & { learnDurably (bytes: Uint8Array): Promise<unknown> }
  accounts: { isLocal (account: AccountId): boolean }
  signing: Signing
}

/** SPEC(standby §in sync) `Shipment.sync` */
export const syncStates = { silent: 0, behind: 1, inSync: 2 } as const

/** done: a former home that has handed over already; what it gives is passed over, so that it comes to an end. */
type Standing = 'primary' | 'former' | 'done'

export class ShadowRegister {
  readonly #c: ShadowRegisterComponents
  /** Something of the account comes from this relay, and may: what is there is not dropped. */
  readonly #onBegin: (account: AccountId, relay: RelayId) => void
  /** By account: relays that ship it here, with the epoch of the record that allows it. */
  readonly #byAccount = new Map<AccountId, Map<RelayId, number>>()
  readonly #counts = new Map<RelayId, number>()
  readonly #former = new Map<string, { readonly record: Uint8Array, readonly epoch: number, readonly isDone: boolean }>()
  readonly #maxAccounts: number
  /** Primaries that have said since this relay started that everything of theirs is here. */
  readonly #inSync = new Set<RelayId>()
  /** Accounts that are being taken over: their shadows stay as they are. */
  readonly #closed = new Set<AccountId>()

  /** @param maxAccounts of all relays */
  constructor (components: ShadowRegisterComponents, onBegin: (account: AccountId, relay: RelayId) => void, { maxAccounts }: { readonly maxAccounts: number }) {
    this.#c = components
    this.#maxAccounts = maxAccounts
    this.#onBegin = onBegin
  }

  get size (): number { return this.#byAccount.size }
  has (account: AccountId): boolean { return this.#byAccount.has(account) }
  accounts (): Iterable<AccountId> { return this.#byAccount.keys() }

  * accountsOf (relay: RelayId): Iterable<AccountId> {
    for (const [account, relays] of this.#byAccount) if (relays.has(relay)) yield account
  }

  /** Relays that ship this account here, the newest record's first. */
  relaysOf (account: AccountId): RelayId[] {
    return [...this.#byAccount.get(account) ?? []].sort(([, a], [, b]) => b - a).map(([relay]) => relay)
  }

  /** Of the record by which `relay` ships the account; 0: it does not. */
  epochOf (account: AccountId, relay: RelayId): number { return this.#byAccount.get(account)?.get(relay) ?? 0 }

  /**
   * The newest that the account has signed, as far as it is known here: a former home at which others of a conversation live has in its copy
   * what the new one has numbered since.
   */
  signedEpochOf (account: AccountId, relay: RelayId): number { return Math.max(this.epochOf(account, relay), this.#c.homes.cached(account)?.epoch ?? 0) }

  /** What a primary says of all that it ships here. */
  noteSync (relay: RelayId, sync: number): void {
    if (sync === syncStates.inSync && (this.#counts.get(relay) ?? 0) > 0) this.#inSync.add(relay)
    else if (sync !== syncStates.silent) this.#inSync.delete(relay)
  }

  /** Has the account's primary acknowledged something that may not be here? */
  isBehind (account: AccountId): boolean {
    const [primary, ...standbys] = this.#c.homes.cached(account)?.homes ?? []
    return primary !== undefined && standbys.includes(this.#c.homes.self) && !this.#inSync.has(primary)
  }

  remember (account: AccountId, relay: RelayId, epoch: number): void {
    const relays = this.#byAccount.get(account) ?? new Map<RelayId, number>()
    this.#byAccount.set(account, relays)
    if (!relays.has(relay)) this.#counts.set(relay, (this.#counts.get(relay) ?? 0) + 1)
    relays.set(relay, epoch)
  }

  /** @returns false: it was not there */
  forget (account: AccountId, relay: RelayId): boolean {
    const relays = this.#byAccount.get(account)
    if (relays?.delete(relay) !== true) return false
    if (relays.size === 0) this.#byAccount.delete(account)
    const left = (this.#counts.get(relay) ?? 1) - 1
    this.#counts.set(relay, left)
    if (left === 0) this.#inSync.delete(relay)
    this.#former.delete(`${account}/${relay}`)
    return true
  }

  /** It is being taken over: nothing more is let in. */
  close (account: AccountId): void { this.#closed.add(account) }

  isClosed (account: AccountId): boolean { return this.#closed.has(account) }

  /** It is not taken over after all, or that is done. */
  open (account: AccountId): void { this.#closed.delete(account) }

  /**
   * [REJECT] SPEC(standby §who) the account's newest record names the caller as primary and this relay as a standby, or this relay
   * is its primary and the caller has shown that it was before. @throws ProtocolError MOVED with the record, NOT_ADMITTED
   */
  async allow (account: AccountId, relay: RelayId, former?: Uint8Array): Promise<Standing> {
    const { accounts, homes, signing } = this.#c
    const record = homes.cached(account) ?? await homes.known(account)
    if (record === undefined) throw new ProtocolError('NOT_ADMITTED', { what: 'home record' })
    // [LATER] by then it has moved, or not
    if (this.#closed.has(account)) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs, what: 'the account is being taken over' })
    if (record.homes[0] === relay && record.homes.includes(homes.self)) {
      if (this.#byAccount.get(account)?.get(relay) !== record.epoch) await this.#begin(account, relay, record.epoch, record.bytes)
      return 'primary'
    }
    const key = `${account}/${relay}`
    if (record.homes[0] === homes.self && accounts.isLocal(account)) {
      if (former !== undefined) {
        const shown = verifyHomeRecord(signing, former)
        if (shown.account === account && shown.homes[0] === relay && isNewer(record, shown)) {
          const isDone = await this.#doneAt(account, relay) >= shown.epoch
          if (this.#former.size >= maxFormer) this.#former.clear()
          this.#former.set(key, { record: record.bytes, epoch: shown.epoch, isDone })
          if (!isDone) await this.#begin(account, relay, shown.epoch)
        }
      }
      const allowed = this.#former.get(key)
      if (allowed !== undefined && sameBytes(allowed.record, record.bytes)) return allowed.isDone ? 'done' : 'former'
    }
    if (record.homes[0] !== relay) throw new ProtocolError('MOVED', { record: record.bytes })
    throw new ProtocolError('NOT_ADMITTED', { record: record.bytes })
  }

  /** Epoch of the newest record by which `relay` was home and after which it has handed over; 0: it has not. */
  async #doneAt (account: AccountId, relay: RelayId): Promise<number> {
    const row = await this.#c.store.get('standby', rows.formerKey(account, relay))
    return row === undefined ? 0 : rows.decodeU32(row)
  }

  /** A former home has handed over, and this is kept: once is enough, and nothing that comes after can be from when it was home. */
  async handedOver (account: AccountId, relay: RelayId): Promise<void> {
    const { commits, store } = this.#c
    const epoch = this.epochOf(account, relay)
    const writes: Write[] = []
    const others: Array<{ key: string, epoch: number }> = []
    for await (const { key, value } of store.scan('standby', rows.formerKey(account))) others.push({ key, epoch: rows.decodeU32(value) })
    others.sort((a, b) => a.epoch - b.epoch)
    for (const { key } of others.slice(0, Math.max(0, others.length + 1 - maxHandedOver))) writes.push(rows.drop(key))
    await commits.commit([...writes, rows.put(rows.formerKey(account, relay), rows.encodeU32(epoch))])
  }

  async #begin (account: AccountId, relay: RelayId, epoch: number, record?: Uint8Array): Promise<void> {
    const isNew = this.#byAccount.get(account)?.has(relay) !== true
    // [REJECT] one relay does not fill this one, nor many
    if (isNew && (this.#counts.get(relay) ?? 0) >= shareOf({ most: limits.standbyAccountsPerRelay, part: 4 }, { all: this.#maxAccounts, used: this.size })) throw new ProtocolError('TOO_MANY', { max: limits.standbyAccountsPerRelay, what: 'accounts' })
    this.#onBegin(account, relay)
    if (record !== undefined) await this.#c.homes.learnDurably(record)
    await this.#c.commits.commit([rows.put(rows.accountKey(account, relay), rows.encodeU32(epoch))])
    this.remember(account, relay, epoch)
  }
}
