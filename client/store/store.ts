/**
 * What the client keeps on its own device, as a port: an ordered table of keys and bytes with atomic batches.
 *
 * Narrow enough for LevelDB, IndexedDB and memory (store-level.ts); an engine passes store-suite.ts.
 * Keys are ASCII; their order is the order of their bytes. Key table: keys.ts.
 */
import { isProtocolError } from '../../protocol/errors.ts'

export type StoreWrite =
  | { readonly op: 'put', readonly key: string, readonly value: Uint8Array }
  | { readonly op: 'delete', readonly key: string }

export interface StoreRange {
  /** inclusive */
  readonly from: string
  /** exclusive */
  readonly to: string
  readonly reverse?: boolean
  /** default: no limit */
  readonly limit?: number
}

export interface StoreEntry {
  readonly key: string
  readonly value: Uint8Array
}

export interface ClientStore {
  get (key: string): Promise<Uint8Array | undefined>
  /** As many `get`s, in one go. */
  getMany (keys: readonly string[]): Promise<Array<Uint8Array | undefined>>
  /**
   * All or nothing, in order; durable when it resolves.
   * @throws ProtocolError STORAGE_FULL: nothing was written. INTERNAL: the engine failed
   */
  batch (writes: readonly StoreWrite[]): Promise<void>
  range (range: StoreRange): Promise<StoreEntry[]>
  close (): Promise<void>
}

/** The store could not do its work now: nothing is said about what was asked of it, and trying again may help. */
export const isStoreFailure = (error: unknown): boolean => isProtocolError(error, 'INTERNAL', 'STORAGE_FULL', 'DATABASE_LOCKED')
