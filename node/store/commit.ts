/**
 * Group commit: many callers, one fsync.
 *
 * Writes that arrive while a batch is being synced go into the next one, in the order in which they came. Owns that queue
 * and its bounds. Does not know what a write means; only that each may have been computed on top of the one before it,
 * so when a batch fails, everything queued behind it fails with it.
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { addedBytes, type Store, type Write } from './store.ts'

/** Writes whose loss costs a repetition, nothing more: they need no fsync of their own. */
export type LazyWrite = Extract<Write, { op: 'cursor' | 'replicated' | 'trim' }>

export interface CommittedBatch {
  readonly writes: number
  /** Commits that this one batch served. */
  readonly callers: number
  readonly bytes: number
  readonly seconds: number
  readonly durable: boolean
}

export interface GroupCommitComponents {
  store: Pick<Store, 'write'>
  clock: Clock
  /**
   * A batch was not written, or whether it was is open. Called before any caller hears of it: throw away what was computed
   * in memory and read it from the store again when it is next needed.
   */
  onFailure (error: Error): void
  /** After each batch: for counters. */
  onBatch? (batch: CommittedBatch): void
  /** Milliseconds with fractions, for the duration of a batch; default `clock.nowMs`. */
  stopwatch? (): number
  /** Start a batch a little later, so that what arrives in the same turn goes with it; default: a microtask. */
  gather? (start: () => void): void
}

export interface GroupCommitOptions {
  /** Bytes of envelopes and values in one batch. 4 MiB: a sync of some 10 ms on a slow disk, which the next callers wait for. */
  maxBatchBytes?: number
  /** How long lazy writes wait for a batch to ride with. Well below a person's patience, well above the pace of a busy relay. */
  lazyDelayMs?: number
}

interface Commit { readonly writes: readonly Write[], readonly bytes: number, readonly sinceMs: number, resolve? (): void, reject? (error: Error): void }

/** Lazy writes of one log, the last of each kind and peer. */
interface LazyOfLog { trim?: LazyWrite, readonly byPeer: Map<string, LazyWrite> }

/** Rough cost of a row beside its envelope or value. */
const rowBytes = 100

export class GroupCommit {
  readonly #store: Pick<Store, 'write'>
  readonly #clock: Clock
  readonly #components: GroupCommitComponents
  readonly #maxBatchBytes: number
  readonly #lazyDelayMs: number
  #queue: Commit[] = []
  readonly #lazy = new Map<ConversationId, LazyOfLog>()
  #lazyCount = 0
  #lazyTimer: Timer | undefined
  #isRunning = false
  #startedAtMs: number | undefined
  #idleWaiters: Array<() => void> = []
  /** Batches, writes, callers, failed batches and seconds spent in the store's writes since the start. */
  readonly counts = { batches: 0, writes: 0, callers: 0, failures: 0, seconds: 0 }

  constructor (components: GroupCommitComponents, options: GroupCommitOptions = {}) {
    this.#components = components
    this.#store = components.store
    this.#clock = components.clock
    this.#maxBatchBytes = options.maxBatchBytes ?? 4 << 20
    this.#lazyDelayMs = options.lazyDelayMs ?? 200
  }

  /** Commits waiting, the batch under way not counted. */
  get queueLength (): number { return this.#queue.length }
  /** How long the oldest of them has waited; 0 when none does. */
  get oldestAgeMs (): number { return this.#queue.length === 0 ? 0 : this.#clock.nowMs() - this.#queue[0]!.sinceMs }
  /** How long the batch under way takes already; 0 when there is none. */
  get underWayMs (): number { return this.#startedAtMs === undefined ? 0 : this.#clock.nowMs() - this.#startedAtMs }
  get lazyLength (): number { return this.#lazyCount }

  /**
   * Write durably, all or nothing, after everything committed before. The bytes in `writes` must not change until it settles.
   *
   * @throws ProtocolError as Store.write, also when an earlier batch failed; then nothing of `writes` was written
   */
  async commit (writes: readonly Write[]): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      // What was said lazily before comes first, so that an older cursor never overwrites a newer one.
      this.#flushLazy()
      this.#enqueue({ writes, bytes: bytesOf(writes), sinceMs: this.#clock.nowMs(), resolve, reject })
    })
  }

  /** Write some time soon: with the next batch, or after `lazyDelayMs`. Of several for the same log and peer the last counts. */
  lazy (writes: readonly LazyWrite[]): void {
    for (const write of writes) this.#rememberLazy(write)
    if (this.#lazyCount === 0 || this.#lazyTimer !== undefined) return
    this.#lazyTimer = this.#clock.after(this.#lazyDelayMs, () => {
      this.#lazyTimer = undefined
      this.#flushLazy()
    })
  }

