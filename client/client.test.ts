import assert from 'node:assert/strict'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../protocol/e2ee/primitives-seeded.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { decodeEnvelope } from '../protocol/envelope.ts'
import { limits } from '../protocol/limits.ts'
import { envelopeKinds } from '../protocol/wire/kinds.ts'
import { CrashingStore } from './testing/crashing-store.ts'
import { FakeWorld, type FakePerson } from './testing/world-fake.ts'

let world: FakeWorld
let alice: FakePerson
let bob: FakePerson

async function meet (): Promise<void> {
  world = new FakeWorld(seededPrimitives(nodePrimitives, 'client'))
  alice = await world.member('alice')
  bob = await world.member('bob')
}

async function part (): Promise<void> {
  await world.stop()
  assert.equal(world.clock.pending, 0, 'a stopped client leaves no timer')
}

const states = async (person: FakePerson, peer: FakePerson): Promise<string[]> =>
  (await person.client.history(peer.id)).filter(({ direction }) => direction === 'out').map(({ state }) => state)

const allDelivered = async (): Promise<boolean> => (await states(alice, bob)).every((state) => state === 'delivered')

describe('client: messages', () => {
  beforeEach(meet)
  afterEach(part)

  it('a message goes through all its ticks', async () => {
    const seen: string[] = []
    alice.client.on('update', ({ state }) => { seen.push(state) })
    const contact = await world.settled(alice.client.addContact('bob@eu-1.example.org', { name: 'Bob' }))
    assert.equal(contact.account, bob.id)
    const message = await alice.client.send(contact.account, 'hello Bob')
    assert.equal(message.state, 'pending')
    await world.until(() => bob.received.length === 1)
    assert.equal(bob.received[0]!.text, 'hello Bob')
    assert.equal(bob.received[0]!.chat, alice.id)
    await world.until(() => seen.includes('delivered'))
    await bob.client.markRead(alice.id)
    await world.until(() => seen.includes('read'))
    assert.deepEqual(seen.filter((state, i) => state !== seen[i - 1]), ['sent', 'delivered', 'read'])
    await world.quiet()
    assert.equal(await alice.client.outboxLength(), 0)
    assert.deepEqual([...alice.warnings, ...bob.warnings], [])
  })

  it('nothing is left in the outbox, and no sealed bytes, once everything is delivered and has its number', async () => {
    await world.greet(alice, bob)
    for (const person of [alice, bob]) {
      const keys = [...person.data.keys()].filter((key) => key.startsWith('ob/') || key.startsWith('sl/'))
      assert.deepEqual(keys, [], person.name)
    }
  })

  it('what is written without a connection is pending, and leaves in order when there is one', async () => {
    await alice.client.stop()
    for (let i = 0; i < 600; i++) await alice.client.send(bob.id, `m${i}`)
    assert.equal(await alice.client.outboxLength(), 600)
    assert.ok((await states(alice, bob)).every((state) => state === 'pending'))
    await alice.online()
    await world.until(() => bob.received.length === 600)
    assert.deepEqual(bob.received.map(({ text }) => text), Array.from({ length: 600 }, (_, i) => `m${i}`))
    await world.settled(alice.client.flushed())
    await world.until(async () => await allDelivered())
  })

  it('a thousand messages arrive in order at somebody who was away, with few receipts', async () => {
    await world.greet(alice, bob)
    await bob.client.stop()
    await Promise.all(Array.from({ length: 1_000 }, async (_, i) => await alice.client.send(bob.id, `m${i}`)))
    await world.settled(alice.client.flushed())
    const log = [...world.relay.logs.values()][0]!
    const before = log.entries.length
    await bob.restart()
    await world.until(() => bob.received.length === 1_000)
    assert.deepEqual(bob.received.map(({ text }) => text), Array.from({ length: 1_000 }, (_, i) => `m${i}`))
    await world.until(async () => (await alice.client.history(bob.id, { limit: 1_000 })).filter(({ direction }) => direction === 'out').every(({ state }) => state === 'delivered'))
    assert.ok(log.entries.length - before < 20, `${log.entries.length - before} receipts for 1,000 messages`)
  })

  it('a repeat sends the same bytes', async () => {
    await world.greet(alice, bob)
    const submitted = new Map<string, Set<string>>()
    let refusals = 3
    world.relay.onSubmit = (bytes) => {
      const { messageId, kind } = decodeEnvelope(bytes)
      if (kind !== envelopeKinds.content) return undefined
      submitted.set(messageId, (submitted.get(messageId) ?? new Set()).add(Buffer.from(bytes).toString('hex')))
      return refusals-- > 0 ? new ProtocolError('OVERLOADED', { retryAfterMs: 100 }) : undefined
    }
    const { id } = await alice.client.send(bob.id, 'again')
    await world.until(() => bob.received.length === 1)
    assert.equal(submitted.get(id)!.size, 1)
    assert.ok(refusals < 0, 'it was refused before')
  })

  it('only the message that is refused for good fails, with a reason, and the others go on', async () => {
    await world.greet(alice, bob)
    let count = 0
    world.relay.onSubmit = (bytes) => decodeEnvelope(bytes).kind === envelopeKinds.content && ++count === 2 ? new ProtocolError('TOO_LARGE') : undefined
    for (const text of ['one', 'two', 'three']) await alice.client.send(bob.id, text)
    await world.until(() => bob.received.length === 2)
    assert.deepEqual(bob.received.map(({ text }) => text), ['one', 'three'])
    const failed = (await alice.client.history(bob.id)).filter(({ state }) => state === 'failed')
    assert.deepEqual(failed.map(({ text, error }) => [text, error]), [['two', 'this is larger than the network carries']])
    assert.deepEqual(bob.warnings, [])
  })

  it('a message that was sealed for devices that are not all of them any more is sealed again, with those behind it', async () => {
    await world.greet(alice, bob)
    let isStale = true
    const texts: string[] = []
    world.relay.onSubmit = (bytes) => decodeEnvelope(bytes).kind === envelopeKinds.content && isStale ? new ProtocolError('STALE_DEVICES') : undefined
    for (const text of ['one', 'two', 'three']) await alice.client.send(bob.id, text)
    await world.clock.advance(500)
    isStale = false
    bob.client.on('message', ({ text }) => { texts.push(text) })
    await world.until(() => texts.length === 3)
    assert.deepEqual(texts, ['one', 'two', 'three'])
    await world.settled(alice.client.flushed())
    assert.deepEqual([...alice.warnings, ...bob.warnings], [])
  })

  it('sealed bytes that the store has lost are made again', async () => {
    await world.greet(alice, bob)
    await alice.client.stop()
    for (const text of ['one', 'two']) await alice.client.send(bob.id, text)
    for (const key of [...alice.data.keys()]) if (key.startsWith('sl/')) alice.data.delete(key)
    await alice.restart()
    await world.until(() => bob.received.length === 2)
    assert.deepEqual(bob.received.map(({ text }) => text), ['one', 'two'])
    await world.settled(alice.client.flushed())
  })

  it('refuses what cannot be sent before anything is written down', async () => {
    await assert.rejects(alice.client.send(bob.id, ''), { code: 'MALFORMED' })
    await assert.rejects(alice.client.send(bob.id, 'ß'.repeat(limits.textBytes / 2 + 1)), { code: 'TOO_LARGE' })
    await assert.rejects(alice.client.send(alice.id, 'to myself'), { code: 'BAD_CONVERSATION' })
    await assert.rejects(alice.client.send('nobody' as typeof bob.id, 'x'), { code: 'MALFORMED' })
    assert.deepEqual(await alice.client.history(bob.id), [])
    await alice.client.send(bob.id, 'ß'.repeat(limits.textBytes / 2))
    await world.until(() => bob.received.length === 1)
  })

  it('history comes in pages and in the same order on both sides', async () => {
    for (let i = 0; i < 6; i++) {
      await alice.client.send(bob.id, `a${i}`)
      await bob.client.send(alice.id, `b${i}`)
      await world.clock.advance(30)
    }
    await world.until(() => bob.received.length === 6 && alice.received.length === 6)
    await world.quiet()
    const whole = (await alice.client.history(bob.id)).map(({ text }) => text)
    assert.equal(whole.length, 12)
    assert.deepEqual((await bob.client.history(alice.id)).map(({ text }) => text), whole)
    const pages: string[][] = []
    for (let before: string | undefined; ;) {
      const page = await alice.client.history(bob.id, { limit: 5, ...(before === undefined ? {} : { before }) })
      if (page.length === 0) break
      pages.unshift(page.map(({ text }) => text))
      before = page[0]!.id
    }
    assert.deepEqual(pages.map(({ length }) => length), [2, 5, 5])
    assert.deepEqual(pages.flat(), whole)
  })

  it('counts what is unread until it is marked as read, also when read receipts are off', async () => {
    for (let i = 0; i < 3; i++) await alice.client.send(bob.id, `m${i}`)
    await world.until(() => bob.received.length === 3)
    assert.deepEqual((await bob.client.conversations()).map(({ unread, lastMessage }) => [unread, lastMessage?.text]), [[3, 'm2']])
    await bob.client.markRead(alice.id)
    assert.equal((await bob.client.conversations())[0]!.unread, 0)
    await world.until(async () => (await states(alice, bob)).every((state) => state === 'read'))

    const carol = await world.member('carol', { readReceipts: false })
    await alice.client.send(carol.id, 'hi')
    await world.until(() => carol.received.length === 1)
    await carol.client.markRead(alice.id)
    await world.quiet()
    assert.equal((await carol.client.conversations())[0]!.unread, 0)
    assert.deepEqual(await states(alice, carol), ['delivered'])
  })

  it('receipts that were owed when the program died are sent by the next one', async () => {
    await world.greet(alice, bob)
    await bob.client.stop()
    await alice.client.send(bob.id, 'x')
    await world.settled(alice.client.flushed())
    // Dies right after the message is stored.
    bob.wrapStore = (store) => new CrashingStore(store, (writes) => writes.some(({ key, op }) => key.startsWith('ob/') && op === 'put'))
    await bob.open()
    await bob.online()
    await world.until(() => bob.received.length === 1)
    await world.quiet()
    assert.notEqual((await states(alice, bob)).at(-1), 'delivered')
    bob.wrapStore = (store) => store
    await bob.restart()
    await world.until(async () => (await states(alice, bob)).at(-1) === 'delivered')
    assert.equal(bob.received.length, 1)
  })
})

