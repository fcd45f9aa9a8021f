import assert from 'node:assert/strict'
import { runScenario, type Result } from './runner.ts'
import type { Scenario } from './scenario.ts'

const scenarioThat = (run: Scenario['run']): Scenario => ({ name: 'made-up', summary: 'for this test', run })

async function outcome (run: Scenario['run']): Promise<{ result: Result, output: string }> {
  const lines: string[] = []
  const result = await runScenario(scenarioThat(run), { seed: 7, print: (line) => { lines.push(line) } })
  return { result, output: lines.join('\n') }
}

describe('runner of scenarios', () => {
  it('passes when every property holds, and prints steps, properties, figures and the seed', async () => {
    const { result, output } = await outcome(async (stage) => {
      await stage.step('something happens', async () => {})
      stage.check('all is well', [])
      stage.figure('speed', '7 a second')
    })
    assert.equal(result.hasPassed, true)
    assert.match(output, /seed 7/)
    assert.match(output, /✓ something happens/)
    assert.match(output, /all is well +holds/)
    assert.match(output, /speed +7 a second/)
    assert.match(output, /result +passed/)
  })

  it('fails when one property is broken, says which, and how to repeat it', async () => {
    const { result, output } = await outcome(async (stage) => {
      stage.check('all is well', [])
      stage.check('nothing is lost', ['"x" never arrived'])
    })
    assert.equal(result.hasPassed, false)
    assert.match(output, /✗ nothing is lost: "x" never arrived/)
    assert.match(output, /FAILED .*--seed 7/)
  })

  it('fails when a step fails, and runs no step after it', async () => {
    let reached = false
    const { result, output } = await outcome(async (stage) => {
      stage.check('before', [])
      await stage.step('breaks', async () => { throw new Error('the relay is on fire') })
      reached = true
    })
    assert.equal(result.hasPassed, false)
    assert.equal(reached, false)
    assert.match(output, /✗ the relay is on fire/)
  })

  it('a scenario that checks nothing has not passed', async () => {
    assert.equal((await outcome(async () => {})).result.hasPassed, false)
  })

  it('what is chosen at random follows from the seed', async () => {
    const chosen: number[] = []
    for (let i = 0; i < 2; i++) await outcome(async (stage) => { chosen.push(stage.random.integer(0, 1_000_000)) })
    assert.equal(chosen[0], chosen[1])
  })

  it('stops at once when it is told to', async () => {
    const abort = new AbortController()
    const lines: string[] = []
    const running = runScenario(scenarioThat(async (stage) => {
      await stage.step('waits for ever', () => new Promise(() => {}))
    }), { seed: 1, print: (line) => { lines.push(line) }, signal: abort.signal })
    abort.abort()
    assert.equal((await running).error?.message, 'stopped')
    assert.match(lines.join('\n'), /│ result +stopped\n/, 'not called a failure')
  })

  it('what hangs is ended as failed, and says so', async () => {
    const result = await runScenario(scenarioThat(async (stage) => {
      await stage.step('waits for ever', () => new Promise(() => {}))
    }), { seed: 1, print: () => {}, signal: AbortSignal.timeout(10) })
    assert.equal(result.error?.message, 'took too long')
    assert.ok(!result.hasPassed)
  })
})
