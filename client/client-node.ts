/**
 * A client on this machine: a folder with LevelDB, libp2p over TCP and WebSocket, native primitives, the real clock.
 */
import { mkdir } from 'node:fs/promises'
import type { Dialer } from '../protocol/byte-stream.ts'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { Client, type ClientConfig, type ClientLogger } from './client.ts'
import { createNodeDialer, type NodeDialerConfig } from './libp2p/libp2p-node.ts'
import type { Libp2pDialer } from './libp2p/dialer.ts'
import { openNodeStore } from './store/store-node.ts'
import { systemClock, systemRandom } from './system.ts'

export interface NodeClientOptions extends Omit<NodeDialerConfig, 'seed'> {
  /** Keys and messages; made with access for the owner only if it is not there. One process at a time. */
  folder: string
  config: ClientConfig
  logger?: ClientLogger
  /** Put between the client and the network: delays, faults. */
  wrapDialer?: (dialer: Dialer) => Dialer
}

export interface NodeClient {
  readonly client: Client
  /** Stops the client and lets go of the folder. */
  close (): Promise<void>
}

/** @throws ProtocolError DATABASE_LOCKED, DATABASE_CORRUPT, DATABASE_TOO_NEW, STORAGE_FULL; BAD_CONFIG when the folder cannot be made */
export async function openNodeClient ({ folder, config, logger, wrapDialer = (dialer) => dialer, ...network }: NodeClientOptions): Promise<NodeClient> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new ProtocolError('BAD_CONFIG', { what: 'the client\'s folder cannot be made', cause })
  }
  const store = await openNodeStore(folder)
  let libp2p: Libp2pDialer | undefined
  try {
    const client = await Client.open({
      store,
      dialer: (seed) => {
        libp2p = createNodeDialer({ seed, ...network })
        return wrapDialer(libp2p)
      },
      clock: systemClock,
      random: systemRandom,
      primitives: nodePrimitives,
      ...(logger === undefined ? {} : { logger })
    }, config)
    let closing: Promise<void> | undefined
    const close = async (): Promise<void> => {
      await client.stop()
      await libp2p?.stop()
      await store.close()
    }
    return { client, close: async () => { await (closing ??= close()) } }
  } catch (error) {
    await libp2p?.stop()
    await store.close()
    throw error
  }
}
