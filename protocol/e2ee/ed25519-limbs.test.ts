import assert from 'node:assert/strict'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE } from '@noble/curves/utils.js'
import { concat, toHex } from '../bytes.ts'
import { verifyOnLimbs } from './ed25519-limbs.ts'
import { nodePrimitives } from './primitives-node.ts'
import { fromHex } from './transcripts.ts'
import { seededPrimitives } from './primitives-seeded.ts'
import { flipped, numberBelow } from './two-devices.ts'

const SEED = 'ed25519 limbs 1'
const primitives = seededPrimitives(nodePrimitives, SEED)
const { Point } = ed25519

const verify = (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => verifyOnLimbs(key, signature, primitives.sha512(concat(signature.subarray(0, 32), key, message)))

const littleEndian = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, '0')).reverse()

function judgedAlike (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const verdict = verify(key, message, signature)
  assert.equal(verdict, nodePrimitives.ed25519Verify(key, message, signature), `${toHex(key)} ${toHex(message)} ${toHex(signature)}`)
  return verdict
}

describe('Ed25519 verification on limbs', () => {
  it(`judges sound and damaged signatures as OpenSSL does (seed ${SEED})`, () => {
    for (let i = 0; i < 300; i++) {
      const seed = primitives.randomBytes(32)
      const key = primitives.ed25519PublicKey(seed)
      const message = primitives.randomBytes(i)
      const signature = primitives.ed25519Sign(seed, message)
      assert.equal(judgedAlike(key, message, signature), true)
      assert.equal(judgedAlike(key, message, flipped(signature, i % 64, i % 8)), false)
      assert.equal(judgedAlike(flipped(key, i % 32, i % 8), message, signature), false)
      assert.equal(judgedAlike(key, concat(message, Uint8Array.of(0)), signature), false)
    }
  })

  it(`judges random bytes as keys as OpenSSL does (seed ${SEED})`, () => {
    for (let i = 0; i < 500; i++) judgedAlike(primitives.randomBytes(32), primitives.randomBytes(3), concat(primitives.randomBytes(63), Uint8Array.of(0)))
  })

  it('judges keys with a part of small order as OpenSSL does: without the cofactor', () => {
    const torsion = Point.fromBytes(fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'))
    let accepted = 0
    for (let i = 0; i < 64; i++) {
      const [a, r] = [bytesToNumberLE(primitives.randomBytes(31)), bytesToNumberLE(primitives.randomBytes(31))]
      const key = Point.BASE.multiply(a).add(torsion).toBytes()
      const R = Point.BASE.multiply(r).toBytes()
      const message = primitives.randomBytes(4)
      const k = bytesToNumberLE(primitives.sha512(concat(R, key, message))) % Point.Fn.ORDER
      const s = Point.Fn.toBytes((r + k * a) % Point.Fn.ORDER)
      if (judgedAlike(key, message, concat(R, s))) accepted++
    }
    assert.ok(accepted > 0 && accepted < 32, `${accepted} of 64`)
  })

  it('refuses scalars of L and more, other lengths, and keys of small order', () => {
    const seed = primitives.randomBytes(32)
    const key = primitives.ed25519PublicKey(seed)
    const message = primitives.randomBytes(5)
    const signature = primitives.ed25519Sign(seed, message)
    const larger = concat(signature.subarray(0, 32), littleEndian(bytesToNumberLE(signature.subarray(32)) + Point.Fn.ORDER))
    assert.equal(verify(key, message, larger), false)
    assert.equal(verify(key.subarray(1), message, signature), false)
    assert.equal(verify(key, message, signature.subarray(1)), false)
    for (const y of ['00'.repeat(32), `01${'00'.repeat(31)}`, `ec${'ff'.repeat(30)}7f`, '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05']) {
      assert.equal(verify(fromHex(y), message, new Uint8Array(64)), false)
      assert.equal(verify(fromHex(y), message, concat(Point.BASE.toBytes(), Uint8Array.of(1), new Uint8Array(31))), false)
    }
  })

  it('refuses a key whose y is not reduced, although it names a point', () => {
    let tried = 0
    for (let y = 2n; y < 19n; y++) {
      const reduced = littleEndian(y)
      let point
      try {
        point = Point.fromBytes(reduced)
      } catch {
        // no point has this y
        continue
      }
      // the hash is an argument, so a signature can be made without knowing the key's secret
      const [s, k] = [12345n, 67890n]
      const signature = concat(Point.BASE.multiply(s).subtract(point.multiply(k)).toBytes(), littleEndian(s))
      const hash = concat(littleEndian(k), new Uint8Array(32))
      assert.equal(verifyOnLimbs(reduced, signature, hash), true)
      assert.equal(verifyOnLimbs(littleEndian(y + 2n ** 255n - 19n), signature, hash), false)
      tried++
    }
    assert.ok(tried > 3)
  })

  it('compares R whole: the sign of its x too', () => {
    const [a, r] = [bytesToNumberLE(primitives.randomBytes(31)), bytesToNumberLE(primitives.randomBytes(31))]
    const key = Point.BASE.multiply(a).toBytes()
    for (const [R, isSound] of [[Point.BASE.multiply(r), true], [Point.BASE.multiply(r).negate(), false]] as const) {
      const k = bytesToNumberLE(primitives.sha512(concat(R.toBytes(), key))) % Point.Fn.ORDER
      assert.equal(judgedAlike(key, new Uint8Array(0), concat(R.toBytes(), Point.Fn.toBytes((r + k * a) % Point.Fn.ORDER))), isSound)
    }
  })

  it('judges extreme scalars as OpenSSL does', () => {
    const order = Point.Fn.ORDER
    for (const a of [1n, 2n, order - 1n, order - 2n, 2n ** 252n - 1n, 0x5555555555555555555555555555555555555555555555555555555555555n]) {
      const key = Point.BASE.multiply(a).toBytes()
      for (const r of [1n, 2n, order - 1n, BigInt(3 + numberBelow(primitives, 1000))]) {
        const R = Point.BASE.multiply(r).toBytes()
        const k = bytesToNumberLE(primitives.sha512(concat(R, key))) % order
        assert.equal(judgedAlike(key, new Uint8Array(0), concat(R, Point.Fn.toBytes((r + k * a) % order))), true)
      }
    }
  })
})
