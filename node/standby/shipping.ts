/**
 * What this relay, as the primary, ships to standbys: which account has which standby, and which of them a write concerns.
 *
 * Owns: `ShippedCommits`, through which every write of the relay goes: it resolves when a write is durable here and at the standbys of
 * the accounts concerned. A relay without such accounts pays one look at a number. Spec: docs/protocol/standby.md
 */
import { conversationFromId, type Conversation, type ConversationId } from '../../protocol/conversation.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import type { SignedHomeRecord } from '../../protocol/records/home-record.ts'
import type { LaneComponents } from '../federation/lane.ts'
import type { Placement } from '../log/placement.ts'
import type { Commits, Homes, LocalAccounts } from '../ports.ts'
import type { LazyWrite } from '../store/commit.ts'
import type { Store, Write } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'
import type { LogWrite } from './drafts.ts'
import type { Filler } from './filler.ts'
import { drop, put, standbyKey } from './shadow-rows.ts'
import { Shipper, Ticket } from './shipper.ts'
import { fromUtf8, utf8 } from '../../protocol/bytes.ts'

export interface ShippingComponents extends LaneComponents {
  store: Pick<Store, 'scan'>
  commits: Pick<Commits, 'commit'>
  accounts: LocalAccounts
  homes: Pick<Homes, 'self' | 'cached' | 'known' | 'refresh'>
  placement: Placement
  filler: Filler
  meter: Meter
}

/** Where the writes of a log go. */
interface Target { readonly conversation: Conversation, readonly shippers: ReadonlyMap<Shipper, AccountId[]> }
type Targets = Map<ConversationId, Target>

/** Logs of two people whose standbys are remembered, until somebody changes theirs. */
const maxPairs = 20_000

/** Rows of the table `group` that belong to no log's copy: the key begins with this instead of the log's id. */
const groupPrefixes: ReadonlySet<string> = new Set(['anchor', 'base'])

export class Shipping {
  readonly #c: ShippingComponents
  readonly #standbys = new Map<AccountId, RelayId>()
  readonly #shippers = new Map<RelayId, Shipper>()
  readonly #pairs: Targets = new Map()
  readonly #behind
  #isStopped = false

