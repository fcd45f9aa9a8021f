/**
 * The envelope as a relay and a client check it: header fields out of sealed bytes, cheapest rule first.
 * The bytes themselves travel unchanged.
 */
import { conversationFromBytes, mayBelong, type Conversation } from './conversation.ts'
import { ProtocolError } from './errors.ts'
import { accountIdFromBytes, accountIdToBytes, deviceIdOfKey, deviceKeyOf, keyBytes, messageIdFromBytes, messageIdToBytes, type AccountId, type DeviceId, type MessageId } from './ids.ts'
import { limits } from './limits.ts'
import { decode, encode } from './wire/codec.ts'
import { Envelope as WireEnvelope } from './wire/gen/envelope.js'
import { ciphertextKinds, envelopeKinds, wireVersion } from './wire/kinds.ts'

const noDevice = new Uint8Array(0)

export interface Ciphertext {
  /** undefined: a sender-key message, for every device of the group */
  device: DeviceId | undefined
  kind: number
  bytes: Uint8Array
}

export interface Envelope {
  readonly conversation: Conversation
  readonly sender: AccountId
  readonly senderDevice: DeviceId
  readonly messageId: MessageId
  readonly kind: number
  /** 0: the relay's retention decides */
  readonly expiresAtMs: number
  readonly ciphertexts: readonly Ciphertext[]
  /** kind control: a Signed Control (groups/control.ts); then there are no ciphertexts */
  readonly control?: Uint8Array
}

/** @returns the sealed bytes, at most limits.envelopeBytes. @throws ProtocolError TOO_LARGE, TOO_MANY */
export function encodeEnvelope (envelope: Envelope): Uint8Array {
  if (envelope.ciphertexts.length > limits.ciphertexts) throw new ProtocolError('TOO_MANY', { max: limits.ciphertexts, what: 'ciphertexts' })
  const bytes = encode(WireEnvelope, {
    version: wireVersion,
    conversation: envelope.conversation.bytes,
    senderAccount: accountIdToBytes(envelope.sender),
    senderDevice: deviceKeyOf(envelope.senderDevice),
    messageId: messageIdToBytes(envelope.messageId),
    kind: envelope.kind,
    expiresAtMs: envelope.expiresAtMs,
    ciphertexts: envelope.ciphertexts.map((one) => ({ device: one.device === undefined ? noDevice : deviceKeyOf(one.device), kind: one.kind, bytes: one.bytes })),
    ...(envelope.control === undefined ? {} : { control: envelope.control })
  })
  if (bytes.byteLength > limits.envelopeBytes) throw new ProtocolError('TOO_LARGE', { max: limits.envelopeBytes })
  return bytes
}

/**
 * Read and check an envelope of any origin. Ciphertexts are views into `bytes`.
 *
 * @throws ProtocolError TOO_LARGE, MALFORMED, UNSUPPORTED_VERSION, BAD_CONVERSATION, BAD_MESSAGE_ID
 */
export function decodeEnvelope (bytes: Uint8Array): Envelope {
  // [REJECT] bounded before it is parsed
  if (bytes.byteLength > limits.envelopeBytes) throw new ProtocolError('TOO_LARGE', { max: limits.envelopeBytes })
  const wire = decode(WireEnvelope, bytes)
  // [REJECT] a version that may mean something else
  if (wire.version !== wireVersion) throw new ProtocolError('UNSUPPORTED_VERSION')
  // [REJECT] nothing to deliver; a control entry where there is no group, or one that hides something
  const isControl = wire.kind === envelopeKinds.control
  if (isControl !== (wire.control !== undefined) || isControl === wire.ciphertexts.length > 0) throw new ProtocolError('MALFORMED', { what: 'ciphertexts' })
  const conversation = conversationFromBytes(wire.conversation)
  const sender = accountIdFromBytes(wire.senderAccount)
  // [REJECT] only the people of a conversation write into it
  if (!mayBelong(conversation, sender) || (isControl && conversation.kind !== 'group')) throw new ProtocolError('BAD_CONVERSATION')
  return {
    conversation,
    sender,
    senderDevice: deviceIdOfKey(wire.senderDevice),
    messageId: messageIdFromBytes(wire.messageId),
    kind: wire.kind,
    expiresAtMs: wire.expiresAtMs,
    ciphertexts: wire.ciphertexts.map((one) => {
      const isForAll = one.kind === ciphertextKinds.senderKey && conversation.kind === 'group'
      if (one.device.byteLength !== (isForAll ? 0 : keyBytes)) throw new ProtocolError('MALFORMED', { what: 'ciphertext device' })
      return { device: isForAll ? undefined : deviceIdOfKey(one.device), kind: one.kind, bytes: one.bytes }
    }),
    ...(wire.control === undefined ? {} : { control: wire.control })
  }
}
