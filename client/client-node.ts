/**
 * The client engine in Node: LevelDB in a folder, libp2p over TCP and WebSocket, native cryptography, the real clock.
 * Composition root for the terminal, bots and test networks.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ICryptoInterface } from '@libp2p/noise'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import type { Dialer } from '../protocol/byte-stream.ts'
import { Client, type ClientConfig, type ClientLogger } from './client.ts'
import { createNodeDialer } from './libp2p/libp2p-node.ts'
import { openNodeStore } from './store-node.ts'
import { systemClock, systemRandom } from './system.ts'

export interface NodeClientOptions {
  /** Keys, contacts and messages of one account; made when missing, readable by its owner only. */
  readonly folder: string
  readonly config: ClientConfig
  /** A faster cipher under Noise; default libp2p's own. */
  readonly noiseCrypto?: ICryptoInterface
  readonly logger?: ClientLogger
  /** For test networks: what stands between the engine and the network. */
  readonly wrapDialer?: (dialer: Dialer) => Dialer
}

/** @throws ProtocolError DATABASE_LOCKED when another process uses the folder; DATABASE_CORRUPT */
export async function openNodeClient ({ folder, config, noiseCrypto, logger, wrapDialer = (dialer) => dialer }: NodeClientOptions): Promise<Client> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const store = await openNodeStore(join(folder, 'messages'))
  try {
    return await Client.open({
      store,
      dialer: (seed) => wrapDialer(createNodeDialer({ seed, ...(noiseCrypto === undefined ? {} : { noiseCrypto }) })),
      clock: systemClock,
      random: systemRandom,
      primitives: nodePrimitives,
      ...(logger === undefined ? {} : { logger })
    }, config)
  } catch (error) {
    await store.close()
    throw error
  }
}
