/**
 * What a relay delivers, until the person has it.
 *
 * An entry is processed only when it is the next one of its log; what comes early waits, what is missing is asked for.
 * Opened message, next session, place in the log and the receipt that is owed are stored in one batch, then the relay
 * is told: so a repeat of anything is harmless, and the person sees everything exactly once.
 *
 * Owns: order, gaps, what an epoch must be proven by. Does not know what an entry means: entries.ts; what waits: arrivals.ts.
 */
import { conversationFromBytes, mayBelong, type Conversation, type GroupConversation } from '../../protocol/conversation.ts'
import type { Clock, Random } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { deviceIdOfKey, messageIdFromBytes, type AccountId, type DeviceId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods } from '../../protocol/methods.ts'
import type { LogState, Page } from '../../protocol/wire/gen/log.js'
import { chatOf, conversationOfChat, isGroupChat, isPairChat, type ChatId } from '../chat-id.ts'
import { Acknowledgements } from './acknowledgements.ts'
import { Arrivals, endPatience, firstOf, nextOf, type Buffer } from './arrivals.ts'
import type { Entries, Need } from './entries.ts'
import type { GroupPort } from './group-port.ts'
import { isBehind, type LogEntry, type Place } from './log-entry.ts'
import { warningPlace, type Events } from '../events.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { clientLimits } from '../limits.ts'
import type { RelayLink } from '../relay/link.ts'
import { timeOf } from './queues.ts'
import type { Placed } from './submission.ts'
import { Retries } from '../relay/retry.ts'
import type { LogRow, Tables } from '../store/tables.ts'

export interface InboxComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly entries: Entries
  readonly groups: Pick<GroupPort, 'mayStart' | 'fetchState' | 'giveUp' | 'provenEpoch' | 'prove' | 'epochBegan'>
  readonly link: RelayLink
  readonly events: Events
  readonly clock: Clock
  readonly random: Random
  readonly ownAccount: AccountId
  readonly ownDevice: DeviceId
  /** Learn somebody's device list. */
  readonly refresh: (account: AccountId) => Promise<void>
  /** The first entry of a newer epoch. */
  readonly epochBegan: (draft: Draft, chat: ChatId, place: Place) => Promise<void>
  /** The log has a new sequencer, or its relay has gone back to an older state: what is not delivered may be lost there. */
  readonly onLost: (chat: ChatId) => Promise<void>
  /** The relay knows that this device has had more than is here: the store was set back to an older copy. */
  readonly onSetBack: () => Promise<void>
}

const nothing = new Uint8Array(0)

const unknownLog: LogRow = { epoch: 0, seq: 0, hash: '00'.repeat(32), newest: '', forkedInEpoch: 0 }

export class Inbox {
  readonly #on: InboxComponents
  readonly #arrivals = new Arrivals()
  readonly #acknowledgements: Acknowledgements
  readonly #retries: Retries<ChatId>
  /** Epochs that nobody has signed, as far as the relay shows. */
  readonly #proofs: Retries<ChatId>
  /** Where this device has written for that, and its relay does not have it yet. */
  readonly #told = new Set<ChatId>()
  #isTaking = false
  #isWanted = false
  #isStopped = false

  constructor (components: InboxComponents) {
    this.#on = components
    this.#acknowledgements = new Acknowledgements(components)
    this.#retries = new Retries(components)
    this.#proofs = new Retries(components)
  }

