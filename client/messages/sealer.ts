/**
 * From a body to a sealed envelope: who is addressed, what goes inside, one ciphertext for each device.
 *
 * Does not know when anything is sealed or sent: sealing.ts, submission.ts. Spec: docs/protocol/content.md
 */
import { toHex } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { GroupConversation } from '../../protocol/conversation.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { encodeEnvelope } from '../../protocol/envelope.ts'
import type { AccountId, DeviceId } from '../../protocol/ids.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { conversationOfChat, isGroupChat, isPairChat, isSelfChat, type ChatId } from '../chat-id.ts'
import { markOf, type Devices, type PinnedList } from '../keys/devices.ts'
import type { Address, SessionBox } from '../keys/session-box.ts'
import type { Draft } from '../store/ledger.ts'
import { fromHex } from '../store/stored.ts'
import type { OutboxRow, Tables } from '../store/tables.ts'
import { extrasOf, type Body } from './bodies.ts'
import { chainStart, type ChainPoint } from './chain.ts'
import { decodeBody, encodeContent } from './content.ts'
import type { History } from './history.ts'
import type { MessageIds } from './message-ids.ts'
import type { GroupPort } from './group-port.ts'
import { placeOf } from './placeholders.ts'
import type { Item, Sealed } from './queues.ts'

export interface SealerComponents {
  readonly tables: Tables
  readonly history: History
  readonly devices: Devices
  readonly sessions: SessionBox
  readonly ids: MessageIds
  readonly groups: GroupPort
  readonly clock: Clock
  readonly primitives: Primitives
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  /** Get sessions with these people's devices. */
  readonly wantKeys: (accounts: readonly AccountId[]) => void
}

/** Device lists of a conversation: one's own, and the other person's where there is one. */
interface Lists { readonly ours: PinnedList, readonly theirs: PinnedList | undefined }

interface Addressed extends Address { readonly identityKey: Uint8Array }

export class Sealer {
  readonly #on: SealerComponents
  /** Devices that have published no keys: they get nothing until they do. */
  readonly #keyless = new Set<DeviceId>()
  /** People whose relay has no keys of theirs, or cannot be reached: a group does not wait for them. */
  readonly #unavailable = new Set<AccountId>()

