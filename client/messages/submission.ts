/**
 * Getting sealed messages to the relay: one batch under way per conversation, FIFO, and what each outcome means.
 */
import type { Clock, Random } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods } from '../../protocol/methods.ts'
import type { Outcome } from '../../protocol/wire/gen/log.js'
import { isGroupChat, type ChatId } from '../chat-id.ts'
import { clientLimits } from '../limits.ts'
import type { RelayLink } from '../relay/link.ts'
import { Retries } from '../relay/retry.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { Tables } from '../store/tables.ts'
import type { Item, Queue, Queues } from './queues.ts'
import { rowKey, type Rows } from './rows.ts'
import type { Sealing } from './sealing.ts'

export interface Placed extends Item { readonly epoch: number, readonly seq: number }

export interface SubmissionComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly link: RelayLink
  readonly clock: Clock
  readonly random: Random
  readonly queues: Queues
  readonly rows: Rows
  readonly sealing: Sealing
  /** These got their numbers in the log; the relay may not say so again. */
  readonly onSequenced: (placed: readonly Placed[]) => void
  /** In a group, taken by the home and without a number yet. */
  readonly onWaiting: (item: Item) => void
  /** A relay had said `sent` to these, and may have gone back to an older state since: submit them again. */
  readonly again: (items: readonly Item[]) => Promise<void>
  /** The relay does not know this connection any more. */
  readonly onDisowned: (error: ProtocolError) => void
}

export class Submission {
  readonly #on: SubmissionComponents
  readonly #retries: Retries<ChatId>
  #submitting = 0
  /** How many connections there were. */
  #connections = 0
  /** The newest `hold` that was not let go. */
  #hold: object | undefined
  #isPumpScheduled = false

  constructor (components: SubmissionComponents) {
    this.#on = components
    this.#retries = new Retries(components)
  }

  /** The relay can be reached again: nothing waits for its pause. */
  resume (): void {
    this.#connections++
    this.#retries.clear()
  }

