/**
 * The field modulo p = 2^255 − 19 on floating-point limbs, for X25519 and Ed25519 where no native curve is to be had.
 *
 * An element is the sum of 12 doubles; limb i is a multiple of 2^⌈21.25 i⌉ ("Curve25519: new Diffie-Hellman speed records",
 * D. J. Bernstein, 2006, §4). A *reduced* element's limbs are at most half the next limb's unit. A product takes sums or
 * differences of **two** reduced elements at most: then its coefficients stay below 2^52 units and every operation is exact.
 * No branch or index depends on a value; only `toBytes` and `fromBytes` are on BigInt.
 */
const LIMBS = 12
/** Lowest bit of each limb, ⌈21.25 i⌉, and the end. */
const BIT = Array.from({ length: LIMBS + 1 }, (_, i) => Math.ceil(21.25 * i))
export const P = 2n ** 255n - 19n
/** 2^255 = 19 modulo p: what moves a product above the top limb back to the bottom. */
const FOLD = 19 * 2 ** -255

/** Adding and subtracting 3 · 2^(51 + e) rounds a double to a multiple of 2^e. */
const ROUND_0 = 3 * 2 ** (51 + 22)
const ROUND_1 = 3 * 2 ** (51 + 43)
const ROUND_2 = 3 * 2 ** (51 + 64)
const ROUND_3 = 3 * 2 ** (51 + 85)
const ROUND_4 = 3 * 2 ** (51 + 107)
const ROUND_5 = 3 * 2 ** (51 + 128)
const ROUND_6 = 3 * 2 ** (51 + 149)
const ROUND_7 = 3 * 2 ** (51 + 170)
const ROUND_8 = 3 * 2 ** (51 + 192)
const ROUND_9 = 3 * 2 ** (51 + 213)
const ROUND_10 = 3 * 2 ** (51 + 234)
const ROUND_11 = 3 * 2 ** (51 + 255)

export type Element = Float64Array
export const element = (): Element => new Float64Array(LIMBS)

/** Exchanges the two when `flag` is 1; the same operations when it is 0. */
export function swap (flag: number, f: Element, g: Element): void {
  for (let i = 0; i < LIMBS; i++) {
    const difference = flag * (f[i]! - g[i]!)
    f[i]! -= difference
    g[i]! += difference
  }
}

export function add (out: Element, f: Element, g: Element): void {
  for (let i = 0; i < LIMBS; i++) out[i] = f[i]! + g[i]!
}

export function subtract (out: Element, f: Element, g: Element): void {
  for (let i = 0; i < LIMBS; i++) out[i] = f[i]! - g[i]!
}

/** Reduces a sum of a few reduced elements in place. */
export function carry (f: Element): void {
  let h0 = f[0]!, h1 = f[1]!, h2 = f[2]!, h3 = f[3]!, h4 = f[4]!, h5 = f[5]!, h6 = f[6]!, h7 = f[7]!, h8 = f[8]!, h9 = f[9]!, h10 = f[10]!, h11 = f[11]!
  let c
  c = h0 + ROUND_0 - ROUND_0; h0 -= c; h1 += c
  c = h6 + ROUND_6 - ROUND_6; h6 -= c; h7 += c
  c = h1 + ROUND_1 - ROUND_1; h1 -= c; h2 += c
  c = h7 + ROUND_7 - ROUND_7; h7 -= c; h8 += c
  c = h2 + ROUND_2 - ROUND_2; h2 -= c; h3 += c
  c = h8 + ROUND_8 - ROUND_8; h8 -= c; h9 += c
  c = h3 + ROUND_3 - ROUND_3; h3 -= c; h4 += c
  c = h9 + ROUND_9 - ROUND_9; h9 -= c; h10 += c
  c = h4 + ROUND_4 - ROUND_4; h4 -= c; h5 += c
  c = h10 + ROUND_10 - ROUND_10; h10 -= c; h11 += c
  c = h5 + ROUND_5 - ROUND_5; h5 -= c; h6 += c
  c = h11 + ROUND_11 - ROUND_11; h11 -= c; h0 += FOLD * c
  c = h6 + ROUND_6 - ROUND_6; h6 -= c; h7 += c
  c = h0 + ROUND_0 - ROUND_0; h0 -= c; h1 += c
  f[0] = h0; f[1] = h1; f[2] = h2; f[3] = h3
  f[4] = h4; f[5] = h5; f[6] = h6; f[7] = h7
  f[8] = h8; f[9] = h9; f[10] = h10; f[11] = h11
}

