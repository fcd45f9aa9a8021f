import assert from 'node:assert/strict'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { ERRORS, isProtocolError } from '../../protocol/errors.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { TestPerson, directCommits, testRelay } from '../testing/fixtures.ts'
import type { World} from '../testing/message-world.ts';
import { type TestClient, type TestRelayNode } from '../testing/message-world.ts'
import { twoPeople } from '../testing/worlds.ts'
import { createMetrics } from '../watch/metrics.ts'
import { Blocklist } from './blocklist.ts'

describe('blocklist', () => {
  const random = new SeededRandom(21)
  const { account } = new TestPerson(random)
  const relay = testRelay(random).id
  const metrics = (): ReturnType<typeof createMetrics> => createMetrics({ isWithProcess: false })

  it('is there again after a start, and what was unblocked is not', async () => {
    const clock = new ManualClock()
    const store = new MemoryStore()
    const open = async (): Promise<Blocklist> => {
      const list = new Blocklist({ store, commits: directCommits(store), clock, meter: metrics() })
      await list.load()
      return list
    }
    const first = await open()
    const told: string[] = []
    first.onChange(({ kind, id }) => { told.push(`${kind} ${id}`) })
    assert.deepEqual([await first.block('account', account), await first.block('relay', relay), await first.block('account', account)], [true, true, false])
    assert.deepEqual(told, [`account ${account}`, `relay ${relay}`])
    const second = await open()
    assert.deepEqual(second.list().map(({ kind, id }) => [kind, id]), [['account', account], ['relay', relay]])
    assert.deepEqual([second.hasAccount(account), second.hasRelay(relay)], [true, true])
    assert.deepEqual([await second.unblock('relay', relay), await second.unblock('relay', relay)], [true, false])
    const third = await open()
    assert.deepEqual([third.hasAccount(account), third.hasRelay(relay)], [true, false])
  })

  it('that cannot be written is not in force', async () => {
    const store = new MemoryStore()
    const list = new Blocklist({ store, commits: { commit: async () => { throw new Error('the disk') } }, clock: new ManualClock(), meter: metrics() })
    await assert.rejects(list.block('account', account), /the disk/)
    assert.equal(list.hasAccount(account), false)
  })

  describe('at two relays', () => {
    let world: World
    let eu: TestRelayNode
    let us: TestRelayNode
    let a: TestClient
    let b: TestClient
    beforeEach(async () => { ({ world, eu, us, a, b } = await twoPeople(22)) })
    afterEach(async () => { await world.stop() })

    it('a blocked account of another relay gets no number here, its device is told, and others go on', async () => {
      await world.during(eu.relay.blocks.block('account', b.account))
      const refused = b.send(a)
      await world.pass(5_000)
      assert.deepEqual(a.shownWith(b), [])
      assert.ok(b.refusedLater.some(({ messageId, status }) => messageId === refused && status === ERRORS.BLOCKED.status), JSON.stringify(b.refusedLater))
      const fromA = a.send(b)
      await world.until(() => b.shownWith(a).includes(fromA))
      await world.during(eu.relay.blocks.unblock('account', b.account))
      const sent = b.send(a)
      await world.until(() => a.shownWith(b).includes(sent))
    })

    it('a blocked relay is refused whatever it asks, what waits for it waits, and both go on when it is unblocked', async () => {
      a.send(b)
      await world.until(() => b.shownWith(a).length === 1)
      await world.during(eu.relay.blocks.block('relay', us.id))
      const [fromA, fromB] = [a.send(b), b.send(a)]
      await world.pass(60_000)
      assert.deepEqual([a.shownWith(b).includes(fromB), b.shownWith(a).includes(fromA)], [false, false])
      assert.ok(eu.meter.of('heliograph_block_refused_total relay') > 0)
      await world.during(eu.relay.blocks.unblock('relay', us.id))
      await world.until(() => a.shownWith(b).length === 3 && b.shownWith(a).length === 3, 180_000)
      assert.deepEqual(a.shownWith(b), b.shownWith(a))
    })

    it('a blocked account that lives here is sent away, and hello and registration are refused', async () => {
      await world.during(eu.relay.blocks.block('account', a.account))
      await world.pass(3_000)
      assert.equal(a.isOnline, false)
      await assert.rejects(a.online(), (error: unknown) => isProtocolError(error, 'BLOCKED'))
    })

    it('a blocked account moves to another relay and takes with it what waits', async () => {
      for (const anchorsHere of [true, false]) {
        const [low, high] = await world.pair(eu, eu)
        const [blocked, friend] = anchorsHere ? [low, high] : [high, low]
        const before = friend.send(blocked)
        await world.until(() => blocked.shownWith(friend).includes(before))
        await world.during(eu.relay.blocks.block('account', blocked.account))
        await world.pass(3_000)
        const waits = friend.send(blocked)
        await world.pass(3_000)
        await blocked.moveTo(us, 2)
        const [answer, later] = [blocked.send(friend), friend.send(blocked)]
        await world.until(() => blocked.shownWith(friend).includes(waits) && blocked.shownWith(friend).includes(later), 180_000, () => `what waited, anchored ${anchorsHere ? 'by the blocked' : 'by the friend'}: ${JSON.stringify([blocked.shownWith(friend), [before, waits, later]])}`)
        // What another relay numbers comes in; what is numbered here does not.
        if (anchorsHere) await world.until(() => friend.shownWith(blocked).includes(answer), 60_000)
        else assert.ok(blocked.refusedLater.some(({ messageId }) => messageId === answer) && !friend.shownWith(blocked).includes(answer))
      }
    })
  })
})
