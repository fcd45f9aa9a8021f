/**
 * The replicas of logs at one relay: what each of them gets next, and what it has confirmed.
 *
 * Owns: how far a replica is, what is under way to it, whether it hears of something by gossip or is sent it. What came from the
 * replica's relay travels as a reference. Does not know: which relays have replicas (replication.ts). Spec: docs/protocol/relay.md, replicate
 */
import type { Channel } from '../../protocol/channel.ts'
import { backoffMs, type Timer } from '../../protocol/clock.ts'
import { conversationFromBytes, type ConversationId } from '../../protocol/conversation.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import type { Pages, Position } from '../../protocol/wire/gen/log.js'
import { Feed } from '../delivery/feed.ts'
import { PagesBuilder } from '../delivery/pages-builder.ts'
import { RankedSet } from '../fanout/ranked-set.ts'
import type { Roads } from '../fanout/roads.ts'
import { rankOf } from '../fanout/scheduler.ts'
import { readEnvelopeHeader } from '../log/envelope-header.ts'
import { endOf } from '../log/epochs.ts'
import type { Follower, Log } from '../log/log.ts'
import type { LogReader } from '../log/log-reader.ts'
import type { Placement } from '../log/placement.ts'
import type { Progress } from '../log/progress.ts'
import type { LogEntry } from '../store/store.ts'
import type { Alignment } from './alignment.ts'
import { Lane, batchBytes, type LaneComponents, type LaneWork } from './lane.ts'

/** What a reference counts for: its ids and numbers. */
const referenceBytes = 96

/** Accounts named to whoever asks whether they live elsewhere now. */
const maxAccounts = 4_096
/** Members asked about when a relay refuses a group. */
const maxRefreshed = 32

/**
 * What went by gossip is sent directly when its confirmation has not come for so long: confirmations are gathered for a tenth of
 * a second, and a replica that hears of a gap fills it by itself.
 */
const graceMs = 1_000

const none: ReadonlySet<AccountId> = new Set()

interface Part { readonly follower: ReplicaFollower, readonly first: number, readonly last: number }
interface Batch { readonly parts: Part[], readonly pages: Pages, readonly bytes: number, readonly entries: number }

export interface ReplicaLaneComponents extends LaneComponents {
  placement: Placement
  progress: Progress
  roads: Roads
  reader: LogReader
  alignment: Pick<Alignment, 'shapeOf'>
  /** A relay says that another one sequences a group. */
  onAnchor (record: Uint8Array, relay: RelayId): boolean
}

/** One replica's place in one log. */
export class ReplicaFollower implements Follower {
  readonly log: Log
  readonly relay: RelayId
  readonly feed: Feed<LogEntry>
  readonly movers: ReadonlySet<AccountId>
  readonly #lane: ReplicaLane
  isInFlight = false
  /** It has taken something that was sent to it, in this life of the object. */
  hasAnswered = false
  attempt = 0
  retry: Timer | undefined
  /** Waiting for the confirmation of what went by gossip. */
  grace: Timer | undefined

  /** @param movers members who have just moved there, which that relay may not know */
  constructor (log: Log, relay: RelayId, lane: ReplicaLane, reader: LogReader, movers?: ReadonlySet<AccountId>) {
    this.log = log
    this.movers = movers ?? none
    this.relay = relay
    this.feed = new Feed(reader.sourceOf(log), Math.max(log.replicas.get(relay) ?? 0, log.first - 1))
    this.#lane = lane
  }

  get sent (): number { return this.feed.sent }
  get isIdle (): boolean { return !this.isInFlight && !this.feed.isReading }
  wake (): void { this.#lane.due(this) }
  onDropped (): void { this.#lane.remove(this) }
}

export interface ReplicaLaneEvents {
  confirmed (entries: number): void
  /** Nobody in this log lives there any more, and the replica has the entry that says so. */
  retired (log: Log): void
}

export class ReplicaLane implements LaneWork<Batch> {
  readonly name = 'replicate'
  readonly lane: Lane<Batch>
  readonly #c: ReplicaLaneComponents
  readonly #events: ReplicaLaneEvents
  readonly #ready = new RankedSet<ReplicaFollower>()
  /** With a timer. */
  readonly #pausing = new Set<ReplicaFollower>()
  #isStopped = false

  constructor (relay: RelayId, components: ReplicaLaneComponents, events: ReplicaLaneEvents) {
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
    // [IGNORE] it may be owed what comes before, for whom its head says nothing
    if (!follower.hasAnswered) return
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
    this.#c.links.introduce(channel, new Set(batch.parts.flatMap(({ follower: { log, movers } }) => [...this.#c.placement.anchorsOf(log.conversation), ...movers])))
    for (const { follower } of batch.parts) this.#c.links.present(channel, follower.log.conversation)
    const { positions } = await channel.call(relayMethods.replicate, batch.pages)
    const byLog = new Map<ConversationId, Position>()
    for (const position of positions) byLog.set(conversationFromBytes(position.conversation).id, position)
    for (const part of batch.parts) {
      const position = byLog.get(part.follower.log.conversation.id)
      // Its numbers may be those of an older epoch, which were given again.
      if (position !== undefined && position.epoch < part.follower.log.epoch) this.#compare(part, position)
      else this.#landed(part, position)
    }
    this.#events.confirmed(batch.entries)
  }

  /** Does the replica's newest entry bear the same number here? Else it is given what it has not heard of, from where that begins. */
  #compare (part: Part, position: Position): void {
    const { follower, first, last } = part
    const { log, feed } = follower
    this.#partedAt(log, position).then((begins) => {
      // COMPAT(≤0.1) who was given just that and stays with what it has knows nothing of this: it goes on as it always did
      if (begins === undefined || begins === first) { this.#landed(part, position); return }
      follower.isInFlight = false
      if (log.isDropped) return
      this.#c.logger.info('replicate.parted', { entries: position.seq - begins + 1 })
      feed.rewind(begins - 1)
      // Given behind something older, it was left: not now.
      if (first < begins && begins <= last) this.#later(follower)
      else this.due(follower)
    }).catch((error: unknown) => {
      follower.isInFlight = false
      this.#c.logger.debug('replicate.compare', {}, error)
      if (log.isDropped) return
      feed.rewind(first - 1)
      this.#later(follower)
    })
  }

  /** Where the epoch begins here that is newer than the replica's newest entry; undefined: that entry is the same here, or not kept. */
  async #partedAt (log: Log, { epoch, seq }: Position): Promise<number | undefined> {
    const at = Math.min(seq, log.durableHead)
    const entry = log.tail.get(at) ?? (await this.#c.reader.read(log, at, { maxEntries: 1, maxBytes: 1 }))[0]
    if (entry?.seq !== at || entry.epoch <= epoch) return undefined
    return endOf(await this.#c.alignment.shapeOf(log), epoch)
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
    // Less than it was sent: something before that is missing over there, or somebody in it is on the way there.
    if (position.seq >= first) follower.hasAnswered = true
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

