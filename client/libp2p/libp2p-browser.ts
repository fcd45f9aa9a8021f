/**
 * A device's libp2p in a browser: WebSocket only.
 */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { noise } from '@libp2p/noise'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import { quietLogger } from '../../protocol/libp2p/quiet.ts'
import { closeAbortedWebSocket } from '../../protocol/libp2p/websocket.ts'
import { thriftyYamux } from '../../protocol/libp2p/yamux.ts'
import { limits } from '../../protocol/limits.ts'
import { Libp2pDialer } from './dialer.ts'

/** @param config.seed 32-byte Ed25519 seed of the device's transport key */
export function createBrowserDialer ({ seed }: { seed: Uint8Array }): Libp2pDialer {
  return new Libp2pDialer({
    streamOptions: { closeSignal: () => AbortSignal.timeout(limits.requestTimeoutMs) },
    createLibp2p: async () => await createLibp2p({
      privateKey: await generateKeyPairFromSeed('Ed25519', seed),
      logger: quietLogger,
      transports: [webSockets()],
      connectionEncrypters: [noise()],
      streamMuxers: [thriftyYamux()],
      connectionMonitor: { enabled: false },
      connectionManager: { dialTimeout: limits.dialTimeoutMs, addressDialTimeout: limits.dialTimeoutMs / 2, reconnectRetries: 0 },
      // libp2p's default in a browser refuses insecure WebSockets and private addresses: a relay of one's own is both.
      connectionGater: {
        denyDialMultiaddr: () => false,
        denyOutboundConnection: (_peer, connection) => { closeAbortedWebSocket(connection); return false }
      }
    })
  })
}
