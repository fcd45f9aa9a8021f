/**
 * What one entry of a conversation log means for this device: open it, check it, and store what follows from it.
 *
 * Checked, in this order: the envelope, who sent it (the pinned device list), the ciphertext, that the inside belongs to
 * the outside, the two device lists, the chain. Nothing that is wrong with an entry stops the log: what cannot be opened
 * is kept and shown as such. Specs: docs/protocol/content.md, docs/protocol/client.md
 */
import { toHex } from '../../protocol/bytes.ts'
import type { GroupConversation } from '../../protocol/conversation.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { decodeEnvelope, type Envelope } from '../../protocol/envelope.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import { envelopeKinds, receiptStages } from '../../protocol/wire/kinds.ts'
import { isGroupChat, isPairChat, type ChatId } from '../chat-id.ts'
import { clientLimits } from '../limits.ts'
import type { Draft } from '../store/ledger.ts'
import { isStoreFailure } from '../store/store.ts'
import { positionKey, type LogRow } from '../store/tables.ts'
import type { OpenedMessage } from './bodies.ts'
import { ChainCheck } from './chain-check.ts'
import { decodeContent, deviceInside, type Content } from './content.ts'
import { admissionOf } from './gate.ts'
import { isBehind, type Arrival, type Place } from './log-entry.ts'
import { Opening, readEnvelope, type OpeningComponents } from './opening.ts'
import { Placeholders, type PlaceholderComponents } from './placeholders.ts'
import { timeOf, type Item } from './queues.ts'
import { rowKey } from './rows.ts'
import { Showing, type ShowingComponents } from './showing.ts'
import { Warnings } from './warnings.ts'

export interface EntryComponents extends OpeningComponents, PlaceholderComponents, ShowingComponents {
  readonly primitives: Primitives
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

/** What a log remembers of the ids in it. */
function idsWith ({ newest }: LogRow, { envelope }: Effect): Pick<LogRow, 'newest'> {
  return { newest: envelope !== undefined && envelope.messageId > newest ? envelope.messageId : newest }
}

const isNeed = (result: Effect | Need): result is Need => 'needs' in result || 'needsGroup' in result

export class Entries {
  readonly #on: EntryComponents
  readonly #warnings: Warnings
  readonly #chain: ChainCheck
  readonly #opening: Opening
  readonly #placeholders: Placeholders
  readonly #showing: Showing

  constructor (components: EntryComponents) {
    this.#on = components
    this.#warnings = new Warnings(components)
    this.#chain = new ChainCheck(components)
    this.#opening = new Opening(components)
    this.#placeholders = new Placeholders(components, this.#warnings)
    this.#showing = new Showing(components, this.#placeholders, this.#warnings)
  }

