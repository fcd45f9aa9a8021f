/**
 * `npm run sim`: seeded runs of relays and clients in virtual time. What may be asked for: docs/simulation.md
 */
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'
import { judgeAll } from './mutants/judge.ts'
import { run, type RunResult } from './run.ts'
import { scale, type ScaleFigures, type ScaleShape } from './scale.ts'
import { drawSchedule, type Schedule } from './schedule.ts'
import { failureOf, shrink } from './shrink.ts'

const usage = `npm run sim -- [--seeds 1000] [--from 1] [--jobs 2]    many runs
npm run sim -- --mutants [--only NAME]                    defects that must be found
npm run sim -- --scale [--relays 1000] [--accounts 100000] how large a network one process carries
npm run sim -- --seed 42 [--schedule FILE] [--verbose]  one of them again
`

/** While a schedule is cut down: what is not well by then is taken as broken. The smallest is judged in full. */
const shrinkPatienceMs = 200_000

interface Job { readonly from: number, readonly count: number, readonly step: number }

/** All seeds of one worker. */
async function work ({ from, count, step }: Job, tell: (result: RunResult) => void): Promise<void> {
  for (let seed = from; seed < from + count; seed += step) tell(await run(drawSchedule(seed)))
}

class Totals {
  readonly faults = new Map<string, number>()
  runs = 0
  messages = 0
  events = 0
  passedMs = 0
  failed: RunResult[] = []

  add (result: RunResult): void {
    this.runs++
    this.messages += result.messages
    this.events += result.events
    this.passedMs += result.passedMs
    for (const [kind, count] of result.faults) this.faults.set(kind, (this.faults.get(kind) ?? 0) + count)
    if (result.violations.length > 0) this.failed.push(result)
  }
}

async function many (from: number, count: number, jobs: number): Promise<boolean> {
  const totals = new Totals()
  const startMs = performance.now()
  let toldMs = startMs
  const tell = (result: RunResult): void => {
    totals.add(result)
    if (result.violations.length > 0) console.log(`seed ${result.seed} breaks: ${result.violations[0]!.split('\n')[0]}`)
    if (performance.now() - toldMs < 5_000) return
    toldMs = performance.now()
    console.log(`${totals.runs} of ${count} runs, ${totals.failed.length} broken, ${((toldMs - startMs) / 1000).toFixed(0)} s`)
  }
  if (jobs === 1) await work({ from, count, step: 1 }, tell)
  else await Promise.all(Array.from({ length: jobs }, async (_, i) => { await inWorker({ from: from + i, count: count - i, step: jobs }, tell) }))
  const seconds = (performance.now() - startMs) / 1000
  const faults = [...totals.faults].sort(([a], [b]) => a < b ? -1 : 1)
  console.log(`\n${totals.runs} runs (seeds ${from} to ${from + count - 1}) in ${seconds.toFixed(0)} s with ${jobs} at a time: ${totals.messages} messages, ${faults.reduce((sum, [, n]) => sum + n, 0)} faults, ${totals.events} events`)
  console.log(`virtual time ${(totals.passedMs / 3_600_000).toFixed(1)} h, ${(totals.passedMs / 1000 / seconds).toFixed(0)} times as fast as real`)
  console.log(`faults: ${faults.map(([kind, n]) => `${kind} ${n}`).join(' · ')}`)
  console.log(totals.failed.length === 0 ? 'every property held in every run' : `${totals.failed.length} runs broke a property: seeds ${totals.failed.map(({ seed }) => seed).sort((a, b) => a - b).join(' ')}`)
  const first = totals.failed.sort((a, b) => a.seed - b.seed)[0]
  if (first !== undefined) await explain(drawSchedule(first.seed))
  return totals.failed.length === 0
}

/** A process of its own would do as well; limits.ts is changed for each run, so two runs share no thread. */
async function inWorker (job: Job, tell: (result: RunResult) => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: job })
    worker.on('message', tell)
    worker.on('error', reject)
    worker.on('exit', (code) => { if (code === 0) resolve(); else reject(new Error(`a worker ended with ${code}`)) })
  })
}

/** A heap that a million records of relays fit into, with a nursery that most of a visit dies in: a thread can be given both. */
const largeHeap = { maxOldGenerationSizeMb: 10_000, maxYoungGenerationSizeMb: 256 }

async function inLargeWorker (large: ScaleShape): Promise<ScaleFigures> {
  return await new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { large }, resourceLimits: largeHeap })
    worker.on('message', (told: string | ScaleFigures) => {
      if (typeof told === 'string') console.log(told)
      else resolve(told)
    })
    worker.on('error', reject)
    worker.on('exit', (code) => { reject(new Error(`the worker ended with ${code}`)) })
  })
}

