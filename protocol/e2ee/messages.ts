/**
 * The bytes of the two messages of a pair: the ratchet message, and the prekey message that wraps it while the other
 * side has not answered. Layouts are Signal's (docs/protocol/e2ee.md has the table).
 *
 * Knows layouts and bounds; derives nothing. Public keys come out as 32 bytes, checked; KEM ciphertexts as 1568.
 */
import { concat } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { limits } from '../limits.ts'
import { ENCODED_KEY_BYTES, decodeKey, encodeKey } from './curve-keys.ts'
import { KEM_CIPHERTEXT_BYTES, decodeKem, encodeKem } from './kem.ts'
import { PQXDH_VERSION, X3DH_VERSION } from './suite.ts'
import { bytesField, numberField, readFields, requiredBytes, requiredNumber } from './wire-fields.ts'
import type { MessageKeys } from './ratchet.ts'
import type { SessionVersion, Suite } from './suite.ts'

/** The newest version that the sender speaks: the low half of the first byte. */
const CURRENT_VERSION = 4
const MAC_BYTES = 8

export interface RatchetMessage {
  readonly version: SessionVersion
  /** 32 bytes */
  readonly ratchetKey: Uint8Array
  readonly counter: number
  readonly ciphertext: Uint8Array
  /** version byte ‖ fields: what the MAC covers */
  readonly authenticated: Uint8Array
  /** 8 bytes */
  readonly mac: Uint8Array
}

export interface PrekeyMessage {
  readonly version: SessionVersion
  readonly registrationId: number
  readonly oneTimePrekeyId: number | undefined
  readonly signedPrekeyId: number
  /** both present in version 4, both absent in version 3 */
  readonly kem: { readonly prekeyId: number, readonly ciphertext: Uint8Array } | undefined
  /** 32 bytes each */
  readonly baseKey: Uint8Array
  readonly identityKey: Uint8Array
  readonly message: RatchetMessage
}

/** What the MAC covers besides the message itself. */
export interface AssociatedData {
  /** identity keys of the two ends, 32 bytes each */
  readonly sender: Uint8Array
  readonly receiver: Uint8Array
  /** of a wrapped message; counts when the profile authenticates it */
  readonly wrapper: PrekeyHeader | undefined
}

export type PrekeyHeader = Omit<PrekeyMessage, 'message'>

/** Field numbers of the ratchet message. */
const RATCHET_KEY = 1
const COUNTER = 2
const PREVIOUS_COUNTER = 3
const CIPHERTEXT = 4

/** Field numbers of the prekey message. */
const PREKEY_ID = 1
const BASE_KEY = 2
const IDENTITY_KEY = 3
const MESSAGE = 4
const REGISTRATION_ID = 5
const SIGNED_PREKEY_ID = 6
const KEM_PREKEY_ID = 7
const KEM_CIPHERTEXT = 8

/** Encrypts and authenticates; the MAC follows the fields. */
export function sealRatchetMessage (suite: Suite, header: { version: SessionVersion, ratchetKey: Uint8Array, counter: number, previousCounter: number }, keys: MessageKeys, plaintext: Uint8Array, associated: AssociatedData): Uint8Array {
  const authenticated = concat(
    versionByte(header.version),
    bytesField(RATCHET_KEY, encodeKey(header.ratchetKey)),
    numberField(COUNTER, header.counter),
    numberField(PREVIOUS_COUNTER, header.previousCounter),
    bytesField(CIPHERTEXT, suite.primitives.aesCbcEncrypt(keys.cipherKey, keys.iv, plaintext))
  )
  return concat(authenticated, macOf(suite, keys, authenticated, associated))
}

/** @throws ProtocolError UNDECRYPTABLE, whatever is wrong: the MAC (checked first, in constant time) or the padding */
export function openRatchetMessage (suite: Suite, message: RatchetMessage, keys: MessageKeys, associated: AssociatedData): Uint8Array {
  if (!suite.primitives.equal(macOf(suite, keys, message.authenticated, associated), message.mac)) throw new ProtocolError('UNDECRYPTABLE')
  try {
    return suite.primitives.aesCbcDecrypt(keys.cipherKey, keys.iv, message.ciphertext)
  } catch (cause) {
    throw new ProtocolError('UNDECRYPTABLE', { cause })
  }
}

/** @throws ProtocolError MALFORMED, TOO_LARGE, UNSUPPORTED_VERSION */
export function readRatchetMessage (bytes: Uint8Array): RatchetMessage {
  const version = checkStart(bytes, MAC_BYTES)
  const end = bytes.byteLength - MAC_BYTES
  const fields = readFields(bytes.subarray(1, end), [COUNTER, PREVIOUS_COUNTER], {
    [RATCHET_KEY]: ENCODED_KEY_BYTES,
    [CIPHERTEXT]: limits.envelopeBytes
  })
  requiredNumber(fields, PREVIOUS_COUNTER)
  const ciphertext = requiredBytes(fields, CIPHERTEXT)
  if (ciphertext.byteLength === 0 || ciphertext.byteLength % 16 !== 0) throw new ProtocolError('MALFORMED', { what: 'ciphertext length' })
  return {
    version,
    ratchetKey: decodeKey(requiredBytes(fields, RATCHET_KEY)),
    counter: requiredNumber(fields, COUNTER),
    ciphertext,
    authenticated: bytes.subarray(0, end),
    mac: bytes.subarray(end)
  }
}

