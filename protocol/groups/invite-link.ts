/**
 * An invite link to a group, as text or QR code. Whoever has it may join until it is revoked: it is a secret.
 *
 *   heliograph:group?id=<group>&link=<link id>&key=<seed>&profile=<key id ‖ key>&name=<name>&at=<multiaddr>&at=…
 *
 * Bytes are base32 as in account ids. Name and addresses are hints. Spec: docs/protocol/groups.md
 */
import { concat, fromBase32, toBase32, utf8 } from '../bytes.ts'
import { conversationBytes, conversationFromBytes, type GroupConversation } from '../conversation.ts'
import { ProtocolError } from '../errors.ts'
import { keyBytes } from '../ids.ts'
import { inviteScheme } from '../invite.ts'
import { limits } from '../limits.ts'
import { linkIdBytes, profileKeyIdBytes } from './control.ts'
import type { GroupProfileKey } from './profile.ts'

export interface GroupInvite {
  readonly conversation: GroupConversation
  /** 16 bytes */
  readonly linkId: Uint8Array
  /** 32-byte Ed25519 seed: `joinProof` */
  readonly seed: Uint8Array
  /** Opens name and icon before and after joining; undefined: a member gives it later. */
  readonly profileKey: GroupProfileKey | undefined
  /** What the group was called when the link was made; '' for none. Not to be believed. */
  readonly name: string
  /** Multiaddrs of relays that keep the group, each ending in /p2p/<relay>. */
  readonly addresses: readonly string[]
}

const prefix = `${inviteScheme}group`
/** As protocol/invite.ts: what a QR code holds comfortably. */
const maxLinkChars = 2_048
const maxAddresses = 8

/** @returns the text; addresses that would make it too long are left out. @throws ProtocolError TOO_LARGE when the name is */
export function encodeGroupInvite ({ conversation, linkId, seed, profileKey, name, addresses }: GroupInvite): string {
  if (utf8(name).byteLength > limits.groupNameBytes) throw new ProtocolError('TOO_LARGE', { max: limits.groupNameBytes, what: 'group name' })
  const query = new URLSearchParams({ id: toBase32(conversation.bytes), link: toBase32(linkId), key: toBase32(seed) })
  if (profileKey !== undefined) query.set('profile', toBase32(concat(profileKey.id, profileKey.key)))
  if (name !== '') query.set('name', name)
  let link = linkOf(query)
  for (const address of addresses.filter(({ length }) => length <= limits.addressBytes).slice(0, maxAddresses)) {
    query.append('at', address)
    const longer = linkOf(query)
    if (longer.length > maxLinkChars) break
    link = longer
  }
  return link
}

// '@', '/' and ':' mean nothing inside a query; left alone, people can read the link.
const linkOf = (query: URLSearchParams): string => `${prefix}?${query.toString().replaceAll('%40', '@').replaceAll('%2F', '/').replaceAll('%3A', ':')}`

/** To be asked before `isInvite`, which says yes to these as well. */
export const isGroupInvite = (text: string): boolean => text.trim().toLowerCase().startsWith(`${prefix}?`)

/** @throws ProtocolError TOO_LARGE, MALFORMED, BAD_CONVERSATION. Unknown parts are ignored. */
export function parseGroupInvite (text: string): GroupInvite {
  const link = text.trim()
  // [REJECT] bounded before it is taken apart
  if (link.length > maxLinkChars) throw new ProtocolError('TOO_LARGE', { max: maxLinkChars, what: 'invite link' })
  if (!isGroupInvite(link)) throw malformed()
  const query = new URLSearchParams(link.slice(prefix.length + 1))
  const conversation = conversationFromBytes(bytesOf(query.get('id'), conversationBytes))
  if (conversation.kind !== 'group') throw new ProtocolError('BAD_CONVERSATION')
  const profile = query.has('profile') ? bytesOf(query.get('profile'), profileKeyIdBytes + keyBytes) : undefined
  const name = query.get('name') ?? ''
  const addresses = query.getAll('at')
  if (utf8(name).byteLength > limits.groupNameBytes || addresses.length > maxAddresses || addresses.some((address) => address.length > limits.addressBytes)) throw malformed()
  return {
    conversation,
    linkId: bytesOf(query.get('link'), linkIdBytes),
    seed: bytesOf(query.get('key'), keyBytes),
    profileKey: profile === undefined ? undefined : { id: profile.slice(0, profileKeyIdBytes), key: profile.slice(profileKeyIdBytes) },
    name,
    addresses
  }
}

function bytesOf (text: string | null, length: number): Uint8Array {
  let bytes
  try {
    bytes = fromBase32((text ?? '').toLowerCase())
  } catch (cause) {
    throw new ProtocolError('MALFORMED', { what: 'invite link', cause })
  }
  if (bytes.byteLength !== length) throw malformed()
  return bytes
}

const malformed = (): ProtocolError => new ProtocolError('MALFORMED', { what: 'invite link' })
