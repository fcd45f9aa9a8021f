import assert from 'node:assert/strict'
import { toHex } from '../bytes.ts'
import { nodePrimitives } from './primitives-node.ts'
import { fromHex } from './transcripts.ts'
import { seededPrimitives } from './primitives-seeded.ts'
import { x25519Limbs } from './x25519-limbs.ts'

const SEED = 'limbs 1'
const primitives = seededPrimitives(nodePrimitives, SEED)

/** Natively; a point of low order, which the port refuses, is all zero. */
function expected (privateKey: Uint8Array, publicKey: Uint8Array): string {
  try {
    return toHex(nodePrimitives.x25519(privateKey, publicKey))
  } catch {
    // OpenSSL throws on an all-zero secret
    return '00'.repeat(32)
  }
}

describe('X25519 on limbs', () => {
  it(`agrees with OpenSSL on random keys (seed ${SEED})`, () => {
    for (let i = 0; i < 1000; i++) {
      const [privateKey, publicKey] = [primitives.randomBytes(32), primitives.randomBytes(32)]
      assert.equal(toHex(x25519Limbs(privateKey, publicKey)), expected(privateKey, publicKey), `${toHex(privateKey)} ${toHex(publicKey)}`)
    }
  })

  it('agrees with OpenSSL on long runs of equal bits, where carries go furthest', () => {
    const fillings = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x55, 0xaa]
    for (const scalar of fillings) {
      for (const filling of fillings) {
        for (const low of [0x00, 0x01, 0x09, 0xec, 0xed, 0xee, 0xff]) {
          for (const high of [0x00, 0x40, 0x7f, 0xff]) {
            const privateKey = new Uint8Array(32).fill(scalar)
            const publicKey = new Uint8Array(32).fill(filling)
            publicKey[0] = low
            publicKey[31] = high
            assert.equal(toHex(x25519Limbs(privateKey, publicKey)), expected(privateKey, publicKey), toHex(publicKey))
          }
        }
      }
    }
  })

  it('gives the result of RFC 7748 §5.2 after 1 and 1,000 iterations', () => {
    let [k, u] = [fromHex(`09${'00'.repeat(31)}`), fromHex(`09${'00'.repeat(31)}`)]
    for (let i = 1; i <= 1000; i++) {
      [k, u] = [x25519Limbs(k, u), k]
      if (i === 1) assert.equal(toHex(k), '422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079')
    }
    assert.equal(toHex(k), '684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51')
  })

  it('refuses other lengths and leaves its inputs as they were', () => {
    const [privateKey, publicKey] = [primitives.randomBytes(32), primitives.randomBytes(32)]
    const before = toHex(privateKey) + toHex(publicKey)
    x25519Limbs(privateKey, publicKey)
    assert.equal(toHex(privateKey) + toHex(publicKey), before)
    assert.throws(() => x25519Limbs(privateKey.subarray(1), publicKey), RangeError)
    assert.throws(() => x25519Limbs(privateKey, publicKey.subarray(1)), RangeError)
  })
})
