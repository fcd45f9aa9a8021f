/**
 * What a person does in chats on one device, on their others: real relays, virtual time.
 */
import assert from 'node:assert/strict'
import type { MessageId } from '../protocol/ids.ts'
import type { Message } from '../client/client.ts'
import { DeviceWorld, type TestDevice } from './device-world.ts'

describe('several devices: chats', () => {
  let world: DeviceWorld
  let phone: TestDevice
  let laptop: TestDevice
  let bob: TestDevice

  beforeEach(async () => {
    world = await DeviceWorld.start(51)
    phone = await world.primary('alice', world.nodes[0]!, { strangers: 'ask' })
    bob = await world.primary('bob', world.nodes[1]!)
    // Alice writes first: no request.
    await phone.client.send(bob.account, 'hello bob')
    await world.until(() => bob.received.length === 1)
  })
  afterEach(async () => { await world.stop() })

  const link = async (): Promise<void> => { laptop = await world.companion('laptop', phone, world.nodes[0]!, { strangers: 'ask' }) }
  const fromBob = async (what: Parameters<typeof bob.client.chats.send>[1], devices: readonly TestDevice[] = [phone, laptop]): Promise<MessageId> => {
    const { id } = await bob.client.chats.send(phone.account, what)
    await world.until(async () => (await Promise.all(devices.map(async ({ client }) => await client.chats.message(bob.account, id)))).every((message) => message !== undefined), 'bob\'s message everywhere')
    return id
  }

  const fromAlice = async (what: Parameters<typeof bob.client.chats.send>[1]): Promise<MessageId> => (await phone.client.chats.send(bob.account, what)).id

  it('stars, mutes, archives, drafts, contacts, blocks and what was deleted for oneself are the same on all', async () => {
    await link()
    const [keep, drop] = [await fromBob('keep this'), await fromBob('drop this')]
    const { chats } = phone.client
    await chats.star(bob.account, keep, true)
    await chats.mute(bob.account, 'forever')
    await chats.archive(bob.account, true)
    await chats.setDraft(bob.account, { text: 'dear bob' })
    await chats.deleteForMe(bob.account, [drop])
    await chats.createList('crew', [bob.account])
    await world.world.during(phone.client.addContact(bob.account, { name: 'Bob at sea' }))
    await world.until(async () => {
      const { isMuted, isArchived, draft } = laptop.client.chats.info(bob.account)
      return isMuted && isArchived && draft?.text === 'dear bob' && (await laptop.client.chats.starred()).length === 1 &&
        await laptop.client.chats.message(bob.account, drop) === undefined && (await laptop.client.contact('Bob at sea'))?.account === bob.account && (await laptop.client.chats.lists()).length === 1
    }, 'the same on the laptop')
    await laptop.client.chats.block(bob.account)
    await world.until(() => phone.client.chats.isBlocked(bob.account))
    await bob.client.send(phone.account, 'hear me')
    await world.world.clock.advance(5_000)
    for (const device of [phone, laptop]) assert.ok(!device.received.includes('hear me'))
  })

  it('a device that was away hears first what was deleted and starred, then the messages, and does as the others', async () => {
    await link()
    await world.world.during(laptop.client.stop())
    const [keep, drop] = [await fromBob('keep this', [phone]), await fromBob('drop this', [phone])]
    await phone.client.chats.star(bob.account, keep, true)
    await phone.client.chats.deleteForMe(bob.account, [drop])
    await world.world.clock.advance(2_000)
    await laptop.open()
    await laptop.online()
    await world.until(async () => (await laptop.client.chats.message(bob.account, keep))?.isStarred === true)
    await world.world.clock.advance(2_000)
    assert.equal(await laptop.client.chats.message(bob.account, drop), undefined)
  })

  it('what one device does with messages shows on the other; view once is gone everywhere', async () => {
    await link()
    const id = await fromBob('look here')
    await laptop.client.chats.react(bob.account, id, '👍')
    await world.until(async () => (await phone.client.chats.message(bob.account, id))?.reactions?.[0]?.account === phone.account)
    const { id: own } = await phone.client.chats.send(bob.account, 'a tyop')
    await world.until(async () => await laptop.client.chats.message(bob.account, own) !== undefined)
    await laptop.client.chats.edit(bob.account, own, 'a typo')
    await world.until(async () => (await phone.client.chats.message(bob.account, own))?.text === 'a typo' && (await bob.client.chats.message(phone.account, own))?.text === 'a typo')
    const once = await fromBob({ text: 'secret', viewOnce: true })
    assert.equal((await laptop.client.chats.openOnce(bob.account, once)).text, 'secret')
    await world.until(async () => (await phone.client.chats.message(bob.account, once))?.isOpened === true)
    await assert.rejects(phone.client.chats.openOnce(bob.account, once), { code: 'NOT_ADMITTED' })
    await world.until(async () => (await bob.client.chats.message(phone.account, once))?.openedBy?.length === 1)
  })

  it('what bob does with messages while he has not heard of the new device is given to it by the other one', async () => {
    const [liked, edited, dropped, poll] = [
      await fromAlice('like this'),
      (await bob.client.send(phone.account, 'a tyop')).id,
      (await bob.client.send(phone.account, 'a mistake')).id,
      await fromAlice({ poll: { question: 'tea?', options: ['yes', 'no'], allowsSeveral: false } })
    ]
    await world.until(async () => await phone.client.chats.message(bob.account, dropped) !== undefined && (await bob.client.chats.message(phone.account, poll)) !== undefined)
    await world.world.pass(5_000)
    await link()
    const { chats } = bob.client
    await chats.react(phone.account, liked, '👍')
    await chats.edit(phone.account, edited, 'a typo')
    await chats.edit(phone.account, dropped, 'two mistakes')
    await chats.deleteForEveryone(phone.account, dropped)
    await chats.vote(phone.account, poll, [1])
    await chats.pin(phone.account, liked, true)
    await chats.setTimer(phone.account, 3_600)
    const formOf = async ({ client }: TestDevice): Promise<unknown> => {
      const at = async (id: MessageId): Promise<Message> => (await client.chats.message(bob.account, id))!
      const { reactions } = await at(liked)
      return [reactions?.map(({ emoji }) => emoji), (await at(edited)).text, (await at(dropped)).isDeleted, (await at(poll)).votes?.[0]?.options, client.chats.info(bob.account).pins, client.chats.info(bob.account).timerS]
    }
    const expected = [['👍'], 'a typo', true, [1], [liked], 3_600]
    await world.until(async () => JSON.stringify(await formOf(phone)) === JSON.stringify(expected), 'on the phone')
    await world.until(async () => JSON.stringify(await formOf(laptop)) === JSON.stringify(expected), 'on the laptop')
    assert.deepEqual([...laptop.data.keys()].filter((key) => key.startsWith('mw/')), [], 'nothing is wanted any more')
    assert.deepEqual([phone.warnings, laptop.warnings], [[], []])
  })

  it('what a device did before it was unlinked, and bob had not heard of until then, is said again by the other one', async () => {
    await link()
    const liked = await fromBob('like this')
    const { id: own } = await phone.client.chats.send(bob.account, 'a tyop')
    await world.until(async () => await bob.client.chats.message(phone.account, own) !== undefined && await laptop.client.chats.message(bob.account, own) !== undefined)
    await world.world.pass(5_000)
    await bob.away()
    await laptop.client.chats.react(bob.account, liked, '👍')
    await laptop.client.chats.edit(bob.account, own, 'a typo')
    await world.until(async () => (await phone.client.chats.message(bob.account, liked))?.reactions?.length === 1 && (await phone.client.chats.message(bob.account, own))?.text === 'a typo')
    await world.world.during(phone.client.devices.unlink(laptop.id))
    // Bob hears of the newer list before he opens what the laptop has sent.
    const list = `dl/${phone.account}`
    bob.data.set(list, phone.data.get(list)!)
    await bob.back()
    await world.until(async () => (await bob.client.chats.message(phone.account, liked))?.reactions?.[0]?.account === phone.account && (await bob.client.chats.message(phone.account, own))?.text === 'a typo', 'at bob', 3_600_000)
    assert.ok(!(await bob.history(phone.account)).some(({ state }) => state === 'failed'), 'no placeholder is left')
  }).timeout(60_000)

  it('a disappearing message goes from all devices once it was read on one', async () => {
    await link()
    await bob.client.chats.setTimer(phone.account, 60)
    const id = await fromBob('soon gone')
    await phone.client.markRead(bob.account)
    await world.until(async () => (await laptop.client.chats.message(bob.account, id))?.expiresAtMs !== undefined, 'the laptop to count')
    await world.world.clock.advance(61_000)
    for (const device of [phone, laptop]) assert.equal(await device.client.chats.message(bob.account, id), undefined, device.name)
  })

  it('a request is answered once for all devices', async () => {
    await link()
    const carol = await world.primary('carol', world.nodes[1]!)
    await carol.client.send(phone.account, 'may I?')
    await world.until(() => phone.client.chats.requests().length === 1 && laptop.client.chats.requests().length === 1)
    await laptop.client.chats.accept(carol.account)
    await world.until(async () => phone.client.chats.requests().length === 0 && (await carol.client.history(phone.account))[0]?.state === 'delivered')
    await world.until(() => [...carol.data.keys()].filter((key) => key.startsWith('ob/')).length === 0, 'both devices to acknowledge')
  })

  it('a stranger who was not answered does not see whether somebody is there', async () => {
    const carol = await world.primary('carol', world.nodes[1]!)
    await carol.client.send(phone.account, 'may I?')
    await world.until(() => phone.client.chats.requests().length === 1)
    await world.world.clock.advance(5_000)
    carol.client.presence.watch([phone.account])
    await world.world.clock.advance(20_000)
    assert.equal(carol.client.presence.of(phone.account).state, 'unknown')
    await phone.client.chats.accept(carol.account)
    await world.until(() => carol.client.presence.of(phone.account).state === 'online', 'carol to see alice')
  })

  it('a new device gets what holds for chats, profiles, and the time that messages have left', async () => {
    await phone.client.chats.setProfile({ name: 'Alice' })
    await bob.client.chats.setProfile({ name: 'Bob' })
    await bob.client.chats.setTimer(phone.account, 3_600)
    await world.until(async () => phone.client.chats.info(bob.account).timerS === 3_600 && (await phone.client.chats.profileOf(bob.account))?.name === 'Bob')
    const id = await fromBob('an hour', [phone])
    await phone.client.markRead(bob.account)
    await phone.client.chats.star(bob.account, id, true)
    await phone.client.chats.mute(bob.account, 'forever')
    await link()
    const { isMuted, timerS } = laptop.client.chats.info(bob.account)
    assert.deepEqual([isMuted, timerS], [true, 3_600])
    assert.deepEqual([(await laptop.client.chats.profileOf(bob.account))?.name, (await laptop.client.chats.profileOf(phone.account))?.name], ['Bob', 'Alice'])
    assert.deepEqual((await laptop.client.chats.starred()).map((message) => message.id), [id])
    await world.world.clock.advance(3_600_000)
    assert.equal(await laptop.client.chats.message(bob.account, id), undefined)
    await laptop.client.chats.setProfile({ about: 'on two devices' })
    await world.until(async () => (await phone.client.chats.profileOf(phone.account))?.about === 'on two devices' && (await bob.client.chats.profileOf(phone.account))?.about === 'on two devices')
  })
})
