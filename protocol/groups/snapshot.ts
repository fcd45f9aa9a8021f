/**
 * A group's state as bytes: for a relay that joins late, a device that wants to compare, and a Welcome.
 * Unsigned: who gives it could lie, so a reader compares `membershipHash` with what members' messages carry.
 */
import { toHex } from '../bytes.ts'
import { conversationFromBytes } from '../conversation.ts'
import { ProtocolError } from '../errors.ts'
import { accountIdFromBytes, accountIdToBytes, type AccountId } from '../ids.ts'
import { limits } from '../limits.ts'
import { decode, encode } from '../wire/codec.ts'
import { GroupSnapshot } from '../wire/gen/group.js'
import { groupPolicies, groupRoles } from '../wire/kinds.ts'
import { headBytes, linkFromWire, profileFromWire, settingsFromWire } from './control.ts'
import type { GroupLinkState, GroupMember, GroupState } from './membership.ts'

/** @returns at most limits.groupSnapshotBytes */
export const snapshotOf = (state: GroupState): Uint8Array => encode(GroupSnapshot, snapshotToWire(state))

/** For methods whose reply is a GroupSnapshot. */
export const snapshotToWire = (state: GroupState): GroupSnapshot => ({
  conversation: state.conversation.bytes,
  epoch: state.epoch,
  seq: state.seq,
  head: state.head,
  settings: state.settings,
  members: Array.from(state.members, ([account, member]) => ({ account: accountIdToBytes(account), ...member })),
  links: Array.from(state.links.values(), ({ link, uses, madeBy }) => ({ link, uses, madeBy: accountIdToBytes(madeBy) })),
  ...(state.profile === undefined ? {} : { profile: state.profile })
})

/** @throws ProtocolError TOO_LARGE, MALFORMED, BAD_CONVERSATION */
export function stateFromSnapshot (bytes: Uint8Array): GroupState {
  // [REJECT] bounded before it is parsed
  if (bytes.byteLength > limits.groupSnapshotBytes) throw new ProtocolError('TOO_LARGE', { max: limits.groupSnapshotBytes, what: 'group snapshot' })
  return stateFromWire(decode(GroupSnapshot, bytes))
}

/** Nothing in the result is a view. @throws ProtocolError TOO_LARGE, MALFORMED, BAD_CONVERSATION */
export function stateFromWire (wire: GroupSnapshot): GroupState {
  const conversation = conversationFromBytes(wire.conversation)
  if (conversation.kind !== 'group') throw new ProtocolError('BAD_CONVERSATION')
  const settings = settingsFromWire(wire.settings)
  const policies: number[] = Object.values(groupPolicies)
  const isKnown = [settings.whoMaySend, settings.whoMayAdd, settings.whoMayEdit].every((policy) => policies.includes(policy))
  if (!Number.isSafeInteger(wire.seq) || wire.seq < 1 || wire.epoch < 1 || wire.head.byteLength !== headBytes || !isKnown) throw malformed()
  const members = new Map<AccountId, GroupMember>()
  let owners = 0
  for (const { account, role, sinceSeq, listEpoch } of wire.members) {
    if (role < groupRoles.member || role > groupRoles.owner || !Number.isSafeInteger(sinceSeq) || sinceSeq < 1 || sinceSeq > wire.seq) throw malformed()
    if (role === groupRoles.owner) owners++
    members.set(accountIdFromBytes(account), { role, sinceSeq, listEpoch })
  }
  // [REJECT] somebody twice; no owner or two. A group that everybody has left has nobody.
  if (members.size !== wire.members.length || owners !== Math.min(1, members.size)) throw malformed()
  const links = new Map<string, GroupLinkState>()
  for (const one of wire.links) {
    const link = linkFromWire(one.link)
    if (link.maxUses !== 0 && one.uses >= link.maxUses) throw malformed()
    links.set(toHex(link.id), { link, uses: one.uses, madeBy: accountIdFromBytes(one.madeBy) })
  }
  if (links.size !== wire.links.length) throw malformed()
  return {
    conversation, epoch: wire.epoch, seq: wire.seq, head: new Uint8Array(wire.head), members, settings, links,
    ...(wire.profile === undefined ? {} : { profile: profileFromWire(wire.profile) })
  }
}

const malformed = (): ProtocolError => new ProtocolError('MALFORMED', { what: 'group snapshot' })
