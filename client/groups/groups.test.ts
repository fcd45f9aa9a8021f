import assert from 'node:assert/strict'
import { fromUtf8 } from '../../protocol/bytes.ts'
import { conversationFromBytes, type ConversationId } from '../../protocol/conversation.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../../protocol/e2ee/primitives-seeded.ts'
import { decodeEnvelope, encodeEnvelope } from '../../protocol/envelope.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { signControl } from '../../protocol/groups/control.ts'
import { envelopeKinds, groupPolicies } from '../../protocol/wire/kinds.ts'
import type { ChatId } from '../chat-id.ts'
import type { GroupChangeInfo } from '../model.ts'
import { fromHex } from '../store/stored.ts'
import { FakeWorld, type FakePerson } from '../testing/world-fake.ts'
import type { GroupActRef } from './groups.ts'

let world: FakeWorld
let people: FakePerson[]

async function meet (...names: string[]): Promise<FakePerson[]> {
  world = new FakeWorld(seededPrimitives(nodePrimitives, 'groups'))
  people = []
  for (const name of names) people.push(await world.member(name))
  return people
}

const settled = async (person: FakePerson, work: Promise<GroupActRef>): Promise<void> => { await world.settled(work.then(async (ref) => { await person.client.groups.settled(ref) })) }

/** The first makes it; everybody knows of it. */
async function found (members: readonly FakePerson[], name = 'harbour'): Promise<ChatId> {
  const [founder, ...others] = members as [FakePerson, ...FakePerson[]]
  const { chat } = await founder.client.groups.create({ name, members: others.map(({ id }) => id) })
  await world.until(async () => (await Promise.all(members.map(async ({ client }) => await client.groups.state(chat)))).every((state) => state?.isPending === false && state.name === name), { what: 'the group' })
  return chat
}

const texts = async (person: FakePerson, chat: ChatId): Promise<string[]> => (await person.client.history(chat, { limit: 1_000 })).map(({ text, error }) => error === undefined ? text : `[${error}]`)
const names = async (person: FakePerson, chat: ChatId): Promise<string[]> => ((await person.client.groups.state(chat))?.members ?? []).map(({ account }) => people.find(({ id }) => id === account)?.name ?? '?').sort()
const have = async (chat: ChatId, count: number, who: readonly FakePerson[] = people): Promise<void> => {
  await world.until(async () => (await Promise.all(who.map(async (person) => await texts(person, chat)))).every((all) => all.length === count), { what: `${count} messages` })
}
const refused = async (work: Promise<unknown>, code: ErrorCode): Promise<void> => { await assert.rejects(work, (error) => isProtocolError(error, code), code) }
const noWarnings = (): void => { assert.deepEqual(people.flatMap(({ name, warnings }) => warnings.map(({ text }) => `${name}: ${text}`)), []) }

