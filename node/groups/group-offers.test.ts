import assert from 'node:assert/strict'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { ManualClock, SeededRandom, settle } from '../../protocol/clock-manual.ts'
import { groupConversation, type Conversation, type ConversationId } from '../../protocol/conversation.ts'
import { isProtocolError, ProtocolError } from '../../protocol/errors.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { relayMethods } from '../../protocol/methods.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import type { Log } from '../log/log.ts'
import { TokenBuckets } from '../people/buckets.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { TestPerson, testRelay } from '../testing/fixtures.ts'
import { CountingMeter } from '../testing/counting-meter.ts'
import { silentLogger } from '../watch/logger.ts'
import { GroupOffers } from './group-offers.ts'

describe('groups offered to the new home of their founder', () => {
  let random: SeededRandom
  let clock: ManualClock
  let founder: TestPerson
  let offers: GroupOffers
  /** Who has given which group. */
  let taken: Map<ConversationId, RelayId>
  let asked: Array<[ConversationId, RelayId]>
  /** How each relay answers when it is asked for a group. */
  let answers: Map<RelayId, (log: Log) => Promise<void>>
  const handlers = new Handlers()

  beforeEach(() => {
    random = new SeededRandom(61)
    clock = new ManualClock()
    founder = new TestPerson(random)
    taken = new Map()
    asked = []
    answers = new Map()
    offers = new GroupOffers({
      store: new MemoryStore(),
      logs: { load: async (conversation: Conversation) => ({ conversation }) as Log } as never,
      placement: { isSequencer: () => true, primaryOf: () => undefined } as never,
      adoption: {
        isUnknown: (log) => !taken.has(log.conversation.id),
        takeOver: async (log, relay) => {
          asked.push([log.conversation.id, relay!])
          await answers.get(relay!)!(log)
        }
      },
      links: {} as never,
      buckets: new TokenBuckets({ clock }),
      clock,
      random,
      logger: silentLogger,
      meter: new CountingMeter()
    })
    offers.register(handlers)
  })
  afterEach(() => { offers.stop() })

  const newGroup = (): Conversation => groupConversation(founder.account, random.bytes(32))

  function relay (answer: (log: Log, self: RelayId) => Promise<void>): { id: RelayId, offer (...groups: Conversation[]): Promise<unknown> } {
    const { id } = testRelay(random)
    answers.set(id, (log) => answer(log, id))
    const [near, far] = streamPair(id, testRelay(random).id)
    new Channel(far, { handlers, clock }).start()
    const channel = new Channel(near, { handlers: new Handlers(), clock }).start()
    return { id, offer: (...groups) => channel.call(relayMethods.offerLogs, { positions: groups.map(({ bytes }) => ({ conversation: bytes, epoch: 0, seq: 0 })) }) }
  }
  const honest = (): ReturnType<typeof relay> => relay(async (log, self) => { taken.set(log.conversation.id, self) })
  const hasIt = new ProtocolError('UNKNOWN_GROUP')
  const liar = (): ReturnType<typeof relay> => relay(async () => { throw hasIt })
  const silent = (): ReturnType<typeof relay> => relay(() => new Promise(() => { /* for ever */ }))

  it('are taken from the relay that offers them', async () => {
    const [one, group] = [honest(), newGroup()]
    await one.offer(group)
    await settle()
    assert.equal(taken.get(group.id), one.id)
  })

  it('are taken from whoever has them when another has offered the same and has nothing', async () => {
    const [good, bad, group] = [honest(), liar(), newGroup()]
    const gate = Promise.withResolvers<void>()
    // As many as are asked at once are busy: both offers wait.
    for (let i = 0; i < 4; i++) await relay(() => gate.promise).offer(newGroup())
    await good.offer(group)
    await bad.offer(group)
    assert.equal(taken.size, 0)
    gate.resolve()
    await settle()
    assert.equal(taken.get(group.id), good.id)
  })

  it('of one relay that does not answer do not keep those of others waiting', async () => {
    const [good, slow] = [honest(), silent()]
    await slow.offer(...Array.from({ length: 100 }, newGroup))
    const group = newGroup()
    await good.offer(group)
    await settle()
    assert.equal(taken.get(group.id), good.id)
    assert.equal(asked.filter(([, id]) => id === slow.id).length, 1)
  })

  it('beyond what one relay may have waiting are put off', async () => {
    const slow = silent()
    let offered = 0
    await assert.rejects((async () => {
      for (; offered < 20_000; offered += 500) {
        await slow.offer(...Array.from({ length: 500 }, newGroup))
        await clock.advance(1_000)
      }
    })(), (error) => isProtocolError(error, 'OVERLOADED'))
    assert.ok(offered >= 1_000 && offered <= 10_000, `${offered}`)
    const [good, group] = [honest(), newGroup()]
    await good.offer(group)
    await settle()
    assert.equal(taken.get(group.id), good.id)
  })
})
