/**
 * Messages that their sender did not seal for this device, since it did not know of it yet, and those that cannot be opened
 * here. Another device of this account has them, and is asked, in the self conversation.
 *
 *   !want/<chat>    { ids, states }   these envelopes had nothing for the asking device; are there states of own messages?
 *   !give/<chat>    a message, as it stands on the answering device; or what somebody did with one (kept-acts.ts)
 *   !lost/<chat>    { ids }           placeholders whose sender has said that it does not have them any more
 *   !state/<chat>   { id: state }     of the newest messages of this account
 *
 * Of the self conversation it is facts that were missed: the newest are told again.
 *
 * These travel as facts and are none: nothing of them is kept. Everybody who has an answer gives it; only what was asked
 * for is taken. Spec: docs/protocol/devices.md
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import { utf8 } from '../../protocol/bytes.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { isSelfChat, type ChatId } from '../chat-id.ts'
import type { Events } from '../events.ts'
import type { Body, BodyTaker, OpenedMessage, SyncFact } from '../messages/bodies.ts'
import { decodeBody } from '../messages/content.ts'
import { messageOf, type History } from '../messages/history.ts'
import type { Message, MessageState } from '../model.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { fromHex } from '../store/stored.ts'
import type { MessageRow, Tables } from '../store/tables.ts'
import type { DeviceTables, WantedRow } from './device-tables.ts'
import { isAct, type GivenAct, type KeptActs } from './kept-acts.ts'
import { factValueBytes } from './sync.ts'

export interface MissedComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly deviceTables: DeviceTables
  readonly history: History
  readonly events: Events
  readonly clock: Clock
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  /** Into the self conversation: durable with the draft. */
  readonly compose: (draft: Draft, facts: readonly SyncFact[]) => Promise<void>
  /** Was this place read on one of the devices? */
  readonly isRead: (draft: Draft, chat: ChatId, place: { readonly epoch: number, readonly seq: number }) => Promise<boolean>
  readonly acts: Pick<KeptActs, 'find'>
  /** What somebody did, for those who do with it what it says. */
  readonly give: (draft: Draft, opened: OpenedMessage) => Promise<void>
  /** A placeholder gives way to what has come, or to nothing. */
  readonly forget: (draft: Draft, chat: ChatId, id: MessageId) => Promise<void>
  /** Its sender does not have it any more: the placeholder says so. */
  readonly lost: (draft: Draft, chat: ChatId, id: MessageId) => Promise<void>
  /** What could not be opened is here: its sender waits to hear that. */
  readonly healed: (draft: Draft, chat: ChatId, id: MessageId) => Promise<void>
  /** A message stands in the history now. */
  readonly shown: (draft: Draft, row: MessageRow) => Promise<void>
  /** Shared facts once more. */
  readonly retell: (draft: Draft) => Promise<void>
}

/** An entry of a log in which there is nothing for this device. */
export interface Unaddressed {
  readonly chat: ChatId
  readonly id: MessageId
  readonly sender: AccountId
  readonly kind: number
  readonly place: { readonly epoch: number, readonly seq: number }
}

/** A message as an answer. sentAgainAs: the id that was asked for, where it is not the first; then the place is that of the first */
interface Given extends Message { readonly sentAgainAs?: MessageId, readonly epoch?: number }

type Place = Unaddressed['place']

const idsPerQuestion = 100
const gatherMs = 1_000
/** Pauses between questions about the same; the last one goes on. */
const askAgainMs = [5_000, 60_000, 10 * 60_000, 6 * 60 * 60_000] as const
const statesPerAnswer = 100
const keptMs = 30 * 24 * 60 * 60_000
const maxKept = 1_000
const states: readonly MessageState[] = ['sent', 'delivered', 'read']

export class Missed implements BodyTaker {
  readonly kinds = ['sync'] as const
  readonly #on: MissedComponents
  /** To be asked for in one question: message ids by chat; with an empty list only states. */
  #asking = new Map<ChatId, Set<MessageId>>()
  #wanted = 0
  #timer: Timer | undefined
  #isRunning = false
  #again: Timer | undefined
  /** Questions about what is still wanted, since the last connection. */
  #asked = 0

