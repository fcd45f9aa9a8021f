/**
 * Processes that fuzz one decoder after the other: what one of them brings down, or keeps busy for ever, is a finding too.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { FuzzFigures } from './run.ts'

export interface WorkerOptions { readonly frames: number, readonly seed: number, readonly jobs: number }
/** From a worker: it is under way, or done. */
export type WorkerSays = { readonly frames: number } | { readonly figures: FuzzFigures }

/** Seconds without a word; a worker says one every few. Counted, not measured: somebody may have stopped all of us for a while. */
const silentTicks = 300
const file = join(import.meta.dirname, 'worker.ts')
const lost = (frames: number, finding: string): FuzzFigures => ({ frames, taken: 0, refused: 0, unreadable: 0, slowestMs: 0, cpuSeconds: 0, growth: undefined, peak: undefined, findings: [finding] })

/** @param onDone for each of `names`, as they end */
export async function runInWorkers (names: readonly string[], { frames, seed, jobs }: WorkerOptions, onDone: (name: string, figures: FuzzFigures) => void): Promise<void> {
  const left = [...names]
  await Promise.all(Array.from({ length: Math.min(jobs, names.length) }, async () => {
    let child: ChildProcess | undefined
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      child ??= fork(file, [String(frames), String(seed)])
      const figures = await one(child, name)
      if (child.exitCode !== null || child.signalCode !== null) child = undefined
      onDone(name, figures)
    }
    child?.disconnect()
  }))
}

async function one (child: ChildProcess, name: string): Promise<FuzzFigures> {
  return new Promise((resolve) => {
    let [ticks, reached] = [0, 0]
    const ticking = setInterval(() => {
      if (++ticks < silentTicks) return
      child.kill('SIGKILL')
    }, 1_000)
    const end = (figures: FuzzFigures): void => {
      clearInterval(ticking)
      child.off('message', heard).off('exit', gone)
      resolve(figures)
    }
    const heard = (said: WorkerSays): void => {
      ticks = 0
      if ('figures' in said) end(said.figures)
      else reached = said.frames
    }
    const gone = (code: number | null, signal: string | null): void => {
      end(lost(reached, ticks >= silentTicks ? `said nothing for ${silentTicks} s after frame ${reached}` : `the process ended with ${signal ?? code} after frame ${reached}`))
    }
    child.on('message', heard).on('exit', gone)
    child.send(name)
  })
}
