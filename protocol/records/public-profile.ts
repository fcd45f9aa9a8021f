/**
 * What a person chose to tell everybody: a name, a line about themselves. Signed by the account key; the newest wins.
 * Public: relays copy it to each other. What is only for contacts travels encrypted. Spec: docs/protocol/directory.md
 */
import { ProtocolError } from '../errors.ts'
import { accountIdFromBytes, accountIdToBytes, accountKeyOf, type AccountId } from '../ids.ts'
import { limits } from '../limits.ts'
import { decode, encode } from '../wire/codec.ts'
import { PublicProfile as WirePublicProfile } from '../wire/gen/directory.js'
import { wireVersion } from '../wire/kinds.ts'
import { checkSigned, contexts, readSigned, signRecord, type Signing } from './signed.ts'

export interface PublicProfile {
  readonly account: AccountId
  /** For people, at most limits.publicNameChars; '' for none. */
  readonly name: string
  /** At most limits.publicAboutChars; '' for none. */
  readonly about: string
  readonly issuedAtMs: number
}

/** A checked profile together with the bytes that were signed. */
export interface SignedPublicProfile extends PublicProfile { readonly bytes: Uint8Array }

/** Shown in terminals: nothing that moves a cursor, ends a line or turns the direction of text. */
const unshowable = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/

function checkFields ({ name, about }: Pick<PublicProfile, 'name' | 'about'>): void {
  if (name.length > limits.publicNameChars || about.length > limits.publicAboutChars || unshowable.test(name) || unshowable.test(about)) {
    throw new ProtocolError('MALFORMED', { what: 'public profile' })
  }
}

/** @param accountSeed 32-byte Ed25519 seed of the account key. @throws ProtocolError MALFORMED: nobody would take it */
export function signPublicProfile (signing: Signing, profile: PublicProfile, accountSeed: Uint8Array): SignedPublicProfile {
  checkFields(profile)
  const body = encode(WirePublicProfile, { version: wireVersion, ...profile, account: accountIdToBytes(profile.account) })
  return { ...profile, bytes: signRecord(signing, contexts.publicProfile, body, accountSeed) }
}

/** @throws ProtocolError TOO_LARGE, MALFORMED, UNSUPPORTED_VERSION, BAD_SIGNATURE */
export function verifyPublicProfile (signing: Signing, bytes: Uint8Array): SignedPublicProfile {
  const signed = readSigned(bytes)
  const { version, account: idBytes, name, about, issuedAtMs } = decode(WirePublicProfile, signed.body)
  if (version !== wireVersion) throw new ProtocolError('UNSUPPORTED_VERSION')
  const account = accountIdFromBytes(idBytes)
  checkFields({ name, about })
  checkSigned(signing, contexts.publicProfile, signed, accountKeyOf(account))
  return { account, name, about, issuedAtMs, bytes: new Uint8Array(bytes) }
}