  async load (): Promise<void> { await this.#on.ledger.preload(this.#on.tables.logs) }

  stop (): void {
    this.#isStopped = true
    this.#retries.clear()
    this.#proofs.clear()
    this.#acknowledgements.stop()
    for (const buffer of this.#arrivals.buffers()) endPatience(buffer)
  }

  /**
   * The relay can be reached again: it delivers from what was acknowledged.
   * @returns when it is known whether the relay has lost something, and that was put back into the outbox
   */
  async resume (): Promise<void> {
    this.#isStopped = false
    this.#retries.clear()
    this.#proofs.clear()
    for (const buffer of this.#arrivals.buffers()) buffer.isLookingUp = false
    this.#wake()
    try {
      await this.#compareHeads()
    } catch (error) {
      // Only a precaution: the next connection does it again.
      if (!isProtocolError(error)) throw error
    }
  }

  /** A connection is being made: the next relay delivers from what was acknowledged, and is not bound by what the last one said. */
  forget (): void {
    for (const buffer of this.#arrivals.buffers()) endPatience(buffer)
    this.#arrivals.clear()
  }

  /** Own messages that got their number: the outcome of a submit counts as their delivery. */
  onSequenced (placed: readonly Placed[]): void {
    for (const { chat, id, epoch, seq } of placed) {
      if (!isPosition(epoch, seq)) continue
      this.#add(chat, conversationOfChat(this.#on.ownAccount, chat), { epoch, seq, reference: { messageId: id, senderDevice: this.#on.ownDevice }, isOutcome: true })
    }
    if (placed.length > 0) this.#wake()
  }

  /** @param pages views of received bytes: what is kept is copied */
  onPages (pages: readonly Page[]): void {
    for (const page of pages) {
      try {
        this.#onPage(page)
      } catch (error) {
        if (!isProtocolError(error)) throw error
        this.#on.events.emit('warning', { kind: 'refused', text: `The relay delivered something that does not belong here (${error.code}).` })
      }
    }
    this.#wake()
  }

  #onPage (page: Page): void {
    const conversation = conversationFromBytes(page.conversation)
    // [REJECT] a conversation of others
    if (!mayBelong(conversation, this.#on.ownAccount)) throw new ProtocolError('BAD_CONVERSATION')
    const chat = chatOf(this.#on.ownAccount, conversation)
    for (const { seq, envelope, messageId, senderDevice } of page.entries) {
      // [REJECT] no log has such a place
      if (!isPosition(page.epoch, seq)) throw new ProtocolError('MALFORMED', { what: 'position' })
      this.#add(chat, conversation, {
        epoch: page.epoch,
        seq,
        ...(envelope === undefined
          ? { reference: { messageId: messageIdFromBytes(messageId ?? nothing), senderDevice: deviceIdOfKey(senderDevice ?? nothing) } }
          : { envelope: new Uint8Array(envelope) })
      })
    }
  }

  #add (chat: ChatId, conversation: Conversation, entry: LogEntry): void {
    const log = this.#on.tables.logs.cached(chat) ?? unknownLog
    const buffer = this.#arrivals.of(chat, conversation)
    if (buffer === undefined) return
    const { epoch, envelope } = entry
    if (isBehind(entry, log)) {
      // The acknowledgement was lost, or the relay has gone back.
      this.#acknowledgements.add(chat)
      if ((envelope !== undefined || entry.reference?.senderDevice === this.#on.ownDevice) && epoch === log.epoch && buffer.repeats.length < clientLimits.repeatsCompared) buffer.repeats.push(entry)
      return
    }
    this.#arrivals.put(buffer, entry)
  }

  #wake (): void {
    this.#isWanted = true
    if (this.#isTaking || this.#isStopped) return
    this.#isTaking = true
    this.#takeAll().catch((error: unknown) => {
      // The store failed; nothing was acknowledged, so the relay has everything still. Try again after a pause.
      if (!this.#isStopped) this.#retries.schedule(this.#on.ownAccount, error, () => { this.#wake() })
    }).finally(() => {
      this.#isTaking = false
      // Something may have come after the last look.
      if (this.#isWanted && !this.#retries.isWaiting(this.#on.ownAccount)) this.#wake()
    })
  }

  async #takeAll (): Promise<void> {
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false
      // Deliveries of the same turn share a batch.
      await Promise.resolve()
      await this.#on.ledger.run(async (draft) => { await this.#take(draft) })
      this.#acknowledgements.send({ isStopped: this.#isStopped })
      this.#fillGaps()
    }
  }

  /** Process what is next in each log, bounded. */
  async #take (draft: Draft): Promise<void> {
    let left: number = clientLimits.messagesPerBatch
    for (const [chat, buffer] of this.#arrivals.entries()) {
      if (!buffer.isLookingUp && buffer.repeats.length > 0) await this.#takeRepeats(draft, chat, buffer)
      while (!buffer.isLookingUp && left > 0) {
        const log = await draft.read(this.#on.tables.logs, chat) ?? unknownLog
        const entry = this.#next(chat, buffer, log, draft)
        if (entry === undefined) break
        if (entry.epoch > log.epoch && !await this.#isProven(draft, buffer.conversation, entry.epoch)) {
          draft.after(() => { this.#prove(chat, buffer) })
          break
        }
        const child = draft.child()
        const verdict = await this.#on.entries.process(child, { chat, conversation: buffer.conversation, log, entry })
        if (verdict !== 'taken' && verdict !== 'begins') {
          draft.after(() => { this.#lookUp(chat, buffer, verdict) })
          break
        }
        draft.absorb(child)
        if (verdict === 'begins') continue
        left--
        const beginsEpoch = entry.epoch > log.epoch && log.epoch > 0
        // In this batch: what may be lost must not be forgotten by a crash, nor overtaken.
        if (beginsEpoch) {
          draft.write(this.#on.tables.logs, chat, { ...(await draft.read(this.#on.tables.logs, chat))!, isUnsure: true })
          await this.#on.epochBegan(draft, chat, entry)
        }
        draft.after(() => {
          this.#arrivals.drop(buffer, entry.seq)
          this.#acknowledgements.add(chat)
          if (beginsEpoch) {
            if (isGroupChat(chat)) this.#on.groups.epochBegan(chat, entry)
            void this.#on.onLost(chat)
          }
        })
      }
    }
    if (left === 0) draft.after(() => { this.#isWanted = true })
  }

  async #takeRepeats (draft: Draft, chat: ChatId, buffer: Buffer): Promise<void> {
    const repeats = [...buffer.repeats]
    for (const entry of repeats) {
      const log = await draft.read(this.#on.tables.logs, chat) ?? unknownLog
      const child = draft.child()
      const verdict = await this.#on.entries.processRepeat(child, { chat, conversation: buffer.conversation, log, entry })
      if (verdict === 'begins') continue
      if (verdict !== 'taken') { draft.after(() => { this.#lookUp(chat, buffer, verdict) }); return }
      draft.absorb(child)
    }
    draft.after(() => { buffer.repeats = buffer.repeats.filter((entry) => !repeats.includes(entry)) })
  }

  /** Something is there, but not the next one. */
  #fillGaps (): void {
    for (const [chat, buffer] of this.#arrivals.entries()) {
      const log = this.#on.tables.logs.cached(chat) ?? unknownLog
      for (const [seq, entry] of buffer.arrived) if (isBehind(entry, log)) this.#arrivals.drop(buffer, seq)
      const isGap = (buffer.arrived.size > 0 || buffer.hadUpTo > log.seq) && this.#next(chat, buffer, log) === undefined && !buffer.isLookingUp
      if (!isGap) {
        endPatience(buffer)
        if (buffer.arrived.size === 0 && buffer.repeats.length === 0 && !buffer.isReading && !buffer.isLookingUp) this.#arrivals.delete(chat)
        continue
      }
      if (buffer.isReading || buffer.patience !== undefined || this.#retries.isWaiting(chat) || this.#isStopped) continue
      buffer.patience = this.#on.clock.after(clientLimits.gapPatienceMs, () => {
        buffer.patience = undefined
        const now = this.#on.tables.logs.cached(chat) ?? unknownLog
        if (now.seq !== log.seq || now.epoch !== log.epoch) this.#wake()
        else this.#startReading(chat, buffer, log)
      })
    }
  }

  #startReading (chat: ChatId, buffer: Buffer, log: LogRow): void {
    if (!this.#on.link.isOnline || buffer.isReading) return
    buffer.isReading = true
    this.#read(chat, buffer, log).catch((error: unknown) => {
      if (this.#on.link.isOnline) this.#retries.schedule(chat, error, () => { this.#startReading(chat, buffer, this.#on.tables.logs.cached(chat) ?? unknownLog) })
    }).finally(() => { buffer.isReading = false; this.#wake() })
  }

  /** A relay that has less of a log than this device was set back, or has lost its disk; a new epoch may lack something, too. */
  async #compareHeads (): Promise<void> {
    const { logs } = await this.#on.link.call(clientMethods.listLogs, {})
    const listed = new Map(logs.map((log) => [chatOf(this.#on.ownAccount, conversationFromBytes(log.conversation)), log]))
    for (const [chat, log] of this.#on.tables.logs.cachedEntries()) {
      const there = listed.get(chat as ChatId)
      if (there === undefined || there.epoch > log.epoch || (there.epoch === log.epoch && there.head < log.seq)) await this.#on.onLost(chat as ChatId)
    }
    await this.#findMissed(listed)
    const behind = [...listed].filter(([chat, { epoch, cursor }]) => {
      const log = this.#on.tables.logs.cached(chat)
      // Where a group begins for this account is not known without its log.
      return log === undefined ? cursor > 0 && !isGroupChat(chat) : epoch === log.epoch && cursor > log.seq
    })
    // In a group a device may have come in anew behind what it has.
    if (behind.some(([chat]) => !isGroupChat(chat))) await this.#on.onSetBack()
    // Where numbers were given twice, having as many says nothing: this store may be from before they were given again.
    const doubtful = [...listed].filter(([chat, { epoch, cursor }]) => {
      const log = this.#on.tables.logs.cached(chat)
      return log !== undefined && !isGroupChat(chat) && epoch === log.epoch && log.forkedInEpoch === epoch && cursor > 0 && cursor <= log.seq
    })
    for (const [chat, { conversation, cursor }] of [...behind, ...doubtful]) {
      const buffer = this.#arrivals.of(chat, conversationFromBytes(conversation))
      if (buffer === undefined) continue
      const log = this.#on.tables.logs.cached(chat) ?? unknownLog
      if (cursor > log.seq) buffer.hadUpTo = cursor
      // The newest of what is here, too: a relay may have given the same numbers again meanwhile.
      this.#startReading(chat, buffer, { ...log, seq: Math.max(0, Math.min(log.seq, cursor) - clientLimits.readAgainAfterSetBack) })
    }
  }

  /**
   * A relay that has not had this device before may lack what its last one died with, and nothing that comes later need ever show it.
   * An entry of this device does.
   */
  async #findMissed (listed: ReadonlyMap<ChatId, LogState>): Promise<void> {
    const recentMs = this.#on.clock.nowMs() - limits.dedupMs
    const unknown: ChatId[] = []
    for (const [key, log] of this.#on.tables.logs.cachedEntries()) {
      const chat = key as ChatId
      const there = listed.get(chat)
      if (there !== undefined && there.first <= log.seq + 1) { this.#told.delete(chat); continue }
      if (there !== undefined && isPairChat(chat)) {
        const buffer = this.#arrivals.of(chat, conversationFromBytes(there.conversation))
        if (buffer !== undefined) this.#startReading(chat, buffer, log)
      } else if (!this.#told.has(chat) && (log.newest === '' || timeOf(log.newest) > recentMs)) {
        unknown.push(chat)
      }
    }
    if (unknown.length === 0) return
    await this.#on.ledger.run(async (draft) => { for (const chat of unknown) await this.#on.entries.tellPlace(draft, chat) })
    for (const chat of unknown) this.#told.add(chat)
  }

  /** Something says that there is more of this log than has come. @throws ProtocolError; what is there comes with the next connection at the latest */
  async catchUp (chat: ChatId): Promise<void> {
    const log = this.#on.tables.logs.cached(chat)
    if (log === undefined || !this.#on.link.isOnline) return
    const page = await this.#on.link.call(clientMethods.readLog, { conversation: conversationOfChat(this.#on.ownAccount, chat).bytes, fromSeq: log.seq + 1, maxEntries: limits.pageEntries })
    this.onPages([page])
  }

  async #read (chat: ChatId, buffer: Buffer, log: LogRow): Promise<void> {
    const page = await this.#on.link.call(clientMethods.readLog, { conversation: buffer.conversation.bytes, fromSeq: log.seq + 1, maxEntries: limits.pageEntries })
    // [REJECT] an answer about something else
    if (conversationFromBytes(page.conversation).id !== buffer.conversation.id) throw new ProtocolError('BAD_CONVERSATION')
    this.#onPage(page)
    const first = page.entries[0]
    if (first === undefined) {
      buffer.hadUpTo = 0
      // Nothing of what is here is there any more: there is nothing to compare with.
      if (log.seq < (this.#on.tables.logs.cached(chat) ?? unknownLog).seq) return
      if (!isPairChat(chat) || page.head <= log.seq) throw new ProtocolError('GAP')
    }
    this.#retries.succeeded(chat)
    const goesOnAt = first?.seq ?? page.head + 1
    if (goesOnAt <= log.seq + 1) return
    await this.#on.ledger.run(async (draft) => {
      if (page.epoch > log.epoch && !await this.#isProven(draft, buffer.conversation, page.epoch)) draft.after(() => { this.#prove(chat, buffer) })
      else await this.#on.entries.skip(draft, chat, { epoch: page.epoch, seq: goesOnAt - 1 })
    })
  }

  /**
   * SPEC(client, deliver) an epoch is the version of the anchor's signed home record. One that a relay made up would push
   * the log out of reach of every honest relay after it.
   */
  async #isProven (draft: Draft, conversation: Conversation, epoch: number): Promise<boolean> {
    return epoch <= await this.#provenEpoch(draft, conversation)
  }

  async #provenEpoch (draft: Draft, conversation: Conversation): Promise<number> {
    if (conversation.kind === 'group') return await this.#on.groups.provenEpoch(draft, conversation)
    return (await draft.read(this.#on.tables.homeRecords, conversation.anchor))?.epoch ?? 0
  }

  /** Look for the record that proves an epoch. What is not proven then is dropped, and asked for again later. */
  #prove (chat: ChatId, buffer: Buffer): void {
    const { conversation } = buffer
    const { anchor } = conversation
    buffer.isLookingUp = true
    const later = (error: unknown): void => {
      if (!this.#on.link.isOnline) return
      this.#proofs.schedule(chat, error, () => {
        buffer.isLookingUp = false
        this.#startReading(chat, buffer, this.#on.tables.logs.cached(chat) ?? unknownLog)
      })
    }
    const looking = conversation.kind === 'group' ? this.#on.groups.prove(conversation) : this.#on.refresh(anchor)
    looking.then(async () => {
      if (conversation.kind !== 'group') this.#on.entries.lookedUp(anchor)
      if (!this.#arrivals.dropAbove(buffer, await this.#on.ledger.run(async (draft) => await this.#provenEpoch(draft, conversation)))) {
        this.#proofs.succeeded(chat)
        buffer.isLookingUp = false
        this.#wake()
        return
      }
      if (this.#proofs.attempts(chat) === 0) this.#on.events.emit('warning', { ...warningPlace(chat), kind: 'refused', text: 'The relay says that this conversation has moved, but nobody has signed that: what it delivered is put off.' })
      later(new ProtocolError('STALE_EPOCH'))
    }).catch(later)
  }

  /** What is next of a log. A group's begins for this account where the relay begins it. */
  #next (chat: ChatId, buffer: Buffer, log: LogRow, draft?: Draft): LogEntry | undefined {
    const direct = nextOf(buffer, log)
    if (direct !== undefined || !isGroupChat(chat) || !this.#on.groups.mayStart(chat, draft)) return direct
    return firstOf(buffer, log)
  }

  #lookUp (chat: ChatId, buffer: Buffer, need: Need): void {
    if ('needsGroup' in need) this.#lookUpGroup(chat, buffer, need.needsGroup)
    else this.#lookUpPerson(chat, buffer, need.needs)
  }

  #lookUpGroup (chat: ChatId, buffer: Buffer, conversation: GroupConversation): void {
    buffer.isLookingUp = true
    const goOn = (): void => { buffer.isLookingUp = false; this.#wake() }
    this.#on.groups.fetchState(conversation).then(() => { this.#retries.succeeded(chat); goOn() }, (error: unknown) => {
      // Not in it any more, or the relay has lost it: its entries mean nothing here.
      if (isProtocolError(error) && this.#retries.attempts(chat) >= (error.action === 'reject' ? 1 : clientLimits.lookupAttempts)) {
        this.#on.groups.giveUp(chat)
        goOn()
      } else if (this.#on.link.isOnline) {
        this.#retries.schedule(chat, error, goOn)
      }
    })
  }

  #lookUpPerson (chat: ChatId, buffer: Buffer, account: AccountId): void {
    buffer.isLookingUp = true
    this.#on.refresh(account).then(() => {
      this.#on.entries.lookedUp(account)
      this.#retries.succeeded(chat)
      buffer.isLookingUp = false
      this.#wake()
    }, (error: unknown) => {
      // Not for ever: a relay that says that nobody of this id exists may be wrong once, not again and again.
      if (isProtocolError(error) && error.action === 'reject' && this.#retries.attempts(chat) >= clientLimits.lookupAttempts) this.#on.entries.lookedUp(account)
      if (this.#on.link.isOnline) this.#retries.schedule(chat, error, () => { buffer.isLookingUp = false; this.#wake() })
    })
  }
}

const isPosition = (epoch: number, seq: number): boolean => epoch >= 1 && seq >= 1 && Number.isSafeInteger(seq)
