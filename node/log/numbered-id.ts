/**
 * What a log remembers of a message that has its number, as it travels to another home that goes on with the log; checked when it comes.
 */
import { ProtocolError } from '../../protocol/errors.ts'
import { messageIdFromBytes, messageIdToBytes } from '../../protocol/ids.ts'
import type { NumberedId } from '../../protocol/wire/gen/log.js'
import { senderTagFromBytes, senderTagToBytes } from '../store/sender-tag.ts'
import type { SequencedMessage } from '../store/store.ts'

export const wireNumberedId = ({ epoch, seq, sender, messageId, storedAtMs }: SequencedMessage): NumberedId =>
  ({ epoch, seq, sender: senderTagToBytes(sender), messageId: messageIdToBytes(messageId), storedAtMs })

export interface NumberedBounds { readonly fromSeq: number, readonly throughSeq: number, readonly maxEpoch: number, readonly nowMs: number }

/** [REJECT] a number or an epoch beyond these. What was stored in time to come would never be forgotten. @throws ProtocolError MALFORMED, BAD_MESSAGE_ID */
export function readNumberedId ({ epoch, seq, sender, messageId, storedAtMs }: NumberedId, { fromSeq, throughSeq, maxEpoch, nowMs }: NumberedBounds): SequencedMessage {
  if (!(seq >= fromSeq && seq <= throughSeq && epoch <= maxEpoch)) throw new ProtocolError('MALFORMED', { what: 'number of a message' })
  return { epoch, seq, sender: senderTagFromBytes(sender), messageId: messageIdFromBytes(messageId), storedAtMs: Math.min(storedAtMs, nowMs) }
}
