/**
 * A group's state as rows of the store's `group` table: one for its head, one for each member, link and relay that goes.
 *
 * | key                    | value, big-endian                                                                     | kept until |
 * | ---------------------- | ------------------------------------------------------------------------------------- | ---------- |
 * | `<group>/`             | version u8, epoch u32, seq u48, head 32, who may send, add, edit u8 each, members u16, links u8 | for ever |
 * | `<group>/m<account>`   | role u8, since u48, list epoch u32, through u48 (0: a member; else the entry that removed them) | removal; of local accounts until their devices have that entry |
 * | `<group>/l<link id>`   | public key 32, expires f64 ms, max uses u32, uses u32, made by (text)                  | revoked or used up |
 * | `<group>/p`            | key id 8, sealed profile                                                               | the next one |
 * | `<group>/r<relay>`     | u48: the entry after which that relay needs no more                                    | it has that entry |
 *
 * The head counts members and links: a row that was lost on the disk is noticed.
 */
import { concat, fromUtf8, toHex, utf8 } from '../../protocol/bytes.ts'
import type { GroupConversation } from '../../protocol/conversation.ts'
import { linkIdBytes, profileKeyIdBytes, headBytes, type GroupProfile } from '../../protocol/groups/control.ts'
import { emptyGroup, type GroupLinkState, type GroupMember, type GroupState } from '../../protocol/groups/membership.ts'
import { keyBytes, type AccountId, type RelayId } from '../../protocol/ids.ts'
import type { Write } from '../store/store.ts'

/** What somebody may see of a log: from its entry `first` to its entry `last`. */
export interface Span { readonly first: number, readonly last: number }

export interface GroupRows {
  readonly state: GroupState
  /** Accounts that were members and may still take entries. */
  readonly leaving: Map<AccountId, Span>
  /** Relays that are home to nobody in it any more, and the entry that each still needs. */
  readonly retiring: Map<RelayId, number>
  /** Not all rows are there that the head counts. */
  readonly isDamaged: boolean
}

const version = 1
const headRowBytes = 1 + 4 + 6 + headBytes + 3 + 2 + 1
const memberRowBytes = 1 + 6 + 4 + 6
const linkRowBytes = keyBytes + 8 + 4 + 4

const keyOf = ({ id }: GroupConversation, rest: string): string => `${id}/${rest}`
export const rowsOf = (group: GroupConversation): string => keyOf(group, '')

const put = (key: string, value: Uint8Array): Write => ({ op: 'put', table: 'group', key, value })
const drop = (key: string): Write => ({ op: 'delete', table: 'group', key })

export function headRow ({ conversation, epoch, seq, head, settings, members, links }: GroupState): Write {
  const value = Buffer.allocUnsafe(headRowBytes)
  value[0] = version
  value.writeUInt32BE(epoch, 1)
  value.writeUIntBE(seq, 5, 6)
  value.set(head, 11)
  let at = 11 + headBytes
  for (const policy of [settings.whoMaySend, settings.whoMayAdd, settings.whoMayEdit]) value[at++] = policy
  value.writeUInt16BE(members.size, at)
  value[at + 2] = links.size
  return put(rowsOf(conversation), value)
}

/** @param through 0: a member */
export function memberRow (group: GroupConversation, account: AccountId, { role, sinceSeq, listEpoch }: GroupMember, through = 0): Write {
  const value = Buffer.allocUnsafe(memberRowBytes)
  value[0] = role
  value.writeUIntBE(sinceSeq, 1, 6)
  value.writeUInt32BE(listEpoch, 7)
  value.writeUIntBE(through, 11, 6)
  return put(keyOf(group, `m${account}`), value)
}
/** The account of a member's row; undefined: another row. */
export function memberOfKey (key: string): AccountId | undefined {
  const slash = key.indexOf('/')
  return key[slash + 1] === 'm' ? key.slice(slash + 2) as AccountId : undefined
}
export const dropMemberRow = (group: GroupConversation, account: AccountId): Write => drop(keyOf(group, `m${account}`))

