/**
 * The process that store-level.test.ts kills: writes seeded batches and prints the number of each acknowledged one.
 *
 * node store-crash-writer.ts FOLDER SEED
 */
import { writeSync } from 'node:fs'
import { openLevelStore } from './store-level.ts'
import { RandomBatches, makeWorld } from './store-model.ts'

const [path, seed] = process.argv.slice(2)
const batches = new RandomBatches(Number(seed), makeWorld({ logs: 3 }), { maxEnvelopeBytes: 60_000 })
const store = await openLevelStore({ path: path!, minFreeBytes: 1 })
const underWay: Array<Promise<void>> = []
for (let made = 1; made <= 5_000; made++) {
  // Several at a time, as after a sync; every one durable.
  underWay.push(store.write(batches.next(), { durable: true }).then(() => { writeSync(1, `${made}\n`) }))
  if (underWay.length === 8) await Promise.all(underWay.splice(0))
}
