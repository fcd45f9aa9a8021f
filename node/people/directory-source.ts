/**
 * What this relay tells other relays of one of its accounts, gathered from where it is kept.
 */
import { accountIdToBytes, deviceKeyOf, type AccountId } from '../../protocol/ids.ts'
import { hashHandle } from '../../protocol/records/handle-hash.ts'
import type { PeopleSource } from '../orbit/directory-publisher.ts'
import type { Accounts } from './accounts.ts'
import type { HomeBook } from './homes.ts'
import type { Prekeys } from './prekeys.ts'
import type { Profiles } from './profiles.ts'

export interface DirectorySourceComponents {
  accounts: Accounts
  homes: Pick<HomeBook, 'known'>
  prekeys: Pick<Prekeys, 'keysOf'>
  profiles: Pick<Profiles, 'get'>
  sha256 (data: Uint8Array): Uint8Array
}

export function directorySource (components: DirectorySourceComponents, { relayName }: { relayName: string }): PeopleSource {
  const { accounts, homes, prekeys, profiles } = components
  return {
    locals: () => accounts.locals(),
    async personOf (account: AccountId) {
      // Also of one that has moved: its newer home record says where to, and its handle still leads here.
      const [registration, record, profile] = await Promise.all([accounts.find(account), homes.known(account), profiles.get(account)])
      if (registration === undefined || record === undefined) return undefined
      const bundles = await Promise.all(registration.devices.map(async (device) => {
        const deviceKeys = await prekeys.keysOf(account, device)
        return deviceKeys === undefined ? [] : [{ device: deviceKeyOf(device), deviceKeys }]
      }))
      return {
        account: accountIdToBytes(account),
        homeRecord: record.bytes,
        deviceList: registration.deviceList,
        bundles: bundles.flat(),
        handleHash: registration.handle === '' ? new Uint8Array(0) : hashHandle(components, `${registration.handle}@${relayName}`),
        ...(profile === undefined ? {} : { profile })
      }
    }
  }
}