describe('client: keys of others', () => {
  beforeEach(meet)
  afterEach(part)

  it('a message to somebody whose relay cannot be reached waits, and is sealed later, in order', async () => {
    world.relay.unreachable.set(bob.id, new ProtocolError('HOME_UNREACHABLE'))
    for (let i = 0; i < 3; i++) await alice.client.send(bob.id, `m${i}`)
    await world.clock.advance(60_000)
    assert.deepEqual(await states(alice, bob), ['pending', 'pending', 'pending'])
    assert.equal(await alice.client.outboxLength(), 3)
    assert.ok((world.relay.calls.get('claim-bundles') ?? 0) < 10, 'with growing pauses')
    await alice.restart()
    world.relay.unreachable.clear()
    await world.until(() => bob.received.length === 3)
    assert.deepEqual(bob.received.map(({ text }) => text), ['m0', 'm1', 'm2'])
  })

  it('a message to somebody whom the relay does not find yet is sent when it does; one to nobody fails after a day', async () => {
    world.relay.unreachable.set(bob.id, new ProtocolError('UNKNOWN_ACCOUNT'))
    await alice.client.send(bob.id, 'are you new?')
    await world.clock.advance(60_000)
    assert.deepEqual(await states(alice, bob), ['pending'])
    world.relay.unreachable.clear()
    await world.until(() => bob.received.length === 1)

    const nobody = await world.person('nobody')
    await nobody.client.createAccount()
    world.relay.unreachable.set(nobody.id, new ProtocolError('UNKNOWN_ACCOUNT'))
    await alice.client.send(nobody.id, 'anybody there?')
    await world.until(async () => (await states(alice, nobody))[0] === 'failed', { maxMs: 25 * 3_600_000, stepMs: 60_000 })
    assert.equal(await alice.client.outboxLength(), 0)
    await world.settled(alice.client.flushed())
  })

  it('an envelope that is refused because the other person is not there yet goes again', async () => {
    await world.greet(alice, bob)
    let isThere = false
    world.relay.onSubmit = (bytes) => !isThere && decodeEnvelope(bytes).kind === envelopeKinds.content ? new ProtocolError('UNKNOWN_ACCOUNT') : undefined
    await alice.client.send(bob.id, 'hi')
    await world.clock.advance(30_000)
    assert.equal((await states(alice, bob)).at(-1), 'pending')
    isThere = true
    await world.until(() => bob.received.length === 1)
  })

  it('one-time prekeys are refilled when few are left', async () => {
    const row = world.relay.accounts.get(bob.id)!
    assert.equal(row.oneTime.length, limits.oneTimePrekeys)
    row.oneTime.splice(0, limits.oneTimePrekeys - limits.oneTimePrekeysLow)
    await bob.restart()
    await world.quiet()
    assert.equal(row.oneTime.length, limits.oneTimePrekeysLow, 'not below the mark')
    row.oneTime.splice(0, 1)
    await bob.restart()
    await world.until(() => row.oneTime.length === limits.oneTimePrekeys)
    const ids = row.oneTime.map(({ id }) => id)
    assert.equal(new Set(ids).size, ids.length)
  })

  it('a session starts without a one-time prekey when none is left', async () => {
    world.relay.accounts.get(bob.id)!.oneTime.length = 0
    await alice.client.send(bob.id, 'hi')
    await world.until(() => bob.received.length === 1)
  })

  it('a one-time secret is gone once a message was opened with it', async () => {
    const secrets = (): number => [...bob.data.keys()].filter((key) => key.startsWith('p1/')).length
    const before = secrets()
    await world.greet(alice, bob)
    assert.equal(secrets(), before - 1)
  })

  it('the signed prekey is made anew after a week, and messages under the old one still open', async () => {
    const carol = await world.member('carol')
    const first = Buffer.from(world.relay.accounts.get(bob.id)!.deviceKeys!)
    await carol.client.stop()
    // Carol seals with today's keys; her message arrives after the change.
    const held: Uint8Array[] = []
    world.relay.onSubmit = (bytes) => { held.push(bytes); return new ProtocolError('OVERLOADED') }
    await carol.online()
    await carol.client.send(bob.id, 'an old letter')
    await world.until(() => held.length > 0)
    await carol.client.stop()
    world.relay.onSubmit = undefined
    // Heartbeats of a week cost seconds.
    await alice.client.stop()
    await world.clock.advance(limits.signedPrekeyRotateMs)
    await world.until(() => !Buffer.from(world.relay.accounts.get(bob.id)!.deviceKeys!).equals(first), { what: 'new device keys', maxMs: 7 * 3_600_000, stepMs: 60_000 })
    await carol.online()
    await world.until(() => bob.received.length === 1)
    assert.equal(bob.received[0]!.text, 'an old letter')
  }).timeout(20_000)
})

