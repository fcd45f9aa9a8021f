/**
 * Who is in which group, as this device has it from the groups' logs: control entries are checked again and applied in
 * log order, a newcomer begins with a snapshot. Rules: protocol/groups/membership.ts, docs/protocol/groups.md
 *
 * Owns: the state of each group, the membership hash after each change, which snapshot is believed. Does not know what
 * follows from a change: `onChanged`.
 */
import { sameBytes } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { GroupConversation } from '../../protocol/conversation.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { Control } from '../../protocol/groups/control.ts'
import { isAnchoredEpoch } from '../../protocol/groups/anchor.ts'
import { applyChange, checkControl, emptyGroup, membershipHash, nextHead, type GroupChange, type GroupState, type Place } from '../../protocol/groups/membership.ts'
import { stateFromWire } from '../../protocol/groups/snapshot.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { clientMethods } from '../../protocol/methods.ts'
import type { ChatId } from '../chat-id.ts'
import { warningPlace, type Events } from '../events.ts'
import type { Devices } from '../keys/devices.ts'
import type { GroupMark } from '../messages/content.ts'
import type { RelayLink } from '../relay/link.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { positionKey } from '../store/tables.ts'
import { spansOf, withSpan, type GroupInfoRow, type GroupTables } from './group-tables.ts'

/** What has happened to a group, with its state before and after. */
export interface GroupStep {
  readonly chat: ChatId
  /** undefined: this device has just come to know the group */
  readonly before: GroupState | undefined
  readonly after: GroupState
  /** undefined: the state was taken from a snapshot that stands behind this entry */
  readonly change: GroupChange | undefined
  readonly place: Place
  /** This device has made the change. */
  readonly isOwnDevice: boolean
}

export interface StateComponents {
  readonly ledger: Ledger
  readonly groupTables: GroupTables
  readonly devices: Devices
  readonly link: RelayLink
  readonly events: Events
  readonly clock: Clock
  readonly primitives: Primitives
  readonly own: { readonly account: AccountId }
  /** Runs in the batch that moves the log on. */
  readonly onChanged: (draft: Draft, step: GroupStep) => Promise<void>
}

export const noInfo: GroupInfoRow = { forkedInEpoch: 0, profileKeys: {}, name: '', description: '', icon: '', isProfileKeyStale: false }

const isAfter = (a: Place, b: Place): boolean => a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq)

const bringsIn = ({ act, actor }: Control, account: AccountId): boolean => (act.act === 'add' && act.accounts.includes(account)) || (act.act === 'join' && actor === account)

const copyOf = (state: GroupState): GroupState => ({ ...state, members: new Map(state.members), links: new Map(state.links) })

export class GroupStates {
  readonly #on: StateComponents
  /** The relay shows no state of these: they are taken as they come, without effect. */
  readonly #hopeless = new Set<ChatId>()

