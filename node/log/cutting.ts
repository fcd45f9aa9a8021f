/**
 * The end of a copy that turned out void: a newer epoch numbers from there. What people of this relay had written there goes
 * back into the outbox, before what they wrote later, and from there to whoever gives the numbers now; what others wrote is put
 * back by their homes. A group's state goes back with it.
 *
 * Owns: doing that so that nothing is lost or twice, whatever fails in between. Does not know: where copies part (epochs.ts).
 */
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { applyChange, emptyGroup, type GroupState } from '../../protocol/groups/membership.ts'
import { accountIdFromBytes } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { GroupAnchors } from '../groups/group-anchors.ts'
import type { Groups } from '../groups/groups.ts'
import { KeyedSerial } from '../keyed-serial.ts'
import type { Commits, Logger } from '../ports.ts'
import { senderTagOf } from '../store/sender-tag.ts'
import type { LogEntry, MessageKey, OutboxItem, Store, Write } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'
import { readEnvelopeHeader } from './envelope-header.ts'
import type { Log } from './log.ts'
import type { Logs } from './logs.ts'
import type { Outboxes } from './outbox.ts'
import type { Placement } from './placement.ts'

export interface CuttingComponents {
  store: Pick<Store, 'readLog' | 'readOutbox' | 'findMessage' | 'outboxes' | 'messages'>
  logs: Pick<Logs, 'drop'>
  outboxes: Outboxes
  placement: Placement
  groups: Pick<Groups, 'verify' | 'checkOn' | 'replace'>
  anchors: Pick<GroupAnchors, 'base'>
  commits: Commits
  logger: Logger
  meter: Meter
}

export interface CutTo { readonly throughSeq: number, readonly epoch: number }

const page = { maxEntries: limits.batchEnvelopes, maxBytes: limits.pageBytes }

export class Cutting {
  readonly #c: CuttingComponents
  readonly #serial = new KeyedSerial()
  readonly #cut

  constructor (components: CuttingComponents) {
    this.#c = components
    this.#cut = components.meter.counter('heliograph_log_cut_entries_total', 'entries that were void because a newer epoch has given their numbers', ['kept'])
  }

  /**
   * The log ends with `throughSeq`, an entry of `epoch`, from now on. Nothing else may be added to it meanwhile. The object is dropped from memory.
   * @throws ProtocolError the store's: the log stands as the disk says, to be done again; OVERLOADED: dropped meanwhile, as after another cut
   */
  cut (log: Log, to: CutTo): Promise<void> { return this.#serial.run(log.conversation.id, () => this.#cutOne(log, to)) }

  async #cutOne (log: Log, { throughSeq, epoch }: CutTo): Promise<void> {
    const { logs, logger } = this.#c
    await log.committing
    if (log.isDropped) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
    logger.info('log.cut', { entries: log.head - throughSeq })
    try {
      const gone = await this.#requeue(log, throughSeq)
      await this.#drop(log, { throughSeq, epoch }, gone)
    } finally {
      logs.drop(log)
    }
  }

