/**
 * A schedule cut down to what a failure needs: delta debugging over its steps, then shorter faults.
 *
 * A failure is the same while the property that broke is the same; which message it was may change.
 */
import { isFault, type Schedule, type Step } from './schedule.ts'
import type { Violation } from './properties/property.ts'

/** What broke, without the particulars. */
export const failureOf = (violations: readonly Violation[]): string | undefined => violations[0]?.split(':')[0]

/**
 * @param fails runs a schedule. @returns what broke, or undefined
 * @param most so many runs at most
 */
export async function shrink (schedule: Schedule, fails: (schedule: Schedule) => Promise<string | undefined>, most = 150): Promise<{ schedule: Schedule, runs: number }> {
  const goal = await fails(schedule)
  if (goal === undefined) return { schedule, runs: 1 }
  let best = schedule
  let runs = 1
  const tryThis = async (steps: readonly Step[]): Promise<boolean> => {
    if (runs >= most) return false
    runs++
    const candidate = { ...best, steps }
    if (await fails(candidate) !== goal) return false
    best = candidate
    return true
  }
  for (let parts = 2; runs < most && best.steps.length > 1;) {
    const { steps } = best
    const size = Math.ceil(steps.length / parts)
    let isCut = false
    for (let from = 0; from < steps.length && !isCut; from += size) isCut = await tryThis([...steps.slice(0, from), ...steps.slice(from + size)])
    if (isCut) parts = Math.max(2, parts - 1)
    else if (size === 1) break
    else parts = Math.min(steps.length, parts * 2)
  }
  if (best.steps.length === 1) await tryThis([])
  for (let i = 0; i < best.steps.length; i++) {
    const step = best.steps[i]!
    if (isFault(step) && step.forMs > 1_000) await tryThis(best.steps.with(i, { ...step, forMs: Math.round(step.forMs / 4) }))
  }
  return { schedule: best, runs }
}
