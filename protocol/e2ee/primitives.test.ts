import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { toHex } from '../bytes.ts'
import { nodePrimitives } from './primitives-node.ts'
import { noblePrimitives } from './primitives-noble.ts'
import { primitivesSuite } from './primitives-suite.ts'
import { checkVectors, VECTOR_FILES } from './primitives-vectors.ts'
import type { Vector, VectorFile } from './primitives-vectors.ts'
import type { Primitives } from './primitives.ts'

const providers: Primitives[] = [noblePrimitives, nodePrimitives]

function readVectors (file: string): VectorFile {
  return JSON.parse(readFileSync(new URL(`../vectors/${file}`, import.meta.url), 'utf8')) as VectorFile
}

for (const provider of providers) primitivesSuite(provider.name, provider)

for (const provider of providers) {
  describe(`published vectors: ${provider.name}`, () => {
    for (const file of VECTOR_FILES) {
      it(file, () => {
        assert.deepEqual(checkVectors(provider, readVectors(file)).failures, [])
      })
    }
  })
}

describe('the check of the vectors', () => {
  const EXPECTED_FIELD: Record<string, string> = {
    'rfc7748': 'shared', 'rfc8032': 'sig', 'rfc5869': 'okm', 'x25519': 'shared', 'ed25519': 'sig', 'hkdf-sha256': 'okm', 'hmac-sha256': 'tag', 'aes-256-cbc': 'ct',
    'aes-256-gcm': 'tag', 'ml-kem-1024-keygen': 'dk', 'ml-kem-1024-encaps': 'c', 'ml-kem-1024-decaps': 'K', 'ml-kem-1024-expanded-decaps': 'K'
  }
  const short = (file: VectorFile): VectorFile => ({ ...file, tests: file.tests.filter((test) => test.result === 'valid' && test['iterations'] === undefined).slice(0, 1) })

  /** The first digit of a hex value, another one. */
  const spoil = (value: unknown): string => {
    assert.ok(typeof value === 'string' && value.length > 0)
    return (value.startsWith('a') ? 'b' : 'a') + value.slice(1)
  }

  for (const name of VECTOR_FILES) {
    it(`${name}: notices a wrong digit`, () => {
      const file = short(readVectors(name))
      const field = EXPECTED_FIELD[file.vectors]
      assert.ok(field !== undefined)
      const tests = file.tests.map((test): Vector => ({ ...test, [field]: spoil(test[field]) }))
      assert.equal(checkVectors(nodePrimitives, { ...file, tests }).failures.length, 1)
    })
  }

  it('notices valid vectors that are called invalid, and invalid ones that are called valid', () => {
    for (const name of VECTOR_FILES.filter((file) => file.startsWith('wycheproof/') && !file.includes('x25519') && !file.includes('keygen'))) {
      const file = readVectors(name)
      for (const result of ['valid', 'invalid']) {
        // vectors with other nonces than the port takes are refused whatever they are called
        const test = file.tests.find((candidate) => candidate.result === result && (candidate['iv'] === undefined || String(candidate['iv']).length !== 16) && !(candidate.flags ?? []).some((flag) => flag.endsWith('Iv')))
        assert.ok(test !== undefined, `${name} has ${result} vectors`)
        const tests = [{ ...test, result: result === 'valid' ? 'invalid' : 'valid' }]
        assert.equal(checkVectors(nodePrimitives, { ...file, tests }).failures.length, 1, `${name}, ${result}`)
      }
    }
  })

  it('refuses an empty file and one of an unknown kind', () => {
    assert.throws(() => checkVectors(nodePrimitives, { vectors: 'x25519', source: 'here', tests: [] }), /no tests/)
    assert.throws(() => checkVectors(nodePrimitives, { vectors: 'x448', source: 'here', tests: [{ tcId: 1, result: 'valid' }] }), /no check/)
  })

  it('covers every refusal that the files carry', () => {
    const refused = Object.fromEntries(VECTOR_FILES.map((file) => [file, checkVectors(nodePrimitives, readVectors(file)).refused]))
    assert.deepEqual(refused, {
      'rfc7748.json': 0,
      'rfc8032.json': 0,
      'rfc5869.json': 0,
      'wycheproof/x25519.json': 31,
      'wycheproof/ed25519.json': 62,
      'wycheproof/hkdf-sha256.json': 3,
      'wycheproof/hmac-sha256.json': 108,
      'wycheproof/aes-256-cbc.json': 48,
      'wycheproof/aes-256-gcm.json': 66,
      'wycheproof/ml-kem-1024-keygen.json': 0,
      'wycheproof/ml-kem-1024-encaps.json': 61,
      'wycheproof/ml-kem-1024-decaps.json': 40,
      'wycheproof/ml-kem-1024-expanded-decaps.json': 6
    })
  })
})

