/**
 * What every provider of the primitives port must do, as a mocha suite. The published vectors are beside it
 * (`primitives-vectors.ts`); this is what vectors do not say: refusals, ownership of buffers, agreement in time.
 */
import assert from 'node:assert/strict'
import { concat, toHex, utf8 } from '../bytes.ts'
import type { Primitives } from './primitives.ts'

/** `length` bytes that depend on `label` only, so that a failure can be repeated. */
function fixed (p: Primitives, label: string, length: number): Uint8Array {
  return p.shake256(utf8(label), length)
}

/** The lengths around the right one, none of which may pass. */
const wrongLengths = (right: number): number[] => [0, 1, right - 1, right + 1, 2 * right]

/** y = 0, 1, p − 1, the four points of order 8 (two y), and the encodings of them that are not reduced or carry a sign. */
const SMALL_ORDER_KEYS = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa'
]

/** u-coordinates whose product with every clamped scalar is zero. RFC 7748 §6.1. */
const SMALL_ORDER_U = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'
]

const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

function fromHex (hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))
}

function littleEndian (value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn))
}

function flipped (data: Uint8Array, bit: number): Uint8Array {
  const copy = new Uint8Array(data)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}

export function primitivesSuite (name: string, p: Primitives): void {
  describe(`primitives: ${name}`, () => {
    const alice = fixed(p, 'alice', 32)
    const bob = fixed(p, 'bob', 32)
    const message = utf8('a message that is signed')

    describe('buffers', () => {
      it('every result is a plain Uint8Array whose buffer holds nothing else', () => {
        const key = fixed(p, 'key', 32)
        const kem = p.mlKemKeyPair(fixed(p, 'kem', 64))
        const sealed = p.aesGcmEncrypt(key, fixed(p, 'nonce', 12), message, utf8('aad'))
        const encapsulated = p.mlKemEncapsulate(kem.publicKey)
        const results = {
          randomBytes: p.randomBytes(32),
          x25519PublicKey: p.x25519PublicKey(alice),
          x25519: p.x25519(alice, p.x25519PublicKey(bob)),
          ed25519PublicKey: p.ed25519PublicKey(alice),
          ed25519Sign: p.ed25519Sign(alice, message),
          ed25519BaseMultiply: p.ed25519BaseMultiply(littleEndian(5n)),
          mlKemPublic: kem.publicKey,
          mlKemSecret: kem.secretKey,
          mlKemCipherText: encapsulated.cipherText,
          mlKemShared: encapsulated.sharedSecret,
          mlKemDecapsulate: p.mlKemDecapsulate(kem.secretKey, encapsulated.cipherText),
          sha256: p.sha256(message),
          sha512: p.sha512(message),
          sha3_256: p.sha3_256(message),
          shake256: p.shake256(message, 40),
          hmacSha256: p.hmacSha256(key, message),
          hkdfSha256: p.hkdfSha256(key, new Uint8Array(), message, 80),
          aesCbcEncrypt: p.aesCbcEncrypt(key, fixed(p, 'iv', 16), message),
          aesGcmEncrypt: sealed,
          aesGcmDecrypt: p.aesGcmDecrypt(key, fixed(p, 'nonce', 12), sealed, utf8('aad'))
        }
        for (const [operation, result] of Object.entries(results)) {
          assert.equal(Object.getPrototypeOf(result), Uint8Array.prototype, operation)
          assert.ok(result.buffer.byteLength < 2 * result.byteLength + 64, `${operation} shares a buffer of ${result.buffer.byteLength} bytes`)
        }
      })

      it('no argument is changed', () => {
        const args = {
          key: fixed(p, 'key', 32), iv: fixed(p, 'iv', 16), nonce: fixed(p, 'nonce', 12), data: fixed(p, 'data', 100), seed: fixed(p, 'seed', 64), scalar: littleEndian(77n)
        }
        const before = Object.values(args).map(toHex)
        const { publicKey, secretKey } = p.mlKemKeyPair(args.seed)
        const kemBefore = [toHex(publicKey), toHex(secretKey)]
        p.mlKemDecapsulate(secretKey, p.mlKemEncapsulate(publicKey, args.key).cipherText)
        p.x25519(args.key, p.x25519PublicKey(args.key))
        p.ed25519Verify(p.ed25519PublicKey(args.key), args.data, p.ed25519Sign(args.key, args.data))
        p.ed25519BaseMultiply(args.scalar)
        p.hkdfSha256(args.key, args.iv, args.data, 100)
        p.aesCbcDecrypt(args.key, args.iv, p.aesCbcEncrypt(args.key, args.iv, args.data))
        p.aesGcmDecrypt(args.key, args.nonce, p.aesGcmEncrypt(args.key, args.nonce, args.data, args.iv), args.iv)
        assert.deepEqual(Object.values(args).map(toHex), before)
        assert.deepEqual([toHex(publicKey), toHex(secretKey)], kemBefore)
      })

      it('views into a larger buffer count as what they show', () => {
        const large = fixed(p, 'large', 200)
        const view = large.subarray(40, 72)
        const copy = new Uint8Array(view)
        assert.deepEqual(p.x25519PublicKey(view), p.x25519PublicKey(copy))
        assert.deepEqual(p.ed25519Sign(view, large.subarray(3, 30)), p.ed25519Sign(copy, large.slice(3, 30)))
        assert.deepEqual(p.hmacSha256(view, large.subarray(1)), p.hmacSha256(copy, large.slice(1)))
        assert.ok(p.equal(view, copy))
      })

      it('a key array that is overwritten counts as the new key', () => {
        const key = new Uint8Array(alice)
        const ofAlice = p.x25519PublicKey(key)
        const signed = p.ed25519Sign(key, message)
        key.set(bob)
        assert.deepEqual(p.x25519PublicKey(key), p.x25519PublicKey(bob))
        assert.notDeepEqual(p.x25519PublicKey(key), ofAlice)
        assert.notDeepEqual(p.ed25519Sign(key, message), signed)
        key.fill(0)
        assert.deepEqual(p.x25519PublicKey(key), p.x25519PublicKey(new Uint8Array(32)))
      })

      it('one array used as keys of two kinds gives what two arrays give', () => {
        const key = new Uint8Array(alice)
        for (let i = 0; i < 2; i++) {
          assert.deepEqual(p.ed25519PublicKey(key), p.ed25519PublicKey(new Uint8Array(alice)))
          assert.deepEqual(p.x25519PublicKey(key), p.x25519PublicKey(new Uint8Array(alice)))
        }
      })
    })

    describe('random', () => {
      it('gives the length asked for, and different bytes each time', () => {
        for (const length of [0, 1, 16, 32, 1000]) assert.equal(p.randomBytes(length).byteLength, length)
        const seen = new Set(Array.from({ length: 100 }, () => toHex(p.randomBytes(16))))
        assert.equal(seen.size, 100)
      })
    })

    describe('x25519', () => {
      it('both sides agree', () => {
        assert.deepEqual(p.x25519(alice, p.x25519PublicKey(bob)), p.x25519(bob, p.x25519PublicKey(alice)))
      })

      it('clamps private keys and ignores the top bit of public ones', () => {
        const clamped = new Uint8Array(alice)
        clamped[0] = (clamped[0] ?? 0) & 0xf8
        clamped[31] = ((clamped[31] ?? 0) & 0x7f) | 0x40
        const loose = new Uint8Array(clamped)
        loose[0] = (loose[0] ?? 0) | 7
        loose[31] = ((loose[31] ?? 0) | 0x80) & 0xbf
        const publicKey = p.x25519PublicKey(bob)
        assert.deepEqual(p.x25519PublicKey(loose), p.x25519PublicKey(clamped))
        assert.deepEqual(p.x25519(loose, flipped(publicKey, 255)), p.x25519(clamped, publicKey))
      })

      it('throws on every point that gives zero', () => {
        for (const u of SMALL_ORDER_U) {
          assert.throws(() => p.x25519(alice, fromHex(u)), Error, u)
          assert.throws(() => p.x25519(alice, flipped(fromHex(u), 255)), Error, `${u} with the top bit`)
        }
      })

      it('throws on keys of another length', () => {
        const publicKey = p.x25519PublicKey(bob)
        for (const length of wrongLengths(32)) {
          assert.throws(() => p.x25519PublicKey(new Uint8Array(length).fill(9)), Error, `private ${length}`)
          assert.throws(() => p.x25519(new Uint8Array(length).fill(9), publicKey), Error, `private ${length}`)
          assert.throws(() => p.x25519(alice, new Uint8Array(length).fill(9)), Error, `public ${length}`)
        }
      })
    })

    describe('ed25519', () => {
      it('a signature is deterministic, 64 bytes, and verifies for its key and message only', () => {
        const publicKey = p.ed25519PublicKey(alice)
        const signature = p.ed25519Sign(alice, message)
        assert.equal(signature.byteLength, 64)
        assert.deepEqual(p.ed25519Sign(alice, message), signature)
        assert.equal(p.ed25519Verify(publicKey, message, signature), true)
        assert.equal(p.ed25519Verify(p.ed25519PublicKey(bob), message, signature), false)
        assert.equal(p.ed25519Verify(publicKey, flipped(message, 0), signature), false)
        assert.equal(p.ed25519Verify(publicKey, new Uint8Array(), signature), false)
        // 0 and 255: ends of R; 256 and 511: ends of s
        for (const bit of [0, 100, 255, 256, 300, 504, 511]) assert.equal(p.ed25519Verify(publicKey, message, flipped(signature, bit)), false, `bit ${bit}`)
      })

      it('signs and verifies the empty message and long ones', () => {
        for (const length of [0, 1, 127, 128, 65_537]) {
          const data = fixed(p, 'long', length)
          assert.equal(p.ed25519Verify(p.ed25519PublicKey(alice), data, p.ed25519Sign(alice, data)), true, `${length} bytes`)
        }
      })

      it('malformed keys and signatures are false, never an error', () => {
        const publicKey = p.ed25519PublicKey(alice)
        const signature = p.ed25519Sign(alice, message)
        for (const length of wrongLengths(32)) assert.equal(p.ed25519Verify(new Uint8Array(length).fill(1), message, signature), false, `key of ${length}`)
        for (const length of wrongLengths(64)) assert.equal(p.ed25519Verify(publicKey, message, new Uint8Array(length)), false, `signature of ${length}`)
        // y = 2 is no point of the curve
        assert.equal(p.ed25519Verify(littleEndian(2n), message, signature), false)
        assert.equal(p.ed25519Verify(new Uint8Array(32).fill(0xff), message, signature), false)
      })

      it('refuses the second form of a signature, s + L', () => {
        const signature = p.ed25519Sign(alice, message)
        const s = signature.subarray(32).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
        const second = concat(signature.subarray(0, 32), littleEndian(s + ED25519_ORDER))
        assert.equal(p.ed25519Verify(p.ed25519PublicKey(alice), message, second), false)
      })

      it('refuses small-order public keys, under which R = B·s fits any message', () => {
        // with A of order 1, S·B = R + k·A holds for R = S·B whatever the message is
        const s = littleEndian(12345n)
        const signature = concat(p.ed25519BaseMultiply(s), s)
        for (const key of SMALL_ORDER_KEYS) {
          for (let i = 0; i < 16; i++) assert.equal(p.ed25519Verify(fromHex(key), Uint8Array.of(i), signature), false, `${key}, message ${i}`)
        }
      })

      it('compares without the cofactor: R plus a point of order 2 is refused', () => {
        // sigma' = (R + T, s') with T = (0, −1): k' depends on R + T, so s' is made from the scalar that Ed25519 derives from the seed
        const h = p.sha512(alice)
        const scalarBytes = h.slice(0, 32)
        scalarBytes[0] = (scalarBytes[0] ?? 0) & 0xf8
        scalarBytes[31] = ((scalarBytes[31] ?? 0) & 0x7f) | 0x40
        const toNumber = (data: Uint8Array): bigint => data.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
        const a = toNumber(scalarBytes)
        const publicKey = p.ed25519PublicKey(alice)
        const r = 987654321n
        const sign = (encodedR: Uint8Array): Uint8Array => {
          const k = toNumber(p.sha512(concat(encodedR, publicKey, message))) % ED25519_ORDER
          return concat(encodedR, littleEndian((r + k * a) % ED25519_ORDER))
        }
        const encodedR = p.ed25519BaseMultiply(littleEndian(r))
        assert.equal(p.ed25519Verify(publicKey, message, sign(encodedR)), true, 'the construction itself is sound')
        // adding (0, −1) negates both coordinates: y becomes p − y, and the sign of x flips
        const fieldPrime = 2n ** 255n - 19n
        const y = toNumber(encodedR) & (2n ** 255n - 1n)
        const xIsOdd = (encodedR[31] ?? 0) >> 7
        const shifted = littleEndian((fieldPrime - y) | (BigInt(1 - xIsOdd) << 255n))
        assert.equal(p.ed25519Verify(publicKey, message, sign(shifted)), false)
      })

      it('throws on seeds of another length', () => {
        for (const length of wrongLengths(32)) {
          assert.throws(() => p.ed25519PublicKey(new Uint8Array(length)), Error, `${length}`)
          assert.throws(() => p.ed25519Sign(new Uint8Array(length), message), Error, `${length}`)
        }
      })

      it('the public key of a seed is its clamped hash times the base point', () => {
        const scalar = p.sha512(alice).slice(0, 32)
        scalar[0] = (scalar[0] ?? 0) & 0xf8
        scalar[31] = ((scalar[31] ?? 0) & 0x7f) | 0x40
        assert.deepEqual(p.ed25519BaseMultiply(scalar), p.ed25519PublicKey(alice))
      })

      it('multiplies the base point by any scalar below 2^255 and refuses multiples of the order', () => {
        assert.equal(toHex(p.ed25519BaseMultiply(littleEndian(1n))), '5866666666666666666666666666666666666666666666666666666666666666')
        assert.deepEqual(p.ed25519BaseMultiply(littleEndian(ED25519_ORDER + 1n)), p.ed25519BaseMultiply(littleEndian(1n)))
        assert.equal(p.ed25519BaseMultiply(littleEndian(2n ** 255n - 1n)).byteLength, 32)
        for (const scalar of [0n, ED25519_ORDER, 2n ** 255n, 2n ** 256n - 1n]) assert.throws(() => p.ed25519BaseMultiply(littleEndian(scalar)), Error, `${scalar}`)
        for (const length of wrongLengths(32)) assert.throws(() => p.ed25519BaseMultiply(new Uint8Array(length).fill(1)), Error, `${length}`)
      })
    })

    describe('ml-kem-1024', () => {
      const pair = p.mlKemKeyPair(fixed(p, 'kem', 64))

      it('has the sizes of FIPS 203, and both sides agree', () => {
        const { cipherText, sharedSecret } = p.mlKemEncapsulate(pair.publicKey)
        assert.deepEqual([pair.publicKey.byteLength, pair.secretKey.byteLength, cipherText.byteLength, sharedSecret.byteLength], [1568, 3168, 1568, 32])
        assert.deepEqual(p.mlKemDecapsulate(pair.secretKey, cipherText), sharedSecret)
      })

      it('is deterministic for a given seed and randomness, and fresh without', () => {
        assert.deepEqual(p.mlKemKeyPair(fixed(p, 'kem', 64)), pair)
        const randomness = fixed(p, 'randomness', 32)
        assert.deepEqual(p.mlKemEncapsulate(pair.publicKey, randomness), p.mlKemEncapsulate(pair.publicKey, randomness))
        assert.notDeepEqual(p.mlKemEncapsulate(pair.publicKey).sharedSecret, p.mlKemEncapsulate(pair.publicKey).sharedSecret)
      })

      it('a damaged ciphertext gives another secret, the same each time', () => {
        const { cipherText, sharedSecret } = p.mlKemEncapsulate(pair.publicKey)
        for (const bit of [0, 7, 6000, 12_543]) {
          const damaged = flipped(cipherText, bit)
          const rejected = p.mlKemDecapsulate(pair.secretKey, damaged)
          assert.notDeepEqual(rejected, sharedSecret, `bit ${bit}`)
          assert.deepEqual(p.mlKemDecapsulate(pair.secretKey, damaged), rejected)
          assert.deepEqual(rejected, p.shake256(concat(pair.secretKey.subarray(3136), damaged), 32), 'FIPS 203 algorithm 18: J(z ‖ c)')
        }
      })

      it('throws on wrong lengths', () => {
        for (const length of wrongLengths(64)) assert.throws(() => p.mlKemKeyPair(new Uint8Array(length)), Error, `seed ${length}`)
        for (const length of wrongLengths(1568)) {
          assert.throws(() => p.mlKemEncapsulate(new Uint8Array(length)), Error, `public key ${length}`)
          assert.throws(() => p.mlKemDecapsulate(pair.secretKey, new Uint8Array(length)), Error, `ciphertext ${length}`)
        }
        for (const length of wrongLengths(32)) assert.throws(() => p.mlKemEncapsulate(pair.publicKey, new Uint8Array(length)), Error, `randomness ${length}`)
        for (const length of wrongLengths(3168)) assert.throws(() => p.mlKemDecapsulate(new Uint8Array(length), new Uint8Array(1568)), Error, `secret key ${length}`)
      })

      it('throws on a public key with a coefficient of q or more', () => {
        const unreduced = new Uint8Array(pair.publicKey)
        unreduced.set([0xff, 0xff, 0xff], 0)
        assert.throws(() => p.mlKemEncapsulate(unreduced))
        assert.throws(() => p.mlKemEncapsulate(unreduced, fixed(p, 'randomness', 32)))
      })
    })

    describe('hashes', () => {
      it('match the published values of "abc" and of nothing', () => {
        const abc = utf8('abc')
        const nothing = new Uint8Array()
        assert.equal(toHex(p.sha256(abc)), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
        assert.equal(toHex(p.sha256(nothing)), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
        assert.equal(toHex(p.sha512(abc)), 'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f')
        assert.equal(toHex(p.sha3_256(abc)), '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532')
        assert.equal(toHex(p.shake256(nothing, 32)), '46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f')
      })

      it('shake256 gives a prefix of the longer output for the shorter one', () => {
        const long = p.shake256(message, 300)
        for (const length of [1, 32, 136, 137]) assert.deepEqual(p.shake256(message, length), long.slice(0, length))
      })

      it('hkdf refuses more than 255 blocks and takes an empty salt for zeros', () => {
        const input = fixed(p, 'input', 32)
        assert.equal(p.hkdfSha256(input, new Uint8Array(), message, 255 * 32).byteLength, 255 * 32)
        assert.throws(() => p.hkdfSha256(input, new Uint8Array(), message, 255 * 32 + 1))
        assert.deepEqual(p.hkdfSha256(input, new Uint8Array(), message, 64), p.hkdfSha256(input, new Uint8Array(32), message, 64))
      })

      it('hkdf is built from hmac as RFC 5869 says', () => {
        const [input, salt, info] = [fixed(p, 'input', 50), fixed(p, 'salt', 70), fixed(p, 'info', 90)]
        const prk = p.hmacSha256(salt, input)
        const first = p.hmacSha256(prk, concat(info, Uint8Array.of(1)))
        const second = p.hmacSha256(prk, concat(first, info, Uint8Array.of(2)))
        const third = p.hmacSha256(prk, concat(second, info, Uint8Array.of(3)))
        for (const length of [1, 31, 32, 33, 64, 80, 96]) assert.deepEqual(p.hkdfSha256(input, salt, info, length), concat(first, second, third).slice(0, length), `${length} bytes`)
      })

      it('hmac hashes keys that are longer than a block', () => {
        for (const length of [65, 200]) {
          const key = fixed(p, 'hmac key', length)
          assert.deepEqual(p.hmacSha256(key, message), p.hmacSha256(p.sha256(key), message))
        }
        assert.notDeepEqual(p.hmacSha256(fixed(p, 'k', 64), message), p.hmacSha256(p.sha256(fixed(p, 'k', 64)), message))
      })
    })

    describe('aes', () => {
      const key = fixed(p, 'aes', 32)
      const iv = fixed(p, 'iv', 16)
      const nonce = fixed(p, 'nonce', 12)
      const additional = utf8('header')

      it('cbc opens what it made, at every length around a block', () => {
        for (const length of [0, 1, 15, 16, 17, 31, 32, 1000]) {
          const plaintext = fixed(p, 'plain', length)
          const ciphertext = p.aesCbcEncrypt(key, iv, plaintext)
          assert.equal(ciphertext.byteLength, length - length % 16 + 16)
          assert.deepEqual(p.aesCbcDecrypt(key, iv, ciphertext), plaintext)
        }
      })

      it('cbc throws on a cut ciphertext and on wrong padding', () => {
        const ciphertext = p.aesCbcEncrypt(key, iv, fixed(p, 'plain', 40))
        for (const length of [0, 1, 15, 17, 47]) assert.throws(() => p.aesCbcDecrypt(key, iv, ciphertext.subarray(0, length)), Error, `${length} bytes`)
        // 48 bytes of ciphertext, 8 of padding: a flip in the block before changes the padding length to 9
        assert.throws(() => p.aesCbcDecrypt(key, iv, flipped(ciphertext, 31 * 8)))
      })

      it('gcm opens what it made and nothing else', () => {
        for (const length of [0, 1, 16, 1000]) {
          const plaintext = fixed(p, 'plain', length)
          const sealed = p.aesGcmEncrypt(key, nonce, plaintext, additional)
          assert.equal(sealed.byteLength, length + 16)
          assert.deepEqual(p.aesGcmDecrypt(key, nonce, sealed, additional), plaintext)
          for (const bit of [0, 8 * length, 8 * length + 127]) assert.throws(() => p.aesGcmDecrypt(key, nonce, flipped(sealed, bit), additional), Error, `bit ${bit}`)
          assert.throws(() => p.aesGcmDecrypt(key, nonce, sealed, utf8('Header')))
          assert.throws(() => p.aesGcmDecrypt(key, flipped(nonce, 0), sealed, additional))
          assert.throws(() => p.aesGcmDecrypt(flipped(key, 0), nonce, sealed, additional))
          for (const kept of [0, 15, sealed.byteLength - 1]) assert.throws(() => p.aesGcmDecrypt(key, nonce, sealed.subarray(0, kept), additional), Error, `${kept} bytes`)
        }
      })

      it('takes 256-bit keys, 16-byte IVs and 12-byte nonces only', () => {
        const sealed = p.aesGcmEncrypt(key, nonce, message, additional)
        const ciphertext = p.aesCbcEncrypt(key, iv, message)
        for (const length of [0, 16, 24, 31, 33]) {
          const other = new Uint8Array(length)
          assert.throws(() => p.aesCbcEncrypt(other, iv, message), Error, `key ${length}`)
          assert.throws(() => p.aesCbcDecrypt(other, iv, ciphertext), Error, `key ${length}`)
          assert.throws(() => p.aesGcmEncrypt(other, nonce, message, additional), Error, `key ${length}`)
          assert.throws(() => p.aesGcmDecrypt(other, nonce, sealed, additional), Error, `key ${length}`)
        }
        for (const length of [0, 8, 11, 13, 15, 17, 24]) {
          const other = new Uint8Array(length)
          assert.throws(() => p.aesCbcEncrypt(key, other, message), Error, `IV ${length}`)
          assert.throws(() => p.aesCbcDecrypt(key, other, ciphertext), Error, `IV ${length}`)
          assert.throws(() => p.aesGcmEncrypt(key, other, message, additional), Error, `nonce ${length}`)
          assert.throws(() => p.aesGcmDecrypt(key, other, sealed, additional), Error, `nonce ${length}`)
        }
      })
    })

    it('equal tells content and length apart', () => {
      assert.equal(p.equal(alice, new Uint8Array(alice)), true)
      assert.equal(p.equal(new Uint8Array(), new Uint8Array()), true)
      assert.equal(p.equal(alice, alice.subarray(0, 31)), false)
      assert.equal(p.equal(alice, concat(alice, Uint8Array.of(0))), false)
      for (let bit = 0; bit < 256; bit++) assert.equal(p.equal(alice, flipped(alice, bit)), false, `bit ${bit}`)
    })
  })
}
