/**
 * What is to be shipped of one log or one account: writes of the primary's store, folded until they are sent. The last word
 * on a row or a cursor counts, so applying a draft twice, or one that an older copy has seen already, changes nothing.
 */
import { accountIdToBytes, deviceKeyOf, type AccountId, type DeviceId } from '../../protocol/ids.ts'
import { conversationFromId, type Conversation, type ConversationId } from '../../protocol/conversation.ts'
import { limits } from '../../protocol/limits.ts'
import type { ShipAccount, ShipLog, ShipRow } from '../../protocol/wire/gen/standby.js'
import { wireNumberedId } from '../log/numbered-id.ts'
import type { LogEntry, OutboxItem, SequencedMessage, Write } from '../store/store.ts'
import { joinedTable, shippedTables, type ShippedTable } from './shadow-rows.ts'

/** Rough cost of what is no envelope and no value. */
const stepBytes = 100
/** Ids of messages in one part of a shipment. */
export const maxNumbered = 1_024
/** A draft that has come so far grows no more. */
const fullBytes = 192 * 1024

export type LogWrite = Extract<Write, { op: 'append' | 'enqueue' | 'dequeue' | 'cursor' | 'skip' | 'trim' | 'cut' | 'remember' }>
type RowWrite = Extract<Write, { op: 'put' | 'delete' }>

const valueOf = (write: RowWrite): Uint8Array | undefined => write.op === 'put' ? write.value : undefined
export const wireRow = (table: number, key: string, value: Uint8Array | undefined): ShipRow => ({ table, key, ...(value === undefined ? {} : { value }) })

export const emptyPart = (log: ConversationId, account: AccountId): ShipLog => ({
  conversation: conversationFromId(log).bytes,
  account: accountIdToBytes(account),
  skipThrough: 0,
  skipEpoch: 0,
  entries: [],
  dequeued: [],
  items: [],
  itemsFrom: 0,
  itemsTo: 0,
  cursors: [],
  rows: [],
  isWhole: false,
  trimThrough: 0,
  asks: false,
  cutThrough: 0,
  isCut: false,
  numbered: []
})

export class LogDraft {
  readonly key: ConversationId
  readonly account: AccountId
  bytes = 0
  readonly #conversation: Uint8Array
  readonly #accountBytes: Uint8Array
  #entries: LogEntry[] = []
  #items: Map<number, OutboxItem> | undefined
  #dequeued: Set<number> | undefined
  #cursors: Map<DeviceId, number> | undefined
  #rows: Map<string, Uint8Array | undefined> | undefined
  #numbered: SequencedMessage[] | undefined
  #skip: { epoch: number, throughSeq: number } | undefined
  #trimThrough = 0
  #cutThrough: number | undefined

  /** @param accountBytes of `account`: looked up once for many drafts */
  constructor ({ id, bytes }: Pick<Conversation, 'id' | 'bytes'>, account: AccountId, accountBytes: Uint8Array) {
    this.key = id
    this.account = account
    this.#conversation = bytes
    this.#accountBytes = accountBytes
  }

  get isFull (): boolean {
    return this.bytes >= fullBytes || this.#entries.length >= limits.pageEntries || (this.#items?.size ?? 0) >= limits.pageEntries || (this.#dequeued?.size ?? 0) >= 1_024 || (this.#numbered?.length ?? 0) >= maxNumbered
  }

  /** Of a group's state: `rest` of its key. */
  addRow (rest: string, write: RowWrite): void {
    this.#rows ??= new Map()
    this.#rows.set(rest, valueOf(write))
    this.bytes += stepBytes + (valueOf(write)?.byteLength ?? 0)
  }

  add (write: LogWrite): void {
    this.bytes += stepBytes
    switch (write.op) {
      case 'append':
        this.#entries.push(write.entry)
        this.bytes += write.entry.envelope.byteLength
        return
      case 'enqueue':
        // A queue that was empty begins at 1 again.
        this.#dequeued?.delete(write.item.position)
        this.#items ??= new Map()
        this.#items.set(write.item.position, write.item)
        this.bytes += write.item.envelope.byteLength
        return
      case 'dequeue':
        this.#items?.delete(write.position)
        this.#dequeued ??= new Set()
        this.#dequeued.add(write.position)
        return
      case 'cursor':
        this.#cursors ??= new Map()
        this.#cursors.set(write.device, write.seq)
        return
      case 'trim': this.#trimThrough = Math.max(this.#trimThrough, write.throughSeq); return
      case 'cut':
        this.#entries = this.#entries.filter(({ seq }) => seq <= write.throughSeq)
        this.#numbered = this.#numbered?.filter(({ seq }) => seq <= write.throughSeq)
        this.#cutThrough = Math.min(this.#cutThrough ?? Infinity, write.throughSeq)
        return
      case 'remember':
        this.#numbered ??= []
        this.#numbered.push(write.message)
        return
      case 'skip':
        this.#entries = this.#entries.filter(({ seq }) => seq > write.throughSeq)
        this.#skip = write
    }
  }

  toWire (): ShipLog {
    return {
      conversation: this.#conversation,
      account: this.#accountBytes,
      skipThrough: this.#skip?.throughSeq ?? 0,
      skipEpoch: this.#skip?.epoch ?? 0,
      entries: this.#entries.map(({ epoch, seq, storedAtMs, expiresAtMs, envelope }) => ({ epoch, seq, storedAtMs, expiresAtMs, envelope })),
      dequeued: [...this.#dequeued ?? []],
      items: Array.from(this.#items?.values() ?? [], ({ position, storedAtMs, expiresAtMs, envelope }) => ({ position, storedAtMs, expiresAtMs, envelope })),
      itemsFrom: 0,
      itemsTo: 0,
      cursors: Array.from(this.#cursors ?? [], ([device, seq]) => ({ device: deviceKeyOf(device), seq })),
      rows: Array.from(this.#rows ?? [], ([key, value]) => wireRow(0, key, value)),
      isWhole: false,
      trimThrough: this.#trimThrough,
      asks: false,
      cutThrough: this.#cutThrough ?? 0,
      isCut: this.#cutThrough !== undefined,
      numbered: (this.#numbered ?? []).sort((a, b) => a.seq - b.seq).map(wireNumberedId)
    }
  }
}

export class AccountDraft {
  readonly key: AccountId
  readonly account: AccountId
  bytes = 0
  readonly #rows = new Map<string, ShipRow>()

  constructor (account: AccountId) { this.key = this.account = account }

  get isFull (): boolean { return this.bytes >= fullBytes }

  addRow (table: ShippedTable, write: RowWrite): void { this.#set(shippedTables[table], write.key, valueOf(write)) }
  addLog (log: ConversationId, isIn: boolean): void { this.#set(joinedTable, log, isIn ? new Uint8Array(0) : undefined) }

  #set (table: number, key: string, value: Uint8Array | undefined): void {
    this.#rows.set(`${table}/${key}`, wireRow(table, key, value))
    this.bytes += stepBytes + (value?.byteLength ?? 0)
  }

  toWire (): ShipAccount { return { account: accountIdToBytes(this.account), rows: [...this.#rows.values()], isWhole: false, isDone: false } }
}

export type Draft = LogDraft | AccountDraft
