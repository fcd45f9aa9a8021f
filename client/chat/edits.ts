/**
 * Edits: by the author only, within 15 minutes by the author's own clock. Earlier wordings are not kept.
 */
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { Mention } from '../messages/bodies.ts'
import type { MessageRow } from '../store/tables.ts'

export interface Edit { readonly by: AccountId, readonly atMs: number, readonly text: string, readonly mentions: readonly Mention[] }

/**
 * @returns undefined when nothing changes
 * @throws ProtocolError NOT_ADMITTED, EXPIRED
 */
export function edited (row: MessageRow, { by, atMs, text, mentions }: Edit): MessageRow | undefined {
  // [REJECT] nobody puts words into another's mouth, not even an admin
  if (row.sender !== by) throw new ProtocolError('NOT_ADMITTED', { what: 'somebody else wrote it' })
  if (row.isDeleted === true || row.openedBy !== undefined) return undefined
  // [REJECT] a forwarded text stays what it was; a location, contact or poll has no text; view once is seen once
  if (row.text === '' || (row.forwarded ?? 0) > 0 || row.viewOnce === true) throw new ProtocolError('NOT_ADMITTED', { what: 'this cannot be edited' })
  // [REJECT] SPEC(chat §4) too late
  if (atMs > row.sentAtMs + limits.editWindowMs) throw new ProtocolError('EXPIRED', { what: 'messages can be edited for 15 minutes' })
  if (row.editedAtMs !== undefined && row.editedAtMs >= atMs) return undefined
  const { mentions: _, ...rest } = row
  return { ...rest, text, ...(mentions.length === 0 ? {} : { mentions }), editedAtMs: atMs }
}
