/**
 * Entries of logs to one connected device: in order per log, everything due in one notification per turn.
 *
 * Owns: the position of the device in each log that it follows, the window of what it has not acknowledged, catching up.
 * Does not know: who may read what (client-sessions.ts), when its turn comes (fanout/scheduler.ts).
 * Fan-out on read: pages come from the log's tail, else the store, encoded once for all who stand at the same place.
 * Spec: docs/protocol/client.md, delivery. Bound: limits.deliveryWindow* for each connection.
 */
import type { Channel } from '../../protocol/channel.ts'
import type { Clock, Random, Timer } from '../../protocol/clock.ts'
import { backoffMs } from '../../protocol/clock.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import type { DeviceId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientNotifications } from '../../protocol/methods.ts'
import { ranks, type FanoutScheduler, type Rank, type Served } from '../fanout/scheduler.ts'
import type { Follower, Log } from '../log/log.ts'
import type { Counter, Histogram } from '../watch/meter.ts'
import { encodePage, joinPages, type EncodedPage } from './page-encoder.ts'
import type { Logger } from '../ports.ts'
import type { SharedPages } from './shared-pages.ts'

/** Pages of this size are not copied into a frame with others. */
const ownFrameBytes = 4 * 1024

/** Pages in one frame, as wire/log.proto bounds them. */
const maxPages = 256

/** How full the window may be for entries of each rank: what a group has filled leaves room for a conversation of two. */
const windowShare: readonly [number, number, number] = [1, 0.75, 0.5]

export interface DeliveryComponents {
  pages: SharedPages
  scheduler: FanoutScheduler
  /** Handed out and not acknowledged, of all devices. */
  budget: { usedBytes: number }
  clock: Clock
  random: Random
  logger: Logger
  /** Entries handed to devices. */
  delivered: Counter
  /** Stored → acknowledged by the device, of the oldest entry of a page. */
  lag: Histogram
  /** The same, from when the device connected if that was later: what this relay and the line are good for. */
  onlineLag: Histogram
  /** Now: a group may grow. */
  rankOf (log: Log): Rank
}

/** A device's place in one log. */
class DeviceFollower implements Follower {
  readonly log: Log
  /** Highest number handed out. */
  sent: number
  /** Nothing above this is for its account; Infinity: everything is. */
  last: number
  readonly #delivery: Delivery
  /** What is under way, a page each, oldest first. */
  readonly unacknowledged: Array<{ last: number, entries: number, bytes: number, storedAtMs: number }> = []
  isReading = false
  /** Reading failed: not tried again before this timer fires. */
  retry: Timer | undefined
  attempt = 0

  constructor (log: Log, { sent, last }: { sent: number, last: number }, delivery: Delivery) {
    this.log = log
    this.sent = sent
    this.last = last
    this.#delivery = delivery
  }

