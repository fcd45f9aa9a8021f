/**
 * What one entry of a conversation log means for this device: open it, check it, and store what follows from it.
 *
 * Checked, in this order: the envelope, who sent it (the pinned device list), the ciphertext, that the inside belongs to
 * the outside, the two device lists, the chain. Nothing that is wrong with an entry stops the log: what cannot be opened
 * is kept and shown as such. Specs: docs/protocol/content.md, docs/protocol/client.md
 */
import { sameBytes, toHex } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { Conversation } from '../../protocol/conversation.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { decodeEnvelope, type Envelope } from '../../protocol/envelope.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import { receiptStages, envelopeKinds } from '../../protocol/wire/kinds.ts'
import { chainStart, extendChain } from './chain.ts'
import { decodeContent, type Content } from './content.ts'
import { compareMark, deviceIn, type Devices, type PinnedList } from '../keys/devices.ts'
import type { Events } from '../events.ts'
import { messageOf, type History } from './history.ts'
import type { Draft } from '../store/ledger.ts'
import { clientLimits } from '../limits.ts'
import type { Message } from '../model.ts'
import type { Outbox } from './outbox.ts'
import type { Receipts } from './receipts.ts'
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
  readonly peer: AccountId
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
}

/** taken: stored with the draft · needs: look somebody's devices up first. */
export type Verdict = 'taken' | { readonly needs: AccountId }

