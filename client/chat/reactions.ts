/**
 * Reactions: one for each person, the newest counts, an empty one takes it back.
 */
import { ProtocolError } from '../../protocol/errors.ts'
import type { Reaction } from '../model.ts'
import type { MessageRow } from '../store/tables.ts'

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
/** A picture, a flag, or a keycap. */
const emoji = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u

/** One picture with its modifiers: no word is a reaction. */
export const isOneEmoji = (text: string): boolean => emoji.test(text) && [...graphemes.segment(text)].length === 1

/**
 * @param reaction an empty emoji takes the earlier one back; kept, so that a late earlier one does not come back
 * @returns undefined when nothing changes
 * @throws ProtocolError MALFORMED
 */
export function reacted (row: MessageRow, reaction: Reaction): MessageRow | undefined {
  // [REJECT] a text that stands in the place of a picture
  if (reaction.emoji !== '' && !isOneEmoji(reaction.emoji)) throw new ProtocolError('MALFORMED', { what: 'not one emoji' })
  if (row.isDeleted === true) return undefined
  const before = row.reactions?.find(({ account }) => account === reaction.account)
  if (before !== undefined && before.atMs >= reaction.atMs) return undefined
  return { ...row, reactions: [...(row.reactions ?? []).filter((other) => other !== before), reaction] }
}
