/**
 * The standby's side: what other relays ship of their accounts, checked, bounded, durable before it is answered.
 *
 * Owns: the turn of each relay, the rows of accounts, the answers, and dropping what this relay is not the standby of any more.
 * Who may ship: shadow-register.ts; how much: shadow-space.ts; the logs: shadow-logs.ts. What becomes of it at a move: takeover.ts.
 * Spec: docs/protocol/standby.md
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { ShipAccount, ShipAnswer, ShipRow, Shipment, Shipped } from '../../protocol/wire/gen/standby.js'
import { RelayTurns } from '../federation/relay-turns.ts'
import type { Buckets, Commits, Logger } from '../ports.ts'
import type { Store, Write } from '../store/store.ts'
import type { Counter, Meter } from '../watch/meter.ts'
import { isKeysRow, isLogOf, maxKeyBytes } from './shadow-checks.ts'
import { ShadowLogs, type TakenLogs } from './shadow-logs.ts'
import { ShadowRegister, syncStates, type ShadowRegisterComponents } from './shadow-register.ts'
import * as rows from './shadow-rows.ts'
import { ShadowSpace } from './shadow-space.ts'
import { ShadowSweep } from './shadow-sweep.ts'

export interface ShadowsComponents extends ShadowRegisterComponents {
  store: Pick<Store, 'get' | 'scan'>
  commits: Pick<Commits, 'commit'>
  buckets: Buckets
  clock: Clock
  meter: Meter
  logger: Logger
  /** A former home has handed everything over; what it has shipped goes afterwards. */
  takeIn (account: AccountId, relay: RelayId): Promise<void>
}

/** What one request came to, before its commit. */
interface Taken extends TakenLogs {
  readonly answers: ShipAnswer[]
  readonly done: AccountId[]
  /** Logs that an account has left. */
  readonly left: ConversationId[]
}

export class Shadows {
  readonly register: ShadowRegister
  readonly logs: ShadowLogs
  readonly #space: ShadowSpace
  readonly #sweep: ShadowSweep
  readonly #c: ShadowsComponents
  readonly #turns = new RelayTurns()
  readonly #dropping = new Map<string, Timer>()
  readonly #committing = new Set<Promise<void>>()
  readonly #refused: Counter
  #isStopped = false

  /** @param maxBytes kept for one relay, `maxAllBytes` for all; of accounts `maxAccounts` for all */
  constructor (components: ShadowsComponents, { maxBytes = limits.standbyBytesPerRelay, maxAllBytes = limits.standbyBytes, maxAccounts = limits.standbyAccounts }: { readonly maxBytes?: number, readonly maxAllBytes?: number, readonly maxAccounts?: number } = {}) {
    this.#c = components
    const register = this.register = new ShadowRegister(components, (account, relay) => { this.#keep(account, relay) }, { maxAccounts })
    const space = this.#space = new ShadowSpace({ ...components, register }, { maxBytes, maxAllBytes })
    this.logs = new ShadowLogs({ ...components, register, space, commit: (writes) => this.#commit(writes) })
    this.#sweep = new ShadowSweep({
      ...components,
      register,
      logsOf: async (account, relay) => register.isClosed(account) ? [] : await this.logs.logsOf(account, relay),
      sweep: (relay, log) => this.#sweepLog(relay, log)
    })
    const { meter } = components
    this.#refused = meter.counter('heliograph_standby_refused_total', 'shipments of logs and accounts that were refused here, by code', ['code'])
    meter.gauge('heliograph_standby_accounts', 'accounts of other relays that this one stands by for', () => register.size)
    meter.gauge('heliograph_standby_bytes', 'what other relays have shipped here and is kept', () => space.total)
  }

  /** Who ships what here, once at start. */
  async load (): Promise<void> {
    for await (const { key, value } of this.#c.store.scan('standby', 'a/')) {
      const [, account, relay] = key.split('/') as [string, AccountId, RelayId]
      this.register.remember(account, relay, rows.decodeU32(value))
    }
    for await (const { key, value } of this.#c.store.scan('standby', 'l/')) {
      const relay = key.split('/')[1] as RelayId
      this.#space.add(relay, rows.decodeHead(value).bytes)
    }
    for (const account of this.register.accounts()) this.moved(account)
  }

  start (): void { this.#sweep.start() }

  /**
   * Take it, in order, and answer what was not taken once the rest is durable.
   * @throws ProtocolError OVERLOADED, STORAGE_FULL, TOO_MANY, MALFORMED
   */
  receive (shipment: Shipment, relay: RelayId): Promise<Shipped> {
    return this.#turns.take(relay, () => this.#place(shipment, relay))
  }

  async #place (shipment: Shipment, relay: RelayId): Promise<{ done: Promise<Shipped> }> {
    const taken: Taken = { relay, writes: [], answers: [], touched: new Set(), asked: [], done: [], left: [], bytes: 0 }
    for (const part of shipment.accounts) await this.#each(part.account, taken, () => this.#takeAccount(part, taken))
    for (const part of shipment.logs) await this.#each(part.conversation, taken, () => this.logs.take(part, taken))
    return { done: this.#finish(taken, shipment.sync) }
  }

  async #each (of: Uint8Array, { answers }: Taken, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!isProtocolError(error)) throw error
      this.#refused.inc(1, { code: error.code })
      const { record } = error.details
      answers.push({ of, status: error.status, epoch: 0, first: 0, head: 0, ...(record === undefined ? {} : { record }) })
    }
  }

  async #finish ({ relay, writes, answers, touched, asked, done, left, bytes }: Taken, sync: number): Promise<Shipped> {
    if (writes.length > 0) {
      try {
        await this.#commit(writes)
      } catch (error) {
        // What memory says of these is void.
        this.logs.forget(touched)
        throw error
      }
      this.#space.add(relay, bytes)
    }
    // What was refused is missing here.
    this.register.noteSync(relay, answers.length > 0 ? Math.min(sync, syncStates.behind) : sync)
    for (const { of, head: { epoch, first, head } } of asked) answers.push({ of, status: 0, epoch, first, head })
    for (const account of done) await this.#takeIn(account, relay)
    for (const log of left) await this.logs.dropUnused(relay, log)
    return { answers }
  }

