import assert from 'node:assert/strict'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import { decodeEnvelope, encodeEnvelope } from '../../protocol/envelope.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { accountIdToBytes, deviceKeyOf, messageIdFromBytes, messageIdToBytes, type MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { readEnvelopeHeader } from './envelope-header.ts'
import { TestPerson } from '../testing/fixtures.ts'
import { readCandidate } from './submission.ts'

function messageId (random: SeededRandom): MessageId {
  const bytes = random.bytes(16)
  bytes[6] = 0x70 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  return messageIdFromBytes(bytes)
}

function sealed (random: SeededRandom): { bytes: Uint8Array, from: TestPerson, id: MessageId, expiresAtMs: number } {
  const [from, to] = [new TestPerson(random), new TestPerson(random)]
  const id = messageId(random)
  const expiresAtMs = random.pick([0, 1, 2_000_000_000_000])
  const bytes = encodeEnvelope({
    conversation: pairConversation(from.account, to.account),
    sender: from.account,
    senderDevice: from.device.id,
    messageId: id,
    kind: random.below(1_000_000),
    expiresAtMs,
    ciphertexts: Array.from({ length: 1 + random.below(3) }, () => ({ device: to.device.id, kind: 2, bytes: random.bytes(random.below(400)) }))
  })
  return { bytes, from, id, expiresAtMs }
}

/** The code that `read` throws, or undefined. Anything but a ProtocolError fails the test. */
function refusal (read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return error.code
  }
}

describe('envelope header', () => {
  it('reads what decodeEnvelope reads', () => {
    const random = new SeededRandom(5)
    for (let i = 0; i < 50; i++) {
      const { bytes, from, id, expiresAtMs } = sealed(random)
      const header = readEnvelopeHeader(bytes)
      const envelope = decodeEnvelope(bytes)
      assert.deepEqual(header.senderAccount, accountIdToBytes(from.account))
      assert.deepEqual(header.senderDevice, deviceKeyOf(from.device.id))
      assert.deepEqual(header.messageId, messageIdToBytes(id))
      assert.deepEqual(header.conversation, envelope.conversation.bytes)
      assert.deepEqual([header.kind, header.expiresAtMs], [envelope.kind, expiresAtMs])
    }
  })

  it('keeps fields of newer clients out of the way, whatever their wire type', () => {
    const { bytes } = sealed(new SeededRandom(6))
    const newer = Uint8Array.of(20 << 3 & 0xff | 0, 1, 7, ...[0x91, 2, 1, 2, 3, 4, 5, 6, 7, 8], ...[0x9a, 2, 2, 9, 9], ...[0xa5, 2, 1, 2, 3, 4])
    const extended = new Uint8Array([...bytes, ...newer])
    assert.deepEqual(readEnvelopeHeader(extended).messageId, readEnvelopeHeader(bytes).messageId)
    assert.equal(decodeEnvelope(extended).messageId, decodeEnvelope(bytes).messageId)
  })

  it('refuses more ciphertexts than devices can be, and envelopes over the limit', () => {
    const random = new SeededRandom(7)
    const { bytes } = sealed(random)
    const empty = Uint8Array.of(8 << 3 | 2, 0)
    const many = new Uint8Array([...bytes, ...Array.from({ length: limits.ciphertexts }, () => [...empty]).flat()])
    assert.equal(refusal(() => readEnvelopeHeader(many)), 'MALFORMED')
    assert.equal(refusal(() => readEnvelopeHeader(new Uint8Array(limits.envelopeBytes + 1))), 'TOO_LARGE')
  })

  for (const seed of [11, 12, 13]) {
    it(`takes no broken envelope that decodeEnvelope refuses for what a relay routes by (seed ${seed})`, () => {
      const random = new SeededRandom(seed)
      const sources = Array.from({ length: 10 }, () => sealed(random).bytes)
      for (let i = 0; i < 3_000; i++) {
        const bytes = random.pick(sources)
        const broken = bytes.slice(0, random.below(3) === 0 ? random.below(bytes.byteLength) : bytes.byteLength)
        for (let flips = random.below(4); flips > 0 && broken.byteLength > 0; flips--) broken[random.below(Math.min(broken.byteLength, 260))]! ^= 1 << random.below(8)
        const here = refusal(() => readCandidate(broken, 0, 0))
        const there = refusal(() => decodeEnvelope(broken))
        // Only a ciphertext's own fields, and an expiry beyond what JavaScript counts, may be judged differently.
        if (here === undefined && there !== undefined) assert.equal(there, 'MALFORMED', `seed ${seed}, round ${i}`)
        if (here !== undefined && there === undefined) assert.equal(here, 'MALFORMED', `seed ${seed}, round ${i}`)
      }
    })
  }

  it('an expiry is cut to what the relay keeps, and always set', () => {
    const { bytes } = sealed(new SeededRandom(8))
    const nowMs = 1_900_000_000_000
    assert.ok(readCandidate(bytes, 0, 1_000).expiresAtMs <= 1_000)
    const forEver = sealed(new SeededRandom(21))
    const candidate = readCandidate(forEver.bytes, forEver.expiresAtMs === 1 ? 0 : nowMs, 0)
    assert.ok(candidate.expiresAtMs > 0)
  })
})
