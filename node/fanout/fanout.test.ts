import assert from 'node:assert/strict'
import { accountIdToBytes, deviceKeyOf } from '../../protocol/ids.ts'
import { clientNotifications } from '../../protocol/methods.ts'
import type { GroupReceipt } from '../../protocol/wire/gen/group.js'
import { TestGroup } from '../testing/group-world.ts'
import { World, type TestClient, type TestRelayNode } from '../testing/message-world.ts'

describe('receipts of a group on the message path', () => {
  let world: World
  let relays: TestRelayNode[]
  let sender: TestClient
  let readers: TestClient[]
  let group: TestGroup
  let counter = 0

  const receiptOf = (from: TestClient): GroupReceipt => ({
    conversation: group.conversation.bytes, to: accountIdToBytes(sender.account), from: accountIdToBytes(from.account), device: deviceKeyOf(from.device.id), counter: ++counter, sealed: Uint8Array.of(1)
  })
  const give = (from: TestClient): void => { from.channel.notify(clientNotifications.groupReceipts, { receipts: [receiptOf(from)] }) }

  beforeEach(async () => {
    world = new World(61)
    relays = []
    for (const name of ['eu-1.example.org', 'us-1.example.org', 'asia-1.example.org']) relays.push(await world.relay(name))
    sender = await world.person(relays[1]!)
    readers = []
    for (let i = 0; i < 11; i++) readers.push(await world.person(relays[i % 3]!))
    // Sequenced by another relay than the sender's.
    group = new TestGroup(world, readers[0]!)
    group.create([sender, ...readers.slice(1)])
    await world.until(() => [sender, ...readers].every((one) => group.shownTo(one).length === 1))
    await world.pass(60_000)
  })
  afterEach(async () => { await world.stop() })

  it('come to the sender\'s home and device from every relay, in a few frames, and nothing is put into the log', async () => {
    const [, us] = relays as [TestRelayNode, TestRelayNode]
    group.say(sender)
    await world.until(() => readers.every((one) => group.shownTo(one).length === 2))
    const entries = us.meter.of('heliograph_replica_entries_total')
    for (const reader of readers) give(reader)
    await world.pass(2_000)
    assert.deepEqual([us.meter.of('heliograph_receipts_taken_total relay'), us.meter.of('heliograph_receipts_taken_total device')], [7, 4])
    assert.ok(us.meter.of('heliograph_receipts_frames_total device') <= 3)
    assert.deepEqual([relays[0]!, relays[2]!].map((relay) => relay.meter.of('heliograph_receipts_frames_total relay')), [1, 1])
    assert.equal(us.meter.of('heliograph_replica_entries_total'), entries)
  })

  it('wait for a sender who is away, also when its home is restarted meanwhile', async () => {
    const [, us] = relays as [TestRelayNode, TestRelayNode]
    await sender.offline()
    for (const reader of readers) give(reader)
    await world.pass(5_000)
    assert.equal(us.meter.of('heliograph_receipts_frames_total device'), 0)
    us.crash()
    await us.restart()
    await sender.online()
    await world.pass(1_000)
    assert.equal(us.meter.of('heliograph_receipts_frames_total device'), 1)
  })

  it('of somebody who was removed are not taken', async () => {
    const [, us] = relays as [TestRelayNode, TestRelayNode]
    const gone = readers[4]!
    await group.remove(readers[0]!, gone)
    await world.until(() => group.shownTo(sender).length === 2)
    await world.pass(1_000)
    give(gone)
    await world.pass(1_000)
    assert.equal(us.meter.of('heliograph_receipts_taken_total'), 0)
    assert.equal(gone.home.meter.of('heliograph_receipts_dropped_total member'), 1)
  })
})
