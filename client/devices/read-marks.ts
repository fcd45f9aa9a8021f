/**
 * Read on one device is read on all: how far a chat was seen is a fact that the account's devices share.
 *
 * The device on which it was read sends the read receipts, if any; the others only follow. A mark may come before the
 * messages that it is about: those count as read when they come. Spec: docs/protocol/devices.md
 */
import type { ChatId } from '../chat-id.ts'
import type { Events } from '../events.ts'
import type { Admission, MessageGate } from '../messages/gate.ts'
import { messageOf, type History } from '../messages/history.ts'
import type { MessageId } from '../../protocol/ids.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { MessageRow, Tables } from '../store/tables.ts'
import type { DeviceTables, ReadMarkRow } from './device-tables.ts'
import type { SyncFacts } from './sync.ts'

export interface ReadMarkComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly deviceTables: DeviceTables
  readonly history: History
  readonly events: Events
  readonly facts: Pick<SyncFacts, 'onFact' | 'put' | 'hasOthers'>
}

interface Place { readonly epoch: number, readonly seq: number }

const prefix = 'read/'
const messagesPerPage = 200

export class ReadMarks implements MessageGate {
  readonly #on: ReadMarkComponents

  constructor (components: ReadMarkComponents) {
    this.#on = components
    components.facts.onFact(prefix, async (draft, key, value, isOwnWrite) => {
      const place = placeOf(value)
      if (place === undefined) return
      const chat = key.slice(prefix.length) as ChatId
      if (isOwnWrite) draft.write(components.deviceTables.readMarks, chat, { ...place, isPending: false })
      else await this.#onMark(draft, chat, place)
    })
  }

  /** Marks that an earlier run had heard of and not followed. */
  async load (): Promise<void> {
    for (const { key, value } of await this.#on.ledger.range(this.#on.deviceTables.readMarks, { from: '', to: '\x7f' })) if (value.isPending) this.#followSoon(key as ChatId)
  }

  /** Everything of this chat that is here has been seen. */
  async put (draft: Draft, chat: ChatId): Promise<void> {
    const log = await draft.read(this.#on.tables.logs, chat)
    if (log !== undefined && log.seq > 0) await this.#on.facts.put(draft, prefix + chat, JSON.stringify({ epoch: log.epoch, seq: log.seq }))
  }

  /** Does everything at this place count as read? */
  async isRead (draft: Draft, chat: ChatId, place: Place): Promise<boolean> {
    const mark = await draft.read(this.#on.deviceTables.readMarks, chat)
    return mark !== undefined && isWithin(place, mark)
  }

  async admit (): Promise<Admission> { return 'show' }

  async shown (draft: Draft, row: MessageRow): Promise<void> {
    if (row.direction !== 'in' || row.state !== 'delivered') return
    const mark = await draft.read(this.#on.deviceTables.readMarks, row.chat)
    if (mark === undefined || !isWithin(row, mark)) return
    // What comes late and stands before it is read on the others already. A device that is alone shows it as new, and says
    // so to those that are linked later.
    if (!await this.#on.facts.hasOthers(draft)) {
      await this.#on.facts.put(draft, prefix + row.chat, JSON.stringify({ epoch: row.epoch, seq: row.seq! - 1 }))
      return
    }
    await this.#on.history.update(draft, row.chat, 'in', row.id, { state: 'read' })
    const { conversations } = this.#on.tables
    const conversation = await draft.read(conversations, row.chat)
    if (conversation !== undefined) draft.write(conversations, row.chat, { ...conversation, unread: Math.max(0, conversation.unread - 1) })
  }

  async #onMark (draft: Draft, chat: ChatId, place: Place): Promise<void> {
    const { readMarks } = this.#on.deviceTables
    const known = await draft.read(readMarks, chat)
    if (known !== undefined && !isWithin(known, place)) return
    draft.write(readMarks, chat, { ...place, isPending: true })
    draft.after(() => { this.#followSoon(chat) })
  }

  /** In a task of its own: it reads ranges of the store. A failure leaves the mark pending for the next start. */
  #followSoon (chat: ChatId): void {
    this.#on.ledger.run(async (draft) => { await this.#follow(draft, chat) }, { isFresh: true }).catch(() => { /* see above */ })
  }

  async #follow (draft: Draft, chat: ChatId): Promise<void> {
    const { ledger, history, tables, deviceTables, events } = this.#on
    const mark = await draft.read(deviceTables.readMarks, chat)
    if (mark?.isPending !== true) return
    draft.write(deviceTables.readMarks, chat, { ...mark, isPending: false })
    const conversation = await draft.read(tables.conversations, chat)
    let left = conversation?.unread ?? 0
    let later = 0
    let before: MessageId | undefined
    while (left > 0) {
      const page = await history.page(ledger, chat, { limit: messagesPerPage, ...(before === undefined ? {} : { before }) })
      if (page.length === 0) break
      before = page[0]!.id
      for (const row of page.reverse()) {
        if (row.direction !== 'in' || row.state !== 'delivered' || left === 0) continue
        left--
        if (!isWithin(row, mark)) { later++; continue }
        const read = await history.update(draft, chat, 'in', row.id, { state: 'read' })
        if (read !== undefined) draft.after(() => { events.emit('update', messageOf(read)) })
      }
    }
    if (conversation !== undefined) draft.write(tables.conversations, chat, { ...conversation, unread: later })
  }
}

/** Does it stand at or before that place? What has no place yet does not. */
function isWithin (row: { readonly epoch?: number, readonly seq?: number }, place: Place | ReadMarkRow): boolean {
  if (row.epoch === undefined || row.seq === undefined) return false
  return row.epoch < place.epoch || (row.epoch === place.epoch && row.seq <= place.seq)
}

/** @returns undefined when it is none that this version knows */
function placeOf (value: string): Place | undefined {
  try {
    const { epoch, seq } = JSON.parse(value) as Partial<Place>
    return Number.isSafeInteger(epoch) && Number.isSafeInteger(seq) ? { epoch: epoch!, seq: seq! } : undefined
  } catch {
    return undefined
  }
}
