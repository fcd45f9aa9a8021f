/**
 * `npm run fuzz -- [--frames N] [--only PATTERN] [--seed N] [--jobs N]`: broken bytes into every decoder, N each (10 million unless
 * told), and what came of it. Ends with status 1 when anything was found.
 */
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { decoders } from './decoders.ts'
import { runFuzz } from './run.ts'

const usage = 'npm run fuzz -- [--frames 10000000] [--only NAME] [--seed 1] [--jobs 2]    NAME: a regular expression for names of decoders'

const { values } = readArgs(() => parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    frames: { type: 'string', default: '10000000' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    /** Of a worker: which part of the list is its own. */
    part: { type: 'string' }
  }
}))
const [frames, seed, jobs] = [Number(values.frames), Number(values.seed), Number(values.jobs)]

function worker (part: number): number {
  setFlagsFromString('--expose-gc')
  // With fewer, caches are still filling.
  const collect = frames < 1_000_000 ? undefined : runInNewContext('gc') as () => void
  let found = 0
  const all = decoders(new SeededRandom(seed)).filter(({ name }) => new RegExp(values.only).test(name))
  for (const [i, decoder] of all.entries()) {
    if (i % jobs !== part) continue
    const startMs = performance.now()
    const { findings, heapGrowth, refused, slowestMs, taken } = runFuzz(decoder, { frames, seed: seed + i, collect })
    const seconds = (performance.now() - startMs) / 1000
    console.log(`${decoder.name.padEnd(34)} ${String(taken + refused).padStart(9)} frames ${seconds.toFixed(1).padStart(7)} s  taken ${String(taken).padStart(8)}  refused ${String(refused).padStart(8)}  slowest ${slowestMs.toFixed(1).padStart(6)} ms  heap ${heapGrowth === undefined ? 'not measured' : `${heapGrowth >= 0 ? '+' : ''}${Math.round(heapGrowth / 1024)} KiB`}`)
    for (const finding of findings) console.log(`  FOUND: ${finding}`)
    found += findings.length
  }
  return found === 0 ? 0 : 1
}

function readArgs<T> (read: () => T): T {
  try {
    return read()
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}

async function main (): Promise<number> {
  if (values.help) { console.log(usage); return 0 }
  const names = decoders(new SeededRandom(seed)).map(({ name }) => name)
  if (![frames, seed, jobs].every((number) => Number.isSafeInteger(number) && number > 0)) { console.error(`A whole number from 1 is needed.\n\n${usage}`); return 2 }
  // Nothing found by nobody would look like a good end.
  if (!names.some((name) => new RegExp(values.only).test(name))) { console.error(`No decoder is called "${values.only}". There are: ${names.join(', ')}`); return 2 }
  const startMs = performance.now()
  const codes = await Promise.all(Array.from({ length: jobs }, (_, part) => new Promise<number>((resolve, reject) => {
    const child = spawn(process.execPath, [import.meta.filename, ...process.argv.slice(2), '--part', String(part)], { stdio: 'inherit' })
    child.on('error', reject)
    child.on('close', (code) => { resolve(code ?? 1) })
  })))
  const failed = codes.some((code) => code !== 0)
  console.log(`${names.filter((name) => new RegExp(values.only).test(name)).length} decoders, ${frames} frames each, seed ${seed}, ${((performance.now() - startMs) / 1000).toFixed(0)} s: ${failed ? 'something was found' : 'nothing found'}`)
  return failed ? 1 : 0
}

process.exitCode = values.part === undefined ? await main() : worker(Number(values.part))
