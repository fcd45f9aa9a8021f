/**
 * Keys of the message path in the store's `meta` table.
 *
 * | key                     | value | kept until                                                       |
 * | unresolved/<log>        | empty | the home of the log's other member is known (replication.ts)      |
 */
import type { ConversationId } from '../../protocol/conversation.ts'

export const unresolvedPrefix = 'unresolved/'
export const unresolvedKey = (log: ConversationId): string => `${unresolvedPrefix}${log}`
