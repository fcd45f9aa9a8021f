/**
 * What cannot be opened comes back by itself, or is called lost when nobody has it any more. docs/protocol/content.md §6
 */
import assert from 'node:assert/strict'
import { fromUtf8, toHex, utf8 } from '../protocol/bytes.ts'
import { decodeEnvelope } from '../protocol/envelope.ts'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../protocol/e2ee/primitives-seeded.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { envelopeKinds } from '../protocol/wire/kinds.ts'
import type { Page } from '../protocol/wire/gen/log.js'
import { FakeWorld, type FakePerson } from './testing/world-fake.ts'

describe('client: messages that cannot be opened', () => {
  let world: FakeWorld
  let alice: FakePerson
  let bob: FakePerson

  beforeEach(async () => {
    world = new FakeWorld(seededPrimitives(nodePrimitives, 'healing'))
    alice = await world.member('alice')
    bob = await world.member('bob')
    await world.settled(alice.client.addContact(bob.id, { name: 'Bob' }))
    await world.settled(bob.client.addContact(alice.id, { name: 'Alice' }))
    await say(alice, bob, 'hello')
    await say(bob, alice, 'hello you')
  })
  afterEach(async () => { await world.stop() })

  const say = async (from: FakePerson, to: FakePerson, text: string): Promise<void> => {
    await world.settled(from.client.send(to.id, text))
    await world.quiet()
  }
  const copyOf = ({ data }: FakePerson): Map<string, Uint8Array> => new Map([...data].map(([key, value]) => [key, value.slice()]))
  const setBack = async (person: FakePerson, copy: Map<string, Uint8Array>): Promise<void> => {
    await person.client.stop()
    person.data.clear()
    for (const [key, value] of copy) person.data.set(key, value.slice())
  }
  const shown = async (person: FakePerson, other: FakePerson): Promise<string[]> => (await person.client.history(other.id)).filter(({ direction }) => direction === 'in').map(({ text, state, isLost }) => state === 'failed' ? isLost === true ? '(lost)' : '(unreadable)' : text)
  /** Every message for this device is damaged on its way. */
  const damagedFor = (person: FakePerson) => (page: Page, to: string): Page => to !== person.client.account!.device ? page : {
    ...page,
    entries: page.entries.map((entry) => entry.envelope === undefined ? entry : { ...entry, envelope: Uint8Array.from(entry.envelope, (byte, i) => i === entry.envelope!.length - 1 ? byte ^ 1 : byte) })
  }
  const isRequest = (person: FakePerson, bytes: Uint8Array): boolean => {
    const { kind, senderDevice } = decodeEnvelope(bytes)
    return kind === envelopeKinds.receipt && senderDevice === person.client.account!.device
  }

  it('ids of messages that were sent again are forgotten after 30 days', async () => {
    const idAt = (ms: number): string => `${ms.toString(16).padStart(12, '0')}70008000000000000000`
    const day = 24 * 60 * 60_000
    const key = (ms: number): string => `fi/${alice.id}/${idAt(ms)}`
    const [old, recent] = [key(world.clock.nowMs() - 31 * day), key(world.clock.nowMs() - 29 * day)]
    await bob.client.stop()
    for (const each of [old, recent]) bob.data.set(each, utf8(JSON.stringify(idAt(1))))
    await bob.open()
    assert.deepEqual([...bob.data.keys()].filter((each) => each.startsWith('fi/')), [recent])
  })

  it('a request that gets lost is repeated, with growing pauses', async () => {
    world.relay.onDeliver = damagedFor(bob)
    let refused = 0
    world.relay.onSubmit = (bytes) => isRequest(bob, bytes) && refused++ < 2 ? new ProtocolError('TOO_LARGE') : undefined
    await world.settled(alice.client.send(bob.id, 'once more, please'))
    await world.until(async () => (await shown(bob, alice)).includes('(unreadable)'))
    world.relay.onDeliver = undefined
    await world.quiet(5_000)
    assert.deepEqual(await shown(bob, alice), ['hello', '(unreadable)'], 'the first request was lost')
    await world.quiet(90_000)
    assert.ok(refused > 2, `${refused} requests`)
    assert.deepEqual(await shown(bob, alice), ['hello', 'once more, please'])
  })

  it('what waits is asked for after a restart, too', async () => {
    world.relay.onDeliver = damagedFor(bob)
    world.relay.onSubmit = (bytes) => isRequest(bob, bytes) ? new ProtocolError('TOO_LARGE') : undefined
    await world.settled(alice.client.send(bob.id, 'after the restart'))
    await world.until(async () => (await shown(bob, alice)).includes('(unreadable)'))
    await bob.client.stop()
    world.relay.onDeliver = world.relay.onSubmit = undefined
    await bob.open()
    await bob.online()
    await world.quiet(90_000)
    assert.deepEqual(await shown(bob, alice), ['hello', 'after the restart'])
  })

  it('after five requests without an answer it stays unreadable, and nobody is asked any more', async () => {
    world.relay.onDeliver = damagedFor(bob)
    await world.settled(alice.client.send(bob.id, 'never'))
    await world.until(async () => (await shown(bob, alice)).includes('(unreadable)'))
    await alice.client.stop()
    const requests = new Set<string>()
    world.relay.onSubmit = (bytes) => { if (isRequest(bob, bytes)) requests.add(decodeEnvelope(bytes).messageId); return undefined }
    for (let hour = 0; hour < 40; hour++) await world.quiet(3_600_000)
    assert.deepEqual(await shown(bob, alice), ['hello', '(unreadable)'])
    assert.ok(requests.size <= 5, `${requests.size} requests`)
    assert.deepEqual([...bob.data.keys()].filter((key) => key.startsWith('gw/')), [])
  }).timeout(20_000)

  describe('what a relay has lost', () => {
    /** Five messages for bob, who is away; the first three are gone from the relay when he is back. */
    const withLoss = async (meanwhile: () => Promise<void> = async () => {}): Promise<void> => {
      await bob.client.stop()
      for (let i = 0; i < 5; i++) await say(alice, bob, `m${i}`)
      const [log] = [...world.relay.logs.values()].filter(({ members }) => members.length === 2)
      const gone = log!.entries.length - 2
      log!.entries.splice(0, gone)
      log!.first += gone
      await meanwhile()
      await bob.open()
      await bob.online()
      await world.until(() => bob.received.length === 6)
      assert.deepEqual(bob.received.map(({ text }) => text), ['hello', 'm3', 'm4', 'm0', 'm1', 'm2'])
    }

    it('comes again in its place: both have it under one number', async () => {
      await withLoss()
      await world.until(async () => (await alice.client.history(bob.id)).every(({ state, direction }) => direction === 'in' || state === 'delivered'))
      const [hers, his] = [await alice.client.history(bob.id), await bob.client.history(alice.id)]
      assert.deepEqual(hers.map(({ text }) => text), ['hello', 'hello you', 'm0', 'm1', 'm2', 'm3', 'm4'])
      assert.deepEqual(his.map(({ id, seq, text }) => [id, seq, text]), hers.map(({ id, seq, text }) => [id, seq, text]))
    })

    it('comes again in its place to a device that never had anything of the conversation', async () => {
      const carol = await world.member('carol')
      await carol.client.stop()
      for (let i = 0; i < 5; i++) await say(alice, carol, `m${i}`)
      const log = [...world.relay.logs.values()].find(({ members }) => members.includes(carol.id) && members.includes(alice.id))!
      const gone = log.entries.length - 2
      log.entries.splice(0, gone)
      log.first += gone
      await carol.open()
      await carol.online()
      await world.until(() => carol.received.length === 5)
      assert.deepEqual(carol.received.map(({ text }) => text), ['m3', 'm4', 'm0', 'm1', 'm2'])
      const [hers, his] = [await alice.client.history(carol.id), await carol.client.history(alice.id)]
      assert.deepEqual(his.map(({ id, seq, text }) => [id, seq, text]), hers.map(({ id, seq, text }) => [id, seq, text]))
    })

    it('comes again to a device that never had anything of the conversation, and speaks itself', async () => {
      const carol = await world.member('carol')
      await carol.client.stop()
      for (let i = 0; i < 3; i++) await say(alice, carol, `m${i}`)
      const log = [...world.relay.logs.values()].find(({ members }) => members.includes(carol.id) && members.includes(alice.id))!
      log.first += log.entries.splice(0).length
      await carol.open()
      await carol.online()
      await carol.client.send(alice.id, 'hello')
      await world.until(() => carol.received.length === 3)
      const texts = async (one: FakePerson, other: FakePerson): Promise<string[]> => (await one.client.history(other.id)).map(({ text }) => text)
      assert.deepEqual(await texts(carol, alice), ['m0', 'm1', 'm2', 'hello'])
      await world.until(async () => (await texts(alice, carol)).length === 4)
      assert.deepEqual(await texts(alice, carol), await texts(carol, alice))
    })

    it('is not put between words that were said long ago, whatever its sender says', async () => {
      await withLoss(async () => {
        await alice.client.stop()
        for (const [key, value] of alice.data) {
          if (!key.startsWith('ms/')) continue
          const row = JSON.parse(fromUtf8(value)) as { text: string }
          if (row.text === 'm0') alice.data.set(key, utf8(JSON.stringify({ ...row, epoch: 1, seq: 1 })))
        }
        await alice.open()
        await alice.online()
      })
      assert.deepEqual((await bob.client.history(alice.id)).map(({ text }) => text), ['hello', 'hello you', 'm1', 'm2', 'm3', 'm4', 'm0'])
    })
  })

  it('a device that had acknowledged a message and was set back gets it from the history of its sender', async () => {
    const before = copyOf(bob)
    for (let i = 0; i < 3; i++) {
      await say(alice, bob, `a${i}`)
      await say(bob, alice, `b${i}`)
    }
    assert.deepEqual([...alice.data.keys()].filter((key) => key.startsWith('ob/')), [], 'everything was acknowledged')
    await setBack(bob, before)
    await bob.open()
    await bob.online()
    await say(alice, bob, 'and now')
    for (let i = 0; i < 3; i++) await world.quiet(60_000)
    assert.deepEqual(await shown(bob, alice), ['hello', 'a0', 'a1', 'a2', 'and now'])
  })

  it('a device that was set back notices it: it reads what it had, seals with fresh sessions and has its prekeys replaced', async () => {
    const before = copyOf(bob)
    for (let i = 0; i < 3; i++) {
      await say(alice, bob, `a${i}`)
      await say(bob, alice, `b${i}`)
    }
    const keysBefore = world.relay.accounts.get(bob.id)!.oneTime.map(({ key }) => toHex(key))
    await setBack(bob, before)
    const claims = world.relay.calls.get('claim-bundles')!
    await bob.open()
    await bob.online()
    // Nobody writes anything.
    for (let i = 0; i < 3; i++) await world.quiet(60_000)
    assert.deepEqual(await shown(bob, alice), ['hello', 'a0', 'a1', 'a2'])
    assert.ok(world.relay.calls.get('claim-bundles')! > claims, 'a fresh session')
    const { oneTime } = world.relay.accounts.get(bob.id)!
    assert.ok(oneTime.length > 90, `${oneTime.length} prekeys`)
    assert.ok(!oneTime.some(({ key }) => keysBefore.includes(toHex(key))), 'no prekey of the state that is gone is handed out')
    await say(bob, alice, 'in a fresh session')
    assert.ok((await shown(alice, bob)).includes('in a fresh session'))
    assert.deepEqual(alice.warnings, [], 'nobody else notices')
    assert.deepEqual(bob.warnings.filter(({ kind }) => kind === 'refused'), [], 'what it had sent and forgotten is no lie of the relay')
  })

  it('what its sender does not have any more is called lost, and is not asked for any more', async () => {
    const before = copyOf(alice)
    world.relay.onDeliver = damagedFor(bob)
    world.relay.onSubmit = (bytes) => isRequest(bob, bytes) ? new ProtocolError('TOO_LARGE') : undefined
    await say(alice, bob, 'forgotten')
    await setBack(alice, before)
    world.relay.onDeliver = world.relay.onSubmit = undefined
    await alice.open()
    await alice.online()
    for (let i = 0; i < 3; i++) await world.quiet(60_000)
    assert.deepEqual(await shown(bob, alice), ['hello', '(lost)'])
    assert.match((await bob.client.history(alice.id)).at(-1)!.error!, /was lost/)
    assert.deepEqual([...bob.data.keys()].filter((key) => key.startsWith('gw/')), [])
  })

  it('what a relay has lost with the end of a log, behind a gap, is submitted again', async () => {
    world.relay.faults = { ...world.relay.faults, dropPage: 1 }
    await say(alice, bob, 'Bob does not get this page')
    await world.settled(bob.client.send(alice.id, 'known here by its outcome only'))
    await world.until(async () => (await bob.client.history(alice.id)).at(-1)!.state === 'sent')
    assert.ok(world.relay.loseTail() > 0)
    world.relay.faults = { ...world.relay.faults, dropPage: 0 }
    world.relay.restart()
    for (let i = 0; i < 2; i++) await world.quiet(20_000)
    assert.ok((await shown(alice, bob)).includes('known here by its outcome only'))
    assert.ok((await shown(bob, alice)).includes('Bob does not get this page'))
  })

  it('a device that is set back to when its relay gave numbers again gets what came under them', async () => {
    const log = [...world.relay.logs.values()][0]!
    const head = log.entries.length
    await say(bob, alice, 'one')
    await say(bob, alice, 'two')
    // A power cut: the relay has neither these nor who has had them.
    for (const device of log.cursors.keys()) log.cursors.set(device, head)
    assert.equal(world.relay.loseTail(), 4)
    world.relay.restart()
    await world.quiet(20_000)
    await say(alice, bob, 'three')
    const before = copyOf(bob)
    await say(alice, bob, 'four')
    assert.equal(log.entries.length, head + 4, 'as many as before')
    await setBack(bob, before)
    await bob.open()
    await bob.online()
    for (let i = 0; i < 3; i++) await world.quiet(60_000)
    assert.deepEqual(await shown(bob, alice), ['hello', 'three', 'four'])
    assert.deepEqual(await shown(alice, bob), ['hello you', 'one', 'two'])
  })

  it('what waited in an older copy of the store, and was sent since, does not hold up what follows', async () => {
    world.relay.unreachable.set(bob.id, new ProtocolError('HOME_UNREACHABLE'))
    for (const key of [...alice.data.keys()]) if (key.startsWith('se/')) await alice.client.stop().then(() => { alice.data.delete(key) })
    await alice.open()
    await alice.online()
    await world.settled(alice.client.send(bob.id, 'waits for keys'))
    await world.quiet()
    const before = copyOf(alice)
    world.relay.unreachable.clear()
    for (let i = 0; i < 3; i++) await world.quiet(60_000)
    assert.ok((await shown(bob, alice)).includes('waits for keys'))
    await setBack(alice, before)
    world.relay.unreachable.set(bob.id, new ProtocolError('HOME_UNREACHABLE'))
    await alice.open()
    await alice.online()
    await world.quiet(10_000)
    world.relay.unreachable.clear()
    await say(alice, bob, 'goes out')
    await world.quiet(60_000)
    assert.deepEqual(await shown(bob, alice), ['hello', 'waits for keys', 'goes out'])
  })

  it('what was deleted meanwhile does not come back', async () => {
    world.relay.onDeliver = damagedFor(bob)
    world.relay.onSubmit = (bytes) => isRequest(bob, bytes) ? new ProtocolError('TOO_LARGE') : undefined
    await say(alice, bob, 'better not')
    const { id } = (await alice.client.history(bob.id)).at(-1)!
    world.relay.onDeliver = undefined
    await world.settled(alice.client.chats.deleteForEveryone(bob.id, id))
    world.relay.onSubmit = undefined
    for (let i = 0; i < 3; i++) await world.quiet(60_000)
    assert.ok(!(await shown(bob, alice)).includes('better not'))
    assert.ok(!(await shown(bob, alice)).includes('(unreadable)'))
  })
})
