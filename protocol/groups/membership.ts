/**
 * Who is in a group and what they may do, derived from the control entries of its log alone: everybody who has the same
 * prefix has the same state. Pure, without a clock; `checkControl` decides, `applyChange` does it.
 *
 * Roles: the owner (one), admins, members. Rules: docs/protocol/groups.md
 */
import { compareBytes, concat, joined, sameBytes, toHex } from '../bytes.ts'
import type { GroupConversation } from '../conversation.ts'
import type { Primitives } from '../e2ee/primitives.ts'
import { ProtocolError } from '../errors.ts'
import { accountKeyOf, type AccountId } from '../ids.ts'
import { limits } from '../limits.ts'
import { groupPolicies, groupRoles } from '../wire/kinds.ts'
import { checkJoinProof, noHead, type Control, type GroupAct, type GroupLink, type GroupProfile, type GroupSettings } from './control.ts'

export interface GroupMember {
  /** groupRoles */
  readonly role: number
  /** log position of the entry that brought them in: what came before is not for them */
  readonly sinceSeq: number
  /** epoch of the newest device list under which they have changed the group; 0: not yet */
  readonly listEpoch: number
}

export interface GroupLinkState {
  readonly link: GroupLink
  readonly uses: number
  readonly madeBy: AccountId
}

/** Changed in place by `applyChange` only. */
export interface GroupState {
  readonly conversation: GroupConversation
  /** place of the last control entry that took effect; 0 and 0 before `create` */
  epoch: number
  seq: number
  /** head of the control chain, 32 bytes; never modified, replaced */
  head: Uint8Array
  /** in the order of their coming, except for those of one entry */
  readonly members: Map<AccountId, GroupMember>
  settings: GroupSettings
  /** by the hex of the link's id; those that may still bring somebody in */
  readonly links: Map<string, GroupLinkState>
  profile?: GroupProfile
}

export interface Place { readonly epoch: number, readonly seq: number }

/** A member's row after the change. `sinceSeq` undefined: this entry brings them in. */
export interface MemberChange {
  readonly account: AccountId
  readonly role: number
  readonly sinceSeq: number | undefined
  readonly listEpoch: number
}

/** What one control entry does, as rows to write. */
export interface GroupChange {
  readonly actor: AccountId
  readonly act: GroupAct
  readonly madeAtMs: number
  /** head of the control chain after it */
  readonly head: Uint8Array
  readonly set: readonly MemberChange[]
  readonly removed: readonly AccountId[]
  readonly settings?: GroupSettings
  readonly setLinks: readonly GroupLinkState[]
  /** hex ids */
  readonly removedLinks: readonly string[]
  readonly profile?: GroupProfile
}

type Primitive = Pick<Primitives, 'sha256' | 'ed25519Verify'>

export const defaultSettings: GroupSettings = { whoMaySend: groupPolicies.everyone, whoMayAdd: groupPolicies.admins, whoMayEdit: groupPolicies.admins }

/** Before its `create`. */
export const emptyGroup = (conversation: GroupConversation): GroupState =>
  ({ conversation, epoch: 0, seq: 0, head: noHead, members: new Map(), settings: defaultSettings, links: new Map() })

export const isCreated = (state: GroupState): boolean => !sameBytes(state.head, noHead)
export const isAdmin = (state: GroupState, account: AccountId): boolean => (state.members.get(account)?.role ?? 0) >= groupRoles.admin
export const maySend = (state: GroupState, account: AccountId): boolean => allows(state, state.settings.whoMaySend, account)
/** Also whether they may make invite links. */
export const mayAdd = (state: GroupState, account: AccountId): boolean => allows(state, state.settings.whoMayAdd, account)
export const mayEdit = (state: GroupState, account: AccountId): boolean => allows(state, state.settings.whoMayEdit, account)

const allows = (state: GroupState, policy: number, account: AccountId): boolean =>
  policy === groupPolicies.everyone ? state.members.has(account) : isAdmin(state, account)

