/**
 * What will be done to a world, as data drawn up front from the seed: so it can be printed, cut down and played again.
 *
 * Whom a step means is a number that is taken modulo what there is when its time comes; so a step makes sense whatever
 * other steps were cut. A fault carries its own end.
 */
import { SeededRandom } from '../../protocol/clock-manual.ts'
import type { NetworkShape } from './network.ts'

export const faultKinds = [
  'kill', 'power', 'crash-at-write', 'restart', 'device-kill', 'device-crash-at-write', 'away', 'cut', 'cut-one-way', 'break', 'stall',
  'disk-full', 'device-disk-full', 'slow-disk', 'clock', 'damage'
] as const
/** Only in worlds that are made for them. */
export const hardFaultKinds = ['destroy', 'gone', 'roll-back', 'lie'] as const
export type FaultKind = typeof faultKinds[number] | typeof hardFaultKinds[number]

export const workKinds = ['say', 'say-group', 'read', 'group-add', 'group-remove', 'group-rename', 'group-create', 'move'] as const
export type WorkKind = typeof workKinds[number]

export interface Step {
  readonly atMs: number
  readonly do: FaultKind | WorkKind
  /** Who, with whom, how: whole numbers from 0, each taken modulo what there is. */
  readonly a: number
  readonly b: number
  readonly c: number
  /** Faults: until it is over. */
  readonly forMs: number
}

export interface Shape {
  readonly relays: number
  readonly people: number
  /** Devices of the person with this number beyond the first; in turn. */
  readonly companions: number
  readonly groups: number
  /** Members' devices up to which a group is sealed for each device. */
  readonly pairwiseGroupDevices: number
  readonly network: NetworkShape
  /** Whether clients look for a standby, and move there by themselves. */
  readonly standby: 'auto' | 'none'
  /** Of each relay's disk: the longest that a sync takes when the disk is not slow. */
  readonly syncMs: number
  readonly durationMs: number
  /** What is lost comes again although nobody says anything more at the end. */
  readonly isSilentAtEnd?: boolean
}

export interface Schedule { readonly seed: number, readonly shape: Shape, readonly steps: readonly Step[] }

const secondMs = 1_000
const hourMs = 3_600_000

/** Some seeds are for what rarely comes together by itself. */
export function drawSchedule (seed: number): Schedule { return seed % 50 === 10 ? drawLostHome(seed) : drawAnything(seed) }

/** The only relay that has what was sent loses its disk while the receiver is away: the sender's device supplies it. */
function drawLostHome (seed: number): Schedule {
  const random = new SeededRandom(seed ^ 0x51ed)
  const [relays, people, durationMs] = [2, 4, 40 * secondMs]
  const steps: Step[] = []
  const add = (atMs: number, what: Step['do'], a: number, b = 0, forMs = 0): void => { steps.push({ atMs, do: what, a, b, c: 0, forMs }) }
  for (let i = random.below(12); i > 0; i--) add(Math.floor(random.fraction() * 15 * secondMs), 'say', random.below(people), random.below(people - 1))
  // Both live at the relay with this number.
  const relay = random.below(relays)
  const [receiver, sender] = random.pick([[relay, relay + relays], [relay + relays, relay]] as const)
  add(18 * secondMs, 'away', receiver, 0, 12 * secondMs)
  for (let i = 1 + random.below(3); i > 0; i--) add(20 * secondMs + random.below(2 * secondMs), 'say', sender, receiver < sender ? receiver : receiver - 1)
  add(24 * secondMs, 'destroy', relay, 0, 50 + random.below(4 * secondMs))
  return {
    seed,
    shape: {
      relays, people, companions: 0, groups: 0, pairwiseGroupDevices: 16, standby: 'none', syncMs: random.pick([1, 5, 20, 100]), durationMs, isSilentAtEnd: true,
      network: { latencyMs: 2 + random.below(20), latencyMaxMs: 30 + random.below(120), jitterMs: random.below(30), gossipLoss: 0, gossipTwice: 0 }
    },
    steps: steps.sort((a, b) => a.atMs - b.atMs)
  }
}

function drawAnything (seed: number): Schedule {
  const random = new SeededRandom(seed ^ 0x51ed)
  const chance = (of: number): boolean => random.fraction() < of
  const shape: Shape = {
    relays: 2 + random.below(3),
    people: 2 + random.below(4),
    companions: chance(0.25) ? 1 + random.below(2) : 0,
    groups: chance(0.5) ? 1 + random.below(2) : 0,
    pairwiseGroupDevices: chance(0.4) ? 2 : 16,
    network: {
      latencyMs: 2 + random.below(20),
      latencyMaxMs: 30 + random.below(120),
      jitterMs: random.below(30),
      gossipLoss: random.pick([0, 0.05, 0.3]),
      gossipTwice: random.pick([0, 0.05, 0.3])
    },
    standby: chance(0.3) ? 'auto' : 'none',
    syncMs: random.pick([1, 5, 20, 100]),
    durationMs: (20 + random.below(60)) * secondMs
  }
  const steps: Step[] = []
  const numbers = (): Pick<Step, 'a' | 'b' | 'c'> => ({ a: random.below(1_000), b: random.below(1_000), c: random.below(1_000) })
  const step = (what: Step['do'], forMs = 0): void => { steps.push({ atMs: Math.floor(random.fraction() * shape.durationMs), do: what, ...numbers(), forMs }) }
  // A few kinds for each seed, so that each meets the others undiluted in some.
  const kinds = faultKinds.filter(() => chance(0.35))
  const faults = kinds.length === 0 ? 0 : random.below(14)
  for (let i = 0; i < faults; i++) {
    const kind = random.pick(kinds)
    step(kind, kind === 'clock' ? (random.fraction() < 0.5 ? 0 : Math.floor(random.fraction() * shape.durationMs)) : Math.floor(random.fraction() ** 2 * 30 * secondMs) + 50)
  }
  const hard = random.fraction()
  if (hard < 0.08) for (let i = 1 + random.below(3); i > 0; i--) step('lie')
  else if (hard < 0.14) step('roll-back', Math.floor(random.fraction() * 20 * secondMs))
  else if (hard < 0.2 && shape.groups === 0) for (let i = 1 + random.below(2); i > 0; i--) step('destroy', 50 + Math.floor(random.fraction() * 10 * secondMs))
  else if (hard < 0.26 && shape.relays > 2 && shape.standby === 'auto' && shape.groups === 0) step('gone')
  else if (hard < 0.4) for (let i = 1 + random.below(3); i > 0; i--) step('move')
  const words = 10 + random.below(40)
  for (let i = 0; i < words; i++) step(shape.groups > 0 && chance(0.4) ? 'say-group' : 'say')
  for (let i = random.below(6); i > 0; i--) step('read')
  if (shape.groups > 0) for (let i = random.below(5); i > 0; i--) step(random.pick(['group-add', 'group-remove', 'group-rename', 'group-create'] as const))
  return { seed, shape, steps: steps.sort((a, b) => a.atMs - b.atMs) }
}

/** Up to a day, either way. */
export const clockJumpMs = ({ a, b }: Step): number => Math.round(((a % 100) / 50 - 1) ** 3 * 24 * hourMs) + (b % 1_000)

export const isFault = ({ do: what }: Step): boolean => ([...faultKinds, ...hardFaultKinds] as readonly string[]).includes(what)
