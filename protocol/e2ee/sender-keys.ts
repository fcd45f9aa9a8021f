/**
 * Sender keys: what a member of a larger group sends is sealed once, for everybody who was given the sender's key.
 *
 * As Signal's group cipher: a symmetric chain, so that an old key opens nothing newer than it was made for, and an XEdDSA
 * key, so that those who can read cannot write in the sender's name. Pure: every call gives the next state, and one that throws
 * has changed nothing. Who gets a key is the caller's: devices of the verified membership, each over its own session.
 * Layouts and constants: docs/protocol/e2ee.md, "Sender keys".
 */
import { concat, sameBytes } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { limits } from '../limits.ts'
import { ENCODED_KEY_BYTES, KEY_BYTES, decodeKey, encodeKey, generateKeyPair, type KeyPair } from './curve-keys.ts'
import type { Suite } from './suite.ts'
import { bytesField, numberField, readFields, requiredBytes, requiredNumber } from './wire-fields.ts'
import { SIGNATURE_BYTES, xeddsaSign, xeddsaVerify } from './xeddsa.ts'

/** Names a sender key together with the chain id. */
export const SENDER_KEY_ID_BYTES = 16

/** One's own: seals. */
export interface SenderKey {
  /** 16 bytes */
  readonly id: Uint8Array
  /** 31 bits, random */
  readonly chainId: number
  /** number of the next message */
  readonly iteration: number
  /** 32 bytes */
  readonly chainKey: Uint8Array
  readonly signing: KeyPair
  readonly createdAtMs: number
}

/** A key that was passed over: the seed of one message's keys. */
export interface SkippedSeed {
  readonly iteration: number
  /** 32 bytes */
  readonly seed: Uint8Array
}

/** Somebody else's: opens. */
export interface ReceivedSenderKey {
  readonly id: Uint8Array
  readonly chainId: number
  readonly iteration: number
  readonly chainKey: Uint8Array
  /** 32 bytes */
  readonly signingKey: Uint8Array
  /** oldest first, at most limits.senderKeySkipped */
  readonly skipped: readonly SkippedSeed[]
}

/** The keys of one sending device in one group, newest first, at most limits.senderKeyStates. */
export interface SenderKeyRecord { readonly keys: readonly ReceivedSenderKey[] }

/** version << 4 | newest version that the sender speaks */
const VERSION_BYTE = 0x33
const SEED_INPUT = Uint8Array.of(0x01)
const CHAIN_KEY_INPUT = Uint8Array.of(0x02)
const NO_SALT = new Uint8Array(0)
/** AES-CBC without content is one block. */
const BLOCK_BYTES = 16

/** Field numbers of both messages; then those of the distribution, and of the message. */
const ID = 1
const CHAIN_ID = 2
const ITERATION = 3
const CHAIN_KEY = 4
const SIGNING_KEY = 5
const CIPHERTEXT = 4

/** A fresh key; nothing of an older one goes into it. */
export function createSenderKey (suite: Suite, nowMs: number): SenderKey {
  const { primitives } = suite
  return {
    id: primitives.randomBytes(SENDER_KEY_ID_BYTES),
    chainId: new DataView(primitives.randomBytes(4).slice().buffer).getUint32(0) >>> 1,
    iteration: 0,
    chainKey: primitives.randomBytes(KEY_BYTES),
    signing: generateKeyPair(primitives),
    createdAtMs: nowMs
  }
}

/** Time for a new one. Members who leave and devices that are unlinked are the caller's reasons. */
export const needsRotation = (key: SenderKey, { nowMs }: { nowMs: number }): boolean =>
  key.iteration >= limits.senderKeyMaxMessages || nowMs - key.createdAtMs >= limits.senderKeyMaxAgeMs

/** SenderKeyDistributionMessage: lets its reader open everything from the next message on. Secret. */
export const distributionOf = (key: SenderKey): Uint8Array => concat(
  Uint8Array.of(VERSION_BYTE),
  bytesField(ID, key.id),
  numberField(CHAIN_ID, key.chainId),
  numberField(ITERATION, key.iteration),
  bytesField(CHAIN_KEY, key.chainKey),
  bytesField(SIGNING_KEY, encodeKey(key.signing.publicKey))
)

