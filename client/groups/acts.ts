/**
 * Changes of groups that this device makes: signed on the newest state when their turn in the outbox comes, one at a time
 * for each group, and decided anew when somebody else's change came first. What was written after a change is sealed once
 * the change has taken effect, so that it reaches exactly the members that its author saw.
 */
import { sameBytes, toHex } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { GroupConversation } from '../../protocol/conversation.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { encodeEnvelope } from '../../protocol/envelope.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { noHead, signControl, verifyControl, type Control, type GroupAct } from '../../protocol/groups/control.ts'
import { checkControl, emptyGroup, type GroupState } from '../../protocol/groups/membership.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import type { Devices } from '../keys/devices.ts'
import type { DeviceIdentity } from '../keys/identity.ts'
import type { Item, Sealed } from '../messages/queues.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { fromHex } from '../store/stored.ts'
import type { OutboxRow } from '../store/tables.ts'
import type { GroupTables } from './group-tables.ts'
import type { GroupStates } from './states.ts'

export interface ActComponents {
  readonly ledger: Ledger
  readonly groupTables: GroupTables
  readonly states: GroupStates
  readonly devices: Devices
  readonly device: DeviceIdentity
  readonly clock: Clock
  readonly primitives: Primitives
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  /** Into the outbox, behind what was written before. */
  readonly composeControl: (draft: Draft, chat: ChatId, control: Uint8Array) => Promise<MessageId>
  /** Out of the outbox. */
  readonly dropRow: (draft: Draft, item: Item) => void
  readonly sealWaiting: (chat: ChatId) => void
}

interface Waiter { resolve (): void, reject (error: ProtocolError): void }

/** Outcomes that are remembered for who asks late. */
const outcomesKept = 1_000

export class Acts {
  readonly #on: ActComponents
  readonly #waiters = new Map<MessageId, Waiter[]>()
  readonly #outcomes = new Map<MessageId, ProtocolError | undefined>()

