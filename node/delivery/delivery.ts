/**
 * Entries of logs to one connected device: in order per log, everything due in one notification per tick.
 *
 * Owns: the position of the device in each log that it follows, the window of what it has not acknowledged, catching up.
 * Does not know: who may read what (client-session.ts). Fan-out on read: entries come from the log's tail, else the store.
 * Spec: docs/protocol/client.md, delivery. Bound: limits.deliveryWindow* for each connection.
 */
import type { Channel } from '../../protocol/channel.ts'
import type { Clock, Random, Timer } from '../../protocol/clock.ts'
import { backoffMs } from '../../protocol/clock.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import type { DeviceId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientNotifications } from '../../protocol/methods.ts'
import { readEnvelopeHeader } from '../log/envelope-header.ts'
import { Feed } from './feed.ts'
import type { Follower, Log } from '../log/log.ts'
import type { LogReader } from '../log/log-reader.ts'
import type { Counter } from '../watch/meter.ts'
import { PagesBuilder } from './pages-builder.ts'
import type { Defer, Logger } from '../ports.ts'
import type { LogEntry } from '../store/store.ts'

/** One read from the store for a device that is catching up. */
const readBytes = 256 * 1024

export interface DeliveryComponents {
  reader: LogReader
  clock: Clock
  random: Random
  defer: Defer
  logger: Logger
  /** Entries handed to devices. */
  delivered: Counter
}

/** A device's place in one log. */
class DeviceFollower implements Follower {
  readonly log: Log
  readonly feed: Feed<LogEntry>
  readonly #delivery: Delivery
  /** What is under way: sequence numbers and bytes, oldest first. */
  readonly unacknowledged: Array<{ seq: number, bytes: number }> = []
  /** Reading failed: not tried again before this timer fires. */
  retry: Timer | undefined
  attempt = 0

  constructor (log: Log, sent: number, delivery: Delivery, reader: LogReader) {
    this.log = log
    this.feed = new Feed(reader.sourceOf(log), sent)
    this.#delivery = delivery
  }

