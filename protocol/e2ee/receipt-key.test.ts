import assert from 'node:assert/strict'
import { concat, toHex, utf8 } from '../bytes.ts'
import { SeededRandom } from '../clock-manual.ts'
import { groupConversation } from '../conversation.ts'
import { deviceKeyOf } from '../ids.ts'
import { limits } from '../limits.ts'
import { fuzz, refusedAs, testAccount, testDevice } from '../testing.ts'
import { encode } from '../wire/codec.ts'
import { GroupReceiptMarks } from '../wire/gen/group.js'
import { noblePrimitives } from './primitives-noble.ts'
import { nodePrimitives } from './primitives-node.ts'
import { deriveReceiptKey, openReceipt, sealReceipt, type ReceiptHeader } from './receipt-key.ts'

const conversation = groupConversation(testAccount(1).id, new Uint8Array(32).fill(4))
const secret = new Uint8Array(32).fill(5)
const header: ReceiptHeader = { conversation, to: testAccount(1).id, from: testAccount(2).id, device: testDevice(3).id, counter: 7 }
const key = deriveReceiptKey(nodePrimitives, secret, conversation, header.device)
const marks = { deliveredSeq: 1_000_000, readSeq: 999_999, epoch: 3 }

/** Anything sealed by a reader who keeps no rules. */
const sealedAs = (content: Uint8Array): Uint8Array => {
  const good = sealReceipt({ ...nodePrimitives, aesGcmEncrypt: (k, nonce, _, data) => nodePrimitives.aesGcmEncrypt(k, nonce, content, data) }, key, header, marks)
  return good
}

describe('receipt key', () => {
  it('is another one for every secret, group and reading device', () => {
    const other = groupConversation(testAccount(1).id, new Uint8Array(32).fill(6))
    const keys = [key, deriveReceiptKey(nodePrimitives, new Uint8Array(32), conversation, header.device), deriveReceiptKey(nodePrimitives, secret, other, header.device), deriveReceiptKey(nodePrimitives, secret, conversation, testDevice(4).id)]
    assert.equal(new Set(keys.map(toHex)).size, 4)
    assert.ok(keys.every(({ byteLength }) => byteLength === 32))
  })

  it('is made as the page says, on both providers', () => {
    const input = concat(utf8('heliograph receipt key 1\0'), conversation.bytes, deviceKeyOf(header.device))
    assert.deepEqual(key, nodePrimitives.hmacSha256(secret, input))
    assert.deepEqual(deriveReceiptKey(noblePrimitives, secret, conversation, header.device), key)
  })
})

describe('receipt of a group', () => {
  for (const [one, other] of [[nodePrimitives, noblePrimitives], [noblePrimitives, nodePrimitives]] as const) {
    it(`comes out as it went in (${one.name} to ${other.name})`, () => {
      for (const some of [marks, { deliveredSeq: 1, readSeq: 0, epoch: 1 }, { deliveredSeq: 0, readSeq: 0, epoch: 0 }, { deliveredSeq: 0x80, readSeq: 0x80, epoch: 0x80 }, { deliveredSeq: Number.MAX_SAFE_INTEGER, readSeq: Number.MAX_SAFE_INTEGER, epoch: 0xffffffff }]) {
        assert.deepEqual(openReceipt(other, key, header, sealReceipt(one, key, header, some)), some)
      }
    })
  }

  it('has one length, whether something was read or not, and never the same bytes', () => {
    const all = [marks, marks, { ...marks, readSeq: 0 }, { deliveredSeq: 1, readSeq: 0, epoch: 1 }, { deliveredSeq: Number.MAX_SAFE_INTEGER, readSeq: Number.MAX_SAFE_INTEGER, epoch: 0xffffffff }].map((some) => sealReceipt(nodePrimitives, key, header, some))
    assert.deepEqual(new Set(all.map(({ byteLength }) => byteLength)), new Set([60]))
    assert.ok(60 <= limits.groupReceiptBytes)
    assert.equal(new Set(all.map(toHex)).size, all.length)
  })

  it('is good for its header only', () => {
    const sealed = sealReceipt(nodePrimitives, key, header, marks)
    const other = groupConversation(testAccount(1).id, new Uint8Array(32))
    for (const change of [{ conversation: other }, { to: testAccount(3).id }, { from: testAccount(3).id }, { device: testDevice(4).id }, { counter: 8 }, { counter: 7 + 2 ** 32 }]) {
      assert.throws(() => openReceipt(nodePrimitives, key, { ...header, ...change }, sealed), refusedAs('UNDECRYPTABLE'))
    }
    assert.throws(() => openReceipt(nodePrimitives, secret, header, sealed), refusedAs('UNDECRYPTABLE'))
  })

  it('damaged or too large is refused', () => {
    const sealed = sealReceipt(nodePrimitives, key, header, marks)
    for (let at = 0; at < sealed.byteLength; at++) {
      const damaged = sealed.slice()
      damaged[at]! ^= 1
      assert.throws(() => openReceipt(nodePrimitives, key, header, damaged), refusedAs('UNDECRYPTABLE'))
      assert.throws(() => openReceipt(noblePrimitives, key, header, sealed.subarray(0, at)), refusedAs('UNDECRYPTABLE'))
      assert.throws(() => openReceipt(nodePrimitives, key, header, sealed.subarray(0, at)), refusedAs('UNDECRYPTABLE'))
    }
    assert.throws(() => openReceipt(nodePrimitives, key, header, new Uint8Array(limits.groupReceiptBytes + 1)), refusedAs('TOO_LARGE'))
    assert.equal(fuzz((bytes) => openReceipt(nodePrimitives, key, header, bytes), { good: [sealed], random: new SeededRandom(81), rounds: 2_000 }).taken < 20, true)
  })

  it('that says what cannot be is refused', () => {
    const padded = (some: typeof marks): Uint8Array => concat(encode(GroupReceiptMarks, some), Uint8Array.of(0x80, 0, 0))
    assert.deepEqual(openReceipt(nodePrimitives, key, header, sealedAs(padded(marks))), marks)
    for (const content of [new Uint8Array(0), new Uint8Array(32), encode(GroupReceiptMarks, { deliveredSeq: 5, readSeq: 5, epoch: 5 }), padded({ ...marks, readSeq: marks.deliveredSeq + 1 }), concat(padded(marks), Uint8Array.of(1)), Uint8Array.of(0xff, 0xff, 0x80), Uint8Array.of(8, 255, 255, 255, 255, 255, 255, 255, 255, 127, 0x80)]) {
      assert.throws(() => openReceipt(nodePrimitives, key, header, sealedAs(content)), refusedAs('MALFORMED'))
    }
  })
})
