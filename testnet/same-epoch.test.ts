/**
 * Two home records of one epoch: an account whose primary device was copied, or restored from a copy, has moved to two
 * relays at once. Everybody who has seen both takes the same one, and the account goes on under the next epoch.
 */
import assert from 'node:assert/strict'
import { clientMethods } from '../protocol/methods.ts'
import { Channel, Handlers } from '../protocol/channel.ts'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { fromUtf8 } from '../protocol/bytes.ts'
import { accountIdToBytes } from '../protocol/ids.ts'
import { isNewer, signHomeRecord, verifyHomeRecord, type SignedHomeRecord } from '../protocol/records/home-record.ts'
import { streamPair } from '../protocol/stream-pair.ts'
import { wireVersion } from '../protocol/wire/kinds.ts'
import type { TestDevice } from './device-world.ts'
import { MoveWorld } from './move-world.ts'

const fromHexText = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

describe('two home records of one epoch', function () {
  this.timeout(60_000)
  let world: MoveWorld
  let ann: TestDevice
  let bob: TestDevice
  let carol: TestDevice

  beforeEach(async () => {
    world = await MoveWorld.with(['eu-1', 'us-1', 'ap-1', 'sa-1'])
    ann = await world.person('ann', 'eu-1', { standby: 'none' })
    bob = await world.person('bob', 'ap-1', { standby: 'none' })
    carol = await world.person('carol', 'sa-1', { standby: 'none' })
    for (const one of [bob, carol]) {
      await ann.say(one.account, 'hello')
      await one.say(ann.account, `from ${one.name}`)
      await world.until(() => one.received.length === 1, 'the first message')
    }
    await world.until(() => ann.received.length === 2, 'the answers')
  })

  afterEach(async () => { await world.stop() })

  /** What a copy of ann's primary device signs, at the same moment, for another relay. */
  function copySigns (record: SignedHomeRecord, relay: string, isToWin: boolean): SignedHomeRecord {
    const { seed } = JSON.parse(fromUtf8(ann.data.get('me/account')!)) as { seed: string }
    for (let issuedAtMs = 1; ; issuedAtMs++) {
      const other = signHomeRecord(nodePrimitives, { account: record.account, epoch: record.epoch, homes: [world.node(relay).id], region: 'eu', issuedAtMs }, fromHexText(seed))
      if (isNewer(other, record) === isToWin) return other
    }
  }

  /** The copy registers there. */
  async function copyRegisters (record: SignedHomeRecord, relay: string): Promise<void> {
    const node = world.node(relay)
    const [near, far] = streamPair(ann.id, node.id)
    node.relay.clients.accept(far)
    const channel = new Channel(near, { handlers: new Handlers(), clock: world.world.clock }).start()
    const deviceList = ann.data.get(`dl/${ann.account}`)!
    await world.world.during(channel.call(clientMethods.hello, { version: wireVersion, account: accountIdToBytes(ann.account), deviceList, software: 'copy' }).catch(() => { /* MOVED: good for a registration all the same */ }))
    await world.world.during(channel.call(clientMethods.register, { homeRecord: record.bytes, handle: '' }))
    await world.world.during(channel.close())
  }

  const recordAt = (relay: string): SignedHomeRecord | undefined => world.node(relay).relay.homes.cached(ann.account)

  for (const isWrittenTo of [true, false]) {
    for (const isCopyToWin of [true, false]) {
      it(`the ${isCopyToWin ? 'copy' : 'device'}'s counts${isWrittenTo ? ', and somebody has written to the copy first' : ''}`, async () => {
        // The one does not hear of the other.
        const { network } = world.world
        const pairs = [['us-1', 'sa-1'], ['us-1', 'ap-1'], ['us-1', 'eu-1']] as const
        for (const [a, b] of pairs) network.cut(world.node(a).id, world.node(b).id)
        const before = verifyHomeRecord(nodePrimitives, ann.data.get(`hr/${ann.account}`)!)
        // The device's own record is made here with the same number, so that the copy's can be made to win or lose against it.
        await world.world.during(ann.client.home.move('us-1'))
        const own = verifyHomeRecord(nodePrimitives, ann.data.get(`hr/${ann.account}`)!)
        assert.equal(own.epoch, before.epoch + 1)
        const other = copySigns(own, 'sa-1', isCopyToWin)
        await copyRegisters(other, 'sa-1')
        if (isWrittenTo) {
          await carol.say(ann.account, 'to the copy')
          await world.world.pass(2_000)
        }
        for (const [a, b] of pairs) network.heal(world.node(a).id, world.node(b).id)
        await bob.say(ann.account, 'one')
        await ann.say(bob.account, 'two')
        await carol.say(ann.account, 'three')
        await ann.say(carol.account, 'four')
        await world.until(() => ann.received.includes('one') && ann.received.includes('three') && bob.received.includes('two') && carol.received.includes('four'), 'messages', 15 * 60_000)
        await world.until(() => ['us-1', 'sa-1', 'ap-1'].every((name) => recordAt(name)?.epoch === recordAt('us-1')?.epoch && recordAt(name)?.homes[0] === recordAt('us-1')?.homes[0]), 'all relays to know the same', 30 * 60_000)
        const home = recordAt('us-1')!
        assert.equal(home.homes[0], world.node(isCopyToWin ? 'sa-1' : 'us-1').id)
        assert.equal(world.homeOf(ann), isCopyToWin ? 'sa-1' : 'us-1')
        if (isCopyToWin) await world.until(async () => (await ann.client.home.status()).epoch > own.epoch, 'the next epoch')
        assert.equal(new Set(ann.received).size, ann.received.length)
        for (const one of [bob, carol]) assert.equal(new Set(one.received).size, one.received.length)
      })
    }
  }
})
