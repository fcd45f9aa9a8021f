/**
 * What a scenario is, and what it gets to work with. Steps and checks are printed as they happen by runner.ts.
 */
import type { Violation } from './assertions/evidence.ts'
import type { NetworkOptions } from './network/network.ts'
import type { Network, Region } from './network/network.ts'
import type { Person } from './network/person.ts'
import type { SeededRandom } from './seeded-random.ts'

export interface Stage {
  /** Of the scenario. */
  readonly name: string
  readonly random: SeededRandom
  /** Fewer messages (for test runs) or more, the same steps. From 0.01 to 10. */
  readonly scale: number
  /** Starts a network in a folder of its own; ended and removed with the scenario. */
  network (options?: Pick<NetworkOptions, 'tap' | 'rttMs' | 'jitterMs' | 'isRecorded' | 'place'>): Promise<Network>
  /** Somebody new in a region, online; leaves with the scenario. */
  person (name: string, region: Region): Promise<Person>
  /** One line of output: what was done and how long it took. */
  step<T> (text: string | ((result: T) => string), work: () => Promise<T>): Promise<T>
  /** A property that must hold: a row of the table, and the exit status. */
  check (property: string, violations: readonly Violation[]): void
  /** A figure for the table. */
  figure (name: string, value: string): void
  /** For what is no process of the network: called when its processes have ended, also after a failure or Ctrl-C, last one first. */
  onEnd (cleanUp: () => Promise<void>): void
  /** A folder of the scenario, removed with it. */
  readonly folder: string
  /** Where reports go (`--report`); made when first asked for, and stays. */
  reportFolder (): Promise<string>
}

/** The machine lacks what a scenario needs; that is neither passed nor broken, and has an exit status of its own. */
export class CannotRunHere extends Error {
  override readonly name = 'CannotRunHere'
}

export interface Scenario {
  readonly name: string
  readonly summary: string
  /** How small it is in the tests; default 0.15. */
  readonly testScale?: number
  run (stage: Stage): Promise<void>
}