  constructor (components: ActComponents) { this.#on = components }

  /**
   * Write a change down. Durable with the task; it takes effect when the group's sequencer has taken it.
   * @returns undefined when it is so already
   * @throws ProtocolError what can be said of it already: NOT_A_MEMBER, NOT_ALLOWED, BAD_CONTROL, GROUP_FULL, TOO_MANY, TOO_LARGE
   */
  async compose (draft: Draft, conversation: GroupConversation, act: GroupAct): Promise<MessageId | undefined> {
    const { states, composeControl } = this.#on
    const chat: ChatId = conversation.id
    const state = await states.stateOf(draft, chat)
    if (isSo(act, state)) return undefined
    const bytes = await this.#sign(draft, conversation, act, state)
    if (act.act === 'create' || (state !== undefined && act.act !== 'join')) this.#check(conversation, state, bytes)
    else if (act.act !== 'join') throw new ProtocolError('NOT_A_MEMBER')
    return await composeControl(draft, chat, bytes)
  }

  /**
   * Its turn has come.
   * @returns waits: an earlier change of this device has not taken effect yet, or nothing has changed since it was refused
   * @throws ProtocolError when it is not possible any more
   */
  async seal (draft: Draft, { chat, id }: Item, row: OutboxRow, conversation: GroupConversation): Promise<Sealed | 'waits' | 'nobody'> {
    const { states, primitives, own, groupTables } = this.#on
    const pending = await draft.read(groupTables.pendingActs, chat)
    if (pending?.id !== undefined && pending.id !== id) return 'waits'
    const state = await states.stateOf(draft, chat)
    const before = verifyControl(primitives, fromHex(row.body ?? ''))
    if (pending?.refusedHead !== undefined && pending.refusedHead === headOf(before.act, state)) return 'waits'
    const act = stillMeant(before.act, state)
    if (act === undefined) {
      draft.after(() => { this.#settle(id, undefined) })
      return 'nobody'
    }
    const list = (await this.#on.devices.listOf(draft, own.account))?.list
    const isGood = act === before.act && sameBytes(before.previous, fromHex(headOf(act, state))) && list !== undefined && sameBytes(list.bytes, before.actorList.bytes)
    const bytes = isGood ? fromHex(row.body ?? '') : await this.#sign(draft, conversation, act, state)
    if (act.act !== 'join') this.#check(conversation, state, bytes)
    draft.write(groupTables.pendingActs, chat, { id })
    const envelope = encodeEnvelope({ conversation, sender: own.account, senderDevice: own.device, messageId: id, kind: row.kind, expiresAtMs: 0, ciphertexts: [], control: bytes })
    return { envelope, row: { ...row, body: toHex(bytes), state: 'sealed', digest: toHex(primitives.sha256(envelope)), awaiting: [] } }
  }

  /** The sequencer has seen another change first: decide anew once that has come here. */
  async refused (draft: Draft, { chat, id }: Item, row: OutboxRow): Promise<void> {
    const { groupTables, primitives } = this.#on
    const pending = await draft.read(groupTables.pendingActs, chat)
    if (pending?.id !== undefined && pending.id !== id) return
    draft.write(groupTables.pendingActs, chat, { refusedHead: toHex(verifyControl(primitives, fromHex(row.body ?? '')).previous) })
  }

  /** It stands in the log. @param error it was void there */
  async passed (draft: Draft, chat: ChatId, id: MessageId, error?: ProtocolError): Promise<void> {
    await this.#clear(draft, chat, id)
    draft.after(() => { this.#settle(id, error) })
  }

  /** This account was out of the group, and may be back: nobody says any more what became of a change from before. */
  async reset (draft: Draft, chat: ChatId): Promise<void> {
    const { groupTables, dropRow } = this.#on
    const pending = await draft.read(groupTables.pendingActs, chat)
    if (pending === undefined) return
    if (pending.id !== undefined) {
      dropRow(draft, { chat, id: pending.id })
      await this.failed(draft, chat, pending.id, new ProtocolError('STALE_MEMBERSHIP'))
    } else {
      draft.erase(groupTables.pendingActs, chat)
    }
  }

  /** Refused for good. */
  async failed (draft: Draft, chat: ChatId, id: MessageId, error: ProtocolError): Promise<void> {
    await this.#clear(draft, chat, id)
    draft.after(() => { this.#settle(id, error) })
  }

  /**
   * Resolves when the change has taken effect.
   * @throws ProtocolError why it was refused; the signal's reason
   */
  async settled (id: MessageId, { isThere, signal }: { isThere: () => boolean, signal?: AbortSignal }): Promise<void> {
    signal?.throwIfAborted()
    const waited = new Promise<void>((resolve, reject) => {
      const onAbort = (): void => { reject(signal!.reason as Error) }
      signal?.addEventListener('abort', onAbort, { once: true })
      const done = (): void => { signal?.removeEventListener('abort', onAbort) }
      this.#waiters.set(id, [...this.#waiters.get(id) ?? [], { resolve: () => { done(); resolve() }, reject: (error) => { done(); reject(error) } }])
    })
    if (this.#outcomes.has(id)) this.#settle(id, this.#outcomes.get(id))
    // Of an earlier run.
    else if (!isThere()) this.#settle(id, undefined)
    await waited
  }

  #settle (id: MessageId, error: ProtocolError | undefined): void {
    if (this.#outcomes.size >= outcomesKept) this.#outcomes.clear()
    this.#outcomes.set(id, error)
    const waiters = this.#waiters.get(id) ?? []
    this.#waiters.delete(id)
    for (const { resolve, reject } of waiters) {
      if (error === undefined) resolve()
      else reject(error)
    }
  }

  async #clear (draft: Draft, chat: ChatId, id: MessageId): Promise<void> {
    const { groupTables } = this.#on
    const pending = await draft.read(groupTables.pendingActs, chat)
    if (pending !== undefined && (pending.id === undefined || pending.id === id)) draft.erase(groupTables.pendingActs, chat)
    draft.after(() => { this.#on.sealWaiting(chat) })
  }

  async #sign (draft: Draft, conversation: GroupConversation, act: GroupAct, state: GroupState | undefined): Promise<Uint8Array> {
    const { devices, device, own, clock, primitives } = this.#on
    const list = await devices.listOf(draft, own.account)
    if (list === undefined) throw new ProtocolError('NOT_REGISTERED')
    return signControl(primitives, {
      conversation,
      actor: own.account,
      device: own.device,
      deviceList: list.list.bytes,
      previous: fromHex(headOf(act, state)),
      madeAtMs: clock.nowMs(),
      act
    }, device.seed)
  }

  #check (conversation: GroupConversation, state: GroupState | undefined, bytes: Uint8Array): void {
    const control: Control = verifyControl(this.#on.primitives, bytes)
    checkControl(this.#on.primitives, state ?? emptyGroup(conversation), control, bytes)
  }
}

const headOf = (act: GroupAct, state: GroupState | undefined): string => toHex(act.act === 'join' || state === undefined ? noHead : state.head)

/** A setting that is set already is no mistake of who sets it. */
const isSo = (act: GroupAct, state: GroupState | undefined): boolean => act.act === 'settings' && state !== undefined &&
  act.settings.whoMaySend === state.settings.whoMaySend && act.settings.whoMayAdd === state.settings.whoMayAdd && act.settings.whoMayEdit === state.settings.whoMayEdit

/** What of a change still makes sense: somebody else may have done a part of it. undefined: all of it was done. */
function stillMeant (act: GroupAct, state: GroupState | undefined): GroupAct | undefined {
  if (state === undefined) return act
  if (act.act === 'add' || act.act === 'remove') {
    const accounts = act.accounts.filter((account) => state.members.has(account) === (act.act === 'remove'))
    return accounts.length === act.accounts.length ? act : accounts.length === 0 ? undefined : { act: act.act, accounts }
  }
  if (act.act === 'setRole' && state.members.get(act.account)?.role === act.role) return undefined
  if (isSo(act, state)) return undefined
  return act
}
