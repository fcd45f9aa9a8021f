import assert from 'node:assert/strict'
import { pureJsCrypto } from '@libp2p/noise'
import { Uint8ArrayList } from 'uint8arraylist'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { sodiumNoiseCrypto as sodium } from './noise-crypto.ts'

describe('Noise on libsodium', () => {
  const random = new SeededRandom(7)
  const key = random.bytes(32)
  const nonce = random.bytes(12)
  const ad = random.bytes(32)

  it('seals what the pure JavaScript implementation opens, and the other way round, for every length class', () => {
    for (const length of [0, 1, 15, 16, 63, 64, 65, 1024, 65_519]) {
      const plaintext = random.bytes(length)
      const sealed = sodium.chaCha20Poly1305Encrypt(plaintext, nonce, ad, key).subarray()
      assert.deepEqual(Buffer.from(sealed), Buffer.from(pureJsCrypto.chaCha20Poly1305Encrypt(plaintext, nonce, ad, key).subarray()))
      assert.deepEqual(Buffer.from(sodium.chaCha20Poly1305Decrypt(sealed, nonce, ad, key).subarray()), Buffer.from(plaintext))
    }
  })

  it('leaves the ciphertext as it is unless told that it may be overwritten', () => {
    const sealed = sodium.chaCha20Poly1305Encrypt(random.bytes(100), nonce, ad, key).subarray()
    const before = sealed.slice()
    sodium.chaCha20Poly1305Decrypt(sealed, nonce, ad, key)
    assert.deepEqual(sealed.slice(), before)
  })

  it('opens a list of buffers', () => {
    const plaintext = random.bytes(100)
    const sealed = sodium.chaCha20Poly1305Encrypt(new Uint8ArrayList(plaintext.slice(0, 40), plaintext.slice(40)), nonce, ad, key).subarray()
    const list = new Uint8ArrayList(sealed.slice(0, 7), sealed.slice(7))
    assert.deepEqual(Buffer.from(sodium.chaCha20Poly1305Decrypt(list, nonce, ad, key, list.subarray(0, 100)).subarray()), Buffer.from(plaintext))
  })

  it('refuses a flipped bit, a wrong associated text, a cut tag', () => {
    const sealed = sodium.chaCha20Poly1305Encrypt(random.bytes(64), nonce, ad, key).subarray()
    for (const at of [0, 40, 63, 64, 79]) {
      const bad = sealed.slice()
      bad[at]! ^= 1
      assert.throws(() => sodium.chaCha20Poly1305Decrypt(bad, nonce, ad, key))
    }
    assert.throws(() => sodium.chaCha20Poly1305Decrypt(sealed.slice(), nonce, random.bytes(32), key))
    assert.throws(() => sodium.chaCha20Poly1305Decrypt(sealed.slice(0, 10), nonce, ad, key))
  })

  it('agrees on X25519, SHA-256 and HKDF', () => {
    const seed = random.bytes(32)
    const mine = sodium.generateX25519KeyPairFromSeed(seed)
    assert.deepEqual(Buffer.from(mine.publicKey), Buffer.from(pureJsCrypto.generateX25519KeyPairFromSeed(seed).publicKey))
    const theirs = sodium.generateX25519KeyPair()
    assert.deepEqual(
      Buffer.from(sodium.generateX25519SharedKey(seed, theirs.publicKey)),
      Buffer.from(pureJsCrypto.generateX25519SharedKey(theirs.privateKey, mine.publicKey)))
    const data = random.bytes(333)
    assert.deepEqual(Buffer.from(sodium.hashSHA256(data)), Buffer.from(pureJsCrypto.hashSHA256(data)))
    assert.deepEqual(sodium.getHKDF(key, data).map((part) => Buffer.from(part)), pureJsCrypto.getHKDF(key, data).map((part) => Buffer.from(part)))
  })

  it('refuses a point of low order', () => {
    assert.throws(() => sodium.generateX25519SharedKey(random.bytes(32), new Uint8Array(32)))
  })
})
