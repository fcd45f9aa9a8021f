/**
 * The primitives port on `node:crypto` (OpenSSL 3.5, Node ≥ 24.7 for the native ML-KEM; noble's before that).
 *
 * Owns the translation between raw keys and OpenSSL's key objects, and two caches of those.
 * Returns plain `Uint8Array`s with a buffer of their own, never a `Buffer` that shares a pool.
 * Spec: primitives.ts; vectors: protocol/vectors/.
 */
import crypto from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { concat } from '../bytes.ts'
import { noblePrimitives } from './primitives-noble.ts'
import type { Primitives } from './primitives.ts'

const AES_KEY_BYTES = 32
const CBC_IV_BYTES = 16
const GCM_NONCE_BYTES = 12
const GCM_TAG_BYTES = 16
const HASH_BYTES = 32
const HASH_BLOCK_BYTES = 64
const HKDF_MAX_BYTES = 255 * HASH_BYTES
const ED25519_SIGNATURE_BYTES = 64
const MLKEM_SEED_BYTES = 64
const MLKEM_CIPHERTEXT_BYTES = 1568
/** Where the encapsulation key lies in an expanded decapsulation key. FIPS 203, algorithm 16: dk = dkPKE ‖ ek ‖ H(ek) ‖ z. */
const MLKEM_EK_START = 1536
const MLKEM_EK_END = MLKEM_EK_START + 1568

/** A kind of raw key: its length, and the DER that turns it into PKCS#8 or SPKI when put in front. */
interface RawKind { readonly what: string, readonly bytes: number, readonly prefix: Uint8Array }
const rawKind = (what: string, bytes: number, prefix: string): RawKind => ({ what, bytes, prefix: Buffer.from(prefix, 'hex') })

const X25519_PRIVATE = rawKind('X25519 private key', 32, '302e020100300506032b656e04220420')
const X25519_PUBLIC = rawKind('X25519 public key', 32, '302a300506032b656e032100')
const ED25519_PRIVATE = rawKind('Ed25519 seed', 32, '302e020100300506032b657004220420')
const ED25519_PUBLIC = rawKind('Ed25519 public key', 32, '302a300506032b6570032100')
// The `expandedKey` choice of the ML-KEM private key (RFC 9935), so that both providers share one 3168-byte form.
const MLKEM_PRIVATE = rawKind('ML-KEM-1024 secret key', 3168, '30820c78020100300b060960864801650304040304820c6404820c60')
const MLKEM_SEED = rawKind('ML-KEM-1024 seed', MLKEM_SEED_BYTES, '3054020100300b060960864801650304040304428040')
const MLKEM_PUBLIC = rawKind('ML-KEM-1024 public key', 1568, '30820632300b06096086480165030404030382062100')

function checkLength (what: string, value: Uint8Array, length: number): void {
  if (value.byteLength !== length) throw new RangeError(`${what} is ${value.byteLength} bytes, not ${length}`)
}

function der (kind: RawKind, raw: Uint8Array): Buffer {
  checkLength(kind.what, raw, kind.bytes)
  // alloc, not allocUnsafe: private keys must not lie in the shared pool
  const out = Buffer.alloc(kind.prefix.byteLength + raw.byteLength)
  out.set(kind.prefix)
  out.set(raw, kind.prefix.byteLength)
  return out
}

function importPrivate (kind: RawKind, raw: Uint8Array): KeyObject {
  const key = der(kind, raw)
  try {
    return crypto.createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  } finally {
    key.fill(0)
  }
}

function importPublic (kind: RawKind, raw: Uint8Array): KeyObject {
  return crypto.createPublicKey({ key: der(kind, raw), format: 'der', type: 'spki' })
}

/** The same bytes as a plain `Uint8Array`; for results of node:crypto that own their whole buffer. */
function plain (buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}

function sha256 (data: Uint8Array): Uint8Array {
  return plain(crypto.hash('sha256', data, 'buffer'))
}

// Importing a private key costs 65 µs (X25519, Ed25519: OpenSSL derives the public key) to 140 µs (ML-KEM), as much
// as using it; a ratchet key is used three times. The cache hangs on the caller's own array and goes with it, so it
// keeps no secret longer than the caller does; the digest notices an array that was wiped or reused (1 µs).
const privateKeys = new WeakMap<Uint8Array, { readonly kind: RawKind, readonly digest: Uint8Array, readonly key: KeyObject }>()

function privateKey (kind: RawKind, raw: Uint8Array): KeyObject {
  const digest = sha256(raw)
  const known = privateKeys.get(raw)
  if (known !== undefined && known.kind === kind && crypto.timingSafeEqual(known.digest, digest)) return known.key
  const key = importPrivate(kind, raw)
  privateKeys.set(raw, { kind, digest, key })
  return key
}

/** 32-byte public keys, by content: 31 µs to import, 1 µs to find. 512 entries hold the peers of a busy client in under 1 MB. */
const PUBLIC_CACHE_ENTRIES = 512
const publicKeys = new Map<string, KeyObject>()

