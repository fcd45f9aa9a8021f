/**
 * What a scenario is, and what it gets to work with. Steps and checks are printed as they happen by runner.ts.
 */
import type { Violation } from './assertions/evidence.ts'
import type { NetworkOptions } from './network/network.ts'
import type { Network, Region } from './network/network.ts'
import type { Person } from './network/person.ts'
import type { SeededRandom } from './seeded-random.ts'

export interface Stage {
  readonly random: SeededRandom
  /** Fewer messages (for test runs) or more, the same steps. From 0.01 to 10. */
  readonly scale: number
  /** Starts a network in a folder of its own; ended and removed with the scenario. */
  network (options?: Pick<NetworkOptions, 'tap' | 'rttMs' | 'jitterMs' | 'isRecorded'>): Promise<Network>
  /** Somebody new in a region, online; leaves with the scenario. */
  person (name: string, region: Region): Promise<Person>
  /** One line of output: what was done and how long it took. */
  step<T> (text: string | ((result: T) => string), work: () => Promise<T>): Promise<T>
  /** A property that must hold: a row of the table, and the exit status. */
  check (property: string, violations: readonly Violation[]): void
  /** A figure for the table. */
  figure (name: string, value: string): void
}

export interface Scenario {
  readonly name: string
  readonly summary: string
  run (stage: Stage): Promise<void>
}
