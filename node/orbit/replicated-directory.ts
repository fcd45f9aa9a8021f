/**
 * The directory of people that relays keep for each other: each writes its own, and copies those of the relays whose
 * people are looked for here, so that a session can begin while the other person's home is down.
 *
 * Owns: which relays are followed, how much they may take, when they are asked. What comes out is checked: signed by
 * account and device. Knows no OrbitDB (bundles.ts is the port). Spec: docs/protocol/directory.md
 */
import type { Clock, Random, Timer } from '../../protocol/clock.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import { hashHandle } from '../../protocol/records/handle-hash.ts'
import { isNewer } from '../../protocol/records/home-record.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import { deadline } from '../deadline.ts'
import { KeyedSerial } from '../keyed-serial.ts'
import type { Logger } from '../ports.ts'
import type { Meter } from '../watch/meter.ts'
import type { BundleLogs, FollowedBundles } from './bundles.ts'
import { DirectoryIndex, type Followed } from './directory-index.ts'
import { DirectoryPublisher, type PeopleSource } from './directory-publisher.ts'
import { checkPerson, type CheckedPerson } from './people-records.ts'
import type { Rows } from './rows.ts'

/** Relays, as gossip tells of them. */
export interface KnownRelays {
  /** Heard of lately, this one not included, with the number of their current database; 0: none. */
  directories (): Iterable<{ readonly relay: RelayId, readonly generation: number }>
  /** Of any relay that was ever heard of; 0: none. */
  generationOf (relay: RelayId): number
}

export interface ReplicatedDirectoryComponents {
  bundles: BundleLogs
  rows: Rows
  source: PeopleSource
  relays: KnownRelays
  signing: Signing
  sha256 (data: Uint8Array): Uint8Array
  clock: Clock
  random: Random
  logger: Logger
  meter: Meter
}

export interface ReplicatedDirectoryConfig {
  /** Relays that are followed at a time. */
  maxFollowed: number
  /** Bytes that copies of other relays may take together. */
  maxBytes: number
}

export const defaultReplication: ReplicatedDirectoryConfig = { maxFollowed: 32, maxBytes: 1024 * 1024 * 1024 }

/** Gossip brings what is new at once; this finds what it lost. */
const refreshMs = 5 * 60_000
/** How often it is looked whom to follow, and who has begun a new database. */
const roundMs = 10_000
const soonMs = 1_000
const retryMaxMs = 5 * 60_000
/** A copy may take many pages: as long as one page comes in time, see orbit-bundles.ts. */
const refreshTimeoutMs = 10 * 60_000
/** A copy that somebody needed this lately is not given up for a relay that nobody asked for. */
const wantedMs = 24 * 60 * 60_000
/** Relays that are asked for a copy when the relay itself does not answer. */
const otherSources = 3
/** A relay whose copy takes too much is left alone for this long. */
const tooLargeMs = 24 * 60 * 60_000
const maxTooLarge = 1_000
/** A new database of one relay is read this often at most: each is a whole copy. */
const renewMs = 60 * 60_000
/** `wantedAtMs` is written this often at most. */
const wantedEveryMs = 60_000

interface Copy {
  followed: Followed
  bundles: FollowedBundles | undefined
  nextRefreshAtMs: number
  failures: number
  /** When it was last begun anew; 0: not since the start. */
  renewedAtMs: number
  refreshing: Promise<void> | undefined
}

export class ReplicatedDirectory {
  readonly #components: ReplicatedDirectoryComponents
  readonly #config: ReplicatedDirectoryConfig
  readonly #index: DirectoryIndex
  readonly #publisher: DirectoryPublisher
  /** Least recently wanted first. */
  readonly #copies = new Map<RelayId, Copy>()
  readonly #serial = new KeyedSerial()
  /** Until when; as many as were tried. */
  readonly #tooLarge = new Map<RelayId, number>()
  readonly #stopping = new AbortController()
  #timer: Timer | undefined
  /** When the timer fires; in the past while a round is under way. */
  #nextAtMs = -Infinity
  #isStarted = false
  /** It could not be opened. */
  #isOff = false
  #round: Promise<void> = Promise.resolve()

