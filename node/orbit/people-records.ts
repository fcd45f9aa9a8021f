/**
 * One person in a directory: read, merged with what was known, checked.
 *
 * Nothing is believed because a relay wrote it. What counts is signed by the account or the device; of what was already
 * known, the newer record and the list of the higher epoch stay. Pure.
 */
import { sameBytes } from '../../protocol/bytes.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, deviceIdOfKey, type AccountId } from '../../protocol/ids.ts'
import { verifyDeviceKeys } from '../../protocol/records/device-keys.ts'
import { isExpired, verifyDeviceList, type SignedDeviceList } from '../../protocol/records/device-list.ts'
import { isNewer, verifyHomeRecord, type SignedHomeRecord } from '../../protocol/records/home-record.ts'
import { verifyPublicProfile, type SignedPublicProfile } from '../../protocol/records/public-profile.ts'
import { readSigned, type Signing } from '../../protocol/records/signed.ts'
import { decode } from '../../protocol/wire/codec.ts'
import { PublicProfile, type DirectoryPerson } from '../../protocol/wire/gen/directory.js'
import { DeviceKeys, DeviceList, HomeRecord, type Bundle } from '../../protocol/wire/gen/records.js'

export interface CheckedPerson {
  readonly account: AccountId
  readonly homeRecord: SignedHomeRecord
  readonly deviceList: SignedDeviceList
  /** Of devices in the list; without one-time prekeys. */
  readonly bundles: Bundle[]
  readonly profile: SignedPublicProfile | undefined
}

/**
 * @throws ProtocolError MALFORMED, TOO_LARGE, BAD_SIGNATURE, UNSUPPORTED_VERSION, EXPIRED: the person cannot be used.
 *         Keys of a single device that do not match are left out.
 */
export function checkPerson (signing: Signing, person: DirectoryPerson, nowMs: number): CheckedPerson {
  const account = accountIdFromBytes(person.account)
  const deviceList = verifyDeviceList(signing, person.deviceList)
  const homeRecord = verifyHomeRecord(signing, person.homeRecord)
  // [REJECT] somebody else's records under this name
  if (deviceList.account !== account || homeRecord.account !== account) throw new ProtocolError('BAD_SIGNATURE', { what: 'another account\'s record' })
  if (isExpired(deviceList, nowMs)) throw new ProtocolError('EXPIRED', { what: 'device list' })
  const bundles = person.bundles.flatMap(({ device, deviceKeys }) => {
    try {
      const id = deviceIdOfKey(device)
      if (!deviceList.devices.some((one) => one.id === id)) return []
      verifyDeviceKeys(signing, deviceKeys, id)
      return [{ device, deviceKeys }]
    } catch (error) {
      if (!isProtocolError(error)) throw error
      // [DROP] one device's keys are no good: the others may be
      return []
    }
  })
  const profile = person.profile === undefined ? undefined : verifyPublicProfile(signing, person.profile)
  if (profile !== undefined && profile.account !== account) throw new ProtocolError('BAD_SIGNATURE', { what: 'another account\'s profile' })
  return { account, homeRecord, deviceList, bundles, profile }
}

/** Numbers that only rise, read without a look at the signature: what is served is checked then. */
const listEpoch = (signed: Uint8Array): number => decode(DeviceList, readSigned(signed).body).epoch
const homeOf = (bytes: Uint8Array): { epoch: number, bytes: Uint8Array } => ({ epoch: decode(HomeRecord, readSigned(bytes).body).epoch, bytes })
const keysIssuedAtMs = (signed: Uint8Array): number => decode(DeviceKeys, readSigned(signed).body).issuedAtMs
const profileIssuedAtMs = (signed: Uint8Array): number => decode(PublicProfile, readSigned(signed).body).issuedAtMs

/**
 * What to keep of a person of whom something newer was written. A list, record, key or profile that is older than the
 * known one is ignored: a relay cannot take anybody back.
 * @throws ProtocolError MALFORMED, TOO_LARGE: `next` is ignored as a whole
 */
export function mergePerson (known: DirectoryPerson | undefined, next: DirectoryPerson): DirectoryPerson {
  const [epoch, home] = [listEpoch(next.deviceList), homeOf(next.homeRecord)]
  for (const { deviceKeys } of next.bundles) keysIssuedAtMs(deviceKeys)
  if (next.profile !== undefined) profileIssuedAtMs(next.profile)
  if (known === undefined) return next
  const isOlderList = epoch < listEpoch(known.deviceList)
  const bundles = (isOlderList ? known : next).bundles.map((bundle) => newerKeys(bundle, [...known.bundles, ...next.bundles]))
  const profile = newerProfile(known.profile, next.profile)
  return {
    account: next.account,
    handleHash: next.handleHash,
    homeRecord: isNewer(homeOf(known.homeRecord), home) ? known.homeRecord : next.homeRecord,
    deviceList: isOlderList ? known.deviceList : next.deviceList,
    bundles,
    ...(profile === undefined ? {} : { profile })
  }
}

function newerKeys (bundle: Bundle, all: readonly Bundle[]): Bundle {
  let newest = bundle
  for (const one of all) {
    if (sameBytes(one.device, bundle.device) && keysIssuedAtMs(one.deviceKeys) > keysIssuedAtMs(newest.deviceKeys)) newest = one
  }
  return newest
}

function newerProfile (known: Uint8Array | undefined, next: Uint8Array | undefined): Uint8Array | undefined {
  if (known === undefined || next === undefined) return next ?? known
  return profileIssuedAtMs(known) > profileIssuedAtMs(next) ? known : next
}
