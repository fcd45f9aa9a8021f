/**
 * An account has moved away: its new home gets what this relay still has of it, whether or not it had a standby.
 *
 * Owns: which accounts are still to be handed over (a row each, so that a restart goes on), one attempt after the other, and forgetting
 * what waited here for them. What the other relay has already it passes over. Spec: docs/protocol/standby.md, handing over
 */
import { backoffMs, type Clock, type Random, type Timer } from '../../protocol/clock.ts'
import { conversationFromId, type ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdToBytes, type AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { SignedHomeRecord } from '../../protocol/records/home-record.ts'
import { deadline } from '../deadline.ts'
import type { Links } from '../federation/links.ts'
import type { Outboxes } from '../log/outbox.ts'
import type { Commits, Homes, Logger } from '../ports.ts'
import type { Store } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'
import type { Filler } from './filler.ts'
import { drop, handOverKey, put } from './shadow-rows.ts'
import { senderOf } from './takeover.ts'

/** Accounts handed over at once. */
const maxRunning = 4
/** Accounts that wait for another attempt. */
const maxWaiting = 100_000
/** After so many attempts the pause is the longest one: some five minutes have passed. */
const eagerAttempts = 12
const patientPauseMs = 10 * 60_000

export interface HandOverComponents {
  store: Pick<Store, 'get' | 'scan' | 'readOutbox'>
  commits: Pick<Commits, 'commit'>
  homes: Pick<Homes, 'self' | 'known'>
  accounts: { find (account: AccountId): Promise<unknown> }
  outboxes: Outboxes
  links: Links
  filler: Filler
  clock: Clock
  random: Random
  logger: Logger
  meter: Meter
}

interface Due { readonly formerRecord: Uint8Array, attempt: number, isRunning: boolean, timer: Timer | undefined }

export class HandOver {
  readonly #c: HandOverComponents
  readonly #due = new Map<AccountId, Due>()
  /** A newer record is known, and the row not written yet. */
  readonly #beginning = new Set<AccountId>()
  readonly #running = new Set<Promise<void>>()
  readonly #done
  #isStarted = false
  #isStopped = false

  constructor (components: HandOverComponents) {
    this.#c = components
    this.#done = components.meter.counter('heliograph_standby_handed_over_total', 'accounts that have moved away and were handed over to their new home')
    components.meter.gauge('heliograph_standby_to_hand_over', 'accounts that have moved away and are not handed over yet', () => this.#due.size)
  }

  /** What a former run has left. */
  async load (): Promise<void> {
    for await (const { key, value } of this.#c.store.scan('standby', 'h/')) this.#add(key.slice(2) as AccountId, value)
  }

  start (): void {
    this.#isStarted = true
    this.#pump()
  }

  /** A newer record of the account is known than `before`, which named this relay. */
  moved (account: AccountId, before: SignedHomeRecord): void {
    if (before.homes[0] !== this.#c.homes.self || this.#due.has(account)) return
    this.#beginning.add(account)
    this.#begin(account, before.bytes).catch((error: unknown) => { this.#c.logger.warn('standby.hand-over', {}, error) }).finally(() => { this.#beginning.delete(account) })
  }

  /** Its new home is about to get what this relay has. False as well when that has failed for long. */
  isUnderWay (account: AccountId): boolean { return this.#beginning.has(account) || (this.#due.get(account)?.attempt ?? Infinity) < eagerAttempts }

  async #begin (account: AccountId, formerRecord: Uint8Array): Promise<void> {
    if (await this.#c.accounts.find(account) === undefined) return
    const record = await this.#c.homes.known(account)
    if (record === undefined || record.homes[0] === this.#c.homes.self) return
    // Without the row it is handed over all the same, unless this relay stops before. (A full disk refuses the record of the move as well.)
    await this.#c.commits.commit([put(handOverKey(account), formerRecord)]).catch((error: unknown) => { this.#c.logger.warn('standby.hand-over', {}, error) })
    this.#add(account, formerRecord)
    this.#pump()
  }

  #add (account: AccountId, formerRecord: Uint8Array): void {
    if (this.#due.has(account) || this.#due.size >= maxWaiting) return
    this.#due.set(account, { formerRecord, attempt: 0, isRunning: false, timer: undefined })
  }

  #pump (): void {
    if (!this.#isStarted) return
    for (const [account, due] of this.#due) {
      if (this.#isStopped || this.#running.size >= maxRunning) return
      if (due.isRunning || due.timer !== undefined) continue
      due.isRunning = true
      const running = this.#run(account, due).catch((error: unknown) => { this.#later(due, error) }).finally(() => {
        due.isRunning = false
        this.#running.delete(running)
        this.#pump()
      })
      this.#running.add(running)
    }
  }

  #later (due: Due, error: unknown): void {
    const { clock, links, logger, random } = this.#c
    if (isProtocolError(error, 'MOVED', 'NOT_ADMITTED', 'ROLLED_BACK')) links.learn(error.details.record)
    if (this.#isStopped) return
    const waitMs = due.attempt < eagerAttempts ? backoffMs(due.attempt, random, limits) : patientPauseMs
    due.attempt++
    logger.debug('standby.hand-over-later', { attempt: due.attempt, waitMs: Math.round(waitMs) }, error)
    due.timer = clock.after(waitMs, () => {
      due.timer = undefined
      this.#pump()
    })
  }

  /** @throws ProtocolError: later again */
  async #run (account: AccountId, { formerRecord }: Due): Promise<void> {
    const { clock, commits, filler, homes, links, logger } = this.#c
    const record = await homes.known(account)
    if (record !== undefined && record.homes[0] !== homes.self) {
      const limit = deadline(clock, limits.dialTimeoutMs)
      const channel = await links.channelTo(record.homes[0], { signal: limit.signal }).finally(() => { limit.cancel() })
      links.introduce(channel, [account])
      const logs = await filler.fillAccount(channel, account, { formerRecord })
      for (const log of logs) {
        if (this.#isStopped) throw new ProtocolError('CANCELLED')
        links.introduce(channel, [conversationFromId(log).anchor])
        await filler.fillLog(channel, log, account)
      }
      await filler.tell(channel, { account: accountIdToBytes(account), rows: [], isWhole: false, isDone: true })
      for (const log of logs) await this.#forgetWaiting(log, account)
      this.#done.inc()
      logger.info('standby.handed-over', { account, logs: logs.length })
    }
    await commits.commit([drop(handOverKey(account))])
    this.#due.delete(account)
  }

  /** What the account had in the outbox is the new home's to forward. */
  async #forgetWaiting (log: ConversationId, account: AccountId): Promise<void> {
    const { store, commits, outboxes } = this.#c
    const queue = outboxes.peek(log)
    if (queue === undefined) return
    for (let from = 1; ;) {
      const items = await store.readOutbox(log, from, { maxEntries: limits.batchEnvelopes, maxBytes: limits.pageBytes })
      const last = items.at(-1)
      if (last === undefined) break
      from = last.position + 1
      const own = items.filter(({ envelope }) => senderOf(envelope) === account)
      if (own.length === 0) continue
      await commits.commit(own.map(({ position }) => ({ op: 'dequeue', log, position })))
      if (!queue.isDropped) for (const { position } of own) queue.removed(position)
    }
    outboxes.settle(queue)
  }

  async stop (): Promise<void> {
    this.#isStopped = true
    for (const { timer } of this.#due.values()) timer?.cancel()
    await Promise.all(this.#running)
  }
}
