/**
 * A relay's libp2p: listeners, handshake, multiplexing, DHT server, gossip, and limits at the scale of a relay.
 *
 * Owns: how libp2p is configured and why. Does not know: mail, accounts, what our protocols carry.
 * The port over it is mesh.ts; which connections come in is connection-gate.ts.
 */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { gossipsub, type GossipSub } from '@libp2p/gossipsub'
import { identify, type Identify } from '@libp2p/identify'
import { kadDHT, type KadDHT } from '@libp2p/kad-dht'
import { ping, type Ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import type { Connection, Libp2p, MultiaddrConnection, StreamHandler, StreamHandlerOptions } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { BoundedDatastore } from '../../protocol/libp2p/datastore.ts'
import { DhtGuard } from '../../protocol/libp2p/dht-guard-node.ts'
import { dhtOptions, gossipOptions, type DhtRules } from '../../protocol/libp2p/mesh-options.ts'
import { quietLogger } from '../../protocol/libp2p/quiet.ts'
import { addressOf } from '../../protocol/libp2p/stream.ts'
import { guardWebSocketListeners, type WebSocketListener } from '../../protocol/libp2p/websocket-node.ts'
import { closeAbortedWebSocket } from '../../protocol/libp2p/websocket.ts'
import { thriftyYamux } from '../../protocol/libp2p/yamux.ts'
import { limits } from '../../protocol/limits.ts'
import { logTopic, protocols, topics } from '../../protocol/protocols.ts'
import { ConnectionGate, defaultGateLimits, type Admission, type GateLimits } from './connection-gate.ts'
import { fastNoise } from './fast-noise.ts'

export type RelayServices = { identify: Identify, ping: Ping, dht: KadDHT, pubsub: GossipSub }

export interface RelayHostConfig {
  /** 32-byte Ed25519 seed of the relay's key. */
  seed: Uint8Array
  /** Multiaddrs, e.g. `/ip4/0.0.0.0/tcp/4001`, `/ip4/0.0.0.0/tcp/4002/ws`. */
  listen: readonly string[]
  /** Addresses to tell others instead of the ones listened on: behind a NAT or a proxy. */
  announce?: readonly string[]
  gate?: Partial<GateLimits>
  /** How long a socket may take for its handshake. Three round trips at the worst RTT take under a second. */
  handshakeTimeoutMs?: number
}

export interface RelayHost {
  readonly libp2p: Libp2p<RelayServices>
  readonly gate: ConnectionGate
  readonly datastore: BoundedDatastore
  readonly dhtGuard: DhtGuard
  /** @throws ProtocolError PORT_IN_USE, BAD_CONFIG */
  start (): Promise<void>
  stop (): Promise<void>
}

/** Ours alone: a node of another libp2p network that dials this port learns nothing and joins nothing. */
const identifyPrefix = 'heliograph'
export const identifyProtocol = `/${identifyPrefix}/id/1.0.0`

/** A TCP socket without a byte for this long is dead: three heartbeats. */
const socketInactivityMs = 3 * limits.heartbeatMs

export async function createRelayHost (
  config: RelayHostConfig,
  { clock, dhtRules, gossipScoreOf }: { clock: Clock, dhtRules: DhtRules, gossipScoreOf: (peer: string) => number }
): Promise<RelayHost> {
  const gate = new ConnectionGate({ clock }, { ...defaultGateLimits, ...config.gate })
  const dhtGuard = new DhtGuard({ clock })
  const datastore = new BoundedDatastore({ clock, source: () => dhtGuard.source })
  const { handshakeTimeoutMs = 5_000 } = config
  const admissions = new WeakMap<MultiaddrConnection, Admission>()

  const options: Libp2pOptions<RelayServices> = {
    start: false,
    privateKey: await generateKeyPairFromSeed('Ed25519', config.seed),
    addresses: { listen: [...config.listen], announce: [...config.announce ?? []] },
    nodeInfo: { name: 'heliograph', version: '1', userAgent: 'heliograph' },
    logger: quietLogger,
    datastore,
    transports: [
      tcp({ inboundSocketInactivityTimeout: socketInactivityMs, outboundSocketInactivityTimeout: socketInactivityMs, backlog: 1024 }),
      webSockets()
    ],
    connectionEncrypters: [fastNoise()],
    streamMuxers: [thriftyYamux({ maxInboundStreams: 64, maxOutboundStreams: 64 })],
    // It opens a ping stream on every connection every 10 s; 5,000 clients would make that 500 streams a second.
    connectionMonitor: { enabled: false },
    connectionManager: {
      // Everything is on the allow list, which skips libp2p's own checks: they count by building an array of all
      // connections for each new one (18 ms at 4,000). The gate below counts instead.
      allow: ['/ip4/0.0.0.0/ipcidr/0', '/ip6/::/ipcidr/0'],
      maxConnections: Number.MAX_SAFE_INTEGER,
      inboundUpgradeTimeout: handshakeTimeoutMs,
      inboundStreamProtocolNegotiationTimeout: handshakeTimeoutMs,
      dialTimeout: limits.dialTimeoutMs,
      addressDialTimeout: limits.dialTimeoutMs / 2,
      maxPeerAddrsToDial: limits.relayAddresses,
      // Lost relays are redialled by relay-links.ts, which does not give up after a few tries.
      reconnectRetries: 0
    },
    connectionGater: {
      denyDialMultiaddr: () => false,
      denyInboundConnection: (maConn) => {
        closeAbortedWebSocket(maConn)
        const admission = gate.admit(addressOf(maConn), () => { maConn.abort(new ProtocolError('OVERLOADED', { what: 'the handshake takes too long' })) })
        if (typeof admission === 'string') return true
        admissions.set(maConn, admission)
        maConn.addEventListener('close', () => { admission.closed() }, { once: true })
        return false
      },
      denyOutboundConnection: (_peer, maConn) => {
        closeAbortedWebSocket(maConn)
        return false
      },
      denyInboundUpgradedConnection: (_peer, maConn) => {
        admissions.get(maConn)?.ready()
        return false
      }
    },
    services: {
      // Not on every connection: a device speaks none of the mesh's protocols, so asking it costs a stream each way for nothing.
      identify: identify({ protocolPrefix: identifyPrefix, runOnConnectionOpen: false, maxInboundStreams: 2, maxOutboundStreams: 2 }),
      ping: ping({ maxInboundStreams: 2, maxOutboundStreams: 2 }),
      dht: kadDHT(dhtOptions(dhtRules)),
      pubsub: gossipsub(gossipOptions({
        scoreOf: gossipScoreOf,
        allowedTopics: [...Object.values(topics), ...Array.from({ length: limits.gossipShards }, (_, shard) => logTopic(shard))],
        // One page, or a few that are answered together.
        maxMessageBytes: 4 * limits.gossipPageBytes
      }))
    }
  }

  const libp2p = await createLibp2p(options)
  forgetDevices(libp2p)
  dhtGuard.protect(libp2p)
  return {
    libp2p,
    gate,
    datastore,
    dhtGuard,
    async start () {
      try {
        await libp2p.start()
      } catch (error) {
        throw startError(error, config.listen)
      }
      await identifyRelays(libp2p)
      stopPruner(libp2p)
      confirmAddresses(libp2p)
      guardWebSocketListeners(inside(libp2p).transportManager.getListeners(), { max: gate.limits.maxPending, timeoutMs: handshakeTimeoutMs })
    },
    stop: async () => { await libp2p.stop() }
  }
}

/**
 * Whom we dial is a relay or a bootstrap node: identify it. Who asks to identify us is one, too: identify it back.
 * Devices do neither, so nothing of the DHT or of gossip is ever sent their way.
 *
 * The identify handler is wrapped rather than given a middleware with `libp2p.use`: libp2p 3.3.11 adds the handler to
 * the list of middlewares for good at every incoming stream, so from the second one on it runs twice and resets it.
 */
async function identifyRelays (libp2p: Libp2p<RelayServices>): Promise<void> {
  const identified = new WeakSet<Connection>()
  const identifyOnce = (connection: Connection): void => {
    if (identified.has(connection)) return
    identified.add(connection)
    libp2p.services.identify.identify(connection).catch(() => {
      // not one of ours, or gone: then no topology hears of it
    })
  }
  libp2p.addEventListener('connection:open', ({ detail: connection }) => {
    if (connection.direction === 'outbound') identifyOnce(connection)
  })
  const { handler, options } = inside(libp2p).registrar.getHandler(identifyProtocol)
  await libp2p.handle(identifyProtocol, async (stream, connection) => {
    if (connection.direction === 'inbound') identifyOnce(connection)
    await handler(stream, connection)
  }, { ...options, force: true })
}

/** Protocols that devices and newcomers open. */
const passingProtocols = new Set<string>([protocols.client, protocols.directory, '/ipfs/ping/1.0.0'])

/**
 * libp2p notes in its peer store which protocol a peer has opened, for every stream and for good. Of devices nothing is
 * noted: 50,000 that come and go would push the addresses of relays out, which the DHT needs. Relays are identified.
 */
function forgetDevices (libp2p: Libp2p<RelayServices>): void {
  const { peerStore } = libp2p
  const merge = peerStore.merge.bind(peerStore)
  peerStore.merge = async (id, data, options) => {
    const [protocol, ...more] = data.protocols ?? []
    const isPassing = protocol !== undefined && more.length === 0 && Object.keys(data).length === 1 && passingProtocols.has(protocol)
    return isPassing ? { id, addresses: [], protocols: [protocol], metadata: new Map(), tags: new Map() } : await merge(id, data, options)
  }
}

/** What libp2p has and does not show in its interface; the members used are public in their classes. */
interface Inside {
  components: {
    registrar: { getHandler (protocol: string): { handler: StreamHandler, options: StreamHandlerOptions } }
    connectionManager: { connectionPruner: { stop (): void } }
    transportManager: { getAddrs (): Multiaddr[], getListeners (): WebSocketListener[] }
    addressManager: { confirmObservedAddr (address: Multiaddr, options: { type: 'transport', ttl: number }): void }
  }
}
const inside = (libp2p: Libp2p<RelayServices>): Inside['components'] => (libp2p as unknown as Inside).components

/**
 * The pruner, too, builds an array of all connections for every new one. It has nothing to prune: the gate bounds them.
 */
const stopPruner = (libp2p: Libp2p<RelayServices>): void => { inside(libp2p).connectionManager.connectionPruner.stop() }

/**
 * libp2p tells nobody a public address that an AutoNAT server has not confirmed. There is none here; an operator who
 * listens on a public address means it, and who is behind a NAT sets `announce`.
 */
function confirmAddresses (libp2p: Libp2p<RelayServices>): void {
  const { addressManager, transportManager } = inside(libp2p)
  for (const address of transportManager.getAddrs()) addressManager.confirmObservedAddr(address, { type: 'transport', ttl: 1e12 })
}

function startError (error: unknown, listen: readonly string[]): Error {
  const text = causes(error).map((cause) => `${(cause as { code?: string }).code ?? ''} ${(cause as Error).message ?? ''}`).join(' ')
  if (text.includes('EADDRINUSE')) return new ProtocolError('PORT_IN_USE', { what: listen.join(', '), cause: error })
  if (text.includes('EACCES') || text.includes('EADDRNOTAVAIL')) return new ProtocolError('BAD_CONFIG', { what: `cannot listen on ${listen.join(', ')}`, cause: error })
  return error instanceof Error ? error : new ProtocolError('INTERNAL', { cause: error })
}

function causes (error: unknown): unknown[] {
  const out: unknown[] = []
  const visit = (one: unknown): void => {
    if (one === null || typeof one !== 'object' || out.length > 20) return
    out.push(one)
    const { errors, cause } = one as { errors?: unknown[], cause?: unknown }
    for (const inner of errors ?? []) visit(inner)
    visit(cause)
  }
  visit(error)
  return out
}