  /** Resolves when everything said so far, lazily too, is written or has failed. Leaves no timer. */
  async idle (): Promise<void> {
    this.#flushLazy()
    while (this.#isRunning || this.#queue.length > 0) await new Promise<void>((resolve) => { this.#idleWaiters.push(resolve) })
    this.#lazyTimer?.cancel()
    this.#lazyTimer = undefined
  }

  #rememberLazy (write: LazyWrite): void {
    let ofLog = this.#lazy.get(write.log)
    if (ofLog === undefined) {
      ofLog = { byPeer: new Map() }
      this.#lazy.set(write.log, ofLog)
    }
    if (write.op === 'trim') {
      if (ofLog.trim === undefined) this.#lazyCount++
      ofLog.trim = write
      return
    }
    // A device and a relay never share a key; if they did, one cursor would be told late, which costs a repetition.
    const peer = write.op === 'cursor' ? write.device : write.relay
    if (!ofLog.byPeer.has(peer)) this.#lazyCount++
    ofLog.byPeer.set(peer, write)
  }

  #takeLazy (): LazyWrite[] {
    const writes: LazyWrite[] = []
    for (const { trim, byPeer } of this.#lazy.values()) {
      writes.push(...byPeer.values())
      if (trim !== undefined) writes.push(trim)
    }
    this.#lazy.clear()
    this.#lazyCount = 0
    this.#lazyTimer?.cancel()
    this.#lazyTimer = undefined
    return writes
  }

  #flushLazy (): void {
    if (this.#lazyCount === 0) return
    const writes = this.#takeLazy()
    this.#enqueue({ writes, bytes: bytesOf(writes), sinceMs: this.#clock.nowMs() })
  }

  #enqueue (commit: Commit): void {
    this.#queue.push(commit)
    if (this.#isRunning) return
    this.#isRunning = true
    const start = (): void => { void this.#run() }
    if (this.#components.gather === undefined) queueMicrotask(start)
    else this.#components.gather(start)
  }

  async #run (): Promise<void> {
    while (this.#queue.length > 0) await this.#writeBatch(this.#take())
    this.#isRunning = false
    for (const resolve of this.#idleWaiters.splice(0)) resolve()
  }

  /** The next commits that fit into one batch, and what is lazy when that is all of them. */
  #take (): Commit[] {
    let [count, bytes] = [0, 0]
    for (const commit of this.#queue) {
      bytes += commit.bytes
      if (count > 0 && bytes > this.#maxBatchBytes) break
      count++
    }
    const batch = this.#queue.splice(0, count)
    if (this.#queue.length === 0 && this.#lazyCount > 0) {
      const writes = this.#takeLazy()
      batch.push({ writes, bytes: bytesOf(writes), sinceMs: this.#clock.nowMs() })
    }
    return batch
  }

  async #writeBatch (batch: readonly Commit[]): Promise<void> {
    const writes = batch.length === 1 ? batch[0]!.writes : batch.flatMap((commit) => commit.writes)
    const durable = batch.some((commit) => commit.resolve !== undefined)
    const now = this.#components.stopwatch ?? (() => this.#clock.nowMs())
    const startMs = now()
    this.#startedAtMs = this.#clock.nowMs()
    try {
      await this.#store.write(writes, { durable })
    } catch (error) {
      // What no row can hold is the fault of one commit: the others must not be told that theirs is refused for good.
      this.#fail(batch, error instanceof Error && !isProtocolError(error, 'MALFORMED') ? error : new ProtocolError('INTERNAL', { cause: error }))
      return
    } finally {
      this.#startedAtMs = undefined
    }
    const seconds = (now() - startMs) / 1000
    const callers = batch.reduce((sum, commit) => sum + (commit.resolve === undefined ? 0 : 1), 0)
    this.counts.batches++
    this.counts.writes += writes.length
    this.counts.callers += callers
    this.counts.seconds += seconds
    this.#components.onBatch?.({ writes: writes.length, callers, bytes: batch.reduce((sum, commit) => sum + commit.bytes, 0), seconds, durable })
    for (const commit of batch) commit.resolve?.()
  }

  #fail (batch: readonly Commit[], error: Error): void {
    this.counts.failures++
    const lost = [...batch, ...this.#queue.splice(0)]
    this.#components.onFailure(error)
    for (const commit of lost) commit.reject?.(error)
    // What was lazy stood on nothing that failed. A full disk still takes trims, and they make room; so once more, apart.
    const isTriedAgain = isProtocolError(error, 'STORAGE_FULL') && lost.some((commit) => commit.resolve !== undefined)
    if (!isTriedAgain) return
    const writes = lost.flatMap((commit) => commit.resolve === undefined ? commit.writes as readonly LazyWrite[] : [])
    if (writes.length > 0) this.#queue.push({ writes, bytes: bytesOf(writes), sinceMs: this.#clock.nowMs() })
  }
}

const bytesOf = (writes: readonly Write[]): number => writes.reduce((sum, write) => sum + rowBytes + addedBytes(write), 0)
