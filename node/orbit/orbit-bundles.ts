/**
 * Bundles in OrbitDB: one key-value database per relay and generation, written by that relay alone.
 *
 * Runs on the relay's own gossip and channels; asked for and answered by methods 72 and 73. OrbitDB is loaded when the
 * first database is opened. Spec: docs/protocol/directory.md, docs/decisions/0010-orbitdb-without-helia.md
 */
import type { OrbitDB } from '@orbitdb/core'
import type { Channel, Handlers } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { relayIdOfKey, relayKeyOf, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods, type Method } from '../../protocol/methods.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import { deadline } from '../deadline.ts'
import type { Mesh } from '../mesh/mesh.ts'
import { BucketSet } from '../../protocol/bucket-set.ts'
import { noLoad, type Load } from '../limits/load.ts'
import type { Buckets, Logger } from '../ports.ts'
import type { BundleLogs, FollowedBundles, OwnBundles, TakeBundle } from './bundles.ts'
import { entryDigest, hashFromDigest, relayIdentity } from './orbit-entry.ts'
import { OrbitLog } from './orbit-log.ts'
import { OrbitPeers } from './orbit-peers.ts'
import type { Rows } from './rows.ts'

export interface OrbitBundlesComponents {
  mesh: Pick<Mesh, 'self' | 'publish' | 'subscribe' | 'unsubscribe'>
  relays: { channelTo (relay: RelayId, options: { signal: AbortSignal }): Promise<Channel> }
  /** Requests of other relays. */
  handlers: Handlers
  rows: Rows
  buckets: Buckets
  load?: Load
  signing: Signing
  sha256 (data: Uint8Array): Uint8Array
  clock: Clock
  logger: Logger
}

/** Envelopes that a question for heads, and a page of up to 1 MiB, count for. */
const headsCost = 20
const pageCost = 2_000
/** Entries of one log by gossip: a check of one takes 0.5 ms. */
const gossipRate = { burst: 100, perSecond: 5 }

export class OrbitBundles implements BundleLogs {
  readonly self: RelayId
  readonly #components: OrbitBundlesComponents
  readonly #seed: Uint8Array
  readonly #maxBytes: number
  readonly #gossip: BucketSet
  readonly #peers: OrbitPeers
  /** Open ones by gossip topic. */
  readonly #logs = new Map<string, OrbitLog>()
  #orbit: Promise<OrbitDB> | undefined

