/**
 * `npm run bench -- crypto-browser`: the speed of the end-to-end encryption in headless Chromium, on the noble provider.
 * The same measurements as the bench `crypto`. Figures stand in docs/performance.md.
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { openBrowserPage } from '../browser/harness.ts'
import type { CryptoFigure } from './crypto-figures.ts'

const help = `usage: bench crypto-browser [--effort 1]

  --effort N   how long to measure; 1 takes about ten seconds
`

const print = (line: string): void => { process.stdout.write(`${line}\n`) }
const milliseconds = (value: number): string => value.toFixed(value < 1 ? 3 : 2).padStart(9)

export async function run (args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { effort: { type: 'string', default: '1' }, help: { type: 'boolean', default: false } } })
  if (values.help) {
    process.stdout.write(help)
    return
  }
  await using page = await openBrowserPage({ entry: new URL('../browser/entries/crypto.ts', import.meta.url) })
  const browser = /Chrome\/[\d.]+/.exec(await page.call<string>('userAgent'))?.[0] ?? 'unknown browser'
  print(`crypto-browser: milliseconds for one operation, in one thread; headless ${browser}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}`)
  print('')
  print(`${'noble'.padEnd(66)}   median       p95   target`)
  for (const { what, medianMs, p95Ms, targetMs } of await page.call<CryptoFigure[]>('measure', [Number(values.effort)], { timeoutMs: 300_000 })) {
    const verdict = targetMs === undefined ? '' : `  ≤ ${targetMs}${medianMs <= targetMs ? '' : '  MISSED'}`
    print(`${what.padEnd(66)}${milliseconds(medianMs)} ${milliseconds(p95Ms)} ${verdict}`)
  }
  if (page.errors.length > 0) throw new Error(`the page logged errors: ${page.errors.join('; ')}`)
}

if (import.meta.main) await run(process.argv.slice(2))
