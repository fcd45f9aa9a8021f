/**
 * Finding people, wherever they live: an account's device list and home, the account behind a handle, key bundles.
 *
 * Owns: answering for accounts of this relay, asking the home of the others, following a move.
 * Does not know: who asks beyond an id to count claims by. Never takes keys from anybody but the account's home.
 */
import type { Channel } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { accountIdFromBytes, accountIdToBytes, type AccountId, type DeviceId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods, type Method } from '../../protocol/methods.ts'
import { verifyDeviceList } from '../../protocol/records/device-list.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import type { Claimed, Found } from '../../protocol/wire/gen/service.js'
import type { Accounts } from './accounts.ts'
import { deadline } from '../deadline.ts'
import { parseHandle, type Handles } from './handles.ts'
import type { HomeBook } from './homes.ts'
import type { Prekeys } from './prekeys.ts'

/** A channel to another relay, opened when there is none. */
export interface RelayChannels {
  /** @throws ProtocolError HOME_UNREACHABLE, TIMEOUT */
  channelTo (relay: RelayId, options: { signal: AbortSignal }): Promise<Channel>
}

export interface RelayNames {
  byName (name: string): { readonly relay: RelayId } | undefined
}

export interface PeopleComponents {
  accounts: Accounts
  handles: Handles
  homes: HomeBook
  prekeys: Prekeys
  relays: RelayChannels
  directory: RelayNames
  signing: Signing
  clock: Clock
}

type FoundReply = Partial<Found>
type ClaimedReply = Partial<Claimed>

/** Times that a lookup follows an account to another home before it gives up. */
const maxMoves = 3

export class People {
  readonly #components: PeopleComponents
  readonly #relayName: string

  constructor (components: PeopleComponents, { relayName }: { relayName: string }) {
    this.#components = components
    this.#relayName = relayName
  }

