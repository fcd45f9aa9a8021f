/**
 * The directory's rows in LevelDB. Not synced: what a power cut takes is fetched or written again. Stops growing before
 * the relay's own database is short of disk space.
 */
import { rm, statfs } from 'node:fs/promises'
import { ClassicLevel } from 'classic-level'
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { checkLevelFolder } from '../../protocol/level-folder-node.ts'
import type { Row, Rows } from './rows.ts'

const options = { keyEncoding: 'utf8', valueEncoding: 'view', compression: true, writeBufferSize: 2 * 1024 * 1024, cacheSize: 2 * 1024 * 1024, maxOpenFiles: 64 } as const

/** How far something was read, which number it has. */
const marksBytes = 256
/** Between two looks at the free space: at 40 KiB a write and 100 writes a second, 40 MB. */
const lookEveryMs = 10_000

/** Beyond every key that begins with `prefix`. */
const past = (prefix: string): string => `${prefix}\uffff`

export class LevelRows implements Rows {
  readonly #level: ClassicLevel<string, Uint8Array>
  readonly #path: string
  readonly #minFreeBytes: number
  readonly #clock: Clock
  #lookedAtMs = -Infinity
  #hasRoom = true

  /**
   * A folder that cannot be opened because it is damaged is begun anew.
   * @param options.minFreeBytes below this nothing is written: STORAGE_FULL
   * @throws Error of LevelDB: locked, no space
   */
  static async open (path: string, options: { minFreeBytes: number, clock: Clock }): Promise<LevelRows> {
    try {
      await checkLevelFolder(path)
      return new LevelRows(path, await openLevel(path), options)
    } catch (error) {
      if (isLocked(error)) throw error
      await rm(path, { recursive: true, force: true })
      return new LevelRows(path, await openLevel(path), options)
    }
  }

  private constructor (path: string, level: ClassicLevel<string, Uint8Array>, { minFreeBytes, clock }: { minFreeBytes: number, clock: Clock }) {
    this.#path = path
    this.#level = level
    this.#minFreeBytes = minFreeBytes
    this.#clock = clock
  }

  async get (key: string): Promise<Uint8Array | undefined> { return await this.#level.get(key) }

  async write (rows: readonly Row[]): Promise<void> {
    // Deleting makes room, and marks take hardly any.
    if (rows.reduce((sum, { value }) => sum + (value?.byteLength ?? 0), 0) > marksBytes && !await this.#mayGrow()) throw new ProtocolError('STORAGE_FULL', { what: 'directory' })
    await this.#level.batch(rows.map(({ key, value }) => value === undefined ? { type: 'del', key } : { type: 'put', key, value }))
  }

  async #mayGrow (): Promise<boolean> {
    const nowMs = this.#clock.nowMs()
    if (this.#lookedAtMs + lookEveryMs <= nowMs) {
      this.#lookedAtMs = nowMs
      const { bavail, bsize } = await statfs(this.#path)
      this.#hasRoom = bavail * bsize >= this.#minFreeBytes
    }
    return this.#hasRoom
  }

  async * scan (prefix: string): AsyncGenerator<{ key: string, value: Uint8Array }> {
    for await (const [key, value] of this.#level.iterator({ gte: prefix, lt: past(prefix) })) yield { key, value }
  }

  async deleteAll (prefix: string): Promise<void> { await this.#level.clear({ gte: prefix, lt: past(prefix) }) }
  async close (): Promise<void> { await this.#level.close() }
}

async function openLevel (path: string): Promise<ClassicLevel<string, Uint8Array>> {
  const level = new ClassicLevel<string, Uint8Array>(path, options)
  await level.open()
  return level
}

function isLocked (error: unknown): boolean {
  const { code, cause } = error as { code?: string, cause?: { code?: string } }
  return code === 'LEVEL_LOCKED' || cause?.code === 'LEVEL_LOCKED'
}
