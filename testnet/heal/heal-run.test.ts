import assert from 'node:assert/strict'
import { faultNames, healRun } from './heal-run.ts'

/** Each has found something once. */
const found = [
  [200102, 'a message to a group that waited in an older copy, and was sent since'],
  [100017, 'what a relay has lost behind a gap'],
  [200111, 'what waited in an older copy, and was sent since'],
  [100202, 'an outcome under a number that was given before'],
  [200209, 'a new device to which a number that was given before means something else'],
  [2000239, 'a device linked by one that was set back, and messages that were sent again before'],
  [7300311, 'a device linked by one that was set back, and a copy that only that one had'],
  [4, 'a placeholder that a new device is handed'],
  [9500334, 'a placeholder that a new device is handed, of a message that its sender loses'],
  [20000167, 'a copy from before numbers were given again, with as many of them']
] as const

const seeds = Array.from({ length: 20 }, (_, i) => i + 1)

describe('people who lose their state', () => {
  it('every message that its author has can be read in the end, whatever was lost (20 seeds)', async () => {
    const faults = new Set<string>()
    let placeholders = 0
    for (const seed of seeds) {
      const result = await healRun(seed)
      assert.deepEqual(result.violations, [], `seed ${seed}\n${result.schedule.join('\n')}`)
      placeholders += result.placeholders
      for (const name of faultNames) if (result.faults[name] > 0) faults.add(name)
    }
    assert.ok(placeholders > 0, 'something could not be opened on the way')
    assert.ok(faults.size >= faultNames.length - 1, [...faults].join(', '))
  }).timeout(60_000)

  for (const [seed, what] of found) {
    it(`${what} (seed ${seed})`, async () => {
      const result = await healRun(seed)
      assert.deepEqual(result.violations, [], result.schedule.join('\n'))
    }).timeout(20_000)
  }

  it('a run can be repeated: the same seed, the same events', async () => {
    assert.deepEqual(await healRun(7), await healRun(7))
  }).timeout(20_000)
})
