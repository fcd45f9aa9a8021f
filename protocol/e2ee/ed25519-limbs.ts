/**
 * Ed25519 verification on floating-point limbs, for browsers: a quarter of the time that BigInt takes.
 *
 * RFC 8032 §5.1.7 without the cofactor, as OpenSSL does it: R must be the canonical encoding of [S]B − [k]A, and A is
 * canonical and of no small order, so that no two providers disagree on a signature. Everything here is public: not constant
 * time. Extended coordinates (X : Y : Z : T), T = XY/Z, formulas of Hisil, Wong, Carter and Dawson (2008) for a = −1.
 * Each product's factors are kept to sums of two reduced elements, see field-limbs.ts.
 */
import { P, add, carry, element, fromBytes, invert, multiply, powerForRoot, square, subtract, times, toBytes } from './field-limbs.ts'
import type { Element } from './field-limbs.ts'

const L = 2n ** 252n + 27742317777372353535851937790883648493n

/** Its arrays are its own: `double` and `plus` write into them. */
interface Point { readonly x: Element, readonly y: Element, readonly z: Element, readonly t: Element }

/** A point prepared for adding: y − x, y + x, 2d·t, 2z. */
interface Addend { readonly minus: Element, readonly plus: Element, readonly t2d: Element, readonly z2: Element }

const constant = (value: bigint): Element => {
  const bytes = new Uint8Array(32)
  for (let i = 0; i < 32; i++) bytes[i] = Number((value >> BigInt(8 * i)) & 0xffn)
  return fromBytes(bytes)
}
const ONE = constant(1n)
const D = constant(37095705934669439343138083508754565189542113879843219016388785533085940283555n)
const D2 = constant(2n * 37095705934669439343138083508754565189542113879843219016388785533085940283555n % P)
/** A square root of −1. */
const ROOT = constant(19681161376707505956807079304988542015446066515923890162744021073123829784752n)

/**
 * @param hash SHA-512 of R ‖ A ‖ message, 64 bytes
 * @returns false on any malformed input; never throws
 */
export function verifyOnLimbs (publicKey: Uint8Array, signature: Uint8Array, hash: Uint8Array): boolean {
  if (publicKey.byteLength !== 32 || signature.byteLength !== 64) return false
  const s = littleEndian(signature.subarray(32))
  if (s >= L) return false
  const point = decode(publicKey)
  if (point === undefined || isSmallOrder(point)) return false
  const k = littleEndian(hash) % L
  const encoded = encode(combine(s, k, negate(point)))
  for (let i = 0; i < 32; i++) if (encoded[i] !== signature[i]) return false
  return true
}

/** RFC 8032 §5.1.3. Undefined unless it is the canonical encoding of a point. */
function decode (bytes: Uint8Array): Point | undefined {
  const sign = bytes[31]! >> 7
  const y = fromBytes(bytes)
  if ((littleEndian(bytes) & (2n ** 255n - 1n)) >= P) return undefined
  // x² = u/v, u = y² − 1, v = d·y² + 1
  const yy = times(y, y)
  const u = element()
  subtract(u, yy, ONE)
  carry(u)
  const v = times(yy, D)
  add(v, v, ONE)
  carry(v)
  const v3 = times(times(v, v), v)
  const v7 = times(times(v3, v3), v)
  const x = times(times(u, v3), powerForRoot(times(u, v7)))
  const check = times(v, times(x, x))
  if (!same(check, u)) {
    const minusU = element()
    subtract(minusU, minusU, u)
    if (!same(check, minusU)) return undefined
    multiply(x, x, ROOT)
  }
  const xBytes = toBytes(x)
  if (sign === 1 && xBytes.every(byte => byte === 0)) return undefined
  if ((xBytes[0]! & 1) !== sign) for (let i = 0; i < x.length; i++) x[i] = -x[i]!
  return { x, y, z: ONE, t: times(x, y) }
}

function encode (point: Point): Uint8Array {
  const inverse = element()
  invert(inverse, point.z)
  const bytes = toBytes(times(point.y, inverse))
  bytes[31]! |= (toBytes(times(point.x, inverse))[0]! & 1) << 7
  return bytes
}

const same = (f: Element, g: Element): boolean => {
  const [a, b] = [toBytes(f), toBytes(g)]
  return a.every((byte, i) => byte === b[i])
}

/** Whether 8·point is the identity (0 : z : z). */
function isSmallOrder (point: Point): boolean {
  const eighth = copyOf(point)
  for (let i = 0; i < 3; i++) double(eighth)
  return toBytes(eighth.x).every(byte => byte === 0)
}

const copyOf = ({ x, y, z, t }: Point): Point => ({ x: x.slice(), y: y.slice(), z: z.slice(), t: t.slice() })

function negate ({ x, y, z, t }: Point): Point {
  const [minusX, minusT] = [element(), element()]
  subtract(minusX, minusX, x)
  subtract(minusT, minusT, t)
  return { x: minusX, y, z, t: minusT }
}

