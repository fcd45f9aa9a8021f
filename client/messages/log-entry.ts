/**
 * One entry of a conversation log, as a relay gives it, and where it stands.
 */
import type { Conversation } from '../../protocol/conversation.ts'
import type { DeviceId, MessageId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import type { LogRow } from '../store/tables.ts'

export interface Place { readonly epoch: number, readonly seq: number }

export interface LogEntry extends Place {
  readonly envelope?: Uint8Array
  /** In place of an envelope that this device sent itself. */
  readonly reference?: { readonly messageId: MessageId, readonly senderDevice: DeviceId }
  /** Known from the answer to a submit, not delivered. */
  readonly isOutcome?: boolean
}

/** An entry whose turn it is. */
export interface Arrival {
  readonly chat: ChatId
  readonly conversation: Conversation
  readonly log: LogRow
  readonly entry: LogEntry
}

/** Taken before. */
export const isBehind = ({ epoch, seq }: Place, log: LogRow): boolean => epoch < log.epoch || (epoch === log.epoch && seq <= log.seq)