/** f · small, reduced; `small` < 2^18. */
export function multiplySmall (out: Element, f: Element, small: number): void {
  for (let i = 0; i < LIMBS; i++) out[i] = f[i]! * small
  carry(out)
}

/** f · g, reduced. `out` may be `f` or `g`. Written out: loops over the limbs take three times as long. */
export function multiply (out: Element, f: Element, g: Element): void {
  const f0 = f[0]!, f1 = f[1]!, f2 = f[2]!, f3 = f[3]!, f4 = f[4]!, f5 = f[5]!, f6 = f[6]!, f7 = f[7]!, f8 = f[8]!, f9 = f[9]!, f10 = f[10]!, f11 = f[11]!
  const g0 = g[0]!, g1 = g[1]!, g2 = g[2]!, g3 = g[3]!, g4 = g[4]!, g5 = g[5]!, g6 = g[6]!, g7 = g[7]!, g8 = g[8]!, g9 = g[9]!, g10 = g[10]!, g11 = g[11]!
  let h0 = f0 * g0 + FOLD * (f1 * g11 + f2 * g10 + f3 * g9 + f4 * g8 + f5 * g7 + f6 * g6 + f7 * g5 + f8 * g4 + f9 * g3 + f10 * g2 + f11 * g1)
  let h1 = f0 * g1 + f1 * g0 + FOLD * (f2 * g11 + f3 * g10 + f4 * g9 + f5 * g8 + f6 * g7 + f7 * g6 + f8 * g5 + f9 * g4 + f10 * g3 + f11 * g2)
  let h2 = f0 * g2 + f1 * g1 + f2 * g0 + FOLD * (f3 * g11 + f4 * g10 + f5 * g9 + f6 * g8 + f7 * g7 + f8 * g6 + f9 * g5 + f10 * g4 + f11 * g3)
  let h3 = f0 * g3 + f1 * g2 + f2 * g1 + f3 * g0 + FOLD * (f4 * g11 + f5 * g10 + f6 * g9 + f7 * g8 + f8 * g7 + f9 * g6 + f10 * g5 + f11 * g4)
  let h4 = f0 * g4 + f1 * g3 + f2 * g2 + f3 * g1 + f4 * g0 + FOLD * (f5 * g11 + f6 * g10 + f7 * g9 + f8 * g8 + f9 * g7 + f10 * g6 + f11 * g5)
  let h5 = f0 * g5 + f1 * g4 + f2 * g3 + f3 * g2 + f4 * g1 + f5 * g0 + FOLD * (f6 * g11 + f7 * g10 + f8 * g9 + f9 * g8 + f10 * g7 + f11 * g6)
  let h6 = f0 * g6 + f1 * g5 + f2 * g4 + f3 * g3 + f4 * g2 + f5 * g1 + f6 * g0 + FOLD * (f7 * g11 + f8 * g10 + f9 * g9 + f10 * g8 + f11 * g7)
  let h7 = f0 * g7 + f1 * g6 + f2 * g5 + f3 * g4 + f4 * g3 + f5 * g2 + f6 * g1 + f7 * g0 + FOLD * (f8 * g11 + f9 * g10 + f10 * g9 + f11 * g8)
  let h8 = f0 * g8 + f1 * g7 + f2 * g6 + f3 * g5 + f4 * g4 + f5 * g3 + f6 * g2 + f7 * g1 + f8 * g0 + FOLD * (f9 * g11 + f10 * g10 + f11 * g9)
  let h9 = f0 * g9 + f1 * g8 + f2 * g7 + f3 * g6 + f4 * g5 + f5 * g4 + f6 * g3 + f7 * g2 + f8 * g1 + f9 * g0 + FOLD * (f10 * g11 + f11 * g10)
  let h10 = f0 * g10 + f1 * g9 + f2 * g8 + f3 * g7 + f4 * g6 + f5 * g5 + f6 * g4 + f7 * g3 + f8 * g2 + f9 * g1 + f10 * g0 + FOLD * (f11 * g11)
  let h11 = f0 * g11 + f1 * g10 + f2 * g9 + f3 * g8 + f4 * g7 + f5 * g6 + f6 * g5 + f7 * g4 + f8 * g3 + f9 * g2 + f10 * g1 + f11 * g0
  let c
  c = h0 + ROUND_0 - ROUND_0; h0 -= c; h1 += c
  c = h6 + ROUND_6 - ROUND_6; h6 -= c; h7 += c
  c = h1 + ROUND_1 - ROUND_1; h1 -= c; h2 += c
  c = h7 + ROUND_7 - ROUND_7; h7 -= c; h8 += c
  c = h2 + ROUND_2 - ROUND_2; h2 -= c; h3 += c
  c = h8 + ROUND_8 - ROUND_8; h8 -= c; h9 += c
  c = h3 + ROUND_3 - ROUND_3; h3 -= c; h4 += c
  c = h9 + ROUND_9 - ROUND_9; h9 -= c; h10 += c
  c = h4 + ROUND_4 - ROUND_4; h4 -= c; h5 += c
  c = h10 + ROUND_10 - ROUND_10; h10 -= c; h11 += c
  c = h5 + ROUND_5 - ROUND_5; h5 -= c; h6 += c
  c = h11 + ROUND_11 - ROUND_11; h11 -= c; h0 += FOLD * c
  c = h6 + ROUND_6 - ROUND_6; h6 -= c; h7 += c
  c = h0 + ROUND_0 - ROUND_0; h0 -= c; h1 += c
  out[0] = h0; out[1] = h1; out[2] = h2; out[3] = h3
  out[4] = h4; out[5] = h5; out[6] = h6; out[7] = h7
  out[8] = h8; out[9] = h9; out[10] = h10; out[11] = h11
}

