/**
 * What `heliograph relay repair` does with a relay's folder: its database. Copies of other relays' directories need nothing:
 * a relay that cannot open them begins them anew by itself.
 */
import { join } from 'node:path'
import { conversationFromBytes } from '../../protocol/conversation.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { readEnvelopeHeader } from '../log/envelope-header.ts'
import { repairDatabase, type Repaired, type RepairOptions } from './store-repair.ts'

/** @param dataDir of a relay that does not run. @throws ProtocolError as repairDatabase */
export async function repairRelay (dataDir: string, { hasCopy }: Pick<RepairOptions, 'hasCopy'> = {}): Promise<Repaired> {
  return await repairDatabase(join(dataDir, 'db'), {
    ...(hasCopy === undefined ? {} : { hasCopy }),
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
