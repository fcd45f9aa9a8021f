/**
 * Who anchors a group from now on: signed by an admin when the relay of whoever anchored it so far is gone. Checked by
 * members' homes and devices against the membership that they hold, before they follow it.
 *
 * Owns: form and signatures, who may, which of two records counts, and the epochs of the log that follow from it. Pure.
 * Spec: docs/protocol/groups.md §13
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { compareBytes, sameBytes } from '../bytes.ts'
import { conversationFromBytes, type Conversation, type GroupConversation } from '../conversation.ts'
import { ProtocolError } from '../errors.ts'
import { accountIdFromBytes, accountIdToBytes, accountKeyOf, deviceIdOfKey, deviceKeyOf, type AccountId, type DeviceId } from '../ids.ts'
import { limits } from '../limits.ts'
import { verifyDeviceList, type SignedDeviceList } from '../records/device-list.ts'
import { checkSigned, contexts, readSigned, signRecord, type Signing } from '../records/signed.ts'
import { decode, encode } from '../wire/codec.ts'
import { GroupAnchor as WireAnchor } from '../wire/gen/group.js'
import { Signed } from '../wire/gen/records.js'
import { wireVersion } from '../wire/kinds.ts'
import { headBytes } from './control.ts'
import { isAdmin, type GroupState, type Place } from './membership.ts'

/** Of 32 bits of a log's epoch: how often the group was re-anchored 8, who did it 14, moves of the anchor since 10. */
const anchorEpochAt = 2 ** 24
const tieAt = 2 ** 10
const maxTie = 2 ** 14 - 1
const maxMoves = tieAt - 1
export const maxAnchorEpoch = 255

export interface GroupAnchor {
  readonly conversation: GroupConversation
  /** How often the group was re-anchored, this time included: 1 to `maxAnchorEpoch`. */
  readonly epoch: number
  /** Its primary home sequences the log. */
  readonly anchor: AccountId
  /** Epoch of that account's home record when this was signed. */
  readonly homeEpoch: number
  readonly admin: AccountId
  /** In `adminList`. */
  readonly device: DeviceId
  readonly adminList: SignedDeviceList
  /** Of the last control entry in the membership that the admin saw. */
  readonly place: Place
  /** Head of the control chain there, 32 bytes. */
  readonly head: Uint8Array
  /** The admin's clock. */
  readonly madeAtMs: number
}

/** A checked record, and the bytes that were signed: they travel as they are. */
export interface SignedGroupAnchor extends GroupAnchor { readonly bytes: Uint8Array }

export interface AnchorToSign extends Omit<GroupAnchor, 'adminList'> {
  /** Encoded Signed DeviceList of the admin. */
  readonly deviceList: Uint8Array
}

/** @param deviceSeed 32-byte Ed25519 seed of the acting device's transport key. @throws ProtocolError TOO_LARGE, MALFORMED: nobody would take it */
export function signGroupAnchor (signing: Signing, anchor: AnchorToSign, deviceSeed: Uint8Array): SignedGroupAnchor {
  const body = encode(WireAnchor, {
    version: wireVersion,
    conversation: anchor.conversation.bytes,
    epoch: anchor.epoch,
    anchor: accountIdToBytes(anchor.anchor),
    homeEpoch: anchor.homeEpoch,
    admin: accountIdToBytes(anchor.admin),
    device: deviceKeyOf(anchor.device),
    deviceList: anchor.deviceList,
    logEpoch: anchor.place.epoch,
    seq: anchor.place.seq,
    head: anchor.head,
    madeAtMs: anchor.madeAtMs
  })
  return verifyGroupAnchor(signing, signRecord(signing, contexts.groupAnchor, body, deviceSeed))
}

/**
 * Read and check a record of any origin; nothing in the result is a view into `bytes`. Says nothing of who may: `checkAnchor`.
 * @throws ProtocolError TOO_LARGE, MALFORMED, UNSUPPORTED_VERSION, BAD_CONVERSATION, UNKNOWN_DEVICE, BAD_SIGNATURE
 */
export function verifyGroupAnchor (signing: Signing, given: Uint8Array): SignedGroupAnchor {
  // [REJECT] bounded before it is parsed
  const signed = readSigned(given, limits.groupAnchorBytes)
  // [REJECT] two forms of one record would be two records
  if (!sameBytes(encode(Signed, signed), given)) throw malformed()
  const bytes = new Uint8Array(given)
  const wire = decode(WireAnchor, signed.body)
  if (wire.version !== wireVersion) throw new ProtocolError('UNSUPPORTED_VERSION')
  const conversation = conversationFromBytes(wire.conversation)
  if (conversation.kind !== 'group') throw new ProtocolError('BAD_CONVERSATION')
  // [REJECT] no group has such a place or epoch
  if (wire.epoch < 1 || wire.epoch > maxAnchorEpoch || wire.homeEpoch < 1 || wire.logEpoch < 1 || !Number.isSafeInteger(wire.seq) || wire.seq < 1 ||
    wire.head.byteLength !== headBytes || !Number.isSafeInteger(wire.madeAtMs)) throw malformed()
  const admin = accountIdFromBytes(wire.admin)
  const device = deviceIdOfKey(wire.device)
  const adminList = verifyDeviceList(signing, new Uint8Array(wire.deviceList))
  // [REJECT] a device that its account does not list
  if (adminList.account !== admin || !adminList.devices.some(({ id }) => id === device)) throw new ProtocolError('UNKNOWN_DEVICE')
  checkSigned(signing, contexts.groupAnchor, signed, deviceKeyOf(device))
  return {
    conversation,
    epoch: wire.epoch,
    anchor: accountIdFromBytes(wire.anchor),
    homeEpoch: wire.homeEpoch,
    admin,
    device,
    adminList,
    place: { epoch: wire.logEpoch, seq: wire.seq },
    head: new Uint8Array(wire.head),
    madeAtMs: wire.madeAtMs,
    bytes
  }
}