/** `message` is a whole ratchet message. The wrapper has no MAC of its own; see `AssociatedData`. */
export function writePrekeyMessage (suite: Suite, header: PrekeyHeader, message: Uint8Array): Uint8Array {
  return concat(...beforeMessage(header), bytesField(MESSAGE, message), ...afterMessage(suite, header))
}

function beforeMessage (header: PrekeyHeader): Uint8Array[] {
  const parts: Uint8Array[] = [versionByte(header.version)]
  if (header.oneTimePrekeyId !== undefined) parts.push(numberField(PREKEY_ID, header.oneTimePrekeyId))
  parts.push(bytesField(BASE_KEY, encodeKey(header.baseKey)), bytesField(IDENTITY_KEY, encodeKey(header.identityKey)))
  return parts
}

function afterMessage (suite: Suite, header: PrekeyHeader): Uint8Array[] {
  const parts = [numberField(REGISTRATION_ID, header.registrationId), numberField(SIGNED_PREKEY_ID, header.signedPrekeyId)]
  if (header.kem !== undefined) parts.push(numberField(KEM_PREKEY_ID, header.kem.prekeyId), bytesField(KEM_CIPHERTEXT, encodeKem(suite, header.kem.ciphertext)))
  return parts
}

/** @throws ProtocolError MALFORMED, TOO_LARGE, UNSUPPORTED_VERSION */
export function readPrekeyMessage (suite: Suite, bytes: Uint8Array): PrekeyMessage {
  const version = checkStart(bytes, 0)
  const fields = readFields(bytes.subarray(1), [PREKEY_ID, REGISTRATION_ID, SIGNED_PREKEY_ID, KEM_PREKEY_ID], {
    [BASE_KEY]: ENCODED_KEY_BYTES,
    [IDENTITY_KEY]: ENCODED_KEY_BYTES,
    [MESSAGE]: limits.envelopeBytes,
    [KEM_CIPHERTEXT]: KEM_CIPHERTEXT_BYTES + 1
  })
  const message = readRatchetMessage(requiredBytes(fields, MESSAGE))
  if (message.version !== version) throw new ProtocolError('MALFORMED', { what: 'version of the inner message' })
  return {
    version,
    registrationId: requiredNumber(fields, REGISTRATION_ID),
    oneTimePrekeyId: fields.numbers.get(PREKEY_ID),
    signedPrekeyId: requiredNumber(fields, SIGNED_PREKEY_ID),
    kem: readKem(),
    baseKey: decodeKey(requiredBytes(fields, BASE_KEY)),
    identityKey: decodeKey(requiredBytes(fields, IDENTITY_KEY)),
    message
  }

  function readKem (): PrekeyMessage['kem'] {
    const isPresent = fields.numbers.has(KEM_PREKEY_ID) || fields.bytes.has(KEM_CIPHERTEXT)
    if (isPresent !== (version === PQXDH_VERSION)) throw new ProtocolError('MALFORMED', { what: 'KEM fields' })
    return isPresent ? { prekeyId: requiredNumber(fields, KEM_PREKEY_ID), ciphertext: decodeKem(suite, requiredBytes(fields, KEM_CIPHERTEXT)) } : undefined
  }
}

/**
 * First 8 bytes of HMAC over both identity keys, sender's first (X3DH §3.3, AD), the message and, in a profile that
 * authenticates it, the wrapper without the message. The reader is strict, so writing its fields again gives the bytes that came.
 */
function macOf (suite: Suite, keys: MessageKeys, authenticated: Uint8Array, { sender, receiver, wrapper }: AssociatedData): Uint8Array {
  const parts = [encodeKey(sender), encodeKey(receiver), authenticated]
  if (wrapper !== undefined && suite.profile.authenticatesWrapper) parts.push(...beforeMessage(wrapper), ...afterMessage(suite, wrapper))
  return suite.primitives.hmacSha256(keys.macKey, concat(...parts)).subarray(0, MAC_BYTES)
}

const versionByte = (version: SessionVersion): Uint8Array => Uint8Array.of(version << 4 | CURRENT_VERSION)

function checkStart (bytes: Uint8Array, trailer: number): SessionVersion {
  if (bytes.byteLength > limits.envelopeBytes) throw new ProtocolError('TOO_LARGE', { max: limits.envelopeBytes })
  const first = bytes[0]
  if (first === undefined || bytes.byteLength < 1 + trailer) throw new ProtocolError('MALFORMED', { what: 'message: truncated' })
  const version = first >> 4
  if ((version !== X3DH_VERSION && version !== PQXDH_VERSION) || (first & 0x0f) !== CURRENT_VERSION) throw new ProtocolError('UNSUPPORTED_VERSION')
  return version
}
