/**
 * When local accounts were last there: in memory first, on disk some time later. What a crash loses is half a minute of it.
 *
 * Table `presence`, key `s/<account>`: u8 version ‖ f64 milliseconds since 1970.
 */
import type { AccountId } from '../../protocol/ids.ts'
import type { Commits, Logger } from '../ports.ts'
import type { Store, Write } from '../store/store.ts'

const rowVersion = 1
/** Rows in one batch: some 90 KB. */
const perCommit = 1_000

export interface LastSeenComponents {
  store: Pick<Store, 'get'>
  commits: Pick<Commits, 'commit'>
  logger: Logger
}

export class LastSeen {
  readonly #c: LastSeenComponents
  /** Not on disk yet. One entry for each local account at most. */
  readonly #unwritten = new Map<AccountId, number>()

  constructor (components: LastSeenComponents) { this.#c = components }

  note (account: AccountId, atMs: number): void { this.#unwritten.set(account, atMs) }

  /** 0: never. */
  async of (account: AccountId): Promise<number> {
    const fresh = this.#unwritten.get(account)
    if (fresh !== undefined) return fresh
    const row = await this.#c.store.get('presence', keyOf(account))
    return this.#unwritten.get(account) ?? (row === undefined ? 0 : readRow(row))
  }

  async flush (): Promise<void> {
    while (this.#unwritten.size > 0) {
      const rows = [...this.#unwritten].slice(0, perCommit)
      try {
        await this.#c.commits.commit(rows.map(([account, atMs]): Write => ({ op: 'put', table: 'presence', key: keyOf(account), value: writeRow(atMs) })))
      } catch (error) {
        // Kept for the next time; the store has told about itself.
        this.#c.logger.debug('presence.last-seen', { rows: rows.length }, error)
        return
      }
      for (const [account, atMs] of rows) if (this.#unwritten.get(account) === atMs) this.#unwritten.delete(account)
    }
  }
}

const keyOf = (account: AccountId): string => `s/${account}`

function writeRow (atMs: number): Uint8Array {
  const row = new Uint8Array(9)
  const view = new DataView(row.buffer)
  view.setUint8(0, rowVersion)
  view.setFloat64(1, atMs)
  return row
}

/** What is on disk; 0: never, or not written yet. */
export async function readLastSeen (store: Pick<Store, 'get'>, account: AccountId): Promise<number> {
  const row = await store.get('presence', keyOf(account))
  return row === undefined ? 0 : readRow(row)
}

const readRow = (row: Uint8Array): number => row.byteLength === 9 && row[0] === rowVersion ? new DataView(row.buffer, row.byteOffset).getFloat64(1) : 0
