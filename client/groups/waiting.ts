/**
 * Messages that cannot be opened (yet), and how they heal: in a group the key may be on its way; if it does not come, and
 * between two people at once, the sender is asked to send them again, a few times. Also how groups answer who asks; between
 * two people that is messages/again.ts.
 *
 * Owns: what waits, when is asked, when that is given up. The person sees a placeholder in the message's place, which
 * gives way to it. Specs: docs/protocol/content.md §6, docs/protocol/groups.md §10
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import { conversationFromId, selfConversation, type GroupConversation } from '../../protocol/conversation.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import { envelopeKinds, receiptStages } from '../../protocol/wire/kinds.ts'
import { isPairChat, type ChatId } from '../chat-id.ts'
import { clientLimits } from '../limits.ts'
import { AnswerCounts } from '../messages/answer-counts.ts'
import type { Body, BodyTaker, OpenedMessage } from '../messages/bodies.ts'
import type { RelayLink } from '../relay/link.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { placeOfKey, positionKey, type Tables } from '../store/tables.ts'
import type { GroupKeys } from './group-keys.ts'
import type { GroupTables, WaitingRow } from './group-tables.ts'
import type { GroupStates } from './states.ts'

export interface WaitingComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly groupTables: GroupTables
  readonly states: GroupStates
  readonly keys: GroupKeys
  readonly link: RelayLink
  readonly clock: Clock
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  readonly compose: (draft: Draft, message: { chat: ChatId, body: Body, kind: number }) => Promise<unknown>
  /** Fresh sessions with somebody, `onKeys` follows; false: that was done lately. */
  readonly renewSessions: (account: AccountId) => boolean
  /** Learn somebody's newest device list. @throws ProtocolError */
  readonly refresh: (account: AccountId) => Promise<void>
  /** An own message of a group is in the history still. */
  readonly isKept: (draft: Draft, chat: ChatId, id: MessageId) => Promise<boolean>
  readonly devicesOf: (draft: Draft, account: AccountId) => Promise<readonly DeviceId[]>
  /**
   * Try again, at the place where it stands.
   * @param copy the padded Content, sealed again by its sender
   * @returns whether it could be opened, or turned out to be of no use
   */
  readonly reopen: (draft: Draft, place: { chat: ChatId, epoch: number, seq: number }, envelope: Uint8Array, copy?: Uint8Array) => Promise<boolean>
  /** Nobody gives it: the placeholder stays for good. `isLost`: the sender has said that it is not there any more. */
  readonly onGivenUp: (draft: Draft, chat: ChatId, row: WaitingRow, isLost: boolean) => Promise<void>
}

interface Waiting { readonly key: string, readonly chat: ChatId, readonly row: WaitingRow }

const resendIds = 100

export class WaitingMessages implements BodyTaker {
  readonly kinds = ['resend', 'copy'] as const
  readonly #on: WaitingComponents
  #timer: Timer | undefined
  #isStopped = true
  /** By device and message. */
  readonly #answered = new AnswerCounts()
  /** There are new sessions with them: what waited for those is asked for. */
  readonly #renewed = new Set<AccountId>()