/**
 * A key that is known stays where it is, and becomes the newest. The same name with another signing key replaces it.
 *
 * @param bytes came from the sending device, inside its session
 * @throws ProtocolError MALFORMED, TOO_LARGE, UNSUPPORTED_VERSION
 */
export function acceptDistribution (record: SenderKeyRecord | undefined, bytes: Uint8Array): SenderKeyRecord {
  checkStart(bytes)
  const fields = readFields(bytes.subarray(1), [CHAIN_ID, ITERATION], { [ID]: SENDER_KEY_ID_BYTES, [CHAIN_KEY]: KEY_BYTES, [SIGNING_KEY]: ENCODED_KEY_BYTES })
  const received: ReceivedSenderKey = {
    id: exactly(requiredBytes(fields, ID), SENDER_KEY_ID_BYTES),
    chainId: requiredNumber(fields, CHAIN_ID),
    iteration: requiredNumber(fields, ITERATION),
    chainKey: exactly(requiredBytes(fields, CHAIN_KEY), KEY_BYTES),
    signingKey: decodeKey(requiredBytes(fields, SIGNING_KEY)),
    skipped: []
  }
  const known = record?.keys.find((key) => isNamed(key, received) && sameBytes(key.signingKey, received.signingKey))
  const others = (record?.keys ?? []).filter((key) => !isNamed(key, received))
  return { keys: [known ?? received, ...others].slice(0, limits.senderKeyStates) }
}

/** @returns message: a SenderKeyMessage, for every device that has the distribution */
export function sealForGroup (suite: Suite, key: SenderKey, plaintext: Uint8Array): { next: SenderKey, message: Uint8Array } {
  const { cipherKey, iv } = messageKeys(suite, seedOf(suite, key.chainKey))
  const signed = concat(
    Uint8Array.of(VERSION_BYTE),
    bytesField(ID, key.id),
    numberField(CHAIN_ID, key.chainId),
    numberField(ITERATION, key.iteration),
    bytesField(CIPHERTEXT, suite.primitives.aesCbcEncrypt(cipherKey, iv, plaintext))
  )
  return {
    next: { ...key, iteration: key.iteration + 1, chainKey: nextChainKey(suite, key.chainKey) },
    message: concat(signed, xeddsaSign(suite.primitives, key.signing.privateKey, signed))
  }
}

/** Which key a message needs, before anything of it is checked: to keep it until that comes. @throws as `openForGroup` */
export function senderKeyOf (message: Uint8Array): { id: Uint8Array, chainId: number, iteration: number } {
  const { id, chainId, iteration } = readMessage(message)
  return { id: id.slice(), chainId, iteration }
}

/**
 * @param record of the sending device, as the envelope names it
 * @throws ProtocolError NO_SENDER_KEY (its distribution has not come), UNDECRYPTABLE (signature or padding),
 *         DUPLICATE (opened before, or its key fell out of the 2,000 kept), TOO_FAR_AHEAD;
 *         MALFORMED, TOO_LARGE, UNSUPPORTED_VERSION. All but the last four and NO_SENDER_KEY come after the signature was right.
 */
export function openForGroup (suite: Suite, record: SenderKeyRecord | undefined, message: Uint8Array): { next: SenderKeyRecord, plaintext: Uint8Array } {
  const read = readMessage(message)
  const key = record?.keys.find((one) => isNamed(one, read))
  if (record === undefined || key === undefined) throw new ProtocolError('NO_SENDER_KEY')
  // before the chain moves: nobody but the sender makes a reader compute 25,000 hashes
  if (!xeddsaVerify(suite.primitives, key.signingKey, read.signed, read.signature)) throw new ProtocolError('UNDECRYPTABLE')
  const { seed, next } = skipTo(suite, key, read.iteration)
  const { cipherKey, iv } = messageKeys(suite, seed)
  let plaintext
  try {
    plaintext = suite.primitives.aesCbcDecrypt(cipherKey, iv, read.ciphertext)
  } catch (cause) {
    throw new ProtocolError('UNDECRYPTABLE', { cause })
  }
  return { next: { keys: record.keys.map((one) => one === key ? next : one) }, plaintext }
}

