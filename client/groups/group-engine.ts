/**
 * The parts of client/groups put together, and what they are to messages/: the log gives them entries, the sealer asks
 * them for envelopes. What follows from a change of a group is decided here.
 */
import type { Clock, Random } from '../../protocol/clock.ts'
import { conversationFromBytes, conversationFromId, type GroupConversation } from '../../protocol/conversation.ts'
import { senderKeyCipher } from '../../protocol/e2ee/group-cipher.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import type { Suite } from '../../protocol/e2ee/suite.ts'
import type { Envelope } from '../../protocol/envelope.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { verifyControlEnvelope, type Control } from '../../protocol/groups/control.ts'
import { isAdmin, mayEdit, maySend } from '../../protocol/groups/membership.ts'
import { messageIdFromBytes, type AccountId, type DeviceId, type MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import type { Refused } from '../../protocol/wire/gen/group.js'
import { chatOf, type ChatId } from '../chat-id.ts'
import { clientLimits } from '../limits.ts'
import type { Events } from '../events.ts'
import type { Devices } from '../keys/devices.ts'
import type { DeviceIdentity } from '../keys/identity.ts'
import type { SessionBox } from '../keys/session-box.ts'
import type { BodyTaker } from '../messages/bodies.ts'
import type { GroupMark } from '../messages/content.ts'
import type { Entries } from '../messages/entries.ts'
import type { GroupEntry, GroupPlace, GroupPort } from '../messages/group-port.ts'
import type { History } from '../messages/history.ts'
import type { Outbox } from '../messages/outbox.ts'
import type { Item, Sealed } from '../messages/queues.ts'
import type { RelayLink } from '../relay/link.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { Hole, MessageRow, OutboxRow, Tables } from '../store/tables.ts'
import { Acts } from './acts.ts'
import { Anchors } from './anchors.ts'
import { ContestGuard } from './contest-guard.ts'
import { groupEventOf } from './group-events.ts'
import { GroupKeys } from './group-keys.ts'
import { GroupReceipts } from './group-receipts.ts'
import { GroupSealer, type ToSeal } from './group-sealer.ts'
import { withSpan, type GroupTables } from './group-tables.ts'
import { GroupHoles } from './holes.ts'
import { Profiles } from './profiles.ts'
import { GroupStates, type GroupStep } from './states.ts'
import { StuckGroups } from './stuck.ts'
import { WaitingMessages } from './waiting.ts'
import { Welcomes } from './welcomes.ts'

export interface GroupEngineComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly groupTables: GroupTables
  readonly history: History
  readonly devices: Devices
  readonly sessions: SessionBox
  readonly link: RelayLink
  readonly events: Events
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
  readonly suite: Suite
  readonly device: DeviceIdentity
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  readonly readReceipts: () => boolean
  /** Made after this; not used before everything is. */
  readonly outbox: () => Outbox
  readonly entries: () => Entries
  /** Read on in a log. */
  readonly catchUp: (chat: ChatId) => Promise<void>
  readonly wantKeys: (accounts: readonly AccountId[]) => void
  readonly refresh: (account: AccountId) => Promise<void>
  readonly renewSessions: (account: AccountId) => boolean
  readonly isUnavailable: (account: AccountId) => boolean
  readonly isKeyless: (device: DeviceId) => boolean
  /** Work that nobody waits for. */
  readonly quietly: (what: string, work: Promise<unknown>) => void
}

export interface GroupAsked extends GroupNames {
  /** Somebody has put this account into a group; undefined: the log does not tell who. */
  added (draft: Draft, chat: ChatId, by: AccountId | undefined): Promise<void>
  /** Somebody who is in it says that this account is. */
  welcomed (draft: Draft, chat: ChatId, by: AccountId): Promise<void>
  /** This account has asked for it. */
  joined (draft: Draft, chat: ChatId): Promise<void>
}

/** What members are called when there is nothing else between them and this account than the group. */
export interface GroupNames {
  ownName (draft: Draft): Promise<string>
  named (draft: Draft, account: AccountId, name: string): Promise<void>
}

