/**
 * Groups of people with several devices, on the relay's real code: a device that is linked later reads and writes in
 * them, one that is unlinked reads nothing more.
 */
import assert from 'node:assert/strict'
import type { ChatId } from '../client/chat-id.ts'
import { fromUtf8 } from '../protocol/bytes.ts'
import { limits } from '../protocol/limits.ts'
import { DeviceWorld, type TestDevice } from './device-world.ts'

describe('groups with several devices', () => {
  let world: DeviceWorld
  let ann: TestDevice
  let bob: TestDevice
  let group: ChatId

  beforeEach(async () => {
    world = await DeviceWorld.start()
    ann = await world.primary('ann', world.nodes[0]!)
    bob = await world.primary('bob', world.nodes[1]!)
    await world.world.pass(5_000)
    await world.world.during(ann.client.addContact('bob@ap-1', { name: 'Bob' }))
    await world.world.during(bob.client.addContact('ann@eu-1', { name: 'Ann' }))
    group = (await world.world.during(ann.client.groups.create({ name: 'Both', members: [bob.account] }))).chat
    await world.until(async () => (await bob.client.groups.list()).length === 1, 'the group at bob')
  })
  afterEach(async () => { await world.stop() })

  const texts = async (device: TestDevice): Promise<string[]> => (await device.client.history(group, { limit: 1_000 })).map(({ text }) => text)
  const untilAll = async (devices: readonly TestDevice[], expected: readonly string[]): Promise<void> => {
    for (const device of devices) await world.until(async () => (await texts(device)).join('\n') === expected.join('\n'), `${expected.at(-1)} at ${device.name}`)
  }

  it('a device that is linked later has the group and its history, reads and writes', async () => {
    await ann.client.send(group, 'before')
    await untilAll([ann, bob], ['before'])
    const laptop = await world.companion('laptop', ann)
    await untilAll([laptop], ['before'])
    assert.deepEqual((await laptop.client.groups.list()).map(({ name }) => name), ['Both'])
    await bob.client.send(group, 'from bob')
    await untilAll([ann, bob, laptop], ['before', 'from bob'])
    await laptop.client.send(group, 'from the laptop')
    await untilAll([ann, bob, laptop], ['before', 'from bob', 'from the laptop'])
    await world.world.during(laptop.client.markRead(group))
    await world.until(async () => (await ann.client.conversations()).every(({ unread }) => unread === 0), 'read at ann, too')
  })

  it('one that is unlinked reads nothing that is written after', async () => {
    const laptop = await world.companion('laptop', bob)
    await ann.client.send(group, 'to all')
    await untilAll([ann, bob, laptop], ['to all'])
    await world.world.during(bob.client.devices.unlink(laptop.id))
    await world.until(() => laptop.news.includes('unlinked'), 'unlinked')
    await bob.client.send(group, 'bob says')
    await untilAll([ann, bob], ['to all', 'bob says'])
    await ann.client.send(group, 'ann says')
    await untilAll([ann, bob], ['to all', 'bob says', 'ann says'])
    await world.world.pass(30_000)
    assert.deepEqual(await texts(laptop), ['to all'])
  })

  it('in a large group everybody changes the sender key when a device is unlinked', async () => {
    const laptop = await world.companion('laptop', bob)
    const others: TestDevice[] = []
    for (let i = 0; i < limits.pairwiseGroupDevices - 1; i++) others.push(await world.primary(`person${i}`, world.nodes[i % 2]!, { strangers: 'accept' }))
    const ref = await world.world.during(ann.client.groups.add(group, others.map(({ account }) => account)))
    await world.world.during(ann.client.groups.settled(ref))
    const senderKeyOf = (device: TestDevice): string => /"own":"([^"]{48})/.exec(fromUtf8(device.data.get(`gk/${group}`)!))?.[1] ?? 'none'
    const writers = [ann, bob, others[0]!]
    const all = [...writers, others[1]!]
    const everybodyWrites = async (text: string): Promise<string[]> => {
      for (const device of writers) {
        await world.until(async () => (await device.client.groups.state(group))?.members.length === others.length + 2, 'the group')
        await device.client.send(group, `${text} of ${device.name}`)
        for (const reader of all) await world.until(async () => (await texts(reader)).includes(`${text} of ${device.name}`), `${text} of ${device.name} at ${reader.name}`)
      }
      return writers.map(senderKeyOf)
    }
    const before = await everybodyWrites('before')
    assert.equal(new Set(before).size, 3)
    assert.ok(!before.includes('none'))
    await world.until(async () => (await texts(laptop)).includes('before of person0'), 'the laptop to read')
    await world.world.during(bob.client.devices.unlink(laptop.id))
    // The others hear of it with the first message of bob's.
    await everybodyWrites('meanwhile')
    const after = await everybodyWrites('after')
    for (const [i, key] of after.entries()) assert.notEqual(key, before[i], writers[i]!.name)
    assert.equal((await texts(laptop)).some((text) => text.startsWith('after')), false)
    // What a new device is given has no keys that this one writes or reads with: it makes and is given its own.
    await ann.away()
    const own = (JSON.parse(fromUtf8(ann.data.get(`gk/${group}`)!)) as { own: string }).own
    const received = [...ann.data].filter(([key]) => key.startsWith('gr/')).map(([, value]) => Buffer.from(value).toString('hex'))
    assert.ok(own.length > 100 && received.length > 1)
    await ann.back()
    const tablet = await world.companion('tablet', ann)
    const rows = [...tablet.data].map(([key, value]) => [key, Buffer.from(value).toString('hex') + Buffer.from(value).toString('latin1')] as const)
    for (const state of [own, ...received]) assert.deepEqual(rows.filter(([, value]) => value.includes(state)).map(([key]) => key), [])
  }).timeout(120_000)

  it('what a device wrote before it was unlinked is had from its siblings, and holds no ticks up', async () => {
    await ann.client.send(group, 'first')
    await untilAll([ann, bob], ['first'])
    await bob.away()
    const laptop = await world.companion('laptop', ann)
    await laptop.client.send(group, 'from the laptop')
    await untilAll([ann, laptop], ['first', 'from the laptop'])
    await world.world.during(ann.client.devices.unlink(laptop.id))
    await ann.client.send(group, 'after')
    await untilAll([ann], ['first', 'from the laptop', 'after'])
    await bob.back()
    await untilAll([bob], ['first', 'from the laptop', 'after'])
    await world.until(async () => (await ann.client.history(group)).every(({ state }) => state === 'delivered'), 'all of it with bob, also for ann')
  })
})
