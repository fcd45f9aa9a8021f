/**
 * A client with what was opened for it, its store and its libp2p node: they end together.
 */
import type { Dialer } from '../protocol/byte-stream.ts'
import type { Primitives } from '../protocol/e2ee/primitives.ts'
import { Client, type ClientConfig, type ClientLogger } from './client.ts'
import type { Libp2pDialer } from './libp2p/dialer.ts'
import type { ClientStore } from './store/store.ts'
import { systemClock, systemRandom } from './system.ts'

export interface OpenedClient {
  readonly client: Client
  /** Stops the client and lets go of the store. */
  close (): Promise<void>
}

export interface ClientPlatform {
  /** Closed with the client, also when it cannot be opened. */
  store: ClientStore
  /** @param seed of the device's key, 32 bytes */
  createDialer (seed: Uint8Array): Libp2pDialer
  primitives: Primitives
  logger?: ClientLogger | undefined
  /** Put between the client and the network: delays, faults. */
  wrapDialer?: ((dialer: Dialer) => Dialer) | undefined
}

/** @throws ProtocolError as Client.open */
export async function openClient ({ store, createDialer, primitives, logger, wrapDialer = (dialer) => dialer }: ClientPlatform, config: ClientConfig): Promise<OpenedClient> {
  let libp2p: Libp2pDialer | undefined
  try {
    const client = await Client.open({
      store,
      dialer: (seed) => {
        libp2p = createDialer(seed)
        return wrapDialer(libp2p)
      },
      clock: systemClock,
      random: systemRandom,
      primitives,
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
