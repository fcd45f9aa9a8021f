/**
 * The order of a conversation is the same on all devices, and keeps the order in which each device wrote.
 *
 * Two devices may have different parts of a group (who came later has less): what both have stands in the same order on
 * both, under the same numbers. Where a relay lost its disk, an entry that some had seen may get another number than it had
 * there; then only the order of what each device wrote counts (`isOrderLost`). What no relay had for a device when it came by, as
 * their home was dead and another one had dropped it, is shown late, where it stands.
 */
import type { ConversationId } from '../../../protocol/conversation.ts'
import { isGroupChat, type ChatId } from '../../../client/chat-id.ts'
import type { Message } from '../../../client/client.ts'
import type { SimDevice } from '../nodes.ts'
import type { Evidence, Finding, Property } from './property.ts'

export const order: Property = {
  name: 'one order everywhere',
  watch (world, report) {
    const last = new Map<string, { readonly number: number, readonly seq: number | undefined }>()
    world.onShownListeners.push((device, { chat, text, seq }) => {
      // In a group a message may wait for its key: it keeps its place, and is shown late.
      if (isGroupChat(chat)) return
      const [number, author] = [Number.parseInt(text), text.split(' ')[2]!]
      const key = `${device.name} ${chat} ${author}`
      const before = last.get(key)
      if (before === undefined || number > before.number) last.set(key, { number, seq })
      else if (number < before.number && !world.isOrderLost && !isFilled(device, chat, seq, before.seq)) report(`${device.name} shows number ${number} of ${author} after number ${before.number}`)
    })
  },
  check (evidence) { return evidence.world.isOrderLost ? [] : [...differences(evidence)] }
}

/** The device has said that something is missing here, and this stands before what was shown since: who else had it has given it. */
function isFilled ({ warnings }: SimDevice, chat: ChatId, seq = Infinity, newestSeq = 0): boolean {
  return seq < newestSeq && warnings.some((warning) => warning.kind === 'fork' && warning.chat === chat)
}

function * differences ({ world, histories }: Evidence): Iterable<Finding> {
  const conversations = new Map<string, Array<{ name: string, messages: readonly Message[] }>>()
  for (const [device, chats] of histories) {
    for (const messages of chats.values()) {
      const placed = messages.filter(({ seq }) => seq !== undefined)
      if (placed.length === 0) continue
      const { conversation } = placed[0]!
      conversations.set(conversation, [...conversations.get(conversation) ?? [], { name: device.name, messages: placed }])
    }
  }
  for (const [conversation, views] of conversations) {
    const where = world.conversationName(conversation as ConversationId)
    const [one, ...others] = views
    for (const other of others) {
      const theirs = new Map(other.messages.map(({ id, seq }, index) => [id, { seq, index }]))
      let before = -1
      for (const { id, seq, text } of one!.messages) {
        const there = theirs.get(id)
        if (there === undefined) continue
        if (there.index < before) yield { where, text: `"${world.readable(text)}" stands elsewhere on ${other.name} than on ${one!.name}` }
        before = there.index
        if (there.seq !== seq) yield { where, text: `"${world.readable(text)}" is number ${seq} on ${one!.name} and ${there.seq} on ${other.name}` }
      }
    }
  }
}
