import assert from 'node:assert/strict'
import { ManualClock, SeededRandom, settle } from './clock-manual.ts'
import { backoffMs, sleep } from './clock.ts'

describe('manual clock', () => {
  it('runs tasks in order of time, then of calling, at their time', async () => {
    const clock = new ManualClock(1_000)
    const ran: string[] = []
    const note = (name: string) => () => { ran.push(`${name}@${clock.nowMs()}`) }
    clock.after(30, note('c'))
    clock.after(10, note('a'))
    clock.after(10, note('b'))
    clock.after(31, note('late'))
    await clock.advance(30)
    assert.deepEqual(ran, ['a@1010', 'b@1010', 'c@1030'])
    assert.equal(clock.pending, 1)
    assert.equal(clock.nowMs(), 1_030)
  })

  it('runs what a task sets up within the same span, and lets promises settle between', async () => {
    const clock = new ManualClock(0)
    const ran: number[] = []
    const tick = (): void => {
      void Promise.resolve().then(() => { ran.push(clock.nowMs()) })
      clock.after(10, tick)
    }
    clock.after(10, tick)
    await clock.advance(45)
    assert.deepEqual(ran, [10, 20, 30, 40])
  })

  it('forgets what is cancelled, also when it is cancelled twice or too late', async () => {
    const clock = new ManualClock(0)
    let runs = 0
    const timer = clock.after(5, () => { runs++ })
    clock.after(-5, () => { runs += 10 })
    timer.cancel()
    timer.cancel()
    await clock.advance(10)
    assert.equal(runs, 10)
    assert.equal(clock.pending, 0)
  })

  it('sleep ends on time, or with the reason of its signal and without a timer', async () => {
    const clock = new ManualClock(0)
    let isAwake = false
    void sleep(clock, 100).then(() => { isAwake = true })
    await clock.advance(99)
    assert.equal(isAwake, false)
    await clock.advance(1)
    assert.equal(isAwake, true)

    const abort = new AbortController()
    const reason = new Error('enough')
    const sleeping = sleep(clock, 100, abort.signal)
    abort.abort(reason)
    await assert.rejects(sleeping, reason)
    await assert.rejects(sleep(clock, 100, abort.signal), reason)
    assert.equal(clock.pending, 0)
  })

  it('settle lets chains of promises run', async () => {
    let depth = 0
    const go = async (left: number): Promise<void> => { if (left > 0) { depth++; await go(left - 1) } }
    void go(20)
    await settle()
    assert.equal(depth, 20)
  })
})

describe('seeded random', () => {
  it('repeats itself from its seed and differs between seeds', () => {
    const draw = (seed: number): string => { const random = new SeededRandom(seed); return [...random.bytes(16), random.below(1_000_000)].join() }
    assert.equal(draw(7), draw(7))
    assert.equal(new Set([1, 2, 3, 4, 5, 2 ** 32 - 1, 0].map(draw)).size, 7)
  })

  it('fills its range evenly', () => {
    const random = new SeededRandom(3)
    const counts = new Array<number>(10).fill(0)
    for (let i = 0; i < 100_000; i++) counts[random.below(10)]!++
    assert.ok(counts.every((count) => Math.abs(count - 10_000) < 500), counts.join())
    for (let i = 0; i < 1_000; i++) { const fraction = random.fraction(); assert.ok(fraction >= 0 && fraction < 1) }
  })
})

describe('backoff', () => {
  it('doubles from the base to the limit, jittered over the upper half', () => {
    const limits = { retryBaseMs: 1_000, retryMaxMs: 30_000 }
    const random = new SeededRandom(1)
    for (let attempt = 0; attempt < 2_000; attempt++) {
      const ceiling = Math.min(30_000, 1_000 * 2 ** Math.min(attempt, 20))
      const wait = backoffMs(attempt, random, limits)
      assert.ok(wait >= ceiling / 2 && wait <= ceiling, `attempt ${attempt}: ${wait}`)
    }
  })
})
