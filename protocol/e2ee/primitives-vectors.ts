/**
 * Runs published test vectors against a provider of the primitives port.
 *
 * Owns: what each kind of vector file means for the port, refusals included. Knows no file system and no test
 * framework: the caller brings the parsed JSON (protocol/vectors/), in Node, a browser or a bench.
 * Spec: the sources named in the files' headers.
 */
import { toHex } from '../bytes.ts'
import type { Primitives } from './primitives.ts'

/** One test of a vector file; values other than `tcId`, sizes and flags are hex. */
export interface Vector {
  readonly tcId: number
  /** `acceptable` is Wycheproof's word for what a library may refuse; see the single checks for what we ask. */
  readonly result: string
  readonly comment?: string
  readonly flags?: readonly string[]
  readonly [field: string]: unknown
}

export interface VectorFile {
  readonly vectors: string
  readonly source: string
  readonly tests: readonly Vector[]
}

export interface VectorReport {
  readonly vectors: string
  readonly checked: number
  /** How many of the checked ones had to be refused, and were. */
  readonly refused: number
  /** One line per failed test: id, comment, what was seen. */
  readonly failures: readonly string[]
}

type Outcome = 'matched' | 'refused'
/** Returns what happened when that is right, and throws `Mismatch` when it is not. */
type Check = (p: Primitives, vector: Vector) => Outcome

class Mismatch extends Error {}

function bytes (vector: Vector, field: string): Uint8Array {
  const hex = vector[field]
  if (typeof hex !== 'string' || hex.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(hex)) throw new Mismatch(`field ${field} is not hex`)
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))
}

function number (vector: Vector, field: string): number {
  const value = vector[field]
  if (typeof value !== 'number') throw new Mismatch(`field ${field} is not a number`)
  return value
}

/** Enough of a value to recognise it in a failure line; ML-KEM values are thousands of digits. */
function shown (data: Uint8Array): string {
  const text = toHex(data)
  return text.length > 64 ? `${text.slice(0, 64)}… (${data.byteLength} bytes)` : text
}

function same (what: string, actual: Uint8Array, expected: Uint8Array): void {
  if (toHex(actual) !== toHex(expected)) throw new Mismatch(`${what} is ${shown(actual)}, not ${shown(expected)}`)
}

function refuses (what: string, action: () => unknown): void {
  try {
    action()
  } catch {
    // any error will do: the port promises that it throws, not how it says it
    return
  }
  throw new Mismatch(`${what} was accepted`)
}

const isValid = (vector: Vector): boolean => vector.result === 'valid'

function checkX25519 (p: Primitives, vector: Vector): Outcome {
  const expected = bytes(vector, 'shared')
  if (vector['iterations'] !== undefined) {
    // RFC 7748 §5.2: k and u start as the base point; then k, u = X25519(k, u), k
    let k = Uint8Array.of(9, ...new Uint8Array(31))
    let u = k
    for (let i = number(vector, 'iterations'); i > 0; i--) [k, u] = [new Uint8Array(p.x25519(k, u)), k]
    same('iterated result', k, expected)
    return 'matched'
  }
  const ours = bytes(vector, 'private')
  const theirs = bytes(vector, 'public')
  if (vector['ownPublic'] !== undefined) same('own public key', p.x25519PublicKey(ours), bytes(vector, 'ownPublic'))
  // `acceptable` covers the twist and non-canonical values, which RFC 7748 has us take, and all-zero results, which it has us check
  if (vector.flags?.includes('ZeroSharedSecret') === true) {
    refuses('all-zero result', () => p.x25519(ours, theirs))
    return 'refused'
  }
  same('shared secret', p.x25519(ours, theirs), expected)
  return 'matched'
}

function checkEd25519 (p: Primitives, vector: Vector): Outcome {
  const [publicKey, message, signature] = [bytes(vector, 'publicKey'), bytes(vector, 'msg'), bytes(vector, 'sig')]
  if (vector['seed'] !== undefined) {
    const seed = bytes(vector, 'seed')
    same('public key', p.ed25519PublicKey(seed), publicKey)
    same('signature', p.ed25519Sign(seed, message), signature)
  }
  const verified = p.ed25519Verify(publicKey, message, signature)
  if (verified !== isValid(vector)) throw new Mismatch(`verification gave ${verified}`)
  return verified ? 'matched' : 'refused'
}

function checkHkdf (p: Primitives, vector: Vector): Outcome {
  const run = (): Uint8Array => p.hkdfSha256(bytes(vector, 'ikm'), bytes(vector, 'salt'), bytes(vector, 'info'), number(vector, 'size'))
  if (!isValid(vector)) {
    refuses('output size', run)
    return 'refused'
  }
  same('output', run(), bytes(vector, 'okm'))
  return 'matched'
}

function checkHmac (p: Primitives, vector: Vector): Outcome {
  const tag = p.hmacSha256(bytes(vector, 'key'), bytes(vector, 'msg')).subarray(0, number(vector, 'tagSize') / 8)
  if (p.equal(tag, bytes(vector, 'tag')) !== isValid(vector)) throw new Mismatch(`tag is ${shown(tag)}`)
  return isValid(vector) ? 'matched' : 'refused'
}

function checkAesCbc (p: Primitives, vector: Vector): Outcome {
  const [key, iv, plaintext, ciphertext] = [bytes(vector, 'key'), bytes(vector, 'iv'), bytes(vector, 'msg'), bytes(vector, 'ct')]
  if (!isValid(vector)) {
    refuses('padding', () => p.aesCbcDecrypt(key, iv, ciphertext))
    return 'refused'
  }
  same('ciphertext', p.aesCbcEncrypt(key, iv, plaintext), ciphertext)
  same('plaintext', p.aesCbcDecrypt(key, iv, ciphertext), plaintext)
  return 'matched'
}