// Scratch space, used within one call only: a new array of this size costs V8 as much as four multiplications.
const [a, b, c, d, e, f] = [element(), element(), element(), element(), element(), element()]

/** Doubles the point in place: dbl-2008-hwcd, with E, F, G and H all negated, which cancels in the products. */
function double (point: Point): void {
  const { x, y, z, t } = point
  square(a, x)
  square(b, y)
  square(c, z)
  add(c, c, c)
  add(e, x, y)
  square(e, e)
  add(d, a, b)
  subtract(e, d, e)
  carry(e)
  subtract(b, a, b)
  add(c, c, b)
  carry(c)
  multiply(x, e, c)
  multiply(y, b, d)
  multiply(z, c, b)
  multiply(t, e, d)
}

/** Adds in place: add-2008-hwcd-3. */
function plus (point: Point, q: Addend): void {
  const { x, y, z, t } = point
  subtract(e, y, x)
  multiply(a, e, q.minus)
  add(f, y, x)
  multiply(b, f, q.plus)
  multiply(c, t, q.t2d)
  multiply(d, z, q.z2)
  subtract(e, b, a)
  subtract(f, d, c)
  add(d, d, c)
  add(b, b, a)
  multiply(x, e, f)
  multiply(y, d, b)
  multiply(z, f, d)
  multiply(t, e, b)
}

function prepared (point: Point): Addend {
  const [minus, sum, z2] = [element(), element(), element()]
  subtract(minus, point.y, point.x)
  add(sum, point.y, point.x)
  add(z2, point.z, point.z)
  return { minus, plus: sum, t2d: times(point.t, D2), z2 }
}

/** −point; the two sums change places. */
function negated ({ minus, plus: sum, t2d, z2 }: Addend): Addend {
  const minusT = element()
  subtract(minusT, minusT, t2d)
  return { minus: sum, plus: minus, t2d: minusT, z2 }
}

/** 1, 3, 5 … (2·count − 1) times the point. */
function oddMultiples (point: Point, count: number): Addend[] {
  const twice = copyOf(point)
  double(twice)
  const step = prepared(twice)
  const at = copyOf(point)
  const multiples = [prepared(at)]
  while (multiples.length < count) {
    plus(at, step)
    multiples.push(prepared(at))
  }
  return multiples
}

const POINT_WIDTH = 5
const BASE_WIDTH = 8
let base: { multiples: Addend[], negatives: Addend[] } | undefined

/** [s]B + [k]point, both scalars in one pass (Straus), as signed digits of odd values. */
function combine (s: bigint, k: bigint, point: Point): Point {
  // made at the first use: 64 points take a tenth of a millisecond, and some programs never verify
  if (base === undefined) {
    const multiples = oddMultiples(decode(BASE_BYTES)!, 2 ** (BASE_WIDTH - 2))
    base = { multiples, negatives: multiples.map(negated) }
  }
  const pointMultiples = oddMultiples(point, 2 ** (POINT_WIDTH - 2))
  const [sDigits, kDigits] = [digitsOf(s, BASE_WIDTH), digitsOf(k, POINT_WIDTH)]
  const pointNegatives = pointMultiples.map(negated)
  const sum: Point = { x: element(), y: ONE.slice(), z: ONE.slice(), t: element() }
  for (let i = Math.max(sDigits.length, kDigits.length) - 1; i >= 0; i--) {
    double(sum)
    const sDigit = sDigits[i] ?? 0
    const kDigit = kDigits[i] ?? 0
    if (sDigit !== 0) plus(sum, (sDigit > 0 ? base.multiples : base.negatives)[(Math.abs(sDigit) - 1) / 2]!)
    if (kDigit !== 0) plus(sum, (kDigit > 0 ? pointMultiples : pointNegatives)[(Math.abs(kDigit) - 1) / 2]!)
  }
  return sum
}

/** Non-adjacent form of the given width: digits odd or zero, below 2^(width − 1), lowest first. */
function digitsOf (value: bigint, width: number): number[] {
  const digits: number[] = []
  const modulus = 2 ** width
  while (value > 0n) {
    let digit = 0
    if ((value & 1n) === 1n) {
      digit = Number(BigInt.asUintN(width, value))
      if (digit >= modulus / 2) digit -= modulus
      value -= BigInt(digit)
    }
    digits.push(digit)
    value >>= 1n
  }
  return digits
}

/** y = 4/5, x even. RFC 8032 §5.1 */
const BASE_BYTES = new Uint8Array(32).fill(0x66)
BASE_BYTES[0] = 0x58

function littleEndian (bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let value = 0n
  for (let offset = bytes.byteLength - 8; offset >= 0; offset -= 8) value = (value << 64n) | view.getBigUint64(offset, true)
  return value
}
