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

  /** Everybody in it: as its id says, or a group's state in memory; none when that is not known here. */
  members (conversation: Conversation): readonly AccountId[] { return conversation.kind === 'group' ? [] : conversation.members }

  isMember (conversation: Conversation, account: AccountId): boolean { return this.members(conversation).includes(account) }

  localMembers (conversation: Conversation): readonly AccountId[] { return this.members(conversation).filter((member) => this.isHome(member)) }

  /** Other relays that are home to a member, and so keep a replica; of homes that are known. */
  relaysOf (conversation: Conversation): readonly RelayId[] {
    const relays: RelayId[] = []
    for (const member of this.members(conversation)) {
      const relay = this.isHome(member) ? undefined : this.primaryOf(member)
      if (relay !== undefined && relay !== this.self && !relays.includes(relay)) relays.push(relay)
    }
    return relays
  }

  /** Members at other relays whose home record is not known here. */
  unresolvedMembers (conversation: Conversation): readonly AccountId[] {
    return this.members(conversation).filter((member) => !this.isHome(member) && this.primaryOf(member) === undefined)
  }

  /** Lowest number that somebody needs of whom it is not known where, or who is not registered there yet; Infinity: nobody. */
  neededFrom (conversation: Conversation): number {
    return this.members(conversation).some((member) => !this.isHome(member) && (this.primaryOf(member) ?? this.self) === this.self) ? 1 : Infinity
  }

  /** Members whose home is `relay`. */
  membersAt (conversation: Conversation, relay: RelayId): readonly AccountId[] {
    return this.members(conversation).filter((member) => !this.isHome(member) && this.primaryOf(member) === relay)
  }

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
