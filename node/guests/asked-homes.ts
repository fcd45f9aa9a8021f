/**
 * Two things that a device asks any relay when its home is in trouble: does my home answer you, and tell those whom I talk to
 * where I live now.
 *
 * Owns: looking at another relay within a time, the answer for a crowd that asks about the same one, who has still to be told.
 * Does not decide anything: whether to move is the device's business. Spec: docs/protocol/move.md
 */
import type { Channel, Handlers } from '../../protocol/channel.ts'
import { backoffMs, type Clock, type Random, type Timer } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, relayIdOfKey, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { anyMethods, clientMethods, relayMethods } from '../../protocol/methods.ts'
import type { HomeState } from '../../protocol/wire/gen/guest.js'
import { deadline } from '../deadline.ts'
import type { HomeBook } from '../people/homes.ts'
import type { RelayChannels } from '../people/people.ts'
import type { Directory, Logger } from '../ports.ts'
import type { Meter } from '../watch/meter.ts'

/** unknown: this relay has never heard of it, which says nothing */
export const homeStates = { unknown: 0, reachable: 1, unreachable: 2 } as const

/** A relay that does not answer by then is not there: the slowest answers across the world take half a second. */
const lookMs = 2_000
/** When a home dies all of its people ask at once: one look serves them for so long. */
const lookAgainMs = 1_000
/** Relays that are looked at, and those remembered for the moment. */
const maxLooks = 1_000
const maxLooking = 64
/** For the DHT's word on the asking account. */
const recordMs = 2_000

/** Relays that are told of one move; homes of people that are looked for at a time; tries. */
const maxRelays = 256
const findingAtATime = 16
const maxAttempts = 12
/** Accounts that announce at a time; who comes later is found through the DHT. */
const maxAnnouncing = 1_000

export interface AskedHomesComponents {
  readonly homes: Pick<HomeBook, 'self' | 'known' | 'cached' | 'find' | 'askNewest'>
  readonly relays: RelayChannels
  readonly directory: Pick<Directory, 'addressesOf'>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly meter: Meter
  /** This relay is the account's standby, and may not have everything. */
  readonly isBehind: (account: AccountId) => boolean
  /** Whoever said hello on this connection; pays. @throws ProtocolError NOT_AUTHENTICATED, QUOTA */
  readonly asker: (channel: Channel, cost: number) => { readonly account: AccountId }
  /** The same, of an account of this relay. @throws ProtocolError NOT_REGISTERED as well */
  readonly resident: (channel: Channel, cost: number) => { readonly account: AccountId }
}

const askCost = 1
const announceCost = 10

export class AskedHomes {
  readonly #c: AskedHomesComponents
  readonly #looks = new Map<RelayId, { readonly atMs: number, readonly state: Promise<number> }>()
  readonly #announcing = new Map<AccountId, Announcing>()
  readonly #looked
  #looking = 0
  #isStopped = false

  constructor (components: AskedHomesComponents) {
    this.#c = components
    this.#looked = components.meter.counter('heliograph_guest_looks_total', 'looks at another relay that devices asked for, by what came of it', ['state'])
  }

