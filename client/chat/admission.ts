/**
 * Who may be heard. Somebody whom the person has blocked is not; a stranger's first message is a request, of which the
 * stranger learns nothing until the person has said yes, written back, or named them; being added to a group likewise.
 */
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import { isGroupChat, isPairChat, type ChatId } from '../chat-id.ts'
import type { SyncFacts } from '../devices/sync.ts'
import type { GroupAsked, GroupNames } from '../groups/group-engine.ts'
import type { Admission, MessageGate } from '../messages/gate.ts'
import type { History } from '../messages/history.ts'
import type { Receipts } from '../messages/receipts.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { MessageRow, Tables } from '../store/tables.ts'
import type { Acts } from './acts.ts'
import { parseFact, type ChatFlags } from './flags.ts'
import type { Marks } from './marks.ts'

export interface AdmissionComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly history: History
  readonly receipts: Pick<Receipts, 'owe'>
  readonly flags: ChatFlags
  readonly facts: SyncFacts
  readonly acts: Acts
  readonly marks: Marks
  /** ask: a stranger's first message is a request · accept: everybody is heard (bots) */
  readonly strangers: 'ask' | 'accept'
  readonly readReceipts: boolean
  readonly names: GroupNames
  /** From now on this chat's person is told what this account tells those it talks to. */
  readonly onAccepted: (draft: Draft, chat: ChatId) => Promise<void>
}

/** Who may add this account to a group without asking. */
export type AddPolicy = 'everyone' | 'contacts' | 'nobody'
const policies: readonly AddPolicy[] = ['everyone', 'contacts', 'nobody']
const policyKey = 'settings/groups'
/** Messages of a request for which receipts are paid, or that go when it is declined. */
const requestMessages = 1_000
/** Strangers without an answer, and unread messages of one of them: what is beyond is not kept. */
export const maxRequests = 1_000
export const unreadOfRequest = 100

export class Gate implements MessageGate, GroupAsked {
  readonly #on: AdmissionComponents

  constructor (components: AdmissionComponents) {
    this.#on = components
    components.facts.onFact('request/', async (draft, key, value) => {
      const chat = key.slice('request/'.length) as ChatId
      const answer = parseFact(value)
      if (answer === 'accepted') await this.accepted(draft, chat, { isSaid: true })
      else if (answer === 'declined') await this.#declined(draft, chat)
    })
  }

