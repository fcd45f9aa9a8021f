/**
 * `npm run bench -- crypto`: the speed of the end-to-end encryption, on both providers. Figures stand in docs/performance.md.
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { noblePrimitives } from '../../protocol/e2ee/primitives-noble.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { measureCrypto } from './crypto-figures.ts'

const help = `usage: bench crypto [--effort 1]

  --effort N   how long to measure; 1 takes about ten seconds for both providers
`

const print = (line: string): void => { process.stdout.write(`${line}\n`) }
const milliseconds = (value: number): string => value.toFixed(value < 1 ? 3 : 2).padStart(9)

export async function run (args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { effort: { type: 'string', default: '1' }, help: { type: 'boolean', default: false } } })
  if (values.help) {
    process.stdout.write(help)
    return
  }
  print(`crypto: milliseconds for one operation, in one thread; Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}`)
  for (const primitives of [nodePrimitives, noblePrimitives]) {
    print('')
    print(`${primitives.name.padEnd(66)}   median       p95   target`)
    for (const { what, medianMs, p95Ms, targetMs } of measureCrypto(primitives, Number(values.effort), () => performance.now())) {
      const verdict = targetMs === undefined ? '' : `  ≤ ${targetMs}${medianMs <= targetMs ? '' : '  MISSED'}`
      print(`${what.padEnd(66)}${milliseconds(medianMs)} ${milliseconds(p95Ms)} ${verdict}`)
    }
  }
}

if (import.meta.main) await run(process.argv.slice(2))
