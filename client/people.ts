/**
 * Who somebody is: by handle, account id or invite link, asked of the relays.
 *
 * An id is a key and needs nobody to confirm it; a handle is what the relay that issues it says, and a handle in a link
 * is only a claim until that relay has confirmed it.
 */
import type { Clock } from '../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../protocol/errors.ts'
import { accountIdFromBytes, parseAccountId, type AccountId } from '../protocol/ids.ts'
import { isInvite, parseInvite } from '../protocol/invite.ts'
import { limits } from '../protocol/limits.ts'
import { clientMethods } from '../protocol/methods.ts'
import type { Contacts } from './contacts.ts'
import type { Emitter } from './events.ts'
import type { Keys } from './keys/keys.ts'
import type { AccountInfo, Contact, Person } from './model.ts'
import type { RelayConnection } from './relay/relay-connection.ts'
import type { Ledger } from './store/ledger.ts'
import type { Tables } from './store/tables.ts'

export interface WaitOptions { readonly signal?: AbortSignal }

export interface PeopleComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly contacts: Contacts
  readonly link: Pick<RelayConnection, 'isOnline' | 'status' | 'call'>
  readonly events: Pick<Emitter, 'on'>
  readonly clock: Clock
  readonly own: () => AccountInfo | undefined
  /** @throws ProtocolError NOT_REGISTERED */
  readonly keys: () => Keys
  /** Is a connection kept up at all? */
  readonly isStarted: () => boolean
}

export class People {
  readonly #on: PeopleComponents

  constructor (components: PeopleComponents) { this.#on = components }

  /**
   * @param who handle, AccountId or invite link
   * @throws ProtocolError as `Client.findPerson`
   */
  async find (who: string, options: WaitOptions): Promise<Person> {
    if (isInvite(who)) {
      const { account, handle } = parseInvite(who)
      const person = await this.#findAccount(account, options)
      return handle !== '' && await this.#isHandleOf(handle, account, options) ? { ...person, handle } : person
    }
    const text = who.trim().toLowerCase()
    const account = accountIdIn(text)
    return account !== undefined ? await this.#findAccount(account, options) : await this.#findHandle(text, options)
  }

  /** Keep somebody under a name. @throws ProtocolError as `find`, BAD_CONVERSATION for oneself */
  async add (who: string, { name, ...options }: WaitOptions & { readonly name?: string }): Promise<Contact> {
    const { account, handle, claimedHandle } = await this.#findOrTrust(who, options)
    if (account === this.#on.own()?.id) throw new ProtocolError('BAD_CONVERSATION', { what: 'that is you' })
    return await this.#on.contacts.add(account, { ...(name === undefined ? {} : { name }), ...(handle === undefined ? {} : { handle }), ...(claimedHandle === undefined ? {} : { claimedHandle }) })
  }

  /** Links that were taken while nobody could be asked. */
  async settleClaims (): Promise<void> {
    const { contacts } = this.#on
    for (const { account, handle } of await contacts.claims()) await contacts.settleClaim(account, handle, await this.#isHandleOf(handle, account, {}))
  }

  async #findAccount (account: AccountId, options: WaitOptions): Promise<Person> {
    const keys = this.#on.keys()
    await this.#online(options)
    await keys.refresh(account)
    return await this.#personOf(account)
  }

  async #findHandle (text: string, options: WaitOptions): Promise<Person> {
    const { own, ledger, link } = this.#on
    const keys = this.#on.keys()
    const handle = text.includes('@') ? text : `${text}@${own()!.home.name}`
    await this.#online(options)
    const found = await link.call(clientMethods.findHandle, { handle }, options)
    const account = accountIdFromBytes(found.account)
    await ledger.run(async (draft) => { await keys.take(draft, account, found) })
    return { ...await this.#personOf(account), handle }
  }

  /** What a link says of its account counts only if the relay that issued the handle says so, too. */
  async #isHandleOf (handle: string, account: AccountId, options: WaitOptions): Promise<boolean> {
    try {
      return accountIdFromBytes((await this.#on.link.call(clientMethods.findHandle, { handle }, options)).account) === account
    } catch (error) {
      if (isProtocolError(error) && error.action === 'reject') return false
      throw error
    }
  }

  async #personOf (account: AccountId): Promise<Person> {
    const home = await this.#on.ledger.read(this.#on.tables.homeRecords, account)
    return { account, ...(home === undefined ? {} : { relay: home.homes[0], region: home.region }) }
  }

  async #findOrTrust (who: string, options: WaitOptions): Promise<Person & { claimedHandle?: string }> {
    try {
      return await this.find(who, options)
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!isProtocolError(error) || error.action !== 'later') throw error
      if (isInvite(who)) {
        const { account, handle } = parseInvite(who)
        // Whoever made the link may have put anybody's handle there.
        return { account, ...(handle === '' ? {} : { claimedHandle: handle }) }
      }
      const account = accountIdIn(who.trim().toLowerCase())
      if (account === undefined) throw error
      return { account }
    }
  }

  /** Wait a little for a connection that is being made. @throws ProtocolError DISCONNECTED, or why the last try failed */
  async #online ({ signal }: WaitOptions): Promise<void> {
    const { link, events, clock, isStarted } = this.#on
    if (link.isOnline) return
    if (!isStarted()) throw new ProtocolError('DISCONNECTED')
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error): void => {
        timer.cancel()
        stopListening()
        signal?.removeEventListener('abort', onAbort)
        if (error === undefined) resolve()
        else reject(error)
      }
      const onAbort = (): void => { settle(signal!.reason as Error) }
      const timer = clock.after(limits.requestTimeoutMs, () => { settle(link.status.error ?? new ProtocolError('DISCONNECTED')) })
      const stopListening = events.on('connection', ({ state }) => { if (state === 'online') settle() })
      signal?.addEventListener('abort', onAbort, { once: true })
      if (signal?.aborted === true) onAbort()
    })
  }
}

function accountIdIn (text: string): AccountId | undefined {
  try {
    return parseAccountId(text)
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return undefined // not an id: a handle
  }
}