  constructor (components: SealerComponents) { this.#on = components }

  addKeyless (devices: readonly DeviceId[]): void { for (const device of devices) this.#keyless.add(device) }
  isKeyless (device: DeviceId): boolean { return this.#keyless.has(device) }
  setUnavailable (account: AccountId, isSo: boolean): void {
    if (isSo) this.#unavailable.add(account)
    else this.#unavailable.delete(account)
  }

  isUnavailable (account: AccountId): boolean { return this.#unavailable.has(account) }
  forgetKeyless (): void {
    this.#keyless.clear()
    this.#unavailable.clear()
  }

  /** Has this account linked another device? */
  async hasOtherDevices (draft: Draft): Promise<boolean> {
    const { devices, own } = this.#on
    return ((await devices.listOf(draft, own.account))?.list.devices.length ?? 1) > 1
  }

  /**
   * Seal for every device of the conversation's people except this one.
   *
   * @returns waits: keys are missing; they were asked for · nobody: there is no such device, or nothing to say any more
   * @throws ProtocolError TOO_LARGE
   */
  async seal (draft: Draft, item: Item, row: OutboxRow): Promise<Sealed | 'waits' | 'nobody'> {
    const { sessions, own, primitives } = this.#on
    const { chat } = item
    if (isGroupChat(chat)) return await this.#sealForGroup(draft, item, row)
    const lists = await this.#listsOf(draft, chat)
    if (lists === undefined) return 'waits'
    const addressed = this.#addressed(chat, lists)
    if (addressed.length === 0 && isSelfChat(chat)) return 'nobody'
    const ready = await this.#ready(draft, chat, addressed)
    if (ready === undefined) return 'waits'

    const binding = { conversation: conversationOfChat(own.account, chat), messageId: item.id, senderDevice: own.device }
    const body = await this.#bodyOf(draft, item, row)
    if (body === undefined) return 'nobody'
    const plaintext = encodeContent(binding, { sentAtMs: row.sentAtMs, ...await this.#viewOf(draft, chat, lists), ...(body.kind === 'text' ? {} : { standsFor: row.standsFor }), body })
    const ciphertexts = []
    for (const address of ready) ciphertexts.push(await sessions.seal(draft, address, plaintext))
    const envelope = encodeEnvelope({ ...binding, sender: own.account, kind: row.kind, expiresAtMs: row.expiresAtMs ?? 0, ciphertexts })
    return {
      envelope,
      row: {
        ...row,
        state: 'sealed',
        digest: toHex(primitives.sha256(envelope)),
        // Nobody acknowledges what engines tell each other: it goes once it has its number.
        awaiting: row.kind === envelopeKinds.content ? ready.filter(({ account }) => account === chat).map(({ device }) => device) : []
      }
    }
  }

  /**
   * Something that is sent once and never stored: for the devices with which there is a session already.
   * @returns an envelope of kind signal; undefined when nobody can be told
   */
  async sealSignal (draft: Draft, chat: ChatId, body: Body): Promise<Uint8Array | undefined> {
    const { sessions, own, ids, clock, groups } = this.#on
    if (isGroupChat(chat)) return await groups.sealSignal(draft, chat, { id: ids.next(), conversation: conversationOfChat(own.account, chat) as GroupConversation, body, previous: await this.#chainPoint(draft, chat) })
    const lists = await this.#listsOf(draft, chat)
    if (lists === undefined) return undefined
    const binding = { conversation: conversationOfChat(own.account, chat), messageId: ids.next(), senderDevice: own.device }
    const plaintext = encodeContent(binding, { sentAtMs: clock.nowMs(), ...await this.#viewOf(draft, chat, lists), body })
    const ciphertexts = []
    for (const address of this.#addressed(chat, lists)) {
      if (await sessions.canSeal(draft, address, address.identityKey)) ciphertexts.push(await sessions.seal(draft, address, plaintext))
    }
    if (ciphertexts.length === 0) return undefined
    return encodeEnvelope({ ...binding, sender: own.account, kind: envelopeKinds.signal, expiresAtMs: 0, ciphertexts })
  }

  async #sealForGroup (draft: Draft, item: Item, row: OutboxRow): Promise<Sealed | 'waits' | 'nobody'> {
    const { groups, own } = this.#on
    const conversation = conversationOfChat(own.account, item.chat) as GroupConversation
    if (row.kind === envelopeKinds.control) return await groups.sealControl(draft, item, row, conversation)
    const body = await this.#bodyOf(draft, item, row)
    if (body === undefined) return 'nobody'
    return await groups.seal(draft, { item, row, conversation, body, previous: await this.#chainPoint(draft, item.chat) })
  }

  /** @returns undefined when one of them is not known; it was asked for */
  async #listsOf (draft: Draft, chat: ChatId): Promise<Lists | undefined> {
    const { devices, own } = this.#on
    const ours = await devices.listOf(draft, own.account)
    const theirs = isPairChat(chat) ? await devices.listOf(draft, chat) : undefined
    if (ours !== undefined && (theirs !== undefined || !isPairChat(chat))) return { ours, theirs }
    draft.after(() => { this.#on.wantKeys([isPairChat(chat) && theirs === undefined ? chat : own.account]) })
    return undefined
  }

  #addressed (chat: ChatId, { ours, theirs }: Lists): Addressed[] {
    const { own } = this.#on
    return [
      ...theirs === undefined ? [] : theirs.list.devices.map(({ id, identityKey }) => ({ account: chat as AccountId, device: id, identityKey })),
      ...ours.list.devices.filter(({ id }) => id !== own.device).map(({ id, identityKey }) => ({ account: own.account, device: id, identityKey }))
    ]
  }

  /** The devices to seal for. @returns undefined while one of them may still get keys, and while there is none of the other person */
  async #ready (draft: Draft, chat: ChatId, addressed: readonly Addressed[]): Promise<Address[] | undefined> {
    const { sessions } = this.#on
    const ready: Address[] = []
    const wanted = new Set<AccountId>()
    let isMissing = false
    for (const address of addressed) {
      if (await sessions.canSeal(draft, address, address.identityKey)) {
        ready.push(address)
        // The old session serves until the new one is there.
        if (await sessions.needsRekey(draft, address)) wanted.add(address.account)
      } else if (!this.#keyless.has(address.device)) {
        isMissing = true
        wanted.add(address.account)
      }
    }
    const other = isPairChat(chat) ? chat : this.#on.own.account
    if (!ready.some(({ account }) => account === other)) {
      isMissing = true
      // Siblings without keys are asked for again in their time (keys.ts).
      if (isPairChat(chat)) wanted.add(other)
    }
    if (wanted.size > 0) draft.after(() => { this.#on.wantKeys([...wanted]) })
    return isMissing ? undefined : ready
  }

  /** @returns undefined when the message was deleted, has disappeared or was looked at once: nobody gets it any more */
  async #bodyOf (draft: Draft, item: Item, row: OutboxRow): Promise<Body | undefined> {
    if (row.body !== undefined) return decodeBody(fromHex(row.body))
    const { standsFor } = row
    const message = await this.#on.history.find(draft, item.chat, 'out', standsFor?.[0] ?? item.id)
    const isSeen = isPairChat(item.chat) && message?.openedBy !== undefined
    if (message === undefined || message.isDeleted === true || isSeen) return undefined
    const standsAt = standsFor === undefined ? undefined : placeOf(message)
    return { kind: 'text', text: message.text, ...extrasOf(message), ...(standsFor === undefined ? {} : { standsFor }), ...(standsAt === undefined ? {} : { standsAt }) }
  }

  /** What this device believes of the log and of everybody's devices, for the others to compare. */
  async #viewOf (draft: Draft, chat: ChatId, { ours, theirs }: Lists): Promise<{ previous: ChainPoint | undefined, senderList: ReturnType<typeof markOf>, peerList?: ReturnType<typeof markOf> }> {
    return {
      previous: await this.#chainPoint(draft, chat),
      senderList: markOf(ours),
      ...(theirs === undefined ? {} : { peerList: markOf(theirs) })
    }
  }

  /** How far this device has come in the log. */
  async #chainPoint (draft: Draft, chat: ChatId): Promise<ChainPoint | undefined> {
    const log = await draft.read(this.#on.tables.logs, chat)
    if (log === undefined) return chainStart
    return log.hash === '' ? undefined : { epoch: log.epoch, seq: log.seq, hash: fromHex(log.hash) }
  }
}
