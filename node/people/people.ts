/**
 * Finding people, wherever they live: an account's device list and home, the account behind a handle, key bundles.
 *
 * Owns: answering for accounts of this relay, asking the home of the others, following a move, and when the home does not
 * answer the copy of its directory. Does not know: who asks beyond an id to count claims by. Takes keys from nobody but
 * the account's home: what it answers, or what it wrote into its directory.
 */
import type { Channel } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { sameBytes } from '../../protocol/bytes.ts'
import { accountIdFromBytes, accountIdToBytes, deviceKeyOf, type AccountId, type DeviceId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods, type Method } from '../../protocol/methods.ts'
import { verifyDeviceList } from '../../protocol/records/device-list.ts'
import type { SignedHomeRecord } from '../../protocol/records/home-record.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import { encode } from '../../protocol/wire/codec.ts'
import type { ClaimOutcome } from '../../protocol/wire/gen/directory.js'
import { Claimed as WireClaimed, type Claimed, type Found } from '../../protocol/wire/gen/service.js'
import type { Accounts, Registration } from './accounts.ts'
import { deadline } from '../deadline.ts'
import type { CheckedPerson } from '../orbit/people-records.ts'
import { parseHandle, type Handles } from './handles.ts'
import type { HomeBook } from './homes.ts'
import type { Prekeys } from './prekeys.ts'
import type { Profiles } from './profiles.ts'
import type { Standby } from '../standby/standby.ts'

/** A channel to another relay, opened when there is none. */
export interface RelayChannels {
  /** @throws ProtocolError HOME_UNREACHABLE, TIMEOUT */
  channelTo (relay: RelayId, options: { signal: AbortSignal }): Promise<Channel>
}

export interface RelayNames {
  byName (name: string): { readonly relay: RelayId } | undefined
}

/** Copies of other relays' directories: orbit/replicated-directory.ts. What comes out is checked. */
export interface DirectoryCopies {
  /** Somebody here looks for people who live there. */
  want (relay: RelayId): void
  find (home: RelayId, account: AccountId): Promise<CheckedPerson | undefined>
  findAnywhere (account: AccountId): Promise<CheckedPerson | undefined>
  /** @param handle complete, in lower case */
  ownerOf (issuer: RelayId, handle: string): Promise<AccountId | undefined>
}

export interface PeopleComponents {
  accounts: Accounts
  handles: Handles
  homes: HomeBook
  prekeys: Prekeys
  profiles: Pick<Profiles, 'get'>
  relays: RelayChannels
  directory: RelayNames
  /** None: this relay keeps no copies. */
  copies: DirectoryCopies | undefined
  signing: Signing
  clock: Clock
  /** Of an account that may have moved while this relay was away: wait until somebody was asked. */
  standby?: Pick<Standby, 'mayServe'>
}

type FoundReply = Partial<Found>
type ClaimedReply = Partial<Claimed>

/** Times that a lookup follows an account to another home before it gives up. */
const maxMoves = 3
/** A home that has not answered by then is overtaken by the copy of its directory, if there is one: across the world an answer takes half a second. */
const copyPatienceMs = 2_000
/** Claims of one batch that are looked up at once. */
const atATime = 16
/** Of one answer; the frame has room for what stands around it. */
const maxClaimedBytes = limits.pageBytes

export class People {
  readonly #components: PeopleComponents
  readonly #relayName: string

  constructor (components: PeopleComponents, { relayName }: { relayName: string }) {
    this.#components = components
    this.#relayName = relayName
  }

  /** Its record names this relay, which does not know it; or not yet again, after a backup was restored. */
  #unknownHere (account: AccountId): ProtocolError { return new ProtocolError(this.#components.accounts.isAwaited(account) ? 'HOME_UNREACHABLE' : 'UNKNOWN_ACCOUNT') }

