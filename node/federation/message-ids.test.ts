import assert from 'node:assert/strict'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import type { Channel } from '../../protocol/channel.ts'
import { groupConversation, pairConversation, type Conversation } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import type { NumberedId, NumberedIds, ReadIds } from '../../protocol/wire/gen/log.js'
import { Log } from '../log/log.ts'
import { wireNumberedId } from '../log/numbered-id.ts'
import { senderTagOf, senderTagToBytes } from '../store/sender-tag.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { messageIdOf } from '../store/store-model.ts'
import type { SequencedMessage } from '../store/store.ts'
import { TestPerson, testDevice } from '../testing/fixtures.ts'
import { TestGroup } from '../testing/group-world.ts'
import { sendMany, threeRelays, untilSeen } from '../testing/worlds.ts'
import { silentLogger } from '../watch/logger.ts'
import { MessageIds } from './message-ids.ts'

const [ada, bob] = [1, 2].map((seed) => new TestPerson(new SeededRandom(seed))) as [TestPerson, TestPerson]
const conversation = groupConversation(ada.account, new Uint8Array(32))
const nowMs = 2 * limits.dedupMs

const messageOf = (seq: number, changes: Partial<SequencedMessage> = {}): SequencedMessage =>
  ({ epoch: 1, seq, sender: senderTagOf(ada.device.id), messageId: messageIdOf(seq), storedAtMs: nowMs - 1_000, ...changes })

/** One that asks a relay which answers as it likes. */
function asking (answer: (request: Partial<ReadIds>) => Partial<NumberedIds>, locals: ReadonlyArray<readonly [TestPerson, devices: number]> = []): { ask (throughSeq: number, head?: number, of?: Conversation): Promise<SequencedMessage[]>, readonly asked: Array<Partial<ReadIds>>, readonly store: MemoryStore } {
  const [clock, store, asked] = [new ManualClock(nowMs), new MemoryStore(), [] as Array<Partial<ReadIds>>]
  const channel = {
    call: async (_: unknown, request: Partial<ReadIds>) => {
      asked.push(request)
      return { conversation: conversation.bytes, ids: [], ...answer(request) }
    }
  } as unknown as Channel
  const placement = {
    localMembers: () => locals.map(([{ account }]) => account),
    devicesOf: (account: AccountId) => locals.flatMap(([person, count]) => person.account === account ? [person.device.id, testDevice(new SeededRandom(9)).id].slice(0, count) : [])
  }
  const ids = new MessageIds({ store, clock, logger: silentLogger, placement } as unknown as ConstructorParameters<typeof MessageIds>[0])
  return {
    asked,
    store,
    ask: (throughSeq, head = 0, of = conversation) => ids.ask(channel, new Log(of, { epoch: 1, first: 1, head, starts: [], cursors: new Map(), replicas: new Map() }, { usedBytes: 0, maxBytes: 1 }), { throughSeq, epoch: 3 })
  }
}

const keyOf = ({ sender, messageId }: SequencedMessage): Uint8Array => Buffer.from(`${sender}${messageId}`, 'hex')
const idOf = (seq: number, changes: Partial<NumberedId> = {}): NumberedId => ({ ...wireNumberedId(messageOf(seq)), ...changes })

