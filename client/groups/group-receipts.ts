/**
 * Who in a group has what: this device tells each member how far it is with what they sent, and keeps what the others say
 * of what this account sent. Cumulative marks, sealed for one sender each, in notifications that relays bundle: no envelopes.
 *
 * Owns: marks that are to be told, the board of what was told. Spec: docs/protocol/groups.md
 */
import { toHex } from '../../protocol/bytes.ts'
import type { Clock, Timer } from '../../protocol/clock.ts'
import { conversationFromBytes, conversationFromId, type GroupConversation } from '../../protocol/conversation.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { deriveReceiptKey, openReceipt, sealReceipt, type ReceiptMarks } from '../../protocol/e2ee/receipt-key.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { GroupState, Place } from '../../protocol/groups/membership.ts'
import { accountIdFromBytes, accountIdToBytes, deviceIdOfKey, deviceKeyOf, type AccountId, type DeviceId, type MessageId } from '../../protocol/ids.ts'
import { clientNotifications } from '../../protocol/methods.ts'
import type { GroupReceipt } from '../../protocol/wire/gen/group.js'
import type { ChatId } from '../chat-id.ts'
import { clientLimits } from '../limits.ts'
import type { RelayLink } from '../relay/link.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { fromHex } from '../store/stored.ts'
import { placeOfKey, positionKey } from '../store/tables.ts'
import type { BoardRow, GroupTables, MarksRow } from './group-tables.ts'
import type { GroupKeys } from './group-keys.ts'
import type { GroupStates } from './states.ts'
import type { WaitingMessages } from './waiting.ts'

export interface GroupReceiptComponents {
  readonly ledger: Ledger
  readonly groupTables: GroupTables
  readonly states: GroupStates
  readonly keys: GroupKeys
  readonly waiting: WaitingMessages
  readonly link: RelayLink
  readonly clock: Clock
  readonly primitives: Primitives
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  readonly readReceipts: () => boolean
  /** Everybody has it, or has read it. */
  readonly onReached: (draft: Draft, chat: ChatId, id: MessageId, state: 'delivered' | 'read') => Promise<void>
}

/** What one member has of what this account sent; of several devices the one that is furthest. */
interface Mark { epoch: number, delivered: number, read: number }

const noMarks: MarksRow = { epoch: 0, seq: 0, readSeq: 0, counter: 0, atMs: 0 }
const markKey = (chat: ChatId, account: AccountId): string => `${chat}/${account}`

export class GroupReceipts {
  readonly #on: GroupReceiptComponents
  /** Of marks that have changed since they were told. */
  readonly #dirty = new Set<string>()
  #timer: Timer | undefined
  #isStopped = true
  readonly #boards = new Map<ChatId, Map<AccountId, Mark>>()
  readonly #evaluating = new Set<ChatId>()
  readonly #again = new Set<ChatId>()

  constructor (components: GroupReceiptComponents) { this.#on = components }

  /** The relay can be reached again: it may have lost what it was told. */
  resume (): void {
    this.#isStopped = false
    this.#recent().catch(() => { /* a precaution: the next connection does it again */ })
  }

  stop (): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  // --- what is here of others

  /** A message of that member is on this device. */
  async owe (draft: Draft, chat: ChatId, sender: AccountId, { epoch, seq }: Place): Promise<void> {
    await this.#change(draft, chat, sender, epoch, (row) => ({ ...row, seq: Math.max(row.seq, seq) }))
  }

  /** Everything of that member up to there was seen. */
  async read (draft: Draft, chat: ChatId, sender: AccountId, { epoch, seq }: Place): Promise<void> {
    await this.#change(draft, chat, sender, epoch, (row) => ({ ...row, readSeq: Math.max(row.readSeq, seq) }))
  }

  async takeKey (draft: Draft, chat: ChatId, giver: AccountId, key: Uint8Array): Promise<void> {
    const { groupTables } = this.#on
    const row = await draft.read(groupTables.marks, markKey(chat, giver)) ?? noMarks
    if (row.key === toHex(key)) return
    draft.write(groupTables.marks, markKey(chat, giver), { ...row, key: toHex(key) })
    if (row.seq > 0) this.#markDirty(draft, chat, giver)
  }

  async #change (draft: Draft, chat: ChatId, sender: AccountId, epoch: number, change: (row: MarksRow) => MarksRow): Promise<void> {
    const { groupTables, clock } = this.#on
    const known = await draft.read(groupTables.marks, markKey(chat, sender)) ?? noMarks
    if (epoch < known.epoch) return
    const row = change(epoch > known.epoch ? { ...known, epoch, seq: 0, readSeq: 0 } : known)
    draft.write(groupTables.marks, markKey(chat, sender), { ...row, atMs: clock.nowMs() })
    this.#markDirty(draft, chat, sender)
  }

