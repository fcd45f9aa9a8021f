/**
 * The directory's rows in LevelDB. Not synced: what a power cut takes is fetched or written again.
 */
import { rm } from 'node:fs/promises'
import { ClassicLevel } from 'classic-level'
import { checkLevelFolder } from '../../protocol/level-folder-node.ts'
import type { Row, Rows } from './rows.ts'

const options = { keyEncoding: 'utf8', valueEncoding: 'view', compression: true, writeBufferSize: 2 * 1024 * 1024, cacheSize: 2 * 1024 * 1024, maxOpenFiles: 64 } as const

/** Beyond every key that begins with `prefix`. */
const past = (prefix: string): string => `${prefix}\uffff`

export class LevelRows implements Rows {
  readonly #level: ClassicLevel<string, Uint8Array>

  /** A folder that cannot be opened because it is damaged is begun anew. @throws Error of LevelDB: locked, no space */
  static async open (path: string): Promise<LevelRows> {
    try {
      await checkLevelFolder(path)
      return await LevelRows.#open(path)
    } catch (error) {
      if (isLocked(error)) throw error
      await rm(path, { recursive: true, force: true })
      return await LevelRows.#open(path)
    }
  }

  static async #open (path: string): Promise<LevelRows> {
    const level = new ClassicLevel<string, Uint8Array>(path, options)
    await level.open()
    return new LevelRows(level)
  }

  private constructor (level: ClassicLevel<string, Uint8Array>) { this.#level = level }

  async get (key: string): Promise<Uint8Array | undefined> { return await this.#level.get(key) }

  async write (rows: readonly Row[]): Promise<void> {
    await this.#level.batch(rows.map(({ key, value }) => value === undefined ? { type: 'del', key } : { type: 'put', key, value }))
  }

  async * scan (prefix: string): AsyncGenerator<{ key: string, value: Uint8Array }> {
    for await (const [key, value] of this.#level.iterator({ gte: prefix, lt: past(prefix) })) yield { key, value }
  }

  async deleteAll (prefix: string): Promise<void> { await this.#level.clear({ gte: prefix, lt: past(prefix) }) }
  async close (): Promise<void> { await this.#level.close() }
}

function isLocked (error: unknown): boolean {
  const { code, cause } = error as { code?: string, cause?: { code?: string } }
  return code === 'LEVEL_LOCKED' || cause?.code === 'LEVEL_LOCKED'
}
