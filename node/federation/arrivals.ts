/**
 * Members of a group who have come to live here, where its log is kept already: what the others here have had and this relay has
 * dropped comes back into the log, from the sequencer, before that forgets it. Then they are as those who were here before.
 *
 * Owns: what is missing for whom, and taking it. Does not know: when to look (replica.ts). Spec: docs/protocol/relay.md, when an account moves
 */
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import type { Log } from '../log/log.ts'
import type { Logs } from '../log/logs.ts'
import type { Placement } from '../log/placement.ts'
import type { Storage } from '../limits/storage.ts'
import type { Commits, Logger } from '../ports.ts'
import type { LogEntry } from '../store/store.ts'

/** Entries that come back together: 8 MiB of the largest. */
const together = 32

export interface ArrivalsComponents {
  logs: Pick<Logs, 'drop'>
  placement: Placement
  storage: Pick<Storage, 'isReady' | 'prepare' | 'check' | 'added'>
  commits: Pick<Commits, 'commit'>
  logger: Logger
  /** What the sequencer keeps from `fromSeq` on and this relay does not, in order. @throws ProtocolError not now */
  earlier (log: Log, fromSeq: number): Promise<LogEntry[]>
}

export class Arrivals {
  readonly #c: ArrivalsComponents

  constructor (components: ArrivalsComponents) { this.#c = components }

  /**
   * The sequencer has something from `fromSeq` on, for whoever may have come to live here. Everything of the log must be on disk.
   * @returns whether nobody here lacks anything of it any more. When something came back the log is dropped from memory, so that those
   * who follow it begin there.
   */
  async settle (log: Log, fromSeq: number): Promise<boolean> {
    const needed = this.#neededFrom(log)
    if (needed === undefined) return false
    const from = Math.max(needed, fromSeq)
    if (from >= log.first) return true
    const before = log.first
    try {
      await this.#takeBack(log, from)
      return true
    } catch (error) {
      if (!isProtocolError(error)) throw error
      this.#c.logger.debug('replica.arrivals', {}, error)
      return false
    } finally {
      if (log.first < before) this.#c.logs.drop(log)
    }
  }

  /** Lowest number that a device here has not acknowledged; undefined: somebody is on the way here, and has not come yet. */
  #neededFrom ({ group, cursors }: Log): number | undefined {
    const { placement } = this.#c
    let needed = Infinity
    for (const [account, { sinceSeq }] of group?.state.members ?? []) {
      if (placement.primaryOf(account) !== placement.self) continue
      if (!placement.isHome(account)) return undefined
      for (const device of placement.devicesOf(account)) needed = Math.min(needed, Math.max(sinceSeq, (cursors.get(device) ?? 0) + 1))
    }
    return needed
  }

  /** Newest first, since a log has no gaps. @throws ProtocolError MAILBOX_FULL, HOME_UNREACHABLE, TIMEOUT, …: not now */
  async #takeBack (log: Log, from: number): Promise<void> {
    const { commits, storage } = this.#c
    if (!storage.isReady(log)) await storage.prepare(log)
    while (log.first > from) {
      const start = Math.max(from, log.first - together)
      const entries = await this.#read(log, start)
      // [LATER] whoever changes it now has it from the disk
      if (log.isDropped) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
      const first = entries[0]?.seq
      // Nothing of it is left there: all that is for them is here, or gone.
      if (first === undefined) return
      const bytes = entries.reduce((sum, { envelope }) => sum + envelope.byteLength, 0)
      storage.check(log, bytes)
      await commits.commit([{ op: 'restore', log: log.conversation.id, entries }])
      log.first = first
      storage.added(log, bytes)
      if (first > start) return
    }
  }

  /** @returns without gaps up to what is kept here; none when that does not go */
  async #read (log: Log, start: number): Promise<LogEntry[]> {
    let entries: LogEntry[] = []
    for (let at = start; at < log.first;) {
      const page = await this.#c.earlier(log, at)
      if (page.length === 0) break
      if (page[0]!.seq !== at) entries = []
      entries.push(...page)
      at = page.at(-1)!.seq + 1
    }
    return entries.at(-1)?.seq === log.first - 1 ? entries : []
  }
}
