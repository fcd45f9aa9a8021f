import assert from 'node:assert/strict'
import { ManualClock } from '../../protocol/clock-manual.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { rates } from '../../protocol/limits.ts'
import { BucketSet } from '../../protocol/bucket-set.ts'
import { TokenBuckets } from './buckets.ts'

describe('token buckets', () => {
  it('let a burst through, then the steady rate', async () => {
    const clock = new ManualClock()
    const set = new BucketSet({ clock }, { burst: 3, perSecond: 2 })
    assert.deepEqual([1, 2, 3].map(() => set.tryTake('a')), [0, 0, 0])
    assert.equal(set.tryTake('a'), 500)
    await clock.advance(498)
    assert.ok(set.tryTake('a') > 0)
    await clock.advance(2)
    assert.equal(set.tryTake('a'), 0)
    assert.equal(set.tryTake('b'), 0)
  })

  it('take all of the cost or nothing, and let a cost above the burst pass when full', async () => {
    const clock = new ManualClock()
    const set = new BucketSet({ clock }, { burst: 10, perSecond: 1 })
    assert.equal(set.tryTake('a', 6), 0)
    assert.equal(set.tryTake('a', 6), 2_000)
    assert.equal(set.tryTake('a', 4), 0)
    await clock.advance(10_000)
    assert.equal(set.tryTake('a', 99), 0)
    assert.equal(set.tryTake('a'), 1_000)
  })

  it('are not fooled by a clock that is set back', () => {
    let nowMs = 1_000_000
    const set = new BucketSet({ clock: { nowMs: () => nowMs, after: () => ({ cancel () {} }) } }, { burst: 1, perSecond: 1 })
    assert.equal(set.tryTake('a'), 0)
    nowMs -= 500_000
    assert.equal(set.tryTake('a'), 1_000)
    nowMs += 1_000
    assert.equal(set.tryTake('a'), 0)
  })

  it('remember a bounded number of keys, and forget full ones first', async () => {
    const clock = new ManualClock()
    const set = new BucketSet({ clock }, { burst: 2, perSecond: 1 }, { maxKeys: 100 })
    for (let i = 0; i < 99; i++) set.tryTake(`idle ${i}`)
    await clock.advance(5_000)
    set.tryTake('busy', 2)
    set.tryTake('one more')
    assert.equal(set.size, 2)
    assert.ok(set.tryTake('busy') > 0)
    for (let i = 0; i < 1_000; i++) set.tryTake(`many ${i}`)
    assert.equal(set.size, 100)
  })

  it('throw QUOTA with the time to wait', () => {
    const buckets = new TokenBuckets({ clock: new ManualClock() })
    buckets.take('lookupPerDevice', 'a', rates.lookupPerDevice.burst)
    assert.throws(() => { buckets.take('lookupPerDevice', 'a') }, (error: unknown) => isProtocolError(error, 'QUOTA') && error.details.retryAfterMs === 1_000 / rates.lookupPerDevice.perSecond)
  })
})
