/**
 * The one table of keys and rows of the relay's database, and their bytes. Numbers are big-endian, so that LevelDB's
 * order is theirs.
 *
 * A conversation id is 65 bytes and stands in the keys of many rows, so each log gets a number of its own here (`log`,
 * u32) at its first write. `sender` in a key is the first 8 bytes of the device's key (sender-tag.ts).
 *
 * | prefix | key                                   | value                                                        | kept until |
 * | ------ | ------------------------------------- | ------------------------------------------------------------ | ---------- |
 * | `v`    |                                       | schema version u8                                            | for ever |
 * | `l`    | conversation                          | log u32                                                      | for ever |
 * | `n`    | log u32                               | conversation                                                 | for ever |
 * | `h`    | log u32                               | crc, epoch u32, first u48, head u48, low u48, starts of epochs: (epoch u32, first u48)* | for ever |
 * | `e`    | log u32, seq u48                      | crc, epoch u32, sender 32, message id 16, stored and expires u48 ms, envelope | trim, expiry |
 * | `o`    | log u32, position u48                 | the same, epoch 0                                            | dequeue, expiry |
 * | `d`    | log u32, sender 8, message id 16      | at u8 (1 log, 2 outbox), epoch u32, seq or position u48, stored u48 ms | limits.dedupMs |
 * | `c`    | log u32, who u8 (1 device, 2 relay), its key 32 | seq u48                                            | for ever; of a relay: retired |
 * | `r`    | log u32, relay's key 32               |                                                              | retired |
 * | `j`    | account key 32, log u32               |                                                              | it leaves |
 * | `t`    | table u8, key as UTF-8                | crc, value                                                   | delete |
 *
 * `r` says which rows of `c` are relays', for the start, which looks at all of these: to go through the keys of 400,000 cursors
 * of devices took a quarter of it. Reading them from there when a log is opened would take a second iterator each time. A
 * database of schema 1 has no `r`; it gets it when it is opened.
 * `low` is the lowest seq that may still have a row: first, unless a large trim is being worked off.
 * crc is CRC-32 (zlib's: native, 0.4 µs for 1.1 KB) of what follows, begun with the numbers in the key, so that a row that
 * turns up under another key is noticed too. LevelDB itself returned a flipped bit as a wrong value without an error.
 */
