/**
 * The Store on LevelDB: one folder, one process.
 *
 * Owns: heads of logs in memory (bounded), what is checked before a batch is written, the reserve of free space, opening
 * again after the disk failed. Keys and rows: store-keys.ts. What expires: store-sweep.ts.
 *
 * LevelDB loses what follows a failed write of its journal when it is reopened (the reader resynchronises at a wrong
 * offset), so after any failed write nothing is written before the database has been closed and opened again.
 */
import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import type { ConversationId } from '../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId, RelayId } from '../protocol/ids.ts'
import type { LogEntry, LogHead, OutboxItem, Seen, Store, Table, Write } from './store.ts'
import * as keys from './store-keys.ts'
import { StoreSweep, type Swept } from './store-sweep.ts'

type Database = ClassicLevel<Buffer, Buffer>
type Batch = ReturnType<Database['batch']>

export interface LevelStoreOptions {
  /** Folder of the database; made when it is not there. */
  path: string
  /** Below this, what needs space is refused with STORAGE_FULL. Reopening a database and its compactions need room too. */
  minFreeBytes?: number
  /** LevelDB's cache of blocks. */
  cacheBytes?: number
  /** Logs whose heads are kept in memory, about 300 bytes each. */
  cachedLogs?: number
  /** A row was found damaged and not served: one line for the operator, one for a counter. */
  onDamage? (kind: 'entry' | 'outbox' | 'head' | Table): void
  /** Free bytes where `path` is; default from the file system. */
  freeBytes? (path: string): Promise<number>
}

// Measured (docs/performance.md): 16 MiB journals and 8 MiB tables cost 20% less CPU per append than LevelDB's 4 and 2;
// larger ones gain no more and make reopening slower. Envelopes are encrypted: compression would only cost.
const engineOptions = {
  keyEncoding: 'buffer', valueEncoding: 'buffer', compression: false, writeBufferSize: 16 << 20, maxFileSize: 8 << 20, blockSize: 16 << 10
} as const
/** Two journals, a compaction's output and some for what else writes to the disk meanwhile. */
const defaultMinFreeBytes = 256 << 20
/** How much may be written between two looks at the free space. */
const spaceCheckBytes = 1 << 20
/** Rows of a trim deleted with one write; a longer trim goes on with the log's next write or a sweep. */
const deletesPerLog = 2_000
/** Up to this many entries one look-up each is cheaper than an iterator (testnet/bench/store.ts). */
const iteratorFrom = 4

/** A log as this engine knows it. `head` row is written when `isKept`. */
interface LogState extends keys.HeadRow { readonly number: number, isKept: boolean }

/** @throws ProtocolError DATABASE_LOCKED, DATABASE_CORRUPT, UNSUPPORTED_VERSION, STORAGE_FULL */
export async function openLevelStore (options: LevelStoreOptions): Promise<LevelStore> {
  const store = new LevelStore(options)
  await store.open()
  return store
}

export class LevelStore implements Store {
  readonly #path: string
  readonly #options: LevelStoreOptions
  readonly #minFreeBytes: number
  readonly #maxLogs: number
  readonly #sweep: StoreSweep
  #db: Database
  /** Resolves when the database can be read (again). */
  #ready: Promise<void> = Promise.resolve()
  #queue: Promise<unknown> = Promise.resolve()
  readonly #logs = new Map<ConversationId, LogState>()
  #nextNumber = 1
  /** Rises at the start and the end of every batch: what was read before it may be old. */
  #writes = 0
  #isClosed = false
  #hasFailed = false
  #isLow = true
  #bytesSinceCheck = 0

