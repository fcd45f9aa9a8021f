/**
 * View once: shown a single time, then nothing of it is left, here and on every other device.
 */
import type { AccountId } from '../../protocol/ids.ts'
import { isPairChat } from '../chat-id.ts'
import { extrasOf, type TextExtras } from '../messages/bodies.ts'
import type { MessageRow } from '../store/tables.ts'

/** What there was to see. */
export interface SeenOnce extends TextExtras { readonly text: string }

export const contentOf = (row: MessageRow): SeenOnce => ({ text: row.text, ...extrasOf(row) })

const emptied = (row: MessageRow): MessageRow => {
  const { mentions: _mentions, location: _location, contact: _contact, poll: _poll, replyTo: _replyTo, ...rest } = row
  return { ...rest, text: '' }
}

/**
 * Somebody has looked: this account at an incoming message, or another person at one of ours.
 * @returns undefined when nothing changes
 */
export function openedOnce (row: MessageRow, { by, isOwn }: { readonly by: AccountId, readonly isOwn: boolean }): MessageRow | undefined {
  if (row.viewOnce !== true || row.isDeleted === true) return undefined
  if (isOwn) return row.direction === 'in' && row.isOpened !== true ? { ...emptied(row), isOpened: true } : undefined
  // [IGNORE] what somebody else did with somebody else's message
  if (row.direction !== 'out' || row.openedBy?.includes(by) === true) return undefined
  const openedBy = [...row.openedBy ?? [], by]
  // Others in a group may not have it yet: it may have to be sent to them again.
  return isPairChat(row.chat) ? { ...emptied(row), openedBy } : { ...row, openedBy }
}
