/**
 * What a copy has of an account's outbox goes back into this relay's own, once each.
 */
import type { Clock } from '../../protocol/clock.ts'
import type { Conversation } from '../../protocol/conversation.ts'
import type { Logs } from '../log/logs.ts'
import type { OutboxQueue, Outboxes } from '../log/outbox.ts'
import type { Commits } from '../ports.ts'
import type { OutboxItem, Store } from '../store/store.ts'

export interface OutboxRefillComponents {
  store: Pick<Store, 'findMessage'>
  logs: Logs
  outboxes: Outboxes
  commits: Pick<Commits, 'commit'>
  clock: Clock
}

/**
 * Durably, in this order, what has not expired and is neither here nor in the log.
 * @returns how many went into which queue; undefined: none. @throws ProtocolError the store's: memory is as the disk then
 */
export async function refillOutbox (
  { store, logs, outboxes, commits, clock }: OutboxRefillComponents, conversation: Conversation, envelopes: ReadonlyArray<Omit<OutboxItem, 'log' | 'position'>>
): Promise<{ queue: OutboxQueue, count: number } | undefined> {
  if (envelopes.length === 0) return undefined
  const seen = await Promise.all(envelopes.map(async ({ sender, messageId }) => await store.findMessage(conversation.id, sender, messageId)))
  await outboxes.reloading(conversation.id)
  const log = await logs.load(conversation)
  const fresh = envelopes.filter(({ expiresAtMs }, i) => seen[i] === undefined && expiresAtMs > clock.nowMs())
  if (fresh.length === 0) return undefined
  const queue = outboxes.open(conversation)
  const items = fresh
    // It may have come in from its device meanwhile.
    .filter(({ sender, messageId }) => queue.findUncommitted(sender, messageId) === undefined && log.findUncommitted(sender, messageId) === undefined)
    .map((envelope): OutboxItem => {
      const item = { ...envelope, log: conversation.id, position: queue.last + 1 }
      queue.push(item)
      log.noteMessage(item.sender, item.messageId)
      return item
    })
  const last = items.at(-1)
  if (last === undefined) return undefined
  try {
    await commits.commit(items.map((item) => ({ op: 'enqueue', item })))
  } catch (error) {
    outboxes.reload(queue)
    throw error
  }
  queue.committed(last.position)
  return { queue, count: items.length }
}
