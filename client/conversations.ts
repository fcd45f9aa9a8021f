/**
 * The conversations of an account as its person sees them: which there are, what came last, and what was read.
 */
import { conversationOfChat, isGroupChat, isPairChat, type ChatId } from './chat-id.ts'
import type { AccountId, MessageId } from '../protocol/ids.ts'
import type { Chats } from './chat/chats.ts'
import { fallbackName, type Contacts } from './contacts.ts'
import type { ReadMarks } from './devices/read-marks.ts'
import type { Events } from './events.ts'
import type { GroupEngine } from './groups/group-engine.ts'
import { messageOf, type History } from './messages/history.ts'
import type { Receipts } from './messages/receipts.ts'
import type { Contact, ConversationSummary } from './model.ts'
import type { Ledger } from './store/ledger.ts'
import type { MessageRow, Tables } from './store/tables.ts'

export interface ConversationComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly history: History
  readonly contacts: Contacts
  readonly events: Events
  readonly chats: Pick<Chats, 'info' | 'isSilent'>
  readonly groups: Pick<GroupEngine, 'present' | 'nameOf' | 'read'>
  readonly receipts: Pick<Receipts, 'owe'>
  readonly readMarks: Pick<ReadMarks, 'put'>
  readonly own: AccountId
  /** Are people told what was read? */
  readonly readReceipts: boolean
}

/** Messages marked as read in one batch. */
const readPerBatch = 500

export class Conversations {
  readonly #on: ConversationComponents

  constructor (components: ConversationComponents) { this.#on = components }

  /** Newest first; contacts without a message at the end. */
  async list (): Promise<ConversationSummary[]> {
    const { ledger, tables, history, groups, chats, own } = this.#on
    const contacts = new Map((await this.#on.contacts.list()).map((contact) => [contact.account, contact]))
    const present = new Set<ChatId>([...await history.chats(ledger), ...contacts.keys(), ...groups.present()])
    const summaries = await Promise.all([...present].map(async (chat): Promise<ConversationSummary> => {
      const [last] = await history.page(ledger, chat, { limit: 1 })
      return {
        id: conversationOfChat(own, chat).id,
        chat,
        ...isPairChat(chat) ? pairSummary(chat, contacts.get(chat)) : isGroupChat(chat) ? { kind: 'group' as const, name: groups.nameOf(chat), isVerified: false } : { kind: 'self' as const, name: 'Yourself', isVerified: true },
        ...(last === undefined ? {} : { lastMessage: messageOf(last) }),
        unread: (await ledger.read(tables.conversations, chat))?.unread ?? 0,
        info: chats.info(chat)
      }
    }))
    const atMs = ({ lastMessage }: ConversationSummary): number => lastMessage?.receivedAtMs ?? lastMessage?.sentAtMs ?? 0
    return summaries.sort((a, b) => atMs(b) - atMs(a) || a.name.localeCompare(b.name))
  }

  /** Everything in this conversation has been seen; sends read receipts unless they are off. */
  async markRead (chat: ChatId): Promise<void> {
    while (await this.#markSome(chat)) { /* the next batch */ }
  }

  /** @returns whether there may be more */
  async #markSome (chat: ChatId): Promise<boolean> {
    const { ledger, tables, history, events, chats, groups, receipts, readMarks, readReceipts } = this.#on
    return await ledger.run(async (draft) => {
      const unread = (await draft.read(tables.conversations, chat))?.unread ?? 0
      const ids: MessageId[] = []
      const seen: MessageRow[] = []
      let before: MessageId | undefined
      let isAtEnd = unread === 0
      while (!isAtEnd && ids.length < Math.min(unread, readPerBatch)) {
        const page = await history.page(ledger, chat, { limit: readPerBatch, ...(before === undefined ? {} : { before }) })
        isAtEnd = page.length === 0
        before = page[0]?.id
        await history.prefetch(draft, page, 'in')
        for (const { id, direction, state } of page.reverse()) {
          if (direction !== 'in' || state !== 'delivered' || ids.length >= readPerBatch) continue
          ids.push(id)
          const row = await history.update(draft, chat, 'in', id, { state: 'read' })
          if (row === undefined) continue
          seen.push(row)
          draft.after(() => { events.emit('update', messageOf(row)) })
        }
      }
      if (unread === 0) return false
      await readMarks.put(draft, chat)
      if (ids.length > 0 && readReceipts && !chats.isSilent(chat, draft)) {
        if (isGroupChat(chat)) await groups.read(draft, chat, seen)
        else await receipts.owe(draft, chat, 'read', ids.reverse())
      }
      const left = isAtEnd ? 0 : unread - ids.length
      draft.write(tables.conversations, chat, { unread: Math.max(0, left) })
      return left > 0
    }, { isFresh: true })
  }
}

const pairSummary = (account: AccountId, contact: Contact | undefined): Pick<ConversationSummary, 'kind' | 'account' | 'name' | 'handle' | 'isVerified'> => ({
  kind: 'pair',
  account,
  name: contact?.name ?? fallbackName(account, ''),
  ...(contact?.handle === undefined ? {} : { handle: contact.handle }),
  isVerified: contact?.isVerified ?? false
})
