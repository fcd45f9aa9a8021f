import assert from 'node:assert/strict'
import { ManualClock, SeededRandom, settle } from '../../protocol/clock-manual.ts'
import type { Clock, Timer } from '../../protocol/clock.ts'
import { Pacer, type Paced } from './pacer.ts'

class Receiver implements Paced {
  servedAtMs = -Infinity
  isWaiting = false
  readonly atMs: number[] = []
}

/** Timers fire this much too late: a process that is busy with something else. */
class LateClock implements Clock {
  lateMs = 0
  readonly #clock: ManualClock
  constructor (clock: ManualClock) { this.#clock = clock }
  nowMs (): number { return this.#clock.nowMs() }
  after (delayMs: number, task: () => void): Timer { return this.#clock.after(delayMs + this.lateMs, task) }
}

describe('pacer', () => {
  const manual = new ManualClock()
  let clock: LateClock
  let slowed: number
  let answer: boolean | 'later'
  let pacer: Pacer<Receiver>

  beforeEach(() => {
    clock = new LateClock(manual)
    slowed = 0
    answer = true
    pacer = new Pacer<Receiver>({ clock, defer: queueMicrotask, slowed: { inc: () => { slowed++ } } }, {
      everyMs: 1_000,
      serve: (receiver) => {
        receiver.atMs.push(clock.nowMs())
        return answer
      }
    })
  })

  afterEach(() => {
    pacer.stop()
    assert.equal(manual.pending, 0)
  })

  it('the first is served at once, what follows a second later, together', async () => {
    const one = new Receiver()
    const startMs = manual.nowMs()
    pacer.mark(one)
    await settle()
    for (let i = 0; i < 9; i++) {
      pacer.mark(one)
      await manual.advance(100)
    }
    await manual.advance(5_000)
    assert.deepEqual(one.atMs.map((atMs) => atMs - startMs), [0, 1_000])
  })

  it('with many receivers and any marks, none is served twice within a second, and none is forgotten', async () => {
    const random = new SeededRandom(11)
    const receivers = Array.from({ length: 50 }, () => new Receiver())
    const markedAtMs = new Map<Receiver, number>()
    for (let step = 0; step < 2_000; step++) {
      const receiver = random.pick(receivers)
      markedAtMs.set(receiver, manual.nowMs())
      pacer.mark(receiver)
      await manual.advance(random.below(40))
    }
    await manual.advance(2_000)
    for (const receiver of receivers) {
      for (let i = 1; i < receiver.atMs.length; i++) assert.ok(receiver.atMs[i]! - receiver.atMs[i - 1]! >= 1_000, `seed ${random.seed}`)
      assert.ok(receiver.atMs.at(-1)! >= markedAtMs.get(receiver)!, `the last mark is served (seed ${random.seed})`)
    }
  })

  it('who had nothing to be told keeps its turn', async () => {
    const one = new Receiver()
    answer = false
    pacer.mark(one)
    await settle()
    answer = true
    pacer.mark(one)
    await settle()
    assert.equal(one.atMs.length, 2)
    assert.equal(one.atMs[0], one.atMs[1])
  })

  it('who cannot be told now is asked again every second', async () => {
    const one = new Receiver()
    answer = 'later'
    pacer.mark(one)
    await manual.advance(3_500)
    assert.equal(one.atMs.length, 4)
    answer = true
    await manual.advance(5_000)
    assert.equal(one.atMs.length, 5)
  })

  it('goes slower while the process is late, and faster again', async () => {
    const one = new Receiver()
    const go = async (seconds: number): Promise<number> => {
      const before = one.atMs.length
      for (let i = 0; i < seconds * 10; i++) {
        pacer.mark(one)
        await manual.advance(100)
      }
      return one.atMs.length - before
    }
    assert.ok(await go(20) >= 19)
    clock.lateMs = 600
    assert.ok(await go(40) <= 12)
    assert.ok(slowed > 0 && pacer.everyMs === 8_000)
    clock.lateMs = 0
    await go(30)
    assert.equal(pacer.everyMs, 1_000)
    assert.ok(await go(20) >= 19)
  })
})