export class GroupEngine implements GroupPort {
  readonly tables: GroupTables
  readonly states: GroupStates
  readonly profiles: Profiles
  readonly keys: GroupKeys
  readonly acts: Acts
  readonly welcomes: Welcomes
  readonly receipts: GroupReceipts
  readonly anchors: Anchors
  readonly stuck: StuckGroups
  readonly #contests: ContestGuard
  readonly takers: readonly BodyTaker[]
  /** Whether the person wants to be in a group is decided elsewhere (client/chat/admission.ts); set before the first `resume`. */
  asked: GroupAsked | undefined
  readonly #on: GroupEngineComponents
  readonly #sealer: GroupSealer
  readonly #waiting: WaitingMessages
  readonly #holes: GroupHoles

  constructor (components: GroupEngineComponents) {
    this.#on = components
    const { outbox, entries, quietly } = components
    const { groupTables } = components
    this.tables = groupTables
    const compose = async (draft: Draft, message: Parameters<Outbox['compose']>[1]): Promise<MessageId> => await outbox().compose(draft, message)
    const sealWaiting = (chat: ChatId): void => { quietly('seal', outbox().sealWaiting(chat)) }
    const states = this.states = new GroupStates({ ...components, groupTables, onChanged: async (draft, step) => { await this.#onChanged(draft, step) } })
    const profiles = this.profiles = new Profiles({ ...components, groupTables, states })
    const keys = this.keys = new GroupKeys({
      ...components,
      groupTables,
      states,
      profiles,
      cipher: senderKeyCipher(components.suite),
      compose,
      onGiven: sealWaiting,
      onSenderKey: (draft, chat, device) => { draft.after(() => { this.#waiting.retry(chat, device) }) },
      onReceiptKey: async (draft, chat, giver, key) => { await this.receipts.takeKey(draft, chat, giver, key) },
      ownName: async (draft) => await this.asked?.ownName(draft) ?? '',
      onName: async (draft, account, name) => { await this.asked?.named(draft, account, name) }
    })
    this.acts = new Acts({ ...components, groupTables, states, composeControl: async (draft, chat, control) => await outbox().composeControl(draft, chat, control), dropRow: (draft, item) => { outbox().drop(draft, item) }, sealWaiting })
    this.welcomes = new Welcomes({ ...components, states, profiles, compose, onWelcome: async (draft, chat, sender) => { await this.asked?.welcomed(draft, chat, sender) } })
    this.anchors = new Anchors({ ...components, states })
    this.#contests = new ContestGuard({ ...components, groupTables, states, anchors: this.anchors })
    this.stuck = new StuckGroups({ clock: components.clock, onStuck: (chat, sinceMs) => { this.#onStuck(chat, sinceMs) } })
    this.#sealer = new GroupSealer({ ...components, groupTables, states, keys })
    this.#waiting = new WaitingMessages({
      ...components,
      groupTables,
      states,
      keys,
      compose,
      reopen: async (draft, place, envelope, copy) => await entries().reopen(draft, place, envelope, copy),
      isKept: async (draft, chat, id) => await components.history.find(draft, chat, 'out', id) !== undefined,
      devicesOf: async (draft, account) => ((await components.devices.listOf(draft, account))?.list.devices ?? []).map(({ id }) => id),
      onGivenUp: async (draft, chat, { id }, isLost) => { await entries().giveUp(draft, chat, id, isLost) }
    })
    this.receipts = new GroupReceipts({
      ...components,
      groupTables,
      states,
      keys,
      waiting: this.#waiting,
      onReached: async (draft, chat, id, state) => { await outbox().reached(draft, { chat, id }, state) }
    })
    components.devices.onChanged(async (draft, account, { before, after }) => { if (before !== undefined) await keys.onDevices(draft, account, before, after) })
    this.#holes = new GroupHoles({ ...components, groupTables, states, compose, fill: async (draft, place, message, copy) => { await entries().fill(draft, place, message, copy) } })
    this.takers = [keys, this.welcomes, this.#waiting, this.#holes]
  }

  /** What members may do with others' messages and the chat as a whole. */
  readonly rights = {
    isAdmin: async (draft: Draft, chat: ChatId, account: AccountId): Promise<boolean> => {
      const state = await this.states.stateOf(draft, chat)
      return state !== undefined && isAdmin(state, account)
    },
    mayEdit: async (draft: Draft, chat: ChatId, account: AccountId): Promise<boolean> => {
      const state = await this.states.stateOf(draft, chat)
      return state !== undefined && mayEdit(state, account)
    }
  }

  async load (): Promise<void> {
    await this.states.load()
    await this.anchors.load()
    await this.keys.load()
    await this.#waiting.load()
    // Before the first other device is linked: all of them make receipt keys from the same.
    await this.#on.ledger.run(async (draft) => { await this.keys.secret(draft) })
  }

  /** The relay can be reached again. */
  resume (): void {
    this.keys.resume()
    this.#waiting.resume()
    this.welcomes.resume()
    this.receipts.resume()
    this.#contests.resume()
  }

  stop (): void {
    this.#waiting.stop()
    this.receipts.stop()
    this.stuck.stop()
    this.#contests.stop()
  }

  /** Keys of somebody have come, or it turned out that there are none: go on where that was waited for. */
  onKeys (account: AccountId): void {
    this.#waiting.onKeys(account)
    this.keys.resumeFor(account)
    for (const [chat, { members }] of this.states.all()) {
      if (members.has(account)) this.#on.quietly('seal', this.#on.outbox().sealWaiting(chat as ChatId))
    }
  }

  /** A home has said `sent` to something that the sequencer did not take. @throws ProtocolError MALFORMED: a relay's nonsense */
  onRefused ({ conversation, messageId, status }: Refused): void {
    const chat = chatOf(this.#on.own.account, conversationFromBytes(conversation))
    this.#on.quietly('refused', this.#on.outbox().refused(chat, messageIdFromBytes(messageId), ProtocolError.fromStatus(status)))
  }

  /** Somebody was blocked: what is sent in common groups from now on is under a new key. */
  async onBlocked (draft: Draft, account: AccountId): Promise<void> {
    for (const [chat, { members }] of this.states.all()) if (members.has(account)) await this.keys.retire(draft, chat as ChatId)
  }

  /** The store was set back to an older copy: keys that were used since must not be used again. */
  async onSetBack (draft: Draft): Promise<void> {
    for (const [chat] of this.states.all()) await this.keys.retire(draft, chat as ChatId)
  }

  /** These messages of others have been seen. */
  async read (draft: Draft, chat: ChatId, rows: readonly MessageRow[]): Promise<void> {
    const highest = new Map<AccountId, MessageRow>()
    for (const row of rows) if ((row.seq ?? 0) > (highest.get(row.sender)?.seq ?? 0)) highest.set(row.sender, row)
    for (const [sender, { epoch, seq }] of highest) if (epoch !== undefined && seq !== undefined) await this.receipts.read(draft, chat, sender, { epoch, seq })
  }

  /** What the group is called here: its name, or the start of its id while that is not known. */
  nameOf (chat: ChatId): string {
    const name = this.tables.infos.cached(chat)?.name ?? ''
    return name === '' ? `Group ${chat.slice(-8)}` : name
  }

  /** Nothing gets through: the relay that gives the group's numbers does not answer. */
  #onStuck (chat: ChatId, sinceMs: number): void {
    const state = this.states.current(chat)
    if (state === undefined) return
    const mayReanchor = isAdmin(state, this.#on.own.account)
    this.#on.events.emit('stuck', { chat, name: this.nameOf(chat), sinceMs, anchor: this.anchors.anchorOf(state.conversation), mayReanchor })
  }

  /** Groups that this account is in, or is about to be. */
  present (): ChatId[] {
    const chats = [...this.tables.infos.cachedEntries()].map(([chat]) => chat as ChatId).filter((chat) => this.states.current(chat) === undefined)
    for (const [chat, { members }] of this.states.all()) if (members.has(this.#on.own.account)) chats.push(chat as ChatId)
    return chats
  }

  // --- GroupPort

  mayStart (chat: ChatId, draft?: Draft): boolean { return this.states.mayStart(chat, draft) }
  giveUp (chat: ChatId): void { this.states.giveUp(chat) }
  async fetchState (conversation: GroupConversation): Promise<void> { await this.states.fetch(conversation.id, conversation) }
  async checkMark (draft: Draft, chat: ChatId, place: GroupPlace, mark: GroupMark, sealedIn: number | undefined): Promise<void> { await this.states.checkMark(draft, chat, place, mark, sealedIn) }
  async sinceOf (draft: Draft, chat: ChatId): Promise<number | undefined> { return await this.states.sinceOf(draft, chat) }
  async isFor (draft: Draft, chat: ChatId, place: GroupPlace): Promise<boolean> { return await this.states.isFor(draft, chat, place) }
  async provenEpoch (draft: Draft, conversation: GroupConversation): Promise<number> { return await this.anchors.provenEpoch(draft, conversation) }
  async prove (conversation: GroupConversation): Promise<void> { await this.anchors.prove(conversation) }
  waitsForNumber (chat: ChatId, id: MessageId): void { this.stuck.waits(chat, id) }
  epochBegan (chat: ChatId, place: GroupPlace): void { this.#on.quietly('receipts', this.receipts.epochBegan(chat, place)) }
  hasNumber (chat: ChatId, id: MessageId): void { this.stuck.moves(chat, id) }
  async open (draft: Draft, chat: ChatId, device: DeviceId, message: Uint8Array): Promise<Uint8Array> { return await this.keys.open(draft, chat, device, message) }
  async keep (...args: Parameters<GroupPort['keep']>): Promise<void> { await this.#waiting.keep(...args) }
  async mayMiss (draft: Draft, chat: ChatId): Promise<boolean> {
    const members = (await this.states.stateOf(draft, chat))?.members
    return members?.has(this.#on.own.account) === true && members.size <= clientLimits.groupHoleAsked
  }

  async missed (draft: Draft, chat: ChatId, hole: Hole): Promise<void> {
    this.states.lookAgain(draft, chat)
    await this.#holes.ask(draft, chat, hole)
  }
  settled (...args: Parameters<GroupPort['settled']>): void { this.#waiting.settled(...args) }
  async gone (...args: Parameters<GroupPort['gone']>): Promise<void> { await this.#waiting.gone(...args) }
  async received (draft: Draft, chat: ChatId, sender: AccountId, place: GroupPlace): Promise<void> { await this.receipts.owe(draft, chat, sender, place) }
  async sent (draft: Draft, chat: ChatId, id: MessageId, place: GroupPlace, content?: Uint8Array): Promise<void> {
    const known = (await draft.read(this.tables.contents, `${chat}/${id}`))?.content ?? content ?? await this.#contentOf(draft, chat, id)
    if (known !== undefined) this.#sealer.remember(draft, { chat, id }, { seq: place.seq, content: known })
    await this.receipts.sent(draft, chat, id, place)
  }
  async seal (draft: Draft, message: ToSeal): Promise<Sealed | 'waits' | 'nobody'> { return await this.#sealer.seal(draft, message) }
  async sealSignal (draft: Draft, chat: ChatId, message: Parameters<GroupPort['sealSignal']>[2]): Promise<Uint8Array | undefined> { return await this.#sealer.sealSignal(draft, chat, message) }
  async sealControl (draft: Draft, item: Item, row: OutboxRow, conversation: GroupConversation): Promise<Sealed | 'waits' | 'nobody'> { return await this.acts.seal(draft, item, row, conversation) }
  async controlRefused (draft: Draft, item: Item, row: OutboxRow): Promise<void> {
    await this.acts.refused(draft, item, row)
    // The change that was first has a place in the log already.
    draft.after(() => { this.#on.quietly('catch up', this.#on.catchUp(item.chat)) })
  }
  async controlFailed (draft: Draft, { chat, id }: Item, error: ProtocolError): Promise<void> { await this.acts.failed(draft, chat, id, error) }
  wantKeysOf (chat: ChatId): void { this.#on.wantKeys([...this.states.current(chat)?.members.keys() ?? []]) }

  async begin (draft: Draft, { chat, place, envelope }: GroupEntry): Promise<'known' | 'entered' | 'unknown' | 'hopeless' | number> {
    const control = envelope?.kind === envelopeKinds.control ? this.#controlIn(envelope) : undefined
    // A group begins with it: nothing has to be known.
    if (control?.act.act === 'create' && await this.states.stateOf(draft, chat) === undefined) return 'known'
    return await this.states.begin(draft, { chat, place, ...(control === undefined ? {} : { control: { read: control, bytes: envelope!.control! } }) })
  }

  async takeControl (draft: Draft, { chat, conversation, place, envelope }: GroupEntry & { readonly envelope: Envelope }, isOwnDevice: boolean): Promise<void> {
    let error: ProtocolError | undefined
    try {
      error = await this.states.take(draft, { chat, conversation, place, control: verifyControlEnvelope(this.#on.primitives, envelope), bytes: envelope.control!, isOwnDevice })
    } catch (thrown) {
      if (!isProtocolError(thrown)) throw thrown
      this.states.warnVoid(draft, chat, thrown)
      error = thrown
    }
    if (isOwnDevice) await this.acts.passed(draft, chat, envelope.messageId, error)
  }

  async checkSender (draft: Draft, chat: ChatId, place: GroupPlace, envelope: Envelope): Promise<void> {
    const state = await this.states.stateOf(draft, chat)
    // Behind the snapshot that this device began with, others may have been in the group.
    if (state === undefined || place.epoch < state.epoch || (place.epoch === state.epoch && place.seq < state.seq)) return
    // Who is out does not know who has come since.
    if (!state.members.has(this.#on.own.account)) return
    if (!state.members.has(envelope.sender)) throw new ProtocolError('NOT_A_MEMBER')
    if (envelope.kind === envelopeKinds.content && !maySend(state, envelope.sender)) throw new ProtocolError('NOT_ALLOWED')
  }

  // --- inside

  /** Sealed by a state that is gone, since the store is an older copy: made again from the history. */
  async #contentOf (draft: Draft, chat: ChatId, id: MessageId): Promise<Uint8Array | undefined> {
    const row = await this.#on.history.find(draft, chat, 'out', id)
    return row === undefined || row.isDeleted === true ? undefined : await this.#sealer.contentOf(draft, chat, row)
  }

  #controlIn (envelope: Envelope): Control | undefined {
    try {
      return verifyControlEnvelope(this.#on.primitives, envelope)
    } catch (error) {
      // What is not valid is void, and reported where it is taken.
      if (!isProtocolError(error)) throw error
      return undefined
    }
  }

  async #onChanged (draft: Draft, step: GroupStep): Promise<void> {
    const { chat, before, after, change, isOwnDevice } = step
    const { own, events } = this.#on
    const isIn = after.members.has(own.account)
    if (before !== undefined && change === undefined) await this.acts.reset(draft, chat)
    const gone = before === undefined ? [] : [...before.members.keys()].filter((account) => !after.members.has(account))
    const come = before === undefined ? [] : [...after.members.keys()].filter((account) => !before.members.has(account))
    for (const account of gone) {
      const key = `${chat}/${account}`
      draft.write(this.tables.former, key, withSpan(await draft.read(this.tables.former, key), { sinceSeq: before!.members.get(account)!.sinceSeq, untilSeq: step.place.seq }))
    }
    if (gone.length > 0) {
      await this.keys.retire(draft, chat)
      await this.profiles.retire(draft, chat)
    }
    if (come.length > 0) await this.keys.owe(draft, chat, come)
    const isBrought = change === undefined || (change.actor !== own.account && (change.act.act === 'add' || change.act.act === 'create'))
    if (isIn && before?.members.has(own.account) !== true && isBrought) await this.asked?.added(draft, chat, change?.actor)
    if (before?.profile !== after.profile) await this.profiles.show(draft, chat, after)
    if (isOwnDevice && change?.act.act === 'add') await this.welcomes.compose(draft, after, change.act.accounts)
    // The founder's device tells everybody the group's name at once; in other groups keys go with the first message.
    const isNewKey = change?.act.act === 'profile' && isOwnDevice
    if (isOwnDevice && change?.act.act === 'create') {
      await this.keys.prepare(draft, chat, after, after.members.size > limits.pairwiseGroupDevices)
    } else if (isNewKey) {
      await this.keys.owe(draft, chat, 'all')
      draft.after(() => { this.keys.give(chat) })
    }
    this.#contests.changed(draft, step)
    const info = await this.states.infoOf(draft, chat)
    draft.after(() => {
      events.emit('group', groupEventOf(step, own.account, info.name))
      this.receipts.evaluate(chat)
      // Who is out hears of what waits that it cannot be sent.
      this.#on.quietly('seal', this.#on.outbox().sealWaiting(chat))
    })
  }
}

export const groupConversationOf = (chat: ChatId): GroupConversation => conversationFromId(chat as GroupConversation['id']) as GroupConversation
