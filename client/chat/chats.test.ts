import assert from 'node:assert/strict'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../../protocol/e2ee/primitives-seeded.ts'
import type { MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { ChatChange, Message } from '../model.ts'
import { FakeWorld, type FakePerson } from '../testing/world-fake.ts'
import { resultsOf } from './votes.ts'

const minute = 60_000
const day = 24 * 60 * minute

describe('chats: between two people', () => {
  let world: FakeWorld
  let alice: FakePerson
  let bob: FakePerson

  beforeEach(async () => {
    world = new FakeWorld(seededPrimitives(nodePrimitives, 'chats'), 21)
    alice = await world.member('alice')
    bob = await world.member('bob')
  })
  afterEach(async () => {
    await world.stop()
    assert.equal(world.clock.pending, 0, 'no timer is left')
  })

  const at = async (person: FakePerson, peer: FakePerson, id: MessageId): Promise<Message> => {
    const message = await person.client.chats.message(peer.id, id)
    assert.ok(message !== undefined, 'the message is there')
    return message
  }
  /** From alice to bob, arrived. */
  const sent = async (what: Parameters<FakePerson['client']['chats']['send']>[1]): Promise<MessageId> => {
    const { id } = await alice.client.chats.send(bob.id, what)
    await world.until(async () => (await at(alice, bob, id)).state === 'delivered')
    return id
  }
  const same = async (id: MessageId, isSo: (message: Message) => boolean): Promise<void> => {
    await world.until(async () => isSo(await at(alice, bob, id)) && isSo(await at(bob, alice, id)), { what: 'the same on both sides' })
  }
  const changes = (person: FakePerson): ChatChange[] => {
    const heard: ChatChange[] = []
    person.client.on('chat', (change) => { heard.push(change) })
    return heard
  }

  it('a reply quotes the original, also after that is gone', async () => {
    const first = await sent('shall we meet?')
    const { id } = await bob.client.chats.send(alice.id, { text: 'yes', replyTo: first })
    await world.until(async () => await alice.client.chats.message(bob.id, id) !== undefined)
    assert.deepEqual((await at(alice, bob, id)).replyTo, { messageId: first, author: alice.id, excerpt: 'shall we meet?' })
    await alice.client.chats.deleteForMe(bob.id, [first])
    assert.equal(await alice.client.chats.message(bob.id, first), undefined)
    assert.equal((await at(alice, bob, id)).replyTo?.excerpt, 'shall we meet?')
  })

  it('a forward goes to several chats and says how often', async () => {
    const carol = await world.member('carol')
    const first = await sent('a story')
    const forwarded = await bob.client.chats.forward(alice.id, first, [carol.id, alice.id])
    await world.until(() => carol.received.length === 1 && alice.received.length === 1)
    assert.deepEqual([carol.received[0]!.text, carol.received[0]!.forwarded], ['a story', 1])
    const again = await carol.client.chats.forward(bob.id, forwarded[0]!.id, [alice.id])
    assert.equal(again[0]!.forwarded, 2)
    await assert.rejects(bob.client.chats.forward(alice.id, first, Array.from({ length: 21 }, () => carol.id)), { code: 'TOO_MANY' })
  })

  it('a reaction is replaced and taken back, one for each person', async () => {
    const id = await sent('hello')
    await bob.client.chats.react(alice.id, id, '👍')
    await alice.client.chats.react(bob.id, id, '🎉')
    await same(id, ({ reactions }) => reactions?.length === 2)
    await bob.client.chats.react(alice.id, id, '😀')
    await same(id, ({ reactions }) => reactions?.find(({ account }) => account === bob.id)?.emoji === '😀')
    await bob.client.chats.react(alice.id, id, '')
    await same(id, ({ reactions }) => reactions?.length === 1)
    await assert.rejects(bob.client.chats.react(alice.id, id, 'no word'), { code: 'MALFORMED' })
  })

  it('an edit replaces the text for both, for 15 minutes', async () => {
    const id = await sent('helo')
    await alice.client.chats.edit(bob.id, id, 'hello')
    await same(id, ({ text, editedAtMs }) => text === 'hello' && editedAtMs !== undefined)
    await assert.rejects(bob.client.chats.edit(alice.id, id, 'mine'), { code: 'NOT_ADMITTED' })
    await world.clock.advance(limits.editWindowMs + 1)
    await assert.rejects(alice.client.chats.edit(bob.id, id, 'late'), { code: 'EXPIRED' })
  })

  it('deleted for everyone leaves a tombstone on both sides, in its place', async () => {
    const first = await sent('one')
    await sent('two')
    await bob.client.chats.react(alice.id, first, '👍')
    await same(first, ({ reactions }) => reactions?.length === 1)
    await alice.client.chats.deleteForEveryone(bob.id, first)
    await same(first, ({ isDeleted }) => isDeleted === true)
    const history = await bob.client.history(alice.id)
    assert.deepEqual(history.map(({ text, isDeleted, reactions }) => [text, isDeleted, reactions]), [['', true, undefined], ['two', undefined, undefined]])
    await assert.rejects(bob.client.chats.deleteForEveryone(alice.id, (await sent('three'))), { code: 'NOT_ADMITTED' })
  })

  it('no copy of an edit is left when its message was deleted, also when the program ended in between', async () => {
    const kept = (person: FakePerson, text: string): string[] => {
      const forms = [Buffer.from(text), Buffer.from(Buffer.from(text).toString('hex'))]
      return [...person.data].filter(([, value]) => forms.some((form) => Buffer.from(value).includes(form))).map(([key]) => key)
    }
    for (const [round, ends] of [['once', false], ['twice', true]] as const) {
      const id = await sent(`written ${round}`)
      await alice.client.chats.edit(bob.id, id, `edited ${round}`)
      await same(id, ({ text }) => text === `edited ${round}`)
      await world.quiet()
      const before = new Map([...alice.data].filter(([key]) => key.startsWith('ag/')))
      assert.notEqual(before.size, 0, 'kept for those who may ask')
      await alice.client.chats.deleteForEveryone(bob.id, id)
      await same(id, ({ isDeleted }) => isDeleted === true)
      await world.quiet()
      if (ends) {
        await alice.client.stop()
        for (const [key, value] of before) alice.data.set(key, value)
        await alice.open()
        await alice.online()
      }
      for (const person of [alice, bob]) assert.deepEqual([...kept(person, `edited ${round}`), ...kept(person, `written ${round}`)], [], person.name)
    }
  })

  it('deleted for everyone before it was sealed: nobody ever gets it', async () => {
    await alice.client.stop()
    const { id } = await alice.client.chats.send(bob.id, 'never mind')
    // Alice has no session with bob yet: it waits.
    await alice.client.chats.deleteForEveryone(bob.id, id)
    assert.equal(await alice.client.chats.message(bob.id, id), undefined)
    alice.client.start()
    await sent('hello')
    await world.quiet()
    assert.deepEqual(await bob.texts(alice), ['hello'])
  })

  it('a contact, a location and a poll stand in place of a text; votes are counted on both sides', async () => {
    const card = { name: 'Bob', account: bob.id, handle: '' }
    const place = { latitude: 48.137154, longitude: 11.576124, accuracyM: 20, label: 'Marienplatz' }
    await sent({ contact: card })
    await sent({ text: 'here', location: place })
    const id = await sent({ poll: { question: 'when?', options: ['now', 'later'], allowsSeveral: false } })
    assert.deepEqual((await bob.client.history(alice.id)).map(({ contact, location }) => contact ?? location), [card, place, undefined])
    await bob.client.chats.vote(alice.id, id, [1])
    await alice.client.chats.vote(bob.id, id, [0])
    await bob.client.chats.vote(alice.id, id, [0])
    await same(id, (message) => resultsOf(message)[0]!.voters.length === 2 && resultsOf(message)[1]!.voters.length === 0)
    await assert.rejects(bob.client.chats.vote(alice.id, id, [2]), { code: 'MALFORMED' })
    await assert.rejects(bob.client.chats.vote(alice.id, id, [0, 1]), { code: 'TOO_MANY' })
  })

  it('at most three messages are pinned, the same for both', async () => {
    const ids = []
    for (const text of ['1', '2', '3', '4']) ids.push(await sent(text))
    for (const [i, id] of ids.entries()) await (i % 2 === 0 ? alice : bob).client.chats.pin((i % 2 === 0 ? bob : alice).id, id, true).then(async () => { await world.quiet(100) })
    const expected = [ids[3], ids[2], ids[1]]
    assert.deepEqual(alice.client.chats.info(bob.id).pins, expected)
    assert.deepEqual(bob.client.chats.info(alice.id).pins, expected)
    await alice.client.chats.pin(bob.id, ids[3]!, false)
    await world.quiet()
    assert.deepEqual(bob.client.chats.info(alice.id).pins, [ids[2], ids[1], ids[0]])
  })

  it('the timer holds for both; a message goes so long after reading, for its sender after sending', async () => {
    const heard = changes(bob)
    await alice.client.chats.setTimer(bob.id, 60)
    await world.until(() => bob.client.chats.info(alice.id).timerS === 60)
    assert.deepEqual(heard.map(({ what }) => what), ['timer'])
    const id = await sent('soon gone')
    assert.equal((await at(bob, alice, id)).expiresAtMs, undefined, 'not read yet')
    await world.clock.advance(61_000)
    assert.equal(await alice.client.chats.message(bob.id, id), undefined, 'gone for its sender')
    assert.equal((await at(bob, alice, id)).text, 'soon gone', 'here until it is read')
    await bob.client.markRead(alice.id)
    await world.clock.advance(59_000)
    await bob.restart()
    await at(bob, alice, id)
    await world.clock.advance(2_000)
    assert.equal(await bob.client.chats.message(alice.id, id), undefined, 'gone after the restart')
    await bob.client.chats.setTimer(alice.id, 0)
    await world.until(() => alice.client.chats.info(bob.id).timerS === 0)
    assert.equal((await at(alice, bob, await sent('stays'))).expiresAfterS, undefined)
  })

  it('what fell due while the program was not running is gone with the next start', async () => {
    await alice.client.chats.setTimer(bob.id, limits.disappearingMaxS)
    const id = await sent('three months')
    await alice.client.stop()
    await bob.client.stop()
    await world.clock.advance(91 * day)
    await alice.open()
    alice.client.start()
    await world.until(async () => await alice.client.chats.message(bob.id, id) === undefined)
    await assert.rejects(alice.client.chats.setTimer(bob.id, limits.disappearingMaxS + 1), { code: 'MALFORMED' })
    await assert.rejects(alice.client.chats.setTimer(bob.id, 4), { code: 'MALFORMED' })
  }).timeout(60_000)

  it('a message with a timer waits for somebody who is away: its time has not begun', async () => {
    await alice.client.chats.setTimer(bob.id, 5)
    await world.quiet()
    await bob.client.stop()
    await alice.client.chats.send(bob.id, 'for when you are back')
    await world.clock.advance(10 * minute)
    await bob.online()
    await world.until(() => bob.received.some(({ text }) => text === 'for when you are back'))
  })

  it('view once: shown a single time, then gone on both sides', async () => {
    const id = await sent({ text: 'look', viewOnce: true })
    assert.equal((await at(bob, alice, id)).text, '', 'not shown by itself')
    assert.equal((await bob.client.history(alice.id))[0]!.text, '')
    assert.equal(bob.received[0]!.text, '')
    assert.deepEqual(await bob.client.chats.openOnce(alice.id, id), { text: 'look', viewOnce: true })
    await assert.rejects(bob.client.chats.openOnce(alice.id, id), { code: 'NOT_ADMITTED' })
    await assert.rejects(alice.client.chats.openOnce(bob.id, id), { code: 'NOT_ADMITTED' })
    await world.until(async () => (await at(alice, bob, id)).openedBy?.includes(bob.id) === true)
    for (const stored of [...alice.data.values(), ...bob.data.values()]) assert.ok(!Buffer.from(stored).includes('"text":"look"'), 'no store has it any more')
    await assert.rejects(bob.client.chats.forward(alice.id, id, [alice.id]), { code: 'NOT_ADMITTED' })
  })

  it('muted, archived, starred and drafted survive a restart; a message brings an archived chat back unless it is muted', async () => {
    const id = await sent('hello')
    const { chats } = bob.client
    await chats.star(alice.id, id, true)
    await chats.mute(alice.id, world.clock.nowMs() + day)
    await chats.archive(alice.id, true)
    await chats.setDraft(alice.id, { text: 'dear a', replyTo: id })
    await sent('still there?')
    await bob.restart()
    const { isMuted, isArchived, draft } = bob.client.chats.info(alice.id)
    assert.deepEqual([isMuted, isArchived, draft], [true, true, { text: 'dear a', replyTo: id }])
    assert.deepEqual((await bob.client.chats.starred()).map((message) => message.id), [id])
    await world.clock.advance(day)
    assert.equal(bob.client.chats.info(alice.id).isMuted, false)
    await sent('now?')
    assert.equal(bob.client.chats.info(alice.id).isArchived, false)
    await bob.client.chats.send(alice.id, 'dear alice')
    assert.equal(bob.client.chats.info(alice.id).draft, undefined)
    await bob.client.chats.star(alice.id, id, false)
    assert.deepEqual(await bob.client.chats.starred(), [])
  })

  it('deleted for me stays with the other person, and does not count as unread', async () => {
    const id = await sent('hello')
    await bob.client.chats.deleteForMe(alice.id, [id])
    assert.deepEqual(await bob.client.history(alice.id), [])
    assert.equal((await bob.client.conversations()).find(({ account }) => account === alice.id)?.unread ?? 0, 0)
    assert.equal((await at(alice, bob, id)).text, 'hello')
  })

  it('who is blocked is not heard and gets no ticks; unblocked, what comes then is', async () => {
    await sent('before')
    await bob.client.chats.block(alice.id)
    const { id } = await alice.client.chats.send(bob.id, 'do you hear me?')
    await alice.client.chats.react(bob.id, id, '👍')
    await world.quiet(5_000)
    assert.deepEqual(await bob.texts(alice), ['before'])
    assert.equal((await at(alice, bob, id)).state, 'sent')
    await bob.client.markRead(alice.id)
    await world.quiet()
    assert.ok(!(await alice.client.history(bob.id)).some(({ state }) => state === 'read'))
    await assert.rejects(bob.client.send(alice.id, 'x'), { code: 'NOT_ADMITTED' })
    assert.deepEqual(bob.client.chats.blocked(), [alice.id])
    await bob.restart()
    assert.ok(bob.client.chats.isBlocked(alice.id))
    await bob.client.chats.unblock(alice.id)
    await alice.client.chats.send(bob.id, 'and now?')
    await world.until(async () => (await bob.texts(alice)).includes('and now?'))
    assert.deepEqual(alice.warnings, [])
  })

  it('a report has what the other person wrote, and says that it proves nothing', async () => {
    await sent('something bad')
    await bob.client.send(alice.id, 'stop')
    const report = await bob.client.chats.report(alice.id, { reason: 'insult' })
    assert.deepEqual(report.messages.map(({ text }) => text), ['something bad'])
    assert.deepEqual([report.reported, report.reporter, report.reason], [alice.id, bob.id, 'insult'])
    assert.match(report.note, /deniable/)
  })

  it('a profile goes to those one talks with, when it changes and at first contact', async () => {
    await alice.client.chats.setProfile({ name: 'Alice', about: 'at sea' })
    await world.quiet()
    assert.equal(await bob.client.chats.profileOf(alice.id), undefined, 'strangers learn nothing')
    await sent('hello')
    await world.until(async () => (await bob.client.chats.profileOf(alice.id))?.name === 'Alice')
    await alice.client.chats.setProfile({ picture: Uint8Array.of(0xff, 0xd8, 0xff, 1) })
    await world.until(async () => (await bob.client.chats.profileOf(alice.id))?.picture.byteLength === 4)
    assert.equal((await bob.client.chats.profileOf(alice.id))?.about, 'at sea')
    await assert.rejects(alice.client.chats.setProfile({ picture: new Uint8Array(limits.pictureBytes + 1) }), { code: 'MALFORMED' })
    await assert.rejects(alice.client.chats.setProfile({ name: 'x'.repeat(257) }), { code: 'TOO_LARGE' })
  })

  it('a broadcast list is many messages, one to each', async () => {
    const carol = await world.member('carol')
    const list = await alice.client.chats.createList('friends', [bob.id, carol.id])
    await alice.client.chats.sendToList(list.id, 'party!')
    await world.until(() => bob.received.length === 1 && carol.received.length === 1)
    assert.deepEqual(bob.received[0]!.chat, alice.id)
    await alice.client.chats.block(carol.id)
    assert.equal((await alice.client.chats.sendToList(list.id, 'bring cake')).length, 1)
    await alice.client.chats.changeList(list.id, { name: 'dear friends' })
    await alice.restart()
    assert.deepEqual((await alice.client.chats.lists()).map(({ name }) => name), ['dear friends'])
    await assert.rejects(alice.client.chats.createList('me', [alice.id]), { code: 'MALFORMED' })
    await alice.client.chats.removeList(list.id)
    await assert.rejects(alice.client.chats.sendToList(list.id, 'x'), { code: 'MALFORMED' })
  })

  it('an act counts in its own chat only', async () => {
    const carol = await world.member('carol')
    const id = await sent('for bob')
    await alice.client.chats.send(carol.id, 'for carol')
    await world.until(() => carol.received.length === 1)
    await assert.rejects(alice.client.chats.react(carol.id, id, '👍'), { code: 'MALFORMED' })
    await assert.rejects(alice.client.chats.deleteForEveryone(carol.id, id), { code: 'MALFORMED' })
    await alice.client.chats.setTimer(carol.id, 60)
    await alice.client.chats.pin(carol.id, carol.received[0]!.id, true)
    await world.until(() => carol.client.chats.info(alice.id).timerS === 60 && carol.client.chats.info(alice.id).pins.length === 1)
    assert.deepEqual([bob.client.chats.info(alice.id).timerS, bob.client.chats.info(alice.id).pins, alice.client.chats.info(bob.id).timerS], [0, [], 0])
  })

  it('everything also happens to somebody who was away, and with a restart between', async () => {
    const [a, b, c] = [await sent('a'), await sent('b'), await sent({ poll: { question: 'q', options: ['x', 'y'], allowsSeveral: true } })]
    await bob.client.stop()
    await alice.client.chats.react(bob.id, a, '👍')
    await alice.client.chats.edit(bob.id, a, 'A')
    await alice.client.chats.deleteForEveryone(bob.id, b)
    await alice.client.chats.vote(bob.id, c, [0, 1])
    await alice.client.chats.pin(bob.id, a, true)
    await alice.client.chats.setTimer(bob.id, 3_600)
    await alice.restart()
    await world.quiet()
    await bob.open()
    await bob.online()
    await world.until(() => bob.client.chats.info(alice.id).timerS === 3_600)
    const history = await bob.client.history(alice.id)
    assert.deepEqual(history.map(({ text, isDeleted, reactions, votes }) => [text, isDeleted === true, reactions?.length ?? 0, votes?.length ?? 0]), [['A', false, 1, 0], ['', true, 0, 0], ['', false, 0, 1]])
    assert.deepEqual(bob.client.chats.info(alice.id).pins, [a])
    assert.deepEqual([...alice.warnings, ...bob.warnings], [])
  })
})

describe('chats: strangers', () => {
  let world: FakeWorld
  let alice: FakePerson
  let bob: FakePerson
  beforeEach(async () => {
    world = new FakeWorld(seededPrimitives(nodePrimitives, 'more chats'), 22)
    alice = await world.member('alice')
    bob = await world.member('bob', { strangers: 'ask' })
  })
  afterEach(async () => { await world.stop() })

  const state = async (): Promise<string[]> => (await alice.client.history(bob.id)).map((message) => message.state)

  it('the first message is a request: no tick and no event until it is accepted, then everything is caught up', async () => {
    const asked: ChatChange[] = []
    bob.client.on('chat', (change) => { if (change.what === 'request') asked.push(change) })
    await alice.client.send(bob.id, 'hello stranger')
    await alice.client.send(bob.id, 'are you there?')
    await world.until(async () => (await bob.texts(alice)).length === 2)
    await bob.client.markRead(alice.id)
    await world.quiet(5_000)
    assert.deepEqual(await state(), ['sent', 'sent'])
    assert.deepEqual(bob.received, [])
    assert.deepEqual(bob.client.chats.requests().map(({ chat }) => chat), [alice.id])
    assert.equal(asked.length, 2)
    await bob.client.chats.setProfile({ name: 'Bob' })
    await world.quiet()
    assert.equal(await alice.client.chats.profileOf(bob.id), undefined)
    await bob.restart()
    await bob.client.chats.accept(alice.id)
    await world.until(async () => (await state()).every((one) => one === 'read'))
    assert.deepEqual(bob.client.chats.requests(), [])
    await world.until(async () => (await alice.client.chats.profileOf(bob.id))?.name === 'Bob')
    await alice.client.send(bob.id, 'good')
    await world.until(() => bob.received.length === 1)
  })

  it('writing back accepts', async () => {
    await alice.client.send(bob.id, 'hello')
    await world.until(() => bob.client.chats.requests().length === 1)
    await bob.client.send(alice.id, 'hi')
    await world.until(async () => (await state())[0] === 'delivered')
  })

  it('naming somebody accepts; who is named already never asks', async () => {
    await alice.client.send(bob.id, 'hello')
    await world.until(() => bob.client.chats.requests().length === 1)
    await world.settled(bob.client.addContact(alice.id, { name: 'Alice' }))
    await world.until(async () => (await state())[0] === 'delivered')
    const carol = await world.member('carol')
    await world.settled(bob.client.addContact(carol.id, { name: 'Carol' }))
    await carol.client.send(bob.id, 'it is me')
    await world.until(() => bob.received.some(({ text }) => text === 'it is me'))
  })

  it('declined: what came goes and what comes is not shown, until one writes', async () => {
    await alice.client.send(bob.id, 'buy this')
    await world.until(() => bob.client.chats.requests().length === 1)
    await bob.client.chats.decline(alice.id)
    await alice.client.send(bob.id, 'and this')
    await world.quiet(5_000)
    assert.deepEqual(await bob.texts(alice), [])
    assert.equal((await bob.client.conversations()).find(({ account }) => account === alice.id), undefined)
    assert.deepEqual(await state(), ['sent', 'sent'])
    await bob.client.send(alice.id, 'what do you want?')
    await alice.client.send(bob.id, 'nothing')
    await world.until(async () => (await bob.texts(alice)).includes('nothing'))
  })

  it('a stranger fills no store: messages of a request are kept up to a bound', async () => {
    await alice.client.send(bob.id, 'one')
    await world.until(() => bob.client.chats.requests().length === 1)
    for (let n = 0; n < 120; n++) await alice.client.send(bob.id, `more ${n}`)
    await world.quiet(5_000)
    assert.equal((await bob.texts(alice)).length, 100)
    await bob.client.chats.accept(alice.id)
    await alice.client.send(bob.id, 'and now?')
    await world.until(() => bob.received.some(({ text }) => text === 'and now?'))
  })

  it('a conversation from before requests were known goes on', async () => {
    await alice.client.send(bob.id, 'hello')
    await world.until(() => bob.client.chats.requests().length === 1)
    for (const key of bob.data.keys()) if (key.startsWith('cf/')) bob.data.delete(key)
    await bob.restart()
    await alice.client.send(bob.id, 'again')
    await world.until(() => bob.received.some(({ text }) => text === 'again'))
  })
})
