import assert from 'node:assert/strict'
import { ManualClock } from '../../protocol/clock-manual.ts'
import { SeededRandom } from '../seeded-random.ts'
import { DelayLine } from './delay-line.ts'

function lineOf ({ delayMs = 40, jitterMs = 0, seed = 1 } = {}): { clock: ManualClock, line: DelayLine, arrived: Array<[atMs: number, item: string]> } {
  const clock = new ManualClock()
  const startMs = clock.nowMs()
  const random = new SeededRandom(seed)
  const arrived: Array<[number, string]> = []
  const line = new DelayLine({ clock, delayMs, jitterMs, fraction: () => random.fraction(), deliver: (item) => { arrived.push([clock.nowMs() - startMs, item === 'end' ? item : Buffer.from(item).toString()]) } })
  return { clock, line, arrived }
}

describe('delay line', () => {
  it('delivers after the delay, the handshake of the first bytes on top', async () => {
    const { clock, line, arrived } = lineOf()
    line.send(Buffer.from('a'), 80)
    await clock.advance(100)
    line.send(Buffer.from('b'))
    await clock.advance(200)
    assert.deepEqual(arrived, [[120, 'a'], [140, 'b']])
  })

  it('keeps the order whatever the jitter', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const { clock, line, arrived } = lineOf({ jitterMs: 30, seed })
      for (let i = 0; i < 50; i++) { line.send(Buffer.from(String(i))); await clock.advance(1) }
      line.send('end')
      await clock.advance(1000)
      assert.deepEqual(arrived.map(([, item]) => item), [...Array.from({ length: 50 }, (_, i) => String(i)), 'end'], `seed ${seed}`)
    }
  })

  it('holds everything while it is cut and lets it through after healing', async () => {
    const { clock, line, arrived } = lineOf()
    line.send(Buffer.from('before'))
    await clock.advance(10)
    line.cut()
    line.send(Buffer.from('during'))
    await clock.advance(5000)
    assert.deepEqual(arrived, [])
    assert.equal(line.queuedBytes, 12)
    line.heal()
    await clock.advance(40)
    assert.deepEqual(arrived, [[5050, 'before'], [5050, 'during']])
    assert.equal(line.queuedBytes, 0)
  })

  it('the same seed gives the same times', async () => {
    const times = async (seed: number): Promise<number[]> => {
      const { clock, line, arrived } = lineOf({ jitterMs: 20, seed })
      for (let i = 0; i < 20; i++) { line.send(Buffer.from('x')); await clock.advance(30) }
      await clock.advance(100)
      return arrived.map(([atMs]) => atMs)
    }
    assert.deepEqual(await times(7), await times(7))
    assert.notDeepEqual(await times(7), await times(8))
  })
})
