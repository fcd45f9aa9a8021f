/**
 * By which road the entries of a log reach its replicas first: each relay by itself, or all of them by gossip.
 *
 * Owns: what counts as wide, and which relays have not answered to gossip lately, so that nobody waits for them.
 * Does not know: how either road works (federation/replication.ts, gossip-publisher.ts).
 */
import type { Clock } from '../../protocol/clock.ts'
import type { RelayId } from '../../protocol/ids.ts'
import type { Log } from '../log/log.ts'
import type { Placement } from '../log/placement.ts'

/** Above this many members, or with this many other relays, one message to all of them costs less than one to each. */
const wideMembers = 50
const wideRelays = 3

/** A relay whose confirmation did not come is sent everything at once for this long; then gossip is tried again. */
const deafMs = 30_000
const maxDeaf = 10_000

export type Road = 'direct' | 'gossip'

export class Roads {
  readonly #clock: Clock
  readonly #placement: Pick<Placement, 'groupOf' | 'relaysOf'>
  readonly #deafUntilMs = new Map<RelayId, number>()

  constructor (components: { clock: Clock, placement: Pick<Placement, 'groupOf' | 'relaysOf'> }) {
    this.#clock = components.clock
    this.#placement = components.placement
  }

  /** Does this log go by gossip? Asked for every entry: constant time. */
  isWide ({ conversation }: Log): boolean {
    const group = this.#placement.groupOf(conversation)
    return group !== undefined && (group.state.members.size > wideMembers || this.#placement.relaysOf(conversation).length >= wideRelays)
  }

  /** How `relay` is to be given what is new in `log`. */
  to (relay: RelayId, log: Log): Road {
    if (!this.isWide(log)) return 'direct'
    const untilMs = this.#deafUntilMs.get(relay)
    if (untilMs === undefined) return 'gossip'
    if (this.#clock.nowMs() < untilMs) return 'direct'
    this.#deafUntilMs.delete(relay)
    return 'gossip'
  }

  /** A confirmation of what went by gossip did not come in time. */
  missed (relay: RelayId): void {
    if (this.#deafUntilMs.size >= maxDeaf) this.#deafUntilMs.clear()
    this.#deafUntilMs.set(relay, this.#clock.nowMs() + deafMs)
  }

  /** It has taken something that came by gossip. */
  heard (relay: RelayId): void { this.#deafUntilMs.delete(relay) }

  get deaf (): number { return this.#deafUntilMs.size }
}
