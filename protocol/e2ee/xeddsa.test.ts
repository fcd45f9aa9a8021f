import assert from 'node:assert/strict'
import { utf8 } from '../bytes.ts'
import { generateKeyPair } from './curve-keys.ts'
import { noblePrimitives } from './primitives-noble.ts'
import { nodePrimitives } from './primitives-node.ts'
import { seededPrimitives } from './primitives-seeded.ts'
import { flipped } from './two-devices.ts'
import { xeddsaSign, xeddsaVerify } from './xeddsa.ts'

const SEED = 'xeddsa 1'

for (const base of [nodePrimitives, noblePrimitives]) {
  const primitives = seededPrimitives(base, SEED)
  const message = utf8('a prekey')

  describe(`XEdDSA (${base.name}, seed ${SEED})`, () => {
    it('verifies what it signed, for keys of either sign, and the top bit is 0 as the specification has it', () => {
      for (let i = 0; i < 12; i++) {
        const { publicKey, privateKey } = generateKeyPair(primitives)
        const signature = xeddsaSign(primitives, privateKey, message)
        assert.equal(signature.byteLength, 64)
        assert.equal(signature[63]! & 0x80, 0)
        assert.equal(xeddsaVerify(primitives, publicKey, message, signature), true)
      }
    })

    it('never uses a nonce twice', () => {
      const { privateKey } = generateKeyPair(primitives)
      assert.notDeepEqual(xeddsaSign(primitives, privateKey, message).subarray(0, 32), xeddsaSign(primitives, privateKey, message).subarray(0, 32))
    })

    it('refuses any flipped bit, another message and another key', () => {
      const { publicKey, privateKey } = generateKeyPair(primitives)
      const signature = xeddsaSign(primitives, privateKey, message)
      for (let at = 0; at < 64; at += 3) assert.equal(xeddsaVerify(primitives, publicKey, message, flipped(signature, at, at % 8)), false, `byte ${at}`)
      assert.equal(xeddsaVerify(primitives, publicKey, message, flipped(signature, 63, 7)), false, 'sign bit')
      assert.equal(xeddsaVerify(primitives, publicKey, utf8('another'), signature), false)
      assert.equal(xeddsaVerify(primitives, generateKeyPair(primitives).publicKey, message, signature), false)
    })

    it('refuses malformed keys and signatures without throwing', () => {
      const { publicKey, privateKey } = generateKeyPair(primitives)
      const signature = xeddsaSign(primitives, privateKey, message)
      const high = signature.slice()
      high[63]! |= 0x60
      const minusOne = new Uint8Array(32).fill(0xff)
      minusOne.set([0xec], 0)
      minusOne.set([0x7f], 31)
      for (const [key, sig] of [
        [publicKey, signature.subarray(1)], [publicKey, new Uint8Array(64)], [publicKey, new Uint8Array(64).fill(255)], [publicKey, high],
        [publicKey.subarray(1), signature], [new Uint8Array(32).fill(255), signature], [minusOne, signature], [new Uint8Array(32), signature]
      ] as const) {
        assert.equal(xeddsaVerify(primitives, key, message, sig), false)
      }
    })
  })
}
