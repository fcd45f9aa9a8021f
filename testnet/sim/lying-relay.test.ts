import assert from 'node:assert/strict'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import { FrameReader, encodeFrame, frameTypes } from '../../protocol/frames.ts'
import { accountIdOfKey } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientNotifications } from '../../protocol/methods.ts'
import { decode, encode } from '../../protocol/wire/codec.ts'
import { Pages } from '../../protocol/wire/gen/log.js'
import { LyingRelay, type Lie } from './lying-relay.ts'
import type { Host } from './network.ts'

describe('a lying relay', () => {
  it('tells a device one lie about a log: a second one might undo the first', () => {
    const random = new SeededRandom(1)
    const [one, other] = [0, 1].map(() => accountIdOfKey(random.bytes(32)))
    const { bytes } = pairConversation(one!, other!)
    const [relay, device] = [{}, {}] as [Host, Host]
    const told: Lie[] = []
    const liar = new LyingRelay({ mayTell: () => true, onTold: (lie) => { told.push(lie) } })
    liar.plan('alter', relay, device)
    liar.plan('alter', relay, device)
    const envelope = random.bytes(100)
    const frame = encodeFrame(frameTypes.notification, clientNotifications.deliver.id, 0, encode(Pages, { pages: [{ conversation: bytes, epoch: 1, entries: [{ seq: 1, envelope, storedAtMs: 0 }], head: 1 }] }))
    const [changed] = new FrameReader(limits.frameBytes).push(liar.tamper(relay, device, frame))
    assert.notDeepEqual(Buffer.from(decode(Pages, changed!.body).pages[0]!.entries[0]!.envelope!), Buffer.from(envelope))
    assert.equal(told.length, 1)
  })

  it('an entry that is left out at the end is only kept back, until something else is given its number', () => {
    const random = new SeededRandom(1)
    const [one, other] = [0, 1].map(() => accountIdOfKey(random.bytes(32)))
    const { bytes } = pairConversation(one!, other!)
    const [relay, device] = [{}, {}] as [Host, Host]
    const liar = new LyingRelay({ mayTell: () => true, onTold: () => {} })
    liar.plan('drop', relay, device)
    const give = (...seqs: number[]): number[] => {
      const entries = seqs.map((seq) => ({ seq, envelope: random.bytes(100), storedAtMs: 0 }))
      const frame = encodeFrame(frameTypes.notification, clientNotifications.deliver.id, 0, encode(Pages, { pages: [{ conversation: bytes, epoch: 1, entries, head: seqs.at(-1)! }] }))
      const [changed] = new FrameReader(limits.frameBytes).push(liar.tamper(relay, device, frame))
      return decode(Pages, changed!.body).pages[0]!.entries.map(({ seq }) => seq)
    }
    assert.deepEqual(give(1), [])
    assert.equal(liar.lies[0]!.isTold, false)
    assert.deepEqual(give(2, 3), [1, 2])
    assert.equal(liar.lies[0]!.isTold, true)
  })
})
