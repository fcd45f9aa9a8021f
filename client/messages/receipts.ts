/**
 * Receipts that this device owes: written down with the message, sealed and sent a moment later, many ids in one.
 *
 * The first goes at once; while they come thick and fast they are collected for limits.receiptDelayMs.
 */
import type { Clock, Random, Timer } from '../../protocol/clock.ts'
import type { MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { receiptStages } from '../../protocol/wire/kinds.ts'
import type { ChatId } from '../chat-id.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { clientLimits } from '../limits.ts'
import type { Outbox } from './outbox.ts'
import { Retries } from '../relay/retry.ts'
import type { OwedRow, Tables } from '../store/tables.ts'

const nothing: OwedRow = { delivered: [], read: [] }

export interface ReceiptComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly outbox: Pick<Outbox, 'composeReceipt'>
  readonly clock: Clock
  readonly random: Random
}

export class Receipts {
  readonly #on: ReceiptComponents
  /** A pause that runs since the last receipt of a conversation; what is owed meanwhile goes when it ends. */
  readonly #pauses = new Map<ChatId, Timer>()
  readonly #isOwed = new Set<ChatId>()
  /** Of a store that fails: what is owed stays written down. */
  readonly #retries: Retries<ChatId>
  #isStopped = false

  constructor (components: ReceiptComponents) {
    this.#on = components
    this.#retries = new Retries(components)
  }

  /** Pay what an earlier run left. */
  async load (): Promise<void> {
    for (const { key } of await this.#on.ledger.preload(this.#on.tables.owed)) this.#pay(key as ChatId)
  }

  /** The relay can be reached again. */
  resume (): void {
    this.#isStopped = false
    for (const chat of [...this.#isOwed]) this.#payOrWait(chat)
  }

  stop (): void {
    this.#isStopped = true
    this.#retries.clear()
    for (const timer of this.#pauses.values()) timer.cancel()
    this.#pauses.clear()
  }

  async owe (draft: Draft, chat: ChatId, stage: 'delivered' | 'read', ids: readonly MessageId[]): Promise<void> {
    const owed = await draft.read(this.#on.tables.owed, chat) ?? nothing
    draft.write(this.#on.tables.owed, chat, stage === 'read'
      // read says delivered, too
      ? { ...owed, delivered: owed.delivered.filter((id) => !ids.includes(id)), read: [...owed.read, ...ids] }
      : { ...owed, delivered: [...owed.delivered, ...ids] })
    draft.after(() => { this.#isOwed.add(chat); this.#payOrWait(chat) })
  }

  #payOrWait (chat: ChatId): void {
    if (!this.#pauses.has(chat) && !this.#retries.isWaiting(chat) && !this.#isStopped) this.#pay(chat)
  }

  #pay (chat: ChatId): void {
    this.#isOwed.delete(chat)
    this.#pauses.set(chat, this.#on.clock.after(clientLimits.receiptDelayMs, () => {
      this.#pauses.delete(chat)
      if (this.#isOwed.has(chat)) this.#payOrWait(chat)
    }))
    this.#on.ledger.run(async (draft) => { await this.#compose(draft, chat) }).then(() => { this.#retries.succeeded(chat) }, (error: unknown) => {
      this.#isOwed.add(chat)
      if (!this.#isStopped) this.#retries.schedule(chat, error, () => { this.#payOrWait(chat) })
    })
  }

  async #compose (draft: Draft, chat: ChatId): Promise<void> {
    const owed = await draft.read(this.#on.tables.owed, chat)
    if (owed === undefined) return
    for (const stage of ['delivered', 'read'] as const) {
      for (let at = 0; at < owed[stage].length; at += limits.receiptIds) {
        await this.#on.outbox.composeReceipt(draft, chat, receiptStages[stage], owed[stage].slice(at, at + limits.receiptIds))
      }
    }
    this.#keep(draft, chat, { ...owed, delivered: [], read: [] })
  }

  #keep (draft: Draft, chat: ChatId, owed: OwedRow): void {
    if (owed.delivered.length + owed.read.length === 0) draft.erase(this.#on.tables.owed, chat)
    else draft.write(this.#on.tables.owed, chat, owed)
  }
}
