import assert from 'node:assert/strict'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { groupConversation, pairConversation } from '../../protocol/conversation.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { pad } from '../../protocol/e2ee/padding.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { accountIdOfKey, deviceIdOfKey, messageIdToBytes, type MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { encode } from '../../protocol/wire/codec.ts'
import { Content as WireContent } from '../../protocol/wire/gen/content.js'
import { chainStart, decodeChainPoint, encodeChainPoint, extendChain } from './chain.ts'
import type { Body } from './bodies.ts'
import { decodeBody, decodeContent, encodeBody, encodeContent, type Content } from './content.ts'

const random = new SeededRandom(3)
const account = (): ReturnType<typeof accountIdOfKey> => accountIdOfKey(random.bytes(32))
const id = (n: number): MessageId => `0190000000007000800000000000${n.toString(16).padStart(4, '0')}` as MessageId

const [alice, bob, carol] = [account(), account(), account()]
const binding = { conversation: pairConversation(alice, bob), messageId: id(1), senderDevice: deviceIdOfKey(random.bytes(32)) }
const binding1000 = { ...binding, messageId: id(1000) }
const content = (body: Content['body']): Content => ({
  sentAtMs: 1_800_000_000_000,
  previous: { epoch: 2, seq: 77, hash: random.bytes(32) },
  senderList: { epoch: 1, hash: random.bytes(32) },
  peerList: { epoch: 3, hash: random.bytes(32) },
  body
})

describe('content of a message', () => {
  it('comes back as it was', () => {
    for (const body of [{ kind: 'text', text: 'grüß dich 👋' }, { kind: 'receipt', stage: 2, ids: [id(1), id(2)] }, { kind: 'text', text: 'again', standsFor: [id(0)] }] as const) {
      const before = content(body)
      const after = decodeContent(encodeContent(binding, before), binding)
      assert.deepEqual(after.body, before.body)
      assert.equal(after.sentAtMs, before.sentAtMs)
      assert.deepEqual(after.previous?.hash, before.previous?.hash)
      assert.equal(after.previous?.seq, 77)
      assert.equal(after.peerList?.epoch, 3)
    }
  })

  it('cannot stand for a message that was made later, or for itself', () => {
    for (const standsFor of [id(1), id(2)]) assert.throws(() => decodeContent(encodeContent(binding, content({ kind: 'text', text: 'x', standsFor: [standsFor] })), binding), { code: 'MALFORMED' })
  })

  it('stands at no place that no log has', () => {
    for (const standsAt of [{ epoch: 0, seq: 1 }, { epoch: 1, seq: 0 }]) assert.throws(() => decodeContent(encodeContent(binding, content({ kind: 'text', text: 'x', standsFor: [id(0)], standsAt })), binding), { code: 'MALFORMED' })
  })

  it('hides its length', () => {
    const length = (text: string): number => encodeContent(binding, content({ kind: 'text', text })).byteLength
    assert.equal(length('a'), length('a'.repeat(60)))
  })

  it('is refused in another envelope', () => {
    const padded = encodeContent(binding, content({ kind: 'text', text: 'hi' }))
    for (const other of [
      { ...binding, conversation: pairConversation(alice, carol) },
      { ...binding, messageId: id(2) },
      { ...binding, senderDevice: deviceIdOfKey(random.bytes(32)) }
    ]) assert.throws(() => decodeContent(padded, other), { code: 'BAD_CONVERSATION' })
  })

  it('of a newer kind is recognised as such, of a newer version refused', () => {
    const bound = { conversation: binding.conversation.bytes, messageId: new Uint8Array(16), senderDevice: new Uint8Array(32) }
    const padded = encodeContent(binding, content({ kind: 'unknown' }))
    assert.deepEqual(decodeContent(padded, binding).body, { kind: 'unknown' })
    assert.throws(() => decodeContent(pad(encode(WireContent, { ...bound, version: 2 })), binding), { code: 'UNSUPPORTED_VERSION' })
  })

  it('random, truncated and flipped bytes are typed errors', () => {
    const good = encodeContent(binding, content({ kind: 'receipt', stage: 1, ids: [id(1)] }))
    for (let i = 0; i < 3_000; i++) {
      const bytes = random.fraction() < 0.3 ? random.bytes(random.below(300)) : good.slice(0, random.fraction() < 0.3 ? random.below(good.byteLength) : good.byteLength)
      if (bytes.byteLength > 0 && random.fraction() < 0.8) bytes[random.below(bytes.byteLength)]! ^= 1 << random.below(8)
      try {
        decodeContent(bytes, binding)
      } catch (error) {
        assert.ok(isProtocolError(error), `${String(error)} (seed ${random.seed}, step ${i})`)
      }
    }
  })

  it('in a group names the membership and no other list; what is not a hash is refused', () => {
    const { peerList: _, ...rest } = content({ kind: 'text', text: 'all' })
    const inGroup = { ...binding, conversation: group }
    const after = decodeContent(encodeContent(inGroup, { ...rest, group: { seq: 9, hash: random.bytes(32) } }), inGroup)
    assert.equal(after.group?.seq, 9)
    assert.equal(after.peerList, undefined)
    assert.throws(() => decodeContent(encodeContent(inGroup, { ...rest, group: { seq: 9, hash: random.bytes(31) } }), inGroup), { code: 'MALFORMED' })
  })
})

const group = groupConversation(alice, random.bytes(32))
const picture = (bytes: number): Uint8Array => Uint8Array.of(0xff, 0xd8, 0xff, ...random.bytes(bytes - 3))
const text = { kind: 'text', text: 'see you at @bob' } as const
/** At least one of every kind, with every field. */
const bodies: Body[] = [
  text,
  {
    ...text,
    standsFor: [id(0)],
    standsAt: { epoch: 7, seq: 2 ** 40 },
    replyTo: { messageId: id(3), author: bob, excerpt: 'e'.repeat(200) },
    mentions: [{ account: bob, start: 0, length: 3 }, { account: carol, start: 11, length: 4 }],
    forwarded: 3,
    expiresAfterS: 5,
    viewOnce: true
  },
  { kind: 'text', text: '', location: { latitude: -33.8567844, longitude: 151.2152967, accuracyM: 12, label: 'Opera' } },
  { kind: 'text', text: '', contact: { name: 'Bob', account: bob, handle: 'bob@eu-1.example.org' } },
  { kind: 'text', text: '', poll: { question: 'when?', options: ['now', 'later'], allowsSeveral: true } },
  { kind: 'receipt', stage: 2, ids: [id(1), id(2)] },
  { kind: 'receipt', stage: 1, ids: [], through: { epoch: 3, seq: 2 ** 40 } },
  { kind: 'reaction', messageId: id(1), emoji: '👋🏽' },
  { kind: 'reaction', messageId: id(1), emoji: '' },
  { kind: 'edit', messageId: id(1), text: 'hi @bob', mentions: [{ account: bob, start: 3, length: 4 }] },
  { kind: 'deletion', messageId: id(1) },
  { kind: 'vote', poll: id(1), options: [0, 11] },
  { kind: 'vote', poll: id(1), options: [] },
  { kind: 'timer', expiresAfterS: 90 * 24 * 3600 },
  { kind: 'timer', expiresAfterS: 0 },
  { kind: 'pin', messageId: id(1), isPinned: true },
  { kind: 'pin', messageId: id(1), isPinned: false },
  { kind: 'viewedOnce', messageId: id(1) },
  { kind: 'groupKeys', group, forDevice: binding.senderDevice, distribution: random.bytes(90), receiptKey: random.bytes(32), profileKeyId: random.bytes(8), profileKey: random.bytes(32), name: 'Alice' },
  { kind: 'groupKeys', group, forDevice: binding.senderDevice },
  { kind: 'resend', group, ids: [id(1)] },
  { kind: 'copy', group, messageId: id(1), content: random.bytes(300) },
  { kind: 'resend', group, ids: [], stretch: { after: { epoch: 1, seq: 5 }, through: { epoch: 2, seq: 2 ** 40 } } },
  { kind: 'copy', group, messageId: id(1), content: random.bytes(300), stoodAt: { epoch: 2, seq: 6 } },
  { kind: 'welcome', snapshot: random.bytes(2_000), profileKeyId: random.bytes(8), profileKey: random.bytes(32), shared: [random.bytes(10), random.bytes(20)] },
  { kind: 'welcome', snapshot: random.bytes(20), profileKeyId: new Uint8Array(0), profileKey: new Uint8Array(0), shared: [] },
  { kind: 'profile', name: 'Alice', about: 'at sea', picture: picture(16 * 1024), version: 2 ** 40 },
  { kind: 'profile', name: '', about: '', picture: new Uint8Array(0), version: 1 },
  { kind: 'sync', facts: [{ key: 'mute/x', value: '{"untilMs":5}', madeAtMs: 1_800_000_000_000 }, { key: 'draft/y', value: '', madeAtMs: 1 }] },
  { kind: 'typing', state: 2 },
  { kind: 'unknown' }
]

describe('bodies', () => {
  it('of every kind come back as they were, inside a message and by themselves', () => {
    for (const body of bodies) {
      assert.deepEqual(decodeContent(encodeContent(binding1000, content(body)), binding1000).body, body)
      assert.deepEqual(decodeBody(encodeBody(body)), body)
    }
  })

  it('with flipped, missing and added bytes are typed errors, or bodies that keep the bounds', () => {
    for (let i = 0; i < 6_000; i++) {
      const good = encodeBody(random.pick(bodies))
      const bytes = good.slice(0, random.fraction() < 0.3 ? random.below(good.byteLength + 1) : good.byteLength)
      for (let n = random.below(4); n > 0 && bytes.byteLength > 0; n--) bytes[random.below(Math.min(bytes.byteLength, 200))] = random.below(256)
      try {
        const body = decodeBody(bytes)
        assert.deepEqual(decodeBody(encodeBody(body)), body)
      } catch (error) {
        assert.ok(isProtocolError(error), `${String(error)} (seed ${random.seed}, step ${i})`)
      }
    }
  })

  const profile = { kind: 'profile', name: '', about: '', picture: new Uint8Array(0), version: 1 } as const
  const location = { latitude: 0, longitude: 0, accuracyM: 0, label: '' }
  const quote = { messageId: id(1), author: bob, excerpt: '' }
  const ids = (count: number): MessageId[] => Array.from({ length: count }, (_, n) => id(n))
  const bad: ReadonlyArray<readonly [string, Body, string]> = [
    ['a text that is too long', { kind: 'text', text: 'x'.repeat(limits.textBytes + 1) }, 'TOO_LARGE'],
    ['an edit that is too long', { kind: 'edit', messageId: id(1), text: 'x'.repeat(limits.textBytes + 1), mentions: [] }, 'TOO_LARGE'],
    ['an edit to nothing', { kind: 'edit', messageId: id(1), text: '', mentions: [] }, 'MALFORMED'],
    ['a long excerpt', { ...text, replyTo: { ...quote, excerpt: 'x'.repeat(201) } }, 'TOO_LARGE'],
    ['a mention behind the end', { ...text, mentions: [{ account: bob, start: 14, length: 2 }] }, 'MALFORMED'],
    ['a mention of nothing', { ...text, mentions: [{ account: bob, start: 3, length: 0 }] }, 'MALFORMED'],
    ['mentions across each other', { ...text, mentions: [{ account: bob, start: 3, length: 4 }, { account: bob, start: 5, length: 4 }] }, 'MALFORMED'],
    ['65 mentions', { kind: 'text', text: 'x'.repeat(99), mentions: Array.from({ length: 65 }, (_, start) => ({ account: bob, start, length: 1 })) }, 'MALFORMED'],
    ['a timer of 4 s', { ...text, expiresAfterS: 4 }, 'MALFORMED'],
    ['a timer of 91 days', { kind: 'timer', expiresAfterS: 91 * 24 * 3600 }, 'MALFORMED'],
    ['a place beyond the pole', { kind: 'text', text: '', location: { ...location, latitude: 90.1 } }, 'MALFORMED'],
    ['a place that is no number', { kind: 'text', text: '', location: { ...location, longitude: NaN } }, 'MALFORMED'],
    ['a label that is too long', { kind: 'text', text: '', location: { ...location, label: 'x'.repeat(257) } }, 'TOO_LARGE'],
    ['a contact with a long name', { kind: 'text', text: '', contact: { name: 'ü'.repeat(129), account: bob, handle: '' } }, 'TOO_LARGE'],
    ['a poll with one option', { kind: 'text', text: '', poll: { question: 'q', options: ['a'], allowsSeveral: false } }, 'MALFORMED'],
    ['a poll with 13 options', { kind: 'text', text: '', poll: { question: 'q', options: [...'abcdefghijklm'], allowsSeveral: false } }, 'MALFORMED'],
    ['a poll with the same option twice', { kind: 'text', text: '', poll: { question: 'q', options: ['a', 'a'], allowsSeveral: false } }, 'MALFORMED'],
    ['a poll without a question', { kind: 'text', text: '', poll: { question: '', options: ['a', 'b'], allowsSeveral: false } }, 'MALFORMED'],
    ['more than one emoji of size', { kind: 'reaction', messageId: id(1), emoji: '👋'.repeat(9) }, 'TOO_LARGE'],
    ['a vote for option 12', { kind: 'vote', poll: id(1), options: [12] }, 'MALFORMED'],
    ['a vote for one option twice', { kind: 'vote', poll: id(1), options: [1, 1] }, 'MALFORMED'],
    ['a receipt through a place of no log', { kind: 'receipt', stage: 1, ids: [], through: { epoch: 1, seq: 0 } }, 'MALFORMED'],
    ['1,001 receipts', { kind: 'receipt', stage: 1, ids: ids(1_001) }, 'TOO_MANY'],
    ['a stretch that goes back', { kind: 'resend', group, ids: [], stretch: { after: { epoch: 1, seq: 5 }, through: { epoch: 2, seq: 5 } } }, 'MALFORMED'],
    ['a stretch of no epoch', { kind: 'resend', group, ids: [], stretch: { after: { epoch: 0, seq: 0 }, through: { epoch: 1, seq: 5 } } }, 'MALFORMED'],
    ['101 requests', { kind: 'resend', group, ids: ids(101) }, 'TOO_MANY'],
    ['a receipt key of 31 bytes', { kind: 'groupKeys', group, forDevice: binding.senderDevice, receiptKey: random.bytes(31) }, 'MALFORMED'],
    ['a profile key without an id', { kind: 'groupKeys', group, forDevice: binding.senderDevice, profileKey: random.bytes(32) }, 'MALFORMED'],
    ['a distribution of 1,025 bytes', { kind: 'groupKeys', group, forDevice: binding.senderDevice, distribution: random.bytes(1_025) }, 'TOO_LARGE'],
    ['keys with a name that is too long', { kind: 'groupKeys', group, forDevice: binding.senderDevice, name: 'x'.repeat(257) }, 'TOO_LARGE'],
    ['a copy of 65 KiB', { kind: 'copy', group, messageId: id(1), content: new Uint8Array(65 * 1024) }, 'TOO_LARGE'],
    ['a snapshot of 65 KiB', { kind: 'welcome', snapshot: new Uint8Array(65 * 1024), profileKeyId: new Uint8Array(0), profileKey: new Uint8Array(0), shared: [] }, 'TOO_LARGE'],
    ['a picture of 16 KiB and a byte', { ...profile, picture: picture(16 * 1024 + 1) }, 'TOO_LARGE'],
    ['a picture that is none', { ...profile, picture: random.bytes(20) }, 'MALFORMED'],
    ['a name that is too long', { ...profile, name: 'x'.repeat(257) }, 'TOO_LARGE'],
    ['a fact with a long key', { kind: 'sync', facts: [{ key: 'x'.repeat(257), value: '', madeAtMs: 1 }] }, 'TOO_LARGE'],
    ['a fact with a long value', { kind: 'sync', facts: [{ key: 'x', value: 'x'.repeat(12 * 1024 + 1), madeAtMs: 1 }] }, 'TOO_LARGE'],
    ['a fact without a key', { kind: 'sync', facts: [{ key: '', value: '', madeAtMs: 1 }] }, 'MALFORMED']
  ]
  for (const [what, body, code] of bad) it(`refuse ${what}`, () => { assert.throws(() => decodeBody(encodeBody(body)), { code }) })

  it('refuse two bodies in one, and keys of something that is no group', () => {
    const wire = encode(WireContent, { deletion: { messageId: messageIdToBytes(id(1)) }, viewedOnce: { messageId: messageIdToBytes(id(1)) } })
    assert.throws(() => decodeBody(wire), { code: 'MALFORMED' })
    assert.throws(() => decodeBody(encode(WireContent, { groupKeys: { group: pairConversation(alice, bob).bytes, forDevice: random.bytes(32) } })), { code: 'BAD_CONVERSATION' })
  })

  it('a text without anything in its place is something of a newer version', () => {
    assert.deepEqual(decodeBody(encodeBody({ kind: 'text', text: '' })), { kind: 'unknown' })
  })
})

describe('chain over a log', () => {
  const digest = (n: number): Uint8Array => nodePrimitives.sha256(Uint8Array.of(n))
  const fold = (order: number[]): Uint8Array => order.reduce((hash, n, i) => extendChain(nodePrimitives, hash, 1, i + 1, digest(n)), chainStart.hash)

  it('differs after a drop, a swap and a replacement, and is the same for the same prefix', () => {
    const all = [[1, 2, 3], [1, 3, 2], [1, 3], [1, 2, 4], [2, 1, 3]].map((order) => fold(order).join())
    assert.equal(new Set(all).size, all.length)
    assert.equal(fold([1, 2, 3]).join(), all[0])
  })

  it('points survive encoding; wrong lengths are refused', () => {
    const point = { epoch: 4, seq: 2 ** 40, hash: digest(1) }
    assert.deepEqual(decodeChainPoint(encodeChainPoint(point)), { ...point, hash: new Uint8Array(point.hash) })
    assert.equal(decodeChainPoint(new Uint8Array(0)), undefined)
    for (const length of [1, 43, 45]) assert.throws(() => decodeChainPoint(new Uint8Array(length)), { code: 'MALFORMED' })
    assert.throws(() => decodeChainPoint(new Uint8Array(44).fill(0xff)), { code: 'MALFORMED' })
  })
})