/** As the ratchet's (Double Ratchet §3.5), on one chain that never turns. */
function skipTo (suite: Suite, key: ReceivedSenderKey, iteration: number): { seed: Uint8Array, next: ReceivedSenderKey } {
  if (iteration < key.iteration) {
    const kept = key.skipped.find((one) => one.iteration === iteration)
    if (kept === undefined) throw new ProtocolError('DUPLICATE', { what: 'message iteration' })
    return { seed: kept.seed, next: { ...key, skipped: key.skipped.filter((one) => one !== kept) } }
  }
  if (iteration - key.iteration > limits.senderKeyForwardJump) throw new ProtocolError('TOO_FAR_AHEAD', { max: limits.senderKeyForwardJump })
  // Of the keys passed over only the newest are kept, so the others are not even made.
  const firstKept = iteration - limits.senderKeySkipped
  const passed: SkippedSeed[] = []
  let { chainKey } = key
  for (let at = key.iteration; at < iteration; at++) {
    if (at >= firstKept) passed.push({ iteration: at, seed: seedOf(suite, chainKey) })
    chainKey = nextChainKey(suite, chainKey)
  }
  return {
    seed: seedOf(suite, chainKey),
    next: { ...key, iteration: iteration + 1, chainKey: nextChainKey(suite, chainKey), skipped: passed.length === 0 ? key.skipped : [...key.skipped, ...passed].slice(-limits.senderKeySkipped) }
  }
}

const seedOf = (suite: Suite, chainKey: Uint8Array): Uint8Array => suite.primitives.hmacSha256(chainKey, SEED_INPUT)
const nextChainKey = (suite: Suite, chainKey: Uint8Array): Uint8Array => suite.primitives.hmacSha256(chainKey, CHAIN_KEY_INPUT)

/** HKDF without salt, 48 bytes = IV ‖ AES key, in this order. */
function messageKeys (suite: Suite, seed: Uint8Array): { iv: Uint8Array, cipherKey: Uint8Array } {
  const output = suite.primitives.hkdfSha256(seed, NO_SALT, suite.profile.senderKeyInfo, 48)
  return { iv: output.subarray(0, 16), cipherKey: output.subarray(16, 48) }
}

interface SenderKeyMessage {
  readonly id: Uint8Array
  readonly chainId: number
  readonly iteration: number
  readonly ciphertext: Uint8Array
  /** version byte ‖ fields */
  readonly signed: Uint8Array
  readonly signature: Uint8Array
}

/** Views into `bytes`. */
function readMessage (bytes: Uint8Array): SenderKeyMessage {
  checkStart(bytes)
  const end = bytes.byteLength - SIGNATURE_BYTES
  if (end < 1) throw new ProtocolError('MALFORMED', { what: 'message: truncated' })
  const fields = readFields(bytes.subarray(1, end), [CHAIN_ID, ITERATION], { [ID]: SENDER_KEY_ID_BYTES, [CIPHERTEXT]: limits.envelopeBytes })
  const ciphertext = requiredBytes(fields, CIPHERTEXT)
  if (ciphertext.byteLength === 0 || ciphertext.byteLength % BLOCK_BYTES !== 0) throw new ProtocolError('MALFORMED', { what: 'ciphertext length' })
  return {
    id: exactly(requiredBytes(fields, ID), SENDER_KEY_ID_BYTES),
    chainId: requiredNumber(fields, CHAIN_ID),
    iteration: requiredNumber(fields, ITERATION),
    ciphertext,
    signed: bytes.subarray(0, end),
    signature: bytes.subarray(end)
  }
}

function checkStart (bytes: Uint8Array): void {
  if (bytes.byteLength > limits.envelopeBytes) throw new ProtocolError('TOO_LARGE', { max: limits.envelopeBytes })
  if (bytes.byteLength === 0) throw new ProtocolError('MALFORMED', { what: 'message: truncated' })
  if (bytes[0] !== VERSION_BYTE) throw new ProtocolError('UNSUPPORTED_VERSION')
}

/** A copy. */
function exactly (bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.byteLength !== length) throw new ProtocolError('MALFORMED', { what: 'length' })
  return bytes.slice()
}

const isNamed = (key: ReceivedSenderKey, { id, chainId }: { id: Uint8Array, chainId: number }): boolean => key.chainId === chainId && sameBytes(key.id, id)
