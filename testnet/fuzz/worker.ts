/**
 * One process of workers.ts. Arguments: frames, seed. Told names of decoders; says how far it is, and what came of it.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { decoders } from './decoders.ts'
import { runFuzz, seedFor } from './run.ts'
import type { WorkerSays } from './workers.ts'

/** With fewer frames, caches are still filling. */
const measuredFrom = 1_000_000
const sayMs = 5_000

const [frames, seed] = process.argv.slice(2).map(Number) as [number, number]
setFlagsFromString('--expose-gc')
const collect = frames < measuredFrom ? undefined : runInNewContext('gc') as () => void
const all = new Map(decoders(new SeededRandom(seed)).map((decoder) => [decoder.name, decoder]))
const say = (words: WorkerSays): void => { process.send!(words) }

process.on('message', (name: string) => {
  let saidMs = performance.now()
  const onProgress = (reached: number): void => {
    if (performance.now() - saidMs < sayMs) return
    saidMs = performance.now()
    say({ frames: reached })
  }
  const decoder = all.get(name)
  if (decoder === undefined) process.exit(3)
  say({ figures: runFuzz(decoder, { frames, seed: seedFor(seed, name), collect, onProgress }) })
})
