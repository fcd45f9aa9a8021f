/**
 * How neighbours in gossip have behaved lately: what they passed on that was wrong, and what they sent beyond their share.
 *
 * Owns: the share of each neighbour, charged before anybody looks at a message, because looking costs a signature check;
 * marks that fade. gossipsub asks for the score and stops listening to whoever is far below zero. Its own counts need
 * figures per topic and would punish a neighbour whose topics are quiet, as most are.
 */
import type { Clock } from '../clock.ts'
import { BucketSet } from '../bucket-set.ts'

/** Messages from one neighbour, all topics: in a mesh each brings a part of what the whole network says. */
const messagesPerPeer = { burst: 2_000, perSecond: 400 }
/** Of all neighbours together: at 0.2 ms for a signature a fifth of a thread. */
const messagesOfAll = { burst: 5_000, perSecond: 1_000 }
/** Eleven wrong messages within some seconds are enough: gossipsub's graylist is at -80. */
const wrongMark = 8
const excessMark = 0.2
/** A mark counts half after this. */
const halfLifeMs = 60_000
const maxPeers = 10_000

export class PeerConduct {
  readonly #clock: Clock
  readonly #perPeer: BucketSet
  readonly #all: BucketSet
  /** Least recently marked first. */
  readonly #marks = new Map<string, { value: number, atMs: number }>()
  /** Messages not looked at, and wrong ones. */
  readonly counts = { excess: 0, wrong: 0 }

  constructor ({ clock }: { clock: Clock }) {
    this.#clock = clock
    this.#perPeer = new BucketSet({ clock }, messagesPerPeer, { maxKeys: maxPeers })
    this.#all = new BucketSet({ clock }, messagesOfAll, { maxKeys: 1 })
  }

  /** Whether to look at a message of this neighbour at all. */
  mayCheck (peer: string): boolean {
    if (this.#perPeer.tryTake(peer) > 0) {
      this.counts.excess++
      this.#mark(peer, excessMark)
      return false
    }
    // Nobody's fault in particular.
    if (this.#all.tryTake('') === 0) return true
    this.counts.excess++
    return false
  }

  /** It has passed on what it should have rejected. */
  wrong (peer: string): void {
    this.counts.wrong++
    this.#mark(peer, wrongMark)
  }

  /** 0 or below. */
  scoreOf (peer: string): number {
    const mark = this.#marks.get(peer)
    return mark === undefined ? 0 : -this.#faded(mark)
  }

  #faded ({ value, atMs }: { value: number, atMs: number }): number {
    return value * 0.5 ** (Math.max(0, this.#clock.nowMs() - atMs) / halfLifeMs)
  }

  #mark (peer: string, by: number): void {
    const before = this.#marks.get(peer)
    this.#marks.delete(peer)
    if (before === undefined && this.#marks.size >= maxPeers) for (const oldest of this.#marks.keys()) { this.#marks.delete(oldest); break }
    this.#marks.set(peer, { value: by + (before === undefined ? 0 : this.#faded(before)), atMs: this.#clock.nowMs() })
  }
}
