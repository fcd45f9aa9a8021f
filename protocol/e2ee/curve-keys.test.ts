import assert from 'node:assert/strict'
import { concat } from '../bytes.ts'
import { isProtocolError } from '../errors.ts'
import { agree, checkKey, decodeKey, encodeKey, generateKeyPair, keyPairFrom } from './curve-keys.ts'
import { nodePrimitives } from './primitives-node.ts'
import { seededPrimitives } from './primitives-seeded.ts'
import { fromHex } from './transcripts.ts'
import type { Primitives } from './primitives.ts'

const primitives = seededPrimitives(nodePrimitives, 'curve keys 1')
const malformed = (error: unknown): boolean => isProtocolError(error, 'MALFORMED')
const P_MINUS_1 = fromHex(`ec${'ff'.repeat(30)}7f`)

/** RFC 7748 §6.1 and the list of small-order u-coordinates, canonical ones. */
const LOW_ORDER = ['00'.repeat(32), `01${'00'.repeat(31)}`, 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157', `ec${'ff'.repeat(30)}7f`]

describe('curve keys', () => {
  it('are clamped, agree both ways and are encoded as 05 ‖ u', () => {
    const [a, b] = [generateKeyPair(primitives), generateKeyPair(primitives)]
    for (const filling of [0x00, 0xff]) {
      const { privateKey } = keyPairFrom(primitives, new Uint8Array(32).fill(filling))
      assert.equal(privateKey[0], filling & 0xf8)
      assert.equal(privateKey[31], (filling & 0x3f) | 0x40)
    }
    assert.deepEqual(agree(primitives, a.privateKey, b.publicKey), agree(primitives, b.privateKey, a.publicKey))
    assert.deepEqual(encodeKey(a.publicKey), concat(Uint8Array.of(5), a.publicKey))
    assert.deepEqual(decodeKey(encodeKey(a.publicKey)), a.publicKey)
  })

  it('leave the secret that they are made from as it was', () => {
    const secret = new Uint8Array(32).fill(0xff)
    keyPairFrom(primitives, secret)
    assert.deepEqual(secret, new Uint8Array(32).fill(0xff))
    assert.throws(() => keyPairFrom(primitives, secret.subarray(1)), malformed)
  })

  it('are refused when not canonical: u ≥ p or the top bit set', () => {
    checkKey(P_MINUS_1)
    for (const low of ['ed', 'ee', 'ff']) assert.throws(() => checkKey(fromHex(`${low}${'ff'.repeat(30)}7f`)), malformed, low)
    for (const high of ['80', 'ff']) assert.throws(() => checkKey(fromHex(`${'09'.repeat(31)}${high}`)), malformed, high)
    checkKey(fromHex(`ff${'ff'.repeat(29)}fe7f`))
    checkKey(fromHex(`${'ff'.repeat(31)}7e`))
  })

  it('are refused in another encoding', () => {
    const { publicKey } = generateKeyPair(primitives)
    for (const encoded of [publicKey, concat(Uint8Array.of(4), publicKey), concat(Uint8Array.of(5), publicKey, Uint8Array.of(0)), new Uint8Array(0)]) {
      assert.throws(() => decodeKey(encoded), malformed)
    }
    assert.throws(() => encodeKey(publicKey.subarray(1)), malformed)
  })

  it('of low order give no secret', () => {
    const { privateKey } = generateKeyPair(primitives)
    for (const key of LOW_ORDER) assert.throws(() => agree(primitives, privateKey, fromHex(key)), malformed, key)
  })

  it('give no all-zero secret even if the provider would', () => {
    const careless: Primitives = { ...primitives, x25519: () => new Uint8Array(32) }
    const { privateKey, publicKey } = generateKeyPair(primitives)
    assert.throws(() => agree(careless, privateKey, publicKey), malformed)
  })
})
