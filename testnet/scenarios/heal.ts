/**
 * People whose devices lose sessions, go back to older copies of their store, miss pages, come and go: seeded runs of the
 * client engines in virtual time. What could not be opened comes back by itself; the rest is called lost, and is.
 */
import { faultNames, healRun, type Fault, type HealResult } from '../heal/heal-run.ts'
import type { Scenario } from '../scenario.ts'

const runsAtFullScale = 500
/** One line of output for so many. */
const runsPerStep = 50
const shownViolations = 3

export const heal: Scenario = {
  name: 'heal',
  summary: 'restored copies, lost sessions, new devices, lost pages: nothing stays unreadable',
  async run (stage) {
    const runs = Math.max(1, Math.round(runsAtFullScale * stage.scale))
    // Not above 2^31, so that each can be given as `--seed` of a single run.
    const first = 1 + Math.floor(stage.random.fraction() * 1e9)
    const unreadable: string[] = []
    const faults = Object.fromEntries(faultNames.map((name) => [name, 0])) as Record<Fault, number>
    const groups: Record<HealResult['group'], number> = { none: 0, pairwise: 0, 'sender key': 0 }
    let messages = 0
    let placeholders = 0
    let lost = 0
    let forgotten = 0
    for (let done = 0; done < runs; done += runsPerStep) {
      const count = Math.min(runsPerStep, runs - done)
      await stage.step(`runs ${first + done} to ${first + done + count - 1}`, async () => {
        for (let seed = first + done; seed < first + done + count; seed++) {
          const result = await healRun(seed)
          messages += result.messages
          placeholders += result.placeholders
          lost += result.lost
          forgotten += result.forgotten
          groups[result.group]++
          for (const name of faultNames) faults[name] += result.faults[name]
          if (result.violations.length > 0) unreadable.push(`run ${seed} (npx node testnet/heal/one-run.ts ${seed}): ${result.violations.slice(0, shownViolations).join(', ')}`)
        }
      })
    }
    stage.check('what its author has, everybody can read; what nobody has is called lost', unreadable)
    stage.figure('runs', `${runs}: ${groups.none} of pairs, ${groups.pairwise} with a group sealed for each device, ${groups['sender key']} with sender keys`)
    stage.figure('messages', String(messages))
    stage.figure('faults', faultNames.map((name) => `${name} ${faults[name]}`).join(', '))
    stage.figure('placeholders seen', `${placeholders}; ${lost} stay, because their authors do not have them any more`)
    stage.figure('had and forgotten', `${forgotten}: acknowledged, then set back, and the relay has them no more`)
  }
}
