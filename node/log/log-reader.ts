/**
 * Reading entries back from the store for followers that are further behind than the tail in memory.
 *
 * Owns: how many reads run at once over all followers, and having a damaged entry mended before it is asked for again.
 */
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import type { ReadBounds, Source } from '../delivery/feed.ts'
import type { Log } from './log.ts'
import type { Meter } from '../watch/meter.ts'
import type { Logger } from '../ports.ts'
import type { LogEntry, Store } from '../store/store.ts'

/** Reads under way at once: each holds up to a page in memory. */
const maxReads = 32

export class LogReader {
  readonly #store: Pick<Store, 'readLog' | 'repair'>
  /** A good copy of one entry from another relay; undefined: none has one, nor will. Rejects when it cannot be had now. */
  readonly #fetchCopy: (log: Log, seq: number) => Promise<LogEntry | undefined>
  readonly #logger: Logger
  #running = 0
  readonly #waiting: Array<() => void> = []
  readonly #damaged

  constructor (components: { store: Pick<Store, 'readLog' | 'repair'>, fetchCopy: (log: Log, seq: number) => Promise<LogEntry | undefined>, logger: Logger, meter: Meter }) {
    this.#store = components.store
    this.#fetchCopy = components.fetchCopy
    this.#logger = components.logger
    this.#damaged = components.meter.counter('heliograph_log_damaged_total', 'entries whose checksum was wrong, by outcome', ['outcome'])
    components.meter.gauge('heliograph_log_reads_waiting', 'reads of logs that wait for their turn', () => this.#waiting.length)
  }

  /**
   * As Store.readLog; a damaged first entry is fetched from another relay and put back, or left out when no other relay keeps
   * this log. @param options.mends false: no other relay is asked @throws ProtocolError DAMAGED when it cannot be fetched now
   */
  async read (log: Log, fromSeq: number, bounds: ReadBounds, { mends = true }: { mends?: boolean } = {}): Promise<LogEntry[]> {
    if (this.#running >= maxReads) await new Promise<void>((resolve) => { this.#waiting.push(resolve) })
    this.#running++
    try {
      // Whatever a peer asks for: beyond the head there is nothing.
      const at = Math.min(Math.max(fromSeq, 1), log.durableHead + 1)
      const within = { maxEntries: Math.min(bounds.maxEntries, limits.pageEntries), maxBytes: Math.min(bounds.maxBytes, limits.pageBytes) }
      for (let from = at; ; from++) {
        try {
          return await this.#store.readLog(log.conversation.id, from, within)
        } catch (error) {
          if (!mends || !isProtocolError(error, 'DAMAGED')) throw error
        }
        if (await this.#mend(log, from)) return await this.#store.readLog(log.conversation.id, from, within)
        // Lost, with no other copy in the world: what comes after it must not be lost as well.
      }
    } finally {
      this.#running--
      this.#waiting.shift()?.()
    }
  }

  /** The log as something to follow. */
  sourceOf (log: Log): Source<LogEntry> {
    return {
      get durableHead () { return log.durableHead },
      recent: (seq) => log.tail.get(seq),
      read: (from, bounds) => this.read(log, from, bounds),
      numberOf: (entry) => entry.seq
    }
  }

  /** @returns false: nobody has a copy. @throws ProtocolError DAMAGED when it cannot be had now */
  async #mend (log: Log, seq: number): Promise<boolean> {
    try {
      const copy = await this.#fetchCopy(log, seq)
      this.#damaged.inc(1, { outcome: copy === undefined ? 'lost' : 'mended' })
      if (copy !== undefined) await this.#store.repair(log.conversation.id, copy)
      else this.#logger.error('log.entry-lost', { seq })
      return copy !== undefined
    } catch (error) {
      this.#damaged.inc(1, { outcome: 'kept' })
      throw new ProtocolError('DAMAGED', { cause: error })
    }
  }
}
