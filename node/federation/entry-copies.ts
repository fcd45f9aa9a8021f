/**
 * A good copy of an entry of which this relay's disk has returned a wrong byte, from another relay that keeps the log.
 *
 * Owns: which relays are asked, and when none has it for good. Does not know: what is done with it (log-reader.ts).
 */
import { sameBytes } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { deviceIdOfKey, messageIdFromBytes } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import type { Entry, Page } from '../../protocol/wire/gen/log.js'
import { deadline } from '../deadline.ts'
import { readEnvelopeHeader } from '../log/envelope-header.ts'
import type { Log } from '../log/log.ts'
import type { Placement } from '../log/placement.ts'
import { neverMs } from '../log/submission.ts'
import type { LogEntry } from '../store/store.ts'
import type { Links } from './links.ts'

/** Relays asked for one entry. */
const maxAsked = 4

/** More entries than any conversation will have, and far from what a row can hold. */
const maxSeq = 2 ** 40

/** [REJECT] numbers that no row can hold would fail a commit, and with it everybody else's. @throws ProtocolError MALFORMED */
export function checkNumbers (page: Page): Page {
  if (page.head > maxSeq || page.entries.some(({ seq }) => seq < 1 || seq > maxSeq)) throw new ProtocolError('MALFORMED', { what: 'sequence number' })
  return page
}

export interface EntryCopiesComponents { placement: Placement, links: Links, clock: Clock }

export class EntryCopies {
  readonly #c: EntryCopiesComponents
  readonly #retentionMs: number

  constructor (components: EntryCopiesComponents, { retentionMs }: { readonly retentionMs: number }) {
    this.#c = components
    this.#retentionMs = retentionMs
  }

  /**
   * @returns undefined: no other relay has one, nor will
   * @throws ProtocolError when one that may have it cannot give it now
   */
  async fetch (log: Log, seq: number): Promise<LogEntry | undefined> {
    const { placement, links, clock } = this.#c
    const { conversation } = log
    const isSequencer = placement.isSequencer(conversation)
    if (isSequencer && placement.members(conversation).every((member) => placement.isHome(member))) return undefined
    const primary = placement.primaryOf(placement.anchorOf(conversation))
    const relays = (isSequencer ? placement.relaysOf(conversation).slice(0, maxAsked) : [primary]).filter((relay) => relay !== undefined && relay !== placement.self)
    let failure: unknown = relays.length > 0 ? undefined : new ProtocolError('DAMAGED', { what: 'the relay that has a copy is not known' })
    for (const relay of relays) {
      const limit = deadline(clock, limits.requestTimeoutMs / 2)
      try {
        const channel = await links.channelTo(relay!, { signal: limit.signal })
        const page = checkNumbers(await channel.call(relayMethods.pull, { conversation: conversation.bytes, fromSeq: seq, maxEntries: 1 }, { signal: limit.signal }))
        const [entry] = page.entries
        if (entry?.seq === seq && entry.envelope !== undefined) return this.#copyOf(log, page, entry, entry.envelope)
        // It has come further, and dropped that one or never had it: no copy there, now or later. Nor has a replica that is behind, unless it is on its way there.
        if (page.head < seq && !(isSequencer && log.followers.every((follower) => follower.relay !== relay || follower.sent < seq))) failure = new ProtocolError('DAMAGED', { what: 'the other relay has not come that far' })
      } catch (error) {
        // A replica whose own copy is damaged has none.
        if (!isSequencer || !isProtocolError(error, 'DAMAGED')) failure = error
      } finally {
        limit.cancel()
      }
    }
    if (failure !== undefined) throw failure
    return undefined
  }

  /**
   * SPEC(relay, groups) What the sequencer of a group still keeps for a member who has moved here from a relay that had not taken it:
   * this replica has dropped it, because those who lived here before have it. Bounded as one page.
   * @returns in order, from `fromSeq` or the first that is kept there, up to what is kept here; none: nothing of it is left
   * @throws ProtocolError HOME_UNREACHABLE, TIMEOUT, …: not now
   */
  async before (log: Log, fromSeq: number): Promise<LogEntry[]> {
    const { clock, links, placement } = this.#c
    const { conversation } = log
    const primary = placement.primaryOf(placement.anchorOf(conversation))
    if (primary === undefined || primary === placement.self) return []
    const limit = deadline(clock, limits.requestTimeoutMs / 2)
    try {
      const channel = await links.channelTo(primary, { signal: limit.signal })
      const page = checkNumbers(await channel.call(relayMethods.pull, { conversation: conversation.bytes, fromSeq, maxEntries: limits.pageEntries }, { signal: limit.signal }))
      const entries: LogEntry[] = []
      for (const entry of page.entries) {
        if (entry.seq >= log.first || entry.seq < fromSeq || entry.envelope === undefined || (entries.length > 0 && entry.seq !== entries.at(-1)!.seq + 1)) break
        entries.push(this.#copyOf(log, page, entry, entry.envelope))
      }
      return entries
    } finally {
      limit.cancel()
    }
  }

  /** @throws ProtocolError MALFORMED, BAD_CONVERSATION, … */
  #copyOf ({ conversation }: Log, { epoch }: Page, { seq, storedAtMs }: Entry, envelope: Uint8Array): LogEntry {
    const header = readEnvelopeHeader(envelope)
    if (!sameBytes(header.conversation, conversation.bytes)) throw new ProtocolError('BAD_CONVERSATION')
    const latestMs = this.#retentionMs === 0 ? neverMs : this.#c.clock.nowMs() + this.#retentionMs
    return {
      epoch,
      seq,
      sender: deviceIdOfKey(header.senderDevice),
      messageId: messageIdFromBytes(header.messageId),
      storedAtMs,
      expiresAtMs: Math.min(header.expiresAtMs || neverMs, latestMs),
      envelope
    }
  }
}
