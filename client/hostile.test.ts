/**
 * The client against a relay that lies, another person's device that sends nonsense, and a store that fails for a moment.
 */
import assert from 'node:assert/strict'
import { SeededRandom, settle } from '../protocol/clock-manual.ts'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../protocol/e2ee/primitives-seeded.ts'
import { generateKeyPair } from '../protocol/e2ee/curve-keys.ts'
import { ProtocolError, isProtocolError } from '../protocol/errors.ts'
import { pairConversation } from '../protocol/conversation.ts'
import { decodeEnvelope, encodeEnvelope } from '../protocol/envelope.ts'
import { accountIdOfKey, deviceKeyOf, messageIdToBytes, type AccountId, type MessageId } from '../protocol/ids.ts'
import { encodeInvite } from '../protocol/invite.ts'
import { limits } from '../protocol/limits.ts'
import { decodeContent, encodeContent } from './messages/content.ts'
import { fromUtf8, toHex, utf8 } from '../protocol/bytes.ts'
import { signDeviceList, verifyDeviceList } from '../protocol/records/device-list.ts'
import type { Page } from '../protocol/wire/gen/log.js'
import type { ClientStore } from './store/store.ts'
import { fromHex } from './store/stored.ts'
import { FakeWorld, type FakePerson } from './testing/world-fake.ts'

let world: FakeWorld
let alice: FakePerson
let bob: FakePerson

/** Below nearly all others: its account anchors. */
const lowKey = (bytes: Uint8Array): Uint8Array => { bytes[0] = 0; return bytes }

const kinds = (person: FakePerson): string[] => person.warnings.map(({ kind }) => kind)

