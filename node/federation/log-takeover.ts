/**
 * Taking over a log: this relay sequences it from now on, and another one has a copy.
 *
 * Owns: whose copy counts, and what is taken of it. Does not know: which relay is asked, nor when (log/adoption.ts).
 */
import { sameBytes } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { deadline } from '../deadline.ts'
import { isFurther, type LogShape } from '../log/epochs.ts'
import type { Log } from '../log/log.ts'
import type { Placement } from '../log/placement.ts'
import type { Alignment } from './alignment.ts'
import type { Links } from './links.ts'
import type { MessageIds } from './message-ids.ts'
import { nothingFrom, type ReplicaEntries } from './replica-entries.ts'
import type { ReplicaSource } from './replica-source.ts'

export interface LogTakeoverComponents {
  entries: ReplicaEntries
  source: ReplicaSource
  ids: Pick<MessageIds, 'ask'>
  alignment: Alignment
  placement: Placement
  links: Links
  clock: Clock
}

export class LogTakeover {
  readonly #c: LogTakeoverComponents

  constructor (components: LogTakeoverComponents) { this.#c = components }

  /**
   * This relay sequences the log from now on: take over what `relay`, a home of another member, has of it. That relay hears of
   * the anchor's move first, so that nobody else adds to it meanwhile.
   * @throws ProtocolError HOME_UNREACHABLE, TIMEOUT, …: nothing is known, try again
   */
  async take (log: Log, relay: RelayId): Promise<void> {
    const { alignment, clock, entries, ids, links, placement, source } = this.#c
    const limit = deadline(clock, limits.dialTimeoutMs)
    try {
      const channel = await links.channelTo(relay, { signal: limit.signal })
      links.introduce(channel, placement.anchorsOf(log.conversation))
      links.present(channel, log.conversation)
      // They may have parted: theirs counts as far as nobody here has come further.
      const theirs = log.head > 0 ? await this.#shapeOf(log, relay) : undefined
      if (theirs !== undefined) {
        if (!isFurther(theirs, await alignment.shapeOf(log))) {
          if (log.group?.isKnown === false && theirs.head === log.head) await this.#foundAgain(log, relay)
          return
        }
        if (await alignment.giveUp(log, theirs)) throw new ProtocolError('OVERLOADED', { retryAfterMs: 0, what: 'the log was cut' })
      }
      for (;;) {
        const page = await source.pull(channel, log)
        if (!sameBytes(page.conversation, log.conversation.bytes) || page.head <= log.head) return
        if (log.isDropped) throw new ProtocolError('OVERLOADED', { what: 'the log was dropped from memory meanwhile' })
        const taken = nothingFrom(relay)
        const keptFrom = page.entries[0]?.seq ?? page.head + 1
        const isBehind = log.group !== undefined && (!log.group.isKnown || keptFrom > log.head + 1)
        if (isBehind && !await source.foundGroup(log, relay, taken)) return
        const skipped = { throughSeq: keptFrom - 1, epoch: page.epoch }
        await entries.skip(log, skipped, taken, await ids.ask(channel, log, skipped))
        for (const entry of page.entries) if (entry.seq === log.head + 1) entries.append(log, page, entry, taken, true)
        if (taken.writes.length === 0) return
        await entries.commit(taken)
      }
    } finally {
      limit.cancel()
    }
  }

  /** @returns undefined: it does not say. @throws ProtocolError as Alignment.ask */
  async #shapeOf ({ conversation }: Log, relay: RelayId): Promise<LogShape | undefined> {
    try {
      return await this.#c.alignment.ask(conversation, relay)
    } catch (error) {
      // COMPAT(≤0.1) of groups only
      if (conversation.kind !== 'group' && isProtocolError(error, 'BAD_CONVERSATION')) return undefined
      throw error
    }
  }

  /** A damaged disk may have lost who is in a group and kept its log: the state of a copy that goes as far is the state here. */
  async #foundAgain (log: Log, relay: RelayId): Promise<void> {
    const { entries, source } = this.#c
    const taken = nothingFrom(relay)
    if (await source.foundGroup(log, relay, taken)) await entries.commit(taken)
  }
}