/** head' = SHA-256(head ‖ SHA-256(control bytes)). */
export const nextHead = (primitives: Pick<Primitives, 'sha256'>, head: Uint8Array, controlBytes: Uint8Array): Uint8Array =>
  primitives.sha256(concat(head, primitives.sha256(controlBytes)))

/**
 * What `control` would do to `state`. Changes nothing, costs as much as the change is large (an owner who leaves: one pass over the members).
 *
 * @param bytes those that `control` was verified from
 * @throws ProtocolError BAD_CONVERSATION, UNSUPPORTED_VERSION, NOT_A_MEMBER, ROLLED_BACK, STALE_MEMBERSHIP, NOT_ALLOWED, BAD_CONTROL,
 *         GROUP_FULL, TOO_MANY, LINK_REVOKED, EXPIRED (the link's end against `made_at_ms`; the real clock is the sequencer's)
 */
export function checkControl (primitives: Primitive, state: GroupState, control: Control, bytes: Uint8Array): GroupChange {
  const { actor, act } = control
  if (control.conversation.id !== state.conversation.id) throw new ProtocolError('BAD_CONVERSATION')
  if (act.act === 'unknown') throw new ProtocolError('UNSUPPORTED_VERSION', { what: 'group change' })
  const self = state.members.get(actor)
  // [REJECT] create and join bring their actor in, everything else is for members
  if (self === undefined && act.act !== 'create' && act.act !== 'join') throw new ProtocolError('NOT_A_MEMBER')
  // [REJECT] a device that was unlinked since, under the list that still had it
  if (self !== undefined && control.actorList.epoch < self.listEpoch) throw new ProtocolError('ROLLED_BACK', { what: 'device list' })
  // [REJECT] decided on another membership. Who joins cannot know the head; the link's key signs for that.
  const expected = act.act === 'join' ? noHead : state.head
  if (!sameBytes(control.previous, expected)) throw new ProtocolError('STALE_MEMBERSHIP')

  const effect = effectOf(primitives, state, control)
  const change: Required<Omit<GroupChange, 'settings' | 'profile'>> = {
    actor, act, madeAtMs: control.madeAtMs, head: nextHead(primitives, state.head, bytes), set: [], removed: [], setLinks: [], removedLinks: [], ...effect
  }
  // the actor's newest list is remembered with the entry that shows it
  const isStillIn = self !== undefined && !change.removed.includes(actor)
  if (!isStillIn || control.actorList.epoch === self.listEpoch || change.set.some(({ account }) => account === actor)) return change
  return { ...change, set: [...change.set, { ...self, account: actor, listEpoch: control.actorList.epoch }] }
}

type Effect = Partial<Pick<GroupChange, 'set' | 'removed' | 'settings' | 'setLinks' | 'removedLinks' | 'profile'>>

