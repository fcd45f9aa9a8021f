/**
 * The Store on LevelDB: what is checked before a batch is written, heads of logs in memory (bounded), reading with
 * checksums. Folder, disk and errors: store-database.ts. What a batch becomes: store-batch.ts. Keys and rows:
 * store-keys.ts. What expires: store-sweep.ts.
 */
import type { ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId, RelayId } from '../../protocol/ids.ts'
import { checkLevelFolder } from '../../protocol/level-folder-node.ts'
import { findJournalDamage } from './journal-check.ts'
import { BatchRows, type LogState } from './store-batch.ts'
import type { SenderTag } from './sender-tag.ts'
import { addedBytes, type LogEntry, type LogHead, type MessageKey, type OutboxItem, type Seen, type SequencedMessage, type Store, type Table, type Write } from './store.ts'
import { noEpochStarts } from './epoch-starts.ts'
import { StoreDatabase, isLevelError, type Batch, type DatabaseOptions, type Level } from './store-database.ts'
import * as keys from './store-keys.ts'
import { StoreSweep, type Swept } from './store-sweep.ts'
import { findShortTable } from './table-check.ts'

export interface LevelStoreOptions extends DatabaseOptions {
  /** Logs whose heads are kept in memory, about 300 bytes each. */
  cachedLogs?: number
  /** A row was found damaged and not served: one line for the operator, one for a counter. */
  onDamage? (kind: 'entry' | 'outbox' | 'head' | Table): void
}

/** Fewer entries than this are looked up by key: measured 3.8 µs each against an iterator's 4.6 at 16, 8.8 at 4. */
const iteratorFrom = 17

// Single rows are read with getSync: 3.5 µs of the main thread, against 7.5 there and 6.5 on another for a read that hops.
// Rows that are not in memory then cost the loop one read of a disk, 0.1 ms.

/** @throws ProtocolError DATABASE_LOCKED, DATABASE_CORRUPT, UNSUPPORTED_VERSION, STORAGE_FULL */
export async function openLevelStore (options: LevelStoreOptions): Promise<LevelStore> {
  await checkLevelFolder(options.path)
  const damage = await findJournalDamage(options.path)
  if (damage !== undefined) throw new ProtocolError('DATABASE_CORRUPT', { what: `${options.path}: ${damage.file} is damaged at byte ${damage.offset}` })
  const short = await findShortTable(options.path)
  if (short !== undefined) throw new ProtocolError('DATABASE_CORRUPT', { what: `${options.path}: ${short.file} ends after ${short.bytes} bytes` })
  const store = new LevelStore(options)
  await store.open()
  return store
}

/** What one look at a table takes from LevelDB at once. */
const scanRows = 1_000
const scanBytes = 256 * 1024

export class LevelStore implements Store {
  readonly #db: StoreDatabase
  readonly #options: LevelStoreOptions
  readonly #maxLogs: number
  readonly #sweep: StoreSweep
  readonly #logs = new Map<ConversationId, LogState>()
  #nextNumber = 1
  /** Rises at the start and the end of every batch: what was read before it may be old. */
  #writes = 0

