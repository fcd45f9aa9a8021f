/**
 * Entries on their way into the copy of a log here: each at the next number, its payload from the page or from the outbox of this
 * relay's own people, and everything that one request brings in one batch of the store.
 *
 * Owns: moving an item from the outbox into the log in one batch, and what a log in memory says before and after the commit.
 * Does not know: which relay may write here (replica.ts), nor where pages come from (gaps.ts, log-takeover.ts).
 */
import { sameBytes } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { deviceIdOfKey, keyBytes, messageIdFromBytes, type RelayId } from '../../protocol/ids.ts'
import type { Entry, Page } from '../../protocol/wire/gen/log.js'
import { controlCost } from '../groups/group-sequencer.ts'
import type { Groups } from '../groups/groups.ts'
import type { Storage } from '../limits/storage.ts'
import { namedBy, readEnvelopeHeader } from '../log/envelope-header.ts'
import type { Log } from '../log/log.ts'
import type { Logs } from '../log/logs.ts'
import type { OutboxQueue, Outboxes } from '../log/outbox.ts'
import type { Placement } from '../log/placement.ts'
import { readCandidate, neverMs } from '../log/submission.ts'
import type { Buckets, Commits } from '../ports.ts'
import type { OutboxItem, LogEntry, SequencedMessage, Write } from '../store/store.ts'
import type { Counter, Meter } from '../watch/meter.ts'

export interface ReplicaEntriesComponents {
  logs: Logs
  groups: Groups
  outboxes: Outboxes
  placement: Placement
  storage: Pick<Storage, 'added'>
  buckets: Buckets
  commits: Commits
  clock: Clock
  meter: Meter
}

/** What another relay does not keep any more either, up to there. */
export interface Skipped { readonly throughSeq: number, readonly epoch: number }

/** What one request came to, before its commit. */
export interface Taken {
  /** From whom. */
  readonly relay: RelayId
  readonly writes: Write[]
  readonly logs: Set<Log>
  readonly dequeued: Array<{ queue: OutboxQueue, position: number }>
  /** Logs of which ids came. */
  readonly remembered: Set<Log>
}

export const nothingFrom = (relay: RelayId): Taken => ({ relay, writes: [], logs: new Set(), dequeued: [], remembered: new Set() })

export class ReplicaEntries {
  readonly #c: ReplicaEntriesComponents
  readonly #retentionMs: number
  readonly #appended: Counter

  constructor (components: ReplicaEntriesComponents, { retentionMs }: { readonly retentionMs: number }) {
    this.#c = components
    this.#retentionMs = retentionMs
    this.#appended = components.meter.counter('heliograph_replica_entries_total', 'entries taken into replicas, by where the payload came from', ['payload'])
  }

  /**
   * @param isSearched the outbox was looked through: an envelope of this relay's own people that is not there comes from the page
   * @returns false: the payload is not at hand, or may be in the outbox
   */
  append (log: Log, page: Page, wire: Entry, taken: Taken, isSearched = false): boolean {
    if (wire.envelope === undefined) {
      const { sender, messageId } = referenceOf(wire)
      const queue = this.#c.outboxes.peek(log.conversation.id)
      const item = queue?.findInMemory(sender, messageId)
      if (item === undefined) return false
      this.#takeItem(log, page, wire, { queue: queue!, item }, taken)
      return true
    }
    // Not refused when expired: every number must be filled, the sweep removes it.
    const candidate = readCandidate(wire.envelope, 0, 0)
    if (!sameBytes(candidate.conversation.bytes, log.conversation.bytes)) throw new ProtocolError('BAD_CONVERSATION')
    const { senderDevice: sender, messageId, envelope } = candidate
    const queue = isSearched ? undefined : this.#c.outboxes.peek(log.conversation.id)
    if (queue !== undefined && this.#c.placement.isHome(candidate.sender)) {
      const item = queue.findInMemory(sender, messageId)
      if (item === undefined) return false
      this.#takeItem(log, page, wire, { queue, item }, taken)
      return true
    }
    this.#push(log, { ...this.#numbers(page, wire), sender, messageId, expiresAtMs: this.#expiry(candidate.expiresAtMs), envelope: Buffer.from(envelope) }, { isChange: candidate.isControl, isCounted: false }, taken)
    this.#appended.inc(1, { payload: 'page' })
    return true
  }

  /** As `append`, when the payload may be in what is on disk of the outbox. @returns false: it is nowhere here */
  async appendFromOutbox (log: Log, page: Page, wire: Entry, taken: Taken): Promise<boolean> {
    const queue = this.#c.outboxes.peek(log.conversation.id)
    if (queue !== undefined) {
      const { sender, messageId } = wire.envelope === undefined ? referenceOf(wire) : namedBy(wire.envelope)
      const item = await queue.find(sender, messageId)
      if (log.isDropped) return false
      if (item !== undefined && !queue.isDropped) {
        this.#takeItem(log, page, wire, { queue, item }, taken)
        return true
      }
    }
    return wire.envelope !== undefined && this.append(log, page, wire, taken, true)
  }

