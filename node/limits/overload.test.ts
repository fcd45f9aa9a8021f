/**
 * A relay whose disk has become slow, in virtual time: what it leaves out, and that messages are not among it.
 */
import assert from 'node:assert/strict'
import { pairConversation } from '../../protocol/conversation.ts'
import { accountIdToBytes } from '../../protocol/ids.ts'
import { clientMethods, clientNotifications } from '../../protocol/methods.ts'
import { refusedAs } from '../../protocol/testing.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { warmUpMs } from '../presence/local-people.ts'
import { World, type TestRelayNode } from '../testing/message-world.ts'
import { PresenceDevice, acquaint, envelopeFrom } from '../testing/presence-device.ts'

describe('a relay with too much to do', () => {
  let world: World
  let relay: TestRelayNode
  let ann: PresenceDevice
  let bob: PresenceDevice

  /** Every write of the disk takes this long from now on. */
  function slowDisk (ms: number): void {
    const { store } = relay
    const write = Object.getPrototypeOf(store).write.bind(store) as typeof store.write
    store.write = async (batch, options) => {
      await new Promise<void>((resolve) => { world.clock.after(ms, resolve) })
      await write(batch, options)
    }
  }

  /** Messages of ann to bob, one every 100 ms, each SENT when `submit` resolves. */
  function submitSome (count: number): Array<Promise<unknown>> {
    return Array.from({ length: count }, async (_, i) => {
      await new Promise<void>((resolve) => { world.clock.after(i * 100, resolve) })
      const { outcomes } = await ann.channel.call(clientMethods.submit, { envelopes: [envelopeFrom(ann, bob, world)] })
      assert.equal(outcomes[0]!.status, 0)
    })
  }

  beforeEach(async () => {
    world = new World(5)
    relay = await world.relay('eu-1')
    ann = await PresenceDevice.at(world, relay)
    bob = await PresenceDevice.at(world, relay)
    await acquaint(world, ann, bob)
    await world.pass(warmUpMs)
    await bob.watch(ann)
    await world.pass(2_000)
  })
  afterEach(async () => { await world.stop() })

  const shed = (what: string): number => relay.meter.of(`heliograph_shed_total ${what}`)
  const typing = (): void => { ann.channel.notify(clientNotifications.signal, { envelopes: [envelopeFrom(ann, bob, world, { kind: envelopeKinds.signal })] }) }
  const readLog = (): Promise<unknown> => bob.channel.call(clientMethods.readLog, { conversation: pairConversation(ann.account, bob.account).bytes, fromSeq: 1, maxEntries: 1 })

  it('leaves out who types and who is there, then what is read again and looked up, and never a message', async () => {
    typing()
    await world.pass()
    assert.equal(bob.signals.length, 1)

    slowDisk(600)
    const some = submitSome(20)
    await world.pass(1_500)
    typing()
    await world.pass()
    assert.equal(bob.signals.length, 1, 'typing is left out when commits wait')
    await world.during(readLog())
    await world.during(Promise.all(some))
    assert.ok(shed('presence') > 0)
    assert.equal(shed('history'), 0)

    slowDisk(4_000)
    const more = submitSome(20)
    await world.pass(6_000)
    await assert.rejects(world.during(readLog()), refusedAs('OVERLOADED'))
    await assert.rejects(world.during(bob.channel.call(clientMethods.findAccount, { account: accountIdToBytes(ann.account) })), refusedAs('OVERLOADED'))
    // Slower, and every one of them durable before it was answered.
    await world.during(Promise.all(more))
    assert.ok(shed('history') >= 2)

    slowDisk(0)
    await world.pass(10_000)
    typing()
    await world.pass()
    assert.equal(bob.signals.length, 2, 'back to normal')
    await world.during(readLog())
  })

  it('tells who is there a little later, and the truth', async () => {
    assert.equal(bob.of(ann).state, 'online')
    slowDisk(600)
    const some = submitSome(40)
    await world.pass(1_000)
    ann.setIdle(true)
    await world.during(Promise.all(some))
    slowDisk(0)
    await world.pass(10_000)
    ann.setIdle(true)
    await world.pass(3_000)
    assert.equal(bob.of(ann).state, 'away')
  })
})
