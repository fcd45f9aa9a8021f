/**
 * Everything a chat does beside plain texts: what the terminal, a browser app and bots call. Every promise resolves once
 * it is durable; what others are to see is then on its way by itself. Rules: docs/protocol/chat.md
 */
import type { Clock, Random } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { parseAccountId, type AccountId, type MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { conversationOfChat, isGroupChat, isPairChat, isSelfChat, type ChatId } from '../chat-id.ts'
import type { SyncFacts } from '../devices/sync.ts'
import type { Events } from '../events.ts'
import type { GroupAsked } from '../groups/group-engine.ts'
import type { BodyTaker, Mention } from '../messages/bodies.ts'
import type { MessageGate } from '../messages/gate.ts'
import { messageOf, type History } from '../messages/history.ts'
import type { Outbox } from '../messages/outbox.ts'
import type { Receipts } from '../messages/receipts.ts'
import type { BroadcastList, ChatDraft, ChatInfo, Message, Profile } from '../model.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { MessageRow, Tables } from '../store/tables.ts'
import { targetOf, type TargetBody } from './act.ts'
import { Acts, type GroupRights } from './acts.ts'
import { Gate, type AddPolicy } from './admission.ts'
import type { ChatTables } from './chat-tables.ts'
import { EarlyActs } from './early.ts'
import { ChatFlags, forEver } from './flags.ts'
import { BroadcastLists } from './lists.ts'
import { Marks } from './marks.ts'
import { checked, forwardedOf, quoteOf, textBodyOf, type Outgoing } from './outgoing.ts'
import { momentAfter } from './pins.ts'
import { Profiles, type ProfileText } from './profiles.ts'
import { reportOf, type Report } from './report.ts'
import { contentOf, openedOnce, type SeenOnce } from './view-once.ts'

export interface ChatComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly chatTables: ChatTables
  readonly history: History
  readonly outbox: Outbox
  readonly receipts: Receipts
  readonly facts: SyncFacts
  readonly events: Events
  readonly clock: Clock
  readonly random: Random
  readonly own: AccountId
  readonly strangers: 'ask' | 'accept'
  readonly readReceipts: boolean
  readonly rights: GroupRights
  readonly leaveGroup: (chat: ChatId) => Promise<void>
}

/** A message goes on to so many chats at once. */
const maxForwards = 20

const noMessage = (): ProtocolError => new ProtocolError('MALFORMED', { what: 'there is no such message here' })

export class Chats {
  readonly #on: ChatComponents
  readonly #flags: ChatFlags
  readonly #early: EarlyActs
  readonly #acts: Acts
  readonly #marks: Marks
  readonly #gate: Gate
  readonly #profiles: Profiles
  readonly #lists: BroadcastLists

  constructor (components: ChatComponents) {
    this.#on = components
    const flags = this.#flags = new ChatFlags(components)
    const early = this.#early = new EarlyActs(components)
    const marks = this.#marks = new Marks({ ...components, early })
    const acts = this.#acts = new Acts({ ...components, early, flags, onMarked: async (draft, chat, id, kind) => { await marks.marked(draft, chat, id, kind) } })
    const profiles = this.#profiles = new Profiles({ ...components, flags })
    this.#gate = new Gate({ ...components, flags, acts, marks, names: profiles, onAccepted: async (draft, chat) => { await profiles.tell(draft, chat) } })
    this.#lists = new BroadcastLists(components)
  }

  /** Read what an earlier run left. */
  async load (): Promise<void> {
    await this.#flags.load()
    await this.#early.load()
    await this.#profiles.load()
  }

