/**
 * Shows that the simulation notices: each mutant must break a property within so many seeds.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { mutants, type Mutant } from './mutants.ts'

export interface Judged { readonly mutant: Mutant, readonly runs: number, readonly seed: number, readonly found: string | undefined }

const program = fileURLToPath(new URL('run-mutant.ts', import.meta.url))

const simulation = fileURLToPath(new URL('../sim.ts', import.meta.url))

/** @throws Error when the mutant cannot be applied, or its seed fails without it, too */
export async function judge (mutant: Mutant, { from = 1, count = 100 } = {}): Promise<Judged> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, mutant.name, String(from), String(count)], { maxBuffer: 64 << 20 })
  const { runs, seed, found } = JSON.parse(stdout.trim().split('\n').at(-1)!) as Judged
  // What the seed finds without the mutant says nothing about it.
  if (found !== undefined) await promisify(execFile)(process.execPath, [simulation, '--seed', String(seed)], { maxBuffer: 64 << 20 })
  return { mutant, runs, seed, found }
}

/** @returns whether each was caught */
export async function judgeAll ({ only = '', jobs = 2, from = 1, count = 100 }): Promise<boolean> {
  const queue = mutants.filter(({ name }) => name.includes(only))
  const total = queue.length
  let survivors = 0
  await Promise.all(Array.from({ length: jobs }, async () => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const { runs, seed, found } = await judge(mutant, { from, count })
      if (found === undefined) survivors++
      console.log(found === undefined ? `SURVIVES  ${mutant.name}: ${mutant.what}, ${runs} seeds` : `caught    ${mutant.name}: ${mutant.what}; by seed ${seed} (run ${runs}): ${found.split('\n')[0]!.slice(0, 140)}`)
    }
  }))
  console.log(`${total} mutants, ${survivors} survive ${count} seeds each`)
  return survivors === 0
}