function effectOf (primitives: Primitive, state: GroupState, control: Control): Effect {
  const { actor, act } = control
  const listEpoch = control.actorList.epoch
  switch (act.act) {
    case 'create': {
      if (isCreated(state)) throw bad('created already')
      if (actor !== state.conversation.anchor) throw new ProtocolError('NOT_ALLOWED')
      checkSettings(act.settings)
      checkDistinct(act.members, actor)
      if (act.members.length + 1 > limits.groupMembers) throw full()
      return {
        set: [{ account: actor, role: groupRoles.owner, sinceSeq: undefined, listEpoch }, ...act.members.map(newMember)],
        settings: act.settings,
        ...(act.profile === undefined ? {} : { profile: act.profile })
      }
    }
    case 'add':
      need(mayAdd(state, actor))
      checkNotEmpty(act.accounts)
      checkDistinct(act.accounts, actor)
      if (act.accounts.some((account) => state.members.has(account))) throw bad('already in the group')
      if (state.members.size + act.accounts.length > limits.groupMembers) throw full()
      return { set: act.accounts.map(newMember) }
    case 'remove': {
      need(isAdmin(state, actor))
      checkNotEmpty(act.accounts)
      checkDistinct(act.accounts, actor)
      const gone = new Set(act.accounts)
      for (const account of gone) {
        const member = state.members.get(account)
        if (member === undefined) throw bad('not in the group')
        if (member.role === groupRoles.owner) throw new ProtocolError('NOT_ALLOWED', { what: 'the owner stays' })
      }
      return { removed: act.accounts, removedLinks: linksMadeBy(state, gone) }
    }
    case 'leave': {
      const heir = state.members.get(actor)?.role === groupRoles.owner ? heirOf(state, actor) : undefined
      return {
        removed: [actor],
        removedLinks: linksMadeBy(state, new Set([actor])),
        ...(heir === undefined ? {} : { set: [{ ...heir, role: groupRoles.owner }] })
      }
    }
    case 'setRole': {
      need(isAdmin(state, actor))
      if (act.account === actor) throw bad('own role')
      const member = state.members.get(act.account)
      if (member === undefined) throw bad('not in the group')
      if (member.role === act.role) throw bad('nothing changes')
      const own = state.members.get(actor)
      if (act.role === groupRoles.owner) {
        if (own?.role !== groupRoles.owner) throw new ProtocolError('NOT_ALLOWED')
        return { set: [{ ...member, account: act.account, role: groupRoles.owner }, { account: actor, role: groupRoles.admin, sinceSeq: own.sinceSeq, listEpoch }] }
      }
      if (act.role !== groupRoles.admin && act.role !== groupRoles.member) throw bad('role')
      if (member.role === groupRoles.owner) throw new ProtocolError('NOT_ALLOWED', { what: 'the owner stays' })
      return { set: [{ ...member, account: act.account, role: act.role }] }
    }
    case 'settings':
      need(isAdmin(state, actor))
      checkSettings(act.settings)
      if (sameSettings(act.settings, state.settings)) throw bad('nothing changes')
      return { settings: act.settings }
    case 'link':
      need(mayAdd(state, actor))
      if (state.links.has(toHex(act.link.id))) throw bad('link id')
      if (state.links.size >= limits.groupLinks) throw new ProtocolError('TOO_MANY', { max: limits.groupLinks, what: 'invite links' })
      return { setLinks: [{ link: act.link, uses: 0, madeBy: actor }] }
    case 'revoke': {
      const link = state.links.get(toHex(act.link))
      need(isAdmin(state, actor) || link?.madeBy === actor)
      if (link === undefined) throw new ProtocolError('LINK_REVOKED')
      return { removedLinks: [toHex(act.link)] }
    }
    case 'join': {
      const id = toHex(act.link)
      const found = state.links.get(id)
      // [REJECT] unknown, revoked, used up; or its maker has no say any more
      if (found === undefined || !mayAdd(state, found.madeBy)) throw new ProtocolError('LINK_REVOKED')
      if (!checkJoinProof(primitives, found.link.publicKey, state.conversation, actor, act.proof)) throw new ProtocolError('BAD_SIGNATURE', { what: 'join' })
      if (found.link.expiresAtMs !== 0 && control.madeAtMs >= found.link.expiresAtMs) throw new ProtocolError('EXPIRED', { what: 'invite link' })
      if (state.members.has(actor)) throw bad('already in the group')
      if (state.members.size >= limits.groupMembers) throw full()
      const used = { ...found, uses: found.uses + 1 }
      const isUsedUp = used.link.maxUses !== 0 && used.uses >= used.link.maxUses
      return { set: [{ account: actor, role: groupRoles.member, sinceSeq: undefined, listEpoch }], ...(isUsedUp ? { removedLinks: [id] } : { setLinks: [used] }) }
    }
    case 'profile':
      need(mayEdit(state, actor))
      return { profile: act.profile }
    case 'unknown': throw new ProtocolError('UNSUPPORTED_VERSION', { what: 'group change' })
  }
}

