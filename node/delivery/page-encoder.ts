/**
 * Pages of a log as the bytes of a deliver frame, written once and sent to everybody who stands at the same place.
 *
 * Owns: the bytes (as protons would write them: a test compares), where a page ends. Does not know: who gets it.
 * By hand, because a page of one 1 KB entry costs 4 µs through protons and three copies, and 1 µs here with one.
 * Field numbers: protocol/wire/log.proto.
 */
import { frameHeaderBytes, frameTypes, writeFrameHeader } from '../../protocol/frames.ts'
import { deviceKeyOf, messageIdBytes, messageIdToBytes, keyBytes, type DeviceId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientNotifications } from '../../protocol/methods.ts'
import type { LogEntry } from '../store/store.ts'

/** Entries in order, all of one epoch, ready to be sent. */
export interface EncodedPage {
  /** Of the entries in it; `first` may be above the place that it was made for, where entries have expired. */
  readonly first: number
  readonly last: number
  readonly entries: readonly LogEntry[]
  /** A whole deliver frame with this page alone; shared, never changed. */
  readonly frame: Uint8Array
}

/** Bytes of envelopes in one page: small enough that a device with other logs is not kept waiting, far above a frame's fixed cost. */
export const pageTargetBytes = 128 * 1024

const tag = (field: number, wireType: number): number => field << 3 | wireType

function varintBytes (value: number): number {
  let bytes = 1
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes++
  return bytes
}

const field = (length: number): number => 1 + varintBytes(length) + length
const numberField = (value: number): number => value === 0 ? 0 : 1 + varintBytes(value)

class Writer {
  readonly out: Uint8Array
  at: number

  constructor (out: Uint8Array, at: number) {
    this.out = out
    this.at = at
  }

  varint (value: number): void {
    for (; value >= 0x80; value = Math.floor(value / 0x80)) this.out[this.at++] = value % 0x80 | 0x80
    this.out[this.at++] = value
  }

  start (fieldNumber: number, length: number): void {
    this.out[this.at++] = tag(fieldNumber, 2)
    this.varint(length)
  }

  bytes (fieldNumber: number, bytes: Uint8Array): void {
    this.start(fieldNumber, bytes.byteLength)
    this.out.set(bytes, this.at)
    this.at += bytes.byteLength
  }

  /** proto3 leaves zero out. */
  number (fieldNumber: number, value: number): void {
    if (value === 0) return
    this.out[this.at++] = tag(fieldNumber, 0)
    this.varint(value)
  }
}

const entryBytes = (entry: LogEntry, isOwn: boolean): number =>
  numberField(entry.seq) + numberField(entry.storedAtMs) + (isOwn ? field(messageIdBytes) + field(keyBytes) : field(entry.envelope.byteLength))

/**
 * @param conversation 65 bytes
 * @param entries at least one, rising, of one epoch
 * @param head highest number of the log
 * @param own what this device sent itself goes as a reference: it has the payload
 */
export function encodePage (conversation: Uint8Array, entries: readonly LogEntry[], head: number, own?: DeviceId): EncodedPage {
  const { epoch } = entries[0]!
  let size = field(conversation.byteLength) + numberField(epoch) + numberField(head)
  for (const entry of entries) size += field(entryBytes(entry, entry.sender === own))
  const out = new Uint8Array(frameHeaderBytes + field(size))
  writeFrameHeader(out, frameTypes.notification, clientNotifications.deliver.id, 0)
  const writer = new Writer(out, frameHeaderBytes)
  writer.start(1, size)
  writer.bytes(1, conversation)
  writer.number(2, epoch)
  for (const entry of entries) {
    const isOwn = entry.sender === own
    writer.start(3, entryBytes(entry, isOwn))
    writer.number(1, entry.seq)
    if (isOwn) {
      writer.bytes(3, messageIdToBytes(entry.messageId))
      writer.bytes(4, deviceKeyOf(entry.sender))
    } else writer.bytes(2, entry.envelope)
    writer.number(5, entry.storedAtMs)
  }
  writer.number(4, head)
  return { first: entries[0]!.seq, last: entries.at(-1)!.seq, entries, frame: out }
}

/** One deliver frame with all of these pages. @param pages at least one */
export function joinPages (pages: readonly EncodedPage[]): Uint8Array {
  if (pages.length === 1) return pages[0]!.frame
  let size = frameHeaderBytes
  for (const { frame } of pages) size += frame.byteLength - frameHeaderBytes
  const out = new Uint8Array(size)
  writeFrameHeader(out, frameTypes.notification, clientNotifications.deliver.id, 0)
  let at = frameHeaderBytes
  for (const { frame } of pages) {
    out.set(frame.subarray(frameHeaderBytes), at)
    at += frame.byteLength - frameHeaderBytes
  }
  return out
}

/** How many of `entries`, from the start, make one page: of one epoch, within its bounds, at least one. */
export function pageLength (entries: Iterable<LogEntry>): number {
  let count = 0
  let bytes = 0
  let epoch: number | undefined
  for (const entry of entries) {
    if (count > 0 && (entry.epoch !== epoch || count >= limits.pageEntries || bytes + entry.envelope.byteLength > pageTargetBytes)) break
    epoch = entry.epoch
    bytes += entry.envelope.byteLength
    count++
  }
  return count
}
