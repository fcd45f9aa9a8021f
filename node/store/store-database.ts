/**
 * LevelDB as store-level.ts needs it: one folder, one writer at a time, a reserve of free space, typed errors, and opening
 * again after the disk failed. Knows nothing of keys and rows.
 *
 * LevelDB loses what follows a failed write of its journal when it is opened the next time (its reader resynchronises at a
 * wrong offset), so after any failed write nothing is written before the database has been closed and opened again.
 */
import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { JournalNote } from './journal-check.ts'

export type Level = ClassicLevel<Buffer, Buffer>
export type Batch = ReturnType<Level['batch']>

export interface DatabaseOptions {
  /** Folder of the database; made when it is not there. */
  path: string
  /** Below this, what needs space is refused with STORAGE_FULL. */
  minFreeBytes?: number
  /** LevelDB's cache of blocks. */
  cacheBytes?: number
  /** Free bytes where `path` is; default from the file system. */
  freeBytes? (path: string): Promise<number>
}

// Measured (docs/performance.md): 16 MiB journals and 8 MiB tables cost a fifth less CPU per append than LevelDB's 4 and 2;
// larger ones gain little more and make opening slower. Envelopes are encrypted: compression would only cost.
const engineOptions = {
  keyEncoding: 'buffer', valueEncoding: 'buffer', compression: false, writeBufferSize: 16 << 20, maxFileSize: 8 << 20, blockSize: 16 << 10
} as const
/** Two journals, the output of compactions, and some for what else writes to the disk meanwhile: opening again needs room. */
const defaultMinFreeBytes = 256 << 20
/** How much may be written between two looks at the free space, by this database in bytes and in batches: others fill the disk, too. */
const spaceCheckBytes = 1 << 20
const spaceCheckBatches = 32
/** Synced batches between two notes of how long the journal is. */
const noteBatches = 32

export class StoreDatabase {
  readonly path: string
  readonly #options: DatabaseOptions
  readonly #minFreeBytes: number
  #level: Level
  /** Reads the schema and the like each time the database has been opened. */
  readonly #onOpen: (level: Level) => Promise<void>
  /** Resolves when the database can be read (again). */
  #ready: Promise<void> = Promise.resolve()
  #queue: Promise<unknown> = Promise.resolve()
  #isClosed = false
  #hasFailed = false
  #isLow = true
  #bytesSinceCheck = 0
  #batchesSinceCheck = 0
  #batchesSinceNote = 0
  readonly #note: JournalNote

  constructor (options: DatabaseOptions, onOpen: (level: Level) => Promise<void>) {
    this.path = options.path
    this.#options = options
    this.#minFreeBytes = options.minFreeBytes ?? defaultMinFreeBytes
    this.#onOpen = onOpen
    this.#note = new JournalNote(options.path)
    this.#level = this.#make()
  }

