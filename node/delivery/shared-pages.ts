/**
 * The next page of a log for anybody who stands at a given place: encoded once, also when a thousand devices need it.
 *
 * Owns: pages of groups' logs that were made lately, reads from the store under way. Does not know: devices' windows, order.
 * Bound: maxBytes of pages over all logs, oldest dropped first; one read at a time for each place in a log.
 */
import type { DeviceId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { Log } from '../log/log.ts'
import type { LogReader } from '../log/log-reader.ts'
import type { LogEntry } from '../store/store.ts'
import { encodePage, pageLength, pageTargetBytes, type EncodedPage } from './page-encoder.ts'

/** The two ends of a pair, or the devices of one account: nobody else will ask for the same page. */
const followersThatShare = 3

interface Kept {
  readonly page: EncodedPage
  /** Whose own entries are in it: these devices get references instead. */
  readonly senders: ReadonlySet<DeviceId>
}

interface LogPages {
  /** By the number before the first one asked for. */
  readonly kept: Map<number, Kept>
  readonly reading: Map<number, Promise<readonly LogEntry[]>>
}

export class SharedPages {
  readonly #reader: LogReader
  readonly #maxBytes: number
  readonly #byLog = new WeakMap<Log, LogPages>()
  /** What to drop next, from `#oldest` on. */
  #order: Array<{ kept: Map<number, Kept>, after: number, bytes: number }> = []
  #oldest = 0
  #usedBytes = 0

  /** @param maxBytes 16 MiB: sixteen pages of every size that one turn hands out */
  constructor ({ reader }: { reader: LogReader }, { maxBytes = 16 * 1024 * 1024 }: { maxBytes?: number } = {}) {
    this.#reader = reader
    this.#maxBytes = maxBytes
  }

  get usedBytes (): number { return this.#usedBytes }

  /**
   * The page that begins after `sent`, for this device; undefined: nothing there, or it must be read first.
   * Only what is durable is in it.
   */
  next (log: Log, sent: number, device: DeviceId): EncodedPage | undefined {
    if (sent >= log.durableHead) return undefined
    if (log.followers.length < followersThatShare) {
      const entries = recent(log, sent)
      return entries.length === 0 ? undefined : encodePage(log.conversation.bytes, entries, log.durableHead, device)
    }
    const kept = this.#byLog.get(log)?.kept.get(sent) ?? this.#keep(log, sent, recent(log, sent))
    return kept === undefined ? undefined : this.#for(log, kept, device)
  }

  /**
   * As `next`, from the store. undefined: nothing of what comes after `sent` is kept any more.
   * @throws ProtocolError as LogReader.read
   */
  async read (log: Log, sent: number, device: DeviceId): Promise<EncodedPage | undefined> {
    const isShared = log.followers.length >= followersThatShare
    const entries = isShared ? await this.#readTogether(log, sent) : await this.#readEntries(log, sent)
    if (entries.length === 0) return undefined
    if (!isShared) return encodePage(log.conversation.bytes, entries, log.durableHead, device)
    const kept = this.#byLog.get(log)?.kept.get(sent) ?? this.#keep(log, sent, entries)!
    return this.#for(log, kept, device)
  }

  #for (log: Log, { page, senders }: Kept, device: DeviceId): EncodedPage {
    return senders.has(device) ? encodePage(log.conversation.bytes, page.entries, log.durableHead, device) : page
  }

  async #readEntries (log: Log, sent: number): Promise<readonly LogEntry[]> {
    const entries = await this.#reader.read(log, sent + 1, { maxEntries: limits.pageEntries, maxBytes: pageTargetBytes })
    // The store may be ahead of what its commit has told.
    const durable = entries.filter(({ seq }) => seq <= log.durableHead)
    return durable.slice(0, pageLength(durable))
  }

  #readTogether (log: Log, sent: number): Promise<readonly LogEntry[]> {
    const { reading } = this.#pagesOf(log)
    const underWay = reading.get(sent)
    if (underWay !== undefined) return underWay
    const promise = this.#readEntries(log, sent).finally(() => { reading.delete(sent) })
    reading.set(sent, promise)
    return promise
  }

  #pagesOf (log: Log): LogPages {
    let pages = this.#byLog.get(log)
    if (pages === undefined) {
      pages = { kept: new Map(), reading: new Map() }
      this.#byLog.set(log, pages)
    }
    return pages
  }

  #keep (log: Log, sent: number, entries: readonly LogEntry[]): Kept | undefined {
    if (entries.length === 0) return undefined
    const page = encodePage(log.conversation.bytes, entries, log.durableHead)
    const made: Kept = { page, senders: new Set(entries.map(({ sender }) => sender)) }
    const { kept } = this.#pagesOf(log)
    kept.set(sent, made)
    // The entries are held beside their encoding, for those who sent some of them.
    const bytes = 2 * page.frame.byteLength
    this.#order.push({ kept, after: sent, bytes })
    this.#usedBytes += bytes
    while (this.#usedBytes > this.#maxBytes && this.#oldest < this.#order.length - 1) this.#dropOldest()
    return made
  }

  #dropOldest (): void {
    const { kept, after, bytes } = this.#order[this.#oldest++]!
    kept.delete(after)
    this.#usedBytes -= bytes
    if (this.#oldest > 1024 && this.#oldest * 2 > this.#order.length) {
      this.#order = this.#order.slice(this.#oldest)
      this.#oldest = 0
    }
  }
}

/** Durable entries after `sent` that are in memory, as many as make a page. */
function recent (log: Log, sent: number): LogEntry[] {
  const entries: LogEntry[] = []
  const { tail, durableHead } = log
  let bytes = 0
  for (let seq = sent + 1; seq <= durableHead && entries.length < limits.pageEntries; seq++) {
    const entry = tail.get(seq)
    if (entry === undefined) break
    bytes += entry.envelope.byteLength
    if (entries.length > 0 && (bytes > pageTargetBytes || entry.epoch !== entries[0]!.epoch)) break
    entries.push(entry)
  }
  return entries
}
