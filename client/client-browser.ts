/**
 * A client in a page: IndexedDB, libp2p over WebSocket, the noble primitives, the real clock.
 */
import { noblePrimitives } from '../protocol/e2ee/primitives-noble.ts'
import type { ClientConfig, ClientLogger } from './client.ts'
import { createBrowserDialer } from './libp2p/libp2p-browser.ts'
import { openClient, type OpenedClient } from './opened-client.ts'
import { openBrowserStore } from './store/store-browser.ts'

export interface BrowserClientOptions {
  /** Of the IndexedDB database: the same name again is the same account. One tab at a time. */
  name: string
  config: ClientConfig
  logger?: ClientLogger
}

export type BrowserClient = OpenedClient

/** @throws ProtocolError DATABASE_LOCKED when another tab has it open; DATABASE_CORRUPT, STORAGE_FULL */
export async function openBrowserClient ({ name, config, logger }: BrowserClientOptions): Promise<BrowserClient> {
  const store = await openBrowserStore(name)
  return await openClient({ store, createDialer: (seed) => createBrowserDialer({ seed }), primitives: noblePrimitives, logger }, config)
}
