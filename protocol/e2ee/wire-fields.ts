/**
 * The small part of protobuf that Signal's messages need: fields of varint (uint32) or bytes, each at most once.
 *
 * Strict where a general reader is lenient, because the MAC covers the bytes and not their meaning: fields stand in
 * rising order, none is unknown, varints are minimal, lengths are bounded by the input. Anything else is MALFORMED.
 */
import { concat } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'

export interface Fields {
  readonly numbers: ReadonlyMap<number, number>
  readonly bytes: ReadonlyMap<number, Uint8Array>
}

const VARINT = 0
const BYTES = 2
const UINT32_MAX = 0xffffffff

/**
 * @param numbers fields that are uint32
 * @param byteStrings fields that are bytes, with the most bytes each may have
 * @returns views into `input`, not copies
 */
export function readFields (input: Uint8Array, numbers: readonly number[], byteStrings: Readonly<Record<number, number>>): Fields {
  const found = { numbers: new Map<number, number>(), bytes: new Map<number, Uint8Array>() }
  let offset = 0
  let last = 0

  function varint (): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = input[offset++]
      if (byte === undefined) throw malformed('truncated')
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) {
        if (byte === 0 && shift > 0) throw malformed('number not minimal')
        if (value > UINT32_MAX) throw malformed('number too large')
        return value
      }
    }
    throw malformed('number too long')
  }

  while (offset < input.byteLength) {
    const tag = varint()
    const field = tag >>> 3
    if (field <= last) throw malformed('field order')
    last = field
    if ((tag & 7) === VARINT && numbers.includes(field)) {
      found.numbers.set(field, varint())
      continue
    }
    const max = byteStrings[field]
    if ((tag & 7) !== BYTES || max === undefined) throw malformed('unknown field')
    const length = varint()
    if (length > max || length > input.byteLength - offset) throw malformed('length')
    found.bytes.set(field, input.subarray(offset, offset + length))
    offset += length
  }
  return found
}

export function numberField (field: number, value: number): Uint8Array {
  return concat(varintBytes(field << 3 | VARINT), varintBytes(value))
}

export function bytesField (field: number, value: Uint8Array): Uint8Array {
  return concat(varintBytes(field << 3 | BYTES), varintBytes(value.byteLength), value)
}

export function requiredNumber (fields: Fields, field: number): number {
  const value = fields.numbers.get(field)
  if (value === undefined) throw malformed('missing field')
  return value
}

export function requiredBytes (fields: Fields, field: number): Uint8Array {
  const value = fields.bytes.get(field)
  if (value === undefined) throw malformed('missing field')
  return value
}

function varintBytes (value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > UINT32_MAX) throw new ProtocolError('MALFORMED', { what: 'number out of range' })
  const out: number[] = []
  while (value >= 0x80) {
    out.push((value & 0x7f) | 0x80)
    value = Math.floor(value / 128)
  }
  out.push(value)
  return Uint8Array.from(out)
}

const malformed = (what: string): ProtocolError => new ProtocolError('MALFORMED', { what: `message: ${what}` })
