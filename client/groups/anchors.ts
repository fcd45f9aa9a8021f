/**
 * Who anchors a group, as this device believes it: a record of an admin, checked against the membership that this device has
 * from the log. It proves the epochs of the log; and this device may make one, if its account is an admin.
 *
 * Owns: which record counts, the epochs that it proves, signing. Does not know: the log (messages/inbox.ts asks), what a relay
 * does with it. Spec: docs/protocol/groups.md §13
 */
import { sameBytes } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { GroupConversation } from '../../protocol/conversation.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { checkAnchor, isFollowedBy, isHigherAnchor, logEpochOf, maxAnchorEpoch, signGroupAnchor, verifyGroupAnchor, type SignedGroupAnchor } from '../../protocol/groups/anchor.ts'
import { isAdmin } from '../../protocol/groups/membership.ts'
import type { AccountId, DeviceId } from '../../protocol/ids.ts'
import { clientMethods } from '../../protocol/methods.ts'
import { decode } from '../../protocol/wire/codec.ts'
import { Signed } from '../../protocol/wire/gen/records.js'
import type { ChatId } from '../chat-id.ts'
import type { Devices } from '../keys/devices.ts'
import type { DeviceIdentity } from '../keys/identity.ts'
import type { RelayLink } from '../relay/link.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { Tables } from '../store/tables.ts'
import type { GroupTables } from './group-tables.ts'
import type { GroupStates } from './states.ts'

export interface AnchorComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly groupTables: GroupTables
  readonly states: GroupStates
  readonly devices: Devices
  readonly device: DeviceIdentity
  readonly link: RelayLink
  readonly clock: Clock
  readonly primitives: Primitives
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  /** Learn somebody's home record. @throws ProtocolError */
  readonly refresh: (account: AccountId) => Promise<void>
}

export class Anchors {
  readonly #on: AnchorComponents

