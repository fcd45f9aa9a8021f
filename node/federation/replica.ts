/**
 * The copy of a log at a member's home: taken from the sequencer in order, payloads of this relay's own people from its outbox.
 *
 * Owns: which relay may write here, no gaps. Does not know: how an entry gets into the log (replica-entries.ts), what is asked for
 * when something is missing (gaps.ts), how devices get it (delivery.ts follows the log). Spec: docs/protocol/relay.md, replicate
 */
import { sameBytes } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import { conversationFromBytes, type Conversation, type ConversationId } from '../../protocol/conversation.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { firstEpochOf } from '../../protocol/groups/anchor.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { Entry, Page, Position } from '../../protocol/wire/gen/log.js'
import { deadline } from '../deadline.ts'
import type { GroupAnchors } from '../groups/group-anchors.ts'
import type { Storage } from '../limits/storage.ts'
import { readEnvelopeHeader } from '../log/envelope-header.ts'
import type { LogShape } from '../log/epochs.ts'
import type { Log } from '../log/log.ts'
import type { Logs } from '../log/logs.ts'
import type { Outboxes } from '../log/outbox.ts'
import type { Placement } from '../log/placement.ts'
import type { Progress } from '../log/progress.ts'
import type { Blocks, Commits, Homes, Logger } from '../ports.ts'
import type { Standby } from '../standby/standby.ts'
import type { LogEntry, Write } from '../store/store.ts'
import type { Counter, Meter } from '../watch/meter.ts'
import type { Alignment } from './alignment.ts'
import type { Arrivals } from './arrivals.ts'
import { checkNumbers } from './entry-copies.ts'
import type { Gaps } from './gaps.ts'
import type { Links } from './links.ts'
import { RelayTurns } from './relay-turns.ts'
import { nothingFrom, type ReplicaEntries, type Taken } from './replica-entries.ts'
import type { ReplicaSource } from './replica-source.ts'

export interface ReplicasComponents {
  blocks?: Blocks
  entries: ReplicaEntries
  arrivals: Arrivals
  source: ReplicaSource
  gaps: Gaps
  storage: Pick<Storage, 'isReady' | 'prepare' | 'check'>
  commits: Pick<Commits, 'commit'>
  logs: Logs
  anchors: Pick<GroupAnchors, 'cached' | 'settled'>
  alignment: Alignment
  /** A log was compared with its sequencer's. */
  onInLine (id: ConversationId): void
  outboxes: Pick<Outboxes, 'reloading'>
  placement: Placement
  progress: Pick<Progress, 'look'>
  homes: Homes
  links: Links
  standby?: Pick<Standby, 'isHandingOver'>
  clock: Clock
  meter: Meter
  logger: Logger
  /** An entry that is on disk; undefined: not kept any more. */
  stored (log: Log, seq: number): Promise<LogEntry | undefined>
}

/** After a gap that gossip has shown could not be filled, the sequencer is not asked for it again before this time. */
const gossipPauseMs = 5_000

export class Replicas {
  readonly #c: ReplicasComponents
  /** Requests of one relay are worked off in order. */
  readonly #turns = new RelayTurns()
  /** No look at what gossip says is missing before then. */
  readonly #pausedUntilMs = new WeakMap<Log, number>()
  readonly #contradictions: Counter

  constructor (components: ReplicasComponents) {
    this.#c = components
    this.#contradictions = components.meter.counter('heliograph_gossip_contradictions_total', 'entries of signed pages that differ from what stands at their number here')
  }

  /**
   * @returns how far each log is now, durably; a log that this relay does not take from the caller is left out
   * @throws ProtocolError MOVED, OVERLOADED, STORAGE_FULL, MALFORMED
   */
  receive (pages: readonly Page[], relay: RelayId): Promise<Position[]> {
    return this.#turns.take(relay, () => this.#place(pages, relay))
  }

