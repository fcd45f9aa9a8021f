/**
 * What a batch of writes becomes as rows of LevelDB, and the heads of logs as it leaves them.
 *
 * Owns: which rows a write puts and deletes, numbers of new logs. Does not know: the database, nor what is written at all
 * (store-level.ts). Keys and rows: store-keys.ts.
 */
import type { ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { Batch } from './store-database.ts'
import * as keys from './store-keys.ts'
import { noEpochStarts, startsThrough, startsWith } from './epoch-starts.ts'
import { fitsBefore, type LogEntry, type SequencedMessage, type Write } from './store.ts'

/** Rows of a trim deleted with one write; a longer trim goes on with the log's next write or a sweep. */
const deletesPerLog = 2_000
/** A log as this engine knows it. `head` row is written when `isKept`. */
export interface LogState extends keys.HeadRow { readonly number: number, isKept: boolean }

export class BatchRows {
  readonly #rows: Batch
  readonly #drafts: Map<ConversationId, LogState>
  readonly #changed = new Set<LogState>()
  #nextNumber: number

  /**
   * @param rows are put here
   * @param drafts copies of the heads of logs that the batch names; changed, and those of new logs added
   * @param nextNumber of a new log
   */
  constructor (rows: Batch, drafts: Map<ConversationId, LogState>, nextNumber: number) {
    this.#rows = rows
    this.#drafts = drafts
    this.#nextNumber = nextNumber
  }

  /** After this batch. */
  get nextNumber (): number { return this.#nextNumber }

  /** @throws ProtocolError GAP; MALFORMED: a number that no row can hold */
  put (write: Write): void {
    const rows = this.#rows
    switch (write.op) {
      case 'append': {
        const { entry } = write
        const state = this.#stateOf(write.log)
        if (entry.seq !== state.head + 1) throw new ProtocolError('GAP', { what: `append ${entry.seq} after ${state.head}` })
        const row = keys.encodeRow(entry, state.number, entry.seq)
        rows.put(keys.rowKey(keys.prefixes.entry, state.number, entry.seq), row)
        putSequenced(rows, state.number, entry)
        state.head = entry.seq
        state.epoch = entry.epoch
        state.starts = startsWith(state.starts, entry)
        this.#changed.add(state)
        return
      }
      case 'enqueue': {
        const { item } = write
        const { number } = this.#stateOf(item.log)
        const row = keys.encodeRow({ epoch: 0, ...item }, number, item.position)
        rows.put(keys.rowKey(keys.prefixes.outbox, number, item.position), row)
        rows.put(keys.seenKey(number, item.sender, item.messageId), keys.encodeSeen({ at: 'outbox', position: item.position }, item.storedAtMs))
        return
      }
      case 'dequeue': {
        const state = this.#drafts.get(write.log)
        if (state !== undefined) rows.del(keys.rowKey(keys.prefixes.outbox, state.number, write.position))
        return
      }
      case 'remember': putSequenced(rows, this.#stateOf(write.log).number, write.message); return
      case 'leave': {
        const state = this.#drafts.get(write.log)
        if (state !== undefined) rows.del(keys.joinedKey(write.account, state.number))
        return
      }
      case 'retire': {
        const state = this.#drafts.get(write.log)
        if (state !== undefined) rows.del(keys.cursorKey(state.number, 'relay', write.relay)).del(keys.replicaKey(state.number, write.relay))
        return
      }
      case 'put': {
        const key = keys.tableKey(write.table, write.key)
        rows.put(key, keys.encodeTableValue(write.value, key))
        return
      }
      case 'delete': rows.del(keys.tableKey(write.table, write.key)); return
      case 'trim': {
        const state = this.#drafts.get(write.log)
        if (state === undefined) return
        const first = Math.min(write.throughSeq, state.head) + 1
        state.first = Math.max(state.first, first)
        if (state.low < state.first) this.#changed.add(state)
        return
      }
      case 'cut': {
        const state = this.#drafts.get(write.log)
        if (state === undefined || write.throughSeq >= state.head) return
        for (let seq = Math.max(state.low, write.throughSeq + 1); seq <= state.head; seq++) rows.del(keys.rowKey(keys.prefixes.entry, state.number, seq))
        for (const { sender, messageId } of write.ids) rows.del(keys.seenKey(state.number, sender, messageId))
        const next = write.throughSeq + 1
        Object.assign(state, { epoch: write.epoch, head: write.throughSeq, first: Math.min(state.first, next), low: Math.min(state.low, next), starts: startsThrough(state.starts, write.throughSeq) })
        this.#changed.add(state)
        return
      }
      case 'restore': {
        const state = this.#drafts.get(write.log)
        if (state?.isKept !== true || !fitsBefore(state.first, write.entries)) return
        for (const entry of write.entries) {
          rows.put(keys.rowKey(keys.prefixes.entry, state.number, entry.seq), keys.encodeRow(entry, state.number, entry.seq))
          putSequenced(rows, state.number, entry)
        }
        state.first = write.entries[0]!.seq
        state.low = Math.min(state.low, state.first)
        this.#changed.add(state)
        return
      }
      case 'skip': {
        const state = this.#stateOf(write.log)
        if (write.throughSeq > state.head) {
          for (let seq = state.low; seq <= state.head; seq++) rows.del(keys.rowKey(keys.prefixes.entry, state.number, seq))
          const first = write.throughSeq + 1
          Object.assign(state, { epoch: write.epoch, head: write.throughSeq, first, low: first, starts: noEpochStarts })
        }
        this.#changed.add(state)
        return
      }
      case 'cursor':
      case 'replicated':
      case 'join': {
        const state = this.#stateOf(write.log)
        if (write.op === 'cursor') rows.put(keys.cursorKey(state.number, 'device', write.device), keys.encodeCursor(write.seq))
        else if (write.op === 'replicated') rows.put(keys.cursorKey(state.number, 'relay', write.relay), keys.encodeCursor(write.seq)).put(keys.replicaKey(state.number, write.relay), Buffer.alloc(0))
        else rows.put(keys.joinedKey(write.account, state.number), Buffer.alloc(0))
        if (!state.isKept) this.#changed.add(state)
      }
    }
  }

  /** At the end: the heads of all logs that have changed. */
  putHeads (): void {
    for (const state of this.#changed) {
      deleteTrimmed(this.#rows, state)
      state.isKept = true
      this.#rows.put(keys.headKey(state.number), keys.encodeHead(state, state.number))
    }
  }

  /** The state of a log as this batch leaves it. */
  #stateOf (log: ConversationId): LogState {
    const known = this.#drafts.get(log)
    if (known !== undefined) return known
    const state = { number: this.#nextNumber++, isKept: false, epoch: 0, first: 1, head: 0, low: 1, starts: noEpochStarts }
    this.#drafts.set(log, state)
    this.#rows.put(keys.conversationKey(log), keys.encodeLogNumber(state.number))
    this.#rows.put(keys.numberKey(state.number), Buffer.from(keys.conversationKey(log).subarray(1)))
    return state
  }
}

function putSequenced (rows: Batch, number: number, { epoch, seq, sender, messageId, storedAtMs }: SequencedMessage | LogEntry): void {
  rows.put(keys.seenKey(number, sender, messageId), keys.encodeSeen({ at: 'log', epoch, seq }, storedAtMs))
}

function deleteTrimmed (rows: Batch, state: LogState): void {
  const until = Math.min(state.first, state.low + deletesPerLog)
  for (let seq = state.low; seq < until; seq++) rows.del(keys.rowKey(keys.prefixes.entry, state.number, seq))
  if (until > state.low) state.low = until
}
