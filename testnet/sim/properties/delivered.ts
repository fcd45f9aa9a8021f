/**
 * What a client has taken is delivered to every device of everybody it is for, or visibly failed; and its sender knows.
 *
 * Judged by what the sender's devices show: a message that stands there as sent must stand at the others. In a group it is
 * for who was in it at the message's place in the log and still is.
 */
import type { Message } from '../../../client/client.ts'
import type { SimDevice } from '../nodes.ts'
import { isAlone, isGroup, type Said } from '../world.ts'
import { newestView, type Evidence, type Finding, type Property, type Violation } from './property.ts'

export const delivered: Property = {
  name: 'what was sent is delivered',
  watch (world) {
    // What waits for a change of the group is sealed when that has been made, and then there may be nobody to seal it for.
    world.onUpdateListeners.push((device, { direction, state, seq, text }) => {
      if (direction !== 'out' || state !== 'sent' || seq !== undefined) return
      const said = world.said.find((one) => one.by === device && one.text === text)
      if (said !== undefined && isGroup(said.to)) world.background('looking', isAlone(device.client!, said.to).then((isSo) => { said.isToNobody ||= isSo }))
    })
  },
  check (evidence) { return evidence.world.said.flatMap((said) => [...missing(evidence, said)].map((text): Finding => ({ text, where: whereOf(said) }))) }
}

const whereOf = ({ by, to }: Said): string => isGroup(to) ? to.name : [by.person.name, to.name].sort().join(' and ')

function * missing (evidence: Evidence, said: Said): Iterable<Violation> {
  const { world, histories } = evidence
  const { by, to } = said
  const what = `"${world.readable(said.text)}"`
  const at = (device: SimDevice, chat: Parameters<ReadonlyMap<unknown, unknown>['get']>[0]): readonly Message[] => histories.get(device)?.get(chat as never)?.filter(({ text }) => text === said.text) ?? []
  const [own] = at(by, to)
  if (own === undefined) {
    if (said.isTaken) yield `${what} is not in the history of its sender`
    return
  }
  if (own.state === 'failed') return
  for (const device of by.person.devices) if (device !== by && at(device, to).length !== 1) yield `${what} is ${at(device, to).length} times on ${device.name}, which belongs to its sender`
  if (!isGroup(to)) {
    if (own.state !== 'delivered' && own.state !== 'read') yield `${what} is ${own.state} on the device that sent it`
    for (const device of to.devices) if (at(device, by.person).length !== 1) yield `${what} is ${at(device, by.person).length} times on ${device.name}`
    return
  }
  if (own.seq === undefined) {
    if (!said.isToNobody) yield `${what} has no place in the log of ${to.name}`
    return
  }
  const newest = newestView(evidence, to)
  for (const person of world.people) {
    if (person === by.person) continue
    for (const device of person.devices) {
      const member = newest?.members.find(({ account }) => account === world.accountOf(person))
      if (member === undefined || member.sinceSeq > own.seq) continue
      if (at(device, to).length !== 1) yield `${what} is ${at(device, to).length} times on ${device.name}`
    }
  }
}
