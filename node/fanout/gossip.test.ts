import assert from 'node:assert/strict'
import { conversationFromBytes } from '../../protocol/conversation.ts'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { relayKeyOf } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { logTopic } from '../../protocol/protocols.ts'
import { contexts, signBody } from '../../protocol/records/signed.ts'
import { decode, encode } from '../../protocol/wire/codec.ts'
import { GossipPage, Page } from '../../protocol/wire/gen/log.js'
import type { MemoryMesh } from '../mesh/mesh-memory.ts'
import { TestGroup } from '../testing/group-world.ts'
import { signing } from '../testing/fixtures.ts'
import { World, type TestClient, type TestRelayNode } from '../testing/message-world.ts'
import { shardOf, signGossipPage } from './gossip-page.ts'

const wide = 54

/** A wide group over three relays, everybody online; what goes by gossip can be changed on its way. */
class WideGroup {
  readonly world: World
  relays!: TestRelayNode[]
  members!: TestClient[]
  group!: TestGroup
  /** What arrives of one message: nothing, itself, or more. */
  onGossip: (message: Uint8Array, to: TestRelayNode) => Uint8Array[] = (message) => [message]
  heard: Uint8Array[] = []

  constructor (seed: number, conditions: ConstructorParameters<typeof World>[1] = {}) { this.world = new World(seed, conditions) }

  async start (): Promise<this> {
    const { world } = this
    this.relays = [await world.relay('eu-1.example.org'), await world.relay('us-1.example.org'), await world.relay('asia-1.example.org')]
    for (const relay of this.relays) this.#listen(relay)
    this.members = []
    for (let i = 0; i < wide; i++) this.members.push(await world.person(this.relays[i % 3]!))
    this.group = new TestGroup(world, this.members[0]!)
    this.group.create(this.members.slice(1))
    await this.everybodyHas(1)
    // Homes of members are found meanwhile.
    await world.pass(60_000)
    this.heard = []
    return this
  }

  #listen (relay: TestRelayNode): void {
    const mesh = this.meshOf(relay)
    const hear = mesh.hear.bind(mesh)
    mesh.hear = (topic, message) => {
      if (topic !== this.topic) { hear(topic, message); return }
      this.heard.push(message)
      for (const one of this.onGossip(message, relay)) hear(topic, one)
    }
  }

  meshOf (relay: TestRelayNode): MemoryMesh { return this.world.network.meshOf(relay.id)! }
  get shard (): number { return this.group === undefined ? -1 : shardOf(signing, this.group.conversation.bytes) }
  get topic (): string { return logTopic(this.shard) }

  async everybodyHas (count: number, members = this.members): Promise<void> {
    await this.world.until(() => members.every((one) => this.group.shownTo(one).length === count), 180_000, () => `everybody having ${count}`)
  }

  /** What a relay has on disk, as text. */
  async stored (relay: TestRelayNode): Promise<string[]> {
    const entries = await relay.store.readLog(this.group.conversation.id, 1, { maxEntries: 1_000, maxBytes: 1e9 })
    return entries.map(({ epoch, seq, messageId }) => `${epoch}.${seq} ${messageId}`)
  }

  count (relay: TestRelayNode, name: string): number { return relay.meter.of(name) }
}

/** Replicas hold their copies: what everybody has acknowledged is trimmed, so compare what devices saw. */
function assertAgreed ({ members, group }: WideGroup): void {
  const shown = group.shownTo(members[0]!)
  for (const one of members) assert.deepEqual(group.shownTo(one), shown)
  assert.equal(new Set(shown).size, shown.length, 'nothing twice')
}

