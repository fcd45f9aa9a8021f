/**
 * What the person does with messages for themselves, on all of their devices: star, delete for me, read.
 *
 * Each is a fact that the devices share. A fact may come before the message that it is about: then it waits for it.
 */
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import { isGroupChat, isPairChat, type ChatId } from '../chat-id.ts'
import type { SyncFacts } from '../devices/sync.ts'
import type { Events } from '../events.ts'
import { messageOf, type History } from '../messages/history.ts'
import type { Outbox } from '../messages/outbox.ts'
import type { Message } from '../model.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { MessageRow, Tables } from '../store/tables.ts'
import type { Place } from './chat-tables.ts'
import type { EarlyActs } from './early.ts'
import { isBehind, isRecord, parseFact, type ChatFlags } from './flags.ts'

export interface MarkComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly history: History
  readonly outbox: Pick<Outbox, 'cancel'>
  readonly early: EarlyActs
  readonly flags: ChatFlags
  readonly facts: SyncFacts
  readonly events: Events
  readonly own: AccountId
}

type Direction = Message['direction']
interface Name { readonly chat: ChatId, readonly direction: Direction, readonly id: MessageId }

const nameOf = ({ chat, direction, id }: Name): string => `${chat}/${direction === 'in' ? 'i' : 'o'}${id}`
function parseName (text: string): Name | undefined {
  const [chat = '', name = ''] = text.split('/')
  if (!/^[io][0-9a-f]{32}$/.test(name) || chat === '') return undefined
  return { chat: chat as ChatId, direction: name.startsWith('i') ? 'in' : 'out', id: name.slice(1) as MessageId }
}

/** Looked through for what another device has read. */
const rowsPerPage = 200
const pagesMax = 20

export class Marks {
  readonly #on: MarkComponents

