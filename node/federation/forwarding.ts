/**
 * From the outbox to the sequencer: batches to each relay, FIFO in each conversation, again and again until it has them.
 *
 * Owns: which sequencer an outbox goes to, what is under way, what an outcome means for the item. An item leaves the outbox
 * when it stands in the log here (replica.ts) or is refused for good. Spec: docs/protocol/relay.md, forward
 */
import type { Channel } from '../../protocol/channel.ts'
import { backoffMs, type Timer } from '../../protocol/clock.ts'
import type { Conversation, ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { accountIdFromBytes, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import type { Outcome } from '../../protocol/wire/gen/log.js'
import { deadline } from '../deadline.ts'
import { decidedAnew } from '../groups/group-sequencer.ts'
import { readEnvelopeHeader } from '../log/envelope-header.ts'
import { Feed } from '../delivery/feed.ts'
import { RankedSet } from '../fanout/ranked-set.ts'
import { rankOf } from '../fanout/scheduler.ts'
import { Lane, batchBytes, type LaneComponents, type LaneWork } from './lane.ts'
import type { Meter } from '../watch/meter.ts'
import type { Log } from '../log/log.ts'
import type { OutboxQueue, Outboxes } from '../log/outbox.ts'
import type { Placement } from '../log/placement.ts'
import type { Commits, Homes } from '../ports.ts'
import type { Standby } from '../standby/standby.ts'
import type { OutboxItem } from '../store/store.ts'

/** Refusals that no repetition changes: the item is dropped, and its device told. */
const final: readonly ErrorCode[] = [
  'EXPIRED', 'MALFORMED', 'TOO_LARGE', 'UNSUPPORTED_VERSION', 'BAD_CONVERSATION', 'BAD_MESSAGE_ID', 'BAD_SIGNATURE', 'TOO_MANY',
  'BLOCKED', 'NOT_A_MEMBER', 'NOT_ALLOWED', 'BAD_CONTROL', 'GROUP_FULL', 'LINK_REVOKED', ...decidedAnew
]

/** Homes looked for at once. */
const maxFinding = 32

/** What a sequencer has taken comes back as an entry within seconds; looked at again after this long, and then less and less often. */
const lookAgainMs = 60_000
const lookAgainMaxMs = 16 * 60_000

/** One outbox on its way to a sequencer. */
interface Sending {
  readonly queue: OutboxQueue
  readonly feed: Feed<OutboxItem>
  relay: RelayId | undefined
  isInFlight: boolean
  /** What is in flight goes to who sequences no more: all of it again. */
  isStale: boolean
  isRouting: boolean
  attempt: number
  retry: Timer | undefined
  /** Whether the oldest is still there then. */
  look: Timer | undefined
  looks: number
}

interface Part { readonly sending: Sending, readonly items: OutboxItem[] }
interface Batch { readonly parts: Part[], readonly envelopes: Uint8Array[], readonly bytes: number }

export interface ForwardingComponents extends LaneComponents {
  outboxes: Outboxes
  placement: Placement
  homes: Homes
  commits: Commits
  meter: Meter
  /** This relay sequences the conversation by now: what waits goes straight into the log. */
  adopt (queue: OutboxQueue): void
  /** It is not known yet whether the log here is what its sequencer's is. */
  isParted (id: ConversationId): boolean
  /** Copies of two people's log that may have parted are compared first. undefined: it is as its sequencer has it, as far as is known in memory */
  follow (conversation: Conversation, relay: RelayId): Promise<void> | undefined
  load (conversation: Conversation): Promise<Log>
  /** A relay says who anchors a group. @returns whether that is news */
  onAnchor (record: Uint8Array, relay: RelayId): boolean
  standby?: Pick<Standby, 'isHandingOver'>
  /** Answered with `sent` long ago, refused for good by the sequencer. */
  onRefused (item: OutboxItem, code: ErrorCode): void
}

export class Forwarding {
  readonly #c: ForwardingComponents
  readonly #sending = new Map<OutboxQueue, Sending>()
  readonly #lanes = new Map<RelayId, ForwardLane>()
  readonly #forwarded
  readonly #refused
  #finding = 0
  #isStopped = false

  constructor (components: ForwardingComponents) {
    this.#c = components
    const { meter, outboxes } = components
    outboxes.onEmpty((queue) => { this.#gone(queue) })
    this.#forwarded = meter.counter('heliograph_forward_envelopes_total', 'envelopes that a sequencer has taken')
    this.#refused = meter.counter('heliograph_forward_refused_total', 'envelopes that a sequencer has refused, by code', ['code'])
    meter.gauge('heliograph_forward_in_flight_bytes', 'envelopes on their way to a sequencer', () => {
      let bytes = 0
      for (const { lane } of this.#lanes.values()) bytes += lane.inFlightBytes
      return bytes
    })
  }

  /** The queue has something that is not forwarded yet. */
  queued (queue: OutboxQueue): void {
    if (this.#isStopped || queue.isDropped) return
    let sending = this.#sending.get(queue)
    if (sending === undefined) {
      sending = { queue, feed: new Feed(queue, queue.first - 1), relay: undefined, isInFlight: false, isStale: false, isRouting: false, attempt: 0, retry: undefined, look: undefined, looks: 0 }
      this.#sending.set(queue, sending)
    }
    this.#route(sending)
  }

  /** An account may live elsewhere now: what goes to it is routed anew. */
  moved (account: AccountId): void {
    for (const sending of this.#sending.values()) {
      if (this.#c.placement.anchorOf(sending.queue.conversation) === account) this.#routeAnew(sending)
    }
  }

  /** Another relay sequences this group now. */
  anchored (id: ConversationId): void {
    for (const sending of this.#sending.values()) if (sending.queue.conversation.id === id) this.#routeAnew(sending)
  }

  #routeAnew (sending: Sending): void {
    if (sending.relay !== undefined) this.#lanes.get(sending.relay)?.remove(sending)
    sending.relay = undefined
    // What another sequencer has taken, and nobody has given back as an entry, the new one may not have.
    if (sending.isInFlight) sending.isStale = true
    else sending.feed.rewind(sending.queue.first - 1)
    this.#route(sending)
  }

  /** What waits for or is on its way to each relay: conversations, bytes; whether it is left alone for a while. */
  activity (): Map<RelayId, { waiting: number, inFlightBytes: number, isBackingOff: boolean }> {
    const relays = new Map(Array.from(this.#lanes, ([relay, { lane }]) => [relay, { waiting: 0, inFlightBytes: lane.inFlightBytes, isBackingOff: lane.isBackingOff }]))
    for (const { queue, relay } of this.#sending.values()) {
      const known = relay === undefined ? undefined : relays.get(relay)
      if (known !== undefined) known.waiting += queue.size
    }
    return relays
  }

  /** A relay that was away has been heard of. */
  reachable (relay: RelayId): void { this.#lanes.get(relay)?.lane.retryNow() }

  #gone (queue: OutboxQueue): void {
    const sending = this.#sending.get(queue)
    if (sending?.isInFlight === false) this.#forget(sending)
  }

  #forget (sending: Sending): void {
    sending.retry?.cancel()
    sending.look?.cancel()
    if (sending.relay !== undefined) this.#lanes.get(sending.relay)?.remove(sending)
    this.#sending.delete(sending.queue)
  }

  #route (sending: Sending): void {
    const { queue } = sending
    if (queue.isDropped || (!sending.isInFlight && queue.size === 0)) { this.#forget(sending); return }
    if (this.#isStopped || sending.isRouting || sending.retry !== undefined || sending.isInFlight) return
    if (!sending.feed.isBehind) return
    const { placement } = this.#c
    // What people of this relay wrote before may still come back from a log that has parted: it goes first (`anchored` follows).
    if (this.#c.isParted(queue.conversation.id) && !placement.isSequencer(queue.conversation)) return
    const anchor = placement.anchorOf(queue.conversation)
    if (placement.isHome(anchor)) {
      this.#forget(sending)
      this.#c.adopt(queue)
      return
    }
    const relay = placement.primaryOf(anchor)
    if (relay === undefined) { this.#find(sending, anchor); return }
    // Its record names us, but it is not registered here (yet).
    if (relay === placement.self) { this.#later(sending); return }
    const following = this.#c.follow(queue.conversation, relay)
    if (following !== undefined) { this.#routeAfter(sending, following); return }
    if (sending.relay !== relay && sending.relay !== undefined) this.#lanes.get(sending.relay)?.remove(sending)
    sending.relay = relay
    let lane = this.#lanes.get(relay)
    if (lane === undefined) {
      lane = new ForwardLane(relay, this, this.#c)
      this.#lanes.set(relay, lane)
    }
    lane.add(sending)
  }

  #routeAfter (sending: Sending, following: Promise<void>): void {
    sending.isRouting = true
    following.then(() => {
      sending.isRouting = false
      this.#route(sending)
    }, (error: unknown) => {
      this.#c.logger.debug('forward.follow', {}, error)
      sending.isRouting = false
      this.#c.homes.refresh(this.#c.placement.anchorOf(sending.queue.conversation))
      this.#later(sending)
    })
  }

  #find (sending: Sending, account: AccountId): void {
    // A device may write to any number of accounts that nobody knows: the DHT is asked for a few at a time.
    if (this.#finding >= maxFinding) { this.#later(sending); return }
    this.#finding++
    sending.isRouting = true
    const limit = deadline(this.#c.clock, limits.requestTimeoutMs)
    this.#c.homes.find(account, { signal: limit.signal }).then(() => {
      sending.isRouting = false
      this.#route(sending)
    }, () => {
      // Unknown or out of reach: it waits in the outbox, at most until it expires.
      sending.isRouting = false
      this.#later(sending)
    }).finally(() => {
      limit.cancel()
      this.#finding--
    })
  }

  #later (sending: Sending, retryAfterMs = 0): void {
    if (this.#isStopped || sending.retry !== undefined) return
    this.#c.retries.inc(1, { lane: 'conversation' })
    const waitMs = Math.max(retryAfterMs, backoffMs(sending.attempt++, this.#c.random, limits))
    sending.retry = this.#c.clock.after(waitMs, () => {
      sending.retry = undefined
      this.#route(sending)
    })
  }

  /** For the lane: what a batch came to. */
  answered (batch: Batch, outcomes: readonly Outcome[]): void {
    let at = 0
    for (const part of batch.parts) {
      part.sending.isInFlight = false
      this.#answeredPart(part, outcomes.slice(at, at + part.items.length))
      at += part.items.length
      this.#beginAgain(part.sending)
      this.#lookAgain(part.sending)
      this.#route(part.sending)
    }
  }

  #answeredPart ({ sending, items }: Part, outcomes: readonly Outcome[]): void {
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!
      const outcome = outcomes[i]
      if (outcome?.status === 0) {
        this.#forwarded.inc()
        sending.attempt = 0
        if (outcome.seq > 0) this.#settle(sending.queue, item, outcome)
        continue
      }
      const error = outcome === undefined ? new ProtocolError('MALFORMED', { what: 'too few outcomes' }) : ProtocolError.fromStatus(outcome.status)
      this.#refused.inc(1, { code: error.code })
      const isNews = (error.code === 'MOVED' && this.#c.links.learn(outcome?.record)) || (error.code === 'REANCHORED' && this.#learnAnchor(sending, outcome?.record))
      if (outcome !== undefined && this.#isFinal(sending.queue, error.code)) {
        this.#drop(sending.queue, item, error.code)
        continue
      }
      if (outcome !== undefined && this.#isLeftBehind(sending.queue, item, error.code)) {
        this.#dequeue(sending.queue, item)
        continue
      }
      // From here on again, in order: at its new home, or later.
      sending.feed.rewind(item.position - 1)
      if (!isNews || sending.attempt > 0) this.#later(sending, outcome?.retryAfterMs)
      else sending.attempt++
      return
    }
  }

  /** It was submitted again and stands in the log here, under the number that the sequencer says: nothing brings it back. */
  #settle (queue: OutboxQueue, item: OutboxItem, outcome: Outcome): void {
    this.#settleOne(queue, item, outcome).catch((error: unknown) => { this.#c.logger.warn('forward.settle', {}, error) })
  }

  async #settleOne (queue: OutboxQueue, { position }: OutboxItem, { epoch, seq }: Outcome): Promise<void> {
    const log = await this.#c.load(queue.conversation)
    // Of a group that nobody here is in any more nothing comes back: its sequencer has it.
    const isOut = log.group !== undefined && log.group.locals.length === 0 && log.group.leaving.size === 0
    if ((!isOut && (log.durableHead < seq || log.epoch < epoch)) || queue.isDropped) return
    await this.#c.commits.commit([{ op: 'dequeue', log: queue.conversation.id, position }])
    queue.removed(position)
    this.#c.outboxes.settle(queue)
  }

  /** @returns whether it is news: it is looked at by and by, and the queue routed anew then (`anchored`) */
  #learnAnchor ({ queue, relay }: Sending, record: Uint8Array | undefined): boolean {
    if (record !== undefined && relay !== undefined && this.#c.onAnchor(record, relay)) return true
    // It is no news that this is not the one: whoever anchors the group may have moved.
    this.#c.homes.refresh(this.#c.placement.anchorOf(queue.conversation))
    return false
  }

  /**
   * In a group many people of this relay share a queue. One of them has moved, so that this relay may not forward for them any
   * more: their new home is given it, and when that does not answer the others must not wait; their device sends again from there.
   */
  #isLeftBehind ({ conversation }: OutboxQueue, { envelope }: OutboxItem, code: ErrorCode): boolean {
    if (conversation.kind !== 'group' || (code !== 'MOVED' && code !== 'NOT_ADMITTED')) return false
    const sender = accountIdFromBytes(readEnvelopeHeader(envelope).senderAccount)
    return !this.#c.placement.isHome(sender) && this.#c.standby?.isHandingOver(sender) !== true
  }

  /** A group that this relay keeps is one: a sequencer that says otherwise has lost it, and is given it by those who have it. */
  #isFinal ({ conversation }: OutboxQueue, code: ErrorCode): boolean {
    return final.includes(code) && !(code === 'UNKNOWN_GROUP' && this.#c.placement.groupOf(conversation)?.isKnown === true)
  }

  #drop (queue: OutboxQueue, item: OutboxItem, code: ErrorCode): void {
    this.#c.logger.warn('forward.dropped', { code })
    this.#dequeue(queue, item, () => { this.#c.onRefused(item, code) })
  }

  #dequeue (queue: OutboxQueue, { position }: OutboxItem, done = (): void => {}): void {
    this.#c.commits.commit([{ op: 'dequeue', log: queue.conversation.id, position }]).then(() => {
      queue.removed(position)
      this.#c.outboxes.settle(queue)
      done()
    }, (error: unknown) => {
      // Still there after a restart, and refused once more.
      this.#c.logger.warn('forward.drop', {}, error)
    })
  }

  /**
   * Taken by the sequencer, and not given back as an entry for long: it may have lost it, or this relay has come past it without
   * seeing it. Offered again, from the oldest on; the answer says where it stands.
   */
  #lookAgain (sending: Sending): void {
    const { queue } = sending
    if (this.#isStopped || sending.look !== undefined || queue.size === 0 || queue.isDropped) return
    const { first } = queue
    sending.look = this.#c.clock.after(Math.min(lookAgainMs * 2 ** sending.looks, lookAgainMaxMs), () => {
      sending.look = undefined
      if (queue.isDropped || queue.size === 0) return
      if (queue.first > first) { sending.looks = 0; this.#lookAgain(sending); return }
      sending.looks++
      if (sending.isInFlight) sending.isStale = true
      else sending.feed.rewind(queue.first - 1)
      this.#route(sending)
    })
  }

  #beginAgain (sending: Sending): void {
    if (!sending.isStale) return
    sending.isStale = false
    sending.feed.rewind(sending.queue.first - 1)
  }

  /** For the lane: nothing of this was answered. */
  unanswered (batch: Batch, error: unknown): void {
    for (const { sending, items } of batch.parts) {
      sending.isInFlight = false
      sending.feed.rewind(items[0]!.position - 1)
    }
    if (isProtocolError(error, 'MOVED')) this.#c.links.learn(error.details.record)
    for (const { sending } of batch.parts) {
      this.#beginAgain(sending)
      this.#route(sending)
    }
  }

  async stop (): Promise<void> {
    this.#isStopped = true
    for (const { retry, look } of this.#sending.values()) {
      retry?.cancel()
      look?.cancel()
    }
    await Promise.all(Array.from(this.#lanes.values(), ({ lane }) => lane.stop()))
  }
}

class ForwardLane implements LaneWork<Batch> {
  readonly name = 'forward'
  readonly lane: Lane<Batch>
  readonly #owner: Forwarding
  readonly #c: ForwardingComponents
  readonly #ready = new RankedSet<Sending>()

  constructor (relay: RelayId, owner: Forwarding, components: ForwardingComponents) {
    this.#owner = owner
    this.#c = components
    this.lane = new Lane(relay, this, components)
  }

  add (sending: Sending): void {
    this.#ready.add(sending, rankOf(this.#c.placement, sending.queue.conversation))
    this.lane.wake()
  }

  remove (sending: Sending): void { this.#ready.delete(sending) }

  next (): Batch | undefined {
    const parts: Part[] = []
    const envelopes: Uint8Array[] = []
    let bytes = 0
    for (const sending of this.#ready) {
      if (envelopes.length >= limits.batchEnvelopes || bytes >= batchBytes) break
      const { feed } = sending
      if (feed.isReading) continue
      const items: OutboxItem[] = []
      let item = feed.peek()
      while (item !== undefined && envelopes.length < limits.batchEnvelopes && bytes < batchBytes) {
        items.push(item)
        envelopes.push(item.envelope)
        bytes += item.envelope.byteLength
        feed.took(item)
        item = feed.peek()
      }
      if (items.length > 0) {
        this.#ready.delete(sending)
        sending.isInFlight = true
        parts.push({ sending, items })
      } else if (feed.isBehind) this.#read(sending)
      else this.#ready.delete(sending)
    }
    return parts.length === 0 ? undefined : { parts, envelopes, bytes }
  }

  #read (sending: Sending): void {
    sending.feed.read({ maxEntries: limits.batchEnvelopes, maxBytes: batchBytes }).then(() => {
      const oldest = sending.feed.peek()
      // What is missing before it has expired.
      if (oldest !== undefined && sending.feed.sent === sending.queue.first - 1) sending.queue.startsAt(oldest.position)
      this.lane.wake()
    }, (error: unknown) => {
      this.#c.logger.error('forward.read', {}, error)
      this.#ready.delete(sending)
      this.#c.clock.after(limits.retryMaxMs, () => { this.#owner.queued(sending.queue) })
    })
  }

  async send (batch: Batch, channel: Channel): Promise<void> {
    const accounts = new Set<AccountId>()
    for (const { sending, items } of batch.parts) {
      const { conversation } = sending.queue
      if (conversation.kind === 'group') for (const { envelope } of items) accounts.add(accountIdFromBytes(readEnvelopeHeader(envelope).senderAccount))
      else for (const account of this.#c.placement.localMembers(conversation)) accounts.add(account)
    }
    for (const { sending } of batch.parts) this.#c.links.present(channel, sending.queue.conversation)
    this.#c.links.introduce(channel, accounts)
    const { outcomes } = await channel.call(relayMethods.forward, { envelopes: batch.envelopes })
    this.#owner.answered(batch, outcomes)
  }

  takeBack (batch: Batch, error: unknown): void { this.#owner.unanswered(batch, error) }

  * accounts (): Iterable<AccountId> { for (const { queue } of this.#ready) yield this.#c.placement.anchorOf(queue.conversation) }
}