  constructor (components: AnchorComponents) { this.#on = components }

  async load (): Promise<void> { await this.#on.ledger.preload(this.#on.groupTables.anchors) }

  /** Whose home sequences the group, as far as this device knows. */
  anchorOf (conversation: GroupConversation): AccountId { return this.#on.groupTables.anchors.cached(conversation.id)?.anchor ?? conversation.anchor }

  /** Highest epoch of the log that somebody has signed; 0: nobody, as far as is known here. */
  async provenEpoch (draft: Draft, conversation: GroupConversation): Promise<number> {
    const anchor = await draft.read(this.#on.groupTables.anchors, conversation.id)
    const home = await draft.read(this.#on.tables.homeRecords, anchor?.anchor ?? conversation.anchor)
    return home === undefined && anchor === undefined ? 0 : logEpochOf(conversation, anchor, home?.epoch)
  }

  /** Ask the home who anchors the group, and where that one lives. A record that is not good changes nothing. @throws ProtocolError DISCONNECTED, … */
  async prove (conversation: GroupConversation): Promise<void> {
    const { link, ledger, devices, refresh } = this.#on
    const { anchor, home } = await link.call(clientMethods.groupAnchors, { conversation: conversation.bytes }).catch((error: unknown) => {
      // COMPAT(≤0.1) a relay that knows no other anchor than the founder
      if (isProtocolError(error, 'UNKNOWN_METHOD')) return { anchor: undefined, home: undefined }
      throw error
    })
    await ledger.run(async (draft) => {
      if (anchor === undefined) return
      try {
        await this.take(draft, conversation.id, anchor)
      } catch (error) {
        // [REJECT] nobody who may has signed it: what it would prove stays unproven, and the person is told of that
        if (!isProtocolError(error)) throw error
      }
    })
    const account = this.anchorOf(conversation)
    // The home's word first: it knows best whom it takes for the sequencer. The record says itself whether it is good.
    if (home !== undefined) {
      await ledger.run(async (draft) => {
        try {
          await devices.pinHome(draft, account, home)
        } catch (error) {
          if (!isProtocolError(error)) throw error
        }
      })
    } else {
      await refresh(account)
    }
  }

  /**
   * A record of any origin. An older one, or the same again, changes nothing.
   * @returns whether it counts from now on. @throws ProtocolError as verifyGroupAnchor, checkAnchor
   */
  async take (draft: Draft, chat: ChatId, bytes: Uint8Array): Promise<boolean> {
    const { groupTables, states, primitives } = this.#on
    const known = await draft.read(groupTables.anchors, chat)
    if (known !== undefined && sameBytes(known.bytes, bytes)) return false
    const anchor = verifyGroupAnchor(primitives, bytes)
    // [REJECT] an answer about something else
    if (anchor.conversation.id !== chat) throw new ProtocolError('BAD_CONVERSATION')
    if (known !== undefined && !isHigherAnchor(anchor, known)) return false
    const state = await states.stateOf(draft, chat)
    const base = known?.epoch === anchor.epoch ? await draft.read(groupTables.anchorBases, chat) : undefined
    // A newcomer has nothing older to check it against.
    const isNew = state === undefined || !state.members.has(this.#on.own.account) || (known === undefined && isFollowedBy(state, anchor))
    if (!isNew) checkAnchor(base ?? state, anchor)
    draft.write(groupTables.anchors, chat, anchor)
    if (base === undefined && state !== undefined) draft.write(groupTables.anchorBases, chat, state)
    return true
  }

  /**
   * From now on the primary home of `to` sequences the group; signed by this device, kept and told to the others by this account's home.
   * @throws ProtocolError NOT_A_MEMBER, NOT_ALLOWED (no admin), TOO_MANY (255 times), UNKNOWN_ACCOUNT: where `to` lives; STALE_ANCHOR: somebody
   *   else was first, and counts; DISCONNECTED, …
   */
  async reanchor (chat: ChatId, conversation: GroupConversation, to: AccountId): Promise<SignedGroupAnchor> {
    const { link, ledger, tables, states, devices, device, own, clock, primitives, refresh } = this.#on
    const state = states.current(chat)
    // What can be said before anybody is asked.
    if (state?.members.has(own.account) !== true || !state.members.has(to)) throw new ProtocolError('NOT_A_MEMBER')
    if (!isAdmin(state, own.account)) throw new ProtocolError('NOT_ALLOWED')
    // The home may know a newer record than this device.
    const { anchor: known } = await link.call(clientMethods.groupAnchors, { conversation: conversation.bytes })
    if (known !== undefined) await ledger.run(async (draft) => { await this.take(draft, chat, known) })
    if (to !== own.account) await refresh(to)
    const signed = await ledger.run(async (draft) => {
      const before = await draft.read(this.#on.groupTables.anchors, chat)
      const home = await draft.read(tables.homeRecords, to)
      const list = await devices.listOf(draft, own.account)
      const now = await states.stateOf(draft, chat)
      if (list === undefined || now === undefined) throw new ProtocolError('NOT_REGISTERED')
      if (home === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT')
      if (before?.epoch === maxAnchorEpoch) throw new ProtocolError('TOO_MANY', { max: maxAnchorEpoch, what: 'times that a group was re-anchored' })
      const next = signGroupAnchor(primitives, {
        conversation, epoch: (before?.epoch ?? 0) + 1, anchor: to, homeEpoch: home.epoch, admin: own.account, device: own.device, deviceList: list.list.bytes,
        place: { epoch: now.epoch, seq: now.seq }, head: now.head, madeAtMs: clock.nowMs()
      }, device.seed)
      checkAnchor(now, next)
      return next
    })
    try {
      await link.call(clientMethods.anchorGroup, decode(Signed, signed.bytes))
    } catch (error) {
      if (isProtocolError(error, 'STALE_ANCHOR') && error.details.record !== undefined) {
        const { record } = error.details
        await ledger.run(async (draft) => { await this.take(draft, chat, record) })
      }
      throw error
    }
    await ledger.run(async (draft) => { await this.take(draft, chat, signed.bytes) })
    return signed
  }
}
