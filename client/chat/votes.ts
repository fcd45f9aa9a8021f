/**
 * Polls: one vote for each person, the newest counts, an empty one takes it back.
 */
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId } from '../../protocol/ids.ts'
import type { Message, PollVote } from '../model.ts'
import type { MessageRow } from '../store/tables.ts'

/**
 * @returns undefined when nothing changes
 * @throws ProtocolError MALFORMED when it is no poll, or has no such option; TOO_MANY
 */
export function voted (row: MessageRow, vote: PollVote): MessageRow | undefined {
  if (row.isDeleted === true) return undefined
  const { poll } = row
  if (poll === undefined || vote.options.some((option) => option >= poll.options.length)) throw new ProtocolError('MALFORMED', { what: 'no such poll or option' })
  // [REJECT] more weight than the others have
  if (!poll.allowsSeveral && vote.options.length > 1) throw new ProtocolError('TOO_MANY', { max: 1, what: 'options' })
  const before = row.votes?.find(({ account }) => account === vote.account)
  if (before !== undefined && before.atMs >= vote.atMs) return undefined
  return { ...row, votes: [...(row.votes ?? []).filter((other) => other !== before), vote] }
}

export interface PollResult { readonly option: string, readonly voters: readonly AccountId[] }

/** Of a message with a poll, in the order of its options; empty for any other. */
export const resultsOf = ({ poll, votes = [] }: Pick<Message, 'poll' | 'votes'>): PollResult[] => (poll?.options ?? []).map((option, at) => ({
  option,
  voters: votes.filter(({ options }) => options.includes(at)).map(({ account }) => account)
}))
