/**
 * The relays of the mesh, as this relay knows them, and what it says of itself.
 *
 * Owns: gossiping its own signed record, taking and serving those of others, asking bootstrap nodes and other relays
 * for what gossip missed, remembering addresses over restarts and partitions. Does not know: accounts.
 * Spec: docs/protocol/directory.md. Table: `relay`.
 */
import type { ByteStream } from '../../protocol/byte-stream.ts'
import { Channel, Handlers, type ChannelMeter } from '../../protocol/channel.ts'
import type { Clock, Random, Timer } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { parseRelayId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { anyMethods, directoryMethods } from '../../protocol/methods.ts'
import { protocols, topics } from '../../protocol/protocols.ts'
import { signRelayRecord, verifyRelayRecord, type RelayRecordReader, type SignedRelayRecord } from '../../protocol/records/relay-record.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import { RelayDirectory } from '../../protocol/relay-directory.ts'
import type { RelayRecords } from '../../protocol/wire/gen/records.js'
import type { GetDirectory } from '../../protocol/wire/gen/service.js'
import { deadline } from '../deadline.ts'
import type { Load } from '../limits/load.ts'
import type { GossipVerdict, Mesh } from '../mesh/mesh.ts'
import type { Meter } from '../watch/meter.ts'
import type { Buckets, Commits, Directory as DirectoryPort, Logger } from '../ports.ts'
import type { Store, Write } from '../store/store.ts'

/** Gossip reaches few right after the start (16 of 20 messages were seen to arrive): repeat soon, then steadily. */
const firstPublishesMs = [1_000, 3_000, 8_000, 20_000]
/** What all say to all grows with the square: a larger network than this says and asks less often. */
const smallNetwork = 200
/** Every four minutes at most: a record lives for ten, so that two in a row may be lost. */
const maxPublishCrowd = 2
/** Asking repairs what gossip has lost, and costs 400 KB in a network of a thousand. */
const maxAskCrowd = 5
/** A relay that nobody heard of for this long is forgotten with its address. A partition may last that long. */
const rememberMs = 30 * 24 * 60 * 60_000
/** The stored copy of a record is renewed this often when only its load has changed. */
const storeAgainMs = 60 * 60_000
/** How long one answer to getDirectory is reused, unless a relay comes or moves: 10,000 are not sorted for every client. */
const answerCacheMs = 1_000
/** Records in one answer, at most; 1,000 at about 400 bytes. */
const maxAnswerRecords = 1_000
const maxAnswerBytes = limits.pageBytes
/** A directory stream that asks nothing is closed. */
const idleStreamMs = 30_000

export interface DirectoryComponents {
  mesh: Mesh
  store: Pick<Store, 'scan'>
  commits: Pick<Commits, 'commit'>
  buckets: Buckets
  load?: Load
  signing: Signing
  clock: Clock
  random: Random
  logger: Logger
  meter: Meter
  channelMeter: ChannelMeter
  /** 0 idle … 1000 full */
  loadPermille (): number
  /** Stay connected to this relay. */
  keepConnected (relay: RelayId, addresses: readonly string[]): void
  /** Number of this relay's current directory database; 0: none. */
  databaseGeneration? (): number
  /** A relay is new, or has begun another directory database. */
  onDatabase? (): void
  /** For a simulation of very many relays; default: readRelayRecord. */
  readRelayRecord?: RelayRecordReader
}

export interface DirectoryConfig {
  name: string
  region: string
  openRegistration: boolean
  software: string
  /** Multiaddrs of relays or bootstrap nodes, each ending in /p2p/<id>. */
  bootstrapPeers: readonly string[]
  /** 32-byte Ed25519 seed of the relay's key. */
  seed: Uint8Array
}

interface Remembered { record: SignedRelayRecord, heardAtMs: number, storedAtMs: number }

/** Loopback is for others on this machine only: said when there is nothing else, as in a network of test relays. */
const isLoopback = (address: string): boolean => /^\/ip4\/127\.|^\/ip6\/::1\//.test(address)

function usefulAddresses (all: readonly string[]): string[] {
  const elsewhere = all.filter((address) => !isLoopback(address))
  return (elsewhere.length > 0 ? elsewhere : [...all]).filter((address) => address.length <= limits.addressBytes).slice(0, limits.relayAddresses)
}

const isSameList = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((one, i) => one === b[i])

export class Directory implements DirectoryPort {
  readonly #components: DirectoryComponents
  readonly #config: DirectoryConfig
  readonly #live: RelayDirectory
  /** Also those that were not heard of lately: after a partition somebody has to be dialled first. */
  readonly #remembered = new Map<RelayId, Remembered>()
  readonly #answers = new Map<string, { atMs: number, records: Uint8Array[] }>()
  readonly #stopping = new AbortController()
  readonly #handlers: Handlers
  readonly #channels = new Set<Channel>()
  readonly #writing = new Set<Promise<void>>()
  #publishTimer: Timer | undefined
  #askTimer: Timer | undefined
  #asking: Promise<void> = Promise.resolve()
  #own: SignedRelayRecord | undefined

  constructor (components: DirectoryComponents, config: DirectoryConfig) {
    this.#components = components
    this.#config = config
    this.#live = new RelayDirectory(components.signing, { read: components.readRelayRecord })
    this.#handlers = new Handlers()
      .on(anyMethods.ping, () => ({}))
      .on(directoryMethods.getDirectory, (request, channel) => {
        components.buckets.take('lookupPerDevice', channel.stream.remotePeer, 1)
        components.load?.check('history')
        return this.answer(request)
      })
    components.meter.gauge('heliograph_directory_relays', 'Relays heard of lately, this one included', () => this.#live.size)
    components.meter.gauge('heliograph_directory_proven_relays', 'Of those heard of lately, relays that this one was connected to', () => this.#live.proven)
    components.meter.gauge('heliograph_directory_remembered_relays', 'Relays whose addresses are kept', () => this.#remembered.size)
  }

  addressesOf (relay: RelayId): readonly string[] {
    return (this.#live.get(relay) ?? this.#remembered.get(relay)?.record)?.addresses ?? []
  }

  /** Heard of lately, or remembered from before a partition. */
  byName (name: string): SignedRelayRecord | undefined {
    const live = this.#live.byName(name)
    if (live !== undefined) return live
    for (const { record } of this.#remembered.values()) if (record.name === name) return record
    return undefined
  }

  /** Relays heard of lately, without this one, with the number of their directory database; 0: none. */
  directories (): Array<{ relay: RelayId, generation: number }> {
    return this.#live.list().filter(({ relay }) => relay !== this.#components.mesh.self).map(({ relay, directory = 0 }) => ({ relay, generation: directory }))
  }

  /** Also of a relay that was not heard of lately. */
  generationOf (relay: RelayId): number { return (this.#live.get(relay) ?? this.#remembered.get(relay)?.record)?.directory ?? 0 }

  /** Heard of lately, this one included. */
  relays (): SignedRelayRecord[] { return this.#live.list() }

  get own (): SignedRelayRecord | undefined { return this.#own }
  /** A request came from this relay, or it has answered one. */
  heardOf (relay: RelayId): void { this.#live.prove(relay) }
  get size (): number { return this.#live.size }

  /** Answer to getDirectory, for whoever asks. */
  answer (request: GetDirectory): Partial<RelayRecords> {
    const max = request.max === 0 ? maxAnswerRecords : Math.min(request.max, maxAnswerRecords)
    return { records: this.#sorted(request.region.slice(0, limits.regionBytes)).slice(0, max) }
  }

  /** Remembered relays, before the mesh starts. */
  async load (): Promise<void> {
    const { logger, mesh, signing, store } = this.#components
    const nowMs = this.#components.clock.nowMs()
    for await (const { key, value } of store.scan('relay', '')) {
      try {
        const record = verifyRelayRecord(signing, value)
        // Our own: the next one must be newer, also when the clock was set back.
        if (record.relay === mesh.self) this.#own = record
        else this.#remembered.set(record.relay, { record, heardAtMs: nowMs, storedAtMs: nowMs })
      } catch (error) {
        logger.warn('directory.damaged-record', { relay: key }, error)
      }
    }
  }

  /** Before the mesh starts: what it must serve and hear from the first moment. */
  listen (): void {
    const { mesh } = this.#components
    mesh.handle(protocols.directory, (stream) => { this.#accept(stream) })
    mesh.subscribe(topics.directory, (message) => this.#onGossip(message))
  }

  /** Once the mesh has started. */
  start (): void {
    for (const { record } of this.#remembered.values()) this.#components.keepConnected(record.relay, record.addresses)
    this.#publishInTurn(0)
    this.#askInTurn(0)
  }

  async stop (): Promise<void> {
    this.#stopping.abort(new ProtocolError('CANCELLED'))
    this.#publishTimer?.cancel()
    this.#askTimer?.cancel()
    await this.#asking
    await Promise.all(this.#writing)
    await Promise.all([...this.#channels].map(async (channel) => { await channel.close() }))
  }

  /** Sign and gossip this relay's record: at start some times, then every two minutes, which is also how soon new addresses are told. */
  #publishInTurn (turn: number): void {
    if (this.#stopping.signal.aborted) return
    const delayMs = turn === 0 ? 0 : firstPublishesMs[turn - 1] ?? limits.relayRecordRefreshMs * this.#crowd(maxPublishCrowd)
    this.#publishTimer = this.#components.clock.after(delayMs, () => {
      this.#publish()
      this.#publishInTurn(turn + 1)
    })
  }

  #publish (): void {
    const { clock, logger, mesh, signing } = this.#components
    const { bootstrapPeers: _peers, seed, ...said } = this.#config
    const nowMs = clock.nowMs()
    this.#live.expire(nowMs)
    this.#forgetOld(nowMs)
    const record = signRelayRecord(signing, {
      relay: mesh.self,
      ...said,
      addresses: usefulAddresses(mesh.addresses()),
      loadPermille: Math.min(1000, Math.max(0, Math.round(this.#components.loadPermille()))),
      issuedAtMs: Math.max(nowMs, (this.#own?.issuedAtMs ?? 0) + 1),
      directory: this.#components.databaseGeneration?.() ?? 0
    }, seed)
    this.#own = record
    try {
      this.#live.offer(record.bytes, nowMs)
      this.#live.prove(mesh.self)
    } catch (error) {
      // Full of 10,000 others: ours still goes out.
      logger.warn('directory.own-record', {}, error)
    }
    this.#write([{ op: 'put', table: 'relay', key: mesh.self, value: record.bytes }])
    // Best effort: who misses it asks (askInTurn).
    mesh.publish(topics.directory, record.bytes).catch((error: unknown) => { logger.debug('directory.publish-failed', {}, error) })
  }

  #onGossip (message: Uint8Array): GossipVerdict {
    try {
      return this.#offer(message) === undefined ? 'ignore' : 'accept'
    } catch (error) {
      if (!isProtocolError(error)) throw error
      // [DROP] older than ours, or no room: its sender did nothing wrong. A newer version is for newer relays.
      if (isProtocolError(error, 'ROLLED_BACK', 'TOO_MANY', 'UNSUPPORTED_VERSION')) return 'ignore'
      // [REJECT] forged or malformed: whoever passed it on did not check it
      return 'reject'
    }
  }

  /** @returns the record when it was new. @throws ProtocolError as RelayDirectory.offer */
  #offer (bytes: Uint8Array): SignedRelayRecord | undefined {
    const nowMs = this.#components.clock.nowMs()
    const record = this.#live.offer(bytes, nowMs)
    if (record === undefined || record.relay === this.#components.mesh.self) return record
    this.#remember(record, nowMs)
    this.#components.keepConnected(record.relay, record.addresses)
    return record
  }

  #remember (record: SignedRelayRecord, nowMs: number): void {
    const known = this.#remembered.get(record.relay)
    const before = known?.record
    const isNews = before === undefined || before.name !== record.name || !isSameList(before.addresses, record.addresses)
    if (isNews) {
      this.#answers.clear()
      // Handles of one of the two lead nowhere for those who heard of the other first.
      if (record.name === this.#config.name) this.#components.logger.warn('directory.name-taken', { relay: record.relay, name: record.name })
    }
    if (record.directory !== undefined && record.directory !== before?.directory) this.#components.onDatabase?.()
    const isDue = isNews || known === undefined || known.storedAtMs + storeAgainMs <= nowMs
    if (known === undefined) {
      if (this.#remembered.size >= limits.directoryRelays) return
      this.#remembered.set(record.relay, { record, heardAtMs: nowMs, storedAtMs: nowMs })
    } else {
      known.record = record
      known.heardAtMs = nowMs
      if (isDue) known.storedAtMs = nowMs
    }
    if (isDue) this.#write([{ op: 'put', table: 'relay', key: record.relay, value: record.bytes }])
  }

  #forgetOld (nowMs: number): void {
    for (const [relay, { heardAtMs }] of this.#remembered) {
      if (heardAtMs + rememberMs > nowMs) continue
      this.#remembered.delete(relay)
      this.#write([{ op: 'delete', table: 'relay', key: relay }])
    }
  }

  /** In the background: a record that is lost is heard again. */
  #write (writes: readonly Write[]): void {
    const writing = this.#components.commits.commit(writes)
      .catch((error: unknown) => { this.#components.logger.warn('directory.store-failed', {}, error) })
      .finally(() => { this.#writing.delete(writing) })
    this.#writing.add(writing)
  }

  /** How many times as large as a small network this one is, from 1 to `most`. */
  #crowd (most: number): number { return Math.min(most, Math.max(1, this.#live.size / smallNetwork)) }

  #askInTurn (turn: number): void {
    if (this.#stopping.signal.aborted) return
    // Until somebody is known: soon again. Then once per refresh: gossip loses what was sent during a cut.
    const isAlone = this.#live.size <= 1
    const delayMs = turn === 0 ? 0 : isAlone ? Math.min(limits.retryMaxMs, limits.retryBaseMs * 2 ** Math.min(turn, 10)) : limits.relayRecordRefreshMs * this.#crowd(maxAskCrowd)
    this.#askTimer = this.#components.clock.after(delayMs * (0.75 + this.#components.random.fraction() / 2), () => {
      this.#asking = this.#askSomebody().finally(() => { this.#askInTurn(turn + 1) })
    })
  }

  /** All bootstrap nodes while nobody else is known, then one of everybody, at random. */
  async #askSomebody (): Promise<void> {
    const bootstraps = this.#bootstraps()
    const others = [...bootstraps, ...this.#live.list().filter((record) => record.relay !== this.#components.mesh.self).map(({ relay, addresses }) => ({ relay, addresses }))]
    const whom = this.#live.size <= 1 && bootstraps.length > 0
      ? bootstraps
      : others.length > 0 ? [others[Math.floor(this.#components.random.fraction() * others.length)]!] : [...this.#remembered.values()].slice(0, 3).map(({ record }) => record)
    await Promise.all(whom.map(async (one) => { await this.#ask(one.relay, one.addresses) }))
  }

  async #ask (relay: RelayId, addresses: readonly string[]): Promise<void> {
    const { channelMeter, clock, logger, mesh } = this.#components
    const limit = deadline(clock, limits.requestTimeoutMs, this.#stopping.signal)
    let channel: Channel | undefined
    try {
      const stream = await mesh.dial(relay, addresses, protocols.directory, { signal: limit.signal })
      channel = new Channel(stream, { handlers: new Handlers().on(anyMethods.ping, () => ({})), clock, meter: channelMeter }).start()
      // It holds the key and answers: more than a record says.
      this.#live.prove(relay)
      const { records } = await channel.call(directoryMethods.getDirectory, { region: '', max: maxAnswerRecords }, { signal: limit.signal })
      let taken = 0
      for (const bytes of records) if (this.#offerQuietly(bytes)) taken++
      logger.debug('directory.asked', { relay, records: records.length, taken })
    } catch (error) {
      logger.debug('directory.ask-failed', { relay }, error)
    } finally {
      limit.cancel()
      await channel?.close()
    }
  }

  #offerQuietly (bytes: Uint8Array): boolean {
    try {
      return this.#offer(bytes) !== undefined
    } catch (error) {
      if (!isProtocolError(error)) throw error
      // one bad or old record among many: the others are still good
      return false
    }
  }

  #bootstraps (): Array<{ relay: RelayId, addresses: string[] }> {
    const byId = new Map<RelayId, string[]>()
    for (const address of this.#config.bootstrapPeers) {
      const relay = parseRelayId(address.slice(address.lastIndexOf('/p2p/') + 5))
      if (relay === this.#components.mesh.self) continue
      byId.set(relay, [...byId.get(relay) ?? [], address])
    }
    return [...byId].map(([relay, addresses]) => ({ relay, addresses }))
  }

  #sorted (region: string): readonly Uint8Array[] {
    const nowMs = this.#components.clock.nowMs()
    const known = this.#answers.get(region)
    if (known !== undefined && known.atMs + answerCacheMs > nowMs && known.atMs <= nowMs) return known.records
    const records: Uint8Array[] = []
    let bytes = 0
    for (const record of this.#live.list({ max: maxAnswerRecords, ...(region === '' ? {} : { region }) })) {
      bytes += record.bytes.byteLength
      if (bytes > maxAnswerBytes) break
      records.push(record.bytes)
    }
    // Regions are text of whoever asks: never many at a time.
    if (this.#answers.size >= 64) this.#answers.clear()
    this.#answers.set(region, { atMs: nowMs, records })
    return records
  }

  #accept (stream: ByteStream): void {
    const { channelMeter, clock } = this.#components
    const channel = new Channel(stream, { handlers: this.#handlers, clock, meter: channelMeter })
    channel.limitFrames(limits.strangerFrameBytes)
    const idle = clock.after(idleStreamMs, () => { channel.close().catch((error: unknown) => { channel.abort(error as Error) }) })
    this.#channels.add(channel)
    channel.onClose(() => {
      idle.cancel()
      this.#channels.delete(channel)
    })
    channel.start()
  }
}
