/**
 * Storage is bounded by what is not acknowledged: when all devices have everything, relays keep no entry and nothing waits.
 *
 * A relay at which nobody of a conversation lives any more keeps what it had until it expires: whoever moved may still ask.
 * When the anchor has moved, what everybody has acknowledged stays until the new home has numbered something: it asks for it first.
 */
import { fromHex } from '../../../client/store/stored.ts'
import { conversationFromBytes, type ConversationId } from '../../../protocol/conversation.ts'
import type { Property } from './property.ts'

export const bounded: Property = {
  name: 'what everybody has is kept nowhere',
  check ({ world }) {
    // Whoever was lied to acknowledges other numbers than its relay gave.
    if (world.liar.lies.length > 0) return []
    const violations = []
    const moved = new Set(world.people.filter(({ devices, home }) => devices.some(({ client }) => client?.account?.home.relay !== home.id)).map(({ account }) => account))
    // Of a home record that names another standby the other homes cannot tell whether the account has lived elsewhere meanwhile.
    const hasNewRecord = (log: ConversationId): boolean => world.schedule.shape.standby === 'auto' ? moved.size > 0 : moved.has(conversationFromBytes(fromHex(log)).anchor)
    for (const relay of world.relays) {
      const { name, disk, isGone } = relay
      if (isGone) continue
      // A device that lives elsewhere now acknowledges there.
      const elsewhere = new Set<string>(world.devices.flatMap(({ client }) => client?.account === undefined || client.account.home.relay === relay.id ? [] : [client.account.device]))
      for (const { log, entries, waiting, lackedBy } of disk.memory.kept()) {
        const isAcknowledged = lackedBy.every((who) => elsewhere.has(who))
        if (entries > 0 && world.peopleIn(log, relay).length > 0 && !(isAcknowledged && hasNewRecord(log))) violations.push(`${name} keeps ${entries} entries of ${world.conversationName(log)}`)
        if (waiting > 0) violations.push(`${waiting} messages wait at ${name} for ${world.conversationName(log)}`)
      }
    }
    return violations
  }
}
