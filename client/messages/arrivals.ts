/**
 * What has arrived of each log and was not processed yet: what comes early waits here, within a bound.
 *
 * Owns: what goes when there is too much, and which entry is the next of a log. Does not know: what becomes of it (inbox.ts).
 */
import type { Timer } from '../../protocol/clock.ts'
import type { Conversation } from '../../protocol/conversation.ts'
import { limits } from '../../protocol/limits.ts'
import type { ChatId } from '../chat-id.ts'
import { clientLimits } from '../limits.ts'
import type { LogRow } from '../store/tables.ts'
import { isBehind, type LogEntry } from './log-entry.ts'

/** What has arrived of one log and was not processed yet. */
export interface Buffer {
  readonly conversation: Conversation
  readonly arrived: Map<number, LogEntry>
  /** Numbers that were taken before: compared with what was there. */
  repeats: LogEntry[]
  highestEpoch: number
  /** The relay has this much at least, without delivering it: this device had it once. */
  hadUpTo: number
  isReading: boolean
  /** Runs while there is a gap. */
  patience: Timer | undefined
  /** Waits for somebody's device list. */
  isLookingUp: boolean
}

export class Arrivals {
  readonly #buffers = new Map<ChatId, Buffer>()
  #bytes = 0
  #count = 0

  entries (): Iterable<[ChatId, Buffer]> { return this.#buffers.entries() }
  buffers (): Iterable<Buffer> { return this.#buffers.values() }

  /** @returns undefined: there are too many, and this one is delivered again later */
  of (chat: ChatId, conversation: Conversation): Buffer | undefined {
    let buffer = this.#buffers.get(chat)
    if (buffer !== undefined) return buffer
    // No relay has more under way to one device; what is beyond is delivered again after a reconnect.
    if (this.#buffers.size >= limits.deliveryWindowEntries) return undefined
    this.#buffers.set(chat, buffer = { conversation, arrived: new Map(), repeats: [], highestEpoch: 0, hadUpTo: 0, isReading: false, isLookingUp: false, patience: undefined })
    return buffer
  }

  /** What stands at its number stays, unless this is of a newer epoch, or that was the outcome of a submit. */
  put (buffer: Buffer, entry: LogEntry): void {
    const { epoch, seq, envelope } = entry
    const known = buffer.arrived.get(seq)
    if (known !== undefined && (known.epoch > epoch || (known.epoch === epoch && known.isOutcome !== true))) return
    this.drop(buffer, seq)
    buffer.arrived.set(seq, entry)
    buffer.highestEpoch = Math.max(buffer.highestEpoch, epoch)
    this.#count++
    this.#bytes += envelope?.byteLength ?? 0
    while (this.#count > clientLimits.arrivedEntries || this.#bytes > clientLimits.arrivedBytes) this.#dropFarthest()
  }

  /** What does not fit is not lost: it is not acknowledged, and asked for when its turn comes. The next entries are kept, the farthest go. */
  #dropFarthest (): void {
    let fullest: Buffer | undefined
    for (const buffer of this.#buffers.values()) if (fullest === undefined || buffer.arrived.size > fullest.arrived.size) fullest = buffer
    let farthest = 0
    for (const seq of fullest!.arrived.keys()) farthest = Math.max(farthest, seq)
    this.drop(fullest!, farthest)
  }

  drop (buffer: Buffer, seq: number): void {
    const entry = buffer.arrived.get(seq)
    if (entry === undefined) return
    buffer.arrived.delete(seq)
    this.#count--
    this.#bytes -= entry.envelope?.byteLength ?? 0
  }

  /** Epochs that nobody has signed. @returns whether there was something */
  dropAbove (buffer: Buffer, epoch: number): boolean {
    const above = [...buffer.arrived.values()].filter((entry) => entry.epoch > epoch)
    for (const { seq } of above) this.drop(buffer, seq)
    buffer.highestEpoch = Math.max(0, ...[...buffer.arrived.values()].map((entry) => entry.epoch))
    return above.length > 0
  }

  /** There is nothing of this log left to do. */
  delete (chat: ChatId): void { this.#buffers.delete(chat) }

  /** Everything: it is delivered again. */
  clear (): void {
    for (const buffer of this.#buffers.values()) {
      for (const seq of [...buffer.arrived.keys()]) this.drop(buffer, seq)
      buffer.repeats = []
    }
    this.#buffers.clear()
  }
}

export function endPatience (buffer: Buffer): void {
  buffer.patience?.cancel()
  buffer.patience = undefined
}

/** The entry that comes next in the log here, when it is there. */
export function nextOf (buffer: Buffer, log: LogRow): LogEntry | undefined {
  const direct = buffer.arrived.get(log.seq + 1)
  if (direct !== undefined && (direct.epoch === log.epoch || log.epoch === 0)) return direct
  if (buffer.highestEpoch <= log.epoch) return undefined
  // A new epoch. Its sequencer may have known less of the log than this device, and so begins at or below the last number
  // seen here. What the relay delivers comes in order from there on; an outcome of an own message may run ahead of it.
  let lowest: LogEntry | undefined
  for (const entry of buffer.arrived.values()) {
    if (entry.epoch > log.epoch && entry.isOutcome !== true && entry.seq <= log.seq + 1 && (lowest === undefined || entry.seq < lowest.seq)) lowest = entry
  }
  return lowest
}

/** Of a log that may begin anywhere: the first that has come. */
export function firstOf (buffer: Buffer, log: LogRow): LogEntry | undefined {
  let first: LogEntry | undefined
  for (const entry of buffer.arrived.values()) if (!isBehind(entry, log) && (first === undefined || entry.seq < first.seq)) first = entry
  return first
}