/** What an entry does to its log, apart from its place. */
interface Effect {
  /** SHA-256 of the envelope; undefined when it is not known. */
  readonly digest: Uint8Array | undefined
  readonly envelope?: Envelope
  readonly content?: Content
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

/** What a log remembers of the ids in it. Only what was opened can make another a repeat: a header alone is the relay's word. */
function idsWith ({ highest, newest }: LogRow, { envelope, content }: Effect): Pick<LogRow, 'highest' | 'newest'> {
  if (envelope === undefined) return { highest, newest }
  const { senderDevice, messageId } = envelope
  return {
    highest: content !== undefined && messageId > (highest[senderDevice] ?? '') ? { ...highest, [senderDevice]: messageId } : highest,
    newest: messageId > newest ? messageId : newest
  }
}

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
    const { peer, entry, log } = arrival
    const result = entry.envelope === undefined ? await this.#onReference(draft, arrival) : await this.#onEnvelope(draft, arrival, entry.envelope)
    if ('needs' in result) return result
    const { digest, content } = result
    let { forkedInEpoch } = log
    if (content !== undefined && await this.#isForked(draft, arrival, content) && forkedInEpoch < entry.epoch) {
      forkedInEpoch = entry.epoch
      this.#warn(draft, 'fork', peer, 'The relays have shown the two of you different versions of this conversation: messages may have been dropped or put in another order.')
    }
    const hash = await this.#nextHash(draft, arrival, digest, content)
    draft.write(this.#on.tables.logs, peer, { ...log, ...idsWith(log, result), epoch: entry.epoch, seq: entry.seq, hash: hash === undefined ? '' : toHex(hash), forkedInEpoch })
    if (hash !== undefined) {
      draft.write(this.#on.tables.logHashes, `${peer}/${positionKey(entry.epoch, entry.seq)}`, hash)
      if (entry.seq > clientLimits.logHashes) draft.erase(this.#on.tables.logHashes, `${peer}/${positionKey(entry.epoch, entry.seq - clientLimits.logHashes)}`)
    }
    return 'taken'
  }

  /**
   * An entry under a number that was taken before: nothing new, unless the relay has gone back to an older state and
   * given the number again. Then it is reported, and the message is not lost.
   */
  async processRepeat (draft: Draft, arrival: Arrival): Promise<Verdict> {
    const { peer, entry, log } = arrival
    if (entry.envelope === undefined) return 'taken'
    const { logHashes } = this.#on.tables
    const [before, here] = await Promise.all([entry.seq - 1, entry.seq].map(async (seq) => seq === 0 ? chainStart.hash : await draft.read(logHashes, `${peer}/${positionKey(entry.epoch, seq)}`)))
    const isComparable = before !== undefined && here !== undefined
    if (isComparable && sameBytes(extendChain(this.#on.primitives, before, entry.epoch, entry.seq, this.#on.primitives.sha256(entry.envelope)), here)) return 'taken'
    const result = await this.#onEnvelope(draft, arrival, entry.envelope)
    if ('needs' in result) return result
    // What is too long ago to be compared may be a repeat: message ids tell.
    const isFork = isComparable && log.forkedInEpoch < entry.epoch
    draft.write(this.#on.tables.logs, peer, { ...log, ...idsWith(log, result), forkedInEpoch: isFork ? entry.epoch : log.forkedInEpoch })
    if (isFork) {
      this.#warn(draft, 'fork', peer, 'The relay has gone back to an older state of this conversation: messages may be missing there, or stand in another order.')
    }
    return 'taken'
  }

  /** The relay has nothing any more up to this place: go on behind it. */
  async skip (draft: Draft, peer: AccountId, to: { epoch: number, seq: number }): Promise<void> {
    const log = await draft.read(this.#on.tables.logs, peer)
    if (log !== undefined && (to.seq <= log.seq || to.epoch < log.epoch)) return
    draft.write(this.#on.tables.logs, peer, { highest: {}, newest: '', forkedInEpoch: 0, ...log, ...to, hash: '' })
    // A device that joins a conversation late has missed nothing that was meant for it.
    if (log !== undefined) this.#warn(draft, 'fork', peer, 'Messages of this conversation are gone from the relay before they reached this device.')
  }

  async #onReference (draft: Draft, { peer, entry }: Arrival): Promise<Effect> {
    const { own, outbox } = this.#on
    const { messageId, senderDevice } = entry.reference!
    const digest = senderDevice === own.device ? await outbox.passed(draft, { peer, id: messageId }, entry) : undefined
    // [IGNORE] nothing that this device knows of: the place is taken, the chain has a hole
    if (digest === undefined && await this.#on.history.find(draft, peer, 'out', messageId) === undefined) this.#refuse(draft, peer, { code: 'BAD_MESSAGE_ID' })
    return { digest }
  }

  async #onEnvelope (draft: Draft, arrival: Arrival, bytes: Uint8Array): Promise<Effect | { readonly needs: AccountId }> {
    const { peer, conversation, entry, log } = arrival
    const { own, primitives, outbox, devices } = this.#on
    const digest = primitives.sha256(bytes)
    let envelope: Envelope
    try {
      envelope = decodeEnvelope(bytes)
      // [REJECT] an envelope of another conversation in this log
      if (envelope.conversation.id !== conversation.id) throw new ProtocolError('BAD_CONVERSATION')
    } catch (error) {
      if (!isProtocolError(error)) throw error
      this.#refuse(draft, peer, error)
      return { digest }
    }
    const { sender, senderDevice, messageId } = envelope
    if (senderDevice === own.device && sender === own.account) {
      await outbox.passed(draft, { peer, id: messageId }, entry)
      return { digest, envelope }
    }
    const list = await devices.listOf(draft, sender)
    if (list !== undefined && deviceIn(list, senderDevice) !== undefined) this.#lookedUp.delete(sender)
    else if (this.#isWorthLookingUp(sender, senderDevice)) return { needs: sender }
    const direction = sender === own.account ? 'out' : 'in'
    const known = messageId > log.newest ? undefined : await this.#on.history.find(draft, peer, direction, messageId)
    const isRepeat = messageId <= (log.highest[senderDevice] ?? '')
    // A placeholder gives way to the message, should that still come.
    const isPlaceholder = known?.direction === 'in' && known.state === 'failed'
    // The same message under a new number, after its log was sequenced anew: shown already.
    if (known !== undefined && isRepeat && !isPlaceholder) {
      await this.#on.history.update(draft, peer, direction, messageId, { position: entry })
      return { digest, envelope }
    }
    try {
      // [REJECT] an id that is taken by another message: it would replace it
      if (known !== undefined && !isPlaceholder) throw new ProtocolError('BAD_MESSAGE_ID', { what: 'used before' })
      const content = await this.#open(draft, envelope, list)
      if (content !== undefined) await this.#show(draft, arrival, { envelope, content, senderList: list!, before: known })
      return { digest, envelope, ...(content === undefined ? {} : { content }) }
    } catch (error) {
      // The store's trouble is not the message's: the log waits.
      if (!isProtocolError(error) || isStoreFailure(error)) throw error
      // A counter that was used before is no proof of a repeat: the relay can write one on a new message.
      if (!isRepeat && !isPlaceholder) await this.#keepUnopened(draft, arrival, envelope, bytes, error)
      return { digest, envelope }
    }
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
    const { own, sessions } = this.#on
    const device = list === undefined ? undefined : deviceIn(list, envelope.senderDevice)
    // [REJECT] a device that the account has not signed
    if (device === undefined) throw new ProtocolError('UNKNOWN_DEVICE')
    const ciphertext = envelope.ciphertexts.find((one) => one.device === own.device)
    if (ciphertext === undefined) return undefined
    const child = draft.child()
    const plaintext = await sessions.open(child, { account: envelope.sender, device: device.id }, ciphertext, device.identityKey)
    // Only now does the session move on: a ciphertext in a false envelope must not use up the key of the true one.
    const content = decodeContent(plaintext, envelope)
    draft.absorb(child)
    return content
  }

  async #show (draft: Draft, { peer, entry }: Arrival, { envelope, content, senderList, before }: Opened): Promise<void> {
    const { own, devices, outbox } = this.#on
    const isOwn = envelope.sender === own.account
    this.#checkSenderList(draft, peer, envelope.sender, content, senderList)
    const peerList = await devices.listOf(draft, isOwn ? peer : own.account)
    this.#checkPeerList(draft, peer, isOwn, content, peerList)
    const { body } = content
    if (body.kind === 'receipt') {
      // [IGNORE] what another device of this account has: not what the other person has
      // [IGNORE] a stage of a newer version
      if (!isOwn && (body.stage === receiptStages.delivered || body.stage === receiptStages.read)) await outbox.delivered(draft, peer, body.ids, envelope.senderDevice, body.stage)
      if (!isOwn && body.stage === receiptStages.unopened) await outbox.unopened(draft, peer, body.ids, envelope.senderDevice)
      return
    }
    if (body.kind === 'unknown' && envelope.kind !== envelopeKinds.content) return
    const direction = isOwn ? 'out' : 'in'
    const standsFor = body.kind === 'text' ? body.standsFor : undefined
    const first = standsFor === undefined ? before : await this.#on.history.find(draft, peer, direction, standsFor[0]!)
    if (!isOwn) await this.#on.receipts.owe(draft, peer, 'delivered', [envelope.messageId, ...standsFor ?? []])
    for (const id of standsFor?.slice(1) ?? []) await this.#forgetPlaceholder(draft, peer, id)
    // Sent again, and here already: only the acknowledgement was missing.
    if (standsFor !== undefined && first !== undefined && first.state !== 'failed') return
    await this.#add(draft, peer, {
      id: standsFor?.[0] ?? envelope.messageId,
      conversation: envelope.conversation.id,
      peer,
      direction,
      text: body.kind === 'text' ? body.text : '',
      sentAtMs: content.sentAtMs,
      receivedAtMs: this.#on.clock.nowMs(),
      state: isOwn ? 'sent' : 'delivered',
      ...(body.kind === 'unknown' ? { error: 'this message needs a newer version' } : {})
    }, placeOf(standsFor === undefined ? undefined : first) ?? entry, first)
  }

  /** An earlier try that could not be opened either: nothing of it is left to show. */
  async #forgetPlaceholder (draft: Draft, peer: AccountId, id: MessageId): Promise<void> {
    const row = await this.#on.history.find(draft, peer, 'in', id)
    if (row?.state !== 'failed') return
    this.#on.history.remove(draft, row)
    draft.erase(this.#on.tables.unopened, `${peer}/${positionKey(row.epoch ?? 0, row.seq ?? 0)}`)
  }

  async #add (draft: Draft, peer: AccountId, message: Message, { epoch, seq }: Place, before: MessageRow | undefined): Promise<void> {
    const { history, tables, events } = this.#on
    const row = history.add(draft, message, { epoch, seq }, before)
    if (before !== undefined) draft.erase(tables.unopened, `${peer}/${positionKey(before.epoch ?? 0, before.seq ?? 0)}`)
    if (message.direction === 'in') {
      const conversation = await draft.read(tables.conversations, peer)
      draft.write(tables.conversations, peer, { unread: (conversation?.unread ?? 0) + 1 })
    }
    draft.after(() => { events.emit(message.direction === 'in' ? 'message' : 'update', messageOf(row)) })
  }

  #checkSenderList (draft: Draft, peer: AccountId, sender: AccountId, content: Content, known: PinnedList): void {
    const compared = compareMark(content.senderList, known)
    if (compared === 'newer') draft.after(() => { this.#on.onNewerList(sender, content.senderList.epoch) })
    if (compared === 'different') this.#warn(draft, 'devices', peer, 'The sender uses another list of its devices than the one that the relays showed here.')
  }

  /** What the sender believes of the receiver's devices: only the receiver can notice a ghost among them. */
  #checkPeerList (draft: Draft, peer: AccountId, isOwn: boolean, content: Content, known: PinnedList | undefined): void {
    const compared = compareMark(content.peerList, known)
    if (isOwn) {
      if (compared === 'newer') draft.after(() => { this.#on.onNewerList(peer, content.peerList.epoch) })
      return
    }
    if (compared === 'newer' || compared === 'different') {
      this.#warn(draft, 'devices', peer, 'The sender was shown a list of your devices that this device does not know: there may be a device that is not yours.')
    }
  }

  /** SPEC(content §4) the hash that the sender had must be the one that this device had at the same place. */
  async #isForked (draft: Draft, { peer, entry, log }: Arrival, { previous }: Content): Promise<boolean> {
    if (previous === undefined || previous.seq === 0) return false
    // A message cannot come before what its sender had seen of the same log.
    if (previous.epoch === entry.epoch && previous.seq >= entry.seq) return true
    const here = previous.epoch === log.epoch && previous.seq === log.seq
      ? log.hash === '' ? undefined : fromHex(log.hash)
      : await draft.read(this.#on.tables.logHashes, `${peer}/${positionKey(previous.epoch, previous.seq)}`)
    // Too long ago, or this device has not seen the beginning: nothing to compare with.
    return here !== undefined && !sameBytes(here, previous.hash)
  }

  async #nextHash (draft: Draft, { peer, entry, log }: Arrival, digest: Uint8Array | undefined, content: Content | undefined): Promise<Uint8Array | undefined> {
    if (digest === undefined) return undefined
    const previous = content?.previous
    const before = entry.seq === log.seq + 1
      // Who does not know the beginning takes the other's word for it once; from there on both are bound.
      ? log.hash !== '' ? fromHex(log.hash) : previous?.epoch === log.epoch && previous.seq === log.seq ? previous.hash : undefined
      : await draft.read(this.#on.tables.logHashes, `${peer}/${positionKey(log.epoch, entry.seq - 1)}`)
    return before === undefined ? undefined : extendChain(this.#on.primitives, before, entry.epoch, entry.seq, digest)
  }

  /** Kept, and shown in its place; receipts are only reported. */
  async #keepUnopened (draft: Draft, { peer, entry }: Arrival, envelope: Envelope, bytes: Uint8Array, error: ProtocolError): Promise<void> {
    const isForged = error.code === 'BAD_CONVERSATION' || error.code === 'BAD_MESSAGE_ID'
    this.#warn(draft, isForged ? 'refused' : 'undecryptable', peer, `${isForged ? 'A message was refused' : 'A message came that cannot be opened'} (${error.code}).`, envelope)
    draft.write(this.#on.tables.unopened, `${peer}/${positionKey(entry.epoch, entry.seq)}`, { atMs: this.#on.clock.nowMs(), envelope: bytes })
    if (isForged || envelope.kind !== envelopeKinds.content || envelope.sender === this.#on.own.account) return
    this.#on.history.add(draft, {
      id: envelope.messageId,
      conversation: envelope.conversation.id,
      peer,
      direction: 'in',
      text: '',
      sentAtMs: this.#on.clock.nowMs(),
      receivedAtMs: this.#on.clock.nowMs(),
      state: 'failed',
      error: 'this message could not be opened'
    }, { epoch: entry.epoch, seq: entry.seq })
    if (error.code !== 'UNKNOWN_DEVICE') await this.#on.receipts.askFor(draft, peer, [envelope.messageId])
  }

  #refuse (draft: Draft, peer: AccountId, error: { code: ErrorCode }): void { this.#warn(draft, 'refused', peer, `Something in this conversation was refused (${error.code}).`) }

  #warn (draft: Draft, kind: 'fork' | 'devices' | 'undecryptable' | 'refused', peer: AccountId, text: string, envelope?: Envelope): void {
    draft.after(() => { this.#on.events.emit('warning', { kind, peer, text, ...(envelope === undefined ? {} : { message: envelope.messageId }) }) })
  }
}