  constructor (components: StateComponents) { this.#on = components }

  async load (): Promise<void> {
    const { ledger, groupTables: { states, infos } } = this.#on
    await ledger.preload(states)
    await ledger.preload(infos)
  }

  /** undefined: not known (yet). Never modified. */
  async stateOf (draft: Draft, chat: ChatId): Promise<GroupState | undefined> { return await draft.read(this.#on.groupTables.states, chat) }

  /** At which places somebody was in it, as far as is remembered. */
  async whenIn (draft: Draft, chat: ChatId, account: AccountId): Promise<(seq: number) => boolean> {
    const member = (await this.stateOf(draft, chat))?.members.get(account)
    const former = spansOf(await draft.read(this.#on.groupTables.former, `${chat}/${account}`))
    return (seq) => (member !== undefined && seq >= member.sinceSeq) || former.some(({ sinceSeq, untilSeq }) => seq >= sinceSeq && seq < untilSeq)
  }

  async infoOf (draft: Draft, chat: ChatId): Promise<GroupInfoRow> { return await draft.read(this.#on.groupTables.infos, chat) ?? noInfo }

  /** As stored last. */
  current (chat: ChatId): GroupState | undefined { return this.#on.groupTables.states.cached(chat) }

  /** All groups that this device knows of, also such that it is not in any more. */
  all (): IterableIterator<[string, GroupState]> { return this.#on.groupTables.states.cachedEntries() }

  /** The log of this group may begin anywhere: where this account comes in. */
  mayStart (chat: ChatId, draft?: Draft): boolean {
    const state = draft === undefined ? this.current(chat) : draft.peek(this.#on.groupTables.states, chat)
    return state === undefined || !state.members.has(this.#on.own.account)
  }

  giveUp (chat: ChatId): void { this.#hopeless.add(chat) }

  /**
   * Be ready for an entry of a group that this account has just come into.
   *
   * @param control the entry itself, when it is one
   * @returns known: there is a state · entered: there is one from now on · unknown: `fetch` first · hopeless: there will be none · a number: the log of this
   *   account begins there, before this entry
   */
  async begin (draft: Draft, { chat, place, control }: { chat: ChatId, place: Place, control?: { readonly read: Control, readonly bytes: Uint8Array } }): Promise<'known' | 'entered' | 'unknown' | 'hopeless' | number> {
    const { groupTables, primitives, own } = this.#on
    const before = await this.stateOf(draft, chat)
    // Nobody brings in who is in: this account has been out meanwhile, and was not told.
    const isBack = before !== undefined && control !== undefined && bringsIn(control.read, own.account) && isAfter(place, before) && !sameBytes(control.read.previous, before.head)
    // SPEC(groups §13) a newer epoch numbers from there on: changes that stood at that number or later are void, and this state with them.
    const isVoid = before !== undefined && place.epoch > before.epoch && place.seq <= before.seq
    if (before?.members.has(own.account) === true && !isBack && !isVoid) return 'known'
    if (isVoid) return await this.#goBack(draft, chat, before, place)
    const state = await draft.read(groupTables.offered, chat)
    const isTooOld = state !== undefined && control !== undefined && isAfter(place, state)
    // [REJECT] not what follows from the entry that it is said to be of. Who joins does not know the head: then only members' messages tell.
    const isOther = state !== undefined && control !== undefined && state.seq === place.seq && control.read.act.act !== 'join' &&
      !sameBytes(nextHead(primitives, control.read.previous, control.bytes), state.head)
    if (state === undefined || isTooOld || isOther) {
      if (state !== undefined) draft.erase(groupTables.offered, chat)
      if (!this.#hopeless.delete(chat)) return 'unknown'
      if (isBack && before.members.has(own.account)) await this.#beOut(draft, chat, before, place)
      return 'hopeless'
    }
    draft.erase(groupTables.offered, chat)
    this.#store(draft, chat, state)
    await this.#on.onChanged(draft, { chat, before, after: state, change: undefined, place, isOwnDevice: false })
    const since = state.members.get(own.account)?.sinceSeq
    return since !== undefined && since < place.seq ? since : 'entered'
  }

  /**
   * This account was out, came in at `place`, and is shown no state there: it is out again.
   * Who else is in it is not known any more.
   */
  async #beOut (draft: Draft, chat: ChatId, before: GroupState, place: Place): Promise<void> {
    const { groupTables, own } = this.#on
    const after = copyOf(before)
    after.members.delete(own.account)
    draft.write(groupTables.states, chat, after)
    await this.#on.onChanged(draft, { chat, before, after, change: undefined, place, isOwnDevice: false })
    // Up to where it was in is not told; the relay delivers no more than that.
    const key = `${chat}/${own.account}`
    draft.write(groupTables.former, key, withSpan(await draft.read(groupTables.former, key), { sinceSeq: place.seq, untilSeq: Number.MAX_SAFE_INTEGER }))
  }

  /**
   * Where this account came in; undefined: it is not in the group, as far as this device knows. What stands before was not
   * meant for it, unless it was in once before.
   */
  async sinceOf (draft: Draft, chat: ChatId): Promise<number | undefined> { return (await this.stateOf(draft, chat))?.members.get(this.#on.own.account)?.sinceSeq }

  /** Did this account have a part in the group at that place of its log? true when that is not known. */
  async isFor (draft: Draft, chat: ChatId, { seq }: Place): Promise<boolean> {
    const { groupTables, own } = this.#on
    if (await this.stateOf(draft, chat) === undefined) return true
    const since = await this.sinceOf(draft, chat)
    if (since !== undefined && seq >= since) return true
    return spansOf(await draft.read(groupTables.former, `${chat}/${own.account}`)).some(({ sinceSeq, untilSeq }) => seq >= sinceSeq && seq <= untilSeq)
  }

  /** A state that does not have what is void: as the relay has it, if that is what this device had at its place. */
  async #goBack (draft: Draft, chat: ChatId, before: GroupState, place: Place): Promise<'entered' | 'unknown' | 'hopeless'> {
    const { groupTables, primitives, events } = this.#on
    const state = await draft.read(groupTables.offered, chat)
    // The very state that is void, or one that the relay has made up since.
    const isOfNewEpoch = state !== undefined && state.epoch >= place.epoch
    if (state === undefined || (!isOfNewEpoch && state.seq >= place.seq)) {
      if (state !== undefined) draft.erase(groupTables.offered, chat)
      return this.#hopeless.delete(chat) ? 'hopeless' : 'unknown'
    }
    draft.erase(groupTables.offered, chat)
    const known = await draft.read(groupTables.hashes, `${chat}/${positionKey(state.epoch, state.seq)}`)
    if (known !== undefined && !sameBytes(known, membershipHash(primitives, state))) await this.#warnFork(draft, chat, place.epoch)
    this.#store(draft, chat, state)
    await this.#on.onChanged(draft, { chat, before, after: state, change: undefined, place, isOwnDevice: false })
    draft.after(() => { events.emit('warning', { ...warningPlace(chat), kind: 'refused', text: 'Another relay gives this group\'s numbers now, and changes of the group that it had not heard of have no effect: see who is in it, and make them again.' }) })
    return 'entered'
  }

  /**
   * A control entry of the log, of a group whose state is known or that begins with it. What is void has no effect.
   * @returns why it was void
   */
  async take (draft: Draft, { chat, conversation, place, control, bytes, isOwnDevice }: { chat: ChatId, conversation: GroupConversation, place: Place, control: Control, bytes: Uint8Array, isOwnDevice: boolean }): Promise<ProtocolError | undefined> {
    const { primitives } = this.#on
    await this.#pinActor(draft, control)
    const before = await this.stateOf(draft, chat)
    // In the snapshot that this device began with.
    if (before !== undefined && !isAfter(place, before)) return undefined
    const state = copyOf(before ?? emptyGroup(conversation))
    let change: GroupChange
    try {
      change = checkControl(primitives, state, control, bytes)
    } catch (error) {
      if (!isProtocolError(error)) throw error
      // Who is out has not seen what came since, and the relay shows no state to them: that says nothing of the entry.
      if (before === undefined || before.members.has(this.#on.own.account)) this.warnVoid(draft, chat, error)
      // Something before it has escaped this device: after a restored store, for example.
      if (error.code === 'STALE_MEMBERSHIP' && before !== undefined) this.lookAgain(draft, chat)
      return error
    }
    applyChange(state, change, place)
    this.#store(draft, chat, state)
    await this.#on.onChanged(draft, { chat, before, after: state, change, place, isOwnDevice })
    return undefined
  }

  /** A snapshot that somebody gives: believed when this device has nothing better, as far as members' messages agree. */
  async offer (draft: Draft, chat: ChatId, state: GroupState): Promise<void> {
    const { groupTables, primitives } = this.#on
    const known = await draft.read(groupTables.hashes, `${chat}/${positionKey(state.epoch, state.seq)}`)
    if (known !== undefined) {
      if (!sameBytes(known, membershipHash(primitives, state))) await this.#warnFork(draft, chat, state.epoch)
      return
    }
    if (this.mayStart(chat, draft)) draft.write(groupTables.offered, chat, state)
  }

  /** Ask the relay for the state of a group. @throws ProtocolError UNKNOWN_GROUP, NOT_A_MEMBER, DISCONNECTED, … */
  async fetch (chat: ChatId, conversation: GroupConversation): Promise<void> {
    const state = await this.#ask(conversation)
    await this.#on.ledger.run((draft) => { draft.write(this.#on.groupTables.offered, chat, state) })
  }

  /** SPEC(groups §3) a sender who was shown another membership than this device. */
  async checkMark (draft: Draft, chat: ChatId, place: Place, mark: GroupMark, sealedIn: number | undefined): Promise<void> {
    const epoch = sealedIn ?? place.epoch
    const known = await draft.read(this.#on.groupTables.hashes, `${chat}/${positionKey(epoch, mark.seq)}`)
    // A message cannot stand before what its sender had applied of the same log. Sealed in an older epoch, it may have got a new number.
    const isSameEpoch = sealedIn === undefined ? !isAnchoredEpoch(place.epoch) : sealedIn === place.epoch
    if ((isSameEpoch && mark.seq >= place.seq) || (known !== undefined && !sameBytes(known, mark.hash))) await this.#warnFork(draft, chat, place.epoch)
  }

  async #ask (conversation: GroupConversation): Promise<GroupState> {
    const state = stateFromWire(await this.#on.link.call(clientMethods.groupState, { conversation: conversation.bytes }))
    // [REJECT] an answer about something else
    if (state.conversation.id !== conversation.id) throw new ProtocolError('BAD_CONVERSATION')
    return state
  }

  /** Changes may have escaped this device: who is in it is asked of the relay. */
  lookAgain (draft: Draft, chat: ChatId): void {
    draft.after(() => { this.#repair(chat).catch(() => { /* the next void entry tries again */ }) })
  }

  async #repair (chat: ChatId): Promise<void> {
    const known = this.current(chat)
    if (known === undefined) return
    const state = await this.#ask(known.conversation)
    await this.#on.ledger.run(async (draft) => {
      const before = await this.stateOf(draft, chat)
      if (before === undefined || !isAfter(state, before)) return
      this.#store(draft, chat, state)
      await this.#on.onChanged(draft, { chat, before, after: state, change: undefined, place: state, isOwnDevice: false })
    })
  }

  #store (draft: Draft, chat: ChatId, state: GroupState): void {
    const { groupTables, primitives } = this.#on
    draft.write(groupTables.states, chat, state)
    draft.write(groupTables.hashes, `${chat}/${positionKey(state.epoch, state.seq)}`, membershipHash(primitives, state))
  }

  /** The entry proves its actor's list: nobody has to be asked for it. */
  async #pinActor (draft: Draft, { actor, actorList }: Control): Promise<void> {
    const child = draft.child()
    try {
      await this.#on.devices.pinList(child, actor, actorList.bytes, this.#on.clock.nowMs())
      draft.absorb(child)
    } catch (error) {
      // An entry of last year carries last year's list.
      if (!isProtocolError(error, 'ROLLED_BACK', 'EXPIRED', 'IDENTITY_CHANGED')) throw error
    }
  }

  warnVoid (draft: Draft, chat: ChatId, error: ProtocolError): void {
    draft.after(() => { this.#on.events.emit('warning', { ...warningPlace(chat), kind: 'refused', text: `The relay let a change of this group through that is not valid (${error.code}); it has no effect.` }) })
  }

  async #warnFork (draft: Draft, chat: ChatId, epoch: number): Promise<void> {
    const info = await this.infoOf(draft, chat)
    if (info.forkedInEpoch >= epoch) return
    draft.write(this.#on.groupTables.infos, chat, { ...info, forkedInEpoch: epoch })
    draft.after(() => { this.#on.events.emit('warning', { ...warningPlace(chat), kind: 'fork', text: 'Not everybody was shown the same members of this group: a relay may hide who is in it.' }) })
  }
}
