import assert from 'node:assert/strict'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../../protocol/e2ee/primitives-seeded.ts'
import { decodeEnvelope, type Envelope } from '../../protocol/envelope.ts'
import { limits } from '../../protocol/limits.ts'
import { ciphertextKinds, envelopeKinds } from '../../protocol/wire/kinds.ts'
import type { ChatId } from '../chat-id.ts'
import { FakeWorld, type FakePerson } from '../testing/world-fake.ts'

let world: FakeWorld
let people: FakePerson[]

async function meet (count: number, config: Parameters<FakeWorld['member']>[1] = {}): Promise<FakePerson[]> {
  world = new FakeWorld(seededPrimitives(nodePrimitives, 'messages of groups'))
  people = []
  for (let i = 0; i < count; i++) people.push(await world.member(`person${i}`, config))
  return people
}

async function found (members: readonly FakePerson[] = people): Promise<ChatId> {
  const [founder, ...others] = members as [FakePerson, ...FakePerson[]]
  const { chat } = await founder.client.groups.create({ name: 'harbour', members: others.map(({ id }) => id) })
  await world.until(async () => (await Promise.all(members.map(async ({ client }) => await client.groups.state(chat)))).every((state) => state?.isPending === false && state.name === 'harbour'), { what: 'the group' })
  return chat
}

const texts = async (person: FakePerson, chat: ChatId): Promise<string[]> => (await person.client.history(chat, { limit: 1_000 })).map(({ text, error }) => error === undefined ? text : `[${error}]`)
const states = async (person: FakePerson, chat: ChatId): Promise<string[]> => (await person.client.history(chat, { limit: 1_000 })).filter(({ direction }) => direction === 'out').map(({ state }) => state)
const have = async (chat: ChatId, wanted: readonly string[], who: readonly FakePerson[] = people): Promise<void> => {
  await world.until(async () => (await Promise.all(who.map(async (person) => await texts(person, chat)))).every((all) => JSON.stringify(all) === JSON.stringify(wanted)), { what: `to have ${wanted.join(', ')}` })
}
const contentsIn = (chat: ChatId): Envelope[] => world.relay.logs.get(chat as never)!.entries.map(({ envelope }) => decodeEnvelope(envelope)).filter(({ kind }) => kind === envelopeKinds.content)
const noWarnings = (): void => { assert.deepEqual(people.flatMap(({ name, warnings }) => warnings.map(({ text }) => `${name}: ${text}`)), []) }
const forgetAll = (person: FakePerson, prefix: string): void => { for (const key of [...person.data.keys()]) if (key.startsWith(prefix)) person.data.delete(key) }
async function settledAct (person: FakePerson, work: ReturnType<FakePerson['client']['groups']['leave']>): Promise<void> { await world.settled(work.then(async (ref) => { await person.client.groups.settled(ref) })) }

const large = limits.pairwiseGroupDevices + 2

