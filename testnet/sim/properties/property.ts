/**
 * A property of a run: some are watched while it goes, all are asked at the end.
 */
import type { Message } from '../../../client/client.ts'
import type { GroupInfo } from '../../../client/model.ts'
import type { SimDevice, SimPerson } from '../nodes.ts'
import { isGroup, type SimGroup, type World } from '../world.ts'

/** A sentence for people. */
export type Violation = string
/** With the conversation that it is about, by its name. */
export interface Finding { readonly text: Violation, readonly where: string }

export interface Evidence {
  readonly world: World
  /** What each device has of each chat, oldest first; by the name of the person or the group. */
  readonly histories: ReadonlyMap<SimDevice, ReadonlyMap<SimPerson | SimGroup, readonly Message[]>>
  readonly groups: ReadonlyMap<SimDevice, ReadonlyMap<SimGroup, GroupInfo | undefined>>
}

export interface Property {
  readonly name: string
  /** Before anything happens. @param report what is found at once */
  watch? (world: World, report: (violation: Violation) => void): void
  /** At the end, and on the way there: how much is still wrong. Repeating it changes nothing. */
  check? (evidence: Evidence): Array<Violation | Finding>
}

/** Reads what every device shows. */
export async function gatherEvidence (world: World): Promise<Evidence> {
  const histories = new Map<SimDevice, Map<SimPerson | SimGroup, readonly Message[]>>()
  const groups = new Map<SimDevice, Map<SimGroup, GroupInfo | undefined>>()
  for (const device of world.devices) {
    const [history, infos] = [new Map<SimPerson | SimGroup, readonly Message[]>(), new Map<SimGroup, GroupInfo | undefined>()]
    histories.set(device, history)
    groups.set(device, infos)
    const { client } = device
    if (client === undefined) continue
    for (const one of [...world.people, ...world.groups]) {
      if (one === device.person) continue
      history.set(one, await client.history(isGroup(one) ? one.chat : world.accountOf(one), { limit: 10_000 }))
      if (isGroup(one)) infos.set(one, await client.groups.state(one.chat))
    }
  }
  return { world, histories, groups }
}

/** A group as the device sees it that has seen most of it. */
export function newestView ({ groups }: Evidence, group: SimGroup): GroupInfo | undefined {
  let newest: GroupInfo | undefined
  for (const infos of groups.values()) {
    const info = infos.get(group)
    if (info !== undefined && !info.isPending && (newest === undefined || info.seq > newest.seq)) newest = info
  }
  return newest
}