/** f · f, reduced. */
export function square (out: Element, f: Element): void {
  const f0 = f[0]!, f1 = f[1]!, f2 = f[2]!, f3 = f[3]!, f4 = f[4]!, f5 = f[5]!, f6 = f[6]!, f7 = f[7]!, f8 = f[8]!, f9 = f[9]!, f10 = f[10]!, f11 = f[11]!
  const d0 = f0 + f0, d1 = f1 + f1, d2 = f2 + f2, d3 = f3 + f3, d4 = f4 + f4, d5 = f5 + f5, d6 = f6 + f6, d7 = f7 + f7, d8 = f8 + f8, d9 = f9 + f9, d10 = f10 + f10
  let h0 = f0 * f0 + FOLD * (d1 * f11 + d2 * f10 + d3 * f9 + d4 * f8 + d5 * f7 + f6 * f6)
  let h1 = d0 * f1 + FOLD * (d2 * f11 + d3 * f10 + d4 * f9 + d5 * f8 + d6 * f7)
  let h2 = d0 * f2 + f1 * f1 + FOLD * (d3 * f11 + d4 * f10 + d5 * f9 + d6 * f8 + f7 * f7)
  let h3 = d0 * f3 + d1 * f2 + FOLD * (d4 * f11 + d5 * f10 + d6 * f9 + d7 * f8)
  let h4 = d0 * f4 + d1 * f3 + f2 * f2 + FOLD * (d5 * f11 + d6 * f10 + d7 * f9 + f8 * f8)
  let h5 = d0 * f5 + d1 * f4 + d2 * f3 + FOLD * (d6 * f11 + d7 * f10 + d8 * f9)
  let h6 = d0 * f6 + d1 * f5 + d2 * f4 + f3 * f3 + FOLD * (d7 * f11 + d8 * f10 + f9 * f9)
  let h7 = d0 * f7 + d1 * f6 + d2 * f5 + d3 * f4 + FOLD * (d8 * f11 + d9 * f10)
  let h8 = d0 * f8 + d1 * f7 + d2 * f6 + d3 * f5 + f4 * f4 + FOLD * (d9 * f11 + f10 * f10)
  let h9 = d0 * f9 + d1 * f8 + d2 * f7 + d3 * f6 + d4 * f5 + FOLD * (d10 * f11)
  let h10 = d0 * f10 + d1 * f9 + d2 * f8 + d3 * f7 + d4 * f6 + f5 * f5 + FOLD * (f11 * f11)
  let h11 = d0 * f11 + d1 * f10 + d2 * f9 + d3 * f8 + d4 * f7 + d5 * f6
  let c
  c = h0 + ROUND_0 - ROUND_0; h0 -= c; h1 += c
  c = h6 + ROUND_6 - ROUND_6; h6 -= c; h7 += c
  c = h1 + ROUND_1 - ROUND_1; h1 -= c; h2 += c
  c = h7 + ROUND_7 - ROUND_7; h7 -= c; h8 += c
  c = h2 + ROUND_2 - ROUND_2; h2 -= c; h3 += c
  c = h8 + ROUND_8 - ROUND_8; h8 -= c; h9 += c
  c = h3 + ROUND_3 - ROUND_3; h3 -= c; h4 += c
  c = h9 + ROUND_9 - ROUND_9; h9 -= c; h10 += c
  c = h4 + ROUND_4 - ROUND_4; h4 -= c; h5 += c
  c = h10 + ROUND_10 - ROUND_10; h10 -= c; h11 += c
  c = h5 + ROUND_5 - ROUND_5; h5 -= c; h6 += c
  c = h11 + ROUND_11 - ROUND_11; h11 -= c; h0 += FOLD * c
  c = h6 + ROUND_6 - ROUND_6; h6 -= c; h7 += c
  c = h0 + ROUND_0 - ROUND_0; h0 -= c; h1 += c
  out[0] = h0; out[1] = h1; out[2] = h2; out[3] = h3
  out[4] = h4; out[5] = h5; out[6] = h6; out[7] = h7
  out[8] = h8; out[9] = h9; out[10] = h10; out[11] = h11
}

