/**
 * A group that was re-anchored by one admin, and in which another is none any more: until the group is re-anchored once more, that
 * one could sign a record of the same epoch that counts instead, and undo their own removal. So a device of an admin who is left does
 * it: the one that made the change at once, the others when that one has not.
 *
 * Owns: when. Does not know: how records are made and which one counts (anchors.ts). Spec: docs/protocol/groups.md §13
 */
import { compareBytes } from '../../protocol/bytes.ts'
import type { Clock, Timer } from '../../protocol/clock.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { contestersOf } from '../../protocol/groups/anchor.ts'
import { isAdmin, type GroupState } from '../../protocol/groups/membership.ts'
import { accountKeyOf, type AccountId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import { clientLimits } from '../limits.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { Anchors } from './anchors.ts'
import type { GroupTables } from './group-tables.ts'
import type { GroupStates, GroupStep } from './states.ts'

export interface ContestGuardComponents {
  readonly ledger: Ledger
  readonly groupTables: GroupTables
  readonly states: GroupStates
  readonly anchors: Anchors
  readonly clock: Clock
  readonly own: { readonly account: AccountId }
  /** Work that nobody waits for. */
  readonly quietly: (what: string, work: Promise<unknown>) => void
}

export class ContestGuard {
  readonly #on: ContestGuardComponents
  readonly #timers = new Map<ChatId, Timer>()

  constructor (components: ContestGuardComponents) { this.#on = components }

  /** A group has changed. */
  changed (draft: Draft, { chat, before, after, isOwnDevice }: GroupStep): void {
    if (before === undefined || ![...before.members.keys()].some((account) => isAdmin(before, account) && !isAdmin(after, account))) return
    draft.after(() => { this.#soon(chat, isOwnDevice ? 0 : this.#patienceMs(after), before) })
  }

  /** The relay can be reached again: what an earlier run has left. */
  resume (): void {
    for (const [chat] of this.#on.groupTables.anchors.cachedEntries()) {
      const state = this.#on.states.current(chat as ChatId)
      if (state !== undefined && !this.#timers.has(chat as ChatId)) this.#soon(chat as ChatId, this.#patienceMs(state))
    }
  }

  stop (): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  /** Who is first in the order of keys, first: two who do it at once would number the same twice. */
  #patienceMs (state: GroupState): number {
    const { own } = this.#on
    const before = [...state.members.keys()].filter((account) => isAdmin(state, account) && compareBytes(accountKeyOf(account), accountKeyOf(own.account)) < 0)
    return clientLimits.contestPatienceMs * Math.min(before.length + 1, clientLimits.contestRanks)
  }

  #soon (chat: ChatId, afterMs: number, before?: GroupState): void {
    const { clock, quietly } = this.#on
    this.#timers.get(chat)?.cancel()
    this.#timers.set(chat, clock.after(afterMs, () => {
      this.#timers.delete(chat)
      quietly('end-contest', this.#end(chat, before))
    }))
  }

  async #end (chat: ChatId, before: GroupState | undefined): Promise<void> {
    const { anchors, own, states } = this.#on
    const state = states.current(chat)
    if (state === undefined || !await this.#isOpen(chat, state, before)) return
    try {
      // Somebody else may have done it, which shows with the next entry only.
      await anchors.prove(state.conversation)
      if (!await this.#isOpen(chat, state, before)) return
      const anchor = anchors.anchorOf(state.conversation)
      await anchors.reanchor(chat, state.conversation, state.members.has(anchor) ? anchor : own.account)
    } catch (error) {
      if (!isProtocolError(error)) throw error
      // Begun again with the next connection.
      if (!isProtocolError(error, 'DISCONNECTED', 'CANCELLED')) this.#soon(chat, clientLimits.contestAgainMs, before)
    }
  }

  /** @param before the membership before an admin was none any more; counts when this device has come after the record */
  async #isOpen (chat: ChatId, state: GroupState, before: GroupState | undefined): Promise<boolean> {
    const { groupTables, ledger, own } = this.#on
    const anchor = groupTables.anchors.cached(chat)
    // The last times are left to people, for relays that are gone.
    if (anchor === undefined || !isAdmin(state, own.account) || anchor.epoch >= clientLimits.contestLastEpoch) return false
    // A record that was made after the change stands on it.
    if (anchor.place.epoch > state.epoch || (anchor.place.epoch === state.epoch && anchor.place.seq >= state.seq)) return false
    const base = await ledger.read(groupTables.anchorBases, chat) ?? before
    return base !== undefined && contestersOf(anchor, { base, state }).length > 0
  }
}
