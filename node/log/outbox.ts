/**
 * Envelopes that this relay has accepted for logs that another relay sequences: durable, FIFO per conversation.
 *
 * Owns: positions, the newest items in memory, what is left. An item stays until it stands in the log here (replica.ts),
 * is refused for good, or expires. Sending them is forwarding.ts. Not empty queues are found again at start.
 */
import type { Clock } from '../../protocol/clock.ts'
import { conversationFromId, type Conversation, type ConversationId } from '../../protocol/conversation.ts'
import type { DeviceId, MessageId } from '../../protocol/ids.ts'
import type { ReadBounds, Source } from '../delivery/feed.ts'
import type { Meter } from '../watch/meter.ts'
import type { OutboxItem, Store } from '../store/store.ts'
import { Tail } from './tail.ts'

type OutboxStore = Pick<Store, 'outboxes' | 'readOutbox' | 'findMessage'>

/** Bytes of one queue, and of all together, that stay in memory; the rest is read back from the store. */
const queueTailBytes = 256 * 1024
const allTailBytes = 32 * 1024 * 1024

interface Budget { usedBytes: number }

export class OutboxQueue implements Source<OutboxItem> {
  readonly conversation: Conversation
  /** Lowest position that may still wait. */
  first: number
  /** Highest position given out. */
  last: number
  /** Highest position on disk. */
  durableHead: number
  /** The newest commit that this queue takes part in. */
  committing: Promise<void> | undefined
  isDropped = false
  readonly #tail: Tail<OutboxItem>
  #tailBytes = 0
  /** When an item was stored that is no younger than the oldest one here. */
  #storedAtMs: number | undefined
  /** Gone out of order. */
  readonly #gone = new Set<number>()
  readonly #store: OutboxStore
  readonly #budget: Budget

  constructor (conversation: Conversation, range: { first: number, last: number }, components: { store: OutboxStore, budget: Budget }) {
    this.conversation = conversation
    this.first = range.first
    this.last = this.durableHead = range.last
    this.#tail = new Tail(range.last + 1)
    this.#store = components.store
    this.#budget = components.budget
  }

