/**
 * From a body to the sealed envelope of a group: up to 16 devices one ciphertext each, beyond that one for all under the
 * sender key. Inside stands what this device has of the log and of the membership, for the others to compare.
 */
import { toHex } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { GroupConversation } from '../../protocol/conversation.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { encodeEnvelope, type Ciphertext } from '../../protocol/envelope.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { maySend, membershipHash, type GroupState } from '../../protocol/groups/membership.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { ciphertextKinds, envelopeKinds } from '../../protocol/wire/kinds.ts'
import { everyDevice } from '../messages/queues.ts'
import type { ChatId } from '../chat-id.ts'
import { markOf, type Devices, type PinnedList } from '../keys/devices.ts'
import type { SessionBox } from '../keys/session-box.ts'
import { clientLimits } from '../limits.ts'
import { extrasOf, type Body } from '../messages/bodies.ts'
import type { ChainPoint } from '../messages/chain.ts'
import { encodeContent, type Content } from '../messages/content.ts'
import type { Item, Sealed } from '../messages/queues.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { MessageRow, OutboxRow } from '../store/tables.ts'
import type { GroupKeys } from './group-keys.ts'
import type { GroupTables, SentContent } from './group-tables.ts'
import type { GroupStates } from './states.ts'

export interface GroupSealerComponents {
  readonly ledger: Ledger
  readonly groupTables: GroupTables
  readonly states: GroupStates
  readonly keys: GroupKeys
  readonly devices: Devices
  readonly sessions: SessionBox
  readonly clock: Clock
  readonly primitives: Primitives
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  readonly wantKeys: (accounts: readonly AccountId[]) => void
  readonly isUnavailable: (account: AccountId) => boolean
  readonly isKeyless: (device: DeviceId) => boolean
}

interface Addressed { readonly account: AccountId, readonly device: DeviceId, readonly identityKey: Uint8Array }

export interface ToSeal {
  readonly item: Item
  readonly row: OutboxRow
  readonly conversation: GroupConversation
  readonly body: Body
  readonly previous: ChainPoint | undefined
}

export class GroupSealer {
  readonly #on: GroupSealerComponents
  #remembered = 0

