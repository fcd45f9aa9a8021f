/**
 * Storage is bounded by what is not acknowledged: when all devices have everything, relays keep no entry and nothing waits.
 *
 * A relay at which nobody of a conversation lives any more keeps what it had until it expires: whoever moved may still ask.
 * When the anchor has a newer home record than the log's epoch, what everybody has acknowledged stays until something is numbered
 * under that: a new home asks for it first.
 */
import { fromHex } from '../../../client/store/stored.ts'
import { conversationFromBytes, type ConversationId } from '../../../protocol/conversation.ts'
import type { AccountId } from '../../../protocol/ids.ts'
import { verifyHomeRecord } from '../../../protocol/records/home-record.ts'
import { rememberingSigning } from '../signatures.ts'
import type { Property } from './property.ts'

/** As the account's own device has it. */
function recordEpoch (data: ReadonlyMap<string, Uint8Array>, account: AccountId): number {
  const bytes = data.get(`hr/${account}`)
  return bytes === undefined ? 0 : verifyHomeRecord(rememberingSigning, bytes).epoch
}

export const bounded: Property = {
  name: 'what everybody has is kept nowhere',
  check ({ world }) {
    // Whoever was lied to acknowledges other numbers than its relay gave.
    if (world.liar.lies.length > 0) return []
    const violations = []
    // It may be one of a move, or of a standby: the other homes cannot tell whether the account has lived elsewhere meanwhile.
    const hasNewRecord = (log: ConversationId, epoch: number): boolean => {
      const { anchor } = conversationFromBytes(fromHex(log))
      return world.devices.some(({ person, disk }) => person.account === anchor && recordEpoch(disk.data, anchor) > epoch)
    }
    for (const relay of world.relays) {
      const { name, disk, isGone } = relay
      if (isGone) continue
      // A device that lives elsewhere now acknowledges there.
      const elsewhere = new Set<string>(world.devices.flatMap(({ client }) => client?.account === undefined || client.account.home.relay === relay.id ? [] : [client.account.device]))
      for (const { log, epoch, entries, waiting, lackedBy } of disk.memory.kept()) {
        const isAcknowledged = lackedBy.every((who) => elsewhere.has(who))
        if (entries > 0 && world.peopleIn(log, relay).length > 0 && !(isAcknowledged && hasNewRecord(log, epoch))) violations.push(`${name} keeps ${entries} entries of ${world.conversationName(log)}`)
        if (waiting > 0) violations.push(`${waiting} messages wait at ${name} for ${world.conversationName(log)}`)
      }
    }
    return violations
  }
}
