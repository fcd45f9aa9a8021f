/**
 * What a new device gets from the primary: rows of tables, first those without which it cannot work, then messages.
 *
 * Essentials are read in one turn of the ledger, so that the logs' positions fit everything else. Of the history goes what
 * stands at or before those positions: what comes after, the new device gets from the logs itself, and nothing twice.
 * Never handed over: sessions, ratchets, sender keys, prekeys, the outbox, the account key. A part of the client that has
 * a table of its own adds it with `add`. Spec: docs/protocol/devices.md
 */
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId } from '../../protocol/ids.ts'
import type { LinkRow, LinkRows } from '../../protocol/wire/gen/link.js'
import type { ChatId } from '../chat-id.ts'
import type { History } from '../messages/history.ts'
import type { Draft, Ledger, Table } from '../store/ledger.ts'
import { positionKey, type LogRow, type MessageRow, type Tables } from '../store/tables.ts'
import type { DeviceTables } from './device-tables.ts'

export interface HandoverComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly deviceTables: DeviceTables
  readonly history: History
}

interface HandedTable {
  readonly table: Table<unknown>
  readonly isGiven: (key: string, own: AccountId) => boolean
}

/** Half of what a parcel carries: one row more does not matter. */
const chunkBytes = 128 * 1024
const rowsPerChunk = 4_096
const messagesPerPage = 100
/** Of a row: tags, lengths, key and table name, about. */
const rowOverheadBytes = 256
const historyName = 'messages'
const empty = new Uint8Array(0)

export class Handover {
  readonly #on: HandoverComponents
  readonly #essentials = new Map<string, HandedTable>()

  constructor (components: HandoverComponents) {
    this.#on = components
    const { tables, deviceTables } = components
    // One's own travel with the admission, before anything else.
    const isOthers = (key: string, own: AccountId): boolean => key !== own
    this.add('contacts', tables.contacts)
    this.add('deviceLists', tables.deviceLists, isOthers)
    this.add('homeRecords', tables.homeRecords, isOthers)
    this.add('conversations', tables.conversations)
    this.add('logs', tables.logs)
    this.add('facts', deviceTables.facts)
  }

