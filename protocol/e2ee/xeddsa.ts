/**
 * XEdDSA: Ed25519 signatures made and checked with X25519 keys.
 *
 * Spec: signal.org/docs/specifications/xeddsa, sections cited below. Symbols as there: q order of the base point B,
 * p field prime, k Montgomery private key, (A, a) the Edwards key pair with sign bit 0, Z 64 random bytes.
 * Scalar arithmetic is on BigInt, as in noble: its time may vary with the values by parts of a microsecond, beside
 * a fixed-structure point multiplication; `r` is fresh for every signature.
 */
import { concat } from '../bytes.ts'
import { KEY_BYTES } from './curve-keys.ts'
import type { Primitives } from './primitives.ts'

export const SIGNATURE_BYTES = 64
const NONCE_RANDOM_BYTES = 64
const Q = 2n ** 252n + 27742317777372353535851937790883648493n
const P = 2n ** 255n - 19n

/** §2.5, hash_1: 2^256 − 1 − 1, little-endian. */
const HASH1_PREFIX = new Uint8Array(32).fill(0xff)
HASH1_PREFIX[0] = 0xfe

/**
 * §4.3 xeddsa_sign.
 * @param privateKey 32 bytes, X25519
 * @param random     Z, 64 bytes; fresh when absent (given only by vectors)
 * @returns 64 bytes R ‖ s with s < q, so the top bit of the last byte is 0
 */
export function xeddsaSign (primitives: Primitives, privateKey: Uint8Array, message: Uint8Array, random?: Uint8Array): Uint8Array {
  const { publicKey, scalar } = edwardsKeyPair(primitives, privateKey)
  const z = random ?? primitives.randomBytes(NONCE_RANDOM_BYTES)
  const r = fromLittleEndian(primitives.sha512(concat(HASH1_PREFIX, toLittleEndian(scalar), message, z))) % Q
  const R = primitives.ed25519BaseMultiply(toLittleEndian(r))
  const h = fromLittleEndian(primitives.sha512(concat(R, publicKey, message))) % Q
  return concat(R, toLittleEndian((r + h * scalar) % Q))
}

/**
 * §4.4 xeddsa_verify, on top of a strict Ed25519 verification with the mapped key.
 *
 * The sign of A is taken from the top bit of the last byte: 0 as the specification has it, 1 from signers that keep
 * the sign of kB instead of negating (libsignal). Never throws: malformed input is `false`.
 */
export function xeddsaVerify (primitives: Primitives, publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.byteLength !== KEY_BYTES || signature.byteLength !== SIGNATURE_BYTES) return false
  const edwards = toEdwards(publicKey)
  if (edwards === undefined) return false
  const strict = signature.slice()
  edwards[31]! |= strict[63]! & 0x80
  strict[63]! &= 0x7f
  // §4.4: s ≥ 2^|q| is refused, |q| = 253
  if ((strict[63]! & 0xe0) !== 0) return false
  return primitives.ed25519Verify(edwards, message, strict)
}

/** §2.3 calculate_key_pair: the Edwards key pair of k, negated when the sign bit of kB is 1. */
function edwardsKeyPair (primitives: Primitives, privateKey: Uint8Array): { publicKey: Uint8Array, scalar: bigint } {
  const clamped = privateKey.slice()
  clamped[0]! &= 248
  clamped[31]! = (clamped[31]! & 127) | 64
  const k = fromLittleEndian(clamped) % Q
  const publicKey = primitives.ed25519BaseMultiply(toLittleEndian(k)).slice()
  const scalar = (publicKey[31]! & 0x80) === 0 ? k : Q - k
  publicKey[31]! &= 0x7f
  return { publicKey, scalar }
}

/** §2.3 convert_mont: y = (u − 1)/(u + 1), sign bit 0. Undefined when u ≥ p or u = −1, which no key pair has. */
function toEdwards (publicKey: Uint8Array): Uint8Array | undefined {
  const u = fromLittleEndian(publicKey)
  if (u >= P || u === P - 1n) return undefined
  return toLittleEndian((u + P - 1n) * inverse(u + 1n) % P)
}

/** Extended Euclid; public values only, its time depends on them. */
function inverse (value: bigint): bigint {
  let [a, b, x, y] = [value % P, P, 1n, 0n]
  while (a > 1n) {
    const quotient = b / a
    ;[a, b, x, y] = [b - quotient * a, a, y - quotient * x, x]
  }
  return ((x % P) + P) % P
}

function fromLittleEndian (bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let value = 0n
  for (let offset = bytes.byteLength - 8; offset >= 0; offset -= 8) value = (value << 64n) | view.getBigUint64(offset, true)
  return value
}

function toLittleEndian (value: bigint): Uint8Array {
  const bytes = new Uint8Array(32)
  const view = new DataView(bytes.buffer)
  for (let offset = 0; offset < 32; offset += 8) {
    view.setBigUint64(offset, BigInt.asUintN(64, value), true)
    value >>= 64n
  }
  return bytes
}
