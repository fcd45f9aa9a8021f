/**
 * A change of a group, signed by the device that makes it. Carries the actor's signed device list, so that it proves
 * itself to anybody who has only its bytes. Knows form and signatures; who may do what is membership.ts.
 * Spec: docs/protocol/groups.md
 */
import { concat, sameBytes, utf8 } from '../bytes.ts'
import { conversationFromBytes, type GroupConversation } from '../conversation.ts'
import type { Envelope } from '../envelope.ts'
import { ProtocolError } from '../errors.ts'
import { accountIdFromBytes, accountIdToBytes, deviceIdOfKey, deviceKeyOf, keyBytes, type AccountId, type DeviceId } from '../ids.ts'
import { limits } from '../limits.ts'
import { verifyDeviceList, type SignedDeviceList } from '../records/device-list.ts'
import { checkSigned, contexts, readSigned, signRecord, type Signing } from '../records/signed.ts'
import { decode, encode } from '../wire/codec.ts'
import { Control as WireControl, type GroupLink as WireLink, type GroupProfile as WireProfile, type GroupSettings as WireSettings } from '../wire/gen/group.js'
import { Signed } from '../wire/gen/records.js'
import { wireVersion } from '../wire/kinds.ts'

export const headBytes = 32
/** The control chain before `create`. Not to be modified. */
export const noHead = new Uint8Array(headBytes)
export const linkIdBytes = 16
export const profileKeyIdBytes = 8
export const proofBytes = 64

/** groupPolicies each. */
export interface GroupSettings {
  readonly whoMaySend: number
  readonly whoMayAdd: number
  readonly whoMayEdit: number
}

export interface GroupLink {
  /** 16 bytes */
  readonly id: Uint8Array
  /** Ed25519; its seed is in the link */
  readonly publicKey: Uint8Array
  /** 0: does not expire */
  readonly expiresAtMs: number
  /** 0: as often as there is room */
  readonly maxUses: number
}

/** Name, description and icon as relays see them; profile.ts opens it. */
export interface GroupProfile {
  /** 8 bytes */
  readonly keyId: Uint8Array
  readonly sealed: Uint8Array
}

export type GroupAct =
  | { readonly act: 'create', readonly members: readonly AccountId[], readonly settings: GroupSettings, readonly profile?: GroupProfile }
  | { readonly act: 'add', readonly accounts: readonly AccountId[] }
  | { readonly act: 'remove', readonly accounts: readonly AccountId[] }
  | { readonly act: 'leave' }
  | { readonly act: 'setRole', readonly account: AccountId, readonly role: number }
  | { readonly act: 'settings', readonly settings: GroupSettings }
  | { readonly act: 'link', readonly link: GroupLink }
  /** `link`: its 16-byte id */
  | { readonly act: 'revoke', readonly link: Uint8Array }
  | { readonly act: 'join', readonly link: Uint8Array, readonly proof: Uint8Array }
  | { readonly act: 'profile', readonly profile: GroupProfile }
  /** of a newer version */
  | { readonly act: 'unknown' }

export interface Control {
  readonly conversation: GroupConversation
  readonly actor: AccountId
  /** in `actorList` */
  readonly device: DeviceId
  readonly actorList: SignedDeviceList
  /** head of the control chain that the actor has seen; `noHead` in create and join */
  readonly previous: Uint8Array
  /** the actor's clock */
  readonly madeAtMs: number
  readonly act: GroupAct
}

export interface ControlToSign extends Omit<Control, 'actorList'> {
  /** encoded Signed DeviceList of the actor */
  readonly deviceList: Uint8Array
}

/**
 * @param deviceSeed 32-byte Ed25519 seed of the acting device's transport key
 * @returns the encoded Signed, for `Envelope.control`. @throws ProtocolError TOO_LARGE, TOO_MANY
 */
export function signControl (signing: Signing, control: ControlToSign, deviceSeed: Uint8Array): Uint8Array {
  const body = encode(WireControl, {
    version: wireVersion,
    conversation: control.conversation.bytes,
    actor: accountIdToBytes(control.actor),
    device: deviceKeyOf(control.device),
    deviceList: control.deviceList,
    previous: control.previous,
    madeAtMs: control.madeAtMs,
    ...actToWire(control.act)
  })
  const bytes = signRecord(signing, contexts.groupControl, body, deviceSeed)
  if (bytes.byteLength > limits.groupControlBytes) throw new ProtocolError('TOO_LARGE', { max: limits.groupControlBytes, what: 'group change' })
  return bytes
}

