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
  const linked = async (): Promise<TestDevice> => {
    await world.world.during(ann.client.addContact('bob@ap-1', { name: 'Bob' }))
    await world.world.during(bob.client.addContact('ann@eu-1', { name: 'Ann' }))
    return await world.companion('laptop', ann)
  }
  const unread = async (device: TestDevice): Promise<number> => (await device.client.conversations()).reduce((sum, one) => sum + one.unread, 0)

  it('what is read on one device is read on all, and the sender is told once', async () => {
    const laptop = await linked()
    await bob.say(ann.account, 'one')
    await bob.say(ann.account, 'two')
    await world.until(() => ann.received.length === 2 && laptop.received.length === 2)
    await world.world.during(laptop.client.markRead(bob.account))
    await world.until(async () => await unread(ann) === 0)
    assert.deepEqual(await ann.states(bob.account, 'in'), ['read', 'read'])
    await world.until(async () => (await bob.states(ann.account)).every((state) => state === 'read'))
    await bob.say(ann.account, 'three')
    await world.until(async () => await unread(ann) === 1 && await unread(laptop) === 1)
  })

  it('a device that comes back finds what was read meanwhile read, in order', async () => {
    const laptop = await linked()
    await laptop.away()
    for (let i = 0; i < 5; i++) await bob.say(ann.account, `${i}`)
    await world.until(() => ann.received.length === 5)
    await world.world.during(ann.client.markRead(bob.account))
    await bob.say(ann.account, 'unread')
    await world.until(() => ann.received.length === 6)
    await laptop.back()
    await world.until(async () => (await laptop.history(bob.account)).length === 6 && await unread(laptop) === 1)
    assert.deepEqual(await laptop.states(bob.account, 'in'), ['read', 'read', 'read', 'read', 'read', 'delivered'])
    assert.deepEqual(await laptop.texts(bob.account), await ann.texts(bob.account))
  })

  it('what was sealed before its sender had heard of the new device is given by the other one', async () => {
    await world.world.during(ann.client.addContact('bob@ap-1', { name: 'Bob' }))
    await bob.say(ann.account, 'first')
    await world.until(() => ann.received.length === 1)
    await world.world.pass(2_000)
    const laptop = await world.companion('laptop', ann)
    // Bob has not heard of the laptop: nobody has written to him since.
    await bob.say(ann.account, 'sealed for the phone alone')
    await world.until(() => laptop.received.includes('sealed for the phone alone'))
    await bob.say(ann.account, 'sealed for both')
    await world.until(() => laptop.received.length === 2 && ann.received.length === 3)
    assert.deepEqual(await laptop.texts(bob.account), await ann.texts(bob.account))
    assert.deepEqual([laptop.warnings, bob.warnings, ann.warnings], [[], [], []])
  })
})
