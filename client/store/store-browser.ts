/**
 * The client's store in IndexedDB.
 *
 * Adds what IndexedDB does not do by itself: one owner at a time (two tabs would take the same ratchet keys twice),
 * batches that are on disk when they resolve, and values that are stored without the buffer they are a view of.
 */
import { BrowserLevel } from 'browser-level'
import { ProtocolError } from '../../protocol/errors.ts'
import { LevelStore, type LevelDatabase } from './store-level.ts'

/** A page that is reloaded asks before the one that it replaces has let go. */
const lockTimeoutMs = 2_000

/**
 * @param name of the IndexedDB database; one per account
 * @throws ProtocolError DATABASE_LOCKED when another tab has it open; BAD_CONFIG when the page came over plain http; DATABASE_CORRUPT,
 *   STORAGE_FULL, INTERNAL
 */
export async function openBrowserStore (name: string): Promise<LevelStore> {
  const unlock = await lock(`heliograph/${name}`)
  try {
    return await LevelStore.open(new DurableDatabase(name, unlock))
  } catch (error) {
    unlock()
    throw error
  }
}

/** @returns how to let go. @throws ProtocolError DATABASE_LOCKED, BAD_CONFIG */
async function lock (name: string): Promise<() => void> {
  // Locks, like WebCrypto, are for secure contexts only.
  if (!isSecureContext) throw new ProtocolError('BAD_CONFIG', { what: 'the page must come over https or from this machine' })
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const { promise: taken, resolve, reject } = Promise.withResolvers<void>()
  navigator.locks.request(name, { signal: AbortSignal.timeout(lockTimeoutMs) }, async () => {
    resolve()
    await held
  }).catch((cause: unknown) => { reject(new ProtocolError('DATABASE_LOCKED', { what: 'open in another tab', cause })) })
  await taken
  return release
}

class DurableDatabase implements LevelDatabase {
  readonly #database: BrowserLevel<string, Uint8Array>
  readonly #unlock: () => void

  constructor (name: string, unlock: () => void) {
    this.#database = new BrowserLevel(name, { keyEncoding: 'utf8', valueEncoding: 'view' })
    this.#unlock = unlock
  }

  async open (): Promise<void> {
    await this.#database.open()
    const { db } = this.#database as unknown as { readonly db: IDBDatabase }
    const begin = db.transaction.bind(db)
    // The default of browsers is to resolve before the disk has it. A ratchet state that a power cut takes back would
    // seal two messages with one key.
    db.transaction = (stores, mode, options) => begin(stores, mode, { durability: 'strict', ...options })
  }

  async get (key: string): Promise<Uint8Array | undefined> { return await this.#database.get(key) }

  async getMany (keys: string[]): Promise<Array<Uint8Array | undefined>> { return await this.#database.getMany(keys) }

  async batch (operations: Parameters<LevelDatabase['batch']>[0]): Promise<void> {
    // A structured clone of a view takes its whole buffer along: a row of 100 bytes would keep a frame of 1 MiB.
    await this.#database.batch(operations.map((one) => one.type === 'put' && one.value.byteLength < one.value.buffer.byteLength ? { ...one, value: one.value.slice() } : one))
  }

  iterator (options: Parameters<LevelDatabase['iterator']>[0]): ReturnType<LevelDatabase['iterator']> { return this.#database.iterator(options) }

  async close (): Promise<void> {
    try {
      await this.#database.close()
    } finally {
      this.#unlock()
    }
  }
}
