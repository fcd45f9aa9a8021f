/**
 * Runs one scenario: a fresh folder, one printed line per step, a table at the end, everything ended and removed
 * whatever happens.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AccountId } from '../protocol/ids.ts'
import { summarize, type Violation } from './assertions/evidence.ts'
import { Network, type Region } from './network/network.ts'
import { Person } from './network/person.ts'
import { CannotRunHere, type Scenario, type Stage } from './scenario.ts'
import { SeededRandom } from './seeded-random.ts'

export interface RunOptions {
  readonly seed: number
  readonly scale?: number
  readonly print: (line: string) => void
  /** Leave folder and logs behind for a look. */
  readonly isKept?: boolean
  /** Where a scenario with faults leaves its report; default a folder of its own among the system's temporary ones. */
  readonly reportFolder?: string
  readonly signal?: AbortSignal
}

export interface Result {
  readonly scenario: string
  readonly seed: number
  readonly seconds: number
  readonly checks: ReadonlyArray<{ readonly property: string, readonly violations: readonly Violation[] }>
  readonly figures: ReadonlyArray<{ readonly name: string, readonly value: string }>
  /** Why it ended early. */
  readonly error?: Error
  /** The machine lacks what it needs: see `error`. Has not passed, either. */
  readonly cannotRun: boolean
  readonly hasPassed: boolean
}

export async function runScenario (scenario: Scenario, { seed, scale = 1, print, isKept = false, reportFolder, signal }: RunOptions): Promise<Result> {
  const startedMs = performance.now()
  const folder = await mkdtemp(join(tmpdir(), `heliograph-${scenario.name}-`))
  const networks: Network[] = []
  const people: Person[] = []
  const accounts = new Map<AccountId, string>()
  const checks: Array<{ property: string, violations: readonly Violation[] }> = []
  const figures: Array<{ name: string, value: string }> = []
  const cleanUps: Array<() => Promise<void>> = []
  let report: Promise<string> | undefined
  const stage: Stage = {
    name: scenario.name,
    folder,
    random: new SeededRandom(seed),
    scale,
    async network (options = {}) {
      const network = await Network.prepare({ folder, seed, ...options })
      networks.push(network)
      await network.start()
      return network
    },
    async person (name: string, region: Region) {
      const network = networks.at(-1)
      if (network === undefined) throw new Error('there is no network yet')
      const person = await Person.create({ name, region, network, people: accounts })
      people.push(person)
      return person
    },
    async step (text, work) {
      signal?.throwIfAborted()
      const stepMs = performance.now()
      const result = await work()
      print(`  ✓ ${typeof text === 'string' ? text : text(result)}  (${duration(performance.now() - stepMs)})`)
      return result
    },
    check (property, violations) {
      checks.push({ property, violations })
      print(`  ${violations.length === 0 ? '✓' : '✗'} ${property}${violations.length === 0 ? '' : `: ${summarize(violations)}`}`)
    },
    figure (name, value) { figures.push({ name, value }) },
    onEnd (cleanUp) { cleanUps.unshift(cleanUp) },
    async reportFolder () { return await (report ??= reportFolder === undefined ? mkdtemp(join(tmpdir(), `heliograph-report-${scenario.name}-`)) : Promise.resolve(reportFolder)) }
  }

  print(`${scenario.name}: ${scenario.summary} (seed ${seed})`)
  let error: Error | undefined
  try {
    await aborted(signal, scenario.run(stage))
  } catch (caught) {
    error = caught instanceof Error ? caught : new Error(String(caught))
    print(`  ✗ ${error.message}`)
  }
  // A person that fails to leave, or never ends leaving, must not keep the processes running.
  const left = await Promise.allSettled(people.map((person) => within(leaveTimeoutMs, person.leave(), `${person.name} has not left`)))
  await Promise.all(networks.map((network) => network.stop()))
  for (const outcome of left) if (outcome.status === 'rejected') error ??= outcome.reason as Error
  for (const cleanUp of cleanUps) await cleanUp().catch((caught: Error) => { error ??= caught })
  const hasPassed = error === undefined && checks.length > 0 && checks.every(({ violations }) => violations.length === 0)
  if (networks.length > 0 && (isKept || (!hasPassed && error?.message !== stoppedMessage))) print(`  The logs are in ${join(folder, 'logs')}`)
  else await rm(folder, { recursive: true, force: true })
  const result: Result = { scenario: scenario.name, seed, seconds: (performance.now() - startedMs) / 1000, checks, figures, hasPassed, cannotRun: error instanceof CannotRunHere, ...(error === undefined ? {} : { error }) }
  for (const line of table(result)) print(line)
  return result
}

const leaveTimeoutMs = 30_000

async function within (timeoutMs: number, work: Promise<void>, otherwise: string): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => { timer = setTimeout(() => { reject(new Error(`${otherwise} after ${timeoutMs / 1000} s`)) }, timeoutMs) })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Somebody pressed Ctrl-C. */
const stoppedMessage = 'stopped'

const aborted = async (signal: AbortSignal | undefined, work: Promise<void>): Promise<void> => {
  if (signal === undefined) { await work; return }
  let onAbort = (): void => {}
  const stopped = new Promise<never>((_, reject) => {
    onAbort = () => { reject(signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError' ? new Error('took too long') : new Error(stoppedMessage)) }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    await Promise.race([work, stopped])
  } finally {
    signal.removeEventListener('abort', onAbort)
    // What is under way ends when its network goes; nobody waits for its outcome any more.
    work.catch(() => {})
  }
}

const duration = (ms: number): string => ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`

export function table ({ scenario, seed, seconds, checks, figures, error, hasPassed, cannotRun }: Result): string[] {
  const rows: Array<[string, string]> = [
    ...checks.map(({ property, violations }): [string, string] => [property, violations.length === 0 ? 'holds' : `BROKEN ${violations.length} times`]),
    ...figures.map(({ name, value }): [string, string] => [name, value]),
    ...(error === undefined ? [] : [['ended early', error.message.split('\n')[0]!.slice(0, 70)] as [string, string]]),
    ['time', `${seconds.toFixed(1)} s`],
    ['result', hasPassed ? 'passed' : cannotRun ? 'CANNOT RUN HERE' : error?.message === stoppedMessage ? 'stopped' : `FAILED (run it again: heliograph testnet run ${scenario} --seed ${seed})`]
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const line = '─'.repeat(width + 2)
  return ['', `┌${line}─ ${scenario}`, ...rows.map(([name, value]) => `│ ${name.padEnd(width)}  ${value}`), `└${line}─`, '']
}
