/**
 * Contacts of all devices of an account: a name given on one is known on the others.
 */
import { isProtocolError } from '../../protocol/errors.ts'
import { parseAccountId, type AccountId } from '../../protocol/ids.ts'
import type { Contacts } from '../contacts.ts'
import type { SyncFacts } from '../devices/sync.ts'
import type { Draft } from '../store/ledger.ts'
import type { ContactRow } from '../store/tables.ts'
import { isRecord, parseFact } from './flags.ts'

/** @param onNamed somebody was named, here or on another device; in the batch that stores it */
export function shareContacts (contacts: Contacts, facts: SyncFacts, onNamed: (draft: Draft, account: AccountId) => Promise<void>): void {
  contacts.onChange = async (draft, account, row) => {
    await facts.put(draft, `contact/${account}`, JSON.stringify(row))
    await onNamed(draft, account)
  }
  facts.onFact('contact/', async (draft, key, value, isOwnWrite) => {
    const account = accountIn(key.slice('contact/'.length))
    const row = rowIn(parseFact(value))
    if (isOwnWrite || account === undefined || row === undefined) return
    contacts.put(draft, account, row)
    await onNamed(draft, account)
  })
}

function accountIn (text: string): AccountId | undefined {
  try {
    return parseAccountId(text)
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return undefined // of a newer version
  }
}

function rowIn (value: unknown): ContactRow | undefined {
  if (!isRecord(value)) return undefined
  const { name, handle, claimedHandle, isVerified, addedAtMs } = value
  if (typeof name !== 'string' || typeof handle !== 'string' || typeof isVerified !== 'boolean' || typeof addedAtMs !== 'number') return undefined
  return { name, handle, isVerified, addedAtMs, ...(typeof claimedHandle === 'string' ? { claimedHandle } : {}) }
}
