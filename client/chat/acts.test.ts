/**
 * What a peer may not do, and what comes in the wrong order: checked where it arrives.
 */
import assert from 'node:assert/strict'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { groupConversation, pairConversation } from '../../protocol/conversation.ts'
import { nodePrimitives as primitives } from '../../protocol/e2ee/primitives-node.ts'
import { decodeEnvelope, encodeEnvelope } from '../../protocol/envelope.ts'
import { accountIdOfKey, deviceIdOfKey, type AccountId, type MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { ChatId } from '../chat-id.ts'
import { DeviceTables } from '../devices/device-tables.ts'
import { SyncFacts } from '../devices/sync.ts'
import { Emitter } from '../events.ts'
import type { Body } from '../messages/bodies.ts'
import { History } from '../messages/history.ts'
import type { Message, Warning } from '../model.ts'
import { Ledger } from '../store/ledger.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { Tables } from '../store/tables.ts'
import { FakeWorld, type FakePerson } from '../testing/world-fake.ts'
import { Acts } from './acts.ts'
import { ChatTables } from './chat-tables.ts'
import { EarlyActs } from './early.ts'
import { ChatFlags } from './flags.ts'

const random = new SeededRandom(31)
const [own, bob, carol] = [0, 1, 2].map(() => accountIdOfKey(random.bytes(32))) as [AccountId, AccountId, AccountId]
const device = deviceIdOfKey(random.bytes(32))
const group = groupConversation(own, random.bytes(32)).id
const id = (n: number): MessageId => `0190000000007000800000000000${n.toString(16).padStart(4, '0')}` as MessageId
const startMs = 1_800_000_000_000

async function device1 ({ admins = [] as AccountId[] } = {}) {
  const data = new Map<string, Uint8Array>()
  const tables = new Tables(primitives)
  const chatTables = new ChatTables()
  const ledger = new Ledger(new MemoryStore(data))
  const clock = new ManualClock(startMs)
  const events = new Emitter()
  const history = new History({ tables })
  const facts = new SyncFacts({ ledger, tables, deviceTables: new DeviceTables(), clock, own: { account: own, device }, compose: async () => { /* alone */ } })
  const flags = new ChatFlags({ ledger, chatTables, facts, events, clock })
  const early = new EarlyActs({ ledger, chatTables, clock })
  const acts = new Acts({ history, flags, early, events, clock, rights: { isAdmin: (_, __, account) => admins.includes(account), mayEdit: (_, __, account) => admins.includes(account) }, onMarked: async () => { /* no other devices */ } })
  const warnings: Warning[] = []
  events.on('warning', (warning) => { warnings.push(warning) })
  const place = { epoch: 1, seq: 1 }
  const text = async (n: number, sender: AccountId, change: Partial<Message> & { chat?: ChatId } = {}): Promise<void> => {
    const chat = change.chat ?? bob
    await ledger.run(async (draft) => {
      const row = history.add(draft, { id: id(n), conversation: pairConversation(own, bob).id, chat, sender, direction: sender === own ? 'out' : 'in', text: `text ${n}`, sentAtMs: startMs, state: 'delivered', ...change }, { epoch: 1, seq: n })
      await acts.shown(draft, row)
    })
  }
  const take = async (sender: AccountId, body: Body, { chat = bob as ChatId, sentAtMs = startMs + 1 } = {}): Promise<void> => {
    await ledger.run(async (draft) => { await acts.take(draft, { chat, id: id(9_999), sender, senderDevice: device, isOwn: sender === own, place, sentAtMs, receivedAtMs: startMs + 1, body }) })
  }
  const find = async (n: number, chat: ChatId = bob): Promise<Message | undefined> => await ledger.run(async (draft) => await acts.find(draft, chat, id(n)))
  return { ledger, chatTables, clock, flags, early, acts, warnings, text, take, find, data }
}

describe('acts of a peer', () => {
  it('that are not theirs to do change nothing and are reported', async () => {
    const { text, take, find, warnings } = await device1()
    await text(1, own)
    await text(2, bob)
    const before = JSON.stringify([await find(1), await find(2)])
    const wrong: Array<[Body, number?]> = [
      [{ kind: 'edit', messageId: id(1), text: 'I owe you 100', mentions: [] }],
      [{ kind: 'deletion', messageId: id(1) }],
      [{ kind: 'edit', messageId: id(2), text: 'late', mentions: [] }, startMs + limits.editWindowMs + 1],
      [{ kind: 'vote', poll: id(1), options: [0] }],
      [{ kind: 'reaction', messageId: id(1), emoji: 'bah' }],
      [{ kind: 'timer', expiresAfterS: 5 }, startMs + 2 * 24 * 60 * 60_000],
      [{ kind: 'pin', messageId: id(1), isPinned: true }, startMs + 2 * 24 * 60 * 60_000]
    ]
    for (const [body, sentAtMs] of wrong) await take(bob, body, sentAtMs === undefined ? {} : { sentAtMs })
    assert.equal(JSON.stringify([await find(1), await find(2)]), before)
    assert.deepEqual(warnings.map(({ kind }) => kind), wrong.map(() => 'refused'))
    for (const { text: says } of warnings) assert.ok(!says.includes('100'), 'no content in a warning')
  })

  it('that look at others\' messages once are ignored', async () => {
    const { text, take, find } = await device1()
    await text(1, bob, { viewOnce: true })
    await take(bob, { kind: 'viewedOnce', messageId: id(1) })
    assert.equal((await find(1))?.text, 'text 1')
  })

  it('under an id that both have used touch only one\'s own message', async () => {
    const { text, take, find, ledger, acts } = await device1()
    await text(1, own)
    // Bob writes under the same id.
    await text(1, bob)
    await take(bob, { kind: 'deletion', messageId: id(1) })
    const mine = await ledger.run(async (draft) => await acts.find(draft, bob, id(1), ({ direction }) => direction === 'out'))
    assert.equal(mine?.isDeleted, undefined)
    assert.equal((await find(1))?.isDeleted, true)
  })

  it('in a group: only admins delete what others wrote, and pin and set the timer where that is theirs', async () => {
    const { text, take, find, flags, warnings } = await device1({ admins: [carol] })
    await text(1, own, { chat: group })
    await take(bob, { kind: 'deletion', messageId: id(1) }, { chat: group })
    await take(bob, { kind: 'timer', expiresAfterS: 5 }, { chat: group })
    await take(bob, { kind: 'pin', messageId: id(1), isPinned: true }, { chat: group })
    assert.equal((await find(1, group))?.isDeleted, undefined)
    assert.deepEqual([flags.info(group).timerS, flags.info(group).pins], [0, []])
    assert.equal(warnings.length, 3)
    await take(carol, { kind: 'timer', expiresAfterS: 60 }, { chat: group })
    await take(carol, { kind: 'pin', messageId: id(1), isPinned: true }, { chat: group })
    assert.deepEqual([flags.info(group).timerS, flags.info(group).pins], [60, [id(1)]])
    await take(carol, { kind: 'deletion', messageId: id(1) }, { chat: group })
    assert.equal((await find(1, group))?.deletedBy, carol)
  })

  it('two timers at once end the same on both sides, in whatever order they come', async () => {
    const words: Array<[AccountId, number, number]> = [[own, 60, startMs + 1], [bob, 3_600, startMs + 1], [own, 5, startMs]]
    const results = new Set<number>()
    for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]]) {
      const { take, flags } = await device1()
      for (const at of order) await take(words[at]![0], { kind: 'timer', expiresAfterS: words[at]![1] }, { sentAtMs: words[at]![2] })
      results.add(flags.info(bob).timerS)
    }
    assert.equal(results.size, 1)
  })
})

