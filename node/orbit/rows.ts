/**
 * Where the directory keeps its rows: a database of its own beside the relay's, because everything in it can be fetched
 * or written anew. Values are bytes, keys are text.
 *
 * | key                              | value                                       | owner               |
 * | -------------------------------- | ------------------------------------------- | ------------------- |
 * | `m/own`                          | generation of this relay's database, u32    | directory-index.ts  |
 * | `o/generation/account`           | hash of what was published of it, 16 bytes  | directory-index.ts  |
 * | `f/relay`                        | how far its database was read               | directory-index.ts  |
 * | `p/relay/account`                | generation u32, DirectoryPerson             | directory-index.ts  |
 * | `n/relay/hash of a handle`       | generation u32, account                     | directory-index.ts  |
 * | `e/relay/generation/entry`       | an OrbitDB entry                            | orbit-storage.ts    |
 * | `i/relay/generation/entry`       | nothing: the entry is in the log            | orbit-storage.ts    |
 * | `h/relay/generation/heads`       | OrbitDB's list of heads                     | orbit-storage.ts    |
 */
export type Row = { readonly key: string, readonly value: Uint8Array } | { readonly key: string, readonly value: undefined }

export interface Rows {
  get (key: string): Promise<Uint8Array | undefined>
  /** All or nothing; in order with other writes. Need not survive a power cut, but what does is a prefix. `undefined` deletes. */
  write (rows: readonly Row[]): Promise<void>
  scan (prefix: string): AsyncIterable<{ key: string, value: Uint8Array }>
  deleteAll (prefix: string): Promise<void>
  close (): Promise<void>
}

export class MemoryRows implements Rows {
  readonly #rows = new Map<string, Uint8Array>()

  get (key: string): Promise<Uint8Array | undefined> { return Promise.resolve(this.#rows.get(key)) }

  write (rows: readonly Row[]): Promise<void> {
    for (const { key, value } of rows) {
      if (value === undefined) this.#rows.delete(key)
      else this.#rows.set(key, value.slice())
    }
    return Promise.resolve()
  }

  async * scan (prefix: string): AsyncGenerator<{ key: string, value: Uint8Array }> {
    for (const key of [...this.#rows.keys()].filter((one) => one.startsWith(prefix)).sort()) {
      const value = this.#rows.get(key)
      if (value !== undefined) yield { key, value }
    }
  }

  deleteAll (prefix: string): Promise<void> {
    for (const key of [...this.#rows.keys()]) if (key.startsWith(prefix)) this.#rows.delete(key)
    return Promise.resolve()
  }

  close (): Promise<void> { return Promise.resolve() }
}
