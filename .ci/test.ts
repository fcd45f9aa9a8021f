/**
 * `npm test`: type check, lint, audit of the dependencies, then every test. The last line says how many passed and failed; so does the exit status.
 *
 * Type check and lint run beside the first tests: each uses one core.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileCache } from '../cli/bin/node-runtime.js'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Ended { readonly code: number, readonly output: string, readonly seconds: number }
interface Counts { passed: number, failed: number }

/** Runs a program of node_modules with this Node; output is shown as it comes unless `isQuiet`. */
function run (file: string, args: readonly string[], { isQuiet = false } = {}): Promise<Ended> {
  const startMs = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, file), ...args], { cwd: root, env: { ...process.env, NODE_COMPILE_CACHE: compileCache }, stdio: ['ignore', isQuiet ? 'pipe' : 'inherit', isQuiet ? 'pipe' : 'inherit'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => { output += chunk.toString() })
    child.on('error', reject)
    child.on('close', (code) => { resolve({ code: code ?? 1, output, seconds: (performance.now() - startMs) / 1000 }) })
  })
}

/** One of the checks that are not tests; counts as one. */
async function check (name: string, ended: Promise<Ended>): Promise<Counts> {
  const { code, output, seconds } = await ended
  console.log(`${code === 0 ? '✔' : '✗'} ${name} (${seconds.toFixed(1)} s)${code === 0 ? '' : `\n${output}`}`)
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** @param args file names or patterns for mocha; none: all of .mocharc.json */
async function tests (args: readonly string[]): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-test-'))
  const file = join(folder, 'counts.json')
  try {
    // Mocha would add the patterns of its configuration to the ones given.
    const selection = args.length === 0 ? [] : ['--no-config', '--timeout', '10000', '--forbid-only', '--forbid-pending', '--fail-zero', ...args]
    const { code } = await run('node_modules/mocha/bin/mocha.js', ['--reporter', join(root, '.ci', 'reporter.cjs'), '--reporter-option', `counts=${file}`, ...selection])
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
const all = await Promise.all([...checks, tests(process.argv.slice(2))])
const passed = all.reduce((sum, counts) => sum + counts.passed, 0)
const failed = all.reduce((sum, counts) => sum + counts.failed, 0)
const seconds = Math.round((performance.now() - startMs) / 1000)
console.log(`\nIn ${Math.floor(seconds / 60)} min ${seconds % 60} s, with types, lint and audit counted as one each:`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
