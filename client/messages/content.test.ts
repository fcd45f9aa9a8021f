import assert from 'node:assert/strict'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { pad } from '../../protocol/e2ee/padding.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { accountIdOfKey, deviceIdOfKey, type MessageId } from '../../protocol/ids.ts'
import { encode } from '../../protocol/wire/codec.ts'
import { Content as WireContent } from '../../protocol/wire/gen/content.js'
import { chainStart, decodeChainPoint, encodeChainPoint, extendChain } from './chain.ts'
import { decodeContent, encodeContent, type Content } from './content.ts'

const random = new SeededRandom(3)
const account = (): ReturnType<typeof accountIdOfKey> => accountIdOfKey(random.bytes(32))
const id = (n: number): MessageId => `0190000000007000800000000000${n.toString(16).padStart(4, '0')}` as MessageId

const [alice, bob, carol] = [account(), account(), account()]
const binding = { conversation: pairConversation(alice, bob), messageId: id(1), senderDevice: deviceIdOfKey(random.bytes(32)) }
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
      assert.equal(after.peerList.epoch, 3)
    }
  })

  it('cannot stand for a message that was made later, or for itself', () => {
    for (const standsFor of [id(1), id(2)]) assert.throws(() => decodeContent(encodeContent(binding, content({ kind: 'text', text: 'x', standsFor: [standsFor] })), binding), { code: 'MALFORMED' })
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
