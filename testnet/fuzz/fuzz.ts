/**
 * `npm run fuzz -- [--frames N] [--only PATTERN] [--seed N] [--jobs N] [--record]`: broken bytes into every decoder, N each
 * (10 million unless told), and what came of it. Ends with status 1 when anything was found.
 */
import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { decoders } from './decoders.ts'
import { loadResults, rowOf, saveRun } from './results.ts'
import { runInWorkers } from './workers.ts'

const usage = `npm run fuzz -- [--frames 10000000] [--only NAME] [--seed 1] [--jobs 2] [--record]
NAME: a regular expression for names of decoders
--record: writes what came of each into docs/fuzz.md, and leaves out what has as many frames there already`

const { values } = readArgs(() => parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    frames: { type: 'string', default: '10000000' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    record: { type: 'boolean', default: false }
  }
}))
const [frames, seed, jobs] = [Number(values.frames), Number(values.seed), Number(values.jobs)]

function readArgs<T> (read: () => T): T {
  try {
    return read()
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}

/** Of what is run: changes of files that nobody has committed show as `+`. */
function commitOfCheckout (): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
  return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no', '--', ':(top)', ':(top,exclude)docs') === '' ? '' : '+'}`
}

async function main (): Promise<number> {
  if (values.help) { console.log(usage); return 0 }
  if (![frames, seed, jobs].every((number) => Number.isSafeInteger(number) && number > 0)) { console.error(`A whole number from 1 is needed.\n\n${usage}`); return 2 }
  const names = decoders(new SeededRandom(seed)).map(({ name }) => name)
  const asked = names.filter((name) => new RegExp(values.only).test(name))
  // Nothing found by nobody would look like a good end.
  if (asked.length === 0) { console.error(`No decoder is called "${values.only}". There are: ${names.join(', ')}`); return 2 }
  const known = values.record ? loadResults() : new Map<string, never>()
  const isDone = (name: string): boolean => { const had = known.get(name); return had !== undefined && had.isClean && had.frames >= frames }
  const open = asked.filter((name) => !isDone(name))
  const commit = values.record ? commitOfCheckout() : ''
  const startMs = performance.now()
  let found = 0
  await runInWorkers(open, { frames, seed, jobs }, (name, figures) => {
    const run = { name, commit, seed, figures }
    console.log(rowOf(run))
    for (const finding of figures.findings) console.log(`  FOUND: ${finding}`)
    found += figures.findings.length
    if (values.record) saveRun(run, names, frames)
  })
  console.log(`${open.length} decoders${open.length < asked.length ? ` (${asked.length - open.length} had theirs before)` : ''}, ${frames} frames each, seed ${seed}, ${((performance.now() - startMs) / 1000).toFixed(0)} s: ${found > 0 ? 'something was found' : 'nothing found'}`)
  return found > 0 ? 1 : 0
}

process.exitCode = await main()
