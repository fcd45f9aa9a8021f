/**
 * A change of a group, as people are told of it.
 */
import type { AccountId } from '../../protocol/ids.ts'
import type { GroupChangeInfo } from '../model.ts'
import type { GroupStep } from './states.ts'
import { roleOf } from './words.ts'

export function groupEventOf ({ chat, change, after, place }: GroupStep, own: AccountId, name: string): GroupChangeInfo {
  const common = { chat, name, isMember: after.members.has(own), seq: place.seq }
  if (change === undefined) return { ...common, what: common.isMember ? 'joined' : 'remove', accounts: [own] }
  const { act, actor } = change
  return { ...common, what: act.act, actor, accounts: accountsOf(change), ...(act.act === 'setRole' ? { role: roleOf(act.role) } : {}) }
}

function accountsOf ({ act, actor, set }: NonNullable<GroupStep['change']>): AccountId[] {
  switch (act.act) {
    case 'create': return set.map(({ account }) => account)
    case 'add':
    case 'remove': return [...act.accounts]
    case 'join':
    case 'leave': return [actor]
    case 'setRole': return [act.account]
    default: return []
  }
}
