/**
 * Shows that the simulation notices: each mutant must break a property within so many seeds.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { mutants, type Mutant } from './mutants.ts'

export interface Judged { readonly mutant: Mutant, readonly runs: number, readonly seed: number, readonly found: string | undefined }

const program = fileURLToPath(new URL('run-mutant.ts', import.meta.url))

/** @param name none: the code as it is */
async function runSeeds (name: string, from: number, count: number): Promise<Omit<Judged, 'mutant'>> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, name, String(from), String(count)], { maxBuffer: 64 << 20 })
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Judged
}

/** What a seed finds without the mutant, too, says nothing about it. @throws Error when the mutant cannot be applied */
export async function judge (mutant: Mutant, { from = 1, count = 100 } = {}): Promise<Judged> {
  let at = from
  while (at < from + count) {
    const { seed, found } = await runSeeds(mutant.name, at, from + count - at)
    if (found === undefined) break
    if ((await runSeeds('none', seed, 1)).found === undefined) return { mutant, runs: seed - from + 1, seed, found }
    at = seed + 1
  }
  return { mutant, runs: count, seed: from + count - 1, found: undefined }
}

/** A mutant that cannot be applied does not keep the others from being judged; it counts as one that survives. */
function told (error: unknown): object {
  console.log(String(error instanceof Error ? error.message : error).split('\n').filter((line) => line.includes('Error')).join(' '))
  return {}
}

/** @returns whether each was caught */
export async function judgeAll ({ only = '', jobs = 2, from = 1, count = 100 }): Promise<boolean> {
  const queue = mutants.filter(({ name }) => name.includes(only))
  const total = queue.length
  let survivors = 0
  await Promise.all(Array.from({ length: jobs }, async () => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const { runs, seed, found } = await judge(mutant, { from, count }).catch((error: unknown) => ({ runs: 0, seed: 0, found: undefined, ...told(error) }))
      if (found === undefined) survivors++
      console.log(found === undefined ? `SURVIVES  ${mutant.name}: ${mutant.what}, ${runs} seeds` : `caught    ${mutant.name}: ${mutant.what}; by seed ${seed} (run ${runs}): ${found.split('\n')[0]!.slice(0, 140)}`)
    }
  }))
  console.log(`${total} mutants, ${survivors} survive ${count} seeds each`)
  return survivors === 0
}
