/**
 * Groups that this relay keeps: read with their logs, changed by control entries, written in the batch of the entry.
 *
 * Owns: checking a control entry against the state, what is written with it. Adding somebody writes as many rows in a group
 * of a thousand as in one of ten. Does not know: where entries come from (intake.ts, replica.ts), who is told.
 * Spec: docs/protocol/groups.md. Rows: group-rows.ts
 */
import type { ConversationId, GroupConversation } from '../../protocol/conversation.ts'
import { decodeEnvelope } from '../../protocol/envelope.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { verifyControlEnvelope, type Control } from '../../protocol/groups/control.ts'
import { checkControl, emptyGroup, placedMember, type GroupChange, type GroupState, type Place } from '../../protocol/groups/membership.ts'
import type { AccountId } from '../../protocol/ids.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import type { Homes, Logger } from '../ports.ts'
import type { Store, Write } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'
import { Group, type GroupEffect, type Homing } from './group.ts'
import { dropLinkRow, dropMemberRow, dropRetiringRow, headRow, linkRow, memberRow, profileRow, readRows, retiringRow, rowsOf, stateRows, type GroupRows } from './group-rows.ts'

export type GroupSigning = Signing & Pick<Primitives, 'sha256'>

export interface GroupsComponents {
  store: Pick<Store, 'scan'>
  homing: Homing & { isSequencer (conversation: GroupConversation): boolean }
  homes: Pick<Homes, 'cached' | 'known'>
  signing: GroupSigning
  logger: Logger
  meter: Meter
}

/** Home records read together when a group comes into memory. */
const readTogether = 64

export class Groups {
  readonly #c: GroupsComponents
  readonly #loaded: Map<ConversationId, Group>
  readonly #changes

  /** @param loaded groups in memory, which others look at (placement.ts); changed here alone */
  constructor (components: GroupsComponents, loaded: Map<ConversationId, Group>) {
    this.#c = components
    this.#loaded = loaded
    const { meter } = components
    this.#changes = meter.counter('heliograph_group_changes_total', 'control entries, by outcome', ['outcome'])
    meter.gauge('heliograph_group_loaded', 'groups in memory', () => loaded.size)
    meter.gauge('heliograph_group_loaded_members', 'members of groups in memory', () => {
      let members = 0
      for (const group of loaded.values()) members += group.state.members.size
      return members
    })
  }

  /** What the store says of a group, for `open`; of one that nobody has created yet nothing. */
  async read (conversation: GroupConversation): Promise<GroupRows> {
    const { store, homing, homes } = this.#c
    const rows = await readRows(conversation, store.scan('group', rowsOf(conversation)))
    // Where the members live is in the store for those that this relay has looked up.
    if (homing.isSequencer(conversation)) {
      const asked = [...rows.state.members.keys()].filter((account) => !homing.isHome(account) && homes.cached(account) === undefined)
      for (let at = 0; at < asked.length; at += readTogether) await Promise.all(asked.slice(at, at + readTogether).map((account) => homes.known(account)))
    }
    return rows
  }

  /** Into memory, in one turn with its log: from then on both are found when a member moves, and until then nobody has a place. */
  open (rows: GroupRows): Group {
    const { homing, logger } = this.#c
    if (rows.isDamaged) logger.error('group.damaged', { members: rows.state.members.size })
    const group = new Group(rows, homing)
    this.#loaded.set(group.conversation.id, group)
    return group
  }