export function linkRow (group: GroupConversation, { link, uses, madeBy }: GroupLinkState): Write {
  const value = Buffer.allocUnsafe(linkRowBytes)
  value.set(link.publicKey, 0)
  value.writeDoubleBE(link.expiresAtMs, keyBytes)
  value.writeUInt32BE(link.maxUses, keyBytes + 8)
  value.writeUInt32BE(uses, keyBytes + 12)
  return put(keyOf(group, `l${toHex(link.id)}`), concat(value, utf8(madeBy)))
}
/** @param id hex */
export const dropLinkRow = (group: GroupConversation, id: string): Write => drop(keyOf(group, `l${id}`))

export const profileRow = (group: GroupConversation, { keyId, sealed }: GroupProfile): Write => put(keyOf(group, 'p'), concat(keyId, sealed))

export function retiringRow (group: GroupConversation, relay: RelayId, throughSeq: number): Write {
  const value = Buffer.allocUnsafe(6)
  value.writeUIntBE(throughSeq, 0, 6)
  return put(keyOf(group, `r${relay}`), value)
}
export const dropRetiringRow = (group: GroupConversation, relay: RelayId): Write => drop(keyOf(group, `r${relay}`))

/** All rows of a state that comes as a whole. */
export function stateRows (state: GroupState): Write[] {
  const { conversation } = state
  return [
    headRow(state),
    ...Array.from(state.members, ([account, member]) => memberRow(conversation, account, member)),
    ...Array.from(state.links.values(), (link) => linkRow(conversation, link)),
    ...(state.profile === undefined ? [] : [profileRow(conversation, state.profile)])
  ]
}

/** Rows of a group as the store gives them: no copies, `value` is the row's own. */
export async function readRows (group: GroupConversation, rows: AsyncIterable<{ key: string, value: Uint8Array }>): Promise<GroupRows> {
  const state = emptyGroup(group)
  const leaving = new Map<AccountId, Span>()
  const retiring = new Map<RelayId, number>()
  const from = rowsOf(group).length
  let counted: { members: number, links: number } | undefined
  for await (const { key, value: bytes } of rows) {
    const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    // A copy: a slice would keep the whole key in memory, three times as long.
    const name = Buffer.from(key.slice(from + 1)).toString()
    switch (key[from]) {
      case undefined: counted = readHead(state, value); break
      case 'm': readMember(state, leaving, name as AccountId, value); break
      case 'l': readLink(state, name, value); break
      case 'p': state.profile = { keyId: new Uint8Array(value.subarray(0, profileKeyIdBytes)), sealed: new Uint8Array(value.subarray(profileKeyIdBytes)) }; break
      case 'r': retiring.set(name as RelayId, value.readUIntBE(0, 6)); break
      default: // of a newer release
    }
  }
  const isDamaged = counted === undefined ? state.members.size > 0 : counted.members !== state.members.size || counted.links !== state.links.size
  return { state, leaving, retiring, isDamaged }
}

function readHead (state: GroupState, value: Buffer): { members: number, links: number } {
  const at = 11 + headBytes
  state.epoch = value.readUInt32BE(1)
  state.seq = value.readUIntBE(5, 6)
  state.head = new Uint8Array(value.subarray(11, at))
  state.settings = { whoMaySend: value[at]!, whoMayAdd: value[at + 1]!, whoMayEdit: value[at + 2]! }
  return { members: value.readUInt16BE(at + 3), links: value[at + 5]! }
}

function readMember (state: GroupState, leaving: Map<AccountId, Span>, account: AccountId, value: Buffer): void {
  const [role, sinceSeq, listEpoch, through] = [value[0]!, value.readUIntBE(1, 6), value.readUInt32BE(7), value.readUIntBE(11, 6)]
  if (through === 0) state.members.set(account, { role, sinceSeq, listEpoch })
  else leaving.set(account, { first: sinceSeq, last: through })
}

function readLink (state: GroupState, id: string, value: Buffer): void {
  state.links.set(id, {
    link: {
      id: new Uint8Array(Buffer.from(id, 'hex').subarray(0, linkIdBytes)),
      publicKey: new Uint8Array(value.subarray(0, keyBytes)),
      expiresAtMs: value.readDoubleBE(keyBytes),
      maxUses: value.readUInt32BE(keyBytes + 8)
    },
    uses: value.readUInt32BE(keyBytes + 12),
    madeBy: fromUtf8(value.subarray(linkRowBytes)) as AccountId
  })
}
