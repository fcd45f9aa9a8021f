/**
 * One mutant in a process of its own: its text is replaced in memory as the module is loaded, then seeds are run until one
 * notices. Arguments: name (none: the code as it is), first seed, how many. Prints one line of JSON.
 */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { mutants } from './mutants.ts'

const root = new URL('../../../', import.meta.url)
const [name, from, count] = process.argv.slice(2)
let isApplied = name === 'none'
if (!isApplied) {
  const mutant = mutants.find((one) => one.name === name)
  if (mutant === undefined) throw new Error(`no mutant is called ${name}`)
  const path = fileURLToPath(new URL(mutant.file, root))
  const parts = readFileSync(path, 'utf8').split(mutant.from)
  if (parts.length !== 2) throw new Error(`${name}: its text stands ${parts.length - 1} times in ${mutant.file}; update the mutant`)
  const target = pathToFileURL(path).href
  registerHooks({
    load (url, context, next) {
      const loaded = next(url, context)
      if (url.split('?')[0] !== target) return loaded
      isApplied = true
      return { ...loaded, source: parts.join(mutant.to) }
    }
  })
}

const { run } = await import('../run.ts')
const { drawSchedule } = await import('../schedule.ts')
if (!isApplied) throw new Error(`${name}: its file was never loaded`)
let seed = Number(from)
let found: string | undefined
process.on('unhandledRejection', (error) => { found ??= `nobody handles: ${String(error)}` })
for (; found === undefined && seed < Number(from) + Number(count); seed++) found = (await run(drawSchedule(seed))).violations[0] ?? found
console.log(JSON.stringify({ name, runs: seed - Number(from), seed: seed - 1, found }))