  constructor (components: MarkComponents) {
    this.#on = components
    const { facts, early } = components
    facts.onFact('star/', async (draft, key, value) => { await this.#onNamed(draft, key, async (name, row) => {
      if (row !== undefined) this.#setStarred(draft, row, value !== '')
      else if (value !== '') early.keepMark(draft, name.chat, name.id, { kind: 'star', by: components.own })
    }) })
    facts.onFact('gone/', async (draft, key, value) => { await this.#onNamed(draft, key, async (name, row) => {
      if (value === '') return
      if (row !== undefined) await this.remove(draft, row)
      else early.keepMark(draft, name.chat, name.id, { kind: 'gone', by: components.own })
    }) })
    facts.onFact('read/', async (draft, key, value, isOwnWrite) => {
      const place = placeIn(parseFact(value))
      if (place !== undefined && !isOwnWrite) await this.#readTo(draft, key.slice('read/'.length) as ChatId, place)
    })
  }

  async star (draft: Draft, row: MessageRow, value: boolean): Promise<void> { await this.#on.facts.put(draft, `star/${nameOf(row)}`, value ? '1' : '') }
  async deleteForMe (draft: Draft, row: MessageRow): Promise<void> { await this.#on.facts.put(draft, `gone/${nameOf(row)}`, '1') }

  /** Read here up to `place`: the other devices hear of it. */
  async read (draft: Draft, chat: ChatId, place: Place): Promise<void> {
    const said = placeIn(parseFact(await this.#on.facts.get(draft, `read/${chat}`) ?? ''))
    if (said === undefined || isBehind(said, place)) await this.#on.facts.put(draft, `read/${chat}`, JSON.stringify({ epoch: place.epoch, seq: place.seq }))
  }

  /** Starred messages that are here, by chat. */
  async starred (): Promise<Message[]> {
    const { ledger, tables, facts } = this.#on
    const names = (await facts.list('star/')).flatMap(({ key }) => parseName(key.slice('star/'.length)) ?? [])
    const rows = await ledger.readMany(tables.messages, names.map(nameOf))
    return rows.flatMap((row) => row === undefined ? [] : [messageOf(row)])
  }

  /** It came after another device of this account had done with it. */
  async marked (draft: Draft, chat: ChatId, id: MessageId, kind: 'gone' | 'star'): Promise<void> {
    const row = await this.#on.history.find(draft, chat, 'in', id) ?? await this.#on.history.find(draft, chat, 'out', id)
    if (row === undefined) return
    if (kind === 'gone') await this.remove(draft, row)
    else this.#setStarred(draft, row, true)
  }

  /** A message of another has come that was read on another device already. */
  async shown (draft: Draft, row: MessageRow): Promise<void> {
    const { readTo } = this.#on.flags.row(row.chat, draft)
    const place = placeIn(row)
    if (row.direction !== 'in' || readTo === undefined || place === undefined || isBehind(readTo, place)) return
    await this.#markRead(draft, row)
  }

  /** Out of the history; one that was not sealed yet is never sent. */
  async remove (draft: Draft, row: MessageRow): Promise<void> {
    const { history, outbox, tables, events } = this.#on
    if (row.direction === 'out') await outbox.cancel(draft, row)
    history.remove(draft, row)
    if (row.direction === 'in' && row.state !== 'read') {
      const { unread = 0 } = await draft.read(tables.conversations, row.chat) ?? {}
      draft.write(tables.conversations, row.chat, { unread: Math.max(0, unread - 1) })
    }
    draft.after(() => { events.emit('gone', { chat: row.chat, ids: [row.id] }) })
  }

  async #onNamed (draft: Draft, key: string, then: (name: Name, row: MessageRow | undefined) => Promise<void>): Promise<void> {
    const name = parseName(key.slice(key.indexOf('/') + 1))
    if (name !== undefined) await then(name, await this.#on.history.find(draft, name.chat, name.direction, name.id))
  }

  #setStarred (draft: Draft, row: MessageRow, value: boolean): void {
    const { isStarred = false, ...rest } = row
    if (isStarred === value) return
    const after: MessageRow = value ? { ...rest, isStarred: true } : rest
    this.#on.history.replace(draft, after)
    draft.after(() => { this.#on.events.emit('update', messageOf(after)) })
  }

  async #readTo (draft: Draft, chat: ChatId, place: Place): Promise<void> {
    const { ledger, history, tables, flags } = this.#on
    if (!(isPairChat(chat) || isGroupChat(chat)) || !flags.readTo(draft, chat, place)) return
    let left = (await draft.read(tables.conversations, chat))?.unread ?? 0
    let before: MessageId | undefined
    for (let page = 0; left > 0 && page < pagesMax; page++) {
      const rows = await history.page(ledger, chat, { limit: rowsPerPage, ...(before === undefined ? {} : { before }) })
      if (rows.length === 0) return
      before = rows[0]!.id
      for (const { id, direction } of rows.reverse()) {
        const row = direction === 'in' ? await history.find(draft, chat, 'in', id) : undefined
        const at = row === undefined ? undefined : placeIn(row)
        if (row === undefined || at === undefined || isBehind(place, at) || row.state !== 'delivered') continue
        await this.#markRead(draft, row)
        left--
      }
    }
  }

  async #markRead (draft: Draft, { chat, id }: MessageRow): Promise<void> {
    const { history, tables, events } = this.#on
    const row = await history.update(draft, chat, 'in', id, { state: 'read' })
    if (row === undefined) return
    const { unread = 0 } = await draft.read(tables.conversations, chat) ?? {}
    draft.write(tables.conversations, chat, { unread: Math.max(0, unread - 1) })
    draft.after(() => { events.emit('update', messageOf(row)) })
  }
}

function placeIn (value: unknown): Place | undefined {
  if (!isRecord(value) || typeof value.epoch !== 'number' || typeof value.seq !== 'number') return undefined
  return { epoch: value.epoch, seq: value.seq }
}
