/**
 * A device that is refused and goes on: it is not told so again and again, but read later; others, and what else it says, pass.
 */
import assert from 'node:assert/strict'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import { ERRORS, isProtocolError } from '../../protocol/errors.ts'
import { limits, rates } from '../../protocol/limits.ts'
import { anyMethods, clientMethods } from '../../protocol/methods.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { TestGroup } from '../testing/group-world.ts'
import { World, type TestClient, type TestRelayNode } from '../testing/message-world.ts'
import { ReadLater } from './read-later.ts'
import { noMeter } from '../watch/meter.ts'

describe('a device that is refused again and again', () => {
  let world: World
  let relay: TestRelayNode
  let flooder: TestClient
  let group: TestGroup

  beforeEach(async () => {
    world = new World(41)
    relay = await world.relay('eu-1')
    flooder = await world.person(relay)
    const member = await world.person(relay)
    group = new TestGroup(world, flooder)
    group.create([member])
    await world.pass()
  })
  afterEach(async () => { await world.stop() })

  const batch = (client: TestClient, size: number): Uint8Array[] => Array.from({ length: size }, () => client.sealFor(group.conversation).bytes)

  /** As the scenario `flood`: four batches under way, the next as soon as one is answered, whatever it says. @returns the answers, refused and not */
  function flood (client: TestClient, size: number, untilMs: number): { refused: number, taken: number } {
    const answers = { refused: 0, taken: 0 }
    const next = (): void => {
      if (world.clock.nowMs() >= untilMs || answers.refused > 1_000) return
      client.channel.call(clientMethods.submit, { envelopes: batch(client, size) }, { timeoutMs: 60_000 }).then(({ outcomes }) => {
        if (outcomes.some(({ status }) => status === ERRORS.QUOTA.status)) answers.refused++
        else { assert.ok(outcomes.every(({ status }) => status === 0)); answers.taken++ }
        world.clock.after(1, next)
      }, (error: unknown) => {
        assert.ok(isProtocolError(error, 'QUOTA') || isProtocolError(error, 'OVERLOADED'), String(error))
        answers.refused++
        world.clock.after(1, next)
      })
    }
    for (let i = 0; i < 4; i++) next()
    return answers
  }

  for (const [what, size] of [['its group', 32], ['its own quota', limits.batchEnvelopes]] as const) {
    it(`for ${what}: some dozens of answers in a minute, not thousands, and everybody else is served at once`, async () => {
      const seconds = 30
      const [ann, bob] = await world.pair(relay, relay)
      const answers = flood(flooder, size, world.clock.nowMs() + seconds * 1_000)
      for (let second = 0; second < seconds; second++) {
        const before = bob.shownWith(ann).length
        ann.send(bob)
        await world.pass(100)
        assert.equal(bob.shownWith(ann).length, before + 1, `at once, in second ${second}`)
        await world.pass(900)
      }
      const { burst, perSecond } = rates.refusedPerDevice
      assert.ok(answers.taken > 0)
      // Four are under way when it begins.
      assert.ok(answers.refused >= burst && answers.refused <= burst + 4 + perSecond * seconds, `${answers.refused} refusals`)
      assert.ok(relay.meter.of('heliograph_intake_read_later_total') > 10)
    }).timeout(60_000)
  }

  it('still has its messages delivered, acknowledges them and is alive, a second late at most', async () => {
    const ann = await world.person(relay)
    flood(flooder, 32, world.clock.nowMs() + 150_000)
    await world.pass(20_000)
    const { id } = pairConversation(ann.account, flooder.account)
    for (let second = 0; second < 120; second++) {
      ann.send(flooder)
      const head = second + 1
      await world.pass(1_200)
      assert.equal(flooder.logOf(id).lastSeq, head, 'delivered')
      const log = [...relay.path.activity().accounts].find(([account]) => account === flooder.account)?.[1]
      assert.ok(log!.unacknowledged <= 110, `${log!.unacknowledged} entries are not acknowledged`)
    }
    assert.equal(flooder.isOnline, true)
    assert.equal(relay.meter.of('heliograph_client_closed_total TIMEOUT'), 0)
  }).timeout(60_000)

  it('and then waits is read as everybody when something of it is taken', async () => {
    flood(flooder, 32, world.clock.nowMs() + 20_000)
    await world.pass(60_000)
    const other = await world.person(relay)
    const pauses = relay.meter.of('heliograph_intake_read_later_total')
    for (let i = 0; i < 20; i++) {
      const outcomes = Array.from({ length: 30 }, async () => await flooder.submitRaw([flooder.seal(other.account).bytes]))
      const begun = world.clock.nowMs()
      for (const [outcome] of await world.during(Promise.all(outcomes))) assert.equal(outcome!.status, 0)
      assert.ok(world.clock.nowMs() - begun <= 200, `${world.clock.nowMs() - begun} ms`)
      await world.pass(1_000)
    }
    assert.ok(relay.meter.of('heliograph_intake_read_later_total') <= pauses)
  }).timeout(60_000)

  it('as it is told is not read later: a group that others flood slows down nobody who waits as long as it should', async () => {
    const seconds = 30
    const member = await world.person(relay)
    await group.add(flooder, member)
    await world.pass()
    flood(flooder, 32, world.clock.nowMs() + seconds * 1_000)
    await world.pass(3_000)
    let slowest = 0
    for (let second = 0; second < seconds - 5; second++) {
      member.enqueue(member.sealFor(group.conversation))
      const begun = world.clock.nowMs()
      await world.during(member.channel.call(anyMethods.ping, {}))
      slowest = Math.max(slowest, world.clock.nowMs() - begun)
      await world.pass(1_000)
    }
    assert.ok(slowest <= 40, `${slowest} ms`)
  }).timeout(60_000)

  it('one of very many: of more than so many streams none is held up, since each may hold what has come', async () => {
    const later = new ReadLater({ clock: world.clock, meter: noMeter })
    const channels = Array.from({ length: limits.unreadStreams + 10 }, (_, i) => new Channel(streamPair(relay.id, `device ${i}` as never)[0], { handlers: new Handlers(), clock: world.clock }).start())
    const paused = channels.filter((channel) => {
      const isRead = channel.readLater.bind(channel)
      let wasPaused = false
      channel.readLater = (...args) => { wasPaused = isRead(...args); return wasPaused }
      for (let i = 0; i <= rates.refusedPerDevice.burst; i++) later.refused(channel)
      return wasPaused
    })
    assert.equal(paused.length, limits.unreadStreams)
    await world.pass(1_100)
    const last = channels.at(-1)!
    let isPausedNow = false
    last.readLater = () => { isPausedNow = true; return true }
    later.refused(last)
    later.refused(last)
    assert.equal(isPausedNow, true, 'later there is room again')
  })
})

it('what a sender needs in a conversation is looked up once for a batch, not for each of its envelopes', async () => {
  const world = new World(42)
  const relay = await world.relay('eu-1')
  const [ann, bob] = await world.pair(relay, relay)
  let lookups = 0
  const { highestMessage } = MemoryStore.prototype
  relay.store.highestMessage = async function (...args) { lookups++; return await highestMessage.apply(this, args) }
  const outcomes = await world.during(ann.submitRaw(Array.from({ length: 100 }, () => ann.seal(bob.account).bytes)))
  assert.ok(outcomes.every(({ status }) => status === 0))
  assert.ok(lookups <= 3, `${lookups} look-ups`)
  await world.stop()
})
