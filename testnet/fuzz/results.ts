/**
 * docs/fuzz.md: which decoder has had how many frames, and what came of it. Written by `npm run fuzz -- --record`, and read by it
 * to know what is still to be done. One row a decoder, the newest run.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FuzzFigures } from './run.ts'

export interface Run {
  readonly name: string
  readonly commit: string
  readonly seed: number
  readonly figures: FuzzFigures
}

export const resultsFile = join(import.meta.dirname, '..', '..', 'docs', 'fuzz.md')
const columns = ['decoder', 'frames', 'taken', 'read', 'µs a frame', 'CPU s', 'slowest ms', 'kept KiB', 'peak KiB', 'commit', 'seed', 'found']

const share = (part: number, whole: number): string => whole === 0 ? '' : `${(100 * part / whole).toFixed(part > 0 && part < whole / 100 ? 3 : 0)} %`
const kib = (bytes: number | undefined): string => bytes === undefined ? '' : String(Math.round(bytes / 1024))

export function rowOf ({ name, commit, seed, figures }: Run): string {
  const { frames, taken, unreadable, refused, cpuSeconds, slowestMs, growth, peak, findings } = figures
  const read = taken + refused
  return `| ${[
    name, frames, share(taken, read), share(read - unreadable, read), read === 0 ? '' : (cpuSeconds * 1e6 / read).toFixed(1), cpuSeconds.toFixed(0), slowestMs === 0 ? '< 1' : slowestMs.toFixed(1), kib(growth), kib(peak), commit, seed,
    findings.length === 0 ? 'nothing' : findings.length
  ].join(' | ')} |`
}

/** Rows of the table, by decoder; what has `frames` frames or more, and nothing found, is done. */
export function readResults (text: string): Map<string, { readonly row: string, readonly frames: number, readonly isClean: boolean }> {
  return new Map(text.split('\n').filter((line) => /^\| .* \|$/.test(line) && !line.startsWith(`| ${columns[0]!} |`)).map((row) => {
    const cells = row.slice(2, -2).split(' | ')
    return [cells[0]!, { row, frames: Number(cells[1]), isClean: cells.at(-1) === 'nothing' }]
  }))
}

/** @param names of all decoders, in the order of the table; rows of others go */
export function textOf (rows: ReadonlyMap<string, { readonly row: string }>, names: readonly string[], enough: number): string {
  const done = names.filter((name) => rows.has(name))
  const missing = names.filter((name) => !rows.has(name))
  return `# Fuzzing: what was run

Written by \`npm run fuzz -- --record\`, which goes on where the table ends. What is fed and what counts as found stands in [security](security.md).

taken: frames that the decoder took. read: frames that were a message at all, so that the checks behind the wire format were reached; of a \`wire.\`
decoder the two are one. CPU: of the process that read, making the frames included; machines and what else they do differ. slowest: among frames that were slow together, read again alone.
kept and peak: heap and buffers after collection above those after a tenth of the frames, at ten looks: the least in the second half, and the most. A \`+\`
behind the commit: files had been changed since. The seed is the one given; each decoder's own follows from it and its name.

${done.length} of ${names.length} decoders have a row${missing.length === 0 ? '.' : `; no run of ${enough.toLocaleString('en')} frames yet: ${missing.join(', ')}.`}

| ${columns.join(' | ')} |
|${columns.map((name) => name === 'decoder' || name === 'commit' || name === 'found' ? '---|' : '---:|').join('')}
${done.map((name) => rows.get(name)!.row).join('\n')}
`
}

export const loadResults = (): ReturnType<typeof readResults> => readResults(readText())

function readText (): string {
  try {
    return readFileSync(resultsFile, 'utf8')
  } catch (error) {
    // nothing recorded yet
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

export function saveRun (run: Run, names: readonly string[], enough: number): void {
  const rows = loadResults()
  rows.set(run.name, { row: rowOf(run), frames: run.figures.frames, isClean: run.figures.findings.length === 0 })
  writeFileSync(resultsFile, textOf(rows, names, enough))
}
