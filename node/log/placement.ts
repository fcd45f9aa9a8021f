/**
 * Which part this relay has in a conversation: read off the members' home records, never stored. Who the members are says
 * the conversation's id, or a group's state, which is in memory with its log (groups/).
 */
import { mayBelong, type Conversation, type ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { logEpochOf } from '../../protocol/groups/anchor.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import type { SignedHomeRecord } from '../../protocol/records/home-record.ts'
import type { Group } from '../groups/group.ts'
import type { Span } from '../groups/group-rows.ts'
import type { AnchorsKnown, Homes, LocalAccounts } from '../ports.ts'

const nobody: readonly AccountId[] = []
const noAnchors: AnchorsKnown = { cached: () => undefined }
const everything: Span = { first: 1, last: Infinity }

export class Placement {
  readonly #accounts: LocalAccounts
  readonly #homes: Homes
  readonly #groups: ReadonlyMap<ConversationId, Group>
  readonly #anchors: AnchorsKnown

  constructor (components: { accounts: LocalAccounts, homes: Homes }, groups: ReadonlyMap<ConversationId, Group> = new Map(), anchors: AnchorsKnown = noAnchors) {
    this.#anchors = anchors
    this.#groups = groups
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

  /** Known here from a backup, and expected back. */
  isAwaited (account: AccountId): boolean { return this.#accounts.isAwaited?.(account) === true }

  /** This relay gives the numbers: it is the anchor's primary home. */
  isSequencer (conversation: Conversation): boolean { return this.isHome(this.anchorOf(conversation)) }

  /** Whose primary home sequences it: as the id says, or the newest record of a group that was re-anchored. */
  anchorOf (conversation: Conversation): AccountId { return (conversation.kind === 'group' ? this.#anchors.cached(conversation.id)?.anchor : undefined) ?? conversation.anchor }

  /** Does another home give the numbers than its id says, or did one? */
  isReanchored ({ kind, id }: Conversation): boolean { return kind === 'group' && this.#anchors.cached(id) !== undefined }

  /** Everybody whose home record says who sequences this: for who is told before what follows. */
  anchorsOf (conversation: Conversation): readonly AccountId[] {
    const anchor = this.anchorOf(conversation)
    return anchor === conversation.anchor ? [anchor] : [conversation.anchor, anchor]
  }

  /** [REFRESH] this relay does not give the numbers: who does, if that is known. */
  notSequencer (conversation: Conversation): ProtocolError {
    const record = conversation.kind === 'group' ? this.#anchors.cached(conversation.id) : undefined
    return record === undefined ? this.notHere(conversation.anchor) : new ProtocolError('REANCHORED', { record: record.bytes })
  }

  /** Epoch under which this relay sequences now. */
  epochOf ({ anchor, kind = 'self', id }: Pick<Conversation, 'anchor'> & Partial<Pick<Conversation, 'kind' | 'id'>>): number {
    const record = kind === 'group' && id !== undefined ? this.#anchors.cached(id) : undefined
    return logEpochOf({ kind }, record, this.#homes.cached(record?.anchor ?? anchor)?.epoch)
  }

  /** A group's state; undefined while its log is not in memory. */
  groupOf (conversation: Conversation): Group | undefined { return conversation.kind === 'group' ? this.#groups.get(conversation.id) : undefined }

  /** Everybody in it: as its id says, or a group's state in memory; none when that is not known here. Of a group always the same array, changed in place. */
  members (conversation: Conversation): readonly AccountId[] {
    return conversation.kind === 'group' ? this.#groups.get(conversation.id)?.members ?? nobody : conversation.members
  }

  isMember (conversation: Conversation, account: AccountId): boolean {
    return conversation.kind === 'group' ? this.#groups.get(conversation.id)?.state.members.has(account) === true : mayBelong(conversation, account)
  }

  /** Members that live here. */
  localMembers (conversation: Conversation): readonly AccountId[] {
    return conversation.kind === 'group' ? this.#groups.get(conversation.id)?.locals ?? nobody : conversation.members.filter((member) => this.isHome(member))
  }

  /** Entries that the account may have; undefined: none. Of a group whose log is in memory. */
  spanOf (conversation: Conversation, account: AccountId): Span | undefined {
    if (conversation.kind === 'group') return this.#groups.get(conversation.id)?.spanOf(account)
    return mayBelong(conversation, account) ? everything : undefined
  }

  /** Other relays that are home to a member, and so keep a replica; of homes that are known. Of a group the same array until it changes. */
  relaysOf (conversation: Conversation): readonly RelayId[] {
    if (conversation.kind === 'group') return this.#groups.get(conversation.id)?.relays ?? []
    const relay = this.#remoteRelay(conversation.members)
    return relay === undefined || relay === this.self ? [] : [relay]
  }

  /** Members of whom it is not known where they live. */
  unresolvedMembers (conversation: Conversation): readonly AccountId[] {
    const members = conversation.kind === 'group' ? [...this.#groups.get(conversation.id)?.unplaced ?? []] : conversation.members
    return members.filter((member) => !this.isHome(member) && this.primaryOf(member) === undefined)
  }

  /** Lowest number that somebody needs of whom it is not known where, or who is not registered there yet; Infinity: nobody. */
  neededFrom (conversation: Conversation): number {
    if (conversation.kind === 'group') return this.#groups.get(conversation.id)?.neededFrom ?? 1
    return conversation.members.some((member) => !this.isHome(member) && (this.primaryOf(member) ?? this.self) === this.self) ? 1 : Infinity
  }

  /** Lowest number that members at `relay` begin with. */
  firstAt (conversation: Conversation, relay: RelayId): number { return this.groupOf(conversation)?.firstAt(relay) ?? 1 }

  /** Members whose home is `relay`. */
  membersAt (conversation: Conversation, relay: RelayId): Iterable<AccountId> {
    if (conversation.kind === 'group') return this.#groups.get(conversation.id)?.membersAt(relay) ?? nobody
    return conversation.members.filter((member) => !this.isHome(member) && this.primaryOf(member) === relay)
  }

  /** May this relay have the log: is it home to a member, or to the anchor? */
  mayKeep (conversation: Conversation, relay: RelayId): boolean {
    if (conversation.kind !== 'group') return conversation.members.some((member) => this.isHomeOf(member, relay) === true)
    const group = this.#groups.get(conversation.id)
    if (group === undefined || !group.isKnown) return false
    return group.isHomeOfMember(relay) || this.isHomeOf(this.anchorOf(conversation), relay) === true || group.members.some((member) => this.isHomeOf(member, relay) === true)
  }

  /** Highest number that this relay may have; Infinity: nothing ends it. Of a relay that `mayKeep`. */
  lastFor (conversation: Conversation, relay: RelayId): number {
    const ended = this.groupOf(conversation)?.retiring.get(relay)
    return ended === undefined || this.isHomeOf(this.anchorOf(conversation), relay) === true ? Infinity : ended
  }

  #remoteRelay (members: readonly AccountId[]): RelayId | undefined {
    const remote = members.find((member) => !this.isHome(member))
    return remote === undefined ? undefined : this.primaryOf(remote)
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
