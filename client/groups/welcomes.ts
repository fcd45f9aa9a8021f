/**
 * What who adds somebody tells them beside the log: the state of the group, the key of its name, and earlier messages when
 * an admin shares some. It travels in the conversation of the two.
 */
import { toHex } from '../../protocol/bytes.ts'
import { conversationFromBytes, type GroupConversation } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { GroupState } from '../../protocol/groups/membership.ts'
import { snapshotOf, stateFromSnapshot } from '../../protocol/groups/snapshot.ts'
import { deviceIdOfKey, messageIdFromBytes, type AccountId, type DeviceId, type MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { unpad } from '../../protocol/e2ee/padding.ts'
import { decode } from '../../protocol/wire/codec.ts'
import { Content as WireContent } from '../../protocol/wire/gen/content.js'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import type { ChatId } from '../chat-id.ts'
import { extrasOf, type Body, type BodyTaker, type OpenedMessage } from '../messages/bodies.ts'
import { decodeContent, encodeContent } from '../messages/content.ts'
import type { History } from '../messages/history.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { Devices } from '../keys/devices.ts'
import { fromHex } from '../store/stored.ts'
import type { MessageRow } from '../store/tables.ts'
import type { GroupTables } from './group-tables.ts'
import type { Profiles } from './profiles.ts'
import type { GroupStates } from './states.ts'

export interface WelcomeComponents {
  readonly ledger: Ledger
  readonly groupTables: GroupTables
  readonly states: GroupStates
  readonly profiles: Profiles
  readonly history: History
  readonly devices: Devices
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  /** Learn somebody's device list. @throws ProtocolError */
  readonly refresh: (account: AccountId) => Promise<void>
  readonly compose: (draft: Draft, message: { chat: ChatId, body: Body, kind: number }) => Promise<unknown>
  readonly onWelcome: (draft: Draft, chat: ChatId, sender: AccountId) => Promise<void>
}

/** What one Welcome carries in all, so that twenty devices' copies fit into an envelope, padded. */
const welcomeBytes = 7 * 1024
const sharedMessages = 100
/** Device lists that are asked for, to say who wrote what is shared. */
const listsAsked = 30
const empty = new Uint8Array(0)

export class Welcomes implements BodyTaker {
  readonly kinds = ['welcome'] as const
  readonly #on: WelcomeComponents
  /** Whom earlier messages are shared with, once they are in. */
  readonly #sharing = new Map<ChatId, Set<AccountId>>()
  #isPlacing = false
  #isMore = false

  constructor (components: WelcomeComponents) { this.#on = components }

  /** Earlier messages are for these people, too: said when they are added. Forgotten with a restart before the sequencer has answered. */
  share (chat: ChatId, accounts: readonly AccountId[]): void {
    this.#sharing.set(chat, new Set([...this.#sharing.get(chat) ?? [], ...accounts]))
  }

  /** This device has added them. */
  async compose (draft: Draft, state: GroupState, accounts: readonly AccountId[]): Promise<void> {
    const { profiles, compose } = this.#on
    const chat: ChatId = state.conversation.id
    const key = await profiles.currentKey(draft, chat)
    const whole = snapshotOf(state)
    // A larger one the relay gives.
    const snapshot = whole.byteLength <= welcomeBytes ? whole : empty
    const sharing = this.#sharing.get(chat)
    for (const account of accounts) {
      const shared = sharing?.delete(account) === true ? await this.#earlier(draft, chat, state.conversation) : []
      const parts = inParts(shared)
      for (const [i, part] of [snapshot.byteLength > 0 || parts.length === 0 ? [] : undefined, ...parts].entries()) {
        if (part === undefined || (i === 0 && snapshot.byteLength === 0)) continue
        await compose(draft, {
          chat: account,
          body: { kind: 'welcome', snapshot: i === 0 ? snapshot : empty, profileKeyId: key?.id ?? empty, profileKey: key?.key ?? empty, shared: part },
          kind: envelopeKinds.content
        })
      }
    }
  }

  async take (draft: Draft, { body, chat: from, sender, isOwn }: OpenedMessage): Promise<void> {
    // [IGNORE] what another device of this account has told somebody
    if (body.kind !== 'welcome' || isOwn || from !== sender) return
    const { states, profiles } = this.#on
    try {
      const state = body.snapshot.byteLength === 0 ? undefined : stateFromSnapshot(body.snapshot)
      const chat: ChatId | undefined = state?.conversation.id ?? (body.shared[0] === undefined ? undefined : groupOf(body.shared[0]).id)
      // [IGNORE] about no group, or one that its sender is not in
      if (chat === undefined) return
      const known = await states.stateOf(draft, chat)
      if (!(known ?? state)?.members.has(sender)) return
      if (state !== undefined) await states.offer(draft, chat, state)
      await this.#on.onWelcome(draft, chat, sender)
      if (body.profileKey.byteLength > 0) await profiles.takeKey(draft, chat, { id: body.profileKeyId, key: body.profileKey })
      // Of this group; anything else is not this Welcome's to share.
      for (const content of body.shared) {
        const { conversation, messageId } = bindingOf(content)
        if (conversation.id === chat) draft.write(this.#on.groupTables.shared, `${chat}/${messageId}`, { giver: sender, content: toHex(content) })
      }
      if (body.shared.length > 0) draft.after(() => { this.#placeSoon() })
    } catch (error) {
      // [IGNORE] a Welcome that cannot be read: the log and the relay tell the same
      if (!isProtocolError(error)) throw error
    }
  }

  /** What an earlier run, or a connection that was lost, has left. */
  resume (): void { this.#placeSoon() }

  #placeSoon (): void {
    this.#isMore = true
    if (this.#isPlacing) return
    this.#isPlacing = true
    this.#placeAll().catch(() => { /* the store's failure: the next connection goes on */ }).finally(() => { this.#isPlacing = false })
  }

  /** Messages from before stand before the log of this account. Whose they are is in the device lists of the group. */
  async #placeAll (): Promise<void> {
    const { ledger, groupTables, states, devices, refresh } = this.#on
    while (this.#isMore) {
      this.#isMore = false
      const rows = await ledger.range(groupTables.shared, { from: '', to: '\x7f', limit: sharedMessages })
      for (const chat of new Set(rows.map(({ key }) => key.slice(0, key.indexOf('/')) as ChatId))) {
        let asked = 0
        for (const account of states.current(chat)?.members.keys() ?? []) {
          const isKnown = await ledger.run(async (draft) => await devices.listOf(draft, account) !== undefined)
          // Of those that stay unknown, the admin who shares them is shown.
          if (!isKnown && ++asked <= listsAsked) await refresh(account).catch(() => { /* not now: see above */ })
        }
      }
      if (rows.length > 0) {
        await ledger.run(async (draft) => {
          for (const { key, value: { giver, content } } of rows) {
            await this.#place(draft, key.slice(0, key.indexOf('/')) as ChatId, giver, fromHex(content))
            draft.erase(groupTables.shared, key)
          }
        })
        this.#isMore = true
      }
    }
  }

  async #place (draft: Draft, chat: ChatId, giver: AccountId, bytes: Uint8Array): Promise<void> {
    const { history, own } = this.#on
    try {
      const { conversation, messageId, senderDevice } = bindingOf(bytes)
      const { body, sentAtMs, previous } = decodeContent(bytes, { conversation, messageId, senderDevice })
      if (conversation.id !== chat || body.kind !== 'text' || previous === undefined) return
      const author = await this.#authorOf(draft, chat, senderDevice) ?? giver
      const direction = author === own.account ? 'out' : 'in'
      // [IGNORE] here already
      if (await history.find(draft, chat, direction, messageId) !== undefined) return
      history.add(draft, {
        id: messageId, conversation: conversation.id, chat, sender: author, direction, text: body.text, sentAtMs, receivedAtMs: sentAtMs,
        state: direction === 'in' ? 'read' : 'sent', ...extrasOf(body)
      }, { epoch: previous.epoch, seq: previous.seq })
    } catch (error) {
      // [IGNORE] nothing that can be shown
      if (!isProtocolError(error)) throw error
    }
  }

  /** Who of the group has that device, as far as lists are known. */
  async #authorOf (draft: Draft, chat: ChatId, device: DeviceId): Promise<AccountId | undefined> {
    const state = await this.#on.states.stateOf(draft, chat)
    for (const account of state?.members.keys() ?? []) {
      if ((await this.#on.devices.listOf(draft, account))?.list.devices.some(({ id }) => id === device) === true) return account
    }
    return undefined
  }

  /** The newest texts of the group, as Content each: told in this device's words, since only their authors have the originals. */
  async #earlier (draft: Draft, chat: ChatId, conversation: GroupConversation): Promise<Uint8Array[]> {
    const { ledger, history, devices, own } = this.#on
    const rows = (await history.page(ledger, chat, { limit: sharedMessages })).filter(isShareable)
    const shared: Uint8Array[] = []
    for (const row of rows) {
      const list = await devices.listOf(draft, row.sender)
      const device = list?.list.devices[0]?.id
      if (list === undefined || device === undefined) continue
      shared.push(encodeContent({ conversation, messageId: row.id, senderDevice: row.sender === own.account ? own.device : device }, {
        sentAtMs: row.sentAtMs,
        previous: { epoch: row.epoch!, seq: row.seq!, hash: new Uint8Array(32) },
        senderList: { epoch: list.list.epoch, hash: list.hash },
        body: { kind: 'text', text: row.text, ...extrasOf(row) }
      }))
    }
    return shared.filter((content) => content.byteLength <= welcomeBytes)
  }
}

/** Not what disappears, nor what stands in place of a text. */
const isShareable = (row: MessageRow): boolean =>
  row.epoch !== undefined && row.seq !== undefined && row.error === undefined && row.expiresAfterS === undefined && row.viewOnce !== true && row.isDeleted !== true

function inParts (contents: readonly Uint8Array[]): Uint8Array[][] {
  const parts: Uint8Array[][] = []
  let bytes = Infinity
  for (const content of contents) {
    if (bytes + content.byteLength > welcomeBytes) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)!.push(content)
    bytes += content.byteLength
  }
  return parts
}

function bindingOf (padded: Uint8Array): { conversation: GroupConversation, messageId: MessageId, senderDevice: DeviceId } {
  const wire = decode(WireContent, unpad(padded))
  const conversation = conversationFromBytes(wire.conversation)
  if (conversation.kind !== 'group' || padded.byteLength > limits.envelopeBytes) throw new ProtocolError('BAD_CONVERSATION')
  return { conversation, messageId: messageIdFromBytes(wire.messageId), senderDevice: deviceIdOfKey(wire.senderDevice) }
}

const groupOf = (content: Uint8Array): GroupConversation => bindingOf(content).conversation
