/**
 * Which part this relay has in a conversation: read off the members' home records, never stored.
 */
import type { Conversation } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import type { SignedHomeRecord } from '../../protocol/records/home-record.ts'
import type { Homes, LocalAccounts } from '../ports.ts'

export class Placement {
  readonly #accounts: LocalAccounts
  readonly #homes: Homes

  constructor (components: { accounts: LocalAccounts, homes: Homes }) {
    this.#accounts = components.accounts
    this.#homes = components.homes
  }

  get self (): RelayId { return this.#homes.self }

  /** This relay is home to the account now: registered here, and no newer record names another. */
  isHome (account: AccountId): boolean {
    if (!this.#accounts.isLocal(account)) return false
    const record = this.#homes.cached(account)
    return record === undefined || record.homes[0] === this.#homes.self
  }

  /** This relay gives the numbers: it is the anchor's primary home. */
  isSequencer (conversation: Conversation): boolean { return this.isHome(conversation.anchor) }

  /** Epoch under which this relay sequences now. */
  epochOf (conversation: Conversation): number { return this.#homes.cached(conversation.anchor)?.epoch ?? 1 }

  localMembers (conversation: Conversation): AccountId[] { return conversation.members.filter((member) => this.isHome(member)) }

  /** The member whose home is another relay; undefined when both are at home here. */
  remoteMember (conversation: Conversation): AccountId | undefined { return conversation.members.find((member) => !this.isHome(member)) }

  /** Devices that a log must reach before it may be trimmed. */
  devicesOf (account: AccountId): readonly ReturnType<LocalAccounts['devicesOf']>[number][] { return this.#accounts.devicesOf(account) }

  /** Does the current home record name this relay as a home of the account? undefined: no record in memory. */
  isHomeOf (account: AccountId, relay: RelayId): boolean | undefined {
    const record = this.#homes.cached(account)
    return record === undefined ? undefined : record.homes.includes(relay)
  }

  primaryOf (account: AccountId): RelayId | undefined { return this.#homes.cached(account)?.homes[0] }

  /**
   * Why this relay does not serve the account: MOVED with the record that says where it went, or that nobody knows it here.
   */
  notHere (account: AccountId): ProtocolError {
    const record: SignedHomeRecord | undefined = this.#homes.cached(account)
    if (record !== undefined && record.homes[0] !== this.#homes.self) return new ProtocolError('MOVED', { record: record.bytes })
    return new ProtocolError('UNKNOWN_ACCOUNT')
  }
}
