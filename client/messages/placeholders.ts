/**
 * What could not be opened: kept, shown in its place as such, and waiting for its key or a copy where one may come.
 */
import type { Clock } from '../../protocol/clock.ts'
import type { Envelope } from '../../protocol/envelope.ts'
import type { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { isGroupChat, isPairChat, type ChatId } from '../chat-id.ts'
import type { Unaddressed } from '../devices/missed.ts'
import type { Events } from '../events.ts'
import type { Draft } from '../store/ledger.ts'
import { positionKey, type MessageRow, type Tables } from '../store/tables.ts'
import { admissionOf, type MessageGate } from './gate.ts'
import type { GroupPort } from './group-port.ts'
import { messageOf, type History } from './history.ts'
import type { Arrival, Place } from './log-entry.ts'
import type { Warnings } from './warnings.ts'

export interface PlaceholderComponents {
  readonly tables: Tables
  readonly history: History
  readonly events: Events
  readonly clock: Clock
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  /** There is nothing in an entry for this device, or nothing that can be opened: its other devices may have it. */
  readonly onUnaddressed: (draft: Draft, entry: Unaddressed) => Promise<void>
  readonly groups: GroupPort
  /** Who may be heard; none: everybody. */
  readonly gates: readonly MessageGate[]
}

/** Where a placeholder stands: the message that takes its place stands there, too. */
export function placeOf (row: MessageRow | undefined): Place | undefined {
  return row?.epoch === undefined || row.seq === undefined ? undefined : { epoch: row.epoch, seq: row.seq }
}

export class Placeholders {
  readonly #on: PlaceholderComponents
  readonly #warnings: Warnings

  constructor (components: PlaceholderComponents, warnings: Warnings) {
    this.#on = components
    this.#warnings = warnings
  }

  /** It cannot be opened, or not yet. */
  async keep (draft: Draft, arrival: Arrival, envelope: Envelope, bytes: Uint8Array, error: ProtocolError): Promise<void> {
    if (isGroupChat(arrival.chat) && error.action === 'rekey') await this.#keepWaiting(draft, arrival, envelope, bytes, error)
    else await this.#keepUnopened(draft, arrival, envelope, bytes, error)
  }

  /** What may be opened later waits for its key, or for a copy; the person sees that something is on its way. */
  async #keepWaiting (draft: Draft, { chat, entry }: Arrival, envelope: Envelope, bytes: Uint8Array, error: ProtocolError): Promise<void> {
    const { own, groups, gates } = this.#on
    const { messageId: id, sender, senderDevice: device, kind } = envelope
    await groups.keep(draft, { chat, epoch: entry.epoch, seq: entry.seq }, { id, sender, device, kind, isBroken: error.code !== 'NO_SENDER_KEY', isStrange: false, isAddressed: envelope.ciphertexts.some((one) => one.device === undefined || one.device === own.device) }, bytes)
    if (kind === envelopeKinds.content && sender !== own.account && await admissionOf(gates, draft, { chat, sender, isText: false }) !== 'drop') this.#add(draft, chat, envelope, entry, 'waiting for this message')
  }

  /** Kept, and shown in its place; receipts are only reported. */
  async #keepUnopened (draft: Draft, { chat, entry }: Arrival, envelope: Envelope, bytes: Uint8Array, error: ProtocolError): Promise<void> {
    const { own, tables, clock, groups, gates, onUnaddressed } = this.#on
    const isForged = error.code === 'BAD_CONVERSATION' || error.code === 'BAD_MESSAGE_ID'
    // A device that was unlinked a moment ago has still acknowledged something: nobody misses that.
    const isMissed = error.code !== 'UNKNOWN_DEVICE' || envelope.kind === envelopeKinds.content
    if (isMissed) this.#warnings.warn(draft, isForged ? 'refused' : 'undecryptable', chat, `${isForged ? 'A message was refused' : 'A message came that cannot be opened'} (${error.code}).`, envelope)
    draft.write(tables.unopened, `${chat}/${positionKey(entry.epoch, entry.seq)}`, { atMs: clock.nowMs(), envelope: bytes })
    if (isForged) return
    const { messageId: id, sender, senderDevice: device, kind } = envelope
    const missed = { chat, id, sender, kind, place: { epoch: entry.epoch, seq: entry.seq } }
    if (sender === own.account || kind !== envelopeKinds.content) {
      await onUnaddressed(draft, missed)
      return
    }
    const admission = await admissionOf(gates, draft, { chat, sender, isText: false })
    if (admission === 'drop') return
    this.#add(draft, chat, envelope, entry, 'this message could not be opened')
    if (isPairChat(chat)) await onUnaddressed(draft, missed)
    if (admission !== 'show') return
    const isStrange = error.code === 'UNKNOWN_DEVICE'
    await groups.keep(draft, { chat, epoch: entry.epoch, seq: entry.seq }, { id, sender, device, kind, isBroken: !isStrange, isStrange, isAddressed: true }, bytes)
  }

  #add (draft: Draft, chat: ChatId, { messageId, conversation, sender }: Envelope, { epoch, seq }: Place, error: string): void {
    const nowMs = this.#on.clock.nowMs()
    this.#on.history.add(draft, { id: messageId, conversation: conversation.id, chat, sender, direction: 'in', text: '', sentAtMs: nowMs, receivedAtMs: nowMs, state: 'failed', error }, { epoch, seq })
  }

  /** An earlier try that could not be opened either: nothing of it is left to show. */
  async forget (draft: Draft, chat: ChatId, id: MessageId): Promise<void> {
    const row = await this.#on.history.find(draft, chat, 'in', id)
    if (row?.state !== 'failed') return
    this.#on.history.remove(draft, row)
    this.settle(draft, chat, row)
  }

  /** What was kept of a placeholder goes. */
  settle (draft: Draft, chat: ChatId, row: MessageRow): void { this.#on.groups.settled(draft, { chat, ...placeOf(row) ?? { epoch: 0, seq: 0 } }) }

  /** Nobody gives it any more: its placeholder says so. @param isLost its sender has said that */
  async giveUp (draft: Draft, chat: ChatId, id: MessageId, isLost = false): Promise<void> {
    const { history, events } = this.#on
    const row = await history.find(draft, chat, 'in', id)
    if (row?.state !== 'failed') return
    const after = { ...row, ...(isLost ? { isLost, error: 'this message was lost: the sender\'s device does not have it any more' } : { error: 'this message could not be opened' }) }
    history.replace(draft, after)
    // That it could not be opened was said when it came.
    if (!isLost) this.#warnings.warn(draft, 'undecryptable', chat, 'A message could not be opened, and its sender did not give it again.')
    draft.after(() => { events.emit('update', messageOf(after)) })
  }
}
