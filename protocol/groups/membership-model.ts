/**
 * The rules of groups once more, as plainly as possible and independent of membership.ts, for its property test: whole lists
 * are copied, nothing is clever. Follows docs/protocol/groups.md, §2.
 */
import type { ErrorCode } from '../errors.ts'
import type { AccountId } from '../ids.ts'
import type { GroupAct, GroupSettings } from './control.ts'

export interface ModelMember { account: AccountId, role: 'member' | 'admin' | 'owner', since: number, listEpoch: number }
export interface ModelLink { id: string, madeBy: AccountId, uses: number, maxUses: number, expiresAtMs: number }
export interface Model { seq: number, members: ModelMember[], settings: GroupSettings, links: ModelLink[], profile: string }

export interface ModelAct {
  actor: AccountId
  listEpoch: number
  act: GroupAct
  madeAtMs: number
  isStale: boolean
  /** whether the proof of a join is by the link's key */
  isProven: boolean
}

const roleNames = ['', 'member', 'admin', 'owner'] as const
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

export const emptyModel = (): Model => ({ seq: 0, members: [], settings: { whoMaySend: 1, whoMayAdd: 2, whoMayEdit: 2 }, links: [], profile: '' })

/** The next model, or why not. @param compareKeys order of account keys */
export function modelStep (model: Model, step: ModelAct, compareKeys: (a: AccountId, b: AccountId) => number, maxMembers: number): Model | ErrorCode {
  const { actor, act } = step
  const me = model.members.find((member) => member.account === actor)
  const has = (account: AccountId): boolean => model.members.some((member) => member.account === account)
  const isAdmin = (account: AccountId): boolean => model.members.some((member) => member.account === account && member.role !== 'member')
  const mayAdd = (account: AccountId): boolean => model.settings.whoMayAdd === 1 ? has(account) : isAdmin(account)
  const seq = model.seq + 1
  const came = (account: AccountId, role: ModelMember['role'], listEpoch: number): ModelMember => ({ account, role, since: seq, listEpoch })
  const next = (changes: Partial<Model>): Model => {
    const after = { ...model, seq, ...changes }
    return { ...after, members: after.members.map((member) => member.account === actor && member.listEpoch !== step.listEpoch ? { ...member, listEpoch: step.listEpoch } : member) }
  }
  const twice = (accounts: readonly AccountId[]): boolean => accounts.some((account, at) => accounts.indexOf(account) !== at)
  const withoutLinksOf = (gone: readonly AccountId[]): ModelLink[] => model.links.filter((link) => !gone.includes(link.madeBy))

  if (act.act === 'unknown') return 'UNSUPPORTED_VERSION'
  if (me === undefined && act.act !== 'create' && act.act !== 'join') return 'NOT_A_MEMBER'
  if (me !== undefined && step.listEpoch < me.listEpoch) return 'ROLLED_BACK'
  if (step.isStale) return 'STALE_MEMBERSHIP'
  switch (act.act) {
    case 'create': return 'BAD_CONTROL' // the walk begins after it
    case 'add':
      if (!mayAdd(actor)) return 'NOT_ALLOWED'
      if (act.accounts.length === 0 || twice(act.accounts) || act.accounts.some(has)) return 'BAD_CONTROL'
      if (model.members.length + act.accounts.length > maxMembers) return 'GROUP_FULL'
      return next({ members: [...model.members, ...act.accounts.map((account) => came(account, 'member', 0))] })
    case 'remove':
      if (!isAdmin(actor)) return 'NOT_ALLOWED'
      if (act.accounts.length === 0 || twice(act.accounts) || act.accounts.includes(actor)) return 'BAD_CONTROL'
      for (const account of act.accounts) {
        const member = model.members.find((one) => one.account === account)
        if (member === undefined) return 'BAD_CONTROL'
        if (member.role === 'owner') return 'NOT_ALLOWED'
      }
      return next({ members: model.members.filter((member) => !act.accounts.includes(member.account)), links: withoutLinksOf(act.accounts) })
    case 'leave': {
      let members = model.members.filter((member) => member.account !== actor)
      if (me?.role === 'owner' && members.length > 0) {
        const admins = members.filter((member) => member.role === 'admin')
        const [heir] = (admins.length > 0 ? admins : members).sort((a, b) => a.since - b.since || compareKeys(a.account, b.account))
        members = members.map((member) => member === heir ? { ...member, role: 'owner' } : member)
      }
      return next({ members, links: withoutLinksOf([actor]) })
    }
    case 'setRole': {
      if (!isAdmin(actor)) return 'NOT_ALLOWED'
      const member = model.members.find((one) => one.account === act.account)
      const role = roleNames[act.role]
      if (act.account === actor || member === undefined || member.role === role) return 'BAD_CONTROL'
      if (role === 'owner') {
        if (me?.role !== 'owner') return 'NOT_ALLOWED'
        return next({ members: model.members.map((one) => one === member ? { ...one, role: 'owner' } : one === me ? { ...one, role: 'admin' } : one) })
      }
      if (role !== 'admin' && role !== 'member') return 'BAD_CONTROL'
      if (member.role === 'owner') return 'NOT_ALLOWED'
      return next({ members: model.members.map((one) => one === member ? { ...one, role } : one) })
    }
    case 'settings': {
      if (!isAdmin(actor)) return 'NOT_ALLOWED'
      const values = [act.settings.whoMaySend, act.settings.whoMayAdd, act.settings.whoMayEdit]
      if (values.some((value) => value !== 1 && value !== 2)) return 'BAD_CONTROL'
      if (JSON.stringify(values) === JSON.stringify([model.settings.whoMaySend, model.settings.whoMayAdd, model.settings.whoMayEdit])) return 'BAD_CONTROL'
      return next({ settings: act.settings })
    }
    case 'link':
      if (!mayAdd(actor)) return 'NOT_ALLOWED'
      if (model.links.some((link) => link.id === hex(act.link.id))) return 'BAD_CONTROL'
      if (model.links.length >= 32) return 'TOO_MANY'
      return next({ links: [...model.links, { id: hex(act.link.id), madeBy: actor, uses: 0, maxUses: act.link.maxUses, expiresAtMs: act.link.expiresAtMs }] })
    case 'revoke': {
      const link = model.links.find((one) => one.id === hex(act.link))
      if (!isAdmin(actor) && link?.madeBy !== actor) return 'NOT_ALLOWED'
      return link === undefined ? 'LINK_REVOKED' : next({ links: model.links.filter((one) => one !== link) })
    }
    case 'join': {
      const link = model.links.find((one) => one.id === hex(act.link))
      if (link === undefined || !mayAdd(link.madeBy)) return 'LINK_REVOKED'
      if (!step.isProven) return 'BAD_SIGNATURE'
      if (link.expiresAtMs > 0 && step.madeAtMs >= link.expiresAtMs) return 'EXPIRED'
      if (has(actor)) return 'BAD_CONTROL'
      if (model.members.length >= maxMembers) return 'GROUP_FULL'
      const links = model.links.map((one) => one === link ? { ...one, uses: one.uses + 1 } : one).filter((one) => one.maxUses === 0 || one.uses < one.maxUses)
      return next({ members: [...model.members, came(actor, 'member', step.listEpoch)], links })
    }
    case 'profile':
      if (model.settings.whoMayEdit === 1 ? !has(actor) : !isAdmin(actor)) return 'NOT_ALLOWED'
      return next({ profile: hex(act.profile.sealed) })
  }
}
