/**
 * Byte strings: joining, comparing, printing. Constant-time comparison of secrets is `Primitives.equal`, not here.
 */
import { base32 } from 'multiformats/bases/base32'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export const utf8 = (text: string): Uint8Array => encoder.encode(text)
/** @throws TypeError on bytes that are not UTF-8 */
export const fromUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes)

/** @param byteLength of all `parts` together. An array, not arguments: a stream may come in more chunks than a call can take. */
export function joined (parts: readonly Uint8Array[], byteLength: number): Uint8Array {
  const out = new Uint8Array(byteLength)
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.byteLength
  }
  return out
}

export const concat = (...parts: Uint8Array[]): Uint8Array => joined(parts, parts.reduce((sum, part) => sum + part.byteLength, 0))

/** Not constant time: for public values. */
export function sameBytes (a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false
  for (let i = 0; i < a.byteLength; i++) if (a[i] !== b[i]) return false
  return true
}

/** Lexicographic order, as in the database. */
export function compareBytes (a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.byteLength, b.byteLength)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.byteLength - b.byteLength
}

const hexDigits = utf8('0123456789abcdef')
/** From codes, not digit by digit: V8 keeps a text that was added up as a rope of 2 KB, for as long as somebody has the id. */
export function toHex (bytes: Uint8Array): string {
  const codes = new Uint8Array(2 * bytes.byteLength)
  for (let i = 0; i < bytes.byteLength; i++) {
    codes[2 * i] = hexDigits[bytes[i]! >> 4]!
    codes[2 * i + 1] = hexDigits[bytes[i]! & 15]!
  }
  return codes.byteLength > 256 ? fromUtf8(codes) : mapKey(codes)
}

/**
 * The bytes as a string of as many characters, to be the key of a map: ten times as fast as hex.
 * For ids: at most some hundred bytes.
 */
export const mapKey = (bytes: Uint8Array): string => String.fromCharCode.apply(null, bytes as unknown as number[])

/** Lower-case RFC 4648 without padding, with the multibase prefix `b`. Read again, because the library adds it up (see toHex). */
export const toBase32 = (bytes: Uint8Array): string => fromUtf8(utf8(base32.encode(bytes)))
/** @throws Error on a wrong prefix or character */
export const fromBase32 = (text: string): Uint8Array => base32.decode(text)
