/** What scenarios with faults have in common: a network, people in every region, and a load over all of it. */
import { regions, type Network, type NetworkOptions, type Placement, type Region } from '../network/network.ts'
import type { Person } from '../network/person.ts'
import { Load, type LoadOptions } from '../report/load.ts'
import type { Stage } from '../scenario.ts'

export interface UnderLoad {
  readonly network: Network
  readonly people: readonly Person[]
  readonly load: Load
}

export interface UnderLoadOptions extends Pick<NetworkOptions, 'place' | 'rttMs'>, Omit<LoadOptions, 'people'> {
  readonly peoplePerRegion?: number
  /** How the network is introduced. */
  readonly about?: string
}

/** Backoff between tries goes up to 30 s, and a half-open connection is noticed after 60. */
export const arrivalTimeoutMs = 150_000

/** @returns with the load on */
export async function underLoad (stage: Stage, { peoplePerRegion = 1, about = 'a bootstrap node and three relays run, 80 ms apart', place, rttMs, ...options }: UnderLoadOptions = {}): Promise<UnderLoad> {
  const network = await stage.step(about, () => stage.network({ ...(place === undefined ? {} : { place }), ...(rttMs === undefined ? {} : { rttMs }) }))
  const people: Person[] = []
  await stage.step(`${peoplePerRegion * regions.length} people, ${peoplePerRegion} in each region`, async () => {
    for (let index = 0; index < peoplePerRegion; index++) for (const region of regions) people.push(await stage.person(nameOf(region, index), region))
  })
  const load = await stage.step('they know one another, are in a group, and begin to write', async () => {
    const prepared = await Load.prepare(stage, { people, ...options })
    prepared.start()
    return prepared
  })
  return { network, people, load }
}

const names: Readonly<Record<Region, readonly string[]>> = { eu: ['ann', 'ada', 'axel'], us: ['ben', 'bea', 'bill'], ap: ['cho', 'chi', 'chen'] }
const nameOf = (region: Region, index: number): string => names[region][index] ?? `${region}${index}`

/** For faults that a relay has to come through by itself: people do not move away from it. */
export const withoutStandby: Placement = { client: { standby: 'none' } }

export const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })
