/**
 * Presence between devices and relays, in virtual time.
 */
import assert from 'node:assert/strict'
import { groupConversation, pairConversation } from '../../protocol/conversation.ts'
import { accountIdToBytes } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods, clientNotifications } from '../../protocol/methods.ts'
import { policyFromWire } from '../../protocol/presence.ts'
import { refusedAs } from '../../protocol/testing.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { World } from '../testing/message-world.ts'
import { PresenceDevice, acquaint, envelopeFrom } from '../testing/presence-device.ts'
import { leaveGraceMs } from './board.ts'
import { warmUpMs } from './local-people.ts'

const graceMs = leaveGraceMs + 1_500

describe('presence', () => {
  let world: World
  let ann: PresenceDevice
  let bob: PresenceDevice

  /** Two who have written to one another. */
  async function two ({ relays }: { relays: 1 | 2 }): Promise<void> {
    world = new World(relays)
    const eu = await world.relay('eu-1')
    const ap = relays === 2 ? await world.relay('ap-1') : eu
    ann = await PresenceDevice.at(world, eu)
    bob = await PresenceDevice.at(world, ap)
    await acquaint(world, ann, bob)
    await world.pass(warmUpMs)
  }

  afterEach(async () => { await world.stop() })

  for (const relays of [1, 2] as const) {
    describe(relays === 1 ? 'at one relay' : 'between two relays', () => {
      beforeEach(async () => { await two({ relays }) })

      it('who is there is told at once, who leaves a little later, with the time', async () => {
        await ann.watch(bob)
        await world.pass(1_000)
        assert.equal(ann.of(bob).state, 'online')
        const leftAtMs = world.clock.nowMs()
        await bob.close()
        await world.pass(graceMs)
        assert.equal(ann.of(bob).state, 'offline')
        assert.ok(Math.abs(ann.of(bob).lastSeenMs - leftAtMs) < 100)
        await world.during(bob.connect())
        await world.pass(2_000)
        assert.equal(ann.of(bob).state, 'online')
      })

      it('a device that goes away for a moment was never gone', async () => {
        await ann.watch(bob)
        await world.pass(2_000)
        const before = ann.toldAtMs.length
        for (let i = 0; i < 20; i++) {
          await bob.close()
          await world.pass(200)
          await world.during(bob.connect())
          await world.pass(200)
        }
        await world.pass(graceMs)
        assert.equal(ann.toldAtMs.length, before)
        assert.equal(ann.of(bob).state, 'online')
      })

      it('somebody who comes and goes all the time costs one notification a second', async () => {
        await ann.watch(bob)
        await world.pass(2_000)
        const before = ann.toldAtMs.length
        const startMs = world.clock.nowMs()
        for (let i = 0; i < 100; i++) {
          bob.setIdle(i % 2 === 0)
          await world.pass(100)
        }
        await world.pass(2_000)
        const told = ann.toldAtMs.slice(before)
        assert.ok(told.length >= 2, 'something is told')
        assert.ok(told.length <= (world.clock.nowMs() - startMs) / 1_000 + 1, `${told.length} notifications`)
        for (let i = 1; i < told.length; i++) assert.ok(told[i]! - told[i - 1]! >= limits.presenceEveryMs - 1, 'a second between two')
        assert.equal(ann.of(bob).state, 'online', 'the last state counts')
      })

      it('idle is away, with the time since when, and active is online again', async () => {
        await ann.watch(bob)
        await world.pass(1_000)
        const idleAtMs = world.clock.nowMs()
        bob.setIdle(true)
        await world.pass(2_000)
        assert.equal(ann.of(bob).state, 'away')
        assert.ok(Math.abs(ann.of(bob).lastSeenMs - idleAtMs) < 100)
        bob.setIdle(false)
        await world.pass(2_000)
        assert.equal(ann.of(bob).state, 'online')
      })

      it('a device that connects again while nobody is there is no sign of its person', async () => {
        await ann.watch(bob)
        await world.pass(5_000)
        bob.setIdle(true)
        await world.pass(2_000)
        const { lastSeenMs } = ann.of(bob)
        await world.pass(60_000)
        await bob.close()
        await world.pass(graceMs)
        await world.during(bob.connect())
        bob.setIdle(true)
        await world.pass(3_000)
        assert.deepEqual(ann.of(bob), { state: 'away', lastSeenMs })
        await bob.close()
        await world.pass(graceMs)
        assert.deepEqual(ann.of(bob), { state: 'offline', lastSeenMs })
      })

      it('a device that falls silent is offline after two heartbeats', async () => {
        await ann.watch(bob)
        await world.pass(2_000)
        bob.isSilent = true
        await world.pass(limits.heartbeatMs)
        assert.equal(ann.of(bob).state, 'online')
        await world.pass(limits.deadAfterMs + limits.heartbeatMs)
        await world.pass(graceMs)
        assert.equal(ann.of(bob).state, 'offline')
      })

      it('nobody learns anything of people with whom they share no conversation, known or unknown', async () => {
        const eve = await PresenceDevice.at(world, ann.home)
        const nobody = new PresenceDevice(world, bob.home)
        await eve.watch(bob, nobody, ann)
        await world.pass(60_000)
        await bob.close()
        await world.pass(60_000)
        assert.equal(eve.toldAtMs.length, 0)
        assert.deepEqual(eve.told, [])
      })

      it('a conversation that begins later is seen when the watch is asked for again', async () => {
        const eve = await PresenceDevice.at(world, ann.home)
        await eve.watch(bob)
        await world.pass(6_000)
        assert.equal(eve.of(bob).state, 'unknown')
        await acquaint(world, eve, bob)
        await eve.watch(bob)
        await world.pass(3_000)
        assert.equal(eve.of(bob).state, 'online')
      })

      it('nobody is told nothing, and what was shown is taken back', async () => {
        await ann.watch(bob)
        await world.pass(1_000)
        await bob.setPolicy({ online: 'nobody', lastSeen: 'nobody' })
        await world.pass(3_000)
        assert.deepEqual(ann.of(bob), { state: 'unknown', lastSeenMs: 0 })
        const before = ann.toldAtMs.length
        await bob.close()
        await world.pass(graceMs)
        await world.during(bob.connect())
        await world.pass(graceMs)
        assert.equal(ann.toldAtMs.length, before, 'silence')
      })

      it('who shows nothing sees nothing', async () => {
        await ann.watch(bob)
        await world.pass(1_000)
        assert.equal(ann.of(bob).state, 'online')
        await ann.setPolicy({ online: 'nobody', lastSeen: 'nobody' })
        await world.pass(3_000)
        assert.equal(ann.of(bob).state, 'unknown')
        await ann.setPolicy({})
        await world.pass(3_000)
        assert.equal(ann.of(bob).state, 'online')
      })

      it('contacts are those whom the account names, and no others', async () => {
        const dan = await PresenceDevice.at(world, ann.home)
        await acquaint(world, dan, bob)
        await bob.setPolicy({ online: 'contacts', lastSeen: 'contacts', contacts: [dan.account] })
        await ann.watch(bob)
        await dan.watch(bob)
        await world.pass(3_000)
        assert.equal(dan.of(bob).state, 'online')
        assert.equal(ann.of(bob).state, 'unknown')
        await bob.setPolicy({ online: 'contacts', lastSeen: 'contacts', contacts: [ann.account] })
        await world.pass(3_000)
        assert.equal(dan.of(bob).state, 'unknown')
        assert.equal(ann.of(bob).state, 'online')
      })

      it('who is blocked is told nothing although everyone is', async () => {
        await bob.setPolicy({ blocked: [ann.account] })
        await ann.watch(bob)
        await world.pass(5_000)
        assert.equal(ann.toldAtMs.length, 0)
      })

      it('who may know the last time only does not notice that the person is back', async () => {
        await bob.close()
        await world.pass(graceMs)
        await world.during(bob.connect())
        await bob.setPolicy({ online: 'nobody' })
        await ann.watch(bob)
        await world.pass(2_000)
        const { state, lastSeenMs } = ann.of(bob)
        assert.equal(state, 'offline')
        assert.ok(lastSeenMs > 0)
        const before = ann.toldAtMs.length
        bob.setIdle(false)
        await world.pass(30_000)
        assert.equal(ann.toldAtMs.length, before)
        await bob.close()
        await world.pass(graceMs)
        assert.ok(ann.of(bob).lastSeenMs > lastSeenMs + 30_000)
      })

      it('when somebody was last there survives a restart of their relay', async () => {
        await ann.watch(bob)
        await bob.close()
        await world.pass(graceMs)
        const { lastSeenMs } = ann.of(bob)
        assert.ok(lastSeenMs > 0)
        await world.pass(60_000)
        bob.home.crash()
        ann.lose()
        await world.pass(5_000)
        await bob.home.restart()
        await world.during(ann.connect())
        ann.seen.clear()
        await ann.watch(bob)
        await world.pass(warmUpMs + 60_000)
        assert.deepEqual(ann.of(bob), { state: 'offline', lastSeenMs })
      })

      it('several devices are one person: online wins', async () => {
        const tablet = await bob.linkDevice()
        await ann.watch(bob)
        await world.pass(1_000)
        bob.setIdle(true)
        await world.pass(2_000)
        assert.equal(ann.of(bob).state, 'online')
        tablet.setIdle(true)
        await world.pass(2_000)
        assert.equal(ann.of(bob).state, 'away')
        await tablet.close()
        await world.pass(graceMs)
        assert.equal(ann.of(bob).state, 'away')
        await bob.close()
        await world.pass(graceMs)
        assert.equal(ann.of(bob).state, 'offline')
      })

      it('a device that typed hears nothing of it, the other devices of the person do', async () => {
        const tablet = await ann.linkDevice()
        ann.channel.notify(clientNotifications.signal, { envelopes: [envelopeFrom(ann, bob, world, { kind: envelopeKinds.signal })] })
        await world.pass(500)
        assert.equal(ann.signals.length, 0)
        assert.equal(tablet.signals.length, 1)
      })

      it('typing reaches the other person and nobody else, and is not kept', async () => {
        const eve = await PresenceDevice.at(world, ann.home)
        await acquaint(world, bob, ann)
        const typing = envelopeFrom(ann, bob, world, { kind: envelopeKinds.signal })
        ann.channel.notify(clientNotifications.signal, { envelopes: [typing] })
        await world.pass(500)
        if (relays === 2 && bob.signals.length === 0) {
          // The first one had no channel yet; it opened one.
          ann.channel.notify(clientNotifications.signal, { envelopes: [typing] })
          await world.pass(500)
        }
        assert.deepEqual(bob.signals, [typing])
        assert.equal(ann.signals.length + eve.signals.length, 0)
        await bob.close()
        ann.channel.notify(clientNotifications.signal, { envelopes: [envelopeFrom(ann, bob, world, { kind: envelopeKinds.signal })] })
        await world.pass(500)
        await world.during(bob.connect())
        await world.pass(5_000)
        assert.equal(bob.signals.length, 1)
      })
    })
  }

  describe('signals that are wrong', () => {
    beforeEach(async () => { await two({ relays: 2 }) })

    const refused = async (envelopes: Uint8Array[]): Promise<void> => {
      const before = bob.signals.length
      ann.channel.notify(clientNotifications.signal, { envelopes })
      await world.pass(500)
      assert.equal(bob.signals.length, before)
    }

    it('in another name, of another kind, too large, to a conversation of others: none arrives', async () => {
      const eve = await PresenceDevice.at(world, ann.home)
      await acquaint(world, ann, bob)
      await refused([envelopeFrom(ann, bob, world, { kind: envelopeKinds.content })])
      await refused([envelopeFrom(ann, bob, world, { kind: envelopeKinds.signal, sender: eve.account, conversation: pairConversation(eve.account, bob.account) })])
      await refused([envelopeFrom(ann, bob, world, { kind: envelopeKinds.signal, sizeBytes: limits.signalBytes })])
      await refused([envelopeFrom(ann, bob, world, { kind: envelopeKinds.signal, conversation: groupConversation(bob.account, world.random.bytes(32)) })])
    })

    it('is not submitted either', async () => {
      const { outcomes } = await world.during(ann.channel.call(clientMethods.submit, { envelopes: [envelopeFrom(ann, bob, world, { kind: envelopeKinds.signal })] }))
      assert.notEqual(outcomes[0]!.status, 0)
    })

    it('too many: those beyond the quota go nowhere', async () => {
      await acquaint(world, ann, bob)
      for (let i = 0; i < 200; i++) ann.channel.notify(clientNotifications.signal, { envelopes: [envelopeFrom(ann, bob, world, { kind: envelopeKinds.signal })] })
      await world.pass(500)
      assert.ok(bob.signals.length > 0 && bob.signals.length <= 80, `${bob.signals.length} arrived`)
    })
  })

  describe('when the way between two relays is cut', () => {
    beforeEach(async () => { await two({ relays: 2 }) })

    for (const how of ['silent', 'reset'] as const) {
      it(`what was told last is believed for two heartbeats, then nothing, and told again after healing (${how})`, async () => {
        await ann.watch(bob)
        await world.pass(2_000)
        assert.equal(ann.of(bob).state, 'online')
        world.network.cut(ann.home.id, bob.home.id, how)
        await world.pass(limits.heartbeatMs)
        assert.equal(ann.of(bob).state, 'online')
        await world.pass(limits.deadAfterMs)
        assert.equal(ann.of(bob).state, 'unknown')
        world.network.heal(ann.home.id, bob.home.id)
        await world.pass(120_000)
        assert.equal(ann.of(bob).state, 'online')
      })
    }

    it('a relay that dies without a word takes its people with it, and brings them back', async () => {
      await ann.watch(bob)
      await world.pass(2_000)
      bob.home.crash()
      bob.lose()
      await world.pass(limits.deadAfterMs + 15_000)
      assert.equal(ann.of(bob).state, 'unknown')
      await bob.home.restart()
      await world.during(bob.connect())
      await world.pass(90_000)
      assert.equal(ann.of(bob).state, 'online')
    })

    it('a short restart of the other relay is not noticed', async () => {
      await ann.watch(bob)
      await world.pass(2_000)
      const before = ann.toldAtMs.length
      bob.home.crash()
      bob.lose()
      await world.pass(1_000)
      await bob.home.restart()
      await world.pass(1_000)
      await world.during(bob.connect())
      await world.pass(60_000)
      assert.equal(ann.toldAtMs.length, before)
    })
  })

  describe('requests', () => {
    beforeEach(async () => { await two({ relays: 1 }) })

    it('a policy is kept as it was given', async () => {
      const policy = { online: 'contacts', lastSeen: 'nobody', contacts: [bob.account], blocked: [] } as const
      await ann.setPolicy(policy)
      ann.home.crash()
      ann.lose()
      bob.lose()
      await ann.home.restart()
      await world.during(ann.connect())
      assert.deepEqual(policyFromWire(await world.during(ann.channel.call(clientMethods.presencePolicy, {}))), policy)
    })

    it('more people than a device may watch, or than a policy may name, are refused', async () => {
      const many = (count: number): Uint8Array[] => Array.from({ length: count }, () => accountIdToBytes(bob.account))
      await assert.rejects(world.during(ann.channel.call(clientMethods.watchPresence, { accounts: many(limits.presenceWatched + 1).map((account) => ({ account })) })), refusedAs('MALFORMED', 'TOO_MANY'))
      await assert.rejects(world.during(ann.channel.call(clientMethods.setPresencePolicy, { online: 0, lastSeen: 0, contacts: many(limits.presenceContacts + 1), blocked: [] })), refusedAs('MALFORMED', 'TOO_MANY'))
      await assert.rejects(world.during(bob.channel.call(clientMethods.watchPresence, { accounts: [{ account: new Uint8Array(3) }] })), refusedAs('MALFORMED'))
    })

    it('who has not said hello gets nothing', async () => {
      const stranger = new PresenceDevice(world, ann.home)
      await assert.rejects(world.during(stranger.connect().then(async () => { await stranger.watch(bob) })), refusedAs('NOT_AUTHENTICATED', 'NOT_REGISTERED'))
    })
  })
})
