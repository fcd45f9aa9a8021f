/**
 * Broadcast lists: one message to many people, each in their own conversation; nobody learns who else got it. A list
 * is a fact of this account's own devices and of nobody else.
 */
import { toHex } from '../../protocol/bytes.ts'
import type { Random } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { parseAccountId, type AccountId } from '../../protocol/ids.ts'
import type { SyncFacts } from '../devices/sync.ts'
import type { BroadcastList } from '../model.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { isRecord, parseFact } from './flags.ts'

/** What a fact has room for; each is a message to seal. */
export const maxListed = 200
const maxNameChars = 128
const idBytes = 8

export interface ListComponents {
  readonly ledger: Ledger
  readonly facts: SyncFacts
  readonly random: Random
  readonly own: AccountId
}

export class BroadcastLists {
  readonly #on: ListComponents

  constructor (components: ListComponents) { this.#on = components }

  async all (): Promise<BroadcastList[]> {
    const lists = (await this.#on.facts.list('list/')).flatMap(({ key, value }) => listOf(key.slice('list/'.length), parseFact(value)) ?? [])
    return lists.sort((a, b) => a.name.localeCompare(b.name))
  }

  /** @throws ProtocolError MALFORMED when there is none */
  async get (id: string): Promise<BroadcastList> {
    const list = (await this.all()).find((one) => one.id === id)
    if (list === undefined) throw new ProtocolError('MALFORMED', { what: 'there is no such list' })
    return list
  }

  /**
   * @param list.id absent: a new one
   * @throws ProtocolError TOO_MANY, TOO_LARGE, MALFORMED
   */
  async put ({ id, name, accounts }: { readonly id?: string, readonly name: string, readonly accounts: readonly AccountId[] }): Promise<BroadcastList> {
    const people = [...new Set(accounts)].map((account) => parseAccountId(account))
    if (people.length > maxListed) throw new ProtocolError('TOO_MANY', { max: maxListed, what: 'people' })
    if (people.length === 0 || people.includes(this.#on.own) || name === '') throw new ProtocolError('MALFORMED', { what: 'a list needs a name and other people' })
    if (name.length > maxNameChars) throw new ProtocolError('TOO_LARGE', { max: maxNameChars, what: 'name' })
    const list = { id: id ?? toHex(this.#on.random.bytes(idBytes)), name, accounts: people }
    await this.#on.ledger.run(async (draft) => { await this.#write(draft, list.id, JSON.stringify({ name, accounts: people })) })
    return list
  }

  async remove (id: string): Promise<void> { await this.#on.ledger.run(async (draft) => { await this.#write(draft, id, '') }) }

  async #write (draft: Draft, id: string, value: string): Promise<void> { await this.#on.facts.put(draft, `list/${id}`, value) }
}

function listOf (id: string, value: unknown): BroadcastList | undefined {
  if (!isRecord(value) || typeof value.name !== 'string' || !Array.isArray(value.accounts)) return undefined
  return { id, name: value.name, accounts: value.accounts.filter((account) => typeof account === 'string') as AccountId[] }
}