  constructor (options: LevelStoreOptions) {
    this.#options = options
    this.#maxLogs = options.cachedLogs ?? 100_000
    this.#db = new StoreDatabase(options, async (level) => { await this.#onOpen(level) })
    this.#sweep = new StoreSweep({
      rows: async (range) => await this.#level.iterator({ ...range, highWaterMarkBytes: 1 << 20 }).all(),
      getMany: async (wanted) => await this.#level.getMany(wanted),
      conversations: async (numbers) => await this.#conversations(numbers),
      write: async (batch, deletes) => { await this.#writeNow(batch, false, deletes) }
    })
  }

  get #level (): Level { return this.#db.level }

  async open (): Promise<void> { await this.#db.open() }

  async #onOpen (level: Level): Promise<void> {
    this.#logs.clear()
    const schema = await level.get(keys.schemaKey())
    if (schema === undefined) await level.put(keys.schemaKey(), Buffer.of(keys.schemaVersion), { sync: true })
    else if (schema[0] === keys.olderSchemaVersion) await markReplicas(level)
    else if (schema[0] !== keys.schemaVersion) throw new ProtocolError('UNSUPPORTED_VERSION', { what: `${this.#db.path} has schema ${schema[0]}, this release reads ${keys.schemaVersion}` })
    const [last] = await level.keys({ ...keys.everyKey(keys.prefixes.number), reverse: true, limit: 1 }).all()
    this.#nextNumber = last === undefined ? 1 : keys.logOfKey(last) + 1
  }

  async write (batch: readonly Write[], { durable }: { durable: boolean }): Promise<void> {
    if (batch.length === 0 && !durable) return
    await this.#db.inTurn(async () => { await this.#writeNow(batch, durable) })
  }

  async openLog (log: ConversationId): Promise<LogHead | undefined> {
    return await this.#db.read(async () => {
      const state = await this.#state(log)
      if (state?.isKept !== true) return undefined
      const cursors = new Map<DeviceId, number>()
      const replicas = new Map<RelayId, number>()
      for (const [key, value] of await this.#level.iterator(keys.rowsOfLog(keys.prefixes.cursor, state.number)).all()) {
        const [peer, seq] = [keys.peerOfKey(key), keys.decodeCursor(value)]
        if (keys.isDeviceCursor(key)) cursors.set(peer as DeviceId, seq)
        else replicas.set(peer as RelayId, seq)
      }
      return { epoch: state.epoch, first: state.first, head: state.head, starts: state.starts, cursors, replicas }
    })
  }

  async readLog (log: ConversationId, fromSeq: number, bounds: { maxEntries: number, maxBytes: number }): Promise<LogEntry[]> {
    return await this.#db.read(async () => {
      for (let attempt = 0; ; attempt++) {
        const state = await this.#state(log)
        if (state === undefined) return []
        const from = Math.max(fromSeq, state.first)
        const to = Math.min(state.head, from + bounds.maxEntries - 1)
        if (from > to) return []
        const entries = await this.#readRows(state.number, from, to, bounds.maxBytes)
        if (entries.length > 0) return entries
        // A batch that is being written may have trimmed what was about to be read: look again once it is through.
        await this.#db.settled()
        if (attempt > 0 || (await this.#state(log))?.first === state.first) {
          this.#options.onDamage?.('entry')
          throw new ProtocolError('DAMAGED')
        }
      }
    })
  }

  async repair (log: ConversationId, entry: LogEntry): Promise<void> {
    await this.#db.inTurn(async () => {
      const state = await this.#state(log)
      if (state === undefined || entry.seq < state.first || entry.seq > state.head) return
      if ((await this.#readRows(state.number, entry.seq, entry.seq, 0)).length > 0) return
      await this.#db.ensureWritable(true)
      const batch = this.#level.batch()
      batch.put(keys.rowKey(keys.prefixes.entry, state.number, entry.seq), keys.encodeRow(entry, state.number, entry.seq))
      await this.#commit(batch, true, entry.envelope.byteLength)
    })
  }

  async findMessage (log: ConversationId, sender: DeviceId | SenderTag, messageId: MessageId): Promise<Seen | undefined> {
    return await this.#db.read(async () => {
      const state = await this.#state(log)
      const row = state === undefined ? undefined : this.#level.getSync(keys.seenKey(state.number, sender, messageId))
      return row === undefined ? undefined : keys.decodeSeen(row).seen
    })
  }

  async highestMessage (log: ConversationId, sender: DeviceId): Promise<MessageId | undefined> {
    return await this.#db.read(async () => {
      const state = await this.#state(log)
      if (state === undefined) return undefined
      const [key] = await this.#level.keys({ ...keys.seenOfSender(state.number, sender), reverse: true, limit: 1 }).all()
      return key === undefined ? undefined : keys.messageIdOfKey(key)
    })
  }

  async * messages (log: ConversationId, after?: MessageKey): AsyncIterable<SequencedMessage> {
    const state = await this.#db.read(() => this.#state(log))
    if (state === undefined) return
    const { gte, lt } = keys.rowsOfLog(keys.prefixes.seen, state.number)
    try {
      for await (const [key, value] of this.#inBatches({ ...(after === undefined ? { gte } : { gt: keys.seenKey(state.number, after.sender, after.messageId) }), lt })) {
        const { seen, storedAtMs } = keys.decodeSeen(value)
        if (seen.at === 'log') yield { ...keys.messageOfKey(key), epoch: seen.epoch, seq: seen.seq, storedAtMs }
      }
    } catch (error) {
      throw this.#db.explain(error)
    }
  }

  async logsOf (account: AccountId): Promise<ConversationId[]> {
    return await this.#db.read(async () => {
      const rows = await this.#level.keys(keys.joinedOf(account)).all()
      return await this.#conversations(rows.map(keys.logOfJoinedKey))
    })
  }

  async outboxes (only?: ConversationId): Promise<Array<{ log: ConversationId, firstPosition: number, lastPosition: number, count: number }>> {
    return await this.#db.read(async () => {
      const state = only === undefined ? undefined : await this.#state(only)
      if (only !== undefined && state === undefined) return []
      const range = state === undefined ? keys.everyKey(keys.prefixes.outbox) : keys.rowsOfLog(keys.prefixes.outbox, state.number)
      const byLog = new Map<number, { firstPosition: number, lastPosition: number, count: number }>()
      for await (const key of this.#level.keys(range)) {
        const [log, position] = [keys.logOfKey(key), keys.placeOfKey(key)]
        const known = byLog.get(log)
        if (known === undefined) byLog.set(log, { firstPosition: position, lastPosition: position, count: 1 })
        else Object.assign(known, { lastPosition: position, count: known.count + 1 })
      }
      const logs = await this.#conversations([...byLog.keys()])
      return [...byLog.values()].map((row, index) => ({ log: logs[index]!, ...row }))
    })
  }

  async readOutbox (log: ConversationId, fromPosition: number, bounds: { maxEntries: number, maxBytes: number }): Promise<OutboxItem[]> {
    return await this.#db.read(async () => {
      const state = await this.#state(log)
      const out: OutboxItem[] = []
      if (state === undefined) return out
      let bytes = 0
      const range = { gte: keys.rowKey(keys.prefixes.outbox, state.number, Math.max(0, fromPosition)), lt: keys.pastLog(keys.prefixes.outbox, state.number) }
      for await (const [key, value] of this.#level.iterator({ ...range, highWaterMarkBytes: Math.min(bounds.maxBytes, 1 << 20) })) {
        const item = keys.decodeOutboxItem(value, state.number, keys.placeOfKey(key), log)
        if (item === undefined) { this.#options.onDamage?.('outbox'); continue }
        bytes += item.envelope.byteLength
        if (out.length >= bounds.maxEntries || (out.length > 0 && bytes > bounds.maxBytes)) break
        out.push(item)
      }
      return out
    })
  }

  async behindReplicas (): Promise<Array<{ log: ConversationId, relay: RelayId, seq: number, head: number }>> {
    return await this.#db.read(async () => {
      const behind: Array<{ number: number, relay: RelayId, seq: number, head: number }> = []
      let number = -1
      let head = 0
      const marks = this.#level.keys({ ...keys.everyKey(keys.prefixes.replica), highWaterMarkBytes: scanBytes })
      for (let batch = await marks.nextv(scanRows); batch.length > 0; batch = await marks.nextv(scanRows)) {
        for (const key of batch) {
          if (keys.logOfKey(key) !== number) {
            number = keys.logOfKey(key)
            const row = this.#level.getSync(keys.headKey(number))
            head = row === undefined ? 0 : keys.decodeHead(row, number)?.head ?? 0
          }
          const relay = keys.relayOfKey(key)
          const value = this.#level.getSync(keys.cursorKey(number, 'relay', relay))
          const seq = value === undefined ? head : keys.decodeCursor(value)
          if (seq < head) behind.push({ number, relay, seq, head })
        }
      }
      await marks.close()
      const logs = await this.#conversations(behind.map((row) => row.number))
      return behind.map(({ relay, seq, head }, index) => ({ log: logs[index]!, relay, seq, head }))
    })
  }

  async get (table: Table, key: string): Promise<Uint8Array | undefined> {
    return await this.#db.read(async () => {
      const rowKey = keys.tableKey(table, key)
      const row = this.#level.getSync(rowKey)
      if (row === undefined) return undefined
      const value = keys.decodeTableValue(row, rowKey)
      if (value === undefined) {
        this.#options.onDamage?.(table)
        throw new ProtocolError('DAMAGED', { what: `table ${table}` })
      }
      return value
    })
  }

  /** Rows, read 256 KiB at a time: one by one they took twice as long at the start of a large relay. */
  async * #inBatches (range: { gte?: Buffer, gt?: Buffer, lt?: Buffer, lte?: Buffer }): AsyncGenerator<[Buffer, Buffer]> {
    const rows = this.#level.iterator({ ...range, highWaterMarkBytes: scanBytes })
    try {
      for (let batch = await rows.nextv(scanRows); batch.length > 0; batch = await rows.nextv(scanRows)) {
        yield * batch
      }
    } finally {
      await rows.close()
    }
  }

  async * scan (table: Table, prefix: string): AsyncIterable<{ key: string, value: Uint8Array }> {
    await this.#db.readable()
    const gte = keys.tableKey(table, prefix)
    try {
      for await (const [rowKey, row] of this.#inBatches({ gte, lte: Buffer.concat([gte, Buffer.alloc(64, 0xff)]) })) {
        const value = keys.decodeTableValue(row, rowKey)
        if (value === undefined) this.#options.onDamage?.(table)
        else yield { key: keys.textOfTableKey(rowKey), value }
      }
    } catch (error) {
      throw this.#db.explain(error)
    }
  }

  async sweep (nowMs: number): Promise<Swept> {
    return await this.#db.inTurn(async () => {
      await this.#db.ensureWritable(false)
      return await this.#sweep.step(nowMs)
    })
  }

  async usedBytes (): Promise<number> { return await this.#db.usedBytes() }
  async freeBytes (): Promise<number> { return await this.#db.freeBytes() }
  /** Below this nothing new is accepted. */
  get minFreeBytes (): number { return this.#db.minFreeBytes }

  /** Give the space of what was deleted back to the disk now; LevelDB would in its own time. Reads and writes go on. */
  async compact (): Promise<void> {
    await this.#db.read(async () => { await this.#level.compactRange(Buffer.of(0), Buffer.of(0xff, 0xff)) })
  }

  /** Bytes of the entries of these logs in LevelDB's tables, roughly; what was written in the last minutes may not be counted. */
  async approximateBytes (logs: readonly ConversationId[]): Promise<number> {
    return await this.#db.read(async () => {
      let bytes = 0
      for (const log of logs) {
        const state = await this.#state(log)
        if (state === undefined) continue
        const { gte, lt } = keys.rowsOfLog(keys.prefixes.entry, state.number)
        bytes += await this.#level.approximateSize(gte, lt)
      }
      return bytes
    })
  }

  /** Every row as it is now, in order of key, whatever is written meanwhile; some 256 KiB at a time. */
  async * snapshot (): AsyncGenerator<Array<[Buffer, Buffer]>> {
    await this.#db.readable()
    const level = this.#level
    const snapshot = level.snapshot()
    const rows = level.iterator({ snapshot, highWaterMarkBytes: scanBytes })
    try {
      for (let batch = await rows.nextv(scanRows); batch.length > 0; batch = await rows.nextv(scanRows)) yield batch
    } catch (error) {
      throw this.#db.explain(error)
    } finally {
      await rows.close()
      await snapshot.close()
    }
  }

  async close (): Promise<void> { await this.#db.close() }

  // ── writing

  /** @param extra more deletions for the same batch: the sweep's */
  async #writeNow (batch: readonly Write[], durable: boolean, extra: readonly Buffer[] = []): Promise<void> {
    await this.#db.ensureWritable(batch.some(({ op }) => op === 'append' || op === 'enqueue' || op === 'put' || op === 'restore'))
    const drafts = await this.#drafts(batch)
    const rows = this.#level.batch()
    const made = new BatchRows(rows, drafts, this.#nextNumber)
    try {
      for (const write of batch) made.put(write)
      made.putHeads()
      for (const key of extra) rows.del(key)
    } catch (error) {
      await rows.close()
      throw error
    }
    await this.#commit(rows, durable, batch.reduce((sum, write) => sum + addedBytes(write), 0))
    this.#nextNumber = made.nextNumber
    for (const [log, state] of drafts) this.#remember(log, state)
  }

  async #commit (rows: Batch, durable: boolean, bytes: number): Promise<void> {
    this.#writes++
    try {
      await this.#db.commit(rows, { durable, bytes })
    } finally {
      this.#writes++
    }
  }

  // ── reading

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
    const out = new Map<ConversationId, LogState>()
    for (const log of logs) {
      const number = this.#level.getSync(keys.conversationKey(log))?.readUInt32BE(0)
      if (number === undefined) continue
      const row = this.#level.getSync(keys.headKey(number))
      if (row === undefined) { out.set(log, { number, isKept: false, epoch: 0, first: 1, head: 0, low: 1, starts: noEpochStarts }); continue }
      const head = keys.decodeHead(row, number) ?? await this.#recoverHead(number)
      out.set(log, { number, isKept: true, ...head })
    }
    return out
  }

  /** A damaged head row is made again from the entries. @throws ProtocolError DAMAGED when there are none */
  async #recoverHead (number: number): Promise<keys.HeadRow> {
    this.#options.onDamage?.('head')
    const range = keys.rowsOfLog(keys.prefixes.entry, number)
    const [[lowest] = [], [highest] = []] = [await this.#level.keys({ ...range, limit: 1 }).all(), await this.#level.iterator({ ...range, reverse: true, limit: 1 }).all()]
    const [key, value] = highest ?? []
    if (lowest === undefined || key === undefined || value === undefined) throw new ProtocolError('DAMAGED', { what: 'the head of a log' })
    const head = keys.placeOfKey(key)
    const entry = keys.decodeEntry(value, number, head)
    if (entry === undefined) throw new ProtocolError('DAMAGED', { what: 'the head of a log' })
    const low = keys.placeOfKey(lowest)
    return { epoch: entry.epoch, first: low, head, low, starts: noEpochStarts }
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
      if (from === to) {
        take(this.#level.getSync(rowKey(from)))
        return entries
      }
      if (to - from + 1 < iteratorFrom) {
        const rows = await this.#level.getMany(Array.from({ length: to - from + 1 }, (_, index) => rowKey(from + index)))
        for (const row of rows) if (!take(row)) break
        return entries
      }
      const iterator = this.#level.values({ gte: rowKey(from), lte: rowKey(to), highWaterMarkBytes: Math.max(maxBytes, 1 << 16) })
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
      return await this.#level.get(key)
    } catch (error) {
      if (isLevelError(error, 'LEVEL_CORRUPTION')) return undefined
      throw error
    }
  }

  async #conversations (numbers: readonly number[]): Promise<ConversationId[]> {
    const rows = numbers.length === 0 ? [] : await this.#level.getMany(numbers.map(keys.numberKey))
    return rows.map((row) => {
      if (row === undefined) throw new ProtocolError('DATABASE_CORRUPT', { what: this.#db.path })
      return keys.conversationOf(row)
    })
  }
}

/** From schema 1. The version comes last: what a crash leaves half done is done again at the next start. */
async function markReplicas (level: Level): Promise<void> {
  let batch = level.batch()
  for await (const key of level.keys({ ...keys.everyKey(keys.prefixes.cursor), highWaterMarkBytes: scanBytes })) {
    if (keys.isDeviceCursor(key)) continue
    batch.put(keys.replicaKey(keys.logOfKey(key), keys.peerOfKey(key) as RelayId), Buffer.alloc(0))
    if (batch.length < scanRows) continue
    await batch.write()
    batch = level.batch()
  }
  await batch.put(keys.schemaKey(), Buffer.of(keys.schemaVersion)).write({ sync: true })
}
