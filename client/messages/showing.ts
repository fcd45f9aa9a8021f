/**
 * What follows from a message that was opened: the lists and the membership in it are compared, its sender hears that it is
 * here, texts go into the history and everything else to whoever takes it.
 */
import type { Clock } from '../../protocol/clock.ts'
import type { Envelope } from '../../protocol/envelope.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import { envelopeKinds, receiptStages } from '../../protocol/wire/kinds.ts'
import { isGroupChat, isPairChat, type ChatId } from '../chat-id.ts'
import type { Events } from '../events.ts'
import { compareMark, type Devices, type PinnedList } from '../keys/devices.ts'
import type { Message } from '../model.ts'
import type { Draft } from '../store/ledger.ts'
import { isInHole, type MessageRow, type Tables } from '../store/tables.ts'
import { extrasOf, type Body, type BodyTaker, type OpenedMessage, type TextExtras } from './bodies.ts'
import { encodeContent, type Content, type ListMark } from './content.ts'
import { admissionOf, type Admission, type MessageGate } from './gate.ts'
import type { GroupPort } from './group-port.ts'
import { messageOf, type History } from './history.ts'
import type { Arrival, Place } from './log-entry.ts'
import type { Outbox } from './outbox.ts'
import { placeOf, type Placeholders } from './placeholders.ts'
import type { Receipts } from './receipts.ts'
import type { Warnings } from './warnings.ts'

export interface ShowingComponents {
  readonly tables: Tables
  readonly history: History
  readonly devices: Devices
  readonly outbox: Outbox
  readonly receipts: Receipts
  readonly events: Events
  readonly clock: Clock
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  /** Somebody's device list may be newer than the one pinned. */
  readonly onNewerList: (account: AccountId, epoch: number) => void
  /** What a sender believes of this account's devices, which is not what this device knows. */
  readonly onForeignView: (chat: ChatId, mark: ListMark) => void
  readonly groups: GroupPort
  /** These are here now: no own device is asked for them any more. @returns where the first that was asked for stands */
  readonly onHere: (draft: Draft, chat: ChatId, ids: readonly MessageId[]) => Promise<Place | undefined>
  /** Whoever does something with bodies that are neither texts nor receipts. */
  readonly takers: readonly BodyTaker[]
  /** Who may be heard; none: everybody. */
  readonly gates: readonly MessageGate[]
}

export interface Opened {
  readonly envelope: Envelope
  readonly content: Content
  readonly senderList: PinnedList
  /** A placeholder for a copy of it that could not be opened. */
  readonly before: MessageRow | undefined
}

export class Showing {
  readonly #on: ShowingComponents
  readonly #placeholders: Placeholders
  readonly #warnings: Warnings

  constructor (components: ShowingComponents, placeholders: Placeholders, warnings: Warnings) {
    this.#on = components
    this.#placeholders = placeholders
    this.#warnings = warnings
  }

  /** @throws ProtocolError when what it says of the group is not so: nothing of it was stored */
  async show (draft: Draft, { chat, entry }: Pick<Arrival, 'chat' | 'entry'>, opened: Opened): Promise<void> {
    const { own, devices, gates } = this.#on
    const { envelope, content, senderList } = opened
    const { body } = content
    const { sender } = envelope
    const isOwn = sender === own.account
    this.#checkSenderList(draft, chat, sender, content, senderList)
    if (isPairChat(chat)) this.#checkPeerList(draft, chat, isOwn, content, await devices.listOf(draft, isOwn ? chat : own.account))
    if (isGroupChat(chat)) await this.#checkGroup(draft, chat, entry, content)
    await this.#checkStandsFor(draft, chat, sender, (body.kind === 'text' ? body.standsFor : content.standsFor) ?? [])
    if (body.kind === 'receipt') {
      // [IGNORE] what another device of this account has: not what the other person has
      if (!isOwn) await this.#takeReceipt(draft, chat, envelope, body)
      return
    }
    if (body.kind === 'unknown' && envelope.kind !== envelopeKinds.content) return
    const isText = body.kind === 'text' || body.kind === 'unknown'
    const admission = isOwn || envelope.kind !== envelopeKinds.content ? 'show' : await admissionOf(gates, draft, { chat, sender, isText })
    if (admission === 'drop') return
    if (body.kind === 'text' || body.kind === 'unknown') await this.#showText(draft, chat, entry, opened, body, admission)
    else await this.#give(draft, chat, entry, opened, body, admission)
  }

