/**
 * `npm test`: type check, lint, audit of the dependencies, then every test. The last line says how many passed and failed; so does the exit status.
 *
 * What runs in one process and the networks of processes, which wait most of the time, are tested side by side; type check, lint and
 * audit run beside the first of them. Whatever is not shown as it comes is shown when it has ended.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileCache } from '../cli/bin/node-runtime.js'

const root = fileURLToPath(new URL('..', import.meta.url))

const mocharc = JSON.parse(await readFile(join(root, '.mocharc.json'), 'utf8')) as { spec: string[], timeout: number }

/** What hangs is ended then, and fails: less than CI waits, several times what it takes. */
const limitMs = 35 * 60_000
/** From the last test to the end of mocha: what a test left running keeps it alive, and is a failure. */
const endTimeoutMs = 30_000

interface Ended { readonly code: number, readonly output: string, readonly seconds: number }
interface Counts { passed: number, failed: number }

/** Runs a program of node_modules with this Node until it has ended or `limitMs` are over; output is shown as it comes unless `isQuiet`. */
async function run (file: string, args: readonly string[], { isQuiet = false } = {}): Promise<Ended> {
  const startMs = performance.now()
  const child = spawn(process.execPath, [join(root, file), ...args], { cwd: root, env: { ...process.env, NODE_COMPILE_CACHE: compileCache }, stdio: ['ignore', isQuiet ? 'pipe' : 'inherit', isQuiet ? 'pipe' : 'inherit'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => { output += chunk.toString() })
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    const code = await new Promise<number>((resolve, reject) => {
      timer = setTimeout(() => {
        console.error(`\n${file} has not ended after ${limitMs / 60_000} min; the processes then:\n${processes()}`)
        child.kill('SIGKILL')
        // Nor what it has started and left with its pipes open.
        resolve(1)
      }, limitMs)
      child.once('error', reject)
      child.once('close', (code) => { resolve(code ?? 1) })
    })
    return { code, output, seconds: (performance.now() - startMs) / 1000 }
  } finally {
    clearTimeout(timer)
    child.stdout?.destroy()
    child.stderr?.destroy()
  }
}

/** For whoever has to find out what hung. */
const processes = (): string => spawnSync('ps', ['-eo', 'pid,ppid,stat,etimes,args'], { encoding: 'utf8' }).stdout ?? ''

/** One of the checks that are not tests; counts as one. */
async function check (name: string, ended: Promise<Ended>): Promise<Counts> {
  const { code, output, seconds } = await ended
  console.log(`${code === 0 ? '✔' : '✗'} ${name} (${seconds.toFixed(1)} s)${code === 0 ? '' : `\n${output}`}`)
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** @param patterns file names or patterns for mocha */
async function tests (patterns: readonly string[], { isQuiet = false } = {}): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-test-'))
  const file = join(folder, 'counts.json')
  try {
    // Mocha would add the patterns of its configuration to the ones given.
    const selection = ['--no-config', '--timeout', String(mocharc.timeout), '--forbid-only', '--forbid-pending', '--fail-zero', ...patterns]
    const { code, output } = await run('node_modules/mocha/bin/mocha.js', ['--reporter', join(root, '.ci', 'reporter.cjs'), '--reporter-option', `counts=${file},endTimeoutMs=${endTimeoutMs}`, ...selection], { isQuiet })
    if (isQuiet) console.log(output)
    const counts = await readFile(file, 'utf8').then((text) => JSON.parse(text) as Counts, () => ({ passed: 0, failed: 0 }))
    // A run that ended without its count, or badly without a failed test, is a failure of its own.
    return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const startMs = performance.now()
const checks = [
  check('types', run('node_modules/typescript-7/bin/tsc', ['--noEmit', '-p', '.'], { isQuiet: true })),
  check('lint', run('node_modules/eslint/bin/eslint.js', ['.'], { isQuiet: true })),
  check('audit', run('.ci/audit.ts', [], { isQuiet: true }))
]
const isNetwork = (pattern: string): boolean => pattern.startsWith('testnet/')
const asked = process.argv.slice(2)
const runs = asked.length > 0 ? [tests(asked)] : [tests(mocharc.spec.filter((pattern) => !isNetwork(pattern))), tests(mocharc.spec.filter(isNetwork), { isQuiet: true })]
const all = await Promise.all([...checks, ...runs])
const passed = all.reduce((sum, counts) => sum + counts.passed, 0)
const failed = all.reduce((sum, counts) => sum + counts.failed, 0)
const seconds = Math.round((performance.now() - startMs) / 1000)
console.log(`\nIn ${Math.floor(seconds / 60)} min ${seconds % 60} s, with types, lint and audit counted as one each:`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
