/**
 * Whose turn it is to be given entries: devices with something in a conversation of two first, then small groups, then large.
 *
 * Owns: that order, and how much of the fan-out of groups one turn of the event loop does, so that requests and messages
 * between two people pass in between. Does not know: what a turn sends (delivery.ts).
 * Bound: each connected device stands at most once in each rank.
 */
import type { Conversation } from '../../protocol/conversation.ts'
import type { Log } from '../log/log.ts'
import type { Placement } from '../log/placement.ts'
import type { Meter } from '../watch/meter.ts'
import type { Defer } from '../ports.ts'

/** 0: pairs and an account's own devices · 1: groups of at most 256 · 2: larger groups. */
export type Rank = 0 | 1 | 2
export const ranks = [0, 1, 2] as const

/** Up to here a group is served before the larger ones. */
const smallGroupMembers = 256

/** Of a group as it is now; constant time. One whose members are not in memory counts as small. */
export function rankOf (placement: Pick<Placement, 'groupOf'>, conversation: Conversation): Rank {
  if (conversation.kind !== 'group') return 0
  return (placement.groupOf(conversation)?.state.members.size ?? 0) <= smallGroupMembers ? 1 : 2
}

/** Somebody who is given entries: the connection of one device. */
export interface Served {
  /** Hand out what is due in this rank. @returns bytes of the frames sent */
  serve (rank: Rank): number
}

/**
 * Bytes of groups' frames in one turn: 40 devices and one message of 1 KB, about a millisecond with what the sockets cost afterwards.
 * A message between two people takes some five turns from one socket to the other.
 */
const turnBytes = 128 * 1024
/** What a frame costs besides its bytes, in bytes: 7 µs are 2 KiB of encryption. */
const frameBytes = 2 * 1024
/** While both wait, large groups get this part of a turn, so that many small ones do not stop them. */
const largeShare = 0.25

export class FanoutScheduler {
  readonly #defer: Defer
  readonly #waiting: readonly [Set<Served>, Set<Served>, Set<Served>] = [new Set(), new Set(), new Set()]
  /** Logs of which this turn has handed something out: what nobody waits for any more leaves memory after it. */
  readonly #touched = new Set<Log>()
  readonly #turns
  #hotGroups = 0
  #isScheduled = false

  constructor ({ defer, meter }: { defer: Defer, meter: Meter }) {
    this.#defer = defer
    this.#turns = meter.counter('heliograph_fanout_turns_total', 'turns of the event loop that handed entries to devices, by whether work was left for the next', ['left'])
    meter.gauge('heliograph_fanout_waiting_pairs', 'devices whose turn for a conversation of two has not come', () => this.#waiting[0].size)
    meter.gauge('heliograph_fanout_waiting_small', 'devices whose turn for groups of at most 256 has not come', () => this.#waiting[1].size)
    meter.gauge('heliograph_fanout_waiting_large', 'devices whose turn for larger groups has not come', () => this.#waiting[2].size)
    meter.gauge('heliograph_fanout_hot_groups', 'groups of which the last turn handed something out', () => this.#hotGroups)
  }

  /** Devices that wait, by rank. */
  backlog (rank: Rank): number { return this.#waiting[rank].size }

  wake (served: Served, rank: Rank): void {
    this.#waiting[rank].add(served)
    this.#schedule()
  }

  forget (served: Served): void { for (const rank of ranks) this.#waiting[rank].delete(served) }

  /** Something of this log was handed out. */
  touch (log: Log): void { this.#touched.add(log) }

  #schedule (): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#defer(this.#onTurn)
  }

  readonly #onTurn = (): void => {
    this.#isScheduled = false
    const [pairs, small, large] = this.#waiting
    this.#serve(pairs, 0, Number.POSITIVE_INFINITY)
    const reserved = large.size > 0 ? turnBytes * largeShare : 0
    const left = this.#serve(small, 1, turnBytes - reserved)
    this.#serve(large, 2, Math.max(left, 0) + reserved)
    this.#hotGroups = 0
    for (const log of this.#touched) {
      if (log.conversation.kind === 'group') this.#hotGroups++
      if (!log.isDropped) log.release()
    }
    this.#touched.clear()
    const isLeft = pairs.size + small.size + large.size > 0
    this.#turns.inc(1, { left: isLeft ? 'yes' : 'no' })
    if (isLeft) this.#schedule()
  }

  /** Those who wait now, each once, until the budget is used up. @returns what is left of it */
  #serve (waiting: Set<Served>, rank: Rank, budget: number): number {
    // Who is woken while this runs stands behind the others and may be served in the same turn, as far as the budget goes.
    let left = budget
    let turns = waiting.size
    for (const served of waiting) {
      if (left <= 0 || turns-- === 0) break
      waiting.delete(served)
      const bytes = served.serve(rank)
      if (bytes > 0) left -= frameBytes + bytes
    }
    return left
  }
}
