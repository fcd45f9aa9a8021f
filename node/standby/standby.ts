/**
 * Standbys, out of their parts: shipping to them, standing by for others, taking over, handing over, coming back.
 *
 * Owns: the order in which the parts are made, started and stopped. Made before the message path, whose commits go through it;
 * bound to it when that exists. Spec: docs/protocol/standby.md
 */
import type { Channel, Handlers } from '../../protocol/channel.ts'
import type { Conversation, ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { BucketSet } from '../../protocol/bucket-set.ts'
import { accountIdFromBytes, relayKeyOf, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { rates } from '../../protocol/limits.ts'
import { clientMethods, relayMethods } from '../../protocol/methods.ts'
import type { SignedHomeRecord } from '../../protocol/records/home-record.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import type { Introduce } from '../../protocol/wire/gen/service.js'
import type { StandbyState } from '../../protocol/wire/gen/standby.js'
import type { LaneComponents } from '../federation/lane.ts'
import type { Groups } from '../groups/groups.ts'
import type { Turns } from '../limits/turns.ts'
import type { LogReader } from '../log/log-reader.ts'
import type { Log } from '../log/log.ts'
import type { Logs } from '../log/logs.ts'
import type { OutboxQueue, Outboxes } from '../log/outbox.ts'
import type { Placement } from '../log/placement.ts'
import type { Progress } from '../log/progress.ts'
import type { Buckets, Commits, Homes, LocalAccounts } from '../ports.ts'
import type { LogEntry, Store } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'
import { Filler } from './filler.ts'
import { HandOver } from './hand-over.ts'
import { HandOversDue } from './hand-overs-due.ts'
import { Recovery } from './recovery.ts'
import { syncStates } from './shadow-register.ts'
import { Shadows } from './shadows.ts'
import { ShippedCommits, Shipping } from './shipping.ts'
import { Takeover, type Shipped } from './takeover.ts'
import { Tenure } from './tenure.ts'

/** What standbys need of the people side besides. */
export interface StandbyAccounts { find (account: AccountId): Promise<unknown> }
export interface StandbyHomes {
  askNewest (account: AccountId, options: { signal: AbortSignal }): Promise<SignedHomeRecord | undefined>
  learnDurably (bytes: Uint8Array): Promise<unknown>
}

export interface StandbyParts extends Omit<LaneComponents, 'homes'> {
  store: Store
  /** The relay's own; `commits` of this are those that ship. */
  commits: Commits
  accounts: LocalAccounts & StandbyAccounts
  homes: Homes & StandbyHomes
  placement: Placement
  logs: Logs
  groups: Groups
  progress: Pick<Progress, 'look'>
  outboxes: Outboxes
  reader: LogReader
  buckets: Buckets
  signing: Signing
  meter: Meter
  clientHandlers: Handlers
  relayHandlers: Handlers
  /** Those who send much make room for whoever's messages are shipped here. */
  turns?: Pick<Turns, 'noteLight'>
  /** @see TakeoverComponents */
  earlier (log: Log, fromSeq: number): Promise<LogEntry[]>
  /** Something waits in this outbox, or its log is sequenced here now. */
  queued (queue: OutboxQueue): void
  /** The device that asks. @throws ProtocolError NOT_AUTHENTICATED, MOVED, QUOTA */
  asking (channel: Channel): { readonly account: AccountId }
}

/** Envelopes that a question about one account counts for. */
const askCost = 5

interface Bound {
  readonly parts: StandbyParts
  readonly shadows: Shadows
  readonly shipping: Shipping
  readonly takeover: Takeover
  readonly due: HandOversDue
  readonly handOver: HandOver
  readonly recovery: Recovery
  readonly tenure: Tenure
}

export class Standby {
  /** Through which everything is written that may concern an account with a standby. */
  readonly commits: ShippedCommits
  #bound: Bound | undefined

  constructor (commits: Commits) {
    this.commits = new ShippedCommits(commits, () => this.#bound?.shipping)
  }

  /** @param parts `commits`: the relay's own, which do not ship */
  bind (parts: StandbyParts): void {
    const { homes, logs, reader, store } = parts
    const shipped = { ...parts, commits: this.commits }
    const due = new HandOversDue(parts)
    const shadows: Shadows = new Shadows({ ...parts, takeIn: async (account, relay) => { await takeover.takeIn(account, relay); due.arrived(account) } })
    const takeover: Takeover = new Takeover({ ...shipped, shadows })
    const recovery: Recovery = new Recovery({ ...shipped, shipping: () => shipping })
    const filler = new Filler({ store, logs, reader, sync: syncStates.behind, beforeFill: async (log, account, channel, answer) => { await recovery.beforeFill(log, account, channel, answer) } })
    const shipping = new Shipping({ ...parts, filler })
    const handOver = new HandOver({ ...parts, filler: new Filler({ store, logs, reader }) })
    const tenure = new Tenure(parts)
    this.#bound = { parts, shadows, shipping, takeover, due, handOver, recovery, tenure }
    homes.onMoved((account, before) => {
      tenure.moved(account, before)
      shipping.look(account)
      shadows.moved(account)
      handOver.moved(account, before)
    })
    this.#register(parts.clientHandlers, parts.relayHandlers)
  }

  /** The account has moved away, and what it had written here is on its way to its new home. */
  isHandingOver (account: AccountId): boolean { return this.#bound?.handOver.isUnderWay(account) === true }

  get #parts (): Bound {
    if (this.#bound === undefined) throw new ProtocolError('INTERNAL', { what: 'standby before its message path' })
    return this.#bound
  }

  #register (clients: Handlers, relays: Handlers): void {
    const { parts: { asking, buckets, clock, homes, turns }, shadows } = this.#parts
    const shipped = new BucketSet({ clock }, rates.promptPerRelay)
    relays
      .on(relayMethods.ship, (shipment, channel) => {
        const relay = relayOf(channel)
        const count = shipment.logs.reduce((sum, { entries, items, dequeued, cursors, rows, numbered }) => sum + 1 + entries.length + items.length + dequeued.length + cursors.length + rows.length + numbered.length, 0)
        const writes = 1 + count + shipment.accounts.reduce((sum, { rows }) => sum + 1 + rows.length, 0)
        buckets.take('forwardPerRelay', relay, writes)
        // Somebody's SENT waits for it. Of a relay that ships much nobody can say whether it is people or a flood.
        if (shipped.tryTake(relay, writes) === 0) turns?.noteLight()
        return shadows.receive(shipment, relay)
      })
      .on(relayMethods.standbyHomes, async ({ accounts }, channel) => {
        buckets.take('forwardPerRelay', relayOf(channel), askCost * accounts.length)
        return { homeRecords: await Recovery.recordsOf(accounts.map(accountIdFromBytes), (account) => homes.known(account)) } satisfies Partial<Introduce>
      })
      .on(relayMethods.readShipped, (request, channel) => shadows.logs.read(request, relayOf(channel)))
    clients.on(clientMethods.standbyState, (_, channel) => this.stateOf(asking(channel).account))
  }

  /** What was there when this relay stopped. Accounts that had a standby are not served before `begin` has heard of them. */
  async load (): Promise<void> {
    const { handOver, recovery, shadows, shipping, tenure } = this.#parts
    await tenure.load()
    await shadows.load()
    recovery.hold(await shipping.load())
    await handOver.load()
  }

  /** Other relays can be reached from now on. */
  begin (): void {
    this.#bound?.recovery.begin()
    this.#bound?.handOver.start()
    this.#bound?.shadows.start()
  }

  /** Resolves when the account may be served; undefined: now. */
  mayServe (account: AccountId): Promise<void> | undefined { return this.#bound?.recovery.mayServe(account) }

  /** The account, its devices, handle or home have changed, or a device of it has connected. */
  look (account: AccountId): void { this.#bound?.shipping.look(account) }

  // ── for the registrar

  /** What another relay has shipped of an account that registers here: logs and outbox are this relay's own when it resolves. */
  async takeOver (account: AccountId, epoch: number): Promise<Shipped | undefined> {
    return this.#bound?.shadows.register.has(account) === true ? await this.#bound.takeover.take(account, epoch) : undefined
  }

  /** It was refused after `takeOver`. */
  gaveUp (account: AccountId): void { this.#bound?.takeover.gaveUp(account) }

  /** @param wasAwaited its rows came from a backup @param hasMoved it lived elsewhere until now, or nothing of it was left here */
  registered (account: AccountId, { wasAwaited = false, hasMoved = false } = {}): void {
    if (this.#bound === undefined) return
    const { due, recovery, shadows, shipping, takeover, tenure } = this.#bound
    if (hasMoved) due.came(account)
    if (shadows.register.has(account)) takeover.done(account)
    // A record may have named this relay all the time, whose disk was lost: what it numbered only others know.
    if (wasAwaited || hasMoved) tenure.end(account)
    shipping.look(account)
    if (wasAwaited) recovery.suspect(account)
  }

  /** For devices of the account: what their log lacks here may still come from where it lived before. */
  isDue (account: AccountId): boolean { return this.#bound?.due.isDue(account) ?? false }

  // ── for the sequencer (log/adoption.ts)

  isCompared (conversation: Conversation): boolean { return this.#bound?.recovery.isCompared(conversation) ?? true }
  async compare (conversation: Conversation): Promise<void> { await this.#bound?.recovery.compare(conversation) }
  /** This relay was the anchor's primary home under the log's epoch already, without interruption. */
  isUninterrupted ({ conversation, epoch }: Log): boolean { return this.#bound?.tenure.covers(conversation, epoch) ?? false }
  /** For somebody who is about to be registered here. */
  isTaking (id: ConversationId): boolean { return this.#bound?.takeover.isTaking(id) === true }
  /** This relay numbers the log from here on, after another one. */
  begins (log: Log): void { this.#bound?.takeover.begins(log) }
  /** The anchor's former home has shipped this log here, and the anchor has not lived elsewhere since: nobody need be heard of how far it goes. */
  async wasTakenOver (conversation: Conversation): Promise<boolean> {
    if (this.#bound === undefined) return false
    const { parts: { homes, placement }, takeover, tenure } = this.#bound
    const epoch = await takeover.takenOverAt(conversation)
    const anchor = placement.anchorOf(conversation)
    return epoch !== undefined && (homes.cached(anchor)?.epoch === epoch || tenure.sinceOf(anchor) === epoch)
  }

  /** For a device that has lost its home: this relay is the standby, and may not have everything. */
  isBehind (account: AccountId): boolean { return this.#parts.shadows.register.isBehind(account) }

  /** For a device: is there a standby, and has it everything? */
  stateOf (account: AccountId): StandbyState {
    const { shipping } = this.#parts
    const standby = shipping.standbyOf(account)
    const shipper = shipping.shipperOf(account)
    if (standby === undefined || shipper === undefined) return { standby: new Uint8Array(0), state: 0, behindMs: 0 }
    const isInSync = shipper.isInSyncFor(account)
    return { standby: relayKeyOf(standby), state: isInSync ? 2 : 1, behindMs: isInSync ? 0 : Math.round(shipper.behindMs) }
  }

  /** A relay that was away has been heard of. */
  reachable (relay: RelayId): void { this.#bound?.shipping.reachable(relay) }

  async stop (): Promise<void> {
    const { handOver, recovery, shadows, shipping } = this.#parts
    recovery.stop()
    await shipping.stop()
    await handOver.stop()
    await shadows.stop()
  }
}

/** The transport proved that the far side holds this key. */
const relayOf = (channel: Channel): RelayId => channel.stream.remotePeer as RelayId
