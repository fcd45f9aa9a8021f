/**
 * Handles: `alice@eu-1.example.org`, a name at the relay that issued it. For finding people, never for trusting them.
 *
 * Owns: what a handle looks like, who has which. One handle per account; the first to ask gets it.
 * Does not know: the network. Who may ask: registration.ts. Spec: docs/protocol/handles.md. Table: `handle`.
 */
import { ProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, accountIdToBytes, type AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { Store, Write } from '../store/store.ts'

const localPattern = /^[a-z][a-z0-9._-]*$/
const relayNamePattern = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/

/** Names that people would take for the operator or the software itself. */
const reserved = new Set(['abuse', 'admin', 'administrator', 'help', 'heliograph', 'info', 'moderator', 'operator', 'postmaster', 'relay', 'root', 'security', 'staff', 'support', 'system', 'webmaster'])

export interface Handle {
  /** The part before the @, lower case. */
  readonly local: string
  /** The issuing relay's name, lower case. */
  readonly relayName: string
}

/**
 * @param local as a person typed it
 * @returns the same in lower case
 * @throws ProtocolError BAD_HANDLE
 */
export function checkLocalPart (local: string): string {
  const lower = local.toLowerCase()
  if (lower.length < limits.handleMinChars || lower.length > limits.handleMaxChars || !localPattern.test(lower)) throw new ProtocolError('BAD_HANDLE')
  return lower
}

/** @throws ProtocolError BAD_HANDLE */
export function parseHandle (text: string): Handle {
  // [REJECT] longer than any handle: not worth splitting
  if (text.length > limits.handleMaxChars + 1 + limits.relayNameBytes) throw new ProtocolError('BAD_HANDLE')
  const at = text.lastIndexOf('@')
  const relayName = text.slice(at + 1).toLowerCase()
  if (at < 1 || !relayNamePattern.test(relayName)) throw new ProtocolError('BAD_HANDLE', { what: 'name@relay expected' })
  return { local: checkLocalPart(text.slice(0, at)), relayName }
}

export class Handles {
  readonly #store: Pick<Store, 'get'>

  constructor ({ store }: { store: Pick<Store, 'get'> }) { this.#store = store }

  /** @param local checked */
  async ownerOf (local: string): Promise<AccountId | undefined> {
    const bytes = await this.#store.get('handle', local)
    return bytes === undefined ? undefined : accountIdFromBytes(bytes)
  }

  /** @param local checked */
  async isFree (local: string): Promise<boolean> { return !reserved.has(local) && await this.ownerOf(local) === undefined }

  /**
   * Writes that give `wanted` to the account and take `current` from it. Called under the serial of `wanted`.
   *
   * @param current the account's present handle, '' for none
   * @throws ProtocolError HANDLE_TAKEN
   */
  async claim (account: AccountId, { wanted, current }: { wanted: string, current: string }): Promise<Write[]> {
    const owner = await this.ownerOf(wanted)
    if (owner !== undefined && owner !== account) throw new ProtocolError('HANDLE_TAKEN')
    if (owner === undefined && reserved.has(wanted)) throw new ProtocolError('HANDLE_TAKEN', { what: 'reserved' })
    const writes: Write[] = []
    if (current !== '' && current !== wanted) writes.push({ op: 'delete', table: 'handle', key: current })
    if (owner === undefined) writes.push({ op: 'put', table: 'handle', key: wanted, value: accountIdToBytes(account) })
    return writes
  }
}
