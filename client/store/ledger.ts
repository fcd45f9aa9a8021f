/**
 * All of the client's state, and the only way to change it: tasks that run one after another, each on a draft.
 *
 * Owns: what a task sees (its own changes, then those of the tasks before it in the same batch, then the store), group
 * commit (the tasks that wait become one batch of the store), the caches. A task that throws leaves no trace; a batch
 * that fails leaves none of its tasks. Does not know what the tables hold: tables.ts.
 */
import type { ClientStore, StoreEntry, StoreWrite } from './store.ts'

export interface Codec<T> {
  encode (value: T): Uint8Array
  decode (bytes: Uint8Array): T
}

/** A prefix of the store with typed values and a bounded cache. Values are never modified, only replaced. */
export class Table<T> {
  /** Ends in `/`; absent: kept in memory only. */
  readonly prefix: string | undefined
  readonly codec: Codec<T>
  readonly #maxCached: number
  readonly #cache = new Map<string, T>()

  constructor (prefix: string | undefined, codec: Codec<T>, { maxCached = 1_000 }: { maxCached?: number } = {}) {
    this.prefix = prefix
    this.codec = codec
    this.#maxCached = prefix === undefined ? Infinity : maxCached
  }

  /** What is in memory: everything, for a table that was preloaded or lives in memory only. */
  cached (key: string): T | undefined { return this.#cache.get(key) }
  cachedEntries (): IterableIterator<[string, T]> { return this.#cache.entries() }

  /** Only the ledger calls this, with what is stored. */
  remember (key: string, value: T | undefined): void {
    // A table that is in memory as a whole keeps its order: who goes through it may read it, too.
    if (value === undefined || this.#maxCached !== Infinity) this.#cache.delete(key)
    if (value === undefined) return
    this.#cache.set(key, value)
    if (this.#cache.size <= this.#maxCached) return
    for (const oldest of this.#cache.keys()) { this.#cache.delete(oldest); break }
  }
}

interface Change { readonly table: Table<unknown>, readonly key: string, readonly value: unknown }

/** What one task sees and changes. */
export class Draft {
  readonly #below: Draft | undefined
  readonly #ledger: Ledger
  readonly #changes = new Map<Table<unknown>, Map<string, Change>>()
  readonly #effects: Array<() => void> = []

  constructor (ledger: Ledger, below?: Draft) {
    this.#ledger = ledger
    this.#below = below
  }

  /** Without reading the store: complete only for tables that are in memory as a whole. */
  peek<T> (table: Table<T>, key: string): T | undefined {
    const change = this.#changes.get(table as Table<unknown>)?.get(key)
    if (change !== undefined) return change.value as T | undefined
    return this.#below === undefined ? table.cached(key) : this.#below.peek(table, key)
  }

  async read<T> (table: Table<T>, key: string): Promise<T | undefined> {
    const change = this.#changes.get(table as Table<unknown>)?.get(key)
    if (change !== undefined) return change.value as T | undefined
    if (this.#below !== undefined) return await this.#below.read(table, key)
    const value = await this.#ledger.read(table, key)
    // Nothing is committed while a task runs, so what was read is current. A reader outside could not say that.
    if (value !== undefined) table.remember(key, value)
    return value
  }

  /** Bring rows into memory in one go, before they are read one by one. */
  async prefetch<T> (table: Table<T>, keys: readonly string[]): Promise<void> {
    const missing = keys.filter((key) => this.peek(table, key) === undefined)
    if (missing.length === 0) return
    const values = await this.#ledger.readMany(table, missing)
    // Nothing is committed while a task runs: see `read`.
    for (const [i, value] of values.entries()) if (value !== undefined) table.remember(missing[i]!, value)
  }

  write<T> (table: Table<T>, key: string, value: T): void { this.#change(table as Table<unknown>, key, value) }
  erase<T> (table: Table<T>, key: string): void { this.#change(table as Table<unknown>, key, undefined) }

  /** Run `effect` once everything of this task is durable. In order; must not throw. */
  after (effect: () => void): void { this.#effects.push(effect) }

  /** A draft on top of this one: `absorb` it, or drop it and nothing has happened. */
  child (): Draft { return new Draft(this.#ledger, this) }

  get isEmpty (): boolean { return this.#changes.size === 0 }

  #change (table: Table<unknown>, key: string, value: unknown): void {
    let changes = this.#changes.get(table)
    if (changes === undefined) this.#changes.set(table, changes = new Map())
    changes.set(key, { table, key, value })
  }

  /** Take over a child's changes and effects. */
  absorb (other: Draft): void {
    for (const change of other.changes()) this.#change(change.table, change.key, change.value)
    this.#effects.push(...other.#effects)
  }

  /** Ledger only. */
  * changes (): Generator<Change> {
    for (const changes of this.#changes.values()) yield * changes.values()
  }

  /** Ledger only. */
  effects (): ReadonlyArray<() => void> { return this.#effects }
}

interface Job {
  readonly isFresh: boolean
  run (draft: Draft): Promise<void>
  settle (): void
  fail (error: unknown): void
}

/** Tasks in one batch: bounds how long the first waits for the last. */
const maxTasksPerBatch = 256

export class Ledger {
  readonly #store: ClientStore
  #waiting: Job[] = []
  #running: Promise<void> | undefined

  constructor (store: ClientStore) { this.#store = store }

  /**
   * Run a task in its turn; resolves with its result once its changes are durable.
   *
   * @param task only computes and reads this client's state: anything that waits for a network happens outside
   * @param options.isFresh the task reads ranges of the store, which do not show changes of tasks in the same batch
   */
  run<T> (task: (draft: Draft) => T | Promise<T>, { isFresh = false }: { isFresh?: boolean } = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let result: T
      this.#waiting.push({
        isFresh,
        run: async (draft) => { result = await task(draft) },
        settle: () => { resolve(result) },
        fail: reject
      })
      this.#running ??= this.#loop()
    })
  }

  /** What is stored now. */
  async read<T> (table: Table<T>, key: string): Promise<T | undefined> {
    const cached = table.cached(key)
    if (cached !== undefined || table.prefix === undefined) return cached
    const bytes = await this.#store.get(table.prefix + key)
    if (bytes === undefined) return undefined
    return table.codec.decode(bytes)
  }

  async readMany<T> (table: Table<T>, keys: readonly string[]): Promise<Array<T | undefined>> {
    const cached = keys.map((key) => table.cached(key))
    const { prefix } = table
    const missing = keys.filter((_, i) => cached[i] === undefined)
    if (missing.length === 0 || prefix === undefined) return cached
    const values = await this.#store.getMany(missing.map((key) => prefix + key))
    let at = 0
    return cached.map((value) => {
      if (value !== undefined) return value
      const bytes = values[at++]
      return bytes === undefined ? undefined : table.codec.decode(bytes)
    })
  }

  /** Rows of a table whose keys are in `from ≤ key < to`; the key without the table's prefix. */
  async range<T> (table: Table<T>, range: { from: string, to: string, reverse?: boolean, limit?: number }): Promise<Array<{ key: string, value: T }>> {
    const prefix = table.prefix ?? ''
    const rows: StoreEntry[] = await this.#store.range({ ...range, from: prefix + range.from, to: prefix + range.to })
    return rows.map((row) => ({ key: row.key.slice(prefix.length), value: table.codec.decode(row.value) }))
  }

  /** Everything of a table, which stays in memory from now on if its cache is large enough. */
  async preload<T> (table: Table<T>): Promise<Array<{ key: string, value: T }>> {
    const rows = await this.range(table, { from: '', to: '\x7f' })
    for (const { key, value } of rows) table.remember(key, value)
    return rows
  }

  /** Resolves when no task is waiting. */
  async idle (): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async #loop (): Promise<void> {
    // Callers that ask in the same turn of the event loop share a batch.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#batch()
    this.#running = undefined
  }

  async #batch (): Promise<void> {
    const draft = new Draft(this)
    const done: Job[] = []
    let taken = 0
    for (; taken < this.#waiting.length && done.length < maxTasksPerBatch; taken++) {
      const job = this.#waiting[taken]!
      if (job.isFresh && !draft.isEmpty) break
      const own = draft.child()
      try {
        await job.run(own)
      } catch (error) {
        job.fail(error)
        continue
      }
      draft.absorb(own)
      done.push(job)
    }
    this.#waiting.splice(0, taken)
    try {
      await this.#commit(draft)
    } catch (error) {
      for (const job of done) job.fail(error)
      return
    }
    for (const effect of draft.effects()) effect()
    for (const job of done) job.settle()
  }

  async #commit (draft: Draft): Promise<void> {
    const writes: StoreWrite[] = []
    for (const { table, key, value } of draft.changes()) {
      if (table.prefix === undefined) continue
      writes.push(value === undefined
        ? { op: 'delete', key: table.prefix + key }
        : { op: 'put', key: table.prefix + key, value: table.codec.encode(value) })
    }
    if (writes.length > 0) await this.#store.batch(writes)
    for (const { table, key, value } of draft.changes()) table.remember(key, value)
  }
}
