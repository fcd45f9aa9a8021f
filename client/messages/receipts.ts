/**
 * Receipts that this device owes: written down with the message, sealed and sent a moment later, many ids in one.
 *
 * The first goes at once; while they come thick and fast they are collected for limits.receiptDelayMs.
 */
import type { Clock, Random, Timer } from '../../protocol/clock.ts'
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { receiptStages } from '../../protocol/wire/kinds.ts'
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
  /** Messages of somebody could not be opened: `ask` follows once it makes sense. */
  readonly onUnopened: (peer: AccountId) => void
}

export class Receipts {
  readonly #on: ReceiptComponents
  /** A pause that runs since the last receipt of a conversation; what is owed meanwhile goes when it ends. */
  readonly #pauses = new Map<AccountId, Timer>()
  readonly #isOwed = new Set<AccountId>()
  /** Of a store that fails: what is owed stays written down. */
  readonly #retries: Retries<AccountId>
  /** Something of theirs is to be asked for again. */
  readonly #toAsk = new Set<AccountId>()
  #isStopped = false

  constructor (components: ReceiptComponents) {
    this.#on = components
    this.#retries = new Retries(components)
  }

  /** Pay what an earlier run left. */
  async load (): Promise<void> {
    for (const { key, value } of await this.#on.ledger.preload(this.#on.tables.owed)) {
      if (value.unopened !== undefined) this.#toAsk.add(key as AccountId)
      this.#pay(key as AccountId)
    }
  }

  /** The relay can be reached again. */
  resume (): void {
    this.#isStopped = false
    for (const peer of [...this.#isOwed]) this.#payOrWait(peer)
    for (const peer of this.#toAsk) this.#on.onUnopened(peer)
  }

  /** These could not be opened. Asked for when there is a session that the other side can read. */
  async askFor (draft: Draft, peer: AccountId, ids: readonly MessageId[]): Promise<void> {
    const owed = await draft.read(this.#on.tables.owed, peer) ?? nothing
    draft.write(this.#on.tables.owed, peer, { ...owed, unopened: [...owed.unopened ?? [], ...ids].slice(-limits.receiptIds) })
    draft.after(() => { this.#toAsk.add(peer); this.#on.onUnopened(peer) })
  }

  /** There is such a session. Nothing happens when nothing is to be asked for. */
  ask (peer: AccountId): void {
    if (!this.#toAsk.delete(peer)) return
    this.#on.ledger.run(async (draft) => {
      const owed = await draft.read(this.#on.tables.owed, peer)
      if (owed?.unopened === undefined) return
      const { unopened, ...rest } = owed
      await this.#on.outbox.composeReceipt(draft, peer, receiptStages.unopened, unopened)
      this.#keep(draft, peer, rest)
    }).catch(() => { this.#toAsk.add(peer) })
  }

  stop (): void {
    this.#isStopped = true
    this.#retries.clear()
    for (const timer of this.#pauses.values()) timer.cancel()
    this.#pauses.clear()
  }

  async owe (draft: Draft, peer: AccountId, stage: 'delivered' | 'read', ids: readonly MessageId[]): Promise<void> {
    const owed = await draft.read(this.#on.tables.owed, peer) ?? nothing
    draft.write(this.#on.tables.owed, peer, stage === 'read'
      // read says delivered, too
      ? { ...owed, delivered: owed.delivered.filter((id) => !ids.includes(id)), read: [...owed.read, ...ids] }
      : { ...owed, delivered: [...owed.delivered, ...ids] })
    draft.after(() => { this.#isOwed.add(peer); this.#payOrWait(peer) })
  }

  #payOrWait (peer: AccountId): void {
    if (!this.#pauses.has(peer) && !this.#retries.isWaiting(peer) && !this.#isStopped) this.#pay(peer)
  }

  #pay (peer: AccountId): void {
    this.#isOwed.delete(peer)
    this.#pauses.set(peer, this.#on.clock.after(clientLimits.receiptDelayMs, () => {
      this.#pauses.delete(peer)
      if (this.#isOwed.has(peer)) this.#payOrWait(peer)
    }))
    this.#on.ledger.run(async (draft) => { await this.#compose(draft, peer) }).then(() => { this.#retries.succeeded(peer) }, (error: unknown) => {
      this.#isOwed.add(peer)
      if (!this.#isStopped) this.#retries.schedule(peer, error, () => { this.#payOrWait(peer) })
    })
  }

  async #compose (draft: Draft, peer: AccountId): Promise<void> {
    const owed = await draft.read(this.#on.tables.owed, peer)
    if (owed === undefined) return
    for (const stage of ['delivered', 'read'] as const) {
      for (let at = 0; at < owed[stage].length; at += limits.receiptIds) {
        await this.#on.outbox.composeReceipt(draft, peer, receiptStages[stage], owed[stage].slice(at, at + limits.receiptIds))
      }
    }
    this.#keep(draft, peer, { ...owed, delivered: [], read: [] })
  }

  #keep (draft: Draft, peer: AccountId, owed: OwedRow): void {
    if (owed.delivered.length + owed.read.length + (owed.unopened?.length ?? 0) === 0) draft.erase(this.#on.tables.owed, peer)
    else draft.write(this.#on.tables.owed, peer, owed)
  }
}
