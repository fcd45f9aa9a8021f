/**
 * Rules for an envelope that comes in, cheapest first, before anything is loaded or written.
 */
import { sameBytes } from '../../protocol/bytes.ts'
import { conversationFromBytes, mayBelong, type Conversation } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, deviceIdOfKey, messageIdFromBytes, type AccountId, type DeviceId, type MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { readEnvelopeHeader } from './envelope-header.ts'

/** An envelope that may go into a log, as far as it can be told from the envelope alone. */
export interface Candidate {
  readonly conversation: Conversation
  readonly sender: AccountId
  readonly senderDevice: DeviceId
  readonly messageId: MessageId
  /** Absolute and always set: the envelope's own expiry, the relay's retention at the latest. */
  readonly expiresAtMs: number
  readonly envelope: Uint8Array
  /** A change of a group: signed, in the clear. */
  readonly isControl: boolean
}

/**
 * What the last envelope of one device named: the next one names the same sender, and nearly always the same conversation.
 * Comparing bytes costs a tenth of finding an id by them.
 */
export interface Memo {
  sender?: { readonly account: Uint8Array, readonly device: Uint8Array, readonly accountId: AccountId, readonly deviceId: DeviceId }
  conversation?: Conversation
}

/** What "kept for ever" is stored as: the highest time that fits a row (u48 milliseconds). */
export const neverMs = 2 ** 48 - 1

/**
 * @param envelope sealed bytes of any origin; kept
 * @param retentionMs 0: for ever
 * @param memo of the same sender; filled
 * @throws ProtocolError TOO_LARGE, MALFORMED, UNSUPPORTED_VERSION, BAD_MESSAGE_ID, BAD_CONVERSATION, EXPIRED
 */
export function readCandidate (envelope: Uint8Array, nowMs: number, retentionMs: number, memo: Memo = {}): Candidate {
  const header = readEnvelopeHeader(envelope)
  // [REJECT] already expired: storing it would help nobody
  if (header.expiresAtMs !== 0 && header.expiresAtMs <= nowMs) throw new ProtocolError('EXPIRED')
  // [REJECT] what is never stored travels by another road
  if (header.kind === envelopeKinds.signal) throw new ProtocolError('MALFORMED', { what: 'a signal is not submitted' })
  const messageId = messageIdFromBytes(header.messageId)
  if (memo.conversation === undefined || !sameBytes(memo.conversation.bytes, header.conversation)) memo.conversation = conversationFromBytes(header.conversation)
  const { conversation } = memo
  if (memo.sender === undefined || !sameBytes(memo.sender.device, header.senderDevice) || !sameBytes(memo.sender.account, header.senderAccount)) {
    memo.sender = {
      account: header.senderAccount.slice(),
      device: header.senderDevice.slice(),
      accountId: accountIdFromBytes(header.senderAccount),
      deviceId: deviceIdOfKey(header.senderDevice)
    }
  }
  const { accountId: sender, deviceId: senderDevice } = memo.sender
  const isControl = header.control !== undefined
  // [REJECT] only the people of a conversation write into it, as far as its id says; only groups are changed
  if (!mayBelong(conversation, sender) || (isControl && conversation.kind !== 'group')) throw new ProtocolError('BAD_CONVERSATION')
  const latestMs = retentionMs === 0 ? neverMs : nowMs + retentionMs
  return {
    conversation,
    sender,
    senderDevice,
    messageId,
    expiresAtMs: header.expiresAtMs === 0 ? latestMs : Math.min(header.expiresAtMs, latestMs, nowMs + limits.expiryMaxMs),
    envelope,
    isControl
  }
}