/** The row of a changed member once the entry has its place. */
export const placedMember = ({ role, sinceSeq, listEpoch }: MemberChange, place: Place): GroupMember => ({ role, sinceSeq: sinceSeq ?? place.seq, listEpoch })

/** In place; cannot fail. `change` is what `checkControl` gave for this very state. */
export function applyChange (state: GroupState, change: GroupChange, place: Place): void {
  state.epoch = place.epoch
  state.seq = place.seq
  state.head = change.head
  for (const account of change.removed) state.members.delete(account)
  for (const one of change.set) state.members.set(one.account, placedMember(one, place))
  for (const id of change.removedLinks) state.links.delete(id)
  for (const link of change.setLinks) state.links.set(toHex(link.link.id), link)
  if (change.settings !== undefined) state.settings = change.settings
  if (change.profile !== undefined) state.profile = change.profile
}

/** Sorting a thousand keys takes a millisecond, and every message asks. */
const hashes = new WeakMap<GroupState, { head: Uint8Array, hash: Uint8Array }>()

/** SHA-256(head ‖ for each member, lowest key first: account key 32 ‖ role 1). What two people compare. Not to be modified. */
export function membershipHash (primitives: Pick<Primitives, 'sha256'>, state: GroupState): Uint8Array {
  const known = hashes.get(state)
  if (known?.head === state.head) return known.hash
  const rows = Array.from(state.members, ([account, { role }]) => concat(accountKeyOf(account), Uint8Array.of(role))).sort(compareBytes)
  const hash = primitives.sha256(joined([state.head, ...rows], state.head.byteLength + rows.length * 33))
  hashes.set(state, { head: state.head, hash })
  return hash
}

const newMember = (account: AccountId): MemberChange => ({ account, role: groupRoles.member, sinceSeq: undefined, listEpoch: 0 })

/** The admin, else the member, who has been there longest; of several, the one with the lowest account key. */
function heirOf (state: GroupState, owner: AccountId): (GroupMember & { account: AccountId }) | undefined {
  let heir: (GroupMember & { account: AccountId }) | undefined
  for (const [account, member] of state.members) {
    if (account === owner) continue
    const isBefore = heir === undefined || member.role > heir.role ||
      (member.role === heir.role && (member.sinceSeq < heir.sinceSeq || (member.sinceSeq === heir.sinceSeq && compareBytes(accountKeyOf(account), accountKeyOf(heir.account)) < 0)))
    if (isBefore) heir = { ...member, account }
  }
  return heir
}

const linksMadeBy = (state: GroupState, makers: ReadonlySet<AccountId>): string[] => [...state.links].filter(([, { madeBy }]) => makers.has(madeBy)).map(([id]) => id)

const isPolicy = (value: number): boolean => value === groupPolicies.everyone || value === groupPolicies.admins
function checkSettings ({ whoMaySend, whoMayAdd, whoMayEdit }: GroupSettings): void {
  if (!isPolicy(whoMaySend) || !isPolicy(whoMayAdd) || !isPolicy(whoMayEdit)) throw bad('settings')
}
const sameSettings = (a: GroupSettings, b: GroupSettings): boolean => a.whoMaySend === b.whoMaySend && a.whoMayAdd === b.whoMayAdd && a.whoMayEdit === b.whoMayEdit

function checkNotEmpty (accounts: readonly AccountId[]): void {
  if (accounts.length === 0) throw bad('nobody named')
}
function checkDistinct (accounts: readonly AccountId[], actor: AccountId): void {
  if (new Set(accounts).size !== accounts.length) throw bad('somebody named twice')
  if (accounts.includes(actor)) throw bad('the actor named')
}
function need (isAllowed: boolean): void {
  if (!isAllowed) throw new ProtocolError('NOT_ALLOWED')
}
const bad = (what: string): ProtocolError => new ProtocolError('BAD_CONTROL', { what })
const full = (): ProtocolError => new ProtocolError('GROUP_FULL', { max: limits.groupMembers })
