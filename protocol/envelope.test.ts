import assert from 'node:assert/strict'
import { concat } from './bytes.ts'
import { SeededRandom } from './clock-manual.ts'
import { groupConversation, mayBelong, selfConversation } from './conversation.ts'
import { decodeEnvelope, encodeEnvelope } from './envelope.ts'
import { limits } from './limits.ts'
import { fuzz, refusedAs, testAccount, testDevice, testEnvelope } from './testing.ts'
import { encode } from './wire/codec.ts'
import { Envelope as WireEnvelope, type Ciphertext } from './wire/gen/envelope.js'
import { decode } from './wire/codec.ts'

/** The encoded envelope with fields of the wire changed, as a broken or hostile client would send it. */
function changed (fields: Partial<WireEnvelope>): Uint8Array {
  return encode(WireEnvelope, { ...decode(WireEnvelope, encodeEnvelope(testEnvelope())), ...fields })
}
const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const ciphertext = (bytes: number): Ciphertext => ({ device: key(1), kind: 2, bytes: new Uint8Array(bytes) })

describe('envelope', () => {
  it('comes out as it went in', () => {
    for (const envelope of [testEnvelope(), testEnvelope({ kind: 77, expiresAtMs: 1_800_000_000_000, sender: testAccount(2).id, senderDevice: testDevice(9).id })]) {
      assert.deepEqual(decodeEnvelope(encodeEnvelope(envelope)), envelope)
    }
  })

  it('keeps a kind that nobody knows yet, and passes by fields of newer clients', () => {
    const newer = concat(encodeEnvelope(testEnvelope({ kind: 4_000_000_000 })), Uint8Array.of(0xf8, 0x06, 0x01)) // field 111, varint 1
    assert.equal(decodeEnvelope(newer).kind, 4_000_000_000)
  })

  it('is refused above the limit, by who makes it and by who reads it, before it is parsed', () => {
    const room = limits.envelopeBytes - encodeEnvelope(testEnvelope({ ciphertexts: [{ device: testDevice(2).id, kind: 2, bytes: new Uint8Array(200_000) }] })).byteLength + 200_000
    const full = testEnvelope({ ciphertexts: [{ device: testDevice(2).id, kind: 2, bytes: new Uint8Array(room) }] })
    assert.equal(encodeEnvelope(full).byteLength, limits.envelopeBytes)
    decodeEnvelope(encodeEnvelope(full))
    const over = testEnvelope({ ciphertexts: [{ device: testDevice(2).id, kind: 2, bytes: new Uint8Array(room + 1) }] })
    assert.throws(() => encodeEnvelope(over), refusedAs('TOO_LARGE'))
    assert.throws(() => decodeEnvelope(new Uint8Array(limits.envelopeBytes + 1)), refusedAs('TOO_LARGE'))
  })

  it('has at least one ciphertext and at most limits.ciphertexts', () => {
    const many = Array.from({ length: limits.ciphertexts }, () => ({ device: testDevice(2).id, kind: 2, bytes: Uint8Array.of(1) }))
    assert.equal(decodeEnvelope(encodeEnvelope(testEnvelope({ ciphertexts: many }))).ciphertexts.length, limits.ciphertexts)
    assert.throws(() => encodeEnvelope(testEnvelope({ ciphertexts: [...many, many[0]!] })), refusedAs('TOO_MANY'))
    const tooMany = concat(encodeEnvelope(testEnvelope({ ciphertexts: many })), encode(WireEnvelope, { ciphertexts: [ciphertext(1)] }))
    assert.throws(() => decodeEnvelope(tooMany), refusedAs('MALFORMED'))
    assert.throws(() => decodeEnvelope(changed({ ciphertexts: [] })), refusedAs('MALFORMED'))
  })

  it('of another version is refused as such, before anything else of it is believed', () => {
    for (const version of [0, 2, 4_294_967_295]) assert.throws(() => decodeEnvelope(changed({ version, conversation: new Uint8Array(3) })), refusedAs('UNSUPPORTED_VERSION'))
  })

  it('is refused when its sender is not in the conversation', () => {
    assert.throws(() => decodeEnvelope(encodeEnvelope(testEnvelope({ sender: testAccount(3).id }))), refusedAs('BAD_CONVERSATION'))
  })

  describe('of a group', () => {
    const conversation = groupConversation(testAccount(1).id, new Uint8Array(32).fill(5))
    const control = { conversation, kind: 3, ciphertexts: [], control: Uint8Array.of(1, 2, 3) }
    const forAll = { device: undefined, kind: 3, bytes: Uint8Array.of(4) }

    it('has one ciphertext for all, some for a device each, or a change in the clear', () => {
      for (const envelope of [testEnvelope(control), testEnvelope({ conversation, ciphertexts: [forAll] }), testEnvelope({ conversation, sender: testAccount(9).id })]) {
        assert.deepEqual(decodeEnvelope(encodeEnvelope(envelope)), envelope)
      }
    })

    it('with a change is refused when there is something else in it, nothing in it, or no group around it', () => {
      const wrong = [
        testEnvelope({ ...control, ciphertexts: [forAll] }), testEnvelope({ ...control, kind: 1 }), testEnvelope({ conversation, kind: 3, ciphertexts: [] }), testEnvelope({ conversation, kind: 3 })
      ]
      for (const envelope of wrong) assert.throws(() => decodeEnvelope(encodeEnvelope(envelope)), refusedAs('MALFORMED'))
      for (const conversation of [testEnvelope().conversation, selfConversation(testAccount(1).id)]) assert.throws(() => decodeEnvelope(encodeEnvelope(testEnvelope({ ...control, conversation }))), refusedAs('BAD_CONVERSATION'))
    })

    it('names no device beside a sender-key message, and needs one beside any other', () => {
      for (const one of [{ ...forAll, device: testDevice(2).id }, { ...forAll, kind: 2 }]) assert.throws(() => decodeEnvelope(encodeEnvelope(testEnvelope({ conversation, ciphertexts: [one] }))), refusedAs('MALFORMED'))
      assert.throws(() => decodeEnvelope(encodeEnvelope(testEnvelope({ ciphertexts: [forAll] }))), refusedAs('MALFORMED'), 'in a pair')
    })
  })

  it('of an account to itself is written by that account only', () => {
    const conversation = selfConversation(testAccount(1).id)
    assert.deepEqual(decodeEnvelope(encodeEnvelope(testEnvelope({ conversation }))).conversation, conversation)
    assert.throws(() => decodeEnvelope(encodeEnvelope(testEnvelope({ conversation, sender: testAccount(2).id }))), refusedAs('BAD_CONVERSATION'))
  })

  const wrongFields: Array<[string, Partial<WireEnvelope>, Parameters<typeof refusedAs>[0]]> = [
    ['a conversation of another length', { conversation: new Uint8Array(64) }, 'BAD_CONVERSATION'],
    ['a sender that is no account', { senderAccount: new Uint8Array(34).fill(7) }, 'MALFORMED'],
    ['a sender of another length', { senderAccount: new Uint8Array(0) }, 'MALFORMED'],
    ['a device of another length', { senderDevice: new Uint8Array(31) }, 'MALFORMED'],
    ['a message id of another length', { messageId: new Uint8Array(15) }, 'BAD_MESSAGE_ID'],
    ['a message id of another UUID version', { messageId: new Uint8Array(16) }, 'BAD_MESSAGE_ID'],
    ['a ciphertext for no device', { ciphertexts: [{ device: new Uint8Array(0), kind: 1, bytes: new Uint8Array(3) }] }, 'MALFORMED'],
    ['one good and one bad ciphertext', { ciphertexts: [ciphertext(3), { device: new Uint8Array(33), kind: 1, bytes: new Uint8Array(3) }] }, 'MALFORMED']
  ]
  for (const [what, fields, code] of wrongFields) {
    it(`with ${what} is refused as ${code}`, () => {
      assert.throws(() => decodeEnvelope(changed(fields)), refusedAs(code))
    })
  }

  for (const seed of [101, 102, 103]) {
    it(`broken bytes give a ProtocolError or an envelope that keeps the rules (seed ${seed})`, () => {
      const random = new SeededRandom(seed)
      const group = groupConversation(testAccount(1).id, new Uint8Array(32).fill(5))
      const good = [testEnvelope(), testEnvelope({ ciphertexts: [{ device: testDevice(4).id, kind: 2, bytes: new Uint8Array(0) }] }), testEnvelope({ conversation: group, kind: 3, ciphertexts: [], control: new Uint8Array(40) })].map(encodeEnvelope)
      const { refused } = fuzz((bytes) => {
        const envelope = decodeEnvelope(bytes)
        assert.ok(mayBelong(envelope.conversation, envelope.sender))
        assert.ok(envelope.ciphertexts.length <= limits.ciphertexts && envelope.ciphertexts.length > 0 === (envelope.control === undefined))
        assert.match(envelope.messageId, /^[0-9a-f]{12}7/)
      }, { good, random, rounds: 3_000 })
      assert.ok(refused > 500, `${refused} refused`)
    })
  }
})