describe('client: messages of groups', () => {
  afterEach(async () => {
    await world.stop()
    assert.equal(world.clock.pending, 0, 'a stopped client leaves no timer')
  })

  it('up to 16 devices a message is sealed for each, beyond that once for all', async () => {
    await meet(large)
    const [first] = people
    const small = await found(people.slice(0, limits.pairwiseGroupDevices))
    const wide = await found()
    for (const chat of [small, wide]) await first!.client.send(chat, 'hello')
    await have(small, ['hello'], people.slice(0, limits.pairwiseGroupDevices))
    await have(wide, ['hello'])
    const [toEach] = contentsIn(small)
    assert.equal(toEach!.ciphertexts.length, limits.pairwiseGroupDevices - 1)
    const [toAll] = contentsIn(wide)
    assert.deepEqual(toAll!.ciphertexts.map(({ device, kind }) => [device, kind]), [[undefined, ciphertextKinds.senderKey]])
    noWarnings()
  }).timeout(60_000)

  it('everybody in a large group writes; the sender key changes when somebody goes, and who is gone reads no more', async () => {
    await meet(large)
    const [first, second, third] = people as [FakePerson, FakePerson, FakePerson]
    const chat = await found()
    for (const [i, person] of people.entries()) await person.client.send(chat, `text ${i}`)
    await world.until(async () => (await Promise.all(people.map(async (person) => (await texts(person, chat)).filter((text) => text.startsWith('text')).length))).every((count) => count === large), { what: 'all of it' })
    const inOrder = await texts(first, chat)
    for (const person of people) assert.deepEqual(await texts(person, chat), inOrder, person.name)
    const keyBefore = idOfKey(contentsIn(chat).find(({ sender }) => sender === second.id)!)
    const entriesOfThird = third.data
    await settledAct(first, first.client.groups.remove(chat, [third.id]))
    await world.until(async () => (await second.client.groups.state(chat))?.members.length === large - 1)
    await second.client.send(chat, 'without third')
    await world.until(async () => (await texts(first, chat)).includes('without third'), { what: 'the message' })
    const after = contentsIn(chat).at(-1)!
    assert.notDeepEqual(idOfKey(after), keyBefore)
    // Even if the relay gives it to them.
    assert.equal([...entriesOfThird.keys()].some((key) => key === `gr/${chat}/${second.client.account!.device}`), true, 'the old key is there')
    const { senderKeyCipher } = await import('../../protocol/e2ee/group-cipher.ts')
    const { heliographProfile } = await import('../../protocol/e2ee/suite.ts')
    const cipher = senderKeyCipher({ primitives: nodePrimitives, profile: heliographProfile })
    assert.throws(() => cipher.open(entriesOfThird.get(`gr/${chat}/${second.client.account!.device}`), after.ciphertexts[0]!.bytes), /NO_SENDER_KEY/)
    noWarnings()
  }).timeout(120_000)

  it('the sender key changes after 7 days', async () => {
    await meet(large)
    const [first, second] = people as [FakePerson, FakePerson]
    const chat = await found()
    await first.client.send(chat, 'one')
    await world.until(async () => (await texts(second, chat)).length === 1)
    for (const { client } of people) await client.stop()
    await world.clock.advance(limits.senderKeyMaxAgeMs + 1)
    for (const person of [first, second]) await person.online()
    await first.client.send(chat, 'two')
    await world.until(async () => (await texts(second, chat)).length === 2)
    const [one, two] = contentsIn(chat)
    assert.notDeepEqual(idOfKey(one!), idOfKey(two!))
  }).timeout(120_000)

  it('the sender key changes when somebody leaves, and when one blocks somebody', async () => {
    await meet(large)
    const [first, second, third] = people as [FakePerson, FakePerson, FakePerson]
    const chat = await found()
    const keys: Uint8Array[] = []
    const next = async (text: string): Promise<void> => {
      await first.client.send(chat, text)
      await world.until(async () => (await texts(second, chat)).includes(text), { what: text })
      keys.push(idOfKey(contentsIn(chat).at(-1)!))
    }
    await next('one')
    await next('two')
    assert.deepEqual(keys[0], keys[1])
    await settledAct(third, third.client.groups.leave(chat))
    await world.until(async () => (await first.client.groups.state(chat))?.members.length === large - 1)
    await next('three')
    assert.notDeepEqual(keys[2], keys[1])
    await first.client.chats.block(people[3]!.id)
    await next('four')
    assert.notDeepEqual(keys[3], keys[2])
    noWarnings()
  }).timeout(120_000)

  it('the sender key changes after 1,000 messages', async () => {
    await meet(large)
    const [first] = people as [FakePerson]
    const chat = await found()
    await first.client.send(chat, 'the first')
    await have(chat, ['the first'])
    // Nobody has to open them: only the sender counts.
    for (const { client } of people.slice(1)) await client.stop()
    for (let i = 1; i <= limits.senderKeyMaxMessages; i++) await first.client.send(chat, `text ${i}`)
    await world.until(() => contentsIn(chat).length === limits.senderKeyMaxMessages + 1, { what: 'all of them' })
    const keys = contentsIn(chat).map((envelope) => idOfKey(envelope).join())
    assert.deepEqual([new Set(keys.slice(0, -1)).size, keys.at(-1) === keys[0]], [1, false])
  }).timeout(120_000)

  it('a member without keys does not hold a message up, and gets it when there are some', async () => {
    await meet(3)
    const [first, second, third] = people as [FakePerson, FakePerson, FakePerson]
    await third.client.stop()
    const row = world.relay.accounts.get(third.id)!
    const { deviceKeys } = row
    row.deviceKeys = undefined
    const { chat } = await first.client.groups.create({ name: 'harbour', members: [second.id, third.id] })
    await first.client.send(chat, 'hello')
    await have(chat, ['hello'], [first, second])
    row.deviceKeys = deviceKeys
    await third.open()
    await third.online()
    await have(chat, ['hello'])
    await world.until(async () => (await third.client.groups.state(chat))?.name === 'harbour', { what: 'the name' })
    await world.until(async () => (await states(first, chat))[0] === 'delivered', { what: 'the receipt' })
    noWarnings()
  })

  it('a sender key that was lost is asked for; until then a placeholder keeps the place', async () => {
    await meet(large)
    const [first, second] = people as [FakePerson, FakePerson]
    const chat = await found()
    await first.client.send(chat, 'one')
    await have(chat, ['one'])
    await second.client.stop()
    forgetAll(second, 'gr/')
    await second.open()
    await second.online()
    await first.client.send(chat, 'two')
    await people[2]!.client.send(chat, 'three')
    await world.until(async () => (await texts(second, chat)).length === 3)
    assert.deepEqual((await texts(second, chat)).slice(0, 2), ['one', '[waiting for this message]'])
    assert.equal((await first.client.groups.receiptsOf(chat, (await first.client.history(chat))[1]!.id)).find(({ account }) => account === second.id)?.state, 'sent', 'what waits is not delivered')
    await have(chat, ['one', 'two', 'three'])
    await first.client.send(chat, 'four')
    await have(chat, ['one', 'two', 'three', 'four'])
    assert.deepEqual(second.received.map(({ text }) => text).sort(), ['four', 'one', 'three', 'two'])
    noWarnings()
  }).timeout(60_000)

  it('a clock that goes back does not put off what is to be asked for', async () => {
    await meet(large)
    const [first, second] = people as [FakePerson, FakePerson]
    const chat = await found()
    await first.client.send(chat, 'one')
    await have(chat, ['one'])
    await second.client.stop()
    forgetAll(second, 'gr/')
    await second.open()
    await second.online()
    await first.client.send(chat, 'two')
    await world.until(async () => (await texts(second, chat)).length === 2)
    const nowMs = world.clock.nowMs.bind(world.clock)
    world.clock.nowMs = () => nowMs() - 6 * 60 * 60_000
    await have(chat, ['one', 'two'])
  }).timeout(60_000)

  it('a small group heals a device that went back to an old state', async () => {
    await meet(3)
    const [first, second] = people as [FakePerson, FakePerson]
    const chat = await found()
    await first.client.send(chat, 'one')
    await have(chat, ['one'])
    const old = new Map(second.data)
    await second.client.send(chat, 'two')
    await have(chat, ['one', 'two'])
    await first.client.send(chat, 'three')
    await have(chat, ['one', 'two', 'three'])
    await second.client.stop()
    // The sessions of before, as after a backup; the log and the history are of now.
    for (const key of [...second.data.keys()]) if (key.startsWith('se/')) second.data.delete(key)
    for (const [key, value] of old) if (key.startsWith('se/')) second.data.set(key, value)
    await second.open()
    await second.online()
    for (const person of [first, second]) await person.client.send(chat, `${person.name} again`)
    await world.until(async () => {
      const all = await Promise.all(people.map(async (person) => await texts(person, chat)))
      return all.every((one) => one.length === 5 && !one.some((text) => text.startsWith('[')))
    }, { what: 'everything to be there' })
    assert.deepEqual(await texts(first, chat), await texts(second, chat))
  }).timeout(60_000)

  it('who has left is asked in vain, and the placeholder says so in the end', async () => {
    await meet(large)
    const [first, second] = people as [FakePerson, FakePerson]
    const chat = await found()
    await first.client.send(chat, 'one')
    await have(chat, ['one'])
    await second.client.stop()
    await first.client.send(chat, 'two')
    await have(chat, ['one', 'two'], people.filter((person) => person !== second))
    await first.client.stop()
    forgetAll(second, 'gr/')
    await second.open()
    await second.online()
    await world.until(async () => (await texts(second, chat)).includes('[waiting for this message]'), { what: 'the placeholder' })
    await world.clock.advance(40 * 60 * 60_000)
    await world.until(async () => (await texts(second, chat)).includes('[this message could not be opened]'), { what: 'the end of waiting', stepMs: 60_000, maxMs: 3 * 24 * 60 * 60_000 })
    assert.deepEqual(second.warnings.map(({ kind }) => kind), ['undecryptable'])
  }).timeout(120_000)

  it('receipts: delivered when all have it, read when all have read it; lost ones are made good', async () => {
    await meet(4)
    const [first, second, third, fourth] = people as [FakePerson, FakePerson, FakePerson, FakePerson]
    const chat = await found()
    world.relay.faults = { ...world.relay.faults, dropReceipt: 1 }
    const { id } = await first.client.send(chat, 'hello')
    await have(chat, ['hello'])
    await world.quiet(5_000)
    assert.deepEqual(await states(first, chat), ['sent'])
    world.relay.faults = { ...world.relay.faults, dropReceipt: 0 }
    world.relay.cutAll()
    await world.until(async () => (await states(first, chat))[0] === 'delivered', { what: 'delivered' })
    await second.client.markRead(chat)
    await third.client.markRead(chat)
    const of = async (): Promise<string[]> => (await first.client.groups.receiptsOf(chat, id)).map(({ account, state }) => `${people.find((one) => one.id === account)!.name} ${state}`)
    await world.until(async () => (await of()).filter((one) => one.endsWith('read')).length === 2, { what: 'two to have read' })
    assert.deepEqual(await states(first, chat), ['delivered'])
    // Who leaves is not waited for.
    await settledAct(fourth, fourth.client.groups.leave(chat))
    await world.until(async () => (await states(first, chat))[0] === 'read', { what: 'read' })
    assert.deepEqual(await of(), ['person1 read', 'person2 read'])
    noWarnings()
  })

  it('what gets a number that others have something else under, since the relay has gone back, is sent again and shown once', async () => {
    await meet(3)
    const [first, second] = people as [FakePerson, FakePerson, FakePerson]
    const chat = await found()
    await second.client.send(chat, 'lost at the sequencer')
    await have(chat, ['lost at the sequencer'])
    await world.quiet()
    const log = world.relay.logs.get(chat as never)!
    const lost = log.entries.pop()!
    log.byMessage.delete(`${lost.sender}/${lost.messageId}`)
    for (const [device, seq] of log.cursors) log.cursors.set(device, Math.min(seq, lost.seq - 1))
    // Where the others live the number is taken: they are given nothing under it.
    world.relay.onDeliver = (page, to) => to === first.client.account!.device || page.entries.every(({ seq }) => seq !== lost.seq || page.conversation !== log.conversation) ? page : undefined
    await first.client.send(chat, 'under its number')
    await have(chat, ['lost at the sequencer', 'under its number'])
    await world.until(async () => (await states(first, chat))[0] === 'delivered', { what: 'delivered' })
    await first.client.send(chat, 'later')
    await have(chat, ['lost at the sequencer', 'under its number', 'later'])
    assert.deepEqual(first.warnings.map(({ kind }) => kind), ['fork'])
  })

  /** The relays keep nothing of its log before the first of these texts; all others have it. */
  async function lose (chat: ChatId, person: FakePerson, before: string): Promise<void> {
    const log = world.relay.logs.get(chat as never)!
    const { seq } = (await person.client.history(chat, { limit: 1_000 })).find(({ text }) => text === before)!
    log.entries.splice(0, seq! - log.first)
    log.first = seq!
  }

  it('a change that no relay has any more is seen in the state that the relay has', async () => {
    await meet(3)
    const [first, second] = people as [FakePerson, FakePerson, FakePerson]
    const chat = await found()
    await first.client.send(chat, 'one')
    await have(chat, ['one'])
    await second.client.stop()
    await settledAct(first, first.client.groups.rename(chat, 'quay'))
    await first.client.send(chat, 'two')
    await have(chat, ['one', 'two'], people.filter((person) => person !== second))
    await lose(chat, first, 'two')
    await second.open()
    await second.online()
    await have(chat, ['one', 'two'], [second])
    await world.until(async () => (await second.client.groups.state(chat))?.name === 'quay', { what: 'the new name' })
  })

  it('what no relay has any more is given by those who wrote it, where it stood', async () => {
    await meet(4)
    const [first, second, third, fourth] = people as [FakePerson, FakePerson, FakePerson, FakePerson]
    const chat = await found()
    await first.client.send(chat, 'one')
    await have(chat, ['one'])
    await second.client.stop()
    const others = people.filter((person) => person !== second)
    for (const [i, [person, text]] of ([[third, 'two'], [fourth, 'three'], [first, 'four'], [third, 'five'], [fourth, 'six']] as const).entries()) {
      await person.client.send(chat, text)
      await world.until(async () => (await texts(first, chat)).length === i + 2)
      if (text !== 'three') continue
      const { id } = (await fourth.client.history(chat, { limit: 1_000 })).at(-1)!
      await world.settled(fourth.client.chats.edit(chat, id, 'three, changed'))
      await world.settled(fourth.client.chats.deleteForEveryone(chat, id))
    }
    await have(chat, ['one', 'two', '', 'four', 'five', 'six'], others)
    await third.client.stop()
    await lose(chat, first, 'six')
    await second.open()
    await second.online()
    await world.quiet(5_000)
    // Who is away gives it later; what was deleted is given by nobody.
    assert.deepEqual(await texts(second, chat), ['one', 'four', 'six'])
    assert.equal([...second.data.values()].some((bytes) => ['three', Buffer.from('three').toString('hex')].some((trace) => Buffer.from(bytes).includes(trace))), false)
    await third.open()
    await third.online()
    await have(chat, ['one', 'two', 'four', 'five', 'six'], [second])
    assert.deepEqual(second.warnings.map(({ kind }) => kind), ['fork'])
    await second.client.stop()
    await second.open()
    await second.online()
    await first.client.send(chat, 'seven')
    await have(chat, ['one', 'two', 'four', 'five', 'six', 'seven'], [second])
    await world.until(async () => (await states(first, chat)).at(-1) === 'delivered', { what: 'delivered' })
  })

  it('what was said while somebody was out is not given to them later', async () => {
    await meet(4)
    const [first, second, third] = people as [FakePerson, FakePerson, FakePerson, FakePerson]
    const chat = await found()
    await third.client.send(chat, 'before')
    await have(chat, ['before'])
    await second.client.stop()
    await settledAct(first, first.client.groups.remove(chat, [second.id]))
    await third.client.send(chat, 'not for second')
    await have(chat, ['before', 'not for second'], [first, third])
    await settledAct(first, first.client.groups.add(chat, [second.id]))
    await third.client.send(chat, 'for all again')
    await have(chat, ['before', 'not for second', 'for all again'], [first, third])
    await third.client.send(chat, 'last')
    await have(chat, ['before', 'not for second', 'for all again', 'last'], [first, third])
    await lose(chat, third, 'last')
    await second.open()
    await second.online()
    await world.quiet(10_000)
    const shown = await texts(second, chat)
    assert.equal(shown.includes('not for second'), false)
    assert.equal(shown.at(-1), 'last')
  })

  it('with read receipts off nobody hears that something was read', async () => {
    await meet(2, { readReceipts: false })
    const [first, second] = people as [FakePerson, FakePerson]
    const chat = await found()
    await first.client.send(chat, 'hello')
    await have(chat, ['hello'])
    await second.client.markRead(chat)
    await world.quiet(5_000)
    assert.deepEqual(await states(first, chat), ['delivered'])
  })

  it('receipts of a message to many cost a notification for each reader, and no envelope', async () => {
    await meet(large)
    const [first] = people
    const chat = await found()
    await first!.client.send(chat, 'hello')
    await world.until(async () => (await states(first!, chat))[0] === 'delivered', { what: 'delivered' })
    await world.quiet()
    const before = world.relay.calls.get('group-receipts') ?? 0
    const logsBefore = [...world.relay.logs.values()].reduce((sum, { entries }) => sum + entries.length, 0)
    for (let i = 0; i < 10; i++) await first!.client.send(chat, `more ${i}`)
    await world.until(async () => (await states(first!, chat)).every((state) => state === 'delivered'), { what: 'delivered' })
    await world.quiet()
    assert.equal([...world.relay.logs.values()].reduce((sum, { entries }) => sum + entries.length, 0), logsBefore + 10, 'nothing but the messages')
    assert.ok((world.relay.calls.get('group-receipts') ?? 0) - before <= 3 * (large - 1), 'gathered')
  }).timeout(60_000)
})

/** Name of the sender key, which stands in the clear. */
function idOfKey ({ ciphertexts }: Envelope): Uint8Array { return ciphertexts[0]!.bytes.slice(1, 25) }
