/**
 * The datastore of a libp2p node that serves the DHT: in memory, bounded, forgetting what is older than its time.
 *
 * kad-dht stores what anybody sends (values, provider entries) without a bound and looks at expiry only when it reads.
 * In memory, because what stands in the DHT is a copy: its account's home holds the record durably and publishes it
 * again, so a disk write for every PUT of a stranger would buy nothing. Only types come from libp2p.
 */
import { NotFoundError } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'
import type { Clock } from '../clock.ts'
import { limits } from '../limits.ts'

export type Datastore = NonNullable<Libp2pOptions['datastore']>
type Key = Parameters<Datastore['put']>[0]
type Query = Parameters<Datastore['query']>[0]
type KeyQuery = Parameters<Datastore['queryKeys']>[0]
interface Pair { key: Key, value: Uint8Array }
interface Entry extends Pair { writtenAtMs: number, source: string | undefined }

export interface DatastoreLimits {
  /** Values of the DHT; the longest unwritten goes first. */
  dhtEntries: number
  /** Entries of anything else, which is the peer store: relays and bootstrap nodes, not devices. */
  otherEntries: number
  /** kad-dht believes a value for 48 h; after that it is swept. */
  ttlMs: number
}

export const defaultDatastoreLimits: DatastoreLimits = {
  dhtEntries: limits.dhtRecords,
  otherEntries: 50_000,
  ttlMs: 48 * 60 * 60 * 1000
}

/** Of all records; a relay with a large part of all people in the network may have brought as many. */
const largeShare = 1 / 8
/** Evictions between two looks at who has brought the most. */
const lookEvery = 1_000

const DHT_PREFIX = '/dht/'
/**
 * Provider entries are not kept: nothing here provides content through the DHT, anybody could write any number of
 * them, and answering one GET_PROVIDERS means going through all entries under a prefix.
 */
const PROVIDER_PREFIX = '/dht/provider'

export class BoundedDatastore implements Datastore {
  readonly #clock: Clock
  readonly #limits: DatastoreLimits
  readonly #source: () => string | undefined
  #looks = 0
  #most: Set<string> | undefined
  /** Keys in `#dht` by who has brought them, each in the order of writing. */
  readonly #bySource = new Map<string, Set<string>>()
  /** Each in the order of writing, oldest first. */
  readonly #dht = new Map<string, Entry>()
  readonly #other = new Map<string, Entry>()

  /** @param components.source who has brought the value that is being written; undefined: this node itself */
  constructor ({ clock, source = () => undefined }: { clock: Clock, source?: () => string | undefined }, datastoreLimits: Partial<DatastoreLimits> = {}) {
    this.#clock = clock
    this.#source = source
    this.#limits = { ...defaultDatastoreLimits, ...datastoreLimits }
  }

