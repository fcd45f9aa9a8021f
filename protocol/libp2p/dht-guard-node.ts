/**
 * What the DHT does for strangers: so much for each, so much for all, and nothing that nobody here needs.
 *
 * kad-dht answers whatever comes. Here each message is charged before it is looked at (a record's signature is what costs),
 * provider records are refused, and a record is remembered under the address that brought it, so that who fills the store
 * pushes out its own. Wraps one private member of kad-dht, `rpc.handleMessage`; the only place that knows it.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Clock } from '../clock.ts'
import { ProtocolError } from '../errors.ts'
import { BucketSet } from '../bucket-set.ts'
import { groupOf, isOwnHost } from './address-group.ts'
import { addressOf } from './stream.ts'

interface DhtMessage { readonly type?: unknown }
interface Rpc { handleMessage (peer: PeerId, message: DhtMessage): Promise<unknown> }

/** In tenths of a millisecond of this thread, roughly. */
const costs: Record<string, number> = { PUT_VALUE: 5, GET_VALUE: 2, FIND_NODE: 2, PING: 1 }
/** From one peer: the home records of 4,000 people at once, then of 200 a second. */
const perPeer = { burst: 20_000, perSecond: 1_000 }
/** Of all together: two fifths of a thread. */
const ofAll = { burst: 40_000, perSecond: 4_000 }
const maxPeers = 10_000

export class DhtGuard {
  readonly #perPeer: BucketSet
  readonly #all: BucketSet
  readonly #sources = new AsyncLocalStorage<string>()
  readonly counts = { answered: 0, refused: 0 }

  constructor ({ clock }: { clock: Clock }) {
    this.#perPeer = new BucketSet({ clock }, perPeer, { maxKeys: maxPeers })
    this.#all = new BucketSet({ clock }, ofAll, { maxKeys: 1 })
  }

  /** Who has brought the record that is being stored; undefined: this node itself. */
  get source (): string | undefined { return this.#sources.getStore() }

  /** @throws ProtocolError INTERNAL when kad-dht looks different inside */
  protect (libp2p: Pick<Libp2p<{ dht: KadDHT }>, 'services' | 'getConnections'>): void {
    const { rpc } = libp2p.services.dht as unknown as { rpc?: Rpc }
    if (typeof rpc?.handleMessage !== 'function') throw new ProtocolError('INTERNAL', { what: 'kad-dht has changed' })
    const handle = rpc.handleMessage.bind(rpc)
    rpc.handleMessage = async (peer, message) => {
      const source = sourceOf(libp2p, peer)
      this.check(source, String(message.type))
      return await this.#sources.run(source, async () => await handle(peer, message))
    }
  }

  /** @throws ProtocolError UNKNOWN_METHOD, QUOTA: the stream ends, the asker asks another node */
  check (source: string, type: string): void {
    const cost = costs[type]
    // [REJECT] nobody provides content through this DHT
    if (cost === undefined) { this.counts.refused++; throw new ProtocolError('UNKNOWN_METHOD') }
    // [LATER] charged before anything is read of it
    const retryAfterMs = this.#perPeer.tryTake(source, cost) || this.#all.tryTake('', cost)
    if (retryAfterMs > 0) { this.counts.refused++; throw new ProtocolError('QUOTA', { retryAfterMs }) }
    this.counts.answered++
  }
}

/** What stands for whoever is behind a peer: the address, as keys are free. On one machine, where all have the same, the key. */
function sourceOf (libp2p: Pick<Libp2p, 'getConnections'>, peer: PeerId): string {
  const [connection] = libp2p.getConnections(peer)
  const address = connection === undefined ? '127.0.0.1' : addressOf(connection)
  return isOwnHost(address) ? peer.toString() : groupOf(address)
}
