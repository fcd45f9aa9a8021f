/**
 * What a device publishes so that others can start a session with it while it is away: suite, identity key and
 * prekeys, signed by the device's transport key. Suite and version are inside what is signed: no silent downgrade.
 * The prekeys' own XEdDSA signatures are checked by e2ee/sessions.ts.
 */
import type { PrekeyBundle } from '../e2ee/sessions.ts'
import { ProtocolError } from '../errors.ts'
import { deviceKeyOf, keyBytes, type DeviceId } from '../ids.ts'
import { decode, encode } from '../wire/codec.ts'
import { DeviceKeys as WireDeviceKeys } from '../wire/gen/records.js'
import { wireVersion } from '../wire/kinds.ts'
import { checkSigned, contexts, readSigned, signRecord, type Signing } from './signed.ts'

export type DeviceKeys = Omit<PrekeyBundle, 'oneTimePrekey'> & { readonly issuedAtMs: number }

/** @param deviceSeed 32-byte Ed25519 seed of the device's transport key. @returns the encoded Signed */
export function signDeviceKeys (signing: Signing, keys: DeviceKeys, deviceSeed: Uint8Array): Uint8Array {
  return signRecord(signing, contexts.deviceKeys, encode(WireDeviceKeys, { version: wireVersion, ...keys }), deviceSeed)
}

/** @throws ProtocolError TOO_LARGE, MALFORMED, UNSUPPORTED_VERSION, BAD_SIGNATURE */
export function verifyDeviceKeys (signing: Signing, bytes: Uint8Array, device: DeviceId): DeviceKeys {
  const signed = readSigned(bytes)
  checkSigned(signing, contexts.deviceKeys, signed, deviceKeyOf(device))
  const { version, signedPrekey, kemPrekey, ...rest } = decode(WireDeviceKeys, signed.body)
  if (version !== wireVersion) throw new ProtocolError('UNSUPPORTED_VERSION')
  if (signedPrekey === undefined || kemPrekey === undefined || rest.identityKey.byteLength !== keyBytes) throw new ProtocolError('MALFORMED', { what: 'device keys' })
  return { ...rest, signedPrekey, kemPrekey }
}
