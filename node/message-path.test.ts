import assert from 'node:assert/strict'
import { Channel, Handlers } from '../protocol/channel.ts'
import { pairConversation } from '../protocol/conversation.ts'
import { ERRORS, isProtocolError } from '../protocol/errors.ts'
import type { MessageId } from '../protocol/ids.ts'
import { limits, rates } from '../protocol/limits.ts'
import { clientMethods, clientNotifications, relayMethods } from '../protocol/methods.ts'
import { protocols } from '../protocol/protocols.ts'
import type { Outcome } from '../protocol/wire/gen/log.js'
import { TestPerson, testRelay } from './testing/fixtures.ts'
import { TestClient, World, assertConverged, type TestRelayNode } from './testing/message-world.ts'
import { sendMany } from './testing/worlds.ts'

const entriesKept = async (relay: TestRelayNode, a: TestClient, b: TestClient): Promise<number> =>
  (await relay.store.readLog(pairConversation(a.account, b.account).id, 1, { maxEntries: 1_000, maxBytes: 1e9 })).length

describe('message path', () => {
  let world: World
  beforeEach(() => { world = new World(7) })
  afterEach(async () => { await world.stop() })

  describe('at one relay', () => {
    let relay: TestRelayNode
    let a: TestClient
    let b: TestClient
    beforeEach(async () => {
      relay = await world.relay('eu-1.example.org')
      ;[a, b] = await world.pair(relay, relay)
    })

    it('two people see the same order', async () => {
      const [fromA, fromB] = [sendMany(a, b, 20), sendMany(b, a, 20)]
      await world.pass()
      assertConverged(a, b, fromA, fromB)
      assert.equal(a.duplicates + b.duplicates, 0)
    })

    it('an envelope is answered with its number, and that is its delivery', async () => {
      const [outcome] = await a.submitRaw([a.seal(b.account).bytes])
      assert.deepEqual({ ...outcome }, { status: 0, epoch: 1, seq: 1, retryAfterMs: 0 })
      await world.pass()
      assert.equal(a.deliveries, 0)
      assert.equal(b.deliveries, 1)
    })

    it('what a device sent itself comes as a reference when something else came in between', async () => {
      const fromB = b.send(a)
      const fromA = a.send(b)
      await world.pass()
      assert.deepEqual(a.shownWith(b), [fromB, fromA])
      assert.deepEqual(b.shownWith(a), [fromB, fromA])
      assert.equal(a.deliveries, 2, 'the entry of the other and a reference')
    })

    it('an answer is on the wire before entries with higher numbers', async () => {
      const fromA: MessageId[] = []
      const fromB: MessageId[] = []
      for (let i = 0; i < 30; i++) {
        fromA.push(a.send(b))
        fromB.push(b.send(a))
        await world.pass(1)
      }
      await world.pass(5_000)
      assert.equal(a.lateAnswers + b.lateAnswers, 0)
      assertConverged(a, b, fromA, fromB)
    })

    it('a device that was away gets 1,000 entries in order, within the window', async () => {
      await b.offline()
      const sent = sendMany(a, b, 1_000, { sizeBytes: 3_000 })
      await world.pass(5_000)
      assert.equal(a.sent.length, 1_000)
      b.holdsBack = true
      await b.online()
      await world.pass(1_000)
      const inWindow = b.deliveries
      assert.ok(inWindow > 100 && inWindow < 1_000, `${inWindow} came before anything was acknowledged`)
      b.holdsBack = false
      await b.offline()
      await b.online()
      await world.pass(20_000)
      assertConverged(a, b, sent, [])
    })

    it('a repeat is answered with the first answer and stored once', async () => {
      const sealed = a.seal(b.account)
      const first = await a.submitRaw([sealed.bytes])
      const later = await a.submitRaw([a.seal(b.account).bytes])
      assert.equal(later[0]!.seq, 2)
      assert.deepEqual(await a.submitRaw([sealed.bytes, sealed.bytes]), [...first, ...first])
      assert.equal(await entriesKept(relay, a, b), 2)
    })

    it('a repeat inside one batch, and one that overtakes its first copy to the disk, get the same number', async () => {
      const sealed = a.seal(b.account)
      const answers = await Promise.all([a.submitRaw([sealed.bytes, sealed.bytes]), a.submitRaw([sealed.bytes])])
      assert.deepEqual(answers.flat().map(({ status, seq }) => [status, seq]), [[0, 1], [0, 1], [0, 1]])
    })

    it('message ids that do not rise are stored in the order in which they came', async () => {
      const [low, high] = [a.newMessageId(), a.newMessageId()]
      const outcomes = await a.submitRaw([a.seal(b.account, { messageId: high }).bytes, a.seal(b.account, { messageId: low }).bytes])
      assert.deepEqual(outcomes.map(({ status, seq }) => [status, seq]), [[0, 1], [0, 2]])
      await world.pass()
      assert.deepEqual(b.shownWith(a), [high, low])
    })

    it('what everybody has acknowledged is dropped, and its id is still remembered', async () => {
      const sealed = a.seal(b.account)
      await a.submitRaw([sealed.bytes])
      await world.pass()
      await world.pass(5_000)
      assert.equal(await entriesKept(relay, a, b), 1, 'the sender has not acknowledged its own entry')
      a.channel.notify(clientNotifications.acknowledge, { positions: [{ conversation: pairConversation(a.account, b.account).bytes, epoch: 1, seq: 1 }] })
      await world.pass(5_000)
      assert.equal(await entriesKept(relay, a, b), 0)
      assert.deepEqual((await a.submitRaw([sealed.bytes])).map(({ seq }) => seq), [1])
    })

    it('each wrong envelope of a batch is refused with its own code, and the rest is stored', async () => {
      const stranger = new TestPerson(world.random)
      const nobody = new TestPerson(world.random)
      relay.relay.homes.learn(nobody.home(relay.id).bytes)
      const good = a.seal(b.account)
      const outcomes = await a.submitRaw([
        good.bytes,
        b.seal(a.account).bytes,
        a.seal(b.account, { device: stranger.device }).bytes,
        a.seal(b.account, { expiresAtMs: world.clock.nowMs() - 1 }).bytes,
        a.seal(nobody.account).bytes,
        Uint8Array.of(1, 2, 3),
        a.seal(b.account).bytes
      ])
      assert.deepEqual(outcomes.map(({ status }) => status), [0, ERRORS.NOT_ADMITTED.status, ERRORS.NOT_ADMITTED.status, ERRORS.EXPIRED.status, ERRORS.UNKNOWN_ACCOUNT.status, ERRORS.MALFORMED.status, 0])
      assert.deepEqual([outcomes[0]!.seq, outcomes[6]!.seq], [1, 2])
    })

    it('readLog gives a range again, listLogs the heads; neither of other people', async () => {
      const sent = sendMany(a, b, 5)
      await world.pass()
      const conversation = pairConversation(a.account, b.account).bytes
      const page = await b.channel.call(clientMethods.readLog, { conversation, fromSeq: 3, maxEntries: 2 })
      assert.deepEqual(page.entries.map(({ seq }) => seq), [3, 4])
      assert.equal(page.head, sent.length)
      const { logs } = await b.channel.call(clientMethods.listLogs, {})
      assert.deepEqual(logs.map(({ head, cursor }) => [head, cursor]), [[5, 5]])
      const other = await world.person(relay)
      await assert.rejects(other.channel.call(clientMethods.readLog, { conversation, fromSeq: 1, maxEntries: 1 }), (error) => isProtocolError(error, 'NOT_ADMITTED'))
      assert.deepEqual((await other.channel.call(clientMethods.listLogs, {})).logs, [])
    })

    it('a device over its quota is told when to come again, and nothing was taken', async () => {
      const { burst } = rates.submitPerDevice
      for (let sent = 0; sent < burst; sent += limits.batchEnvelopes) await a.submitRaw(Array.from({ length: Math.min(limits.batchEnvelopes, burst - sent) }, () => a.seal(b.account).bytes))
      const kept = await entriesKept(relay, a, b)
      await assert.rejects(a.submitRaw([a.seal(b.account).bytes]), (error) => isProtocolError(error, 'QUOTA') && error.details.retryAfterMs! > 0)
      assert.equal(await entriesKept(relay, a, b), kept)
    })

    it('a full disk refuses, loses nothing, and goes on when there is space again', async () => {
      const before = sendMany(a, b, 3)
      await world.pass()
      relay.store.setFull(true)
      const during = sendMany(a, b, 5)
      await world.pass(2_000)
      assert.deepEqual(a.sent, before)
      assert.ok(a.refused.includes(ERRORS.STORAGE_FULL.status))
      relay.store.setFull(false)
      const after = sendMany(a, b, 3)
      await world.pass(20_000)
      assertConverged(a, b, [...before, ...during, ...after], [])
    })

    it('a damaged entry of which there is no other copy holds up nothing', async () => {
      await b.offline()
      const sent = sendMany(a, b, 5)
      await world.pass(1_000)
      relay.store.damage(pairConversation(a.account, b.account).id, 3)
      await b.online()
      await world.pass(1_000)
      const conversation = pairConversation(a.account, b.account)
      assert.deepEqual(b.shownWith(a), sent.slice(0, 2))
      assert.deepEqual([...b.logOf(conversation.id).early.keys()], [4, 5])
      const page = await b.channel.call(clientMethods.readLog, { conversation: conversation.bytes, fromSeq: 3, maxEntries: 10 })
      assert.deepEqual(page.entries.map(({ seq }) => seq), [4, 5], 'asked for what is missing, the relay says where it goes on')
      assert.equal(relay.meter.of('heliograph_log_damaged_total lost') > 0, true)
    })

    it('a second device of the account gets the whole envelope of what the first sent', async () => {
      const second = await a.linkDevice()
      const [fromA, fromB] = [sendMany(a, b, 3), sendMany(b, a, 3)]
      await world.pass(1_000)
      assertConverged(a, b, fromA, fromB)
      assert.deepEqual(second.shownWith(b), a.shownWith(b))
    })
  })

  describe('between two relays', () => {
    let eu: TestRelayNode
    let us: TestRelayNode
    /** Anchors at `eu`. */
    let a: TestClient
    let b: TestClient
    beforeEach(async () => {
      eu = await world.relay('eu-1.example.org')
      us = await world.relay('us-1.example.org')
      ;[a, b] = await world.pair(eu, us)
    })

    it('two people see the same order, whoever anchors', async () => {
      const [fromA, fromB] = [sendMany(a, b, 50), sendMany(b, a, 50)]
      await world.pass(5_000)
      assertConverged(a, b, fromA, fromB)
      assert.equal(a.duplicates + b.duplicates, 0)
    })

    it('the outbox is empty once everything stands in the log, and everything is dropped once everybody has it', async () => {
      const [fromA, fromB] = [sendMany(a, b, 10), sendMany(b, a, 10)]
      await world.pass(10_000)
      assertConverged(a, b, fromA, fromB)
      assert.deepEqual(await us.store.outboxes(), [])
      const { id, bytes } = pairConversation(a.account, b.account)
      for (const client of [a, b]) client.channel.notify(clientNotifications.acknowledge, { positions: [{ conversation: bytes, epoch: 1, seq: 20 }] })
      await world.pass(10_000)
      for (const relay of [eu, us]) assert.equal((await relay.store.openLog(id))?.first, 21)
    })

    it('a payload crosses once: what a relay has forwarded comes back as a reference', async () => {
      const fromB = sendMany(b, a, 10)
      await world.pass(5_000)
      assertConverged(a, b, [], fromB)
      assert.equal(us.meter.of('heliograph_replica_entries_total outbox'), 10)
      assert.equal(us.meter.of('heliograph_replica_entries_total page'), 0)
      const fromA = sendMany(a, b, 10)
      await world.pass(5_000)
      assertConverged(a, b, fromA, fromB)
      assert.equal(us.meter.of('heliograph_replica_entries_total outbox'), 10)
      assert.equal(us.meter.of('heliograph_replica_entries_total page'), 10)
      assert.equal(eu.meter.of('heliograph_replica_pulls_total') + us.meter.of('heliograph_replica_pulls_total'), 0)
    })

    it('SENT comes while the other region is cut off; everything arrives in order after healing', async () => {
      const before = [sendMany(a, b, 5), sendMany(b, a, 5)] as const
      await world.pass(2_000)
      for (const kind of ['reset', 'silent'] as const) {
        world.network.cut(eu.id, us.id, kind)
        before[0].push(...sendMany(a, b, 30))
        before[1].push(...sendMany(b, a, 30))
        await world.pass(60_000)
        assert.equal(a.outbox.length + b.outbox.length, 0, 'all SENT')
        world.network.heal(eu.id, us.id)
        await world.pass(90_000)
        assertConverged(a, b, before[0], before[1])
      }
    })

    it('a relay does not forward for people who live elsewhere, nor write a log that it does not sequence', async () => {
      const rogue = testRelay(world.random)
      const mesh = world.network.join(rogue.id)
      await mesh.start()
      const channel = new Channel(await mesh.dial(eu.id, [], protocols.relay, { signal: new AbortController().signal }), { handlers: new Handlers(), clock: world.clock }).start()
      eu.relay.homes.learn(b.person.home(us.id).bytes)
      const forward = async (envelope: Uint8Array): Promise<Outcome> => (await channel.call(relayMethods.forward, { envelopes: [envelope] })).outcomes[0]!
      const moved = await forward(b.seal(a.account).bytes)
      assert.equal(moved.status, ERRORS.MOVED.status)
      assert.deepEqual(moved.record, b.person.home(us.id).bytes)
      assert.equal((await forward(a.seal(b.account).bytes)).status, ERRORS.NOT_ADMITTED.status)
      const { bytes } = pairConversation(a.account, b.account)
      const replicate = channel.call(relayMethods.replicate, { pages: [{ conversation: bytes, epoch: 1, head: 1, entries: [{ seq: 1, envelope: b.seal(a.account).bytes, storedAtMs: 1 }] }] })
      await assert.rejects(replicate, (error) => isProtocolError(error, 'UNKNOWN_ACCOUNT', 'NOT_ADMITTED', 'MOVED'))
      await assert.rejects(channel.call(relayMethods.pull, { conversation: bytes, fromSeq: 1, maxEntries: 10 }), (error) => isProtocolError(error, 'NOT_ADMITTED'))
      assert.equal(await entriesKept(eu, a, b), 0)
    })

    it('a relay over its quota is told when to come again', async () => {
      const rogue = testRelay(world.random)
      const mesh = world.network.join(rogue.id)
      await mesh.start()
      const channel = new Channel(await mesh.dial(eu.id, [], protocols.relay, { signal: new AbortController().signal }), { handlers: new Handlers(), clock: world.clock }).start()
      const { bytes } = pairConversation(a.account, b.account)
      const pull = (): Promise<unknown> => channel.call(relayMethods.pull, { conversation: bytes, fromSeq: 1, maxEntries: limits.pageEntries })
      for (let taken = 0; taken + limits.pageEntries <= rates.forwardPerRelay.burst; taken += limits.pageEntries) {
        await assert.rejects(pull(), (error) => isProtocolError(error, 'NOT_ADMITTED'))
      }
      await assert.rejects(pull(), (error) => isProtocolError(error, 'QUOTA') && error.details.retryAfterMs! > 0)
      const sent = sendMany(b, a, 3)
      await world.pass(5_000)
      assertConverged(a, b, [], sent)
    })

    it('a relay that brings ever newer records of somebody is told to wait long before they keep this one busy', async () => {
      const rogue = testRelay(world.random)
      const mesh = world.network.join(rogue.id)
      await mesh.start()
      const channel = new Channel(await mesh.dial(eu.id, [], protocols.relay, { signal: new AbortController().signal }), { handlers: new Handlers(), clock: world.clock }).start()
      const person = new TestPerson(world.random)
      let taken = 0
      const bring = async (): Promise<void> => {
        for (let epoch = 1; epoch <= 1_500; epoch++) {
          await channel.call(relayMethods.introduce, { homeRecords: [person.home(rogue.id, { epoch }).bytes] })
          taken++
        }
      }
      await assert.rejects(bring(), (error) => isProtocolError(error, 'QUOTA'))
      assert.ok(taken > 100, 'those who really move are few')
    }).timeout(20_000)

    it('a relay that names any number of senders whom nobody knows has a few looked for at a time', async () => {
      const rogue = testRelay(world.random)
      const mesh = world.network.join(rogue.id)
      await mesh.start()
      const channel = new Channel(await mesh.dial(eu.id, [], protocols.relay, { signal: new AbortController().signal }), { handlers: new Handlers(), clock: world.clock }).start()
      const { homes } = eu.relay
      const find = homes.find.bind(homes)
      let [looking, most] = [0, 0]
      homes.find = async (...args) => {
        most = Math.max(most, ++looking)
        return await find(...args).finally(() => { looking-- })
      }
      const envelopes = Array.from({ length: limits.batchEnvelopes }, () => new TestClient(world, new TestPerson(world.random), eu).seal(a.account).bytes)
      const { outcomes } = await world.during(channel.call(relayMethods.forward, { envelopes }))
      assert.ok(outcomes.every(({ status }) => status !== 0))
      assert.ok(most <= 32, `${most} at once`)
    })

    it('an entry whose stored bytes are damaged is fetched from the other relay', async () => {
      await b.offline()
      const sent = sendMany(a, b, 3)
      await world.pass(5_000)
      us.store.damage(pairConversation(a.account, b.account).id, 2)
      await b.online()
      await world.pass(5_000)
      assert.deepEqual(b.shownWith(a), sent)
    })

    it('an entry that is damaged at both relays is left out: neither waits for the other\'s copy', async () => {
      await b.offline()
      const sent = sendMany(a, b, 3)
      await world.pass(5_000)
      const conversation = pairConversation(a.account, b.account)
      for (const relay of [us, eu]) relay.store.damage(conversation.id, 2)
      await b.online()
      await world.pass(30_000)
      assert.deepEqual(b.shownWith(a), sent.slice(0, 1))
      assert.deepEqual([...b.logOf(conversation.id).early.keys()], [3])
    })

    it('who has moved is not served at the old home, gets everything at the new one, and senders follow', async () => {
      const before = sendMany(a, b, 5)
      await world.pass(5_000)
      const asia = await world.relay('asia-1.example.org')
      await b.moveTo(asia, 2)
      await assert.rejects(world.relays[1]!.probeSubmit(b, a), (error) => isProtocolError(error, 'MOVED', 'NOT_REGISTERED', 'NOT_AUTHENTICATED'))
      const after = [sendMany(a, b, 5), sendMany(b, a, 5)] as const
      await world.pass(60_000)
      assertConverged(a, b, [...before, ...after[0]], after[1])
    })

    it('what waits for somebody at the old home is there for the new one, also when the sender has seen it all', async () => {
      const c = await world.person(eu)
      const [low, high] = pairConversation(a.account, c.account).anchor === a.account ? [a, c] as const : [c, a] as const
      await low.offline()
      const sent = sendMany(high, low, 5)
      await world.pass(5_000)
      const { bytes } = pairConversation(low.account, high.account)
      const asia = await world.relay('asia-1.example.org')
      await low.online()
      low.holdsBack = true
      await low.moveTo(asia, 2)
      low.logs.clear()
      low.holdsBack = false
      high.channel.notify(clientNotifications.acknowledge, { positions: [{ conversation: bytes, epoch: 1, seq: 5 }] })
      await world.pass(5_000)
      sent.push(high.send(low))
      await world.pass(30_000)
      assertConverged(high, low, sent, [])
    })

    it('when the anchor moves, its new home goes on with the next number, and nobody sees anything twice', async () => {
      const before = [sendMany(a, b, 5), sendMany(b, a, 5)] as const
      await world.pass(5_000)
      const asia = await world.relay('asia-1.example.org')
      await a.moveTo(asia, 2)
      const after = [sendMany(a, b, 5), sendMany(b, a, 5)] as const
      await world.pass(60_000)
      assertConverged(a, b, [...before[0], ...after[0]], [...before[1], ...after[1]])
      const head = await asia.store.openLog(pairConversation(a.account, b.account).id)
      assert.deepEqual([head?.epoch, head?.head], [2, 20])
    })

    it('the anchor\'s new home answers SENT while it cannot learn how far the log goes, and numbers afterwards', async () => {
      const before = sendMany(a, b, 5)
      await world.pass(5_000)
      const asia = await world.relay('asia-1.example.org')
      world.network.cut(asia.id, us.id)
      await a.moveTo(asia, 2)
      const during = sendMany(a, b, 5)
      await world.pass(20_000)
      assert.equal(a.outbox.length, 0)
      world.network.heal(asia.id, us.id)
      const after = sendMany(a, b, 5)
      await world.pass(90_000)
      assertConverged(a, b, [...before, ...during, ...after], [])
    })

    it('what only the dead home of the anchor kept is taken again from its sender, under the new epoch', async () => {
      await a.offline()
      const lost = b.seal(a.account)
      assert.deepEqual((await world.during(b.submitRaw([lost.bytes]))).map(({ status }) => status), [0])
      await world.pass(5_000)
      // Here it stands in the log, and its own device has it: nothing is kept for anybody.
      assert.equal(await entriesKept(us, a, b), 0)
      eu.crash()
      const asia = await world.relay('asia-1.example.org')
      await a.moveTo(asia, 2)
      // By this its device learns that there is a new epoch.
      const first = a.send(b)
      await world.pass(5_000)
      assert.deepEqual(b.shownWith(a), [lost.messageId, first])
      const again = async (): Promise<Outcome[]> => await world.during(b.submitRaw([lost.bytes]))
      assert.deepEqual((await again()).map(({ status }) => status), [0])
      await world.pass(30_000)
      assert.deepEqual(a.shownWith(b), [first, lost.messageId])
      const head = await asia.store.openLog(pairConversation(a.account, b.account).id)
      assert.deepEqual((await again()).map(({ status, epoch, seq }) => [status, epoch, seq]), [[0, 2, head?.head]], 'a repeat under the same epoch')
      await world.pass(10_000)
      assert.equal((await asia.store.openLog(pairConversation(a.account, b.account).id))?.head, head?.head)
    })

    for (const who of ['anchor', 'other'] as const) {
      it(`a home that is gone for good: what waits for its people reaches them at the new one (${who} moves)`, async () => {
        const [stays, moves, dead] = who === 'anchor' ? [b, a, eu] as const : [a, b, us] as const
        dead.crash()
        const sent = sendMany(stays, moves, 5)
        await world.pass(60_000)
        assert.equal(stays.outbox.length, 0, 'SENT')
        const asia = await world.relay('asia-1.example.org')
        // It says nothing by itself: only the DHT knows where the person lives now.
        await moves.moveTo(asia, 2)
        await world.until(() => moves.shownWith(stays).length === sent.length, 120_000, () => `${moves.shownWith(stays).length} of ${sent.length} shown`)
        assert.deepEqual(moves.shownWith(stays), sent)
      })
    }
  })
})
