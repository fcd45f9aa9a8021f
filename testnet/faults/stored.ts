/**
 * Looks into the database of a relay that does not run: is what it has acknowledged there? On a copy, so that the relay
 * finds its files as the fault has left them.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLevelStore } from '../../node/store/store-level.ts'
import { conversationFromId } from '../../protocol/conversation.ts'
import type { DurableEvidence } from '../assertions/durable.ts'
import type { RelayHandle } from '../network/network.ts'
import type { Load } from '../report/load.ts'

/**
 * Of the messages of a load whose authors live at this relay.
 * @throws ProtocolError when the database cannot be opened
 */
export async function durableEvidence (relay: RelayHandle, load: Load): Promise<DurableEvidence> {
  const scratch = await mkdtemp(join(tmpdir(), 'heliograph-stored-'))
  const path = join(scratch, 'db')
  try {
    await cp(join(relay.folder, 'db'), path, { recursive: true })
    const store = await openLevelStore({ path, minFreeBytes: 0 })
    try {
      const homes = new Map(load.people.map((person) => [person.account, person.home]))
      const acknowledged: Array<DurableEvidence['acknowledged'][number]> = []
      const kept = new Set<string>()
      const heads = new Map<string, number>()
      for (const [text, { author, message }] of load.acknowledged) {
        if (author.home !== relay.name) continue
        const { id, conversation, seq } = message
        // Only the home of the log's anchor gives numbers that it may never give again.
        const isSequencer = homes.get(conversationFromId(conversation).anchor) === relay.name
        acknowledged.push({ id, text, log: conversation, ...(isSequencer && seq !== undefined ? { seq } : {}) })
        if (await store.findMessage(conversation, author.client.account!.device, id) !== undefined) kept.add(id)
        if (!heads.has(conversation)) heads.set(conversation, (await store.openLog(conversation))?.head ?? 0)
      }
      return { relay: relay.name, acknowledged, kept, heads }
    } finally {
      await store.close()
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
