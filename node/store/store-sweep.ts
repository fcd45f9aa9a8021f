/**
 * What expires in the database, found a bounded piece at a time: entries at the front of each log, outbox items, message
 * ids. Works through the rows in turn and begins again after the last; where it stands is kept in memory only.
 *
 * Called by store-level.ts inside a write's turn: nothing changes under it.
 */
import type { ConversationId } from '../../protocol/conversation.ts'
import { limits } from '../../protocol/limits.ts'
import type { Store, Write } from './store.ts'
import * as keys from './store-keys.ts'

export type Swept = Awaited<ReturnType<Store['sweep']>>

interface Range { gte: Buffer, lt: Buffer, limit: number }

/** What it needs of the database. */
export interface SweptDatabase {
  rows (range: Range): Promise<Array<[Buffer, Buffer]>>
  getMany (keys: Buffer[]): Promise<Array<Buffer | undefined>>
  conversations (logs: readonly number[]): Promise<ConversationId[]>
  /** @param deletes rows to go with the same batch */
  write (batch: readonly Write[], deletes: readonly Buffer[]): Promise<void>
}

/** Rows looked at in one step, per kind: some milliseconds in which no other write goes through. */
const perStep = { logs: 256, entriesOfLog: 1_000, outboxItems: 256, messageIds: 4_000 }

/** Message ids are by far the most rows, and a day more of remembering them hurts nobody. */
const messageIdsEveryMs = limits.dedupMs / 30

export class StoreSweep {
  readonly #db: SweptDatabase
  /** Next key to look at; undefined: this part of the round is done. */
  #heads: Buffer | undefined
  #outbox: Buffer | undefined
  #messageIds: Buffer | undefined
  #isUnderWay = false
  #nextMessageIdsMs = 0

  constructor (db: SweptDatabase) { this.#db = db }

  #begin (nowMs: number): void {
    this.#isUnderWay = true
    this.#heads = Buffer.of(keys.prefixes.head)
    this.#outbox = Buffer.of(keys.prefixes.outbox)
    if (nowMs < this.#nextMessageIdsMs) return
    this.#messageIds = Buffer.of(keys.prefixes.seen)
    this.#nextMessageIdsMs = nowMs + messageIdsEveryMs
  }

  async step (nowMs: number): Promise<Swept> {
    if (!this.#isUnderWay) this.#begin(nowMs)
    const entries = await this.#sweepLogs(nowMs)
    const outboxItems = await this.#sweepOutbox(nowMs)
    const messageIds = await this.#sweepMessageIds(nowMs - limits.dedupMs)
    const isDone = this.#heads === undefined && this.#outbox === undefined && this.#messageIds === undefined
    if (isDone) this.#isUnderWay = false
    return { entries, outboxItems, messageIds, isDone }
  }

  async #page (from: Buffer, prefix: number, limit: number): Promise<{ rows: Array<[Buffer, Buffer]>, next: Buffer | undefined }> {
    const rows = await this.#db.rows({ gte: from, lt: keys.everyKey(prefix).lt, limit })
    const last = rows.at(-1)
    return { rows, next: last === undefined || rows.length < limit ? undefined : Buffer.concat([last[0], Buffer.of(0)]) }
  }

  async #sweepLogs (nowMs: number): Promise<number> {
    if (this.#heads === undefined) return 0
    const { rows, next } = await this.#page(this.#heads, keys.prefixes.head, perStep.logs)
    this.#heads = next
    const logs = rows.flatMap(([key, value]) => {
      const log = keys.logOfKey(key)
      const head = keys.decodeHead(value, log) // a damaged one is mended when the log is opened
      return head === undefined ? [] : [{ log, key, ...head }]
    })
    const fronts = await this.#db.getMany(logs.map(({ log, first }) => keys.rowKey(keys.prefixes.entry, log, first)))
    const trims: Array<{ log: number, throughSeq: number }> = []
    let count = 0
    for (const [index, { log, key, first, head, low }] of logs.entries()) {
      const front = fronts[index]
      const entry = front === undefined ? undefined : keys.decodeEntry(front, log, first)
      const isFrontHealthy = first > head || (entry !== undefined && entry.expiresAtMs > nowMs)
      const expired = isFrontHealthy ? 0 : await this.#countExpired(log, first, head, nowMs)
      if (expired === 0 && low === first) continue
      trims.push({ log, throughSeq: first + expired - 1 })
      count += expired
      // More of this log may be due than one step takes: look at it again.
      if (expired === perStep.entriesOfLog || first - low > perStep.entriesOfLog) {
        this.#heads = key
        break
      }
    }
    if (trims.length > 0) {
      const names = await this.#db.conversations(trims.map(({ log }) => log))
      await this.#db.write(trims.map(({ throughSeq }, index) => ({ op: 'trim', log: names[index]!, throughSeq })), [])
    }
    return count
  }

  /** Entries from the front on that are expired; a damaged one counts when an expired one follows it. */
  async #countExpired (log: number, first: number, head: number, nowMs: number): Promise<number> {
    const limit = Math.min(perStep.entriesOfLog, head - first + 1)
    const rows = await this.#db.rows({ gte: keys.rowKey(keys.prefixes.entry, log, first), lt: keys.pastLog(keys.prefixes.entry, log), limit })
    let expired = 0
    for (const [key, value] of rows) {
      const seq = keys.placeOfKey(key)
      const entry = keys.decodeEntry(value, log, seq)
      if (entry !== undefined && entry.expiresAtMs > nowMs) break
      if (entry !== undefined) expired = seq - first + 1
    }
    return expired
  }

  async #sweepOutbox (nowMs: number): Promise<number> {
    if (this.#outbox === undefined) return 0
    const { rows, next } = await this.#page(this.#outbox, keys.prefixes.outbox, perStep.outboxItems)
    this.#outbox = next
    const gone: Array<{ log: number, position: number }> = []
    const deletes: Buffer[] = []
    for (const [key, value] of rows) {
      const [log, position] = [keys.logOfKey(key), keys.placeOfKey(key)]
      const item = keys.decodeEntry(value, log, position)
      if (item !== undefined && item.expiresAtMs > nowMs) continue
      gone.push({ log, position })
      // A damaged item is the only copy here. Forgetting its message id lets the sender's device submit it again.
      if (item === undefined) deletes.push(...await this.#messageIdsAt(log, position))
    }
    if (gone.length > 0) {
      const names = await this.#db.conversations(gone.map(({ log }) => log))
      await this.#db.write(gone.map(({ position }, index) => ({ op: 'dequeue', log: names[index]!, position })), deletes)
    }
    return gone.length
  }

  async #messageIdsAt (log: number, position: number): Promise<Buffer[]> {
    const rows = await this.#db.rows({ ...keys.rowsOfLog(keys.prefixes.seen, log), limit: -1 })
    return rows.flatMap(([key, value]) => {
      const { seen } = keys.decodeSeen(value)
      return seen.at === 'outbox' && seen.position === position ? [key] : []
    })
  }

  async #sweepMessageIds (untilMs: number): Promise<number> {
    if (this.#messageIds === undefined) return 0
    const { rows, next } = await this.#page(this.#messageIds, keys.prefixes.seen, perStep.messageIds)
    this.#messageIds = next
    const deletes = rows.flatMap(([key, value]) => keys.decodeSeen(value).storedAtMs <= untilMs ? [key] : [])
    if (deletes.length > 0) await this.#db.write([], deletes)
    return deletes.length
  }
}
