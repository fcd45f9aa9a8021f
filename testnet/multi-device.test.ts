/**
 * Several devices of one account, on the relay's real code under virtual time: linked, used, taken away again.
 */
import assert from 'node:assert/strict'
import { DeviceWorld, type TestDevice } from './device-world.ts'

describe('several devices', () => {
  let world: DeviceWorld
  let ann: TestDevice
  let bob: TestDevice

  beforeEach(async () => {
    world = await DeviceWorld.start()
    ann = await world.primary('ann', world.nodes[0]!)
    bob = await world.primary('bob', world.nodes[1]!)
    await world.world.pass(5_000)
  })
  afterEach(async () => { await world.stop() })

  it('a linked device has contacts and history, and gets and sends from then on', async () => {
    await world.world.during(ann.client.addContact('bob@ap-1', { name: 'Bob' }))
    for (let i = 0; i < 3; i++) await ann.say(bob.account, `before ${i}`)
    await world.until(async () => (await ann.states(bob.account)).every((state) => state === 'delivered'))
    await bob.say(ann.account, 'answer before')
    await world.until(() => ann.received.length === 1)
    const laptop = await world.companion('laptop', ann)
    assert.equal(laptop.account, ann.account)
    assert.deepEqual((await laptop.client.contacts()).map(({ name }) => name), ['Bob'])
    assert.deepEqual(await laptop.texts(bob.account), await ann.texts(bob.account))
    assert.deepEqual((await laptop.client.devices.list()).map(({ name, isPrimary, isThis }) => [name, isPrimary, isThis]), [['', true, false], ['laptop', false, true]])

    await laptop.say(bob.account, 'from the laptop')
    await ann.say(bob.account, 'from the phone')
    await world.until(() => bob.received.includes('from the laptop') && bob.received.includes('from the phone'))
    await bob.say(ann.account, 'to both')
    await world.until(() => ann.received.includes('to both') && laptop.received.includes('to both'))
    await world.until(async () => [...await ann.states(bob.account), ...await laptop.states(bob.account)].every((state) => state === 'delivered'))
    assert.deepEqual(await laptop.texts(bob.account), await ann.texts(bob.account))
    assert.deepEqual([ann.warnings, bob.warnings, laptop.warnings], [[], [], []])
  })
})
