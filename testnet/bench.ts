/**
 * `npm run bench -- NAME [options]`: runs one benchmark of `testnet/bench/`. Each is a module that exports `run(args)`
 * and says in its header what it measures. Figures of record: docs/performance.md.
 */
import { readFileSync, readdirSync } from 'node:fs'

interface Benchmark { run (args: string[]): Promise<void> }

const folder = new URL('./bench/', import.meta.url)

/** Name and first sentence of each. */
function benchmarks (): Map<string, string> {
  const found = new Map<string, string>()
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue
    const source = readFileSync(new URL(file, folder), 'utf8')
    if (!/^export (?:async function|const) run\b/m.test(source)) continue
    const header = /^\/\*\*([^]*?)\*\//.exec(source)?.[1]?.replace(/\n \*/g, ' ').replace(/\s+/g, ' ').trim() ?? ''
    const about = header.replace(/^`npm run bench[^`]*`[:,]? ?/, '')
    found.set(file.slice(0, -'.ts'.length), /^.*?[.:;](?=\s|$)/.exec(about)?.[0].slice(0, -1) ?? about)
  }
  return found
}

async function main ([name, ...args]: string[]): Promise<number> {
  const known = benchmarks()
  if (name === undefined || !known.has(name)) {
    const isAsked = name === undefined || name === '--help' || name === '-h'
    const lines = [...known].map(([one, about]) => `  ${one.padEnd(16)} ${about}`)
    const text = `${isAsked ? '' : `There is no benchmark "${name}". `}Benchmarks, run with "npm run bench -- NAME":\n${lines.join('\n')}\n`
    if (isAsked) process.stdout.write(text)
    else process.stderr.write(text)
    return isAsked ? 0 : 2
  }
  const { run } = await import(new URL(`${name}.ts`, folder).href) as Benchmark
  await run(args)
  return 0
}

process.exitCode = await main(process.argv.slice(2))
