/**
 * A record and the signature over it. The context keeps a signature of one kind of record from passing as another's.
 *
 * signature = Ed25519(key, utf8(context) ‖ 00 ‖ body). The body's bytes travel as they were signed, never re-encoded.
 */
import { concat, utf8 } from '../bytes.ts'
import type { Primitives } from '../e2ee/primitives.ts'
import { ProtocolError } from '../errors.ts'
import { limits } from '../limits.ts'
import { decode, encode } from '../wire/codec.ts'
import { Signed } from '../wire/gen/records.js'

export type Signing = Pick<Primitives, 'ed25519Sign' | 'ed25519Verify' | 'ed25519PublicKey'>

export const contexts = {
  deviceList: 'heliograph device list 1',
  homeRecord: 'heliograph home record 1',
  relayRecord: 'heliograph relay record 1',
  deviceKeys: 'heliograph device keys 1',
  groupControl: 'heliograph group control 1',
  groupAnchor: 'heliograph group anchor 1',
  publicProfile: 'heliograph public profile 1',
  guestPermit: 'heliograph guest permit 1',
  gossipPage: 'heliograph gossip page 1'
} as const
export type Context = typeof contexts[keyof typeof contexts]

const message = (context: Context, body: Uint8Array): Uint8Array => concat(utf8(context), Uint8Array.of(0), body)

/** A region is shown to people and compared: lower case, or empty when it is not known. */
export const isRegion = (text: string): boolean => text.length <= limits.regionBytes && /^(?:[a-z0-9][a-z0-9-]*)?$/.test(text)

/** @param seed 32-byte Ed25519 seed. @returns the encoded Signed */
export function signRecord (signing: Signing, context: Context, body: Uint8Array, seed: Uint8Array): Uint8Array {
  return encode(Signed, { body, signature: signBody(signing, context, body, seed) })
}

/** For bodies that travel in a message of their own. @returns 64 bytes */
export const signBody = (signing: Signing, context: Context, body: Uint8Array, seed: Uint8Array): Uint8Array => signing.ed25519Sign(seed, message(context, body))

/** The body, unchecked: to find out which key to check it with. @throws ProtocolError TOO_LARGE, MALFORMED */
export function readSigned (record: Uint8Array, maxBytes: number = limits.recordBytes): { body: Uint8Array, signature: Uint8Array } {
  if (record.byteLength > maxBytes) throw new ProtocolError('TOO_LARGE', { max: maxBytes })
  return decode(Signed, record)
}

/** @param key 32-byte Ed25519 public key. @throws ProtocolError BAD_SIGNATURE */
export function checkSigned (signing: Signing, context: Context, signed: { body: Uint8Array, signature: Uint8Array }, key: Uint8Array): void {
  if (!signing.ed25519Verify(key, message(context, signed.body), signed.signature)) throw new ProtocolError('BAD_SIGNATURE', { what: context })
}
