/**
 * Copies of a log that have parted: two relays that numbered without knowing of each other, or a sequencer that died with
 * numbers that only some had heard of. Whoever keeps a copy compares it with the one that counts, and gives up what is void.
 *
 * Owns: asking how a log goes elsewhere, and saying how it goes here. Does not know: which copy counts beyond "the sequencer's,
 * once it has taken over". Spec: docs/protocol/groups.md §13, docs/protocol/relay.md
 */
import type { Handlers } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { conversationFromBytes, type Conversation } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import type { LogEpochs } from '../../protocol/wire/gen/group.js'
import { deadline } from '../deadline.ts'
import type { GroupAnchors } from '../groups/group-anchors.ts'
import type { Adoption } from '../log/adoption.ts'
import type { Cutting } from '../log/cutting.ts'
import { agreedThrough, epochThrough, shapeFromWire, shapeOf, type LogShape } from '../log/epochs.ts'
import type { Log } from '../log/log.ts'
import type { LogReader } from '../log/log-reader.ts'
import type { Logs } from '../log/logs.ts'
import type { Placement } from '../log/placement.ts'
import type { Buckets } from '../ports.ts'
import type { Links } from './links.ts'

/** Envelopes that an answer counts for: some dozens of reads. */
const shapeCost = 50

export interface AlignmentComponents {
  logs: Logs
  reader: LogReader
  placement: Placement
  anchors: Pick<GroupAnchors, 'settled'>
  adoption: () => Pick<Adoption, 'mayNumber' | 'startTakeover'>
  cutting: Cutting
  links: Links
  buckets: Buckets
  clock: Clock
}

export class Alignment {
  readonly #c: AlignmentComponents

  constructor (components: AlignmentComponents) { this.#c = components }

  register (handlers: Handlers): void {
    handlers.on(relayMethods.logEpochs, async ({ conversation: bytes }, channel): Promise<LogEpochs> => {
      const { logs, placement, buckets, anchors } = this.#c
      const relay = channel.stream.remotePeer as RelayId
      buckets.take('forwardPerRelay', relay, shapeCost)
      const conversation = conversationFromBytes(bytes)
      if (conversation.kind === 'group') await anchors.settled(conversation.id)
      const log = await logs.load(conversation)
      // [REJECT] only homes of members, and of the anchor
      if (!placement.mayKeep(conversation, relay) || placement.lastFor(conversation, relay) !== Infinity) throw new ProtocolError('NOT_ADMITTED')
      const adoption = this.#c.adoption()
      // [LATER] what others have may still become part of it
      if (placement.isSequencer(conversation) && !adoption.mayNumber(log)) {
        adoption.startTakeover(log)
        throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs, what: 'the log is being taken over' })
      }
      const { first, head, epochs } = await this.shapeOf(log)
      return { conversation: bytes, first, head, epochs: [...epochs] }
    })
  }

  /** How it goes here, as far as it is on disk. */
  async shapeOf (log: Log): Promise<LogShape> {
    const { reader } = this.#c
    return await shapeOf(log, async (seq) => {
      try {
        const [entry] = await reader.read(log, seq, { maxEntries: 1, maxBytes: 1 })
        return entry?.seq === seq ? entry : undefined
      } catch (error) {
        // As if it was not kept: who only wants to know how the log goes must not wait for it, perhaps for ever.
        if (isProtocolError(error, 'DAMAGED')) return undefined
        throw error
      }
    })
  }

  /** How it goes there. The far side hears first who anchors it. @throws ProtocolError HOME_UNREACHABLE, TIMEOUT, NOT_ADMITTED, OVERLOADED, … */
  async ask (conversation: Conversation, relay: RelayId): Promise<LogShape> {
    const { links, placement, clock } = this.#c
    const limit = deadline(clock, limits.requestTimeoutMs / 2)
    try {
      const channel = await links.channelTo(relay, { signal: limit.signal })
      // Of a pair the other one's home may not know yet who lives here.
      links.introduce(channel, conversation.kind === 'group' ? placement.anchorsOf(conversation) : placement.members(conversation))
      links.present(channel, conversation)
      const reply = await channel.call(relayMethods.logEpochs, { conversation: conversation.bytes }, { signal: limit.signal })
      if (conversationFromBytes(reply.conversation).id !== conversation.id) throw new ProtocolError('BAD_CONVERSATION')
      const shape = shapeFromWire(reply)
      // [REJECT] an epoch that no record has signed
      if ((shape.epochs.at(-1)?.epoch ?? 0) > placement.epochOf(conversation)) throw new ProtocolError('MALFORMED', { what: 'epoch' })
      return shape
    } finally {
      limit.cancel()
    }
  }

  /**
   * Give up what is not in the copy of `relay`, which sequences this log.
   * @param isAwaited what is given up is somebody's first (replica.ts)
   * @returns whether something was given up: then the log was dropped from memory. @throws ProtocolError as `ask`, `giveUp`; the store's
   */
  async follow (log: Log, relay: RelayId, isAwaited?: (log: Log) => boolean): Promise<boolean> {
    const theirs = await this.ask(log.conversation, relay)
    return await this.giveUp(log, theirs, isAwaited)
  }

  /** @returns whether something was given up: then the log was dropped from memory. @throws ProtocolError OVERLOADED: not now; the store's */
  async giveUp (log: Log, theirs: LogShape, isAwaited?: (log: Log) => boolean): Promise<boolean> {
    if (log.isDropped) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
    if (log.head === 0) return false
    await log.committing
    const ours = await this.shapeOf(log)
    const through = agreedThrough(ours, theirs)
    if (through >= ours.head) return false
    // [LATER] more has come since: that may be the sequencer's
    if (log.isDropped || log.head !== ours.head) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs, what: 'the log has grown meanwhile' })
    if (isAwaited?.(log) === true) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs, what: 'it is handed over first' })
    await this.#c.cutting.cut(log, { throughSeq: through, epoch: epochThrough(ours, theirs, through) })
    return true
  }
}
