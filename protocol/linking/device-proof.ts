/**
 * The new device's consent and proof of possession: a signature by its transport key over the account and the epoch of
 * the list that will name it, its identity key, and the meeting in which it was asked. Nobody can list a device that has
 * not asked for it, and a proof is good for one meeting. Spec: docs/protocol/devices.md
 */
import { concat, utf8 } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { accountIdToBytes, deviceIdOfKey, deviceKeyOf, keyBytes, type AccountId, type DeviceId } from '../ids.ts'
import type { Device } from '../records/device-list.ts'
import type { Signing } from '../records/signed.ts'

export interface ProvenDevice {
  readonly account: AccountId
  readonly epoch: number
  readonly device: Device
  /** 32 bytes */
  readonly transcript: Uint8Array
}

const context = utf8('heliograph link proof 1\0')
/** 14 bits, not 0 */
const maxRegistrationId = 0x3fff

function signedBytes ({ account, epoch, device, transcript }: ProvenDevice): Uint8Array {
  const numbers = new Uint8Array(8)
  const view = new DataView(numbers.buffer)
  view.setUint32(0, epoch)
  view.setUint32(4, device.registrationId)
  return concat(context, accountIdToBytes(account), numbers, deviceKeyOf(device.id), device.identityKey, transcript)
}

/** @param deviceSeed 32-byte Ed25519 seed of the transport key. @returns 64 bytes */
export function signDeviceProof (signing: Signing, proven: ProvenDevice, deviceSeed: Uint8Array): Uint8Array {
  return signing.ed25519Sign(deviceSeed, signedBytes(proven))
}

/**
 * The device that introduces itself.
 * @throws ProtocolError LINK_FAILED
 */
export function checkIntroduction (
  signing: Signing,
  { transportKey, identityKey, registrationId, proof }: { transportKey: Uint8Array, identityKey: Uint8Array, registrationId: number, proof: Uint8Array },
  meeting: Omit<ProvenDevice, 'device'>
): Device {
  // [REJECT] cheapest first: shapes, then the signature
  if (transportKey.byteLength !== keyBytes || identityKey.byteLength !== keyBytes || registrationId < 1 || registrationId > maxRegistrationId) throw new ProtocolError('LINK_FAILED', { what: 'introduction' })
  const id: DeviceId = deviceIdOfKey(transportKey)
  const device = { id, identityKey: identityKey.slice(), registrationId }
  if (!signing.ed25519Verify(transportKey, signedBytes({ ...meeting, device }), proof)) throw new ProtocolError('LINK_FAILED', { what: 'proof' })
  return device
}
