/**
 * What OrbitDB takes for an IPFS node and its libp2p: our gossip, our streams.
 *
 * OrbitDB's Sync hears of updates by gossip and exchanges heads on streams that it opens to who subscribes. Both go over
 * the relay's own roads: gossip topics that are checked before anything is passed on, and requests with quotas and bounds
 * (methods 72 and 73). Its raw streams would rely on message boundaries that libp2p does not keep, and take anything from anybody.
 */
import type { Mesh } from '../mesh/mesh.ts'
import type { Logger } from '../ports.ts'

type Listener = (event: { readonly detail: unknown }) => void

/** What Sync reads from a stream: entries, oldest first. */
export type Incoming = AsyncIterable<Uint8Array>

export interface OrbitPeersComponents {
  mesh: Pick<Mesh, 'self' | 'publish' | 'subscribe' | 'unsubscribe'>
  logger: Logger
  /** A message came on a log's topic. */
  heard (topic: string, message: Uint8Array): 'accept' | 'reject' | 'ignore'
}

export const headsProtocol = '/orbitdb/heads'

export class OrbitPeers {
  readonly #components: OrbitPeersComponents
  readonly #listeners = new Map<string, Set<Listener>>()
  /** Entries that wait for the Sync of a topic. */
  readonly #incoming = new Map<string, Incoming>()

  constructor (components: OrbitPeersComponents) { this.#components = components }

  /** Give OrbitDB an entry whose predecessors it has. */
  deliver (topic: string, entry: Uint8Array): void { this.#emit('message', { topic, data: entry }) }

  /** Give OrbitDB many, one at a time: the next is read when it has taken the one before. */
  exchange (topic: string, entries: Incoming): void {
    this.#incoming.set(topic, entries)
    // It dials whoever subscribes, unless it believes to be connected already.
    const peerId = this.#components.mesh.self
    for (const subscribe of [false, true]) this.#emit('subscription-change', { peerId, subscriptions: [{ topic, subscribe }] })
  }

  /** The `ipfs` of createOrbitDB. Databases are opened by name, so their manifests are computed and need not be stored. */
  ipfs (): unknown {
    const { logger, mesh, heard } = this.#components
    const { add, remove } = { add: this.#add, remove: this.#remove }
    return {
      blockstore: {
        put: () => Promise.resolve(),
        async * get (): AsyncGenerator<Uint8Array> {
          // nothing is kept in blocks
        }
      },
      pins: {
        isPinned: () => Promise.resolve(true),
        async * add (): AsyncGenerator<never> {
          // everything is kept anyway
        }
      },
      libp2p: {
        peerId: mesh.self,
        addEventListener: add,
        removeEventListener: remove,
        // Others ask by method 72.
        handle: () => Promise.resolve(),
        unhandle: () => Promise.resolve(),
        dialProtocol: (_peer: unknown, protocol: string) => Promise.resolve(this.#stream(protocol)),
        services: {
          pubsub: {
            addEventListener: add,
            removeEventListener: remove,
            subscribe: (topic: string) => { mesh.subscribe(topic, (message) => heard(topic, message)) },
            unsubscribe: (topic: string) => { mesh.unsubscribe(topic) },
            publish: (topic: string, message: Uint8Array) => {
              // Best effort, and a write must not wait for it.
              mesh.publish(topic, message).catch((error: unknown) => { logger.debug('directory.publish-failed', {}, error) })
              return Promise.resolve()
            }
          }
        }
      }
    }
  }

  #stream (protocol: string): AsyncIterable<Uint8Array> & { send (): boolean, close (): Promise<void> } {
    const topic = protocol.slice(headsProtocol.length)
    const incoming = this.#incoming.get(topic)
    this.#incoming.delete(topic)
    return {
      async * [Symbol.asyncIterator] () { if (incoming !== undefined) yield * incoming },
      // What is here is told to who asks.
      send: () => true,
      close: () => Promise.resolve()
    }
  }

  #emit (type: string, detail: unknown): void {
    for (const listener of [...this.#listeners.get(type) ?? []]) listener({ detail })
  }

  readonly #add = (type: string, listener: Listener): void => {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners.add(listener))
  }

  readonly #remove = (type: string, listener: Listener): void => { this.#listeners.get(type)?.delete(listener) }
}
