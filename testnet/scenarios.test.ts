import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runScenario } from './runner.ts'
import type { Scenario } from './scenario.ts'
import { scenarios } from './scenarios/scenarios.ts'

/** Real processes on two busy cores; a scenario that hangs is ended then, with its processes. */
const limitMs = 180_000
/** Of the test: what the scenario needs to end is on top. */
const timeoutMs = limitMs + 60_000

/** Those with a scale of their own for tests wait most of the time: so many of them at once. */
const atOnce = 3

describe('scenarios on real processes, at a small scale', function () {
  this.timeout(timeoutMs)
  let folder = ''
  before(async () => { folder = await mkdtemp(join(tmpdir(), 'heliograph-scenarios-test-')) })
  after(async () => { await rm(folder, { recursive: true, force: true }) })

  const run = async (scenario: Scenario): Promise<void> => {
    const lines: string[] = []
    const seed = Math.floor(Math.random() * 1_000_000)
    const result = await runScenario(scenario, { seed, scale: scenario.testScale ?? 0.15, reportFolder: join(folder, scenario.name), signal: AbortSignal.timeout(limitMs), print: (line) => { lines.push(line) } })
    assert.ok(result.hasPassed, lines.join('\n'))
  }
  const all = [...scenarios.values()]
  for (const scenario of all.filter(({ testScale }) => testScale === undefined)) it(`${scenario.name}: ${scenario.summary}`, () => run(scenario))

  describe('with faults, under load', function () {
    this.timeout(2 * timeoutMs)
    const waiting = all.filter(({ testScale }) => testScale !== undefined)
    const ended = new Map<Scenario, Promise<void>>()
    before(() => {
      // Each takes the place of the one that was begun so many before it.
      for (const [index, scenario] of waiting.entries()) {
        const before = ended.get(waiting[index - atOnce]!) ?? Promise.resolve()
        const outcome = before.catch(() => { /* told by its own test */ }).then(() => run(scenario))
        outcome.catch(() => { /* told below */ })
        ended.set(scenario, outcome)
      }
    })
    for (const scenario of waiting) it(`${scenario.name}: ${scenario.summary}`, () => ended.get(scenario)!)
  })
})
