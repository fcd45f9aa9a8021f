/**
 * The newest items of a numbered sequence in memory: contiguous, dropped from the front once nobody needs them.
 * What it no longer holds stands in the store.
 */
export class Tail<T> {
  #items: Array<T | undefined> = []
  /** Index in #items of the oldest one held; what is before it has been dropped. */
  #start = 0
  #first: number

  /** @param next the number that the first item will have */
  constructor (next: number) { this.#first = next }

  /** Number of the oldest item held; last + 1 when none is. */
  get first (): number { return this.#first }
  get last (): number { return this.#first + this.size - 1 }
  get size (): number { return this.#items.length - this.#start }

  /** The next item: its number is last + 1. */
  push (item: T): void { this.#items.push(item) }

  get (number: number): T | undefined {
    return number < this.#first ? undefined : this.#items[this.#start + number - this.#first]
  }

  /** @returns the items dropped: those numbered up to and including `number` */
  dropThrough (number: number): number {
    const count = Math.min(number - this.#first + 1, this.size)
    if (count <= 0) return 0
    this.#first += count
    this.#start += count
    if (this.#start === this.#items.length) {
      this.#items = []
      this.#start = 0
    } else {
      for (let i = this.#start - count; i < this.#start; i++) this.#items[i] = undefined
      if (this.#start > 64 && this.#start * 2 > this.#items.length) {
        this.#items = this.#items.slice(this.#start)
        this.#start = 0
      }
    }
    return count
  }

  /** Start again, empty, at `next`. */
  reset (next: number): void {
    this.#items = []
    this.#start = 0
    this.#first = next
  }

  /** The newest item that `test` accepts, looking no further back than number `after` + 1. */
  findLast (after: number, test: (item: T) => boolean): T | undefined {
    for (let number = this.last; number > after && number >= this.#first; number--) {
      const item = this.get(number)
      if (item !== undefined && test(item)) return item
    }
    return undefined
  }
}
