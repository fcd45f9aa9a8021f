/**
 * Gaps in the copy of a log: what is missing before an entry, from the sequencer, and of a re-anchored group from whoever kept it.
 *
 * Owns: whom to ask, and where the log goes on when nobody has it any more. Does not know: what showed the gap (replica.ts).
 */
import { sameBytes } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { Page } from '../../protocol/wire/gen/log.js'
import { deadline } from '../deadline.ts'
import type { Log } from '../log/log.ts'
import type { Placement } from '../log/placement.ts'
import type { Logger } from '../ports.ts'
import type { Links } from './links.ts'
import type { MessageIds } from './message-ids.ts'
import type { ReplicaEntries, Taken } from './replica-entries.ts'
import type { ReplicaSource } from './replica-source.ts'

/** Homes asked for what a group's sequencer does not have. */
const maxOthers = 8

export interface GapsComponents {
  entries: ReplicaEntries
  source: ReplicaSource
  ids: Pick<MessageIds, 'ask'>
  placement: Placement
  links: Links
  clock: Clock
  logger: Logger
}

export class Gaps {
  readonly #c: GapsComponents

  constructor (components: GapsComponents) { this.#c = components }

  /**
   * Ask the sequencer for what is missing below `beforeSeq`: a gap, or a reference whose payload is not here.
   * @returns whether the log has come that far
   */
  async fill (log: Log, beforeSeq: number, relay: RelayId, taken: Taken): Promise<boolean> {
    const { clock, entries, ids, links, logger, source } = this.#c
    const limit = deadline(clock, limits.requestTimeoutMs / 2)
    try {
      const channel = await links.channelTo(relay, { signal: limit.signal })
      while (log.head < beforeSeq - 1) {
        const before = log.head
        const page = await source.pull(channel, log)
        if (log.isDropped || !sameBytes(page.conversation, log.conversation.bytes)) return false
        // The sequencer has nothing older: everybody had it, or it has expired. Go on from there.
        const keptFrom = page.entries[0]?.seq ?? Math.min(page.head + 1, beforeSeq)
        if (keptFrom > log.head + 1 && page.entries.length > 0 && await this.#fillFromOthers(log, page, relay, taken)) continue
        if (keptFrom > log.head + 1) {
          // Changes may be among what is skipped.
          if (log.group !== undefined && !await source.foundGroup(log, relay, taken)) return false
          const skipped = { throughSeq: keptFrom - 1, epoch: page.epoch }
          await entries.skip(log, skipped, taken, await ids.ask(channel, log, skipped))
        }
        if (log.isDropped) return false
        for (const entry of page.entries) {
          if (entry.seq !== log.head + 1) continue
          if (!entries.append(log, page, entry, taken) && !await entries.appendFromOutbox(log, page, entry, taken)) return false
        }
        if (log.head === before) return false
      }
      return true
    } catch (error) {
      if (!isProtocolError(error)) throw error
      // The answer tells the sequencer how far we are; it starts from there.
      logger.debug('replica.pull', {}, error)
      return false
    } finally {
      limit.cancel()
    }
  }

  /**
   * The sequencer of a group that was re-anchored has not got, or not kept, what is missing here before `later`: who kept it when it was
   * sequenced may have it still. @returns whether something came
   */
  async #fillFromOthers (log: Log, later: Page, sequencer: RelayId, taken: Taken): Promise<boolean> {
    const { clock, entries, links, logger, placement, source } = this.#c
    if (!placement.isReanchored(log.conversation)) return false
    const before = log.head
    for (const relay of placement.relaysOf(log.conversation).slice(0, maxOthers)) {
      if (relay === sequencer) continue
      const limit = deadline(clock, limits.requestTimeoutMs / 2)
      try {
        const channel = await links.channelTo(relay, { signal: limit.signal })
        const page = await source.pull(channel, log)
        if (log.isDropped || !sameBytes(page.conversation, log.conversation.bytes)) return false
        // Of an epoch before, and up to where the sequencer's own go on.
        if (page.epoch > later.epoch || page.entries[0]?.seq !== log.head + 1) continue
        for (const entry of page.entries) {
          if (entry.seq !== log.head + 1 || entry.seq >= later.entries[0]!.seq) continue
          if (!entries.append(log, page, entry, taken) && !await entries.appendFromOutbox(log, page, entry, taken)) break
        }
        if (log.head > before) return true
      } catch (error) {
        if (!isProtocolError(error)) throw error
        logger.debug('replica.fill-from-others', {}, error)
      } finally {
        limit.cancel()
      }
    }
    return false
  }
}
