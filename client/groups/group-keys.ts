/**
 * What this device gives to the others of a group, and what it has been given: sender keys, receipt keys, profile keys.
 * They travel as `groupKeys` bodies in the conversation with each member (with one's own other devices: among them).
 *
 * Owns: the own sender key of each group, when a new one begins, who is still to be given it. Spec: docs/protocol/groups.md
 */
import { toHex } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import { selfConversation } from '../../protocol/conversation.ts'
import type { GroupCipher } from '../../protocol/e2ee/group-cipher.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { deriveReceiptKey } from '../../protocol/e2ee/receipt-key.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { GroupState } from '../../protocol/groups/membership.ts'
import type { AccountId, DeviceId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import type { ChatId } from '../chat-id.ts'
import type { Devices, PinnedList } from '../keys/devices.ts'
import { clientLimits } from '../limits.ts'
import type { Body, BodyTaker, OpenedMessage } from '../messages/bodies.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { fromHex } from '../store/stored.ts'
import type { GroupTables, OwnKeyRow } from './group-tables.ts'
import type { Profiles } from './profiles.ts'
import type { GroupStates } from './states.ts'

export interface GroupKeyComponents {
  readonly ledger: Ledger
  readonly groupTables: GroupTables
  readonly devices: Devices
  readonly states: GroupStates
  readonly profiles: Profiles
  readonly cipher: GroupCipher
  readonly primitives: Primitives
  readonly clock: Clock
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  readonly compose: (draft: Draft, message: { chat: ChatId, body: Body, kind: number }) => Promise<unknown>
  readonly wantKeys: (accounts: readonly AccountId[]) => void
  /** Was looked for, and has no keys to give now. */
  readonly isUnavailable: (account: AccountId) => boolean
  /** What waited for keys to be given may be sealed. */
  readonly onGiven: (chat: ChatId) => void
  /** That device's messages in the group can be opened. */
  readonly onSenderKey: (draft: Draft, chat: ChatId, device: DeviceId) => void
  /** That member can be told what is here of theirs. */
  readonly onReceiptKey: (draft: Draft, chat: ChatId, giver: AccountId, key: Uint8Array) => Promise<void>
  /** What the person calls themselves; empty: nothing. */
  readonly ownName: (draft: Draft) => Promise<string>
  readonly onName: (draft: Draft, account: AccountId, name: string) => Promise<void>
}

const noKeys: OwnKeyRow = { toGive: [] }
const secretKey = 'secret'
const secretBytes = 32

export class GroupKeys implements BodyTaker {
  readonly kinds = ['groupKeys'] as const
  readonly #on: GroupKeyComponents
  readonly #giving = new Set<ChatId>()
  readonly #again = new Set<ChatId>()
  /** Keys taken of people who are not known to be in the group yet: bounded for each run. */
  #taken = 0

  constructor (components: GroupKeyComponents) { this.#on = components }

  async load (): Promise<void> { await this.#on.ledger.preload(this.#on.groupTables.ownKeys) }

  // --- own keys

  /**
   * Has everybody who can be reached what they need for the next message? Otherwise they are given it, `onGiven` follows.
   * @param isLarge the message is to be sealed with the sender key
   */
  async prepare (draft: Draft, chat: ChatId, state: GroupState, isLarge: boolean): Promise<boolean> {
    const { groupTables, cipher, clock } = this.#on
    let row = await draft.read(groupTables.ownKeys, chat)
    const isOld = row?.own !== undefined && cipher.needsRotation(fromHex(row.own), clock.nowMs())
    if (row === undefined || (isLarge && (row.own === undefined || isOld))) {
      row = { ...(isLarge ? { own: toHex(cipher.create(clock.nowMs())) } : {}), toGive: await this.#everybody(draft, state) }
      draft.write(groupTables.ownKeys, chat, row)
    }
    if (!this.#isOwing(state, row.toGive)) return true
    draft.after(() => { this.give(chat) })
    return !isLarge
  }

  /** Is there anybody to be given keys whom a message under the sender key has to wait for? */
  #isOwing (state: GroupState, toGive: readonly AccountId[]): boolean { return toGive.some((account) => state.members.has(account) && !this.#on.isUnavailable(account)) }

  /** @returns a SenderKeyMessage; undefined when there is no key */
  async seal (draft: Draft, chat: ChatId, plaintext: Uint8Array): Promise<Uint8Array | undefined> {
    const { groupTables, cipher } = this.#on
    const row = await draft.read(groupTables.ownKeys, chat)
    if (row?.own === undefined) return undefined
    const { next, message } = cipher.seal(fromHex(row.own), plaintext)
    draft.write(groupTables.ownKeys, chat, { ...row, own: toHex(next) })
    return message
  }

  /** What is sent from now on is not for everybody who has the present key. */
  async retire (draft: Draft, chat: ChatId): Promise<void> {
    const { groupTables } = this.#on
    const row = await draft.read(groupTables.ownKeys, chat)
    if (row?.own !== undefined) draft.write(groupTables.ownKeys, chat, { toGive: row.toGive })
  }

  /** These have to be given keys (again) before the next message. */
  async owe (draft: Draft, chat: ChatId, accounts: readonly AccountId[] | 'all'): Promise<void> {
    const { groupTables, states } = this.#on
    const known = await draft.read(groupTables.ownKeys, chat)
    // Nothing was given to anybody yet: everybody is given everything with the first message.
    if (known === undefined && accounts !== 'all') return
    const row = known ?? noKeys
    const state = await states.stateOf(draft, chat)
    const all = accounts === 'all' ? state === undefined ? [] : await this.#everybody(draft, state) : accounts
    draft.write(groupTables.ownKeys, chat, { ...row, toGive: [...new Set([...row.toGive, ...all])] })
  }

  /** Somebody's device list has changed: a device that is gone must not read on, one that has come needs keys. */
  async onDevices (draft: Draft, account: AccountId, before: PinnedList, after: PinnedList): Promise<void> {
    const now = new Set(after.list.devices.map(({ id }) => id))
    const isGone = before.list.devices.some(({ id }) => !now.has(id))
    const isNew = after.list.devices.some(({ id }) => !before.list.devices.some((one) => one.id === id))
    for (const [key, { members }] of [...this.#on.states.all()]) {
      if (!members.has(account)) continue
      if (isGone) await this.retire(draft, key as ChatId)
      if (isNew) await this.owe(draft, key as ChatId, [account])
    }
  }

  async #everybody (draft: Draft, state: GroupState): Promise<AccountId[]> {
    const { own, devices } = this.#on
    const hasOthers = ((await devices.listOf(draft, own.account))?.list.devices.length ?? 1) > 1
    return [...state.members.keys()].filter((account) => account !== own.account || hasOthers)
  }

  /** The relay can be reached again: what an earlier run owed in small groups. In large ones it goes with the next message. */
  resume (): void {
    for (const [chat, { toGive }] of this.#on.groupTables.ownKeys.cachedEntries()) {
      const size = this.#on.states.current(chat as ChatId)?.members.size ?? Infinity
      if (toGive.length > 0 && size <= limits.pairwiseGroupDevices) this.give(chat as ChatId)
    }
  }

  /** Keys came for this person, or it turned out that there are none: go on where that was waited for. */
  resumeFor (account: AccountId): void {
    for (const [key, { members }] of this.#on.states.all()) {
      if (members.has(account) && (this.#on.groupTables.ownKeys.cached(key)?.toGive.includes(account) ?? false)) this.give(key as ChatId)
    }
  }

  /** Write down what is owed for everybody whose devices are known, a part at a time. */
  give (chat: ChatId): void {
    if (this.#giving.has(chat)) { this.#again.add(chat); return }
    this.#giving.add(chat)
    this.#giveAll(chat).catch(() => { /* the store's failure: the next message or connection tries again */ }).finally(() => {
      this.#giving.delete(chat)
      // More has become known meanwhile.
      if (this.#again.delete(chat)) this.give(chat)
    })
  }

  async #giveAll (chat: ChatId): Promise<void> {
    while (await this.#on.ledger.run(async (draft) => await this.#giveSome(draft, chat)) >= clientLimits.keysGivenPerBatch);
  }

  /** @returns how many were given theirs: when it is as many as may be in one batch, there may be more */
  async #giveSome (draft: Draft, chat: ChatId): Promise<number> {
    const { groupTables, states, devices } = this.#on
    const row = await draft.read(groupTables.ownKeys, chat) ?? noKeys
    const state = await states.stateOf(draft, chat)
    if (state === undefined) return 0
    const left: AccountId[] = []
    const unknown: AccountId[] = []
    let given = 0
    for (const account of row.toGive) {
      if (!state.members.has(account)) continue
      if (given >= clientLimits.keysGivenPerBatch) { left.push(account); continue }
      const list = await devices.listOf(draft, account)
      if (list === undefined) {
        left.push(account)
        unknown.push(account)
        continue
      }
      await this.#giveTo(draft, state, account, list)
      given++
    }
    if (left.length < row.toGive.length) draft.write(groupTables.ownKeys, chat, { ...row, toGive: left })
    // Whoever finds that nothing is owed any more says so, also when others have given it: a message may have begun to wait meanwhile.
    if (!this.#isOwing(state, left)) draft.after(() => { this.#on.onGiven(chat) })
    if (unknown.length > 0) draft.after(() => { this.#on.wantKeys(unknown.filter((account) => !this.#on.isUnavailable(account))) })
    return given
  }

  /** One message for each device: its receipt key. The first carries what all of them need. */
  async #giveTo (draft: Draft, { conversation }: GroupState, account: AccountId, { list }: PinnedList): Promise<void> {
    const { own, primitives, compose } = this.#on
    const secret = await this.secret(draft)
    const isOwn = account === own.account
    const readers = list.devices.filter(({ id }) => id !== own.device)
    for (const [i, { id }] of readers.entries()) {
      const body: Body = {
        kind: 'groupKeys',
        group: conversation,
        forDevice: id,
        ...(isOwn ? {} : { receiptKey: deriveReceiptKey(primitives, secret, conversation, id) }),
        ...(i === 0 ? await this.common(draft, conversation.id) : {})
      }
      if (isOwn && i > 0) return
      await compose(draft, { chat: isOwn ? selfConversation(account).id : account, body, kind: envelopeKinds.keys })
    }
  }

  /** What every device of the group needs: to read this one's messages from here on, the group's name, and whose they are. */
  async common (draft: Draft, chat: ChatId): Promise<{ distribution?: Uint8Array, profileKeyId?: Uint8Array, profileKey?: Uint8Array, name?: string }> {
    const { groupTables, cipher, profiles } = this.#on
    const own = (await draft.read(groupTables.ownKeys, chat))?.own
    const profile = await profiles.currentKey(draft, chat)
    const name = await this.#on.ownName(draft)
    return {
      ...(name === '' ? {} : { name }),
      ...(own === undefined ? {} : { distribution: cipher.distribution(fromHex(own)) }),
      ...(profile === undefined ? {} : { profileKeyId: profile.id, profileKey: profile.key })
    }
  }

  /** From which receipt keys are made; all devices of the account should have the same. */
  async secret (draft: Draft): Promise<Uint8Array> {
    const { groupTables, primitives } = this.#on
    let secret = await draft.read(groupTables.secret, secretKey)
    if (secret === undefined) {
      secret = primitives.randomBytes(secretBytes)
      draft.write(groupTables.secret, secretKey, secret)
    }
    return secret
  }

  // --- keys of others

  async take (draft: Draft, { body, chat: from, sender, senderDevice, isOwn }: OpenedMessage): Promise<void> {
    if (body.kind !== 'groupKeys') return
    // [IGNORE] keys travel between two people, or among own devices
    if (from !== sender && !isOwn) return
    const { groupTables, states, own, cipher, profiles, onSenderKey, onReceiptKey } = this.#on
    const chat: ChatId = body.group.id
    const isMember = (await states.stateOf(draft, chat))?.members.has(sender) ?? false
    // [IGNORE] more of those who may be strangers than could be news of groups on their way
    if (!isMember && ++this.#taken > clientLimits.strangeKeys) return
    if (body.distribution !== undefined) {
      const key = `${chat}/${senderDevice}`
      try {
        draft.write(groupTables.received, key, cipher.accept(await draft.read(groupTables.received, key), body.distribution))
        onSenderKey(draft, chat, senderDevice)
      } catch (error) {
        // [IGNORE] no such key: what it would have opened is asked for again
        if (!isProtocolError(error, 'MALFORMED', 'TOO_LARGE', 'UNSUPPORTED_VERSION')) throw error
      }
    }
    if (body.profileKeyId !== undefined && body.profileKey !== undefined) await profiles.takeKey(draft, chat, { id: body.profileKeyId, key: body.profileKey })
    if (body.name !== undefined && !isOwn) await this.#on.onName(draft, sender, body.name)
    if (body.receiptKey !== undefined && body.forDevice === own.device && !isOwn) await onReceiptKey(draft, chat, sender, body.receiptKey)
  }

  /** @throws ProtocolError as GroupCipher.open; the draft is unchanged */
  async open (draft: Draft, chat: ChatId, device: DeviceId, message: Uint8Array): Promise<Uint8Array> {
    const { groupTables, cipher } = this.#on
    const key = `${chat}/${device}`
    const { next, plaintext } = cipher.open(await draft.read(groupTables.received, key), message)
    draft.write(groupTables.received, key, next)
    return plaintext
  }
}
