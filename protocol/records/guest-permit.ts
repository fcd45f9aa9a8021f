/**
 * What a device lets one relay do while its account's home is away: forward what the device has sealed. Signed by the
 * device's transport key; good for one relay and for a time. Spec: docs/protocol/move.md
 */
import { ProtocolError } from '../errors.ts'
import { accountIdFromBytes, accountIdToBytes, deviceIdOfKey, deviceKeyOf, relayIdOfKey, relayKeyOf, type AccountId, type DeviceId, type RelayId } from '../ids.ts'
import { decode, encode } from '../wire/codec.ts'
import { GuestPermit as WireGuestPermit } from '../wire/gen/guest.js'
import { wireVersion } from '../wire/kinds.ts'
import { checkSigned, contexts, readSigned, signRecord, type Signing } from './signed.ts'

export interface GuestPermit {
  readonly account: AccountId
  readonly device: DeviceId
  /** Which relay may forward. */
  readonly relay: RelayId
  readonly expiresAtMs: number
}

/** @param deviceSeed 32-byte Ed25519 seed of the device's transport key. @returns the encoded Signed */
export function signGuestPermit (signing: Signing, { account, device, relay, expiresAtMs }: GuestPermit, deviceSeed: Uint8Array): Uint8Array {
  const body = encode(WireGuestPermit, { version: wireVersion, account: accountIdToBytes(account), device: deviceKeyOf(device), relay: relayKeyOf(relay), expiresAtMs })
  return signRecord(signing, contexts.guestPermit, body, deviceSeed)
}

/**
 * That the device is the account's says its device list, which the caller checks.
 * @throws ProtocolError TOO_LARGE, MALFORMED, UNSUPPORTED_VERSION, BAD_SIGNATURE; EXPIRED by the caller's clock
 */
export function verifyGuestPermit (signing: Signing, bytes: Uint8Array, nowMs: number): GuestPermit {
  const signed = readSigned(bytes)
  const wire = decode(WireGuestPermit, signed.body)
  if (wire.version !== wireVersion) throw new ProtocolError('UNSUPPORTED_VERSION')
  const permit = { account: accountIdFromBytes(wire.account), device: deviceIdOfKey(wire.device), relay: relayIdOfKey(wire.relay), expiresAtMs: wire.expiresAtMs }
  if (permit.expiresAtMs <= nowMs) throw new ProtocolError('EXPIRED', { what: 'guest permit' })
  checkSigned(signing, contexts.guestPermit, signed, wire.device)
  return permit
}
