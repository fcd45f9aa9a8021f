/**
 * What a chat does, in groups: as between two people, and who may do what there.
 */
import assert from 'node:assert/strict'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../../protocol/e2ee/primitives-seeded.ts'
import type { MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { ChatId } from '../chat-id.ts'
import type { GroupRules, Message } from '../model.ts'
import { FakeWorld, type FakePerson } from '../testing/world-fake.ts'
import { resultsOf } from './votes.ts'

let world: FakeWorld
let people: FakePerson[]

async function found (count: number, settings: Partial<GroupRules> = {}): Promise<ChatId> {
  world = new FakeWorld(seededPrimitives(nodePrimitives, 'chats of groups'), 41)
  people = []
  for (let i = 0; i < count; i++) people.push(await world.member(`person${i}`))
  const [founder, ...others] = people as [FakePerson, ...FakePerson[]]
  const { chat } = await founder.client.groups.create({ name: 'harbour', members: others.map(({ id }) => id), settings })
  await world.until(async () => (await Promise.all(people.map(async ({ client }) => await client.groups.state(chat)))).every((state) => state?.isPending === false && state.name === 'harbour'), { what: 'the group' })
  return chat
}

const everywhere = async (chat: ChatId, id: MessageId, isSo: (message: Message) => boolean): Promise<void> => {
  await world.until(async () => {
    const all = await Promise.all(people.map(async ({ client }) => await client.chats.message(chat, id)))
    return all.every((message) => message !== undefined && isSo(message))
  }, { what: 'the same for everybody' })
}

describe('chats: in groups', () => {
  afterEach(async () => {
    await world.stop()
    assert.equal(world.clock.pending, 0, 'no timer is left')
  })

  it('members who have no other conversation know what the others call themselves; what somebody tells them counts for more', async () => {
    world = new FakeWorld(seededPrimitives(nodePrimitives, 'more chats of groups'), 43)
    people = []
    for (const name of ['Ann', 'Ben', 'Cy', '']) {
      const person = await world.member(`person${people.length}`)
      people.push(person)
      if (name !== '') await person.client.chats.setProfile({ name, about: `about ${name}` })
    }
    const [ann, ben, cy, silent] = people as [FakePerson, FakePerson, FakePerson, FakePerson]
    const { chat } = await ann.client.groups.create({ name: 'harbour', members: [ben.id, cy.id, silent.id] })
    await world.until(async () => (await ben.client.groups.state(chat))?.name === 'harbour', { what: 'the group' })
    for (const person of people) await person.client.send(chat, 'hello')
    const nameOf = async (of: FakePerson, at: FakePerson): Promise<string | undefined> => (await at.client.chats.profileOf(of.id))?.name
    await world.until(async () => await nameOf(ben, cy) === 'Ben' && await nameOf(cy, ben) === 'Cy' && await nameOf(ann, silent) === 'Ann', { what: 'names' })
    assert.deepEqual(await cy.client.chats.profileOf(ben.id), { account: ben.id, name: 'Ben', about: '', picture: new Uint8Array(0), version: 0 })
    assert.equal(await nameOf(silent, ann), undefined)
    await ben.client.send(cy.id, 'between us')
    await cy.client.chats.accept(ben.id)
    await world.until(async () => (await cy.client.chats.profileOf(ben.id))?.about === 'about Ben', { what: 'the profile itself' })
    assert.deepEqual(people.flatMap(({ warnings }) => warnings.map(({ text }) => text)), [])
  })

  for (const count of [3, limits.pairwiseGroupDevices + 2]) {
    it(`${count} people mention, reply, react, vote, edit and delete`, async () => {
      const chat = await found(count)
      const [ann, ben] = people as [FakePerson, FakePerson]
      const { id } = await ann.client.chats.send(chat, { text: 'ahoy @ben', mentions: [{ account: ben.id, start: 5, length: 4 }] })
      await everywhere(chat, id, ({ mentions }) => mentions?.[0]?.account === ben.id)
      for (const person of people) await person.client.chats.react(chat, id, '👍')
      await everywhere(chat, id, ({ reactions }) => reactions?.length === count)
      const { id: reply } = await ben.client.chats.send(chat, { text: 'aye', replyTo: id })
      await everywhere(chat, reply, ({ replyTo }) => replyTo?.author === ann.id)
      const { id: poll } = await ben.client.chats.send(chat, { poll: { question: 'sail?', options: ['yes', 'no'], allowsSeveral: false } })
      await everywhere(chat, poll, (message) => message.poll !== undefined)
      for (const [i, person] of people.entries()) await person.client.chats.vote(chat, poll, [i % 2])
      await everywhere(chat, poll, (message) => resultsOf(message)[0]!.voters.length === Math.ceil(count / 2) && resultsOf(message)[1]!.voters.length === Math.floor(count / 2))
      await ann.client.chats.edit(chat, id, 'ahoy')
      await everywhere(chat, id, ({ text, mentions }) => text === 'ahoy' && mentions === undefined)
      await ben.client.chats.deleteForEveryone(chat, reply)
      await everywhere(chat, reply, ({ isDeleted }) => isDeleted === true)
      assert.deepEqual(people.flatMap(({ warnings }) => warnings.map(({ text }) => text)), [])
    }).timeout(60_000)
  }

  it('no copy of an edit is left when its message was deleted', async () => {
    const chat = await found(3)
    const [ann] = people as [FakePerson]
    const copies = (text: string): string[] => people.flatMap(({ name, data }) => [...data].filter(([, value]) => Buffer.from(value).includes(text)).map(([key]) => `${name} ${key.slice(0, 3)}`))
    const { id } = await ann.client.chats.send(chat, 'written')
    await everywhere(chat, id, () => true)
    await ann.client.chats.edit(chat, id, 'changed')
    await everywhere(chat, id, ({ text }) => text === 'changed')
    assert.ok(copies('changed').includes('person0 gc/'), 'kept for those who may ask')
    await ann.client.chats.deleteForEveryone(chat, id)
    await everywhere(chat, id, ({ isDeleted }) => isDeleted === true)
    await world.quiet()
    assert.deepEqual([...copies('written'), ...copies('changed')], [])
  })

  it('an admin deletes what others wrote; a member may not', async () => {
    const chat = await found(3)
    const [ann, ben, cat] = people as [FakePerson, FakePerson, FakePerson]
    const { id } = await ben.client.chats.send(chat, 'spam')
    await everywhere(chat, id, ({ text }) => text === 'spam')
    assert.ok(ben.data.has(`gc/${chat}/${id}`))
    await assert.rejects(cat.client.chats.deleteForEveryone(chat, id), { code: 'NOT_ALLOWED' })
    await ann.client.chats.deleteForEveryone(chat, id)
    await everywhere(chat, id, ({ isDeleted, deletedBy }) => isDeleted === true && deletedBy === ann.id)
    assert.ok(!ben.data.has(`gc/${chat}/${id}`), 'no copy is kept for those who could not open it')
  })

  it('pins and the timer are for everybody, or for admins where the group says so', async () => {
    const chat = await found(3, { whoMayEdit: 'admins' })
    const [ann, ben] = people as [FakePerson, FakePerson]
    const { id } = await ben.client.chats.send(chat, 'read me')
    await everywhere(chat, id, () => true)
    await assert.rejects(ben.client.chats.pin(chat, id, true), { code: 'NOT_ALLOWED' })
    await assert.rejects(ben.client.chats.setTimer(chat, 60), { code: 'NOT_ALLOWED' })
    await ann.client.chats.pin(chat, id, true)
    await ann.client.chats.setTimer(chat, 60)
    await world.until(() => people.every(({ client }) => client.chats.info(chat).pins[0] === id && client.chats.info(chat).timerS === 60))
    await ben.client.chats.send(chat, 'goes')
    await world.until(() => ann.received.some(({ text, expiresAfterS }) => text === 'goes' && expiresAfterS === 60))
  })

  it('who is blocked is not heard in common groups either; others are', async () => {
    const chat = await found(3)
    const [ann, ben, cat] = people as [FakePerson, FakePerson, FakePerson]
    await ann.client.chats.block(ben.id)
    await ben.client.chats.send(chat, 'from ben')
    await cat.client.chats.send(chat, 'from cat')
    await world.until(() => ann.received.some(({ text }) => text === 'from cat'))
    await world.quiet()
    assert.deepEqual((await ann.client.history(chat)).map(({ text }) => text), ['from cat'])
    assert.deepEqual(cat.received.map(({ text }) => text), ['from ben'])
  })

  it('put into a group by a stranger: a request, which is accepted or declined', async () => {
    await found(1)
    const [ann] = people as [FakePerson]
    const ben = await world.member('ben', { strangers: 'ask' })
    const cat = await world.member('cat', { strangers: 'ask' })
    const dan = await world.member('dan', { strangers: 'ask' })
    await ben.client.chats.setAddPolicy('contacts')
    await cat.client.chats.setAddPolicy('contacts')
    await world.settled(cat.client.addContact(ann.id, { name: 'Ann' }))
    const { chat } = await ann.client.groups.create({ name: 'offers', members: [ben.id, cat.id] })
    await world.until(async () => (await ann.client.groups.state(chat))?.isPending === false)
    await world.settled(ann.client.groups.add(chat, [dan.id]).then(async (ref) => { await ann.client.groups.settled(ref) }))
    // Dan lets everybody add: the name has come, though nobody has answered ann.
    await world.until(async () => (await dan.client.groups.state(chat))?.name === 'offers', { what: 'the Welcome of a stranger' })
    await world.until(async () => (await ben.client.groups.state(chat))?.isPending === false && (await cat.client.groups.state(chat))?.isPending === false)
    await ann.client.chats.send(chat, 'buy')
    await world.until(() => cat.received.length === 1)
    await world.quiet()
    assert.deepEqual(ben.received, [])
    assert.deepEqual(ben.client.chats.requests().map((info) => info.chat), [chat])
    assert.deepEqual(cat.client.chats.requests(), [])
    await ben.client.chats.accept(chat)
    await ann.client.chats.send(chat, 'again')
    await world.until(() => ben.received.length === 1)

    const { chat: other } = await ann.client.groups.create({ name: 'more offers', members: [ben.id] })
    await world.until(() => ben.client.chats.requests().some((info) => info.chat === other))
    await ben.client.chats.decline(other)
    await world.until(async () => (await ann.client.groups.state(other))?.members.length === 1, { what: 'ben to have left' })
    assert.deepEqual(ben.client.chats.requests(), [])
  })
})
