/**
 * Stretches of a group's log that no relay has any more, though this account was in it: the others are asked for what they wrote
 * there, and what they give is shown where it stood. And the other way round.
 *
 * Between two people a receipt tells its sender what is missing (messages/outbox.ts); in a group marks are cumulative and do not.
 * Owns: who is asked, what is given. Asked once: question and answer are messages. Spec: docs/protocol/groups.md §11
 */
import { conversationFromId, type GroupConversation } from '../../protocol/conversation.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import type { ChatId } from '../chat-id.ts'
import { clientLimits } from '../limits.ts'
import { AnswerCounts } from '../messages/answer-counts.ts'
import type { Body, BodyTaker, OpenedMessage, Stretch } from '../messages/bodies.ts'
import { bodyInside } from '../messages/content.ts'
import type { History } from '../messages/history.ts'
import type { Place } from '../messages/log-entry.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { isStoreFailure } from '../store/store.ts'
import { isInHole, placeOfKey, type Hole, type Tables } from '../store/tables.ts'
import type { GroupTables } from './group-tables.ts'
import type { GroupStates } from './states.ts'

export interface GroupHoleComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly groupTables: GroupTables
  readonly history: History
  readonly states: GroupStates
  readonly own: { readonly account: AccountId }
  readonly compose: (draft: Draft, message: { chat: ChatId, body: Body, kind: number }) => Promise<unknown>
  /** @param copy padded Content. @throws ProtocolError: it is none of the group's at that place */
  readonly fill: (draft: Draft, place: Place & { readonly chat: ChatId }, message: { readonly conversation: GroupConversation, readonly sender: AccountId, readonly messageId: MessageId }, copy: Uint8Array) => Promise<void>
}

export class GroupHoles implements BodyTaker {
  readonly kinds = ['resend', 'copy'] as const
  readonly #on: GroupHoleComponents
  /** By device and group. */
  readonly #answers = new AnswerCounts()

  constructor (components: GroupHoleComponents) { this.#on = components }

  /** Ask the others, in small groups all of them. */
  async ask (draft: Draft, chat: ChatId, hole: Hole): Promise<void> {
    const { states, own, compose } = this.#on
    const [after, through] = [placeOfKey(hole.after), placeOfKey(hole.through)]
    // So much has expired: that is not to come again.
    if (after.epoch < 1 || after.seq < 1 || through.seq - after.seq > clientLimits.groupHoleEntries) return
    const others = [...(await states.stateOf(draft, chat))?.members.keys() ?? []].filter((account) => account !== own.account)
    const group = conversationFromId(chat as GroupConversation['id']) as GroupConversation
    for (const account of others.length <= clientLimits.groupHoleAsked ? others : await this.#latest(draft, chat, others)) {
      await compose(draft, { chat: account, body: { kind: 'resend', group, ids: [], stretch: { after, through } }, kind: envelopeKinds.keys })
    }
  }

  /** Those who wrote last. */
  async #latest (draft: Draft, chat: ChatId, others: readonly AccountId[]): Promise<AccountId[]> {
    const wrote = await Promise.all(others.map(async (account) => ({ account, atMs: (await draft.read(this.#on.groupTables.marks, `${chat}/${account}`))?.atMs ?? 0 })))
    return wrote.sort((one, other) => other.atMs - one.atMs).slice(0, clientLimits.groupHoleAsked).map(({ account }) => account)
  }

  async take (draft: Draft, { body, chat, sender, senderDevice, isOwn }: OpenedMessage): Promise<void> {
    // [IGNORE] asked and answered between two people
    if (isOwn || chat !== sender) return
    if (body.kind === 'resend' && body.stretch !== undefined && this.#answers.count(`${senderDevice}/${body.group.id}`) <= clientLimits.groupHoleAnswers) await this.#answer(draft, sender, body.group, body.stretch)
    if (body.kind === 'copy' && body.stoodAt !== undefined) await this.#takeCopy(draft, sender, body, body.stoodAt)
  }

  /** SPEC(groups §11) Only what got its place while the asker was in the group. */
  async #answer (draft: Draft, asker: AccountId, group: GroupConversation, { after, through }: Stretch): Promise<void> {
    const { compose, groupTables, history, ledger, states } = this.#on
    const chat: ChatId = group.id
    // [IGNORE] more than anybody asks for
    if (through.seq - after.seq > clientLimits.groupHoleEntries) return
    const wasIn = await states.whenIn(draft, chat, asker)
    for (const { key, value: { seq, content } } of await ledger.range(groupTables.contents, { from: `${chat}/`, to: `${chat}/\x7f` })) {
      if (seq <= after.seq || seq > through.seq || !wasIn(seq)) continue
      const messageId = key.slice(chat.length + 1) as MessageId
      const body = bodyInside(content)
      const row = await history.find(draft, chat, 'out', body.kind === 'edit' ? body.messageId : messageId)
      // What was deleted, or has disappeared, does not come again, nor what it was changed to.
      if (row === undefined ? body.kind === 'text' || body.kind === 'edit' : row.isDeleted === true || row.openedBy !== undefined || row.state === 'failed') continue
      const stoodAt = body.kind === 'edit' || row?.epoch === undefined || row.seq === undefined ? { epoch: through.epoch, seq } : { epoch: row.epoch, seq: row.seq }
      await compose(draft, { chat: asker, body: { kind: 'copy', group, messageId, content, stoodAt }, kind: envelopeKinds.keys })
    }
  }

  async #takeCopy (draft: Draft, sender: AccountId, { group, messageId, content }: Extract<Body, { kind: 'copy' }>, stoodAt: Place): Promise<void> {
    const { fill, tables } = this.#on
    const chat: ChatId = group.id
    // [IGNORE] where this device was given everything: nobody puts words between others that were said long ago
    if (!isInHole(stoodAt, await draft.read(tables.logs, chat))) return
    const child = draft.child()
    try {
      await fill(child, { chat, ...stoodAt }, { conversation: group, sender, messageId }, content)
      draft.absorb(child)
    } catch (error) {
      // [IGNORE] nothing that this member may have written there
      if (!isProtocolError(error) || isStoreFailure(error)) throw error
    }
  }
}
