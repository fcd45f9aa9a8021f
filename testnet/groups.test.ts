/**
 * Groups over three relays, with the relay's real code and the client engine under virtual time.
 */
import assert from 'node:assert/strict'
import type { ChatId } from '../client/chat-id.ts'
import type { ConversationId } from '../protocol/conversation.ts'
import { isProtocolError } from '../protocol/errors.ts'
import { DeviceWorld, type TestDevice } from './device-world.ts'

let world: DeviceWorld
let people: TestDevice[]

const lines = async (person: TestDevice, chat: ChatId): Promise<string[]> =>
  (await person.history(chat)).map(({ text, sender, state, error }) => `${nameOf(sender)}: ${text}${state === 'failed' ? ` [${error ?? ''}]` : ''}`)
const nameOf = (account: string): string => people.find((one) => one.account === account)?.name ?? 'somebody'
const texts = async (person: TestDevice, chat: ChatId): Promise<string[]> => (await person.history(chat)).map(({ text }) => text)

async function meet (names: readonly string[], seed = 1): Promise<void> {
  world = await DeviceWorld.start(seed)
  world.nodes.push(await world.world.relay('us-1'))
  people = []
  for (const [i, name] of names.entries()) people.push(await world.primary(name, world.nodes[i % 3]!))
  // Time for relays to get to know everybody.
  await world.world.pass(3_000)
}

/** The first makes it, the others are in it. */
async function found (members: readonly TestDevice[], name = 'harbour'): Promise<ChatId> {
  const [founder, ...others] = members
  const ref = await founder!.client.groups.create({ name, members: others.map(({ account }) => account) })
  await world.world.during(founder!.client.groups.settled(ref))
  await world.until(async () => (await Promise.all(members.map((one) => one.client.groups.state(ref.chat)))).every((state) => state?.name === name && state.members.length === members.length), 'everybody in the group')
  return ref.chat
}

async function refused (work: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(work, (error) => isProtocolError(error) && error.code === code, code)
}