  /**
   * A page that came by gossip, signed by `relay`: taken as one that came directly, as far as it is news.
   * @returns how far the log is now, durably; undefined: it is not kept here. @throws ProtocolError as `receive`, STALE_EPOCH
   */
  async receiveGossip (page: Page, relay: RelayId): Promise<Position | undefined> {
    if (this.#c.blocks?.hasRelay(relay) === true) return undefined
    const [position] = await this.#turns.take(relay, () => this.#place([page], relay, true))
    return position
  }

  /** Bring the log in line with that of `relay`, which sequences it: between its pages. @throws ProtocolError as Alignment.follow, OVERLOADED */
  async follow (conversation: Conversation, relay: RelayId): Promise<void> {
    const { alignment, commits, logs } = this.#c
    await this.#turns.take(relay, async () => {
      const log = await logs.load(conversation)
      await alignment.follow(log, relay, this.#isAwaited).catch((error: unknown) => {
        // COMPAT(≤0.1) it compares logs of groups only
        if (log.group !== undefined || !isProtocolError(error, 'BAD_CONVERSATION')) throw error
      })
      const now = await logs.load(conversation)
      if (!this.isDoubtful(now)) return { done: Promise.resolve([]) }
      return { done: commits.commit(this.#letGo(now)).then(() => []) }
    })
  }

  /** Was something of it taken from elsewhere than from its sequencer, which may not have it? Of two people. */
  isDoubtful ({ conversation, group, replicas }: Log): boolean { return group === undefined && replicas.size > 0 && !this.#c.placement.isSequencer(conversation) && this.#c.placement.localMembers(conversation).length > 0 }

  /** What somebody who has moved away from here had written here goes to their new home first. */
  readonly #isAwaited = ({ conversation }: Log): boolean => {
    const { placement, standby } = this.#c
    return standby !== undefined && placement.members(conversation).some((member) => standby.isHandingOver(member))
  }

  async #place (pages: readonly Page[], relay: RelayId, isGossip = false): Promise<{ done: Promise<Position[]> }> {
    const { entries, logs, outboxes, source } = this.#c
    const taken = nothingFrom(relay)
    /** Not taken now, and nothing that comes after it either. */
    const left = new Set<ConversationId>()
    const answers: Array<{ page: Page, log: Log, isOwed: boolean }> = []
    let failure: unknown
    for (const page of pages) {
      try {
        const conversation = conversationFromBytes(page.conversation)
        if (left.has(conversation.id)) continue
        if (!await this.#isSequencer(conversation, relay, page.epoch) || !source.isEpoch(conversation, page)) continue
        await outboxes.reloading(conversation.id)
        let log = logs.peek(conversation.id) ?? await logs.load(conversation)
        // Gossip brings no group here; its sequencer does.
        if (isGossip ? log.group?.isKnown !== true || log.group.locals.length === 0 : !await this.#isFor(log, page, relay, taken)) continue
        if (this.#hasParted(log, page, isGossip)) {
          const inLine = await this.#inLine(log, page, relay, taken)
          // Not now: it is left out of the answer, and its relay's other logs do not wait for it.
          if (inLine === undefined) {
            left.add(conversation.id)
            continue
          }
          log = inLine
          // Changes were among what was given up, and what is here does not say what was before them.
          if (!isGossip && log.group?.isKnown === false && !await source.foundGroup(log, relay, taken)) continue
        }
        // [LATER] it waits, as is said by leaving it out of the answer; its relay's other logs do not
        const room = await this.#roomFor(log, page)
        if (room === undefined) continue
        if (log.isDropped) log = await logs.load(conversation)
        let isOwed = false
        if (!isGossip && isBefore(page, log)) {
          isOwed = !await this.#settle(log, page, taken)
          if (log.isDropped) log = await logs.load(conversation)
        }
        answers.push({ page, log, isOwed })
        if (isGossip) await this.#takeNews(log, room, relay, taken)
        else await this.#take(log, room, relay, taken)
        if (this.isDoubtful(log) && log.epoch === page.epoch && log.head === page.entries.at(-1)?.seq) taken.writes.push(...this.#letGo(log))
      } catch (error) {
        failure = error
        break
      }
    }
    // What was placed before a failure has its numbers: it must reach the disk all the same.
    const committed = entries.commit(taken)
    if (failure !== undefined) {
      await committed
      throw failure
    }
    return { done: committed.then(() => answers.map(({ page, log, isOwed }) => ({ conversation: page.conversation, epoch: log.epoch, seq: isOwed ? Math.min(log.durableHead, page.entries[0]!.seq - 1) : log.durableHead }))) }
  }

  /** The sequencer has all of it: nothing is kept for it any more. */
  #letGo (log: Log): Write[] {
    const { conversation, replicas } = log
    this.#c.progress.look(log)
    const writes = Array.from(replicas.keys(), (relay): Write => ({ op: 'retire', log: conversation.id, relay }))
    replicas.clear()
    return writes
  }

  /** The sequencer gives again what is not kept here any more: for people who live here by now. @returns whether they have it, or need nothing of it */
  async #settle (log: Log, page: Page, taken: Taken): Promise<boolean> {
    checkNumbers(page)
    if (log.head !== log.durableHead) await this.#c.entries.commitSoFar(taken)
    return !log.isDropped && await this.#c.arrivals.settle(log, page.entries[0]!.seq)
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

  /** Is a member at home here? @throws ProtocolError MOVED */
  async #isFor (log: Log, page: Page, relay: RelayId, taken: Taken): Promise<boolean> {
    const { placement } = this.#c
    const { conversation, group } = log
    if (group !== undefined) {
      if (group.isKnown && (group.locals.length > 0 || group.leaving.size > 0)) return true
      // Back after all of its members had left, and the change that brings one in is the next entry.
      if (group.isKnown && (page.entries[0]?.seq ?? 0) <= log.head + 1 && page.entries.some(isControl)) return true
      return await this.#c.source.foundGroup(log, relay, taken)
    }
    if (placement.localMembers(conversation).length > 0) return true
    // [REFRESH] the member has moved away from here
    const gone = placement.members(conversation).find((member) => member !== conversation.anchor && placement.primaryOf(member) !== undefined && placement.primaryOf(member) !== placement.self)
    if (gone !== undefined) throw placement.notHere(gone)
    return false
  }

