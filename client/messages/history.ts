/**
 * Messages as the person sees them, in the order of the conversation log.
 *
 * A message that has no number yet stands behind those that have one, in the order in which it was written.
 */
import type { MessageId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { MessageTimers } from './gate.ts'
import type { Message, MessageState } from '../model.ts'
import { positionKey, type MessageRow, type Tables } from '../store/tables.ts'

/** Only upwards: a late outcome or receipt never takes back what is known. `failed` is reached from pending, and from sent when the sequencer refuses. */
const rank: Record<MessageState, number> = { pending: 0, failed: 1, sent: 2, delivered: 3, read: 4 }

type Direction = Message['direction']

/** Direction and id: nobody can take the place of a message by reusing the id of one that went the other way. */
const nameOf = (direction: Direction, id: MessageId): string => (direction === 'in' ? 'i' : 'o') + id
const nameChars = 33
const rowKey = (chat: ChatId, name: string): string => `${chat}/${name}`
const placeOf = (name: string, position?: { epoch: number, seq: number }): string =>
  position === undefined ? `~${name}` : `${positionKey(position.epoch, position.seq)}.${name}`
const empty = new Uint8Array(0)

/** Without what only the store needs. */
export function messageOf ({ epoch: _epoch, at: _at, ...row }: MessageRow): Message {
  const { reactions, votes, ...message } = row
  return {
    ...(message.viewOnce === true ? unseen(message) : message),
    // What was taken back is kept, so that it does not come back, and not shown.
    ...given('reactions', reactions?.filter(({ emoji }) => emoji !== '')),
    ...given('votes', votes?.filter(({ options }) => options.length > 0))
  }
}

const given = <Name extends string, T>(name: Name, list: readonly T[] | undefined): { [name in Name]?: readonly T[] } => list === undefined || list.length === 0 ? {} : { [name]: list } as { [name in Name]: readonly T[] }

/** Shown by `openOnce` only. */
function unseen ({ mentions: _mentions, location: _location, contact: _contact, poll: _poll, replyTo: _replyTo, ...message }: Message): Message { return { ...message, text: '' } }

export class History {
  readonly #tables: Tables
  readonly #timers: MessageTimers | undefined

  constructor ({ tables, timers }: { tables: Tables, timers?: MessageTimers }) {
    this.#tables = tables
    this.#timers = timers
  }

  async find (draft: Draft, chat: ChatId, direction: Direction, id: MessageId): Promise<MessageRow | undefined> {
    return await draft.read(this.#tables.messages, rowKey(chat, nameOf(direction, id)))
  }

  /** Bring messages into memory in one go, before they are found one by one. */
  async prefetch (draft: Draft, items: ReadonlyArray<{ chat: ChatId, id: MessageId }>, direction: Direction): Promise<void> {
    await draft.prefetch(this.#tables.messages, items.map(({ chat, id }) => rowKey(chat, nameOf(direction, id))))
  }

  /** @param before what stood under this id and direction, and gives way */
  add (draft: Draft, message: Message, position?: { epoch: number, seq: number }, before?: MessageRow): MessageRow {
    const name = nameOf(message.direction, message.id)
    if (before !== undefined) draft.erase(this.#tables.order, `${before.chat}/${before.at}`)
    const row = this.#timed(draft, { ...message, ...position, at: placeOf(name, position) })
    draft.write(this.#tables.messages, rowKey(row.chat, name), row)
    draft.write(this.#tables.order, `${row.chat}/${row.at}`, empty)
    return row
  }

  remove (draft: Draft, row: MessageRow): void {
    draft.erase(this.#tables.messages, rowKey(row.chat, nameOf(row.direction, row.id)))
    draft.erase(this.#tables.order, `${row.chat}/${row.at}`)
    this.#timers?.onRemoved(draft, row)
    this.#timers?.onEmptied(draft, row)
  }

  /** Another form of a message that keeps its place. */
  replace (draft: Draft, row: MessageRow): void {
    draft.write(this.#tables.messages, rowKey(row.chat, nameOf(row.direction, row.id)), row)
    if (row.isDeleted === true) this.#timers?.onEmptied(draft, row)
  }

  #timed (draft: Draft, row: MessageRow): MessageRow { return this.#timers?.onState(draft, row) ?? row }

  /** @returns the message as it is now when it changed, undefined when it did not or is not there */
  async update (draft: Draft, chat: ChatId, direction: Direction, id: MessageId, change: { state?: MessageState, error?: string, position?: { epoch: number, seq: number }, isRefused?: boolean }): Promise<MessageRow | undefined> {
    const before = await this.find(draft, chat, direction, id)
    if (before === undefined) return undefined
    const name = nameOf(direction, id)
    const isRefused = change.isRefused === true && (before.state === 'sent' || before.state === 'pending')
    const isHigher = isRefused || (change.state !== undefined && rank[change.state] > rank[before.state] && !(change.state === 'failed' && before.state !== 'pending'))
    const isMoved = change.position !== undefined && (before.epoch !== change.position.epoch || before.seq !== change.position.seq)
    if (!isHigher && !isMoved) return undefined
    const after = this.#timed(draft, {
      ...before,
      ...(isHigher ? { state: change.state! } : {}),
      ...(isHigher && change.error !== undefined ? { error: change.error } : {}),
      ...(isMoved ? { ...change.position!, at: placeOf(name, change.position) } : {})
    })
    draft.write(this.#tables.messages, rowKey(chat, name), after)
    if (after.at !== before.at) {
      draft.erase(this.#tables.order, `${chat}/${before.at}`)
      draft.write(this.#tables.order, `${chat}/${after.at}`, empty)
    }
    return after
  }

  /** The newest `limit` messages before `before`, oldest first. */
  async page (ledger: Ledger, chat: ChatId, { before, limit = 50 }: { before?: MessageId, limit?: number } = {}): Promise<MessageRow[]> {
    let to = `${chat}/\x7f`
    if (before !== undefined) {
      const rows = await ledger.readMany(this.#tables.messages, [rowKey(chat, nameOf('in', before)), rowKey(chat, nameOf('out', before))])
      const row = rows[0] ?? rows[1]
      if (row === undefined) return []
      to = `${chat}/${row.at}`
    }
    const order = await ledger.range(this.#tables.order, { from: `${chat}/`, to, reverse: true, limit })
    const rows = await ledger.readMany(this.#tables.messages, order.reverse().map(({ key }) => rowKey(chat, key.slice(-nameChars))))
    return rows.filter((row) => row !== undefined)
  }

  /** Every chat in which there is at least one message. */
  async chats (ledger: Ledger): Promise<ChatId[]> {
    const chats: ChatId[] = []
    for (let from = ''; ;) {
      const [first] = await ledger.range(this.#tables.order, { from, to: '\x7f', limit: 1 })
      if (first === undefined) return chats
      const chat = first.key.slice(0, first.key.indexOf('/'))
      chats.push(chat as ChatId)
      from = `${chat}0` // '0' follows '/'
    }
  }
}