  /** @throws ProtocolError MOVED with the newer record, UNKNOWN_ACCOUNT */
  async findHere (account: AccountId): Promise<FoundReply> {
    const { accounts, homes } = this.#components
    const [registration, record] = await Promise.all([accounts.find(account), homes.known(account)])
    // Its record may name us while it is not registered here (yet): there is nowhere else to send anybody.
    if (registration === undefined || record === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT')
    if (!accounts.isLocal(account)) throw record.homes[0] === homes.self ? new ProtocolError('UNKNOWN_ACCOUNT') : new ProtocolError('MOVED', { record: record.bytes })
    return { account: accountIdToBytes(account), homeRecord: record.bytes, deviceList: registration.deviceList }
  }

  /**
   * The account behind a handle that this relay has issued. Where it lives now may be elsewhere; its home record tells.
   * @throws ProtocolError BAD_HANDLE, UNKNOWN_HANDLE
   */
  async findHandleHere (text: string): Promise<FoundReply> {
    const { accounts, handles, homes } = this.#components
    const { local, relayName } = parseHandle(text)
    const account = relayName === this.#relayName ? await handles.ownerOf(local) : undefined
    if (account === undefined) throw new ProtocolError('UNKNOWN_HANDLE')
    const [registration, record] = await Promise.all([accounts.find(account), homes.known(account)])
    if (registration === undefined || record === undefined) throw new ProtocolError('UNKNOWN_HANDLE')
    return { account: accountIdToBytes(account), homeRecord: record.bytes, deviceList: registration.deviceList }
  }

  /** @param asker see Prekeys.claim. @throws ProtocolError QUOTA, NO_BUNDLE, MOVED, UNKNOWN_ACCOUNT */
  async claimHere (account: AccountId, asker: { id: string, isRelay: boolean, device?: DeviceId }): Promise<ClaimedReply> {
    const { accounts, prekeys } = this.#components
    const { homeRecord, deviceList } = await this.findHere(account)
    // Nobody needs a session with the device that it is.
    const devices = accounts.devicesOf(account).filter((device) => device !== asker.device)
    return { homeRecord, deviceList, bundles: await prekeys.claim(account, devices, asker) as Claimed['bundles'] }
  }

  /** @throws ProtocolError UNKNOWN_ACCOUNT, HOME_UNREACHABLE, what its home answers, the signal's reason */
  async find (account: AccountId, { signal }: { signal: AbortSignal }): Promise<FoundReply> {
    return await this.#atHome<FoundReply>(account, signal, async () => await this.findHere(account), async (home) => {
      const found = await this.#ask(home, relayMethods.findAccount, { account: accountIdToBytes(account) }, signal)
      return this.#checked(account, found)
    })
  }

  /** @throws ProtocolError BAD_HANDLE, UNKNOWN_HANDLE, UNKNOWN_RELAY, HOME_UNREACHABLE, the signal's reason */
  async findHandle (text: string, { signal }: { signal: AbortSignal }): Promise<FoundReply> {
    const { relayName } = parseHandle(text)
    if (relayName === this.#relayName) return await this.findHandleHere(text)
    const issuer = this.#components.directory.byName(relayName)
    if (issuer === undefined) throw new ProtocolError('UNKNOWN_RELAY')
    const found = await this.#ask(issuer.relay, relayMethods.findHandle, { handle: text }, signal)
    return this.#checked(accountIdIn(found), found)
  }

  /** @throws ProtocolError as claimHere; HOME_UNREACHABLE, the signal's reason */
  async claim (account: AccountId, asker: { id: string, isRelay: false, device: DeviceId }, { signal }: { signal: AbortSignal }): Promise<ClaimedReply> {
    return await this.#atHome<ClaimedReply>(account, signal, async () => await this.claimHere(account, asker), async (home) => {
      this.#components.prekeys.checkClaim(account, asker.id)
      const claimed = await this.#ask(home, relayMethods.claimBundles, { account: accountIdToBytes(account) }, signal)
      return this.#checked(account, claimed)
    })
  }

  /** Run `here` or `there`, wherever the account lives; when it has moved, again at its new home. */
  async #atHome<T> (account: AccountId, signal: AbortSignal, here: () => Promise<T>, there: (home: RelayId) => Promise<T>): Promise<T> {
    const { accounts, homes } = this.#components
    for (let moves = 0; ; moves++) {
      if (accounts.isLocal(account)) return await here()
      const [home] = (await homes.find(account, { signal })).homes
      // It names us, but it is not registered here: never was, or the record is news and the registration is on its way.
      if (home === homes.self) throw new ProtocolError('UNKNOWN_ACCOUNT')
      try {
        return await there(home)
      } catch (error) {
        if (isProtocolError(error, 'HOME_UNREACHABLE')) homes.refresh(account)
        if (!isProtocolError(error, 'MOVED') || error.details.record === undefined || moves >= maxMoves) throw error
        this.#follow(error.details.record, home)
      }
    }
  }

  async #ask<Request, Reply> (relay: RelayId, method: Method<Request, Reply>, request: Partial<Request>, signal: AbortSignal): Promise<Reply> {
    const { clock, relays } = this.#components
    // Less than the device waits for us, so that it gets the reason and not a TIMEOUT of its own.
    const limit = deadline(clock, limits.requestTimeoutMs * 0.8, signal)
    try {
      const channel = await relays.channelTo(relay, { signal: limit.signal })
      return await channel.call(method, request, { signal: limit.signal })
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (isProtocolError(error, ...passedOn)) throw error
      throw new ProtocolError('HOME_UNREACHABLE', { cause: error })
    } finally {
      limit.cancel()
    }
  }

  /**
   * What another relay says of an account is checked before it is passed on. An older home record than ours is replaced.
   * @throws ProtocolError HOME_UNREACHABLE: as good as no answer
   */
  #checked<Reply extends { deviceList: Uint8Array, homeRecord: Uint8Array }> (account: AccountId, reply: Reply): Reply {
    const { homes, signing } = this.#components
    try {
      if (verifyDeviceList(signing, reply.deviceList).account !== account) throw new ProtocolError('BAD_SIGNATURE', { what: 'another account\'s device list' })
      if (homes.learn(reply.homeRecord).account !== account) throw new ProtocolError('BAD_SIGNATURE', { what: 'another account\'s home record' })
      return reply
    } catch (error) {
      if (isProtocolError(error, 'ROLLED_BACK') && error.details.record !== undefined) return { ...reply, homeRecord: error.details.record }
      throw new ProtocolError('HOME_UNREACHABLE', { what: 'its answer is not valid', cause: error })
    }
  }

  /** @throws ProtocolError HOME_UNREACHABLE when the record that came with MOVED leads nowhere new */
  #follow (record: Uint8Array, home: RelayId): void {
    try {
      if (this.#components.homes.learn(record).homes[0] !== home) return
    } catch (error) {
      throw new ProtocolError('HOME_UNREACHABLE', { what: 'its answer is not valid', cause: error })
    }
    throw new ProtocolError('HOME_UNREACHABLE', { what: 'it says that the account moved to where it is' })
  }
}

function accountIdIn (found: Found): AccountId {
  try {
    return accountIdFromBytes(found.account)
  } catch (error) {
    throw new ProtocolError('HOME_UNREACHABLE', { what: 'its answer is not valid', cause: error })
  }
}

/** Answers of another relay that mean the same to the device; anything else is a relay that does not work. */
const passedOn: readonly ErrorCode[] = ['MOVED', 'UNKNOWN_ACCOUNT', 'UNKNOWN_HANDLE', 'NO_BUNDLE', 'QUOTA', 'OVERLOADED', 'HOME_UNREACHABLE']