  /** Append and dequeue in one batch: at no moment is it in neither or both. */
  #takeItem (log: Log, page: Page, wire: Entry, { queue, item }: { queue: OutboxQueue, item: OutboxItem }, taken: Taken): void {
    const { sender, messageId, expiresAtMs, envelope, position } = item
    const isChange = log.group !== undefined && readEnvelopeHeader(envelope).control !== undefined
    this.#push(log, { ...this.#numbers(page, wire), sender, messageId, expiresAtMs, envelope }, { isChange, isCounted: true }, taken)
    taken.writes.push({ op: 'dequeue', log: log.conversation.id, position })
    taken.dequeued.push({ queue, position })
    this.#appended.inc(1, { payload: 'outbox' })
  }

  #numbers (page: Page, { seq, storedAtMs }: Entry): Pick<LogEntry, 'epoch' | 'seq' | 'storedAtMs'> { return { epoch: page.epoch, seq, storedAtMs } }

  #expiry (wantedMs: number): number {
    return Math.min(wantedMs, this.#retentionMs === 0 ? neverMs : this.#c.clock.nowMs() + this.#retentionMs)
  }

  /** @param isCounted it was in the outbox, and stays on the disk */
  #push (log: Log, entry: LogEntry, { isChange, isCounted }: { isChange: boolean, isCounted: boolean }, taken: Taken): void {
    // [REFRESH] an older epoch's sequencer must not go on where a newer one has begun
    if (entry.epoch < log.epoch) throw new ProtocolError('STALE_EPOCH')
    // [LATER] before it has its place: what is appended must be applied
    if (isChange) this.#c.buckets.take('forwardPerRelay', taken.relay, controlCost)
    if (!log.isJoined && log.group === undefined) {
      for (const account of this.#c.placement.localMembers(log.conversation)) taken.writes.push({ op: 'join', log: log.conversation.id, account })
      log.isJoined = true
    }
    if (!isCounted) this.#c.storage.added(log, entry.envelope.byteLength)
    log.append(entry)
    taken.writes.push({ op: 'append', log: log.conversation.id, entry })
    taken.logs.add(log)
    // What came with a snapshot is in the state already.
    if (!isChange || log.group === undefined || entry.seq <= log.group.state.seq) return
    const effect = this.#c.groups.applyEntry(log.group, entry.envelope, entry, taken.writes)
    if (effect !== undefined) this.#c.logs.changed(log, effect)
  }

  /**
   * Nothing when head is there. What was placed before must be on disk first: a skip drops it.
   * @param ids of what is skipped
   */
  async skip (log: Log, { throughSeq, epoch }: Skipped, taken: Taken, ids: readonly SequencedMessage[] = []): Promise<void> {
    if (throughSeq <= log.head) return
    if (log.head !== log.durableHead) await this.commitSoFar(taken)
    if (log.isDropped) return
    for (const message of ids) taken.writes.push({ op: 'remember', log: log.conversation.id, message })
    if (ids.length > 0) taken.remembered.add(log)
    taken.writes.push({ op: 'skip', log: log.conversation.id, epoch, throughSeq })
    taken.logs.add(log)
    log.skipTo(throughSeq, epoch)
  }

  /** Rejects with what the store says: the logs are dropped from memory then, which is ahead of the disk. */
  commit ({ writes, logs, dequeued, remembered }: Taken): Promise<void> {
    if (writes.length === 0) return Promise.resolve()
    const heads = Array.from(logs, (log) => ({ log, head: log.head }))
    const done = this.#c.commits.commit(writes).then(() => {
      for (const log of remembered) log.remembered()
      for (const { log, head } of heads) log.committed(head)
      for (const { queue, position } of dequeued) {
        queue.removed(position)
        this.#c.outboxes.settle(queue)
      }
    }, (error: unknown) => {
      for (const log of logs) this.#c.logs.drop(log)
      throw error
    })
    // A repeat of a message that is on its way to the disk waits for this; its failure is told by the dropped log.
    const settled = done.catch(() => {})
    for (const log of logs) log.committing = settled
    return done
  }

  async commitSoFar (taken: Taken): Promise<void> {
    await this.commit({ relay: taken.relay, writes: taken.writes.splice(0), logs: new Set(taken.logs), dequeued: taken.dequeued.splice(0), remembered: new Set(taken.remembered) })
    taken.remembered.clear()
  }
}

/** @throws ProtocolError MALFORMED, BAD_MESSAGE_ID */
function referenceOf ({ senderDevice, messageId }: Entry): ReturnType<typeof namedBy> {
  if (senderDevice?.byteLength !== keyBytes || messageId === undefined) throw new ProtocolError('MALFORMED', { what: 'reference' })
  return { sender: deviceIdOfKey(senderDevice), messageId: messageIdFromBytes(messageId) }
}
