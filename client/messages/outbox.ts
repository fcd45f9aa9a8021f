/**
 * Everything this device has to send, until it has arrived.
 *
 * waiting (a body only, somebody's keys are missing) → sealed (bytes stored, with the next state of the sessions)
 * → sent (a relay has it durably) → gone, once it has its number in the log and every device addressed has said that it
 * has it: until then a new epoch of the log may need it again. A retry sends the same bytes: sealing again would burn
 * another message key, and the receiver would count the first as skipped.
 *
 * Owns: what is written down to be sent, and what receipts and the log say of it. What waits for keys is sealing.ts, what
 * is on its way to the relay submission.ts. Does not know what an envelope is made of (sealer.ts) or what a log is (inbox.ts).
 */
import { toHex } from '../../protocol/bytes.ts'
import type { Clock, Random } from '../../protocol/clock.ts'
import { isProtocolError, type ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { envelopeKinds, receiptStages } from '../../protocol/wire/kinds.ts'
import { conversationOfChat, isGroupChat, isPairChat, type ChatId } from '../chat-id.ts'
import type { Events } from '../events.ts'
import type { Message } from '../model.ts'
import type { RelayLink } from '../relay/link.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { fromHex } from '../store/stored.ts'
import { isVoid, positionKey, type LogRow, type MessageRow, type OutboxRow, type Tables } from '../store/tables.ts'
import { Again } from './again.ts'
import { extrasOf, type Body, type TextBody } from './bodies.ts'
import { encodeBody } from './content.ts'
import { FirstWords } from './first-words.ts'
import type { GroupPort } from './group-port.ts'
import { messageOf, type History } from './history.ts'
import type { MessageIds } from './message-ids.ts'
import type { Place } from './log-entry.ts'
import { Queues, timeOf, type Item } from './queues.ts'
import { rowKey, Rows } from './rows.ts'
import type { Sealer } from './sealer.ts'
import { Sealing } from './sealing.ts'
import { Submission, type Placed } from './submission.ts'

export interface OutboxComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly history: History
  readonly sealer: Sealer
  readonly ids: MessageIds
  readonly groups: GroupPort
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

/** The furthest that a device has acknowledged at once; without an id: that it has taken the log. */
interface Acknowledged { readonly id?: MessageId, readonly at: string }

/** Sorts before every place. */
const noPlace = ''
const placeIn = (row: MessageRow | undefined): string | undefined => row?.epoch === undefined || row.seq === undefined ? undefined : positionKey(row.epoch, row.seq)

export class Outbox {
  readonly again: Again
  readonly #on: OutboxComponents
  readonly #queues = new Queues()
  readonly #rows: Rows
  readonly #sealing: Sealing
  readonly #submission: Submission
  readonly #firstWords: FirstWords
  /** Highest id of earlier runs. */
  #lastBefore: MessageId | '' = ''

  constructor (components: OutboxComponents) {
    this.#on = components
    const queues = this.#queues
    const rows = this.#rows = new Rows({ ...components, queues, onDone: (draft, item, row) => { this.again.remember(draft, item, row) } })
    this.#sealing = new Sealing({
      ...components,
      queues,
      rows,
      wantKeysOf: (chat) => {
        if (isGroupChat(chat)) components.groups.wantKeysOf(chat)
        else components.wantKeys([isPairChat(chat) ? chat : components.own.account])
      },
      wake: () => { this.#submission.wake() }
    })
    this.again = new Again({
      ...components,
      rows,
      compose: async (draft, chat, row) => {
        const id = this.#nextId(draft)
        await this.#sealing.compose(draft, { chat, id }, { ...row, state: 'waiting', ...nothingKnown })
        return id
      }
    })
    this.#firstWords = new FirstWords({ ...components, queues, rows, again: this.again })
    this.#submission = new Submission({
      ...components,
      queues,
      rows,
      sealing: this.#sealing,
      onWaiting: ({ chat, id }) => { components.groups.waitsForNumber(chat, id) },
      again: async (items) => {
        const keys = new Set(items.map(rowKey))
        for (const chat of new Set(items.map((item) => item.chat))) await this.#resubmitAll(chat, (_, item) => keys.has(rowKey(item)))
      }
    })
  }

  /** Read what an earlier run left. */
  async load (): Promise<void> {
    const { ledger, tables, clock } = this.#on
    await this.again.load()
    this.#lastBefore = await ledger.read(tables.lastId, 'last-id') ?? ''
    const old: string[] = []
    for (const { key, value } of await ledger.range(tables.outbox, { from: '', to: '\x7f' })) {
      const [chat, id] = key.split('/') as [ChatId, MessageId]
      // Nobody would know a repeat of it as one any more, and a device that is silent for so long may never answer.
      if (value.state === 'sent' && timeOf(id) + limits.dedupMs < clock.nowMs()) { old.push(key); continue }
      const queue = this.#queues.of(chat)
      if (value.state === 'waiting') queue.waiting.push(id)
      else if (value.state === 'sealed') queue.unsent.push(id)
      else queue.sent.add(id)
    }
    for (const [chat, queue] of this.#queues.all()) tables.waitingCounts.remember(chat, queue.waiting.length)
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
  get length (): number { return this.#queues.length }

  /** Resolves when everything written so far is at a relay, or was refused. */
  async flushed (signal?: AbortSignal): Promise<void> { await this.#queues.flushed(signal) }

  /**
   * The relay can be reached again: nothing waits for its pause. Resolves when what has to be submitted again stands before
   * what is new; `hold` until then, since another relay than the last one keeps the order in which it is given things.
   * @param options.isGuest the home does not answer; what it had numbered may be nowhere else
   */
  async resume ({ isGuest = false }: { readonly isGuest?: boolean } = {}): Promise<void> {
    this.#submission.resume()
    this.#sealing.resume()
    this.#firstWords.resume()
    // SPEC(groups) what did not come back from the log yet may have been refused meanwhile, which is said only once; or a relay
    // has lost it with the end of the log, behind what this device has seen of it. What fails here, the next connection tries again.
    const { own, tables } = this.#on
    await Promise.allSettled([...this.#queues.all()].filter(([, queue]) => queue.sent.size > 0).map(async ([chat]) => {
      const isNumberedAtHome = conversationOfChat(own.account, chat).anchor === own.account
      if (tables.logs.cached(chat)?.isUnsure === true) await this.resubmit(chat)
      else await this.#resubmitAll(chat, (row) => !row.isSequenced || (isGuest && isNumberedAtHome))
    }))
    this.#submission.wake()
  }

  /** Submit nothing until the returned function is called. */
  hold (): () => void { return this.#submission.hold() }

  stop (): void {
    this.#submission.stop()
    this.#firstWords.stop()
  }

  /** Write a text down, with its place in the history: durable with the task. */
  async composeText (draft: Draft, chat: ChatId, body: TextBody): Promise<Message> {
    const { history, own, clock } = this.#on
    const id = this.#nextId(draft)
    const sentAtMs = clock.nowMs()
    history.add(draft, {
      id,
      conversation: conversationOfChat(own.account, chat).id,
      chat,
      sender: own.account,
      direction: 'out',
      text: body.text,
      sentAtMs,
      state: 'pending',
      ...extrasOf(body)
    })
    // Its time counts from reading, so until it is read relays keep it as anything else; no operator keeps it longer.
    const isToGo = body.expiresAfterS !== undefined || body.viewOnce === true
    await this.#sealing.compose(draft, { chat, id }, { kind: envelopeKinds.content, state: 'waiting', sentAtMs, ...(isToGo ? { expiresAtMs: sentAtMs + limits.retentionMs } : {}), ...nothingKnown })
    return messageOf((await history.find(draft, chat, 'out', id))!)
  }

  /**
   * Write anything else down that is to be sent; it has no place in the history. Durable with the task.
   * In the self conversation of an account without other devices nothing is made.
   *
   * @param options.kind envelopeKinds: `content` is acknowledged by every device and sent again to one that could not
   *   open it, other kinds go once they have their number
   * @param options.expiresAtMs nobody needs it after that; absent: relays keep it as long as anything
   * @param options.sentAtMs absent: now
   * @throws ProtocolError TOO_LARGE, TOO_MANY, BAD_CONVERSATION
   */
  async compose (draft: Draft, { chat, body, kind, expiresAtMs, sentAtMs }: { chat: ChatId, body: Body, kind: number, expiresAtMs?: number, sentAtMs?: number }): Promise<MessageId> {
    const id = this.#nextId(draft)
    await this.#sealing.compose(draft, { chat, id }, {
      kind,
      state: 'waiting',
      body: toHex(encodeBody(body)),
      sentAtMs: sentAtMs ?? this.#on.clock.nowMs(),
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
      ...nothingKnown
    })
    return id
  }

  /** Write a change of a group down. @param control Signed Control, signed again if need be when its turn comes */
  async composeControl (draft: Draft, chat: ChatId, control: Uint8Array): Promise<MessageId> {
    const id = this.#nextId(draft)
    await this.#sealing.compose(draft, { chat, id }, { kind: envelopeKinds.control, state: 'waiting', body: toHex(control), sentAtMs: this.#on.clock.nowMs(), ...nothingKnown })
    return id
  }

  /** The sequencer does not take what a relay had said `sent` to. */
  async refused (chat: ChatId, id: MessageId, error: ProtocolError): Promise<void> {
    const item = { chat, id }
    this.#on.groups.hasNumber(chat, id)
    await this.#on.ledger.run(async (draft) => {
      const row = await this.#rows.read(draft, item)
      if (row === undefined || row.state === 'waiting' || row.isSequenced) return
      if (error.action === 'reject') await this.#rows.fail(draft, item, error, true)
      else if (error.action === 'refresh') await this.#sealing.again(draft, item)
      // Anything else passes: it is submitted again with the next connection.
    })
  }

  /** Everybody in a group has these, or has read them. */
  async reached (draft: Draft, item: Item, state: 'delivered' | 'read'): Promise<void> {
    const first = await draft.read(this.#on.tables.firstIds, rowKey(item)) ?? item.id
    await this.#rows.updateMessage(draft, { chat: item.chat, id: first }, { state })
    const row = await this.#rows.read(draft, item)
    if (row !== undefined) this.#rows.keep(draft, item, { ...row, awaiting: [] })
  }

  /** Nothing is to come of it any more. */
  drop (draft: Draft, item: Item): void { this.#rows.drop(draft, item) }

  /** Is it still under way? */
  isThere (chat: ChatId, id: MessageId): boolean {
    const queue = this.#queues.find(chat)
    return queue !== undefined && (queue.sent.has(id) || queue.unsent.includes(id) || queue.waiting.includes(id))
  }

  /** @param through with `delivered`: this device has taken the log as far as that */
  async composeReceipt (draft: Draft, chat: ChatId, stage: number, ids: readonly MessageId[], through?: Place): Promise<void> {
    await this.compose(draft, { chat, kind: envelopeKinds.receipt, body: { kind: 'receipt', stage, ids, ...(through === undefined ? {} : { through }) } })
  }

  /** @returns whether it was still waiting for keys: then nobody ever gets it */
  async cancel (draft: Draft, item: Item): Promise<boolean> { return await this.#sealing.cancel(draft, item) }

  /** Keys may be there now: seal what waits, oldest first. `keyless` devices have none to give. */
  async sealWaiting (chat: ChatId, keyless: readonly DeviceId[] = []): Promise<void> { await this.#sealing.sealWaiting(chat, keyless) }

  /** Keys of this account's own other devices, which every message goes to. */
  async sealAllWaiting (keyless: readonly DeviceId[]): Promise<void> { await this.#sealing.sealAllWaiting(keyless) }

  /** The sessions that this run began with must not be used: what was sealed with them, and is not at a relay, is sealed again. */
  async onSetBack (draft: Draft): Promise<void> {
    for (const [chat, queue] of this.#queues.all()) if (queue.unsent.some((id) => id > this.#lastBefore)) await this.#sealing.unseal(draft, chat, this.#lastBefore)
  }

  /** Nobody of this id can be found. Not for ever, because a relay cannot always know: what has waited for long fails. */
  async failWaiting (chat: ChatId, error: ProtocolError): Promise<void> { await this.#sealing.failWaiting(chat, error) }

  /**
   * The log has come past a message of this device.
   * @returns SHA-256 of its envelope; undefined when that is not known any more
   */
  async passed (draft: Draft, item: Item, position: { epoch: number, seq: number }): Promise<Uint8Array | undefined> {
    draft.after(() => { this.#on.groups.hasNumber(item.chat, item.id) })
    const row = await this.#rows.read(draft, item)
    await this.#rows.updateMessage(draft, item, { state: 'sent', position })
    if (row === undefined) return undefined
    // Sealed and sent by a state that is gone, since this store is an older copy.
    if (row.state === 'waiting') this.#sealing.sentBefore(draft, item)
    this.#rows.keep(draft, item, { ...row, state: 'sent', isSequenced: true, at: positionKey(position.epoch, position.seq) })
    draft.after(() => { this.#rows.markSent(item) })
    return row.digest === '' ? undefined : fromHex(row.digest)
  }

  /** The first entry of a newer epoch: numbers of older ones from there on are void, and say nothing of who has what. */
  async epochBegan (draft: Draft, chat: ChatId, place: { epoch: number, seq: number }): Promise<void> {
    const began = positionKey(place.epoch, place.seq)
    for (const id of this.#queues.of(chat).sent) {
      const item = { chat, id }
      const row = await this.#rows.read(draft, item)
      const at = row?.at ?? placeIn(await this.#on.history.find(draft, chat, 'out', row?.standsFor?.[0] ?? id))
      if (row !== undefined && at !== undefined && isVoid(at, began)) this.#rows.write(draft, item, { ...row, at: noPlace })
    }
  }

  /**
   * It has a number under which others have something else, and whoever does never gets it there: it is sent again, as a
   * message of its own. Of two people each receipt tells what the other does not have (`delivered`); in a group marks do not.
   */
  async givenTwice (draft: Draft, item: Item): Promise<void> {
    const row = await this.#rows.read(draft, item)
    if (!isGroupChat(item.chat) || row?.state !== 'sent' || row.kind !== envelopeKinds.content) return
    const child = draft.child()
    try {
      await this.again.replace(child, item, row)
      draft.absorb(child)
    } catch (error) {
      // Out of the group since.
      if (!isProtocolError(error) || error.action !== 'reject') throw error
      await this.#rows.fail(draft, item, error)
    }
  }

  /** A device of the other person says what it has. @param through it has taken the log as far as that */
  async delivered (draft: Draft, chat: ChatId, { ids, stage, through }: { readonly ids: readonly MessageId[], readonly stage: number, readonly through?: Place }, device: DeviceId): Promise<void> {
    const items = ids.map((id) => ({ chat, id }))
    await this.#rows.prefetch(draft, items)
    let newest: Acknowledged | undefined = through === undefined ? undefined : { at: positionKey(through.epoch, through.seq) }
    for (const item of items) {
      await this.#rows.updateMessage(draft, item, { state: stage >= receiptStages.read ? 'read' : 'delivered' })
      const row = await this.#rows.read(draft, item)
      const at = row?.at ?? placeIn(await this.#on.history.find(draft, chat, 'out', item.id))
      if (at !== undefined && (newest === undefined || at > newest.at)) newest = { id: item.id, at }
      if (row === undefined || !row.awaiting.includes(device)) continue
      this.#rows.keep(draft, item, { ...row, awaiting: row.awaiting.filter((other) => other !== device) })
    }
    if (newest !== undefined) await this.#sendMissed(draft, chat, { newest, known: new Set(ids) }, device)
  }

  /**
   * SPEC(content §6) A device takes a log in order. What stands before something that it has, and what it has not
   * acknowledged, it never got (a relay lost it) or could not open: that is sent again, as a message of its own.
   */
  async #sendMissed (draft: Draft, chat: ChatId, { newest, known }: { readonly newest: Acknowledged, readonly known: ReadonlySet<MessageId> }, device: DeviceId): Promise<void> {
    const { sent, unsent } = this.#queues.of(chat)
    for (const id of [...sent, ...unsent].filter((one) => (newest.id === undefined || one < newest.id) && !known.has(one))) {
      const item = { chat, id }
      const row = await this.#rows.read(draft, item)
      // Also what is just being offered again: a relay that knows its id gives it no other number.
      if (row?.isSequenced !== true || row.kind !== envelopeKinds.content || !row.awaiting.includes(device)) continue
      const at = row.at ?? placeIn(await this.#on.history.find(draft, chat, 'out', row.standsFor?.[0] ?? id))
      // Sequenced anew behind what was acknowledged, or about to be: it may still come.
      if (at === undefined || at === noPlace || at > newest.at) continue
      await this.again.replace(draft, item, row)
    }
  }

  /** A device could not open these, or has lost them: they are sent again, or it is told that they are gone. */
  async unopened (draft: Draft, chat: AccountId, ids: readonly MessageId[], device: DeviceId): Promise<void> {
    await this.#rows.prefetch(draft, ids.map((id) => ({ chat, id })))
    const gone = await this.again.answer(draft, chat, ids, device)
    if (gone.length > 0) await this.composeReceipt(draft, chat, receiptStages.gone, gone)
  }

  /** The log has a new sequencer, which may not have everything that the old one took: offer it again. Ids make that harmless. */
  async resubmit (chat: ChatId): Promise<void> {
    const { ledger, tables } = this.#on
    if ((this.#queues.find(chat)?.sent.size ?? 0) === 0 && tables.logs.cached(chat)?.isUnsure !== true) return
    await ledger.run(async (draft) => {
      await this.#resubmit(draft, chat, () => true)
      const { isUnsure, ...log } = await draft.read(tables.logs, chat) ?? {}
      if (isUnsure === true) draft.write(tables.logs, chat, log as LogRow)
    }, { isFresh: true })
  }

  async #resubmitAll (chat: ChatId, isMeant: (row: OutboxRow, item: Item) => boolean): Promise<void> {
    await this.#on.ledger.run(async (draft) => { await this.#resubmit(draft, chat, isMeant) }, { isFresh: true })
  }

  async #resubmit (draft: Draft, chat: ChatId, isMeant: (row: OutboxRow, item: Item) => boolean): Promise<void> {
    const again: MessageId[] = []
    for (const id of this.#queues.of(chat).sent) {
      const item = { chat, id }
      const row = await this.#rows.read(draft, item)
      if (row === undefined || !isMeant(row, item) || await draft.read(this.#on.tables.sealed, rowKey(item)) === undefined) continue
      this.#rows.write(draft, item, { ...row, state: 'sealed' })
      again.push(id)
    }
    draft.after(() => {
      const queue = this.#queues.of(chat)
      for (const id of again) queue.sent.delete(id)
      // By id, as after a restart: a batch that a guest's relay has answered after the home was back comes here behind older ones.
      queue.unsent = [...again, ...queue.unsent].sort()
      this.#submission.wake()
    })
  }

  #nextId (draft: Draft): MessageId {
    const id = this.#on.ids.next()
    draft.write(this.#on.tables.lastId, 'last-id', id)
    return id
  }
}

const nothingKnown = { digest: '', awaiting: [], isSequenced: false } as const
