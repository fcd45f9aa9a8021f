/**
 * What one entry of a conversation log means for this device: open it, check it, and store what follows from it.
 *
 * Checked, in this order: the envelope, who sent it (the pinned device list), the ciphertext, that the inside belongs to
 * the outside, the two device lists, the chain. Nothing that is wrong with an entry stops the log: what cannot be opened
 * is kept and shown as such. Specs: docs/protocol/content.md, docs/protocol/client.md
 */
import { sameBytes, toHex } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import { mayBelong, type Conversation, type GroupConversation } from '../../protocol/conversation.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { decodeEnvelope, type Envelope } from '../../protocol/envelope.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import { receiptStages, envelopeKinds } from '../../protocol/wire/kinds.ts'
import { chatOf, isGroupChat, isPairChat, type ChatId } from '../chat-id.ts'
import { chainStart, extendChain } from './chain.ts'
import { extrasOf, type BodyTaker, type OpenedMessage, type TextExtras } from './bodies.ts'
import { decodeContent, encodeContent, type Content, type ListMark } from './content.ts'
import type { Unaddressed } from '../devices/missed.ts'
import { compareMark, deviceIn, type Devices, type PinnedList } from '../keys/devices.ts'
import { warningPlace, type Events } from '../events.ts'
import type { Admission, MessageGate } from './gate.ts'
import type { GroupPort } from './group-port.ts'
import { messageOf, type History } from './history.ts'
import type { Draft } from '../store/ledger.ts'
import { clientLimits } from '../limits.ts'
import type { Message } from '../model.ts'
import type { Outbox } from './outbox.ts'
import type { Receipts } from './receipts.ts'
import { timeOf } from './queues.ts'
import { rowKey } from './rows.ts'
import type { SessionBox } from '../keys/session-box.ts'
import { isStoreFailure } from '../store/store.ts'
import { fromHex } from '../store/stored.ts'
import { positionKey, type LogRow, type MessageRow, type Tables } from '../store/tables.ts'

export interface LogEntry {
  readonly epoch: number
  readonly seq: number
  readonly envelope?: Uint8Array
  /** In place of an envelope that this device sent itself. */
  readonly reference?: { readonly messageId: MessageId, readonly senderDevice: DeviceId }
  /** Known from the answer to a submit, not delivered. */
  readonly isOutcome?: boolean
}

export interface Arrival {
  readonly chat: ChatId
  readonly conversation: Conversation
  readonly log: LogRow
  readonly entry: LogEntry
}

export interface EntryComponents {
  readonly tables: Tables
  readonly history: History
  readonly devices: Devices
  readonly sessions: SessionBox
  readonly outbox: Outbox
  readonly receipts: Receipts
  readonly events: Events
  readonly clock: Clock
  readonly primitives: Primitives
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  /** Somebody's device list may be newer than the one pinned. */
  readonly onNewerList: (account: AccountId, epoch: number) => void
  /** What a sender believes of this account's devices, which is not what this device knows. */
  readonly onForeignView: (chat: ChatId, mark: ListMark) => void
  /** There is nothing in an entry for this device. */
  readonly onUnaddressed: (draft: Draft, entry: Unaddressed) => Promise<void>
  readonly groups: GroupPort
  /** Whoever does something with bodies that are neither texts nor receipts. */
  readonly takers: readonly BodyTaker[]
  /** Who may be heard; none: everybody. */
  readonly gates: readonly MessageGate[]
}

/**
 * taken: stored with the draft · needs: look somebody's devices up first · needsGroup: ask for the state of the group first ·
 * begins: the log begins before this entry; stored with the draft, the entry is still to be taken
 */
export type Verdict = 'taken' | 'begins' | Need
export type Need = { readonly needs: AccountId } | { readonly needsGroup: GroupConversation }

/** What an entry does to its log, apart from its place. */
interface Effect {
  /** SHA-256 of the envelope; undefined when it is not known. */
  readonly digest: Uint8Array | undefined
  readonly envelope?: Envelope
  readonly content?: Content
  /** Only what was opened can make another a repeat: a header alone is the relay's word. */
  readonly isOpened?: boolean
}

interface Opened {
  readonly envelope: Envelope
  readonly content: Content
  readonly senderList: PinnedList
  /** A placeholder for a copy of it that could not be opened. */
  readonly before: MessageRow | undefined
}

interface Place { readonly epoch: number, readonly seq: number }

