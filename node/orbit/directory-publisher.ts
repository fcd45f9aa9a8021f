/**
 * Writes what changes about this relay's people into its own directory, gathered into bundles.
 *
 * Owns: which accounts may have changed, the pace, when a new database begins. A change costs nothing until its turn;
 * after a start, or in a new database, everybody is looked at once, slowly: what is published already is skipped.
 */
import { sameBytes } from '../../protocol/bytes.ts'
import type { Clock, Random, Timer } from '../../protocol/clock.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { encode } from '../../protocol/wire/codec.ts'
import { DirectoryBundle, DirectoryPerson } from '../../protocol/wire/gen/directory.js'
import { wireVersion } from '../../protocol/wire/kinds.ts'
import { BucketSet } from '../../protocol/bucket-set.ts'
import type { Logger } from '../ports.ts'
import type { BundleLogs, OwnBundles } from './bundles.ts'
import type { DirectoryIndex } from './directory-index.ts'

export interface PeopleSource {
  /** Accounts that live here. */
  locals (): Iterable<AccountId>
  /** What is to be told of an account; undefined: nothing. */
  personOf (account: AccountId): Promise<Partial<DirectoryPerson> | undefined>
}

export interface DirectoryPublisherComponents {
  source: PeopleSource
  bundles: BundleLogs
  index: DirectoryIndex
  clock: Clock
  random: Random
  logger: Logger
  sha256 (data: Uint8Array): Uint8Array
}

/** Changes gather for this long: a registration is three of them, and a crowd of people comes in one bundle. */
const gatherMs = 3_000
/** Bundles for a few changes: then one a minute, so that nobody makes the log grow by changing a profile all day. */
const smallBundles = { burst: 20, perSecond: 1 / 60 }
/** People who fill a good part of a bundle need not wait for more. */
const manyPeople = 8
/** After a failure: a full disk is not made larger by asking it often. */
const retryMs = 60_000
/** Looking at everybody: 200 accounts and one bundle a turn are some 10 ms. */
const walkPaceMs = 250
const accountsPerTurn = 200
/** The first look at everybody waits until the relay has done what a start brings. */
const firstWalkMs = 15_000
/** Room for the bundle's own fields. */
const bundleRoomBytes = limits.directoryBundleBytes - 64
/** Bundles that are always worth keeping, and people in one: below, a small relay would begin anew all the time. */
const minBundles = 2_000
const peoplePerBundle = 16
const hashBytes = 16

export class DirectoryPublisher {
  readonly #components: DirectoryPublisherComponents
  /** Accounts of this relay only, each once. */
  readonly #changed = new Set<AccountId>()
  readonly #small: BucketSet
  #walk: Iterator<AccountId> | undefined
  #own: OwnBundles | undefined
  #generation = 0
  #replaced: number | undefined
  #timer: Timer | undefined
  #dueAtMs = Infinity
  #turning: Promise<void> = Promise.resolve()
  #isStarted = false
  #isStopped = false

  constructor (components: DirectoryPublisherComponents) {
    this.#components = components
    this.#small = new BucketSet(components, smallBundles)
  }

