/**
 * Disks of a simulation: what a relay and a device find again after a crash, at which moment a crash hits, how slow a
 * sync is, when there is no room left.
 *
 * A batch is all or nothing, as LevelDB makes it; a crash keeps the batches up to some moment of those that were not
 * synced, and the one under way is there or not. What is durable is known at every moment, for whoever checks it.
 */
import type { SeededRandom } from '../../protocol/clock-manual.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { messageIdToBytes, type AccountId, type DeviceId, type MessageId } from '../../protocol/ids.ts'
import { MemoryStore as ClientMemory } from '../../client/store/store-memory.ts'
import type { ClientStore, StoreEntry, StoreRange, StoreWrite } from '../../client/store/store.ts'
import { MemoryStore as RelayMemory } from '../../node/store/store-memory.ts'
import type { LogEntry, LogHead, MessageKey, OutboxItem, Seen, SequencedMessage, Store, Table, Write } from '../../node/store/store.ts'
import type { SimTime } from './time.ts'

/** A crash in the middle of a write: before it is made, or when it is made and nobody knows yet. */
export type WriteStep = 'before' | 'after'

const guestPrefix = 'guest '

abstract class Disk {
  readonly time: SimTime
  readonly random: SeededRandom
  /** Virtual milliseconds of one sync, up to; 0: at once. Writes without one take none. */
  syncMs = 3
  isFull = false
  /** Called at every step of every write; it may crash the machine. */
  onStep: (step: WriteStep) => void = () => {}
  onBytes: (bytes: Uint8Array, what: string) => void = () => {}
  writes = 0

  constructor (time: SimTime, random: SeededRandom) {
    this.time = time
    this.random = random
  }

  async wait (): Promise<void> {
    if (this.syncMs === 0) return
    const delayMs = this.random.fraction() * this.syncMs / 2
    await new Promise<void>((resolve) => { this.time.after(delayMs, resolve) })
  }
}

/** A promise of a process that is gone: nothing follows from it. */
const forever = new Promise<never>(() => {})

/** How a message is known on every disk: whether it waits there or stands in a log. */
const keyIn = (place: 'log' | 'outbox', log: ConversationId, id: MessageId): string => `${place} ${log} ${id}`

export class RelayDisk extends Disk {
  #memory = new RelayMemory()
  #store: RelayStore | undefined
  /** Messages that a crash at this moment would leave: in the log or waiting, or once there and not needed any more. */
  durable = new Set<string>()
  /** Of each batch that is not synced yet. */
  #unsynced: string[][] = []
  /** Told of each batch when it is made. */
  readonly onWrite: Array<(batch: readonly Write[]) => void> = []

  isInLog (log: ConversationId, id: MessageId): boolean { return this.durable.has(keyIn('log', log, id)) }
  /** Would a crash at this moment leave it? */
  isDurable (log: ConversationId, id: MessageId): boolean {
    if (this.isInLog(log, id) || this.durable.has(keyIn('outbox', log, id))) return true
    // What a guest has left here is a row of a table, with its envelope in it.
    const bytes = Buffer.from(messageIdToBytes(id)).toString('latin1')
    for (const key of this.durable) if (key.startsWith(guestPrefix) && key.includes(bytes)) return true
    return false
  }

