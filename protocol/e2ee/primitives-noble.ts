/**
 * The primitives port on `@noble/*` with the curves' slow parts on limbs: plain TypeScript, for every JavaScript engine.
 *
 * Owns nothing and keeps nothing between calls. AES here is table based, so its timing depends on the key;
 * where a native AES exists, prefer `primitives-node.ts`.
 * Spec: primitives.ts; vectors: protocol/vectors/.
 */
import { cbc, gcm } from '@noble/ciphers/aes.js'
import { equalBytes } from '@noble/ciphers/utils.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE } from '@noble/curves/utils.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { sha3_256 as sha3, shake256 as shake } from '@noble/hashes/sha3.js'
import { concatBytes, randomBytes } from '@noble/hashes/utils.js'
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js'
import { verifyOnLimbs } from './ed25519-limbs.ts'
import { x25519Limbs } from './x25519-limbs.ts'
import type { Primitives } from './primitives.ts'

const AES_KEY_BYTES = 32
const CBC_IV_BYTES = 16
const GCM_NONCE_BYTES = 12
const ED25519_PUBLIC_BYTES = 32
const ED25519_SIGNATURE_BYTES = 64
const X25519_BASE = new Uint8Array(32)
X25519_BASE[0] = 9
const X25519_ZERO = new Uint8Array(32)

// noble takes 128 and 192-bit keys and nonces of other lengths as well; the port does not, so that the
// strength of a message can never depend on the length of an argument.
function checkLength (what: string, value: Uint8Array, length: number): void {
  if (value.byteLength !== length) throw new RangeError(`${what} is ${value.byteLength} bytes, not ${length}`)
}

/**
 * Not noble's: it multiplies by the cofactor even with `zip215: false`, so the owner of a key could make a signature that
 * one provider accepts and the other (OpenSSL compares encodings) refuses; and BigInt takes four times as long.
 */
function verify (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.byteLength !== ED25519_PUBLIC_BYTES || signature.byteLength !== ED25519_SIGNATURE_BYTES) return false
  return verifyOnLimbs(publicKey, signature, sha512(concatBytes(signature.subarray(0, 32), publicKey, message)))
}

function baseMultiply (scalar: Uint8Array): Uint8Array {
  checkLength('scalar', scalar, 32)
  const { Point } = ed25519
  const value = bytesToNumberLE(scalar)
  if (value >= 2n ** 255n) throw new RangeError('scalar is not below 2^255')
  // B has prime order, so reduction changes nothing; `multiply` is the constant-time one and refuses 0
  return Point.BASE.multiply(Point.Fn.create(value)).toBytes()
}

export const noblePrimitives: Primitives = {
  name: 'noble',

  randomBytes: (length) => randomBytes(length),

  // not noble's: BigInt took 1.2 ms and 0.45 ms where these take 0.22, and is not constant-time
  x25519PublicKey: (privateKey) => x25519Limbs(privateKey, X25519_BASE),
  x25519 (privateKey, publicKey) {
    const secret = x25519Limbs(privateKey, publicKey)
    if (equalBytes(secret, X25519_ZERO)) throw new Error('X25519 with a point of low order')
    return secret
  },

  ed25519PublicKey: (seed) => ed25519.getPublicKey(seed),
  ed25519Sign: (seed, message) => ed25519.sign(message, seed),
  ed25519Verify: verify,
  ed25519BaseMultiply: baseMultiply,

  mlKemKeyPair: (seed) => {
    const { publicKey, secretKey } = ml_kem1024.keygen(seed)
    return { publicKey, secretKey }
  },
  mlKemEncapsulate: (publicKey, randomness) => {
    const { cipherText, sharedSecret } = ml_kem1024.encapsulate(publicKey, randomness)
    return { cipherText, sharedSecret }
  },
  mlKemDecapsulate: (secretKey, cipherText) => ml_kem1024.decapsulate(cipherText, secretKey),

  sha256: (data) => sha256(data),
  sha512: (data) => sha512(data),
  sha3_256: (data) => sha3(data),
  shake256: (data, length) => shake(data, { dkLen: length }),
  hmacSha256: (key, data) => hmac(sha256, key, data),
  hkdfSha256: (input, salt, info, length) => hkdf(sha256, input, salt, info, length),

  aesCbcEncrypt: (key, iv, plaintext) => {
    checkLength('AES key', key, AES_KEY_BYTES)
    checkLength('CBC IV', iv, CBC_IV_BYTES)
    return cbc(key, iv).encrypt(plaintext)
  },
  aesCbcDecrypt: (key, iv, ciphertext) => {
    checkLength('AES key', key, AES_KEY_BYTES)
    checkLength('CBC IV', iv, CBC_IV_BYTES)
    return cbc(key, iv).decrypt(ciphertext)
  },
  aesGcmEncrypt: (key, nonce, plaintext, additionalData) => {
    checkLength('AES key', key, AES_KEY_BYTES)
    checkLength('GCM nonce', nonce, GCM_NONCE_BYTES)
    return gcm(key, nonce, additionalData).encrypt(plaintext)
  },
  aesGcmDecrypt: (key, nonce, sealed, additionalData) => {
    checkLength('AES key', key, AES_KEY_BYTES)
    checkLength('GCM nonce', nonce, GCM_NONCE_BYTES)
    return gcm(key, nonce, additionalData).decrypt(sealed)
  },

  equal: (a, b) => equalBytes(a, b)
}
