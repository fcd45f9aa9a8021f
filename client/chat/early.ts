/**
 * What was said of a message that is not here: kept until it comes, because a log is in order and so only a loss
 * can put an answer before what it answers. Bounded: nobody fills another's store with words on nothing.
 */
import type { Clock } from '../../protocol/clock.ts'
import { toHex } from '../../protocol/bytes.ts'
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import { encodeBody } from '../messages/content.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { Act } from './act.ts'
import type { ChatTables, EarlyAct, EarlyRow } from './chat-tables.ts'

export interface EarlyComponents {
  readonly ledger: Ledger
  readonly chatTables: ChatTables
  readonly clock: Clock
}

const keptMs = 30 * 24 * 60 * 60_000
/** In all; of one chat; of one sender in it; on one message. */
const maxInAll = 5_000
const maxMessages = 200
const maxMessagesOfSender = 50
const maxActs = 64

const keyOf = (chat: ChatId, id: MessageId): string => `${chat}/${id}`

export class EarlyActs {
  readonly #on: EarlyComponents

  constructor (components: EarlyComponents) { this.#on = components }

  async load (): Promise<void> {
    const { ledger, chatTables, clock } = this.#on
    const old = (await ledger.preload(chatTables.early)).filter(({ value }) => value.atMs + keptMs < clock.nowMs())
    if (old.length > 0) await ledger.run((draft) => { for (const { key } of old) draft.erase(chatTables.early, key) })
  }

  keep (draft: Draft, id: MessageId, { chat, sender, isOwn, sentAtMs, isAdmin, body }: Act): void {
    this.#keep(draft, chat, id, { sender, isOwn, sentAtMs, isAdmin, kind: body.kind, body: toHex(encodeBody(body)) })
  }

  /** Another device of this account has deleted or starred it. */
  keepMark (draft: Draft, chat: ChatId, id: MessageId, mark: { readonly kind: 'gone' | 'star', readonly by: AccountId }): void {
    this.#keep(draft, chat, id, { sender: mark.by, isOwn: true, sentAtMs: this.#on.clock.nowMs(), isAdmin: false, kind: mark.kind, body: '' })
  }

  /** Of each person the newest of each kind; what does not fit is not kept. */
  #keep (draft: Draft, chat: ChatId, id: MessageId, act: EarlyAct): void {
    const { chatTables, clock } = this.#on
    const key = keyOf(chat, id)
    const row = draft.peek(chatTables.early, key)
    if (row === undefined && !this.#hasRoom(chat, act)) return
    const kept = (row?.acts ?? []).filter(({ sender, kind }) => sender !== act.sender || kind !== act.kind)
    const before = row?.acts.find(({ sender, kind }) => sender === act.sender && kind === act.kind)
    if (kept.length >= maxActs || (before !== undefined && before.sentAtMs > act.sentAtMs)) return
    draft.write(chatTables.early, key, { atMs: row?.atMs ?? clock.nowMs(), acts: [...kept, act] })
  }

  /** What was said of a message that has come now. */
  take (draft: Draft, chat: ChatId, id: MessageId): readonly EarlyAct[] {
    const { early } = this.#on.chatTables
    const row = draft.peek(early, keyOf(chat, id))
    if (row === undefined) return []
    draft.erase(early, keyOf(chat, id))
    return row.acts
  }

  #hasRoom (chat: ChatId, { sender }: EarlyAct): boolean {
    let inAll = 0
    let count = 0
    let ofSender = 0
    for (const [key, row] of this.#on.chatTables.early.cachedEntries() as Iterable<[string, EarlyRow]>) {
      inAll++
      if (!key.startsWith(`${chat}/`)) continue
      count++
      if (row.acts[0]?.sender === sender) ofSender++
    }
    return inAll < maxInAll && count < maxMessages && ofSender < maxMessagesOfSender
  }
}
