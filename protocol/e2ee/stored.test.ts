import assert from 'node:assert/strict'
import { concat, toHex } from '../bytes.ts'
import { isProtocolError } from '../errors.ts'
import { nodePrimitives } from './primitives-node.ts'
import { decodeSessionRecord, encodeSessionRecord } from './stored.ts'
import { heliographProfile } from './suite.ts'
import { seededPrimitives } from './primitives-seeded.ts'
import { TestDevice, talkingPair } from './two-devices.ts'
import type { SessionRecord } from './sessions.ts'

const suite = { profile: heliographProfile, primitives: seededPrimitives(nodePrimitives, 'stored 1') }
const malformed = (error: unknown): boolean => isProtocolError(error, 'MALFORMED')

/** A current and an archived session, skipped keys, several chains, a remembered first message; and one that was just started. */
function records (): SessionRecord[] {
  const { alice, bob } = talkingPair(suite)
  for (let i = 0; i < 3; i++) {
    alice.send('lost')
    bob.receive(alice.send('kept'), alice)
    alice.receive(bob.send('answer'), bob)
  }
  alice.start(bob)
  bob.receive(alice.send('again'), alice)
  const carol = new TestDevice(suite)
  carol.start(new TestDevice(suite, 1), 0)
  return [alice.record!, bob.record!, carol.record!]
}

describe('stored session record', () => {
  it('comes back as it was', () => {
    for (const record of records()) {
      const decoded = decodeSessionRecord(encodeSessionRecord(record))
      assert.deepEqual(decoded, record)
      assert.equal(toHex(encodeSessionRecord(decoded)), toHex(encodeSessionRecord(record)))
    }
  })

  it('without a current session comes back too', () => {
    const record = { ...records()[1]!, current: undefined }
    assert.deepEqual(decodeSessionRecord(encodeSessionRecord(record)), record)
  })

  it('does not share memory with the bytes that it was read from', () => {
    const bytes = encodeSessionRecord(records()[0]!)
    const decoded = decodeSessionRecord(bytes)
    const before = toHex(bytes)
    bytes.fill(0)
    assert.equal(toHex(encodeSessionRecord(decoded)), before)
  })

  it('cut off anywhere, or followed by anything, is refused', () => {
    const bytes = encodeSessionRecord(records()[2]!)
    for (let length = 1; length < bytes.byteLength; length += 3) assert.throws(() => decodeSessionRecord(bytes.subarray(0, length)), malformed, `${length}`)
    assert.throws(() => decodeSessionRecord(new Uint8Array(0)), malformed)
    assert.throws(() => decodeSessionRecord(concat(bytes, Uint8Array.of(0))), malformed)
  })

  it('of a newer format is refused as such', () => {
    const bytes = encodeSessionRecord(records()[0]!)
    bytes[0] = 2
    assert.throws(() => decodeSessionRecord(bytes), (error: unknown) => isProtocolError(error, 'UNSUPPORTED_VERSION'))
  })

  it('of random bytes is refused without a crash and without a large allocation', () => {
    for (let i = 0; i < 500; i++) {
      const bytes = suite.primitives.randomBytes(1 + i)
      bytes[0] = 1
      assert.throws(() => decodeSessionRecord(bytes), malformed)
    }
  })
})