describe('client: people', () => {
  beforeEach(meet)
  afterEach(part)

  it('finds them by handle, short handle, id and invite link', async () => {
    for (const who of ['bob@eu-1.example.org', 'BOB', bob.id, bob.client.inviteLink()]) {
      const person = await world.settled(alice.client.findPerson(who))
      assert.equal(person.account, bob.id, who)
      assert.equal(person.relay, world.relay.id)
    }
    await assert.rejects(world.settled(alice.client.findPerson('nobody')), { code: 'UNKNOWN_HANDLE' })
    await assert.rejects(world.settled(alice.client.addContact(alice.client.inviteLink())), { code: 'BAD_CONVERSATION' })
  })

  it('a contact can be added from a link or an id while nobody can be reached', async () => {
    await alice.client.stop()
    const contact = await world.settled(alice.client.addContact(bob.client.inviteLink(), { name: 'Bob' }))
    assert.deepEqual([contact.account, contact.name, contact.handle, contact.isVerified], [bob.id, 'Bob', undefined, false])
    await assert.rejects(world.settled(alice.client.addContact('bob')), { code: 'DISCONNECTED' })
  })

  it('a look-up waits for a connection that is being made', async () => {
    await alice.client.stop()
    alice.client.start()
    assert.equal((await world.settled(alice.client.findPerson('bob'))).account, bob.id)
  })

  it('knows contacts by name, handle, id and unique prefix, and not when two fit', async () => {
    await world.settled(alice.client.addContact('bob', { name: 'Bobby Tables' }))
    const carol = await world.member('carol')
    await world.settled(alice.client.addContact('carol', { name: 'Bobby Brown' }))
    for (const who of ['Bobby Tables', 'bobby tables', 'bob@eu-1.example.org', 'bob', bob.id, bob.id.slice(0, 20), 'Bobby T']) {
      assert.equal((await alice.client.contact(who))?.account, bob.id, who)
    }
    assert.equal(await alice.client.contact('bobby '), undefined)
    assert.equal(await alice.client.contact('dave'), undefined)
    assert.deepEqual((await alice.client.contacts()).map(({ account }) => account), [carol.id, bob.id])
  })

  it('both see the same safety number; verifying is remembered', async () => {
    const [ours, theirs] = await Promise.all([alice.client.safetyNumber(bob.id), bob.client.safetyNumber(alice.id)])
    assert.match(ours.digits, /^\d{5}( \d{5}){11}$/)
    assert.equal(ours.digits, theirs.digits)
    assert.equal(ours.isVerified, false)
    await alice.client.setVerified(bob.id, true)
    await alice.restart()
    assert.equal((await alice.client.safetyNumber(bob.id)).isVerified, true)
  })

  it('conversations come newest first; contacts without a message at the end', async () => {
    const carol = await world.member('carol')
    await world.settled(alice.client.addContact('bob', { name: 'Bob' }))
    await carol.client.send(alice.id, 'first')
    await world.until(() => alice.received.length === 1)
    const names = async (): Promise<string[]> => (await alice.client.conversations()).map(({ name }) => name)
    assert.equal((await names())[1], 'Bob')
    await world.clock.advance(1_000)
    await alice.client.send(bob.id, 'later')
    assert.equal((await names())[0], 'Bob')
  })
})