  constructor (components: ReplicatedDirectoryComponents, config: ReplicatedDirectoryConfig = defaultReplication) {
    this.#components = components
    this.#config = config
    this.#index = new DirectoryIndex(components)
    this.#publisher = new DirectoryPublisher({ ...components, index: this.#index })
    const { meter } = components
    meter.gauge('heliograph_directory_bundles', 'Bundles in this relay\'s own directory database', () => this.#publisher.length)
    meter.gauge('heliograph_directory_unpublished', 'Accounts whose change waits to be published', () => this.#publisher.queued)
    meter.gauge('heliograph_directory_copies', 'Relays whose directory is copied here', () => this.#copies.size)
    meter.gauge('heliograph_directory_copied_bytes', 'Bytes of copied directories', () => this.#copiedBytes())
  }

  /** Number of this relay's current database, for its record; 0 before `load`. */
  get generation (): number { return this.#isOff ? 0 : this.#publisher.generation }
  get followed (): Iterable<RelayId> { return this.#copies.keys() }
  /** Everybody who lives here is published. */
  get isPublished (): boolean { return this.#publisher.isComplete }

  /** Before the mesh starts. @param atLeast number in this relay's last record; 0 for none */
  async load (atLeast: number): Promise<void> {
    try {
      await this.#load(atLeast)
    } catch (error) {
      // Everything in it can be had again; no reason for a relay not to start.
      this.#isOff = true
      this.#components.logger.error('directory.not-opened', {}, error)
    }
  }

  async #load (atLeast: number): Promise<void> {
    await this.#publisher.load(atLeast)
    const known: Array<{ relay: RelayId, followed: Followed }> = []
    for await (const one of this.#index.followed()) known.push(one)
    known.sort((a, b) => a.followed.wantedAtMs - b.followed.wantedAtMs)
    for (const { relay, followed } of known) this.#copies.set(relay, this.#copyOf(followed))
  }

  /** Once the mesh has started. */
  start (): void {
    if (this.#isOff) return
    this.#isStarted = true
    this.#publisher.start()
    this.#inTurn(roundMs * this.#components.random.fraction())
  }

  async stop (): Promise<void> {
    this.#stopping.abort(new Error('the relay stops'))
    this.#timer?.cancel()
    await this.#publisher.stop()
    await this.#round
    for (const copy of this.#copies.values()) await this.#close(copy)
    await this.#components.bundles.stop()
    await this.#components.rows.close()
  }

  /** An account of this relay has registered, changed its devices, keys, handle or profile, or left. */
  changed (account: AccountId): void { if (!this.#isOff) this.#publisher.changed(account) }

  /** Somebody here looks for people who live at `relay`: keep its directory. */
  want (relay: RelayId): void {
    const { bundles, clock } = this.#components
    if (relay === bundles.self || this.#isOff) return
    const nowMs = clock.nowMs()
    const copy = this.#copies.get(relay)
    if (copy === undefined) {
      if ((this.#tooLarge.get(relay) ?? 0) <= nowMs) this.#begin(relay, nowMs)
      return
    }
    this.#copies.delete(relay)
    this.#copies.set(relay, copy)
    if (copy.followed.wantedAtMs + wantedEveryMs > nowMs) return
    copy.followed = { ...copy.followed, wantedAtMs: nowMs }
    this.#inBackground(this.#serial.run(relay, async () => { await this.#index.setFollowed(relay, copy.followed) }))
  }

  /** From the copy of `home`'s directory, checked; undefined: not there, or not to be believed. */
  async find (home: RelayId, account: AccountId): Promise<CheckedPerson | undefined> {
    const person = await this.#index.find(home, account)
    if (person === undefined) return undefined
    const { clock, logger, signing } = this.#components
    try {
      const checked = checkPerson(signing, person, clock.nowMs())
      return checked.account === account ? checked : undefined
    } catch (error) {
      if (!isProtocolError(error)) throw error
      logger.debug('directory.bad-person', { account, home }, error)
      return undefined
    }
  }

  /** In all copies, when it is not known where the account lives. The newest home record counts. */
  async findAnywhere (account: AccountId): Promise<CheckedPerson | undefined> {
    let newest: CheckedPerson | undefined
    for (const relay of [...this.#copies.keys()]) {
      const found = await this.find(relay, account)
      if (found !== undefined && (newest === undefined || isNewer(found.homeRecord, newest.homeRecord))) newest = found
    }
    return newest
  }

  /** @param handle complete, in lower case. Only the relay that issued it says whose it is. */
  async ownerOf (issuer: RelayId, handle: string): Promise<AccountId | undefined> {
    return await this.#index.ownerOf(issuer, hashHandle(this.#components, handle))
  }

  /** A relay was heard of that may be followed. */
  lookSoon (): void { if (this.#isStarted && this.#nextAtMs > this.#components.clock.nowMs() + soonMs) this.#inTurn(soonMs) }

  #inTurn (delayMs: number): void {
    if (this.#stopping.signal.aborted) return
    this.#timer?.cancel()
    this.#nextAtMs = this.#components.clock.nowMs() + delayMs
    this.#timer = this.#components.clock.after(delayMs, () => {
      this.#nextAtMs = -Infinity
      this.#round = this.#lookAround()
        .catch((error: unknown) => { this.#components.logger.warn('directory.round-failed', {}, error) })
        .finally(() => { this.#inTurn(roundMs) })
    })
  }

  async #lookAround (): Promise<void> {
    const { clock, relays } = this.#components
    const current = new Map<RelayId, number>()
    for (const { relay, generation } of relays.directories()) if (generation > 0) current.set(relay, generation)
    this.#follow(current.keys())
    await this.#giveUp()
    for (const [relay, copy] of this.#copies) {
      if (this.#stopping.signal.aborted) return
      const generation = this.#generationOf(relay, copy)
      if (generation === 0) continue
      if (copy.refreshing !== undefined) continue
      await this.#serial.run(relay, async () => { await this.#open(relay, copy, generation) })
      const isBehind = copy.failures === 0 && copy.bundles?.isBehind === true
      if (copy.nextRefreshAtMs > clock.nowMs() && !isBehind) continue
      copy.refreshing = this.#refresh(relay, copy, [...current.keys()]).finally(() => { copy.refreshing = undefined })
      this.#inBackground(copy.refreshing)
    }
  }

  #generationOf (relay: RelayId, { followed, renewedAtMs }: Copy): number {
    const generation = Math.max(followed.generation, this.#components.relays.generationOf(relay))
    const isTooSoon = followed.generation !== 0 && renewedAtMs + renewMs > this.#components.clock.nowMs()
    return isTooSoon ? followed.generation : generation
  }

  /** Room that nobody's wish takes is given to whoever is there: in a mesh of some thirty relays everybody keeps everybody's. */
  #follow (candidates: Iterable<RelayId>): void {
    if (this.#copiedBytes() > this.#config.maxBytes / 2) return
    for (const relay of candidates) {
      if (this.#copies.size >= this.#config.maxFollowed) return
      if (!this.#copies.has(relay) && (this.#tooLarge.get(relay) ?? 0) <= this.#components.clock.nowMs()) this.#begin(relay, 0)
    }
  }

  #begin (relay: RelayId, wantedAtMs: number): void {
    if (this.#stopping.signal.aborted) return
    const copy = this.#copyOf({ generation: 0, position: 0, wantedAtMs })
    this.#copies.set(relay, copy)
    if (wantedAtMs > 0) this.lookSoon()
  }

  #copyOf (followed: Followed): Copy { return { followed, bundles: undefined, nextRefreshAtMs: 0, failures: 0, renewedAtMs: 0, refreshing: undefined } }

  #copiedBytes (): number {
    let bytes = 0
    for (const { bundles } of this.#copies.values()) bytes += bundles?.bytes ?? 0
    return bytes
  }

  /** Too many, or too large together: who was wanted longest ago goes. */
  async #giveUp (): Promise<void> {
    while (this.#copies.size > this.#config.maxFollowed || this.#copiedBytes() > this.#config.maxBytes) {
      const [relay, copy] = this.#leastWanted()
      if (relay === undefined) return
      await this.#drop(relay, copy)
      this.#components.logger.debug('directory.given-up', { relay })
    }
  }

  async #drop (relay: RelayId, copy: Copy): Promise<void> {
    this.#copies.delete(relay)
    await this.#serial.run(relay, async () => {
      await this.#close(copy)
      await this.#components.bundles.drop(relay, copy.followed.generation)
      await this.#index.forget(relay)
    })
  }

  #leastWanted (): [RelayId, Copy] | [undefined] {
    const nowMs = this.#components.clock.nowMs()
    // First those that nobody asked for; in the order of the map the others.
    for (const entry of this.#copies) if (entry[1].followed.wantedAtMs + wantedMs < nowMs) return entry
    for (const entry of this.#copies) return entry
    return [undefined]
  }

  async #open (relay: RelayId, copy: Copy, generation: number): Promise<void> {
    const { bundles } = this.#components
    if (copy.bundles !== undefined && copy.followed.generation === generation) return
    if (this.#copies.get(relay) !== copy || this.#stopping.signal.aborted) return
    const before = copy.followed.generation
    if (before !== generation) {
      await this.#close(copy)
      if (before !== 0) await bundles.drop(relay, before)
      copy.followed = { ...copy.followed, generation, position: 0 }
      if (before !== 0) copy.renewedAtMs = this.#components.clock.nowMs()
      copy.nextRefreshAtMs = 0
      await this.#index.setFollowed(relay, copy.followed)
      await this.#index.forgetBefore(relay, before)
    }
    copy.bundles = await bundles.follow(relay, generation, copy.followed.position, async (bundle, position) => {
      const followed = { ...copy.followed, position: Math.max(position, copy.followed.position) }
      await this.#index.take(relay, bundle, followed)
      copy.followed = { ...copy.followed, position: followed.position }
    })
  }

  async #close (copy: Copy): Promise<void> {
    const { bundles, refreshing } = copy
    copy.bundles = undefined
    await bundles?.close()
    await refreshing?.catch(() => {
      // told where it failed
    })
  }

  async #refresh (relay: RelayId, copy: Copy, known: readonly RelayId[]): Promise<void> {
    const { clock, logger, random } = this.#components
    const limit = deadline(clock, refreshTimeoutMs, this.#stopping.signal)
    try {
      await copy.bundles?.refresh(this.#others(relay, known), { signal: limit.signal })
      copy.failures = 0
      copy.nextRefreshAtMs = clock.nowMs() + refreshMs * (0.75 + random.fraction() / 2)
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      if (isProtocolError(error, 'TOO_MANY')) {
        if (this.#tooLarge.size >= maxTooLarge) this.#tooLarge.clear()
        this.#tooLarge.set(relay, clock.nowMs() + tooLargeMs)
        logger.info('directory.too-large', { relay })
        this.#inBackground(this.#drop(relay, copy))
        return
      }
      copy.nextRefreshAtMs = clock.nowMs() + Math.min(retryMaxMs, roundMs * 2 ** copy.failures++)
      logger.debug('directory.refresh-failed', { relay, failures: copy.failures }, error)
    } finally {
      limit.cancel()
    }
  }

  #others (relay: RelayId, known: readonly RelayId[]): RelayId[] {
    const others = known.filter((one) => one !== relay && one !== this.#components.bundles.self)
    const start = Math.floor(this.#components.random.fraction() * others.length)
    return [...others.slice(start), ...others.slice(0, start)].slice(0, otherSources)
  }

  #inBackground (task: Promise<void>): void {
    task.catch((error: unknown) => { this.#components.logger.warn('directory.write-failed', {}, error) })
  }
}