  /**
   * @param seed 32-byte Ed25519 seed of the relay's key
   * @param maxBytes what the copy of one relay may take on disk
   */
  constructor (components: OrbitBundlesComponents, { seed, maxBytes }: { seed: Uint8Array, maxBytes: number }) {
    const { buckets, handlers, load = noLoad, logger, mesh } = components
    this.self = mesh.self
    this.#components = components
    this.#seed = seed
    this.#maxBytes = maxBytes
    this.#gossip = new BucketSet(components, gossipRate)
    this.#peers = new OrbitPeers({ mesh, logger, heard: (topic, message) => this.#onGossip(topic, message) })
    const charge = (channel: Channel, cost: number): void => { buckets.take('forwardPerRelay', channel.stream.remotePeer, cost) }
    handlers
      .on(relayMethods.directoryHeads, async ({ relay, generation }, channel) => {
        charge(channel, headsCost)
        load.check('history')
        return { heads: await this.#find(relay, generation)?.heads() ?? [] }
      })
      .on(relayMethods.readDirectory, async ({ relay, generation, hash }, channel) => {
        charge(channel, pageCost)
        load.check('history')
        const first = hashFromDigest(hash)
        const entries = await this.#find(relay, generation)?.page(first, limits.pageBytes) ?? []
        return { entries: entries.slice(0, limits.pageEntries) }
      })
  }

  async own (generation: number): Promise<OwnBundles> {
    const log = await this.#open({ relay: this.self, generation, after: 0, take: undefined })
    return {
      get length () { return log.position },
      append: async (bundle) => await log.append(bundle),
      close: async () => { await this.#close(log) }
    }
  }

  async follow (relay: RelayId, generation: number, after: number, take: TakeBundle): Promise<FollowedBundles> {
    const log = await this.#open({ relay, generation, after, take })
    return {
      get bytes () { return log.bytes },
      get isBehind () { return log.isBehind },
      refresh: async (others, { signal }) => { await this.#refresh(log, [relay, ...others], signal) },
      close: async () => { await this.#close(log) }
    }
  }

  async drop (relay: RelayId, generation: number): Promise<void> { await OrbitLog.drop(this.#components.rows, relay, generation) }

  async stop (): Promise<void> {
    for (const log of [...this.#logs.values()]) await this.#close(log)
    await (await this.#orbit)?.stop()
  }

  async #open (which: { relay: RelayId, generation: number, after: number, take: TakeBundle | undefined }): Promise<OrbitLog> {
    this.#orbit ??= this.#load()
    const { clock, logger, rows, sha256, signing } = this.#components
    const log = await OrbitLog.open({ orbit: await this.#orbit, peers: this.#peers, rows, sha256, signing, clock, logger, maxBytes: this.#maxBytes }, which)
    this.#logs.set(log.address, log)
    return log
  }

  /** 80 ms and 7 MB that a relay without a directory does not pay. */
  async #load (): Promise<OrbitDB> {
    const { createOrbitDB } = await import('@orbitdb/core')
    return await createOrbitDB({
      ipfs: this.#peers.ipfs(),
      // It would keep keys of its own in a LevelDB of its own; the relay's key signs.
      identities: { keystore: { close: () => Promise.resolve() } },
      identity: relayIdentity(this.#components.signing, this.self, this.#seed),
      directory: '/'
    })
  }

  async #close (log: OrbitLog): Promise<void> {
    this.#logs.delete(log.address)
    await log.close()
  }

  #find (relay: Uint8Array, generation: number): OrbitLog | undefined {
    const id = relayIdOfKey(relay)
    for (const log of this.#logs.values()) if (log.relay === id && log.generation === generation) return log
    return undefined
  }

  #onGossip (topic: string, message: Uint8Array): 'accept' | 'reject' | 'ignore' {
    const log = this.#logs.get(topic)
    // A relay writes a bundle every quarter of a second at most; what is left out here, the next refresh brings.
    if (log === undefined || log.relay === this.self || this.#gossip.tryTake(topic) > 0) return 'ignore'
    try {
      log.hear(message)
      return 'accept'
    } catch (error) {
      if (!isProtocolError(error)) throw error
      // [REJECT] forged, or of another log: whoever passed it on did not check it
      return 'reject'
    }
  }

  /** The first of `sources` that has the log. @throws ProtocolError HOME_UNREACHABLE; what came is kept */
  async #refresh (log: OrbitLog, sources: readonly RelayId[], signal: AbortSignal): Promise<void> {
    let failure: unknown
    for (const source of sources) {
      try {
        const { heads } = await this.#ask(source, relayMethods.directoryHeads, { relay: relayKeyOf(log.relay), generation: log.generation }, signal)
        if (heads.length === 0) continue
        await log.join(heads, async (hash) => {
          const { entries } = await this.#ask(source, relayMethods.readDirectory, { relay: relayKeyOf(log.relay), generation: log.generation, hash: entryDigest(hash) }, signal)
          return entries
        }, signal)
        return
      } catch (error) {
        signal.throwIfAborted()
        failure = error
      }
    }
    // Its relay answered, and has written nothing yet.
    if (failure === undefined) return
    throw isProtocolError(failure) ? failure : new ProtocolError('HOME_UNREACHABLE', { cause: failure })
  }

  async #ask<Request, Reply> (relay: RelayId, method: Method<Request, Reply>, request: Partial<Request>, signal: AbortSignal): Promise<Reply> {
    const limit = deadline(this.#components.clock, limits.requestTimeoutMs, signal)
    try {
      const channel = await this.#components.relays.channelTo(relay, { signal: limit.signal })
      return await channel.call(method, request, { signal: limit.signal })
    } finally {
      limit.cancel()
    }
  }
}
