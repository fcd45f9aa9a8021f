/**
 * The next items of one numbered sequence for one follower, in order: from the tail in memory, else read from the store.
 *
 * Owns: the position handed out (`sent`) and the page read ahead. Bound: one read at a time, one page ahead.
 */
export interface ReadBounds { readonly maxEntries: number, readonly maxBytes: number }

/** A log, or an outbox. */
export interface Source<T> {
  /** Highest number on disk. */
  readonly durableHead: number
  /** The item of this number, if it is in memory. */
  recent (number: number): T | undefined
  /** From the store, in order; what has expired is missing. */
  read (from: number, bounds: ReadBounds): Promise<T[]>
  numberOf (item: T): number
}

export class Feed<T> {
  readonly #source: Source<T>
  /** Highest number handed out. */
  sent: number
  #fetched: T[] = []
  #fetchedAt = 0
  #isReading = false

  constructor (source: Source<T>, sent: number) {
    this.#source = source
    this.sent = sent
  }

  get isBehind (): boolean { return this.sent < this.#source.durableHead }
  get isReading (): boolean { return this.#isReading }

  /** The next item, if it is in memory. Its number is sent + 1, or higher where the store has dropped what expired. */
  peek (): T | undefined {
    if (!this.isBehind) return undefined
    for (; this.#fetchedAt < this.#fetched.length; this.#fetchedAt++) {
      const item = this.#fetched[this.#fetchedAt]!
      if (this.#source.numberOf(item) > this.sent) return item
    }
    return this.#source.recent(this.sent + 1)
  }

  /** `peek`'s item is handed out. */
  took (item: T): void { this.sent = this.#source.numberOf(item) }

  /** Hand out again from `number + 1`. */
  rewind (number: number): void {
    this.sent = number
    this.#fetched = []
    this.#fetchedAt = 0
  }

  /** Read the next page from the store; afterwards `peek` has something, or the follower is no longer behind. */
  async read (bounds: ReadBounds): Promise<void> {
    const from = this.sent
    const { durableHead } = this.#source
    this.#isReading = true
    try {
      const items = await this.#source.read(from + 1, bounds)
      if (this.sent !== from) return // rewound meanwhile
      // Nothing there although the sequence goes on: all of it has expired or was trimmed.
      if (items.length === 0) this.sent = durableHead
      this.#fetched = items
      this.#fetchedAt = 0
    } finally {
      this.#isReading = false
    }
  }
}