/**
 * Does `a` replace `b`? A total order, so that everybody who has seen both stands at the same one: the higher epoch, then the
 * lower key of the admin who acts, of the one who is named, and the smaller SHA-256 of the record.
 */
export function isHigherAnchor (a: SignedGroupAnchor, b: SignedGroupAnchor): boolean {
  if (a.epoch !== b.epoch) return a.epoch > b.epoch
  const order = compareBytes(accountKeyOf(a.admin), accountKeyOf(b.admin)) || compareBytes(accountKeyOf(a.anchor), accountKeyOf(b.anchor))
  if (order !== 0) return order < 0
  return !sameBytes(a.bytes, b.bytes) && compareBytes(sha256(a.bytes), sha256(b.bytes)) < 0
}

const isAfter = (a: Place, b: Place): boolean => a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq)

/**
 * May this admin name this anchor, as far as `state` says, the membership that the reader holds? Membership that came after
 * what the admin saw counts: who was removed meanwhile may not.
 *
 * @throws ProtocolError BAD_CONVERSATION; NOT_ALLOWED: no admin; ROLLED_BACK: under an older device list than they have acted under;
 *   NOT_A_MEMBER: the one who is named; STALE_MEMBERSHIP: another membership stood at that place;
 *   ANCHOR_UNPROVEN: it refers to changes that the reader does not have
 */
export function checkAnchor (state: GroupState, anchor: SignedGroupAnchor): void {
  if (anchor.conversation.id !== state.conversation.id) throw new ProtocolError('BAD_CONVERSATION')
  // [LATER] first what has come in between
  if (isAfter(anchor.place, state)) throw new ProtocolError('ANCHOR_UNPROVEN')
  // [REJECT] what it refers to is not what stood there
  if (anchor.place.epoch === state.epoch && anchor.place.seq === state.seq && !sameBytes(anchor.head, state.head)) throw new ProtocolError('STALE_MEMBERSHIP')
  if (!isAdmin(state, anchor.admin)) throw new ProtocolError('NOT_ALLOWED')
  if (anchor.adminList.epoch < state.members.get(anchor.admin)!.listEpoch) throw new ProtocolError('ROLLED_BACK', { what: 'device list' })
  if (!state.members.has(anchor.anchor)) throw new ProtocolError('NOT_A_MEMBER')
}

/**
 * Who could sign another record of this epoch that counts in place of this one, and is no admin any more: was one in `base`, the
 * membership that records of this epoch are checked against, and has no higher key than the one who signed this. A new epoch ends it.
 *
 * @param state the membership now
 */
export function contestersOf (anchor: GroupAnchor, { base, state }: { base: GroupState, state: GroupState }): AccountId[] {
  const key = accountKeyOf(anchor.admin)
  return [...base.members.keys()].filter((account) => isAdmin(base, account) && !isAdmin(state, account) && compareBytes(accountKeyOf(account), key) <= 0)
}

/**
 * A newcomer's membership stands under this anchor, or a later one, already: there is nothing older to check it against, and
 * whoever gave the membership is believed or not in the whole.
 */
export const isFollowedBy = (state: GroupState, anchor: GroupAnchor): boolean => state.epoch >= firstEpochOf(anchor)

/** Of a log that is not anchored to its founder any more. */
export const isAnchoredEpoch = (epoch: number): boolean => epoch >= anchorEpochAt

/** Lowest epoch that the log can have under this anchor. */
export const firstEpochOf = (anchor: GroupAnchor): number => anchor.epoch * anchorEpochAt + tieOf(anchor) * tieAt

/**
 * SPEC(groups §13) The epoch under which a log is sequenced now. It rises with every move of the anchor and every new anchor, and
 * of two records of one epoch the one that counts has the higher one, so that what the other had numbered gives way.
 *
 * @param anchor undefined: the one that the id names
 * @param homeEpoch of the anchor's home record; undefined: not known
 */
export function logEpochOf (conversation: Pick<Conversation, 'kind'>, anchor: GroupAnchor | undefined, homeEpoch: number | undefined): number {
  if (conversation.kind !== 'group') return homeEpoch ?? 1
  // Sixteen million moves: only somebody who counts for no reason gets there.
  if (anchor === undefined) return Math.min(homeEpoch ?? 1, anchorEpochAt - 1)
  return firstEpochOf(anchor) + Math.min(Math.max(0, (homeEpoch ?? 0) - anchor.homeEpoch), maxMoves)
}

/** The lower the admin's key, the higher: its first 14 bits. */
function tieOf ({ admin }: GroupAnchor): number {
  const key = accountKeyOf(admin)
  return maxTie - (key[0]! << 6 | key[1]! >> 2)
}

const malformed = (): ProtocolError => new ProtocolError('MALFORMED', { what: 'group anchor' })
