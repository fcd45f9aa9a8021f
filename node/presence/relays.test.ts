/**
 * Presence and signals between relays that lie, for people who move, and in groups.
 */
import assert from 'node:assert/strict'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { groupConversation, type GroupConversation } from '../../protocol/conversation.ts'
import { encodeEnvelope } from '../../protocol/envelope.ts'
import { noHead, signControl, type GroupAct } from '../../protocol/groups/control.ts'
import { defaultSettings } from '../../protocol/groups/membership.ts'
import { stateFromWire } from '../../protocol/groups/snapshot.ts'
import { accountIdToBytes, messageIdFromBytes } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods, clientNotifications, relayMethods, relayNotifications } from '../../protocol/methods.ts'
import { presenceStates } from '../../protocol/presence.ts'
import { protocols } from '../../protocol/protocols.ts'
import { decode } from '../../protocol/wire/codec.ts'
import type { RelayPresences } from '../../protocol/wire/gen/presence.js'
import { Signed } from '../../protocol/wire/gen/records.js'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { signing, testRelay } from '../testing/fixtures.ts'
import { World, type TestRelayNode } from '../testing/message-world.ts'
import { PresenceDevice, acquaint, envelopeFrom } from '../testing/presence-device.ts'
import { leaveGraceMs } from './board.ts'
import { warmUpMs } from './local-people.ts'
import { recheckMs } from './local-watches.ts'