function checkAesGcm (p: Primitives, vector: Vector): Outcome {
  const [key, nonce, plaintext, additional] = [bytes(vector, 'key'), bytes(vector, 'iv'), bytes(vector, 'msg'), bytes(vector, 'aad')]
  const sealed = Uint8Array.of(...bytes(vector, 'ct'), ...bytes(vector, 'tag'))
  if (nonce.byteLength !== 12) {
    // the port takes 12-byte nonces only, whatever the algorithm could do with others
    refuses('nonce length when sealing', () => p.aesGcmEncrypt(key, nonce, plaintext, additional))
    refuses('nonce length when opening', () => p.aesGcmDecrypt(key, nonce, sealed, additional))
    return 'refused'
  }
  if (!isValid(vector)) {
    refuses('tag', () => p.aesGcmDecrypt(key, nonce, sealed, additional))
    return 'refused'
  }
  same('sealed data', p.aesGcmEncrypt(key, nonce, plaintext, additional), sealed)
  same('plaintext', p.aesGcmDecrypt(key, nonce, sealed, additional), plaintext)
  return 'matched'
}

function checkKemKeyPair (p: Primitives, vector: Vector): Outcome {
  const secretKey = bytes(vector, 'dk')
  const pair = p.mlKemKeyPair(bytes(vector, 'seed'))
  same('secret key', pair.secretKey, secretKey)
  // FIPS 203 algorithm 16: dk = dkPKE (1536) ‖ ek (1568) ‖ H(ek) ‖ z
  same('public key', pair.publicKey, secretKey.subarray(1536, 3104))
  return 'matched'
}

function checkKemEncapsulate (p: Primitives, vector: Vector): Outcome {
  const [publicKey, randomness] = [bytes(vector, 'ek'), bytes(vector, 'm')]
  if (!isValid(vector)) {
    refuses('public key, given randomness', () => p.mlKemEncapsulate(publicKey, randomness))
    refuses('public key, fresh randomness', () => p.mlKemEncapsulate(publicKey))
    return 'refused'
  }
  const { cipherText, sharedSecret } = p.mlKemEncapsulate(publicKey, randomness)
  same('ciphertext', cipherText, bytes(vector, 'c'))
  same('shared secret', sharedSecret, bytes(vector, 'K'))
  return 'matched'
}

function checkKemDecapsulate (p: Primitives, vector: Vector): Outcome {
  const run = (): Uint8Array => p.mlKemDecapsulate(p.mlKemKeyPair(bytes(vector, 'seed')).secretKey, bytes(vector, 'c'))
  if (!isValid(vector)) {
    refuses('seed or ciphertext', run)
    return 'refused'
  }
  const pair = p.mlKemKeyPair(bytes(vector, 'seed'))
  same('public key', pair.publicKey, bytes(vector, 'ek'))
  same('shared secret', run(), bytes(vector, 'K'))
  // the other road, where a provider has two: what it encapsulates to this key it opens again
  const fresh = p.mlKemEncapsulate(pair.publicKey)
  same('fresh shared secret', p.mlKemDecapsulate(pair.secretKey, fresh.cipherText), fresh.sharedSecret)
  return 'matched'
}

function checkKemExpanded (p: Primitives, vector: Vector): Outcome {
  const run = (): Uint8Array => p.mlKemDecapsulate(bytes(vector, 'dk'), bytes(vector, 'c'))
  if (!isValid(vector)) {
    refuses('secret key or ciphertext', run)
    return 'refused'
  }
  same('shared secret', run(), bytes(vector, 'K'))
  return 'matched'
}

const CHECKS: Readonly<Record<string, Check>> = {
  'rfc7748': checkX25519,
  'rfc8032': checkEd25519,
  'rfc5869': checkHkdf,
  'x25519': checkX25519,
  'ed25519': checkEd25519,
  'hkdf-sha256': checkHkdf,
  'hmac-sha256': checkHmac,
  'aes-256-cbc': checkAesCbc,
  'aes-256-gcm': checkAesGcm,
  'ml-kem-1024-keygen': checkKemKeyPair,
  'ml-kem-1024-encaps': checkKemEncapsulate,
  'ml-kem-1024-decaps': checkKemDecapsulate,
  'ml-kem-1024-expanded-decaps': checkKemExpanded
}

/** Every vector file, by the path below `protocol/vectors/`. */
export const VECTOR_FILES: readonly string[] = Object.keys(CHECKS).map((name) => name.startsWith('rfc') ? `${name}.json` : `wycheproof/${name}.json`)

/** @throws Error on a file of an unknown kind or without tests; a failed test is a line of the report. */
export function checkVectors (primitives: Primitives, file: VectorFile): VectorReport {
  const check = CHECKS[file.vectors]
  if (check === undefined) throw new Error(`no check for vectors of the kind ${file.vectors}`)
  if (file.tests.length === 0) throw new Error(`no tests in ${file.vectors}`)
  const failures: string[] = []
  let refused = 0
  for (const vector of file.tests) {
    try {
      if (check(primitives, vector) === 'refused') refused++
    } catch (error) {
      // a provider that throws where it should not is a failure of that test, not of the run
      failures.push(`${file.vectors} #${vector.tcId} (${vector.comment ?? vector.flags?.join(' ') ?? ''}): ${String(error)}`)
    }
  }
  return { vectors: file.vectors, checked: file.tests.length, refused, failures }
}
