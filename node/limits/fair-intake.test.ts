import assert from 'node:assert/strict'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { refusedAs } from '../../protocol/testing.ts'
import { TestGroup } from '../testing/group-world.ts'
import { World, type TestClient } from '../testing/message-world.ts'
import { noMeter } from '../watch/meter.ts'
import { FairIntake } from './fair-intake.ts'

const allowance = { burst: 64, perSecond: 20 }

interface Fair { clock: ManualClock, fair: FairIntake, done: string[], hand (key: string, envelopes: number, bytes?: number): Promise<void> }

function world (loopLagMs?: () => number): Fair {
  const clock = new ManualClock()
  const fair = new FairIntake({ clock, defer: (task) => { clock.after(0, task) }, meter: noMeter, loopLagMs }, { allowance, maxBytes: 1024 * 1024, name: 'accounts' })
  const done: string[] = []
  return { clock, fair, done, hand: async (key, envelopes, bytes = envelopes * 1024) => { await fair.run(key, { envelopes, bytes }, async () => { for (let i = 0; i < envelopes; i++) done.push(key) }) } }
}

it('a relay takes fewer messages of who floods a group of 24 than of who floods one person, while somebody else writes', async () => {
  const taken = async (isGroup: boolean): Promise<number> => {
    const world = new World(43)
    const relay = await world.relay('eu-1')
    const [ann, bob] = await world.pair(relay, relay)
    const flooder = await world.person(relay)
    const members: TestClient[] = []
    for (let i = 0; i < 23; i++) members.push(await world.person(relay))
    const group = new TestGroup(world, flooder)
    group.create(members)
    await world.pass(3_000)
    let count = 0
    const flood = async (): Promise<void> => {
      for (;;) {
        const envelopes = Array.from({ length: 8 }, () => isGroup ? flooder.sealFor(group.conversation).bytes : flooder.seal(members[0]!.account).bytes)
        const outcomes = await flooder.submitRaw(envelopes)
        count += outcomes.filter(({ status }) => status === 0).length
      }
    }
    for (let i = 0; i < 16; i++) flood().catch(() => { /* at the end */ })
    for (let i = 0; i < 30; i++) {
      ann.send(bob)
      await world.clock.advance(10)
    }
    const before = count
    assert.equal(bob.shownWith(ann).length, 30)
    await world.stop()
    return before
  }
  const [group, pair] = [await taken(true), await taken(false)]
  assert.ok(group * 3 < pair && group > 60, `${group} into the group, ${pair} to one`)
}).timeout(20_000)

