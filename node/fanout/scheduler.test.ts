import assert from 'node:assert/strict'
import { noMeter } from '../watch/meter.ts'
import { FanoutScheduler, type Rank, type Served } from './scheduler.ts'

/** Turns that the test runs by hand, and devices that note when they were served. */
function setUp (): { scheduler: FanoutScheduler, turn (): string[], device (name: string, bytes?: number): Served & { more: number } } {
  const tasks: Array<() => void> = []
  const served: string[] = []
  const scheduler = new FanoutScheduler({ defer: (task) => { tasks.push(task) }, meter: noMeter })
  return {
    scheduler,
    turn: () => {
      served.length = 0
      assert.ok(tasks.length <= 1, 'one turn is asked for at a time')
      for (const task of tasks.splice(0)) task()
      return [...served]
    },
    device: (name, bytes = 1000) => {
      const one = {
        more: 0,
        serve (rank: Rank): number {
          served.push(`${name}${rank}`)
          if (one.more-- > 0) scheduler.wake(one, rank)
          return bytes
        }
      }
      return one
    }
  }
}

const kib = 1024

describe('fan-out scheduler', () => {
  it('serves conversations of two before small groups before large ones, whoever was woken first', () => {
    const { scheduler, turn, device } = setUp()
    const [a, b] = [device('a'), device('b')]
    scheduler.wake(a, 2)
    scheduler.wake(b, 1)
    scheduler.wake(b, 1)
    scheduler.wake(a, 0)
    assert.deepEqual(turn(), ['a0', 'b1', 'a2'])
    assert.deepEqual(turn(), [])
  })

  it('hands out a part of a large group in a turn, and what is between two people is served in each', () => {
    const { scheduler, turn, device } = setUp()
    const members = Array.from({ length: 1024 }, (_, i) => device(`m${i} `))
    for (const member of members) scheduler.wake(member, 2)
    const pair = device('p')
    const all: string[] = []
    let turns = 0
    while (scheduler.backlog(2) > 0) {
      scheduler.wake(pair, 0)
      const [first, ...rest] = turn()
      assert.equal(first, 'p0')
      assert.ok(rest.length > 0 && rest.length < 60, `${rest.length} devices in one turn`)
      all.push(...rest)
      turns++
    }
    assert.ok(turns > 16 && turns < 40, `${turns} turns`)
    assert.deepEqual(all, members.map((_, i) => `m${i} 2`), 'everybody once, in order')
  })

  it('a turn ends after one device with a large page', () => {
    const { scheduler, turn, device } = setUp()
    for (const name of ['a', 'b', 'c']) scheduler.wake(device(name, 300 * kib), 1)
    assert.deepEqual([turn(), turn(), turn(), turn()], [['a1'], ['b1'], ['c1'], []])
  })

  it('many small groups leave large ones their part', () => {
    const { scheduler, turn, device } = setUp()
    const small = device('s', 50 * kib)
    const others = Array.from({ length: 10 }, (_, i) => device(`s${i} `, 50 * kib))
    const large = device('l')
    small.more = Number.POSITIVE_INFINITY
    for (const one of [small, ...others]) scheduler.wake(one, 1)
    scheduler.wake(large, 2)
    assert.equal(turn().at(-1), 'l2')
  })

  it('who has more to take comes again after the others, and not twice in a turn', () => {
    const { scheduler, turn, device } = setUp()
    const [a, b] = [device('a'), device('b')]
    a.more = 1
    scheduler.wake(a, 0)
    scheduler.wake(b, 0)
    assert.deepEqual(turn(), ['a0', 'b0'])
    assert.deepEqual(turn(), ['a0'])
  })

  it('who is gone is not served', () => {
    const { scheduler, turn, device } = setUp()
    const [a, b] = [device('a'), device('b')]
    for (const rank of [0, 1, 2] as const) scheduler.wake(a, rank)
    scheduler.wake(b, 2)
    scheduler.forget(a)
    assert.deepEqual(turn(), ['b2'])
  })
})