/**
 * Read and check a change of any origin; nothing in the result is a view into `bytes`.
 *
 * @throws ProtocolError TOO_LARGE, MALFORMED, UNSUPPORTED_VERSION, BAD_CONVERSATION, UNKNOWN_DEVICE, BAD_SIGNATURE
 */
export function verifyControl (signing: Signing, bytes: Uint8Array): Control {
  // [REJECT] bounded before it is parsed
  const signed = readSigned(bytes, limits.groupControlBytes)
  // [REJECT] the chain hashes these bytes: one signature, one form, or a relay could make two of one change
  if (!sameBytes(encode(Signed, signed), bytes)) throw malformed('group change')
  const wire = decode(WireControl, signed.body)
  // [REJECT] a version that may mean something else
  if (wire.version !== wireVersion) throw new ProtocolError('UNSUPPORTED_VERSION')
  const conversation = conversationFromBytes(wire.conversation)
  if (conversation.kind !== 'group') throw new ProtocolError('BAD_CONVERSATION')
  const actor = accountIdFromBytes(wire.actor)
  const device = deviceIdOfKey(wire.device)
  const previous = fixed(wire.previous, headBytes, 'previous')
  if (!Number.isSafeInteger(wire.madeAtMs)) throw malformed('made_at_ms')
  const act = actFromWire(wire)
  const actorList = verifyDeviceList(signing, wire.deviceList)
  // [REJECT] the list must be the actor's own, and name the device
  if (actorList.account !== actor || !actorList.devices.some(({ id }) => id === device)) throw new ProtocolError('UNKNOWN_DEVICE')
  checkSigned(signing, contexts.groupControl, signed, deviceKeyOf(device))
  return { conversation, actor, device, actorList, previous, madeAtMs: wire.madeAtMs, act }
}

/**
 * As `verifyControl`, and the change belongs to the envelope that it came in.
 *
 * @throws ProtocolError as verifyControl; MALFORMED when it is no control envelope; BAD_CONVERSATION, BAD_CONTROL when it is another's
 */
export function verifyControlEnvelope (signing: Signing, envelope: Envelope): Control {
  if (envelope.control === undefined) throw malformed('envelope')
  const control = verifyControl(signing, envelope.control)
  if (control.conversation.id !== envelope.conversation.id) throw new ProtocolError('BAD_CONVERSATION')
  // [REJECT] somebody else's change in an envelope of one's own
  if (control.actor !== envelope.sender || control.device !== envelope.senderDevice) throw new ProtocolError('BAD_CONTROL', { what: 'sender' })
  return control
}

/** @param linkSeed 32 bytes, from the invite link. @returns 64 bytes for `join` */
export const joinProof = (signing: Signing, linkSeed: Uint8Array, conversation: GroupConversation, account: AccountId): Uint8Array =>
  signing.ed25519Sign(linkSeed, joinMessage(conversation, account))

/** Whether the proof is by the link's key, for this group and this account. */
export const checkJoinProof = (signing: Pick<Signing, 'ed25519Verify'>, publicKey: Uint8Array, conversation: GroupConversation, account: AccountId, proof: Uint8Array): boolean =>
  signing.ed25519Verify(publicKey, joinMessage(conversation, account), proof)

const joinMessage = (conversation: GroupConversation, account: AccountId): Uint8Array =>
  concat(utf8('heliograph group join 1'), Uint8Array.of(0), conversation.bytes, accountIdToBytes(account))