  /** Number of the current database; 0 before `load`. */
  get generation (): number { return this.#generation }
  /** Bundles in it. */
  get length (): number { return this.#own?.length ?? 0 }
  /** Accounts that wait for their turn. */
  get queued (): number { return this.#changed.size }
  /** Everybody has been looked at since the start. */
  get isComplete (): boolean { return this.#isStarted && this.#walk === undefined && this.#changed.size === 0 }

  /** @param atLeast as this relay's record said before: its rows may be gone, and a number is never used for another database */
  async load (atLeast: number): Promise<void> {
    const { bundles, index } = this.#components
    const known = await index.ownGeneration()
    this.#generation = known !== 0 && known >= atLeast ? known : atLeast + 1
    if (this.#generation !== known) await index.beginOwn(this.#generation)
    this.#own = await bundles.own(this.#generation)
    // Left behind by a relay that was stopped while it wrote everybody into the next one.
    await bundles.drop(bundles.self, this.#generation - 1)
    await index.forgetPublished(this.#generation - 1)
  }

  start (): void {
    this.#isStarted = true
    this.#walk = this.#components.source.locals()[Symbol.iterator]()
    this.#schedule(firstWalkMs * (0.5 + this.#components.random.fraction()))
  }

  async stop (): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#turning
    await this.#own?.close()
  }

  /** Something about an account of this relay may have changed. */
  changed (account: AccountId): void {
    this.#changed.add(account)
    if (this.#isStarted) this.#scheduleChanges()
  }

  #scheduleChanges (): void {
    if (this.#dueAtMs <= this.#components.clock.nowMs() + gatherMs) return
    this.#schedule(this.#changed.size >= manyPeople ? gatherMs : Math.max(gatherMs, this.#small.tryTake('')))
  }

  #schedule (delayMs: number): void {
    const { clock } = this.#components
    const dueAtMs = clock.nowMs() + delayMs
    if (this.#isStopped || dueAtMs >= this.#dueAtMs) return
    this.#timer?.cancel()
    this.#dueAtMs = dueAtMs
    this.#timer = clock.after(delayMs, () => {
      this.#turning = this.#turn().catch((error: unknown) => {
        this.#components.logger.warn('directory.write-failed', {}, error)
        return true
      }).then((hasFailed) => {
        this.#dueAtMs = Infinity
        if (hasFailed === true) {
          this.#schedule(retryMs)
          return
        }
        if (this.#changed.size > 0) this.#scheduleChanges()
        if (this.#walk !== undefined) this.#schedule(walkPaceMs)
      })
    })
  }

  /** One bundle at most. */
  async #turn (): Promise<void> {
    await this.#renewWhenLong()
    const people: DirectoryPerson[] = []
    const hashes = new Map<AccountId, Uint8Array>()
    const taken: AccountId[] = []
    let bytes = 0
    try {
      for (let looked = 0; looked < accountsPerTurn && !this.#isStopped; looked++) {
        const account = this.#next()
        if (account === undefined) break
        taken.push(account)
        const found = await this.#newOf(account)
        if (found === undefined) continue
        const size = found.bytes.byteLength + 8
        // A person with ten devices takes 22 KiB: one alone always fits.
        if (bytes + size > bundleRoomBytes && people.length > 0) {
          this.#changed.add(account)
          break
        }
        bytes += size
        people.push(found.person)
        hashes.set(account, found.hash)
        if (people.length >= 64) break
      }
      if (people.length === 0) return
      await this.#own!.append(encode(DirectoryBundle, { version: wireVersion, people }))
      await this.#components.index.markPublished(this.#generation, hashes)
    } catch (error) {
      for (const account of taken) this.#changed.add(account)
      throw error
    }
  }

  #next (): AccountId | undefined {
    for (const account of this.#changed) {
      this.#changed.delete(account)
      return account
    }
    const next = this.#walk?.next()
    if (next?.done !== true) return next?.value
    this.#walk = undefined
    this.#dropReplaced()
    return undefined
  }

  /** What of an account is not published yet. */
  async #newOf (account: AccountId): Promise<{ person: DirectoryPerson, bytes: Uint8Array, hash: Uint8Array } | undefined> {
    const { index, sha256, source } = this.#components
    const found = await source.personOf(account)
    if (found === undefined) return undefined
    const bytes = encode(DirectoryPerson, found)
    if (bytes.byteLength > bundleRoomBytes) return undefined
    const hash = sha256(bytes).subarray(0, hashBytes)
    const published = await index.published(this.#generation, account)
    if (published !== undefined && sameBytes(published, hash)) return undefined
    return { person: DirectoryPerson.decode(bytes), bytes, hash }
  }

  /** OrbitDB needs its whole log: when most of it is outdated, a new database begins and everybody is written once more. */
  async #renewWhenLong (): Promise<void> {
    const { bundles, index, logger, source } = this.#components
    let people = 0
    if (this.length < minBundles || this.#replaced !== undefined) return
    for (const _ of source.locals()) people++
    if (this.length < Math.min(limits.directoryBundles, minBundles + 4 * Math.ceil(people / peoplePerBundle))) return
    const next = await bundles.own(this.#generation + 1)
    await index.beginOwn(this.#generation + 1)
    await this.#own!.close()
    this.#replaced = this.#generation
    this.#own = next
    this.#generation++
    this.#walk = source.locals()[Symbol.iterator]()
    logger.info('directory.renewed', { generation: this.#generation, people })
  }

  #dropReplaced (): void {
    const { bundles, index, logger } = this.#components
    const generation = this.#replaced
    if (generation === undefined) return
    this.#replaced = undefined
    Promise.all([bundles.drop(bundles.self, generation), index.forgetPublished(generation)]).catch((error: unknown) => { logger.warn('directory.write-failed', {}, error) })
  }
}
