/**
 * Pages of several logs for one frame: entries in order, a page per log and epoch, within the bounds of a frame.
 */
import type { Entry, Page, Pages } from '../../protocol/wire/gen/log.js'
import { limits } from '../../protocol/limits.ts'
import type { EnvelopeHeader } from '../log/envelope-header.ts'
import type { Log } from '../log/log.ts'
import type { LogEntry } from '../store/store.ts'

/** @param header given: a reference, for who has the payload already */
export function wireEntry (entry: LogEntry, header: EnvelopeHeader | undefined): Entry {
  return header === undefined
    ? { seq: entry.seq, envelope: entry.envelope, storedAtMs: entry.storedAtMs }
    : { seq: entry.seq, messageId: header.messageId, senderDevice: header.senderDevice, storedAtMs: entry.storedAtMs }
}

const maxPages = 256

export class PagesBuilder {
  #pages: Page[] = []
  #page: Page | undefined
  #log: Log | undefined
  #bytes = 0
  entries = 0

  get bytes (): number { return this.#bytes }

  /** False: take what there is first. A frame takes at least one entry. */
  hasRoom (log: Log, entry: LogEntry, bytes: number): boolean {
    if (this.entries === 0) return true
    if (this.#bytes + bytes > limits.pageBytes) return false
    return this.#continues(log, entry) ? this.#page!.entries.length < limits.pageEntries : this.#pages.length < maxPages
  }

  #continues (log: Log, entry: LogEntry): boolean { return this.#log === log && this.#page?.epoch === entry.epoch }

  add (log: Log, entry: LogEntry, header: EnvelopeHeader | undefined, bytes: number): void {
    if (!this.#continues(log, entry)) {
      this.#page = { conversation: log.conversation.bytes, epoch: entry.epoch, entries: [], head: log.durableHead }
      this.#log = log
      this.#pages.push(this.#page)
    }
    this.#page!.entries.push(wireEntry(entry, header))
    this.#bytes += bytes
    this.entries++
  }

  /** What was added, and start again. */
  take (): Pages {
    const pages = this.#pages
    this.#pages = []
    this.#page = this.#log = undefined
    this.#bytes = this.entries = 0
    return { pages }
  }
}
