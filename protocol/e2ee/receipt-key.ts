/**
 * Receipts of groups: how far one device has come, sealed for one sender under a key that this sender has given it. Relays
 * forward and bundle them, and see neither whether something was read nor can make one up. Spec: docs/protocol/groups.md
 */
import { concat, utf8 } from '../bytes.ts'
import type { GroupConversation } from '../conversation.ts'
import { ProtocolError } from '../errors.ts'
import { accountIdToBytes, deviceKeyOf, type AccountId, type DeviceId } from '../ids.ts'
import { limits } from '../limits.ts'
import { decode, encode } from '../wire/codec.ts'
import { GroupReceiptMarks } from '../wire/gen/group.js'
import type { Primitives } from './primitives.ts'

/** Cumulative: everything of that sender up to there. */
export interface ReceiptMarks {
  readonly deliveredSeq: number
  /** 0: read receipts are off, or nothing was read */
  readonly readSeq: number
  /** of the log that the numbers belong to */
  readonly epoch: number
}

/** What a receipt says in the clear; bound to what is sealed. */
export interface ReceiptHeader {
  readonly conversation: GroupConversation
  /** whose messages these are about: the giver of the key */
  readonly to: AccountId
  readonly from: AccountId
  /** of the reader */
  readonly device: DeviceId
  /** rises with every receipt of this device for this sender */
  readonly counter: number
}

const NONCE_BYTES = 12
/** All marks have one length, so that a relay does not see that a zero stands for "not read". */
const MARKS_BYTES = 32
const MARK = 0x80
const KEY_CONTEXT = 'heliograph receipt key 1'
const SEAL_CONTEXT = 'heliograph group receipt 1'

/**
 * The key for one reading device; given to it in GroupKeys.
 *
 * @param secret 32 random bytes of the giver, of all its devices
 * @returns 32 bytes
 */
export const deriveReceiptKey = (primitives: Primitives, secret: Uint8Array, conversation: GroupConversation, reader: DeviceId): Uint8Array =>
  primitives.hmacSha256(secret, concat(utf8(KEY_CONTEXT), Uint8Array.of(0), conversation.bytes, deviceKeyOf(reader)))

/** @returns nonce ‖ AES-256-GCM, for `GroupReceipt.sealed`; always of one length */
export function sealReceipt (primitives: Primitives, key: Uint8Array, header: ReceiptHeader, marks: ReceiptMarks): Uint8Array {
  const content = encode(GroupReceiptMarks, marks)
  const padded = new Uint8Array(MARKS_BYTES)
  padded.set(content)
  padded[content.byteLength] = MARK
  const nonce = primitives.randomBytes(NONCE_BYTES)
  return concat(nonce, primitives.aesGcmEncrypt(key, nonce, padded, associated(header)))
}

/** @throws ProtocolError TOO_LARGE, UNDECRYPTABLE (another key, header or content than was sealed), MALFORMED */
export function openReceipt (primitives: Primitives, key: Uint8Array, header: ReceiptHeader, sealed: Uint8Array): ReceiptMarks {
  if (sealed.byteLength > limits.groupReceiptBytes) throw new ProtocolError('TOO_LARGE', { max: limits.groupReceiptBytes, what: 'group receipt' })
  let padded
  try {
    padded = primitives.aesGcmDecrypt(key, sealed.subarray(0, NONCE_BYTES), sealed.subarray(NONCE_BYTES), associated(header))
  } catch (cause) {
    throw new ProtocolError('UNDECRYPTABLE', { what: 'group receipt', cause })
  }
  const end = padded.lastIndexOf(MARK)
  if (end < 0 || padded.subarray(end + 1).some((byte) => byte !== 0)) throw malformed()
  const { deliveredSeq, readSeq, epoch } = decode(GroupReceiptMarks, padded.subarray(0, end))
  // a member may say anything; what cannot be is not passed on
  if (!Number.isSafeInteger(deliveredSeq) || !Number.isSafeInteger(readSeq) || readSeq > deliveredSeq) throw malformed()
  return { deliveredSeq, readSeq, epoch }
}

function associated ({ conversation, to, from, device, counter }: ReceiptHeader): Uint8Array {
  const number = new Uint8Array(8)
  new DataView(number.buffer).setBigUint64(0, BigInt(counter))
  return concat(utf8(SEAL_CONTEXT), Uint8Array.of(0), conversation.bytes, accountIdToBytes(to), accountIdToBytes(from), deviceKeyOf(device), number)
}

const malformed = (): ProtocolError => new ProtocolError('MALFORMED', { what: 'group receipt' })
