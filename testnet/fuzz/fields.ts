/**
 * Where the fields of a protobuf message are, those of messages within it too. Bytes that read as a message count as one: of a
 * fuzzer nobody needs to know better.
 */

/** Numbers of one field: where its tag begins, the length of its value, the value; where the value ends; and where in the list the field around it is (-1: none). */
export const stride = 5
const deepest = 8
const mostFields = 512

/** @returns `stride` numbers a field, outer before inner; empty for what is no message */
export function fieldsOf (bytes: Uint8Array): Int32Array {
  const fields: number[] = []
  read(bytes, 0, bytes.byteLength, -1, 0, fields)
  return Int32Array.from(fields)
}

/** Is it a message to the last byte? Adds its fields, or none. */
function read (bytes: Uint8Array, from: number, to: number, parent: number, depth: number, fields: number[]): boolean {
  const before = fields.length
  let at = from
  while (at < to) {
    const tag = varintAt(bytes, at, to)
    const value = tag === undefined || tag.value < 8 || tag.value >= 1 << 14 || fields.length >= mostFields * stride ? undefined : valueAt(bytes, tag.end, to, tag.value & 7)
    if (value === undefined) {
      fields.length = before
      return false
    }
    const own = fields.length
    fields.push(at, tag!.end, value.from, value.end, parent)
    if ((tag!.value & 7) === 2 && depth < deepest && value.end - value.from >= 2) read(bytes, value.from, value.end, own, depth + 1, fields)
    at = value.end
  }
  return true
}

function valueAt (bytes: Uint8Array, at: number, to: number, wireType: number): { from: number, end: number } | undefined {
  if (wireType === 0) {
    const number = varintAt(bytes, at, to)
    return number === undefined ? undefined : { from: at, end: number.end }
  }
  const length = wireType === 1 ? { value: 8, end: at } : wireType === 5 ? { value: 4, end: at } : wireType === 2 ? varintAt(bytes, at, to) : undefined
  return length === undefined || length.end + length.value > to ? undefined : { from: length.end, end: length.end + length.value }
}

function varintAt (bytes: Uint8Array, at: number, to: number): { value: number, end: number } | undefined {
  let value = 0
  for (let i = 0; i < 10 && at + i < to; i++) {
    const byte = bytes[at + i]!
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return { value, end: at + i + 1 }
  }
  return undefined
}

/** @returns where it ends */
export function writeVarint (bytes: Uint8Array, at: number, value: bigint): number {
  let rest = BigInt.asUintN(64, value)
  for (; rest > 0x7fn; rest >>= 7n) bytes[at++] = Number(rest & 0x7fn) | 0x80
  bytes[at++] = Number(rest)
  return at
}
