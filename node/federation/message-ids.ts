/**
 * Ids of messages that have a number in a log and are not kept there any more: told to another home that goes on after them, and asked of
 * one. What is sent again there has its number then. Who lacks it in a group asks the members for it (client/groups/holes.ts). Of two people
 * only who sends it again may have it: it counts when the other one has had it, and its sender has no second device that may lack it.
 *
 * Owns: who may ask, bounds, what is believed. Does not know: when it is asked (gaps.ts, log-takeover.ts).
 * Spec: docs/protocol/relay.md, read-ids
 */
import { concat, sameBytes } from '../../protocol/bytes.ts'
import type { Channel, Handlers } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { conversationFromBytes, type Conversation } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { messageIdBytes, messageIdFromBytes, messageIdToBytes, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import type { NumberedIds, ReadIds } from '../../protocol/wire/gen/log.js'
import type { Load } from '../limits/load.ts'
import type { Log } from '../log/log.ts'
import type { Logs } from '../log/logs.ts'
import { readNumberedId, wireNumberedId } from '../log/numbered-id.ts'
import type { Placement } from '../log/placement.ts'
import { hadThrough } from '../log/progress.ts'
import type { Buckets, Logger } from '../ports.ts'
import { senderTagBytes, senderTagFromBytes, senderTagOf, senderTagToBytes, type SenderTag } from '../store/sender-tag.ts'
import type { MessageKey, SequencedMessage, Store } from '../store/store.ts'
import type { Skipped } from './replica-entries.ts'

/** Of one answer: 200 KiB. */
const maxIds = 4_096
/** Rows looked at for one answer, some 20 ms: of a log that is written to a lot most are of other numbers. */
const maxLooked = 8_192
/** Envelopes that an answer counts for. */
const answerCost = 256
/** Answers about one log: a million rows, what a log is given in 30 days at one message every 3 s. */
const maxAnswers = 128

export interface MessageIdsComponents {
  store: Pick<Store, 'messages' | 'findMessage'>
  logs: Logs
  placement: Placement
  buckets: Buckets
  load: Pick<Load, 'check'>
  clock: Clock
  logger: Logger
}

export class MessageIds {
  readonly #c: MessageIdsComponents

  constructor (components: MessageIdsComponents) { this.#c = components }

  register (handlers: Handlers): void {
    handlers.on(relayMethods.readIds, (request, channel) => {
      const relay = channel.stream.remotePeer as RelayId
      this.#c.buckets.take('forwardPerRelay', relay, answerCost)
      this.#c.load.check('history')
      return this.#onRead(request, relay)
    })
  }

  async #onRead ({ conversation: bytes, fromSeq, throughSeq, after }: ReadIds, relay: RelayId): Promise<NumberedIds> {
    const { logs, placement, store } = this.#c
    const conversation = conversationFromBytes(bytes)
    const afterKey = after === undefined ? undefined : keyFromBytes(after)
    // A group's members are known with its log.
    if (conversation.kind === 'group') await logs.load(conversation)
    // [REJECT] SPEC(relay §read-ids) only homes of a member
    if (!placement.mayKeep(conversation, relay)) throw new ProtocolError('NOT_ADMITTED')
    const log = await logs.load(conversation)
    const last = Math.min(throughSeq, log.durableHead, placement.lastFor(conversation, relay), conversation.kind === 'group' ? Infinity : this.#hadHere(log))
    // Who wrote before its people came is nothing that a replica of a group has to know.
    const isAnchor = placement.isHomeOf(placement.anchorOf(conversation), relay) === true
    const first = Math.max(fromSeq, isAnchor ? 1 : placement.firstAt(conversation, relay))
    const ids: NumberedIds['ids'] = []
    let looked = 0
    if (first <= last) {
      for await (const message of store.messages(conversation.id, afterKey)) {
        if (message.seq >= first && message.seq <= last) ids.push(wireNumberedId(message))
        if (++looked >= maxLooked || ids.length >= maxIds) return { conversation: bytes, ids, next: keyToBytes(message) }
      }
    }
    return { conversation: bytes, ids }
  }

  /**
   * What the far side has numbered after the head of the log here, up to `throughSeq`: the newest, as far as they are not known here and count.
   * @param epoch of what comes next
   * @throws ProtocolError MALFORMED, NOT_ADMITTED, TIMEOUT, …
   */
  async ask (channel: Channel, { conversation, head }: Log, { throughSeq, epoch }: Skipped): Promise<SequencedMessage[]> {
    const { clock, logger, store } = this.#c
    const only = conversation.kind === 'group' ? undefined : this.#onlySender(conversation)
    if (conversation.kind !== 'group' && only === undefined) return []
    const fromSeq = Math.max(head, throughSeq - limits.travellingIds) + 1
    const bounds = { fromSeq, throughSeq, maxEpoch: epoch, nowMs: clock.nowMs() }
    const found: SequencedMessage[] = []
    let after: Uint8Array | undefined
    for (let answers = 0; answers < maxAnswers && fromSeq <= throughSeq; answers++) {
      let reply: NumberedIds
      try {
        reply = await channel.call(relayMethods.readIds, { conversation: conversation.bytes, fromSeq, throughSeq, ...(after === undefined ? {} : { after }) })
      } catch (error) {
        // COMPAT(≤0.1) it keeps them to itself
        if (isProtocolError(error, 'UNKNOWN_METHOD')) break
        throw error
      }
      const { ids, next } = reply
      // [REJECT] another log, more ids than numbers, or no end
      if (!sameBytes(reply.conversation, conversation.bytes) || found.length + ids.length > limits.travellingIds) throw malformed()
      if (next !== undefined && after !== undefined && Buffer.compare(next, after) <= 0) throw malformed()
      for (const wire of ids) {
        const message = readNumberedId(wire, bounds)
        if (message.storedAtMs <= bounds.nowMs - limits.dedupMs || (only !== undefined && message.sender !== only)) continue
        const seen = await store.findMessage(conversation.id, message.sender, message.messageId)
        // The first number counts; of what waits here to be forwarded it is known now.
        if (seen?.at !== 'log') found.push(message)
      }
      if (next === undefined) return found
      if (next.byteLength !== keyLength) throw malformed()
      after = next
    }
    if (after !== undefined) logger.debug('log.more-ids', { found: found.length })
    return found
  }

  /** Up to here the one of two people who lives here has had everything. */
  #hadHere (log: Log): number { return this.#c.placement.localMembers(log.conversation).length === 0 ? 0 : hadThrough(log, this.#c.placement) }

  /** The one who lives here, of two people, when they have one device: what that has sent nobody else here lacks. */
  #onlySender (conversation: Conversation): SenderTag | undefined {
    const { placement } = this.#c
    const [account, ...others] = placement.localMembers(conversation)
    const [device, ...more] = account === undefined ? [] : placement.devicesOf(account)
    return device === undefined || others.length + more.length > 0 ? undefined : senderTagOf(device)
  }
}

const keyLength = senderTagBytes + messageIdBytes
const keyToBytes = ({ sender, messageId }: MessageKey): Uint8Array => concat(senderTagToBytes(sender), messageIdToBytes(messageId))

/** @throws ProtocolError MALFORMED, BAD_MESSAGE_ID */
const keyFromBytes = (bytes: Uint8Array): MessageKey => ({ sender: senderTagFromBytes(bytes.subarray(0, senderTagBytes)), messageId: messageIdFromBytes(bytes.subarray(senderTagBytes)) })

const malformed = (): ProtocolError => new ProtocolError('MALFORMED', { what: 'ids of a log' })
