/**
 * Everything this device has to send, until it has arrived.
 *
 * waiting (text only, the other person's keys are missing) → sealed (bytes stored, with the next state of the sessions)
 * → sent (a relay has it durably) → gone, once it has its number in the log and every device addressed has said that it
 * has it: until then a new epoch of the log may need it again. A retry sends the same bytes: sealing again would burn
 * another message key, and the receiver would count the first as skipped.
 *
 * Owns: the order of sealing, submitting (one batch under way per conversation, FIFO), what an outcome means, resubmission.
 * Does not know: what an envelope is made of (sealer.ts), where keys come from (keys.ts), what a log is (inbox.ts).
 */
import type { Clock, Random } from '../../protocol/clock.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import { ERRORS, ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods } from '../../protocol/methods.ts'
import type { Outcome } from '../../protocol/wire/gen/log.js'
import { envelopeKinds, receiptStages } from '../../protocol/wire/kinds.ts'
import type { Events } from '../events.ts'
import { messageOf, type History } from './history.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { clientLimits } from '../limits.ts'
import type { RelayLink } from '../relay/link.ts'
import type { MessageIds } from './message-ids.ts'
import type { Message } from '../model.ts'
import { Retries } from '../relay/retry.ts'
import type { Item, Sealer } from './sealer.ts'
import { fromHex } from '../store/stored.ts'
import type { MessageRow, OutboxRow, Tables } from '../store/tables.ts'

export interface OutboxComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly history: History
  readonly sealer: Sealer
  readonly ids: MessageIds
  readonly link: RelayLink
  readonly events: Events
  readonly clock: Clock
  readonly random: Random
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  /** Get sessions with these people's devices, then call `sealWaiting`. */
  readonly wantKeys: (accounts: readonly AccountId[]) => void
  /** These got their numbers in the log; the relay may not say so again. */
  readonly onSequenced: (placed: readonly Placed[]) => void
  /** The relay does not know this connection any more. */
  readonly onDisowned: (error: ProtocolError) => void
}

/** Ids of one conversation by state, oldest first. Made from ob/ at the start, then kept in step by effects. */
interface Queue {
  waiting: MessageId[]
  unsent: MessageId[]
  readonly sent: Set<MessageId>
  isSubmitting: boolean
  isSealing: boolean
  /** There were keys to seal with after the last look. */
  isSealWanted: boolean
}

export interface Placed extends Item { readonly epoch: number, readonly seq: number }

const rowKey = ({ peer, id }: Item): string => `${peer}/${id}`

export class Outbox {
  readonly #on: OutboxComponents
  readonly #queues = new Map<AccountId, Queue>()
  readonly #retries: Retries<AccountId>
  #submitting = 0
  /** The newest `hold` that was not let go. */
  #hold: object | undefined
  #isPumpScheduled = false
  #flushWaiters: Array<() => void> = []

  constructor (components: OutboxComponents) {
    this.#on = components
    this.#retries = new Retries(components)
  }