describe('acts on a message that is not here', () => {
  it('wait for it, and hold when it comes: the newest of each', async () => {
    const one = await device1()
    await one.take(bob, { kind: 'edit', messageId: id(1), text: 'second', mentions: [] }, { sentAtMs: startMs + 2 })
    await one.take(bob, { kind: 'edit', messageId: id(1), text: 'first', mentions: [] }, { sentAtMs: startMs + 1 })
    await one.take(bob, { kind: 'reaction', messageId: id(1), emoji: '👍' })
    await one.take(carol, { kind: 'deletion', messageId: id(1) })
    const { chatTables } = one
    assert.equal([...chatTables.early.cachedEntries()].length, 1)
    await one.text(1, bob)
    const message = await one.find(1)
    assert.deepEqual([message?.text, message?.reactions?.length, message?.isDeleted], ['second', 1, undefined], 'carol\'s deletion is refused')
    assert.equal(one.warnings.length, 1)
    assert.equal([...chatTables.early.cachedEntries()].length, 0)
  })

  it('are bounded for each sender and each chat, and forgotten after 30 days', async () => {
    const { take, chatTables, early, clock } = await device1()
    for (let n = 0; n < 300; n++) await take(bob, { kind: 'reaction', messageId: id(n), emoji: '👍' })
    const count = (): number => [...chatTables.early.cachedEntries()].length
    assert.equal(count(), 50)
    for (let n = 0; n < 10; n++) {
      const somebody = accountIdOfKey(random.bytes(32))
      for (let m = 0; m < 60; m++) await take(somebody, { kind: 'reaction', messageId: id(1_000 + n * 100 + m), emoji: '👍' })
    }
    assert.equal(count(), 200)
    await clock.advance(31 * 24 * 60 * 60_000)
    await early.load()
    assert.equal(count(), 0)
  })

  it('on a message that could not be opened wait until it can', async () => {
    const { take, text, find, acts, ledger } = await device1()
    await text(1, bob, { state: 'failed', text: '' })
    await take(bob, { kind: 'reaction', messageId: id(1), emoji: '👍' })
    assert.equal(await ledger.run(async (draft) => await acts.find(draft, bob, id(1))), undefined)
    await text(1, bob)
    assert.equal((await find(1))?.reactions?.length, 1)
  })
})

