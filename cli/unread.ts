/**
 * What came and was not marked as read: where bots and scripts go on after they were away.
 */
import type { ClientLike } from './context.ts'

type Message = Awaited<ReturnType<ClientLike['send']>>

const pageSize = 200

/** By conversation, the newest last. Call it before the client is started, so that nothing comes in between. */
export async function unreadMessages (client: ClientLike): Promise<Message[]> {
  const all: Message[] = []
  for (const { chat, unread } of await client.conversations()) all.push(...await newestIncoming(client, chat, unread))
  return all
}

/** The newest `count` incoming messages, oldest first. */
async function newestIncoming (client: ClientLike, chat: Message['chat'], count: number): Promise<Message[]> {
  const found: Message[] = []
  let before: string | undefined
  while (found.length < count) {
    const page = await client.history(chat, { limit: pageSize, ...(before === undefined ? {} : { before }) })
    if (page.length === 0) break
    found.unshift(...page.filter((message) => message.direction === 'in'))
    before = page[0]!.id
  }
  return count === 0 ? [] : found.slice(-count)
}
