/**
 * How groups, their changes and receipts are written for people and for scripts.
 */
import type { ClientEvents } from '../client/client.ts'
import type { ClientLike, GroupInfo } from './context.ts'
import { printable, printableName, type NameOf } from './describe-messages.ts'
import { groupName, shortGroupId } from './names.ts'

export type GroupChange = ClientEvents['group']
export type StuckGroup = ClientEvents['stuck']
export type GroupReceipt = Awaited<ReturnType<ClientLike['groups']['receiptsOf']>>[number]

export const groupJson = (group: GroupInfo, nameOf: NameOf): Record<string, unknown> => ({
  group: group.chat,
  name: group.name,
  description: group.description,
  iconBytes: group.icon.byteLength,
  isMember: group.isMember,
  isPending: group.isPending,
  role: group.role ?? null,
  members: group.members.map(({ account, role }) => ({ account, name: nameOf(account), role })),
  settings: group.settings,
  links: group.links.map(({ id, expiresAtMs, maxUses, uses, madeBy }) => ({ id, expiresAt: expiresAtMs === 0 ? null : new Date(expiresAtMs).toISOString(), maxUses: maxUses === 0 ? null : maxUses, uses, madeBy })),
  seq: group.seq,
  head: group.head,
  anchor: group.anchor,
  stuckSince: group.stuckSinceMs === undefined ? null : new Date(group.stuckSinceMs).toISOString()
})

const standing = (group: GroupInfo): string => group.isPending ? 'not in effect yet' : group.isMember ? group.role ?? 'member' : 'not a member'

export function groupRow (group: GroupInfo): string {
  return `${printableName(groupName(group.name, group.chat))}  ${group.members.length} ${group.members.length === 1 ? 'member' : 'members'}  ${standing(group)}  ${shortGroupId(group.chat)}`
}

/** Members that are named one by one; the rest is a number. `--json` has all. */
const maxMembersShown = 50

export function groupLines (group: GroupInfo, nameOf: NameOf, nowMs: number): string[] {
  const members = [...group.members].sort((a, b) => rank(a.role) - rank(b.role) || nameOf(a.account).localeCompare(nameOf(b.account)))
  const { whoMaySend, whoMayAdd, whoMayEdit } = group.settings
  return [
    printableName(groupName(group.name, group.chat)),
    ...(group.description === '' ? [] : printable(group.description).split('\n').map((line) => `  ${line}`)),
    `Id        ${group.chat}`,
    `You       ${standing(group)}`,
    `Settings  send: ${whoMaySend}, add people: ${whoMayAdd}, change name and icon: ${whoMayEdit}`,
    ...(!group.isReanchored && group.stuckSinceMs === undefined ? [] : [`Numbers   given by ${relayOf(nameOf(group.anchor))}${group.stuckSinceMs === undefined ? '' : `, which has not answered since ${new Date(group.stuckSinceMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`}`]),
    ...(group.icon.byteLength === 0 ? [] : [`Icon      ${group.icon.byteLength} bytes`]),
    `Members   ${members.length}`,
    ...members.slice(0, maxMembersShown).map(({ account, role }) => `  ${printableName(nameOf(account))}${role === 'member' ? '' : `  ${role}`}`),
    ...(members.length > maxMembersShown ? [`  … and ${members.length - maxMembersShown} more`] : []),
    ...(group.links.length === 0 ? [] : ['Invite links']),
    ...group.links.map(({ id, expiresAtMs, maxUses, uses, madeBy }) => `  ${id.slice(0, 8)}  used ${uses}${maxUses === 0 ? '' : ` of ${maxUses}`}  ${expiresAtMs === 0 ? 'does not expire' : expiresAtMs <= nowMs ? 'expired' : `until ${new Date(expiresAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`}  by ${printableName(nameOf(madeBy))}`)
  ]
}

const rank = (role: string): number => role === 'owner' ? 0 : role === 'admin' ? 1 : 2

const maxNamed = 5
function list (accounts: GroupChange['accounts'], nameOf: NameOf): string {
  const names = accounts.slice(0, maxNamed).map((account) => printableName(nameOf(account)))
  return names.join(', ') + (accounts.length > maxNamed ? ` and ${accounts.length - maxNamed} more` : '')
}

/** @param name of an account, as others read it */
export const relayOf = (name: string): string => name === 'you' ? 'your relay' : `the relay of ${printableName(name)}`

/** The same in one line of a chat. */
export function stuckNotice ({ name, chat, anchor, mayReanchor }: StuckGroup, nameOf: NameOf): string {
  return `${printableName(groupName(name, chat))} waits for ${relayOf(nameOf(anchor))}. Gone for good? ${mayReanchor ? '/group reanchor' : 'An admin can /group reanchor it.'}`
}

/** What to do about a group whose relay does not answer. */
export function stuckText ({ name, chat, anchor, mayReanchor }: StuckGroup, nameOf: NameOf): string {
  const group = printableName(groupName(name, chat))
  return `What is written in ${group} waits: ${relayOf(nameOf(anchor))}, which gives its numbers, does not answer. It goes on by itself when that relay is back. ` +
    (mayReanchor ? `If it is gone for good: heliograph group reanchor "${group}"` : 'If it is gone for good, an admin can re-anchor the group.')
}

/** A change as a sentence: `Ann added Bob`. */
export function groupChangeText (change: GroupChange, nameOf: NameOf): string {
  const actor = change.actor === undefined ? 'Somebody' : capital(printableName(nameOf(change.actor)))
  const whom = list(change.accounts, nameOf)
  switch (change.what) {
    case 'create': return `${actor} made the group`
    case 'add': return `${actor} added ${whom}`
    case 'remove': return `${actor} removed ${whom}`
    case 'leave': return `${actor} left`
    case 'join': return `${actor} joined by an invite link`
    case 'setRole': return change.role === 'owner' ? `${actor} handed the group over to ${whom}` : change.role === 'admin' ? `${actor} made ${whom} an admin` : `${actor} made ${whom} a member`
    case 'settings': return `${actor} changed who may do what`
    case 'link': return `${actor} made an invite link`
    case 'revoke': return `${actor} revoked an invite link`
    case 'profile': return `${actor} changed name, description or icon`
    case 'joined': return 'You are in the group'
    case 'unknown': return `${actor} changed something that this version does not know`
  }
}

const capital = (text: string): string => text === 'you' ? 'You' : text

export const groupChangeJson = (change: GroupChange, nameOf: NameOf): Record<string, unknown> => ({
  group: change.chat, name: change.name, what: change.what, actor: change.actor ?? null, accounts: change.accounts, ...(change.role === undefined ? {} : { role: change.role }), isMember: change.isMember, seq: change.seq, text: groupChangeText(change, nameOf)
})

/** `read by 2, delivered to 1, sent to 1`, and who. */
export function receiptLines (receipts: readonly GroupReceipt[], nameOf: NameOf): string[] {
  if (receipts.length === 0) return ['Nobody else has it yet, as far as is known.']
  return (['read', 'delivered', 'sent'] as const).flatMap((state) => {
    const accounts = receipts.filter((one) => one.state === state).map(({ account }) => printableName(nameOf(account))).sort()
    if (accounts.length === 0) return []
    const what = { read: 'Read by', delivered: 'Delivered to', sent: 'Not delivered yet to' }[state]
    return [`${what} ${accounts.length}: ${accounts.slice(0, maxMembersShown).join(', ')}${accounts.length > maxMembersShown ? ' …' : ''}`]
  })
}
