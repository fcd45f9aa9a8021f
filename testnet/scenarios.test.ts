import assert from 'node:assert/strict'
import { runScenario } from './runner.ts'
import { scenarios } from './scenarios/scenarios.ts'

/** Real processes on two busy cores; a scenario that hangs ends here. */
const timeoutMs = 180_000

describe('scenarios on real processes, at a small scale', function () {
  this.timeout(timeoutMs)
  for (const scenario of scenarios.values()) {
    it(`${scenario.name}: ${scenario.summary}`, async () => {
      const lines: string[] = []
      const seed = Math.floor(Math.random() * 1_000_000)
      const result = await runScenario(scenario, { seed, scale: 0.15, print: (line) => { lines.push(line) } })
      assert.ok(result.hasPassed, lines.join('\n'))
    })
  }
})
