/**
 * The client's store over any `abstract-level` database: classic-level (store-node.ts), browser-level (IndexedDB),
 * memory-level. Passes store-suite.ts.
 */
import { ProtocolError } from '../../protocol/errors.ts'
import type { ClientStore, StoreEntry, StoreRange, StoreWrite } from './store.ts'

/** What is needed of an `AbstractLevel<…, string, Uint8Array>`. */
export interface LevelDatabase {
  open (): Promise<void>
  get (key: string): Promise<Uint8Array | undefined>
  getMany (keys: string[]): Promise<Array<Uint8Array | undefined>>
  batch (operations: Array<{ type: 'put', key: string, value: Uint8Array } | { type: 'del', key: string }>, options: object): Promise<void>
  iterator (options: { gte: string, lt: string, reverse: boolean, limit: number }): { all (): Promise<Array<[string, Uint8Array]>> }
  close (): Promise<void>
}

export class LevelStore implements ClientStore {
  readonly #database: LevelDatabase

  /** @param database with `keyEncoding: 'utf8'` and `valueEncoding: 'view'` */
  constructor (database: LevelDatabase) { this.#database = database }

  /** @throws ProtocolError DATABASE_LOCKED, DATABASE_CORRUPT, STORAGE_FULL, INTERNAL */
  static async open (database: LevelDatabase): Promise<LevelStore> {
    try {
      await database.open()
    } catch (error) {
      throw storeError(error)
    }
    return new LevelStore(database)
  }

  async get (key: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#database.get(key)
    } catch (error) {
      throw storeError(error)
    }
  }

  async getMany (keys: readonly string[]): Promise<Array<Uint8Array | undefined>> {
    try {
      return await this.#database.getMany([...keys])
    } catch (error) {
      throw storeError(error)
    }
  }

  async batch (writes: readonly StoreWrite[]): Promise<void> {
    try {
      // `sync` is LevelDB's: without it a power cut takes what was just acknowledged. Other engines ignore it.
      await this.#database.batch(writes.map((write) => write.op === 'put'
        ? { type: 'put', key: write.key, value: write.value }
        : { type: 'del', key: write.key }), { sync: true })
    } catch (error) {
      throw storeError(error)
    }
  }

  async range ({ from, to, reverse = false, limit = -1 }: StoreRange): Promise<StoreEntry[]> {
    try {
      const rows = await this.#database.iterator({ gte: from, lt: to, reverse, limit }).all()
      return rows.map(([key, value]) => ({ key, value }))
    } catch (error) {
      throw storeError(error)
    }
  }

  async close (): Promise<void> { await this.#database.close() }
}

/** abstract-level wraps: what went wrong stands in `cause`. */
export function storeError (error: unknown): ProtocolError {
  const codes: string[] = []
  let text = ''
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') codes.push(at.code)
    text += `${at.message}\n`
  }
  if (codes.includes('LEVEL_LOCKED')) return new ProtocolError('DATABASE_LOCKED', { cause: error })
  if (codes.includes('LEVEL_CORRUPTION') || /corrupt/i.test(text)) return new ProtocolError('DATABASE_CORRUPT', { cause: error })
  if (/no space left|ENOSPC|quota/i.test(text)) return new ProtocolError('STORAGE_FULL', { cause: error })
  return new ProtocolError('INTERNAL', { what: 'store', cause: error })
}