function publicKey (kind: RawKind, raw: Uint8Array): KeyObject {
  const id = kind.what + Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1')
  const known = publicKeys.get(id)
  if (known !== undefined) return known
  const key = importPublic(kind, raw)
  if (publicKeys.size >= PUBLIC_CACHE_ENTRIES) {
    // oldest first: a hit does not refresh its place, which would cost more than the odd import saves
    const oldest = publicKeys.keys().next()
    if (oldest.done !== true) publicKeys.delete(oldest.value)
  }
  publicKeys.set(id, key)
  return key
}

function rawPublic (key: KeyObject, kind: RawKind): Uint8Array {
  const spki = crypto.createPublicKey(key).export({ format: 'der', type: 'spki' })
  return new Uint8Array(spki.subarray(kind.prefix.byteLength))
}

/**
 * y-coordinates (little endian, sign bit cleared) of the points whose order divides 8. OpenSSL verifies under such keys,
 * which let a signature fit many messages, and under non-canonical ones; noble's strict mode and this project do not.
 */
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'
])

function isStrictPublicKey (raw: Uint8Array): boolean {
  const y = Buffer.from(raw)
  y[31] = (y[31] ?? 0) & 0x7f
  // canonical: y < p = 2²⁵⁵ − 19, whose little-endian bytes are ed ff … ff 7f
  const isAtLeastP = y[31] === 0x7f && (y[0] ?? 0) >= 0xed && y.subarray(1, 31).every((byte) => byte === 0xff)
  return !isAtLeastP && !SMALL_ORDER_Y.has(y.toString('hex'))
}

function verify (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.byteLength !== ED25519_PUBLIC.bytes || signature.byteLength !== ED25519_SIGNATURE_BYTES) return false
  if (!isStrictPublicKey(key)) return false
  // bytes that are no point import fine and fail here with `false`
  return crypto.verify(null, message, publicKey(ED25519_PUBLIC, key), signature)
}

// HMAC over the one-shot hash: 2.8 µs for 32 bytes, against 5 with noble and 15 with createHmac, whose streaming
// object costs more than the hashing. RFC 2104 is these two pads and nothing else.
function hmacPads (key: Uint8Array): { inner: Uint8Array, outer: Uint8Array } {
  const short = key.byteLength > HASH_BLOCK_BYTES ? sha256(key) : key
  const inner = new Uint8Array(HASH_BLOCK_BYTES).fill(0x36)
  const outer = new Uint8Array(HASH_BLOCK_BYTES + HASH_BYTES).fill(0x5c, 0, HASH_BLOCK_BYTES)
  for (let i = 0; i < short.byteLength; i++) {
    inner[i] = (inner[i] ?? 0) ^ (short[i] ?? 0)
    outer[i] = (outer[i] ?? 0) ^ (short[i] ?? 0)
  }
  return { inner, outer }
}

/** `message` is inner pad ‖ data. Overwrites the tail of `outer`. */
function hmacFinish (outer: Uint8Array, message: Uint8Array): Uint8Array {
  outer.set(sha256(message), HASH_BLOCK_BYTES)
  return sha256(outer)
}

function hmacSha256 (key: Uint8Array, data: Uint8Array): Uint8Array {
  const { inner, outer } = hmacPads(key)
  const message = new Uint8Array(HASH_BLOCK_BYTES + data.byteLength)
  message.set(inner)
  message.set(data, HASH_BLOCK_BYTES)
  return hmacFinish(outer, message)
}

function hkdfSha256 (input: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (!Number.isSafeInteger(length) || length < 1 || length > HKDF_MAX_BYTES) throw new RangeError(`HKDF length ${length} is not in 1 … ${HKDF_MAX_BYTES}`)
  // an empty salt is zero-padded by HMAC to the same block as 32 zero bytes
  const { inner, outer } = hmacPads(hmacSha256(salt, input))
  const blocks = Math.ceil(length / HASH_BYTES)
  const out = new Uint8Array(blocks * HASH_BYTES)
  // inner pad ‖ T(n − 1) ‖ info ‖ n; T(0) is empty
  const message = new Uint8Array(HASH_BLOCK_BYTES + HASH_BYTES + info.byteLength + 1)
  message.set(inner, HASH_BYTES)
  message.set(info, HASH_BYTES + HASH_BLOCK_BYTES)
  message[message.byteLength - 1] = 1
  let block = hmacFinish(outer, message.subarray(HASH_BYTES))
  out.set(block)
  message.set(inner)
  for (let n = 2; n <= blocks; n++) {
    message.set(block, HASH_BLOCK_BYTES)
    message.set(info, HASH_BLOCK_BYTES + HASH_BYTES)
    message[message.byteLength - 1] = n
    block = hmacFinish(outer, message)
    out.set(block, (n - 1) * HASH_BYTES)
  }
  return out.byteLength === length ? out : out.slice(0, length)
}

