/**
 * What a shipment may name, as far as it can be told from the name alone.
 */
import { conversationFromBytes, mayBelong, type Conversation } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { neverMs, readCandidate, type Candidate, type Memo } from '../log/submission.ts'
import type { ShadowEnvelope } from './shadow-rows.ts'

/** [REJECT] far beyond any log, and far from what a row can hold */
export const maxNumber = 2 ** 40

/** Keys of rows: account, device and a word. */
export const maxKeyBytes = 256

/** @throws ProtocolError MALFORMED */
export function checkNumber (number: number): number {
  if (!Number.isSafeInteger(number) || number < 0 || number > maxNumber) throw new ProtocolError('MALFORMED', { what: 'number' })
  return number
}

/** Of a device of the account: its keys, or its one-time prekeys. */
export const isKeysRow = (key: string, account: AccountId): boolean => {
  const [owner, device, kind, ...more] = key.split('/')
  return owner === account && device !== undefined && (kind === 'keys' || kind === 'once') && more.length === 0
}

/** May the account be in this log? @throws ProtocolError BAD_CONVERSATION */
export function isLogOf (id: string, account: AccountId): boolean {
  const conversation = conversationFromBytes(new Uint8Array(Buffer.from(id, 'hex')))
  return conversation.id === id && mayBelong(conversation, account)
}

/**
 * [REJECT] of another conversation, with times that no row can hold, or one that no relay takes from a device: it could not be taken over.
 * @param shipped times and bytes as they came; `memo` of the same conversation; filled. @throws ProtocolError MALFORMED, BAD_MESSAGE_ID, BAD_CONVERSATION, …
 */
export function checkEnvelope ({ storedAtMs, expiresAtMs, envelope }: Omit<ShadowEnvelope, 'epoch'>, { id }: Conversation, memo: Memo): Candidate {
  if (!(storedAtMs >= 0 && storedAtMs <= neverMs && expiresAtMs >= 0 && expiresAtMs <= neverMs)) throw new ProtocolError('MALFORMED', { what: 'time' })
  // That it has expired is no mistake of whoever ships it.
  const candidate = readCandidate(envelope, 0, 0, memo)
  if (candidate.conversation.id !== id) throw new ProtocolError('BAD_CONVERSATION')
  return candidate
}
