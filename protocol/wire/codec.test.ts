import assert from 'node:assert/strict'
import { SeededRandom } from '../clock-manual.ts'
import { concat } from '../bytes.ts'
import { fuzz, refusedAs } from '../testing.ts'
import { decode, encode, type WireType } from './codec.ts'
import * as content from './gen/content.js'
import * as envelope from './gen/envelope.js'
import * as log from './gen/log.js'
import * as records from './gen/records.js'
import * as service from './gen/service.js'

type AnyType = Pick<WireType<object>, 'encode' | 'decode'>
const isType = (value: unknown): value is AnyType => typeof value === 'object' && value !== null && 'decode' in value && 'encode' in value
/** Every message of the wire schema. */
const types = Object.entries<unknown>({ ...content, ...envelope, ...log, ...records, ...service }).flatMap(([name, type]) => isType(type) ? [{ name, type }] : [])

describe('codec', () => {
  it('knows all messages of the schema', () => {
    assert.ok(types.length > 30, `${types.length} messages`)
  })

  it('says MALFORMED for a field past the end, a wrong wire type, a wrong tag, a varint without an end', () => {
    for (const bytes of [[0x0a, 5, 1], [0x0b], [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x08]]) {
      assert.throws(() => decode(log.ReadLog, Uint8Array.from(bytes)), refusedAs('MALFORMED'), bytes.join(' '))
    }
  })

  it('says MALFORMED above the limit of a repeated field', () => {
    const one = encode(log.Batch, { envelopes: [Uint8Array.of(1)] })
    assert.equal(decode(log.Batch, concat(...Array.from({ length: 256 }, () => one))).envelopes.length, 256)
    assert.throws(() => decode(log.Batch, concat(...Array.from({ length: 257 }, () => one))), refusedAs('MALFORMED'))
  })

  it('passes by fields that it does not know', () => {
    const newer = concat(encode(log.ReadLog, { fromSeq: 3 }), Uint8Array.of(0xf8, 0x06, 0x01, 0xfa, 0x06, 2, 7, 7))
    assert.equal(decode(log.ReadLog, newer).fromSeq, 3)
  })

  it('reads what is missing as empty, zero or absent', () => {
    const entry = decode(log.Entry, new Uint8Array(0))
    assert.deepEqual([entry.seq, entry.envelope, entry.storedAtMs], [0, undefined, 0])
  })

  for (const { name, type } of types) {
    it(`${name}: broken bytes give a message or MALFORMED`, () => {
      const random = new SeededRandom(name.length * 131)
      const good = [random.bytes(60), Uint8Array.of(8, 1, 18, 3, 1, 2, 3, 26, 2, 8, 1, 34, 0, 40, 7, 50, 1, 97), encode(type, {})]
      fuzz((bytes) => decode(type, bytes), { good: good.filter(({ byteLength }) => byteLength > 0), random, rounds: 300 })
    })
  }
})
