/**
 * Real clients of two people whose logs have parted: a number was taken over from a standby, shown, and given again to something else.
 * docs/protocol/relay.md, when an account moves
 */
import assert from 'node:assert/strict'
import { pairConversation } from '../protocol/conversation.ts'
import type { MessageId } from '../protocol/ids.ts'
import type { TestDevice } from './device-world.ts'
import { MoveWorld } from './move-world.ts'

describe('a number that is given again, in a conversation of two', function () {
  this.timeout(60_000)
  let world: MoveWorld

  afterEach(async () => { await world.stop() })

  for (const keys of [1, 2, 3]) {
    it(`both devices end with both messages, each once, in one order (keys ${keys})`, async () => {
      world = await MoveWorld.with(['eu-1', 'us-1', 'ap-1'], { keys })
      const [x, y] = [await world.person('ann', 'eu-1'), await world.person('bob', 'eu-1')]
      const conversation = pairConversation(x.account, y.account)
      const [a, b] = x.account === conversation.anchor ? [x, y] : [y, x]
      const [one, two] = ['us-1', 'ap-1'] as const
      for (const [device, standby] of [[a, one], [b, two]] as const) {
        await world.world.during(device.client.home.setStandby(standby))
        await world.until(async () => { const status = await device.client.home.status(); return status.mayMove && status.standby?.name === standby }, 'the standby')
      }
      await a.say(b.account, 'one')
      await b.say(a.account, 'two')
      await world.until(() => a.received.includes('two') && b.received.includes('one'), 'the first messages')
      await world.world.pass(5_000)
      // What bob writes reaches his own standby only.
      const network = world.world.network
      network.cut(world.node('eu-1').id, world.node(one).id, 'silent')
      const { id: written } = await b.say(a.account, 'M')
      await world.world.pass(500)
      assert.deepEqual((await b.states(a.account)).at(-1), 'pending')
      world.crash('eu-1')
      network.cut(world.node(one).id, world.node(two).id, 'silent')
      await a.say(b.account, 'N')
      await world.until(async () => world.homeOf(a) === one && world.homeOf(b) === two, 'both to move', 60_000)
      await world.until(async () => (await b.history(a.account)).find(({ id }) => id === written)?.state === 'sent', 'M to be sent')
      await world.until(async () => (await a.states(b.account)).at(-1) === 'sent', 'N to be sent')
      const place = async (): Promise<number | undefined> => (await b.history(a.account)).find(({ id }) => id === written)?.seq
      const before = await place()
      assert.ok(before !== undefined)
      const standsAt = async (name: string): Promise<MessageId | undefined> => (await world.node(name).store.readLog(conversation.id, before, { maxEntries: 1, maxBytes: 1 })).find(({ seq }) => seq === before)?.messageId
      assert.equal(await standsAt(two), written)
      await world.until(async () => ![undefined, written].includes(await standsAt(one)), 'the number to be given to something else')
      network.heal(world.node(one).id, world.node(two).id)
      const texts = async (device: TestDevice, other: TestDevice): Promise<string[]> => (await device.history(other.account)).map(({ text }) => text)
      await world.until(async () => (await texts(a, b)).length === 4 && (await texts(b, a)).length === 4, 'M and N at both')
      await world.until(async () => [...await a.states(b.account), ...await b.states(a.account)].every((state) => state === 'delivered'), 'receipts')
      assert.ok((await place())! > before, 'M has another number')
      assert.deepEqual(await texts(a, b), await texts(b, a))
      assert.deepEqual([a.received, b.received], [['two', 'M'], ['one', 'N']])
      await b.say(a.account, 'after')
      await world.until(() => a.received.includes('after'), 'what comes after')
      assert.deepEqual([...a.warnings, ...b.warnings].map(({ text }) => text), [])
    })
  }
})