  /** For the engine. */
  get takers (): readonly BodyTaker[] { return [this.#acts, this.#profiles] }
  get gate (): MessageGate & GroupAsked { return this.#gate }

  // --- messages

  /**
   * @param what a text, or one with a quote, mentions, a location, a contact, a poll; or to be seen once
   * @throws ProtocolError TOO_LARGE, TOO_MANY, MALFORMED, BAD_CONVERSATION; NOT_ADMITTED to somebody who is blocked
   */
  async send (chat: ChatId, what: Outgoing | string): Promise<Message> {
    const outgoing = typeof what === 'string' ? { text: what } : what
    this.#checkChat(chat)
    return await this.#on.ledger.run(async (draft) => {
      const quote = outgoing.replyTo === undefined ? undefined : quoteOf(await this.#row(draft, chat, outgoing.replyTo))
      const message = await this.#compose(draft, chat, outgoing, { quote })
      await this.#flags.setDraft(draft, chat, undefined)
      return message
    })
  }

  /** The same to others, marked as forwarded. @throws ProtocolError TOO_MANY, NOT_ADMITTED (deleted, view once), MALFORMED */
  async forward (chat: ChatId, id: MessageId, to: readonly ChatId[]): Promise<Message[]> {
    if (to.length > maxForwards) throw new ProtocolError('TOO_MANY', { max: maxForwards, what: 'chats' })
    for (const other of to) this.#checkChat(other)
    return await this.#on.ledger.run(async (draft) => {
      const { outgoing, forwarded } = forwardedOf(await this.#row(draft, chat, id))
      const sent = []
      for (const other of new Set(to)) sent.push(await this.#compose(draft, other, outgoing, { quote: undefined, forwarded }))
      return sent
    })
  }

  /** @param emoji empty: take it back. @throws ProtocolError MALFORMED (not one emoji, no such message), TOO_LARGE */
  async react (chat: ChatId, id: MessageId, emoji: string): Promise<void> { await this.#act(chat, { kind: 'reaction', messageId: id, emoji }) }

  /** Own texts, for 15 minutes. @throws ProtocolError NOT_ADMITTED, EXPIRED, TOO_LARGE, MALFORMED */
  async edit (chat: ChatId, id: MessageId, text: string, mentions: readonly Mention[] = []): Promise<void> { await this.#act(chat, { kind: 'edit', messageId: id, text, mentions }) }

  /** On all own devices; nobody else learns of it. What is not here is nothing to delete. */
  async deleteForMe (chat: ChatId, ids: readonly MessageId[]): Promise<void> {
    await this.#on.ledger.run(async (draft) => {
      for (const id of ids) {
        const row = await this.#on.history.find(draft, chat, 'in', id) ?? await this.#on.history.find(draft, chat, 'out', id)
        if (row !== undefined) await this.#marks.deleteForMe(draft, row)
      }
    })
  }

  /** Own messages, and any as an admin of a group: a tombstone stays. One that waits for keys is never sent. @throws ProtocolError NOT_ADMITTED, NOT_ALLOWED, MALFORMED */
  async deleteForEveryone (chat: ChatId, id: MessageId): Promise<void> {
    const isDone = await this.#on.ledger.run(async (draft) => {
      const row = await this.#row(draft, chat, id)
      if (row.isDeleted === true) return true
      if (row.sender !== this.#on.own || !await this.#on.outbox.cancel(draft, row)) return false
      await this.#marks.remove(draft, row)
      return true
    })
    if (!isDone) await this.#act(chat, { kind: 'deletion', messageId: id })
  }

  /** @param options numbers from 0; none: take the vote back. @throws ProtocolError MALFORMED, TOO_MANY */
  async vote (chat: ChatId, id: MessageId, options: readonly number[]): Promise<void> { await this.#act(chat, { kind: 'vote', poll: id, options }) }

  /** For everyone in the chat; the newest three count. @throws ProtocolError NOT_ALLOWED in a group that leaves it to admins, MALFORMED */
  async pin (chat: ChatId, id: MessageId, isPinned: boolean): Promise<void> { await this.#act(chat, { kind: 'pin', messageId: id, isPinned }) }

  async star (chat: ChatId, id: MessageId, value: boolean): Promise<void> {
    await this.#on.ledger.run(async (draft) => { await this.#marks.star(draft, await this.#row(draft, chat, id), value) })
  }

  async starred (): Promise<Message[]> { return await this.#marks.starred() }

  /** Look at a message that is shown once: it is gone with this, on all devices. @throws ProtocolError NOT_ADMITTED, MALFORMED */
  async openOnce (chat: ChatId, id: MessageId): Promise<SeenOnce> {
    const { ledger, own, outbox } = this.#on
    return await ledger.run(async (draft) => {
      const row = await this.#row(draft, chat, id)
      const after = row.direction === 'in' ? openedOnce(row, { by: own, isOwn: true }) : undefined
      if (after === undefined) throw new ProtocolError('NOT_ADMITTED', { what: 'there is nothing to open, or it was opened' })
      this.#acts.write(draft, after)
      if (!this.#flags.isSilent(chat, draft)) await outbox.compose(draft, { chat, body: { kind: 'viewedOnce', messageId: id }, kind: envelopeKinds.content })
      return contentOf(row)
    })
  }

  async message (chat: ChatId, id: MessageId): Promise<Message | undefined> {
    return await this.#on.ledger.run(async (draft) => {
      const row = await this.#acts.find(draft, chat, id)
      return row === undefined ? undefined : messageOf(row)
    })
  }

  // --- chats

  info (chat: ChatId): ChatInfo { return this.#flags.info(chat) }

  /** @param until milliseconds since 1970; undefined: not any more */
  async mute (chat: ChatId, until: number | 'forever' | undefined): Promise<void> {
    await this.#on.ledger.run(async (draft) => { await this.#flags.setMuted(draft, chat, until === 'forever' ? forEver : until) })
  }

  /** Until the next message, unless it is muted. */
  async archive (chat: ChatId, value: boolean): Promise<void> { await this.#on.ledger.run(async (draft) => { await this.#flags.setArchived(draft, chat, value) }) }

  /** Kept on all own devices, until something is sent. @throws ProtocolError TOO_LARGE */
  async setDraft (chat: ChatId, value: ChatDraft | undefined): Promise<void> {
    await this.#on.ledger.run(async (draft) => { await this.#flags.setDraft(draft, chat, value?.text === '' ? undefined : value) })
  }

  /**
   * Messages from here on disappear so long after reading; for everyone in the chat.
   * @param seconds 5 to 7,776,000 (90 days); 0: off
   * @throws ProtocolError MALFORMED, NOT_ALLOWED in a group that leaves it to admins, NOT_ADMITTED
   */
  async setTimer (chat: ChatId, seconds: number): Promise<void> {
    const { ledger, clock, own, outbox } = this.#on
    if (!Number.isInteger(seconds) || seconds < 0 || seconds > limits.disappearingMaxS) throw new ProtocolError('MALFORMED', { what: 'timer' })
    const body = checked({ kind: 'timer' as const, expiresAfterS: seconds })
    this.#checkChat(chat)
    await ledger.run(async (draft) => {
      await this.#talk(draft, chat)
      const sentAtMs = momentAfter(clock.nowMs(), this.#flags.row(chat, draft).timer)
      await this.#acts.setTimer(draft, { chat, sender: own, isOwn: true, sentAtMs, isAdmin: false, body })
      await outbox.compose(draft, { chat, body, kind: envelopeKinds.content, sentAtMs })
    })
  }

  // --- people

  /** Their messages are not shown any more, here and in groups; they get no receipts and no presence, and are not told. */
  async block (account: AccountId): Promise<void> { await this.#setBlocked(account, true) }
  async unblock (account: AccountId): Promise<void> { await this.#setBlocked(account, false) }
  blocked (): AccountId[] { return [...this.#flags.rows()].flatMap(([chat, { isBlocked }]) => isBlocked === true && isPairChat(chat) ? [chat] : []) }
  isBlocked (account: AccountId, draft?: Draft): boolean { return this.#flags.isBlocked(account, draft) }
  /** In the batch that stores it, by whichever own device: sender keys that they have must not be used any more. */
  onBlocked (listener: (draft: Draft, account: AccountId) => Promise<void>): void { this.#flags.onBlocked(listener) }
  /** Nobody there may learn that this account is there: blocked, or a request without an answer. */
  isSilent (chat: ChatId, draft?: Draft): boolean { return this.#flags.isSilent(chat, draft) }

  /**
   * What the person wants an operator to see; nothing is sent.
   * @param options.account in a group: who; a pair: the other person
   * @param options.messages absent: the newest 5 of them
   */
  async report (chat: ChatId, { account, messages, reason = '' }: { readonly account?: AccountId, readonly messages?: readonly MessageId[], readonly reason?: string } = {}): Promise<Report> {
    const { ledger, history, clock, own } = this.#on
    const reported = isPairChat(chat) ? chat : account
    if (reported === undefined) throw new ProtocolError('MALFORMED', { what: 'say whom' })
    const newest = 5
    const rows = messages === undefined
      ? (await history.page(ledger, chat, { limit: 200 })).filter(({ sender }) => sender === reported).slice(-newest)
      : await ledger.run(async (draft) => await Promise.all(messages.map(async (id) => await this.#row(draft, chat, id))))
    return reportOf({ nowMs: clock.nowMs(), own, reported, chat, reason, messages: rows.map(messageOf) })
  }

  /** Strangers who have written, and groups that strangers have put this account into. */
  requests (): ChatInfo[] { return [...this.#flags.rows()].flatMap(([chat, { request, isBlocked }]) => request === 'pending' && isBlocked !== true ? [this.#flags.info(chat)] : []) }
  async accept (chat: ChatId): Promise<void> { await this.#on.ledger.run(async (draft) => { await this.#gate.answer(draft, chat, 'accepted') }, { isFresh: true }) }
  /** What came goes, and what comes is not shown; a group is left. */
  async decline (chat: ChatId): Promise<void> {
    await this.#on.ledger.run(async (draft) => { await this.#gate.answer(draft, chat, 'declined') }, { isFresh: true })
    if (isGroupChat(chat)) await this.#on.leaveGroup(chat)
  }

  /** Who may put this account into a group without asking. */
  async addPolicy (): Promise<AddPolicy> { return await this.#on.ledger.run(async (draft) => await this.#gate.addPolicy(draft)) }
  async setAddPolicy (policy: AddPolicy): Promise<void> { await this.#on.ledger.run(async (draft) => { await this.#gate.setAddPolicy(draft, policy) }) }

  /** Name, about, picture; what is left out stays. Goes to everybody this account talks with. @throws ProtocolError TOO_LARGE, MALFORMED (no JPEG or PNG) */
  async setProfile (profile: ProfileText): Promise<void> { await this.#profiles.set(profile) }
  /** Of oneself, too; undefined: they have told nothing. */
  async profileOf (account: AccountId): Promise<Profile | undefined> { return await this.#profiles.of(account) }

  // --- broadcast lists

  async lists (): Promise<BroadcastList[]> { return await this.#lists.all() }
  /** @throws ProtocolError TOO_MANY (200 people), TOO_LARGE, MALFORMED */
  async createList (name: string, accounts: readonly AccountId[]): Promise<BroadcastList> { return await this.#lists.put({ name, accounts }) }
  async changeList (id: string, change: { readonly name?: string, readonly accounts?: readonly AccountId[] }): Promise<BroadcastList> { return await this.#lists.put({ ...await this.#lists.get(id), ...change }) }
  async removeList (id: string): Promise<void> { await this.#lists.remove(id) }

  /** To each in their own conversation; who is blocked is left out. */
  async sendToList (id: string, what: Omit<Outgoing, 'replyTo'> | string): Promise<Message[]> {
    const outgoing = typeof what === 'string' ? { text: what } : what
    const { accounts } = await this.#lists.get(id)
    return await this.#on.ledger.run(async (draft) => {
      const sent = []
      for (const account of accounts) if (!this.#flags.isBlocked(account, draft)) sent.push(await this.#compose(draft, account, outgoing, { quote: undefined }))
      return sent
    })
  }

  // --- for the rest of the client

  /** Somebody was named: a request of theirs is answered. */
  async onContact (draft: Draft, account: AccountId): Promise<void> { if (this.#flags.isSilent(account, draft) && !this.#flags.isBlocked(account, draft)) await this.#gate.accepted(draft, account) }

  async #compose (draft: Draft, chat: ChatId, outgoing: Outgoing, { quote, forwarded = 0 }: { readonly quote: ReturnType<typeof quoteOf> | undefined, readonly forwarded?: number }): Promise<Message> {
    const timerS = this.#flags.row(chat, draft).timer?.seconds ?? 0
    const body = textBodyOf(outgoing, { quote, timerS, forwarded })
    this.#checkNotBlocked(draft, chat)
    const message = await this.#on.outbox.composeText(draft, chat, body)
    await this.#gate.accepted(draft, chat)
    return message
  }

  /** Do it here, and tell the others. */
  async #act (chat: ChatId, body: TargetBody): Promise<void> {
    const { ledger, clock, own, outbox, rights } = this.#on
    checked(body)
    await ledger.run(async (draft) => {
      const row = await this.#row(draft, chat, targetOf(body))
      if (row.isDeleted === true || (body.kind === 'pin' && row.viewOnce === true)) throw new ProtocolError('NOT_ADMITTED', { what: 'there is nothing left of it' })
      await this.#talk(draft, chat)
      const sentAtMs = momentAfter(clock.nowMs(), this.#lastOf(draft, row, body))
      const isAdmin = isGroupChat(chat) && await rights.isAdmin(draft, chat, own)
      if (await this.#acts.apply(draft, { chat, sender: own, isOwn: true, sentAtMs, isAdmin, body }) === 'unknown') throw noMessage()
      await outbox.compose(draft, { chat, body, kind: envelopeKinds.content, sentAtMs })
    })
  }

  /** What this act replaces: it must count as later. */
  #lastOf (draft: Draft, row: MessageRow, body: TargetBody): { by: AccountId, atMs: number } | undefined {
    const { own } = this.#on
    const atMs = ((): number | undefined => {
      switch (body.kind) {
        case 'reaction': return row.reactions?.find(({ account }) => account === own)?.atMs
        case 'vote': return row.votes?.find(({ account }) => account === own)?.atMs
        case 'edit': return row.editedAtMs
        case 'pin': return this.#flags.row(row.chat, draft).pins?.find(({ id }) => id === row.id)?.atMs
        default: return undefined
      }
    })()
    return atMs === undefined ? undefined : { by: own, atMs }
  }

  /** Doing something in a chat says yes to it. */
  async #talk (draft: Draft, chat: ChatId): Promise<void> {
    this.#checkNotBlocked(draft, chat)
    await this.#gate.accepted(draft, chat)
  }

  async #setBlocked (account: AccountId, value: boolean): Promise<void> {
    if (parseAccountId(account) === this.#on.own) throw new ProtocolError('BAD_CONVERSATION', { what: 'that is you' })
    await this.#on.ledger.run(async (draft) => { await this.#flags.setBlocked(draft, account, value) })
  }

  async #row (draft: Draft, chat: ChatId, id: MessageId): Promise<MessageRow> {
    const row = await this.#acts.find(draft, chat, id)
    if (row === undefined) throw noMessage()
    return row
  }

  #checkNotBlocked (draft: Draft, chat: ChatId): void {
    if (isPairChat(chat) && this.#flags.isBlocked(chat, draft)) throw new ProtocolError('NOT_ADMITTED', { what: 'you have blocked this person' })
  }

  /** @throws ProtocolError MALFORMED, BAD_CONVERSATION */
  #checkChat (chat: ChatId): void { conversationOfChat(this.#on.own, isGroupChat(chat) || isSelfChat(chat) ? chat : parseAccountId(chat)) }
}
