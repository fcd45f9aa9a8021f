/**
 * What must be in memory before the envelopes of a batch can be given their places: where the sender lives, the log, what it has seen of
 * the sender, room on the disk, and of changes of a group whether their signatures are right.
 *
 * Owns: loading that, once for each sender and conversation. Does not know: places, commits, answers (intake.ts).
 */
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { deadline } from '../deadline.ts'
import { controlCost, type GroupSequencer, type Verified } from '../groups/group-sequencer.ts'
import type { Storage } from '../limits/storage.ts'
import type { Buckets, Homes } from '../ports.ts'
import type { Seen } from '../store/store.ts'
import type { Batch, Origin } from './intake-batch.ts'
import type { Log } from './log.ts'
import type { Logs } from './logs.ts'
import type { Outboxes } from './outbox.ts'
import type { Placement } from './placement.ts'
import type { Candidate } from './submission.ts'

/** Homes of senders that are looked for at once, for all relays. */
const maxFinding = 32

/** What a device pays for a control entry on top of the envelope: it makes as many a second as a group takes. */
const controlCostOfDevice = 4

export interface BatchPreparationComponents {
  logs: Logs
  outboxes: Outboxes
  placement: Placement
  homes: Homes
  clock: Clock
  groups: GroupSequencer
  buckets: Buckets
  storage: Pick<Storage, 'isReady' | 'prepare'>
}

export class BatchPreparation {
  readonly #c: BatchPreparationComponents
  #finding = 0

  constructor (components: BatchPreparationComponents) { this.#c = components }

  /** @throws what the first envelope without a place fails with */
  async prepare (batch: Batch): Promise<void> {
    const { candidates } = batch
    const rest = candidates.length - batch.next
    // What a sender needs in a conversation is looked up once, not for each of its envelopes: that was 200 ms of a thread when fifty began to flood a group.
    const loading = new Map<string, Promise<Log>>()
    const load = (candidate: Candidate): Promise<Log> => {
      const key = `${candidate.conversation.id} ${candidate.sender} ${candidate.senderDevice}`
      const known = loading.get(key) ?? this.#load(batch.origin, candidate)
      loading.set(key, known)
      return known
    }
    const results = await Promise.allSettled(Array.from({ length: rest }, (_, i) => this.#prepareOne(batch, batch.next + i, load)))
    const [first] = results
    if (first?.status === 'rejected') throw first.reason
  }

  async #load ({ relay }: Origin, { conversation, sender, senderDevice }: Candidate): Promise<Log> {
    const { logs, outboxes, placement, storage } = this.#c
    if (relay !== undefined && placement.isHomeOf(sender, relay) === undefined) await this.#findHome(sender)
    await outboxes.reloading(conversation.id)
    const log = await logs.load(conversation)
    await logs.loadMark(log, senderDevice)
    if (!storage.isReady(log)) await storage.prepare(log)
    return log
  }

  async #prepareOne (batch: Batch, index: number, load: (candidate: Candidate) => Promise<Log>): Promise<void> {
    const candidate = batch.candidates[index]
    if (candidate === undefined) return
    const { outboxes } = this.#c
    const { senderDevice, messageId, conversation } = candidate
    const log = await load(candidate)
    if (candidate.isControl && !batch.verified.has(index)) batch.verified.set(index, await this.#verify(batch.origin, candidate))
    if (log.isNew(senderDevice, messageId)) return
    const { lateAppends } = log
    const entry = log.findUncommitted(senderDevice, messageId)
    const item = outboxes.peek(conversation.id)?.findUncommitted(senderDevice, messageId)
    const seen: Seen | undefined = entry !== undefined
      ? { at: 'log', epoch: entry.epoch, seq: entry.seq }
      : item !== undefined ? { at: 'outbox', position: item.position } : await this.#findSeen(log, senderDevice, messageId)
    batch.lookups.set(index, { log, lateAppends, seen })
  }

  /** Once for each envelope, whatever comes of it: a batch of forged ones is looked at as often as it has envelopes. */
  async #verify ({ relay, sender }: Origin, { envelope }: Candidate): Promise<Verified | ProtocolError> {
    return await this.#c.groups.verdictOn(envelope, () => {
      // [LATER] two signatures take as long as some dozens of envelopes
      if (relay !== undefined) this.#c.buckets.take('forwardPerRelay', relay, controlCost)
      else if (sender !== undefined) this.#c.buckets.take('submitPerDevice', sender.device, controlCostOfDevice)
    })
  }

  /** Of one that waited here and is gone, refused by the sequencer, nothing is said: it goes the same way again, and its device is told again. */
  async #findSeen (log: Log, sender: DeviceId, messageId: MessageId): Promise<Seen | undefined> {
    const seen = await this.#c.logs.findMessage(log, sender, messageId)
    if (seen?.at !== 'outbox') return seen
    const item = await this.#c.outboxes.peek(log.conversation.id)?.find(sender, messageId)
    return item === undefined ? undefined : seen
  }

  async #findHome (account: AccountId): Promise<void> {
    // [LATER] a relay names its people before it forwards for them: the DHT is not asked for a crowd that nobody knows
    if (this.#finding >= maxFinding) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs, what: 'homes are looked for' })
    this.#finding++
    const limit = deadline(this.#c.clock, limits.requestTimeoutMs / 2)
    try {
      await this.#c.homes.find(account, { signal: limit.signal })
    } finally {
      this.#finding--
      limit.cancel()
    }
  }
}