describe('gossip of a wide group', () => {
  let wideGroup: WideGroup
  afterEach(async () => { await wideGroup.world.stop() })

  it('carries a message to the replicas, each stores it once, and nothing is sent directly', async () => {
    wideGroup = await new WideGroup(31).start()
    const { world, relays, members, group } = wideGroup
    const [eu, us, asia] = relays as [TestRelayNode, TestRelayNode, TestRelayNode]
    const before = wideGroup.count(eu, 'heliograph_replicate_entries_total')
    const taken = [us, asia].map((relay) => wideGroup.count(relay, 'heliograph_replica_entries_total'))
    for (let i = 0; i < 10; i++) {
      group.say(members[0]!)
      await world.pass(300)
    }
    await wideGroup.everybodyHas(11)
    await world.pass(5_000)
    assertAgreed(wideGroup)
    assert.equal(wideGroup.count(eu, 'heliograph_replicate_entries_total'), before, 'the direct road was not needed')
    assert.deepEqual([us, asia].map((relay, i) => wideGroup.count(relay, 'heliograph_replica_entries_total') - taken[i]!), [10, 10])
    assert.ok(wideGroup.count(eu, 'heliograph_gossip_confirmed_total') >= 2)
    assert.deepEqual(relays.map((relay) => wideGroup.count(relay, 'heliograph_gossip_contradictions_total')), [0, 0, 0])
  })

  it('is not waited for by a relay that has to keep the group from now on', async () => {
    wideGroup = await new WideGroup(39).start()
    const { world, members, group } = wideGroup
    const late = await world.relay('africa-1.example.org')
    const newcomer = await world.person(late)
    await group.add(members[0]!, newcomer)
    const startedAtMs = world.clock.nowMs()
    await world.until(() => group.shownTo(newcomer).length === 1)
    assert.ok(world.clock.nowMs() - startedAtMs < 600, `${world.clock.nowMs() - startedAtMs} ms`)
  })

  it('of members of other relays: what they have in their outbox leaves it', async () => {
    wideGroup = await new WideGroup(32).start()
    const { world, relays, members, group } = wideGroup
    for (const one of members.slice(0, 9)) for (let i = 0; i < 3; i++) group.say(one)
    await wideGroup.everybodyHas(28)
    await world.pass(5_000)
    assertAgreed(wideGroup)
    for (const relay of relays) assert.deepEqual(await relay.store.outboxes(), [], relay.name)
    for (const relay of relays.slice(1)) assert.ok(wideGroup.count(relay, 'heliograph_replica_entries_total outbox') >= 9)
  })

  it('that nobody hears is made good for directly, and after that the direct road is taken at once', async () => {
    wideGroup = await new WideGroup(33).start()
    const { world, relays, members, group } = wideGroup
    const before = wideGroup.count(relays[0]!, 'heliograph_replicate_entries_total')
    wideGroup.onGossip = () => []
    group.say(members[0]!)
    await wideGroup.everybodyHas(2)
    assert.equal(wideGroup.count(relays[0]!, 'heliograph_replicate_entries_total'), before + 2)
    const startedAtMs = world.clock.nowMs()
    group.say(members[0]!)
    await wideGroup.everybodyHas(3)
    assert.ok(world.clock.nowMs() - startedAtMs < 500, 'nobody waits for a relay that does not hear')
    wideGroup.onGossip = (message) => [message]
    await world.pass(40_000)
    const direct = wideGroup.count(relays[0]!, 'heliograph_replicate_entries_total')
    group.say(members[0]!)
    await wideGroup.everybodyHas(4)
    await world.pass(5_000)
    assert.equal(wideGroup.count(relays[0]!, 'heliograph_replicate_entries_total'), direct, 'gossip is tried again')
  })

  it('with a gap is filled from the sequencer at the next page', async () => {
    wideGroup = await new WideGroup(34).start()
    const { world, relays, members, group } = wideGroup
    const [, us] = relays as [TestRelayNode, TestRelayNode, TestRelayNode]
    let isLossy = true
    wideGroup.onGossip = (message, to) => isLossy && to === us ? [] : [message]
    const pulls = wideGroup.count(us, 'heliograph_replica_pulls_total')
    group.say(members[0]!)
    await world.pass(200)
    isLossy = false
    group.say(members[0]!)
    await world.pass(400)
    assert.ok(members.every((one) => group.shownTo(one).length === 3), 'within the time that the direct road waits')
    assert.equal(wideGroup.count(us, 'heliograph_replica_pulls_total'), pulls + 1)
  })

  for (const seed of [41, 42, 43]) {
    it(`with loss, duplicates, delay and everybody writing, all end with the same (seed ${seed})`, async function () {
      this.timeout(60_000)
      wideGroup = await new WideGroup(seed, { latencyMs: 20, jitterMs: 80 }).start()
      const { world, relays, members, group } = wideGroup
      const random = new SeededRandom(seed)
      const kept: Uint8Array[] = []
      wideGroup.onGossip = (message) => {
        if (random.below(10) === 0) kept.push(message)
        const old = kept.length > 0 && random.below(5) === 0 ? [kept[random.below(kept.length)]!] : []
        const dice = random.below(10)
        return dice < 3 ? old : dice < 5 ? [message, ...old, message] : [message, ...old]
      }
      let said = 1
      for (let round = 0; round < 20; round++) {
        for (let i = random.below(4); i >= 0; i--) {
          group.say(members[random.below(members.length)]!)
          said++
        }
        await world.pass(random.below(1_500) + 50)
      }
      await wideGroup.everybodyHas(said)
      assertAgreed(wideGroup)
      await world.pass(10_000)
      for (const relay of relays) {
        assert.deepEqual(await relay.store.outboxes(), [])
        assert.equal(wideGroup.count(relay, 'heliograph_gossip_contradictions_total'), 0)
      }
    })
  }

  it('a relay that was cut off has everything after the cut, and so have its people', async () => {
    wideGroup = await new WideGroup(35).start()
    const { world, relays, members, group } = wideGroup
    const [eu, us, asia] = relays as [TestRelayNode, TestRelayNode, TestRelayNode]
    for (const other of [us, asia]) world.network.cut(eu.id, other.id, 'silent')
    for (const one of members.slice(0, 6)) group.say(one)
    await world.pass(90_000)
    const atSequencer = members.filter((_, i) => i % 3 === 0)
    assert.ok(atSequencer.every((one) => group.shownTo(one).length === 3), 'its own people go on')
    for (const other of [us, asia]) world.network.heal(eu.id, other.id)
    await wideGroup.everybodyHas(7)
    assertAgreed(wideGroup)
  })

  it('a replica that is killed and comes back has all of it', async () => {
    wideGroup = await new WideGroup(36).start()
    const { world, relays, members, group } = wideGroup
    const us = relays[1]!
    group.say(members[0]!)
    us.crash()
    group.say(members[0]!)
    await world.pass(5_000)
    await us.restart()
    group.say(members[0]!)
    await wideGroup.everybodyHas(4)
    assertAgreed(wideGroup)
  })

  describe('that lies', () => {
    /** The last page as `signer` might have made it. */
    function forged (signer: TestRelayNode, change: (page: Page) => void): Uint8Array {
      const page = decode(Page, decode(GossipPage, wideGroup.heard.at(-1)!).page)
      change(page)
      return signGossipPage(signing, page, signer.id, signer.seed)
    }

    beforeEach(async () => {
      wideGroup = await new WideGroup(37).start()
      wideGroup.group.say(wideGroup.members[0]!)
      await wideGroup.everybodyHas(2)
    })

    const outcomes = (relay: TestRelayNode, outcome: string): number => wideGroup.count(relay, `heliograph_gossip_pages_total ${outcome}`)

    it('about who signed it is rejected', () => {
      const [eu, us, asia] = wideGroup.relays as [TestRelayNode, TestRelayNode, TestRelayNode]
      const page = decode(GossipPage, forged(us, () => {}))
      wideGroup.meshOf(asia).hear(wideGroup.topic, encode(GossipPage, { ...page, relay: relayKeyOf(eu.id) }))
      assert.equal(outcomes(asia, 'bad-signature'), 1)
      const other = signBody(signing, contexts.relayRecord, page.page, eu.seed)
      wideGroup.meshOf(asia).hear(wideGroup.topic, encode(GossipPage, { ...page, relay: relayKeyOf(eu.id), signature: other }))
      assert.equal(outcomes(asia, 'bad-signature'), 2, 'a signature of another kind of record')
    })

    it('about being the sequencer is not listened to', async () => {
      const [, us, asia] = wideGroup.relays as [TestRelayNode, TestRelayNode, TestRelayNode]
      wideGroup.meshOf(asia).hear(wideGroup.topic, forged(us, (page) => { page.entries[0]!.seq = 3; page.head = 3 }))
      await wideGroup.world.pass(5_000)
      assert.equal(outcomes(asia, 'not-sequencer'), 1)
      assert.ok(wideGroup.members.every((one) => wideGroup.group.shownTo(one).length === 2))
    })

    it('about its number asks the sequencer once, changes nothing, and what is true still arrives', async () => {
      const [eu, us] = wideGroup.relays as [TestRelayNode, TestRelayNode, TestRelayNode]
      const pulls = wideGroup.count(us, 'heliograph_replica_pulls_total')
      for (const seq of [1_000, 2_000, 2 ** 39]) wideGroup.meshOf(us).hear(wideGroup.topic, forged(eu, (page) => { page.entries[0]!.seq = seq; page.head = seq }))
      await wideGroup.world.pass(1_000)
      assert.equal(wideGroup.count(us, 'heliograph_replica_pulls_total'), pulls + 1)
      wideGroup.group.say(wideGroup.members[0]!)
      await wideGroup.everybodyHas(3)
      assertAgreed(wideGroup)
    })

    it('about an entry that is here already is counted and warned of, and nothing is overwritten', async () => {
      const [eu, us] = wideGroup.relays as [TestRelayNode, TestRelayNode, TestRelayNode]
      const [first] = wideGroup.members.filter((_, i) => i % 3 === 1) as [TestClient]
      // A member that has not acknowledged keeps the entry from being trimmed.
      first.holdsBack = true
      wideGroup.group.say(wideGroup.members[0]!)
      await wideGroup.everybodyHas(3)
      await wideGroup.world.pass(3_000)
      const before = await wideGroup.stored(us)
      assert.equal(before.length, 1)
      const truth = wideGroup.heard.at(-1)!
      const other = wideGroup.members[3]!.sealFor(wideGroup.group.conversation).bytes
      wideGroup.meshOf(us).hear(wideGroup.topic, forged(eu, (page) => { page.entries[0]!.envelope = other }))
      await wideGroup.world.pass(1_000)
      assert.equal(wideGroup.count(us, 'heliograph_gossip_contradictions_total'), 1)
      assert.deepEqual(await wideGroup.stored(us), before)
      wideGroup.meshOf(us).hear(wideGroup.topic, truth)
      await wideGroup.world.pass(1_000)
      assert.equal(wideGroup.count(us, 'heliograph_gossip_contradictions_total'), 1, 'a true page again is no lie')
    })

    it('about its form is rejected before anything else', () => {
      const asia = wideGroup.relays[2]!
      const [eu] = wideGroup.relays as [TestRelayNode]
      const bad: Uint8Array[] = [
        Uint8Array.of(10, 200, 1),
        new Uint8Array(2 * limits.gossipPageBytes),
        forged(eu, (page) => { page.entries = [] }),
        forged(eu, (page) => { delete page.entries[0]!.envelope }),
        forged(eu, (page) => { page.entries.push({ ...page.entries[0]!, seq: page.entries[0]!.seq + 2 }) }),
        forged(eu, (page) => { page.conversation = wideGroup.members[0]!.sealFor(wideGroup.group.conversation).bytes.slice(0, 65) })
      ]
      for (const message of bad) wideGroup.meshOf(asia).hear(wideGroup.topic, message)
      assert.equal(outcomes(asia, 'malformed'), bad.length)
    })
  })

  it('spreads groups over 64 topics', () => {
    wideGroup = new WideGroup(38)
    const random = new SeededRandom(38)
    const shards = new Set<number>()
    for (let i = 0; i < 300; i++) {
      const conversation = random.bytes(65)
      conversation[0] = 2
      shards.add(shardOf(signing, conversationFromBytes(conversation).bytes))
    }
    assert.ok(shards.size > 50 && Math.max(...shards) < limits.gossipShards)
  })
})
