/** Repeat one run of heal-run.ts and print what happened: npx node testnet/heal/one-run.ts <seed> */
import { healRun } from './heal-run.ts'

const seed = Number(process.argv[2])
if (!Number.isSafeInteger(seed)) throw new Error('which seed?')
const { schedule, violations, ...figures } = await healRun(seed)
for (const line of schedule) console.log(line)
console.log(figures)
for (const violation of violations) console.log(`✗ ${violation}`)
process.exitCode = violations.length === 0 ? 0 : 1
