/**
 * Pages of wide groups that come by gossip: which are believed, and what becomes of them.
 *
 * Owns: the topics that this relay listens to, the rules of a page, the bound on pages being worked off, telling the
 * sequencer how far a log has come. Does not know: how a page gets into a log (federation/replica.ts: the same way as one
 * that comes directly). Nothing depends on it: what is not taken here comes by the other road. Spec: docs/protocol/fanout.md
 */
import type { Clock } from '../../protocol/clock.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { rates } from '../../protocol/limits.ts'
import { logTopic } from '../../protocol/protocols.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import type { Page, Position } from '../../protocol/wire/gen/log.js'
import type { Log } from '../log/log.ts'
import type { Logs } from '../log/logs.ts'
import type { Placement } from '../log/placement.ts'
import type { GossipVerdict, Mesh } from '../mesh/mesh.ts'
import { BucketSet } from '../../protocol/bucket-set.ts'
import type { Logger } from '../ports.ts'
import type { Meter } from '../watch/meter.ts'
import type { Confirmations } from './confirmations.ts'
import { openGossipPage, shardOf, type SignedPage } from './gossip-page.ts'
import type { Roads } from './roads.ts'

/** Pages of one relay being worked off: 16 of 128 KiB. What comes beyond is dropped; a later page shows the gap. */
const maxPending = 16

/** Entries that a page counts for beside those in it: its signature takes as long to check. */
export const pageCost = 20

export interface GossipReceiverComponents {
  mesh: Pick<Mesh, 'self' | 'subscribe'>
  logs: Pick<Logs, 'peek'>
  placement: Pick<Placement, 'anchorOf' | 'primaryOf' | 'isSequencer'>
  roads: Roads
  /** Into the log, as a page that came directly. @returns how far it is, durably; undefined: not kept here */
  take (page: Page, relay: RelayId): Promise<Position | undefined>
  confirmations: Pick<Confirmations, 'note'>
  clock: Clock
  signing: Signing & Pick<Primitives, 'sha256'>
  logger: Logger
  meter: Meter
}

export class GossipReceiver {
  readonly #c: GossipReceiverComponents
  readonly #shards = new Set<number>()
  readonly #pending = new Map<RelayId, number>()
  /** Entries by who signed them. Not the quota of what comes directly: anybody may publish an old page again. */
  readonly #signers: BucketSet
  /** Pages of groups whose founder's home is not known here. */
  readonly #strangers: BucketSet
  /** Signatures that are checked, whoever asks for it: an eighth of a thread. */
  readonly #checks: BucketSet
  readonly #pages

  constructor (components: GossipReceiverComponents) {
    this.#c = components
    this.#signers = new BucketSet(components, rates.forwardPerRelay)
    this.#checks = new BucketSet(components, { burst: 3_000, perSecond: 800 }, { maxKeys: 1 })
    this.#strangers = new BucketSet(components, { burst: 500, perSecond: 100 }, { maxKeys: 1 })
    const { meter } = components
    this.#pages = meter.counter('heliograph_gossip_pages_total', 'pages that came by gossip, by what became of them', ['outcome'])
    meter.gauge('heliograph_gossip_shards', 'topics of wide groups that this relay listens to', () => this.#shards.size)
  }

  /** Listen for this log, if it goes by gossip. May be said as often as one likes. */
  follow (log: Log): void {
    const { mesh, roads, signing } = this.#c
    if (log.isDropped || !roads.isWide(log)) return
    const shard = shardOf(signing, log.conversation.bytes)
    if (this.#shards.has(shard)) return
    this.#shards.add(shard)
    mesh.subscribe(logTopic(shard), (message) => this.#onMessage(message, shard))
  }

  #onMessage (bytes: Uint8Array, shard: number): GossipVerdict {
    try {
      return this.#onPage(openGossipPage(this.#c.signing, bytes, shard))
    } catch (error) {
      if (!isProtocolError(error)) throw error
      // [REJECT] who passes this on has not checked it
      this.#pages.inc(1, { outcome: error.code === 'BAD_SIGNATURE' ? 'bad-signature' : 'malformed' })
      return 'reject'
    }
  }

  /** @throws ProtocolError BAD_SIGNATURE */
  #onPage ({ relay, conversation, page, checkSignature }: SignedPage): GossipVerdict {
    const { logs, mesh, placement } = this.#c
    if (relay === mesh.self) return 'ignore'
    // [IGNORE] SPEC(relay §replicate) only the sequencer writes; the signer may have been it until lately, or know a newer record
    const primary = placement.primaryOf(placement.anchorOf(conversation))
    if (primary !== undefined && primary !== relay) return this.#drop('not-sequencer')
    // [IGNORE] whoever is named as the signer: the neighbour that brings it has paid (libp2p/peer-conduct.ts), and all together have a bound
    if (this.#checks.tryTake('') > 0) return this.#drop('busy')
    checkSignature()
    // [IGNORE] a relay must not make the others pass on more than it may send to one of them
    if (this.#signers.tryTake(relay, page.entries.length + pageCost) > 0) return this.#drop('quota')
    // [IGNORE] anybody may sign pages of groups that nobody knows: only so many are passed on
    if (primary === undefined && this.#strangers.tryTake('', 1) > 0) return this.#drop('quota')
    const log = logs.peek(conversation.id)
    if (primary === undefined || log === undefined || log.isDropped) {
      // Not for this relay, or not now: others may need it.
      this.#pages.inc(1, { outcome: 'passed-on' })
      return 'accept'
    }
    const pending = this.#pending.get(relay) ?? 0
    if (pending >= maxPending) this.#pages.inc(1, { outcome: 'busy' })
    else this.#take(page, relay, pending)
    return 'accept'
  }

  #drop (outcome: string): GossipVerdict {
    this.#pages.inc(1, { outcome })
    return 'ignore'
  }

  #take (page: Page, relay: RelayId, pending: number): void {
    const { confirmations, logger, take } = this.#c
    this.#pending.set(relay, pending + 1)
    take(page, relay).then((position) => {
      this.#pages.inc(1, { outcome: position === undefined ? 'passed-on' : 'taken' })
      if (position !== undefined) confirmations.note(relay, position)
    }, (error: unknown) => {
      this.#pages.inc(1, { outcome: 'refused' })
      logger.debug('gossip.page', { code: isProtocolError(error) ? error.code : 'INTERNAL' }, error)
    }).finally(() => {
      const left = this.#pending.get(relay)! - 1
      if (left === 0) this.#pending.delete(relay)
      else this.#pending.set(relay, left)
    })
  }
}
