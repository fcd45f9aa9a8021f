/**
 * What people did with messages (reactions, edits, deletions, votes, pins, timers), kept for whoever did not get it: a sibling
 * for which it was not sealed (missed.ts), and the other person, when the device that did it was unlinked meanwhile.
 *
 * Kept while this account has other devices. The words of a peer's edit are not kept: they are taken from the history.
 */
import { toHex } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { isPairChat, type ChatId } from '../chat-id.ts'
import { targetKinds } from '../chat/act.ts'
import type { Body, BodyTaker, OpenedMessage } from '../messages/bodies.ts'
import { decodeBody, encodeBody } from '../messages/content.ts'
import type { History } from '../messages/history.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { fromHex } from '../store/stored.ts'
import type { Tables } from '../store/tables.ts'
import type { DeviceTables } from './device-tables.ts'

export interface KeptActComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly deviceTables: DeviceTables
  readonly history: History
  readonly clock: Clock
  readonly own: { readonly account: AccountId }
  readonly hasOthers: (draft: Draft) => Promise<boolean>
}

/** An act as it is given to a sibling: the body encoded as hex. */
export interface GivenAct { readonly id: MessageId, readonly sender: AccountId, readonly sentAtMs: number, readonly act: string }

const keptMs = 30 * 24 * 60 * 60_000
/** Of other people, in all; that many more may be there until they are counted. */
const maxKept = 2_000
const countEvery = 500

export const actKinds = [...targetKinds, 'timer'] as const
export const isAct = ({ kind }: Body): boolean => actKinds.some((one) => one === kind)

export class KeptActs implements BodyTaker {
  readonly kinds = actKinds
  readonly #on: KeptActComponents
  #written = 0

  constructor (components: KeptActComponents) { this.#on = components }

  async load (): Promise<void> { await this.#prune() }

  async take (draft: Draft, { chat, id, isOwn, sentAtMs, receivedAtMs, body }: OpenedMessage): Promise<void> {
    const { tables, deviceTables, hasOthers } = this.#on
    // A group gives copies to whoever asks.
    if (!isPairChat(chat) || !isAct(body) || !await hasOthers(draft)) return
    const key = `${chat}/${id}`
    if (isOwn) {
      // Sent again by another device: what is known of an own one says more.
      if (await draft.read(tables.outbox, key) === undefined && await draft.read(tables.again, key) === undefined) draft.write(tables.again, key, { kind: envelopeKinds.content, sentAtMs, body: toHex(encodeBody(body)), isSibling: true })
      return
    }
    draft.write(deviceTables.acts, key, { sentAtMs, receivedAtMs, ...(body.kind === 'edit' ? { edits: body.messageId } : { body: toHex(encodeBody(body)) }) })
    if (++this.#written % countEvery === 0) draft.after(() => { this.#prune().catch(() => { /* the store's failure: counted again later */ }) })
  }

  /** @returns undefined when it is none, or nothing is left of what it was about */
  async find (draft: Draft, chat: ChatId, id: MessageId): Promise<GivenAct | undefined> {
    const { tables, deviceTables, history, own } = this.#on
    if (!isPairChat(chat)) return undefined
    const key = `${chat}/${id}`
    const theirs = await draft.read(deviceTables.acts, key)
    if (theirs?.body !== undefined) return { id, sender: chat, sentAtMs: theirs.sentAtMs, act: theirs.body }
    if (theirs?.edits !== undefined) {
      const message = await history.find(draft, chat, 'in', theirs.edits)
      if (message === undefined || message.state === 'failed') return undefined
      // Deleted since, by its author, as nobody else can between two people.
      const body: Body = message.isDeleted === true ? { kind: 'deletion', messageId: theirs.edits } : { kind: 'edit', messageId: theirs.edits, text: message.text, mentions: message.mentions ?? [] }
      return { id, sender: chat, sentAtMs: message.editedAtMs ?? theirs.sentAtMs, act: toHex(encodeBody(body)) }
    }
    const ours = await draft.read(tables.outbox, key) ?? await draft.read(tables.again, key)
    if (ours?.body === undefined || ours.kind !== envelopeKinds.content || !isAct(decodeBody(fromHex(ours.body)))) return undefined
    return { id, sender: own.account, sentAtMs: ours.sentAtMs, act: ours.body }
  }

  async #prune (): Promise<void> {
    const { ledger, deviceTables, clock } = this.#on
    const rows = await ledger.range(deviceTables.acts, { from: '', to: '\x7f' })
    rows.sort((a, b) => b.value.receivedAtMs - a.value.receivedAtMs)
    const old = rows.filter(({ value }, i) => i >= maxKept || value.receivedAtMs + keptMs < clock.nowMs())
    if (old.length > 0) await ledger.run((draft) => { for (const { key } of old) draft.erase(deviceTables.acts, key) })
  }
}