  /**
   * @param name what the table is called between versions; never used for something else
   * @param isGiven which rows go; default: all
   */
  add<T> (name: string, table: Table<T>, isGiven: (key: string, own: AccountId) => boolean = () => true): void {
    if (this.#essentials.has(name) || name === historyName) throw new Error(`two tables are called ${name}`)
    this.#essentials.set(name, { table: table as Table<unknown>, isGiven })
  }

  /** Everything for a new device. The first chunks are without history; `isComplete` marks the last of those. */
  async * chunks (own: AccountId): AsyncGenerator<LinkRows> {
    const { rows, logs, messages } = await this.#on.ledger.run(async () => await this.#snapshot(own), { isFresh: true })
    const total = rows.length + messages
    let done = 0
    let part = new Part()
    const take = (rest: { isHistory: boolean, isComplete: boolean }): LinkRows => {
      const taken = part.rows
      part = new Part()
      done += taken.length
      return { rows: taken, done, total: Math.max(total, done), ...rest }
    }
    for (const row of rows) {
      if (part.isFullWith(row)) yield take({ isHistory: false, isComplete: false })
      part.add(row)
    }
    yield take({ isHistory: false, isComplete: true })
    for await (const row of this.#messages(logs)) {
      if (part.isFullWith(row)) yield take({ isHistory: true, isComplete: false })
      part.add(row)
    }
    if (part.rows.length > 0) yield take({ isHistory: true, isComplete: false })
  }

  /** Store what came. Rows of tables that this version does not know are left out. @throws ProtocolError LINK_FAILED on a row that cannot be read */
  async store (draft: Draft, { rows, isHistory }: LinkRows): Promise<void> {
    for (const { table, key, value } of rows) {
      if (isHistory) {
        if (table === historyName) await this.#storeMessage(draft, key, value)
        continue
      }
      const known = this.#essentials.get(table)
      if (known !== undefined) draft.write(known.table, key, decoded(known.table, value))
    }
  }

  /** As if nothing had come. */
  async eraseAll (draft: Draft): Promise<void> {
    const { ledger, tables } = this.#on
    for (const table of [...[...this.#essentials.values()].map((one) => one.table), tables.messages as Table<unknown>, tables.order as Table<unknown>]) {
      for (const { key } of await ledger.range(table, { from: '', to: '\x7f' })) draft.erase(table, key)
    }
  }

  async #snapshot (own: AccountId): Promise<{ rows: LinkRow[], logs: Map<ChatId, LogRow>, messages: number }> {
    const { ledger, tables } = this.#on
    const rows: LinkRow[] = []
    const logs = new Map<ChatId, LogRow>()
    for (const [name, { table, isGiven }] of this.#essentials) {
      for (const { key, value } of await ledger.range(table, { from: '', to: '\x7f' })) {
        if (!isGiven(key, own)) continue
        rows.push({ table: name, key, value: table.codec.encode(value) })
        if (table === tables.logs as Table<unknown>) logs.set(key as ChatId, value as LogRow)
      }
    }
    return { rows, logs, messages: (await ledger.range(tables.order, { from: '', to: '\x7f' })).length }
  }

  /** Newest first, a page of each chat in turn: whatever is left out at the end is the oldest of each. */
  async * #messages (logs: ReadonlyMap<ChatId, LogRow>): AsyncGenerator<LinkRow> {
    const { ledger, tables, history } = this.#on
    let open: Array<{ chat: ChatId, to: string }> = (await history.chats(ledger)).flatMap((chat) => {
      const log = logs.get(chat)
      // '/' follows '.', which follows the position in a key of ix/.
      return log === undefined ? [] : [{ chat, to: `${chat}/${positionKey(log.epoch, log.seq)}/` }]
    })
    while (open.length > 0) {
      const left: typeof open = []
      for (const { chat, to } of open) {
        const order = await ledger.range(tables.order, { from: `${chat}/`, to, reverse: true, limit: messagesPerPage })
        const keys = order.map(({ key }) => `${chat}/${key.slice(key.lastIndexOf('.') + 1)}`)
        const rows = await ledger.readMany(tables.messages, keys)
        for (const [i, row] of rows.entries()) if (row !== undefined) yield { table: historyName, key: keys[i]!, value: tables.messages.codec.encode(row) }
        if (order.length === messagesPerPage) left.push({ chat, to: order.at(-1)!.key })
      }
      open = left
    }
  }

  async #storeMessage (draft: Draft, key: string, value: Uint8Array): Promise<void> {
    const { tables, deviceTables } = this.#on
    // What has come from a log meanwhile is newer.
    if (await draft.read(tables.messages, key) !== undefined) return
    const row = decoded(tables.messages as Table<unknown>, value) as MessageRow
    if (!key.startsWith(`${row.chat}/`) || typeof row.at !== 'string') throw new ProtocolError('LINK_FAILED', { what: 'message' })
    if (row.direction === 'in' && row.state === 'failed' && row.isLost !== true) {
      // It may heal there at any moment, and nobody would send it again for this device: asked for among own devices. What
      // stands here keeps its place until then, also for its sender, who may send it again for all.
      draft.write(deviceTables.wanted, `${row.chat}/${row.id}`, { sender: row.sender, epoch: row.epoch ?? 0, seq: row.seq ?? 0, atMs: row.receivedAtMs ?? row.sentAtMs })
    }
    draft.write(tables.messages, key, row)
    draft.write(tables.order, `${row.chat}/${row.at}`, empty)
  }
}

function decoded (table: Table<unknown>, value: Uint8Array): unknown {
  try {
    // A copy: some tables keep views of it.
    return table.codec.decode(value.slice())
  } catch (error) {
    throw new ProtocolError('LINK_FAILED', { what: 'a row', cause: error })
  }
}

class Part {
  readonly rows: LinkRow[] = []
  #bytes = 0

  isFullWith (row: LinkRow): boolean { return this.rows.length > 0 && (this.#bytes + sizeOf(row) > chunkBytes || this.rows.length >= rowsPerChunk) }

  add (row: LinkRow): void {
    this.rows.push(row)
    this.#bytes += sizeOf(row)
  }
}

const sizeOf = ({ value }: LinkRow): number => value.byteLength + rowOverheadBytes
