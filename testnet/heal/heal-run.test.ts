import assert from 'node:assert/strict'
import { faultNames, healRun } from './heal-run.ts'

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

  it('a run can be repeated: the same seed, the same events', async () => {
    assert.deepEqual(await healRun(7), await healRun(7))
  }).timeout(20_000)
})