const nativeKem: Pick<Primitives, 'mlKemKeyPair' | 'mlKemEncapsulate' | 'mlKemDecapsulate'> = {
  mlKemKeyPair: (seed) => {
    // OpenSSL exports seed and expanded key together; the expanded key is the end of it
    const pkcs8 = importPrivate(MLKEM_SEED, seed).export({ format: 'der', type: 'pkcs8' })
    const secretKey = new Uint8Array(pkcs8.subarray(pkcs8.byteLength - MLKEM_PRIVATE.bytes))
    pkcs8.fill(0)
    return { publicKey: secretKey.slice(MLKEM_EK_START, MLKEM_EK_END), secretKey }
  },
  mlKemEncapsulate: (raw, randomness) => {
    // OpenSSL takes no randomness from outside; it is given for vectors and the Signal profile only
    if (randomness !== undefined) return noblePrimitives.mlKemEncapsulate(raw, randomness)
    const { ciphertext, sharedKey } = crypto.encapsulate(importPublic(MLKEM_PUBLIC, raw))
    return { cipherText: plain(ciphertext), sharedSecret: plain(sharedKey) }
  },
  mlKemDecapsulate: (secretKey, cipherText) => {
    checkLength('ML-KEM-1024 ciphertext', cipherText, MLKEM_CIPHERTEXT_BYTES)
    return plain(crypto.decapsulate(privateKey(MLKEM_PRIVATE, secretKey), cipherText))
  }
}

export const nodePrimitives: Primitives = {
  name: 'node',

  randomBytes: (length) => plain(crypto.randomBytes(length)),

  x25519PublicKey: (raw) => rawPublic(privateKey(X25519_PRIVATE, raw), X25519_PUBLIC),
  // OpenSSL fails on an all-zero result itself
  x25519: (ours, theirs) => plain(crypto.diffieHellman({ privateKey: privateKey(X25519_PRIVATE, ours), publicKey: publicKey(X25519_PUBLIC, theirs) })),

  ed25519PublicKey: (seed) => rawPublic(privateKey(ED25519_PRIVATE, seed), ED25519_PUBLIC),
  ed25519Sign: (seed, message) => plain(crypto.sign(null, message, privateKey(ED25519_PRIVATE, seed))),
  ed25519Verify: verify,
  // OpenSSL multiplies the base point by hashed or clamped scalars only
  ed25519BaseMultiply: noblePrimitives.ed25519BaseMultiply,

  ...(typeof crypto.encapsulate === 'function' ? nativeKem : {
    mlKemKeyPair: noblePrimitives.mlKemKeyPair,
    mlKemEncapsulate: noblePrimitives.mlKemEncapsulate,
    mlKemDecapsulate: noblePrimitives.mlKemDecapsulate
  }),

  sha256,
  sha512: (data) => plain(crypto.hash('sha512', data, 'buffer')),
  sha3_256: (data) => plain(crypto.hash('sha3-256', data, 'buffer')),
  shake256: (data, length) => plain(crypto.createHash('shake256', { outputLength: length }).update(data).digest()),
  hmacSha256,
  hkdfSha256,

  aesCbcEncrypt: (key, iv, plaintext) => {
    checkLength('AES key', key, AES_KEY_BYTES)
    checkLength('CBC IV', iv, CBC_IV_BYTES)
    const cipher = crypto.createCipheriv('aes-256-cbc', key, iv)
    return concat(cipher.update(plaintext), cipher.final())
  },
  aesCbcDecrypt: (key, iv, ciphertext) => {
    checkLength('AES key', key, AES_KEY_BYTES)
    checkLength('CBC IV', iv, CBC_IV_BYTES)
    const decipher = crypto.createDecipheriv('aes-256-cbc', key, iv)
    return concat(decipher.update(ciphertext), decipher.final())
  },
  aesGcmEncrypt: (key, nonce, plaintext, additionalData) => {
    checkLength('AES key', key, AES_KEY_BYTES)
    checkLength('GCM nonce', nonce, GCM_NONCE_BYTES)
    const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce)
    cipher.setAAD(additionalData)
    return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag())
  },
  aesGcmDecrypt: (key, nonce, sealed, additionalData) => {
    checkLength('AES key', key, AES_KEY_BYTES)
    checkLength('GCM nonce', nonce, GCM_NONCE_BYTES)
    const tagStart = sealed.byteLength - GCM_TAG_BYTES
    if (tagStart < 0) throw new RangeError(`sealed data is ${sealed.byteLength} bytes, shorter than its tag`)
    const decipher = crypto.createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: GCM_TAG_BYTES })
    decipher.setAAD(additionalData)
    decipher.setAuthTag(sealed.subarray(tagStart))
    return concat(decipher.update(sealed.subarray(0, tagStart)), decipher.final())
  },

  equal: (a, b) => a.byteLength === b.byteLength && crypto.timingSafeEqual(a, b)
}
