/**
 * People that the person has named, and whether their safety number was compared.
 */
import type { Clock } from '../protocol/clock.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { shortId, type AccountId } from '../protocol/ids.ts'
import type { Events } from './events.ts'
import type { Draft, Ledger } from './store/ledger.ts'
import type { Contact } from './model.ts'
import type { ContactRow, Tables } from './store/tables.ts'

export interface ContactComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly events: Events
  readonly clock: Clock
}

/** Characters of an AccountId that are worth looking for. */
const minPrefixChars = 6
const maxNameChars = 128

const contactOf = (account: AccountId, row: ContactRow): Contact => ({
  account,
  name: row.name,
  ...(row.handle === '' ? {} : { handle: row.handle }),
  isVerified: row.isVerified,
  addedAtMs: row.addedAtMs
})

/** What somebody is called who has no name: the handle, or the start of the id. */
export const fallbackName = (account: AccountId, handle: string): string => handle === '' ? shortId(account) : handle

export class Contacts {
  readonly #on: ContactComponents
  /** Runs in the batch that stores a change made here. */
  onChange: ((draft: Draft, account: AccountId, row: ContactRow) => Promise<void>) | undefined

  constructor (components: ContactComponents) { this.#on = components }

  async load (): Promise<void> { await this.#on.ledger.preload(this.#on.tables.contacts) }

  /** @throws ProtocolError TOO_LARGE */
  async add (account: AccountId, { name = '', handle = '', claimedHandle = '' }: { name?: string, handle?: string, claimedHandle?: string }): Promise<Contact> {
    if (name.length > maxNameChars) throw new ProtocolError('TOO_LARGE', { max: maxNameChars, what: 'name' })
    return await this.#change(account, (row) => ({
      ...row,
      name: name !== '' ? name : row.name !== '' ? row.name : fallbackName(account, handle),
      handle: handle !== '' ? handle : row.handle,
      ...(handle === '' && claimedHandle !== '' ? { claimedHandle } : {})
    }))
  }

  /** Handles that stand in links and were not confirmed yet. */
  async claims (): Promise<Array<{ account: AccountId, handle: string }>> {
    const rows = await this.#on.ledger.range(this.#on.tables.contacts, { from: '', to: '\x7f' })
    return rows.flatMap(({ key, value }) => value.claimedHandle === undefined ? [] : [{ account: key as AccountId, handle: value.claimedHandle }])
  }

  /** The relay that issues it has said whether the handle is this account's. */
  async settleClaim (account: AccountId, claimed: string, isTrue: boolean): Promise<void> {
    await this.#change(account, ({ claimedHandle, ...row }) => ({
      ...row,
      ...(claimedHandle !== undefined && claimedHandle !== claimed ? { claimedHandle } : {}),
      ...(isTrue ? { handle: claimed, name: row.name === fallbackName(account, '') ? claimed : row.name } : {})
    }))
  }

  async setVerified (account: AccountId, isVerified: boolean): Promise<Contact> {
    return await this.#change(account, (row) => ({ ...row, name: row.name !== '' ? row.name : fallbackName(account, row.handle), isVerified }))
  }

  async get (account: AccountId): Promise<Contact | undefined> {
    const row = await this.#on.ledger.read(this.#on.tables.contacts, account)
    return row === undefined ? undefined : contactOf(account, row)
  }

  /** By name. */
  async list (): Promise<Contact[]> {
    const rows = await this.#on.ledger.range(this.#on.tables.contacts, { from: '', to: '\x7f' })
    return rows.map(({ key, value }) => contactOf(key as AccountId, value)).sort((a, b) => a.name.localeCompare(b.name) || a.account.localeCompare(b.account))
  }

  /**
   * By name, handle, AccountId or the beginning of one, in this order.
   * @returns undefined when nobody or more than one fits
   */
  async find (who: string): Promise<Contact | undefined> {
    const all = await this.list()
    const text = who.trim()
    const lower = text.toLowerCase()
    const rules: Array<(contact: Contact) => boolean> = [
      ({ account }) => account === lower,
      ({ name }) => name === text,
      ({ handle }) => handle === lower,
      ({ name }) => name.toLowerCase() === lower,
      ({ handle }) => handle?.startsWith(`${lower}@`) === true,
      ({ account, name }) => lower.length >= minPrefixChars && (account.startsWith(lower) || shortId(account) === lower || name.toLowerCase().startsWith(lower))
    ]
    for (const rule of rules) {
      const found = all.filter(rule)
      if (found.length === 1) return found[0]
      if (found.length > 1) return undefined
    }
    return undefined
  }

  async #change (account: AccountId, change: (row: ContactRow) => ContactRow): Promise<Contact> {
    const { ledger, tables, clock } = this.#on
    return await ledger.run(async (draft: Draft) => {
      const row = change(await draft.read(tables.contacts, account) ?? { name: '', handle: '', isVerified: false, addedAtMs: clock.nowMs() })
      await this.onChange?.(draft, account, row)
      return this.put(draft, account, row)
    })
  }

  /** As another device of this account has it. */
  put (draft: Draft, account: AccountId, row: ContactRow): Contact {
    const { tables, events } = this.#on
    draft.write(tables.contacts, account, row)
    const contact = contactOf(account, row)
    draft.after(() => { events.emit('contact', contact) })
    return contact
  }
}
