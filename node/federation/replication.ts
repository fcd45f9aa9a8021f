/**
 * From the sequencer to the other homes of a log's members: every log in sequence order, pages of many logs in one request.
 *
 * Owns: how far each replica is, what is under way to it. What came from the replica's relay travels as a reference.
 * Follows logs as a device does; restarts from what the store says of replicas. Spec: docs/protocol/relay.md, replicate
 */
import type { Channel } from '../../protocol/channel.ts'
import { backoffMs, type Timer } from '../../protocol/clock.ts'
import { conversationFromBytes, type ConversationId, type GroupConversation } from '../../protocol/conversation.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import type { Pages, Position } from '../../protocol/wire/gen/log.js'
import { deadline } from '../deadline.ts'
import { readEnvelopeHeader } from '../log/envelope-header.ts'
import type { Group } from '../groups/group.ts'
import { dropRetiringRow } from '../groups/group-rows.ts'
import { Feed } from '../delivery/feed.ts'
import { Lane, batchBytes, type LaneComponents, type LaneWork } from './lane.ts'
import type { Follower, Log } from '../log/log.ts'
import type { LogReader } from '../log/log-reader.ts'
import type { Logs } from '../log/logs.ts'
import type { Meter } from '../watch/meter.ts'
import { PagesBuilder } from '../delivery/pages-builder.ts'
import type { Placement } from '../log/placement.ts'
import { RankedSet } from '../fanout/ranked-set.ts'
import type { Roads } from '../fanout/roads.ts'
import { rankOf } from '../fanout/scheduler.ts'
import type { Commits, Homes } from '../ports.ts'
import type { Progress } from '../log/progress.ts'
import type { LogEntry, Store, Write } from '../store/store.ts'
import { unresolvedKey, unresolvedPrefix } from '../log/unresolved-logs.ts'

/** What a reference counts for: its ids and numbers. */
const referenceBytes = 96

/** Homes looked for at once. */
const maxFinding = 32

/** Accounts named to whoever asks whether they live elsewhere now. */
const maxAccounts = 4_096
/** Members asked about when a relay refuses a group. */
const maxRefreshed = 32

/**
 * What went by gossip is sent directly when its confirmation has not come for so long: confirmations are gathered for a tenth of
 * a second, and a replica that hears of a gap fills it by itself.
 */
const graceMs = 1_000

interface Part { readonly follower: ReplicaFollower, readonly first: number, readonly last: number }
interface Batch { readonly parts: Part[], readonly pages: Pages, readonly bytes: number, readonly entries: number }

export interface ReplicationComponents extends LaneComponents {
  store: Pick<Store, 'behindReplicas' | 'scan'>
  logs: Logs
  reader: LogReader
  placement: Placement
  homes: Homes
  progress: Progress
  commits: Commits
  meter: Meter
  roads: Roads
  /** A relay says that another one sequences a group. */
  onAnchor (record: Uint8Array, relay: RelayId): boolean
}

export class Replication {
  readonly #c: ReplicationComponents
  readonly #lanes = new Map<RelayId, ReplicaLane>()
  /** Members of logs whose home is being looked for: `<log> <account>`. */
  readonly #unresolved = new Map<string, { timer: Timer | undefined }>()
  readonly #followers = new WeakMap<Log, Map<RelayId, ReplicaFollower>>()
  readonly #entries
  #finding = 0
  /** Searches that wait for their turn; each stands in `#unresolved`. */
  readonly #waiting: Array<() => void> = []
  #isStopped = false

