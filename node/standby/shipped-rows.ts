/**
 * Rows of an account as another relay has shipped them, before they become this relay's own: what the account has not signed, or
 * what cannot be read, is passed over. A relay must not keep an account from leaving it by what it ships.
 *
 * Does not know: where the rows are kept (shadow-rows.ts), what becomes of them (takeover.ts).
 */
import type { GroupConversation } from '../../protocol/conversation.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { isCreated } from '../../protocol/groups/membership.ts'
import { snapshotToWire, stateFromWire } from '../../protocol/groups/snapshot.ts'
import { parseAccountId, parseDeviceId, parseRelayId, type AccountId, type DeviceId } from '../../protocol/ids.ts'
import { policyFromWire } from '../../protocol/presence.ts'
import { verifyDeviceKeys } from '../../protocol/records/device-keys.ts'
import { verifyDeviceList } from '../../protocol/records/device-list.ts'
import { verifyPublicProfile } from '../../protocol/records/public-profile.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import { decode } from '../../protocol/wire/codec.ts'
import { PresencePolicy } from '../../protocol/wire/gen/presence.js'
import { readRows, type GroupRows } from '../groups/group-rows.ts'
import { registrationOf, registrationOfRow, type Registration } from '../people/accounts.ts'
import { checkLocalPart } from '../people/handles.ts'
import { withoutOneTime } from '../people/prekeys.ts'

/** @returns undefined: there is no such value. Errors that are no ProtocolError go on. */
function sound<T> (read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    // [IGNORE] made up, or damaged on its way to the disk: as if it had not been shipped
    if (isProtocolError(error)) return undefined
    throw error
  }
}

/** The device list counts as the account has signed it; undefined: it has not. */
export function shippedRegistration (signing: Signing, account: AccountId, value: Uint8Array): Registration | undefined {
  return sound(() => {
    const row = registrationOfRow(account, value)
    const list = verifyDeviceList(signing, row.deviceList)
    return list.account === account ? registrationOf(list, { ...row, handle: sound(() => checkLocalPart(row.handle)) ?? '' }) : undefined
  })
}

export const shippedProfile = (signing: Signing, account: AccountId, value: Uint8Array): Uint8Array | undefined =>
  sound(() => verifyPublicProfile(signing, value).account === account ? value : undefined)

export const shippedPolicy = (value: Uint8Array): Uint8Array | undefined => sound(() => {
  policyFromWire(decode(PresencePolicy, value))
  return value
})

/** @param key `<account>/<device>/keys` or `…/once`. @returns SPEC(standby §take-over) of one-time prekeys the highest id: they may have been handed out there since */
export const shippedKeys = (signing: Signing, key: string, value: Uint8Array): { readonly device: DeviceId, readonly value: Uint8Array } | undefined => sound(() => {
  const [, name, kind] = key.split('/') as [string, string, string]
  const device = parseDeviceId(name)
  if (kind === 'once') return { device, value: withoutOneTime(value) }
  verifyDeviceKeys(signing, value, device)
  return { device, value }
})

/** Who is in a group is believed as a newcomer believes it: devices compare it. undefined: these are the rows of no group */
export async function shippedGroup (group: GroupConversation, rows: AsyncIterable<{ key: string, value: Uint8Array }>): Promise<GroupRows | undefined> {
  let read: GroupRows
  try {
    read = await readRows(group, rows)
  } catch (error) {
    // [IGNORE] a row that is too short, or text in it that is none
    if (error instanceof RangeError || error instanceof TypeError) return undefined
    throw error
  }
  if (!isCreated(read.state)) return read
  return sound(() => {
    const { state, isDamaged } = read
    for (const account of [...state.members.keys(), ...Array.from(state.links.values(), ({ madeBy }) => madeBy)]) parseAccountId(account)
    return {
      // As a newcomer is told it: with what could not be told, the group could be told to nobody from now on.
      state: stateFromWire(snapshotToWire(state)),
      leaving: new Map(Array.from(read.leaving, ([account, span]) => [parseAccountId(account), span])),
      retiring: new Map(Array.from(read.retiring, ([relay, seq]) => [parseRelayId(relay), seq])),
      isDamaged
    }
  })
}