describe('acts that get lost on the way', () => {
  let world: FakeWorld
  let alice: FakePerson
  let peer: FakePerson
  beforeEach(async () => {
    world = new FakeWorld(primitives, 32)
    alice = await world.member('alice')
    peer = await world.member('peer')
    await alice.client.send(peer.id, 'hello')
    await world.until(() => peer.received.length === 1)
    await peer.client.send(alice.id, 'hello too')
    await world.until(() => alice.received.length === 1)
    await world.quiet()
  })
  afterEach(async () => { await world.stop() })

  it('a reaction and an edit that were damaged are sent again; no placeholder stays', async () => {
    const { id: first } = await alice.client.send(peer.id, 'helo')
    await world.until(() => peer.received.length === 2)
    await world.quiet()
    await peer.client.stop()
    await alice.client.chats.edit(peer.id, first, 'hello')
    await alice.client.chats.react(peer.id, first, '🎉')
    await world.settled(alice.client.flushed())
    const { entries } = [...world.relay.logs.values()][0]!
    for (const entry of entries.slice(-2)) {
      const envelope = decodeEnvelope(entry.envelope)
      const ciphertexts = envelope.ciphertexts.map((one) => ({ ...one, bytes: one.bytes.slice() }))
      ciphertexts[0]!.bytes[60]! ^= 1
      entry.envelope = encodeEnvelope({ ...envelope, ciphertexts })
    }
    await peer.online()
    await world.until(async () => {
      const message = await peer.client.chats.message(alice.id, first)
      return message?.text === 'hello' && message.reactions?.length === 1
    })
    await world.quiet(10_000)
    assert.deepEqual((await peer.client.history(alice.id)).map(({ state }) => state).filter((one) => one === 'failed'), [])
    assert.deepEqual([...alice.data.keys()].filter((key) => /^(ob|sl)\//.test(key)), [], 'nothing is left to send')
  })

  it('a deletion that the relay has lost is sent again once something later is acknowledged', async () => {
    const { id: first } = await alice.client.send(peer.id, 'a mistake')
    await world.until(() => peer.received.length === 2)
    await world.quiet()
    await peer.client.stop()
    await alice.client.chats.deleteForEveryone(peer.id, first)
    await alice.client.send(peer.id, 'something else')
    await world.settled(alice.client.flushed())
    const log = [...world.relay.logs.values()][0]!
    const gone = log.entries.length - 1
    log.entries.splice(0, gone)
    log.first += gone
    await peer.online()
    await world.until(async () => (await peer.client.chats.message(alice.id, first))?.isDeleted === true)
  })
})
