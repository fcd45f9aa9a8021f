/**
 * Padding of what is sealed, so that a relay sees a size class and not a length.
 *
 * Classes: 160 bytes, then 512, 1024, 2048 and so on, doubling. One byte 0x80 follows the content and zeros fill the
 * class (ISO/IEC 7816-4), so that removing it needs no length field.
 */
import { ProtocolError } from '../errors.ts'

const SMALLEST_BYTES = 160
const FIRST_DOUBLED_BYTES = 512
const MARK = 0x80

/** Size class that holds `length` bytes of content and the mark. */
export function paddedLength (length: number): number {
  if (length < SMALLEST_BYTES) return SMALLEST_BYTES
  let size = FIRST_DOUBLED_BYTES
  while (size <= length) size *= 2
  return size
}

/** A new array. */
export function pad (content: Uint8Array): Uint8Array {
  const padded = new Uint8Array(paddedLength(content.byteLength))
  padded.set(content)
  padded[content.byteLength] = MARK
  return padded
}

/** @returns a view into `padded`. @throws ProtocolError MALFORMED when it is not the padding that `pad` makes */
export function unpad (padded: Uint8Array): Uint8Array {
  let end = padded.byteLength - 1
  while (end >= 0 && padded[end] === 0) end--
  if (end < 0 || padded[end] !== MARK || paddedLength(end) !== padded.byteLength) throw new ProtocolError('MALFORMED', { what: 'padding' })
  return padded.subarray(0, end)
}
