/**
 * One relay's directory database in OrbitDB, of one generation: this relay's own, or a copy of another's.
 *
 * Owns: that entries reach OrbitDB oldest first and checked, and that what it has taken is passed on in order.
 * OrbitDB by itself fetches a log from its newest entry backwards, recursively, with all of it in memory.
 */
import type { Entry, KeyValueDatabase, OrbitDB } from '@orbitdb/core'
import { sleep, type Clock } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import type { Logger } from '../ports.ts'
import type { TakeBundle } from './bundles.ts'
import { bundleOf, checkEntry, mayAppend, nextOf, type DirectoryEntry } from './orbit-entry.ts'
import type { OrbitPeers } from './orbit-peers.ts'
import { OrbitStorage } from './orbit-storage.ts'
import type { Rows } from './rows.ts'

export interface OrbitLogComponents {
  orbit: OrbitDB
  peers: OrbitPeers
  rows: Rows
  signing: Signing
  sha256 (data: Uint8Array): Uint8Array
  clock: Clock
  logger: Logger
  /** What a copy may take on disk. */
  maxBytes: number
}

/** Where entries are fetched from: a page that begins with `hash`, newest first. */
export type ReadPage = (hash: string) => Promise<readonly Uint8Array[]>

/** Entries from gossip that OrbitDB has not taken yet; more are left to the next refresh. */
const maxUnderWay = 8
/** Between two entries of many: OrbitDB takes 3 ms of CPU for one of 40 KiB. */
const pauseMs = 10

export class OrbitLog {
  readonly relay: RelayId
  readonly generation: number
  readonly #components: OrbitLogComponents
  readonly #database: KeyValueDatabase
  readonly #storage: OrbitStorage
  readonly #take: TakeBundle | undefined
  /** The last bundle that is being passed on. */
  #taking: Promise<void> = Promise.resolve()
  #failure: unknown
  #exchanging: Promise<void> = Promise.resolve()
  #underWay = 0
  #position = 0
  #isBehind = false

  /**
   * @param take undefined for this relay's own
   * @param after position of the last bundle that was taken
   */
  static async open (components: OrbitLogComponents, { relay, generation, after, take }: { relay: RelayId, generation: number, after: number, take: TakeBundle | undefined }): Promise<OrbitLog> {
    const storage = new OrbitStorage(components.rows, relay, generation)
    await storage.load()
    const database = await components.orbit.open(`heliograph/directory/${generation}`, {
      type: 'keyvalue',
      // Name, type and this address are what the database's address is the hash of: every relay computes the same.
      AccessController: () => Promise.resolve({
        type: 'heliograph-relay',
        address: `/heliograph-relay/${relay}`,
        canAppend: (entry) => Promise.resolve(mayAppend(entry, relay))
      }),
      entryStorage: storage.entries,
      headsStorage: storage.heads,
      indexStorage: storage.index,
      // References to older entries would save round trips, were entries not fetched in pages; each put would read them all.
      referencesCount: 0,
      sync: true
    })
    const log = new OrbitLog(components, { relay, generation, database, storage, take })
    await log.#begin(after)
    return log
  }