describe('fair intake', () => {
  it('lets who sends little through at once', () => {
    const { fair, done, hand } = world()
    for (let i = 0; i < 60; i++) void hand('ann', 1)
    assert.equal(done.length, 60)
    assert.equal(fair.waiting, 0)
  })

  it('has who sends much take turns, and keeps the order of each', async () => {
    const { clock, fair, done, hand } = world()
    const order: Record<string, number[]> = {}
    for (const key of ['x', 'y', 'z']) {
      order[key] = []
      for (let i = 0; i < 8; i++) void fair.run(key, { envelopes: 32, bytes: 1 }, async () => { order[key]!.push(i); done.push(key) })
    }
    // The first two of each are within the allowance.
    assert.deepEqual(done.splice(0), ['x', 'x', 'y', 'y', 'z', 'z'])
    await clock.advance(2_000)
    assert.deepEqual(done, Array.from({ length: 6 }, () => ['x', 'y', 'z']).flat())
    for (const seen of Object.values(order)) assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7])
    await hand('x', 1)
  })

  it('gives who sends large batches no larger share', async () => {
    const { clock, done, hand } = world()
    for (const [key, size] of [['large', 256], ['small', 8]] as const) for (let sent = 0; sent < 1_024; sent += size) hand(key, size, 1).catch(() => {})
    done.length = 0
    await clock.advance(100)
    const [large, small] = ['large', 'small'].map((key) => done.filter((one) => one === key).length)
    assert.ok(Math.abs(large! - small!) <= 320, `${large} and ${small}`)
    assert.ok(small! >= 200)
  })

  it('lets a flood of fifty have little while somebody sends little, and all there is when alone', async () => {
    const { clock, fair, done, hand } = world()
    const flood = (): void => { for (let i = 0; i < 50; i++) for (let j = 0; j < 4; j++) hand(`flooder ${i}`, 32).catch(() => {}) }
    flood()
    await clock.advance(1_000)
    done.length = 0
    let isOver = false
    const waits: number[] = []
    const ann = (async () => {
      while (!isOver) {
        const begun = clock.nowMs()
        await hand('ann', 1)
        waits.push(clock.nowMs() - begun)
        await new Promise<void>((resolve) => { clock.after(100, resolve) })
      }
    })()
    await clock.advance(100)
    for (let i = 0; i < 10; i++) {
      if (fair.waiting < 5_000) flood()
      await clock.advance(100)
    }
    assert.equal(Math.max(...waits), 0)
    const shared = done.length
    assert.ok(shared > 2_000 && shared < 8_000, `${shared} a second`)
    isOver = true
    await clock.advance(200)
    await ann
    await clock.advance(1_000)
    while (fair.waiting < 5_000) flood()
    done.length = 0
    await clock.advance(30)
    assert.ok(done.length > 1_000, `${done.length} in 30 ms`)
  })

  it('goes slower while the thread is late', async () => {
    let lagMs = 0
    const { clock, done, hand } = world(() => lagMs)
    const rate = async (): Promise<number> => {
      for (let i = 0; i < 400; i++) hand('flooder', 8, 1).catch(() => {})
      await hand(`ann ${lagMs}`, 1)
      const before = done.length
      await clock.advance(200)
      return done.length - before
    }
    const quick = await rate()
    lagMs = 100
    const slow = await rate()
    assert.ok(slow * 4 < quick && slow > 0, `${quick}, ${slow}`)
  })

  it('counts what goes to many for more than it is: fewer of them in the same time, in order, and no more for who sends them', async () => {
    const { clock, fair, done, hand } = world()
    const order: number[] = []
    for (const key of ['pairs', 'group']) await hand(key, 64)
    for (let i = 0; i < 60; i++) {
      void fair.run('group', { envelopes: 8, bytes: 1, cost: 56 }, async () => { order.push(i); for (let j = 0; j < 8; j++) done.push('group') })
      for (let j = 0; j < 7; j++) void hand('pairs', 8, 1)
    }
    done.length = 0
    for (let i = 0; i < 30; i++) { await hand(`ann ${i}`, 1); await clock.advance(10) }
    const [group, pairs] = ['group', 'pairs'].map((key) => done.filter((one) => one === key).length)
    assert.ok(group! > 60 && Math.abs(7 * group! - pairs!) <= 3 * 56, `${group} and ${pairs}`)
    assert.ok(group! < 250, `${group} of what costs seven times as much in 300 ms`)
    await clock.advance(5_000)
    assert.deepEqual(order, Array.from({ length: 60 }, (_, i) => i))
    assert.equal(fair.waiting, 0)
  })

  it('keeps a bounded number of bytes for one, and still serves the others', async () => {
    const { clock, fair, hand } = world()
    await hand('flooder', 64)
    for (let i = 0; i < 16; i++) void hand('flooder', 32, 64 * 1024)
    await assert.rejects(hand('flooder', 32, 64 * 1024), refusedAs('OVERLOADED'))
    await hand('ann', 1)
    await clock.advance(5_000)
    assert.equal(fair.waiting, 0)
    void hand('flooder', 32)
    await clock.advance(5_000)
  })

  it('answers everybody once, in any order of arrival', async () => {
    const { clock, fair } = world()
    const random = new SeededRandom(11)
    let answered = 0
    const expected: Array<Promise<number>> = []
    for (let i = 0; i < 500; i++) {
      const isFailing = random.below(10) === 0
      expected.push(fair.run(`k${random.below(9)}`, { envelopes: 1 + random.below(40), bytes: 10 }, async () => {
        if (isFailing) throw new Error('no')
        return i
      }).then((value) => { answered++; assert.equal(value, i); return value }, () => { answered++; return -1 }))
      if (random.below(5) === 0) await clock.advance(random.below(20))
    }
    await clock.advance(60_000)
    await Promise.all(expected)
    assert.equal(answered, 500, `seed ${random.seed}`)
    assert.equal(fair.waiting, 0)
  })
})
