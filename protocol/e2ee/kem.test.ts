import assert from 'node:assert/strict'
import { isProtocolError } from '../errors.ts'
import { decapsulate, decodeKem, encapsulate, encodeKem, generateKemKeyPair } from './kem.ts'
import { nodePrimitives } from './primitives-node.ts'
import { heliographProfile, signalProfile } from './suite.ts'
import { seededPrimitives } from './primitives-seeded.ts'
import { flipped } from './two-devices.ts'

const malformed = (error: unknown): boolean => isProtocolError(error, 'MALFORMED')

for (const profile of [heliographProfile, signalProfile]) {
  const suite = { profile, primitives: seededPrimitives(nodePrimitives, `kem ${profile.name}`) }

  describe(`KEM of the ${profile.name} profile`, () => {
    it('gives both sides one secret, and another one for a damaged ciphertext', () => {
      const pair = generateKemKeyPair(suite)
      const { ciphertext, secret } = encapsulate(suite, pair.publicKey)
      assert.deepEqual(decapsulate(suite, pair.secretKey, ciphertext), secret)
      assert.equal(secret.byteLength, 32)
      assert.notDeepEqual(decapsulate(suite, pair.secretKey, flipped(ciphertext, 700)), secret)
    })

    it('refuses keys and ciphertexts of another length, and a key that FIPS 203 refuses', () => {
      const pair = generateKemKeyPair(suite)
      assert.throws(() => encapsulate(suite, pair.publicKey.subarray(1)), malformed)
      assert.throws(() => decapsulate(suite, pair.secretKey, new Uint8Array(1567)), malformed)
      // coefficients of 4095 are not reduced modulo 3329
      assert.throws(() => encapsulate(suite, new Uint8Array(1568).fill(0xff)), malformed)
    })

    it('knows its own type byte only', () => {
      const raw = generateKemKeyPair(suite).publicKey
      const encoded = encodeKem(suite, raw)
      assert.deepEqual(decodeKem(suite, encoded), raw)
      assert.equal(encoded[0], profile === heliographProfile ? 0x0a : 0x08)
      assert.throws(() => decodeKem(suite, flipped(encoded, 0, 1)), malformed)
      assert.throws(() => decodeKem(suite, encoded.subarray(0, 1568)), malformed)
    })
  })
}

describe('KEMs of the two profiles', () => {
  it('make different secrets from the same exchange', () => {
    const primitives = seededPrimitives(nodePrimitives, 'kem both')
    const [production, signal] = [{ profile: heliographProfile, primitives }, { profile: signalProfile, primitives }]
    const pair = generateKemKeyPair(production)
    const { ciphertext, secret } = encapsulate(production, pair.publicKey)
    assert.notDeepEqual(decapsulate(signal, pair.secretKey, ciphertext), secret)
  })
})
