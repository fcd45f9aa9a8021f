/**
 * What the person does with messages for themselves, on all of their devices: star, delete for me.
 *
 * Each is a fact that the devices share. A fact may come before the message that it is about: then it waits for it.
 */
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import type { SyncFacts } from '../devices/sync.ts'
import type { Events } from '../events.ts'
import { messageOf, type History } from '../messages/history.ts'
import type { Outbox } from '../messages/outbox.ts'
import type { Message } from '../model.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { MessageRow, Tables } from '../store/tables.ts'
import type { EarlyActs } from './early.ts'

export interface MarkComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly history: History
  readonly outbox: Pick<Outbox, 'cancel'>
  readonly early: EarlyActs
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
  }

  async star (draft: Draft, row: MessageRow, value: boolean): Promise<void> { await this.#on.facts.put(draft, `star/${nameOf(row)}`, value ? '1' : '') }
  async deleteForMe (draft: Draft, row: MessageRow): Promise<void> { await this.#on.facts.put(draft, `gone/${nameOf(row)}`, '1') }

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

  /** Out of the history; one that was not sealed yet is never sent. */
  async remove (draft: Draft, row: MessageRow): Promise<void> {
    const { history, outbox, tables, events } = this.#on
    if (row.direction === 'out') await outbox.cancel(draft, row)
    history.remove(draft, row)
    if (row.direction === 'in' && row.state !== 'read') {
      const conversation = await draft.read(tables.conversations, row.chat)
      if (conversation !== undefined) draft.write(tables.conversations, row.chat, { ...conversation, unread: Math.max(0, conversation.unread - 1) })
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
}
