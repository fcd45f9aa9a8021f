/**
 * The post-quantum half of PQXDH: ML-KEM-1024 (FIPS 203), or Kyber-1024 of round 3 made from it for the Signal profile.
 *
 * Round 3 hashes the encapsulator's randomness first and hashes the ciphertext into the secret last (Kyber 3.02,
 * algorithms 8 and 9); everything between is ML-KEM. Keys have the same format. In memory raw, on the wire `kemByte ‖ …`.
 */
import { concat } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import type { Suite } from './suite.ts'

export const KEM_PUBLIC_KEY_BYTES = 1568
export const KEM_SECRET_KEY_BYTES = 3168
export const KEM_CIPHERTEXT_BYTES = 1568
const KEM_SEED_BYTES = 64
const KEM_SECRET_BYTES = 32

export interface KemKeyPair {
  /** 1568 bytes */
  readonly publicKey: Uint8Array
  /** 3168 bytes */
  readonly secretKey: Uint8Array
}

export function generateKemKeyPair (suite: Suite): KemKeyPair {
  return suite.primitives.mlKemKeyPair(suite.primitives.randomBytes(KEM_SEED_BYTES))
}

/** @throws ProtocolError MALFORMED on a key that FIPS 203 §7.2 refuses */
export function encapsulate (suite: Suite, publicKey: Uint8Array): { ciphertext: Uint8Array, secret: Uint8Array } {
  const { primitives, profile } = suite
  if (publicKey.byteLength !== KEM_PUBLIC_KEY_BYTES) throw new ProtocolError('MALFORMED', { what: 'KEM key' })
  let made
  try {
    made = profile.kem === 'ml-kem-1024'
      ? primitives.mlKemEncapsulate(publicKey)
      : primitives.mlKemEncapsulate(publicKey, primitives.sha3_256(primitives.randomBytes(KEM_SECRET_BYTES)))
  } catch (cause) {
    throw new ProtocolError('MALFORMED', { what: 'KEM key', cause })
  }
  return { ciphertext: made.cipherText, secret: finish(suite, made.sharedSecret, made.cipherText) }
}

/** A wrong ciphertext gives an unrelated secret, by design of the KEM. @throws ProtocolError MALFORMED on a wrong length */
export function decapsulate (suite: Suite, secretKey: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  if (ciphertext.byteLength !== KEM_CIPHERTEXT_BYTES) throw new ProtocolError('MALFORMED', { what: 'KEM ciphertext' })
  return finish(suite, suite.primitives.mlKemDecapsulate(secretKey, ciphertext), ciphertext)
}

function finish (suite: Suite, shared: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const { primitives, profile } = suite
  if (profile.kem === 'ml-kem-1024') return shared
  return primitives.shake256(concat(shared, primitives.sha3_256(ciphertext)), KEM_SECRET_BYTES)
}

/** `kemByte ‖ key or ciphertext`, 1569 bytes. */
export function encodeKem (suite: Suite, raw: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(suite.profile.kemByte), raw)
}

/** @returns 1568 bytes. @throws ProtocolError MALFORMED on an unknown KEM byte or a wrong length */
export function decodeKem (suite: Suite, encoded: Uint8Array): Uint8Array {
  if (encoded.byteLength !== KEM_PUBLIC_KEY_BYTES + 1 || encoded[0] !== suite.profile.kemByte) throw new ProtocolError('MALFORMED', { what: 'KEM key or ciphertext' })
  return encoded.slice(1)
}
