/**
 * A log whose anchor has moved here: how far it goes is asked of its other homes before a number is given, and what waited
 * in this relay's own outbox goes into it.
 *
 * Owns: which logs may be numbered here. Does not know: who hands envelopes in (intake.ts), how another home is read (replica.ts).
 */
import type { Clock } from '../../protocol/clock.ts'
import type { Conversation, ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { accountIdFromBytes, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { deadline } from '../deadline.ts'
import type { GroupSequencer, Verified } from '../groups/group-sequencer.ts'
import { readEnvelopeHeader } from './envelope-header.ts'
import { isFurther, keepsMore, type LogShape } from './epochs.ts'
import type { Log } from './log.ts'
import type { Logs } from './logs.ts'
import type { OutboxQueue, Outboxes } from './outbox.ts'
import type { Placement } from './placement.ts'
import type { Commits, Homes, Logger } from '../ports.ts'
import type { Standby } from '../standby/standby.ts'
import type { LogEntry, OutboxItem, Write } from '../store/store.ts'

/** Homes of members looked for when a log is taken over. */
const maxAsked = 64
/** Attempts after which a group is taken over without the homes that do not answer. */
const waitForHomes = 4
/** Logs of which it is remembered how often some home did not answer. */
const maxUnheard = 10_000

export interface AdoptionComponents {
  logs: Logs
  outboxes: Outboxes
  placement: Placement
  homes: Homes
  commits: Commits
  groups: GroupSequencer
  clock: Clock
  logger: Logger
  /** How far the copy of another home goes. @throws ProtocolError */
  survey (log: Log, relay: RelayId): Promise<LogShape>
  /** Bring the log up to what another home of it has. */
  takeOver (log: Log, relay: RelayId): Promise<void>
  /** Answered with `sent` long ago, and cannot go into the log. */
  onRefused (item: OutboxItem, code: ErrorCode): void
  standby?: Pick<Standby, 'isCompared' | 'compare' | 'isUninterrupted' | 'wasTakenOver' | 'begins'>
}

export class Adoption {
  readonly #c: AdoptionComponents
  readonly #takingOver = new Map<Log, Promise<void>>()
  /** Take-overs of a log at which some home did not answer. */
  readonly #unheard = new Map<ConversationId, number>()
  /** Relays that were asked for a group that is not known here. */
  readonly #asked = new WeakMap<Log, Set<RelayId>>()

  constructor (components: AdoptionComponents) { this.#c = components }

  /** Is it known how far this log goes? It is when it was numbered here under this epoch, or nobody else can have. */
  mayNumber (log: Log): boolean {
    const epoch = this.#c.placement.epochOf(log.conversation)
    if (this.isUnknown(log)) return false
    // A relay that came back looks at what its standby has first.
    if (this.#c.standby?.isCompared(log.conversation) === false) return false
    return epoch === 1 || log.epoch === epoch || log.sequencedEpoch === epoch || this.#c.standby?.isUninterrupted(log) === true
  }

  /** A group whose anchor has lived elsewhere, and of which nothing is known here yet. */
  isUnknown ({ group, conversation }: Log): boolean { return group !== undefined && !group.isKnown && this.#c.placement.epochOf(conversation) > 1 }

  /** Of a group that is not known here: this relay, which forwards for it, was not asked yet. Also when it can only have been here: a disk may be older than the group. */
  mayKnow (log: Log, relay: RelayId): boolean { return log.group?.isKnown === false && this.#asked.get(log)?.has(relay) !== true }

  startTakeover (log: Log, hint?: RelayId): void {
    this.takeOver(log, hint).catch((error: unknown) => { this.#c.logger.debug('log.take-over', {}, error) })
  }

  /**
   * Ask the homes of the members how far the log has come, so that no number is used twice.
   * A group goes on without those of its homes that stay silent; a pair has only one.
   * @throws ProtocolError HOME_UNREACHABLE, TIMEOUT, UNKNOWN_ACCOUNT: try again
   */
  takeOver (log: Log, hint?: RelayId): Promise<void> {
    const known = this.#takingOver.get(log)
    if (known !== undefined) return known
    const running = this.#runTakeover(log, hint).finally(() => { this.#takingOver.delete(log) })
    this.#takingOver.set(log, running)
    return running
  }

  async #runTakeover (log: Log, hint: RelayId | undefined): Promise<void> {
    const { placement, takeOver } = this.#c
    const { conversation } = log
    const epoch = placement.epochOf(conversation)
    await this.#c.standby?.compare(conversation)
    // Nobody else has numbered it.
    if (this.mayNumber(log) && (hint === undefined || !this.mayKnow(log, hint))) return
    const failures: unknown[] = []
    const unresolved = placement.unresolvedMembers(conversation).slice(0, maxAsked)
    await Promise.all(unresolved.map((member) => this.#findHome(member).catch((error: unknown) => { failures.push(error) })))
    for (const member of unresolved) log.group?.placeAgain(member)
    if (log.group?.isKnown === true) {
      await this.#runGroupTakeover(log, failures)
      return
    }
    const asked = new Set(hint === undefined ? [] : [hint])
    let heard = 0
    const ask = async (relay: RelayId): Promise<void> => {
      try {
        await takeOver(log, relay)
        heard++
        if (relay === hint) this.#noteAsked(log, relay)
      } catch (error) {
        failures.push(error)
        this.#lookFor(conversation, relay)
        // It has never heard of the group either: it is said to be none.
        if (epoch === 1 && relay === hint && isProtocolError(error, 'NOT_ADMITTED')) this.#noteAsked(log, relay)
      }
    }
    for (const relay of asked) await ask(relay)
    // Who they are may be known only now.
    for (const relay of placement.relaysOf(conversation)) if (!asked.has(relay)) await ask(relay)
    if (failures.length > 0) {
      const times = (this.#unheard.get(conversation.id) ?? 0) + 1
      if (this.#unheard.size >= maxUnheard) this.#unheard.clear()
      this.#unheard.set(conversation.id, times)
      const mayGoOn = conversation.kind === 'group' && heard > 0 && times >= waitForHomes
      // The anchor's former home has shipped it here: all that it has acknowledged.
      if (!mayGoOn && await this.#c.standby?.wasTakenOver(conversation) !== true) throw failures[0]
    }
    this.#begin(log, epoch)
  }

  /**
   * A group of which this relay has a copy: all homes are asked how far theirs goes, and the one that has come furthest counts.
   * Those that stay silent are waited for a while, but not the one that was anchor before: that it is gone is why this happens.
   */
  async #runGroupTakeover (log: Log, failures: unknown[]): Promise<void> {
    const { placement, takeOver, survey, logger } = this.#c
    const { conversation } = log
    const epoch = placement.epochOf(conversation)
    const gone = placement.anchorOf(conversation) === conversation.anchor ? undefined : placement.primaryOf(conversation.anchor)
    const shapes: Array<{ relay: RelayId, shape: LogShape }> = []
    await Promise.all(placement.relaysOf(conversation).slice(0, maxAsked).map(async (relay) => {
      try {
        shapes.push({ relay, shape: await survey(log, relay) })
      } catch (error) {
        if (!isProtocolError(error)) throw error
        logger.debug('log.survey', {}, error)
        this.#lookFor(conversation, relay)
        // Nobody in it lives there any more, it says: it will never tell.
        if (relay !== gone && !isProtocolError(error, 'NOT_ADMITTED')) failures.push(error)
      }
    }))
    const times = (this.#unheard.get(conversation.id) ?? 0) + 1
    if (failures.length > 0 && times < waitForHomes && await this.#c.standby?.wasTakenOver(conversation) !== true) {
      if (this.#unheard.size >= maxUnheard) this.#unheard.clear()
      this.#unheard.set(conversation.id, times)
      throw failures[0]
    }
    const furthest = shapes.reduce<typeof shapes[number] | undefined>((best, one) => best === undefined || isFurther(one.shape, best.shape) || keepsMore(one.shape, best.shape) ? one : best, undefined)
    if (furthest !== undefined) await takeOver(log, furthest.relay)
    if (log.isDropped) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs, what: 'the log was dropped from memory meanwhile' })
    this.#unheard.delete(conversation.id)
    this.#begin(log, epoch)
  }

  #begin (log: Log, epoch: number): void {
    log.sequencedEpoch = epoch
    this.#c.standby?.begins(log)
  }

  #noteAsked (log: Log, relay: RelayId): void {
    const asked = this.#asked.get(log) ?? new Set()
    this.#asked.set(log, asked.add(relay))
  }

  /** Who lived at a relay that does not answer may live elsewhere by now: the next attempt asks there. */
  #lookFor (conversation: Conversation, relay: RelayId): void {
    for (const member of [...this.#c.placement.membersAt(conversation, relay)].slice(0, maxAsked)) this.#c.homes.refresh(member)
  }

  async #findHome (account: AccountId): Promise<void> {
    const limit = deadline(this.#c.clock, limits.requestTimeoutMs / 2)
    try {
      await this.#c.homes.find(account, { signal: limit.signal })
    } finally {
      limit.cancel()
    }
  }

  /**
   * Envelopes in this relay's outbox whose log it sequences by now: into the log, in order, and out of the outbox.
   * They were answered long ago; a failure leaves them where they are. One run at a time for each queue.
   * @param join writes down who takes part, once in a log's life in memory
   * @throws ProtocolError as takeOver, or the store's
   */
  async adopt (queue: OutboxQueue, join: (log: Log, writes: Write[]) => void): Promise<void> {
    const { logs, outboxes, placement, commits } = this.#c
    const { conversation } = queue
    while (!queue.isDropped && queue.size > 0 && placement.isSequencer(conversation)) {
      const log = await logs.load(conversation)
      if (!this.mayNumber(log)) await this.takeOver(log)
      const items = await queue.read(queue.first, { maxEntries: limits.batchEnvelopes, maxBytes: limits.pageBytes })
      const seen = await Promise.all(items.map(({ sender, messageId }) => logs.findMessage(log, sender, messageId)))
      const verified = await Promise.all(items.map(async (item) => await this.#verify(log, item)))
      if (items.length === 0 || queue.isDropped || log.isDropped || !placement.isSequencer(conversation)) return
      if (this.isUnknown(log)) {
        // It waits until somebody brings the group; unless it is a new one.
        const [first] = verified
        if (first === undefined || first instanceof ProtocolError || first.control.act.act !== 'create') throw new ProtocolError('HOME_UNREACHABLE', { what: 'a group that only other relays know' })
      } else if (!this.mayNumber(log)) return
      const writes: Write[] = []
      const refused: Array<{ item: OutboxItem, code: ErrorCode }> = []
      if (!log.isJoined) join(log, writes)
      for (const [i, item] of items.entries()) {
        writes.push({ op: 'dequeue', log: conversation.id, position: item.position })
        // The old home may have numbered it already, and it came back with what was taken over.
        if (seen[i]?.at === 'log') continue
        try {
          this.#append(log, item, verified[i], writes)
        } catch (error) {
          if (!isProtocolError(error)) throw error
          refused.push({ item, code: error.code })
        }
      }
      const { head } = log
      try {
        const done = commits.commit(writes)
        log.committing = done.catch(() => { /* told below; who waits for it sees the dropped log */ })
        await done
      } catch (error) {
        logs.drop(log)
        throw error
      }
      for (const { position } of items) queue.removed(position)
      queue.startsAt(items.at(-1)!.position + 1)
      log.committed(head)
      outboxes.settle(queue)
      for (const { item, code } of refused) this.#c.onRefused(item, code)
    }
  }

  /** @returns of a control envelope: what was checked, or what is wrong with it */
  async #verify ({ group }: Log, { envelope }: OutboxItem): Promise<Verified | ProtocolError | undefined> {
    return group === undefined || readEnvelopeHeader(envelope).control === undefined ? undefined : await this.#c.groups.verdictOn(envelope)
  }

  /** @throws ProtocolError: it may not stand in this log */
  #append (log: Log, { sender, messageId, expiresAtMs, envelope, storedAtMs }: OutboxItem, verified: Verified | ProtocolError | undefined, writes: Write[]): void {
    const { conversation, group } = log
    if (verified instanceof ProtocolError) throw verified
    const change = group === undefined ? undefined : this.#c.groups.check(group, accountIdFromBytes(readEnvelopeHeader(envelope).senderAccount), verified)
    const entry: LogEntry = { epoch: Math.max(log.epoch, this.#c.placement.epochOf(conversation)), seq: log.head + 1, sender, messageId, storedAtMs, expiresAtMs, envelope }
    log.append(entry)
    writes.push({ op: 'append', log: conversation.id, entry })
    if (change !== undefined) this.#c.groups.record(log, group!, change, entry, writes)
  }
}
