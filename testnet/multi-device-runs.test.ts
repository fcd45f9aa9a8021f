/**
 * Seeded runs: two people link, use, switch off and unlink devices in any order (device-run.ts).
 */
import assert from 'node:assert/strict'
import { deviceRun } from './device-run.ts'

/** Each has found something once: events, keys. */
const found = [
  [40, 40, 'a placeholder that a device is handed is filled later'],
  [40, 2, 'a device is handed a placeholder and what was said of it before it came'],
  [124, 124, 'a device goes away before it could ask for what it had missed'],
  [152, 152, 'a device was away while others wrote to it that are unlinked when it comes back'],
  [192, 192, 'a reaction is missed between two milliseconds'],
  [234, 234, 'a device is away while another one reads and is unlinked'],
  [1040, 1040, 'what could not be opened on a device that was alone comes when it is not any more'],
  [307, 307, 'an answer with an older list of devices is overtaken by one with a newer']
] as const

describe('devices come and go', () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) it(`in the order of seed ${seed}`, async () => { await deviceRun(seed) }).timeout(60_000)

  for (const [seed, keys, what] of found) it(`${what} (seed ${seed}, keys ${keys})`, async () => { await deviceRun(seed, keys) }).timeout(60_000)

  it('a run can be repeated: the same seed, the same bytes on every device', async () => {
    assert.equal(await deviceRun(6), await deviceRun(6))
  }).timeout(60_000)
})
