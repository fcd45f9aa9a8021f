/**
 * The Store in memory: for tests and simulation, with the same all-or-nothing batches as the engine on disk.
 *
 * `crash()` gives what a power cut would leave: everything durable, nothing of the writes since.
 */
import type { ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId, RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { SortedRows } from './sorted-rows.ts'
import { senderTagOf, type SenderTag } from './sender-tag.ts'
import { checkU48 } from './store-keys.ts'
import { noEpochStarts, startsThrough, startsWith, type EpochStarts } from './epoch-starts.ts'
import { fitsBefore, type LogEntry, type LogHead, type MessageKey, type OutboxItem, type Seen, type SequencedMessage, type Store, type Table, type Write } from './store.ts'

interface Remembered { readonly seen: Seen, readonly storedAtMs: number }

/** Message ids of one sender in one log. */
interface SenderIds { readonly byId: Map<MessageId, Remembered>, highest: MessageId }

interface MemoryLog {
  /** False while nothing but outbox items was written to it. */
  isKept: boolean
  epoch: number
  first: number
  head: number
  starts: EpochStarts
  /** Entry `seq` stands at index `seq - first`. */
  entries: LogEntry[]
  readonly damaged: Set<number>
  readonly cursors: Map<DeviceId, number>
  readonly replicas: Map<RelayId, number>
  readonly outbox: Map<number, OutboxItem>
  readonly senders: Map<SenderTag, SenderIds>
}

type Undo = () => void

export interface MemoryStoreOptions {
  /** Awaited before a batch is made and again before it is acknowledged: a slow disk, or the moment of a crash. */
  pause? (step: 'before' | 'after'): Promise<void>
}

export class MemoryStore implements Store {
  readonly #pause: MemoryStoreOptions['pause']
  #logs = new Map<ConversationId, MemoryLog>()
  #joined = new Map<AccountId, Set<ConversationId>>()
  #tables = new Map<Table, SortedRows<Uint8Array>>()
  /** How to take back what is not durable yet, one list for each batch, newest last. */
  #undo: Undo[][] = []
  #queue: Promise<unknown> = Promise.resolve()
  #isFull = false
  #isClosed = false

  constructor (options: MemoryStoreOptions = {}) { this.#pause = options.pause }

  async write (batch: readonly Write[], { durable }: { durable: boolean }): Promise<void> {
    await this.#inTurn(async () => {
      await this.#pause?.('before')
      this.#open()
      this.#check(batch)
      const undo = batch.map((write) => this.#apply(write))
      if (durable) this.#undo = []
      else this.#undo.push(undo)
      await this.#pause?.('after')
      this.#open()
    })
  }

  async openLog (log: ConversationId): Promise<LogHead | undefined> {
    const state = this.#open().#logs.get(log)
    if (state?.isKept !== true) return undefined
    const { epoch, first, head, starts, cursors, replicas } = state
    return { epoch, first, head, starts, cursors: new Map(cursors), replicas: new Map(replicas) }
  }

  async readLog (log: ConversationId, fromSeq: number, bounds: { maxEntries: number, maxBytes: number }): Promise<LogEntry[]> {
    const state = this.#open().#logs.get(log)
    const out: LogEntry[] = []
    if (state === undefined) return out
    let bytes = 0
    for (let index = Math.max(0, fromSeq - state.first); index < state.entries.length && out.length < bounds.maxEntries; index++) {
      const entry = state.entries[index]!
      bytes += entry.envelope.byteLength
      if (out.length > 0 && bytes > bounds.maxBytes) break
      if (state.damaged.has(entry.seq)) {
        if (out.length === 0) throw new ProtocolError('DAMAGED')
        break
      }
      out.push(entry)
    }
    return out
  }

  async repair (log: ConversationId, entry: LogEntry): Promise<void> {
    await this.#inTurn(async () => {
      const state = this.#open().#logs.get(log)
      if (state?.damaged.delete(entry.seq) === true) state.entries[entry.seq - state.first] = own(entry)
    })
  }

  /** Test hook: the stored bytes of this entry have changed by themselves. */
  damage (log: ConversationId, seq: number): void {
    this.#open().#logs.get(log)?.damaged.add(seq)
  }

  async findMessage (log: ConversationId, sender: DeviceId | SenderTag, messageId: MessageId): Promise<Seen | undefined> {
    return this.#open().#logs.get(log)?.senders.get(senderTagOf(sender))?.byId.get(messageId)?.seen
  }

  async highestMessage (log: ConversationId, sender: DeviceId): Promise<MessageId | undefined> {
    return this.#open().#logs.get(log)?.senders.get(senderTagOf(sender))?.highest
  }

  async * messages (log: ConversationId, after?: MessageKey): AsyncIterable<SequencedMessage> {
    const found: SequencedMessage[] = []
    for (const [sender, { byId }] of this.#open().#logs.get(log)?.senders ?? []) {
      if (after !== undefined && sender < after.sender) continue
      for (const [messageId, { seen, storedAtMs }] of byId) {
        if (seen.at !== 'log' || (sender === after?.sender && messageId <= after.messageId)) continue
        found.push({ epoch: seen.epoch, seq: seen.seq, sender, messageId, storedAtMs })
      }
    }
    found.sort((a, b) => `${a.sender}${a.messageId}` < `${b.sender}${b.messageId}` ? -1 : 1)
    yield * found
  }

  async logsOf (account: AccountId): Promise<ConversationId[]> {
    return [...this.#open().#joined.get(account) ?? []]
  }

  async outboxes (only?: ConversationId): Promise<Array<{ log: ConversationId, firstPosition: number, lastPosition: number, count: number }>> {
    const out = []
    for (const [log, { outbox }] of this.#open().#logs) {
      if (outbox.size === 0 || (only !== undefined && log !== only)) continue
      const positions = [...outbox.keys()].sort((a, b) => a - b)
      out.push({ log, firstPosition: positions[0]!, lastPosition: positions.at(-1)!, count: positions.length })
    }
    return out
  }

  async readOutbox (log: ConversationId, fromPosition: number, bounds: { maxEntries: number, maxBytes: number }): Promise<OutboxItem[]> {
    const outbox = this.#open().#logs.get(log)?.outbox
    const out: OutboxItem[] = []
    if (outbox === undefined) return out
    let bytes = 0
    for (const position of [...outbox.keys()].filter((one) => one >= fromPosition).sort((a, b) => a - b)) {
      const item = outbox.get(position)!
      bytes += item.envelope.byteLength
      if (out.length >= bounds.maxEntries || (out.length > 0 && bytes > bounds.maxBytes)) break
      out.push(item)
    }
    return out
  }

  async behindReplicas (): Promise<Array<{ log: ConversationId, relay: RelayId, seq: number, head: number }>> {
    const out = []
    for (const [log, { head, replicas }] of this.#open().#logs) {
      for (const [relay, seq] of replicas) if (seq < head) out.push({ log, relay, seq, head })
    }
    return out
  }

  async get (table: Table, key: string): Promise<Uint8Array | undefined> {
    return this.#open().#tables.get(table)?.get(key)
  }

  async * scan (table: Table, prefix: string): AsyncIterable<{ key: string, value: Uint8Array }> {
    const rows = this.#open().#tables.get(table)?.startingWith(prefix) ?? []
    rows.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    for (const [key, value] of rows) yield { key, value }
  }

  async sweep (nowMs: number): Promise<{ entries: number, outboxItems: number, messageIds: number, isDone: boolean }> {
    return await this.#inTurn(async () => {
      const gone = { entries: 0, outboxItems: 0, messageIds: 0, isDone: true }
      const undos: Undo[] = []
      for (const state of this.#open().#logs.values()) {
        let count = 0
        while (count < state.entries.length && state.entries[count]!.expiresAtMs <= nowMs) count++
        if (count > 0) undos.push(dropFront(state, state.first + count - 1))
        gone.entries += count
        for (const [position, item] of state.outbox) {
          if (item.expiresAtMs > nowMs) continue
          undos.push(() => { state.outbox.set(position, item) })
          state.outbox.delete(position)
          gone.outboxItems++
        }
        for (const [sender, ids] of state.senders) gone.messageIds += forgetOld(state, sender, ids, nowMs - limits.dedupMs, undos)
      }
      if (undos.length > 0) this.#undo.push(undos)
      return gone
    })
  }

  async usedBytes (): Promise<number> { return 0 }

  async close (): Promise<void> {
    await this.#queue.catch(() => { /* its caller was told */ })
    this.#undo = []
    this.#isClosed = true
  }

  /** Refuse what needs space, as a disk below its reserve does. */
  setFull (isFull: boolean): void { this.#isFull = isFull }

  /**
   * The machine dies (or, after `close`, the daemon starts again): this store answers no more.
   * @param kept so many of the batches that were not durable have reached the disk all the same, the oldest
   * @returns what is found then
   */
  crash (options: MemoryStoreOptions = {}, kept = 0): MemoryStore {
    for (const batch of this.#undo.slice(kept).reverse()) for (const undo of batch.reverse()) undo()
    const after = new MemoryStore(options)
    after.#logs = this.#logs
    after.#joined = this.#joined
    after.#tables = this.#tables
    this.#isClosed = true
    this.#logs = new Map()
    this.#joined = new Map()
    this.#tables = new Map()
    this.#undo = []
    return after
  }

  /** Batches that a crash may take back. */
  get undurable (): number { return this.#undo.length }

  /** As it is now, durable or not, with a life of its own. */
  copy (): MemoryStore {
    const other = new MemoryStore()
    other.#logs = new Map([...this.#logs].map(([id, log]) => [id, {
      ...log,
      entries: [...log.entries],
      damaged: new Set(log.damaged),
      cursors: new Map(log.cursors),
      replicas: new Map(log.replicas),
      outbox: new Map(log.outbox),
      senders: new Map([...log.senders].map(([sender, { byId, highest }]) => [sender, { byId: new Map(byId), highest }]))
    }]))
    other.#joined = new Map([...this.#joined].map(([account, logs]) => [account, new Set(logs)]))
    other.#tables = new Map([...this.#tables].map(([table, rows]) => [table, rows.copy()]))
    return other
  }

  /** What is kept of each log and waits in each outbox, and who has not confirmed all of it: for who checks that it is bounded. */
  * kept (): Iterable<{ log: ConversationId, entries: number, waiting: number, epoch: number, first: number, head: number, lackedBy: ReadonlyArray<DeviceId | RelayId> }> {
    for (const [log, { entries, outbox, epoch, first, head, cursors, replicas }] of this.#logs) {
      yield { log, entries: entries.length, waiting: outbox.size, epoch, first, head, lackedBy: [...cursors, ...replicas].filter(([, seq]) => seq < head).map(([who]) => who) }
    }
  }

  #open (): this {
    if (this.#isClosed) throw new ProtocolError('INTERNAL', { what: 'the store is closed' })
    return this
  }

  /** One write at a time, in order of the calls. */
  #inTurn<T> (task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task, task)
    this.#queue = result
    result.catch(() => { /* told to the caller; the queue goes on */ })
    return result
  }

  /** Before anything is changed: would every write of the batch be taken? */
  #check (batch: readonly Write[]): void {
    const heads = new Map<ConversationId, number>()
    for (const write of batch) {
      if (this.#isFull && (write.op === 'append' || write.op === 'enqueue' || write.op === 'put' || write.op === 'restore')) throw new ProtocolError('STORAGE_FULL')
      if (write.op === 'cursor' || write.op === 'replicated') checkU48(write.seq, 'cursor')
      if (write.op !== 'append' && write.op !== 'skip' && write.op !== 'cut') continue
      const head = heads.get(write.log) ?? this.#logs.get(write.log)?.head ?? 0
      if (write.op === 'cut') { heads.set(write.log, Math.min(head, write.throughSeq)); continue }
      if (write.op === 'append' && write.entry.seq !== head + 1) throw new ProtocolError('GAP', { what: `append ${write.entry.seq} after ${head}` })
      heads.set(write.log, write.op === 'append' ? write.entry.seq : Math.max(head, write.throughSeq))
    }
  }

  #log (log: ConversationId): MemoryLog {
    const known = this.#logs.get(log)
    if (known !== undefined) return known
    const state: MemoryLog = {
      isKept: false, epoch: 0, first: 1, head: 0, starts: noEpochStarts, entries: [], damaged: new Set(), cursors: new Map(), replicas: new Map(), outbox: new Map(), senders: new Map()
    }
    this.#logs.set(log, state)
    return state
  }

  /** @returns how to take it back */
  #apply (write: Write): Undo {
    switch (write.op) {
      case 'put': return setIn(rowsOf(this.#tables, write.table), write.key, write.value.slice())
      case 'delete': return setIn(rowsOf(this.#tables, write.table), write.key, undefined)
      case 'enqueue': {
        const state = this.#log(write.item.log)
        const { position, sender, messageId, storedAtMs } = write.item
        const undoId = remember(state, sender, messageId, { seen: { at: 'outbox', position }, storedAtMs })
        const undoItem = setIn(state.outbox, position, own(write.item))
        return () => { undoItem(); undoId() }
      }
      case 'dequeue': {
        const state = this.#logs.get(write.log)
        return state === undefined ? () => {} : setIn(state.outbox, write.position, undefined)
      }
      case 'remember': return rememberSequenced(this.#log(write.log), write.message)
      case 'leave': {
        const logs = this.#joined.get(write.account)
        if (logs?.delete(write.log) !== true) return () => {}
        return () => { logs.add(write.log) }
      }
      case 'retire': {
        const state = this.#logs.get(write.log)
        return state === undefined ? () => {} : setIn(state.replicas, write.relay, undefined)
      }
      case 'trim': {
        const state = this.#logs.get(write.log)
        return state === undefined ? () => {} : dropFront(state, Math.min(write.throughSeq, state.head))
      }
      case 'restore': {
        const state = this.#logs.get(write.log)
        return state?.isKept === true && fitsBefore(state.first, write.entries) ? addFront(state, write.entries) : () => {}
      }
      case 'cut': {
        const state = this.#logs.get(write.log)
        return state === undefined || write.throughSeq >= state.head ? () => {} : cutBack(state, write)
      }
      default: return this.#applyToKept(write)
    }
  }

  #applyToKept (write: Extract<Write, { op: 'append' | 'skip' | 'cursor' | 'replicated' | 'join' }>): Undo {
    const state = this.#log(write.log)
    const { isKept, epoch, first, head, starts } = state
    state.isKept = true
    const undoHead = (): void => { Object.assign(state, { isKept, epoch, first, head, starts }) }
    switch (write.op) {
      case 'append': {
        const { seq } = write.entry
        const undoId = rememberSequenced(state, write.entry)
        const { entries } = state
        entries.push(own(write.entry))
        state.head = seq
        state.epoch = write.entry.epoch
        state.starts = startsWith(starts, write.entry)
        return () => { state.entries.pop(); undoId(); undoHead() }
      }
      case 'skip': {
        if (write.throughSeq <= head) return undoHead
        const undoEntries = dropFront(state, head)
        Object.assign(state, { epoch: write.epoch, head: write.throughSeq, first: write.throughSeq + 1, starts: noEpochStarts })
        return () => { undoHead(); undoEntries() }
      }
      case 'cursor': return both(setIn(state.cursors, write.device, write.seq), undoHead)
      case 'replicated': return both(setIn(state.replicas, write.relay, write.seq), undoHead)
      case 'join': {
        const logs = this.#joined.get(write.account) ?? new Set()
        this.#joined.set(write.account, logs)
        const isNew = !logs.has(write.log)
        logs.add(write.log)
        return () => { if (isNew) logs.delete(write.log); undoHead() }
      }
    }
  }
}

/** A copy whose bytes are not a view of a frame. */
const own = <T extends { readonly envelope: Uint8Array }>(entry: T): T => ({ ...entry, envelope: entry.envelope.slice() })

const both = (one: Undo, other: Undo): Undo => () => { one(); other() }

function rowsOf (tables: Map<Table, SortedRows<Uint8Array>>, table: Table): SortedRows<Uint8Array> {
  const known = tables.get(table)
  if (known !== undefined) return known
  const made = new SortedRows<Uint8Array>()
  tables.set(table, made)
  return made
}

/** @param value undefined deletes. @returns how to take it back */
function setIn<K, V> (map: Map<K, V>, key: K, value: V | undefined): Undo {
  const before = map.get(key)
  const put = (wanted: V | undefined): void => { if (wanted === undefined) map.delete(key); else map.set(key, wanted) }
  put(value)
  return () => { put(before) }
}

function dropFront (state: MemoryLog, throughSeq: number): Undo {
  const count = throughSeq - state.first + 1
  if (count <= 0) return () => {}
  const { first } = state
  const gone = state.entries.splice(0, count)
  const damaged = [...state.damaged].filter((seq) => seq <= throughSeq)
  for (const seq of damaged) state.damaged.delete(seq)
  state.first = throughSeq + 1
  return () => {
    state.entries.unshift(...gone)
    for (const seq of damaged) state.damaged.add(seq)
    state.first = first
  }
}

function addFront (state: MemoryLog, entries: readonly LogEntry[]): Undo {
  const undoIds = entries.map((entry) => rememberSequenced(state, entry))
  const { first } = state
  state.entries.unshift(...entries.map(own))
  state.first = entries[0]!.seq
  return () => {
    state.entries.splice(0, entries.length)
    state.first = first
    for (const undo of undoIds.reverse()) undo()
  }
}

function cutBack (state: MemoryLog, { throughSeq, epoch, ids }: Extract<Write, { op: 'cut' }>): Undo {
  const before = { epoch: state.epoch, first: state.first, head: state.head, starts: state.starts, entries: [...state.entries] }
  const damaged = [...state.damaged].filter((seq) => seq > throughSeq)
  for (const seq of damaged) state.damaged.delete(seq)
  const undos = ids.map((id) => forget(state, id))
  Object.assign(state, { epoch, first: Math.min(state.first, throughSeq + 1), head: throughSeq, starts: startsThrough(state.starts, throughSeq), entries: state.entries.filter(({ seq }) => seq <= throughSeq) })
  return () => {
    Object.assign(state, before)
    for (const seq of damaged) state.damaged.add(seq)
    for (const undo of undos.reverse()) undo()
  }
}

function forget (state: MemoryLog, { sender, messageId }: MessageKey): Undo {
  const ids = state.senders.get(sender)
  const row = ids?.byId.get(messageId)
  if (ids === undefined || row === undefined) return () => {}
  ids.byId.delete(messageId)
  if (ids.byId.size === 0) state.senders.delete(sender)
  else if (ids.highest === messageId) ids.highest = [...ids.byId.keys()].reduce((a, b) => a > b ? a : b)
  return () => { remember(state, sender, messageId, row) }
}

function remember (state: MemoryLog, device: DeviceId | SenderTag, messageId: MessageId, row: Remembered): Undo {
  const sender = senderTagOf(device)
  const ids = state.senders.get(sender) ?? { byId: new Map<MessageId, Remembered>(), highest: messageId }
  state.senders.set(sender, ids)
  const before = ids.byId.get(messageId)
  const { highest } = ids
  ids.byId.set(messageId, row)
  if (messageId > ids.highest) ids.highest = messageId
  return () => {
    if (before !== undefined) { ids.byId.set(messageId, before); return }
    ids.byId.delete(messageId)
    ids.highest = highest
    if (ids.byId.size === 0) state.senders.delete(sender)
  }
}

const rememberSequenced = (state: MemoryLog, { sender, messageId, epoch, seq, storedAtMs }: SequencedMessage | LogEntry): Undo =>
  remember(state, sender, messageId, { seen: { at: 'log', epoch, seq }, storedAtMs })

function forgetOld (state: MemoryLog, sender: SenderTag, ids: SenderIds, untilMs: number, undos: Undo[]): number {
  const old = [...ids.byId].filter(([, { storedAtMs }]) => storedAtMs <= untilMs)
  if (old.length === 0) return 0
  for (const [id] of old) ids.byId.delete(id)
  undos.push(() => { for (const [id, row] of old) remember(state, sender, id, row) })
  if (ids.byId.size === 0) state.senders.delete(sender)
  else ids.highest = [...ids.byId.keys()].reduce((a, b) => a > b ? a : b)
  return old.length
}
