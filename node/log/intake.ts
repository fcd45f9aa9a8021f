/**
 * Envelopes coming in, from a device or from another relay: deduplicated, given their place, made durable, answered.
 *
 * The sequencer appends to the log; any other home puts into its outbox. Places are given at once and in order, without
 * a promise per envelope; a batch waits for one commit. Nothing is answered or shown before it is durable.
 * Owns: that order, deduplication, answers. Does not know: delivery, forwarding, replication (they follow the log and the
 * outbox). Spec: docs/protocol/client.md (submit), docs/protocol/relay.md (forward).
 */
import { otherMember, type ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { Outcome } from '../../protocol/wire/gen/log.js'
import type { GroupChange } from '../../protocol/groups/membership.ts'
import type { Group } from '../groups/group.ts'
import { decidedAnew, type Verified } from '../groups/group-sequencer.ts'
import type { Storage } from '../limits/storage.ts'
import type { Adoption } from './adoption.ts'
import { BatchPreparation, type BatchPreparationComponents } from './batch-preparation.ts'
import { Batch, type Origin, type Placed } from './intake-batch.ts'
import { unresolvedKey } from './unresolved-logs.ts'
import type { Log } from './log.ts'
import { waitBuckets, type Meter } from '../watch/meter.ts'
import type { OutboxQueue } from './outbox.ts'
import { nobodyBlocked, type Blocks, type Commits } from '../ports.ts'
import type { LogEntry, OutboxItem, Seen, Write } from '../store/store.ts'
import { readCandidate, type Candidate } from './submission.ts'

export interface IntakeConfig {
  /** 0: for ever */
  readonly retentionMs: number
}

/** What one origin, and all together, may have waiting for a commit. */
const originBytes = 4 * 1024 * 1024
const allBytes = 256 * 1024 * 1024

export interface IntakeComponents extends BatchPreparationComponents {
  commits: Commits
  meter: Meter
  adoption: Adoption
  storage: Pick<Storage, 'isReady' | 'prepare' | 'check' | 'added' | 'forget'>
  blocks?: Blocks
  /** Milliseconds with fractions; default `clock.nowMs`. */
  stopwatch? (): number
}

export class Intake {
  readonly #c: IntakeComponents
  readonly #adoption: Adoption
  readonly #preparation: BatchPreparation
  readonly #config: IntakeConfig
  readonly #onFirst: Array<(log: Log) => void> = []
  readonly #onQueued: Array<(queue: OutboxQueue) => void> = []
  readonly #accepted
  readonly #refused
  readonly #duplicates
  readonly #answered
  readonly #now: () => number
  #pendingBytes = 0

  constructor (components: IntakeComponents, config: IntakeConfig) {
    this.#c = components
    this.#adoption = components.adoption
    this.#preparation = new BatchPreparation(components)
    this.#config = config
    const { meter } = components
    this.#accepted = meter.counter('heliograph_intake_accepted_total', 'envelopes made durable, by where they went', ['to'])
    for (const to of ['log', 'outbox']) this.#accepted.inc(0, { to })
    this.#refused = meter.counter('heliograph_intake_refused_total', 'envelopes refused, by code', ['code'])
    this.#duplicates = meter.counter('heliograph_intake_duplicates_total', 'envelopes that were there already')
    this.#answered = meter.histogram('heliograph_intake_acknowledge_seconds', 'from a device\'s batch to its answer: everything in it is durable or refused', waitBuckets)
    this.#now = components.stopwatch ?? (() => components.clock.nowMs())
    meter.gauge('heliograph_intake_pending_bytes', 'envelopes received and not answered yet', () => this.#pendingBytes)
  }

  /** The first number in a log since it came into memory: somebody must see to its replica. */
  onFirst (listener: (log: Log) => void): void { this.#onFirst.push(listener) }

  /** An outbox has more to forward. */
  onQueued (listener: (queue: OutboxQueue) => void): void { this.#onQueued.push(listener) }

  get pendingBytes (): number { return this.#pendingBytes }

  /**
   * @param envelopes sealed bytes; kept until they are durable and handed on
   * @returns one outcome each, in order, once what was accepted is durable
   * @throws ProtocolError TOO_MANY, OVERLOADED: nothing of the batch was looked at
   */
  accept (envelopes: readonly Uint8Array[], origin: Origin): Promise<Outcome[]> {
    // [REJECT] a batch has a bound
    if (envelopes.length > limits.batchEnvelopes) throw new ProtocolError('TOO_MANY', { max: limits.batchEnvelopes, what: 'envelopes' })
    let bytes = 0
    for (const envelope of envelopes) bytes += envelope.byteLength
    // [LATER] memory is bounded, for each connection and for all
    if (origin.pendingBytes + bytes > originBytes || this.#pendingBytes + bytes > allBytes) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
    origin.pendingBytes += bytes
    origin.envelopes = (origin.envelopes ?? 0) + envelopes.length
    this.#pendingBytes += bytes

    const startMs = this.#now()
    const batch = this.#read(envelopes, origin)
    let assigned: Promise<void> | undefined
    if (origin.assigning === undefined) {
      this.#assign(batch)
      if (batch.next < batch.candidates.length) assigned = this.#assignSlowly(batch)
    } else {
      assigned = origin.assigning.then(() => this.#assignSlowly(batch))
    }
    if (assigned !== undefined) {
      const mine = assigned.then(() => { if (origin.assigning === mine) origin.assigning = undefined })
      origin.assigning = mine
    }
    return this.#finish(batch, assigned, { bytes, startMs })
  }

  async #finish (batch: Batch, assigned: Promise<void> | undefined, { bytes, startMs }: { bytes: number, startMs: number }): Promise<Outcome[]> {
    if (assigned !== undefined) await assigned
    if (batch.commits.length === 1) await batch.commits[0]
    else if (batch.commits.length > 1) await Promise.all(batch.commits)
    batch.origin.pendingBytes -= bytes
    this.#pendingBytes -= bytes
    if (batch.origin.sender !== undefined) this.#answered.observe((this.#now() - startMs) / 1000)
    return batch.outcomes
  }

  #isWaiting (id: ConversationId): boolean {
    const queue = this.#c.outboxes.peek(id)
    return queue !== undefined && queue.size > 0
  }

  /** Envelopes in this relay's outbox whose log it sequences by now: into the log. @throws ProtocolError as Adoption.adopt */
  adopt (queue: OutboxQueue): Promise<void> { return this.#adoption.adopt(queue, (log, writes) => { this.#join(log, true, writes) }) }

  #read (envelopes: readonly Uint8Array[], origin: Origin): Batch {
    const batch = new Batch(origin, envelopes.length)
    const nowMs = this.#c.clock.nowMs()
    for (let i = 0; i < envelopes.length; i++) {
      try {
        const candidate = readCandidate(envelopes[i]!, nowMs, this.#config.retentionMs, origin.memo)
        // [REJECT] a device speaks for itself only
        if (origin.sender !== undefined && (candidate.senderDevice !== origin.sender.device || candidate.sender !== origin.sender.account)) throw new ProtocolError('NOT_ADMITTED')
        batch.candidates[i] = candidate
      } catch (error) {
        this.#fail(batch, i, error)
      }
    }
    return batch
  }

  /** Give places, in order, as far as everything needed is in memory; then commit those. */
  #assign (batch: Batch): void {
    const placed: Placed = { writes: [], indexes: [], appended: [], queued: [] }
    const { candidates } = batch
    while (batch.next < candidates.length) {
      const candidate = candidates[batch.next]
      if (candidate !== undefined) {
        const blocked = batch.blocked.size === 0 ? undefined : batch.blocked.get(candidate.conversation.id)
        if (blocked !== undefined) batch.outcomes[batch.next] = blocked
        else if (!this.#place(batch, batch.next, candidate, placed)) break
      }
      batch.next++
    }
    if (placed.writes.length > 0) batch.commits.push(this.#commit(batch, placed))
  }

  /** @returns false: something must be loaded first */
  #place (batch: Batch, index: number, candidate: Candidate, placed: Placed): boolean {
    const { logs, outboxes, placement, clock } = this.#c
    const { conversation, senderDevice: sender, messageId } = candidate
    const isAnchorHere = placement.isSequencer(conversation)
    const refusal = this.#admit(batch.origin, candidate, isAnchorHere)
    if (refusal === 'unknown') return false
    if (refusal !== undefined) { this.#fail(batch, index, refusal); return true }
    const log = logs.peek(conversation.id)
    if (log === undefined || !log.hasMark(sender)) return false
    if (outboxes.reloading(conversation.id) !== undefined) return false
    if (!log.isNew(sender, messageId)) {
      const lookup = batch.lookups.get(index)
      if (lookup === undefined || lookup.log !== log || lookup.lateAppends !== log.lateAppends) return false
      // SPEC(design §3) under a new epoch a device submits again what nobody has confirmed: the home that numbered it may be
      // gone, and here nothing is kept of what its own people have seen. The sequencer knows whether it has it.
      const isAskedAgain = !isAnchorHere && lookup.seen?.at === 'log' && lookup.seen.epoch < placement.epochOf(conversation)
      if (lookup.seen !== undefined && !isAskedAgain) { this.#answerRepeat(batch, index, log, lookup.seen); return true }
    }
    const { relay, isGuest } = batch.origin
    // Its own home, or its device, tries again: what waits in the outbox here is of people of this relay.
    const isForeign = relay !== undefined || isGuest === true
    if (isAnchorHere && relay !== undefined && this.#adoption.mayKnow(log, relay)) return this.#takeOver(batch, index, log, relay)
    // Until it is known how far the log goes, and while earlier ones wait, an envelope waits in the outbox like one for another relay.
    const isSequencer = isAnchorHere && (isForeign ? this.#adoption.mayNumber(log) || this.#adoption.isUnknown(log) : this.#adoption.mayNumber(log) && !this.#isWaiting(conversation.id))
    if (isAnchorHere && !isSequencer && isForeign) return this.#takeOver(batch, index, log)
    if (!this.#c.storage.isReady(log)) return false
    const verified = batch.verified.get(index)
    if (candidate.isControl && verified === undefined) return false
    if (verified instanceof ProtocolError) {
      this.#fail(batch, index, verified)
      return true
    }
    // [LATER] somebody's part of the disk is used up; who is in a group may be changed all the same, to end what fills it
    if (!candidate.isControl && !this.#hasRoom(batch, index, log, candidate)) return true
    let change: GroupChange | undefined
    if (log.group !== undefined) {
      try {
        change = this.#checkGroup(log.group, candidate, { isSequencer, verified })
      } catch (error) {
        this.#fail(batch, index, error)
        return true
      }
    }
    if (!log.isJoined) this.#join(log, isAnchorHere, placed.writes)
    const storedAtMs = clock.nowMs()
    const { expiresAtMs } = candidate
    // A copy: a small envelope in a large frame would keep all of the frame in memory.
    const envelope = Buffer.from(candidate.envelope)
    if (isSequencer) {
      const entry: LogEntry = { epoch: Math.max(log.epoch, placement.epochOf(conversation)), seq: log.head + 1, sender, messageId, storedAtMs, expiresAtMs, envelope }
      const beginsEpoch = log.epoch > 0 && entry.epoch > log.epoch
      log.append(entry)
      placed.writes.push({ op: 'append', log: conversation.id, entry })
      if (change !== undefined) this.#c.groups.record(log, log.group!, change, entry, placed.writes)
      placed.appended.push({ log, entry, beginsEpoch })
      batch.outcomes[index] = { status: 0, epoch: entry.epoch, seq: entry.seq, retryAfterMs: 0 }
    } else {
      const queue = outboxes.open(conversation)
      const item: OutboxItem = { log: conversation.id, position: queue.last + 1, sender, messageId, storedAtMs, expiresAtMs, envelope }
      queue.push(item)
      log.noteMessage(sender, messageId)
      placed.writes.push({ op: 'enqueue', item })
      placed.queued.push({ queue, item })
      batch.outcomes[index] = { status: 0, epoch: 0, seq: 0, retryAfterMs: 0 }
    }
    this.#c.storage.added(log, envelope.byteLength, candidate.sender)
    placed.indexes.push(index)
    return true
  }

  #hasRoom (batch: Batch, index: number, log: Log, { envelope, sender }: Candidate): boolean {
    try {
      this.#c.storage.check(log, envelope.byteLength, sender)
      return true
    } catch (error) {
      this.#fail(batch, index, error)
      return false
    }
  }

  #takeOver (batch: Batch, index: number, log: Log, hint?: RelayId): true {
    this.#adoption.startTakeover(log, hint)
    this.#fail(batch, index, new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs, what: 'the log is being taken over' }))
    return true
  }

  /** What a group's state says of an envelope that comes next. @throws ProtocolError QUOTA; as GroupSequencer.check; NOT_A_MEMBER */
  #checkGroup (group: Group, { conversation, sender }: Candidate, { isSequencer, verified }: { isSequencer: boolean, verified: Verified | undefined }): GroupChange | undefined {
    const change = isSequencer ? this.#c.groups.check(group, sender, verified) : undefined
    // [REJECT] removed, and this home has the entry that says so. About others the sequencer knows better: they may just have come.
    if (!isSequencer && group.leaving.has(sender) && verified === undefined) throw new ProtocolError('NOT_A_MEMBER')
    // [LATER] all members together; who is none, as far as is known here, uses up what they alone may
    const isOfGroup = isSequencer || group.state.members.has(sender)
    this.#c.buckets.take('submitPerGroup', isOfGroup ? conversation.id : `${conversation.id} ${sender}`, 1)
    return change
  }

  /** Who may put this here. 'unknown': the sender's home record must be found first. */
  #admit (origin: Origin, { conversation, sender }: Candidate, isSequencer: boolean): ProtocolError | 'unknown' | undefined {
    const { blocks = nobodyBlocked, placement, homes } = this.#c
    // [REJECT] the operator does not serve this account, wherever it lives
    if (blocks.hasAccount(sender)) return new ProtocolError('BLOCKED')
    if (origin.relay !== undefined) {
      const isHome = placement.isHomeOf(sender, origin.relay)
      if (isHome === undefined) return 'unknown'
      // [REJECT] SPEC(relay §forward) a relay forwards only for accounts whose home record names it
      if (!isHome) return placement.primaryOf(sender) === homes.self ? new ProtocolError('NOT_ADMITTED') : placement.notHere(sender)
      // [REFRESH] only the anchor's home gives numbers
      return isSequencer ? undefined : placement.notSequencer(conversation)
    }
    // [REFRESH] a guest's envelope goes to the sequencer and nowhere else
    if (origin.isGuest === true) return isSequencer ? undefined : placement.notSequencer(conversation)
    // [REFRESH] the sender has moved away: never served here again
    if (!placement.isHome(sender)) return placement.notHere(sender)
    if (conversation.kind !== 'pair') return undefined
    const other = otherMember(conversation, sender)
    // [REJECT] the other person's record names this relay, and it does not know them
    return placement.primaryOf(other) === homes.self && !placement.isHome(other) && !placement.isAwaited(other) ? new ProtocolError('UNKNOWN_ACCOUNT') : undefined
  }

  /** Once per log and life in memory: who takes part here, and which replicas must be kept up. */
  #join (log: Log, isSequencer: boolean, writes: Write[]): void {
    const { placement } = this.#c
    const { id } = log.conversation
    // In a group the entry that brings somebody in says so.
    if (log.group === undefined) for (const account of placement.localMembers(log.conversation)) writes.push({ op: 'join', log: id, account })
    if (isSequencer) {
      // What a restart finds its replicas by: a row of the relay, or a mark that the relay is not known yet.
      if (placement.unresolvedMembers(log.conversation).length > 0) writes.push({ op: 'put', table: 'meta', key: unresolvedKey(id), value: new Uint8Array(0) })
      for (const relay of placement.relaysOf(log.conversation)) {
        if (log.replicas.has(relay)) continue
        const seq = placement.firstAt(log.conversation, relay) - 1
        log.replicas.set(relay, seq)
        writes.push({ op: 'replicated', log: id, relay, seq })
      }
    }
    log.isJoined = true
    if (isSequencer) for (const listener of this.#onFirst) listener(log)
  }

  #commit (batch: Batch, placed: Placed): Promise<void> {
    const done = this.#c.commits.commit(placed.writes).then(() => { this.#settle(batch, placed) }, (error: unknown) => { this.#undo(batch, placed, error) })
    for (const { log } of placed.appended) log.committing = done
    for (const { queue } of placed.queued) queue.committing = done
    return done
  }

  #settle ({ origin }: Batch, { appended, queued }: Placed): void {
    if (appended.length > 0) {
      this.#accepted.inc(appended.length, { to: 'log' })
      // First the places that the answer tells, so that they are not delivered as well.
      // By an answer alone a device does not believe in a new epoch, which may begin with others' entries: the first comes in a page as well.
      if (origin.onSequenced !== undefined) for (const { log, entry, beginsEpoch } of appended) if (!beginsEpoch) origin.onSequenced(log, entry.seq)
      for (let i = appended.length - 1; i >= 0; i--) appended[i]!.log.committed(appended[i]!.entry.seq)
    }
    if (queued.length > 0) {
      this.#accepted.inc(queued.length, { to: 'outbox' })
      for (let i = queued.length - 1; i >= 0; i--) {
        const { queue, item } = queued[i]!
        if (queue.isDropped || item.position <= queue.durableHead) continue
        queue.committed(item.position)
        for (const listener of this.#onQueued) listener(queue)
      }
    }
  }

  /** The disk did not take it: what memory has assigned is void and read again. */
  #undo (batch: Batch, placed: Placed, error: unknown): void {
    for (const { log } of placed.appended) {
      this.#c.storage.forget(log.conversation.id)
      this.#c.logs.drop(log)
    }
    for (const { queue } of placed.queued) {
      const log = this.#c.logs.peek(queue.conversation.id)
      if (log !== undefined) this.#c.logs.drop(log)
      this.#c.outboxes.reload(queue)
    }
    for (const index of placed.indexes) this.#fail(batch, index, error)
  }

  /** The first answer again; of an envelope that is still on its way to the disk, when it is there. */
  #answerRepeat (batch: Batch, index: number, log: Log, seen: Seen): void {
    this.#duplicates.inc()
    batch.outcomes[index] = seen.at === 'log' ? { status: 0, epoch: seen.epoch, seq: seen.seq, retryAfterMs: 0 } : { status: 0, epoch: 0, seq: 0, retryAfterMs: 0 }
    const queue = this.#c.outboxes.peek(log.conversation.id)
    const committing = seen.at === 'log' ? (seen.seq > log.durableHead ? log.committing : undefined) : (queue !== undefined && seen.position > queue.durableHead ? queue.committing : undefined)
    if (committing === undefined) return
    batch.commits.push(committing.then(() => {
      const isLost = seen.at === 'log' ? log.isDropped : queue!.isDropped && log.isDropped
      if (isLost) this.#fail(batch, index, new ProtocolError('INTERNAL', { what: 'the first copy was not stored' }))
    }))
  }

  #fail (batch: Batch, index: number, thrown: unknown): void {
    const error = isProtocolError(thrown) ? thrown : new ProtocolError('INTERNAL', { cause: thrown })
    this.#refused.inc(1, { code: error.code })
    const outcome: Outcome = {
      status: error.status,
      epoch: 0,
      seq: 0,
      retryAfterMs: error.details.retryAfterMs ?? 0,
      ...(error.details.record === undefined ? {} : { record: error.details.record })
    }
    batch.outcomes[index] = outcome
    const candidate = batch.candidates[index]
    // What may come again must not be overtaken by what follows it.
    if (candidate !== undefined && error.action !== 'reject' && error.action !== 'done' && !decidedAnew.includes(error.code)) batch.blocked.set(candidate.conversation.id, outcome)
  }

  /** Load what the rest of the batch needs, and give places; as often as it takes. Never rejects. */
  async #assignSlowly (batch: Batch): Promise<void> {
    let from = batch.next
    let turns = 0
    while (batch.next < batch.candidates.length) {
      turns = batch.next === from ? turns + 1 : 1
      from = batch.next
      try {
        // Loaded and dropped again and again: the store is in trouble, or memory is far too small.
        if (turns > 10) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
        await this.#preparation.prepare(batch)
      } catch (error) {
        // The envelope that could not be prepared is the next one; the others may be luckier.
        this.#fail(batch, batch.next, error)
        batch.candidates[batch.next] = undefined
      }
      this.#assign(batch)
    }
  }
}
