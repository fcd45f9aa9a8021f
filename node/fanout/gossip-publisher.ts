/**
 * New entries of wide groups that this relay sequences, signed and published on the topic of their shard.
 *
 * Follows logs as a device does, from where they are now on: what came before, what is too large and what nobody heard is
 * for federation/replication.ts, which sends what is not confirmed. Best effort, so nothing here is repeated.
 * Bound: turnBytes a turn of the event loop; entries that have left memory are skipped.
 */
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { limits } from '../../protocol/limits.ts'
import { logTopic } from '../../protocol/protocols.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { wireEntry } from '../delivery/pages-builder.ts'
import type { Follower, Log } from '../log/log.ts'
import type { Placement } from '../log/placement.ts'
import type { Mesh } from '../mesh/mesh.ts'
import type { Defer, Logger } from '../ports.ts'
import type { LogEntry } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'
import { shardOf, signGossipPage } from './gossip-page.ts'
import type { Roads } from './roads.ts'

/** Envelopes in one page; ids, numbers and the page's own fields take the rest of limits.gossipPageBytes. */
const pageEnvelopeBytes = limits.gossipPageBytes - 16 * 1024
const turnBytes = 512 * 1024

export interface GossipPublisherComponents {
  mesh: Pick<Mesh, 'self' | 'publish'>
  placement: Pick<Placement, 'isSequencer'>
  roads: Roads
  signing: Signing & Pick<Primitives, 'sha256'>
  defer: Defer
  logger: Logger
  meter: Meter
}

/** Gossip's place in one log. */
class GossipFollower implements Follower {
  readonly log: Log
  readonly topic: string
  /** Highest number published, or left to the other road. */
  sent: number
  readonly isIdle = true
  readonly #publisher: GossipPublisher

  constructor (log: Log, topic: string, publisher: GossipPublisher) {
    this.log = log
    this.topic = topic
    this.sent = log.durableHead
    this.#publisher = publisher
  }

  wake (): void { this.#publisher.wake(this) }
  onDropped (): void { this.#publisher.forget(this) }
}

export class GossipPublisher {
  readonly #c: GossipPublisherComponents
  readonly #seed: Uint8Array
  readonly #relay: RelayId
  readonly #followers = new WeakMap<Log, GossipFollower>()
  readonly #ready = new Set<GossipFollower>()
  readonly #published
  readonly #skipped
  #isScheduled = false
  #isStopped = false

  /** @param seed 32-byte Ed25519 seed of this relay's key */
  constructor (components: GossipPublisherComponents, seed: Uint8Array) {
    this.#c = components
    this.#seed = seed
    this.#relay = components.mesh.self
    const { meter } = components
    this.#published = meter.counter('heliograph_gossip_published_total', 'entries of wide groups published')
    this.#skipped = meter.counter('heliograph_gossip_skipped_total', 'entries of wide groups left to the direct road, by reason', ['reason'])
    meter.gauge('heliograph_gossip_waiting_logs', 'wide groups with entries to publish', () => this.#ready.size)
  }

  /** Publish what comes from now on, if this relay gives the numbers. May be said as often as one likes. */
  follow (log: Log): void {
    const { placement, roads, signing } = this.#c
    if (this.#isStopped || log.isDropped || this.#followers.has(log) || !placement.isSequencer(log.conversation) || !roads.isWide(log)) return
    const follower = new GossipFollower(log, logTopic(shardOf(signing, log.conversation.bytes)), this)
    this.#followers.set(log, follower)
    log.addFollower(follower)
  }

  wake (follower: GossipFollower): void {
    if (this.#isStopped) return
    this.#ready.add(follower)
    this.#schedule()
  }

  forget (follower: GossipFollower): void { this.#ready.delete(follower) }

  stop (): void {
    this.#isStopped = true
    this.#ready.clear()
  }

  #schedule (): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#c.defer(this.#onTurn)
  }

  readonly #onTurn = (): void => {
    this.#isScheduled = false
    let left = turnBytes
    for (const follower of this.#ready) {
      if (left <= 0) break
      this.#ready.delete(follower)
      left -= this.#publish(follower)
      if (follower.sent < follower.log.durableHead) this.#ready.add(follower)
    }
    if (this.#ready.size > 0) this.#schedule()
  }

  /** One page. @returns its bytes */
  #publish (follower: GossipFollower): number {
    const { log } = follower
    // It has become narrow: the other road is enough.
    const entries = this.#c.roads.isWide(log) ? next(log, follower.sent) : []
    if (entries.length === 0) {
      this.#skip(follower)
      return 0
    }
    follower.sent = entries.at(-1)!.seq
    const page = { conversation: log.conversation.bytes, epoch: entries[0]!.epoch, entries: entries.map((entry) => wireEntry(entry, undefined)), head: log.durableHead }
    const bytes = signGossipPage(this.#c.signing, page, this.#relay, this.#seed)
    this.#published.inc(entries.length)
    this.#c.mesh.publish(follower.topic, bytes).catch((error: unknown) => { this.#c.logger.debug('gossip.publish', {}, error) })
    return bytes.byteLength
  }

  #skip (follower: GossipFollower): void {
    const { log } = follower
    const entry = log.tail.get(follower.sent + 1)
    if (entry !== undefined && this.#c.roads.isWide(log)) {
      this.#skipped.inc(1, { reason: 'size' })
      follower.sent = entry.seq
    } else {
      this.#skipped.inc(log.durableHead - follower.sent, { reason: entry === undefined ? 'memory' : 'narrow' })
      follower.sent = log.durableHead
    }
  }
}

/** Durable entries after `sent` that are in memory and make one page; none: not there, or the next one is too large. */
function next (log: Log, sent: number): LogEntry[] {
  const entries: LogEntry[] = []
  let bytes = 0
  for (let seq = sent + 1; seq <= log.durableHead && entries.length < limits.pageEntries; seq++) {
    const entry = log.tail.get(seq)
    if (entry === undefined || (entries.length > 0 && entry.epoch !== entries[0]!.epoch)) break
    bytes += entry.envelope.byteLength
    if (bytes > pageEnvelopeBytes) break
    entries.push(entry)
  }
  return entries
}