  async #takeReceipt (draft: Draft, chat: ChatId, { sender, senderDevice }: Envelope, receipt: Extract<Body, { kind: 'receipt' }>): Promise<void> {
    const { outbox, groups } = this.#on
    const { stage, ids } = receipt
    // [IGNORE] a stage of a newer version
    if (stage === receiptStages.delivered || stage === receiptStages.read) await outbox.delivered(draft, chat, receipt, senderDevice)
    if (stage === receiptStages.unopened && isPairChat(chat)) await outbox.unopened(draft, chat, ids, senderDevice)
    if (stage === receiptStages.gone && isPairChat(chat)) await groups.gone(draft, sender, ids, senderDevice)
  }

  /** Neither a text nor a receipt. */
  async #give (draft: Draft, chat: ChatId, { epoch, seq }: Place, { envelope, content, before }: Opened, body: Exclude<Body, { kind: 'text' | 'receipt' | 'unknown' }>, admission: Admission): Promise<void> {
    const { own, clock, takers } = this.#on
    const { messageId: id, sender, senderDevice } = envelope
    const isOwn = sender === own.account
    const again = content.standsFor ?? []
    for (const one of [...before === undefined ? [] : [id], ...again]) await this.#placeholders.forget(draft, chat, one)
    const first = this.#noteFirst(draft, chat, [...again, id])
    await this.#on.onHere(draft, chat, [...again, id])
    // What engines tell each other is not acknowledged.
    if (envelope.kind === envelopeKinds.content) await this.#acknowledge(draft, chat, { epoch, seq }, { envelope, content, isQuiet: admission !== 'show', ids: [id, ...again] })
    const opened: OpenedMessage = { chat, id: first, sender, senderDevice, isOwn, place: { epoch, seq }, sentAtMs: content.sentAtMs, receivedAtMs: clock.nowMs(), body }
    for (const taker of takers) if (taker.kinds.includes(body.kind)) await taker.take(draft, opened)
  }

  /** A message of its own; one that this version does not understand is shown as such. */
  async #showText (draft: Draft, chat: ChatId, place: Place, { envelope, content, before }: Opened, body: Extract<Body, { kind: 'text' | 'unknown' }>, admission: Admission): Promise<void> {
    const { own, history, clock } = this.#on
    const { messageId, sender } = envelope
    const isOwn = sender === own.account
    const direction = isOwn ? 'out' : 'in'
    const standsFor = body.kind === 'text' ? body.standsFor : undefined
    const first = standsFor === undefined ? before : await history.find(draft, chat, direction, standsFor[0]!)
    await this.#acknowledge(draft, chat, place, { envelope, content, isQuiet: admission !== 'show', ids: [messageId, ...standsFor ?? []] })
    for (const id of standsFor === undefined ? [] : [...standsFor.slice(1), messageId]) await this.#placeholders.forget(draft, chat, id)
    if (standsFor !== undefined) this.#noteFirst(draft, chat, [...standsFor, messageId])
    const wantedAt = await this.#on.onHere(draft, chat, [...standsFor ?? [], messageId])
    // Sent again, and here already: only the acknowledgement was missing.
    if (standsFor !== undefined && first !== undefined && first.state !== 'failed') return
    await this.#add(draft, {
      id: standsFor?.[0] ?? messageId,
      conversation: envelope.conversation.id,
      chat,
      sender,
      direction,
      text: body.kind === 'text' ? body.text : '',
      sentAtMs: content.sentAtMs,
      receivedAtMs: clock.nowMs(),
      state: isOwn ? 'sent' : 'delivered',
      ...(body.kind === 'text' ? extrasOf(body) : { error: 'this message needs a newer version' })
    }, (standsFor === undefined ? undefined : placeOf(first) ?? wantedAt ?? await this.#inHole(draft, chat, body)) ?? place, { before: first, isQuiet: admission === 'silent' })
  }

  /**
   * SPEC(content §6) where its sender has it, if that is where this device was never given anything: then everybody has it at one place.
   * Nowhere else: a sender could put words between others that were said long ago.
   */
  async #inHole (draft: Draft, chat: ChatId, body: Extract<Body, { kind: 'text' | 'unknown' }>): Promise<Place | undefined> {
    const at = body.kind === 'text' ? body.standsAt : undefined
    return at !== undefined && isInHole(at, await draft.read(this.#on.tables.logs, chat)) ? at : undefined
  }

  /**
   * Which id a message had first, for the other devices: earlier ones too, as this device may have been set back since.
   * @param ids the first, then those under which it was sent again
   */
  #noteFirst (draft: Draft, chat: ChatId, [first, ...later]: readonly MessageId[]): MessageId {
    for (const id of later) draft.write(this.#on.tables.firstIds, `${chat}/${id}`, first!)
    return first!
  }

  /** Whose message it is decides who is told: its sender that it is here, or this account who else has it. */
  async #acknowledge (draft: Draft, chat: ChatId, place: Place, { envelope, content, isQuiet, ids }: { envelope: Envelope, content: Content, isQuiet: boolean, ids: readonly MessageId[] }): Promise<void> {
    const { own, groups, receipts } = this.#on
    const { sender, messageId } = envelope
    if (sender === own.account) {
      if (isGroupChat(chat)) await groups.sent(draft, chat, messageId, place, content.body.kind === 'unknown' ? undefined : encodeContent(envelope, content))
    } else if (!isQuiet) {
      if (isGroupChat(chat)) await groups.received(draft, chat, sender, place)
      else await receipts.owe(draft, chat, 'delivered', ids)
    }
  }

  async #add (draft: Draft, message: Message & TextExtras, { epoch, seq }: Place, { before, isQuiet }: { before: MessageRow | undefined, isQuiet: boolean }): Promise<void> {
    const { history, tables, events, gates } = this.#on
    const { chat, direction } = message
    const row = history.add(draft, message, { epoch, seq }, before)
    if (before !== undefined) this.#placeholders.settle(draft, chat, before)
    if (direction === 'in') {
      const conversation = await draft.read(tables.conversations, chat)
      draft.write(tables.conversations, chat, { unread: (conversation?.unread ?? 0) + 1 })
    }
    if (!isQuiet) draft.after(() => { events.emit(direction === 'in' ? 'message' : 'update', messageOf(row)) })
    for (const gate of gates) await gate.shown(draft, row)
  }

  /** @throws ProtocolError MALFORMED: every message of a group says what its sender knows of the membership */
  async #checkGroup (draft: Draft, chat: ChatId, place: Place, { group, previous }: Content): Promise<void> {
    if (group === undefined) throw new ProtocolError('MALFORMED', { what: 'membership' })
    await this.#on.groups.checkMark(draft, chat, place, group, previous === undefined || previous.seq === 0 ? undefined : previous.epoch)
  }

  /** @throws ProtocolError BAD_MESSAGE_ID: in a group somebody could put words in the place of somebody else's */
  async #checkStandsFor (draft: Draft, chat: ChatId, sender: AccountId, ids: readonly MessageId[]): Promise<void> {
    if (!isGroupChat(chat)) return
    for (const id of ids) {
      const known = await this.#on.history.find(draft, chat, sender === this.#on.own.account ? 'out' : 'in', id)
      // [REJECT] only one's own can be sent again
      if (known !== undefined && known.sender !== sender) throw new ProtocolError('BAD_MESSAGE_ID', { what: 'of somebody else' })
    }
  }

  #checkSenderList (draft: Draft, chat: ChatId, sender: AccountId, content: Content, known: PinnedList): void {
    const compared = compareMark(content.senderList, known)
    if (compared === 'newer') draft.after(() => { this.#on.onNewerList(sender, content.senderList.epoch) })
    if (compared === 'different') this.#warnings.warn(draft, 'devices', chat, 'The sender uses another list of its devices than the one that the relays showed here.')
  }

  /** What the sender believes of the receiver's devices: only the receiver can notice a ghost among them. */
  #checkPeerList (draft: Draft, chat: AccountId, isOwn: boolean, { peerList }: Content, known: PinnedList | undefined): void {
    if (peerList === undefined) return
    const compared = compareMark(peerList, known)
    if (isOwn) {
      if (compared === 'newer') draft.after(() => { this.#on.onNewerList(chat, peerList.epoch) })
      return
    }
    // Another device of this account may have been linked, which this one has not heard of: whoever knows decides.
    if (compared === 'newer' || compared === 'different') draft.after(() => { this.#on.onForeignView(chat, peerList) })
  }
}