/** The failure with as few steps as it takes, and how to see it again. */
async function explain (schedule: Schedule): Promise<void> {
  console.log(`\nshrinking seed ${schedule.seed} …`)
  const { schedule: small, runs } = await shrink(schedule, async (one) => failureOf((await run(one, { patienceMs: shrinkPatienceMs })).violations), 100)
  const result = await run(small)
  const file = join(tmpdir(), `heliograph-sim-${schedule.seed}.json`)
  await writeFile(file, JSON.stringify(small, undefined, 1))
  console.log(`\nseed ${schedule.seed}: ${small.steps.length} of ${schedule.steps.length} steps are enough (${runs} runs)`)
  for (const violation of result.violations.slice(0, 10)) console.log(`  broken: ${violation}`)
  const { network: _, ...shape } = small.shape
  console.log(`  ${JSON.stringify(shape)}`)
  for (const { atMs, do: what, a, b, c, forMs } of small.steps) console.log(`  ${(atMs / 1000).toFixed(3).padStart(8)} s  ${what} ${a} ${b} ${c}${forMs > 0 ? ` for ${forMs} ms` : ''}`)
  console.log(`\nagain:  npm run sim -- --seed ${schedule.seed} --schedule ${file} --verbose`)
  console.log(`whole:  npm run sim -- --seed ${schedule.seed} --verbose`)
}

async function one (schedule: Schedule, isVerbose: boolean): Promise<boolean> {
  const result = await run(schedule, isVerbose ? { onLine: (line) => { console.log(line) } } : {})
  console.log(`\nseed ${result.seed}: trace ${result.hash}, ${result.events} events, ${result.messages} messages, ${(result.passedMs / 1000).toFixed(0)} s of virtual time`)
  for (const violation of result.violations) console.log(`broken: ${violation}`)
  if (result.violations.length === 0) console.log('every property held')
  return result.violations.length === 0
}

class WrongArguments extends Error {}

async function main (): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      jobs: { type: 'string', default: '2' },
      seed: { type: 'string' },
      schedule: { type: 'string' },
      mutants: { type: 'boolean', default: false },
      scale: { type: 'boolean', default: false },
      relays: { type: 'string', default: '1000' },
      accounts: { type: 'string', default: '100000' },
      seconds: { type: 'string', default: '600' },
      'warm-up': { type: 'string', default: '60' },
      only: { type: 'string', default: '' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) { console.log(usage); return true }
  const number = (name: 'seeds' | 'from' | 'jobs' | 'seed' | 'relays' | 'accounts' | 'seconds' | 'warm-up'): number => {
    const value = Number(values[name])
    if (!Number.isSafeInteger(value) || value < 0) throw new WrongArguments(`--${name} takes a whole number`)
    return value
  }
  if (values.scale) {
    const { ratio, threadRatio, rssMb } = await inLargeWorker({ relays: number('relays'), accounts: number('accounts'), seconds: number('seconds'), warmUpSeconds: number('warm-up'), perHour: 1 })
    console.log(`${values.relays} relays, ${values.accounts} accounts, each an hourly visit with one message: ${ratio.toFixed(1)} times as fast as real time (${threadRatio.toFixed(1)} by the time of its thread on a processor), ${rssMb.toFixed(0)} MB`)
    return ratio >= 10
  }
  if (values.mutants) return await judgeAll({ only: values.only, jobs: number('jobs'), from: number('from') })
  if (values.schedule !== undefined) return await one(JSON.parse(await readFile(values.schedule, 'utf8')) as Schedule, values.verbose)
  if (values.seed !== undefined) {
    const schedule = drawSchedule(number('seed'))
    if (await one(schedule, values.verbose)) return true
    if (!values.verbose) await explain(schedule)
    return false
  }
  return await many(number('from'), number('seeds'), Math.max(1, number('jobs')))
}

if (!isMainThread && workerData !== null) {
  const given = workerData as Job | { readonly large: ScaleShape }
  const tell = (what: unknown): void => { parentPort!.postMessage(what) }
  if ('large' in given) tell(await scale({ ...given.large, say: tell }))
  else await work(given, tell)
} else if (import.meta.main) {
  process.on('unhandledRejection', (error) => { console.error('not handled:', error); process.exitCode = 1 })
  try {
    if (!await main()) process.exitCode = 1
  } catch (error) {
    // What was typed is wrong: the sentence is enough.
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (!(error instanceof WrongArguments) && !code.startsWith('ERR_PARSE_ARGS') && code !== 'ENOENT') throw error
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exitCode = 2
  }
}
