import assert from 'node:assert/strict'
import { concat, toHex } from '../bytes.ts'
import { ProtocolError, isProtocolError } from '../errors.ts'
import { limits } from '../limits.ts'
import { readPrekeyMessage, readRatchetMessage, writePrekeyMessage } from './messages.ts'
import { nodePrimitives } from './primitives-node.ts'
import { heliographProfile, signalProfile } from './suite.ts'
import { seededPrimitives } from './primitives-seeded.ts'
import { TestDevice, flipped, numberBelow, talkingPair } from './two-devices.ts'

const SEED = 'messages 1'
const suite = { profile: heliographProfile, primitives: seededPrimitives(nodePrimitives, SEED) }

function messages (): { prekey: Uint8Array, ratchet: Uint8Array } {
  const [alice, bob] = [new TestDevice(suite), new TestDevice(suite, 1)]
  alice.start(bob, 0)
  return { prekey: alice.send('first').bytes, ratchet: talkingPair(suite).alice.send('second').bytes }
}

describe('messages', () => {
  const { prekey, ratchet } = messages()

  it('read what was written, and write the same bytes again', () => {
    const { message, ...header } = readPrekeyMessage(suite, prekey)
    assert.equal(toHex(writePrekeyMessage(suite, header, concat(message.authenticated, message.mac))), toHex(prekey))
    assert.equal(header.version, 4)
    assert.equal(header.oneTimePrekeyId, 100)
    assert.equal(readRatchetMessage(ratchet).counter, 0)
  })

  it('start with 44: version 4, from a sender that speaks version 4', () => {
    assert.equal(prekey[0], 0x44)
    assert.equal(ratchet[0], 0x44)
    for (const first of [0x34 + 1, 0x43, 0x54, 0x24, 0x00, 0xff]) {
      const other = ratchet.slice()
      other[0] = first
      assert.throws(() => readRatchetMessage(other), (error: unknown) => isProtocolError(error, 'UNSUPPORTED_VERSION'), `${first}`)
    }
  })

  it('are refused when larger than an envelope, before they are read', () => {
    assert.throws(() => readRatchetMessage(new Uint8Array(limits.envelopeBytes + 1)), (error: unknown) => isProtocolError(error, 'TOO_LARGE'))
    assert.throws(() => readPrekeyMessage(suite, new Uint8Array(limits.envelopeBytes + 1)), (error: unknown) => isProtocolError(error, 'TOO_LARGE'))
  })

  it('are refused with the KEM byte of another profile', () => {
    assert.throws(() => readPrekeyMessage({ ...suite, profile: signalProfile }, prekey), (error: unknown) => isProtocolError(error, 'MALFORMED'))
  })

  it('are refused with KEM fields in version 3 and without them in version 4', () => {
    const { message, ...header } = readPrekeyMessage(suite, prekey)
    const inner = concat(message.authenticated, message.mac)
    const inner3 = inner.slice()
    inner3[0] = 0x34
    assert.throws(() => readPrekeyMessage(suite, writePrekeyMessage(suite, { ...header, version: 3 }, inner3)), (error: unknown) => isProtocolError(error, 'MALFORMED'))
    assert.throws(() => readPrekeyMessage(suite, writePrekeyMessage(suite, { ...header, kem: undefined }, inner)), (error: unknown) => isProtocolError(error, 'MALFORMED'))
    readPrekeyMessage(suite, writePrekeyMessage(suite, { ...header, version: 3, kem: undefined }, inner3))
    assert.throws(() => readPrekeyMessage(suite, writePrekeyMessage(suite, header, inner3)), (error: unknown) => isProtocolError(error, 'MALFORMED'), 'versions differ')
  })

  it('are refused with a ciphertext that AES-CBC cannot have made', () => {
    const { authenticated, mac } = readRatchetMessage(ratchet)
    // the last field is `22 10 ‖ 16 bytes`; make it 15, then none
    for (const length of [15, 0]) {
      const shorter = concat(authenticated.slice(0, -18), Uint8Array.of(0x22, length), new Uint8Array(length), mac)
      assert.throws(() => readRatchetMessage(shorter), (error: unknown) => isProtocolError(error, 'MALFORMED'))
    }
  })

  it(`answer random, cut and flipped bytes with a ProtocolError, or with a message that writes the same bytes (seed ${SEED})`, () => {
    for (let i = 0; i < 4000; i++) {
      const original = i % 2 === 0 ? prekey : ratchet
      const cut = original.subarray(0, numberBelow(suite.primitives, original.byteLength + 1))
      const noise = suite.primitives.randomBytes(1 + numberBelow(suite.primitives, 80))
      noise[0] = 0x44
      for (const bytes of [cut, noise, flipped(original, numberBelow(suite.primitives, original.byteLength), i % 8)]) {
        try {
          const { message, ...header } = readPrekeyMessage(suite, bytes)
          assert.equal(toHex(writePrekeyMessage(suite, header, concat(message.authenticated, message.mac))), toHex(bytes))
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
        }
        try {
          readRatchetMessage(bytes)
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
        }
      }
    }
  })
})
