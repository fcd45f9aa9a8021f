import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WrongClock } from './wrong-clock.ts'

const day = 24 * 60 * 60

describe('a clock that is wrong', function () {
  this.timeout(20_000)

  it('is a day ahead, then a day behind, while durations stay right', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heliograph-clock-test-'))
    const clock = await WrongClock.make(folder, 'clock')
    await clock.set(day)
    const child = spawn(process.execPath, ['-e', 'setInterval(()=>console.log(Date.now()+" "+performance.now()),50);process.stdin.resume().on("end",()=>process.exit())'], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...clock.env } })
    try {
      let isBehind = false
      let [ahead, firstMs, startMs] = [0, 0, 0]
      for await (const line of createInterface({ input: child.stdout })) {
        const [timeMs, sinceMs] = line.split(' ').map(Number) as [number, number]
        const offset = Math.round((timeMs - Date.now()) / 1000)
        if (ahead === 0) [firstMs, startMs] = [sinceMs, performance.now()]
        // Within the second that it takes to look.
        if (offset > day - 5 && ++ahead === 1) await clock.set(-day)
        else if (offset < 5 - day) { isBehind = true; assert.ok(Math.abs(sinceMs - firstMs - (performance.now() - startMs)) < 1_000); break }
        else assert.ok(offset > day - 5, `${offset} s`)
      }
      assert.ok(ahead > 0 && isBehind)
    } finally {
      child.kill()
      await rm(folder, { recursive: true })
    }
  })
})