  /** May there be something here that its sequencer does not have? */
  #hasParted ({ group, head, epoch, conversation }: Log, page: Page, isGossip: boolean): boolean {
    if (head === 0) return false
    // The sequencer goes back to where its newer epochs begin (replica-lane.ts): the page says where the copies part.
    if (group === undefined) return page.epoch > epoch && lowestOf(page) <= head
    return page.epoch > epoch || (!isGossip && page.head < head && this.#c.anchors.cached(conversation.id) !== undefined)
  }

  /** What a newer epoch numbers takes the place of what older ones did: give up what the sequencer does not have. @returns the log as it is then */
  async #inLine (log: Log, page: Page, relay: RelayId, taken: Taken): Promise<Log | undefined> {
    const { alignment, logs, logger } = this.#c
    if (log.head !== log.durableHead) await this.#c.entries.commitSoFar(taken)
    try {
      const wasCut = log.group === undefined ? await alignment.giveUp(log, shapeOfPage(page), this.#isAwaited) : await alignment.follow(log, relay, this.#isAwaited)
      this.#c.onInLine(log.conversation.id)
      return wasCut ? await logs.load(log.conversation) : log
    } catch (error) {
      if (!isProtocolError(error)) throw error
      logger.debug('replica.in-line', {}, error)
      return undefined
    }
  }

  async #take (log: Log, page: Page, relay: RelayId, taken: Taken): Promise<void> {
    const { entries, gaps } = this.#c
    checkNumbers(page)
    for (const entry of page.entries) {
      if (entry.seq <= log.head) continue
      if (entry.seq > log.head + 1 && !await gaps.fill(log, entry.seq, relay, taken)) return
      // Dropped from memory meanwhile: the answer says how far it is on disk, and the sequencer goes on from there.
      if (log.isDropped) return
      if (entry.seq <= log.head) continue
      if (!entries.append(log, page, entry, taken) && !await entries.appendFromOutbox(log, page, entry, taken) &&
          !await gaps.fill(log, entry.seq + 1, relay, taken)) return
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
      if (!await this.#c.gaps.fill(log, first, relay, taken)) return
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

  /** Requests still being worked off. */
  async settled (): Promise<void> { await this.#turns.settled() }
}

const lowestOf = ({ entries }: Page): number => Math.min(...entries.map(({ seq }) => seq))

/** As far as a page shows how the log of its relay goes. */
const shapeOfPage = (page: Page): LogShape => ({ first: lowestOf(page), head: page.head, epochs: [{ epoch: page.epoch, first: lowestOf(page) }] })

const isBefore = ({ entries: [first] }: Page, { first: kept, group }: Log): boolean => first !== undefined && group !== undefined && first.seq < kept

/** @throws ProtocolError as readEnvelopeHeader */
const isControl = ({ envelope }: Entry): boolean => envelope !== undefined && readEnvelopeHeader(envelope).control !== undefined