describe('the two providers', () => {
  it('give the same result for the same input', () => {
    for (let round = 0; round < 20; round++) {
      const seed = noblePrimitives.sha256(Uint8Array.of(round))
      const other = noblePrimitives.sha256(seed)
      const data = noblePrimitives.shake256(seed, 37 * round)
      const run = (p: Primitives): string[] => [
        p.x25519PublicKey(seed),
        p.x25519(seed, p.x25519PublicKey(other)),
        p.ed25519PublicKey(seed),
        p.ed25519Sign(seed, data),
        p.sha256(data),
        p.sha512(data),
        p.sha3_256(data),
        p.shake256(data, 1 + round),
        p.hmacSha256(data, seed),
        p.hkdfSha256(seed, data, other, 1 + 31 * round),
        p.aesCbcEncrypt(seed, other.subarray(0, 16), data),
        p.aesGcmEncrypt(seed, other.subarray(0, 12), data, other)
      ].map(toHex)
      assert.deepEqual(run(nodePrimitives), run(noblePrimitives), `round ${round}`)
    }
  })

  it('open what the other sealed: keys, signatures and ciphertexts are interchangeable', () => {
    for (const [one, other] of [[noblePrimitives, nodePrimitives], [nodePrimitives, noblePrimitives]] as const) {
      const pair = one.mlKemKeyPair(one.shake256(new Uint8Array(3), 64))
      const { cipherText, sharedSecret } = other.mlKemEncapsulate(pair.publicKey)
      assert.deepEqual(one.mlKemDecapsulate(pair.secretKey, cipherText), sharedSecret)
      assert.deepEqual(other.mlKemDecapsulate(pair.secretKey, cipherText), sharedSecret)
      const seed = one.sha256(pair.publicKey)
      assert.equal(other.ed25519Verify(one.ed25519PublicKey(seed), cipherText, one.ed25519Sign(seed, cipherText)), true)
    }
  })

  it('judge random keys and signatures alike', () => {
    for (let round = 0; round < 200; round++) {
      const bytes = noblePrimitives.shake256(Uint8Array.of(round), 96)
      // s below 2^252, so that most get past the range check
      bytes[95] = (bytes[95] ?? 0) & 0x0f
      const judge = (p: Primitives): boolean => p.ed25519Verify(bytes.subarray(0, 32), bytes, bytes.subarray(32))
      assert.equal(judge(nodePrimitives), judge(noblePrimitives), `round ${round}`)
    }
  })
})

describe('the key cache of the node provider', () => {
  it('stays right past its capacity', () => {
    const ours = nodePrimitives.sha256(new Uint8Array(1))
    const publicKeys = Array.from({ length: 600 }, (_, i) => nodePrimitives.x25519PublicKey(nodePrimitives.sha256(Uint8Array.of(i & 255, i >> 8))))
    const first = publicKeys.map((key) => toHex(nodePrimitives.x25519(ours, key)))
    const second = publicKeys.map((key) => toHex(nodePrimitives.x25519(ours, key)))
    assert.deepEqual(second, first)
    assert.equal(new Set(first).size, 600)
  })
})
