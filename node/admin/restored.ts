/**
 * The mark in a database that came from a backup, and what is changed in it so that it may be used again.
 *
 * Since the backup was taken its logs have given out numbers, its one-time prekeys were handed out, and accounts may have moved.
 * So every account of it is *awaited*: known, and not served before its device has signed a newer home record. That gives the logs
 * which it anchors a new epoch, under which this relay asks the other homes before it numbers (log/adoption.ts), and lets the DHT's word
 * on a move be heard first (people/registration.ts). Table `meta`, key `restored`: JSON.
 */
import { utf8, fromUtf8 } from '../../protocol/bytes.ts'
import { awaited } from '../people/accounts.ts'
import { withoutOneTime } from '../people/prekeys.ts'
import type { Store } from '../store/store.ts'
import { decodeTableValue, encodeTableValue, tableKey, textOfTableKey } from '../store/store-keys.ts'

export interface Restored { readonly takenAt: string, readonly restoredAt: string }

const key = 'restored'

export async function readRestored (store: Pick<Store, 'get'>): Promise<Restored | undefined> {
  const value = await store.get('meta', key)
  return value === undefined ? undefined : JSON.parse(fromUtf8(value)) as Restored
}

/** The row that marks the database. */
export function restoredRow (restored: Restored): [Buffer, Buffer] {
  const rowKey = tableKey('meta', key)
  return [rowKey, encodeTableValue(utf8(JSON.stringify(restored)), rowKey)]
}

const accounts = tableKey('account', '')
const prekeys = tableKey('prekey', '')
/** What this relay kept for other primaries is old: they ask how much it has, and ship it anew. What it knows of its own standbys stays. */
const shadows = ['a/', 'r/', 'l/', 'k/', 'e/', 'o/', 'c/', 'g/'].map((kind) => tableKey('standby', kind))
const startsWith = (bytes: Buffer, start: Buffer): boolean => bytes.subarray(0, start.byteLength).equals(start)

/** @returns the row as the restored database has it; undefined: not at all */
export function restoredAs ([rowKey, row]: [Buffer, Buffer]): [Buffer, Buffer] | undefined {
  if (shadows.some((kind) => startsWith(rowKey, kind))) return undefined
  const change = startsWith(rowKey, accounts) ? awaited : startsWith(rowKey, prekeys) && textOfTableKey(rowKey).endsWith('/once') ? withoutOneTime : undefined
  if (change === undefined) return [rowKey, row]
  const value = decodeTableValue(row, rowKey)
  // Damaged before it was backed up: as it is, so that it is found.
  return value === undefined ? [rowKey, row] : [rowKey, encodeTableValue(change(value), rowKey)]
}
