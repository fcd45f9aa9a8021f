/**
 * One OrbitDB log in the directory's rows: entries, which of them are in the log, heads.
 *
 * Owns: rows `e`, `i`, `h` of rows.ts. OrbitDB's own storages would open three LevelDBs per log, and keep a thousand
 * entries of each in memory: 40 MB.
 */
import type { Storage } from '@orbitdb/core'
import type { RelayId } from '../../protocol/ids.ts'
import type { Rows } from './rows.ts'

const present = Uint8Array.of(1)

export class OrbitStorage {
  readonly entries: Storage
  readonly index: Storage
  readonly heads: Storage
  readonly #rows: Rows
  readonly #prefixes: { entry: string, index: string, heads: string }
  #bytes = 0

  constructor (rows: Rows, relay: RelayId, generation: number) {
    const name = `${relay}/${generation}`
    this.#rows = rows
    this.#prefixes = { entry: `e/${name}/`, index: `i/${name}/`, heads: `h/${name}/` }
    const { entry, index, heads } = this.#prefixes
    this.entries = {
      ...unused,
      put: async (hash, data) => { await this.putEntry(hash, data as Uint8Array) },
      get: async (hash) => await rows.get(entry + hash)
    }
    this.index = {
      ...unused,
      put: async (hash) => { await rows.write([{ key: index + hash, value: present }]) },
      get: async (hash) => await rows.get(index + hash)
    }
    this.heads = {
      ...unused,
      put: async (key, data) => { await rows.write([{ key: heads + key, value: data as Uint8Array }]) },
      get: async (key) => await rows.get(heads + key)
    }
  }

  /** Bytes of the entries. */
  get bytes (): number { return this.#bytes }

  async load (): Promise<void> {
    const row = await this.#rows.get(`${this.#prefixes.heads}bytes`)
    this.#bytes = row === undefined ? 0 : new DataView(row.buffer, row.byteOffset, row.byteLength).getFloat64(0)
  }

  async entry (hash: string): Promise<Uint8Array | undefined> { return await this.#rows.get(this.#prefixes.entry + hash) }

  async putEntry (hash: string, bytes: Uint8Array): Promise<void> {
    if (await this.entry(hash) !== undefined) return
    this.#bytes += bytes.byteLength
    const size = new Uint8Array(8)
    new DataView(size.buffer).setFloat64(0, this.#bytes)
    await this.#rows.write([{ key: this.#prefixes.entry + hash, value: bytes }, { key: `${this.#prefixes.heads}bytes`, value: size }])
  }

  async drop (): Promise<void> { for (const prefix of Object.values(this.#prefixes)) await this.#rows.deleteAll(prefix) }
}

/** What OrbitDB's logs can do with a storage and directories never ask for; the rows outlive the log. */
const unused = {
  del: () => Promise.resolve(),
  async * iterator (): AsyncGenerator<[string, unknown]> {
    // nothing is merged
  },
  merge: () => Promise.resolve(),
  clear: () => Promise.resolve(),
  close: () => Promise.resolve()
}
