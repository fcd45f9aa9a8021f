/**
 * What two devices must agree on before the first byte: the info strings, the KEM and the way prekeys are signed.
 *
 * `heliographProfile` is what ships. `signalProfile` has Signal's own constants, so that everything that is not a
 * constant is proved against libsignal (transcripts.ts); nothing but tests uses it.
 */
import { utf8 } from '../bytes.ts'
import type { Primitives } from './primitives.ts'

/** 3 = X3DH, 4 = PQXDH. The high half of every message's first byte. */
export type SessionVersion = 3 | 4
export const X3DH_VERSION = 3
export const PQXDH_VERSION = 4

/** The number in a prekey bundle, under its signatures. 0 is X3DH, which Heliograph never accepts. */
export const SUITE_X3DH = 0
export const SUITE_PQXDH = 1

export interface Profile {
  readonly name: 'heliograph' | 'signal'
  /** HKDF info of the key agreement, PQXDH §2.2.1: protocol, curve, hash and KEM by name. */
  readonly x3dhInfo: Uint8Array
  readonly pqxdhInfo: Uint8Array
  /** HKDF info of a root step and of the keys of one message, Double Ratchet §7.2. */
  readonly ratchetInfo: Uint8Array
  readonly messageKeysInfo: Uint8Array
  /** HKDF info of the keys of one sender-key message. */
  readonly senderKeyInfo: Uint8Array
  readonly kem: 'ml-kem-1024' | 'kyber-1024-round3'
  /** First byte of an encoded KEM key or ciphertext. */
  readonly kemByte: number
  /** The oldest session version that is spoken at all. */
  readonly minVersion: SessionVersion
  /** What a prekey signature covers before the encoded key; empty = the encoded key alone (Signal). See prekeys.ts. */
  readonly prekeyContext: Uint8Array
  /**
   * Whether the MAC of a wrapped message covers the wrapper too. Signal leaves the registration id, and the ids and the KEM
   * ciphertext of a repeated first message, unauthenticated; PQXDH §3.2 lets Alice append to the associated data.
   */
  readonly authenticatesWrapper: boolean
  /** Put before an account key in a safety number. */
  readonly accountKeyPrefix: Uint8Array
}

export interface Suite {
  readonly primitives: Primitives
  readonly profile: Profile
}

/** Production: FIPS 203 and names of our own, so that no key or signature of one protocol means anything in the other. */
export const heliographProfile: Profile = {
  name: 'heliograph',
  x3dhInfo: utf8('Heliograph_X25519_SHA-256'),
  pqxdhInfo: utf8('Heliograph_X25519_SHA-256_ML-KEM-1024'),
  ratchetInfo: utf8('Heliograph_Ratchet'),
  messageKeysInfo: utf8('Heliograph_MessageKeys'),
  senderKeyInfo: utf8('Heliograph_SenderKey'),
  kem: 'ml-kem-1024',
  kemByte: 0x0a,
  minVersion: PQXDH_VERSION,
  prekeyContext: utf8('Heliograph_Prekey'),
  authenticatesWrapper: true,
  // multicodec ed25519-pub, as in an AccountId
  accountKeyPrefix: Uint8Array.of(0xed, 0x01)
}

/** Tests only. */
export const signalProfile: Profile = {
  name: 'signal',
  x3dhInfo: utf8('WhisperText'),
  pqxdhInfo: utf8('WhisperText_X25519_SHA-256_CRYSTALS-KYBER-1024'),
  ratchetInfo: utf8('WhisperRatchet'),
  messageKeysInfo: utf8('WhisperMessageKeys'),
  senderKeyInfo: utf8('WhisperGroup'),
  kem: 'kyber-1024-round3',
  kemByte: 0x08,
  minVersion: X3DH_VERSION,
  prekeyContext: new Uint8Array(0),
  authenticatesWrapper: false,
  accountKeyPrefix: Uint8Array.of(0x05)
}
