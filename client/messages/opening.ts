/**
 * From an envelope to what is inside: who sent it (the pinned device list), the ciphertext for this device, and whether the
 * inside belongs to the outside. Stores nothing but the session's next state.
 */
import type { Clock } from '../../protocol/clock.ts'
import { mayBelong } from '../../protocol/conversation.ts'
import { decodeEnvelope, type Envelope } from '../../protocol/envelope.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId } from '../../protocol/ids.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { chatOf } from '../chat-id.ts'
import { deviceIn, type Devices, type PinnedList } from '../keys/devices.ts'
import type { SessionBox } from '../keys/session-box.ts'
import { clientLimits } from '../limits.ts'
import type { Draft } from '../store/ledger.ts'
import type { OpenedMessage } from './bodies.ts'
import { decodeContent, type Content } from './content.ts'
import type { GroupPort } from './group-port.ts'

export interface OpeningComponents {
  readonly devices: Devices
  readonly sessions: SessionBox
  readonly groups: GroupPort
  readonly clock: Clock
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
}

/** What cannot be read is reported where it is taken. */
export function readEnvelope (bytes: Uint8Array): Envelope | undefined {
  try {
    return decodeEnvelope(bytes)
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return undefined
  }
}

export class Opening {
  readonly #on: OpeningComponents
  /** Device lists that were asked for because of an entry. */
  readonly #lookedUp = new Set<AccountId>()
  /** Devices that were not in the list even then: no further request for each of their messages. */
  readonly #unknown = new Set<string>()

  constructor (components: OpeningComponents) { this.#on = components }

  lookedUp (account: AccountId): void { this.#lookedUp.add(account) }

  /** @returns the sender's list, undefined when there is none; needs: look the sender's devices up first */
  async listOf (draft: Draft, { sender, senderDevice }: Envelope): Promise<PinnedList | undefined | 'needs'> {
    const list = await this.#on.devices.listOf(draft, sender)
    if (list !== undefined && deviceIn(list, senderDevice) !== undefined) this.#lookedUp.delete(sender)
    else if (this.#isWorthLookingUp(sender, senderDevice)) return 'needs'
    return list
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
  async open (draft: Draft, envelope: Envelope, list: PinnedList | undefined): Promise<Content | undefined> {
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
    const content = await this.open(draft, envelope, list)
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
}
