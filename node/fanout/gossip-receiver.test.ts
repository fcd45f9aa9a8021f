import assert from 'node:assert/strict'
import { concat } from '../../protocol/bytes.ts'
import { ManualClock, SeededRandom, settle } from '../../protocol/clock-manual.ts'
import { groupConversation, type GroupConversation } from '../../protocol/conversation.ts'
import { encodeEnvelope } from '../../protocol/envelope.ts'
import { messageIdFromBytes, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { rates } from '../../protocol/limits.ts'
import { logTopic } from '../../protocol/protocols.ts'
import { GossipPage, type Page, type Position } from '../../protocol/wire/gen/log.js'
import { decode, encode } from '../../protocol/wire/codec.ts'
import type { Group } from '../groups/group.ts'
import { Log } from '../log/log.ts'
import type { GossipVerdict } from '../mesh/mesh.ts'
import { TokenBuckets } from '../people/buckets.ts'
import { TestPerson, signing, testRelay } from '../testing/fixtures.ts'
import { CountingMeter } from '../testing/counting-meter.ts'
import { silentLogger } from '../watch/logger.ts'
import { shardOf, signGossipPage } from './gossip-page.ts'
import { GossipReceiver, pageCost } from './gossip-receiver.ts'
import { Roads } from './roads.ts'

describe('gossip receiver', () => {
  const random = new SeededRandom(71)
  const [sequencer, other, here] = [testRelay(random), testRelay(random), testRelay(random)]
  const founder = new TestPerson(random)
  let clock: ManualClock
  let homes: Map<AccountId, RelayId>
  let kept: Map<string, Log>
  let topics: Map<string, (message: Uint8Array) => GossipVerdict>
  let taken: number
  let confirmed: Position[]
  let meter: CountingMeter
  let receiver: GossipReceiver
  let buckets: TokenBuckets
  /** What `take` waits for. */
  let isDone: Promise<void>
  /** Signatures that were checked. */
  let checks: number

  beforeEach(() => {
    clock = new ManualClock()
    homes = new Map([[founder.account, sequencer.id]])
    kept = new Map()
    topics = new Map()
    taken = 0
    checks = 0
    confirmed = []
    meter = new CountingMeter()
    isDone = Promise.resolve()
    const placement = {
      primaryOf: (account: AccountId) => homes.get(account),
      isSequencer: () => false, anchorOf: ({ anchor }: { anchor: AccountId }) => anchor,
      relaysOf: () => [],
      groupOf: () => ({ state: { members: { size: 100 } } }) as Group
    }
    buckets = new TokenBuckets({ clock })
    const components = {
      mesh: { self: here.id, subscribe: (topic: string, onMessage: (message: Uint8Array) => GossipVerdict) => { assert.ok(!topics.has(topic), 'a topic is subscribed once'); topics.set(topic, onMessage) } },
      logs: { peek: (id: string) => kept.get(id) },
      placement,
      roads: new Roads({ clock, placement }),
      take: async (page: Page) => { taken++; await isDone; return { conversation: page.conversation, epoch: page.epoch, seq: page.head } },
      confirmations: { note: (_relay: RelayId, position: Position) => { confirmed.push(position) } },
      buckets,
      clock,
      signing: { ...signing, ed25519Verify: (...args: Parameters<typeof signing.ed25519Verify>) => { checks++; return signing.ed25519Verify(...args) } },
      logger: silentLogger,
      meter
    }
    receiver = new GossipReceiver(components)
  })

  const noBytes = new Uint8Array(0)
  const newGroup = (by = founder): GroupConversation => groupConversation(by.account, random.bytes(32))

  function keep (group: GroupConversation): void {
    const log = new Log(group, undefined, { usedBytes: 0, maxBytes: 1e9 })
    kept.set(group.id, log)
    receiver.follow(log)
    receiver.follow(log)
  }

  function page (group: GroupConversation, { by = sequencer, count = 1, from = 1 } = {}): Uint8Array {
    const entries = Array.from({ length: count }, (_, i) => {
      const id = random.bytes(16)
      id[6] = 0x70
      id[8] = 0x80
      const envelope = encodeEnvelope({ conversation: group, sender: founder.account, senderDevice: founder.device.id, messageId: messageIdFromBytes(id), kind: 1, expiresAtMs: 0, ciphertexts: [{ device: undefined, kind: 3, bytes: random.bytes(10) }] })
      return { seq: from + i, envelope, storedAtMs: 1 }
    })
    return signGossipPage(signing, { conversation: group.bytes, epoch: 1, entries, head: from + count - 1 }, by.id, by.seed)
  }

  /** What gossipsub is answered. */
  const hear = (group: GroupConversation, message: Uint8Array): GossipVerdict => topics.get(logTopic(shardOf(signing, group.bytes)))!(message)

  it('takes a page of a group that is kept here, passes it on, and confirms it', async () => {
    const group = newGroup()
    keep(group)
    assert.equal(hear(group, page(group, { count: 3 })), 'accept')
    await settle()
    assert.deepEqual([taken, confirmed.map(({ seq }) => seq)], [1, [3]])
  })

  it('passes on what others may need, and does nothing else with it', () => {
    const group = newGroup()
    keep(group)
    kept.clear()
    assert.equal(hear(group, page(group)), 'accept')
    assert.deepEqual([taken, meter.of('heliograph_gossip_pages_total passed-on')], [0, 1])
  })

  it('does not pass on what another than the sequencer has signed, nor its own', () => {
    const group = newGroup()
    keep(group)
    assert.equal(hear(group, page(group, { by: other })), 'ignore')
    assert.equal(hear(group, page(group, { by: here })), 'ignore')
    homes.set(founder.account, other.id)
    assert.equal(hear(group, page(group)), 'ignore', 'it was the sequencer once')
    assert.equal(taken, 0)
  })

  it('rejects what was not signed so, or came on another topic', () => {
    const [group, elsewhere] = [newGroup(), newGroup()]
    keep(group)
    keep(elsewhere)
    const message = page(group)
    message[message.byteLength - 1]! ^= 1
    assert.equal(hear(group, message), 'reject')
    assert.equal(hear(group, page(elsewhere)), 'reject')
  })

  it('a signature that cannot matter is not checked, and forged ones cost a bounded number of checks, none of them to who is named', () => {
    const group = newGroup()
    keep(group)
    hear(group, page(group, { by: other }))
    assert.equal(checks, 0, 'not the sequencer')
    const forged = page(group)
    forged[forged.byteLength - 1]! ^= 1
    const verdicts = Array.from({ length: 4_000 }, () => hear(group, forged))
    assert.equal(checks, 3_000)
    assert.deepEqual([verdicts[0], verdicts.at(-1)], ['reject', 'ignore'])
    buckets.take('forwardPerRelay', sequencer.id, rates.forwardPerRelay.burst)
  }).timeout(20_000)

  it('one relay makes it work off sixteen pages at a time', async () => {
    const group = newGroup()
    keep(group)
    const gate = Promise.withResolvers<void>()
    isDone = gate.promise
    for (let i = 0; i < 20; i++) assert.equal(hear(group, page(group, { from: i + 1 })), 'accept')
    assert.deepEqual([taken, meter.of('heliograph_gossip_pages_total busy')], [16, 4])
    gate.resolve()
    await settle()
    hear(group, page(group, { from: 21 }))
    assert.equal(taken, 17)
  })

  it('a relay that publishes more than it may send is not passed on', async () => {
    const group = newGroup()
    keep(group)
    const message = page(group, { count: 256 })
    const pages = Math.floor(rates.forwardPerRelay.burst / (256 + pageCost))
    for (let i = 0; i < pages; i++) assert.equal(hear(group, message), 'accept')
    assert.equal(hear(group, message), 'ignore')
  }).timeout(20_000)

  it('what others publish again in the name of a relay takes nothing of what it may send directly', () => {
    const group = newGroup()
    keep(group)
    const message = page(group, { count: 256 })
    for (let i = 0; i < 1_000; i++) hear(group, message)
    buckets.take('forwardPerRelay', sequencer.id, rates.forwardPerRelay.burst)
  }).timeout(20_000)

  it('a page in another form of the same bytes is rejected: gossip would carry it again', () => {
    const group = newGroup()
    keep(group)
    const message = page(group)
    assert.equal(hear(group, message), 'accept')
    const unknownField = Uint8Array.of(15 << 3, 1)
    assert.equal(hear(group, concat(message, unknownField)), 'reject')
    const { relay, page: body, signature } = decode(GossipPage, message)
    const parts = [encode(GossipPage, { relay, page: noBytes, signature: noBytes }), encode(GossipPage, { relay: noBytes, page: body, signature }) ]
    assert.equal(hear(group, concat(parts[1]!, parts[0]!)), 'reject')
  })

  it('of groups whose founder nobody knows only so many pages are passed on', async () => {
    const group = newGroup(new TestPerson(random))
    keep(group)
    const message = page(group, { by: other })
    const verdicts = Array.from({ length: 600 }, () => hear(group, message))
    assert.deepEqual([verdicts.filter((one) => one === 'accept').length, verdicts.at(-1)], [500, 'ignore'])
    await clock.advance(1_000)
    assert.equal(hear(group, message), 'accept')
    assert.equal(taken, 0)
  })
})
