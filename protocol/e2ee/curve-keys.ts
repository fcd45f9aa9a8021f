/**
 * X25519 keys: making, checking, encoding and agreeing.
 *
 * In memory a public key is its 32-byte u-coordinate; on the wire and under signatures it is `05 ‖ u` (X3DH §2.1, Encode).
 * A key that is not the canonical encoding of its point, or that leads to an all-zero secret, is refused (RFC 7748 §6.1).
 */
import { ProtocolError } from '../errors.ts'
import type { Primitives } from './primitives.ts'

export interface KeyPair {
  /** 32 bytes, u-coordinate */
  readonly publicKey: Uint8Array
  /** 32 bytes, clamped */
  readonly privateKey: Uint8Array
}

export const KEY_BYTES = 32
export const ENCODED_KEY_BYTES = 33
/** The type byte of a Curve25519 key. */
export const CURVE_BYTE = 0x05

export function generateKeyPair (primitives: Primitives): KeyPair {
  return keyPairFrom(primitives, primitives.randomBytes(KEY_BYTES))
}

/** @param secret 32 bytes, clamped here (RFC 7748 §5, decodeScalar25519); not modified */
export function keyPairFrom (primitives: Primitives, secret: Uint8Array): KeyPair {
  if (secret.byteLength !== KEY_BYTES) throw new ProtocolError('MALFORMED', { what: 'private key' })
  const privateKey = secret.slice()
  privateKey[0]! &= 248
  privateKey[31]! = (privateKey[31]! & 127) | 64
  return { publicKey: primitives.x25519PublicKey(privateKey), privateKey }
}

/** @returns `key` itself. @throws ProtocolError MALFORMED unless it is 32 bytes with u < 2^255 − 19 */
export function checkKey (key: Uint8Array): Uint8Array {
  if (key.byteLength !== KEY_BYTES || !isCanonical(key)) throw new ProtocolError('MALFORMED', { what: 'public key' })
  return key
}

/** u < p = 2^255 − 19, little-endian: p is `ed`, thirty times `ff`, `7f`. */
function isCanonical (key: Uint8Array): boolean {
  if (key[31]! !== 0x7f) return key[31]! < 0x7f
  for (let i = 30; i > 0; i--) if (key[i] !== 0xff) return true
  return key[0]! < 0xed
}

/** `05 ‖ u`, 33 bytes. */
export function encodeKey (key: Uint8Array): Uint8Array {
  const encoded = new Uint8Array(ENCODED_KEY_BYTES)
  encoded[0] = CURVE_BYTE
  encoded.set(checkKey(key), 1)
  return encoded
}

/** @returns 32 bytes, a copy. @throws ProtocolError MALFORMED on another type, length or encoding */
export function decodeKey (encoded: Uint8Array): Uint8Array {
  if (encoded.byteLength !== ENCODED_KEY_BYTES || encoded[0] !== CURVE_BYTE) throw new ProtocolError('MALFORMED', { what: 'public key' })
  return checkKey(encoded.slice(1))
}

/** X25519, 32 bytes. @throws ProtocolError MALFORMED on a non-canonical key or an all-zero result */
export function agree (primitives: Primitives, privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  checkKey(publicKey)
  let secret
  try {
    secret = primitives.x25519(privateKey, publicKey)
  } catch (cause) {
    throw new ProtocolError('MALFORMED', { what: 'public key of low order', cause })
  }
  // The port promises this; a provider that forgot it would hand out a secret that everybody knows.
  if (primitives.equal(secret, new Uint8Array(KEY_BYTES))) throw new ProtocolError('MALFORMED', { what: 'public key of low order' })
  return secret
}
