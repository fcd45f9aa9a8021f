/**
 * The `Mesh` port over libp2p.
 *
 * Owns: streams to and from relays, gossip, records in the DHT, links that are kept. Does not know what they carry.
 */
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { TopicValidatorResult, type GossipSub } from '@libp2p/gossipsub'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import type { ByteStream } from '../../protocol/byte-stream.ts'
import { sameBytes, utf8 } from '../../protocol/bytes.ts'
import type { Clock, Random } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { HomeRecordValidator, type VerifyRecord } from '../../protocol/home-record-validator.ts'
import { parseRelayId, type RelayId } from '../../protocol/ids.ts'
import { Libp2pByteStream, abortConnection, type StreamOptions } from '../../protocol/libp2p/stream.ts'
import { limits } from '../../protocol/limits.ts'
import { protocols } from '../../protocol/protocols.ts'
import { BucketSet } from '../../protocol/bucket-set.ts'
import type { GossipVerdict, Mesh } from '../mesh/mesh.ts'
import { ConnectionCare } from './connection-care.ts'
import { PeerConduct } from '../../protocol/libp2p/peer-conduct.ts'
import { createRelayHost, type RelayHost, type RelayHostConfig } from './host.ts'
import { RelayLinks } from './relay-links.ts'

export interface Libp2pMeshConfig extends RelayHostConfig {
  /** Multiaddrs with PeerId of relays and bootstrap nodes to stay connected to. */
  peers?: readonly string[]
}

export interface Libp2pMeshComponents {
  clock: Clock
  random: Random
  /** Checks form and signature of a home record. */
  verifyHomeRecord: VerifyRecord
}

/** Streams of one protocol that one connection may have open, each way. A device needs one; two while it reconnects. */
const streamLimits: Record<string, number> = { [protocols.client]: 4, [protocols.relay]: 16, [protocols.directory]: 2 }

/** Messages that were rejected before the connection that brought them ends: a link that is damaged or of an older release brings a few. */
const wrongGossip = { burst: 16, perSecond: 1 / 60 }

const verdicts: Record<GossipVerdict, TopicValidatorResult> = {
  accept: TopicValidatorResult.Accept,
  reject: TopicValidatorResult.Reject,
  ignore: TopicValidatorResult.Ignore
}

/**
 * Answers to all that one poll of the sockets has brought go out together: the event loop runs setImmediate after it.
 */
const nodeStream: StreamOptions = {
  defer: (task) => { setImmediate(task) },
  closeSignal: () => AbortSignal.timeout(limits.requestTimeoutMs)
}

export class Libp2pMesh implements Mesh {
  readonly self: RelayId
  readonly host: RelayHost
  readonly validator: HomeRecordValidator
  readonly links: RelayLinks
  readonly conduct: PeerConduct
  readonly #peers: readonly string[]
  readonly #bestFound: Map<string, Uint8Array | undefined>
  /** The turn of the search that began last. */
  #asked: Promise<void> = Promise.resolve()
  readonly #handled: Array<Promise<void>> = []
  /** Subscribed before the start. */
  readonly #topics: string[] = []
  readonly #care: ConnectionCare
  readonly #wrong: BucketSet
  #isStarted = false

  /** @throws ProtocolError BAD_CONFIG on a multiaddr that cannot be read */
  static async create (config: Libp2pMeshConfig, components: Libp2pMeshComponents): Promise<Libp2pMesh> {
    for (const address of [...config.listen, ...config.announce ?? [], ...config.peers ?? []]) parseAddress(address)
    const validator = new HomeRecordValidator(components.verifyHomeRecord)
    const bestFound = new Map<string, Uint8Array | undefined>()
    const conduct = new PeerConduct(components)
    const host = await createRelayHost(config, {
      clock: components.clock,
      gossipScoreOf: (peer) => conduct.scoreOf(peer),
      dhtRules: {
        validate: (key, value) => { validator.validate(key, value) },
        select: (key, values) => {
          const best = validator.select(key, values)
          const index = keyText(key)
          if (bestFound.has(index)) bestFound.set(index, values[best])
          return best
        }
      }
    })
    return new Libp2pMesh({ host, validator, bestFound, conduct }, config, components)
  }

  private constructor ({ host, validator, bestFound, conduct }: { host: RelayHost, validator: HomeRecordValidator, bestFound: Map<string, Uint8Array | undefined>, conduct: PeerConduct }, config: Libp2pMeshConfig, { clock, random }: Libp2pMeshComponents) {
    this.host = host
    this.conduct = conduct
    this.validator = validator
    this.self = parseRelayId(host.libp2p.peerId.toString())
    this.#wrong = new BucketSet({ clock }, wrongGossip, { maxKeys: 10_000 })
    this.#care = new ConnectionCare({ libp2p: host.libp2p, clock, onRound: () => { host.datastore.sweep() } })
    this.#bestFound = bestFound
    this.#peers = config.peers ?? []
    this.links = new RelayLinks({
      clock,
      random,
      dialer: {
        isConnected: (relay) => host.libp2p.getConnections(peerIdFromString(relay)).length > 0,
        connect: async (relay, addresses) => {
          await host.libp2p.dial(targetOf(relay, addresses), { signal: AbortSignal.timeout(limits.dialTimeoutMs) })
        }
      }
    })
  }