describe('client: bad company', () => {
  beforeEach(async () => {
    world = new FakeWorld(seededPrimitives(nodePrimitives, 'bad company'))
    alice = await world.member('alice')
    bob = await world.member('bob')
  })
  afterEach(async () => {
    await world.stop()
    assert.equal(world.clock.pending, 0, 'a stopped client leaves no timer')
  })

  it('a store that cannot be read for a moment costs no message', async () => {
    await world.greet(alice, bob)
    let failures = 0
    await bob.client.stop()
    bob.wrapStore = (store) => flaky(store, (key) => key.startsWith('se/') && failures++ < 2)
    await bob.open()
    await alice.client.send(bob.id, 'while the disk had a cold')
    bob.client.start()
    await world.until(() => bob.received.length > 0, { maxMs: 60_000 })
    assert.deepEqual(bob.received.map(({ text }) => text), ['while the disk had a cold'])
    assert.ok(failures >= 2, 'the store has failed')
    assert.deepEqual(await bob.texts(alice), ['hello', 'while the disk had a cold'])
    assert.deepEqual(bob.warnings, [])
  })

  it('an epoch that the anchor has not signed is not believed, and the true entries still come', async () => {
    await world.greet(alice, bob)
    const log = [...world.relay.logs.values()][0]!
    log.epoch = 0xffffffff
    await alice.client.send(bob.id, 'one')
    await world.quiet(10_000)
    assert.deepEqual(bob.received, [])
    assert.ok(kinds(bob).includes('refused'))
    assert.equal(bob.warnings.filter(({ kind }) => kind === 'refused').length, 1, 'said once')
    assert.ok((world.relay.calls.get('find-account') ?? 0) < 20, 'asked with pauses')
    // the next relay is honest
    log.epoch = 1
    world.relay.restart()
    await alice.client.send(bob.id, 'two')
    await world.until(() => bob.received.length === 2)
    assert.deepEqual(bob.received.map(({ text }) => text), ['one', 'two'])
    await world.until(async () => (await alice.client.history(bob.id)).every(({ direction, state }) => direction === 'in' || state === 'delivered'))
  })

  it('a message that claims to be from the end of time can be shown', () => {
    const list = { epoch: 1, hash: new Uint8Array(32) }
    const binding = { conversation: pairConversation(alice.id, bob.id), messageId: '01900000000070008000000000000000' as MessageId, senderDevice: alice.client.account!.device }
    for (const sentAtMs of [2 ** 53 - 1, 8.64e15 + 1]) {
      const content = decodeContent(encodeContent(binding, { sentAtMs, previous: undefined, senderList: list, peerList: list, body: { kind: 'text', text: 'hi' } }), binding)
      assert.doesNotThrow(() => new Date(content.sentAtMs).toISOString())
    }
  })

  it('prekeys are refilled to what the relay has room for, not to what this device guessed', async () => {
    const row = world.relay.accounts.get(bob.id)!
    await bob.client.stop()
    // Twenty people have claimed a key and written; the relay counts them out at hello, the device once more when they arrive.
    const people = []
    for (let i = 0; i < 20; i++) people.push(await world.member(`friend${i}`))
    row.oneTime.splice(0, 100 - 30 - 20)
    for (const person of people) await person.client.send(bob.id, `from ${person.name}`)
    await world.until(() => row.oneTime.length === 30)
    world.relay.calls.clear()
    await bob.online()
    await world.until(() => bob.received.length === 20)
    await world.quiet(60_000)
    assert.ok((world.relay.calls.get('upload-prekeys') ?? 0) <= 4, `${world.relay.calls.get('upload-prekeys')} uploads`)
    assert.ok(row.oneTime.length >= 30)
  }).timeout(20_000)

  it('a relay cannot make the device ask without a pause, nor wait for ever', async () => {
    await world.greet(alice, bob)
    await bob.client.stop()
    world.relay.heartbeatMs = 1
    world.relay.calls.clear()
    await bob.online()
    await world.clock.advance(20_000)
    assert.ok((world.relay.calls.get('ping') ?? 0) <= 8, `${world.relay.calls.get('ping')} heartbeats in 20 s`)
    world.relay.heartbeatMs = limits.heartbeatMs
    world.relay.onSubmit = () => new ProtocolError('QUOTA', { retryAfterMs: 2 ** 50 })
    await bob.client.send(alice.id, 'later, it says')
    await world.clock.advance(1_000)
    world.relay.onSubmit = undefined
    await world.until(() => alice.received.length === 1, { maxMs: 11 * 60_000, stepMs: 1_000 })
  }).timeout(20_000)

  it('conversations that a relay invents take bounded room', async () => {
    await world.greet(alice, bob)
    const log = [...world.relay.logs.values()][0]!
    const { envelope } = log.entries[0]!
    const me = bob.client.account!.id
    let left = 3
    world.relay.onDeliver = (page, to) => {
      if (to !== bob.client.account!.device || left-- <= 0) return page
      // Of anchors that nobody knows: each has to be looked up.
      world.relay.alsoDelivered = Array.from({ length: 1_000 }, () => ({ ...page, conversation: pairConversation(me, accountIdOfKey(lowKey(world.random.bytes(32)))).bytes, entries: [{ seq: 1, storedAtMs: 0, envelope }] }))
      return page
    }
    for (let i = 0; i < 3; i++) {
      await alice.client.send(bob.id, `m${i}`)
      await world.quiet(100)
    }
    await settle(200_000)
    assert.ok((world.relay.calls.get('find-account') ?? 0) < 1_100, `${world.relay.calls.get('find-account')} look-ups`)
    assert.ok(world.clock.pending < 1_100, `${world.clock.pending} timers`)
    world.relay.restart()
    await world.until(() => bob.received.length === 3, { stepMs: 1_000 })
  }).timeout(60_000)

  it('a forged header does not silence what is said about later messages', async () => {
    await world.greet(alice, bob)
    const log = [...world.relay.logs.values()][0]!
    await alice.client.send(bob.id, 'genuine')
    await world.until(() => bob.received.length === 1)
    await world.quiet()
    bob.warnings.length = 0
    // The relay takes an envelope of Alice's, writes the highest id into it, and damages the next true one.
    const forged = (messageId: string): Uint8Array => {
      const envelope = decodeEnvelope(log.entries.findLast(({ sender }) => sender === alice.client.account!.device)!.envelope)
      return encodeEnvelope({ ...envelope, messageId: messageId as MessageId, ciphertexts: envelope.ciphertexts.map((one) => ({ ...one, bytes: Uint8Array.from(one.bytes, (byte, i) => i === one.bytes.length - 1 ? byte ^ 1 : byte) })) })
    }
    const sender = alice.client.account!.device
    log.entries.push({ seq: log.entries.length + 1, sender, envelope: forged('ffffffffffff7fffbfffffffffffffff'), messageId: 'ffffffffffff7fffbfffffffffffffff' as MessageId })
    log.entries.push({ seq: log.entries.length + 1, sender, envelope: forged('01ffffffffff7fffbfffffffffffffff'), messageId: '01ffffffffff7fffbfffffffffffffff' as MessageId })
    world.relay.restart()
    await world.quiet(5_000)
    assert.equal(kinds(bob).filter((kind) => kind === 'undecryptable').length, 2, kinds(bob).join())
  })

  it('stop and start at once leave one connection', async () => {
    await world.greet(alice, bob)
    await bob.client.stop()
    world.relay.down()
    bob.client.start()
    const stopping = bob.client.stop()
    world.relay.up()
    bob.client.start()
    await stopping
    await world.quiet(60_000)
    assert.equal(bob.client.connection.state, 'online')
    assert.equal(world.relay.connections, 2, 'one for Alice, one for Bob')
  })

  it('a reference to a message that was never sent is reported, and the chain is found again', async () => {
    await world.greet(alice, bob)
    const log = [...world.relay.logs.values()][0]!
    const ghost = { ...log.entries.find(({ sender }) => sender === bob.client.account!.device)!, seq: log.entries.length + 1, messageId: '01900000000070008000000000000000' as MessageId }
    log.entries.push(ghost)
    await alice.client.send(bob.id, 'after the ghost')
    await world.until(() => bob.received.length === 1)
    await world.quiet()
    assert.ok(kinds(bob).includes('refused'), 'the reference is reported')
    // Both talk on; then the relay changes what only one of them is shown.
    for (let i = 0; i < 2; i++) {
      await bob.client.send(alice.id, `b${i}`)
      await world.quiet()
      await alice.client.send(bob.id, `a${i}`)
      await world.quiet()
    }
    alice.warnings.length = bob.warnings.length = 0
    world.relay.onDeliver = (page, to) => to === bob.client.account!.device ? damaged(page) : page
    await alice.client.send(bob.id, 'kept from Bob')
    await world.quiet()
    assert.deepEqual([...new Set(kinds(bob))], ['undecryptable'])
    world.relay.onDeliver = undefined
    await alice.client.send(bob.id, 'after it')
    await world.quiet()
    assert.ok(kinds(bob).includes('fork'), 'Bob has other bytes in that place than Alice')
  })

  it('somebody\'s newer device list that the relay keeps back is reported', async () => {
    await world.greet(alice, bob)
    // Alice's own list has gone up; the relay goes on showing the old one.
    await raiseDeviceList(alice)
    await alice.client.send(bob.id, 'from my new list')
    await world.until(() => bob.received.length === 1)
    await world.quiet(60_000)
    assert.ok(kinds(bob).includes('devices'), kinds(bob).join())
    assert.ok((world.relay.calls.get('find-account') ?? 0) < 10)
  })

  it('entries that lead nowhere do not keep out the one that is next', async () => {
    await world.greet(alice, bob)
    const log = [...world.relay.logs.values()][0]!
    const template = log.entries[0]!
    let isFlooding = true
    world.relay.onDeliver = (page, to) => {
      if (!isFlooding || to !== bob.client.account!.device) return page
      return { ...page, entries: Array.from({ length: 256 }, (_, i) => ({ seq: 1_000_000 + Math.floor(world.random.fraction() * 1e9) + i, storedAtMs: 0, envelope: template.envelope })) }
    }
    for (let i = 0; i < 20; i++) {
      await alice.client.send(bob.id, `m${i}`)
      await world.quiet(20)
    }
    isFlooding = false
    await world.until(() => bob.received.length === 20, { maxMs: 120_000 })
    assert.deepEqual(bob.received.map(({ text }) => text), Array.from({ length: 20 }, (_, i) => `m${i}`))
  })

  it('what cannot be opened is kept for 30 days and no longer', async () => {
    await world.greet(alice, bob)
    world.relay.onDeliver = (page, to) => to === bob.client.account!.device ? damaged(page) : page
    await alice.client.send(bob.id, 'damaged on the way')
    await world.until(() => kinds(bob).includes('undecryptable'))
    const kept = (): number => [...bob.data.keys()].filter((key) => key.startsWith('bad/')).length
    assert.equal(kept(), 1)
    // Heartbeats of a month cost seconds.
    await alice.client.stop()
    await bob.client.stop()
    await world.clock.advance(29 * 24 * 3_600_000)
    await bob.open()
    await world.quiet()
    assert.equal(kept(), 1)
    await world.clock.advance(2 * 24 * 3_600_000)
    await bob.open()
    await world.quiet()
    assert.equal(kept(), 0)
  }).timeout(20_000)

  it('a damaged copy that came first gives way to the true message', async () => {
    await world.greet(alice, bob)
    await bob.client.stop()
    await alice.client.send(bob.id, 'the true one')
    await world.settled(alice.client.flushed())
    const log = [...world.relay.logs.values()][0]!
    const last = log.entries.at(-1)!
    const [copy] = damaged({ conversation: log.conversation, epoch: 1, head: 0, entries: [{ seq: last.seq, storedAtMs: 0, envelope: last.envelope }] }).entries
    log.entries.splice(-1, 1, { ...last, envelope: copy!.envelope! }, { ...last, seq: last.seq + 1 })
    await bob.online()
    await world.until(() => bob.received.length === 1)
    await world.quiet()
    assert.deepEqual((await bob.client.history(alice.id)).slice(-2).map(({ text, state }) => `${text} ${state}`), ['hello too delivered', 'the true one delivered'])
    assert.equal((await bob.client.conversations())[0]!.unread, 2)
  })

  it('a message that is shown early under a number of the past stays as it is when its own comes', async () => {
    await world.greet(alice, bob)
    let isEarly = true
    world.relay.onDeliver = (page, to) => {
      if (to !== bob.client.account!.device || !isEarly) return page
      isEarly = false
      world.relay.alsoDelivered = [{ ...page, entries: [{ ...page.entries[0]!, seq: 2 }] }]
      return page
    }
    await alice.client.send(bob.id, 'early')
    await world.until(() => bob.received.length === 1)
    await world.quiet()
    assert.deepEqual((await bob.client.history(alice.id)).filter(({ direction }) => direction === 'in').map(({ text, state }) => `${text} ${state}`), ['hello delivered', 'early delivered'])
    assert.deepEqual(kinds(bob), ['fork'])
  })

  it('what one relay delivered early does not take the place of what the next one delivers', async () => {
    await world.greet(alice, bob)
    const log = [...world.relay.logs.values()][0]!
    const next = log.entries.length + 1
    const { envelope } = log.entries.find(({ sender }) => sender === alice.client.account!.device)!
    const garbage = damaged({ conversation: log.conversation, epoch: 1, head: next, entries: [1, 2, 3, 4, 5].map((n) => ({ seq: next + n, storedAtMs: 0, envelope })) })
    world.relay.onDeliver = (page, to) => to === bob.client.account!.device ? garbage : page
    await alice.client.send(bob.id, 'one')
    await world.quiet(500)
    world.relay.onDeliver = undefined
    world.relay.restart()
    await alice.client.send(bob.id, 'two')
    await world.until(() => bob.received.length === 2)
    assert.deepEqual(bob.received.map(({ text }) => text), ['one', 'two'])
    assert.deepEqual(bob.warnings, [])
  })

  it('a relay that went back is not believed to repeat what cannot be compared', async () => {
    await world.greet(alice, bob)
    const log = [...world.relay.logs.values()][0]!
    // Bob does not know the beginning any more, so he has nothing to compare with.
    await bob.client.stop()
    for (const key of bob.data.keys()) if (key.startsWith('lh/')) bob.data.delete(key)
    const row = [...bob.data.keys()].find((key) => key.startsWith('lg/'))!
    bob.data.set(row, utf8(JSON.stringify({ ...JSON.parse(fromUtf8(bob.data.get(row)!)) as object, hash: '' })))
    const kept = log.entries.length - 1
    for (const { sender, messageId } of log.entries.splice(kept)) log.byMessage.delete(`${sender}/${messageId}`)
    for (const device of log.cursors.keys()) log.cursors.set(device, kept)
    await alice.client.send(bob.id, 'under a number that was taken')
    await bob.open()
    await bob.online()
    await world.until(() => bob.received.length === 1)
    assert.equal(bob.received[0]!.text, 'under a number that was taken')
  })

  it('an invite link does not lend its account the handle of somebody else', async () => {
    const link = encodeInvite({ account: (await world.member('mallory')).id, handle: alice.client.account!.handle, addresses: [world.relay.address] })
    const contact = await world.settled(bob.client.addContact(link))
    assert.equal(contact.handle, undefined)
    assert.ok(!contact.name.includes('alice'))
    assert.equal(await bob.client.contact(alice.client.account!.handle), undefined)
    // not either when nobody can be asked
    await bob.client.stop()
    assert.equal((await bob.client.addContact(link)).handle, undefined)
    // the true one is kept
    await bob.online()
    assert.equal((await world.settled(bob.client.addContact(alice.client.inviteLink()))).handle, alice.client.account!.handle)
  })

  it('a handle that was not asked for is refused', async () => {
    const carol = await world.person('carol')
    for (const handle of ['mallory@eu-1.example.org', 'carol@\u001b[2J', `carol@${'x'.repeat(500)}`]) {
      world.relay.handleGiven = handle
      await assert.rejects(world.settled(carol.client.createAccount({ handle: 'carol' })), isMalformed)
    }
    world.relay.handleGiven = undefined
    assert.equal((await world.settled(carol.client.createAccount({ handle: 'carol' }))).handle, 'carol@eu-1.example.org')
  })

  it('nothing is sealed to an identity key that the account has replaced', async () => {
    await world.greet(alice, bob)
    await changeIdentity(bob)
    // Alice has learnt of the new list from her relay, and has a session with the old key only.
    await alice.client.stop()
    alice.data.set(`dl/${bob.id}`, bob.data.get(`dl/${bob.id}`)!)
    await alice.open()
    await alice.online()
    await alice.client.send(bob.id, 'for the new key')
    await world.until(() => bob.received.length === 1)
    assert.equal(bob.received[0]!.text, 'for the new key')
    assert.deepEqual(kinds(bob), [])
  })

  it('what nobody has confirmed within 30 days is not kept to be sent again', async () => {
    await world.greet(alice, bob)
    await bob.client.stop()
    await alice.client.send(bob.id, 'are you there?')
    await world.settled(alice.client.flushed())
    await world.quiet()
    const kept = (): number => [...alice.data.keys()].filter((key) => /^(ob|sl)\//.test(key)).length
    assert.equal(kept(), 2)
    await alice.client.stop()
    await world.clock.advance(limits.dedupMs + 1)
    await alice.open()
    assert.equal(kept(), 0)
    await alice.online()
    await bob.online()
    await world.until(async () => (await alice.client.history(bob.id)).at(-1)?.state === 'delivered')
  }).timeout(20_000)

  for (const seed of [11, 12, 13, 14]) {
    it(`whatever a relay makes up beside the truth, nothing is lost or shown twice once it stops (seed ${seed})`, async () => {
      await world.greet(alice, bob)
      const log = [...world.relay.logs.values()][0]!
      const random = new SeededRandom(seed)
      const sent = { alice: [] as string[], bob: [] as string[] }
      const bodies = ['old', 'own', 'garbage', 'reference'] as const
      const invented = (page: Page): Page => {
        const epoch = random.pick([1, 1, 2, 7, 0xffffffff])
        // Above: far ahead, so that no truth is due there. Below: taken long ago.
        const seq = random.pick([1 + random.below(3), 10_000 + random.below(1_000), 2 ** 40 + random.below(1_000), Number.MAX_SAFE_INTEGER])
        const { envelope, messageId, sender } = random.pick(log.entries)
        switch (random.pick(bodies)) {
          case 'old': return { ...page, epoch, entries: [{ seq, storedAtMs: 0, envelope }] }
          case 'own': return { ...page, epoch, entries: [{ seq, storedAtMs: 0, messageId: messageIdToBytes(messageId), senderDevice: deviceKeyOf(sender) }] }
          case 'garbage': return { ...page, epoch, entries: [{ seq, storedAtMs: 0, envelope: random.bytes(1 + random.below(300)) }] }
          case 'reference': return { ...page, epoch, entries: [{ seq, storedAtMs: 0, messageId: random.bytes(16), senderDevice: deviceKeyOf(sender) }] }
        }
      }
      let isLying = true
      world.relay.onDeliver = (page) => {
        if (!isLying) return page
        const lies = Array.from({ length: random.below(4) }, () => invented(page))
        world.relay.alsoDelivered = lies.slice(1)
        return random.fraction() < 0.6 ? page : lies[0]
      }
      for (let step = 0; step < 30; step++) {
        const [person, peer, texts] = random.pick([[alice, bob, sent.alice], [bob, alice, sent.bob]] as const)
        const text = `${person.name} ${texts.length}`
        texts.push(text)
        await person.client.send(peer.id, text)
        await world.clock.advance(random.below(1_500))
        if (random.below(6) === 0) world.relay.restart()
        if (random.below(8) === 0) await random.pick([alice, bob]).restart()
      }
      isLying = false
      world.relay.restart()
      const isDone = async (person: FakePerson, peer: FakePerson): Promise<boolean> => (await person.client.history(peer.id, { limit: 1_000 })).every(({ direction, state }) => direction === 'in' || state === 'delivered')
      await world.until(async () => await isDone(alice, bob) && await isDone(bob, alice), { what: 'delivery of everything', stepMs: 500, maxMs: 600_000 })
      // Sorted: a relay can show a message early, under a number of the past.
      assert.deepEqual(bob.received.map(({ text }) => text).sort(), sent.alice.sort())
      assert.deepEqual(alice.received.map(({ text }) => text).sort(), sent.bob.sort())
      const kept = async (person: FakePerson, peer: FakePerson): Promise<string[]> => (await person.client.history(peer.id, { limit: 1_000 })).filter(({ text }) => /\d/.test(text)).map(({ text, state }) => `${text} ${state}`).sort()
      const expected = [...sent.alice, ...sent.bob].map((text) => `${text} delivered`).sort()
      assert.deepEqual(await kept(alice, bob), expected)
      assert.deepEqual(await kept(bob, alice), expected)
    }).timeout(30_000)
  }

  for (const seed of [21, 22, 23]) {
    it(`a store that fails now and then loses nothing and repeats nothing (seed ${seed})`, async () => {
      await world.greet(alice, bob)
      const random = new SeededRandom(seed)
      let isIll = true
      for (const person of [alice, bob]) {
        await person.client.stop()
        person.wrapStore = (store) => flaky(store, () => isIll && random.below(20) === 0)
        isIll = false
        await person.open()
        isIll = true
        person.client.start()
      }
      const sent = { alice: [] as string[], bob: [] as string[] }
      for (let step = 0; step < 60; step++) {
        const [person, peer, texts] = random.pick([[alice, bob, sent.alice], [bob, alice, sent.bob]] as const)
        const text = `${person.name} ${texts.length}`
        try {
          await person.client.send(peer.id, text)
          texts.push(text)
        } catch (error) {
          assert.ok(isProtocolError(error, 'INTERNAL'), String(error))
        }
        await world.clock.advance(random.below(500))
        if (random.below(10) === 0) world.relay.restart()
      }
      isIll = false
      const isDone = async (person: FakePerson, peer: FakePerson): Promise<boolean> => (await person.client.history(peer.id, { limit: 1_000 })).every(({ direction, state }) => direction === 'in' || state === 'delivered')
      await world.until(async () => await isDone(alice, bob) && await isDone(bob, alice), { what: 'delivery of everything', stepMs: 500, maxMs: 600_000 })
      assert.deepEqual(bob.received.map(({ text }) => text), sent.alice)
      assert.deepEqual(alice.received.map(({ text }) => text), sent.bob)
      assert.deepEqual([...kinds(alice), ...kinds(bob)], [])
    }).timeout(30_000)
  }
})

/** Some of its work fails, as that of a disk that is slow to wake up. `key` is '' for more than one. */
function flaky (store: ClientStore, fails: (key: string) => boolean): ClientStore {
  const check = (key: string): void => { if (fails(key)) throw new ProtocolError('INTERNAL', { what: 'store' }) }
  return {
    get: async (key) => { check(key); return await store.get(key) },
    getMany: async (keys) => { check(''); return await store.getMany(keys) },
    batch: async (writes) => { check(''); await store.batch(writes) },
    range: async (range) => { check(''); return await store.range(range) },
    close: async () => { await store.close() }
  }
}

/** Another list of the same devices, known to its owner only. */
async function raiseDeviceList (person: FakePerson): Promise<void> {
  await person.client.stop()
  const { id, seed } = JSON.parse(fromUtf8(person.data.get('me/account')!)) as { id: AccountId, seed: string }
  const before = verifyDeviceList(nodePrimitives, person.data.get(`dl/${id}`)!)
  person.data.set(`dl/${id}`, signDeviceList(nodePrimitives, { ...before, epoch: before.epoch + 1 }, fromHex(seed)).bytes)
  await person.open()
  await person.online()
}

function damaged (page: Page): Page {
  return { ...page, entries: page.entries.map((entry) => entry.envelope === undefined ? entry : { ...entry, envelope: Uint8Array.from(entry.envelope, (byte, i) => i === entry.envelope!.length - 1 ? byte ^ 1 : byte) }) }
}

const isMalformed = (error: unknown): boolean => isProtocolError(error, 'MALFORMED')

/** A new identity key on the same device, in a list that the account has signed; the relay has it, too. */
async function changeIdentity (person: FakePerson): Promise<void> {
  await person.client.stop()
  const account = JSON.parse(fromUtf8(person.data.get('me/account')!)) as { id: AccountId, seed: string }
  const device = JSON.parse(fromUtf8(person.data.get('me/device')!)) as Record<string, unknown>
  const identity = generateKeyPair(world.primitives)
  const before = verifyDeviceList(nodePrimitives, person.data.get(`dl/${account.id}`)!)
  const list = signDeviceList(nodePrimitives, { ...before, epoch: before.epoch + 1, devices: before.devices.map((one) => ({ ...one, identityKey: identity.publicKey })) }, fromHex(account.seed))
  for (const key of person.data.keys()) if (/^(ps|pk|p1|se)\//.test(key)) person.data.delete(key)
  person.data.set('me/device', utf8(JSON.stringify({ ...device, identityPublic: toHex(identity.publicKey), identityPrivate: toHex(identity.privateKey) })))
  person.data.set(`dl/${account.id}`, list.bytes)
  const row = person.world.relay.accounts.get(account.id)!
  Object.assign(row, { deviceList: list.bytes, oneTime: [], highestId: 0 })
  await person.open()
  await person.online()
  await person.world.quiet()
}