  /** For one read or write at a time, never to be kept: it is another one after the disk failed. */
  get level (): Level { return this.#level }

  #make (): Level { return new ClassicLevel<Buffer, Buffer>(this.path, { ...engineOptions, cacheSize: this.#options.cacheBytes ?? 32 << 20 }) }

  /** @throws ProtocolError DATABASE_LOCKED, DATABASE_CORRUPT, STORAGE_FULL, INTERNAL, or what `onOpen` throws */
  async open (): Promise<void> {
    try {
      await this.#level.open()
      await this.#onOpen(this.#level)
    } catch (error) {
      await this.#level.close().catch(() => { /* it did not open */ })
      throw this.explain(error)
    }
  }

  /** After what is queued. */
  async close (): Promise<void> {
    if (this.#isClosed) return
    await this.settled()
    this.#isClosed = true
    await this.#ready.catch(() => { /* it is closed then */ })
    await this.#level.close()
  }

  /** Run what writes: one at a time, in order of the calls. */
  inTurn<T> (task: () => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      this.#checkOpen()
      return await task()
    }
    const result = this.#queue.then(run, run)
    this.#queue = result
    result.catch(() => { /* told to the caller; the queue goes on */ })
    return result
  }

  /** Resolves when every write called so far is through. */
  async settled (): Promise<void> { await this.#queue.catch(() => { /* told to its caller */ }) }

  #checkOpen (): void { if (this.#isClosed) throw new ProtocolError('INTERNAL', { what: 'the store is closed' }) }

  /** Run a read; once more when the database was closed and opened again under it. */
  async read<T> (task: () => Promise<T>): Promise<T> {
    await this.readable()
    const level = this.#level
    try {
      return await task()
    } catch (error) {
      if (isProtocolError(error)) throw error
      await this.#ready
      if (this.#level === level || this.#isClosed) throw this.explain(error)
      return await task()
    }
  }

  async readable (): Promise<void> {
    await this.#ready
    this.#checkOpen()
  }

  /**
   * Before a batch, in its turn: is there room for what it adds, and does the database take writes?
   * @throws ProtocolError STORAGE_FULL; what opening again throws
   */
  async ensureWritable (needsRoom: boolean): Promise<void> {
    // Opening again writes the journal out as a table: not on a disk that is full to the brim.
    if (this.#hasFailed || (needsRoom && (this.#isLow || this.#bytesSinceCheck >= spaceCheckBytes || this.#batchesSinceCheck >= spaceCheckBatches))) {
      this.#bytesSinceCheck = 0
      this.#batchesSinceCheck = 0
      this.#isLow = await this.freeBytes() < this.#minFreeBytes
      if (this.#isLow) throw new ProtocolError('STORAGE_FULL', { what: `less than ${this.#minFreeBytes} bytes are free where ${this.path} is` })
    }
    if (!this.#hasFailed) return
    this.#ready = this.#reopen()
    await this.#ready
    this.#hasFailed = false
  }

  /** @param bytes roughly what the batch adds. @throws ProtocolError: what became of the batch is open until the database was opened again */
  async commit (batch: Batch, { durable, bytes }: { durable: boolean, bytes: number }): Promise<void> {
    this.#bytesSinceCheck += bytes
    this.#batchesSinceCheck++
    try {
      await batch.write({ sync: durable })
    } catch (error) {
      this.#hasFailed = true
      throw this.explain(error)
    }
    if (!durable || ++this.#batchesSinceNote < noteBatches) return
    this.#batchesSinceNote = 0
    // Without it a loss would go unnoticed; that is no reason to refuse what has been written.
    await this.#note.take().catch(() => {})
  }

  /** Free where the database is, for this process. */
  async freeBytes (): Promise<number> {
    if (this.#options.freeBytes !== undefined) return await this.#options.freeBytes(this.path)
    const { bavail, bsize } = await statfs(this.path)
    return bavail * bsize
  }

  async #reopen (): Promise<void> {
    await this.#level.close()
    this.#level = this.#make()
    await this.open()
  }

  get minFreeBytes (): number { return this.#minFreeBytes }

  /** Size of its files. */
  async usedBytes (): Promise<number> {
    const files = await readdir(this.path)
    const sizes = await Promise.all(files.map(async (file) => await stat(join(this.path, file)).then((info) => info.size, () => 0 /* compacted away meanwhile */)))
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  /** What LevelDB threw, as what the operator can do about it. */
  explain (error: unknown): Error {
    if (isProtocolError(error)) return error
    if (isLevelError(error, 'LEVEL_LOCKED')) return new ProtocolError('DATABASE_LOCKED', { what: this.path, cause: error })
    if (isLevelError(error, 'LEVEL_CORRUPTION')) return new ProtocolError('DATABASE_CORRUPT', { what: this.path, cause: error })
    const texts = causes(error).map(({ message, code }) => `${message} ${code}`).join(' ')
    // How LevelDB says that a table is shorter than it was.
    if (/\.(?:ldb|sst): Invalid argument/.test(texts)) return new ProtocolError('DATABASE_CORRUPT', { what: this.path, cause: error })
    if (/no space left|ENOSPC|EDQUOT|quota exceeded/i.test(texts)) return new ProtocolError('STORAGE_FULL', { what: this.path, cause: error })
    return new ProtocolError('INTERNAL', { what: `database ${this.path}`, cause: error })
  }
}

/** The error and what caused it, outermost first. */
function causes (error: unknown): Array<{ message: string, code: string }> {
  const out = []
  for (let one = error; one instanceof Error && out.length < 5; one = one.cause) out.push({ message: one.message, code: 'code' in one ? String(one.code) : '' })
  return out
}

export const isLevelError = (error: unknown, code: string): boolean => causes(error).some((one) => one.code === code)
