/** Rows that their owner gives again when they are missing: a damaged one is as good as none. The store has counted and told it. */
import { isProtocolError } from '../../protocol/errors.ts'
import type { Store, Table } from './store.ts'

export async function getHealthy (store: Pick<Store, 'get'>, table: Table, key: string): Promise<Uint8Array | undefined> {
  try {
    return await store.get(table, key)
  } catch (error) {
    if (isProtocolError(error, 'DAMAGED')) return undefined
    throw error
  }
}
