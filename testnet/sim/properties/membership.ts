/**
 * Membership converges: everybody who is in a group, by the newest view of it, is in the group by their own view, and all
 * of these views are the same, with the same head of the control chain.
 */
import type { GroupInfo } from '../../../client/model.ts'
import { newestView, type Finding, type Property, type Violation } from './property.ts'

export const membership: Property = {
  name: 'membership converges',
  check (evidence) {
    const { world, groups } = evidence
    const violations: Array<Violation | Finding> = []
    for (const group of world.groups) {
      const views = [...groups].map(([device, infos]) => ({ device, info: infos.get(group) }))
      const newest = newestView(evidence, group)
      if (newest === undefined) continue
      const isLiedAbout = world.liar.lies.some(({ log }) => log === group.chat)
      const add = (text: string): void => { violations.push(isLiedAbout ? { text, where: group.name } : text) }
      for (const { device, info } of views) {
        if (!newest.members.some(({ account }) => account === world.accountOf(device.person))) continue
        if (info === undefined) add(`${device.name} does not know ${group.name}, which it is in`)
        else if (info.isPending || !info.isMember) add(`${device.name} does not know that it is in ${group.name}`)
        else if (textOf(info) !== textOf(newest)) add(`${device.name} sees other members of ${group.name}: ${info.members.length} at ${info.seq}, not ${newest.members.length} at ${newest.seq}`)
      }
    }
    return violations
  }
}

const textOf = ({ head, seq, members }: GroupInfo): string => JSON.stringify([head, seq, members.map(({ account, role, sinceSeq }) => `${account} ${role} ${sinceSeq}`).sort()])
