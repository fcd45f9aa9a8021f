/**
 * The header of a sealed envelope, read without touching its ciphertexts: what a relay routes by.
 *
 * `decodeEnvelope` of protocol/ makes an object of every ciphertext; on the relay's hot path that was the largest part
 * of decoding. Takes what it takes and refuses what it refuses, except that ciphertexts stay unread (a device checks them).
 * Field numbers: protocol/wire/envelope.proto.
 */
import { ProtocolError } from '../../protocol/errors.ts'
import { accountIdBytes, deviceIdOfKey, keyBytes, messageIdBytes, messageIdFromBytes, type DeviceId, type MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { envelopeKinds, wireVersion } from '../../protocol/wire/kinds.ts'

/** Byte fields are views into the envelope. */
export interface EnvelopeHeader {
  readonly conversation: Uint8Array
  /** 34 bytes */
  readonly senderAccount: Uint8Array
  /** 32 bytes */
  readonly senderDevice: Uint8Array
  /** 16 bytes */
  readonly messageId: Uint8Array
  readonly kind: number
  /** 0: the relay's retention decides */
  readonly expiresAtMs: number
  /** kind control only: a Signed Control */
  readonly control?: Uint8Array | undefined
}

const none: Uint8Array = new Uint8Array(0)
const malformed = (what: string): ProtocolError => new ProtocolError('MALFORMED', { what })

class Cursor {
  readonly bytes: Uint8Array
  at = 0
  constructor (bytes: Uint8Array) { this.bytes = bytes }

  varint (): number {
    const { bytes } = this
    let byte = bytes[this.at++]
    if (byte === undefined) throw malformed('envelope ends early')
    if (byte < 0x80) return byte
    let value = byte & 0x7f
    let scale = 0x80
    for (let i = 0; i < 9; i++) {
      byte = bytes[this.at++]
      if (byte === undefined) throw malformed('envelope ends early')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
    }
    throw malformed('varint')
  }

  skip (length: number): void {
    this.at += length
    if (this.at > this.bytes.byteLength) throw malformed('envelope ends early')
  }

  view (): Uint8Array {
    const length = this.varint()
    const from = this.at
    this.skip(length)
    return this.bytes.subarray(from, this.at)
  }

  skipField (wireType: number): void {
    switch (wireType) {
      case 0: this.varint(); return
      case 1: this.skip(8); return
      case 2: this.skip(this.varint()); return
      case 5: this.skip(4); return
      default: throw malformed('wire type')
    }
  }
}

/** @throws ProtocolError TOO_LARGE, MALFORMED, UNSUPPORTED_VERSION. Ids have their lengths; whether they name something is the caller's. */
export function readEnvelopeHeader (bytes: Uint8Array): EnvelopeHeader {
  // [REJECT] bounded before it is parsed
  if (bytes.byteLength > limits.envelopeBytes) throw new ProtocolError('TOO_LARGE', { max: limits.envelopeBytes })
  const cursor = new Cursor(bytes)
  let version = 0
  let kind = 0
  let expiresAtMs = 0
  let ciphertexts = 0
  let control: Uint8Array | undefined
  let conversation = none
  let senderAccount = none
  let senderDevice = none
  let messageId = none
  while (cursor.at < bytes.byteLength) {
    const tag = cursor.varint()
    switch (tag) {
      case 1 << 3: version = cursor.varint() >>> 0; break
      case 2 << 3 | 2: conversation = cursor.view(); break
      case 3 << 3 | 2: senderAccount = cursor.view(); break
      case 4 << 3 | 2: senderDevice = cursor.view(); break
      case 5 << 3 | 2: messageId = cursor.view(); break
      case 6 << 3: kind = cursor.varint() >>> 0; break
      case 7 << 3: expiresAtMs = cursor.varint(); break
      case 8 << 3 | 2:
        cursor.skip(cursor.varint())
        ciphertexts++
        break
      case 9 << 3 | 2: control = cursor.view(); break
      default:
        // A known number with another wire type is not ours to guess at; an unknown number is a newer client's.
        if (tag < 10 << 3) throw malformed('wire type')
        cursor.skipField(tag & 7)
    }
  }
  // [REJECT] a version that may mean something else
  if (version !== wireVersion) throw new ProtocolError('UNSUPPORTED_VERSION')
  // [REJECT] nothing to deliver, more than ten devices of two people, or a change of a group that hides something
  const isControl = kind === envelopeKinds.control
  if (isControl !== (control !== undefined) || isControl === ciphertexts > 0 || ciphertexts > limits.ciphertexts) throw malformed('ciphertexts')
  if (senderAccount.byteLength !== accountIdBytes || senderDevice.byteLength !== keyBytes) throw malformed('sender')
  if (messageId.byteLength !== messageIdBytes) throw new ProtocolError('BAD_MESSAGE_ID')
  if (!Number.isSafeInteger(expiresAtMs)) throw malformed('expiry')
  return { conversation, senderAccount, senderDevice, messageId, kind, expiresAtMs, control }
}

/** What a log knows a message by. @throws ProtocolError as readEnvelopeHeader, BAD_MESSAGE_ID */
export function namedBy (envelope: Uint8Array): { sender: DeviceId, messageId: MessageId } {
  const { senderDevice, messageId } = readEnvelopeHeader(envelope)
  return { sender: deviceIdOfKey(senderDevice), messageId: messageIdFromBytes(messageId) }
}