/** f^(p − 2): 254 squarings and 11 multiplications. */
export function invert (out: Element, f: Element): void {
  const { to250, f11 } = powers(f)
  out.set(times(squarings(to250, 5), f11))
}

/** f^((p − 5) / 8), for square roots (RFC 8032 §5.1.3). */
export function powerForRoot (f: Element): Element {
  return times(squarings(powers(f).to250, 2), f)
}

function powers (f: Element): { to250: Element, f11: Element } {
  const f2 = squarings(f, 1)
  const f9 = times(squarings(f2, 2), f)
  const f11 = times(f9, f2)
  const to5 = times(squarings(f11, 1), f9)
  const to10 = times(squarings(to5, 5), to5)
  const to20 = times(squarings(to10, 10), to10)
  const to40 = times(squarings(to20, 20), to20)
  const to50 = times(squarings(to40, 10), to10)
  const to100 = times(squarings(to50, 50), to50)
  const to200 = times(squarings(to100, 100), to100)
  return { to250: times(squarings(to200, 50), to50), f11 }
}

function squarings (f: Element, count: number): Element {
  const out = f.slice()
  for (let i = 0; i < count; i++) square(out, out)
  return out
}

/** f · g as a new element. */
export function times (f: Element, g: Element): Element {
  const out = element()
  multiply(out, f, g)
  return out
}

/** @param bytes 32, little-endian; the top bit is ignored, a value of p or more is taken modulo p */
export function fromBytes (bytes: Uint8Array): Element {
  let value = 0n
  for (let i = 31; i >= 0; i--) value = (value << 8n) | BigInt(i === 31 ? bytes[i]! & 0x7f : bytes[i]!)
  const f = element()
  for (let i = 0; i < LIMBS; i++) f[i] = Number(BigInt.asUintN(BIT[i + 1]! - BIT[i]!, value >> BigInt(BIT[i]!))) * 2 ** BIT[i]!
  // unsigned limbs are twice what a reduced element may have
  carry(f)
  return f
}

/** 32 bytes, little-endian, canonical. */
export function toBytes (f: Element): Uint8Array {
  let value = 0n
  for (let i = 0; i < LIMBS; i++) value += BigInt(f[i]!)
  value = ((value % P) + P) % P
  const bytes = new Uint8Array(32)
  for (let i = 0; i < 32; i++) {
    bytes[i] = Number(value & 0xffn)
    value >>= 8n
  }
  return bytes
}