  async #takeIn (account: AccountId, relay: RelayId): Promise<void> {
    const { register } = this
    await this.#c.takeIn(account, relay)
    await register.handedOver(account, relay)
    await this.drop(account, relay)
  }

  async #commit (writes: readonly Write[]): Promise<void> {
    const committing = this.#c.commits.commit(writes)
    this.#committing.add(committing)
    try {
      await committing
    } finally {
      this.#committing.delete(committing)
    }
  }

  /** What has expired of this log. @returns rows that went */
  async #sweepLog (relay: RelayId, log: ConversationId): Promise<number> {
    return await this.#turns.take(relay, async () => ({ done: Promise.resolve(await this.logs.sweep(relay, log, this.#c.clock.nowMs())) }))
  }

  /** Resolves when everything that has come of this account is in the store, and nothing more will. */
  async close (account: AccountId): Promise<void> {
    this.register.close(account)
    await Promise.all(this.register.relaysOf(account).map((relay) => this.#turns.settledOf(relay)))
    await Promise.allSettled(this.#committing)
  }

  async #takeAccount (part: ShipAccount, taken: Taken): Promise<void> {
    const { relay, writes } = taken
    const account = accountIdFromBytes(part.account)
    if (await this.register.allow(account, relay, part.formerRecord) === 'done') return
    const whole = new Set<string>()
    // [REJECT] all of them, or none
    const keyed = part.rows.map((row) => ({ row, key: this.#rowKey(account, row, relay) }))
    for (const { row, key } of keyed) {
      whole.add(key)
      if (row.table === rows.joinedTable && row.value !== undefined) await this.#space.chargeNew(key, taken)
      this.#space.writeRow(key, row, taken)
      if (row.table !== rows.joinedTable) continue
      const log = row.key as ConversationId
      writes.push(row.value === undefined ? rows.drop(rows.memberKey(relay, log, account)) : rows.put(rows.memberKey(relay, log, account), rows.empty))
      if (row.value === undefined) taken.left.push(log)
    }
    if (part.isWhole) for await (const { key } of this.#c.store.scan('standby', rows.rowsKey(account, relay))) if (!whole.has(key)) writes.push(rows.drop(key))
    if (part.isDone) taken.done.push(account)
  }

  /** [REJECT] a row of somebody else, of a table that is not shipped, or of a log that the account cannot be in */
  #rowKey (account: AccountId, { table, key }: ShipRow, relay: RelayId): string {
    if (key.length > maxKeyBytes) throw new ProtocolError('TOO_LARGE', { what: 'key' })
    const isOwn = table === rows.joinedTable
      ? isLogOf(key, account)
      : table === rows.shippedTables.prekey ? isKeysRow(key, account) : key === (table === rows.shippedTables.presence ? `p/${account}` : account)
    if (!isOwn || table > rows.shippedTables.presence) throw new ProtocolError('MALFORMED', { what: 'row of an account' })
    return rows.rowsKey(account, relay, table, key)
  }

  // ── dropping

  /** A newer home record of the account is known: this relay may not be its standby any more. */
  moved (account: AccountId): void {
    if (!this.register.has(account) || this.#isStopped) return
    const { homes, clock, logger } = this.#c
    homes.known(account).then((record) => {
      for (const relay of this.register.relaysOf(account)) {
        const isStandby = record === undefined || (record.homes[0] === relay && record.homes.includes(homes.self))
        const key = `${account}/${relay}`
        // The one that is being taken over is dropped when that is done.
        if (isStandby || this.#isStopped || this.#dropping.has(key)) continue
        this.#dropping.set(key, clock.after(limits.standbyGraceMs, () => {
          this.#dropping.delete(key)
          this.drop(account, relay).catch((error: unknown) => { logger.warn('standby.drop', {}, error) })
        }))
      }
    }, (error: unknown) => { logger.warn('standby.moved', {}, error) })
  }

  /** It comes again, and may. */
  #keep (account: AccountId, relay: RelayId): void {
    const key = `${account}/${relay}`
    this.#dropping.get(key)?.cancel()
    this.#dropping.delete(key)
  }

  /** Everything that `relay` has shipped of this account goes, and of its logs what nobody else of that relay is in. */
  async drop (account: AccountId, relay: RelayId): Promise<void> {
    const { store, commits } = this.#c
    if (!this.register.forget(account, relay)) return
    for (const log of await this.logs.logsOf(account, relay)) {
      await commits.commit([rows.drop(rows.memberKey(relay, log, account))])
      await this.logs.dropUnused(relay, log)
    }
    const last: Write[] = [rows.drop(rows.accountKey(account, relay))]
    for await (const { key } of store.scan('standby', rows.rowsKey(account, relay))) last.push(rows.drop(key))
    await commits.commit(last)
  }

  async stop (): Promise<void> {
    this.#isStopped = true
    for (const timer of this.#dropping.values()) timer.cancel()
    this.#space.stop()
    await this.#sweep.stop()
    await this.#turns.settled()
  }
}
