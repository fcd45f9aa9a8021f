import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { judge } from './mutants/judge.ts'
import { mutants } from './mutants/mutants.ts'
import { run } from './run.ts'
import { drawSchedule, faultKinds } from './schedule.ts'
import { failureOf, shrink } from './shrink.ts'

const program = fileURLToPath(new URL('sim.ts', import.meta.url))

describe('the simulation', () => {
  it('the same seed is the same run, event by event: again in this process, and in another', async () => {
    const schedule = drawSchedule(11)
    const [first, second, other] = [await run(schedule), await run(schedule), await run(drawSchedule(12))]
    assert.equal(first.hash, second.hash)
    assert.equal(first.events, second.events)
    assert.notEqual(first.hash, other.hash)
    const { stdout } = await promisify(execFile)(process.execPath, [program, '--seed', '11'])
    assert.match(stdout, new RegExp(`trace ${first.hash}, ${first.events} events`))
  }).timeout(60_000)

  it('every property holds (seeds 1 to 25)', async () => {
    const faults = new Set<string>()
    for (let seed = 1; seed <= 25; seed++) {
      const result = await run(drawSchedule(seed))
      assert.deepEqual(result.violations, [], `npm run sim -- --seed ${seed} --verbose\n${result.lines.slice(-40).join('\n')}`)
      for (const fault of result.faults.keys()) faults.add(fault)
    }
    assert.deepEqual(faultKinds.filter((kind) => !faults.has(kind)), [], 'faults of each kind were there')
  }).timeout(600_000)

  it('a failing schedule is cut down to the steps that it takes', async () => {
    const schedule = drawSchedule(11)
    const [one, other] = [schedule.steps[7]!, schedule.steps[19]!]
    let runs = 0
    const found = await shrink(schedule, async ({ steps }) => {
      runs++
      return steps.includes(one) && steps.some(({ do: what }) => what === other.do) ? failureOf(['nothing twice: this']) : undefined
    })
    assert.ok(found.schedule.steps.length <= 2)
    assert.ok(found.schedule.steps.includes(one))
    assert.equal(found.runs, runs)
    assert.ok(runs < 60, `${runs} runs`)
  })

  // The others: npm run sim -- --mutants
  for (const name of ['ack-before-fsync', 'relay-no-dedup']) {
    const mutant = mutants.find((one) => one.name === name)!
    it(`notices a mutant: ${mutant.what}`, async () => {
      const { found, runs } = await judge(mutant, { count: 20 })
      assert.ok(found !== undefined, `${runs} seeds noticed nothing`)
    }).timeout(120_000)
  }
})