  constructor (components: ReplicationComponents) {
    this.#c = components
    const { meter, logs } = components
    this.#entries = meter.counter('heliograph_replicate_entries_total', 'entries that a replica has confirmed')
    meter.gauge('heliograph_replicate_waiting_logs', 'logs with entries that a replica does not have', () => {
      let waiting = this.#unresolved.size
      for (const lane of this.#lanes.values()) waiting += lane.waiting
      return waiting
    })
    logs.onLoad((log) => { this.follow(log) })
    logs.onChange((log, { relaysAdded, relaysGone, unplaced }) => {
      if (this.#isStopped || !components.placement.isSequencer(log.conversation)) return
      for (const relay of relaysAdded) this.#followFor(log, relay)
      for (const relay of relaysGone) this.#followers.get(log)?.get(relay)?.wake()
      for (const account of unplaced) if (components.placement.primaryOf(account) === undefined) this.#find(log.conversation.id, account)
    })
  }

  /** Logs that were behind when this relay stopped. */
  async resume (): Promise<void> {
    const { store, logs } = this.#c
    for (const { log } of await store.behindReplicas()) {
      if (this.#isStopped) return
      await logs.loadId(log)
    }
    for await (const { key } of store.scan('meta', unresolvedPrefix)) {
      if (this.#isStopped) return
      await logs.loadId(key.slice(unresolvedPrefix.length) as ConversationId)
    }
  }

  /** Keep the replicas of this log up, if this relay sequences it. */
  follow (log: Log): void {
    const { placement } = this.#c
    if (this.#isStopped || log.isDropped || !placement.isSequencer(log.conversation)) return
    if (log.group !== undefined) this.#placeKnown(log.group)
    for (const relay of placement.relaysOf(log.conversation)) this.#followFor(log, relay)
    for (const relay of log.group?.retiring.keys() ?? []) this.#followFor(log, relay)
    if (log.group !== undefined) this.#forgetOld(log, log.group)
    for (const member of placement.unresolvedMembers(log.conversation)) this.#find(log.conversation.id, member)
  }

  /** While another relay sequenced, nobody was looked for here: where a member lives may have been heard since, by any road. */
  #placeKnown (group: Group): void {
    const { placement } = this.#c
    for (const account of [...group.unplaced]) {
      const relay = placement.primaryOf(account)
      if (relay !== undefined && relay !== placement.self) group.placeAgain(account)
    }
  }

  #followFor (log: Log, relay: RelayId): void {
    let followers = this.#followers.get(log)
    if (followers === undefined) {
      followers = new Map()
      this.#followers.set(log, followers)
    }
    if (followers.has(relay)) return
    // A log with entries and a replica that the store does not know yet: found at last, or moved there. The store must know
    // before a restart, which finds what is behind by these rows. (Of a new log the first append writes the row.)
    if (!log.replicas.has(relay) && log.head > 0) this.#writeDown(log, relay)
    const follower = new ReplicaFollower(log, relay, this.#lane(relay), this.#c.reader)
    followers.set(relay, follower)
    log.addFollower(follower)
    if (follower.feed.isBehind) follower.wake()
  }

  /** The row of the replica, and the end of the mark that a relay is not known when this was the last. */
  #writeDown (log: Log, relay: RelayId): void {
    const { conversation } = log
    const { id } = conversation
    const seq = this.#c.placement.firstAt(conversation, relay) - 1
    log.replicas.set(relay, seq)
    const writes: Write[] = [{ op: 'replicated', log: id, relay, seq }]
    if (this.#c.placement.unresolvedMembers(conversation).length === 0) writes.push({ op: 'delete', table: 'meta', key: unresolvedKey(id) })
    this.#c.commits.commit(writes).catch((error: unknown) => {
      this.#c.logger.warn('replicate.write-down', {}, error)
      log.replicas.delete(relay)
    })
  }

  /** The home of the last member that was looked for is known, and may be one that has a replica anyway. */
  #unmark (log: Log): void {
    if (this.#c.placement.unresolvedMembers(log.conversation).length > 0) return
    this.#c.commits.commit([{ op: 'delete', table: 'meta', key: unresolvedKey(log.conversation.id) }]).catch((error: unknown) => {
      this.#c.logger.warn('replicate.unmark', {}, error)
    })
  }