  get isBehind (): boolean { return this.sent < this.log.durableHead && this.sent < this.last }
  /** It has everything that it will ever get. */
  get isDone (): boolean { return this.sent >= this.last && this.unacknowledged.length === 0 }
  get isIdle (): boolean { return this.unacknowledged.length === 0 && !this.isReading }
  wake (): void { this.#delivery.wake(this) }
  onDropped (): void { this.#delivery.forget(this) }
}

export class Delivery implements Served {
  readonly #channel: Channel
  readonly #device: DeviceId
  readonly #c: DeliveryComponents
  readonly #sinceMs: number
  readonly #followers = new Map<ConversationId, DeviceFollower>()
  /** Followers that are behind, by rank, next to be served first. */
  readonly #ready: readonly [Set<DeviceFollower>, Set<DeviceFollower>, Set<DeviceFollower>] = [new Set(), new Set(), new Set()]
  #frame: EncodedPage[] = []
  #frameBytes = 0
  #servedBytes = 0
  #windowEntries = 0
  #handedOut = 0
  #windowBytes = 0
  #isReading = false
  #isStopped = false

  constructor (channel: Channel, device: DeviceId, components: DeliveryComponents) {
    this.#channel = channel
    this.#device = device
    this.#c = components
    this.#sinceMs = components.clock.nowMs()
  }

  /** Entries handed out since the device connected. */
  get handedOut (): number { return this.#handedOut }

  /** Entries handed out and not acknowledged. */
  get windowEntries (): number { return this.#windowEntries }

  /**
   * Deliver this log from the device's cursor on; from its first kept entry when the device was never seen in it.
   * @param since what came before this number is not for its account
   * @param last nor what came after this one
   */
  follow (log: Log, since = 0, last = Infinity): void {
    const { id } = log.conversation
    if (this.#isStopped || log.isDropped) return
    const known = this.#followers.get(id)
    if (known !== undefined) {
      if (known.last === last || known.log !== log) return
      // Back in a group before it had everything from its first time: nothing of what came in between.
      this.unfollow(log)
    }
    const sent = Math.max(log.cursors.get(this.#device) ?? 0, log.first - 1, since - 1)
    if (sent >= last) return
    const follower = new DeviceFollower(log, { sent, last }, this)
    this.#followers.set(id, follower)
    log.addFollower(follower)
    if (follower.isBehind) this.wake(follower)
  }

  /** Its account was removed by entry `last` of this log: that one it still gets. */
  end (log: Log, last: number): void {
    const follower = this.#followers.get(log.conversation.id)
    if (follower?.log !== log) return
    follower.last = last
    if (follower.isDone) this.unfollow(log)
  }

  /** Nothing more of this log for this device. */
  unfollow (log: Log): void {
    const follower = this.#followers.get(log.conversation.id)
    if (follower?.log !== log) return
    this.forget(follower)
    log.removeFollower(follower)
  }

  /** A reply to this device tells it the number of its own entry: if it is the next one, that was its delivery. */
  sequenced (log: Log, seq: number): void {
    const follower = this.#followers.get(log.conversation.id)
    if (follower?.log === log && follower.sent === seq - 1) follower.sent = seq
  }

  /** The device has everything up to `seq`. */
  acknowledge (log: Log, seq: number): void {
    const follower = this.#followers.get(log.conversation.id)
    if (follower?.log !== log) return
    const { unacknowledged } = follower
    let count = 0
    while (count < unacknowledged.length && unacknowledged[count]!.last <= seq) {
      const { entries, bytes } = unacknowledged[count]!
      this.#windowEntries -= entries
      this.#count(-bytes)
      count++
    }
    if (count > 0) this.#measure(unacknowledged[0]!.storedAtMs)
    if (count === unacknowledged.length) unacknowledged.length = 0
    else if (count > 0) unacknowledged.splice(0, count)
    // It may have read further by itself (readLog): not delivered again.
    if (seq > follower.sent && seq <= log.durableHead) follower.sent = seq
    if (follower.isDone) this.unfollow(log)
    this.#wakeReady()
  }

  /** Once for each acknowledgement: a histogram for each entry would be a fiftieth of what a delivery costs. */
  #measure (storedAtMs: number): void {
    const nowMs = this.#c.clock.nowMs()
    // Stored by the sequencer's clock, which may be ahead.
    this.#c.lag.observe(Math.max(0, nowMs - storedAtMs) / 1000)
    this.#c.onlineLag.observe(Math.max(0, nowMs - Math.max(storedAtMs, this.#sinceMs)) / 1000)
  }

  #wakeReady (): void {
    for (const rank of ranks) if (this.#ready[rank].size > 0) this.#c.scheduler.wake(this, rank)
  }

  wake (follower: DeviceFollower): void {
    if (this.#isStopped || follower.retry !== undefined) return
    const rank = this.#c.rankOf(follower.log)
    this.#ready[rank].add(follower)
    this.#c.scheduler.wake(this, rank)
  }

  /** The log leaves memory; `follow` picks it up again. */
  forget (follower: DeviceFollower): void {
    this.#followers.delete(follower.log.conversation.id)
    for (const rank of ranks) this.#ready[rank].delete(follower)
    follower.retry?.cancel()
    for (const { entries, bytes } of follower.unacknowledged.splice(0)) {
      this.#windowEntries -= entries
      this.#count(-bytes)
    }
  }

  stop (): void {
    this.#isStopped = true
    this.#c.scheduler.forget(this)
    for (const follower of [...this.#followers.values()]) {
      this.forget(follower)
      follower.log.removeFollower(follower)
    }
  }

  #count (bytes: number): void {
    this.#windowBytes += bytes
    this.#c.budget.usedBytes += bytes
  }

  #hasRoom (rank: Rank): boolean {
    const share = windowShare[rank]
    const maxBytes = this.#c.budget.usedBytes < limits.deliveryAllBytes ? limits.deliveryWindowBytes : limits.deliveryTightBytes
    return this.#windowEntries < limits.deliveryWindowEntries * share && this.#windowBytes < maxBytes * share
  }

  serve (rank: Rank): number {
    if (this.#isStopped) return 0
    this.#servedBytes = 0
    for (const follower of this.#ready[rank]) {
      if (!this.#hasRoom(rank)) break
      this.#fill(follower, rank)
      this.#c.scheduler.touch(follower.log)
    }
    this.#send()
    return this.#servedBytes
  }

  #fill (follower: DeviceFollower, rank: Rank): void {
    if (follower.isReading) return
    let page: EncodedPage | undefined
    while (this.#hasRoom(rank)) {
      page = this.#c.pages.next(follower.log, follower.sent, this.#device)
      if (page === undefined) break
      this.#take(follower, page)
      if (!follower.isBehind) break
    }
    if (!follower.isBehind) this.#ready[rank].delete(follower)
    else if (page === undefined) this.#read(follower, rank)
  }

  #take (follower: DeviceFollower, whole: EncodedPage): void {
    const page = whole.last <= follower.last ? whole : this.#upTo(follower, whole)
    if (page === undefined) { // what it still should have had is gone
      follower.sent = follower.last
      return
    }
    const bytes = page.frame.byteLength
    if (this.#frame.length > 0 && (this.#frameBytes + bytes > limits.pageBytes || this.#frame.length >= maxPages)) this.#send()
    this.#frame.push(page)
    this.#frameBytes += bytes
    follower.sent = page.last
    const entries = page.entries.length
    follower.unacknowledged.push({ last: page.last, entries, bytes, storedAtMs: page.entries[0]!.storedAtMs })
    this.#windowEntries += entries
    this.#count(bytes)
    this.#handedOut += entries
    this.#c.delivered.inc(entries)
  }

  #upTo ({ log, last }: DeviceFollower, { entries }: EncodedPage): EncodedPage | undefined {
    const own = entries.filter(({ seq }) => seq <= last)
    return own.length === 0 ? undefined : encodePage(log.conversation.bytes, own, last, this.#device)
  }

  #send (): void {
    if (this.#frame.length === 0) return
    this.#servedBytes += this.#frameBytes
    // A frame of its own costs the far side some 5 µs; copying a page into a common one costs as much from 4 KiB on, for each device.
    let small: EncodedPage[] = []
    for (const page of this.#frame) {
      if (page.frame.byteLength < ownFrameBytes) { small.push(page); continue }
      if (small.length > 0) this.#notify(joinPages(small))
      small = []
      this.#notify(page.frame)
    }
    if (small.length > 0) this.#notify(joinPages(small))
    this.#frame = []
    this.#frameBytes = 0
  }

  #notify (frame: Uint8Array): void { this.#channel.notifyFrame(clientNotifications.deliver, frame) }

  /** One read at a time for each connection; the others wait in `#ready`. */
  #read (follower: DeviceFollower, rank: Rank): void {
    if (this.#isReading) return
    this.#isReading = follower.isReading = true
    const { log, sent } = follower
    const { durableHead } = log
    this.#c.pages.read(log, sent, this.#device).then((page) => {
      follower.isReading = false
      follower.attempt = 0
      if (this.#isStopped || log.isDropped || this.#followers.get(log.conversation.id) !== follower) return
      if (follower.sent === sent) { // not acknowledged further meanwhile
        // Nothing there although the log goes on: all of it has expired or was trimmed.
        if (page === undefined) follower.sent = durableHead
        else this.#take(follower, page)
      }
      // Behind the others now, so that one long log does not hold up the rest.
      this.#ready[rank].delete(follower)
      if (follower.isBehind) this.wake(follower)
    }, (error: unknown) => {
      follower.isReading = false
      this.#c.logger.warn('delivery.read', { attempt: follower.attempt }, error)
      if (this.#isStopped || log.isDropped) return
      this.#ready[rank].delete(follower)
      follower.retry = this.#c.clock.after(backoffMs(follower.attempt++, this.#c.random, limits), () => {
        follower.retry = undefined
        this.wake(follower)
      })
    }).finally(() => {
      this.#isReading = false
      if (this.#isStopped) return
      this.#send()
      this.#wakeReady()
    })
  }
}
