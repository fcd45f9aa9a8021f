/**
 * One group in memory: its state as of the log's newest entry, on disk or not, and what follows from it for this relay:
 * which members live here, which relays keep a replica for the others.
 *
 * Owns: keeping what is derived in step with each change, at a cost that depends on the change alone.
 * Does not know: the store, the log. Comes and goes with the log that it belongs to; dropped with it when a commit fails.
 */
import type { GroupConversation } from '../../protocol/conversation.ts'
import { applyChange, isCreated, type GroupChange, type GroupState, type Place } from '../../protocol/groups/membership.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import type { GroupRows, Span } from './group-rows.ts'

/** Where people live, from memory. */
export interface Homing {
  readonly self: RelayId
  isHome (account: AccountId): boolean
  primaryOf (account: AccountId): RelayId | undefined
}

/** What a change came to at this relay. */
export interface GroupEffect {
  /** Members that live here, with the number that they begin at. */
  readonly joined: AccountId[]
  /** No members any more, lived here. */
  readonly left: AccountId[]
  /** Relays that keep a replica from this entry on. */
  readonly relaysAdded: RelayId[]
  /** Relays that are home to nobody in it any more. */
  readonly relaysGone: RelayId[]
  /** Members of whom it is not known where they live. */
  readonly unplaced: AccountId[]
}

const noEffect = (): GroupEffect => ({ joined: [], left: [], relaysAdded: [], relaysGone: [], unplaced: [] })

export class Group {
  state: GroupState
  /** Lived here and were removed: they may have what came while they were members, and the entry that ended it. */
  readonly leaving: Map<AccountId, Span>
  /** Other relays that still need the entry that ended their part. */
  readonly retiring: Map<RelayId, number>
  /** Rows of the state were lost on the disk: it counts as unknown. */
  isDamaged: boolean
  readonly #homing: Homing
  readonly #locals: AccountId[] = []
  readonly #relays = new Map<RelayId, Set<AccountId>>()
  /** Neither here nor at a relay that is known. */
  readonly #unplaced = new Set<AccountId>()
  readonly #members: AccountId[]
  #relayList: RelayId[] | undefined

  constructor (rows: GroupRows, homing: Homing) {
    this.state = rows.state
    this.leaving = rows.leaving
    this.retiring = rows.retiring
    this.isDamaged = rows.isDamaged
    this.#homing = homing
    this.#members = [...this.state.members.keys()]
    for (const account of this.#members) this.#place(account, noEffect())
  }

  get conversation (): GroupConversation { return this.state.conversation }
  /** Its `create` is in the state. */
  get isKnown (): boolean { return !this.isDamaged && isCreated(this.state) }

  /** Always the same array, changed in place: asked for its length with every entry. */
  get members (): readonly AccountId[] { return this.#members }
  /** As `members`: those that live here. */
  get locals (): readonly AccountId[] { return this.#locals }
  /** Other relays that are home to a member; the same array until they change. */
  get relays (): readonly RelayId[] { return this.#relayList ??= [...this.#relays.keys()] }
  get unplaced (): ReadonlySet<AccountId> { return this.#unplaced }

  membersAt (relay: RelayId): ReadonlySet<AccountId> { return this.#relays.get(relay) ?? none }
  /** This relay, as a home of members: may it have the log? */
  isHomeOfMember (relay: RelayId): boolean { return this.#relays.has(relay) || this.retiring.has(relay) }

  /** What the account may see of the log; undefined: nothing. */
  spanOf (account: AccountId): Span | undefined {
    const member = this.state.members.get(account)
    return member === undefined ? this.leaving.get(account) : { first: member.sinceSeq, last: Infinity }
  }

  /** Lowest number that the members at `relay` begin with. */
  firstAt (relay: RelayId): number {
    let first = this.state.seq
    for (const account of this.membersAt(relay)) first = Math.min(first, this.state.members.get(account)?.sinceSeq ?? first)
    return first
  }

  /** Lowest number that a member begins with of whom it is not known where to; Infinity: none. */
  get neededFrom (): number {
    let first = Infinity
    for (const account of this.#unplaced) first = Math.min(first, this.state.members.get(account)?.sinceSeq ?? 1)
    return first
  }

  /** `change` is what checkControl gave for this state; its entry stands at `place`. */
  apply (change: GroupChange, place: Place): GroupEffect {
    const effect = noEffect()
    const came = change.set.filter(({ sinceSeq }) => sinceSeq === undefined)
    for (const account of change.removed) this.#remove(account, place, effect)
    applyChange(this.state, change, place)
    for (const { account } of came) {
      this.leaving.delete(account)
      this.#members.push(account)
      this.#place(account, effect)
    }
    return effect
  }

  /** Another state, from a relay that has it. */
  replace (state: GroupState): GroupEffect {
    const effect = noEffect()
    this.state = state
    this.isDamaged = false
    this.#locals.length = 0
    this.#relays.clear()
    this.#unplaced.clear()
    this.#relayList = undefined
    this.#members.splice(0, Infinity, ...state.members.keys())
    for (const account of this.#members) {
      this.leaving.delete(account)
      this.#place(account, effect)
    }
    return effect
  }

  /** It is known by now where this member lives. @returns whether that is news */
  placeAgain (account: AccountId): boolean {
    if (!this.#unplaced.delete(account)) return false
    this.#place(account, noEffect())
    return !this.#unplaced.has(account)
  }

  #place (account: AccountId, effect: GroupEffect): void {
    if (this.#homing.isHome(account)) {
      this.#locals.push(account)
      effect.joined.push(account)
      return
    }
    const relay = this.#homing.primaryOf(account)
    if (relay === undefined || relay === this.#homing.self) {
      this.#unplaced.add(account)
      effect.unplaced.push(account)
      return
    }
    const there = this.#relays.get(relay)
    if (there !== undefined) { there.add(account); return }
    this.#relays.set(relay, new Set([account]))
    this.#relayList = undefined
    this.retiring.delete(relay)
    effect.relaysAdded.push(relay)
  }

  #remove (account: AccountId, place: Place, effect: GroupEffect): void {
    this.#members.splice(this.#members.indexOf(account), 1)
    const index = this.#locals.indexOf(account)
    if (index >= 0) {
      this.#locals.splice(index, 1)
      this.leaving.set(account, { first: this.state.members.get(account)?.sinceSeq ?? place.seq, last: place.seq })
      effect.left.push(account)
      return
    }
    if (this.#unplaced.delete(account)) return
    for (const [relay, there] of this.#relays) {
      if (!there.delete(account)) continue
      if (there.size === 0) {
        this.#relays.delete(relay)
        this.#relayList = undefined
        this.retiring.set(relay, place.seq)
        effect.relaysGone.push(relay)
      }
      return
    }
  }
}

const none: ReadonlySet<AccountId> = new Set()