  constructor (components: GroupSealerComponents) { this.#on = components }

  /**
   * @returns waits: for the state of the group, for an own change of it to take effect, or for keys; they were asked for ·
   *   nobody: there is no other device
   * @throws ProtocolError NOT_A_MEMBER, NOT_ALLOWED, TOO_LARGE
   */
  async seal (draft: Draft, { item, row, conversation, body, previous }: ToSeal): Promise<Sealed | 'waits' | 'nobody'> {
    const { states, own, devices, groupTables, primitives } = this.#on
    const { chat, id } = item
    const state = await states.stateOf(draft, chat)
    if (state === undefined || (await draft.read(groupTables.pendingActs, chat))?.id !== undefined) return 'waits'
    if (!state.members.has(own.account)) throw new ProtocolError('NOT_A_MEMBER')
    if (row.kind === envelopeKinds.content && !maySend(state, own.account)) throw new ProtocolError('NOT_ALLOWED')
    const ours = await devices.listOf(draft, own.account)
    if (ours === undefined) return 'waits'
    const plaintext = this.#plaintext({ conversation, id, state, ours, sentAtMs: row.sentAtMs, body, previous, ...(body.kind === 'text' ? {} : { standsFor: row.standsFor }) })
    const ciphertexts = await this.#ciphertexts(draft, chat, state, plaintext)
    if (typeof ciphertexts === 'string') return ciphertexts
    const envelope = encodeEnvelope({ conversation, messageId: id, sender: own.account, senderDevice: own.device, kind: row.kind, expiresAtMs: row.expiresAtMs ?? 0, ciphertexts })
    this.remember(draft, item, { seq: 0, content: plaintext })
    // Every member's mark stands for its devices: the board says when all have it.
    return { envelope, row: { ...row, state: 'sealed', digest: toHex(primitives.sha256(envelope)), awaiting: row.kind === envelopeKinds.content ? everyDevice : [] } }
  }

  /** What this account has said, for those who could not open it. */
  remember (draft: Draft, { chat, id }: Item, sent: SentContent): void {
    draft.write(this.#on.groupTables.contents, `${chat}/${id}`, sent)
    if (++this.#remembered % clientLimits.groupContentsPrune === 0) draft.after(() => { this.#prune(chat).catch(() => { /* the next time */ }) })
  }

  /** What this device would say of a message that it has sent and whose Content it has forgotten: for those who ask for a copy. */
  async contentOf (draft: Draft, chat: ChatId, { id, text, sentAtMs, ...extras }: MessageRow): Promise<Uint8Array | undefined> {
    const { states, own, devices } = this.#on
    const state = await states.stateOf(draft, chat)
    const ours = await devices.listOf(draft, own.account)
    if (state === undefined || ours === undefined) return undefined
    return this.#plaintext({ conversation: state.conversation, id, state, ours, sentAtMs, body: { kind: 'text', text, ...extrasOf(extras) }, previous: undefined })
  }

  /** @returns undefined when nobody can be told without new keys */
  async sealSignal (draft: Draft, chat: ChatId, { id, conversation, body, previous }: { id: MessageId, conversation: GroupConversation, body: Body, previous: ChainPoint | undefined }): Promise<Uint8Array | undefined> {
    const { states, own, devices, clock, sessions, keys } = this.#on
    const state = await states.stateOf(draft, chat)
    const ours = await devices.listOf(draft, own.account)
    if (state?.members.has(own.account) !== true || ours === undefined) return undefined
    const plaintext = this.#plaintext({ conversation, id, state, ours, sentAtMs: clock.nowMs(), body, previous })
    const { known, count } = await this.#devicesOf(draft, state)
    const ciphertexts: Ciphertext[] = []
    if (count > limits.pairwiseGroupDevices) {
      const message = await keys.seal(draft, chat, plaintext)
      if (message !== undefined) ciphertexts.push({ device: undefined, kind: ciphertextKinds.senderKey, bytes: message })
    } else {
      for (const address of known) if (await sessions.canSeal(draft, address, address.identityKey)) ciphertexts.push(await sessions.seal(draft, address, plaintext))
    }
    if (ciphertexts.length === 0) return undefined
    return encodeEnvelope({ conversation, messageId: id, sender: own.account, senderDevice: own.device, kind: envelopeKinds.signal, expiresAtMs: 0, ciphertexts })
  }

  async #ciphertexts (draft: Draft, chat: ChatId, state: GroupState, plaintext: Uint8Array): Promise<Ciphertext[] | 'waits' | 'nobody'> {
    const { keys, sessions } = this.#on
    const { known, unknown, count } = await this.#devicesOf(draft, state)
    if (count <= 1) return 'nobody'
    const isLarge = count > limits.pairwiseGroupDevices
    if (!await keys.prepare(draft, chat, state, isLarge)) return 'waits'
    if (isLarge) {
      const message = await keys.seal(draft, chat, plaintext)
      return message === undefined ? 'waits' : [{ device: undefined, kind: ciphertextKinds.senderKey, bytes: message }]
    }
    const ready = await this.#ready(draft, known, unknown)
    if (ready === undefined) return 'waits'
    const ciphertexts: Ciphertext[] = []
    for (const address of ready) ciphertexts.push(await sessions.seal(draft, address, plaintext))
    return ciphertexts
  }

  /** Those with a session. @returns undefined while somebody's keys are on their way, and while there is nobody to seal for */
  async #ready (draft: Draft, known: readonly Addressed[], unknown: readonly AccountId[]): Promise<Addressed[] | undefined> {
    const { sessions, wantKeys, isUnavailable, isKeyless } = this.#on
    const ready: Addressed[] = []
    const wanted = new Set(unknown)
    let isMissing = unknown.some((account) => !isUnavailable(account))
    for (const address of known) {
      if (await sessions.canSeal(draft, address, address.identityKey)) {
        ready.push(address)
        if (await sessions.needsRekey(draft, address)) wanted.add(address.account)
      } else if (!isKeyless(address.device)) {
        wanted.add(address.account)
        if (!isUnavailable(address.account)) isMissing = true
      }
    }
    if (wanted.size > 0) draft.after(() => { wantKeys([...wanted]) })
    return isMissing || ready.length === 0 ? undefined : ready
  }

  /** All devices of the group but this one; members whose devices are not known count as one each. */
  async #devicesOf (draft: Draft, state: GroupState): Promise<{ known: Addressed[], unknown: AccountId[], count: number }> {
    const { devices, own } = this.#on
    const known: Addressed[] = []
    const unknown: AccountId[] = []
    // Beyond any doubt: nobody has less than one device.
    if (state.members.size > limits.pairwiseGroupDevices) return { known, unknown, count: state.members.size }
    for (const account of state.members.keys()) {
      const list = await devices.listOf(draft, account)
      if (list === undefined) unknown.push(account)
      else known.push(...list.list.devices.filter(({ id }) => id !== own.device).map(({ id, identityKey }) => ({ account, device: id, identityKey })))
    }
    return { known, unknown, count: 1 + known.length + unknown.length }
  }

  #plaintext ({ conversation, id, state, ours, ...content }: { conversation: GroupConversation, id: MessageId, state: GroupState, ours: PinnedList } & Pick<Content, 'sentAtMs' | 'previous' | 'body' | 'standsFor'>): Uint8Array {
    return encodeContent({ conversation, messageId: id, senderDevice: this.#on.own.device }, {
      ...content,
      senderList: markOf(ours),
      group: { seq: state.seq, hash: membershipHash(this.#on.primitives, state) }
    })
  }

  /** What is kept for those who could not open it is bounded: ids rise, the oldest go. */
  async #prune (chat: ChatId): Promise<void> {
    const { ledger, groupTables } = this.#on
    const rows = await ledger.range(groupTables.contents, { from: `${chat}/`, to: `${chat}/\x7f` })
    const old = rows.slice(0, Math.max(0, rows.length - clientLimits.groupContentsKept))
    if (old.length > 0) await ledger.run((draft) => { for (const { key } of old) draft.erase(groupTables.contents, key) })
  }
}
