/**
 * Deleted for everyone: by the author or an admin of the group. A tombstone keeps the place, nothing of the message is left.
 */
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { isGroupChat } from '../chat-id.ts'
import type { MessageRow } from '../store/tables.ts'

/**
 * @param deletion.isAdmin of the group, where the deletion stands in its log
 * @returns undefined when nothing changes
 * @throws ProtocolError NOT_ADMITTED, NOT_ALLOWED
 */
export function deletedForEveryone (row: MessageRow, { by, isAdmin }: { readonly by: AccountId, readonly isAdmin: boolean }): MessageRow | undefined {
  // [REJECT] only one's own, and an admin everything in the group
  if (row.sender !== by && !(isAdmin && isGroupChat(row.chat))) throw new ProtocolError(isGroupChat(row.chat) ? 'NOT_ALLOWED' : 'NOT_ADMITTED', { what: 'somebody else wrote it' })
  if (row.isDeleted === true) return undefined
  const { id, conversation, chat, sender, direction, sentAtMs, receivedAtMs, state, seq, epoch, at, expiresAtMs, expiresAfterS } = row
  return {
    id,
    conversation,
    chat,
    sender,
    direction,
    text: '',
    sentAtMs,
    state,
    at,
    ...(receivedAtMs === undefined ? {} : { receivedAtMs }),
    ...(seq === undefined ? {} : { seq }),
    ...(epoch === undefined ? {} : { epoch }),
    // The tombstone goes when the message would have gone.
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    ...(expiresAfterS === undefined ? {} : { expiresAfterS }),
    isDeleted: true,
    deletedBy: by
  }
}
