import assert from 'node:assert/strict'
import { LoopLag } from './loop-lag-node.ts'

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })

describe('the lag of the event loop', () => {
  it('shows that the thread was busy, and fades', async () => {
    const lag = new LoopLag()
    lag.start()
    try {
      const until = performance.now() + 400
      while (performance.now() < until) { /* busy */ }
      await pause(50)
      assert.ok(lag.lagMs >= 150, `${lag.lagMs}`)
      const before = lag.lagMs
      for (let tries = 0; tries < 100 && lag.lagMs > before / 4; tries++) await pause(50)
      assert.ok(lag.lagMs <= before / 4, `${lag.lagMs}`)
    } finally {
      lag.stop()
    }
  })
})
