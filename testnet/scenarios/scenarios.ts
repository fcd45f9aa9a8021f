/** The scenarios by name, in the order in which they are listed and run. */
import type { Scenario } from '../scenario.ts'
import { crossRegion } from './cross-region.ts'
import { diskFull } from './disk-full.ts'
import { group1024 } from './group-1024.ts'
import { groupPartition } from './group-partition.ts'
import { groupSmall } from './group-small.ts'
import { heal } from './heal.ts'
import { killRelay } from './kill-relay.ts'
import { multiDevice } from './multi-device.ts'
import { offline } from './offline.ts'
import { partition } from './partition.ts'
import { pause } from './pause.ts'
import { presenceStorm } from './presence-storm.ts'
import { wiretap } from './wiretap.ts'

export const scenarios: ReadonlyMap<string, Scenario> = new Map([crossRegion, offline, killRelay, partition, presenceStorm, wiretap, groupSmall, groupPartition, group1024, multiDevice, heal, pause, diskFull].map((scenario) => [scenario.name, scenario]))