  stop (): void { this.#retries.clear() }

  /** Submit nothing until the returned function is called. */
  hold (): () => void {
    const hold = this.#hold = {}
    return () => {
      if (this.#hold !== hold) return
      this.#hold = undefined
      this.wake()
    }
  }

  /** Once per turn, so that what was composed together leaves together. */
  wake (): void {
    if (this.#isPumpScheduled) return
    this.#isPumpScheduled = true
    queueMicrotask(() => { this.#isPumpScheduled = false; this.#pump() })
  }

  #pump (): void {
    if (!this.#on.link.isOnline || this.#hold !== undefined) return
    while (this.#submitting < clientLimits.submitsInFlight) {
      const batch: Item[] = []
      for (const [chat, queue] of this.#on.queues.all()) {
        if (queue.isSubmitting || queue.unsent.length === 0 || this.#retries.isWaiting(chat) || this.#isUnsure(chat, queue)) continue
        const ids = queue.unsent.slice(0, limits.batchEnvelopes - batch.length)
        if (ids.length === 0) break
        queue.isSubmitting = true
        for (const id of ids) batch.push({ chat, id })
      }
      if (batch.length === 0) return
      this.#submitting++
      this.#submit(batch, this.#connections).catch((error: unknown) => { this.#onSubmitError(batch, error) }).finally(() => {
        this.#submitting--
        for (const { chat } of batch) this.#on.queues.of(chat).isSubmitting = false
        this.wake()
      })
    }
  }

  /** What was sent before a newer epoch of the log is still to be put in front (outbox.ts). */
  #isUnsure (chat: ChatId, { sent }: Queue): boolean { return sent.size > 0 && this.#on.tables.logs.cached(chat)?.isUnsure === true }

  /**
   * Still what goes next? Not when another relay has come in place of the last one, which gets first what that one had (`hold`),
   * nor when something sent before is put in front again.
   */
  #isNext (batch: readonly Item[], connection: number): boolean {
    return connection === this.#connections && batch.every(({ chat, id }, i) => {
      const queue = this.#on.queues.of(chat)
      return batch[i - 1]?.chat === chat || (queue.unsent[0] === id && !this.#isUnsure(chat, queue))
    })
  }

  async #submit (batch: readonly Item[], connection: number): Promise<void> {
    const { ledger, tables, sealing, link, rows } = this.#on
    const items: Item[] = []
    const envelopes: Uint8Array[] = []
    let bytes = 0
    const sealed = await ledger.readMany(tables.sealed, batch.map(rowKey))
    if (!this.#isNext(batch, connection)) return
    for (const [i, item] of batch.entries()) {
      const envelope = sealed[i]
      if (envelope === undefined) continue
      bytes += envelope.byteLength
      if (bytes > clientLimits.submitBytes && items.length > 0) break
      items.push(item)
      envelopes.push(envelope)
    }
    if (items.length === 0) {
      // Done with meanwhile, or the store has lost bytes: whatever is still to be sent is sealed again.
      for (const chat of new Set(batch.map((item) => item.chat))) await ledger.run(async (draft) => { await sealing.unseal(draft, chat) }, { isFresh: true })
      return
    }
    const { outcomes } = await link.call(clientMethods.submit, { envelopes })
    if (outcomes.length !== items.length) throw new ProtocolError('MALFORMED', { what: 'outcomes' })
    // SPEC(client, deliver) an outcome with a number counts as the delivery. First, so that both go into one batch.
    this.#on.onSequenced(items.map((item, i) => ({ ...item, ...outcomes[i]! })).filter(({ status, seq }) => status === 0 && seq > 0))
    await ledger.run(async (draft) => {
      await rows.prefetch(draft, items)
      for (const [i, item] of items.entries()) await this.#settle(draft, item, outcomes[i]!)
    })
    // Whoever compared this device with the relay at the beginning of the connection did not see them as sent.
    if (this.#connections !== connection) await this.#on.again(items)
  }

  async #settle (draft: Draft, item: Item, outcome: Outcome): Promise<void> {
    const { rows, sealing } = this.#on
    const error = outcome.status === 0 ? undefined : ProtocolError.fromStatus(outcome.status, outcome.retryAfterMs > 0 ? { retryAfterMs: outcome.retryAfterMs } : {})
    if (error === undefined || error.action === 'done') {
      draft.after(() => { this.#retries.succeeded(item.chat); rows.markSent(item) })
      const row = await rows.read(draft, item)
      // Done with already: delivered, or refused by the sequencer.
      if (row === undefined) return
      await rows.updateMessage(draft, item, { state: 'sent', ...(outcome.seq > 0 ? { position: { epoch: outcome.epoch, seq: outcome.seq } } : {}) })
      // A group's log may have begun anew for this account behind it: then it does not come past it again.
      const log = isGroupChat(item.chat) && outcome.seq > 0 ? await draft.read(this.#on.tables.logs, item.chat) : undefined
      const isPast = log !== undefined && (outcome.epoch < log.epoch || (outcome.epoch === log.epoch && outcome.seq <= log.seq))
      rows.keep(draft, item, { ...row, state: 'sent', isSequenced: row.isSequenced || isPast })
      if (isGroupChat(item.chat) && outcome.seq === 0 && !row.isSequenced) draft.after(() => { this.#on.onWaiting(item) })
      this.#boundSent(draft, item.chat)
      return
    }
    if (error.code === 'NOT_AUTHENTICATED' || error.code === 'NOT_REGISTERED') {
      draft.after(() => { this.#retryLater(item.chat, error); this.#on.onDisowned(error) })
    } else if (error.code === 'STALE_MEMBERSHIP') {
      await sealing.again(draft, item)
    } else if (error.code === 'STALE_DEVICES') {
      draft.after(() => {
        this.#retryLater(item.chat, error)
        this.#on.ledger.run(async (again) => { await sealing.unseal(again, item.chat) }, { isFresh: true }).catch(() => { /* the next outcome says it again */ })
      })
    } else if (error.action === 'reject' && (error.code !== 'UNKNOWN_ACCOUNT' || sealing.isGivenUp(item.id))) {
      // Another relay may have said `sent` to it, as to a guest; what stands in the log is not taken back.
      await rows.fail(draft, item, error, (await rows.read(draft, item))?.isSequenced === false)
    } else {
      draft.after(() => { this.#retryLater(item.chat, error) })
    }
  }

  /** The relay took none of the batch, or its answer was lost: the same bytes go again. */
  #onSubmitError (batch: readonly Item[], error: unknown): void {
    const known = isProtocolError(error) ? error : new ProtocolError('INTERNAL', { cause: error })
    for (const chat of new Set(batch.map((item) => item.chat))) this.#retryLater(chat, known)
    if (known.code === 'NOT_AUTHENTICATED' || known.code === 'NOT_REGISTERED') this.#on.onDisowned(known)
  }

  #retryLater (chat: ChatId, error: ProtocolError): void {
    // Without a connection there is nothing to wait for: `resume` begins anew.
    if (this.#on.link.isOnline) this.#retries.schedule(chat, error, () => { this.wake() })
  }

  /** Bytes kept for a resubmit are bounded: the oldest sent ones go. */
  #boundSent (draft: Draft, chat: ChatId): void {
    const { sent } = this.#on.queues.of(chat)
    if (isGroupChat(chat) && sent.size >= clientLimits.groupSealedKept) {
      for (const id of sent) { this.#on.rows.drop(draft, { chat, id }); break }
      return
    }
    if (sent.size < clientLimits.sealedKept) return
    for (const id of sent) { draft.erase(this.#on.tables.sealed, rowKey({ chat, id })); draft.after(() => { sent.delete(id) }); break }
  }
}
