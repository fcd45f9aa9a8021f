/**
 * One run: a world is built, lives through its schedule, recovers, comes to rest, and is judged.
 */
import { bounded } from './properties/bounded.ts'
import { detected, isForgiven } from './properties/detected.ts'
import { delivered } from './properties/delivered.ts'
import { durable } from './properties/durable.ts'
import { membership } from './properties/membership.ts'
import { once } from './properties/once.ts'
import { order } from './properties/order.ts'
import { gatherEvidence, type Property, type Violation } from './properties/property.ts'
import { secret } from './properties/secret.ts'
import { sound } from './properties/sound.ts'
import type { Schedule } from './schedule.ts'
import { World } from './world.ts'
import { withLimits } from '../with-limits.ts'

export const properties: readonly Property[] = [delivered, once, order, durable, bounded, secret, membership, sound, detected]

export interface RunResult {
  readonly seed: number
  readonly hash: string
  readonly violations: readonly Violation[]
  readonly faults: ReadonlyMap<string, number>
  readonly messages: number
  readonly events: number
  /** Virtual. */
  readonly passedMs: number
  readonly lines: readonly string[]
}

const secondMs = 1_000
/** Pauses of retries end at half a minute, some questions wait for ten. */
const restMs = [2, 2, 4, 8, 15, 30, 30, 60, 60, 120, 300, 600, 900].map((seconds) => seconds * secondMs)
/** Before these pauses. */
const lastWordsAt = [1, 5, 8, 11]
/** Enough for the sessions of a run; a hundred keys for each device would be most of its time. */
const smaller = { oneTimePrekeys: 12, oneTimePrekeysLow: 4 }

/** @param options.patienceMs how long a run may take to come to rest; less than by default finds the same sooner, and more */
export async function run (schedule: Schedule, { onLine, patienceMs = Infinity }: { onLine?: (line: string) => void, patienceMs?: number } = {}): Promise<RunResult> {
  return await withLimits({ ...smaller, pairwiseGroupDevices: schedule.shape.pairwiseGroupDevices }, async () => {
    const world = new World(schedule)
    world.trace.onLine = onLine
    const found = new Set<Violation>()
    for (const property of properties) property.watch?.(world, (violation) => { found.add(`${property.name}: ${violation}`) })
    try {
      await world.build()
      await world.live()
      await world.recover()
      for (const violation of await rest(world, patienceMs)) found.add(violation)
    } catch (error) {
      found.add(`the run ends: ${error instanceof Error ? error.stack ?? error.message : String(error)}`)
    } finally {
      await world.stop()
    }
    const { trace, faults, said, time } = world
    return { seed: schedule.seed, hash: trace.hash, violations: [...found], faults, messages: said.length, events: trace.events, passedMs: time.passedMs, lines: trace.lines }
  })
}

/** Wait until nothing is wrong any more, or long enough. */
async function rest (world: World, patienceMs: number): Promise<Violation[]> {
  const startMs = world.time.nowMs
  let violations: Violation[] = []
  for (const [i, pauseMs] of restMs.entries()) {
    // In the hard worlds words are repeated until nothing is missing: each shows what was lost before it.
    if (world.needsLastWords && lastWordsAt.includes(i)) world.sayLastWords()
    await world.time.pass(pauseMs)
    const evidence = await world.time.during(gatherEvidence(world), 60 * secondMs, 'looking')
    violations = properties.flatMap((property) => property.check?.(evidence)
      .filter((one) => typeof one === 'string' || !isForgiven(world, one.where))
      .map((one) => `${property.name}: ${typeof one === 'string' ? one : one.text}`) ?? [])
    if (violations.length === 0 || world.time.nowMs - startMs > patienceMs) break
  }
  return violations
}