  /** Items that wait, at most. */
  get size (): number { return this.last - this.first + 1 - this.#gone.size }

  /** When the oldest item was stored, or a little before: of items that are not in memory only one now and then was looked at. */
  get oldestStoredAtMs (): number | undefined { return this.size <= 0 ? undefined : this.#tail.get(this.first)?.storedAtMs ?? this.#storedAtMs }

  recent (position: number): OutboxItem | undefined { return this.#tail.get(position) }
  numberOf (item: OutboxItem): number { return item.position }
  async read (from: number, bounds: ReadBounds): Promise<OutboxItem[]> {
    const items = await this.#store.readOutbox(this.conversation.id, Math.max(from, this.first), bounds)
    if (items.length > 0) this.#saw(items[0]!)
    return items
  }

  #saw ({ position, storedAtMs }: OutboxItem): void {
    if (position <= this.first || this.#storedAtMs === undefined) this.#storedAtMs = storedAtMs
  }

  /** Its position is last + 1. Not durable yet. */
  push (item: OutboxItem): void {
    this.last = item.position
    this.#tail.push(item)
    this.#tailBytes += item.envelope.byteLength
    this.#budget.usedBytes += item.envelope.byteLength
  }

  committed (position: number): void {
    this.durableHead = Math.max(this.durableHead, position)
    while (this.#tail.first <= this.durableHead && (this.#tailBytes > queueTailBytes || this.#budget.usedBytes > allTailBytes)) this.#forgetThrough(this.#tail.first)
  }

  findUncommitted (sender: DeviceId, messageId: MessageId): OutboxItem | undefined {
    return this.#tail.findLast(this.durableHead, (item) => item.messageId === messageId && item.sender === sender)
  }

  /** The item with this id: nearly always the oldest. */
  async find (sender: DeviceId, messageId: MessageId): Promise<OutboxItem | undefined> {
    const known = this.findInMemory(sender, messageId)
    if (known !== undefined) return known
    const seen = await this.#store.findMessage(this.conversation.id, sender, messageId)
    if (seen?.at !== 'outbox') return undefined
    const [item] = await this.#store.readOutbox(this.conversation.id, seen.position, { maxEntries: 1, maxBytes: 1 })
    if (item?.messageId !== messageId || item.sender !== sender) return undefined
    this.#saw(item)
    return item
  }

  findInMemory (sender: DeviceId, messageId: MessageId): OutboxItem | undefined {
    for (let position = Math.max(this.#tail.first, this.first); position <= Math.min(this.#tail.last, this.durableHead); position++) {
      const item = this.#tail.get(position)!
      if (item.messageId === messageId && item.sender === sender) return item
    }
    return undefined
  }

  /** The item is out of the store. */
  removed (position: number): void {
    if (position < this.first) return
    this.#gone.add(position)
    while (this.#gone.delete(this.first)) this.first++
    this.#forgetThrough(this.first - 1)
  }

  /** Everything before `position` is gone, expired perhaps: the store has nothing older. */
  startsAt (position: number): void {
    if (position <= this.first) return
    for (const gone of this.#gone) if (gone < position) this.#gone.delete(gone)
    this.first = position
    this.#forgetThrough(position - 1)
  }

  forget (): void {
    this.isDropped = true
    this.#forgetThrough(this.last)
  }

  #forgetThrough (position: number): void {
    while (this.#tail.first <= position && this.#tail.size > 0) {
      const { envelope: { byteLength }, storedAtMs } = this.#tail.get(this.#tail.first)!
      if (this.#tail.first <= this.first) this.#storedAtMs = storedAtMs
      this.#tailBytes -= byteLength
      this.#budget.usedBytes -= byteLength
      this.#tail.dropThrough(this.#tail.first)
    }
  }
}

export class Outboxes {
  readonly #store: OutboxStore
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #budget: Budget = { usedBytes: 0 }
  readonly #queues = new Map<ConversationId, OutboxQueue>()
  readonly #reloading = new Map<ConversationId, Promise<void>>()
  readonly #onEmpty: Array<(queue: OutboxQueue) => void> = []
  readonly #onReload: Array<(queue: OutboxQueue) => void> = []

  constructor (components: { store: OutboxStore, meter: Meter, clock: Pick<Clock, 'nowMs'> }) {
    this.#store = components.store
    this.#clock = components.clock
    components.meter.gauge('heliograph_outbox_conversations', 'conversations with envelopes that wait for their sequencer', () => this.#queues.size)
    components.meter.gauge('heliograph_outbox_length', 'envelopes that wait for their sequencer', () => this.length)
    components.meter.gauge('heliograph_outbox_oldest_seconds', 'how long the oldest of them has waited', () => this.oldestAgeMs / 1000)
    components.meter.gauge('heliograph_outbox_memory_bytes', 'outbox items kept in memory', () => this.#budget.usedBytes)
  }

  get length (): number {
    let length = 0
    for (const queue of this.#queues.values()) length += queue.size
    return length
  }

  /** 0: nothing waits. */
  get oldestAgeMs (): number {
    let oldestMs = Infinity
    for (const queue of this.#queues.values()) oldestMs = Math.min(oldestMs, queue.oldestStoredAtMs ?? Infinity)
    return oldestMs === Infinity ? 0 : Math.max(0, this.#clock.nowMs() - oldestMs)
  }

  get queues (): Iterable<OutboxQueue> { return this.#queues.values() }

  /** Find what the last run left. */
  async load (): Promise<void> {
    for (const { log, firstPosition, lastPosition } of await this.#store.outboxes()) {
      if (this.#queues.has(log)) continue
      const queue = this.#add(conversationFromId(log), { first: firstPosition, last: lastPosition })
      // Says how long it waits, also when its relay is out of reach and nothing is read.
      await queue.read(firstPosition, { maxEntries: 1, maxBytes: 1 })
    }
  }

  peek (id: ConversationId): OutboxQueue | undefined { return this.#queues.get(id) }

  /** An empty queue starts at 1 again: positions only order what is in the store together. */
  open (conversation: Conversation): OutboxQueue { return this.#queues.get(conversation.id) ?? this.#add(conversation, { first: 1, last: 0 }) }

  #add (conversation: Conversation, range: { first: number, last: number }): OutboxQueue {
    const queue = new OutboxQueue(conversation, range, { store: this.#store, budget: this.#budget })
    this.#queues.set(conversation.id, queue)
    return queue
  }

  /** Forget an empty queue. */
  settle (queue: OutboxQueue): void {
    if (queue.isDropped || queue.size > 0 || queue.last > queue.durableHead) return
    queue.forget()
    this.#queues.delete(queue.conversation.id)
    for (const listener of this.#onEmpty) listener(queue)
  }

  /** Nothing of a queue is left: it is forgotten, a new one begins with the next envelope. */
  onEmpty (listener: (queue: OutboxQueue) => void): void { this.#onEmpty.push(listener) }

  /** The disk did not take what memory says: read again what is there. Until then `reloading` says so. */
  reload (queue: OutboxQueue): void {
    const { conversation } = queue
    if (queue.isDropped) return
    queue.forget()
    this.#queues.delete(conversation.id)
    const reading: Promise<void> = this.#read(conversation).finally(() => { if (this.#reloading.get(conversation.id) === reading) this.#reloading.delete(conversation.id) })
    reading.catch(() => { /* told to whoever waits for `reloading`; read again at the next start */ })
    this.#reloading.set(conversation.id, reading)
  }

  /**
   * Change what stands in the store of a queue. Nobody opens it meanwhile; what is under way of it counts as not done, and it is
   * read again then. @throws what `work` throws
   */
  async rebuild (conversation: Conversation, work: () => Promise<void>): Promise<void> {
    const { id } = conversation
    const queue = this.#queues.get(id)
    const before = Promise.all([this.#reloading.get(id), queue?.committing])
    queue?.forget()
    this.#queues.delete(id)
    const working = before.then(work, work)
    const reading = working.then(() => {}, () => {}).then(() => this.#read(conversation)).finally(() => {
      if (this.#reloading.get(id) === reading) this.#reloading.delete(id)
    })
    reading.catch(() => { /* told to whoever waits for `reloading`; read again at the next start */ })
    this.#reloading.set(id, reading)
    await working
    await reading
  }

  /** Not to be opened before this resolves. Rejects when the store cannot be read. */
  reloading (id: ConversationId): Promise<void> | undefined { return this.#reloading.size === 0 ? undefined : this.#reloading.get(id) }

  async #read (conversation: Conversation): Promise<void> {
    const [row] = await this.#store.outboxes(conversation.id)
    if (row === undefined) return
    const queue = this.#add(conversation, { first: row.firstPosition, last: row.lastPosition })
    await queue.read(row.firstPosition, { maxEntries: 1, maxBytes: 1 })
    for (const listener of this.#onReload) listener(queue)
  }

  /** A queue was read again and is not empty. */
  onReload (listener: (queue: OutboxQueue) => void): void { this.#onReload.push(listener) }
}