  lookedUp (account: AccountId): void { this.#opening.lookedUp(account) }

  /** @see Opening */
  async openSignal (draft: Draft, bytes: Uint8Array): Promise<OpenedMessage | undefined> { return await this.#opening.openSignal(draft, bytes) }

  /** @see Placeholders */
  async giveUp (draft: Draft, chat: ChatId, id: MessageId, isLost = false): Promise<void> { await this.#placeholders.giveUp(draft, chat, id, isLost) }

  /** @see Placeholders */
  async forget (draft: Draft, chat: ChatId, id: MessageId): Promise<void> { await this.#placeholders.forget(draft, chat, id) }

  /** Take the next entry of a log. The draft is to be dropped unless it was `taken`. */
  async process (draft: Draft, arrival: Arrival): Promise<Verdict> {
    const { chat, conversation, entry, log } = arrival
    const begun = conversation.kind === 'group' ? await this.#begin(draft, arrival, conversation) : 'known'
    if (begun === 'unknown') return { needsGroup: conversation as GroupConversation }
    // Who was out of the group for a while has missed nothing that was meant for them.
    if (log.isSkipped === true && begun === 'known' && (await this.#on.groups.sinceOf(draft, chat) ?? 0) < entry.seq) {
      this.#warnings.gone(draft, chat)
      const hole = log.holes?.at(-1)
      if (hole !== undefined) await this.#on.groups.missed(draft, chat, hole)
    }
    if (typeof begun === 'number' && begun > log.seq && begun < entry.seq) {
      // What came first is not where this account came in: the relay has more.
      draft.write(this.#on.tables.logs, chat, { ...log, epoch: entry.epoch, seq: begun - 1, hash: '' })
      return 'begins'
    }
    const result = entry.envelope === undefined ? await this.#onReference(draft, arrival) : await this.#onEnvelope(draft, arrival, entry.envelope)
    if (isNeed(result)) return result
    const { digest, content } = result
    let { forkedInEpoch } = log
    if (content !== undefined && await this.#chain.isForked(draft, arrival, content) && forkedInEpoch < entry.epoch) {
      forkedInEpoch = entry.epoch
      this.#warnings.forked(draft, chat)
    }
    await this.#raise(draft, chat, result)
    const hash = await this.#chain.next(draft, arrival, digest, content)
    const { isSkipped: _, ...rest } = log
    draft.write(this.#on.tables.logs, chat, { ...rest, ...idsWith(log, result), epoch: entry.epoch, seq: entry.seq, hash: hash === undefined ? '' : toHex(hash), forkedInEpoch })
    if (hash !== undefined) this.#chain.keep(draft, chat, entry, hash)
    return 'taken'
  }

  /**
   * An entry under a number that was taken before: nothing new, unless the relay has gone back to an older state and
   * given the number again. Then it is reported, and the message is not lost.
   */
  async processRepeat (draft: Draft, arrival: Arrival): Promise<Verdict> {
    const { chat, entry, log } = arrival
    if (entry.envelope === undefined) {
      if (entry.reference?.senderDevice === this.#on.own.device) await this.#repeatReference(draft, arrival, { chat, id: entry.reference.messageId })
      return 'taken'
    }
    const compared = await this.#chain.compareRepeat(draft, chat, entry, this.#on.primitives.sha256(entry.envelope))
    if (compared === 'same') return 'taken'
    const result = await this.#onEnvelope(draft, arrival, entry.envelope)
    if (isNeed(result)) return result
    // What is too long ago to be compared may be a repeat: message ids tell.
    const isFork = compared === 'different' && log.forkedInEpoch < entry.epoch
    await this.#raise(draft, chat, result)
    draft.write(this.#on.tables.logs, chat, { ...log, ...idsWith(log, result), forkedInEpoch: isFork ? entry.epoch : log.forkedInEpoch })
    if (isFork) this.#warnings.wentBack(draft, chat)
    return 'taken'
  }

  /** A number that was given before, perhaps to something that the relay has lost, and now to a message of this device. */
  async #repeatReference (draft: Draft, { chat, entry, log }: Arrival, item: Item): Promise<void> {
    const { outbox } = this.#on
    const digest = await outbox.passed(draft, item, entry)
    if (digest === undefined || await this.#chain.compareRepeat(draft, chat, entry, digest) !== 'different') return
    await outbox.givenTwice(draft, item)
    if (log.forkedInEpoch >= entry.epoch) return
    draft.write(this.#on.tables.logs, chat, { ...log, forkedInEpoch: entry.epoch })
    this.#warnings.wentBack(draft, chat)
  }

  /** The relay has nothing any more up to this place: go on behind it. */
  async skip (draft: Draft, chat: ChatId, to: { epoch: number, seq: number }): Promise<void> {
    const log = await draft.read(this.#on.tables.logs, chat)
    if (log !== undefined && (to.seq <= log.seq || to.epoch < log.epoch)) return
    const isSkipped = isGroupChat(chat) && log !== undefined && log.newest !== ''
    const holes = [...log?.holes ?? []]
    // Where a group begins for an account is no hole: what stands before was not for it.
    if (log !== undefined || !isGroupChat(chat)) {
      const here = positionKey(log?.epoch ?? 0, log?.seq ?? 0)
      // Nothing was taken since it went on the last time: that was not far enough.
      const after = holes.at(-1)?.through === here ? holes.pop()!.after : here
      holes.push({ after, through: positionKey(to.epoch, to.seq) })
    }
    draft.write(this.#on.tables.logs, chat, { newest: '', forkedInEpoch: 0, ...log, ...to, hash: '', ...(isSkipped ? { isSkipped } : {}), ...(holes.length === 0 ? {} : { holes: holes.slice(-clientLimits.holesKept) }) })
    if (isGroupChat(chat)) return
    // A device that joins a conversation late may have missed nothing that was meant for it: the other one knows.
    if (log !== undefined) this.#warnings.gone(draft, chat)
    await this.tellPlace(draft, chat)
  }

  /**
   * SPEC(content §6) Say how far this device has the log: what the other one has sent before that, and this one has not acknowledged, comes again.
   * In a group it tells the others nothing: that it gets a number shows this device whether it was given all before it.
   */
  async tellPlace (draft: Draft, chat: ChatId): Promise<void> {
    const { gates, groups, outbox, tables } = this.#on
    const log = await draft.read(tables.logs, chat)
    if (log === undefined || log.seq === 0) return
    if (isPairChat(chat) ? await admissionOf(gates, draft, { chat, sender: chat, isText: true }) !== 'show' : !isGroupChat(chat) || !await groups.mayMiss(draft, chat)) return
    const child = draft.child()
    try {
      await outbox.composeReceipt(child, chat, receiptStages.delivered, [], isPairChat(chat) ? { epoch: log.epoch, seq: log.seq } : undefined)
      draft.absorb(child)
    } catch (error) {
      // Too much waits to be sent already: a receipt for what comes next says the same.
      if (!isProtocolError(error) || isStoreFailure(error)) throw error
    }
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
    if (digest === undefined && await this.#on.history.find(draft, chat, 'out', messageId) === undefined) this.#warnings.refused(draft, chat, { code: 'BAD_MESSAGE_ID' })
    return { digest }
  }

  async #onEnvelope (draft: Draft, arrival: Arrival, bytes: Uint8Array): Promise<Effect | Need> {
    const { chat, conversation, entry, log } = arrival
    const { own, primitives, groups } = this.#on
    const digest = primitives.sha256(bytes)
    let envelope: Envelope
    try {
      envelope = decodeEnvelope(bytes)
      // [REJECT] an envelope of another conversation in this log
      if (envelope.conversation.id !== conversation.id) throw new ProtocolError('BAD_CONVERSATION')
    } catch (error) {
      if (!isProtocolError(error)) throw error
      this.#warnings.refused(draft, chat, error)
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
    const list = await this.#opening.listOf(draft, envelope)
    if (list === 'needs') return { needs: sender }
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
      const content = await this.#opening.open(draft, envelope, list)
      // Behind, and not known: a number that was given anew.
      if (content === undefined && (!isBehind(entry, log) || known === undefined)) await this.#on.onUnaddressed(draft, { chat, id: messageId, sender, kind: envelope.kind, place: { epoch: entry.epoch, seq: entry.seq } })
      if (content !== undefined) await this.#showing.show(draft, arrival, { envelope, content, senderList: list!, before: known })
      return { digest, envelope, ...(content === undefined ? {} : { content, isOpened: true }) }
    } catch (error) {
      // The store's trouble is not the message's: the log waits.
      if (!isProtocolError(error) || isStoreFailure(error)) throw error
      // A counter that was used before is no proof of a repeat: the relay can write one on a new message.
      const isMeant = conversation.kind !== 'group' || await groups.isFor(draft, chat, entry)
      const isNew = !isRepeat || await this.#isForgotten(draft, messageId, error)
      if (isNew && isMeant && !isPlaceholder) await this.#placeholders.keep(draft, arrival, envelope, bytes, error)
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

  /**
   * A message of a group that could not be opened when it came, at the place where it stands.
   * @param copy its padded Content, sealed again by its sender
   * @returns whether there is nothing more to wait for
   */
  async reopen (draft: Draft, place: Place & { readonly chat: ChatId }, bytes: Uint8Array, copy?: Uint8Array): Promise<boolean> {
    const envelope = readEnvelope(bytes)
    return envelope === undefined || await this.#openLate(draft, place, envelope, copy)
  }

  /**
   * A message of a group that was never given here, where it stood, as the account says that wrote it. Here already: nothing.
   * @param copy its padded Content. @throws ProtocolError; then the draft is unchanged
   */
  async fill (draft: Draft, place: Place & { readonly chat: ChatId }, { conversation, sender, messageId }: Pick<Envelope, 'conversation' | 'sender' | 'messageId'>, copy: Uint8Array): Promise<void> {
    const { groups, history } = this.#on
    const known = await history.find(draft, place.chat, 'in', messageId)
    if (known !== undefined && known.state !== 'failed') return
    const envelope: Envelope = { conversation, sender, senderDevice: deviceInside(copy), messageId, kind: envelopeKinds.content, expiresAtMs: 0, ciphertexts: [] }
    await groups.checkSender(draft, place.chat, place, envelope)
    await this.#openLate(draft, place, envelope, copy)
  }

  async #openLate (draft: Draft, { chat, epoch, seq }: Place & { readonly chat: ChatId }, envelope: Envelope, copy: Uint8Array | undefined): Promise<boolean> {
    const { own, devices, tables } = this.#on
    const log = await draft.read(tables.logs, chat)
    if (log === undefined) return true
    const list = await devices.listOf(draft, envelope.sender)
    const before = await this.#on.history.find(draft, chat, envelope.sender === own.account ? 'out' : 'in', envelope.messageId)
    const child = draft.child()
    try {
      const content = copy === undefined ? await this.#opening.open(child, envelope, list) : decodeContent(copy, envelope)
      if (content === undefined || list === undefined) return false
      const arrival: Arrival = { chat, conversation: envelope.conversation, log, entry: { epoch, seq } }
      await this.#showing.show(child, arrival, { envelope, content, senderList: list, before })
      if (await this.#chain.isForked(child, arrival, content) && log.forkedInEpoch < epoch) {
        child.write(tables.logs, chat, { ...log, forkedInEpoch: epoch })
        this.#warnings.forked(child, chat)
      }
      draft.absorb(child)
      return true
    } catch (error) {
      if (!isProtocolError(error) || isStoreFailure(error)) throw error
      return false
    }
  }
}