describe('client: groups', () => {
  afterEach(async () => {
    await world.stop()
    assert.equal(world.clock.pending, 0, 'a stopped client leaves no timer')
  })

  it('a group is made, everybody writes, and all see the same in the same order', async () => {
    const [ann] = await meet('ann', 'bob', 'cleo')
    const chat = await found(people)
    for (const person of people) await person.client.send(chat, `I am ${person.name}`)
    await have(chat, 3)
    for (const person of people) assert.deepEqual(await texts(person, chat), await texts(ann!, chat))
    assert.deepEqual(people.map(({ received }) => received.length), [2, 2, 2])
    const [summary] = (await ann!.client.conversations()).filter(({ kind }) => kind === 'group')
    assert.deepEqual([summary!.chat, summary!.name, summary!.unread], [chat, 'harbour', 2])
    await ann!.client.markRead(chat)
    assert.equal((await ann!.client.conversations()).find((one) => one.chat === chat)!.unread, 0)
    noWarnings()
  })

  it('can be written to before it exists at the relay, and waits for it', async () => {
    const [ann, bob] = await meet('ann', 'bob')
    world.relay.down()
    const { chat } = await ann!.client.groups.create({ name: 'harbour', members: [bob!.id] })
    const before = await ann!.client.groups.state(chat)
    assert.deepEqual([before?.isPending, before?.name, before?.members.length, before?.role], [true, 'harbour', 2, 'owner'])
    await ann!.client.send(chat, 'first')
    assert.deepEqual((await ann!.client.history(chat)).map(({ state }) => state), ['pending'])
    world.relay.up()
    await have(chat, 1)
    assert.deepEqual(await texts(bob!, chat), ['first'])
    noWarnings()
  })

  it('says what cannot be done before anything is written down', async () => {
    const [ann, bob, cleo] = await meet('ann', 'bob', 'cleo')
    const chat = await found([ann!, bob!])
    await refused(bob!.client.groups.add(chat, [cleo!.id]), 'NOT_ALLOWED')
    await refused(bob!.client.groups.remove(chat, [ann!.id]), 'NOT_ALLOWED')
    await refused(bob!.client.groups.setRole(chat, bob!.id, 'admin'), 'NOT_ALLOWED')
    await refused(ann!.client.groups.add(chat, [bob!.id]), 'BAD_CONTROL')
    await refused(ann!.client.groups.add(chat, []), 'BAD_CONTROL')
    await refused(bob!.client.groups.rename(chat, 'harbor'), 'NOT_ALLOWED')
    await refused(ann!.client.groups.rename(chat, ''), 'MALFORMED')
    await refused(cleo!.client.groups.leave(chat), 'NOT_A_MEMBER')
    await refused(ann!.client.groups.setSettings(chat, { whoMaySend: 'nobody' as 'admins' }), 'MALFORMED')
    await settled(ann!, ann!.client.groups.setSettings(chat, { whoMaySend: 'admins' }))
    await world.until(async () => (await bob!.client.groups.state(chat))?.settings.whoMaySend === 'admins')
    await refused(bob!.client.send(chat, 'may I?'), 'NOT_ALLOWED')
    assert.equal((await bob!.client.history(chat)).length, 0)
    assert.equal(await bob!.client.outboxLength(), 0)
  })

  it('people come and go; each change is told, and who is gone cannot write', async () => {
    const [ann, bob, cleo, dora] = await meet('ann', 'bob', 'cleo', 'dora')
    const chat = await found([ann!, bob!, cleo!])
    const told: GroupChangeInfo[] = []
    bob!.client.on('group', (change) => { told.push(change) })
    await settled(ann!, ann!.client.groups.setRole(chat, bob!.id, 'admin'))
    await world.until(async () => (await bob!.client.groups.state(chat))?.role === 'admin')
    await settled(bob!, bob!.client.groups.add(chat, [dora!.id]))
    await world.until(async () => (await dora!.client.groups.state(chat))?.name === 'harbour', { what: 'dora to know the name' })
    await settled(bob!, bob!.client.groups.remove(chat, [cleo!.id]))
    await settled(dora!, dora!.client.groups.leave(chat))
    await world.until(async () => (await names(ann!, chat)).length === 2)
    await settled(ann!, ann!.client.groups.setProfile(chat, { name: 'quay', description: 'where ships are' }))
    await world.until(async () => (await bob!.client.groups.state(chat))?.name === 'quay', { what: 'the new name' })
    assert.deepEqual(told.map(({ what }) => what), ['setRole', 'add', 'remove', 'leave', 'profile'])
    for (const gone of [cleo!, dora!]) {
      assert.equal((await gone.client.groups.state(chat))?.isMember, false)
      await refused(gone.client.send(chat, 'still here?'), 'NOT_A_MEMBER')
      assert.equal((await gone.client.groups.state(chat))?.name, 'harbour', 'the new name is not for them')
    }
    noWarnings()
  })

  it('of two admins who act at once the second decides anew, and both acts hold', async () => {
    const [ann, bob, cleo, dora] = await meet('ann', 'bob', 'cleo', 'dora')
    const chat = await found([ann!, bob!])
    await settled(ann!, ann!.client.groups.setRole(chat, bob!.id, 'admin'))
    await world.until(async () => (await bob!.client.groups.state(chat))?.role === 'admin')
    await Promise.all([
      settled(ann!, ann!.client.groups.add(chat, [cleo!.id])),
      settled(bob!, bob!.client.groups.add(chat, [dora!.id]))
    ])
    await world.until(async () => (await Promise.all(people.map(async (person) => await names(person, chat)))).every((all) => all.length === 4), { what: 'four members' })
    const heads = await Promise.all(people.map(async ({ client }) => (await client.groups.state(chat))?.head))
    assert.equal(new Set(heads).size, 1)
    noWarnings()
  })

  it('what has become impossible meanwhile fails with its reason', async () => {
    const [ann, bob, cleo] = await meet('ann', 'bob', 'cleo')
    const chat = await found([ann!, bob!])
    await settled(ann!, ann!.client.groups.setRole(chat, bob!.id, 'admin'))
    await world.until(async () => (await bob!.client.groups.state(chat))?.role === 'admin')
    const demotion = settled(ann!, ann!.client.groups.setRole(chat, bob!.id, 'member'))
    const add = settled(bob!, bob!.client.groups.add(chat, [cleo!.id]))
    await demotion
    await refused(add, 'NOT_ALLOWED')
    assert.deepEqual(await names(ann!, chat), ['ann', 'bob'])
    await bob!.client.send(chat, 'I can still write')
    await have(chat, 1, [ann!, bob!])
  })

  it('what two admins do alike is done once', async () => {
    const [ann, bob, cleo] = await meet('ann', 'bob', 'cleo')
    const chat = await found([ann!, bob!])
    await settled(ann!, ann!.client.groups.setRole(chat, bob!.id, 'admin'))
    await world.until(async () => (await bob!.client.groups.state(chat))?.role === 'admin')
    await Promise.all([settled(ann!, ann!.client.groups.add(chat, [cleo!.id])), settled(bob!, bob!.client.groups.add(chat, [cleo!.id]))])
    assert.deepEqual(await names(ann!, chat), ['ann', 'bob', 'cleo'])
  })

  it('a refusal that comes after `sent` is shown, and a change is decided anew', async () => {
    const [ann, bob] = await meet('ann', 'bob')
    const chat = await found([ann!, bob!])
    let refusals = 0
    world.relay.refuseLater = (bytes) => decodeEnvelope(bytes).kind === envelopeKinds.content && refusals++ === 0 ? new ProtocolError('NOT_ALLOWED') : undefined
    const { id } = await bob!.client.send(chat, 'not allowed there')
    await world.until(async () => (await bob!.client.history(chat)).some((message) => message.id === id && message.state === 'failed'), { what: 'the failure' })
    world.relay.refuseLater = (bytes) => decodeEnvelope(bytes).kind === envelopeKinds.control && refusals++ === 1 ? new ProtocolError('NOT_ALLOWED') : undefined
    await refused(settled(ann!, ann!.client.groups.rename(chat, 'quay')), 'NOT_ALLOWED')
    world.relay.refuseLater = undefined
    await settled(ann!, ann!.client.groups.rename(chat, 'quay'))
    await world.until(async () => (await bob!.client.groups.state(chat))?.name === 'quay')
  })

  it('a link brings people in until it is revoked', async () => {
    const [ann, bob, cleo] = await meet('ann', 'bob', 'cleo')
    const chat = await found([ann!])
    const made = await ann!.client.groups.createLink(chat)
    await settled(ann!, Promise.resolve(made))
    await settled(bob!, bob!.client.groups.join(made.link))
    await world.until(async () => (await bob!.client.groups.state(chat))?.isMember === true)
    assert.equal((await bob!.client.groups.state(chat))?.name, 'harbour')
    await world.until(async () => (await names(ann!, chat)).length === 2)
    await ann!.client.send(chat, 'welcome')
    await bob!.client.send(chat, 'thank you')
    await have(chat, 2, [ann!, bob!])
    await refused(bob!.client.groups.join(made.link), 'BAD_CONTROL')
    await settled(ann!, ann!.client.groups.revokeLink(chat, made.linkId))
    await refused(settled(cleo!, cleo!.client.groups.join(made.link)), 'LINK_REVOKED')
    noWarnings()
  })

  it('a newcomer reads nothing from before, unless an admin shares it', async () => {
    const [ann, bob, cleo, dora] = await meet('ann', 'bob', 'cleo', 'dora')
    const chat = await found([ann!, bob!])
    await ann!.client.send(chat, 'one')
    await have(chat, 1, [ann!, bob!])
    await bob!.client.send(chat, 'two')
    await have(chat, 2, [ann!, bob!])
    await settled(ann!, ann!.client.groups.add(chat, [cleo!.id]))
    await settled(ann!, ann!.client.groups.add(chat, [dora!.id], { shareHistory: true }))
    await world.until(async () => (await names(bob!, chat)).length === 4)
    await bob!.client.send(chat, 'three')
    await world.until(async () => (await texts(cleo!, chat)).includes('three') && (await texts(dora!, chat)).length === 3, { what: 'what is for them' })
    assert.deepEqual(await texts(cleo!, chat), ['three'])
    assert.deepEqual(await texts(dora!, chat), ['one', 'two', 'three'])
    const [one, two] = await dora!.client.history(chat)
    assert.deepEqual([one!.sender, two!.sender], [ann!.id, bob!.id])
    noWarnings()
  })

  it('somebody who was removed and is added again goes on from there', async () => {
    const [ann, bob] = await meet('ann', 'bob', 'cleo')
    const chat = await found(people)
    await ann!.client.send(chat, 'one')
    await have(chat, 1)
    await settled(ann!, ann!.client.groups.remove(chat, [bob!.id]))
    await ann!.client.send(chat, 'two')
    await have(chat, 2, [ann!])
    await settled(ann!, ann!.client.groups.add(chat, [bob!.id]))
    await ann!.client.send(chat, 'three')
    await have(chat, 2, [bob!])
    assert.deepEqual(await texts(bob!, chat), ['one', 'three'])
    noWarnings()
  })

  it('somebody who was removed, added and removed again while away learns that they are out', async () => {
    const [ann, bob, cleo] = await meet('ann', 'bob', 'cleo', 'dora')
    const chat = await found(people.slice(0, 3))
    await cleo!.client.stop()
    await cleo!.client.groups.leave(chat)
    await cleo!.client.send(chat, 'in vain')
    await settled(ann!, ann!.client.groups.remove(chat, [cleo!.id]))
    await settled(ann!, ann!.client.groups.rename(chat, 'pier'))
    await settled(ann!, ann!.client.groups.add(chat, [people[3]!.id]))
    await settled(bob!, ann!.client.groups.add(chat, [cleo!.id]))
    await people[3]!.client.send(chat, 'one')
    await have(chat, 1, [ann!, bob!])
    await settled(ann!, ann!.client.groups.remove(chat, [cleo!.id]))
    const heard: GroupChangeInfo[] = []
    cleo!.client.on('group', (change) => { heard.push(change) })
    await cleo!.online()
    await world.until(async () => (await cleo!.client.groups.state(chat))?.isMember === false, { what: 'cleo to know' })
    await world.quiet(120_000)
    assert.deepEqual(heard.map(({ what, accounts, isMember }) => [what, accounts, isMember]), [['remove', [cleo!.id], false]])
    // What was said while she was in is hers, by whoever had come meanwhile; what she had to say waits for nothing.
    assert.deepEqual(await texts(cleo!, chat), ['one', '[the sender is not in this group]'])
    assert.equal(await cleo!.client.outboxLength(), 0)
    noWarnings()
    await settled(ann!, ann!.client.groups.add(chat, [cleo!.id]))
    await ann!.client.send(chat, 'two')
    await have(chat, 2, [ann!, bob!])
    await have(chat, 3, [cleo!])
    assert.deepEqual(await names(cleo!, chat), ['ann', 'bob', 'cleo', 'dora'])
    noWarnings()
  })

  it('an admin who has not said anything gives a new name to everybody, after somebody has left', async () => {
    const [ann, bob, cleo] = await meet('ann', 'bob', 'cleo')
    const chat = await found(people)
    await settled(ann!, ann!.client.groups.setRole(chat, bob!.id, 'admin'))
    await settled(ann!, ann!.client.groups.remove(chat, [cleo!.id]))
    await world.until(async () => (await bob!.client.groups.state(chat))?.members.length === 2)
    await settled(bob!, bob!.client.groups.rename(chat, 'pier'))
    await world.until(async () => (await ann!.client.groups.state(chat))?.name === 'pier', { what: 'ann to see the name' })
    assert.equal((await cleo!.client.groups.state(chat))?.name, 'harbour')
    noWarnings()
  })

  it('somebody who was added to a group and removed again while away is told nothing that is wrong', async () => {
    const [ann, bob, cleo] = await meet('ann', 'bob', 'cleo')
    const chat = await found([ann!, bob!])
    await cleo!.client.stop()
    await settled(ann!, ann!.client.groups.add(chat, [cleo!.id]))
    await settled(ann!, ann!.client.groups.remove(chat, [cleo!.id]))
    await cleo!.online()
    await world.quiet(120_000)
    assert.notEqual((await cleo!.client.groups.state(chat))?.isMember, true)
    noWarnings()
  })

  it('what was said while somebody was out leaves nothing with them, also when a relay delivers it', async () => {
    const [ann, bob, cleo] = await meet('ann', 'bob', 'cleo')
    const chat = await found(people)
    await ann!.client.send(chat, 'one')
    await have(chat, 1)
    await settled(ann!, ann!.client.groups.remove(chat, [cleo!.id]))
    await world.until(async () => (await names(bob!, chat)).length === 2)
    await cleo!.client.stop()
    // More than is theirs, from the beginning on.
    world.relay.logs.get(chat as ConversationId)!.group!.partFor = () => ({ from: 1, to: Infinity })
    await bob!.client.send(chat, 'two')
    await have(chat, 2, [ann!, bob!])
    await cleo!.online()
    await world.quiet(10_000)
    assert.deepEqual(await texts(cleo!, chat), ['one'])
    await cleo!.client.stop()
    await bob!.client.send(chat, 'three')
    await have(chat, 3, [ann!, bob!])
    await settled(ann!, ann!.client.groups.add(chat, [cleo!.id]))
    await cleo!.online()
    await bob!.client.send(chat, 'four')
    await world.until(async () => (await texts(cleo!, chat)).includes('four'))
    await world.quiet(120_000)
    assert.deepEqual(await texts(cleo!, chat), ['one', 'four'])
    noWarnings()
  })

  it('a relay that shows a newcomer another membership is found out with the first message', async () => {
    const [ann, bob, cleo] = await meet('ann', 'bob', 'cleo')
    const chat = await found([ann!, bob!])
    // The relay keeps bob out of what cleo sees; and nobody welcomes her.
    world.relay.onGroupState = (snapshot) => ({ ...snapshot, members: snapshot.members.filter(({ role }) => role !== 1 || snapshot.members.length > 2).slice(0, 2) })
    const made = await ann!.client.groups.createLink(chat)
    await settled(ann!, Promise.resolve(made))
    await settled(cleo!, cleo!.client.groups.join(made.link))
    await world.until(async () => (await names(ann!, chat)).length === 3)
    await ann!.client.send(chat, 'hello')
    await world.until(() => cleo!.warnings.some(({ kind }) => kind === 'fork'), { what: 'the warning' })
    await ann!.client.send(chat, 'hello again')
    await world.quiet(3_000)
    assert.equal(cleo!.warnings.filter(({ kind }) => kind === 'fork').length, 1, 'once')
  })

  it('a relay that shows two members two histories is found out with the next message, and both are told', async () => {
    const [ann, bob, cleo] = await meet('ann', 'bob', 'cleo', 'dora')
    const chat = await found([ann!, bob!, cleo!])
    await settled(ann!, ann!.client.groups.setRole(chat, bob!.id, 'admin'))
    await world.until(async () => (await cleo!.client.groups.state(chat))?.members.find(({ account }) => account === bob!.id)?.role === 'admin')
    noWarnings()
    // Two admins have acted on the same head: cleo is shown what bob has signed, in the place of what ann has.
    const log = world.relay.logs.get(chat as never)!
    const { conversation, head } = log.group!.state
    const { seed } = JSON.parse(fromUtf8(bob!.data.get('me/device')!)) as { seed: string }
    const device = bob!.client.account!.device
    const settings = { whoMaySend: groupPolicies.everyone, whoMayAdd: groupPolicies.everyone, whoMayEdit: groupPolicies.everyone }
    const control = signControl(nodePrimitives, { conversation, actor: bob!.id, device, deviceList: world.relay.accounts.get(bob!.id)!.deviceList, previous: head, madeAtMs: 0, act: { act: 'settings', settings } }, fromHex(seed))
    const other = encodeEnvelope({ conversation, sender: bob!.id, senderDevice: device, messageId: '0192f0c0000070008000000000000002' as never, kind: envelopeKinds.control, expiresAtMs: 0, ciphertexts: [], control })
    const place = log.entries.length + 1
    world.relay.onDeliver = (page, to) => to !== cleo!.client.account!.device || conversationFromBytes(page.conversation).id !== chat
      ? page
      : { ...page, entries: page.entries.map((entry) => entry.seq === place ? { ...entry, envelope: other } : entry) }
    await settled(ann!, ann!.client.groups.add(chat, [people[3]!.id]))
    await world.until(async () => (await cleo!.client.groups.state(chat))?.settings.whoMayAdd === 'everyone', { what: 'the other history' })
    await ann!.client.send(chat, 'hello')
    await world.until(() => cleo!.warnings.some(({ kind, text }) => kind === 'fork' && text.includes('shown the same members')), { what: 'the warning at cleo' })
    await cleo!.client.send(chat, 'hello ann')
    await world.until(() => ann!.warnings.some(({ kind, text }) => kind === 'fork' && text.includes('shown the same members')), { what: 'the warning at ann' })
  })

  it('a change that was not allowed has no effect for anybody, even when the relay lets it through', async () => {
    const [ann, bob] = await meet('ann', 'bob', 'cleo')
    const chat = await found(people)
    const log = world.relay.logs.get(chat as never)!
    const { seed } = JSON.parse(fromUtf8(bob!.data.get('me/device')!)) as { seed: string }
    const device = bob!.client.account!.device
    const { conversation, head } = log.group!.state
    const control = signControl(nodePrimitives, { conversation, actor: bob!.id, device, deviceList: world.relay.accounts.get(bob!.id)!.deviceList, previous: head, madeAtMs: 0, act: { act: 'remove', accounts: [ann!.id] } }, fromHex(seed))
    const messageId = '0192f0c0000070008000000000000001' as never
    log.entries.push({ seq: log.entries.length + 1, envelope: encodeEnvelope({ conversation, sender: bob!.id, senderDevice: device, messageId, kind: envelopeKinds.control, expiresAtMs: 0, ciphertexts: [], control }), sender: 'x' as never, messageId })
    await ann!.client.send(chat, 'after')
    await have(chat, 1)
    assert.deepEqual(await names(ann!, chat), ['ann', 'bob', 'cleo'])
    for (const person of people) assert.deepEqual(person.warnings.map(({ kind }) => kind), ['refused'], person.name)
  })
})
