/**
 * A client in a page: IndexedDB, libp2p over WebSocket, the noble primitives, the real clock.
 */
import { noblePrimitives } from '../protocol/e2ee/primitives-noble.ts'
import { Client, type ClientConfig, type ClientLogger } from './client.ts'
import type { Libp2pDialer } from './libp2p/dialer.ts'
import { createBrowserDialer } from './libp2p/libp2p-browser.ts'
import { openBrowserStore } from './store/store-browser.ts'
import { systemClock, systemRandom } from './system.ts'

export interface BrowserClientOptions {
  /** Of the IndexedDB database: the same name again is the same account. One tab at a time. */
  name: string
  config: ClientConfig
  logger?: ClientLogger
}

export interface BrowserClient {
  readonly client: Client
  /** Stops the client and lets go of the database. */
  close (): Promise<void>
}

/** @throws ProtocolError DATABASE_LOCKED when another tab has it open; DATABASE_CORRUPT, STORAGE_FULL */
export async function openBrowserClient ({ name, config, logger }: BrowserClientOptions): Promise<BrowserClient> {
  const store = await openBrowserStore(name)
  let libp2p: Libp2pDialer | undefined
  try {
    const client = await Client.open({
      store,
      dialer: (seed) => { return libp2p = createBrowserDialer({ seed }) },
      clock: systemClock,
      random: systemRandom,
      primitives: noblePrimitives,
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