  forget (id: ConversationId): void { this.#loaded.delete(id) }

  /** Loaded groups in which this account, wherever it lives, is or was. */
  * withMember (account: AccountId): Iterable<ConversationId> {
    for (const [id, group] of this.#loaded) if (group.state.members.has(account) || group.leaving.has(account)) yield id
  }

  /** @param envelope of a control entry. @throws ProtocolError as verifyControlEnvelope */
  verify (envelope: Uint8Array): { control: Control, bytes: Uint8Array } {
    const read = decodeEnvelope(envelope)
    return { control: verifyControlEnvelope(this.#c.signing, read), bytes: read.control! }
  }

  /** Of a state that is not the group's newest. @throws ProtocolError as checkControl */
  checkOn (state: GroupState, { control, bytes }: { control: Control, bytes: Uint8Array }): GroupChange { return checkControl(this.#c.signing, state, control, bytes) }

  /** @throws ProtocolError as checkControl */
  check (group: Group, { control, bytes }: { control: Control, bytes: Uint8Array }): GroupChange {
    try {
      return checkControl(this.#c.signing, group.state, control, bytes)
    } catch (error) {
      if (isProtocolError(error)) this.#changes.inc(1, { outcome: error.code })
      throw error
    }
  }

  /**
   * `change`, which `check` gave for the state as it is, gets its place.
   * @param writes grows by the rows of the state, for the batch of the entry
   */
  apply (group: Group, change: GroupChange, place: Place, writes: Write[]): GroupEffect {
    const { conversation } = group
    const effect = group.apply(change, place)
    const isLocal = new Set(effect.left)
    for (const account of change.removed) {
      const span = isLocal.has(account) ? group.leaving.get(account) : undefined
      if (span === undefined) writes.push(dropMemberRow(conversation, account), { op: 'leave', log: conversation.id, account })
      else writes.push(memberRow(conversation, account, { role: 0, sinceSeq: span.first, listEpoch: 0 }, span.last))
    }
    for (const one of change.set) {
      writes.push(memberRow(conversation, one.account, placedMember(one, place)))
      // Of everybody: who lives elsewhere now may live here one day.
      if (one.sinceSeq === undefined) writes.push({ op: 'join', log: conversation.id, account: one.account })
    }
    for (const id of change.removedLinks) writes.push(dropLinkRow(conversation, id))
    for (const link of change.setLinks) writes.push(linkRow(conversation, link))
    if (change.profile !== undefined) writes.push(profileRow(conversation, change.profile))
    for (const relay of effect.relaysGone) writes.push(retiringRow(conversation, relay, place.seq))
    for (const relay of effect.relaysAdded) writes.push(dropRetiringRow(conversation, relay))
    writes.push(headRow(group.state))
    this.#changes.inc(1, { outcome: 'done' })
    return effect
  }

  /**
   * A control entry of a log that another relay sequences. One that fails has no effect for anybody: the check gives the same
   * everywhere. @returns undefined: without effect
   */
  applyEntry (group: Group, envelope: Uint8Array, place: Place, writes: Write[]): GroupEffect | undefined {
    try {
      return this.apply(group, this.check(group, this.verify(envelope)), place, writes)
    } catch (error) {
      if (!isProtocolError(error)) throw error
      this.#changes.inc(1, { outcome: 'void' })
      this.#c.logger.warn('group.void-entry', { seq: place.seq, code: error.code })
      return undefined
    }
  }

  /** A whole state that another relay has given. @param writes grows by all its rows, and the end of those before */
  replace (group: Group, state: GroupState, writes: Write[]): GroupEffect {
    const { conversation } = group
    for (const account of group.state.members.keys()) {
      if (!state.members.has(account)) writes.push(dropMemberRow(conversation, account), { op: 'leave', log: conversation.id, account })
    }
    for (const id of group.state.links.keys()) if (!state.links.has(id)) writes.push(dropLinkRow(conversation, id))
    const effect = group.replace(state)
    writes.push(...stateRows(state))
    for (const account of state.members.keys()) writes.push({ op: 'join', log: conversation.id, account })
    return effect
  }

  /**
   * The devices of these accounts have everything that is for them: nothing is kept for them any more. Of a group in which
   * nobody lives here now, and which is not sequenced here, nothing at all.
   */
  left (group: Group, accounts: readonly AccountId[]): Write[] {
    const { conversation } = group
    for (const account of accounts) group.leaving.delete(account)
    const writes = accounts.flatMap((account) => [dropMemberRow(conversation, account), { op: 'leave', log: conversation.id, account } as const])
    if (group.locals.length > 0 || group.leaving.size > 0 || this.#c.homing.isSequencer(conversation)) return writes
    for (const account of group.members) writes.push({ op: 'leave', log: conversation.id, account })
    const gone = stateRows(group.state).flatMap((write) => write.op === 'put' ? [{ op: 'delete', table: write.table, key: write.key } as const] : [])
    group.replace(emptyGroup(conversation))
    return [...writes, ...gone]
  }
}
