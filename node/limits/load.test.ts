import assert from 'node:assert/strict'
import { ManualClock } from '../../protocol/clock-manual.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { createMetrics } from '../watch/metrics.ts'
import { LoadGuard } from './load.ts'

function guarded (): { clock: ManualClock, load: LoadGuard, set (value: number): void, rendered (): Promise<string> } {
  const clock = new ManualClock()
  const metrics = createMetrics({ isWithProcess: false })
  let value = 0
  const load = new LoadGuard({ clock, meter: metrics }).watch({ name: 'queue', read: () => value, busy: 10, overloaded: 100 })
  return { clock, load, set: (next) => { value = next }, rendered: () => metrics.render() }
}

describe('load', () => {
  it('leaves out presence when busy, history too when overloaded, and counts it', async () => {
    const { clock, load, set, rendered } = guarded()
    assert.deepEqual([load.level, load.sheds('presence'), load.sheds('history')], ['normal', false, false])
    set(10)
    await clock.advance(100)
    assert.deepEqual([load.level, load.sheds('presence'), load.sheds('history')], ['busy', true, false])
    set(100)
    await clock.advance(100)
    assert.deepEqual([load.level, load.sheds('presence')], ['overloaded', true])
    assert.throws(() => { load.check('history') }, (error: unknown) => isProtocolError(error, 'OVERLOADED') && error.details.retryAfterMs! > 0)
    const page = await rendered()
    assert.match(page, /heliograph_shed_total\{what="presence"\} 2/)
    assert.match(page, /heliograph_shed_total\{what="history"\} 1/)
    assert.match(page, /heliograph_load_level 2/)
  })

  it('goes back one level at a time, after two calm seconds, and not while a measure hovers just below its bound', async () => {
    const { clock, load, set } = guarded()
    set(100)
    assert.equal(load.level, 'overloaded')
    set(70) // above 60% of the bound
    for (let i = 0; i < 50; i++) { await clock.advance(100); assert.equal(load.level, 'overloaded') }
    set(0)
    const levels: string[] = []
    for (let i = 0; i < 50; i++) { await clock.advance(100); levels.push(load.level) }
    assert.equal(levels.indexOf('busy'), 20)
    assert.equal(levels.indexOf('normal'), 41)
  })

  it('is not fooled by one calm look between two that are not', async () => {
    const { clock, load, set } = guarded()
    set(10)
    assert.equal(load.level, 'busy')
    for (let i = 0; i < 60; i++) {
      set(i % 15 === 0 ? 9 : 0)
      await clock.advance(100)
      assert.equal(load.level, 'busy')
    }
  })

  it('begins anew when nobody has asked for a while', async () => {
    const { clock, load, set } = guarded()
    set(100)
    assert.equal(load.level, 'overloaded')
    set(0)
    await clock.advance(4_000)
    assert.equal(load.level, 'normal')
  })

  it('looks at its measures ten times a second at most', async () => {
    const clock = new ManualClock()
    let looks = 0
    const load = new LoadGuard({ clock, meter: createMetrics({ isWithProcess: false }) }).watch({ name: 'queue', read: () => { looks++; return 0 }, busy: 1, overloaded: 2 })
    for (let i = 0; i < 1_000; i++) load.sheds('presence')
    assert.equal(looks, 1)
    await clock.advance(100)
    load.sheds('presence')
    assert.equal(looks, 2)
  })
})