  get dhtEntries (): number { return this.#dht.size }
  get otherEntries (): number { return this.#other.size }

  /** Drop DHT entries past their time. Called on a timer by the owner. @returns how many */
  sweep (): number {
    const untilMs = this.#clock.nowMs() - this.#limits.ttlMs
    let count = 0
    for (const [text, entry] of this.#dht) {
      if (entry.writtenAtMs > untilMs) break
      this.#drop(text, entry)
      count++
    }
    return count
  }

  put (key: Key, value: Uint8Array): Key {
    const text = key.toString()
    if (text.startsWith(PROVIDER_PREFIX)) return key
    const map = this.#mapOf(text)
    const max = map === this.#dht ? this.#limits.dhtEntries : this.#limits.otherEntries
    this.delete(key)
    if (map.size >= max) this.#makeRoom(map)
    const source = map === this.#dht ? this.#source() : undefined
    if (source !== undefined) {
      const keys = this.#bySource.get(source)
      if (keys === undefined) this.#bySource.set(source, new Set([text]))
      else keys.add(text)
    }
    // A copy (a Buffer's slice() is none): the value is a view of the frame that it came in, which would stay alive with it.
    map.set(text, { key, value: new Uint8Array(value), writtenAtMs: this.#clock.nowMs(), source })
    return key
  }

  get (key: Key): Uint8Array {
    const text = key.toString()
    const entry = this.#mapOf(text).get(text)
    if (entry === undefined) throw new NotFoundError()
    return entry.value
  }

  has (key: Key): boolean {
    const text = key.toString()
    return this.#mapOf(text).has(text)
  }

  delete (key: Key): void {
    const text = key.toString()
    const map = this.#mapOf(text)
    const entry = map.get(text)
    if (entry === undefined) return
    if (map === this.#dht) this.#drop(text, entry)
    else map.delete(text)
  }

  async * putMany (source: Iterable<Pair> | AsyncIterable<Pair>): AsyncGenerator<Key> {
    for await (const { key, value } of source) yield this.put(key, value)
  }

  async * getMany (source: Iterable<Key> | AsyncIterable<Key>): AsyncGenerator<Pair> {
    for await (const key of source) yield { key, value: this.get(key) }
  }

  async * deleteMany (source: Iterable<Key> | AsyncIterable<Key>): AsyncGenerator<Key> {
    for await (const key of source) {
      this.delete(key)
      yield key
    }
  }

  batch (): ReturnType<Datastore['batch']> {
    const steps: Array<() => void> = []
    return {
      put: (key, value) => { steps.push(() => { this.put(key, value) }) },
      delete: (key) => { steps.push(() => { this.delete(key) }) },
      commit: () => { for (const step of steps.splice(0)) step() }
    }
  }

  * query ({ prefix = '', filters = [], orders = [], offset = 0, limit = Infinity }: Query): Generator<Pair> {
    let found: Pair[] = this.#under(prefix).filter((pair) => filters.every((filter) => filter(pair)))
    for (const order of orders) found = found.sort(order)
    yield * found.slice(offset, offset + limit)
  }

  * queryKeys ({ prefix = '', filters = [], orders = [], offset = 0, limit = Infinity }: KeyQuery): Generator<Key> {
    let found = this.#under(prefix).map((pair) => pair.key).filter((key) => filters.every((filter) => filter(key)))
    for (const order of orders) found = found.sort(order)
    yield * found.slice(offset, offset + limit)
  }

  #drop (text: string, { source }: Entry): void {
    this.#dht.delete(text)
    if (source === undefined) return
    const keys = this.#bySource.get(source)
    keys?.delete(text)
    if (keys?.size === 0) this.#bySource.delete(source)
  }

  /** Who has brought more than its share loses what it brought first; else the longest unwritten goes. */
  #makeRoom (map: Map<string, Entry>): void {
    if (map === this.#dht) {
      const most = this.#largest()
      if (most !== undefined && most.size > this.#dht.size * largeShare) {
        for (const text of most) { this.#drop(text, this.#dht.get(text)!); return }
      }
    }
    for (const [text, entry] of map) {
      if (map === this.#dht) this.#drop(text, entry)
      else map.delete(text)
      return
    }
  }

  /** The source with the most records; looked for every so many times, since it goes through all sources and a flood stays the largest for long. */
  #largest (): Set<string> | undefined {
    if (this.#looks++ % lookEvery === 0 || this.#most?.size === 0) {
      this.#most = undefined
      for (const keys of this.#bySource.values()) if (this.#most === undefined || keys.size > this.#most.size) this.#most = keys
    }
    return this.#most
  }

  #mapOf (text: string): Map<string, Entry> { return text.startsWith(DHT_PREFIX) ? this.#dht : this.#other }

  #under (prefix: string): Entry[] {
    if (prefix.startsWith(PROVIDER_PREFIX)) return []
    const maps = prefix.startsWith(DHT_PREFIX) ? [this.#dht] : prefix.startsWith('/peers') ? [this.#other] : [this.#dht, this.#other]
    const out: Entry[] = []
    for (const map of maps) for (const [text, entry] of map) if (text.startsWith(prefix)) out.push(entry)
    return out
  }
}