describe('groups over relays', () => {
  afterEach(async () => { await world.stop() })

  it('five people over three relays write, and all see the same, once, in one order', async () => {
    await meet(['ann', 'bob', 'cleo', 'dora', 'erik'])
    const chat = await found(people)
    for (let i = 0; i < 3; i++) for (const person of people) await person.say(chat, `${person.name} ${i}`)
    await world.until(async () => (await Promise.all(people.map((one) => texts(one, chat)))).every((all) => all.length === 15), 'all messages')
    await world.world.pass(3_000)
    const first = await lines(people[0]!, chat)
    for (const person of people) assert.deepEqual(await lines(person, chat), first, person.name)
    for (const person of people) assert.equal(new Set(person.received).size, 12, 'each once')
    assert.deepEqual(people.flatMap(({ warnings }) => warnings.map(({ text }) => text)), [])
    const heads = await Promise.all(people.map(async ({ client }) => (await client.groups.state(chat))?.head))
    assert.equal(new Set(heads).size, 1)
  })

  for (const [where, names] of [['the founder\'s relay', ['ann', 'bob', 'cleo', 'zoe']], ['another member\'s', ['ann', 'bob', 'cleo', 'dora', 'zoe']]] as const) {
    it(`an entry that the disk of ${where} has lost, and that nobody else keeps, comes from who wrote it`, async () => {
      await meet(names)
      const chat = await found(people)
      const [ann, bob, cleo] = people as [TestDevice, TestDevice, TestDevice]
      const zoe = people.at(-1)!
      const others = people.filter((person) => person !== zoe)
      const home = world.nodes[(names.length - 1) % 3]!
      await ann.say(chat, 'before')
      await world.until(async () => (await Promise.all(people.map((one) => texts(one, chat)))).every((all) => all.length === 1), 'the first')
      await world.world.during(zoe.client.stop())
      for (const [i, person] of [cleo, bob, ann, cleo, bob].entries()) {
        await person.say(chat, `while zoe is away ${i}`)
        await world.until(async () => (await Promise.all(others.map((one) => texts(one, chat)))).every((all) => all.length === i + 2), 'all of it for the others')
      }
      // The other relays have dropped what their own people have.
      await world.world.pass(5_000)
      for (const message of (await ann.history(chat)).slice(1, 4)) home.store.damage(chat as ConversationId, message.seq!)
      await zoe.open()
      await zoe.online()
      await world.until(async () => (await texts(zoe, chat)).length === 6, 'all of it for zoe')
      await world.world.pass(3_000)
      for (const person of people) assert.deepEqual(await lines(person, chat), await lines(ann, chat), person.name)
      assert.equal(new Set(zoe.received).size, zoe.received.length, 'each once')
      assert.ok(home.meter.of('heliograph_log_damaged_total lost') >= 2, 'nobody had a copy')
      await cleo.say(chat, 'after')
      await world.until(async () => (await cleo.history(chat)).filter(({ direction }) => direction === 'out').every(({ state }) => state === 'delivered'), 'everybody to know that everybody has it')
    })
  }

  it('a message is delivered when all have it, and read when all have read it', async () => {
    await meet(['ann', 'bob', 'cleo'])
    const chat = await found(people)
    const [ann, bob, cleo] = people as [TestDevice, TestDevice, TestDevice]
    await world.world.during(cleo.client.stop())
    const message = await ann.say(chat, 'hello')
    await world.until(() => bob.received.includes('hello'), 'bob to have it')
    await world.world.pass(3_000)
    const of = async (): Promise<string[]> => (await ann.client.groups.receiptsOf(chat, message.id)).map(({ account, state }) => `${nameOf(account)} ${state}`).sort()
    assert.deepEqual(await of(), ['bob delivered', 'cleo sent'])
    assert.deepEqual(await ann.states(chat), ['sent'])
    await cleo.back()
    await world.until(async () => (await ann.states(chat))[0] === 'delivered', 'delivered to all')
    await bob.client.markRead(chat)
    await world.world.pass(2_000)
    assert.deepEqual(await of(), ['bob read', 'cleo delivered'])
    await cleo.client.markRead(chat)
    await world.until(async () => (await ann.states(chat))[0] === 'read', 'read by all')
  })

  it('who is removed reads nothing that comes after, who is added nothing that came before', async () => {
    await meet(['ann', 'bob', 'cleo', 'dora'])
    const [ann, bob, cleo, dora] = people as [TestDevice, TestDevice, TestDevice, TestDevice]
    const chat = await found([ann, bob, cleo])
    await ann.say(chat, 'before')
    await world.until(() => cleo.received.includes('before'), 'cleo to have it')
    await world.world.during(ann.client.groups.settled(await ann.client.groups.remove(chat, [cleo.account])))
    await world.world.during(ann.client.groups.settled(await ann.client.groups.add(chat, [dora.account])))
    await world.until(async () => (await bob.client.groups.state(chat))?.members.some(({ account }) => account === dora.account) === true, 'bob to know')
    await bob.say(chat, 'after')
    await world.until(() => ann.received.includes('after'), 'ann to have it')
    await ann.say(chat, 'after too')
    await world.until(() => dora.received.length === 2, 'dora to have both')
    await world.world.pass(30_000)
    assert.deepEqual(await texts(dora, chat), ['after', 'after too'])
    assert.deepEqual(await texts(cleo, chat), ['before'])
    assert.equal((await cleo.client.groups.state(chat))?.isMember, false)
    assert.equal((await dora.client.groups.state(chat))?.name, 'harbour')
    await refused(cleo.say(chat, 'still here?'), 'NOT_A_MEMBER')
    assert.deepEqual(people.flatMap(({ warnings }) => warnings.map(({ text }) => text)), [])
  })

  it('of two admins at different relays the second decides anew; what the sequencer refuses is told', async () => {
    await meet(['ann', 'bob', 'cleo', 'dora', 'erik'])
    const [ann, bob, cleo, dora, erik] = people as [TestDevice, TestDevice, TestDevice, TestDevice, TestDevice]
    const chat = await found([ann, bob, cleo])
    await world.world.during(ann.client.groups.settled(await ann.client.groups.setRole(chat, bob.account, 'admin')))
    await world.until(async () => (await bob.client.groups.state(chat))?.role === 'admin', 'bob to be an admin')
    const acts = await Promise.all([ann.client.groups.add(chat, [dora.account]), bob.client.groups.add(chat, [erik.account])])
    await world.world.during(Promise.all([ann.client.groups.settled(acts[0]), bob.client.groups.settled(acts[1])]))
    await world.until(async () => (await Promise.all(people.map(({ client }) => client.groups.state(chat)))).every((state) => state?.members.length === 5), 'five members everywhere')
    // bob writes before he hears that he may not: his relay says sent, the sequencer refuses.
    const rules = await ann.client.groups.setSettings(chat, { whoMaySend: 'admins' })
    const demotion = await ann.client.groups.setRole(chat, bob.account, 'member')
    const { id } = await bob.say(chat, 'may I?')
    await world.world.during(Promise.all([ann.client.groups.settled(rules), ann.client.groups.settled(demotion)]))
    await world.until(async () => (await bob.history(chat)).some((message) => message.id === id && message.state !== 'pending'), 'an outcome')
    await world.world.pass(5_000)
    const mine = (await bob.history(chat)).find((message) => message.id === id)!
    assert.equal(mine.state === 'failed', !(await texts(ann, chat)).includes('may I?'), 'failed where it did not arrive')
    assert.deepEqual(people.flatMap(({ warnings }) => warnings.map(({ text }) => text)), [])
  })

  it('twenty people share one ciphertext; a relay that is cut off catches up, and all agree', async () => {
    await meet(Array.from({ length: 20 }, (_, i) => `person${i}`))
    const chat = await found(people)
    const [eu, ap] = world.nodes as [typeof world.nodes[number], typeof world.nodes[number]]
    for (const person of people.slice(0, 6)) await person.say(chat, `${person.name} before`)
    await world.until(async () => (await Promise.all(people.map((one) => texts(one, chat)))).every((all) => all.length === 6), 'six everywhere')
    world.world.network.cut(eu.id, ap.id, 'silent')
    for (const person of people.slice(0, 6)) await person.say(chat, `${person.name} meanwhile`)
    await world.world.pass(10_000)
    world.world.network.heal(eu.id, ap.id)
    await world.until(async () => (await Promise.all(people.map((one) => texts(one, chat)))).every((all) => all.length === 12), 'twelve everywhere', 300_000)
    const first = await lines(people[0]!, chat)
    for (const person of people) assert.deepEqual(await lines(person, chat), first, person.name)
    await world.until(async () => (await Promise.all(people.slice(0, 6).map((one) => one.states(chat)))).flat().every((state) => state === 'delivered'), 'delivered to all', 300_000)
    assert.deepEqual(people.flatMap(({ warnings }) => warnings.map(({ text }) => text)), [])
  }).timeout(120_000)
})