  async admit (draft: Draft, { chat, sender, isText }: { readonly chat: ChatId, readonly sender: AccountId, readonly isText: boolean }): Promise<Admission> {
    const { flags } = this.#on
    if (flags.isBlocked(sender, draft)) return 'drop'
    const { request } = flags.row(chat, draft)
    if (request === 'declined') return 'drop'
    if (request === 'pending') return isPairChat(chat) && isText && await this.#isFull(draft, chat) ? 'drop' : 'silent'
    if (request === 'accepted' || !isPairChat(chat)) return 'show'
    if (await this.#isKnown(draft, chat)) {
      await this.accepted(draft, chat)
      return 'show'
    }
    // Not a message: that a stranger has put this account into a group, or an act on nothing (early.ts has the bounds).
    if (!isText) return 'silent'
    // [DROP] strangers cannot fill the store, not with accounts and not with messages
    if (this.#pendingPairs() >= maxRequests) return 'drop'
    flags.change(draft, chat, undefined, (row) => ({ ...row, request: 'pending' }))
    return 'silent'
  }

  async shown (draft: Draft, row: MessageRow): Promise<void> {
    const { flags, acts } = this.#on
    await acts.shown(draft, row)
    if (row.direction === 'out') { await this.accepted(draft, row.chat); return }
    const { request, isArchived } = flags.row(row.chat, draft)
    if (request === 'pending') flags.tell(draft, row.chat, 'request')
    if (isArchived === true && !flags.isMuted(row.chat, draft)) await flags.setArchived(draft, row.chat, false)
  }

  /** Somebody has put this account into a group; undefined: it is not known who. */
  async added (draft: Draft, chat: ChatId, by: AccountId | undefined): Promise<void> {
    const { flags } = this.#on
    if (flags.row(chat, draft).request !== undefined || await this.#mayAdd(draft, by)) return
    flags.change(draft, chat, 'request', (row) => ({ ...row, request: 'pending' }))
  }

  /** Somebody who is in the group says that this account is: that may come before the group itself. */
  async welcomed (draft: Draft, chat: ChatId, by: AccountId): Promise<void> {
    const { flags } = this.#on
    const { request } = flags.row(chat, draft)
    if (request === 'accepted' || request === 'declined') return
    if (await this.addPolicy(draft) === 'everyone' || !await this.#mayAdd(draft, by)) return
    flags.change(draft, chat, 'request', (row) => ({ ...row, request: 'accepted' }))
  }

  /** This account has asked for it. */
  async joined (draft: Draft, chat: ChatId): Promise<void> { await this.answer(draft, chat, 'accepted') }

  async ownName (draft: Draft): Promise<string> { return await this.#on.names.ownName(draft) }
  async named (draft: Draft, account: AccountId, name: string): Promise<void> { await this.#on.names.named(draft, account, name) }

  async #mayAdd (draft: Draft, by: AccountId | undefined): Promise<boolean> {
    const policy = await this.addPolicy(draft)
    if (by !== undefined && this.#on.flags.isBlocked(by, draft)) return false
    return policy === 'everyone' || (policy === 'contacts' && by !== undefined && await this.#isContact(draft, by))
  }

  async addPolicy (draft: Pick<Draft, 'read'>): Promise<AddPolicy> {
    const value = parseFact(await this.#on.facts.get(draft, policyKey) ?? '')
    return policies.find((policy) => policy === value) ?? 'everyone'
  }

  async setAddPolicy (draft: Draft, policy: AddPolicy): Promise<void> { await this.#on.facts.put(draft, policyKey, JSON.stringify(policy)) }

  async answer (draft: Draft, chat: ChatId, answer: 'accepted' | 'declined'): Promise<void> {
    await this.#on.facts.put(draft, `request/${chat}`, JSON.stringify(answer))
  }

  /** This account talks with them: what came so far counts as anything else. Nothing happens when that is known. */
  async accepted (draft: Draft, chat: ChatId, { isSaid = false }: { isSaid?: boolean } = {}): Promise<void> {
    const { flags, receipts, readReceipts } = this.#on
    const { request } = flags.row(chat, draft)
    // Nobody asks whether to be in a group that one has been in.
    if (request === 'accepted' || (request === undefined && !isPairChat(chat) && !isSaid)) return
    flags.change(draft, chat, request === undefined ? undefined : 'request', (row) => ({ ...row, request: 'accepted' }))
    if (isPairChat(chat) && request === 'pending') {
      const incoming = (await this.#messages(draft, chat)).filter(({ direction, state }) => direction === 'in' && (state === 'delivered' || state === 'read'))
      const ids = (stage: 'delivered' | 'read'): MessageId[] => incoming.filter(({ state }) => (state === 'read' && readReceipts ? 'read' : 'delivered') === stage).map(({ id }) => id)
      for (const stage of ['delivered', 'read'] as const) if (ids(stage).length > 0) await receipts.owe(draft, chat, stage, ids(stage))
    }
    await this.#on.onAccepted(draft, chat)
  }

  async #declined (draft: Draft, chat: ChatId): Promise<void> {
    const { flags, marks } = this.#on
    flags.change(draft, chat, 'request', (row) => ({ ...row, request: 'declined' }))
    if (isPairChat(chat) || isGroupChat(chat)) for (const row of await this.#messages(draft, chat)) await marks.remove(draft, row)
  }

  #pendingPairs (): number {
    let count = 0
    for (const [chat, { request }] of this.#on.flags.rows()) if (request === 'pending' && isPairChat(chat)) count++
    return count
  }

  async #isFull (draft: Draft, chat: ChatId): Promise<boolean> {
    return ((await draft.read(this.#on.tables.conversations, chat))?.unread ?? 0) >= unreadOfRequest
  }

  async #messages (draft: Draft, chat: ChatId): Promise<MessageRow[]> {
    const rows = []
    for (const { direction, id } of await this.#on.history.page(this.#on.ledger, chat, { limit: requestMessages })) {
      const row = await this.#on.history.find(draft, chat, direction, id)
      if (row !== undefined) rows.push(row)
    }
    return rows
  }

  async #isKnown (draft: Draft, account: AccountId): Promise<boolean> {
    if (this.#on.strangers === 'accept' || await this.#isContact(draft, account)) return true
    // From a time when nobody was asked.
    return (await this.#on.history.page(this.#on.ledger, account, { limit: 1 })).length > 0
  }

  async #isContact (draft: Draft, account: AccountId): Promise<boolean> { return await draft.read(this.#on.tables.contacts, account) !== undefined }
}
