/**
 * A device's libp2p in Node: TCP and WebSocket, nothing that listens, discovers or gossips.
 */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { noise, type ICryptoInterface } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import { quietLogger } from '../../protocol/libp2p/quiet.ts'
import { closeAbortedWebSocket } from '../../protocol/libp2p/websocket.ts'
import { thriftyYamux } from '../../protocol/libp2p/yamux.ts'
import { limits } from '../../protocol/limits.ts'
import { Libp2pDialer } from './dialer.ts'

export interface NodeDialerConfig {
  /** 32-byte Ed25519 seed of the device's transport key. */
  seed: Uint8Array
  /** A faster cipher under Noise, e.g. `sodiumNoiseCrypto`; default libp2p's own. */
  noiseCrypto?: ICryptoInterface
  /** All of Noise from elsewhere, e.g. `fastNoise()`; then `noiseCrypto` is not used. */
  encrypter?: ReturnType<typeof noise>
}

export function createNodeDialer ({ seed, noiseCrypto, encrypter }: NodeDialerConfig): Libp2pDialer {
  return new Libp2pDialer({
    streamOptions: {
      // After everything that this poll of the sockets has brought: acknowledgements of a page go out together.
      defer: (task) => { setImmediate(task) },
      closeSignal: () => AbortSignal.timeout(limits.requestTimeoutMs)
    },
    createLibp2p: async () => await createLibp2p({
      privateKey: await generateKeyPairFromSeed('Ed25519', seed),
      logger: quietLogger,
      transports: [tcp({ outboundSocketInactivityTimeout: 3 * limits.heartbeatMs }), webSockets()],
      connectionEncrypters: [encrypter ?? noise(noiseCrypto === undefined ? {} : { crypto: noiseCrypto })],
      streamMuxers: [thriftyYamux()],
      connectionMonitor: { enabled: false },
      connectionManager: { dialTimeout: limits.dialTimeoutMs, addressDialTimeout: limits.dialTimeoutMs / 2, reconnectRetries: 0 },
      connectionGater: {
        denyDialMultiaddr: () => false,
        denyOutboundConnection: (_peer, connection) => { closeAbortedWebSocket(connection); return false }
      }
    })
  })
}