  /** @returns the entries, of which those of people of this relay stand in the outbox by now */
  async #requeue (log: Log, throughSeq: number): Promise<ReadonlyArray<LogEntry & { isOwn: boolean }>> {
    const { store, outboxes, placement, commits } = this.#c
    const { conversation } = log
    const gone: Array<LogEntry & { isOwn: boolean }> = []
    for (let from = throughSeq + 1; from <= log.head;) {
      const entries = await this.#read(log, from)
      for (const entry of entries) gone.push({ ...entry, isOwn: placement.isHome(accountIdFromBytes(readEnvelopeHeader(entry.envelope).senderAccount)) })
      from = entries.length === 0 ? from + 1 : entries.at(-1)!.seq + 1
    }
    const own = gone.filter(({ isOwn }) => isOwn)
    if (own.length === 0) return gone
    await outboxes.rebuild(conversation, async () => {
      const [row] = await store.outboxes(conversation.id)
      const waiting: OutboxItem[] = []
      for (let from = row?.firstPosition ?? 1; from <= (row?.lastPosition ?? 0);) {
        const items = await store.readOutbox(conversation.id, from, page)
        if (items.length === 0) break
        waiting.push(...items)
        from = items.at(-1)!.position + 1
      }
      const there = new Set(waiting.map(({ sender, messageId }) => `${sender} ${messageId}`))
      const before = own.filter(({ sender, messageId }) => !there.has(`${sender} ${messageId}`))
      let position = row?.lastPosition ?? 0
      // What was written first goes first: the items that wait already move behind.
      const writes: Write[] = []
      for (const { sender, messageId, storedAtMs, expiresAtMs, envelope } of before) writes.push({ op: 'enqueue', item: { log: conversation.id, position: ++position, sender, messageId, storedAtMs, expiresAtMs, envelope } })
      for (const item of before.length === 0 ? [] : waiting) {
        writes.push({ op: 'dequeue', log: conversation.id, position: item.position })
        writes.push({ op: 'enqueue', item: { ...item, position: ++position } })
      }
      if (writes.length > 0) await commits.commit(writes)
    })
    return gone
  }

  async #read (log: Log, from: number): Promise<LogEntry[]> {
    try {
      return await this.#c.store.readLog(log.conversation.id, from, page)
    } catch (error) {
      // Nobody else has it, or whoever has it puts it back.
      if (!isProtocolError(error, 'DAMAGED')) throw error
      return []
    }
  }

  async #drop (log: Log, { throughSeq, epoch }: CutTo, gone: ReadonlyArray<LogEntry & { isOwn: boolean }>): Promise<void> {
    const { commits, groups } = this.#c
    const { conversation, group } = log
    const ids = await this.#idsAbove(log, throughSeq, gone)
    const state = group !== undefined && group.state.seq > throughSeq ? await this.#stateAt(log, throughSeq) : undefined
    // Else whoever has loaded it again would go on as before.
    if (log.isDropped) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
    const writes: Write[] = [{ op: 'cut', log: conversation.id, throughSeq, epoch, ids }]
    for (const [device, seq] of log.cursors) if (seq > throughSeq) writes.push({ op: 'cursor', log: conversation.id, device, seq: throughSeq })
    for (const [relay, seq] of log.replicas) if (seq > throughSeq) writes.push({ op: 'replicated', log: conversation.id, relay, seq: throughSeq })
    if (state !== undefined) groups.replace(group!, state, writes)
    // From here on nobody reads, acknowledges or appends on top of what is void.
    log.cutTo(throughSeq)
    await commits.commit(writes)
    this.#cut.inc(gone.filter(({ isOwn }) => isOwn).length, { kept: 'outbox' })
    this.#cut.inc(gone.filter(({ isOwn }) => !isOwn).length, { kept: 'elsewhere' })
  }

  /** Forgotten, so that they may come again, also of what was not kept any more; those in the outbox are known as waiting there. */
  async #idsAbove ({ conversation: { id } }: Log, throughSeq: number, gone: ReadonlyArray<LogEntry & { isOwn: boolean }>): Promise<MessageKey[]> {
    const own = new Set(gone.flatMap(({ isOwn, sender, messageId }) => isOwn ? [`${senderTagOf(sender)} ${messageId}`] : []))
    const ids: MessageKey[] = []
    for await (const { seq, sender, messageId } of this.#c.store.messages(id)) if (seq > throughSeq && !own.has(`${sender} ${messageId}`)) ids.push({ sender, messageId })
    return ids
  }

  /** The group's state after entry `throughSeq`; of a group that is not known when it cannot be made from what is here. */
  async #stateAt ({ conversation }: Log, throughSeq: number): Promise<GroupState> {
    const { anchors, groups, store } = this.#c
    if (conversation.kind !== 'group') throw new ProtocolError('INTERNAL')
    const state = await anchors.base(conversation.id)
    if (state === undefined || state.seq > throughSeq) return emptyGroup(conversation)
    for (let from = state.seq + 1; from <= throughSeq;) {
      const entries = await store.readLog(conversation.id, from, page)
      if (entries[0]?.seq !== from) return emptyGroup(conversation)
      for (const { epoch, seq, envelope } of entries) {
        if (seq > throughSeq || readEnvelopeHeader(envelope).control === undefined) continue
        try {
          applyChange(state, groups.checkOn(state, groups.verify(envelope)), { epoch, seq })
        } catch (error) {
          if (!isProtocolError(error)) throw error // void for everybody
        }
      }
      from = entries.at(-1)!.seq + 1
    }
    return state
  }
}