function actToWire (act: GroupAct): Partial<WireControl> {
  switch (act.act) {
    case 'create': return { create: { members: accountsToWire(act.members), settings: act.settings, ...(act.profile === undefined ? {} : { profile: act.profile }) } }
    case 'add': return { add: { accounts: accountsToWire(act.accounts) } }
    case 'remove': return { remove: { accounts: accountsToWire(act.accounts) } }
    case 'leave': return { leave: {} }
    case 'setRole': return { setRole: { account: accountIdToBytes(act.account), role: act.role } }
    case 'settings': return { settings: act.settings }
    case 'link': return { link: act.link }
    case 'revoke': return { revoke: { link: act.link } }
    case 'join': return { join: { link: act.link, proof: act.proof } }
    case 'profile': return { profile: act.profile }
    case 'unknown': return {}
  }
}

function accountsToWire (accounts: readonly AccountId[]): Uint8Array[] {
  if (accounts.length >= limits.groupMembers) throw new ProtocolError('TOO_MANY', { max: limits.groupMembers - 1, what: 'accounts' })
  return accounts.map(accountIdToBytes)
}

const actFields = ['create', 'add', 'remove', 'leave', 'setRole', 'settings', 'link', 'revoke', 'join', 'profile'] as const

function actFromWire (wire: WireControl): GroupAct {
  // [REJECT] which of two would hold?
  if (actFields.filter((field) => wire[field] !== undefined).length > 1) throw malformed('two changes in one')
  if (wire.create !== undefined) {
    const { members, settings, profile } = wire.create
    return { act: 'create', members: members.map(accountIdFromBytes), settings: settingsFromWire(settings), ...(profile === undefined ? {} : { profile: profileFromWire(profile) }) }
  }
  if (wire.add !== undefined) return { act: 'add', accounts: wire.add.accounts.map(accountIdFromBytes) }
  if (wire.remove !== undefined) return { act: 'remove', accounts: wire.remove.accounts.map(accountIdFromBytes) }
  if (wire.leave !== undefined) return { act: 'leave' }
  if (wire.setRole !== undefined) return { act: 'setRole', account: accountIdFromBytes(wire.setRole.account), role: wire.setRole.role }
  if (wire.settings !== undefined) return { act: 'settings', settings: settingsFromWire(wire.settings) }
  if (wire.link !== undefined) return { act: 'link', link: linkFromWire(wire.link) }
  if (wire.revoke !== undefined) return { act: 'revoke', link: fixed(wire.revoke.link, linkIdBytes, 'link id') }
  if (wire.join !== undefined) return { act: 'join', link: fixed(wire.join.link, linkIdBytes, 'link id'), proof: fixed(wire.join.proof, proofBytes, 'proof') }
  if (wire.profile !== undefined) return { act: 'profile', profile: profileFromWire(wire.profile) }
  return { act: 'unknown' }
}

/** Values of a newer version are kept as they are; membership.ts refuses them. @throws ProtocolError MALFORMED */
export function settingsFromWire (wire: WireSettings | undefined): GroupSettings {
  if (wire === undefined) throw malformed('settings')
  return { whoMaySend: wire.whoMaySend, whoMayAdd: wire.whoMayAdd, whoMayEdit: wire.whoMayEdit }
}

/** @throws ProtocolError MALFORMED */
export function linkFromWire (wire: WireLink | undefined): GroupLink {
  if (wire === undefined || !Number.isSafeInteger(wire.expiresAtMs)) throw malformed('link')
  return { id: fixed(wire.id, linkIdBytes, 'link id'), publicKey: fixed(wire.publicKey, keyBytes, 'link key'), expiresAtMs: wire.expiresAtMs, maxUses: wire.maxUses }
}

/** @throws ProtocolError MALFORMED, TOO_LARGE */
export function profileFromWire (wire: WireProfile): GroupProfile {
  if (wire.sealed.byteLength > limits.groupProfileBytes) throw new ProtocolError('TOO_LARGE', { max: limits.groupProfileBytes, what: 'group profile' })
  if (wire.sealed.byteLength === 0) throw malformed('group profile')
  return { keyId: fixed(wire.keyId, profileKeyIdBytes, 'profile key id'), sealed: new Uint8Array(wire.sealed) }
}

/** A copy, so that no state keeps a whole frame alive. */
function fixed (bytes: Uint8Array, length: number, what: string): Uint8Array {
  if (bytes.byteLength !== length) throw malformed(what)
  return new Uint8Array(bytes)
}

const malformed = (what: string): ProtocolError => new ProtocolError('MALFORMED', { what })
