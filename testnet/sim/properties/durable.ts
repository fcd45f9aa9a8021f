/**
 * Acknowledged implies durable, looked at the disks at the moment of the acknowledgement: what a device shows as sent would
 * survive a power cut at some relay now; what a relay takes out of its outbox is safe in a log elsewhere or here, or with the
 * relay to which its sender has moved and which it was handed over to.
 */
import type { MessageId } from '../../../protocol/ids.ts'
import type { ChatId } from '../../../client/chat-id.ts'
import type { SimDevice, SimRelay } from '../nodes.ts'
import type { World } from '../world.ts'
import type { Property } from './property.ts'

export const durable: Property = {
  name: 'acknowledged implies durable',
  watch (world, report) {
    const seen = new Set<MessageId>()
    world.onUpdateListeners.push((device, { conversation, id, chat, direction, state, text }) => {
      if (direction !== 'out' || state === 'pending' || state === 'failed' || seen.has(id)) return
      seen.add(id)
      if (world.isDiskLost || world.relays.some(({ disk }) => disk.isDurable(conversation, id))) return
      // Who is alone in a group tells nobody, and no relay needs it.
      if (isAlone(device, chat)) return
      report(`"${world.readable(text)}" is ${state} on ${device.name}, and no relay has it on disk`)
    })
    world.onBuiltListeners.push(() => { for (const relay of world.relays) watchOutbox(world, relay, report) })
  }
}

/** Has the device seen a change that left nobody else in the group? */
function isAlone ({ sizes }: SimDevice, chat: ChatId): boolean { return sizes.get(chat) === 1 }

/** What waits here, by its place. */
function watchOutbox (world: World, relay: SimRelay, report: (violation: string) => void): void {
  const waiting = new Map<string, MessageId>()
  relay.disk.onWrite.push((batch) => {
    for (const write of batch) {
      if (write.op === 'enqueue') waiting.set(`${write.item.log} ${write.item.position}`, write.item.messageId)
      if (write.op !== 'dequeue') continue
      const key = `${write.log} ${write.position}`
      const id = waiting.get(key)
      waiting.delete(key)
      // In a group the sequencer may refuse for good what its members are no longer allowed.
      if (id === undefined || world.isDiskLost || world.groups.some(({ chat }) => chat === write.log)) continue
      const isHere = batch.some((other) => other.op === 'append' && other.log === write.log && other.entry.messageId === id)
      if (!isHere && !world.relays.some((one) => one.disk.isInLog(write.log, id) || (one !== relay && one.disk.isDurable(write.log, id)))) report(`${relay.name} forgets what waited for ${world.conversationName(write.log)}, and nobody else has it on disk`)
    }
  })
}