  addresses (): string[] { return this.host.libp2p.getMultiaddrs().map((address) => address.toString()) }

  async dial (relay: RelayId, addresses: readonly string[], protocol: string, { signal }: { signal: AbortSignal }): Promise<ByteStream> {
    try {
      const { connection, stream } = await this.#open(relay, addresses, protocol, signal)
      this.#care.watch(connection, stream)
      if (addresses.length > 0) this.links.keep(relay, addresses)
      return new Libp2pByteStream(stream, connection, nodeStream)
    } catch (error) {
      if (isProtocolError(error)) throw error
      throw new ProtocolError(signal.aborted ? 'TIMEOUT' : 'HOME_UNREACHABLE', { cause: error })
    }
  }

  async #open (relay: RelayId, addresses: readonly string[], protocol: string, signal: AbortSignal): Promise<{ connection: Connection, stream: Stream }> {
    const { libp2p } = this.host
    const target = targetOf(relay, addresses)
    const had = libp2p.getConnections(peerIdFromString(relay))
    const connection = await libp2p.dial(target, { signal })
    try {
      return { connection, stream: await newStream(connection, protocol, signal) }
    } catch (error) {
      // The far side may be closing the one that was there: libp2p does not know yet.
      if (signal.aborted || !had.includes(connection) || (error as Error).name === 'UnsupportedProtocolError') throw error
      const fresh = await libp2p.dial(target, { signal, force: true })
      return { connection: fresh, stream: await newStream(fresh, protocol, signal) }
    }
  }

  handle (protocol: string, accept: (stream: ByteStream) => void): void {
    const handled = this.host.libp2p.handle(protocol, (stream: Stream, connection: Connection) => {
      this.#care.watch(connection, stream)
      accept(new Libp2pByteStream(stream, connection, nodeStream))
    }, { maxInboundStreams: streamLimits[protocol] ?? 4, maxOutboundStreams: streamLimits[protocol] ?? 4 })
    this.#handled.push(handled)
  }

  async publish (topic: string, message: Uint8Array): Promise<void> {
    await this.host.libp2p.services.pubsub.publish(topic, message)
  }

  subscribe (topic: string, onMessage: (message: Uint8Array) => GossipVerdict): void {
    const { pubsub } = this.host.libp2p.services
    // A copy, so that who keeps the message does not keep the frame it came in. In the validator, not in the 'message' event: it runs once per message and decides whether it travels on.
    pubsub.topicValidators.set(topic, (peer, message) => {
      // [IGNORE] its share of what is looked at is used up: charged to who brings it, before a signature is checked
      if (!this.conduct.mayCheck(peer.toString())) return TopicValidatorResult.Ignore
      const verdict = onMessage(new Uint8Array(message.data))
      if (verdict === 'reject') this.#onRejected(peer)
      return verdicts[verdict]
    })
    allowedTopics(pubsub).add(topic)
    if (this.#isStarted) pubsub.subscribe(topic)
    else this.#topics.push(topic)
  }

  unsubscribe (topic: string): void {
    const { pubsub } = this.host.libp2p.services
    pubsub.topicValidators.delete(topic)
    allowedTopics(pubsub).delete(topic)
    if (this.#isStarted) pubsub.unsubscribe(topic)
    else this.#topics.splice(this.#topics.indexOf(topic), 1)
  }

  /**
   * Whoever passes something on has checked it by the same rules. gossipsub stops listening to who goes on (peer-conduct.ts);
   * the connection ends as well, so that decoding what it sends costs nothing either.
   */
  #onRejected (peer: PeerId): void {
    this.conduct.wrong(peer.toString())
    if (this.#wrong.tryTake(peer.toString()) === 0) return
    for (const connection of this.host.libp2p.getConnections(peer)) abortConnection(connection, new ProtocolError('MALFORMED', { what: 'gossip' }))
  }

  async putRecord (key: string, record: Uint8Array, { signal }: { signal: AbortSignal }): Promise<void> {
    const keyBytes = utf8(key)
    // kad-dht stores its own puts unchecked
    this.validator.validate(keyBytes, record)
    let taken = 0
    let refused = 0
    try {
      for await (const event of this.host.libp2p.services.dht.put(keyBytes, record, { signal })) {
        // A rejected put does not throw; it shows as an event.
        if (event.name === 'QUERY_ERROR') refused++
        if (event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE' && event.record !== undefined && sameBytes(event.record.value, record)) taken++
      }
    } catch (error) {
      if (taken === 0) throw new ProtocolError(signal.aborted ? 'TIMEOUT' : 'DISCONNECTED', { what: 'DHT put', cause: error })
    }
    if (taken === 0) throw new ProtocolError('DISCONNECTED', { what: `no DHT node took the record, ${refused} refused or failed` })
  }

  async getRecord (key: string, { signal }: { signal: AbortSignal }): Promise<Uint8Array | undefined> {
    const isFirst = !this.#bestFound.has(key)
    if (isFirst) this.#bestFound.set(key, undefined)
    let found: Uint8Array | undefined
    try {
      await this.#turnToAsk()
      for await (const event of this.host.libp2p.services.dht.get(utf8(key), { signal })) {
        if (event.name === 'VALUE') found = new Uint8Array(event.value)
      }
    } catch (error) {
      // Having chosen the best, kad-dht corrects the others and throws when one of them does not take it: the best stands.
      found = this.#bestFound.get(key)
      if (found === undefined && signal.aborted) throw new ProtocolError('TIMEOUT', { what: 'DHT get', cause: error })
    } finally {
      if (isFirst) this.#bestFound.delete(key)
    }
    return found
  }

  /** To begin a search takes kad-dht 3 to 5 ms: those for all members of a new group do not begin in one turn of the event loop. */
  async #turnToAsk (): Promise<void> {
    this.#asked = this.#asked.then(() => new Promise((resolve) => { setImmediate(resolve) }))
    await this.#asked
  }

  async start (): Promise<void> {
    const { libp2p } = this.host
    await Promise.all(this.#handled)
    libp2p.addEventListener('peer:connect', this.#onConnect)
    libp2p.addEventListener('peer:disconnect', this.#onDisconnect)
    await this.host.start()
    for (const topic of this.#topics.splice(0)) libp2p.services.pubsub.subscribe(topic)
    for (const address of this.#peers) {
      const relay = relayOf(parseAddress(address))
      if (relay !== this.self) this.links.keep(relay, this.#peers.filter((other) => other.endsWith(relay)), { pinned: true })
    }
    this.#care.start()
    this.#isStarted = true
  }

  async stop (): Promise<void> {
    this.#care.stop()
    this.links.stop()
    this.host.libp2p.removeEventListener('peer:connect', this.#onConnect)
    this.host.libp2p.removeEventListener('peer:disconnect', this.#onDisconnect)
    await this.host.stop()
  }

  readonly #onConnect = ({ detail }: CustomEvent<PeerId>): void => { this.links.onConnect(detail.toString() as RelayId) }
  readonly #onDisconnect = ({ detail }: CustomEvent<PeerId>): void => { this.links.onDisconnect(detail.toString() as RelayId) }
}

async function newStream (connection: Connection, protocol: string, signal: AbortSignal): Promise<Stream> {
  try {
    return await connection.newStream(protocol, { signal, maxOutboundStreams: streamLimits[protocol] ?? 4 })
  } catch (error) {
    const reason: unknown = signal.reason
    const isOutOfTime = signal.aborted && (isProtocolError(reason, 'TIMEOUT') || (reason as Error).name === 'TimeoutError')
    // Dead without a word: the next attempt must not find it again.
    if (isOutOfTime) abortConnection(connection, new ProtocolError('TIMEOUT', { cause: error }))
    throw error
  }
}

/** What others say of a topic is heard only of those that are listened to here. A private member: as an option it is fixed at the start. */
const allowedTopics = (pubsub: GossipSub): Set<string> => (pubsub as unknown as { allowedTopics: Set<string> }).allowedTopics

const keyText = (key: Uint8Array): string => new TextDecoder().decode(key)

/** @throws ProtocolError BAD_CONFIG */
function parseAddress (address: string): Multiaddr {
  try {
    return multiaddr(address)
  } catch (error) {
    throw new ProtocolError('BAD_CONFIG', { what: `not a multiaddr: ${address}`, cause: error })
  }
}

const peerIdIn = (address: Multiaddr): string | undefined => address.getComponents().findLast((component) => component.name === 'p2p')?.value

/** @throws ProtocolError BAD_CONFIG when the address does not end in /p2p/<relay> */
function relayOf (address: Multiaddr): RelayId {
  const id = peerIdIn(address)
  if (id === undefined) throw new ProtocolError('BAD_CONFIG', { what: `no /p2p/<id> in ${address.toString()}` })
  return parseRelayId(id)
}

/**
 * What libp2p dials: the addresses, each with the relay's id, so that nobody else can answer for it. Without
 * addresses the id, which libp2p looks up in the DHT.
 * @throws ProtocolError HOME_UNREACHABLE when no address is readable
 */
function targetOf (relay: RelayId, addresses: readonly string[]): PeerId | Multiaddr[] {
  if (addresses.length === 0) return peerIdFromString(relay)
  const out: Multiaddr[] = []
  for (const text of addresses.slice(0, limits.relayAddresses)) {
    try {
      const address = multiaddr(text)
      const id = peerIdIn(address)
      if (id === undefined) out.push(address.encapsulate(`/p2p/${relay}`))
      else if (id === relay) out.push(address)
    } catch {
      // an address in a record of another relay that we cannot read: the others may do
    }
  }
  if (out.length === 0) throw new ProtocolError('HOME_UNREACHABLE', { what: 'no usable address' })
  return out
}
