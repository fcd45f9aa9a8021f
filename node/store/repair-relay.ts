/**
 * What `heliograph relay repair` does with a relay's folder: its database. Copies of other relays' directories need nothing:
 * a relay that cannot open them begins them anew by itself.
 *
 * Nobody can say that the newest rows are all there. So what is left counts like a backup that was restored: each account is
 * served again when its device has signed a newer home record, which gives its logs an epoch in which no number has been
 * given, and its one-time prekeys are made anew (admin/restored.ts).
 */
import { join } from 'node:path'
import { conversationFromBytes } from '../../protocol/conversation.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { restoredAs, restoredRow } from '../admin/restored.ts'
import { readEnvelopeHeader } from '../log/envelope-header.ts'
import { repairDatabase, type Repaired, type RepairOptions } from './store-repair.ts'

/** @param dataDir of a relay that does not run. @throws ProtocolError as repairDatabase */
export async function repairRelay (dataDir: string, { hasCopy, nowMs }: Pick<RepairOptions, 'hasCopy'> & { readonly nowMs: number }): Promise<Repaired> {
  const now = new Date(nowMs).toISOString()
  return await repairDatabase(join(dataDir, 'db'), {
    ...(hasCopy === undefined ? {} : { hasCopy }),
    changeRow: restoredAs,
    addRows: [restoredRow({ takenAt: now, restoredAt: now })],
    conversationOf: (envelope) => {
      try {
        return conversationFromBytes(readEnvelopeHeader(envelope).conversation).id
      } catch (error) {
        if (isProtocolError(error)) return undefined
        throw error
      }
    }
  })
}
