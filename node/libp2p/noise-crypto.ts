/**
 * Noise's primitives on libsodium.
 *
 * Why: the cipher under every frame is the largest single cost of a relay. One KB takes 2.1 µs here, 12 in
 * WebAssembly (libp2p's choice below 1,200 bytes) and 28 through node:crypto (its choice above).
 * HKDF is @noble's: four HMACs of 32 bytes are not worth a native call each, and it runs only in the handshake.
 */
import { extract, expand } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import * as sodium from 'sodium-native'
import type { ICryptoInterface } from '@libp2p/noise'

const TAG_BYTES = 16
const KEY_BYTES = 32
const LENGTH_BYTES = 2

export const sodiumNoiseCrypto: ICryptoInterface = {
  hashSHA256 (data) {
    const out = new Uint8Array(32)
    sodium.crypto_hash_sha256(out, data.subarray())
    return out
  },

  getHKDF (chainingKey, input) {
    const out = expand(sha256, extract(sha256, input, chainingKey), undefined, 3 * KEY_BYTES)
    return [out.subarray(0, 32), out.subarray(32, 64), out.subarray(64, 96)]
  },

  generateX25519KeyPair () {
    const seed = new Uint8Array(KEY_BYTES)
    sodium.randombytes_buf(seed)
    return sodiumNoiseCrypto.generateX25519KeyPairFromSeed(seed)
  },

  generateX25519KeyPairFromSeed (seed) {
    const publicKey = new Uint8Array(KEY_BYTES)
    sodium.crypto_scalarmult_base(publicKey, seed)
    return { publicKey, privateKey: seed }
  },

  generateX25519SharedKey (privateKey, publicKey) {
    const out = new Uint8Array(KEY_BYTES)
    sodium.crypto_scalarmult(out, privateKey.subarray(), publicKey.subarray())
    return out
  },

  // Sealed in place in a buffer that has room for the record's length in front, see `recordOf`.
  chaCha20Poly1305Encrypt (plaintext, nonce, ad, key) {
    const length = plaintext.byteLength
    const record = Buffer.allocUnsafe(LENGTH_BYTES + length + TAG_BYTES)
    record[0] = (length + TAG_BYTES) >> 8
    record[1] = (length + TAG_BYTES) & 0xff
    const sealed = record.subarray(LENGTH_BYTES)
    if (plaintext instanceof Uint8Array) sealed.set(plaintext)
    else {
      let offset = 0
      for (const part of plaintext) {
        sealed.set(part, offset)
        offset += part.byteLength
      }
    }
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt(sealed, sealed.subarray(0, length), ad, null, nonce, key)
    return sealed
  },

  // `dst` says that the ciphertext is not needed any more (transport frames): then in place, which libsodium allows.
  // The handshake passes none, because it hashes the ciphertext afterwards.
  chaCha20Poly1305Decrypt (ciphertext, nonce, ad, key, dst) {
    const bytes = ciphertext.subarray()
    if (bytes.byteLength < TAG_BYTES) throw new Error('ciphertext is shorter than its tag')
    const length = bytes.byteLength - TAG_BYTES
    const out = dst === undefined ? new Uint8Array(length) : bytes.subarray(0, length)
    sodium.crypto_aead_chacha20poly1305_ietf_decrypt(out, null, bytes, ad, nonce, key)
    return out
  }
}

/**
 * The record of a ciphertext: its 16-bit length and itself, in one buffer without copying.
 * @param sealed what `sodiumNoiseCrypto` has sealed, and nothing else: the two bytes before it are read
 */
export function recordOf (sealed: Uint8Array | { subarray (): Uint8Array }): Uint8Array {
  const bytes = sealed instanceof Uint8Array ? sealed : sealed.subarray()
  return new Uint8Array(bytes.buffer, bytes.byteOffset - LENGTH_BYTES, LENGTH_BYTES + bytes.byteLength)
}
