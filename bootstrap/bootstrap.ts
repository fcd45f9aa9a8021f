/**
 * The entry daemon: where newcomers learn which relays there are. Rendezvous of the DHT, the signed relay directory; no mail.
 *
 * Composition root: the real clock, libp2p, files and HTTP come together here. Several run side by side and know one
 * another through `peers`; none is needed by who knows a relay.
 */
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { TopicValidatorResult } from '@libp2p/gossipsub'
import { pino, type DestinationStream, type Logger } from 'pino'
import type { Clock, Timer } from '../protocol/clock.ts'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { isProtocolError } from '../protocol/errors.ts'
import { HomeRecordValidator } from '../protocol/home-record-validator.ts'
import { shortId } from '../protocol/ids.ts'
import { BoundedDatastore } from '../protocol/libp2p/datastore.ts'
import { DhtGuard } from '../protocol/libp2p/dht-guard-node.ts'
import { PeerConduct } from '../protocol/libp2p/peer-conduct.ts'
import { Libp2pByteStream, type StreamOptions } from '../protocol/libp2p/stream.ts'
import { limits } from '../protocol/limits.ts'
import { protocols, topics } from '../protocol/protocols.ts'
import { verifyHomeRecord } from '../protocol/records/home-record.ts'
import { Collector } from './collector.ts'
import { loadOrMakeKey, type BootstrapConfig } from './config.ts'
import { createBootstrapHost, startHost, type BootstrapHost } from './host.ts'
import { startHttp } from './http.ts'

/** How often lost peers are dialled again and expired records swept. */
const housekeepingMs = 10_000

const verdicts = { accept: TopicValidatorResult.Accept, reject: TopicValidatorResult.Reject, ignore: TopicValidatorResult.Ignore } as const

const systemClock: Clock = {
  nowMs: () => Date.now(),
  after (delayMs, task) {
    const timer = setTimeout(task, Math.max(0, delayMs)).unref()
    return { cancel: () => { clearTimeout(timer) } }
  }
}

const streamOptions: StreamOptions = {
  defer: (task) => { setImmediate(task) },
  closeSignal: () => AbortSignal.timeout(limits.requestTimeoutMs)
}

export interface BootstrapOptions {
  /** Where log lines go; standard output when absent. */
  logDestination?: DestinationStream
}

export class Bootstrap {
  readonly collector: Collector
  readonly #config: BootstrapConfig
  readonly #host: BootstrapHost
  readonly #datastore: BoundedDatastore
  readonly #conduct: PeerConduct
  readonly #dhtGuard: DhtGuard
  readonly #log: Logger
  #http: Awaited<ReturnType<typeof startHttp>> | undefined
  #timer: Timer | undefined
  #isStopping = false