  get memory (): RelayMemory { return this.#memory }

  open (): RelayStore {
    this.#store = new RelayStore(this)
    return this.#store
  }

  /** Everything on it is gone. */
  destroy (): void {
    this.#memory = new RelayMemory()
    this.durable = new Set()
    this.#unsynced = []
  }

  /** As it is now, to go back to. */
  copy (): () => void {
    const { memory, durable } = { memory: this.#memory.copy(), durable: new Set(this.durable) }
    return () => {
      this.#memory = memory.copy()
      this.durable = new Set(durable)
      this.#unsynced = []
    }
  }

  /** The bytes of one entry change by themselves; found by its checksum. */
  damage (log: ConversationId, seq: number): void { this.#memory.damage(log, seq) }

  setFull (isFull: boolean): void {
    this.isFull = isFull
    this.#memory.setFull(isFull)
  }

  /** The process is gone, and with `power` what was not synced. */
  crash ({ power }: { power: boolean }): void {
    this.#store?.kill()
    this.#align()
    const kept = power ? this.random.below(this.#unsynced.length + 1) : this.#unsynced.length
    this.#memory = this.#memory.crash({}, kept)
    for (const keys of this.#unsynced.slice(0, kept)) for (const key of keys) this.durable.add(key)
    this.#unsynced = []
    this.#memory.setFull(this.isFull)
  }

  /** A clean end: the database was closed. */
  close (): void { this.crash({ power: false }) }

  /** A sweep is a batch, too. */
  #align (): void { while (this.#unsynced.length < this.#memory.undurable) this.#unsynced.push([]) }

  async write (batch: readonly Write[], durable: boolean, isDead: () => boolean): Promise<void> {
    this.writes++
    this.onStep('before')
    if (isDead()) return await forever
    if (durable) await this.wait()
    if (isDead()) return await forever
    for (const write of batch) {
      if (write.op === 'append') this.onBytes(write.entry.envelope, 'a log')
      else if (write.op === 'enqueue') this.onBytes(write.item.envelope, 'an outbox')
      else if (write.op === 'put') this.onBytes(write.value, write.table)
    }
    await this.#memory.write(batch, { durable })
    const keys = batch.flatMap((write) => write.op === 'append' ? [keyIn('log', write.log, write.entry.messageId)] : write.op === 'enqueue' ? [keyIn('outbox', write.item.log, write.item.messageId)] : write.op === 'put' && write.table === 'guest' ? [guestPrefix + Buffer.from(write.value).toString('latin1')] : [])
    this.#align()
    if (!durable) this.#unsynced[this.#unsynced.length - 1] = keys
    else {
      for (const key of keys) this.durable.add(key)
      for (const one of this.#unsynced) for (const key of one) this.durable.add(key)
      this.#unsynced = []
    }
    for (const listener of this.onWrite) listener(batch)
    this.onStep('after')
    if (isDead()) return await forever
    if (durable) await this.wait()
    if (isDead()) await forever
  }
}

/** The disk as one process sees it. */
export class RelayStore implements Store {
  readonly #disk: RelayDisk
  #isDead = false
  #queue: Promise<unknown> = Promise.resolve()

  constructor (disk: RelayDisk) { this.#disk = disk }

  kill (): void { this.#isDead = true }
  get #memory (): RelayMemory { return this.#disk.memory }

  /** A process that is gone reads nothing more. */
  async #alive<T> (work: Promise<T>): Promise<T> {
    if (this.#isDead) return await forever
    const result = await work
    return this.#isDead ? await forever : result
  }

  async write (batch: readonly Write[], { durable }: { durable: boolean }): Promise<void> {
    const turn = (): Promise<void> => this.#disk.write(batch, durable, () => this.#isDead)
    const result = this.#queue.then(turn, turn)
    this.#queue = result
    result.catch(() => { /* told to the caller */ })
    await result
  }

  async openLog (log: ConversationId): Promise<LogHead | undefined> { return await this.#alive(this.#memory.openLog(log)) }
  async readLog (log: ConversationId, fromSeq: number, bounds: { maxEntries: number, maxBytes: number }): Promise<LogEntry[]> { return await this.#alive(this.#memory.readLog(log, fromSeq, bounds)) }
  async repair (log: ConversationId, entry: LogEntry): Promise<void> { await this.#alive(this.#memory.repair(log, entry)) }
  async findMessage (log: ConversationId, sender: DeviceId, messageId: MessageId): Promise<Seen | undefined> { return await this.#alive(this.#memory.findMessage(log, sender, messageId)) }
  async highestMessage (log: ConversationId, sender: DeviceId): Promise<MessageId | undefined> { return await this.#alive(this.#memory.highestMessage(log, sender)) }
  async * messages (log: ConversationId, after?: MessageKey): AsyncIterable<SequencedMessage> {
    for await (const message of this.#memory.messages(log, after)) {
      if (this.#isDead) await forever
      yield message
    }
  }

  async logsOf (account: AccountId): Promise<ConversationId[]> { return await this.#alive(this.#memory.logsOf(account)) }
  async outboxes (only?: ConversationId): ReturnType<Store['outboxes']> { return await this.#alive(this.#memory.outboxes(only)) }
  async readOutbox (log: ConversationId, fromPosition: number, bounds: { maxEntries: number, maxBytes: number }): Promise<OutboxItem[]> { return await this.#alive(this.#memory.readOutbox(log, fromPosition, bounds)) }
  async behindReplicas (): ReturnType<Store['behindReplicas']> { return await this.#alive(this.#memory.behindReplicas()) }
  async get (table: Table, key: string): Promise<Uint8Array | undefined> { return await this.#alive(this.#memory.get(table, key)) }
  async * scan (table: Table, prefix: string): AsyncIterable<{ key: string, value: Uint8Array }> {
    for await (const row of this.#memory.scan(table, prefix)) {
      if (this.#isDead) await forever
      yield row
    }
  }

  async sweep (nowMs: number): ReturnType<Store['sweep']> { return await this.#alive(this.#memory.sweep(nowMs)) }
  async usedBytes (): Promise<number> { return 0 }
  async close (): Promise<void> { this.#isDead = true }
}

export class ClientDisk extends Disk {
  data = new Map<string, Uint8Array>()
  #store: DeviceStore | undefined

  open (): ClientStore {
    this.#store = new DeviceStore(this)
    return this.#store
  }

  crash (): void { this.#store?.kill() }
}

class DeviceStore implements ClientStore {
  readonly #disk: ClientDisk
  readonly #memory: ClientMemory
  #isDead = false
  #queue: Promise<unknown> = Promise.resolve()

  constructor (disk: ClientDisk) {
    this.#disk = disk
    this.#memory = new ClientMemory(disk.data)
  }

  kill (): void { this.#isDead = true }

  async batch (writes: readonly StoreWrite[]): Promise<void> {
    const turn = async (): Promise<void> => {
      const disk = this.#disk
      if (this.#isDead) return await forever
      disk.writes++
      disk.onStep('before')
      await disk.wait()
      if (this.#isDead) return await forever
      if (disk.isFull && writes.some(({ op }) => op === 'put')) throw new ProtocolError('STORAGE_FULL')
      await this.#memory.batch(writes)
      disk.onStep('after')
      await disk.wait()
      if (this.#isDead) await forever
    }
    const result = this.#queue.then(turn, turn)
    this.#queue = result
    result.catch(() => { /* told to the caller */ })
    await result
  }

  async #alive<T> (work: Promise<T>): Promise<T> {
    if (this.#isDead) return await forever
    const result = await work
    return this.#isDead ? await forever : result
  }

  async get (key: string): Promise<Uint8Array | undefined> { return await this.#alive(this.#memory.get(key)) }
  async getMany (keys: readonly string[]): Promise<Array<Uint8Array | undefined>> { return await this.#alive(this.#memory.getMany(keys)) }
  async range (range: StoreRange): Promise<StoreEntry[]> { return await this.#alive(this.#memory.range(range)) }
  async close (): Promise<void> { this.#isDead = true }
}
