/**
 * The copy of a log at a member's home: taken from the sequencer in order, payloads of this relay's own people from its outbox.
 *
 * Owns: which relay may write here, no gaps, moving an item from the outbox into the log in one batch.
 * Does not know: how devices get it (delivery.ts follows the log). Spec: docs/protocol/relay.md, replicate
 */
import { sameBytes } from '../../protocol/bytes.ts'
import type { Channel } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { conversationFromBytes, type Conversation, type ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { deviceIdOfKey, keyBytes, messageIdFromBytes, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import type { Entry, Page, Position } from '../../protocol/wire/gen/log.js'
import { deadline } from '../deadline.ts'
import { firstEpochOf } from '../../protocol/groups/anchor.ts'
import { stateFromWire } from '../../protocol/groups/snapshot.ts'
import { controlCost } from '../groups/group-sequencer.ts'
import type { Groups } from '../groups/groups.ts'
import type { GroupAnchors } from '../groups/group-anchors.ts'
import type { Alignment } from './alignment.ts'
import { checkNumbers } from './entry-copies.ts'
import type { Links } from './links.ts'
import { isFurther } from '../log/epochs.ts'
import type { Log } from '../log/log.ts'
import type { Storage } from '../limits/storage.ts'
import type { Logs } from '../log/logs.ts'
import type { Meter } from '../watch/meter.ts'
import type { OutboxItem, LogEntry, Write } from '../store/store.ts'
import type { OutboxQueue, Outboxes } from '../log/outbox.ts'
import type { Placement } from '../log/placement.ts'
import type { Blocks, Buckets, Commits, Homes, Logger } from '../ports.ts'
import { readCandidate, neverMs } from '../log/submission.ts'
import { readEnvelopeHeader } from '../log/envelope-header.ts'

export interface ReplicasComponents {
  blocks?: Blocks
  storage: Pick<Storage, 'isReady' | 'prepare' | 'check' | 'added'>
  logs: Logs
  groups: Groups
  anchors: Pick<GroupAnchors, 'cached' | 'settled'>
  alignment: Alignment
  /** A log was compared with its sequencer's. */
  onInLine (id: ConversationId): void
  buckets: Buckets
  outboxes: Outboxes
  placement: Placement
  homes: Homes
  links: Links
  commits: Commits
  clock: Clock
  meter: Meter
  logger: Logger
  /** An entry that is on disk; undefined: not kept any more. */
  stored (log: Log, seq: number): Promise<LogEntry | undefined>
}

export interface ReplicasConfig { readonly retentionMs: number }

/** What one request came to, before its commit. */
interface Taken {
  /** From whom. */
  readonly relay: RelayId
  readonly writes: Write[]
  readonly logs: Set<Log>
  readonly dequeued: Array<{ queue: OutboxQueue, position: number }>
}

/** Waiting requests of one relay: its window of batches and a few that were sent again. */
const maxWaiting = 64

/** Homes asked for what a group's sequencer does not have. */
const maxOthers = 8

/** After a gap that gossip has shown could not be filled, the sequencer is not asked for it again before this time. */
const gossipPauseMs = 5_000

export class Replicas {
  readonly #c: ReplicasComponents
  readonly #config: ReplicasConfig
  /** Requests of one relay are worked off in order. */
  readonly #turns = new Map<RelayId, { last: Promise<unknown>, waiting: number }>()
  readonly #appended
  readonly #pulled
  readonly #snapshots
  readonly #contradictions
  /** No look at what gossip says is missing before then. */
  readonly #pausedUntilMs = new WeakMap<Log, number>()

  constructor (components: ReplicasComponents, config: ReplicasConfig) {
    this.#c = components
    this.#config = config
    const { meter } = components
    this.#appended = meter.counter('heliograph_replica_entries_total', 'entries taken into replicas, by where the payload came from', ['payload'])
    this.#snapshots = meter.counter('heliograph_replica_snapshots_total', 'states of groups taken from another relay')
    this.#contradictions = meter.counter('heliograph_gossip_contradictions_total', 'entries of signed pages that differ from what stands at their number here')
    this.#pulled = meter.counter('heliograph_replica_pulls_total', 'pages asked of a sequencer because something was missing')
  }

  /**
   * @returns how far each log is now, durably; a log that this relay does not take from the caller is left out
   * @throws ProtocolError MOVED, OVERLOADED, STORAGE_FULL, MALFORMED
   */
  receive (pages: readonly Page[], relay: RelayId): Promise<Position[]> {
    return this.#inTurn(relay, () => this.#place(pages, relay))
  }

  /**
   * A page that came by gossip, signed by `relay`: taken as one that came directly, as far as it is news.
   * @returns how far the log is now, durably; undefined: it is not kept here. @throws ProtocolError as `receive`, STALE_EPOCH
   */
  async receiveGossip (page: Page, relay: RelayId): Promise<Position | undefined> {
    if (this.#c.blocks?.hasRelay(relay) === true) return undefined
    const [position] = await this.#inTurn(relay, () => this.#place([page], relay, true))
    return position
  }

  /** Bring the log in line with that of `relay`, which sequences it: between its pages. @throws ProtocolError as Alignment.follow */
  async follow (conversation: Conversation, relay: RelayId): Promise<void> {
    await this.#inTurn(relay, async () => {
      const log = await this.#c.logs.load(conversation)
      await this.#c.alignment.follow(log, relay)
      return { done: Promise.resolve([]) }
    })
  }

  #inTurn (relay: RelayId, work: () => Promise<{ done: Promise<Position[]> }>): Promise<Position[]> {
    const turn = this.#turns.get(relay) ?? { last: Promise.resolve(), waiting: 0 }
    // [LATER] memory is bounded
    if (turn.waiting >= maxWaiting) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
    this.#turns.set(relay, turn)
    turn.waiting++
    const place = turn.last.then(work)
    // The next request may be placed once this one is placed; it need not wait for the disk.
    turn.last = place.then(() => {}, () => {}).then(() => { if (--turn.waiting === 0) this.#turns.delete(relay) })
    return place.then((placed) => placed.done)
  }

  async #place (pages: readonly Page[], relay: RelayId, isGossip = false): Promise<{ done: Promise<Position[]> }> {
    const taken: Taken = { relay, writes: [], logs: new Set(), dequeued: [] }
    const answers: Array<{ page: Page, log: Log }> = []
    let failure: unknown
    for (const page of pages) {
      try {
        const conversation = conversationFromBytes(page.conversation)
        if (!await this.#isSequencer(conversation, relay, page.epoch) || !this.#isEpoch(conversation, page)) continue
        await this.#c.outboxes.reloading(conversation.id)
        let log = this.#c.logs.peek(conversation.id) ?? await this.#c.logs.load(conversation)
        // Gossip brings no group here; its sequencer does.
        if (isGossip ? log.group?.isKnown !== true || log.group.locals.length === 0 : !await this.#isFor(log, page, relay, taken)) continue
        if (this.#hasParted(log, page, isGossip)) {
          const inLine = await this.#inLine(log, relay, taken)
          // Not now: it is left out of the answer, and its relay's other logs do not wait for it.
          if (inLine === undefined) continue
          log = inLine
          // Changes were among what was given up, and what is here does not say what was before them.
          if (!isGossip && log.group?.isKnown === false && !await this.#found(log, relay, taken)) continue
        }
        // [LATER] it waits, as is said by leaving it out of the answer; its relay's other logs do not
        const room = await this.#roomFor(log, page)
        if (room === undefined) continue
        if (log.isDropped) log = await this.#c.logs.load(conversation)
        answers.push({ page, log })
        if (isGossip) await this.#takeNews(log, room, relay, taken)
        else await this.#take(log, room, relay, taken)
      } catch (error) {
        failure = error
        break
      }
    }
    // What was placed before a failure has its numbers: it must reach the disk all the same.
    const committed = this.#commit(taken)
    if (failure !== undefined) {
      await committed
      throw failure
    }
    return { done: committed.then(() => answers.map(({ page, log }) => ({ conversation: page.conversation, epoch: log.epoch, seq: log.durableHead }))) }
  }

  /** As much of the page as there is room for on this disk, for whoever pays for it; undefined: none. Changes of a group are taken all the same. */
  async #roomFor (log: Log, page: Page): Promise<Page | undefined> {
    const { storage } = this.#c
    if (!storage.isReady(log)) await storage.prepare(log)
    const { entries } = page
    let bytes = 0
    for (const [i, entry] of entries.entries()) {
      // [IGNORE] what is here already; a reference's bytes are in the outbox
      if (entry.seq <= log.head || entry.envelope === undefined || isControl(entry)) continue
      bytes += entry.envelope.byteLength
      try {
        storage.check(log, bytes)
      } catch (error) {
        if (!isProtocolError(error, 'MAILBOX_FULL')) throw error
        return i === 0 ? undefined : { ...page, entries: entries.slice(0, i) }
      }
    }
    return page
  }

  /** Is the caller the primary home of the anchor? @throws ProtocolError MOVED */
  async #isSequencer (conversation: Conversation, relay: RelayId, epoch: number): Promise<boolean> {
    const { placement, homes, clock, logger } = this.#c
    if (conversation.kind === 'group') await this.#c.anchors.settled(conversation.id)
    const anchor = placement.anchorOf(conversation)
    let primary = placement.primaryOf(anchor)
    if (primary === undefined) {
      const limit = deadline(clock, limits.requestTimeoutMs / 2)
      try {
        primary = (await homes.find(anchor, { signal: limit.signal })).homes[0]
      } catch (error) {
        if (!isProtocolError(error)) throw error
        logger.debug('replica.unknown-anchor', {}, error)
        return false
      } finally {
        limit.cancel()
      }
    }
    // [REJECT] SPEC(relay §replicate) only the sequencer writes: the primary home of the anchor
    if (primary === relay) return true
    const record = this.#c.anchors.cached(conversation.id)
    if (record === undefined || epoch >= firstEpochOf(record)) throw placement.notHere(anchor)
    // It does not know, or does not agree: it is told, and its other logs do not wait for that.
    this.#tell(conversation, relay)
    return false
  }

  #tell (conversation: Conversation, relay: RelayId): void {
    const { links, clock, logger } = this.#c
    const limit = deadline(clock, limits.requestTimeoutMs / 2)
    links.channelTo(relay, { signal: limit.signal }).then((channel) => { links.present(channel, conversation) }, (error: unknown) => {
      logger.debug('replica.tell-anchor', {}, error)
    }).finally(() => { limit.cancel() })
  }

  /** [REFRESH] an epoch is the version of the anchor's signed record: one that is made up would put the log out of reach of every home after this one */
  #isEpoch (conversation: Conversation, { epoch }: { readonly epoch: number }): boolean {
    const { placement, homes } = this.#c
    if (epoch <= placement.epochOf(conversation)) return true
    homes.refresh(placement.anchorOf(conversation))
    return false
  }

  /** Is a member at home here? @throws ProtocolError MOVED */
  async #isFor (log: Log, page: Page, relay: RelayId, taken: Taken): Promise<boolean> {
    const { placement } = this.#c
    const { conversation, group } = log
    if (group !== undefined) {
      if (group.isKnown && (group.locals.length > 0 || group.leaving.size > 0)) return true
      // Back after all of its members had left, and the change that brings one in is the next entry.
      if (group.isKnown && (page.entries[0]?.seq ?? 0) <= log.head + 1 && page.entries.some(isControl)) return true
      return await this.#found(log, relay, taken)
    }
    if (placement.localMembers(conversation).length > 0) return true
    // [REFRESH] the member has moved away from here
    const gone = placement.members(conversation).find((member) => member !== conversation.anchor && placement.primaryOf(member) !== undefined && placement.primaryOf(member) !== placement.self)
    if (gone !== undefined) throw placement.notHere(gone)
    return false
  }

  /** May there be something here that its sequencer does not have? */
  #hasParted ({ group, head, epoch, conversation }: Log, page: Page, isGossip: boolean): boolean {
    if (group === undefined || head === 0) return false
    return page.epoch > epoch || (!isGossip && page.head < head && this.#c.anchors.cached(conversation.id) !== undefined)
  }

  /** What a newer epoch numbers takes the place of what older ones did: give up what the sequencer does not have. @returns the log as it is then */
  async #inLine (log: Log, relay: RelayId, taken: Taken): Promise<Log | undefined> {
    const { alignment, logs, logger } = this.#c
    if (log.head !== log.durableHead) await this.#commitSoFar(taken)
    try {
      const wasCut = await alignment.follow(log, relay)
      this.#c.onInLine(log.conversation.id)
      return wasCut ? await logs.load(log.conversation) : log
    } catch (error) {
      if (!isProtocolError(error)) throw error
      logger.debug('replica.in-line', {}, error)
      return undefined
    }
  }

  async #take (log: Log, page: Page, relay: RelayId, taken: Taken): Promise<void> {
    checkNumbers(page)
    for (const entry of page.entries) {
      if (entry.seq <= log.head) continue
      if (entry.seq > log.head + 1 && !await this.#fill(log, entry.seq, relay, taken)) return
      // Dropped from memory meanwhile: the answer says how far it is on disk, and the sequencer goes on from there.
      if (log.isDropped) return
      if (entry.seq <= log.head) continue
      if (!this.#append(log, page, entry, taken) && !await this.#appendFromOutbox(log, page, entry, taken) &&
          !await this.#fill(log, entry.seq + 1, relay, taken)) return
    }
  }

  /** Of a page that nobody has asked for: what is here is compared, and what is missing before it is asked for now and then. */
  async #takeNews (log: Log, page: Page, relay: RelayId, taken: Taken): Promise<void> {
    checkNumbers(page)
    const first = page.entries[0]?.seq ?? 0
    if (first <= log.head) await this.#compare(log, page)
    if (log.isDropped) return
    if (first > log.head + 1) {
      const nowMs = this.#c.clock.nowMs()
      if (nowMs < (this.#pausedUntilMs.get(log) ?? 0)) return
      // A number that no page fills may be a lie: then not again with the next one.
      this.#pausedUntilMs.set(log, nowMs + gossipPauseMs)
      if (!await this.#fill(log, first, relay, taken)) return
      this.#pausedUntilMs.delete(log)
    }
    await this.#take(log, page, relay, taken)
  }

  /** What stands here is never overwritten: a signed page that says otherwise proves that its relay tells two stories. */
  async #compare (log: Log, page: Page): Promise<void> {
    let isRead = false
    for (const { seq, envelope } of page.entries) {
      if (seq > log.head || envelope === undefined) return
      let known = log.tail.get(seq)
      if (known === undefined && seq <= log.durableHead && !isRead) {
        // One look at the disk for each page: it came late, and nobody waits for it.
        isRead = true
        known = await this.#c.stored(log, seq)
      }
      // The bytes that came from an outbox here are those that the sender made.
      if (known === undefined || sameBytes(known.envelope, envelope)) continue
      this.#contradictions.inc()
      this.#c.logger.warn('gossip.contradiction', { seq, epoch: page.epoch, epochHere: known.epoch })
      return
    }
  }

  /**
   * @param isSearched the outbox was looked through: an envelope of this relay's own people that is not there comes from the page
   * @returns false: the payload is not at hand, or may be in the outbox
   */
  #append (log: Log, page: Page, wire: Entry, taken: Taken, isSearched = false): boolean {
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

  async #appendFromOutbox (log: Log, page: Page, wire: Entry, taken: Taken): Promise<boolean> {
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
    return wire.envelope !== undefined && this.#append(log, page, wire, taken, true)
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
    const { retentionMs } = this.#config
    return Math.min(wantedMs, retentionMs === 0 ? neverMs : this.#c.clock.nowMs() + retentionMs)
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
   * A group that this relay has to keep from now on, or of which it has missed changes: its state as `relay` has it. The log
   * goes on with the entry that brought the first of this relay's members in: nothing older is for them.
   * @returns false: nobody in it lives here. @throws ProtocolError HOME_UNREACHABLE, TIMEOUT, …: not now
   */
  async #found (log: Log, relay: RelayId, taken: Taken): Promise<boolean> {
    const { placement, clock, links, groups, logs } = this.#c
    const { conversation, group } = log
    const limit = deadline(clock, limits.requestTimeoutMs / 2)
    try {
      const channel = await links.channelTo(relay, { signal: limit.signal })
      links.introduce(channel, placement.anchorsOf(conversation))
      links.present(channel, conversation)
      const state = stateFromWire(await channel.call(relayMethods.groupState, { conversation: conversation.bytes }, { signal: limit.signal }))
      if (state.conversation.id !== conversation.id) throw new ProtocolError('BAD_CONVERSATION')
      if (!this.#isEpoch(conversation, state)) throw new ProtocolError('MALFORMED', { what: 'epoch' })
      if (log.isDropped || group === undefined) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
      // [REJECT] an older state than the one that this relay has checked itself
      if (group.isKnown && (state.epoch < group.state.epoch || state.seq < group.state.seq)) throw new ProtocolError('STALE_EPOCH')
      let first = Infinity
      for (const [account, { sinceSeq }] of state.members) if (placement.isHome(account)) first = Math.min(first, sinceSeq)
      const isSequencer = placement.isSequencer(conversation)
      if (first === Infinity && !isSequencer) return false
      if (!isSequencer && first > log.head + 1) await this.#skip(log, first - 1, state.epoch, taken)
      if (log.isDropped) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
      const effect = groups.replace(group, state, taken.writes)
      taken.logs.add(log)
      logs.changed(log, effect)
      this.#snapshots.inc()
      return true
    } catch (error) {
      // Nobody in it lives here any more, the other relay says.
      if (isProtocolError(error, 'NOT_ADMITTED')) return false
      throw error
    } finally {
      limit.cancel()
    }
  }

  #commit ({ writes, logs, dequeued }: Taken): Promise<void> {
    if (writes.length === 0) return Promise.resolve()
    const heads = Array.from(logs, (log) => ({ log, head: log.head }))
    const done = this.#c.commits.commit(writes).then(() => {
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

  /**
   * Ask the sequencer for what is missing below `beforeSeq`: a gap, or a reference whose payload is not here.
   * @returns whether the log has come that far
   */
  async #fill (log: Log, beforeSeq: number, relay: RelayId, taken: Taken): Promise<boolean> {
    const limit = deadline(this.#c.clock, limits.requestTimeoutMs / 2)
    try {
      const channel = await this.#c.links.channelTo(relay, { signal: limit.signal })
      while (log.head < beforeSeq - 1) {
        const before = log.head
        const page = await this.#pull(channel, log, limits.pageEntries)
        if (log.isDropped || !sameBytes(page.conversation, log.conversation.bytes)) return false
        // The sequencer has nothing older: everybody had it, or it has expired. Go on from there.
        const keptFrom = page.entries[0]?.seq ?? Math.min(page.head + 1, beforeSeq)
        if (keptFrom > log.head + 1 && page.entries.length > 0 && await this.#fillFromOthers(log, page, relay, taken)) continue
        if (keptFrom > log.head + 1) {
          // Changes may be among what is skipped.
          if (log.group !== undefined && !await this.#found(log, relay, taken)) return false
          if (keptFrom > log.head + 1) await this.#skip(log, keptFrom - 1, page.epoch, taken)
        }
        if (log.isDropped) return false
        for (const entry of page.entries) {
          if (entry.seq !== log.head + 1) continue
          if (!this.#append(log, page, entry, taken) && !await this.#appendFromOutbox(log, page, entry, taken)) return false
        }
        if (log.head === before) return false
      }
      return true
    } catch (error) {
      if (!isProtocolError(error)) throw error
      // The answer tells the sequencer how far we are; it starts from there.
      this.#c.logger.debug('replica.pull', {}, error)
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
    const { placement, links, clock, logger } = this.#c
    if (!placement.isReanchored(log.conversation)) return false
    const before = log.head
    for (const relay of placement.relaysOf(log.conversation).slice(0, maxOthers)) {
      if (relay === sequencer) continue
      const limit = deadline(clock, limits.requestTimeoutMs / 2)
      try {
        const channel = await links.channelTo(relay, { signal: limit.signal })
        const page = await this.#pull(channel, log, limits.pageEntries)
        if (log.isDropped || !sameBytes(page.conversation, log.conversation.bytes)) return false
        // Of an epoch before, and up to where the sequencer's own go on.
        if (page.epoch > later.epoch || page.entries[0]?.seq !== log.head + 1) continue
        for (const entry of page.entries) {
          if (entry.seq !== log.head + 1 || entry.seq >= later.entries[0]!.seq) continue
          if (!this.#append(log, page, entry, taken) && !await this.#appendFromOutbox(log, page, entry, taken)) break
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

  async #pull (channel: Channel, log: Log, maxEntries: number): Promise<Page> {
    this.#pulled.inc()
    const page = checkNumbers(await channel.call(relayMethods.pull, { conversation: log.conversation.bytes, fromSeq: log.head + 1, maxEntries }))
    if (!this.#isEpoch(log.conversation, page)) throw new ProtocolError('MALFORMED', { what: 'epoch' })
    return page
  }

  /**
   * This relay sequences the log from now on: take over what `relay`, a home of another member, has of it. That relay hears of
   * the anchor's move first, so that nobody else adds to it meanwhile.
   * @throws ProtocolError HOME_UNREACHABLE, TIMEOUT, …: nothing is known, try again
   */
  async takeOver (log: Log, relay: RelayId): Promise<void> {
    const limit = deadline(this.#c.clock, limits.dialTimeoutMs)
    try {
      const channel = await this.#c.links.channelTo(relay, { signal: limit.signal })
      this.#c.links.introduce(channel, this.#c.placement.anchorsOf(log.conversation))
      this.#c.links.present(channel, log.conversation)
      // A group may have parted in more than two: theirs counts as far as nobody here has come further.
      if (log.group !== undefined && log.head > 0) {
        const theirs = await this.#c.alignment.ask(log.conversation, relay)
        if (!isFurther(theirs, await this.#c.alignment.shapeOf(log))) {
          if (!log.group.isKnown && theirs.head === log.head) await this.#foundAgain(log, relay)
          return
        }
        if (await this.#c.alignment.giveUp(log, theirs)) throw new ProtocolError('OVERLOADED', { retryAfterMs: 0, what: 'the log was cut' })
      }
      for (;;) {
        const page = await this.#pull(channel, log, limits.pageEntries)
        if (!sameBytes(page.conversation, log.conversation.bytes) || page.head <= log.head) return
        if (log.isDropped) throw new ProtocolError('OVERLOADED', { what: 'the log was dropped from memory meanwhile' })
        const taken: Taken = { relay, writes: [], logs: new Set(), dequeued: [] }
        const keptFrom = page.entries[0]?.seq ?? page.head + 1
        const isBehind = log.group !== undefined && (!log.group.isKnown || keptFrom > log.head + 1)
        if (isBehind && !await this.#found(log, relay, taken)) return
        if (keptFrom > log.head + 1) await this.#skip(log, keptFrom - 1, page.epoch, taken)
        for (const entry of page.entries) if (entry.seq === log.head + 1) this.#append(log, page, entry, taken, true)
        if (taken.writes.length === 0) return
        await this.#commit(taken)
      }
    } finally {
      limit.cancel()
    }
  }

  /** A damaged disk may have lost who is in a group and kept its log: the state of a copy that goes as far is the state here. */
  async #foundAgain (log: Log, relay: RelayId): Promise<void> {
    const taken: Taken = { relay, writes: [], logs: new Set(), dequeued: [] }
    if (await this.#found(log, relay, taken)) await this.#commit(taken)
  }

  async #commitSoFar (taken: Taken): Promise<void> {
    await this.#commit({ relay: taken.relay, writes: taken.writes.splice(0), logs: new Set(taken.logs), dequeued: taken.dequeued.splice(0) })
  }

  /** What was placed before must be on disk first: a skip drops it. */
  async #skip (log: Log, throughSeq: number, epoch: number, taken: Taken): Promise<void> {
    if (log.head !== log.durableHead) await this.#commitSoFar(taken)
    if (log.isDropped) return
    taken.writes.push({ op: 'skip', log: log.conversation.id, epoch, throughSeq })
    taken.logs.add(log)
    log.skipTo(throughSeq, epoch)
  }

  /** Requests still being worked off. */
  async settled (): Promise<void> { await Promise.all(Array.from(this.#turns.values(), ({ last }) => last)) }
}

/** @throws ProtocolError as readEnvelopeHeader */
const isControl = ({ envelope }: Entry): boolean => envelope !== undefined && readEnvelopeHeader(envelope).control !== undefined

/** @throws ProtocolError as readEnvelopeHeader, BAD_MESSAGE_ID */
function namedBy (envelope: Uint8Array): ReturnType<typeof referenceOf> {
  const { senderDevice, messageId } = readEnvelopeHeader(envelope)
  return { sender: deviceIdOfKey(senderDevice), messageId: messageIdFromBytes(messageId) }
}

/** @throws ProtocolError MALFORMED, BAD_MESSAGE_ID */
function referenceOf ({ senderDevice, messageId }: Entry): { sender: ReturnType<typeof deviceIdOfKey>, messageId: ReturnType<typeof messageIdFromBytes> } {
  if (senderDevice?.byteLength !== keyBytes || messageId === undefined) throw new ProtocolError('MALFORMED', { what: 'reference' })
  return { sender: deviceIdOfKey(senderDevice), messageId: messageIdFromBytes(messageId) }
}
