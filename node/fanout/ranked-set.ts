/**
 * A set whose members come in order of rank, and within a rank in the order of their coming.
 */
import { ranks, type Rank } from './scheduler.ts'

export class RankedSet<T> implements Iterable<T> {
  readonly #byRank: readonly [Set<T>, Set<T>, Set<T>] = [new Set(), new Set(), new Set()]

  get size (): number { return this.#byRank[0].size + this.#byRank[1].size + this.#byRank[2].size }

  /** One that is in it already keeps its place, unless its rank is another by now. */
  add (one: T, rank: Rank): void {
    for (const other of ranks) if (other !== rank) this.#byRank[other].delete(one)
    this.#byRank[rank].add(one)
  }

  delete (one: T): void { for (const rank of ranks) this.#byRank[rank].delete(one) }

  /** May be changed meanwhile. */
  * [Symbol.iterator] (): Iterator<T> { for (const set of this.#byRank) yield * set }
}