  constructor (options: LevelStoreOptions) {
    this.#options = options
    this.#path = options.path
    this.#minFreeBytes = options.minFreeBytes ?? defaultMinFreeBytes
    this.#maxLogs = options.cachedLogs ?? 100_000
    this.#db = this.#database()
    this.#sweep = new StoreSweep({
      rows: async (range) => await this.#db.iterator(range).all(),
      getMany: async (wanted) => await this.#db.getMany(wanted),
      conversations: async (numbers) => await this.#conversations(numbers),
      write: async (batch, deletes) => { await this.#writeNow(batch, false, deletes) }
    })
  }

  #database (): Database {
    return new ClassicLevel<Buffer, Buffer>(this.#path, { ...engineOptions, cacheSize: this.#options.cacheBytes ?? 32 << 20 })
  }

  async open (): Promise<void> {
    try {
      await this.#db.open()
      const schema = await this.#db.get(keys.schemaKey())
      if (schema === undefined) await this.#db.put(keys.schemaKey(), Buffer.of(keys.schemaVersion), { sync: true })
      else if (schema[0] !== keys.schemaVersion) throw new ProtocolError('UNSUPPORTED_VERSION', { what: `${this.#path} has schema ${schema[0]}, this release reads ${keys.schemaVersion}` })
      const [last] = await this.#db.keys({ ...keys.everyKey(keys.prefixes.number), reverse: true, limit: 1 }).all()
      this.#nextNumber = last === undefined ? 1 : keys.logOfKey(last) + 1
    } catch (error) {
      await this.#db.close().catch(() => { /* it did not open */ })
      throw this.#explain(error)
    }
  }

  async write (batch: readonly Write[], { durable }: { durable: boolean }): Promise<void> {
    if (batch.length === 0 && !durable) return
    await this.#inTurn(async () => { await this.#writeNow(batch, durable) })
  }

  async openLog (log: ConversationId): Promise<LogHead | undefined> {
    return await this.#read(async () => {
      const state = await this.#state(log)
      if (state?.isKept !== true) return undefined
      const cursors = new Map<DeviceId, number>()
      const replicas = new Map<RelayId, number>()
      for (const [key, value] of await this.#db.iterator(keys.rowsOfLog(keys.prefixes.cursor, state.number)).all()) cursors.set(keys.deviceOfKey(key), keys.decodeCursor(value))
      for (const [key, value] of await this.#db.iterator(keys.rowsOfLog(keys.prefixes.replica, state.number)).all()) replicas.set(keys.relayOfKey(key), keys.decodeCursor(value))
      return { epoch: state.epoch, first: state.first, head: state.head, cursors, replicas }
    })
  }

  async readLog (log: ConversationId, fromSeq: number, bounds: { maxEntries: number, maxBytes: number }): Promise<LogEntry[]> {
    return await this.#read(async () => {
      for (let attempt = 0; ; attempt++) {
        const state = await this.#state(log)
        if (state === undefined) return []
        const from = Math.max(fromSeq, state.first)
        const to = Math.min(state.head, from + bounds.maxEntries - 1)
        if (from > to) return []
        const entries = await this.#readRows(state.number, from, to, bounds.maxBytes)
        if (entries.length > 0) return entries
        // A batch that is being written may have trimmed what was about to be read: look again once it is through.
        await this.#settled()
        if (attempt > 0 || (await this.#state(log))?.first === state.first) {
          this.#options.onDamage?.('entry')
          throw new ProtocolError('DAMAGED')
        }
      }
    })
  }

  async repair (log: ConversationId, entry: LogEntry): Promise<void> {
    await this.#inTurn(async () => {
      const state = await this.#state(log)
      if (state === undefined || entry.seq < state.first || entry.seq > state.head) return
      if ((await this.#readRows(state.number, entry.seq, entry.seq, 0)).length > 0) return
      await this.#ensureWritable(true)
      const batch = this.#db.batch()
      batch.put(keys.rowKey(keys.prefixes.entry, state.number, entry.seq), keys.encodeRow(entry, state.number, entry.seq))
      await this.#commit(batch, true)
    })
  }

  async findMessage (log: ConversationId, sender: DeviceId, messageId: MessageId): Promise<Seen | undefined> {
    return await this.#read(async () => {
      const state = await this.#state(log)
      const row = state === undefined ? undefined : await this.#db.get(keys.seenKey(state.number, sender, messageId))
      return row === undefined ? undefined : keys.decodeSeen(row).seen
    })
  }

  async highestMessage (log: ConversationId, sender: DeviceId): Promise<MessageId | undefined> {
    return await this.#read(async () => {
      const state = await this.#state(log)
      if (state === undefined) return undefined
      const [key] = await this.#db.keys({ ...keys.seenOfSender(state.number, sender), reverse: true, limit: 1 }).all()
      return key === undefined ? undefined : keys.messageIdOfKey(key)
    })
  }

  async logsOf (account: AccountId): Promise<ConversationId[]> {
    return await this.#read(async () => {
      const rows = await this.#db.keys(keys.joinedOf(account)).all()
      return await this.#conversations(rows.map(keys.logOfJoinedKey))
    })
  }

  async outboxes (): Promise<Array<{ log: ConversationId, firstPosition: number, lastPosition: number, count: number }>> {
    return await this.#read(async () => {
      const byLog = new Map<number, { firstPosition: number, lastPosition: number, count: number }>()
      for await (const key of this.#db.keys(keys.everyKey(keys.prefixes.outbox))) {
        const position = keys.placeOfKey(key)
        const known = byLog.get(keys.logOfKey(key))
        if (known === undefined) byLog.set(keys.logOfKey(key), { firstPosition: position, lastPosition: position, count: 1 })
        else { known.lastPosition = position; known.count++ }
      }
      const logs = await this.#conversations([...byLog.keys()])
      return [...byLog.values()].map((row, index) => ({ log: logs[index]!, ...row }))
    })
  }

  async readOutbox (log: ConversationId, fromPosition: number, bounds: { maxEntries: number, maxBytes: number }): Promise<OutboxItem[]> {
    return await this.#read(async () => {
      const state = await this.#state(log)
      const out: OutboxItem[] = []
      if (state === undefined) return out
      let bytes = 0
      const range = { gte: keys.rowKey(keys.prefixes.outbox, state.number, Math.max(0, fromPosition)), lt: keys.pastLog(keys.prefixes.outbox, state.number) }
      for await (const [key, value] of this.#db.iterator({ ...range, highWaterMarkBytes: Math.min(bounds.maxBytes, 1 << 20) })) {
        const item = keys.decodeOutboxItem(value, state.number, keys.placeOfKey(key), log)
        if (item === undefined) { this.#options.onDamage?.('outbox'); continue }
        bytes += item.envelope.byteLength
        if (out.length >= bounds.maxEntries || (out.length > 0 && bytes > bounds.maxBytes)) break
        out.push(item)
      }
      return out
    })
  }

  async get (table: Table, key: string): Promise<Uint8Array | undefined> {
    return await this.#read(async () => {
      const rowKey = keys.tableKey(table, key)
      const row = await this.#db.get(rowKey)
      if (row === undefined) return undefined
      const value = keys.decodeTableValue(row, rowKey)
      if (value === undefined) {
        this.#options.onDamage?.(table)
        throw new ProtocolError('DAMAGED', { what: `table ${table}` })
      }
      return value
    })
  }

  async * scan (table: Table, prefix: string): AsyncIterable<{ key: string, value: Uint8Array }> {
    await this.#ready
    this.#checkOpen()
    const gte = keys.tableKey(table, prefix)
    for await (const [rowKey, row] of this.#db.iterator({ gte, lte: Buffer.concat([gte, Buffer.alloc(64, 0xff)]) })) {
      const value = keys.decodeTableValue(row, rowKey)
      if (value === undefined) this.#options.onDamage?.(table)
      else yield { key: keys.textOfTableKey(rowKey), value }
    }
  }

  async sweep (nowMs: number): Promise<Swept> {
    return await this.#inTurn(async () => {
      await this.#ensureWritable(false)
      return await this.#sweep.step(nowMs)
    })
  }

  async usedBytes (): Promise<number> {
    const files = await readdir(this.#path)
    const sizes = await Promise.all(files.map(async (file) => await stat(join(this.#path, file)).then((info) => info.size, () => 0 /* compacted away meanwhile */)))
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  async close (): Promise<void> {
    if (this.#isClosed) return
    await this.#settled()
    this.#isClosed = true
    await this.#ready.catch(() => { /* it is closed then */ })
    await this.#db.close()
  }

  // ── writing

  /** One write at a time, in order of the calls. */
  #inTurn<T> (task: () => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      this.#checkOpen()
      return await task()
    }
    const result = this.#queue.then(run, run)
    this.#queue = result
    result.catch(() => { /* told to the caller; the queue goes on */ })
    return result
  }

  async #settled (): Promise<void> { await this.#queue.catch(() => { /* told to its caller */ }) }

  #checkOpen (): void { if (this.#isClosed) throw new ProtocolError('INTERNAL', { what: 'the store is closed' }) }

  /** @param extra more deletions for the same batch: the sweep's */
  async #writeNow (batch: readonly Write[], durable: boolean, extra: readonly Buffer[] = []): Promise<void> {
    await this.#ensureWritable(batch.some(needsSpace))
    const drafts = await this.#drafts(batch)
    const rows = this.#db.batch()
    let nextNumber = this.#nextNumber
    /** The state of a log as this batch leaves it. */
    const stateOf = (log: ConversationId): LogState => {
      const known = drafts.get(log)
      if (known !== undefined) return known
      const state = { number: nextNumber++, isKept: false, epoch: 0, first: 1, head: 0, low: 1 }
      drafts.set(log, state)
      rows.put(keys.conversationKey(log), keys.encodeLogNumber(state.number))
      rows.put(keys.numberKey(state.number), Buffer.from(keys.conversationKey(log).subarray(1)))
      return state
    }
    const changed = new Set<LogState>()
    try {
      for (const write of batch) this.#put(rows, write, stateOf, (log) => drafts.get(log), changed)
      for (const state of changed) {
        deleteTrimmed(rows, state)
        state.isKept = true
        rows.put(keys.headKey(state.number), keys.encodeHead(state, state.number))
      }
      for (const key of extra) rows.del(key)
    } catch (error) {
      await rows.close()
      throw error
    }
    await this.#commit(rows, durable)
    this.#nextNumber = nextNumber
    for (const [log, state] of drafts) this.#remember(log, state)
  }

  #put (rows: Batch, write: Write, stateOf: (log: ConversationId) => LogState, knownState: (log: ConversationId) => LogState | undefined, changed: Set<LogState>): void {
    switch (write.op) {
      case 'append': {
        const { entry } = write
        const state = stateOf(write.log)
        if (entry.seq !== state.head + 1) throw new ProtocolError('GAP', { what: `append ${entry.seq} after ${state.head}` })
        const row = keys.encodeRow(entry, state.number, entry.seq)
        this.#bytesSinceCheck += row.byteLength
        rows.put(keys.rowKey(keys.prefixes.entry, state.number, entry.seq), row)
        rows.put(keys.seenKey(state.number, entry.sender, entry.messageId), keys.encodeSeen({ at: 'log', epoch: entry.epoch, seq: entry.seq }, entry.storedAtMs))
        state.head = entry.seq
        state.epoch = entry.epoch
        changed.add(state)
        return
      }
      case 'enqueue': {
        const { item } = write
        const { number } = stateOf(item.log)
        const row = keys.encodeRow({ epoch: 0, ...item }, number, item.position)
        this.#bytesSinceCheck += row.byteLength
        rows.put(keys.rowKey(keys.prefixes.outbox, number, item.position), row)
        rows.put(keys.seenKey(number, item.sender, item.messageId), keys.encodeSeen({ at: 'outbox', position: item.position }, item.storedAtMs))
        return
      }
      case 'dequeue': {
        const state = knownState(write.log)
        if (state !== undefined) rows.del(keys.rowKey(keys.prefixes.outbox, state.number, write.position))
        return
      }
      case 'put': {
        const key = keys.tableKey(write.table, write.key)
        this.#bytesSinceCheck += write.value.byteLength
        rows.put(key, keys.encodeTableValue(write.value, key))
        return
      }
      case 'delete': rows.del(keys.tableKey(write.table, write.key)); return
      case 'trim': {
        const state = knownState(write.log)
        if (state === undefined) return
        const first = Math.min(write.throughSeq, state.head) + 1
        state.first = Math.max(state.first, first)
        if (state.low < state.first) changed.add(state)
        return
      }
      case 'skip': {
        const state = stateOf(write.log)
        if (write.throughSeq > state.head) {
          for (let seq = state.low; seq <= state.head; seq++) rows.del(keys.rowKey(keys.prefixes.entry, state.number, seq))
          const first = write.throughSeq + 1
          Object.assign(state, { epoch: write.epoch, head: write.throughSeq, first, low: first })
        }
        changed.add(state)
        return
      }
      case 'cursor':
      case 'replicated':
      case 'join': {
        const state = stateOf(write.log)
        if (write.op === 'cursor') rows.put(keys.cursorKey(keys.prefixes.cursor, state.number, write.device), keys.encodeCursor(write.seq))
        else if (write.op === 'replicated') rows.put(keys.cursorKey(keys.prefixes.replica, state.number, write.relay), keys.encodeCursor(write.seq))
        else rows.put(keys.joinedKey(write.account, state.number), Buffer.alloc(0))
        if (!state.isKept) changed.add(state)
      }
    }
  }

  async #commit (rows: Batch, durable: boolean): Promise<void> {
    this.#writes++
    try {
      await rows.write({ sync: durable })
    } catch (error) {
      // What became of the batch is open until the journal is read again.
      this.#hasFailed = true
      this.#logs.clear()
      throw this.#explain(error)
    } finally {
      this.#writes++
    }
  }

  /** Room for what is to come, and a database that takes writes. @throws ProtocolError STORAGE_FULL, INTERNAL */
  async #ensureWritable (needsRoom: boolean): Promise<void> {
    // Opening again writes the journal out as a table: not on a disk that is full to the brim.
    if (this.#hasFailed || (needsRoom && (this.#isLow || this.#bytesSinceCheck >= spaceCheckBytes))) {
      this.#bytesSinceCheck = 0
      this.#isLow = await this.#freeBytes() < this.#minFreeBytes
      if (this.#isLow) throw new ProtocolError('STORAGE_FULL', { what: `less than ${this.#minFreeBytes} bytes are free where ${this.#path} is` })
    }
    if (!this.#hasFailed) return
    this.#ready = this.#reopen()
    await this.#ready
    this.#hasFailed = false
  }

  async #freeBytes (): Promise<number> {
    if (this.#options.freeBytes !== undefined) return await this.#options.freeBytes(this.#path)
    const { bavail, bsize } = await statfs(this.#path)
    return bavail * bsize
  }

  async #reopen (): Promise<void> {
    await this.#db.close()
    this.#logs.clear()
    this.#db = this.#database()
    await this.open()
  }

  // ── reading

  /** Run a read; once more when the database was closed and opened again under it. */
  async #read<T> (task: () => Promise<T>): Promise<T> {
    await this.#ready
    this.#checkOpen()
    const db = this.#db
    try {
      return await task()
    } catch (error) {
      if (isProtocolError(error)) throw error
      await this.#ready
      if (this.#db === db || this.#isClosed) throw this.#explain(error)
      return await task()
    }
  }

  /** Copies of the states of the logs in this batch that are known, to be changed and kept when it is written. */
  async #drafts (batch: readonly Write[]): Promise<Map<ConversationId, LogState>> {
    const drafts = new Map<ConversationId, LogState>()
    const missing = new Set<ConversationId>()
    for (const write of batch) {
      if (write.op === 'put' || write.op === 'delete') continue
      const log = write.op === 'enqueue' ? write.item.log : write.log
      const known = this.#logs.get(log)
      if (known === undefined) missing.add(log)
      else if (!drafts.has(log)) drafts.set(log, { ...known })
    }
    if (missing.size > 0) for (const [log, state] of await this.#load([...missing])) drafts.set(log, state)
    return drafts
  }

  async #state (log: ConversationId): Promise<Readonly<LogState> | undefined> {
    const known = this.#logs.get(log)
    if (known !== undefined) return known
    const writes = this.#writes
    const state = (await this.#load([log])).get(log)
    if (state !== undefined && writes === this.#writes && writes % 2 === 0) this.#remember(log, state)
    return this.#logs.get(log) ?? state
  }

  #remember (log: ConversationId, state: LogState): void {
    this.#logs.set(log, state)
    if (this.#logs.size <= this.#maxLogs) return
    for (const oldest of this.#logs.keys()) {
      this.#logs.delete(oldest)
      if (this.#logs.size <= this.#maxLogs * 0.9) break
    }
  }

  async #load (logs: readonly ConversationId[]): Promise<Map<ConversationId, LogState>> {
    const numbers = await this.#db.getMany(logs.map(keys.conversationKey))
    const found = logs.flatMap((log, index) => numbers[index] === undefined ? [] : [{ log, number: numbers[index].readUInt32BE(0) }])
    const heads = found.length === 0 ? [] : await this.#db.getMany(found.map(({ number }) => keys.headKey(number)))
    const out = new Map<ConversationId, LogState>()
    for (const [index, { log, number }] of found.entries()) {
      const row = heads[index]
      if (row === undefined) { out.set(log, { number, isKept: false, epoch: 0, first: 1, head: 0, low: 1 }); continue }
      const head = keys.decodeHead(row, number) ?? await this.#recoverHead(number)
      out.set(log, { number, isKept: true, ...head })
    }
    return out
  }

  /** A damaged head row is made again from the entries. @throws ProtocolError DAMAGED when there are none */
  async #recoverHead (number: number): Promise<keys.HeadRow> {
    this.#options.onDamage?.('head')
    const range = keys.rowsOfLog(keys.prefixes.entry, number)
    const [[lowest] = [], [highest] = []] = [await this.#db.keys({ ...range, limit: 1 }).all(), await this.#db.iterator({ ...range, reverse: true, limit: 1 }).all()]
    const [key, value] = highest ?? []
    if (lowest === undefined || key === undefined || value === undefined) throw new ProtocolError('DAMAGED', { what: 'the head of a log' })
    const head = keys.placeOfKey(key)
    const entry = keys.decodeEntry(value, number, head)
    if (entry === undefined) throw new ProtocolError('DAMAGED', { what: 'the head of a log' })
    const low = keys.placeOfKey(lowest)
    return { epoch: entry.epoch, first: low, head, low }
  }

  /** Healthy entries from `from` on, none when the first is damaged. */
  async #readRows (number: number, from: number, to: number, maxBytes: number): Promise<LogEntry[]> {
    const entries: LogEntry[] = []
    let bytes = 0
    /** @returns whether to go on */
    const take = (value: Buffer | undefined): boolean => {
      const entry = value === undefined ? undefined : keys.decodeEntry(value, number, from + entries.length)
      if (entry === undefined) return false
      bytes += entry.envelope.byteLength
      if (entries.length > 0 && bytes > maxBytes) return false
      entries.push(entry)
      return true
    }
    const rowKey = (seq: number): Buffer => keys.rowKey(keys.prefixes.entry, number, seq)
    try {
      if (to - from + 1 < iteratorFrom) {
        const rows = await this.#db.getMany(Array.from({ length: to - from + 1 }, (_, index) => rowKey(from + index)))
        for (const row of rows) if (!take(row)) break
        return entries
      }
      const iterator = this.#db.values({ gte: rowKey(from), lte: rowKey(to), highWaterMarkBytes: Math.max(maxBytes, 1 << 16) })
      try {
        for (let isGoing = true; isGoing && from + entries.length <= to;) {
          const values = await iterator.nextv(to - from + 1 - entries.length)
          isGoing = values.length > 0 && values.every(take)
        }
      } finally {
        await iterator.close()
      }
    } catch (error) {
      if (!isLevelError(error, 'LEVEL_CORRUPTION')) throw error
      // A block cannot be read: go to its edge one by one.
      while (from + entries.length <= to && take(await this.#rowOrNone(rowKey(from + entries.length)))) { /* taken */ }
    }
    return entries
  }

  async #rowOrNone (key: Buffer): Promise<Buffer | undefined> {
    try {
      return await this.#db.get(key)
    } catch (error) {
      if (isLevelError(error, 'LEVEL_CORRUPTION')) return undefined
      throw error
    }
  }

  async #conversations (numbers: readonly number[]): Promise<ConversationId[]> {
    const rows = numbers.length === 0 ? [] : await this.#db.getMany(numbers.map(keys.numberKey))
    return rows.map((row) => {
      if (row === undefined) throw new ProtocolError('DATABASE_CORRUPT', { what: this.#path })
      return keys.conversationOf(row)
    })
  }

  /** What LevelDB threw, as what the operator can do about it. */
  #explain (error: unknown): Error {
    if (isProtocolError(error)) return error
    if (isLevelError(error, 'LEVEL_LOCKED')) return new ProtocolError('DATABASE_LOCKED', { what: this.#path, cause: error })
    if (isLevelError(error, 'LEVEL_CORRUPTION')) return new ProtocolError('DATABASE_CORRUPT', { what: this.#path, cause: error })
    const texts = causes(error).map(({ message, code }) => `${message} ${code}`).join(' ')
    if (/no space left|ENOSPC|EDQUOT|quota exceeded/i.test(texts)) return new ProtocolError('STORAGE_FULL', { what: this.#path, cause: error })
    return new ProtocolError('INTERNAL', { what: `database ${this.#path}`, cause: error })
  }
}

const needsSpace = ({ op }: Write): boolean => op === 'append' || op === 'enqueue' || op === 'put'

function deleteTrimmed (rows: Batch, state: LogState): void {
  const until = Math.min(state.first, state.low + deletesPerLog)
  for (let seq = state.low; seq < until; seq++) rows.del(keys.rowKey(keys.prefixes.entry, state.number, seq))
  if (until > state.low) state.low = until
}

/** The error and what caused it, outermost first. */
function causes (error: unknown): Array<{ message: string, code: string }> {
  const out = []
  for (let one = error; one instanceof Error && out.length < 5; one = one.cause) out.push({ message: one.message, code: 'code' in one ? String(one.code) : '' })
  return out
}

const isLevelError = (error: unknown, code: string): boolean => causes(error).some((one) => one.code === code)