describe('ids of messages that a log has numbered', () => {
  it('are asked for page by page, between the head here and what comes next', async () => {
    const all = Array.from({ length: 10 }, (_, i) => messageOf(i + 5))
    const relay = asking(({ after }) => {
      const from = after === undefined ? 0 : all.findIndex((one) => Buffer.compare(keyOf(one), after) === 0) + 1
      return { ids: all.slice(from, from + 4).map(wireNumberedId), ...(from + 4 < all.length ? { next: keyOf(all[from + 3]!) } : {}) }
    })
    assert.deepEqual(await relay.ask(14, 4), all)
    assert.deepEqual(relay.asked.map(({ fromSeq, throughSeq }) => [fromSeq, throughSeq]), [[5, 14], [5, 14], [5, 14]])
  })

  it('are the newest only, when there are very many', async () => {
    const relay = asking(() => ({}))
    await relay.ask(1_000_000)
    assert.equal(relay.asked[0]!.fromSeq, 1_000_000 - limits.travellingIds + 1)
  })

  it('are none where nothing is missing, or of a relay that does not know the question', async () => {
    const relay = asking(() => { throw new ProtocolError('UNKNOWN_METHOD') })
    assert.deepEqual(await relay.ask(4, 4), [])
    assert.equal(relay.asked.length, 0)
    assert.deepEqual(await relay.ask(5, 4), [])
    await assert.rejects(asking(() => { throw new ProtocolError('NOT_ADMITTED') }).ask(5), (error) => isProtocolError(error, 'NOT_ADMITTED'))
  })

  it('are forgotten in time, whatever is said of when they were stored; what is known here keeps its number, and what waits here gets it', async () => {
    const relay = asking(() => ({ ids: [idOf(1, { storedAtMs: 2 ** 47 }), idOf(2, { storedAtMs: nowMs - limits.dedupMs }), idOf(3), idOf(4)] }))
    const { device: { id: sender } } = ada
    const row = { sender, storedAtMs: 1, expiresAtMs: 2 ** 47, envelope: new Uint8Array(1) }
    await relay.store.write([
      { op: 'remember', log: conversation.id, message: messageOf(9, { messageId: messageIdOf(3) }) },
      { op: 'enqueue', item: { log: conversation.id, position: 1, messageId: messageIdOf(4), ...row } }
    ], { durable: true })
    assert.deepEqual(await relay.ask(10), [messageOf(1, { storedAtMs: nowMs }), messageOf(4)])
  })

  const lies: Array<[string, (request: Partial<ReadIds>) => Partial<NumberedIds>, ErrorCode]> = [
    ['another log', () => ({ conversation: groupConversation(bob.account, new Uint8Array(32)).bytes }), 'MALFORMED'],
    ['a number that was not asked for', () => ({ ids: [idOf(11)] }), 'MALFORMED'],
    ['the number 0', () => ({ ids: [idOf(0)] }), 'MALFORMED'],
    ['an epoch of later', () => ({ ids: [idOf(1, { epoch: 4 })] }), 'MALFORMED'],
    ['a sender that is none', () => ({ ids: [idOf(1, { sender: new Uint8Array(32) })] }), 'MALFORMED'],
    ['an id that is none', () => ({ ids: [idOf(1, { messageId: new Uint8Array(16) })] }), 'BAD_MESSAGE_ID'],
    ['a page that begins anew', () => ({ next: keyOf(messageOf(1)) }), 'MALFORMED'],
    ['a place that is none', () => ({ next: new Uint8Array(3) }), 'MALFORMED'],
    ['more ids than numbers', ({ after }) => ({ ids: Array.from({ length: 4_096 }, () => idOf(1)), next: keyOf(messageOf(after === undefined ? 1 : after[13]! + 2)) }), 'MALFORMED']
  ]
  for (const [name, answer, code] of lies) {
    it(`are not believed: ${name}`, async () => {
      await assert.rejects(asking(answer).ask(10), (error) => isProtocolError(error, code))
    })
  }

  it('come to an end although the far side knows none', async () => {
    let at = 0
    const relay = asking(() => ({ next: keyOf(messageOf(++at)) }))
    assert.deepEqual(await relay.ask(10), [])
    assert.ok(relay.asked.length < 1_000, `${relay.asked.length} questions`)
  })

  it('are told to homes of members only, in pages, and to who came later not what was before', async () => {
    const { world, eu, us, asia } = await threeRelays(4)
    const [founder, member, newcomer] = [await world.person(eu), await world.person(us), await world.person(asia)]
    const group = new TestGroup(world, founder)
    const { bytes, id } = group.conversation
    const channelOf = async (relay: typeof us): Promise<Channel> => await world.during(relay.path.channelTo(eu.id, { signal: new AbortController().signal }))
    const ask = async (relay: typeof us, request: Partial<ReadIds> = {}): Promise<NumberedIds> => await world.during((await channelOf(relay)).call(relayMethods.readIds, { conversation: bytes, fromSeq: 1, throughSeq: 9, ...request }))
    group.create([member])
    await world.until(() => group.shownTo(member).length === 1)
    await assert.rejects(ask(asia), (error) => isProtocolError(error, 'NOT_ADMITTED'))
    const others = Array.from({ length: 10_000 }, (_, i) => messageOf(1, { messageId: messageIdOf(i) }))
    await eu.store.write(others.map((message) => ({ op: 'remember', log: id, message })), { durable: true })
    const found = new Set<string>()
    let after: Uint8Array | undefined
    let answers = 0
    do {
      const { ids, next } = await ask(us, after === undefined ? {} : { after })
      for (const { seq, messageId } of ids) { assert.equal(seq, 1); found.add(Buffer.from(messageId).toString('hex')) }
      after = next
      answers++
    } while (after !== undefined)
    assert.equal(found.size, others.length + 1)
    assert.equal(answers, 3)
    assert.deepEqual((await ask(us, { fromSeq: 2 })).ids, [])
    await assert.rejects(ask(us, { after: new Uint8Array(5) }), (error) => isProtocolError(error, 'MALFORMED', 'BAD_MESSAGE_ID'))
    await assert.rejects(ask(asia, { conversation: pairConversation(founder.account, member.account).bytes }), (error) => isProtocolError(error, 'NOT_ADMITTED'))
    await group.add(founder, newcomer)
    await world.until(() => group.shownTo(newcomer).length === 1)
    const seqs: number[] = []
    after = undefined
    do {
      const { ids, next }: NumberedIds = await ask(asia, after === undefined ? {} : { after })
      seqs.push(...ids.map(({ seq }) => seq))
      after = next
    } while (after !== undefined)
    assert.deepEqual(seqs, [2])
    await world.stop()
  })

  const pair = pairConversation(ada.account, bob.account)
  const ofBoth = { conversation: pair.bytes, ids: [idOf(1), idOf(2, { sender: senderTagToBytes(senderTagOf(bob.device.id)) })] }

  it('count, of two people, when they are the only device\'s of the one who lives here: nobody else here lacks them', async () => {
    const relay = asking(() => ofBoth, [[ada, 1]])
    assert.deepEqual(await relay.ask(10, 0, pair), [messageOf(1)])
  })

  for (const [name, locals] of [['who has two devices', [[ada, 2]]], ['who both live here', [[ada, 1], [bob, 1]]], ['of whom none lives here', []]] as const) {
    it(`are not asked for, of two people ${name}: somebody here may lack it, and only who sends it again may have it`, async () => {
      const relay = asking(() => ofBoth, locals)
      assert.deepEqual(await relay.ask(10, 0, pair), [])
      assert.equal(relay.asked.length, 0)
    })
  }

  it('are told, of two people, as far as the one who lives here has had everything on every device', async () => {
    const { world, eu, us } = await threeRelays(5)
    const [a, b] = await world.pair(eu, us)
    const { id, bytes } = pairConversation(a.account, b.account)
    const channel = await world.during(eu.path.channelTo(us.id, { signal: new AbortController().signal }))
    us.relay.homes.learn(a.person.home(eu.id).bytes)
    const tell = async (): Promise<number[]> => (await world.during(channel.call(relayMethods.readIds, { conversation: bytes, fromSeq: 1, throughSeq: 9 }))).ids.map(({ seq }) => seq)
    sendMany(a, b, 3)
    await untilSeen(world, a, b, 3)
    await world.pass(5_000)
    assert.deepEqual((await tell()).sort(), [1, 2, 3])
    await b.linkDevice()
    assert.deepEqual(await tell(), [])
    await b.offline()
    assert.equal((await us.store.openLog(id))?.head, 3)
    await world.stop()
  })
})
