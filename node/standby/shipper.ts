/**
 * From this relay, the primary, to one standby: every write of its accounts, in order, confirmed before it is acknowledged here.
 *
 * Owns: what is under way to this standby, what it still has to be filled with, whether it is in sync, and going on without it when it
 * does not confirm in time. What is filled is in the store: nothing of it is lost by forgetting it here. Spec: docs/protocol/standby.md
 */
import type { Channel } from '../../protocol/channel.ts'
import { backoffMs, type Timer } from '../../protocol/clock.ts'
import { conversationFromBytes, conversationFromId, type Conversation, type ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdBytes, accountIdFromBytes, accountIdToBytes, shortId, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import type { ShipAnswer, Shipment } from '../../protocol/wire/gen/standby.js'
import { deadline } from '../deadline.ts'
import { Lane, batchBytes, type LaneComponents, type LaneWork } from '../federation/lane.ts'
import { AccountDraft, LogDraft, type Draft } from './drafts.ts'
import { isRefusal, type Filler } from './filler.ts'
import { syncStates } from './shadow-register.ts'

/** Logs and accounts filled at once. */
const maxFilling = 8
/** Writes gathered while a log is being filled; more, and it is filled once more instead. */
const maxBufferBytes = 4 * 1024 * 1024
/** Drafts that wait to be sent; more, and this relay goes on alone. What they hold is bounded by what may wait for an answer. */
const maxQueued = 20_000
/** Logs and accounts that wait to be filled; more, and everything is filled anew. */
const maxUnits = 100_000
const logEveryMs = 60_000

/** A commit that waits for this standby. */
export class Ticket {
  readonly atMs: number
  readonly confirmed: Promise<void>
  readonly #resolve: () => void
  readonly #reject: (error: Error) => void
  #left = 0
  isSettled = false

  constructor (atMs: number) {
    this.atMs = atMs
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.confirmed = promise
    this.#resolve = resolve
    this.#reject = reject
  }

  get isHeld (): boolean { return this.#left > 0 }
  hold (): void { this.#left++ }
  release (): void { if (--this.#left === 0) this.settle() }
  settle (): void { this.isSettled = true; this.#resolve() }
  fail (error: Error): void { this.isSettled = true; this.#reject(error) }
}

/** One draft on its way, and who waits for it. */
interface Part { readonly draft: Draft, readonly order: number, readonly tickets: Ticket[] }
interface Batch { readonly parts: Part[], readonly bytes: number }

/** A log or an account that the standby does not have yet, as far as is known here. */
interface Unit {
  readonly key: ConversationId | AccountId
  readonly account: AccountId
  readonly isLog: boolean
  isFilling: boolean
  isUrgent: boolean
  /** Writes since the filling began; undefined: too many, or not filling. */
  buffer: Part[] | undefined
  readonly tickets: Ticket[]
  readonly waiting: Array<() => void>
}

export interface ShipperComponents extends LaneComponents {
  filler: Filler
  onBehind (): void
}

export class Shipper implements LaneWork<Batch> {
  readonly name = 'ship'
  readonly relay: RelayId
  readonly lane: Lane<Batch>
  readonly #c: ShipperComponents
  /** With the bytes of their ids, once these were needed. */
  readonly #accounts = new Map<AccountId, Uint8Array | undefined>()
  /** Accounts of which everything is there. */
  readonly #filled = new Set<AccountId>()
  readonly #units = new Map<ConversationId | AccountId, Unit>()
  #queue: Part[] = []
  readonly #sending = new Set<Batch>()
  /** The part that still grows, by log or account. */
  readonly #open = new Map<ConversationId | AccountId, Part>()
  #tickets: Ticket[] = []
  #timer: Timer | undefined
  #retry: Timer | undefined
  #attempt = 0
  #order = 0
  #filling = 0
  #alone = false
  /** Something was confirmed since the last failure. */
  #isReachable = true
  #behindSinceMs: number | undefined
  #toldAtMs = -Infinity
  #isStopped = false
  /** What the standby was told last on this connection; undefined: nothing. */
  #toldSync: number | undefined
  readonly #fillingAccounts = new Set<AccountId>()

  constructor (relay: RelayId, components: ShipperComponents) {
    this.relay = relay
    this.#c = components
    this.#behindSinceMs = components.clock.nowMs()
    this.lane = new Lane(relay, this, components)
  }

  get isInSync (): boolean { return !this.#alone && this.#behindSinceMs === undefined }
  get isAlone (): boolean { return this.#alone }
  get behindMs (): number { return this.#behindSinceMs === undefined ? 0 : this.#c.clock.nowMs() - this.#behindSinceMs }
  get isIdle (): boolean { return this.#accounts.size === 0 }
  get waiting (): number { return this.#queue.length + this.#units.size }
  has (account: AccountId): boolean { return this.#accounts.has(account) }
  /** Everything of this account is there, and everything new is confirmed. */
  isInSyncFor (account: AccountId): boolean { return !this.#alone && this.#filled.has(account) }
  isFilledFor (account: AccountId): boolean { return this.#filled.has(account) }

  addAccount (account: AccountId): void {
    if (this.#accounts.has(account) || this.#isStopped) return
    this.#accounts.set(account, undefined)
    this.#behindSinceMs ??= this.#c.clock.nowMs()
    this.#pump()
  }

  removeAccount (account: AccountId): void {
    if (!this.#accounts.delete(account)) return
    // Others may have a part in its logs: all are looked at once more.
    this.#filled.clear()
    for (const unit of [...this.#units.values()]) if (unit.account === account && !unit.isFilling) this.#closeUnit(unit)
    for (const part of this.#queue.filter(({ draft }) => draft.account === account)) this.#releaseAll(part.tickets)
    this.#queue = this.#queue.filter(({ draft }) => draft.account !== account)
    this.#open.clear()
    this.#pump()
  }

  // ── what is written

  /** @param accounts of this standby that have a part in the log */
  draftOfLog (conversation: Conversation, accounts: readonly AccountId[], ticket: Ticket | undefined): LogDraft | undefined {
    const [account] = accounts
    if (account === undefined) return undefined
    const log = conversation.id
    const isThere = this.#filled.size === this.#accounts.size || accounts.every((one) => this.#filled.has(one))
    return this.#draft(log, account, true, isThere, ticket, () => new LogDraft(conversation, account, this.#bytesOf(account))) as LogDraft | undefined
  }

  /** Base32 is slow. */
  #bytesOf (account: AccountId): Uint8Array {
    let bytes = this.#accounts.get(account)
    if (bytes === undefined) {
      bytes = accountIdToBytes(account)
      if (this.#accounts.has(account)) this.#accounts.set(account, bytes)
    }
    return bytes
  }

  draftOfAccount (account: AccountId, ticket: Ticket | undefined): AccountDraft | undefined {
    return this.#draft(account, account, false, this.#filled.has(account), ticket, () => new AccountDraft(account)) as AccountDraft | undefined
  }

  /** @returns where the write goes; undefined: it is in the store, and is filled from there */
  #draft (key: ConversationId | AccountId, account: AccountId, isLog: boolean, isThere: boolean, ticket: Ticket | undefined, make: () => Draft): Draft | undefined {
    let unit = this.#units.get(key)
    if (unit === undefined && (!isThere || (this.#alone && !this.#isReachable))) unit = this.#dirty(key, account, isLog)
    const waits = this.#alone ? undefined : ticket
    if (unit !== undefined) {
      if (waits !== undefined) {
        if (!unit.tickets.includes(waits)) { waits.hold(); unit.tickets.push(waits) }
        unit.isUrgent = true
        this.#pump()
      }
      if (unit.buffer === undefined) return undefined
      if (unit.buffer.reduce((sum, { draft }) => sum + draft.bytes, 0) > maxBufferBytes) { unit.buffer = undefined; return undefined }
      const last = unit.buffer.at(-1)
      if (last !== undefined && !last.draft.isFull) return last.draft
      const part = { draft: make(), order: 0, tickets: [] }
      unit.buffer.push(part)
      return part.draft
    }
    let part = this.#open.get(key)
    if (part === undefined || part.draft.isFull) {
      part = this.#enqueue({ draft: make(), order: this.#order++, tickets: [] })
      this.#open.set(key, part)
    }
    if (waits !== undefined && part.tickets.at(-1) !== waits) { waits.hold(); part.tickets.push(waits) }
    return part.draft
  }

  #enqueue (part: Part): Part {
    this.#queue.push(part)
    this.lane.wake()
    return part
  }

  /** All of a commit's writes are in drafts. */
  wait (ticket: Ticket): void {
    this.#tickets.push(ticket)
    this.#timer ??= this.#c.clock.after(limits.standbyAckTimeoutMs, () => { this.#onTimer() })
    if (this.#queue.length > maxQueued) this.#goAlone(new ProtocolError('OVERLOADED'))
  }

  #onTimer (): void {
    this.#timer = undefined
    const oldest = this.#dropSettled()
    if (oldest === undefined) return
    const leftMs = oldest.atMs + limits.standbyAckTimeoutMs - this.#c.clock.nowMs()
    if (leftMs <= 0) this.#goAlone(new ProtocolError('TIMEOUT'))
    else this.#timer = this.#c.clock.after(leftMs, () => { this.#onTimer() })
  }

  #dropSettled (): Ticket | undefined {
    const at = this.#tickets.findIndex(({ isSettled }) => !isSettled)
    this.#tickets = at < 0 ? [] : this.#tickets.slice(at)
    return this.#tickets[0]
  }

  /** The standby does not confirm: everything that waits goes on, and what it has missed is filled in later from the store. */
  #goAlone (error: unknown): void {
    if (!this.#alone) {
      this.#alone = true
      this.#behindSinceMs ??= this.#c.clock.nowMs()
      this.#c.onBehind()
    }
    this.#isReachable = false
    const { clock, logger } = this.#c
    if (clock.nowMs() - this.#toldAtMs >= logEveryMs) {
      this.#toldAtMs = clock.nowMs()
      logger.warn('standby.behind', { relay: shortId(this.relay), accounts: this.#accounts.size, seconds: Math.round(this.behindMs / 1000) }, error)
    }
    // What is under way may have been lost.
    const parts = [...this.#sending].flatMap((batch) => batch.parts)
    for (const { draft } of [...parts, ...this.#queue.splice(0)]) this.#dirty(draft.key, draft.account, draft instanceof LogDraft)
    this.#open.clear()
    for (const unit of this.#units.values()) unit.tickets.length = 0
    for (const ticket of this.#tickets.splice(0)) if (!ticket.isSettled) ticket.settle()
    this.#pump()
  }

  #releaseAll (tickets: readonly Ticket[]): void { for (const ticket of tickets) if (!ticket.isSettled) ticket.release() }

  // ── filling

  #dirty (key: ConversationId | AccountId, account: AccountId, isLog: boolean): Unit {
    const known = this.#units.get(key)
    if (known !== undefined) {
      // What was gathered does not begin where the standby is any more.
      known.buffer = undefined
      return known
    }
    if (this.#units.size >= maxUnits) {
      this.#filled.clear()
      for (const unit of [...this.#units.values()]) if (!unit.isFilling && unit.tickets.length === 0) this.#closeUnit(unit)
    }
    const unit: Unit = { key, account, isLog, isFilling: false, isUrgent: false, buffer: undefined, tickets: [], waiting: [] }
    this.#units.set(key, unit)
    this.#behindSinceMs ??= this.#c.clock.nowMs()
    return unit
  }

  #closeUnit (unit: Unit): void {
    this.#units.delete(unit.key)
    this.#releaseAll(unit.tickets)
    for (const done of unit.waiting.splice(0)) done()
  }

  /** Resolves when the log was filled, or cannot be; rejects never. */
  async compare (log: ConversationId, account: AccountId): Promise<void> {
    const unit = this.#units.get(log) ?? this.#dirty(log, account, true)
    unit.isUrgent = true
    const done = new Promise<void>((resolve) => { unit.waiting.push(resolve) })
    this.#pump()
    await done
  }

  #next (): Unit | undefined {
    let next: Unit | undefined
    for (const unit of this.#units.values()) {
      if (unit.isFilling) continue
      if (unit.isUrgent) return unit
      next ??= unit
    }
    return next
  }

  #pump (): void {
    if (this.#isStopped || this.#retry !== undefined) return
    while (this.#filling < maxFilling) {
      const unit = this.#next()
      if (unit === undefined) break
      this.#filling++
      unit.isFilling = true
      unit.buffer = []
      this.#fill(unit).then(() => { this.#filledUnit(unit) }, (error: unknown) => { this.#failedUnit(unit, error) })
    }
    if (this.#units.size >= maxFilling) return
    for (const account of this.#accounts.keys()) {
      if (this.#filled.has(account) || this.#fillingAccounts.has(account)) continue
      if (this.#fillingAccounts.size >= maxFilling) return
      this.#fillingAccounts.add(account)
      this.#fillAccount(account).catch((error: unknown) => { this.#failed(error) }).finally(() => {
        this.#fillingAccounts.delete(account)
        this.#checkSync()
        this.#pump()
      })
    }
    this.#checkSync()
  }

  async #fill (unit: Unit): Promise<void> {
    // The filler says that something is missing.
    this.#toldSync = undefined
    await this.#withChannel(async (channel) => {
      // Who anchors a log has signed its epochs.
      this.#c.links.introduce(channel, unit.isLog ? [unit.account, conversationFromId(unit.key as ConversationId).anchor] : [unit.account])
      if (unit.isLog) await this.#c.filler.fillLog(channel, unit.key as ConversationId, unit.account)
      else await this.#c.filler.fillAccount(channel, unit.account)
    })
  }

  async #withChannel<T> (work: (channel: Channel) => Promise<T>): Promise<T> {
    const limit = deadline(this.#c.clock, limits.dialTimeoutMs)
    try {
      const channel = await this.#c.links.channelTo(this.relay, { signal: limit.signal })
      try {
        return await work(channel)
      } catch (error) {
        // Silence on an open channel: whatever it stands on is dead.
        if (isProtocolError(error, 'TIMEOUT')) channel.abort(error)
        throw error
      }
    } finally {
      limit.cancel()
    }
  }

  #filledUnit (unit: Unit): void {
    this.#filling--
    this.#attempt = 0
    this.#isReachable = true
    unit.isFilling = false
    if (unit.buffer === undefined && this.#units.get(unit.key) === unit) { this.#pump(); return } // too much came meanwhile: once more
    const parts = unit.buffer ?? []
    this.#units.delete(unit.key)
    for (const part of parts) this.#enqueue({ ...part, order: this.#order++ })
    const last = this.#queue.at(-1)
    if (parts.length > 0 && last !== undefined) last.tickets.push(...unit.tickets)
    else this.#releaseAll(unit.tickets)
    for (const done of unit.waiting.splice(0)) done()
    this.#pump()
  }

  #failedUnit (unit: Unit, error: unknown): void {
    this.#filling--
    unit.isFilling = false
    unit.buffer = undefined
    if (isProtocolError(error, 'MOVED')) this.#refused(unit.account, error, unit.tickets)
    if (!this.#accounts.has(unit.account)) this.#closeUnit(unit)
    for (const done of unit.waiting.splice(0)) done()
    this.#failed(error)
  }

  /** Rows, then every log; what comes meanwhile is filled by itself. */
  async #fillAccount (account: AccountId): Promise<void> {
    await this.#ensure(account, account, false)
    const logs = await this.#c.filler.logsOf(account)
    for (let at = 0; at < logs.length; at += maxFilling) {
      await Promise.all(logs.slice(at, at + maxFilling).map(async (log) => { await this.#ensure(log, account, true) }))
    }
    if (this.#accounts.has(account) && !this.#isStopped) this.#filled.add(account)
  }

  /** Resolves when it was filled, or need not be any more. */
  async #ensure (key: ConversationId | AccountId, account: AccountId, isLog: boolean): Promise<void> {
    let unit: Unit | undefined = this.#units.get(key) ?? this.#dirty(key, account, isLog)
    while (unit !== undefined && this.#accounts.has(account) && !this.#isStopped) {
      const { waiting } = unit
      const done = new Promise<void>((resolve) => { waiting.push(resolve) })
      this.#pump()
      await done
      unit = this.#units.get(key)
    }
  }

  #failed (error: unknown): void {
    this.#isReachable = false
    if (isProtocolError(error, 'MOVED', 'NOT_ADMITTED')) this.#c.links.learn(error.details.record)
    if (this.#isStopped || this.#retry !== undefined) return
    const waitMs = Math.max(isProtocolError(error) ? error.details.retryAfterMs ?? 0 : 0, backoffMs(this.#attempt++, this.#c.random, limits))
    this.#c.logger.debug('standby.fill', { relay: shortId(this.relay), attempt: this.#attempt, waitMs: Math.round(waitMs) }, error)
    this.#retry = this.#c.clock.after(waitMs, () => {
      this.#retry = undefined
      this.#pump()
    })
    for (const account of this.#accounts.keys()) { this.#c.homes.refresh(account); break }
  }

  #checkSync (): void {
    if (this.#units.size > 0 || this.#filled.size < this.#accounts.size || this.#behindSinceMs === undefined) return
    if (this.#alone) this.#c.logger.info('standby.in-sync', { relay: shortId(this.relay), accounts: this.#accounts.size, seconds: Math.round(this.behindMs / 1000) })
    this.#alone = false
    this.#behindSinceMs = undefined
    this.#toldAtMs = -Infinity
    this.lane.wake()
  }

  /** The standby has been heard of: no need to wait. */
  reachable (): void {
    this.#toldSync = undefined
    this.lane.retryNow()
    this.lane.wake()
    if (this.#retry === undefined) return
    this.#retry.cancel()
    this.#retry = undefined
    this.#attempt = 0
    this.#pump()
  }

  // ── sending

  next (): Batch | undefined {
    const parts: Part[] = []
    let bytes = 0
    while (this.#queue.length > parts.length && bytes < batchBytes && parts.length < 256) {
      const part = this.#queue[parts.length]!
      parts.push(part)
      bytes += part.draft.bytes
      if (this.#open.get(part.draft.key) === part) this.#open.delete(part.draft.key)
    }
    // Whoever loses this relay asks the standby whether it has everything.
    if (parts.length === 0 && (!this.isInSync || this.isIdle || this.#toldSync === syncStates.inSync)) return undefined
    this.#queue.splice(0, parts.length)
    const batch = { parts, bytes }
    this.#sending.add(batch)
    return batch
  }

  async send (batch: Batch, channel: Channel): Promise<void> {
    const { parts } = batch
    const sync = this.#toldSync = this.isInSync ? syncStates.inSync : syncStates.behind
    const shipment: Shipment = { accounts: [], logs: [], sync }
    const accounts = new Set<AccountId>()
    for (const { draft } of parts) {
      accounts.add(draft.account)
      if (draft instanceof LogDraft) shipment.logs.push(draft.toWire())
      else shipment.accounts.push(draft.toWire())
    }
    this.#c.links.introduce(channel, accounts)
    const { answers } = await channel.call(relayMethods.ship, shipment)
    this.#sending.delete(batch)
    this.#isReachable = true
    const refused = new Map<ConversationId | AccountId, ShipAnswer>()
    for (const answer of answers) refused.set(answer.of.byteLength === accountIdBytes ? accountIdFromBytes(answer.of) : conversationFromBytes(answer.of).id, answer)
    for (const part of parts) {
      const answer = refused.size === 0 ? undefined : refused.get(part.draft.key)
      if (answer === undefined || answer.status === 0) this.#releaseAll(part.tickets)
      else this.#notTaken(part, ProtocolError.fromStatus(answer.status, answer.record === undefined ? {} : { record: answer.record }))
    }
    if (this.#units.size > 0) this.#pump()
  }

  #notTaken ({ draft, tickets }: Part, error: ProtocolError): void {
    if (error.code === 'MOVED') { this.#refused(draft.account, error, tickets); return }
    const unit = this.#dirty(draft.key, draft.account, draft instanceof LogDraft)
    unit.isUrgent = true
    if (this.#alone) this.#releaseAll(tickets)
    else unit.tickets.push(...tickets)
    if (isRefusal(error.code) || error.code !== 'GAP') this.#failed(error)
  }

  /** The account lives elsewhere now: nothing of it is acknowledged here any more. */
  #refused (account: AccountId, error: ProtocolError, tickets: readonly Ticket[]): void {
    for (const ticket of tickets) if (!ticket.isSettled) ticket.fail(new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs, what: 'the account has moved' }))
    if (!this.#c.links.learn(error.details.record)) this.#c.logger.debug('standby.refused', { account }, error)
  }

  takeBack (batch: Batch, error: unknown): void {
    const { parts } = batch
    this.#sending.delete(batch)
    this.#toldSync = undefined
    if (this.#alone) {
      this.#isReachable = false
      for (const { draft } of parts) this.#dirty(draft.key, draft.account, draft instanceof LogDraft)
      this.#pump()
      return
    }
    this.#c.logger.debug('standby.ship', { relay: shortId(this.relay) }, error)
    this.#queue = [...this.#queue, ...parts].sort((a, b) => a.order - b.order)
    this.#open.clear()
  }

  accounts (): Iterable<AccountId> { return this.#accounts.keys() }

  /** What the standby has not confirmed is not acknowledged: the device asks again. Of accounts that have another standby by now nobody waits. */
  async stop (): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#retry?.cancel()
    for (const unit of this.#units.values()) for (const done of unit.waiting.splice(0)) done()
    for (const ticket of this.#tickets.splice(0)) {
      if (ticket.isSettled) continue
      if (this.isIdle) ticket.settle()
      else ticket.fail(new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs, what: 'the relay stops' }))
    }
    await this.lane.stop()
  }
}