describe('presence between relays', () => {
  let world: World
  let eu: TestRelayNode
  let ap: TestRelayNode
  let ann: PresenceDevice
  let bob: PresenceDevice

  beforeEach(async () => {
    world = new World(5)
    eu = await world.relay('eu-1')
    ap = await world.relay('ap-1')
    ann = await PresenceDevice.at(world, eu)
    bob = await PresenceDevice.at(world, ap)
    await acquaint(world, ann, bob)
    await world.pass(warmUpMs)
  })

  afterEach(async () => { await world.stop() })

  describe('that lie', () => {
    const heard: RelayPresences[] = []

    /** A channel to `relay` as another relay opens it. */
    async function rogueTo (relay: TestRelayNode): Promise<Channel> {
      heard.length = 0
      const mesh = world.network.join(testRelay(world.random).id)
      await mesh.start()
      const stream = await world.during(mesh.dial(relay.id, [], protocols.relay, { signal: AbortSignal.any([]) }))
      return new Channel(stream, { handlers: new Handlers().onNotification(relayNotifications.presence, (body) => { heard.push(body) }), clock: world.clock }).start()
    }

    const pair = (watched: PresenceDevice, watcher: PresenceDevice): { account: Uint8Array, watcher: Uint8Array } => ({ account: accountIdToBytes(watched.account), watcher: accountIdToBytes(watcher.account) })

    it('who asks for people of others is told nothing, and is not told why', async () => {
      const rogue = await rogueTo(ap)
      const stranger = new PresenceDevice(world, ap)
      const answer = await world.during(rogue.call(relayMethods.watchPresence, { isAnew: true, add: [pair(bob, ann), pair(bob, bob), pair(stranger, ann)] }))
      assert.equal(answer.isKnown, true)
      await world.pass(5_000)
      await bob.close()
      await world.pass(30_000)
      assert.deepEqual(heard, [])
    })

    it('who has not begun anew is told to', async () => {
      const rogue = await rogueTo(ap)
      assert.equal((await world.during(rogue.call(relayMethods.watchPresence, { add: [] }))).isKnown, false)
    })

    it('who was not asked about somebody is not believed', async () => {
      await ann.watch(bob)
      await world.pass(3_000)
      const rogue = await rogueTo(eu)
      const carl = await PresenceDevice.at(world, eu)
      const told = { account: accountIdToBytes(bob.account), state: presenceStates.offline, lastSeenMs: 12_345 }
      rogue.notify(relayNotifications.presence, { presences: [told], grants: [{ ...pair(bob, carl), bits: 3 }] })
      await world.pass(3_000)
      assert.equal(ann.of(bob).state, 'online')
      // The right relay, about somebody of whom it was not asked.
      const fromAp = await world.during(ap.path.channelTo(eu.id, { signal: AbortSignal.any([]) }))
      fromAp.notify(relayNotifications.presence, { presences: [{ account: accountIdToBytes(carl.account), state: presenceStates.online, lastSeenMs: 1 }], grants: [{ ...pair(bob, carl), bits: 3 }, { ...pair(carl, ann), bits: 3 }] })
      await carl.watch(bob)
      await ann.watch(bob, carl)
      await world.pass(3_000)
      assert.equal(carl.of(bob).state, 'unknown')
      assert.equal(ann.of(carl).state, 'unknown')
    })

    it('who passes on signals of somebody else\'s people is not heard', async () => {
      const rogue = await rogueTo(ap)
      rogue.notify(relayNotifications.signal, { envelopes: [envelopeFrom(ann, bob, world, { kind: envelopeKinds.signal })] })
      await world.pass(1_000)
      assert.deepEqual(bob.signals, [])
    })

    it('who talks too much is asked again later, and ends with the truth', async () => {
      await ann.watch(bob)
      await world.pass(3_000)
      const fromAp = await world.during(ap.path.channelTo(eu.id, { signal: AbortSignal.any([]) }))
      const many = Array.from({ length: 4_000 }, () => ({ ...pair(bob, ann), bits: 3 }))
      for (let i = 0; i < 8; i++) fromAp.notify(relayNotifications.presence, { presences: [], grants: many })
      bob.setIdle(true)
      await world.pass(limits.heartbeatMs + 15_000)
      assert.equal(ann.of(bob).state, 'away')
      assert.ok(eu.meter.of('heliograph_presence_shed_total quota') > 0)
    })
  })

  it('who moves to another relay is seen there', async () => {
    await ann.watch(bob)
    await world.pass(3_000)
    const us = await world.relay('us-1')
    const record = bob.person.home(us.id, { epoch: 2 })
    await world.during(bob.channel.call(clientMethods.updateHome, decode(Signed, record.bytes)))
    await bob.close()
    const moved = new PresenceDevice(world, us, bob.person)
    await world.during(moved.connect({ isNew: true, homeRecord: record.bytes }))
    // A message between the two: then everybody knows, and the new home keeps the log.
    await acquaint(world, ann, moved)
    await world.pass(recheckMs + 60_000)
    assert.equal(ann.of(bob).state, 'online')
    await moved.close()
    await world.pass(leaveGraceMs + 3_000)
    assert.equal(ann.of(bob).state, 'offline')
  })

  it('a watcher who moves watches from there', async () => {
    await ann.watch(bob)
    await world.pass(3_000)
    const record = ann.person.home(ap.id, { epoch: 2 })
    await world.during(ann.channel.call(clientMethods.updateHome, decode(Signed, record.bytes)))
    await ann.close()
    const moved = new PresenceDevice(world, ap, ann.person)
    await world.during(moved.connect({ isNew: true, homeRecord: record.bytes }))
    await moved.watch(bob)
    await world.pass(10_000)
    assert.equal(moved.of(bob).state, 'online')
  })

  describe('in a group', () => {
    let dan: PresenceDevice
    let group: GroupConversation

    async function change (by: PresenceDevice, act: GroupAct): Promise<void> {
      const previous = act.act === 'create' ? noHead : stateFromWire(await world.during(by.channel.call(clientMethods.groupState, { conversation: group.bytes }))).head
      const id = world.random.bytes(16)
      id[6] = 0x70
      id[8] = 0x80
      new DataView(id.buffer).setUint32(0, world.clock.nowMs() % 2 ** 32)
      const control = signControl(signing, { conversation: group, actor: by.account, device: by.device.id, deviceList: by.person.devices().bytes, previous, madeAtMs: 1, act }, by.device.seed)
      const envelope = encodeEnvelope({ conversation: group, sender: by.account, senderDevice: by.device.id, messageId: messageIdFromBytes(id), kind: envelopeKinds.control, expiresAtMs: 0, ciphertexts: [], control })
      const { outcomes } = await world.during(by.channel.call(clientMethods.submit, { envelopes: [envelope] }))
      assert.equal(outcomes[0]!.status, 0)
      await world.pass(10_000)
    }

    beforeEach(async () => {
      dan = await PresenceDevice.at(world, ap)
      group = groupConversation(ann.account, world.random.bytes(32))
      await change(ann, { act: 'create', members: [bob.account, dan.account], settings: defaultSettings })
    })

    it('members who name the group see one another, and no more when one has left it', async () => {
      await ann.watch({ account: dan.account, group })
      await dan.watch({ account: ann.account, group })
      await world.pass(5_000)
      assert.deepEqual([ann.of(dan).state, dan.of(ann).state], ['online', 'online'])
      await change(ann, { act: 'remove', accounts: [dan.account] })
      await world.pass(recheckMs + 60_000)
      assert.deepEqual([ann.of(dan).state, dan.of(ann).state], ['unknown', 'unknown'])
    })

    it('who is in no group that they name is told nothing', async () => {
      const eve = await PresenceDevice.at(world, eu)
      await eve.watch({ account: dan.account, group }, { account: ann.account, group })
      await world.pass(10_000)
      assert.deepEqual(eve.told, [])
    })

    it('typing reaches every member, here and elsewhere, and no one else', async () => {
      const eve = await PresenceDevice.at(world, ap)
      const typing = envelopeFrom(ann, bob, world, { kind: envelopeKinds.signal, conversation: group })
      ann.channel.notify(clientNotifications.signal, { envelopes: [typing] })
      await world.pass(2_000)
      assert.deepEqual([bob.signals, dan.signals], [[typing], [typing]])
      eve.channel.notify(clientNotifications.signal, { envelopes: [envelopeFrom(eve, bob, world, { kind: envelopeKinds.signal, conversation: group })] })
      await world.pass(2_000)
      assert.deepEqual([ann.signals.length, bob.signals.length, dan.signals.length, eve.signals.length], [0, 1, 1, 0])
    })
  })
})
