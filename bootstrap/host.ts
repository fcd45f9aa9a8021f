/**
 * A bootstrap node's libp2p: DHT server and gossip like a relay, and a door that newcomers pass through in a second.
 */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { gossipsub, type GossipSub } from '@libp2p/gossipsub'
import { identify, type Identify } from '@libp2p/identify'
import { kadDHT, type KadDHT } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping, type Ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import type { Libp2p } from '@libp2p/interface'
import { ProtocolError } from '../protocol/errors.ts'
import type { HomeRecordValidator } from '../protocol/home-record-validator.ts'
import type { BoundedDatastore } from '../protocol/libp2p/datastore.ts'
import { dhtOptions, gossipOptions } from '../protocol/libp2p/mesh-options.ts'
import type { PeerConduct } from '../protocol/libp2p/peer-conduct.ts'
import { quietLogger } from '../protocol/libp2p/quiet.ts'
import { guardWebSocketListeners, type WebSocketListener } from '../protocol/libp2p/websocket-node.ts'
import { closeAbortedWebSocket } from '../protocol/libp2p/websocket.ts'
import { limits } from '../protocol/limits.ts'
import { topics } from '../protocol/protocols.ts'
import type { BootstrapConfig } from './config.ts'

export type BootstrapServices = { identify: Identify, ping: Ping, dht: KadDHT, pubsub: GossipSub }
const handshakeTimeoutMs = 5_000
/** Handshakes under way: with libp2p's 10, 14 silent sockets block honest dials for 9 s. */
const maxUnfinished = 500

export type BootstrapHost = Libp2p<BootstrapServices>

export async function createBootstrapHost (
  seed: Uint8Array,
  config: BootstrapConfig,
  { validator, datastore, conduct }: { validator: HomeRecordValidator, datastore: BoundedDatastore, conduct: PeerConduct }
): Promise<BootstrapHost> {
  const options: Libp2pOptions<BootstrapServices> = {
    start: false,
    privateKey: await generateKeyPairFromSeed('Ed25519', seed),
    addresses: { listen: config.listen, announce: config.announce },
    nodeInfo: { name: 'heliograph', version: '1', userAgent: 'heliograph' },
    logger: quietLogger,
    datastore,
    transports: [tcp({ inboundSocketInactivityTimeout: 3 * limits.heartbeatMs, outboundSocketInactivityTimeout: 3 * limits.heartbeatMs }), webSockets()],
    connectionEncrypters: [noise()],
    // Keep-alive pings stay on: a link to a relay may have nothing else to say for minutes.
    streamMuxers: [yamux({ maxInboundStreams: 64, maxOutboundStreams: 64 })],
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: config.maxConnections,
      inboundConnectionThreshold: config.connectionsPerSecondPerAddress,
      maxIncomingPendingConnections: maxUnfinished,
      inboundUpgradeTimeout: handshakeTimeoutMs,
      dialTimeout: limits.dialTimeoutMs,
      // Loopback is the operator's own machine, where a proxy stands for everybody behind it.
      allow: ['/ip4/127.0.0.0/ipcidr/8', '/ip6/::1/ipcidr/128'],
      reconnectRetries: 0
    },
    connectionGater: {
      denyDialMultiaddr: () => false,
      denyInboundConnection: (connection) => { closeAbortedWebSocket(connection); return false },
      denyOutboundConnection: (_peer, connection) => { closeAbortedWebSocket(connection); return false }
    },
    services: {
      identify: identify({ protocolPrefix: 'heliograph', maxInboundStreams: 2, maxOutboundStreams: 2 }),
      ping: ping({ maxInboundStreams: 2, maxOutboundStreams: 2 }),
      dht: kadDHT(dhtOptions(validator)),
      // As a relay's: who passes on what is wrong is not listened to any more.
      pubsub: gossipsub(gossipOptions({ scoreOf: (peer) => conduct.scoreOf(peer), allowedTopics: Object.values(topics), maxMessageBytes: 64 * 1024 }))
    }
  }
  return await createLibp2p(options)
}

/** @throws ProtocolError PORT_IN_USE, BAD_CONFIG */
export async function startHost (host: BootstrapHost, { listen }: BootstrapConfig): Promise<void> {
  try {
    await host.start()
  } catch (error) {
    const text = error instanceof AggregateError ? [error, ...error.errors as unknown[]].map(String).join(' ') : String(error)
    if (text.includes('EADDRINUSE')) throw new ProtocolError('PORT_IN_USE', { what: listen.join(', '), cause: error })
    throw new ProtocolError('BAD_CONFIG', { what: `cannot listen on ${listen.join(', ')}`, cause: error })
  }
  // libp2p has the listeners and does not show them in its interface
  const { components } = host as unknown as { components: { transportManager: { getListeners (): WebSocketListener[] } } }
  guardWebSocketListeners(components.transportManager.getListeners(), { max: maxUnfinished, timeoutMs: handshakeTimeoutMs })
}