  /** Reads or makes the key. @throws ProtocolError BAD_CONFIG */
  static async create (config: BootstrapConfig, { logDestination }: BootstrapOptions = {}): Promise<Bootstrap> {
    const validator = new HomeRecordValidator((bytes) => verifyHomeRecord(nodePrimitives, bytes))
    const dhtGuard = new DhtGuard({ clock: systemClock })
    const datastore = new BoundedDatastore({ clock: systemClock, source: () => dhtGuard.source })
    const conduct = new PeerConduct({ clock: systemClock })
    const host = await createBootstrapHost(await loadOrMakeKey(config.dataDir), config, { validator, datastore, conduct })
    dhtGuard.protect(host)
    const log = pino({ level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, logDestination ?? pino.destination({ dest: 1, sync: false }))
    return new Bootstrap(config, { host, datastore, conduct, dhtGuard, log })
  }

  private constructor (config: BootstrapConfig, { host, datastore, conduct, dhtGuard, log }: { host: BootstrapHost, datastore: BoundedDatastore, conduct: PeerConduct, dhtGuard: DhtGuard, log: Logger }) {
    this.#config = config
    this.#host = host
    this.#datastore = datastore
    this.#conduct = conduct
    this.#dhtGuard = dhtGuard
    this.#log = log
    this.collector = new Collector({ clock: systemClock, signing: nodePrimitives })
  }

  get id (): string { return this.#host.peerId.toString() }
  /** Multiaddrs, each ending in /p2p/<id>: what stands in the configuration of relays and clients. */
  get addresses (): string[] { return this.#host.getMultiaddrs().map((address) => address.toString()) }
  /** Of /healthz and /metrics; once started. */
  get httpUrl (): string | undefined { return this.#http?.url }

  /** @throws ProtocolError PORT_IN_USE, BAD_CONFIG; nothing is left running then */
  async start (): Promise<void> {
    const { pubsub } = this.#host.services
    await this.#host.handle(protocols.directory, (stream, connection) => {
      this.collector.accept(new Libp2pByteStream(stream, connection, streamOptions))
    }, { maxInboundStreams: 2, maxOutboundStreams: 2 })
    pubsub.topicValidators.set(topics.directory, (peer, message) => {
      // [IGNORE] charged to who brings it, before a signature is checked
      if (!this.#conduct.mayCheck(peer.toString())) return verdicts.ignore
      const verdict = this.collector.onGossip(new Uint8Array(message.data))
      if (verdict === 'reject') this.#conduct.wrong(peer.toString())
      return verdicts[verdict]
    })
    this.#host.addEventListener('peer:identify', ({ detail }) => {
      if (detail.protocols.includes(protocols.directory)) void this.#ask(detail.peerId.toString())
    })
    try {
      await startHost(this.#host, this.#config)
      this.#http = await startHttp(this.#config.httpAddress, this.#figures())
    } catch (error) {
      await this.#host.stop()
      throw error
    }
    pubsub.subscribe(topics.directory)
    this.collector.start()
    this.#keepHouse(0)
    this.#log.info({ event: 'bootstrap.started', id: shortId(this.id), listen: this.#config.listen, peers: this.#config.peers.length, http: this.#http.url })
  }

  async stop (): Promise<void> {
    this.#isStopping = true
    this.#timer?.cancel()
    await this.collector.stop()
    await this.#http?.stop()
    await this.#host.stop()
    this.#log.info({ event: 'bootstrap.stopped', id: shortId(this.id) })
  }

  #figures (): Parameters<typeof startHttp>[1] {
    const { counts, directory } = this.collector
    return [
      ['relays', 'Relays heard of lately', () => directory.size],
      ['connections', 'Open connections', () => this.#host.getConnections().length],
      ['dht_records', 'Home records kept for the DHT', () => this.#datastore.dhtEntries],
      ['directory_answers_total', 'Answers to getDirectory', () => counts.answers],
      ['refused_frames_total', 'Frames and requests refused', () => counts.refused],
      ['gossip_accepted_total', 'Relay records taken from gossip', () => counts.accept],
      ['gossip_rejected_total', 'Relay records in gossip that were forged or malformed', () => counts.reject],
      ['gossip_unchecked_total', 'Messages of gossip that were not looked at: their neighbours sent more than their share', () => this.#conduct.counts.excess],
      ['dht_refused_total', 'Messages to the DHT refused: too many, or of a kind that nobody needs', () => this.#dhtGuard.counts.refused],
      ['gossip_ignored_total', 'Relay records in gossip that were known, older, or too many', () => counts.ignore]
    ]
  }

  #keepHouse (delayMs: number): void {
    this.#timer = systemClock.after(delayMs, () => {
      this.#datastore.sweep()
      for (const address of this.#config.peers) void this.#stayConnected(address)
      this.#keepHouse(housekeepingMs)
    })
  }

  async #stayConnected (address: string): Promise<void> {
    const id = address.slice(address.lastIndexOf('/p2p/') + 5)
    if (id === this.id || this.#host.getConnections(peerIdFromString(id)).length > 0) return
    try {
      await this.#host.dial(multiaddr(address), { signal: AbortSignal.timeout(limits.dialTimeoutMs) })
      this.#log.info({ event: 'peer.connected', peer: shortId(id) })
    } catch {
      // not there now; tried again in the next round
      if (!this.#isStopping) this.#log.debug({ event: 'peer.unreachable', peer: shortId(id) })
    }
  }

  /** A relay or another bootstrap node has connected: it may know what we do not. */
  async #ask (id: string): Promise<void> {
    try {
      const [connection] = this.#host.getConnections(peerIdFromString(id))
      if (connection === undefined || this.#isStopping) return
      const stream = await connection.newStream(protocols.directory, { signal: AbortSignal.timeout(limits.requestTimeoutMs) })
      const taken = await this.collector.askOver(new Libp2pByteStream(stream, connection, streamOptions))
      if (taken > 0) this.#log.info({ event: 'directory.filled', from: shortId(id), relays: taken })
    } catch (error) {
      // it went away or has no time; gossip will tell
      this.#log.debug({ event: 'directory.ask-failed', from: shortId(id), code: isProtocolError(error) ? error.code : (error as Error).name })
    }
  }
}