  constructor (components: MissedComponents) { this.#on = components }

  /** What an earlier run has asked for and not got: once more. What is too old is given up. */
  async load (): Promise<void> {
    const { ledger, deviceTables, clock } = this.#on
    const rows = await ledger.range(deviceTables.wanted, { from: '', to: '\x7f' })
    const old = rows.filter(({ value }) => value.atMs + keptMs < clock.nowMs())
    if (old.length > 0) await ledger.run((draft) => { for (const { key } of old) draft.erase(deviceTables.wanted, key) })
    const wanted = rows.filter((row) => !old.includes(row))
    this.#wanted = wanted.filter(({ key }) => !key.endsWith('/')).length
    for (const { key } of wanted) this.#add(key)
  }

  #add (key: string): void {
    const [chat, id] = key.split('/') as [ChatId, MessageId | '']
    if (id === '') this.#askSoon(chat)
    else this.#askSoon(chat, id)
  }

  /** Runs in the batch that moves the log on. */
  async note (draft: Draft, { chat, id, sender, kind, place }: Unaddressed): Promise<void> {
    const { deviceTables, clock, tables, own } = this.#on
    if (isSelfChat(chat) ? kind !== envelopeKinds.sync : kind !== envelopeKinds.content && kind !== envelopeKinds.receipt) return
    const pinned = await draft.read(tables.deviceLists, own.account)
    if ((pinned?.list.devices.length ?? 1) < 2) return
    if (kind !== envelopeKinds.content) {
      if (sender !== own.account || isSelfChat(chat)) this.#wantStates(draft, chat, { sender, ...place, atMs: clock.nowMs() })
      return
    }
    if (this.#wanted >= maxKept) return
    draft.write(deviceTables.wanted, `${chat}/${id}`, { sender, ...place, atMs: clock.nowMs() })
    draft.after(() => { this.#wanted++; this.#askSoon(chat, id) })
  }

  /** Of the self conversation: facts. Written down, since the program may end before the question does. */
  #wantStates (draft: Draft, chat: ChatId, row: WantedRow): void {
    draft.write(this.#on.deviceTables.wanted, stateKey(chat), row)
    draft.after(() => { this.#askSoon(chat) })
  }

  /**
   * These are here now, or what stands for them: no other device is asked for them any more.
   * @returns where the first that was asked for stands in the log; undefined: none was
   */
  async here (draft: Draft, chat: ChatId, ids: readonly MessageId[]): Promise<Place | undefined> {
    const { wanted } = this.#on.deviceTables
    let place: Place | undefined
    for (const id of ids) {
      const row = await draft.read(wanted, `${chat}/${id}`)
      if (row === undefined) continue
      place ??= { epoch: row.epoch, seq: row.seq }
      draft.erase(wanted, `${chat}/${id}`)
      draft.after(() => { this.#wanted-- })
    }
    return place
  }

  /** What other devices of this account ask and answer. */
  async take (draft: Draft, { isOwn, senderDevice, body }: OpenedMessage): Promise<void> {
    if (!isOwn || body.kind !== 'sync') return
    for (const { key, value } of body.facts) {
      const at = key.indexOf('/')
      const chat = key.slice(at + 1) as ChatId
      const said = key.startsWith('!') && at > 0 ? parsed(value) : undefined
      if (said === undefined) continue
      if (key.startsWith('!want/')) draft.after(() => { this.#answerSoon(chat, said) })
      else if (key.startsWith('!give/') && 'act' in said) await this.#takeAct(draft, chat, said, senderDevice)
      else if (key.startsWith('!give/')) await this.#take(draft, chat, said as Partial<Given>)
      else if (key.startsWith('!lost/')) await this.#takeLost(draft, chat, said)
      else if (key.startsWith('!state/')) await this.#takeStates(draft, chat, said)
    }
  }

  /** The relay can be reached (again). */
  resume (): void {
    this.#isRunning = true
    this.#asked = 0
    this.#schedule()
  }

  /** Leaves no timer; what is wanted is written down. */
  stop (): void {
    this.#isRunning = false
    this.#timer?.cancel()
    this.#timer = undefined
    this.#again?.cancel()
    this.#again = undefined
  }

  #askSoon (chat: ChatId, id?: MessageId): void {
    const ids = this.#asking.get(chat) ?? new Set()
    if (id !== undefined) ids.add(id)
    this.#asking.set(chat, ids)
    this.#schedule()
  }

  /** What is wanted in a moment goes together; meanwhile whoever has not sealed for this device hears of the newer list. */
  #schedule (): void {
    if (!this.#isRunning || this.#timer !== undefined || this.#asking.size === 0) return
    this.#timer = this.#on.clock.after(gatherMs, () => {
      this.#timer = undefined
      this.#on.ledger.run(async (draft) => { await this.#ask(draft) }, { isFresh: true })
        .catch(() => { /* what is wanted is written down, and asked for again */ })
        .finally(() => { this.#askAgain() })
    })
  }

  /** Who was asked may not have come so far in the log either. */
  #askAgain (): void {
    if (!this.#isRunning || this.#again !== undefined || this.#wanted === 0) return
    this.#again = this.#on.clock.after(askAgainMs[Math.min(this.#asked++, askAgainMs.length - 1)]!, () => {
      this.#again = undefined
      this.load().catch(() => { /* the store's failure: the next connection tries again */ })
    })
  }

  async #ask (draft: Draft): Promise<void> {
    const asking = this.#asking
    this.#asking = new Map()
    for (const [chat, ids] of asking) {
      const all = [...ids]
      // Whoever has what is asked for without an id answers this once, for good.
      draft.erase(this.#on.deviceTables.wanted, stateKey(chat))
      for (let at = 0; at === 0 || at < all.length; at += idsPerQuestion) await this.#say(draft, `!want/${chat}`, { ids: all.slice(at, at + idsPerQuestion) })
    }
  }

  #answerSoon (chat: ChatId, question: Record<string, unknown>): void {
    this.#on.ledger.run(async (draft) => { await this.#answer(draft, chat, question) }, { isFresh: true }).catch(() => { /* another device, or the asker's next start */ })
  }

  async #answer (draft: Draft, chat: ChatId, { ids }: Record<string, unknown>): Promise<void> {
    const { history, ledger, tables, retell } = this.#on
    if (isSelfChat(chat)) {
      await retell(draft)
      return
    }
    const wanted = Array.isArray(ids) ? ids.filter((id): id is MessageId => typeof id === 'string' && /^[0-9a-f]{32}$/.test(id)).slice(0, idsPerQuestion) : []
    const lost: MessageId[] = []
    for (const id of wanted) {
      // Sent again, it stands here under the id that it had first.
      const first = await draft.read(tables.firstIds, `${chat}/${id}`) ?? id
      const row = await history.find(draft, chat, 'in', first) ?? await history.find(draft, chat, 'out', first)
      // A placeholder is no answer, unless it is known what became of the message.
      if (row?.state === 'failed' && row.isLost === true && first === id) lost.push(id)
      const given = row === undefined
        ? await this.#actOf(draft, chat, first, id)
        : row.state === 'failed' ? undefined : { ...messageOf(row), ...(first === id ? {} : { sentAgainAs: id, epoch: row.epoch }) }
      if (given !== undefined) await this.#say(draft, `!give/${chat}`, given)
    }
    if (lost.length > 0) await this.#say(draft, `!lost/${chat}`, { ids: lost })
    const newest = await history.page(ledger, chat, { limit: statesPerAnswer })
    const out = newest.filter(({ direction, state }) => direction === 'out' && (state === 'delivered' || state === 'read'))
    if (out.length > 0) await this.#say(draft, `!state/${chat}`, Object.fromEntries(out.map(({ id, state }) => [id, state])))
  }

  async #actOf (draft: Draft, chat: ChatId, first: MessageId, id: MessageId): Promise<GivenAct | undefined> {
    const act = await this.#on.acts.find(draft, chat, first) ?? (first === id ? undefined : await this.#on.acts.find(draft, chat, id))
    return act === undefined ? undefined : { ...act, id }
  }

  async #say (draft: Draft, key: string, what: object): Promise<void> {
    const value = JSON.stringify(what)
    // A message near the largest does not fit; it stays on the devices that have it.
    if (utf8(value).byteLength > factValueBytes) return
    await this.#on.compose(draft, [{ key, value, madeAtMs: this.#on.clock.nowMs() }])
  }

  async #take (draft: Draft, chat: ChatId, { sentAgainAs, epoch, ...given }: Partial<Given>): Promise<void> {
    const { history, tables, deviceTables, events, own, clock } = this.#on
    const { id, sender, direction, text, sentAtMs, state } = given
    if (typeof id !== 'string' || typeof text !== 'string' || typeof sentAtMs !== 'number' || given.chat !== chat || state === undefined || !states.includes(state)) return
    const key = `${chat}/${String(sentAgainAs ?? id)}`
    const wanted: WantedRow | undefined = await draft.read(deviceTables.wanted, key)
    // [IGNORE] not asked for, or not what was asked for
    if (wanted === undefined || wanted.sender !== sender || direction !== (sender === own.account ? 'out' : 'in')) return
    await this.here(draft, chat, [sentAgainAs ?? id, id])
    if (sentAgainAs !== undefined && sentAgainAs !== id) await this.#on.forget(draft, chat, sentAgainAs)
    const before = await history.find(draft, chat, direction, id)
    // A placeholder gives way.
    if (before !== undefined && (before.direction === 'out' || before.state !== 'failed')) return
    if (before !== undefined) {
      await this.#on.forget(draft, chat, id)
      await this.#on.healed(draft, chat, id)
    }
    const place = placeIn(before) ?? (sentAgainAs === undefined ? undefined : placeIn({ epoch, seq: given.seq })) ?? { epoch: wanted.epoch, seq: wanted.seq }
    const isRead = direction === 'in' && (state === 'read' || await this.#on.isRead(draft, chat, place))
    const row = history.add(draft, { ...given as Message, receivedAtMs: clock.nowMs(), state: isRead ? 'read' : state }, place)
    if (direction === 'in' && !isRead) {
      const conversation = await draft.read(tables.conversations, chat)
      draft.write(tables.conversations, chat, { ...conversation, unread: (conversation?.unread ?? 0) + 1 })
    }
    draft.after(() => { events.emit(direction === 'in' ? 'message' : 'update', messageOf(row)) })
    // What was said of it before it came.
    await this.#on.shown(draft, row)
  }

  async #takeAct (draft: Draft, chat: ChatId, { id, sender, sentAtMs, act }: Partial<Record<keyof GivenAct, unknown>>, senderDevice: DeviceId): Promise<void> {
    const { deviceTables, history, own, clock, give } = this.#on
    const body = bodyIn(act)
    const key = `${chat}/${String(id)}`
    const wanted = await draft.read(deviceTables.wanted, key)
    // [IGNORE] not asked for, or not what was asked for
    if (wanted === undefined || wanted.sender !== sender || body === undefined || !Number.isSafeInteger(sentAtMs)) return
    await this.here(draft, chat, [id as MessageId])
    if ((await history.find(draft, chat, 'in', id as MessageId))?.state === 'failed') {
      await this.#on.forget(draft, chat, id as MessageId)
      await this.#on.healed(draft, chat, id as MessageId)
    }
    await give(draft, {
      chat,
      id: id as MessageId,
      sender: wanted.sender,
      senderDevice,
      isOwn: wanted.sender === own.account,
      place: { epoch: wanted.epoch, seq: wanted.seq },
      sentAtMs: sentAtMs as number,
      receivedAtMs: clock.nowMs(),
      body
    })
  }

  /** Another own device may have it all the same: it is wanted still. */
  async #takeLost (draft: Draft, chat: ChatId, { ids }: Record<string, unknown>): Promise<void> {
    const { history, deviceTables, lost } = this.#on
    for (const id of (Array.isArray(ids) ? ids as unknown[] : []).slice(0, idsPerQuestion)) {
      // [IGNORE] not asked for
      if (typeof id !== 'string' || await draft.read(deviceTables.wanted, `${chat}/${id}`) === undefined) continue
      const row = await history.find(draft, chat, 'in', id as MessageId)
      if (row?.state === 'failed' && row.isLost !== true) await lost(draft, chat, id as MessageId)
    }
  }