  constructor (components: WaitingComponents) { this.#on = components }

  async load (): Promise<void> { await this.#on.ledger.preload(this.#on.groupTables.waiting) }

  resume (): void {
    this.#isStopped = false
    this.#schedule()
  }

  stop (): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Keep the envelope until it can be opened. */
  async keep (draft: Draft, { chat, epoch, seq }: { chat: ChatId, epoch: number, seq: number }, { isAddressed, ...row }: Pick<WaitingRow, 'id' | 'sender' | 'device' | 'kind' | 'isBroken' | 'isStrange'> & { isAddressed: boolean }, envelope: Uint8Array): Promise<void> {
    const { tables, groupTables, clock } = this.#on
    const key = `${chat}/${positionKey(epoch, seq)}`
    const nowMs = clock.nowMs()
    await this.#makeRoom(draft)
    draft.write(tables.unopened, key, { atMs: nowMs, envelope })
    draft.write(groupTables.waiting, key, { ...row, atMs: nowMs, tries: 0, nextTryAtMs: nowMs + (isPairChat(chat) ? 0 : isAddressed ? clientLimits.resendAfterMs[0] : clientLimits.resendUnaddressedMs) })
    draft.after(() => { this.#schedule() })
  }

  /** What waited there is here, or is not wanted any more. */
  settled (draft: Draft, { chat, epoch, seq }: { chat: ChatId, epoch: number, seq: number }): void { this.#forget(draft, `${chat}/${positionKey(epoch, seq)}`) }

  /** There are sessions with this person now. */
  onKeys (account: AccountId): void {
    if (!this.#isThere((row) => row.sender === account && row.tries === 0 && !row.isBroken)) return
    this.#renewed.add(account)
    this.#schedule()
  }

  /**
   * A device of the sender does not have these. What no listed device of theirs has is lost.
   * @param device that says so
   */
  async gone (draft: Draft, sender: AccountId, ids: readonly MessageId[], device: DeviceId): Promise<void> {
    const { groupTables, devicesOf, onGivenUp } = this.#on
    const named = new Set(ids)
    const listed = await devicesOf(draft, sender)
    for (const [key, { sender: of, id }] of [...groupTables.waiting.cachedEntries()]) {
      if (of !== sender || !named.has(id)) continue
      const row = await draft.read(groupTables.waiting, key)
      // [IGNORE] before it was asked for
      if (row === undefined || row.tries === 0) continue
      const without = [...new Set([...row.without ?? [], device])].filter((one) => listed.includes(one))
      if (listed.every((one) => without.includes(one))) {
        draft.erase(groupTables.waiting, key)
        await onGivenUp(draft, chatIn(key), row, true)
      } else {
        draft.write(groupTables.waiting, key, { ...row, without })
      }
    }
  }

  /** Lowest place at which something of this sender waits: what comes before is here. */
  lowest (chat: ChatId, sender: AccountId): { epoch: number, seq: number } | undefined {
    let lowest: string | undefined
    for (const [key, row] of this.#on.groupTables.waiting.cachedEntries()) {
      if (row.sender === sender && key.startsWith(chat) && (lowest === undefined || key < lowest)) lowest = key
    }
    return lowest === undefined ? undefined : placeOfKey(lowest)
  }

  /** Keys of that device have come. */
  retry (chat: ChatId, device: DeviceId): void {
    if (!this.#some(chat, (row) => row.device === device)) return
    this.#retry(chat, device).catch(() => { /* the store's failure: asking for it again brings it up */ })
  }

  async #retry (chat: ChatId, device: DeviceId): Promise<void> {
    const { ledger, tables, groupTables, reopen } = this.#on
    for (let from = ''; ;) {
      const some = this.#of(chat).filter(({ key, row }) => row.device === device && key > from).slice(0, clientLimits.messagesPerBatch)
      if (some.length === 0) return
      from = some.at(-1)!.key
      await ledger.run(async (draft) => {
        for (const { key } of some) {
          const unopened = await draft.read(tables.unopened, key)
          if (await draft.read(groupTables.waiting, key) === undefined) continue
          if (unopened === undefined || await reopen(draft, { chat, ...placeOfKey(key) }, unopened.envelope)) this.#forget(draft, key)
        }
      })
    }
  }

  async take (draft: Draft, opened: OpenedMessage): Promise<void> {
    const { body, chat: from, sender, isOwn } = opened
    // [IGNORE] asked and answered between two people, or among own devices
    if (from !== sender && !isOwn) return
    if (body.kind === 'resend') await this.#answer(draft, opened, body.group, body.ids)
    if (body.kind === 'copy') await this.#takeCopy(draft, opened, body.group.id, body.messageId, body.content)
  }

  /** Any device of the account that wrote it may give it: that device may be unlinked by now. */
  async #takeCopy (draft: Draft, { sender }: OpenedMessage, chat: ChatId, id: MessageId, copy: Uint8Array): Promise<void> {
    const { tables, groupTables, reopen } = this.#on
    const found = this.#of(chat).find(({ row }) => row.id === id && row.sender === sender)
    // [IGNORE] nothing that was asked for
    if (found === undefined || await draft.read(groupTables.waiting, found.key) === undefined) return
    const unopened = await draft.read(tables.unopened, found.key)
    if (unopened === undefined || await reopen(draft, { chat, ...placeOfKey(found.key) }, unopened.envelope, copy)) this.#forget(draft, found.key)
  }

  /** SPEC(groups §11) Only what got its place while the asker was in the group, and keys only while they are. */
  async #answer (draft: Draft, { sender, senderDevice, isOwn }: OpenedMessage, group: GroupConversation, ids: readonly MessageId[]): Promise<void> {
    const { groupTables, states, keys, own, compose, isKept } = this.#on
    const chat: ChatId = group.id
    const member = (await states.stateOf(draft, chat))?.members.get(sender)
    const wasIn = await states.whenIn(draft, chat, sender)
    const known: Array<{ id: MessageId, content: Uint8Array }> = []
    const gone: MessageId[] = []
    for (const id of ids.slice(0, resendIds)) {
      const sent = await draft.read(groupTables.contents, `${chat}/${id}`)
      if (sent === undefined && !await isKept(draft, chat, id)) gone.push(id)
      if (sent !== undefined && sent.seq > 0 && wasIn(sent.seq) && this.#answered.count(`${senderDevice}/${id}`) <= clientLimits.sendAgain) known.push({ id, content: sent.content })
    }
    if (gone.length > 0 && !isOwn) await compose(draft, { chat: sender, body: { kind: 'receipt', stage: receiptStages.gone, ids: gone }, kind: envelopeKinds.receipt })
    if (known.length === 0) return
    if (member !== undefined) {
      await keys.owe(draft, chat, [sender])
      draft.after(() => { keys.give(chat) })
    }
    const to: ChatId = isOwn ? selfConversation(own.account).id : sender
    for (const { id, content } of known) await compose(draft, { chat: to, body: { kind: 'copy', group, messageId: id, content }, kind: envelopeKinds.keys })
  }

  #forget (draft: Draft, key: string): void {
    draft.erase(this.#on.groupTables.waiting, key)
    draft.erase(this.#on.tables.unopened, key)
  }

  #of (chat: ChatId): Waiting[] {
    const found: Waiting[] = []
    for (const [key, row] of this.#on.groupTables.waiting.cachedEntries()) if (key.startsWith(chat)) found.push({ key, chat, row })
    return found.sort((a, b) => a.key < b.key ? -1 : 1)
  }

  #some (chat: ChatId, isSo: (row: WaitingRow) => boolean): boolean { return this.#of(chat).some(({ row }) => isSo(row)) }

  #isThere (isSo: (row: WaitingRow) => boolean): boolean {
    for (const [, row] of this.#on.groupTables.waiting.cachedEntries()) if (isSo(row)) return true
    return false
  }

  #isDue ({ sender, tries, isBroken, nextTryAtMs }: WaitingRow, nowMs: number): boolean {
    // Farther away than any pause at this point: the clock has gone back since.
    const isBeyond = nextTryAtMs - nowMs > (clientLimits.resendAfterMs[tries] ?? Infinity)
    return nextTryAtMs <= nowMs || isBeyond || (this.#renewed.has(sender) && tries === 0 && !isBroken)
  }

  /** Bounded: the one that has waited longest is given up. */
  async #makeRoom (draft: Draft): Promise<void> {
    const rows = [...this.#on.groupTables.waiting.cachedEntries()]
    if (rows.length < clientLimits.unopenedKept) return
    const [key, row] = rows.reduce((oldest, one) => one[1].atMs < oldest[1].atMs ? one : oldest)
    draft.erase(this.#on.groupTables.waiting, key)
    await this.#on.onGivenUp(draft, chatIn(key), row, false)
  }

  #schedule (): void {
    if (this.#isStopped || !this.#on.link.isOnline) return
    const nowMs = this.#on.clock.nowMs()
    let next = Infinity
    for (const [, row] of this.#on.groupTables.waiting.cachedEntries()) next = this.#isDue(row, nowMs) ? nowMs : Math.min(next, row.nextTryAtMs)
    this.#timer?.cancel()
    this.#timer = undefined
    if (next === Infinity) return
    this.#timer = this.#on.clock.after(Math.max(0, next - this.#on.clock.nowMs()), () => {
      this.#timer = undefined
      this.#ask().catch(() => { /* the store's failure: the next connection tries again */ }).finally(() => { this.#schedule() })
    })
  }

  /** Ask the senders of what is due. */
  async #ask (): Promise<void> {
    const { ledger, clock, groupTables, refresh } = this.#on
    const nowMs = clock.nowMs()
    const due = new Map<string, Waiting[]>()
    for (const [key, row] of groupTables.waiting.cachedEntries()) {
      if (!this.#isDue(row, nowMs)) continue
      const chat = chatIn(key)
      const name = `${chat}/${row.sender}`
      due.set(name, [...due.get(name) ?? [], { key, chat, row }])
    }
    this.#renewed.clear()
    for (const some of due.values()) {
      // Its device may be in the list by now.
      if (some.some(({ row }) => row.isStrange)) await refresh(some[0]!.row.sender).catch(() => { /* the next try looks again */ })
      await ledger.run(async (draft) => { await this.#askFor(draft, some) })
    }
  }

  async #askFor (draft: Draft, some: readonly Waiting[]): Promise<void> {
    const { tables, groupTables, clock, own, compose, renewSessions, reopen, onGivenUp } = this.#on
    const nowMs = clock.nowMs()
    const { chat, row: { sender } } = some[0]!
    // The session may have come apart: the question goes in a fresh one.
    const isRenewed = some.some(({ row }) => row.isBroken) && sender !== own.account && renewSessions(sender)
    const ids: MessageId[] = []
    for (const { key } of some) {
      const row = await draft.read(groupTables.waiting, key)
      if (row === undefined) continue
      if (row.isStrange) {
        const unopened = await draft.read(tables.unopened, key)
        if (unopened === undefined || await reopen(draft, { chat, ...placeOfKey(key) }, unopened.envelope)) {
          this.#forget(draft, key)
          continue
        }
      }
      const isLast = row.tries + 1 >= clientLimits.resendAfterMs.length
      // In a group the first pause comes before the first question.
      const pause = clientLimits.resendAfterMs[isPairChat(chat) ? row.tries : row.tries + 1]
      if (isRenewed) {
        draft.write(groupTables.waiting, key, { ...row, isBroken: false, nextTryAtMs: nowMs + clientLimits.resendAfterMs[0] })
      } else if (isLast || pause === undefined) {
        draft.erase(groupTables.waiting, key)
        await onGivenUp(draft, chat, row, false)
      } else if (ids.length < resendIds) {
        // Not in the newest list either: unlinked since, perhaps, and then the account's other devices have what it sent.
        if (!row.isStrange || row.tries > 0) ids.push(row.id)
        // Not answered twice: the new session may be broken, too.
        draft.write(groupTables.waiting, key, { ...row, tries: row.tries + 1, nextTryAtMs: nowMs + pause, isBroken: row.isBroken || row.tries >= 1 })
      } else {
        draft.write(groupTables.waiting, key, { ...row, nextTryAtMs: nowMs + clientLimits.resendAfterMs[0] })
      }
    }
    if (ids.length === 0) return
    if (isPairChat(chat)) {
      await compose(draft, { chat, body: { kind: 'receipt', stage: receiptStages.unopened, ids }, kind: envelopeKinds.receipt })
      return
    }
    const to: ChatId = sender === own.account ? selfConversation(own.account).id : sender
    await compose(draft, { chat: to, body: { kind: 'resend', group: conversationFromId(chat as GroupConversation['id']) as GroupConversation, ids }, kind: envelopeKinds.keys })
  }
}

const chatIn = (key: string): ChatId => key.slice(0, key.indexOf('/')) as ChatId