  /** @throws ProtocolError MOVED with the newer record, UNKNOWN_ACCOUNT */
  async findHere (account: AccountId): Promise<FoundReply> {
    const { accounts, homes, standby } = this.#components
    await standby?.mayServe(account)
    const [registration, record] = await Promise.all([accounts.find(account), homes.known(account)])
    // Its record may name us while it is not registered here (yet): there is nowhere else to send anybody.
    if (registration === undefined || record === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT')
    if (!accounts.isLocal(account)) throw record.homes[0] === homes.self ? this.#unknownHere(account) : new ProtocolError('MOVED', { record: record.bytes })
    return await this.#found(registration, record)
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
    return await this.#found(registration, record)
  }

  async #found ({ account, deviceList }: Registration, record: SignedHomeRecord): Promise<FoundReply> {
    const profile = await this.#components.profiles.get(account)
    return { account: accountIdToBytes(account), homeRecord: record.bytes, deviceList, ...(profile === undefined ? {} : { profile }) }
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
    return await this.#atHome<FoundReply>(account, signal, {
      here: async () => await this.findHere(account),
      there: async (home) => this.#checked(account, await this.#ask(home, relayMethods.findAccount, { account: accountIdToBytes(account) }, signal)),
      copied: (person) => this.#checked(account, foundIn(person))
    })
  }

  /** @throws ProtocolError BAD_HANDLE, UNKNOWN_HANDLE, UNKNOWN_RELAY, HOME_UNREACHABLE, the signal's reason */
  async findHandle (text: string, { signal }: { signal: AbortSignal }): Promise<FoundReply> {
    const { relayName } = parseHandle(text)
    if (relayName === this.#relayName) return await this.findHandleHere(text)
    const { copies, directory } = this.#components
    const issuer = directory.byName(relayName)
    if (issuer === undefined) throw new ProtocolError('UNKNOWN_RELAY')
    copies?.want(issuer.relay)
    const asking = this.#ask(issuer.relay, relayMethods.findHandle, { handle: text }, signal)
    return await this.#orCopied(asking.then((found) => this.#checked(accountIdIn(found), found)), async () => {
      const account = await copies?.ownerOf(issuer.relay, text.toLowerCase())
      const person = account === undefined ? undefined : await copies?.find(issuer.relay, account)
      return person === undefined ? undefined : this.#checked(person.account, foundIn(person))
    })
  }

  /** @throws ProtocolError as claimHere; HOME_UNREACHABLE, the signal's reason */
  async claim (account: AccountId, asker: { id: string, isRelay: false, device: DeviceId }, { signal }: { signal: AbortSignal }): Promise<ClaimedReply> {
    return await this.#atHome<ClaimedReply>(account, signal, {
      here: async () => await this.claimHere(account, asker),
      there: async (home) => {
        this.#components.prekeys.checkClaim(account, asker)
        return this.#checked(account, await this.#ask(home, relayMethods.claimBundles, { account: accountIdToBytes(account) }, signal))
      },
      copied: (person) => this.#checked(account, claimedFrom(person, asker.device))
    })
  }

  /**
   * Claims of many, one question per home. An answer is never larger than a page: who does not fit in is OVERLOADED.
   * @returns one outcome for each account, in order
   */
  async claimMany (accounts: readonly AccountId[], asker: { id: string, isRelay: false, device: DeviceId }, { signal }: { signal: AbortSignal }): Promise<ClaimOutcome[]> {
    const outcomes = new Map<AccountId, ClaimOutcome>()
    const byHome = new Map<RelayId, AccountId[]>()
    await inGroups([...new Set(accounts)], atATime, async (account) => {
      outcomes.set(account, await outcomeOf(async () => {
        if (this.#components.accounts.isLocal(account)) return await this.claimHere(account, asker)
        const home = await this.#homeOf(account, signal)
        if (home === this.#components.homes.self) throw this.#unknownHere(account)
        this.#components.prekeys.checkClaim(account, asker)
        byHome.set(home, [...byHome.get(home) ?? [], account])
        return undefined
      }))
    })
    await Promise.all([...byHome].map(async ([home, people]) => {
      for (const [account, outcome] of await this.#claimAt(home, people, asker, signal)) outcomes.set(account, outcome)
    }))
    return fitting(accounts.map((account) => outcomes.get(account)!))
  }

  /** As claimMany, of accounts that live here, for another relay's people. */
  async claimManyHere (accounts: readonly AccountId[], asker: { id: string, isRelay: true }): Promise<ClaimOutcome[]> {
    const outcomes: ClaimOutcome[] = []
    let bytes = 0
    await inGroups(accounts, atATime, async (account, index) => {
      // Before a prekey is spent on an answer that has no room.
      outcomes[index] = bytes > maxClaimedBytes ? tooMuch : await outcomeOf(async () => await this.claimHere(account, asker))
      bytes += bytesOf(outcomes[index])
    })
    return fitting(outcomes)
  }

  async #claimAt (home: RelayId, people: readonly AccountId[], asker: { device: DeviceId }, signal: AbortSignal): Promise<Map<AccountId, ClaimOutcome>> {
    const { copies } = this.#components
    copies?.want(home)
    const asking = this.#ask(home, relayMethods.claimMany, { accounts: people.map(accountIdToBytes) }, signal).then(({ outcomes }) => outcomes)
    const copied = async (): Promise<ClaimOutcome[]> => {
      const found = await Promise.all(people.map((account) => copies?.find(home, account)))
      return await Promise.all(found.map((person) => outcomeOf(() => {
        if (person === undefined) throw new ProtocolError('HOME_UNREACHABLE')
        return claimedFrom(person, asker.device)
      })))
    }
    const answered = await this.#orCopied(asking, copied).catch(copied)
    return new Map(await Promise.all(people.map(async (account, index): Promise<[AccountId, ClaimOutcome]> => {
      const outcome = answered[index] ?? { status: new ProtocolError('HOME_UNREACHABLE').status, retryAfterMs: 0 }
      const { claimed, retryAfterMs, status } = outcome
      if (claimed === undefined && status !== 0) return [account, { status, retryAfterMs }]
      return [account, await outcomeOf(() => this.#checked(account, claimed ?? nothingClaimed))]
    })))
  }

  /**
   * Run `here` or `there`, wherever the account lives; when it has moved, again at its new home. A home that does not
   * answer is stood in for by the copy of its directory.
   */
  async #atHome<T> (account: AccountId, signal: AbortSignal, ways: { here: () => Promise<T>, there: (home: RelayId) => Promise<T>, copied: (person: CheckedPerson) => T }): Promise<T> {
    const { accounts, copies, homes } = this.#components
    for (let moves = 0; ; moves++) {
      if (accounts.isLocal(account)) return await ways.here()
      const home = await this.#homeOf(account, signal)
      // It names us, but it is not registered here: never was, or the record is news and the registration is on its way.
      if (home === homes.self) throw this.#unknownHere(account)
      copies?.want(home)
      try {
        return await this.#orCopied(ways.there(home), async () => {
          homes.refresh(account)
          const person = await copies?.find(home, account)
          return person === undefined ? undefined : ways.copied(person)
        })
      } catch (error) {
        if (isProtocolError(error, 'HOME_UNREACHABLE')) homes.refresh(account)
        if (!isProtocolError(error, 'MOVED') || error.details.record === undefined || moves >= maxMoves) throw error
        this.#follow(error.details.record, home)
      }
    }
  }

  /** When the DHT does not tell, a copy of its home's directory may. */
  async #homeOf (account: AccountId, signal: AbortSignal): Promise<RelayId> {
    const { copies, homes } = this.#components
    try {
      return (await homes.find(account, { signal })).homes[0]
    } catch (error) {
      if (!isProtocolError(error, 'UNKNOWN_ACCOUNT', 'HOME_UNREACHABLE', 'TIMEOUT')) throw error
      const person = await copies?.findAnywhere(account)
      if (person === undefined) throw error
      return homes.learn(person.homeRecord.bytes).homes[0]
    }
  }

  /** What is asked, or when that is unreachable or takes long what the copy says, if it says anything. */
  async #orCopied<T> (asking: Promise<T>, copied: () => Promise<T | undefined>): Promise<T> {
    if (this.#components.copies === undefined) return await asking
    return await new Promise<T>((resolve, reject) => {
      const timer = this.#components.clock.after(copyPatienceMs, () => {
        // Nothing in the copy: the answer may still come.
        copied().then((copy) => { if (copy !== undefined) resolve(copy) }, () => {
          // a copy that is no good is as good as none
        })
      })
      asking.finally(() => { timer.cancel() }).then(resolve, (error: unknown) => {
        if (!isProtocolError(error, 'HOME_UNREACHABLE', 'TIMEOUT', 'OVERLOADED')) {
          reject(error as Error)
          return
        }
        copied().then((copy) => {
          if (copy === undefined) reject(error)
          else resolve(copy)
        }, () => { reject(error) })
      })
    })
  }

  async #ask<Request, Reply> (relay: RelayId, method: Method<Request, Reply>, request: Partial<Request>, signal: AbortSignal): Promise<Reply> {
    const { clock, relays } = this.#components
    // Less than the device waits for us, so that it gets the reason and not a TIMEOUT of its own.
    const limit = deadline(clock, limits.requestTimeoutMs * 0.8, signal)
    const once = async (): Promise<Reply> => {
      const channel = await relays.channelTo(relay, { signal: limit.signal })
      return await channel.call(method, request, { signal: limit.signal })
    }
    try {
      // A channel that ends under a question says nothing of the relay: connections that crossed, or it has restarted.
      return await once().catch(async (error: unknown) => {
        if (!isProtocolError(error, 'DISCONNECTED')) throw error
        return await once()
      })
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

const foundIn = ({ account, deviceList, homeRecord, profile }: CheckedPerson): Found => ({
  account: accountIdToBytes(account), deviceList: deviceList.bytes, homeRecord: homeRecord.bytes, ...(profile === undefined ? {} : { profile: profile.bytes }), isCopy: true
})

/** Without one-time prekeys: those are handed out at home only. @throws ProtocolError NO_BUNDLE */
function claimedFrom ({ bundles, deviceList, homeRecord }: CheckedPerson, asker: DeviceId): Claimed {
  const own = deviceKeyOf(asker)
  const others = bundles.filter(({ device }) => !sameBytes(device, own))
  if (others.length === 0) throw new ProtocolError('NO_BUNDLE')
  return { deviceList: deviceList.bytes, homeRecord: homeRecord.bytes, bundles: others, isCopy: true }
}

const nothingClaimed: Claimed = { deviceList: new Uint8Array(0), homeRecord: new Uint8Array(0), bundles: [] }
const tooMuch: ClaimOutcome = { status: new ProtocolError('OVERLOADED').status, retryAfterMs: 0 }

/** @param claim undefined: it is asked elsewhere */
async function outcomeOf (claim: () => Promise<ClaimedReply | undefined> | ClaimedReply): Promise<ClaimOutcome> {
  try {
    const claimed = await claim()
    return { status: 0, retryAfterMs: 0, ...(claimed === undefined ? {} : { claimed: { ...nothingClaimed, ...claimed } }) }
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return { status: error.status, retryAfterMs: error.details.retryAfterMs ?? 0 }
  }
}

const bytesOf = ({ claimed }: ClaimOutcome): number => claimed === undefined ? 8 : encode(WireClaimed, claimed).byteLength + 16

/** What has no room in one answer is asked for again. */
function fitting (outcomes: readonly ClaimOutcome[]): ClaimOutcome[] {
  let bytes = 0
  return outcomes.map((outcome) => {
    const size = bytesOf(outcome)
    if (bytes + size > maxClaimedBytes) return tooMuch
    bytes += size
    return outcome
  })
}

async function inGroups<T> (items: readonly T[], size: number, task: (item: T, index: number) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += size) await Promise.all(items.slice(at, at + size).map(async (item, index) => { await task(item, at + index) }))
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
