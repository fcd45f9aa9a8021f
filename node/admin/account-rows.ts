/**
 * Accounts of a relay as its operator sees them: who, how many devices, how much is kept, when last seen. Never what was written.
 */
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { parseAccountId, parseRelayId, shortId, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { checkLocalPart } from '../people/handles.ts'
import { readLastSeen } from '../presence/last-seen.ts'
import type { Relay } from '../relay.ts'
import type { LevelStore } from '../store/store-level.ts'
import type { AccountRow, AccountsAnswer } from './answers.ts'
import type { BlockKind } from './blocklist.ts'

const sortedForMs = 60_000
/** Of an account in more conversations only these are measured. */
const maxMeasuredLogs = 2_000

export interface AccountRowsParts {
  relay: Pick<Relay, 'accounts' | 'handles' | 'blocks' | 'directory' | 'activity'>
  store: Pick<LevelStore, 'get' | 'logsOf' | 'approximateBytes'>
  relayName: string
}

/** In order, for some pages one after the other: 100,000 take a tenth of a second to sort, in which nobody is served. */
export class SortedAccounts {
  readonly #relay: AccountRowsParts['relay']
  readonly #nowMs: () => number
  #sorted: readonly AccountId[] = []
  #sortedAtMs = -Infinity

  constructor (relay: AccountRowsParts['relay'], nowMs: () => number) {
    this.#relay = relay
    this.#nowMs = nowMs
  }

  /** @param isAnew as it is now; else it may be a minute old */
  read ({ isAnew }: { isAnew: boolean }): readonly AccountId[] {
    const nowMs = this.#nowMs()
    if (isAnew || nowMs - this.#sortedAtMs > sortedForMs || nowMs < this.#sortedAtMs) {
      this.#sorted = everybody({ relay: this.#relay }).sort()
      this.#sortedAtMs = nowMs
    }
    return this.#sorted
  }
}

export async function listAccounts (parts: AccountRowsParts, sorted: SortedAccounts, { after, limit }: { after: string, limit: number }): Promise<AccountsAnswer> {
  const all = sorted.read({ isAnew: after === '' })
  const from = after === '' ? 0 : all.findIndex((account) => account > after)
  const page = from < 0 ? [] : all.slice(from, from + limit)
  const connected = parts.relay.activity()?.accounts
  const accounts: AccountRow[] = []
  for (const account of page) {
    const row = await rowOf(parts, account, connected?.get(account)?.devices ?? 0)
    if (row !== undefined) accounts.push(row)
  }
  return { total: all.length, accounts, ...(from >= 0 && from + limit < all.length ? { next: page.at(-1)! } : {}) }
}

export const everybody = ({ relay: { accounts } }: Pick<AccountRowsParts, 'relay'>): AccountId[] => [...accounts.locals(), ...accounts.awaited()]

export async function rowOf ({ relay, store, relayName }: AccountRowsParts, account: AccountId, connected: number): Promise<AccountRow | undefined> {
  const registration = await relay.accounts.find(account)
  if (registration === undefined) return undefined
  const logs = await store.logsOf(account)
  const seenAtMs = await readLastSeen(store, account)
  return {
    account,
    handle: registration.handle === '' ? '' : `${registration.handle}@${relayName}`,
    devices: registration.devices.length,
    connected,
    registeredAt: new Date(registration.registeredAtMs).toISOString(),
    ...(seenAtMs === 0 ? {} : { lastSeenAt: new Date(seenAtMs).toISOString() }),
    logs: logs.length,
    logBytes: await store.approximateBytes(logs.slice(0, maxMeasuredLogs)),
    isBlocked: relay.blocks.isBlocked('account', account),
    isMoved: registration.hasMoved,
    isAwaited: registration.isAwaited === true
  }
}

/**
 * Whom the operator means: an account's or a relay's id, a handle of this relay, a relay's name, or six characters as lists show them.
 * @throws ProtocolError UNKNOWN_ACCOUNT, UNKNOWN_RELAY, TOO_MANY: several end like this
 */
export async function findWhom (parts: AccountRowsParts, text: string): Promise<{ kind: BlockKind, id: AccountId | RelayId }> {
  const id = parsed(text)
  if (id !== undefined) return id
  const { handles, directory } = parts.relay
  const [local, at] = [text.split('@')[0]!, text.split('@')[1]]
  if (at === undefined || at.toLowerCase() === parts.relayName) {
    const owner = await ownerOf(handles, local)
    if (owner !== undefined) return { kind: 'account', id: owner }
  }
  const relay = directory.byName(text.toLowerCase())
  if (relay !== undefined) return { kind: 'relay', id: relay.relay }
  const blocked = parts.relay.blocks.list()
  const found = new Map<string, BlockKind>([
    ...everybody(parts).map((account): [string, BlockKind] => [account, 'account']),
    ...directory.relays().map(({ relay: other }): [string, BlockKind] => [other, 'relay']),
    ...blocked.map(({ kind, id: known }): [string, BlockKind] => [known, kind])
  ].filter(([known]) => shortId(known) === text))
  if (found.size > 1) throw new ProtocolError('TOO_MANY', { what: `${found.size} ids are shortened to ${text}; give the whole one` })
  for (const [known, kind] of found) return { kind, id: known as AccountId | RelayId }
  if (at !== undefined) throw new ProtocolError('UNKNOWN_HANDLE', { what: at.toLowerCase() === parts.relayName ? text.slice(0, 80) : `${text.slice(0, 80)}; of people at other relays give the account id` })
  throw new ProtocolError(text.startsWith('12D3') || text.includes('.') ? 'UNKNOWN_RELAY' : 'UNKNOWN_ACCOUNT', { what: text.slice(0, 80) })
}

function parsed (text: string): { kind: BlockKind, id: AccountId | RelayId } | undefined {
  try {
    if (text.startsWith('12D3KooW')) return { kind: 'relay', id: parseRelayId(text) }
    if (text.length === 56) return { kind: 'account', id: parseAccountId(text) }
  } catch (error) {
    if (!isProtocolError(error)) throw error // not an id after all
  }
  return undefined
}

async function ownerOf (handles: Relay['handles'], local: string): Promise<AccountId | undefined> {
  try {
    return await handles.ownerOf(checkLocalPart(local))
  } catch (error) {
    if (isProtocolError(error, 'BAD_HANDLE')) return undefined // no handle, but perhaps something else
    throw error
  }
}
