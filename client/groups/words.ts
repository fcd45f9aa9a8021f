/**
 * Roles and settings of groups in words, as people and scripts say them; on the wire they are numbers that may grow.
 */
import { ProtocolError } from '../../protocol/errors.ts'
import type { GroupSettings } from '../../protocol/groups/control.ts'
import { groupPolicies, groupRoles } from '../../protocol/wire/kinds.ts'
import type { GroupPolicy, GroupRole, GroupRules } from '../model.ts'

/** @returns member for what a newer version may mean */
export const roleOf = (role: number): GroupRole => role === groupRoles.owner ? 'owner' : role === groupRoles.admin ? 'admin' : 'member'
/** @throws ProtocolError MALFORMED */
export const roleNumber = (role: GroupRole): number => numberOf(groupRoles, role, 'role')

const policyOf = (policy: number): GroupPolicy => policy === groupPolicies.everyone ? 'everyone' : 'admins'
const policyNumber = (policy: GroupPolicy): number => numberOf(groupPolicies, policy, 'setting')

export const rulesOf = ({ whoMaySend, whoMayAdd, whoMayEdit }: GroupSettings): GroupRules =>
  ({ whoMaySend: policyOf(whoMaySend), whoMayAdd: policyOf(whoMayAdd), whoMayEdit: policyOf(whoMayEdit) })

/** @param before what is not named stays as there. @throws ProtocolError MALFORMED */
export const settingsOf = (rules: Partial<GroupRules>, before: GroupSettings): GroupSettings => ({
  whoMaySend: rules.whoMaySend === undefined ? before.whoMaySend : policyNumber(rules.whoMaySend),
  whoMayAdd: rules.whoMayAdd === undefined ? before.whoMayAdd : policyNumber(rules.whoMayAdd),
  whoMayEdit: rules.whoMayEdit === undefined ? before.whoMayEdit : policyNumber(rules.whoMayEdit)
})

function numberOf<Word extends string> (numbers: Readonly<Record<Word, number>>, word: Word, what: string): number {
  // Words come from command lines, too.
  if (!Object.hasOwn(numbers, word)) throw new ProtocolError('MALFORMED', { what })
  return numbers[word]
}