  get sent (): number { return this.feed.sent }
  get isIdle (): boolean { return this.unacknowledged.length === 0 && !this.feed.isReading }
  wake (): void { this.#delivery.wake(this) }
  onDropped (): void { this.#delivery.forget(this) }
}

export class Delivery {
  readonly #channel: Channel
  readonly #device: DeviceId
  readonly #c: DeliveryComponents
  readonly #followers = new Map<ConversationId, DeviceFollower>()
  /** Followers that are behind, next to be served first. */
  readonly #ready = new Set<DeviceFollower>()
  #windowEntries = 0
  #windowBytes = 0
  #isScheduled = false
  #isReading = false
  #isStopped = false

  constructor (channel: Channel, device: DeviceId, components: DeliveryComponents) {
    this.#channel = channel
    this.#device = device
    this.#c = components
  }

  /** Entries handed out and not acknowledged. */
  get windowEntries (): number { return this.#windowEntries }

  /** Deliver this log from the device's cursor on; from its first kept entry when the device was never seen in it. */
  follow (log: Log): void {
    const { id } = log.conversation
    if (this.#isStopped || log.isDropped || this.#followers.has(id)) return
    const follower = new DeviceFollower(log, Math.max(log.cursors.get(this.#device) ?? 0, log.first - 1), this, this.#c.reader)
    this.#followers.set(id, follower)
    log.addFollower(follower)
    if (follower.feed.isBehind) this.wake(follower)
  }

  /** A reply to this device tells it the number of its own entry: if it is the next one, that was its delivery. */
  sequenced (log: Log, seq: number): void {
    const follower = this.#followers.get(log.conversation.id)
    if (follower?.log === log && follower.feed.sent === seq - 1) follower.feed.sent = seq
  }

  /** The device has everything up to `seq`. */
  acknowledge (log: Log, seq: number): void {
    const follower = this.#followers.get(log.conversation.id)
    if (follower?.log !== log) return
    const { unacknowledged } = follower
    let count = 0
    while (count < unacknowledged.length && unacknowledged[count]!.seq <= seq) {
      this.#windowBytes -= unacknowledged[count]!.bytes
      count++
    }
    if (count > 0) {
      this.#windowEntries -= count
      unacknowledged.splice(0, count)
    }
    // It may have read further by itself (readLog): not delivered again.
    if (seq > follower.feed.sent && seq <= log.durableHead) follower.feed.rewind(seq)
    if (this.#ready.size > 0) this.#schedule()
  }

  wake (follower: DeviceFollower): void {
    if (this.#isStopped || follower.retry !== undefined) return
    this.#ready.add(follower)
    this.#schedule()
  }

  /** The log leaves memory; `follow` picks it up again. */
  forget (follower: DeviceFollower): void {
    this.#followers.delete(follower.log.conversation.id)
    this.#ready.delete(follower)
    follower.retry?.cancel()
    for (const { bytes } of follower.unacknowledged.splice(0)) {
      this.#windowEntries--
      this.#windowBytes -= bytes
    }
  }

  stop (): void {
    this.#isStopped = true
    for (const follower of [...this.#followers.values()]) {
      this.forget(follower)
      follower.log.removeFollower(follower)
    }
  }

  #schedule (): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#c.defer(this.#onTick)
  }

  readonly #onTick = (): void => {
    this.#isScheduled = false
    if (!this.#isStopped) this.#flush()
  }

  get #hasRoom (): boolean { return this.#windowEntries < limits.deliveryWindowEntries && this.#windowBytes < limits.deliveryWindowBytes }

  #flush (): void {
    const pages = new PagesBuilder()
    for (const follower of this.#ready) {
      if (!this.#hasRoom) break
      this.#fill(follower, pages)
      follower.log.release()
    }
    this.#send(pages)
  }

  #fill (follower: DeviceFollower, pages: PagesBuilder): void {
    const { feed, log } = follower
    if (feed.isReading) return
    let entry = feed.peek()
    while (entry !== undefined && this.#hasRoom) {
      const isOwn = entry.sender === this.#device
      const bytes = isOwn ? 64 : entry.envelope.byteLength
      if (!pages.hasRoom(log, entry, bytes)) this.#send(pages)
      pages.add(log, entry, isOwn ? readEnvelopeHeader(entry.envelope) : undefined, bytes)
      feed.took(entry)
      follower.unacknowledged.push({ seq: entry.seq, bytes })
      this.#windowEntries++
      this.#windowBytes += bytes
      entry = feed.peek()
    }
    if (!feed.isBehind) this.#ready.delete(follower)
    else if (entry === undefined) this.#read(follower)
  }

  #send (pages: PagesBuilder): void {
    if (pages.entries === 0) return
    this.#c.delivered.inc(pages.entries)
    this.#channel.notify(clientNotifications.deliver, pages.take())
  }

  /** One read at a time for each connection; the others wait in `#ready`. */
  #read (follower: DeviceFollower): void {
    if (this.#isReading) return
    this.#isReading = true
    follower.feed.read({ maxEntries: limits.pageEntries, maxBytes: readBytes }).then(() => {
      follower.attempt = 0
      // Behind the others now, so that one long log does not hold up the rest.
      if (this.#ready.delete(follower) && !follower.log.isDropped) this.#ready.add(follower)
    }, (error: unknown) => {
      this.#c.logger.warn('delivery.read', { attempt: follower.attempt }, error)
      if (this.#isStopped || follower.log.isDropped) return
      this.#ready.delete(follower)
      follower.retry = this.#c.clock.after(backoffMs(follower.attempt++, this.#c.random, limits), () => {
        follower.retry = undefined
        this.wake(follower)
      })
    }).finally(() => {
      this.#isReading = false
      if (this.#ready.size > 0 && !this.#isStopped) this.#flush()
    })
  }
}
