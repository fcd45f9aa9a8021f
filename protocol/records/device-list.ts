/**
 * An account's devices, signed by the account key. Epochs only rise: a list that is rolled back is refused, and its
 * hash travels inside messages so that a ghost device is noticed. Spec: docs/protocol/records.md
 */
import { ProtocolError } from '../errors.ts'
import { accountIdFromBytes, accountIdToBytes, accountKeyOf, deviceIdOfKey, deviceKeyOf, keyBytes, type AccountId, type DeviceId } from '../ids.ts'
import { limits } from '../limits.ts'
import { decode, encode } from '../wire/codec.ts'
import { DeviceList as WireDeviceList } from '../wire/gen/records.js'
import { wireVersion } from '../wire/kinds.ts'
import { checkSigned, contexts, readSigned, signRecord, type Signing } from './signed.ts'

export interface Device {
  readonly id: DeviceId
  /** X25519, 32 bytes: the key of its sessions. */
  readonly identityKey: Uint8Array
  readonly registrationId: number
}

export interface DeviceList {
  readonly account: AccountId
  readonly epoch: number
  readonly issuedAtMs: number
  /** 0: no end */
  readonly expiresAtMs: number
  readonly devices: readonly Device[]
}

/** A checked list together with the bytes that were signed. */
export interface SignedDeviceList extends DeviceList { readonly bytes: Uint8Array }

/** @param accountSeed 32-byte Ed25519 seed of the account key */
export function signDeviceList (signing: Signing, list: DeviceList, accountSeed: Uint8Array): SignedDeviceList {
  if (list.devices.length > limits.devices) throw new ProtocolError('TOO_MANY', { max: limits.devices, what: 'devices' })
  const body = encode(WireDeviceList, {
    version: wireVersion,
    account: accountIdToBytes(list.account),
    epoch: list.epoch,
    issuedAtMs: list.issuedAtMs,
    expiresAtMs: list.expiresAtMs,
    devices: list.devices.map((device) => ({ transportKey: deviceKeyOf(device.id), identityKey: device.identityKey, registrationId: device.registrationId }))
  })
  return { ...list, bytes: signRecord(signing, contexts.deviceList, body, accountSeed) }
}

/** @throws ProtocolError TOO_LARGE, MALFORMED, UNSUPPORTED_VERSION, BAD_SIGNATURE. Expiry is the caller's: it has the clock. */
export function verifyDeviceList (signing: Signing, bytes: Uint8Array): SignedDeviceList {
  const signed = readSigned(bytes)
  const wire = decode(WireDeviceList, signed.body)
  if (wire.version !== wireVersion) throw new ProtocolError('UNSUPPORTED_VERSION')
  const account = accountIdFromBytes(wire.account)
  const devices = wire.devices.map((device) => {
    if (device.identityKey.byteLength !== keyBytes) throw new ProtocolError('MALFORMED', { what: 'identity key' })
    return { id: deviceIdOfKey(device.transportKey), identityKey: new Uint8Array(device.identityKey), registrationId: device.registrationId }
  })
  if (wire.epoch < 1 || devices.length === 0 || new Set(devices.map((device) => device.id)).size !== devices.length) throw new ProtocolError('MALFORMED', { what: 'device list' })
  checkSigned(signing, contexts.deviceList, signed, accountKeyOf(account))
  return { account, epoch: wire.epoch, issuedAtMs: wire.issuedAtMs, expiresAtMs: wire.expiresAtMs, devices, bytes: new Uint8Array(bytes) }
}

export const isExpired = (list: DeviceList, nowMs: number): boolean => list.expiresAtMs !== 0 && list.expiresAtMs <= nowMs
