/**
 * Name, description and icon of a group, sealed under a key that members hand to each other: relays see that something
 * was changed, and about how much. A change after somebody was removed is made under a new key. Spec: docs/protocol/groups.md
 */
import { concat, sameBytes, utf8 } from '../bytes.ts'
import type { GroupConversation } from '../conversation.ts'
import type { Primitives } from '../e2ee/primitives.ts'
import { ProtocolError } from '../errors.ts'
import { keyBytes } from '../ids.ts'
import { limits } from '../limits.ts'
import { decode, encode } from '../wire/codec.ts'
import { GroupProfileText } from '../wire/gen/group.js'
import { profileKeyIdBytes, type GroupProfile } from './control.ts'

export interface GroupProfileKey {
  /** 8 bytes, in the clear beside what it seals */
  readonly id: Uint8Array
  /** 32 bytes */
  readonly key: Uint8Array
}

export interface GroupText {
  readonly name: string
  readonly description: string
  /** JPEG or PNG; empty: none */
  readonly icon: Uint8Array
}

const nonceBytes = 12
/** Sealed text is padded to multiples of this, so that its length says little of the name. */
const stepBytes = 512
const mark = 0x80

export const newProfileKey = (primitives: Pick<Primitives, 'randomBytes'>): GroupProfileKey =>
  ({ id: primitives.randomBytes(profileKeyIdBytes), key: primitives.randomBytes(keyBytes) })

/** @throws ProtocolError TOO_LARGE, MALFORMED (no name) */
export function sealGroupProfile (primitives: Primitives, conversation: GroupConversation, key: GroupProfileKey, text: GroupText): GroupProfile {
  checkText(text)
  const content = encode(GroupProfileText, text)
  const padded = new Uint8Array(Math.ceil((content.byteLength + 1) / stepBytes) * stepBytes)
  padded.set(content)
  padded[content.byteLength] = mark
  const nonce = primitives.randomBytes(nonceBytes)
  return { keyId: key.id, sealed: concat(nonce, primitives.aesGcmEncrypt(key.key, nonce, padded, associated(conversation, key.id))) }
}

/** @throws ProtocolError UNDECRYPTABLE (another key, another group, damaged), MALFORMED, TOO_LARGE */
export function openGroupProfile (primitives: Primitives, conversation: GroupConversation, profile: GroupProfile, key: GroupProfileKey): GroupText {
  const { keyId, sealed } = profile
  if (sealed.byteLength > limits.groupProfileBytes) throw new ProtocolError('TOO_LARGE', { max: limits.groupProfileBytes, what: 'group profile' })
  if (!sameBytes(keyId, key.id)) throw new ProtocolError('UNDECRYPTABLE', { what: 'group profile key' })
  let padded
  try {
    padded = primitives.aesGcmDecrypt(key.key, sealed.subarray(0, nonceBytes), sealed.subarray(nonceBytes), associated(conversation, keyId))
  } catch (cause) {
    throw new ProtocolError('UNDECRYPTABLE', { what: 'group profile', cause })
  }
  const text = decode(GroupProfileText, padded.subarray(0, markAt(padded)))
  checkText(text)
  return { name: text.name, description: text.description, icon: new Uint8Array(text.icon) }
}

const associated = (conversation: GroupConversation, keyId: Uint8Array): Uint8Array =>
  concat(utf8('heliograph group profile 1'), Uint8Array.of(0), conversation.bytes, keyId)

function markAt (padded: Uint8Array): number {
  let at = padded.byteLength - 1
  while (at >= 0 && padded[at] === 0) at--
  if (at < 0 || padded[at] !== mark) throw new ProtocolError('MALFORMED', { what: 'group profile' })
  return at
}

function checkText ({ name, description, icon }: GroupText): void {
  if (name.trim() === '') throw new ProtocolError('MALFORMED', { what: 'group name' })
  if (utf8(name).byteLength > limits.groupNameBytes) throw new ProtocolError('TOO_LARGE', { max: limits.groupNameBytes, what: 'group name' })
  if (utf8(description).byteLength > limits.groupDescriptionBytes) throw new ProtocolError('TOO_LARGE', { max: limits.groupDescriptionBytes, what: 'group description' })
  if (icon.byteLength > limits.pictureBytes) throw new ProtocolError('TOO_LARGE', { max: limits.pictureBytes, what: 'group icon' })
}