  register (handlers: Handlers): void {
    const { asker, resident } = this.#c
    handlers
      .on(clientMethods.askHome, async ({ relay }, channel): Promise<Partial<HomeState>> => {
        const { account } = asker(channel, askCost)
        const [state, record] = await Promise.all([this.#stateOf(relayIdOfKey(relay)), this.#newest(account)])
        return { state, isBehind: this.#c.isBehind(account), ...(record === undefined ? {} : { homeRecord: record }) }
      })
      .on(clientMethods.announce, ({ accounts, homes }, channel) => {
        const { account } = resident(channel, announceCost)
        this.#announce(account, { people: [...new Set(accounts.map(accountIdFromBytes))], relays: new Set(homes.map(relayIdOfKey)) })
        return {}
      })
  }

  async #stateOf (relay: RelayId): Promise<number> {
    const { clock, directory, homes } = this.#c
    if (relay === homes.self) return homeStates.reachable
    const known = this.#looks.get(relay)
    if (known !== undefined && clock.nowMs() - known.atMs < lookAgainMs) return await known.state
    // [IGNORE] anybody may ask about any key: only relays that somebody has told of are dialled
    if (directory.addressesOf(relay).length === 0) return homeStates.unknown
    // [LATER] so many at a time
    if (this.#looking >= maxLooking) throw new ProtocolError('OVERLOADED', { retryAfterMs: lookAgainMs })
    this.#looks.delete(relay)
    if (this.#looks.size >= maxLooks) for (const oldest of this.#looks.keys()) { this.#looks.delete(oldest); break }
    const look = { atMs: clock.nowMs(), state: this.#look(relay) }
    this.#looks.set(relay, look)
    return await look.state
  }

  async #look (relay: RelayId): Promise<number> {
    const limit = deadline(this.#c.clock, lookMs)
    this.#looking++
    try {
      const channel = await this.#c.relays.channelTo(relay, { signal: limit.signal })
      await channel.call(anyMethods.ping, {}, { signal: limit.signal })
      this.#looked.inc(1, { state: 'reachable' })
      return homeStates.reachable
    } catch (error) {
      if (!isProtocolError(error)) throw error
      this.#looked.inc(1, { state: 'unreachable' })
      return homeStates.unreachable
    } finally {
      this.#looking--
      limit.cancel()
    }
  }

  /** The newest home record of `account` that is known here or in the DHT. */
  async #newest (account: AccountId): Promise<Uint8Array | undefined> {
    const { clock, homes } = this.#c
    const limit = deadline(clock, recordMs)
    try {
      return (await homes.askNewest(account, { signal: limit.signal }))?.bytes
    } catch (error) {
      if (!isProtocolError(error)) throw error
      return (await homes.known(account))?.bytes
    } finally {
      limit.cancel()
    }
  }

  /** One round at a time for each account: what it says meanwhile takes the place of what was left to be said. */
  #announce (account: AccountId, left: Untold): void {
    const known = this.#announcing.get(account)
    if (this.#isStopped || (this.#announcing.size >= maxAnnouncing && known === undefined)) return
    known?.timer?.cancel()
    const announcing: Announcing = { left, attempt: 0, isRunning: known?.isRunning === true, timer: undefined }
    this.#announcing.set(account, announcing)
    if (!announcing.isRunning) this.#tell(account, announcing)
  }

  #tell (account: AccountId, announcing: Announcing): void {
    announcing.isRunning = true
    this.#tellAll(account, announcing.left).then((still) => { this.#told(account, announcing, still) }, (error: unknown) => {
      this.#c.logger.warn('home.announce', {}, error)
      this.#told(account, announcing, nobody)
    })
  }

  #told (account: AccountId, announcing: Announcing, left: Untold): void {
    const newest = this.#announcing.get(account)
    if (this.#isStopped || newest === undefined) return
    if (newest !== announcing) { this.#tell(account, newest); return }
    if (left.people.length + left.relays.size === 0 || announcing.attempt >= maxAttempts) { this.#announcing.delete(account); return }
    Object.assign(announcing, { left, isRunning: false })
    announcing.timer = this.#c.clock.after(backoffMs(announcing.attempt++, this.#c.random, limits), () => { this.#tell(account, announcing) })
  }

  /** @returns whose home is not known yet, and relays that have not heard */
  async #tellAll (account: AccountId, { people, relays }: Untold): Promise<Untold> {
    const { homes } = this.#c
    const record = homes.cached(account)
    const still: { people: AccountId[], relays: Set<RelayId> } = { people: [], relays: new Set() }
    if (record === undefined) return still
    const targets = new Set(relays)
    const heard = new Set<RelayId>()
    const tell = async (relay: RelayId): Promise<void> => {
      if (relay === homes.self || heard.has(relay) || heard.size >= maxRelays) return
      heard.add(relay)
      if (!await this.#introduce(relay, record.bytes)) still.relays.add(relay)
    }
    await inTurns([...targets], findingAtATime, tell)
    await inTurns(people, findingAtATime, async (person) => {
      const home = await this.#homeOf(person)
      if (home === undefined) still.people.push(person)
      else await tell(home)
    })
    return still
  }

  async #homeOf (account: AccountId): Promise<RelayId | undefined> {
    const { clock, homes } = this.#c
    const limit = deadline(clock, recordMs)
    try {
      return (await homes.find(account, { signal: limit.signal })).homes[0]
    } catch (error) {
      if (!isProtocolError(error)) throw error
      return undefined
    } finally {
      limit.cancel()
    }
  }

  /** @returns false: it is to be told again */
  async #introduce (relay: RelayId, record: Uint8Array): Promise<boolean> {
    const limit = deadline(this.#c.clock, limits.requestTimeoutMs)
    try {
      const channel = await this.#c.relays.channelTo(relay, { signal: limit.signal })
      await channel.call(relayMethods.introduce, { homeRecords: [record] }, { signal: limit.signal })
      return true
    } catch (error) {
      if (!isProtocolError(error)) throw error
      // It knows a newer one already, or will never take this one.
      return error.action !== 'later' && error.action !== 'elsewhere'
    } finally {
      limit.cancel()
    }
  }

  stop (): void {
    this.#isStopped = true
    for (const { timer } of this.#announcing.values()) timer?.cancel()
    this.#announcing.clear()
  }
}

interface Untold { readonly people: readonly AccountId[], readonly relays: ReadonlySet<RelayId> }
interface Announcing { left: Untold, attempt: number, isRunning: boolean, timer: Timer | undefined }
const nobody: Untold = { people: [], relays: new Set() }

async function inTurns<T> (items: readonly T[], atATime: number, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, async () => { for (const item of rest) await work(item) }))
}