  #markDirty (draft: Draft, chat: ChatId, sender: AccountId): void {
    draft.after(() => {
      this.#dirty.add(markKey(chat, sender))
      const isLarge = (this.#on.states.current(chat)?.members.size ?? 0) > clientLimits.groupReceiptsSmall
      this.#tellIn(isLarge ? clientLimits.groupReceiptsLargeMs : clientLimits.groupReceiptsMs)
    })
  }

  #tellIn (delayMs: number): void {
    if (this.#isStopped || this.#timer !== undefined || !this.#on.link.isOnline || this.#dirty.size === 0) return
    this.#timer = this.#on.clock.after(delayMs, () => {
      this.#timer = undefined
      this.#tell().catch(() => { /* the store's failure: the next mark or connection tells it */ }).finally(() => { this.#tellIn(clientLimits.groupReceiptsMs) })
    })
  }

  async #tell (): Promise<void> {
    const { ledger, link } = this.#on
    const some = [...this.#dirty].slice(0, clientLimits.groupReceiptsAtOnce)
    for (const key of some) this.#dirty.delete(key)
    const receipts = await ledger.run(async (draft) => {
      const sealed: GroupReceipt[] = []
      for (const key of some) {
        const receipt = await this.#seal(draft, key)
        if (receipt !== undefined) sealed.push(receipt)
      }
      return sealed
    })
    if (receipts.length > 0) link.notify(clientNotifications.groupReceipts, { receipts })
  }

  async #seal (draft: Draft, key: string): Promise<GroupReceipt | undefined> {
    const { groupTables, own, primitives, waiting, readReceipts, clock } = this.#on
    const row = await draft.read(groupTables.marks, key)
    if (row?.key === undefined || row.seq === 0) return undefined
    const [chat, sender] = key.split('/') as [GroupConversation['id'], AccountId]
    const conversation = conversationFromId(chat) as GroupConversation
    const lowest = waiting.lowest(chat, sender)
    const deliveredSeq = lowest === undefined || lowest.epoch !== row.epoch ? row.seq : Math.min(row.seq, lowest.seq - 1)
    // It rises also when this store was set back to an older copy.
    const header = { conversation, to: sender, from: own.account, device: own.device, counter: Math.max(row.counter + 1, Math.floor(clock.nowMs())) }
    draft.write(groupTables.marks, key, { ...row, counter: header.counter })
    return {
      conversation: conversation.bytes,
      to: accountIdToBytes(sender),
      from: accountIdToBytes(own.account),
      device: deviceKeyOf(own.device),
      counter: header.counter,
      sealed: sealReceipt(primitives, fromHex(row.key), header, { deliveredSeq, readSeq: readReceipts() ? Math.min(row.readSeq, deliveredSeq) : 0, epoch: row.epoch })
    }
  }

  /** What was told lately is told again. */
  async #recent (): Promise<void> {
    const { ledger, groupTables, clock } = this.#on
    const sinceMs = clock.nowMs() - clientLimits.groupReceiptsRecentMs
    const rows = (await ledger.range(groupTables.marks, { from: '', to: '\x7f' })).filter(({ value }) => value.key !== undefined && value.atMs >= sinceMs)
    for (const { key } of rows.sort((a, b) => b.value.atMs - a.value.atMs).slice(0, clientLimits.groupReceiptsAtOnce)) this.#dirty.add(key)
    this.#tellIn(clientLimits.groupReceiptsMs)
    for (const [key] of this.#on.states.all()) this.evaluate(key as ChatId)
  }

  // --- what others have

  /** An own message has its place in the log. */
  async sent (draft: Draft, chat: ChatId, id: MessageId, { epoch, seq }: Place): Promise<void> {
    draft.write(this.#on.groupTables.unread, `${chat}/${positionKey(epoch, seq)}`, id)
    // Marks may have come before it.
    draft.after(() => { this.evaluate(chat) })
  }

  /** SPEC(groups §13) A newer epoch numbers from `place` on: what stood there or later has no place until it gets another one. */
  async epochBegan (chat: ChatId, { epoch, seq }: Place): Promise<void> {
    const { ledger, groupTables } = this.#on
    await ledger.run(async (draft) => {
      for (const { key } of await ledger.range(groupTables.unread, { from: `${chat}/`, to: `${chat}/${positionKey(epoch, 0)}` })) if (placeOfKey(key).seq >= seq) draft.erase(groupTables.unread, key)
    }, { isFresh: true })
    this.evaluate(chat)
  }

  /** @param receipts as a relay gives them: of any origin */
  onReceipts (receipts: readonly GroupReceipt[]): void {
    this.#take(receipts).catch(() => { /* the store's failure: the next mark says it again */ })
  }

  async #take (receipts: readonly GroupReceipt[]): Promise<void> {
    const { ledger } = this.#on
    const touched = await ledger.run(async (draft) => {
      const chats = new Set<ChatId>()
      for (const receipt of receipts) {
        try {
          const chat = await this.#takeOne(draft, receipt)
          if (chat !== undefined) chats.add(chat)
        } catch (error) {
          // [IGNORE] not for this account, or made up: it tells nothing
          if (!isProtocolError(error)) throw error
        }
      }
      return chats
    })
    for (const chat of touched) this.evaluate(chat)
  }

  async #takeOne (draft: Draft, { conversation: conversationBytes, to, from: fromBytes, device: deviceBytes, counter, sealed }: GroupReceipt): Promise<ChatId | undefined> {
    const { groupTables, own, states, keys, primitives } = this.#on
    const conversation = conversationFromBytes(conversationBytes)
    const from = accountIdFromBytes(fromBytes)
    if (conversation.kind !== 'group' || accountIdFromBytes(to) !== own.account || !Number.isSafeInteger(counter)) return undefined
    const chat: ChatId = conversation.id
    if ((await states.stateOf(draft, chat))?.members.has(from) !== true || from === own.account) return undefined
    const device = deviceIdOfKey(deviceBytes)
    const key = `${chat}/${from}/${device}`
    const known = await draft.read(groupTables.board, key)
    if (known !== undefined && counter <= known.counter) return undefined
    const marks = openReceipt(primitives, deriveReceiptKey(primitives, await keys.secret(draft), conversation, device), { conversation, to: own.account, from, device, counter }, sealed)
    draft.write(groupTables.board, key, { counter, ...marks })
    draft.after(() => {
      const board = this.#boards.get(chat)
      if (board !== undefined) raise(board, from, marks)
    })
    return chat
  }

  /** How far each member is with a message of this account. */
  async of (chat: ChatId, place: Place, state: GroupState): Promise<Array<{ account: AccountId, state: 'sent' | 'delivered' | 'read' }>> {
    const board = await this.#board(chat)
    return [...state.members].filter(([account, { sinceSeq }]) => account !== this.#on.own.account && sinceSeq <= place.seq).map(([account]) => ({ account, state: reached(board.get(account), place) }))
  }

  /** See which messages everybody has now. */
  evaluate (chat: ChatId): void {
    if (this.#evaluating.has(chat)) { this.#again.add(chat); return }
    this.#evaluating.add(chat)
    this.#evaluate(chat).catch(() => { /* the store's failure: the next mark looks again */ }).finally(() => {
      this.#evaluating.delete(chat)
      if (this.#again.delete(chat)) this.evaluate(chat)
    })
  }

  async #evaluate (chat: ChatId): Promise<void> {
    const { ledger, groupTables, states, onReached } = this.#on
    const board = await this.#board(chat)
    await ledger.run(async (draft) => {
      const state = await states.stateOf(draft, chat)
      if (state === undefined) return
      const rows = await ledger.range(groupTables.unread, { from: `${chat}/`, to: `${chat}/\x7f` })
      for (const { key } of rows.slice(0, Math.max(0, rows.length - clientLimits.groupUnreadKept))) draft.erase(groupTables.unread, key)
      let isAll: Record<'delivered' | 'read', boolean> = { delivered: true, read: true }
      for (const { key, value: id } of rows) {
        const place = placeOfKey(key)
        isAll = this.#haveAll(state, board, place, isAll)
        // Marks are cumulative: who lacks this one lacks the later ones, too.
        if (!isAll.delivered) return
        await onReached(draft, chat, id, isAll.read ? 'read' : 'delivered')
        if (isAll.read) draft.erase(groupTables.unread, key)
      }
    }, { isFresh: true })
  }

  #haveAll ({ members }: GroupState, board: ReadonlyMap<AccountId, Mark>, place: Place, before: Record<'delivered' | 'read', boolean>): Record<'delivered' | 'read', boolean> {
    let { delivered, read } = before
    let count = 0
    for (const [account, { sinceSeq }] of members) {
      if (account === this.#on.own.account || sinceSeq > place.seq) continue
      count++
      const stage = reached(board.get(account), place)
      if (stage === 'sent') delivered = false
      if (stage !== 'read') read = false
      if (!delivered) break
    }
    // Nobody to read it is nobody who has.
    return { delivered: delivered && count > 0, read: read && count > 0 }
  }

  async #board (chat: ChatId): Promise<Map<AccountId, Mark>> {
    const known = this.#boards.get(chat)
    if (known !== undefined) return known
    return await this.#on.ledger.run(async () => {
      const rows = await this.#on.ledger.range(this.#on.groupTables.board, { from: `${chat}/`, to: `${chat}/\x7f` })
      const board = new Map<AccountId, Mark>()
      for (const { key, value } of rows) raise(board, key.split('/')[1] as AccountId, value)
      if (this.#boards.size >= clientLimits.groupBoards) this.#boards.clear()
      this.#boards.set(chat, board)
      return board
    }, { isFresh: true })
  }
}

function raise (board: Map<AccountId, Mark>, account: AccountId, { epoch, deliveredSeq, readSeq }: ReceiptMarks | BoardRow): void {
  const before = board.get(account)
  if (before !== undefined && before.epoch > epoch) return
  const isNew = before === undefined || before.epoch < epoch
  board.set(account, { epoch, delivered: isNew ? deliveredSeq : Math.max(before.delivered, deliveredSeq), read: isNew ? readSeq : Math.max(before.read, readSeq) })
}

function reached (mark: Mark | undefined, { epoch, seq }: Place): 'sent' | 'delivered' | 'read' {
  if (mark === undefined || mark.epoch < epoch) return 'sent'
  // What was void when the newer epoch began is not here any more: who tells of that one has had what was before.
  if (mark.epoch > epoch) return mark.read > 0 ? 'read' : 'delivered'
  if (mark.delivered < seq) return 'sent'
  return mark.read >= seq ? 'read' : 'delivered'
}