  async #takeStates (draft: Draft, chat: ChatId, said: Record<string, unknown>): Promise<void> {
    const { history, events } = this.#on
    for (const [id, state] of Object.entries(said).slice(0, statesPerAnswer)) {
      if (state !== 'delivered' && state !== 'read') continue
      const row = await history.update(draft, chat, 'out', id as MessageId, { state })
      if (row !== undefined) draft.after(() => { events.emit('update', messageOf(row)) })
    }
  }
}

/** undefined: none, or not one that a log has */
function placeIn ({ epoch, seq }: { readonly epoch?: number | undefined, readonly seq?: number | undefined } = {}): Place | undefined {
  return Number.isSafeInteger(epoch) && Number.isSafeInteger(seq) ? { epoch: epoch!, seq: seq! } : undefined
}

/** No message has an empty id: what stands here asks for none. */
const stateKey = (chat: ChatId): string => `${chat}/`

/** @returns undefined when it is nothing that people do with messages */
function bodyIn (act: unknown): Body | undefined {
  if (typeof act !== 'string' || !/^([0-9a-f]{2})+$/.test(act)) return undefined
  try {
    const body = decodeBody(fromHex(act))
    return isAct(body) ? body : undefined
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return undefined
  }
}

function parsed (value: string): Record<string, unknown> | undefined {
  try {
    const said = JSON.parse(value) as unknown
    return typeof said === 'object' && said !== null && !Array.isArray(said) ? said as Record<string, unknown> : undefined
  } catch {
    return undefined // of a newer version
  }
}