  private constructor (components: OrbitLogComponents, { relay, generation, database, storage, take }: { relay: RelayId, generation: number, database: KeyValueDatabase, storage: OrbitStorage, take: TakeBundle | undefined }) {
    this.relay = relay
    this.generation = generation
    this.#components = components
    this.#database = database
    this.#storage = storage
    this.#take = take
    // Without a listener the emitter throws it.
    database.events.on('error', (error: unknown) => { components.logger.debug('directory.orbit', { relay }, error) })
    database.events.on('update', (entry: Entry) => { this.#onUpdate(entry) })
  }

  /** The gossip topic, too. */
  get address (): string { return this.#database.address }
  /** Of the newest entry. */
  get position (): number { return this.#position }
  get bytes (): number { return this.#storage.bytes }
  get isBehind (): boolean { return this.#isBehind }

  /** @returns its position */
  async append (bundle: Uint8Array): Promise<number> {
    // The key numbers the bundle: OrbitDB's own look-up by key would read the log, directory-index.ts is the index.
    await this.#database.put(String(this.#position + 1), bundle)
    return this.#position
  }

  /** Its newest entries, as they travel. */
  async heads (): Promise<Uint8Array[]> {
    const heads = await this.#database.log.heads()
    const entries = await Promise.all(heads.map(({ hash }) => this.#storage.entry(hash)))
    return entries.filter((entry) => entry !== undefined)
  }

  /** An entry and those before it, as many as fit into `maxBytes`. */
  async page (hash: string, maxBytes: number): Promise<Uint8Array[]> {
    const entries: Uint8Array[] = []
    let bytes = 0
    for (let next: string | undefined = hash; next !== undefined;) {
      const entry: Uint8Array | undefined = await this.#storage.entry(next)
      if (entry === undefined || bytes + entry.byteLength > maxBytes) break
      bytes += entry.byteLength
      entries.push(entry)
      next = nextOf(entry)[0]
    }
    return entries
  }

  /** An entry from gossip. @throws ProtocolError as checkEntry: nobody should pass it on */
  hear (bytes: Uint8Array): void {
    const entry = checkEntry(this.#components, bytes, this)
    if (this.bytes > this.#components.maxBytes) return
    if (this.#underWay >= maxUnderWay) {
      this.#isBehind = true
      return
    }
    this.#underWay++
    this.#hear(bytes, entry).catch((error: unknown) => {
      this.#components.logger.debug('directory.orbit', { relay: this.relay }, error)
    }).finally(() => { this.#underWay-- })
  }

  async #hear (bytes: Uint8Array, { hash, next }: DirectoryEntry): Promise<void> {
    const { log } = this.#database
    const known = await Promise.all(next.map((hash) => log.has(hash)))
    // What is missing in between, the next refresh brings: it knows whom to ask.
    if (known.includes(false)) {
      this.#isBehind = true
      return
    }
    // A full disk is noticed here: OrbitDB would write it to the console.
    await this.#storage.putEntry(hash, bytes)
    this.#components.peers.deliver(this.address, bytes)
    await this.#taking
  }

  /**
   * Take these newest entries and all that is missing before them.
   * @throws ProtocolError TOO_MANY, HOME_UNREACHABLE (a page did not come), MALFORMED, BAD_SIGNATURE
   */
  async join (heads: readonly Uint8Array[], readPage: ReadPage, signal: AbortSignal): Promise<void> {
    this.#isBehind = false
    const missing = await this.#fetch(heads, readPage, signal)
    if (missing.length === 0) return
    // One exchange at a time: Sync would join them one after the other anyway.
    const before = this.#exchanging
    let done = (): void => {}
    this.#exchanging = new Promise((resolve) => { done = resolve })
    await before
    try {
      await this.#exchange(missing, signal)
    } finally {
      done()
    }
  }

  async #exchange (hashes: readonly string[], signal: AbortSignal): Promise<void> {
    this.#failure = undefined
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => { reject(signal.reason as Error) }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#components.peers.exchange(this.address, this.#oldestFirst(hashes, signal, () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }))
    })
    if (this.#failure !== undefined) throw new ProtocolError('INTERNAL', { what: 'directory', cause: this.#failure })
  }

  async * #oldestFirst (hashes: readonly string[], signal: AbortSignal, done: () => void): AsyncGenerator<Uint8Array> {
    try {
      for (const hash of hashes) {
        if (signal.aborted || this.#failure !== undefined) return
        const entry = await this.#storage.entry(hash)
        if (entry === undefined) return
        yield entry
        // OrbitDB has it; so must whoever we pass it on to, before the next is read.
        await this.#taking
        // A copy of a large directory is minutes of work: messages come first.
        await sleep(this.#components.clock, pauseMs, signal)
      }
    } finally {
      done()
    }
  }

  /** From the heads back to what is in the log: everything in between is stored, and named oldest first. */
  async #fetch (heads: readonly Uint8Array[], readPage: ReadPage, signal: AbortSignal): Promise<string[]> {
    const missing = new Map<string, number>()
    const open: string[] = []
    for (const bytes of heads) open.push(await this.#store(bytes))
    while (open.length > 0) {
      signal.throwIfAborted()
      const hash = open.pop()!
      if (missing.has(hash) || await this.#database.log.has(hash)) continue
      const { next, position } = await this.#fetchEntry(hash, readPage)
      missing.set(hash, position)
      // [REJECT] more than a copy may take: whoever asked gives it up
      if (missing.size > limits.directoryBundles || this.bytes > this.#components.maxBytes) throw new ProtocolError('TOO_MANY', { max: this.#components.maxBytes, what: 'bytes of a directory' })
      open.push(...next)
    }
    return [...missing].sort((a, b) => a[1] - b[1]).map(([hash]) => hash)
  }

  async #fetchEntry (hash: string, readPage: ReadPage): Promise<DirectoryEntry> {
    const stored = await this.#storage.entry(hash)
    if (stored !== undefined) return checkEntry(this.#components, stored, this)
    const [first, ...others] = await readPage(hash)
    if (first === undefined) throw new ProtocolError('HOME_UNREACHABLE', { what: 'an entry of its directory is missing' })
    const entry = checkEntry(this.#components, first, this)
    if (entry.hash !== hash) throw new ProtocolError('MALFORMED', { what: 'another entry than the one asked for' })
    await this.#storage.putEntry(hash, first)
    let expected = entry.next
    for (const bytes of others) {
      const other = checkEntry(this.#components, bytes, this)
      // [DROP] not what comes before: nobody asked for it
      if (!expected.includes(other.hash)) break
      await this.#storage.putEntry(other.hash, bytes)
      expected = other.next
    }
    return entry
  }

  async #store (bytes: Uint8Array): Promise<string> {
    const { hash } = checkEntry(this.#components, bytes, this)
    await this.#storage.putEntry(hash, bytes)
    return hash
  }

  #onUpdate (entry: Entry): void {
    this.#position = Math.max(this.#position, entry.clock.time)
    const take = this.#take
    if (take === undefined) return
    this.#taking = this.#taking.then(async () => { await take(bundleOf(entry), entry.clock.time) }).catch((error: unknown) => {
      this.#failure = error
      this.#components.logger.warn('directory.write-failed', { relay: this.relay }, error)
    })
  }

  /** What OrbitDB had taken and a crash kept us from passing on. */
  async #begin (after: number): Promise<void> {
    const { log } = this.#database
    for (const head of await log.heads()) this.#position = Math.max(this.#position, head.clock.time)
    const take = this.#take
    if (take === undefined || this.#position <= after) return
    const hashes: string[] = []
    for await (const entry of log.traverse()) {
      if (entry.clock.time <= after) break
      hashes.push(entry.hash)
    }
    for (const hash of hashes.reverse()) {
      const bytes = await this.#storage.entry(hash)
      if (bytes === undefined) continue
      const { bundle, position } = checkEntry(this.#components, bytes, this)
      await take(bundle, position)
    }
  }

  async close (): Promise<void> {
    await this.#database.close()
    await this.#taking
  }

  /** While it is closed. */
  static async drop (rows: Rows, relay: RelayId, generation: number): Promise<void> { await new OrbitStorage(rows, relay, generation).drop() }
}