/** Where a placeholder stands: the message that takes its place stands there, too. */
function placeOf (row: MessageRow | undefined): Place | undefined {
  return row?.epoch === undefined || row.seq === undefined ? undefined : { epoch: row.epoch, seq: row.seq }
}

/** What a log remembers of the ids in it. */
function idsWith ({ newest }: LogRow, { envelope }: Effect): Pick<LogRow, 'newest'> {
  return { newest: envelope !== undefined && envelope.messageId > newest ? envelope.messageId : newest }
}

const isNeed = (result: Effect | Need): result is Need => 'needs' in result || 'needsGroup' in result

/** What cannot be read is reported where it is taken. */
function readEnvelope (bytes: Uint8Array): Envelope | undefined {
  try {
    return decodeEnvelope(bytes)
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return undefined
  }
}

/** Taken before. */
const isBehind = ({ epoch, seq }: Place, log: LogRow): boolean => epoch < log.epoch || (epoch === log.epoch && seq <= log.seq)

export class Entries {
  readonly #on: EntryComponents
  /** Device lists that were asked for because of an entry. */
  readonly #lookedUp = new Set<AccountId>()
  /** Devices that were not in the list even then: no further request for each of their messages. */
  readonly #unknown = new Set<string>()

  constructor (components: EntryComponents) { this.#on = components }

  lookedUp (account: AccountId): void { this.#lookedUp.add(account) }

  /** Take the next entry of a log. The draft is to be dropped unless it was `taken`. */
  async process (draft: Draft, arrival: Arrival): Promise<Verdict> {
    const { chat, conversation, entry, log } = arrival
    const begun = conversation.kind === 'group' ? await this.#begin(draft, arrival, conversation) : 'known'
    if (begun === 'unknown') return { needsGroup: conversation as GroupConversation }
    // Who was out of the group for a while has missed nothing that was meant for them.
    if (log.isSkipped === true && begun === 'known') this.#warnGone(draft, chat)
    if (typeof begun === 'number' && begun > log.seq && begun < entry.seq) {
      // What came first is not where this account came in: the relay has more.
      draft.write(this.#on.tables.logs, chat, { ...log, epoch: entry.epoch, seq: begun - 1, hash: '' })
      return 'begins'
    }
    const result = entry.envelope === undefined ? await this.#onReference(draft, arrival) : await this.#onEnvelope(draft, arrival, entry.envelope)
    if (isNeed(result)) return result
    const { digest, content } = result
    let { forkedInEpoch } = log
    if (content !== undefined && await this.#isForked(draft, arrival, content) && forkedInEpoch < entry.epoch) {
      forkedInEpoch = entry.epoch
      this.#warnForked(draft, chat)
    }
    await this.#raise(draft, chat, result)
    const hash = await this.#nextHash(draft, arrival, digest, content)
    const { isSkipped: _, ...rest } = log
    draft.write(this.#on.tables.logs, chat, { ...rest, ...idsWith(log, result), epoch: entry.epoch, seq: entry.seq, hash: hash === undefined ? '' : toHex(hash), forkedInEpoch })
    if (hash !== undefined) {
      draft.write(this.#on.tables.logHashes, `${chat}/${positionKey(entry.epoch, entry.seq)}`, hash)
      if (entry.seq > clientLimits.logHashes) draft.erase(this.#on.tables.logHashes, `${chat}/${positionKey(entry.epoch, entry.seq - clientLimits.logHashes)}`)
    }
    return 'taken'
  }

  /**
   * An entry under a number that was taken before: nothing new, unless the relay has gone back to an older state and
   * given the number again. Then it is reported, and the message is not lost.
   */
  async processRepeat (draft: Draft, arrival: Arrival): Promise<Verdict> {
    const { chat, entry, log } = arrival
    if (entry.envelope === undefined) {
      // A number that was given before, to something that the relay has lost.
      if (entry.reference?.senderDevice === this.#on.own.device) await this.#on.outbox.passed(draft, { chat, id: entry.reference.messageId }, entry)
      return 'taken'
    }
    const { logHashes } = this.#on.tables
    const [before, here] = await Promise.all([entry.seq - 1, entry.seq].map(async (seq) => seq === 0 ? chainStart.hash : await draft.read(logHashes, `${chat}/${positionKey(entry.epoch, seq)}`)))
    const isComparable = before !== undefined && here !== undefined
    if (isComparable && sameBytes(extendChain(this.#on.primitives, before, entry.epoch, entry.seq, this.#on.primitives.sha256(entry.envelope)), here)) return 'taken'
    const result = await this.#onEnvelope(draft, arrival, entry.envelope)
    if (isNeed(result)) return result
    // What is too long ago to be compared may be a repeat: message ids tell.
    const isFork = isComparable && log.forkedInEpoch < entry.epoch
    await this.#raise(draft, chat, result)
    draft.write(this.#on.tables.logs, chat, { ...log, ...idsWith(log, result), forkedInEpoch: isFork ? entry.epoch : log.forkedInEpoch })
    if (isFork) {
      this.#warn(draft, 'fork', chat, 'The relay has gone back to an older state of this conversation: messages may be missing there, or stand in another order.')
    }
    return 'taken'
  }

  /** The relay has nothing any more up to this place: go on behind it. */
  async skip (draft: Draft, chat: ChatId, to: { epoch: number, seq: number }): Promise<void> {
    const log = await draft.read(this.#on.tables.logs, chat)
    if (log !== undefined && (to.seq <= log.seq || to.epoch < log.epoch)) return
    const isSkipped = isGroupChat(chat) && log !== undefined && log.newest !== ''
    draft.write(this.#on.tables.logs, chat, { newest: '', forkedInEpoch: 0, ...log, ...to, hash: '', ...(isSkipped ? { isSkipped } : {}) })
    // A device that joins a conversation late has missed nothing that was meant for it.
    if (log !== undefined && !isGroupChat(chat)) this.#warnGone(draft, chat)
  }

  /** A group's state has to be known before anything in its log means something. */
  async #begin (draft: Draft, { chat, entry }: Arrival, conversation: GroupConversation): Promise<'known' | 'entered' | 'unknown' | 'hopeless' | number> {
    const { own, tables, groups } = this.#on
    const bytes = entry.envelope ?? (entry.reference?.senderDevice === own.device ? await draft.read(tables.sealed, rowKey({ chat, id: entry.reference.messageId })) : undefined)
    const envelope = bytes === undefined ? undefined : readEnvelope(bytes)
    return await groups.begin(draft, { chat, conversation, place: entry, ...(envelope === undefined ? {} : { envelope }) })
  }

  /** An envelope of this device has its place. */
  async #onOwn (draft: Draft, { chat, conversation, entry }: Arrival, id: MessageId, bytes: Uint8Array | undefined): Promise<Uint8Array | undefined> {
    const digest = await this.#on.outbox.passed(draft, { chat, id }, entry)
    const envelope = conversation.kind !== 'group' || bytes === undefined ? undefined : readEnvelope(bytes)
    if (conversation.kind === 'group' && bytes === undefined && await this.#on.history.find(draft, chat, 'out', id) !== undefined) await this.#on.groups.sent(draft, chat, id, entry)
    if (conversation.kind !== 'group' || envelope === undefined) return digest
    if (envelope.kind === envelopeKinds.control) await this.#on.groups.takeControl(draft, { chat, conversation, place: entry, envelope }, true)
    else if (envelope.kind === envelopeKinds.content) await this.#on.groups.sent(draft, chat, id, entry)
    return digest
  }

  async #onReference (draft: Draft, arrival: Arrival): Promise<Effect> {
    const { own, tables } = this.#on
    const { chat, entry } = arrival
    const { messageId, senderDevice } = entry.reference!
    const isOwn = senderDevice === own.device
    const digest = isOwn ? await this.#onOwn(draft, arrival, messageId, await draft.read(tables.sealed, rowKey({ chat, id: messageId }))) : undefined
    // Sent before this store was set back to an older copy: forgotten, or known in other bytes than those in the log.
    if (isOwn && timeOf(messageId) <= ((await draft.read(tables.setBack, 'set-back'))?.atMs ?? 0)) return { digest: undefined }
    // [IGNORE] nothing that this device knows of: the place is taken, the chain has a hole
    if (digest === undefined && await this.#on.history.find(draft, chat, 'out', messageId) === undefined) this.#refuse(draft, chat, { code: 'BAD_MESSAGE_ID' })
    return { digest }
  }

  async #onEnvelope (draft: Draft, arrival: Arrival, bytes: Uint8Array): Promise<Effect | Need> {
    const { chat, conversation, entry, log } = arrival
    const { own, primitives, devices, groups } = this.#on
    const digest = primitives.sha256(bytes)
    let envelope: Envelope
    try {
      envelope = decodeEnvelope(bytes)
      // [REJECT] an envelope of another conversation in this log
      if (envelope.conversation.id !== conversation.id) throw new ProtocolError('BAD_CONVERSATION')
    } catch (error) {
      if (!isProtocolError(error)) throw error
      this.#refuse(draft, chat, error)
      return { digest }
    }
    const { sender, senderDevice, messageId } = envelope
    if (senderDevice === own.device && sender === own.account) {
      await this.#onOwn(draft, arrival, messageId, bytes)
      return { digest, envelope }
    }
    const isRepeat = messageId <= (await this.#highest(draft, chat, senderDevice))
    if (conversation.kind === 'group' && envelope.kind === envelopeKinds.control) {
      // It proves itself: nobody has to be asked for its sender's devices.
      if (!isRepeat) await groups.takeControl(draft, { chat, conversation, place: entry, envelope }, false)
      return { digest, envelope, isOpened: true }
    }
    const list = await devices.listOf(draft, sender)
    if (list !== undefined && deviceIn(list, senderDevice) !== undefined) this.#lookedUp.delete(sender)
    else if (this.#isWorthLookingUp(sender, senderDevice)) return { needs: sender }
    const direction = sender === own.account ? 'out' : 'in'
    const known = messageId > log.newest ? undefined : await this.#on.history.find(draft, chat, direction, messageId)
    // A placeholder gives way to the message, should that still come.
    const isPlaceholder = known?.direction === 'in' && known.state === 'failed' && known.sender === sender
    // Given by another device of this account, which had it from there.
    const isSamePlace = known !== undefined && known.epoch === entry.epoch && known.seq === entry.seq
    // The same message under a new number, after its log was sequenced anew: shown already.
    if (known !== undefined && (isRepeat || isSamePlace) && !isPlaceholder) {
      await this.#on.history.update(draft, chat, direction, messageId, { position: entry })
      return { digest, envelope }
    }
    try {
      // [REJECT] an id that is taken by another message: it would replace it
      if (known !== undefined && !isPlaceholder) throw new ProtocolError('BAD_MESSAGE_ID', { what: 'used before' })
      if (conversation.kind === 'group') await groups.checkSender(draft, chat, entry, envelope)
      const content = await this.#open(draft, envelope, list)
      // Behind, and not known: a number that was given anew.
      if (content === undefined && (!isBehind(entry, log) || known === undefined)) await this.#on.onUnaddressed(draft, { chat, id: messageId, sender, kind: envelope.kind, place: { epoch: entry.epoch, seq: entry.seq } })
      if (content !== undefined) await this.#show(draft, arrival, { envelope, content, senderList: list!, before: known })
      return { digest, envelope, ...(content === undefined ? {} : { content, isOpened: true }) }
    } catch (error) {
      // The store's trouble is not the message's: the log waits.
      if (!isProtocolError(error) || isStoreFailure(error)) throw error
      // A counter that was used before is no proof of a repeat: the relay can write one on a new message.
      const isNew = !isRepeat || await this.#isForgotten(draft, messageId, error)
      if (isNew && !isPlaceholder && !await this.#keepWaiting(draft, arrival, envelope, bytes, error)) await this.#keepUnopened(draft, arrival, envelope, bytes, error)
      return { digest, envelope }
    }
  }

  /** A repeat of something that this device had before its store was set back: as good as new. Whoever still has its key used has it. */
  async #isForgotten (draft: Draft, id: MessageId, { code }: ProtocolError): Promise<boolean> {
    if (code === 'DUPLICATE') return false
    return timeOf(id) <= ((await draft.read(this.#on.tables.setBack, 'set-back'))?.atMs ?? 0)
  }

  async #highest (draft: Draft, chat: ChatId, device: DeviceId): Promise<MessageId | ''> { return await draft.read(this.#on.tables.highest, `${chat}/${device}`) ?? '' }

  async #raise (draft: Draft, chat: ChatId, { envelope, isOpened }: Effect): Promise<void> {
    if (envelope === undefined || isOpened !== true) return
    if (envelope.messageId > await this.#highest(draft, chat, envelope.senderDevice)) draft.write(this.#on.tables.highest, `${chat}/${envelope.senderDevice}`, envelope.messageId)
  }

  #isWorthLookingUp (sender: AccountId, device: DeviceId): boolean {
    const key = `${sender}/${device}`
    if (this.#unknown.has(key)) return false
    if (!this.#lookedUp.delete(sender)) return true
    if (this.#unknown.size >= clientLimits.unknownDevices) this.#unknown.clear()
    this.#unknown.add(key)
    return false
  }

  /** @returns undefined when nothing in it is for this device. @throws ProtocolError; then the draft is unchanged */
  async #open (draft: Draft, envelope: Envelope, list: PinnedList | undefined): Promise<Content | undefined> {
    const { own, sessions, groups } = this.#on
    const device = list === undefined ? undefined : deviceIn(list, envelope.senderDevice)
    // [REJECT] a device that the account has not signed
    if (device === undefined) throw new ProtocolError('UNKNOWN_DEVICE')
    const isGroup = envelope.conversation.kind === 'group'
    const ciphertext = envelope.ciphertexts.find((one) => one.device === own.device) ?? (isGroup ? envelope.ciphertexts.find((one) => one.device === undefined) : undefined)
    // Whoever sealed this had no keys of this device, and gives a copy when it is asked for.
    if (ciphertext === undefined && isGroup) throw new ProtocolError('NO_SENDER_KEY')
    if (ciphertext === undefined) return undefined
    const child = draft.child()
    const plaintext = ciphertext.device === undefined
      ? await groups.open(child, chatOf(own.account, envelope.conversation), device.id, ciphertext.bytes)
      : await sessions.open(child, { account: envelope.sender, device: device.id }, ciphertext, device.identityKey)
    // Only now does the session move on: a ciphertext in a false envelope must not use up the key of the true one.
    const content = decodeContent(plaintext, envelope)
    draft.absorb(child)
    return content
  }

  /**
   * Something that is not stored anywhere: opened as a message is, for whoever shows it.
   * @returns undefined when nothing in it is for this device, or its sender is not known here
   * @throws ProtocolError; then the draft is unchanged
   */
  async openSignal (draft: Draft, bytes: Uint8Array): Promise<OpenedMessage | undefined> {
    const { own, devices, clock } = this.#on
    const envelope = decodeEnvelope(bytes)
    // [REJECT] something that belongs into a log
    if (envelope.kind !== envelopeKinds.signal || !mayBelong(envelope.conversation, own.account)) throw new ProtocolError('BAD_CONVERSATION')
    const list = await devices.listOf(draft, envelope.sender)
    if (list === undefined) return undefined
    const content = await this.#open(draft, envelope, list)
    if (content === undefined) return undefined
    return {
      chat: chatOf(own.account, envelope.conversation),
      id: envelope.messageId,
      sender: envelope.sender,
      senderDevice: envelope.senderDevice,
      isOwn: envelope.sender === own.account,
      place: { epoch: 0, seq: 0 },
      sentAtMs: content.sentAtMs,
      receivedAtMs: clock.nowMs(),
      body: content.body
    }
  }

  async #show (draft: Draft, { chat, entry }: Pick<Arrival, 'chat' | 'entry'>, { envelope, content, senderList, before }: Opened): Promise<void> {
    const { own, devices, outbox, groups } = this.#on
    const isOwn = envelope.sender === own.account
    this.#checkSenderList(draft, chat, envelope.sender, content, senderList)
    if (isPairChat(chat)) this.#checkPeerList(draft, chat, isOwn, content, await devices.listOf(draft, isOwn ? chat : own.account))
    const { body } = content
    if (isGroupChat(chat)) await this.#checkGroup(draft, chat, entry, content)
    if (body.kind === 'receipt') {
      // [IGNORE] what another device of this account has: not what the other person has
      // [IGNORE] a stage of a newer version
      if (!isOwn && (body.stage === receiptStages.delivered || body.stage === receiptStages.read)) await outbox.delivered(draft, chat, body.ids, envelope.senderDevice, body.stage)
      if (!isOwn && body.stage === receiptStages.unopened && isPairChat(chat)) await outbox.unopened(draft, chat, body.ids, envelope.senderDevice)
      if (!isOwn && body.stage === receiptStages.gone && isPairChat(chat)) await groups.gone(draft, envelope.sender, body.ids, envelope.senderDevice)
      return
    }
    if (body.kind === 'unknown' && envelope.kind !== envelopeKinds.content) return
    const isText = body.kind === 'text' || body.kind === 'unknown'
    const admission = isOwn || envelope.kind !== envelopeKinds.content ? 'show' : await this.#admit(draft, chat, envelope, isText)
    if (admission === 'drop') return
    if (body.kind !== 'text' && body.kind !== 'unknown') {
      // What engines tell each other is not acknowledged.
      const again = content.standsFor ?? []
      for (const id of [...before === undefined ? [] : [envelope.messageId], ...again]) await this.#forgetPlaceholder(draft, chat, id)
      if (envelope.kind === envelopeKinds.content) await this.#acknowledge(draft, chat, entry, { envelope, content, isOwn, isQuiet: admission !== 'show', ids: [envelope.messageId, ...again] })
      await this.#give(draft, { chat, id: envelope.messageId, sender: envelope.sender, senderDevice: envelope.senderDevice, isOwn, place: { epoch: entry.epoch, seq: entry.seq }, sentAtMs: content.sentAtMs, receivedAtMs: this.#on.clock.nowMs(), body })
      return
    }
    const direction = isOwn ? 'out' : 'in'
    const standsFor = body.kind === 'text' ? body.standsFor : undefined
    const first = standsFor === undefined ? before : await this.#on.history.find(draft, chat, direction, standsFor[0]!)
    await this.#acknowledge(draft, chat, entry, { envelope, content, isOwn, isQuiet: admission !== 'show', ids: [envelope.messageId, ...standsFor ?? []] })
    for (const id of standsFor === undefined ? [] : [...standsFor.slice(1), envelope.messageId]) await this.#forgetPlaceholder(draft, chat, id)
    // Sent again, and here already: only the acknowledgement was missing.
    if (standsFor !== undefined && first !== undefined && first.state !== 'failed') return
    await this.#add(draft, chat, {
      id: standsFor?.[0] ?? envelope.messageId,
      conversation: envelope.conversation.id,
      chat,
      sender: envelope.sender,
      direction,
      text: body.kind === 'text' ? body.text : '',
      sentAtMs: content.sentAtMs,
      receivedAtMs: this.#on.clock.nowMs(),
      state: isOwn ? 'sent' : 'delivered',
      ...(body.kind === 'text' ? extrasOf(body) : { error: 'this message needs a newer version' })
    }, placeOf(standsFor === undefined ? undefined : first) ?? entry, { before: first, isQuiet: admission === 'silent' })
  }

  /** Whose message it is decides who is told: its sender that it is here, or this account who else has it. */
  async #acknowledge (draft: Draft, chat: ChatId, place: Place, { envelope, content, isOwn, isQuiet, ids }: { envelope: Envelope, content: Content, isOwn: boolean, isQuiet: boolean, ids: readonly MessageId[] }): Promise<void> {
    const { groups, receipts } = this.#on
    const { sender, messageId } = envelope
    if (isOwn) {
      if (isGroupChat(chat)) await groups.sent(draft, chat, messageId, place, content.body.kind === 'unknown' ? undefined : encodeContent(envelope, content))
    } else if (!isQuiet) {
      if (isGroupChat(chat)) await groups.received(draft, chat, sender, place)
      else await receipts.owe(draft, chat, 'delivered', ids)
    }
  }

  /** @throws ProtocolError MALFORMED: every message of a group says what its sender knows of the membership */
  async #checkGroup (draft: Draft, chat: ChatId, place: Place, { group }: Content): Promise<void> {
    if (group === undefined) throw new ProtocolError('MALFORMED', { what: 'membership' })
    await this.#on.groups.checkMark(draft, chat, place, group)
  }

  /**
   * A message of a group that could not be opened when it came, at the place where it stands.
   * @param copy its padded Content, sealed again by its sender
   * @returns whether there is nothing more to wait for
   */
  async reopen (draft: Draft, { chat, epoch, seq }: Place & { readonly chat: ChatId }, bytes: Uint8Array, copy?: Uint8Array): Promise<boolean> {
    const { own, devices, tables } = this.#on
    const envelope = readEnvelope(bytes)
    const log = await draft.read(tables.logs, chat)
    if (envelope === undefined || log === undefined) return true
    const list = await devices.listOf(draft, envelope.sender)
    const before = await this.#on.history.find(draft, chat, envelope.sender === own.account ? 'out' : 'in', envelope.messageId)
    const child = draft.child()
    try {
      const content = copy === undefined ? await this.#open(child, envelope, list) : decodeContent(copy, envelope)
      if (content === undefined || list === undefined) return false
      const arrival: Arrival = { chat, conversation: envelope.conversation, log, entry: { epoch, seq } }
      await this.#show(child, arrival, { envelope, content, senderList: list, before })
      if (await this.#isForked(child, arrival, content) && log.forkedInEpoch < epoch) {
        child.write(tables.logs, chat, { ...log, forkedInEpoch: epoch })
        this.#warnForked(child, chat)
      }
      draft.absorb(child)
      return true
    } catch (error) {
      if (!isProtocolError(error) || isStoreFailure(error)) throw error
      return false
    }
  }

  /** What may be opened later waits for its key, or for a copy; the person sees that something is on its way. */
  async #keepWaiting (draft: Draft, { chat, entry }: Arrival, envelope: Envelope, bytes: Uint8Array, error: ProtocolError): Promise<boolean> {
    if (!isGroupChat(chat) || error.action !== 'rekey') return false
    const { own, groups } = this.#on
    const { messageId: id, sender, senderDevice: device, kind } = envelope
    await groups.keep(draft, { chat, epoch: entry.epoch, seq: entry.seq }, { id, sender, device, kind, isBroken: error.code !== 'NO_SENDER_KEY', isStrange: false, isAddressed: envelope.ciphertexts.some((one) => one.device === undefined || one.device === own.device) }, bytes)
    if (kind === envelopeKinds.content && sender !== own.account && await this.#admit(draft, chat, envelope, false) !== 'drop') this.#addPlaceholder(draft, chat, envelope, entry, 'waiting for this message')
    return true
  }

  async #admit (draft: Draft, chat: ChatId, { sender }: Envelope, isText: boolean): Promise<Admission> {
    for (const gate of this.#on.gates) {
      const admission = await gate.admit(draft, { chat, sender, isText })
      if (admission !== 'show') return admission
    }
    return 'show'
  }

  /** An earlier try that could not be opened either: nothing of it is left to show. */
  async #forgetPlaceholder (draft: Draft, chat: ChatId, id: MessageId): Promise<void> {
    const row = await this.#on.history.find(draft, chat, 'in', id)
    if (row?.state !== 'failed') return
    this.#on.history.remove(draft, row)
    this.#settle(draft, chat, row)
  }

  /** What was kept of a placeholder goes. */
  #settle (draft: Draft, chat: ChatId, row: MessageRow): void { this.#on.groups.settled(draft, { chat, ...placeOf(row) ?? { epoch: 0, seq: 0 } }) }

  async #give (draft: Draft, opened: OpenedMessage): Promise<void> {
    for (const taker of this.#on.takers) if (taker.kinds.includes(opened.body.kind)) await taker.take(draft, opened)
  }

  async #add (draft: Draft, chat: ChatId, message: Message & TextExtras, { epoch, seq }: Place, { before, isQuiet }: { before: MessageRow | undefined, isQuiet: boolean }): Promise<void> {
    const { history, tables, events } = this.#on
    const row = history.add(draft, message, { epoch, seq }, before)
    if (before !== undefined) this.#settle(draft, chat, before)
    if (message.direction === 'in') {
      const conversation = await draft.read(tables.conversations, chat)
      draft.write(tables.conversations, chat, { unread: (conversation?.unread ?? 0) + 1 })
    }
    if (!isQuiet) draft.after(() => { events.emit(message.direction === 'in' ? 'message' : 'update', messageOf(row)) })
    for (const gate of this.#on.gates) await gate.shown(draft, row)
  }

  #checkSenderList (draft: Draft, chat: ChatId, sender: AccountId, content: Content, known: PinnedList): void {
    const compared = compareMark(content.senderList, known)
    if (compared === 'newer') draft.after(() => { this.#on.onNewerList(sender, content.senderList.epoch) })
    if (compared === 'different') this.#warn(draft, 'devices', chat, 'The sender uses another list of its devices than the one that the relays showed here.')
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

  /** SPEC(content §4) the hash that the sender had must be the one that this device had at the same place. */
  async #isForked (draft: Draft, { chat, entry, log }: Arrival, { previous }: Content): Promise<boolean> {
    if (previous === undefined || previous.seq === 0) return false
    // A message cannot come before what its sender had seen of the same log.
    if (previous.epoch === entry.epoch && previous.seq >= entry.seq) return true
    const here = previous.epoch === log.epoch && previous.seq === log.seq
      ? log.hash === '' ? undefined : fromHex(log.hash)
      : await draft.read(this.#on.tables.logHashes, `${chat}/${positionKey(previous.epoch, previous.seq)}`)
    // Too long ago, or this device has not seen the beginning: nothing to compare with.
    return here !== undefined && !sameBytes(here, previous.hash)
  }

  async #nextHash (draft: Draft, { chat, entry, log }: Arrival, digest: Uint8Array | undefined, content: Content | undefined): Promise<Uint8Array | undefined> {
    if (digest === undefined) return undefined
    const previous = content?.previous
    const before = entry.seq === log.seq + 1
      // Who does not know the beginning takes the other's word for it once; from there on both are bound.
      ? log.hash !== '' ? fromHex(log.hash) : previous?.epoch === log.epoch && previous.seq === log.seq ? previous.hash : undefined
      : await draft.read(this.#on.tables.logHashes, `${chat}/${positionKey(log.epoch, entry.seq - 1)}`)
    return before === undefined ? undefined : extendChain(this.#on.primitives, before, entry.epoch, entry.seq, digest)
  }

  /** Kept, and shown in its place; receipts are only reported. */
  async #keepUnopened (draft: Draft, { chat, entry }: Arrival, envelope: Envelope, bytes: Uint8Array, error: ProtocolError): Promise<void> {
    const isForged = error.code === 'BAD_CONVERSATION' || error.code === 'BAD_MESSAGE_ID'
    // A device that was unlinked a moment ago has still acknowledged something: nobody misses that.
    const isMissed = error.code !== 'UNKNOWN_DEVICE' || envelope.kind === envelopeKinds.content
    if (isMissed) this.#warn(draft, isForged ? 'refused' : 'undecryptable', chat, `${isForged ? 'A message was refused' : 'A message came that cannot be opened'} (${error.code}).`, envelope)
    draft.write(this.#on.tables.unopened, `${chat}/${positionKey(entry.epoch, entry.seq)}`, { atMs: this.#on.clock.nowMs(), envelope: bytes })
    if (isForged || envelope.kind !== envelopeKinds.content) return
    if (envelope.sender === this.#on.own.account) {
      // Of a sibling: another one has it.
      await this.#on.onUnaddressed(draft, { chat, id: envelope.messageId, sender: envelope.sender, kind: envelope.kind, place: { epoch: entry.epoch, seq: entry.seq } })
      return
    }
    const admission = await this.#admit(draft, chat, envelope, false)
    if (admission === 'drop') return
    this.#addPlaceholder(draft, chat, envelope, entry, 'this message could not be opened')
    if (admission !== 'show') return
    const { messageId: id, sender, senderDevice: device, kind } = envelope
    const isStrange = error.code === 'UNKNOWN_DEVICE'
    await this.#on.groups.keep(draft, { chat, epoch: entry.epoch, seq: entry.seq }, { id, sender, device, kind, isBroken: !isStrange, isStrange, isAddressed: true }, bytes)
  }

  #addPlaceholder (draft: Draft, chat: ChatId, { messageId, conversation, sender }: Envelope, { epoch, seq }: Place, error: string): void {
    this.#on.history.add(draft, {
      id: messageId,
      conversation: conversation.id,
      chat,
      sender,
      direction: 'in',
      text: '',
      sentAtMs: this.#on.clock.nowMs(),
      receivedAtMs: this.#on.clock.nowMs(),
      state: 'failed',
      error
    }, { epoch, seq })
  }

  /** Nobody gives it any more: its placeholder says so. @param isLost its sender has said that */
  async giveUp (draft: Draft, chat: ChatId, id: MessageId, isLost = false): Promise<void> {
    const { history, events } = this.#on
    const row = await history.find(draft, chat, 'in', id)
    if (row?.state !== 'failed') return
    const after = { ...row, ...(isLost ? { isLost, error: 'this message was lost: the sender\'s device does not have it any more' } : { error: 'this message could not be opened' }) }
    history.replace(draft, after)
    // That it could not be opened was said when it came.
    if (!isLost) this.#warn(draft, 'undecryptable', chat, 'A message could not be opened, and its sender did not give it again.')
    draft.after(() => { events.emit('update', messageOf(after)) })
  }

  #warnGone (draft: Draft, chat: ChatId): void { this.#warn(draft, 'fork', chat, 'Messages of this conversation are gone from the relay before they reached this device.') }

  #warnForked (draft: Draft, chat: ChatId): void {
    this.#warn(draft, 'fork', chat, isGroupChat(chat)
      ? 'The relays have shown people in this group different versions of it: messages may have been dropped or put in another order.'
      : 'The relays have shown the two of you different versions of this conversation: messages may have been dropped or put in another order.')
  }

  #refuse (draft: Draft, chat: ChatId, error: { code: ErrorCode }): void { this.#warn(draft, 'refused', chat, `Something in this conversation was refused (${error.code}).`) }

  #warn (draft: Draft, kind: 'fork' | 'devices' | 'undecryptable' | 'refused', chat: ChatId, text: string, envelope?: Envelope): void {
    draft.after(() => { this.#on.events.emit('warning', { ...warningPlace(chat), kind, text, ...(envelope === undefined ? {} : { message: envelope.messageId }) }) })
  }
}
