/**
 * How two devices that meet at a relay get keys that the relay does not have, and six digits that tell whether it is so.
 *
 *   code       N → P   id, N's key           seen or pasted, not over the relay
 *   commit     P → N   c = SHA-256(commit context ‖ id ‖ N's key ‖ P's key ‖ P's nonce)
 *   nonce      N → P   N's nonce
 *   reveal     P → N   P's key, P's nonce    N checks c
 *
 *   transcript t = SHA-256(transcript context ‖ id ‖ N's key ‖ P's key ‖ N's nonce ‖ P's nonce)
 *   HKDF(X25519(N, P), salt = t, info, 72) = key N → P ‖ key P → N ‖ short code 8
 *
 * Why the commitment: somebody between the two must show each of them the same six digits. P's side is fixed before N's
 * nonce is known, and N's nonce before P's; so whoever plays P to N and N to P sees each code only when nothing of it can
 * be changed any more: one guess in a million for each meeting, and a meeting is good once.
 * Pure: no clock, no randomness of its own. Spec: docs/protocol/devices.md
 */
import { concat, utf8 } from '../bytes.ts'
import type { Primitives } from '../e2ee/primitives.ts'
import { ProtocolError } from '../errors.ts'
import { keyBytes } from '../ids.ts'

const contexts = {
  commit: utf8('heliograph link commitment 1\0'),
  transcript: utf8('heliograph link transcript 1\0'),
  keys: utf8('heliograph link keys 1')
} as const

export const linkNonceBytes = 32
const codeDigits = 6
const codeBytes = 8

export interface LinkPublics {
  /** 16 bytes */
  readonly rendezvous: Uint8Array
  /** 32-byte ephemeral X25519 keys */
  readonly newDeviceKey: Uint8Array
  readonly primaryKey: Uint8Array
  /** 32 bytes each */
  readonly newDeviceNonce: Uint8Array
  readonly primaryNonce: Uint8Array
}

export interface LinkSecrets {
  /** 32 bytes: what both have said, for the new device's proof */
  readonly transcript: Uint8Array
  /** Six digits for the person to compare. */
  readonly shortCode: string
  /** 32-byte AES-256-GCM keys, one for each direction */
  readonly toPrimary: Uint8Array
  readonly toNewDevice: Uint8Array
}

type Hashing = Pick<Primitives, 'sha256'>

/** @returns 32 bytes */
export function linkCommitment (primitives: Hashing, { rendezvous, newDeviceKey, primaryKey, primaryNonce }: Omit<LinkPublics, 'newDeviceNonce'>): Uint8Array {
  return primitives.sha256(concat(contexts.commit, rendezvous, newDeviceKey, primaryKey, primaryNonce))
}

/** What the primary reveals is what it has bound itself to. @throws ProtocolError LINK_FAILED */
export function checkReveal (primitives: Hashing & Pick<Primitives, 'equal'>, commitment: Uint8Array, revealed: Omit<LinkPublics, 'newDeviceNonce'>): void {
  if (revealed.primaryKey.byteLength !== keyBytes || revealed.primaryNonce.byteLength !== linkNonceBytes) throw new ProtocolError('LINK_FAILED', { what: 'reveal' })
  if (!primitives.equal(commitment, linkCommitment(primitives, revealed))) throw new ProtocolError('LINK_FAILED', { what: 'commitment' })
}

/**
 * @param privateKey this side's ephemeral X25519 key
 * @param otherKey   the other side's public one, out of `publics`
 * @throws ProtocolError LINK_FAILED on a key of low order
 */
export function linkSecrets (primitives: Pick<Primitives, 'sha256' | 'x25519' | 'hkdfSha256'>, publics: LinkPublics, { privateKey, otherKey }: { privateKey: Uint8Array, otherKey: Uint8Array }): LinkSecrets {
  const { rendezvous, newDeviceKey, primaryKey, newDeviceNonce, primaryNonce } = publics
  const transcript = primitives.sha256(concat(contexts.transcript, rendezvous, newDeviceKey, primaryKey, newDeviceNonce, primaryNonce))
  let shared: Uint8Array
  try {
    shared = primitives.x25519(privateKey, otherKey)
  } catch (error) {
    // [REJECT] all zero: the same for everybody
    throw new ProtocolError('LINK_FAILED', { what: 'key', cause: error })
  }
  const out = primitives.hkdfSha256(shared, transcript, contexts.keys, 2 * keyBytes + codeBytes)
  const number = new DataView(out.buffer, out.byteOffset + 2 * keyBytes, codeBytes).getBigUint64(0)
  return {
    transcript,
    toPrimary: out.slice(0, keyBytes),
    toNewDevice: out.slice(keyBytes, 2 * keyBytes),
    // 2⁶⁴ is not a multiple of 10⁶; the difference is below 10⁻¹³.
    shortCode: (number % 10n ** BigInt(codeDigits)).toString().padStart(codeDigits, '0')
  }
}
