/**
 * The cryptographic operations that the end-to-end encryption is built from, as a port.
 *
 * Synchronous on purpose: a ratchet step must not interleave with another one. Two providers:
 * `primitives-noble.ts` (any JavaScript engine) and `primitives-node.ts` (native, Node ≥ 24). Both pass
 * `primitives-suite.ts` and the same published vectors. Nothing else in the project imports a crypto library
 * for messages.
 */
export interface Primitives {
  readonly name: 'noble' | 'node'

  /** `length` fresh random bytes. */
  randomBytes (length: number): Uint8Array

  /** X25519 public key (32 bytes, u-coordinate) of a private key (32 bytes, clamped here). RFC 7748 §5. */
  x25519PublicKey (privateKey: Uint8Array): Uint8Array
  /** X25519 shared secret, 32 bytes. @throws Error when the result is all zero (low-order point). RFC 7748 §6.1. */
  x25519 (privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array

  /** Ed25519 public key (32) of a seed (32). RFC 8032 §5.1.5. */
  ed25519PublicKey (seed: Uint8Array): Uint8Array
  /** Ed25519 signature (64 bytes). RFC 8032 §5.1.6. */
  ed25519Sign (seed: Uint8Array, message: Uint8Array): Uint8Array
  /** Strict RFC 8032 verification (no ZIP-215 leniency). Never throws: malformed input is `false`. */
  ed25519Verify (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  /** Compressed point (32 bytes) of `scalar`·B; `scalar` is 32 bytes little-endian, 0 < scalar < 2^255, used as it is (not clamped). For XEdDSA signing. */
  ed25519BaseMultiply (scalar: Uint8Array): Uint8Array

  /** ML-KEM-1024 (FIPS 203): encapsulation key 1568, decapsulation key 3168 bytes, from a 64-byte seed d ‖ z. */
  mlKemKeyPair (seed: Uint8Array): { publicKey: Uint8Array, secretKey: Uint8Array }
  /** @returns cipherText 1568 bytes, sharedSecret 32 bytes. `randomness` (32 bytes) is for vectors; fresh when absent. @throws Error on a key that FIPS 203 §7.2 refuses. */
  mlKemEncapsulate (publicKey: Uint8Array, randomness?: Uint8Array): { cipherText: Uint8Array, sharedSecret: Uint8Array }
  /** Implicit rejection: a wrong ciphertext gives an unrelated secret. @throws Error on a wrong length. */
  mlKemDecapsulate (secretKey: Uint8Array, cipherText: Uint8Array): Uint8Array

  sha256 (data: Uint8Array): Uint8Array
  sha512 (data: Uint8Array): Uint8Array
  sha3_256 (data: Uint8Array): Uint8Array
  shake256 (data: Uint8Array, length: number): Uint8Array
  hmacSha256 (key: Uint8Array, data: Uint8Array): Uint8Array
  /** HKDF-SHA256, extract then expand. `salt` may be empty (then 32 zero bytes). RFC 5869. */
  hkdfSha256 (input: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array

  /** AES-256-CBC with PKCS#7. */
  aesCbcEncrypt (key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array): Uint8Array
  /** @throws Error on bad length or padding; callers authenticate first, so this reveals nothing. */
  aesCbcDecrypt (key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array
  /** AES-256-GCM; the nonce is 12 bytes (no other length is taken), the 16-byte tag follows the ciphertext. */
  aesGcmEncrypt (key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, additionalData: Uint8Array): Uint8Array
  /** @throws Error when the tag does not match. */
  aesGcmDecrypt (key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, additionalData: Uint8Array): Uint8Array

  /** Equal length and content, in time that depends on the length only. */
  equal (a: Uint8Array, b: Uint8Array): boolean
}