  constructor (components: ShippingComponents) {
    this.#c = components
    const { meter } = components
    this.#behind = meter.counter('heliograph_standby_alone_total', 'times that this relay went on without a standby that did not confirm in time')
    const sum = (of: (shipper: Shipper) => number): number => [...this.#shippers.values()].reduce((total, shipper) => total + of(shipper), 0)
    meter.gauge('heliograph_standby_shipped_accounts', 'accounts of this relay that have a standby', () => this.#standbys.size)
    meter.gauge('heliograph_standby_behind', 'standbys that do not have everything: out of reach, slow or being filled', () => sum(({ isInSync }) => isInSync ? 0 : 1))
    meter.gauge('heliograph_standby_behind_seconds', 'for how long the one that is furthest behind has been', () => Math.max(0, ...Array.from(this.#shippers.values(), ({ behindMs }) => behindMs)) / 1000)
    meter.gauge('heliograph_standby_waiting', 'logs and accounts of which a standby does not have everything, and drafts on their way', () => sum(({ waiting }) => waiting))
  }

  /** Accounts that had a standby when this relay stopped. */
  async load (): Promise<AccountId[]> {
    const accounts: AccountId[] = []
    for await (const { key, value } of this.#c.store.scan('standby', 'p/')) {
      const account = key.slice(2) as AccountId
      // Its record names another one, or none, or another primary by now.
      if (this.#standbyIn(await this.#c.homes.known(account)) === fromUtf8(value) as RelayId && this.#c.accounts.isLocal(account)) {
        this.#add(account, fromUtf8(value) as RelayId)
        accounts.push(account)
      } else this.look(account)
    }
    return accounts
  }

  #standbyIn (record: SignedHomeRecord | undefined): RelayId | undefined { return record?.homes[0] === this.#c.homes.self ? record.homes[1] : undefined }

  standbyOf (account: AccountId): RelayId | undefined { return this.#standbys.get(account) }

  shipperOf (account: AccountId): Shipper | undefined {
    const standby = this.#standbys.get(account)
    return standby === undefined ? undefined : this.#shippers.get(standby)
  }

  /** The account may have another standby by now, or none, or live elsewhere. May be said as often as one likes. */
  look (account: AccountId): void {
    const { accounts, homes, commits, logger } = this.#c
    const wanted = accounts.isLocal(account) ? this.#standbyIn(homes.cached(account)) : undefined
    const known = this.#standbys.get(account)
    if (wanted === known || this.#isStopped) return
    if (known !== undefined) this.#remove(account, known)
    if (wanted !== undefined) this.#add(account, wanted)
    // Found again at the next start by this row; and if it is lost, when one of its devices connects.
    commits.commit([wanted === undefined ? drop(standbyKey(account)) : put(standbyKey(account), utf8(wanted))]).catch((error: unknown) => { logger.warn('standby.write-down', {}, error) })
  }

  #add (account: AccountId, standby: RelayId): void {
    this.#standbys.set(account, standby)
    this.#pairs.clear()
    let shipper = this.#shippers.get(standby)
    if (shipper === undefined) {
      shipper = new Shipper(standby, { ...this.#c, onBehind: () => { this.#behind.inc() } })
      this.#shippers.set(standby, shipper)
    }
    shipper.addAccount(account)
  }

  #remove (account: AccountId, standby: RelayId): void {
    this.#standbys.delete(account)
    this.#pairs.clear()
    const shipper = this.#shippers.get(standby)
    shipper?.removeAccount(account)
    if (shipper?.isIdle !== true) return
    this.#shippers.delete(standby)
    shipper.stop().catch((error: unknown) => { this.#c.logger.warn('standby.stop', {}, error) })
  }

  /**
   * These are durable here, in the order of the calls.
   * @param lazy nobody waits for them
   * @returns resolves when the standbys concerned have them; undefined: none is concerned. Rejects with ProtocolError OVERLOADED when
   *          one says that the account lives elsewhere
   */
  written (writes: readonly Write[], { lazy = false }: { lazy?: boolean } = {}): Promise<void> | undefined {
    if (this.#standbys.size === 0) return undefined
    const nowMs = this.#c.clock.nowMs()
    const tickets = new Map<Shipper, Ticket>()
    const ticketOf = (shipper: Shipper): Ticket | undefined => {
      if (lazy) return undefined
      let ticket = tickets.get(shipper)
      if (ticket === undefined) {
        ticket = new Ticket(nowMs)
        tickets.set(shipper, ticket)
      }
      return ticket
    }
    const targets: Targets = new Map()
    for (const write of writes) this.#route(write, ticketOf, targets)
    const waits: Array<Promise<void>> = []
    for (const [shipper, ticket] of tickets) {
      if (!ticket.isHeld) continue
      waits.push(ticket.confirmed)
      shipper.wait(ticket)
    }
    return waits.length === 0 ? undefined : waits.length === 1 ? waits[0] : Promise.all(waits).then(() => {})
  }

  #route (write: Write, ticketOf: (shipper: Shipper) => Ticket | undefined, targets: Targets): void {
    switch (write.op) {
      case 'replicated':
      case 'retire':
      case 'restore': return
      case 'join':
      case 'leave': {
        const shipper = this.shipperOf(write.account)
        shipper?.draftOfAccount(write.account, ticketOf(shipper))?.addLog(write.log, write.op === 'join')
        return
      }
      case 'put':
      case 'delete': this.#routeRow(write, ticketOf, targets); return
      default: {
        const log = write.op === 'enqueue' ? write.item.log : write.log
        const { conversation, shippers } = this.#targetsOf(log, targets)
        for (const [shipper, accounts] of shippers) shipper.draftOfLog(conversation, accounts, ticketOf(shipper))?.add(write satisfies LogWrite)
      }
    }
  }

  #routeRow (write: Extract<Write, { op: 'put' | 'delete' }>, ticketOf: (shipper: Shipper) => Ticket | undefined, targets: Targets): void {
    const { table, key } = write
    if (table === 'group') {
      const slash = key.indexOf('/')
      // Anchors, and what they were checked against, are every home's own: they come signed, from whoever sequences (node/groups/group-anchors.ts).
      if (groupPrefixes.has(key.slice(0, slash))) return
      const log = key.slice(0, slash) as ConversationId
      const { conversation, shippers } = this.#targetsOf(log, targets)
      for (const [shipper, accounts] of shippers) shipper.draftOfLog(conversation, accounts, ticketOf(shipper))?.addRow(key.slice(slash + 1), write)
      return
    }
    if (table !== 'account' && table !== 'prekey' && table !== 'profile' && !(table === 'presence' && key.startsWith('p/'))) return
    const account = (table === 'presence' ? key.slice(2) : table === 'prekey' ? key.slice(0, key.indexOf('/')) : key) as AccountId
    const shipper = this.shipperOf(account)
    shipper?.draftOfAccount(account, ticketOf(shipper))?.addRow(table, write)
  }

  /** Standbys of people here who have a part in the log. */
  #targetsOf (log: ConversationId, targets: Targets): Target {
    const known = this.#pairs.get(log) ?? targets.get(log)
    if (known !== undefined) return known
    const shippers = new Map<Shipper, AccountId[]>()
    const conversation = conversationFromId(log)
    const target = { conversation, shippers }
    const isGroup = conversation.kind === 'group'
    if (!isGroup && this.#pairs.size >= maxPairs) this.#pairs.clear()
    const remembered: Targets = isGroup ? targets : this.#pairs
    remembered.set(log, target)
    const group = isGroup ? this.#c.placement.groupOf(conversation) : undefined
    const members = isGroup ? [...group?.locals ?? [], ...group?.leaving.keys() ?? []] : conversation.members
    for (const account of members) {
      const shipper = this.shipperOf(account)
      if (shipper === undefined) continue
      const accounts = shippers.get(shipper)
      if (accounts === undefined) shippers.set(shipper, [account])
      else accounts.push(account)
    }
    return target
  }

  /** A relay that was away has been heard of. */
  reachable (relay: RelayId): void { this.#shippers.get(relay)?.reachable() }

  async stop (): Promise<void> {
    this.#isStopped = true
    await Promise.all(Array.from(this.#shippers.values(), (shipper) => shipper.stop()))
  }
}

/** Commits of a relay that ships: what they say is durable, is so at the standby as well. */
export class ShippedCommits implements Commits {
  readonly #commits: Commits
  readonly #shipping: () => Shipping | undefined

  constructor (commits: Commits, shipping: () => Shipping | undefined) {
    this.#commits = commits
    this.#shipping = shipping
  }

  async commit (writes: readonly Write[]): Promise<void> {
    await this.#commits.commit(writes)
    const shipped = this.#shipping()?.written(writes)
    if (shipped !== undefined) await shipped
  }

  lazy (writes: readonly LazyWrite[]): void {
    this.#commits.lazy(writes)
    // It confirms entries that are there already, or says less than is there.
    void this.#shipping()?.written(writes, { lazy: true })
  }
}
