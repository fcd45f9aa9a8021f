import assert from 'node:assert/strict'
import { concat, toHex } from '../bytes.ts'
import { isProtocolError } from '../errors.ts'
import { bytesField, numberField, readFields, requiredBytes, requiredNumber } from './wire-fields.ts'
import { fromHex } from './transcripts.ts'

const read = (hex: string): ReturnType<typeof readFields> => readFields(fromHex(hex), [2, 3], { 1: 4, 4: 300 })

describe('wire fields', () => {
  it('read what they write, at the edges of varints', () => {
    for (const value of [0, 1, 127, 128, 16383, 16384, 2 ** 31, 2 ** 32 - 1]) {
      const bytes = numberField(2, value)
      assert.equal(requiredNumber(readFields(bytes, [2], {}), 2), value)
    }
    for (const length of [0, 1, 127, 128, 300]) {
      assert.equal(requiredBytes(readFields(bytesField(4, new Uint8Array(length).fill(7)), [], { 4: 300 }), 4).byteLength, length)
    }
    assert.equal(toHex(concat(bytesField(1, Uint8Array.of(0xaa)), numberField(2, 300))), '0a01aa10ac02')
  })

  it('cannot write a number that is no uint32', () => {
    for (const value of [-1, 2 ** 32, 1.5, NaN]) assert.throws(() => numberField(2, value), (error: unknown) => isProtocolError(error, 'MALFORMED'))
  })

  const refused: Array<[string, string]> = [
    ['truncated tag', '8a'], ['truncated number', '1080'], ['truncated bytes', '0a0401'], ['longer than allowed', '0a050102030405'],
    ['out of order', '1801 1001'], ['twice', '1001 1002'], ['unknown field', '2801'], ['wrong wire type', '0801'], ['bytes for a number', '120100'],
    ['fixed64', '110000000000000000'], ['group', '0b'], ['field 0', '0001'], ['number not minimal', '108000'], ['number above uint32', '10ffffffff1f'],
    ['number too long', '10ffffffffffff01'], ['tag not minimal', '900001'], ['length above uint32', '0affffffff7f']
  ]
  for (const [what, hex] of refused) {
    it(`refuse: ${what}`, () => {
      assert.throws(() => read(hex.replaceAll(' ', '')), (error: unknown) => isProtocolError(error, 'MALFORMED'))
    })
  }

  it('refuse a missing field when it is asked for', () => {
    assert.throws(() => requiredNumber(read(''), 2), (error: unknown) => isProtocolError(error, 'MALFORMED'))
    assert.throws(() => requiredBytes(read(''), 1), (error: unknown) => isProtocolError(error, 'MALFORMED'))
  })
})