  /** Rows of relays that members have moved away from: nobody needs anything there. */
  #forgetOld (log: Log, group: Group): void {
    if (!group.isKnown || group.unplaced.size > 0) return
    // What one of them had not taken is kept for a while: whoever has moved away from it may ask for it (progress.ts).
    const old = [...log.replicas.keys()].filter((relay) => !group.isHomeOfMember(relay) && !this.#c.progress.isHeldFor(log, relay))
    if (old.length === 0) return
    for (const relay of old) log.replicas.delete(relay)
    this.#c.commits.commit(old.map((relay) => ({ op: 'retire', log: log.conversation.id, relay }))).catch((error: unknown) => {
      this.#c.logger.warn('replicate.forget', {}, error)
    })
  }

  /** A relay that nobody in the group lives at any more has the entry that says so. */
  #retire (log: Log, relay: RelayId): void {
    const { group, conversation } = log
    if (group === undefined) return
    const follower = this.#followers.get(log)?.get(relay)
    this.#followers.get(log)?.delete(relay)
    if (follower !== undefined) log.removeFollower(follower)
    group.retiring.delete(relay)
    log.replicas.delete(relay)
    this.#c.commits.commit([{ op: 'retire', log: conversation.id, relay }, dropRetiringRow(conversation as GroupConversation, relay)]).catch((error: unknown) => {
      // Told once more after a restart.
      this.#c.logger.warn('replicate.retire', {}, error)
    })
  }

  #lane (relay: RelayId): ReplicaLane {
    let lane = this.#lanes.get(relay)
    if (lane === undefined) {
      lane = new ReplicaLane(relay, this.#c, { confirmed: (count) => { this.#entries.inc(count) }, retired: (log) => { this.#retire(log, relay) } })
      this.#lanes.set(relay, lane)
    }
    return lane
  }

  /** Look for the home of `account` until it is found; the mark in the store is for a restart meanwhile. */
  #find (id: ConversationId, account: AccountId, attempt = 0): void {
    const key = `${id} ${account}`
    if (this.#isStopped || (attempt === 0 && this.#unresolved.has(key))) return
    const search: { timer: Timer | undefined } = { timer: undefined }
    this.#unresolved.set(key, search)
    // A device may write to any number of accounts that nobody knows: the DHT is asked for a few at a time.
    if (this.#finding >= maxFinding) {
      this.#waiting.push(() => { this.#find(id, account, attempt + 1) })
      return
    }
    const { homes, clock, random, logs, placement } = this.#c
    const limit = deadline(clock, limits.requestTimeoutMs)
    this.#finding++
    homes.find(account, { signal: limit.signal }).then(async () => {
      this.#unresolved.delete(key)
      // Out of memory again before we came to it: followed by nobody it counts as idle, although it is behind.
      let log = await logs.loadId(id)
      while (log.isDropped) log = await logs.loadId(id)
      if (log.group === undefined) { this.follow(log); return }
      const relay = placement.primaryOf(account)
      if (!log.group.placeAgain(account) || relay === undefined || relay === placement.self) return
      this.#unmark(log)
      if (placement.isSequencer(log.conversation)) this.#followFor(log, relay)
    }).catch((error: unknown) => {
      if (!isProtocolError(error)) this.#c.logger.warn('replicate.find', {}, error)
      if (this.#isStopped) return
      this.#unresolved.set(key, search)
      search.timer = clock.after(backoffMs(attempt, random, limits), () => {
        this.#find(id, account, attempt + 1)
      })
    }).finally(() => {
      limit.cancel()
      this.#finding--
      this.#waiting.shift()?.()
    })
  }

  /** `relay` has everything up to `seq` on disk, though nobody sent it there: it came by gossip. */
  confirmed (relay: RelayId, log: Log, seq: number): void {
    const follower = this.#followers.get(log)?.get(relay)
    if (follower !== undefined && !log.isDropped) this.#lanes.get(relay)!.heard(follower, seq)
  }

  /** A relay that was away has been heard of. */
  reachable (relay: RelayId): void { this.#lanes.get(relay)?.lane.retryNow() }

  async stop (): Promise<void> {
    this.#isStopped = true
    for (const { timer } of this.#unresolved.values()) timer?.cancel()
    await Promise.all(Array.from(this.#lanes.values(), (lane) => lane.stop()))
  }
}

/** One replica's place in one log. */
class ReplicaFollower implements Follower {
  readonly log: Log
  readonly relay: RelayId
  readonly feed: Feed<LogEntry>
  readonly #lane: ReplicaLane
  isInFlight = false
  /** It has taken something, in this life of the object. */
  hasAnswered = false
  attempt = 0
  retry: Timer | undefined
  /** Waiting for the confirmation of what went by gossip. */
  grace: Timer | undefined

  constructor (log: Log, relay: RelayId, lane: ReplicaLane, reader: LogReader) {
    this.log = log
    this.relay = relay
    this.feed = new Feed(reader.sourceOf(log), Math.max(log.replicas.get(relay) ?? 0, log.first - 1))
    this.#lane = lane
  }

  get sent (): number { return this.feed.sent }
  get isIdle (): boolean { return !this.isInFlight && !this.feed.isReading }
  wake (): void { this.#lane.due(this) }
  onDropped (): void { this.#lane.remove(this) }
}

interface LaneEvents {
  confirmed (entries: number): void
  /** Nobody in this log lives there any more, and the replica has the entry that says so. */
  retired (log: Log): void
}

class ReplicaLane implements LaneWork<Batch> {
  readonly name = 'replicate'
  readonly lane: Lane<Batch>
  readonly #c: ReplicationComponents
  readonly #events: LaneEvents
  readonly #ready = new RankedSet<ReplicaFollower>()
  /** With a timer. */
  readonly #pausing = new Set<ReplicaFollower>()
  #isStopped = false

  constructor (relay: RelayId, components: ReplicationComponents, events: LaneEvents) {
    this.#c = components
    this.#events = events
    this.lane = new Lane(relay, this, components)
  }

  get waiting (): number { return this.#ready.size }

  /** There is more for this replica: it hears of it by gossip, or is sent it. */
  due (follower: ReplicaFollower): void {
    const { log, relay } = follower
    const isLeaving = log.group?.retiring.has(relay) === true
    // Whether it keeps the group at all is known once it has answered; gossip founds nothing there.
    if (follower.hasAnswered && !isLeaving && this.#c.roads.to(relay, log) === 'gossip') this.#wait(follower)
    else this.add(follower)
  }

  #wait (follower: ReplicaFollower): void {
    if (follower.grace !== undefined || this.#isStopped || follower.log.isDropped) return
    const { feed, relay } = follower
    const { sent } = feed
    this.#pausing.add(follower)
    follower.grace = this.#c.clock.after(graceMs, () => {
      follower.grace = undefined
      this.#rested(follower)
      if (!feed.isBehind || follower.log.isDropped) return
      // Some of it has arrived: the rest is on its way, or asked for.
      if (feed.sent > sent) { this.due(follower); return }
      this.#c.roads.missed(relay)
      this.add(follower)
    })
  }

  #rested (follower: ReplicaFollower): void {
    if (follower.grace === undefined && follower.retry === undefined) this.#pausing.delete(follower)
  }

  heard (follower: ReplicaFollower, seq: number): void {
    const { feed, log, relay } = follower
    // [IGNORE] numbers that we never gave; what is sent next is answered with them, which says so in the log
    if (seq > log.durableHead) return
    follower.hasAnswered = true
    this.#c.progress.replicated(log, relay, seq)
    if (seq <= feed.sent) return
    feed.rewind(seq)
    follower.attempt = 0
    this.#c.roads.heard(relay)
    log.release()
    if (!feed.isBehind) this.#ready.delete(follower)
  }

  /** A conversation of two does not wait behind a large group. */
  #add (follower: ReplicaFollower): void { this.#ready.add(follower, rankOf(this.#c.placement, follower.log.conversation)) }

  add (follower: ReplicaFollower): void {
    if (follower.isInFlight || follower.retry !== undefined || this.#isStopped) return
    this.#add(follower)
    this.lane.wake()
  }

  remove (follower: ReplicaFollower): void {
    follower.retry?.cancel()
    follower.grace?.cancel()
    this.#pausing.delete(follower)
    this.#ready.delete(follower)
  }

  next (): Batch | undefined {
    const builder = new PagesBuilder()
    const parts: Part[] = []
    for (const follower of this.#ready) {
      if (builder.bytes >= batchBytes || builder.entries >= limits.batchEnvelopes) break
      if (follower.feed.isReading) continue
      const part = this.#fill(follower, builder)
      if (part !== undefined) {
        this.#ready.delete(follower)
        follower.isInFlight = true
        parts.push(part)
      } else if (follower.feed.isBehind) this.#read(follower)
      else this.#ready.delete(follower)
    }
    if (parts.length === 0) return undefined
    const { bytes, entries } = builder
    return { parts, pages: builder.take(), bytes, entries }
  }

  #fill (follower: ReplicaFollower, builder: PagesBuilder): Part | undefined {
    const { feed, log } = follower
    let first = 0
    let entry = feed.peek()
    while (entry !== undefined && builder.bytes < batchBytes && builder.entries < limits.batchEnvelopes) {
      const header = readEnvelopeHeader(entry.envelope)
      // What that relay forwarded it still has: a reference is enough.
      const isReference = this.#c.placement.primaryOf(accountIdFromBytes(header.senderAccount)) === this.lane.relay
      const bytes = isReference ? referenceBytes : entry.envelope.byteLength
      if (!builder.hasRoom(log, entry, bytes)) break
      builder.add(log, entry, isReference ? header : undefined, bytes)
      feed.took(entry)
      if (first === 0) first = entry.seq
      entry = feed.peek()
    }
    return first === 0 ? undefined : { follower, first, last: feed.sent }
  }

  #read (follower: ReplicaFollower): void {
    follower.feed.read({ maxEntries: limits.batchEnvelopes, maxBytes: batchBytes }).then(() => { this.lane.wake() }, (error: unknown) => {
      this.#c.logger.warn('replicate.read', {}, error)
      this.#later(follower)
    })
  }

  async send (batch: Batch, channel: Channel): Promise<void> {
    this.#c.links.introduce(channel, new Set(batch.parts.flatMap(({ follower }) => this.#c.placement.anchorsOf(follower.log.conversation))))
    for (const { follower } of batch.parts) this.#c.links.present(channel, follower.log.conversation)
    const { positions } = await channel.call(relayMethods.replicate, batch.pages)
    const byLog = new Map<ConversationId, Position>()
    for (const position of positions) byLog.set(conversationFromBytes(position.conversation).id, position)
    for (const part of batch.parts) this.#landed(part, byLog.get(part.follower.log.conversation.id))
    this.#events.confirmed(batch.entries)
  }

  #landed ({ follower, first, last }: Part, position: Position | undefined): void {
    const { log, relay, feed } = follower
    follower.isInFlight = false
    if (log.isDropped) return
    if (position === undefined) { // refused: it does not see us as the sequencer, or its member as its own
      if (log.group?.retiring.has(relay) === true) { // came and went before that relay ever heard of it
        this.#events.retired(log)
        return
      }
      this.#refresh(log)
      feed.rewind(first - 1)
      this.#later(follower)
      return
    }
    if (position.seq > log.durableHead) {
      // It has numbers that we never gave, or have lost: going on would give them twice.
      this.#c.logger.error('replicate.ahead', { head: log.durableHead, replica: position.seq })
      feed.rewind(first - 1)
      this.#later(follower)
      return
    }
    follower.hasAnswered = true
    this.#c.progress.replicated(log, relay, position.seq)
    const through = log.group?.retiring.get(relay)
    if (through !== undefined && position.seq >= through) {
      this.#events.retired(log)
      return
    }
    if (position.seq < last) feed.rewind(position.seq)
    else if (position.seq > feed.sent) feed.rewind(position.seq)
    if (position.seq < first) { // no step further: what comes first is missing over there
      this.#later(follower)
      return
    }
    follower.attempt = 0
    log.release()
    if (feed.isBehind) this.due(follower)
  }

  /** The relay is there, and says that it is not home to the members that we look for there: have they moved? */
  #refresh (log: Log): void {
    if (log.group === undefined) return
    let asked = 0
    for (const account of log.group.membersAt(this.lane.relay)) {
      if (++asked > maxRefreshed) return
      this.#c.homes.refresh(account)
    }
  }

  #later (follower: ReplicaFollower): void {
    this.#ready.delete(follower)
    if (this.#isStopped || follower.log.isDropped || follower.retry !== undefined) return
    this.#pausing.add(follower)
    follower.retry = this.#c.clock.after(backoffMs(follower.attempt++, this.#c.random, limits), () => {
      follower.retry = undefined
      this.#rested(follower)
      if (follower.feed.isBehind) this.add(follower)
    })
  }

  takeBack (batch: Batch, error: unknown): void {
    for (const { follower, first } of batch.parts) {
      follower.isInFlight = false
      if (follower.log.isDropped) continue
      follower.feed.rewind(first - 1)
      this.#add(follower)
    }
    // Somebody has moved: the logs concerned are dropped and followed to where they belong now.
    if (isProtocolError(error, 'MOVED')) this.#c.links.learn(error.details.record)
    if (isProtocolError(error, 'REANCHORED') && error.details.record !== undefined) this.#c.onAnchor(error.details.record, this.lane.relay)
  }

  * accounts (): Iterable<AccountId> {
    let count = 0
    for (const { log } of this.#ready) {
      for (const account of this.#c.placement.membersAt(log.conversation, this.lane.relay)) {
        yield account
        if (++count >= maxAccounts) return
      }
    }
  }

  async stop (): Promise<void> {
    this.#isStopped = true
    for (const { retry, grace } of this.#pausing) {
      retry?.cancel()
      grace?.cancel()
    }
    await this.lane.stop()
  }
}