  /** Read what an earlier run left. */
  async load (): Promise<void> {
    const { ledger, tables, clock } = this.#on
    const old: string[] = []
    for (const { key, value } of await ledger.range(tables.outbox, { from: '', to: '\x7f' })) {
      const [peer, id] = key.split('/') as [AccountId, MessageId]
      // Nobody would know a repeat of it as one any more, and a device that is silent for so long may never answer.
      if (value.state === 'sent' && timeOf(id) + limits.dedupMs < clock.nowMs()) { old.push(key); continue }
      const queue = this.#queue(peer)
      if (value.state === 'waiting') queue.waiting.push(id)
      else if (value.state === 'sealed') queue.unsent.push(id)
      else queue.sent.add(id)
    }
    for (const [peer, queue] of this.#queues) tables.waitingCounts.remember(peer, queue.waiting.length)
    if (old.length > 0) {
      await ledger.run((draft) => {
        for (const key of old) {
          draft.erase(tables.outbox, key)
          draft.erase(tables.sealed, key)
        }
      })
    }
  }

  /** Not at a relay yet. */
  get length (): number {
    let length = 0
    for (const queue of this.#queues.values()) length += queue.waiting.length + queue.unsent.length
    return length
  }

  /** Resolves when everything written so far is at a relay, or was refused. */
  async flushed (signal?: AbortSignal): Promise<void> {
    while (this.length > 0) {
      signal?.throwIfAborted()
      await new Promise<void>((resolve, reject) => {
        const onAbort = (): void => { reject(signal!.reason as Error) }
        signal?.addEventListener('abort', onAbort, { once: true })
        this.#flushWaiters.push(() => { signal?.removeEventListener('abort', onAbort); resolve() })
      })
    }
  }

  /** The relay can be reached again: nothing waits for its pause. */
  resume (): void {
    this.#retries.clear()
    this.#on.sealer.forgetKeyless()
    for (const [peer, queue] of this.#queues) if (queue.waiting.length > 0) this.sealWaiting(peer).catch(() => { /* the store's failure: the next `resume` tries again */ })
    this.#wake()
  }

  /** Submit nothing until the returned function is called. */
  hold (): () => void {
    const hold = this.#hold = {}
    return () => {
      if (this.#hold !== hold) return
      this.#hold = undefined
      this.#wake()
    }
  }

  stop (): void { this.#retries.clear() }

  /** Write a text down: durable with the task. */
  async composeText (draft: Draft, peer: AccountId, text: string): Promise<Message> {
    const id = this.#nextId(draft)
    const row = this.#on.history.add(draft, {
      id,
      conversation: pairConversation(this.#on.own.account, peer).id,
      peer,
      direction: 'out',
      text,
      sentAtMs: this.#on.clock.nowMs(),
      state: 'pending'
    })
    await this.#compose(draft, { peer, id }, { kind: envelopeKinds.content, state: 'waiting', digest: '', awaiting: [], isSequenced: false })
    return messageOf(row)
  }

  async composeReceipt (draft: Draft, peer: AccountId, stage: number, ids: readonly MessageId[]): Promise<void> {
    const id = this.#nextId(draft)
    await this.#compose(draft, { peer, id }, { kind: envelopeKinds.receipt, state: 'waiting', receipt: { stage, ids }, digest: '', awaiting: [], isSequenced: false })
  }

  /** Keys may be there now: seal what waits, oldest first. `keyless` devices have none to give. */
  async sealWaiting (peer: AccountId, keyless: readonly DeviceId[] = []): Promise<void> {
    this.#on.sealer.addKeyless(keyless)
    const queue = this.#queue(peer)
    queue.isSealWanted = true
    if (queue.isSealing) return
    queue.isSealing = true
    try {
      while (queue.isSealWanted && queue.waiting.length > 0) {
        queue.isSealWanted = false
        const isMore = await this.#on.ledger.run(async (draft) => await this.#sealAll(draft, peer), { isFresh: true })
        if (isMore) queue.isSealWanted = true
      }
    } finally {
      queue.isSealing = false
    }
  }

  /** Keys of this account's own other devices, which every message goes to. */
  async sealAllWaiting (keyless: readonly DeviceId[]): Promise<void> {
    for (const [peer, queue] of this.#queues) if (queue.waiting.length > 0) await this.sealWaiting(peer, keyless)
  }

  /** Nobody of this id can be found. Not for ever, because a relay cannot always know: what has waited for long fails. */
  async failWaiting (peer: AccountId, error: ProtocolError): Promise<void> {
    if (!this.#queue(peer).waiting.some((id) => this.#isGivenUp(id))) return
    await this.#on.ledger.run(async (draft) => {
      const ids = this.#queue(peer).waiting.filter((id) => this.#isGivenUp(id))
      for (const id of ids) await this.#fail(draft, { peer, id }, error)
      this.#countWaiting(draft, peer, -ids.length)
    }, { isFresh: true })
  }

  /**
   * The log has come past a message of this device.
   * @returns SHA-256 of its envelope; undefined when that is not known any more
   */
  async passed (draft: Draft, item: Item, position: { epoch: number, seq: number }): Promise<Uint8Array | undefined> {
    const row = await draft.read(this.#on.tables.outbox, rowKey(item))
    await this.#updateMessage(draft, item, { state: 'sent', position })
    if (row === undefined) return undefined
    this.#store(draft, item, { ...row, state: 'sent', isSequenced: true })
    draft.after(() => { this.#markSent(item) })
    return fromHex(row.digest)
  }

  /** A device of the other person says what it has. */
  async delivered (draft: Draft, peer: AccountId, ids: readonly MessageId[], device: DeviceId, stage: number): Promise<void> {
    const items = ids.map((id) => ({ peer, id }))
    await this.#prefetch(draft, items)
    for (const item of items) {
      await this.#updateMessage(draft, item, { state: stage >= receiptStages.read ? 'read' : 'delivered' })
      const row = await draft.read(this.#on.tables.outbox, rowKey(item))
      if (row === undefined || !row.awaiting.includes(device)) continue
      this.#store(draft, item, { ...row, awaiting: row.awaiting.filter((other) => other !== device) })
    }
    await this.#sendAgain(draft, peer, ids, device)
  }

  /**
   * SPEC(content §6) A device takes a log in order. What stands before something that it has, and what it has not
   * acknowledged, it never got (a relay lost it) or could not open: that is sent again, as a message of its own.
   */
  async #sendAgain (draft: Draft, peer: AccountId, acknowledged: readonly MessageId[], device: DeviceId): Promise<void> {
    const { history, tables } = this.#on
    const known = new Set(acknowledged)
    const highest = acknowledged.reduce<string>((high, id) => id > high ? id : high, '')
    const earlier = [...this.#queue(peer).sent].filter((id) => id < highest && !known.has(id))
    if (earlier.length === 0) return
    let newest: MessageRow | undefined
    for (const id of acknowledged) {
      const message = await history.find(draft, peer, 'out', id)
      if (message?.epoch !== undefined && (newest === undefined || message.at > newest.at)) newest = message
    }
    for (const id of earlier) {
      if (newest === undefined || id >= newest.id) continue
      const item = { peer, id }
      const row = await draft.read(tables.outbox, rowKey(item))
      if (row?.state !== 'sent' || !row.isSequenced || row.kind !== envelopeKinds.content || !row.awaiting.includes(device)) continue
      const message = await history.find(draft, peer, 'out', row.standsFor?.[0] ?? id)
      // Sequenced anew behind what was acknowledged: it may still come.
      if (row.standsFor === undefined && (message?.epoch === undefined || message.at > newest.at)) continue
      await this.#again(draft, item, row)
    }
  }

  /** A device could not open these: send them again, if it was meant and has not got them on another road. */
  async unopened (draft: Draft, peer: AccountId, ids: readonly MessageId[], device: DeviceId): Promise<void> {
    const items = ids.map((id) => ({ peer, id }))
    await this.#prefetch(draft, items)
    for (const item of items) {
      const row = await draft.read(this.#on.tables.outbox, rowKey(item))
      if (row?.kind === envelopeKinds.content && row.state === 'sent' && row.awaiting.includes(device)) await this.#again(draft, item, row)
    }
  }

  /** The old bytes are of no use any more: the same text as a message of its own, a few times. */
  async #again (draft: Draft, item: Item, row: OutboxRow): Promise<void> {
    const { peer, id } = item
    draft.erase(this.#on.tables.outbox, rowKey(item))
    draft.erase(this.#on.tables.sealed, rowKey(item))
    draft.after(() => { this.#forget(item) })
    const standsFor: OutboxRow['standsFor'] = row.standsFor === undefined ? [id] : [...row.standsFor, id]
    if (standsFor.length > clientLimits.sendAgain) return
    await this.#compose(draft, { peer, id: this.#nextId(draft) }, { kind: envelopeKinds.content, state: 'waiting', standsFor, digest: '', awaiting: [], isSequenced: false })
  }

  async #prefetch (draft: Draft, items: readonly Item[]): Promise<void> {
    await draft.prefetch(this.#on.tables.outbox, items.map(rowKey))
    await this.#on.history.prefetch(draft, items, 'out')
  }

  /** The log has a new sequencer, which may not have everything that the old one took: offer it again. Ids make that harmless. */
  async resubmit (peer: AccountId): Promise<void> {
    if ((this.#queues.get(peer)?.sent.size ?? 0) === 0) return
    await this.#on.ledger.run(async (draft) => { await this.#resubmit(draft, peer) }, { isFresh: true })
  }

  async #resubmit (draft: Draft, peer: AccountId): Promise<void> {
    const again: MessageId[] = []
    for (const id of this.#queue(peer).sent) {
      const item = { peer, id }
      const row = await draft.read(this.#on.tables.outbox, rowKey(item))
      if (row === undefined || await draft.read(this.#on.tables.sealed, rowKey(item)) === undefined) continue
      draft.write(this.#on.tables.outbox, rowKey(item), { ...row, state: 'sealed' })
      again.push(id)
    }
    draft.after(() => {
      const queue = this.#queue(peer)
      for (const id of again) queue.sent.delete(id)
      queue.unsent = [...again, ...queue.unsent]
      this.#wake()
    })
  }

  #queue (peer: AccountId): Queue {
    let queue = this.#queues.get(peer)
    if (queue === undefined) this.#queues.set(peer, queue = { waiting: [], unsent: [], sent: new Set(), isSubmitting: false, isSealing: false, isSealWanted: false })
    return queue
  }

  #nextId (draft: Draft): MessageId {
    const id = this.#on.ids.next()
    draft.write(this.#on.tables.lastId, 'last-id', id)
    return id
  }

  #countWaiting (draft: Draft, peer: AccountId, change: number): void {
    draft.write(this.#on.tables.waitingCounts, peer, (draft.peek(this.#on.tables.waitingCounts, peer) ?? 0) + change)
  }

  /** Seal at once when nothing older of this conversation waits; else wait behind it. */
  async #compose (draft: Draft, item: Item, row: OutboxRow): Promise<void> {
    const { peer, id } = item
    if ((draft.peek(this.#on.tables.waitingCounts, peer) ?? 0) === 0) {
      if (await this.#seal(draft, item, row)) {
        draft.after(() => { this.#queue(peer).unsent.push(id); this.#wake() })
        return
      }
    }
    this.#store(draft, item, row)
    this.#countWaiting(draft, peer, 1)
    draft.after(() => { this.#queue(peer).waiting.push(id) })
  }

  /** @returns whether all of them were sealed, so that there may be more */
  async #sealAll (draft: Draft, peer: AccountId): Promise<boolean> {
    const ids = this.#queue(peer).waiting.slice(0, clientLimits.messagesPerBatch)
    let sealed = 0
    for (const id of ids) {
      const item = { peer, id }
      const row = await draft.read(this.#on.tables.outbox, rowKey(item))
      if (row === undefined) { sealed++; continue }
      try {
        if (!await this.#seal(draft, item, row)) break
      } catch (error) {
        if (!isProtocolError(error) || error.action !== 'reject') throw error
        await this.#fail(draft, item, error)
      }
      sealed++
    }
    this.#countWaiting(draft, peer, -sealed)
    draft.after(() => {
      const queue = this.#queue(peer)
      for (const id of ids.slice(0, sealed)) {
        queue.waiting = without(queue.waiting, id)
        if (this.#on.tables.outbox.cached(rowKey({ peer, id }))?.state === 'sealed') queue.unsent.push(id)
      }
      this.#wake()
    })
    return sealed === ids.length
  }

  /** @returns false when keys are missing; they were asked for */
  async #seal (draft: Draft, item: Item, row: OutboxRow): Promise<boolean> {
    const sealed = await this.#on.sealer.seal(draft, item, row)
    if (sealed === undefined) return false
    draft.write(this.#on.tables.sealed, rowKey(item), sealed.envelope)
    draft.write(this.#on.tables.outbox, rowKey(item), sealed.row)
    return true
  }

  #isGivenUp (id: MessageId): boolean { return timeOf(id) + clientLimits.unknownAccountMs < this.#on.clock.nowMs() }

  /** Keep the row, or drop it with its bytes when there is nothing left to wait for. */
  #store (draft: Draft, item: Item, row: OutboxRow): void {
    const { outbox, sealed } = this.#on.tables
    if (row.isSequenced && row.awaiting.length === 0) {
      draft.erase(outbox, rowKey(item))
      draft.erase(sealed, rowKey(item))
      draft.after(() => { this.#forget(item) })
    } else {
      draft.write(outbox, rowKey(item), row)
    }
  }

  async #updateMessage (draft: Draft, { peer, id }: Item, change: Parameters<History['update']>[4]): Promise<void> {
    // A receipt has no message of its own.
    const after = await this.#on.history.update(draft, peer, 'out', id, change)
    if (after !== undefined) draft.after(() => { this.#on.events.emit('update', messageOf(after)) })
  }

  async #fail (draft: Draft, item: Item, error: ProtocolError): Promise<void> {
    draft.erase(this.#on.tables.outbox, rowKey(item))
    draft.erase(this.#on.tables.sealed, rowKey(item))
    await this.#updateMessage(draft, item, { state: 'failed', error: ERRORS[error.code].says })
    draft.after(() => { this.#forget(item) })
  }

  #forget ({ peer, id }: Item): void {
    const queue = this.#queue(peer)
    queue.sent.delete(id)
    queue.unsent = without(queue.unsent, id)
    queue.waiting = without(queue.waiting, id)
    this.#checkFlushed()
  }

  #markSent ({ peer, id }: Item): void {
    const queue = this.#queue(peer)
    queue.unsent = without(queue.unsent, id)
    if (this.#on.tables.outbox.cached(rowKey({ peer, id })) !== undefined) queue.sent.add(id)
    this.#checkFlushed()
  }

  #checkFlushed (): void {
    if (this.#flushWaiters.length > 0 && this.length === 0) for (const resolve of this.#flushWaiters.splice(0)) resolve()
  }

  /** Once per turn, so that what was composed together leaves together. */
  #wake (): void {
    if (this.#isPumpScheduled) return
    this.#isPumpScheduled = true
    queueMicrotask(() => { this.#isPumpScheduled = false; this.#pump() })
  }

  #pump (): void {
    if (!this.#on.link.isOnline || this.#hold !== undefined) return
    while (this.#submitting < clientLimits.submitsInFlight) {
      const batch: Item[] = []
      for (const [peer, queue] of this.#queues) {
        if (queue.isSubmitting || queue.unsent.length === 0 || this.#retries.isWaiting(peer)) continue
        const ids = queue.unsent.slice(0, limits.batchEnvelopes - batch.length)
        if (ids.length === 0) break
        queue.isSubmitting = true
        for (const id of ids) batch.push({ peer, id })
      }
      if (batch.length === 0) return
      this.#submitting++
      this.#submit(batch).catch((error: unknown) => { this.#onSubmitError(batch, error) }).finally(() => {
        this.#submitting--
        for (const { peer } of batch) this.#queue(peer).isSubmitting = false
        this.#wake()
      })
    }
  }

  async #submit (batch: readonly Item[]): Promise<void> {
    const items: Item[] = []
    const envelopes: Uint8Array[] = []
    let bytes = 0
    const sealed = await this.#on.ledger.readMany(this.#on.tables.sealed, batch.map(rowKey))
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
      for (const peer of new Set(batch.map((item) => item.peer))) await this.#on.ledger.run(async (draft) => { await this.#unseal(draft, peer) }, { isFresh: true })
      return
    }
    const { outcomes } = await this.#on.link.call(clientMethods.submit, { envelopes })
    if (outcomes.length !== items.length) throw new ProtocolError('MALFORMED', { what: 'outcomes' })
    // SPEC(client, deliver) an outcome with a number counts as the delivery. First, so that both go into one batch.
    this.#on.onSequenced(items.map((item, i) => ({ ...item, ...outcomes[i]! })).filter(({ status, seq }) => status === 0 && seq > 0))
    await this.#on.ledger.run(async (draft) => {
      await this.#prefetch(draft, items)
      for (const [i, item] of items.entries()) await this.#settle(draft, item, outcomes[i]!)
    })
  }

  async #settle (draft: Draft, item: Item, outcome: Outcome): Promise<void> {
    const error = outcome.status === 0 ? undefined : ProtocolError.fromStatus(outcome.status, outcome.retryAfterMs > 0 ? { retryAfterMs: outcome.retryAfterMs } : {})
    if (error === undefined || error.action === 'done') {
      draft.after(() => { this.#retries.succeeded(item.peer); this.#markSent(item) })
      const row = await draft.read(this.#on.tables.outbox, rowKey(item))
      await this.#updateMessage(draft, item, { state: 'sent', ...(outcome.seq > 0 ? { position: { epoch: outcome.epoch, seq: outcome.seq } } : {}) })
      if (row === undefined) return
      this.#store(draft, item, { ...row, state: 'sent' })
      this.#boundSent(draft, item.peer)
      return
    }
    if (error.code === 'NOT_AUTHENTICATED' || error.code === 'NOT_REGISTERED') {
      draft.after(() => { this.#retryLater(item.peer, error); this.#on.onDisowned(error) })
    } else if (error.code === 'STALE_DEVICES') {
      draft.after(() => {
        this.#retryLater(item.peer, error)
        this.#on.ledger.run(async (again) => { await this.#unseal(again, item.peer) }, { isFresh: true }).catch(() => { /* the next outcome says it again */ })
      })
    } else if (error.action === 'reject' && (error.code !== 'UNKNOWN_ACCOUNT' || this.#isGivenUp(item.id))) {
      await this.#fail(draft, item, error)
    } else {
      draft.after(() => { this.#retryLater(item.peer, error) })
    }
  }

  /** The relay took none of the batch, or its answer was lost: the same bytes go again. */
  #onSubmitError (batch: readonly Item[], error: unknown): void {
    const known = isProtocolError(error) ? error : new ProtocolError('INTERNAL', { cause: error })
    for (const peer of new Set(batch.map((item) => item.peer))) this.#retryLater(peer, known)
    if (known.code === 'NOT_AUTHENTICATED' || known.code === 'NOT_REGISTERED') this.#on.onDisowned(known)
  }

  #retryLater (peer: AccountId, error: ProtocolError): void {
    // Without a connection there is nothing to wait for: `resume` begins anew.
    if (this.#on.link.isOnline) this.#retries.schedule(peer, error, () => { this.#wake() })
  }

  /** Sealed for devices that are not all of them any more: back to waiting, all that follows too, and new keys first. */
  async #unseal (draft: Draft, peer: AccountId): Promise<void> {
    const moved: MessageId[] = []
    for (const id of this.#queue(peer).unsent) {
      const row = await draft.read(this.#on.tables.outbox, rowKey({ peer, id }))
      if (row?.state !== 'sealed') continue
      draft.write(this.#on.tables.outbox, rowKey({ peer, id }), { ...row, state: 'waiting', digest: '', awaiting: [] })
      draft.erase(this.#on.tables.sealed, rowKey({ peer, id }))
      moved.push(id)
    }
    this.#countWaiting(draft, peer, moved.length)
    draft.after(() => {
      const queue = this.#queue(peer)
      queue.waiting = [...moved, ...queue.waiting]
      queue.unsent = []
      this.#on.wantKeys([peer])
      this.#checkFlushed()
    })
  }

  /** Bytes kept for a resubmit are bounded: the oldest sent ones go. */
  #boundSent (draft: Draft, peer: AccountId): void {
    const { sent } = this.#queue(peer)
    if (sent.size < clientLimits.sealedKept) return
    for (const id of sent) { draft.erase(this.#on.tables.sealed, rowKey({ peer, id })); draft.after(() => { sent.delete(id) }); break }
  }
}

/** When an id of this device was made, in milliseconds. */
const timeOf = (id: MessageId): number => Number.parseInt(id.slice(0, 12), 16)

/** Mostly the first: FIFO. */
function without (ids: MessageId[], id: MessageId): MessageId[] {
  if (ids[0] === id) { ids.shift(); return ids }
  const at = ids.indexOf(id)
  if (at >= 0) ids.splice(at, 1)
  return ids
}
