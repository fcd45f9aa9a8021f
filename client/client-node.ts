/**
 * A client on this machine: a folder with LevelDB, libp2p over TCP and WebSocket, native primitives, the real clock.
 */
import { mkdir } from 'node:fs/promises'
import type { Dialer } from '../protocol/byte-stream.ts'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { ProtocolError } from '../protocol/errors.ts'
import type { ClientConfig, ClientLogger } from './client.ts'
import { createNodeDialer, type NodeDialerConfig } from './libp2p/libp2p-node.ts'
import { openClient, type OpenedClient } from './opened-client.ts'
import { openNodeStore } from './store/store-node.ts'

export interface NodeClientOptions extends Omit<NodeDialerConfig, 'seed'> {
  /** Keys and messages; made with access for the owner only if it is not there. One process at a time. */
  folder: string
  config: ClientConfig
  logger?: ClientLogger
  /** Put between the client and the network: delays, faults. */
  wrapDialer?: (dialer: Dialer) => Dialer
}

/** Its `close` lets go of the folder. */
export type NodeClient = OpenedClient

/** @throws ProtocolError DATABASE_LOCKED, DATABASE_CORRUPT, DATABASE_TOO_NEW, STORAGE_FULL; BAD_CONFIG when the folder cannot be made */
export async function openNodeClient ({ folder, config, logger, wrapDialer, ...network }: NodeClientOptions): Promise<NodeClient> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new ProtocolError('BAD_CONFIG', { what: 'the client\'s folder cannot be made', cause })
  }
  const store = await openNodeStore(folder)
  return await openClient({ store, createDialer: (seed) => createNodeDialer({ seed, ...network }), primitives: nodePrimitives, logger, wrapDialer }, config)
}