import { crc32 } from 'node:zlib'
import { conversationFromBytes, conversationFromId, type ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { accountKeyOf, deviceIdOfKey, deviceKeyOf, keyBytes, messageIdBytes, type AccountId, type DeviceId, type MessageId, type RelayId } from '../../protocol/ids.ts'
import { maxEpochStarts, type EpochStarts } from './epoch-starts.ts'
import { senderTagBytes, type SenderTag } from './sender-tag.ts'
import type { LogEntry, MessageKey, OutboxItem, Seen, Table } from './store.ts'

export const schemaVersion = 2
/** The one that is changed when it is opened. */
export const olderSchemaVersion = 1

/** Seq, position and milliseconds are u48: 281 trillion; 8,900 years. */
const maxU48 = 2 ** 48 - 1
const crcBytes = 4
const logKeyBytes = 5
const headBytes = crcBytes + 4 + 6 + 6 + 6
const startBytes = 4 + 6
const rowHeaderBytes = crcBytes + 4 + keyBytes + messageIdBytes + 6 + 6

export const prefixes = { schema: 0x76, log: 0x6c, number: 0x6e, head: 0x68, entry: 0x65, outbox: 0x6f, seen: 0x64, cursor: 0x63, replica: 0x72, joined: 0x6a, table: 0x74 } as const
const tables: Record<Table, number> = { account: 1, handle: 2, prekey: 3, home: 4, relay: 5, meta: 6, group: 7, receipt: 8, presence: 12, profile: 13, standby: 14, guest: 16 }

/** What the head row says of a log. */
export interface HeadRow { epoch: number, first: number, head: number, low: number, starts: EpochStarts }

/** All keys with this prefix byte. */
export const everyKey = (prefix: number): { gte: Buffer, lt: Buffer } => ({ gte: Buffer.of(prefix), lt: Buffer.of(prefix + 1) })

// Device and relay ids repeat in every row; base58 costs 8 µs. Bounded.
const maxCached = 50_000
const keyById = new Map<string, Buffer>()
const idByKey = new Map<string, DeviceId>()

/** 32 bytes; shared, not to be modified. */
function peerKeyOf (id: DeviceId | RelayId): Buffer {
  const known = keyById.get(id)
  if (known !== undefined) return known
  if (keyById.size >= maxCached) keyById.clear()
  const key = Buffer.from(deviceKeyOf(id as DeviceId))
  keyById.set(id, key)
  return key
}

function peerIdAt (bytes: Buffer, at: number): DeviceId {
  const index = bytes.toString('latin1', at, at + keyBytes)
  const known = idByKey.get(index)
  if (known !== undefined) return known
  if (idByKey.size >= maxCached) idByKey.clear()
  const id = deviceIdOfKey(bytes.subarray(at, at + keyBytes))
  idByKey.set(index, id)
  return id
}

/** @throws ProtocolError MALFORMED: a number from outside that no row can hold */
export function checkU48 (value: number, what: string): number {
  if (!Number.isInteger(value) || value < 0 || value > maxU48) throw new ProtocolError('MALFORMED', { what })
  return value
}

export const schemaKey = (): Buffer => Buffer.of(prefixes.schema)

export function conversationKey (log: ConversationId): Buffer {
  const bytes = conversationFromId(log).bytes
  const key = Buffer.allocUnsafe(1 + bytes.byteLength)
  key[0] = prefixes.log
  key.set(bytes, 1)
  return key
}
export const conversationOf = (bytes: Buffer): ConversationId => conversationFromBytes(bytes).id

function logKey (prefix: number, log: number, extraBytes = 0): Buffer {
  const key = Buffer.allocUnsafe(logKeyBytes + extraBytes)
  key[0] = prefix
  key.writeUInt32BE(log, 1)
  return key
}

export const numberKey = (log: number): Buffer => logKey(prefixes.number, log)
export const headKey = (log: number): Buffer => logKey(prefixes.head, log)
/** The log number in a key of prefix n, h, e, o, d, c or r. */
export const logOfKey = (key: Buffer): number => key.readUInt32BE(1)

/** From just after this log's last row of `prefix`. */
export function pastLog (prefix: number, log: number): Buffer {
  return log === 0xffffffff ? Buffer.of(prefix + 1) : logKey(prefix, log + 1)
}
export const rowsOfLog = (prefix: number, log: number): { gte: Buffer, lt: Buffer } => ({ gte: logKey(prefix, log), lt: pastLog(prefix, log) })

/** Key of an entry (by seq) or an outbox item (by position). */
export function rowKey (prefix: typeof prefixes.entry | typeof prefixes.outbox, log: number, at: number): Buffer {
  const key = logKey(prefix, log, 6)
  key.writeUIntBE(checkU48(at, 'sequence number'), logKeyBytes, 6)
  return key
}
export const placeOfKey = (key: Buffer): number => key.readUIntBE(logKeyBytes, 6)

const rowCrc = (value: Buffer, log: number, at: number): number => crc32(value.subarray(crcBytes), (Math.imul(log, 0x9e3779b1) ^ at) >>> 0)

/** @param at seq or position, as in the key */
export function encodeRow (row: Omit<LogEntry, 'seq'>, log: number, at: number): Buffer {
  const value = Buffer.allocUnsafe(rowHeaderBytes + row.envelope.byteLength)
  value.writeUInt32BE(row.epoch, 4)
  value.set(peerKeyOf(row.sender), 8)
  value.write(row.messageId, 40, messageIdBytes, 'hex')
  value.writeUIntBE(Math.min(row.storedAtMs, maxU48), 56, 6)
  value.writeUIntBE(Math.min(row.expiresAtMs, maxU48), 62, 6)
  value.set(row.envelope, rowHeaderBytes)
  value.writeUInt32BE(rowCrc(value, log, at), 0)
  return value
}

/** A view that is no Buffer: `slice` of one of those copies nothing, and readers rely on it. */
const plainFrom = (value: Buffer, from: number): Uint8Array => new Uint8Array(value.buffer, value.byteOffset + from, value.byteLength - from)

/** @returns undefined when the row is damaged. The envelope is a view of `value`. */
export function decodeEntry (value: Buffer, log: number, seq: number): LogEntry | undefined {
  if (value.byteLength < rowHeaderBytes || value.readUInt32BE(0) !== rowCrc(value, log, seq)) return undefined
  return {
    epoch: value.readUInt32BE(4),
    seq,
    sender: peerIdAt(value, 8),
    messageId: value.toString('hex', 40, 56) as MessageId,
    storedAtMs: value.readUIntBE(56, 6),
    expiresAtMs: value.readUIntBE(62, 6),
    envelope: plainFrom(value, rowHeaderBytes)
  }
}

/** @returns undefined when the row is damaged */
export function decodeOutboxItem (value: Buffer, log: number, position: number, conversation: ConversationId): OutboxItem | undefined {
  const entry = decodeEntry(value, log, position)
  if (entry === undefined) return undefined
  const { sender, messageId, storedAtMs, expiresAtMs, envelope } = entry
  return { log: conversation, position, sender, messageId, storedAtMs, expiresAtMs, envelope }
}

export function encodeHead (head: HeadRow, log: number): Buffer {
  const value = Buffer.allocUnsafe(headBytes + startBytes * head.starts.length)
  value.writeUInt32BE(head.epoch, 4)
  value.writeUIntBE(head.first, 8, 6)
  value.writeUIntBE(checkU48(head.head, 'sequence number'), 14, 6)
  value.writeUIntBE(head.low, 20, 6)
  for (const [i, { epoch, first }] of head.starts.entries()) value.writeUIntBE(first, value.writeUInt32BE(epoch, headBytes + startBytes * i), 6)
  value.writeUInt32BE(rowCrc(value, log, 0), 0)
  return value
}

/** @returns undefined when the row is damaged */
export function decodeHead (value: Buffer, log: number): HeadRow | undefined {
  // COMPAT(≤0.1) without starts
  const count = (value.byteLength - headBytes) / startBytes
  if (!Number.isInteger(count) || count < 0 || count > maxEpochStarts || value.readUInt32BE(0) !== rowCrc(value, log, 0)) return undefined
  const starts = Array.from({ length: count }, (_, i) => ({ epoch: value.readUInt32BE(headBytes + startBytes * i), first: value.readUIntBE(headBytes + startBytes * i + 4, 6) }))
  return { epoch: value.readUInt32BE(4), first: value.readUIntBE(8, 6), head: value.readUIntBE(14, 6), low: value.readUIntBE(20, 6), starts }
}

export function encodeLogNumber (log: number): Buffer {
  const value = Buffer.allocUnsafe(4)
  value.writeUInt32BE(log)
  return value
}

export function seenKey (log: number, sender: DeviceId | SenderTag, messageId: MessageId): Buffer {
  const key = seenPrefix(log, sender, messageIdBytes)
  key.write(messageId, logKeyBytes + senderTagBytes, messageIdBytes, 'hex')
  return key
}

function seenPrefix (log: number, sender: DeviceId | SenderTag, extraBytes: number): Buffer {
  const key = logKey(prefixes.seen, log, senderTagBytes + extraBytes)
  if (sender.length === 2 * senderTagBytes) key.write(sender, logKeyBytes, senderTagBytes, 'hex')
  else peerKeyOf(sender as DeviceId).copy(key, logKeyBytes, 0, senderTagBytes)
  return key
}

/** All message ids of one sender in one log. */
export function seenOfSender (log: number, sender: DeviceId): { gte: Buffer, lte: Buffer } {
  return { gte: seenPrefix(log, sender, 0), lte: seenPrefix(log, sender, messageIdBytes).fill(0xff, logKeyBytes + senderTagBytes) }
}
export const messageIdOfKey = (key: Buffer): MessageId => key.toString('hex', logKeyBytes + senderTagBytes) as MessageId
export const messageOfKey = (key: Buffer): MessageKey => ({ sender: key.toString('hex', logKeyBytes, logKeyBytes + senderTagBytes) as SenderTag, messageId: messageIdOfKey(key) })

export function encodeSeen (seen: Seen, storedAtMs: number): Buffer {
  const value = Buffer.allocUnsafe(17)
  value[0] = seen.at === 'log' ? 1 : 2
  value.writeUInt32BE(seen.at === 'log' ? seen.epoch : 0, 1)
  value.writeUIntBE(seen.at === 'log' ? seen.seq : seen.position, 5, 6)
  value.writeUIntBE(Math.min(storedAtMs, maxU48), 11, 6)
  return value
}

export function decodeSeen (value: Buffer): { seen: Seen, storedAtMs: number } {
  const at = value.readUIntBE(5, 6)
  return { seen: value[0] === 1 ? { at: 'log', epoch: value.readUInt32BE(1), seq: at } : { at: 'outbox', position: at }, storedAtMs: value.readUIntBE(11, 6) }
}

const who = { device: 1, relay: 2 } as const

/** Key of a device's cursor or of a replica's position. */
export function cursorKey (log: number, kind: keyof typeof who, peer: DeviceId | RelayId): Buffer {
  const key = logKey(prefixes.cursor, log, 1 + keyBytes)
  key[logKeyBytes] = who[kind]
  key.set(peerKeyOf(peer), logKeyBytes + 1)
  return key
}
export const isDeviceCursor = (key: Buffer): boolean => key[logKeyBytes] === who.device
/** Key of the mark that the log has a replica there. */
export function replicaKey (log: number, relay: RelayId): Buffer {
  const key = logKey(prefixes.replica, log, keyBytes)
  key.set(peerKeyOf(relay), logKeyBytes)
  return key
}
export const relayOfKey = (key: Buffer): RelayId => peerIdAt(key, logKeyBytes) as string as RelayId
/** The device or relay that a cursor's key names. */
export const peerOfKey = (key: Buffer): DeviceId | RelayId => peerIdAt(key, logKeyBytes + 1)

export function encodeCursor (seq: number): Buffer {
  const value = Buffer.allocUnsafe(6)
  value.writeUIntBE(checkU48(seq, 'cursor'), 0, 6)
  return value
}
export const decodeCursor = (value: Buffer): number => value.readUIntBE(0, 6)

export function joinedKey (account: AccountId, log: number): Buffer {
  const key = Buffer.allocUnsafe(1 + keyBytes + 4)
  key[0] = prefixes.joined
  key.set(accountKeyOf(account), 1)
  key.writeUInt32BE(log, 1 + keyBytes)
  return key
}
export const joinedOf = (account: AccountId): { gte: Buffer, lte: Buffer } => ({ gte: joinedKey(account, 0), lte: joinedKey(account, 0xffffffff) })
export const logOfJoinedKey = (key: Buffer): number => key.readUInt32BE(1 + keyBytes)

export const tableKey = (table: Table, key: string): Buffer => Buffer.concat([Buffer.of(prefixes.table, tables[table]), Buffer.from(key)])
export const textOfTableKey = (key: Buffer): string => key.toString('utf8', 2)

/** @param key the row's whole key */
export function encodeTableValue (bytes: Uint8Array, key: Buffer): Buffer {
  const value = Buffer.allocUnsafe(crcBytes + bytes.byteLength)
  value.set(bytes, crcBytes)
  value.writeUInt32BE(crc32(value.subarray(crcBytes), crc32(key)), 0)
  return value
}

/** @returns undefined when the row is damaged */
export function decodeTableValue (value: Buffer, key: Buffer): Uint8Array | undefined {
  if (value.byteLength < crcBytes || value.readUInt32BE(0) !== crc32(value.subarray(crcBytes), crc32(key))) return undefined
  return plainFrom(value, crcBytes)
}
