/**
 * Several devices of one account, on the relay's real code under virtual time: linked, used, taken away again.
 */
import assert from 'node:assert/strict'
import { pairConversation } from '../protocol/conversation.ts'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { deviceIdOfKey } from '../protocol/ids.ts'
import { signDeviceList, verifyDeviceList, type SignedDeviceList } from '../protocol/records/device-list.ts'
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
  it('a device that is unlinked is out at once, is told so, and gets nothing that is written after', async () => {
    const laptop = await linked()
    await bob.say(ann.account, 'to both')
    await world.until(() => laptop.received.length === 1 && ann.received.length === 1)
    // Its receipt is on its way, and would be refused.
    await world.world.pass(2_000)
    await world.world.during(ann.client.devices.unlink(laptop.id))
    await world.until(() => laptop.news.includes('unlinked'))
    assert.equal(laptop.client.devices.isUnlinked, true)
    assert.deepEqual((await ann.client.devices.list()).length, 1)
    await ann.say(bob.account, 'gone')
    await world.until(() => bob.received.includes('gone'))
    await world.world.pass(2_000)
    await bob.say(ann.account, 'to the phone alone')
    await world.until(() => ann.received.length === 2)
    await world.world.pass(60_000)
    assert.deepEqual(laptop.received, ['to both'])
    assert.equal(laptop.client.connection.state, 'offline')
    for (const device of [ann, bob]) assert.deepEqual([...device.data.keys()].filter((key) => key.startsWith('se/') && key.endsWith(laptop.id)), [], 'no session with it is left')
    // Its store stays readable until the person wipes it; it does not come back by itself.
    await laptop.away()
    await laptop.open()
    laptop.client.start()
    await world.world.pass(60_000)
    assert.deepEqual([laptop.client.connection.state, laptop.client.devices.isUnlinked, await laptop.texts(bob.account)], ['offline', true, ['in to both']])
    await laptop.away()
    await laptop.client.devices.wipe()
    assert.equal(laptop.data.size, 0)
    await laptop.open()
    await world.link(ann, laptop)
    assert.deepEqual(await laptop.texts(bob.account), await ann.texts(bob.account))
    assert.deepEqual([ann.warnings, bob.warnings, laptop.warnings], [[], [], []])
  })

  it('a device logs itself out: what it wrote is sent, it stops, and the primary takes it out as soon as it hears', async () => {
    const laptop = await linked()
    const tablet = await world.companion('tablet', ann)
    await ann.away()
    await laptop.say(bob.account, 'my last words')
    await world.world.during(laptop.client.devices.leave())
    assert.deepEqual([laptop.client.devices.isUnlinked, laptop.news.includes('unlinked')], [true, true])
    await world.until(() => bob.received.includes('my last words'))
    await world.until(() => laptop.client.connection.state === 'offline')
    await world.world.pass(10_000)
    // Only the primary can change the list.
    assert.equal((await tablet.client.devices.list()).length, 3)
    await ann.back()
    for (const device of [ann, tablet]) await world.until(async () => (await device.client.devices.list()).length === 2, `known at ${device.name}`)
    await laptop.away()
    await laptop.client.devices.wipe()
    await laptop.open()
    await world.link(ann, laptop)
    assert.equal((await ann.client.devices.list()).length, 3)
    assert.ok((await ann.texts(bob.account)).includes('out my last words'))
    assert.deepEqual([ann.warnings, tablet.warnings, bob.warnings], [[], [], []])
  })

  it('the primary cannot leave, and without a relay nothing happens', async () => {
    const laptop = await linked()
    await assert.rejects(ann.client.devices.leave(), { code: 'NOT_ALLOWED' })
    await laptop.away()
    await laptop.open()
    await assert.rejects(laptop.client.devices.leave(), { code: 'DISCONNECTED' })
    await laptop.online()
    await world.world.pass(10_000)
    assert.deepEqual([laptop.client.devices.isUnlinked, (await ann.client.devices.list()).length], [false, 2])
  })

  it('a device that was away when it was unlinked is told when it comes back; so is one whose primary was offline then', async () => {
    const laptop = await linked()
    const tablet = await world.companion('tablet', ann)
    await laptop.away()
    await world.world.during(ann.client.devices.unlink(laptop.id))
    await laptop.open()
    laptop.client.start()
    await world.until(() => laptop.news.includes('unlinked'))
    await ann.away()
    await ann.open()
    await world.world.during(ann.client.devices.unlink(tablet.id))
    await world.world.pass(5_000)
    assert.equal(tablet.client.devices.isUnlinked, false)
    await ann.online()
    await world.until(() => tablet.news.includes('unlinked'))
  })

  it('a relay cannot unlink a device by its word', async () => {
    const laptop = await linked()
    const home = world.nodes[0]!
    const refuse = home.relay.accounts.find.bind(home.relay.accounts)
    home.relay.accounts.find = async (account) => {
      const row = await refuse(account)
      return row === undefined ? undefined : { ...row, deviceEpoch: row.deviceEpoch + 1, devices: row.devices.filter((id) => id !== laptop.id) }
    }
    await laptop.away()
    await laptop.open()
    laptop.client.start()
    await world.world.pass(60_000)
    assert.equal(laptop.client.devices.isUnlinked, false)
    assert.ok(laptop.client.connection.state !== 'online')
    home.relay.accounts.find = refuse
    await world.until(() => laptop.client.connection.state === 'online')
  })

  it('names are shared, and a new device is news on the others', async () => {
    const laptop = await linked()
    const tablet = await world.companion('tablet', ann)
    await world.until(() => laptop.news.length > 0 && ann.news.length > 0)
    assert.deepEqual([ann.news, laptop.news], [['+1 -0', '+1 -0'], ['+1 -0']])
    await laptop.client.devices.rename(ann.id, 'the phone')
    const names = async (device: TestDevice): Promise<string[]> => (await device.client.devices.list()).map(({ name }) => name)
    for (const device of [ann, laptop, tablet]) {
      await world.until(async () => (await names(device))[0] === 'the phone')
      assert.deepEqual(await names(device), ['the phone', 'laptop', 'tablet'])
    }
    await world.world.during(ann.client.devices.unlink(laptop.id))
    await world.until(async () => (await names(tablet)).length === 2)
    assert.deepEqual([ann.warnings, tablet.warnings], [[], []])
  })

  it('three devices each: everything is everywhere, in one order, with the same states', async () => {
    const laptop = await linked()
    const tablet = await world.companion('tablet', ann)
    const desk = await world.companion('desk', bob, world.nodes[1]!)
    const watch = await world.companion('watch', bob)
    const [mine, theirs] = [[ann, laptop, tablet], [bob, desk, watch]]
    for (let i = 0; i < 30; i++) {
      const device = world.world.random.pick([...mine, ...theirs])
      await device.say(mine.includes(device) ? bob.account : ann.account, `${i} from ${device.name}`)
      if (i % 3 === 0) await world.world.pass(200)
    }
    for (const device of mine) await world.until(async () => (await device.history(bob.account)).length === 30, `all at ${device.name}`)
    for (const device of theirs) await world.until(async () => (await device.history(ann.account)).length === 30, `all at ${device.name}`)
    for (const device of [...mine, ...theirs]) await world.until(async () => (await device.states(mine.includes(device) ? bob.account : ann.account)).every((state) => state === 'delivered'), `delivered at ${device.name}`)
    const [atAnn, atBob] = [await ann.texts(bob.account), await bob.texts(ann.account)]
    for (const device of mine) assert.deepEqual(await device.texts(bob.account), atAnn)
    for (const device of theirs) assert.deepEqual(await device.texts(ann.account), atBob)
    assert.deepEqual([...mine, ...theirs].flatMap(({ warnings }) => warnings), [])
  })

  it('a device away for 29 days finds everything in order, and nothing is missing', async () => {
    const day = 24 * 60 * 60 * 1_000
    const laptop = await linked()
    await laptop.say(bob.account, 'bye')
    await world.until(() => bob.received.length === 1)
    await world.world.pass(2_000)
    await laptop.away()
    for (const device of [ann, bob]) await device.away()
    for (let i = 0; i < 29; i++) {
      await world.sleep(day)
      if (i % 4 !== 0) continue
      await Promise.all([ann, bob].map(async (device) => { await device.open(); device.client.start() }))
      await world.until(() => ann.client.connection.state === 'online' && bob.client.connection.state === 'online')
      for (let j = 0; j < 5; j++) {
        await bob.say(ann.account, `day ${i} in ${j}`)
        await ann.say(bob.account, `day ${i} out ${j}`)
      }
      await world.until(async () => (await ann.states(bob.account)).every((state) => state === 'delivered') && (await bob.states(ann.account)).every((state) => state === 'delivered'))
      await world.world.pass(2_000)
      await Promise.all([ann, bob].map(async (device) => { await device.away() }))
    }
    await ann.back()
    await laptop.back()
    await world.until(async () => (await laptop.history(bob.account)).length === (await ann.history(bob.account)).length)
    assert.deepEqual(await laptop.texts(bob.account), await ann.texts(bob.account))
    assert.equal((await laptop.history(bob.account)).length, 81)
    await world.until(async () => (await laptop.states(bob.account)).every((state) => state === 'delivered'))
    // It writes, too: its sessions and keys are what the others expect.
    await bob.back()
    await laptop.say(bob.account, 'back')
    await world.until(() => bob.received.includes('back'))
    assert.deepEqual([laptop, ann, bob].flatMap(({ warnings }) => warnings), [])
  })
  describe('a list that is not the primary\'s', () => {
    /** Somebody has the account key, and signs a list with a device of their own. */
    const ghostList = (epoch: number, of: TestDevice): SignedDeviceList => {
      const { seed } = JSON.parse(Buffer.from(of.data.get('me/account')!).toString()) as { seed: string }
      const { devices, ...list } = verifyDeviceList(nodePrimitives, of.data.get(`dl/${of.account}`)!)
      const ghost = { id: deviceIdOfKey(nodePrimitives.ed25519PublicKey(world.world.random.bytes(32))), identityKey: nodePrimitives.x25519PublicKey(world.world.random.bytes(32)), registrationId: 5 }
      return signDeviceList(nodePrimitives, { ...list, epoch, devices: [...devices, ghost] }, Buffer.from(seed, 'hex'))
    }
    /** The relay shows `list` of this account to whoever asks about it. */
    const show = (list: SignedDeviceList): () => void => {
      const { accounts } = world.nodes[0]!.relay
      const find = accounts.find.bind(accounts)
      accounts.find = async (account) => {
        const row = await find(account)
        return row === undefined || account !== list.account ? row : { ...row, deviceList: list.bytes, deviceEpoch: list.epoch, devices: list.devices.map(({ id }) => id) }
      }
      return () => { accounts.find = find }
    }
    const warned = (device: TestDevice): boolean => device.warnings.some(({ kind }) => kind === 'devices')

    it('shown to others only: every device of the account warns of the ghost', async () => {
      const laptop = await linked()
      await bob.say(ann.account, 'first')
      await world.until(() => laptop.received.length === 1 && ann.received.length === 1)
      await world.world.pass(2_000)
      const honest = show(ghostList(9, ann))
      await world.world.during(bob.client.findPerson(ann.account))
      honest()
      await bob.say(ann.account, 'sealed for a ghost, too')
      await world.until(() => warned(ann) && warned(laptop), 'both warn')
    })

    it('shown to the account itself: the primary says that it did not sign it, the others that there is a new device', async () => {
      const laptop = await linked()
      const list = ghostList(9, ann)
      for (const device of [ann, laptop]) {
        await device.away()
        device.news.length = 0
      }
      show(list)
      for (const device of [ann, laptop]) {
        await device.open()
        device.client.start()
        await world.until(() => device.news.length > 0, `news at ${device.name}`)
        assert.deepEqual(device.news, ['+1 -0'])
      }
      assert.ok(warned(ann))
    })

    it('rolled back: refused by companions and by others, and named; what is known stays', async () => {
      const old = verifyDeviceList(nodePrimitives, ann.data.get(`dl/${ann.account}`)!)
      const laptop = await linked()
      await laptop.say(bob.account, 'hello')
      await world.until(() => bob.received.length === 1)
      await world.world.during(bob.client.findPerson(ann.account))
      show(old)
      await world.world.during(bob.client.findPerson(ann.account))
      assert.ok(warned(bob))
      await bob.say(ann.account, 'to both, all the same')
      await world.until(() => ann.received.length === 1 && laptop.received.length === 1)
      assert.equal((await laptop.client.devices.list()).length, 2)
    })
  })

  it('logs are trimmed to what the devices that are left have', async () => {
    const laptop = await linked()
    await laptop.away()
    for (let i = 0; i < 20; i++) await bob.say(ann.account, `${i}`)
    await world.until(() => ann.received.length === 20)
    await world.world.pass(30_000)
    const { id } = pairConversation(ann.account, bob.account)
    const first = async (): Promise<number> => (await world.nodes[0]!.store.openLog(id))!.first
    assert.ok(await first() < 10, `kept for the laptop, from ${await first()}`)
    await world.world.during(ann.client.devices.unlink(laptop.id))
    await bob.say(ann.account, 'one more')
    await world.until(() => ann.received.length === 21)
    await world.world.pass(30_000)
    assert.ok(await first() > 20, `trimmed, to ${await first()}`)
  })
})
