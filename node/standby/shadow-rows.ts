/**
 * Rows of the store's `standby` table: what other relays ship here (a shadow: kept apart from this relay's own logs until the
 * account moves here), and what this relay knows of its own standbys.
 *
 * | key                                   | value, big-endian                                             | kept until |
 * | ------------------------------------- | ------------------------------------------------------------- | ---------- |
 * | `a/<account>/<relay>`                 | epoch u32 of the record that allows it                        | taken over, or another standby |
 * | `r/<account>/<relay>/<table>/<key>`   | a row of that table at `relay`; table 0: a log of the account | with the account |
 * | `l/<relay>/<log>`                     | epoch u32, first u48, head u48, bytes u48                     | no account is in it |
 * | `k/<relay>/<log>/<account>`           | empty: the account is in it                                   | with the account |
 * | `e/<relay>/<log>/<seq>`               | epoch u32, stored f64, expires f64, envelope                  | trim, expiry |
 * | `m/<relay>/<log>/<seq>`               | of entries up to seq that were trimmed, each: epoch u32, seq u48, stored u48, sender 8, message id | `limits.dedupMs` |
 * | `o/<relay>/<log>/<position>`          | stored f64, expires f64, envelope                             | dequeue, expiry |
 * | `c/<relay>/<log>/<device>`            | u48                                                           | with the log |
 * | `g/<relay>/<log>/<rest>`              | a row of the group's state at `relay`                         | with the log |
 * | `p/<account>`                         | the standby that this relay ships to, as text                 | another one |
 * | `h/<account>`                         | the former home record: this relay has to hand over           | handed over |
 * | `f/<account>/<relay>`                 | epoch u32 of the record by which it was home: it has handed over | the newest 16 of the account |
 * | `i/<log>`                             | epoch u32 under which its anchor's home took it over from a shadow | for ever |
 * | `b/<log>`                             | epoch u32 of its newest entry when this relay began to number it under another, head u48 | for ever |
 * | `t/<account>`                         | epoch u32 since which this relay is its primary, uninterrupted | it moves |
 *
 * `seq` and `position` as 12 hex digits, so that text order is theirs.
 */
import { concat } from '../../protocol/bytes.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import { messageIdBytes, messageIdFromBytes, messageIdToBytes, type AccountId, type DeviceId, type RelayId } from '../../protocol/ids.ts'
import { senderTagBytes, senderTagFromBytes, senderTagToBytes } from '../store/sender-tag.ts'
import type { SequencedMessage, Table, Write } from '../store/store.ts'

/** Numbers on the wire of the tables whose rows of one account are shipped. 0: the logs that it has a part in, by conversation. */
export const shippedTables = { account: 1, prekey: 2, profile: 3, presence: 4 } as const satisfies Partial<Record<Table, number>>
export type ShippedTable = keyof typeof shippedTables
export const joinedTable = 0

export const put = (key: string, value: Uint8Array): Write => ({ op: 'put', table: 'standby', key, value })
export const drop = (key: string): Write => ({ op: 'delete', table: 'standby', key })
export const empty = new Uint8Array(0)

const digits = (number: number): string => number.toString(16).padStart(12, '0')
/** The number at the end of a key of an entry or an item. */
export const numberOfKey = (key: string): number => Number.parseInt(key.slice(-12), 16)
/** What stands after the last slash. */
export const lastOfKey = (key: string): string => key.slice(key.lastIndexOf('/') + 1)

export const accountKey = (account: AccountId, relay: RelayId): string => `a/${account}/${relay}`
export const rowsKey = (account: AccountId, relay: RelayId, table = -1, key = ''): string => table < 0 ? `r/${account}/${relay}/` : `r/${account}/${relay}/${table}/${key}`
export const headKey = (relay: RelayId, log: ConversationId): string => `l/${relay}/${log}`
export const memberKey = (relay: RelayId, log: ConversationId, account = ''): string => `k/${relay}/${log}/${account}`
export const entryKey = (relay: RelayId, log: ConversationId, seq: number): string => `e/${relay}/${log}/${digits(seq)}`
export const entriesOf = (relay: RelayId, log: ConversationId): string => `e/${relay}/${log}/`
export const messagesKey = (relay: RelayId, log: ConversationId, throughSeq: number): string => `m/${relay}/${log}/${digits(throughSeq)}`
export const messagesOf = (relay: RelayId, log: ConversationId): string => `m/${relay}/${log}/`
export const itemKey = (relay: RelayId, log: ConversationId, position: number): string => `o/${relay}/${log}/${digits(position)}`
export const itemsOf = (relay: RelayId, log: ConversationId): string => `o/${relay}/${log}/`
export const cursorKey = (relay: RelayId, log: ConversationId, device = ''): string => `c/${relay}/${log}/${device}`
export const groupKey = (relay: RelayId, log: ConversationId, rest = ''): string => `g/${relay}/${log}/${rest}`
export const standbyKey = (account: AccountId): string => `p/${account}`
export const handOverKey = (account: AccountId): string => `h/${account}`
export const formerKey = (account: AccountId, relay = ''): string => `f/${account}/${relay}`
export const importedKey = (log: ConversationId): string => `i/${log}`
export const begunKey = (log: ConversationId): string => `b/${log}`
export const tenureKey = (account: AccountId): string => `t/${account}`

export interface ShadowHead { epoch: number, first: number, head: number, bytes: number }

export function encodeHead ({ epoch, first, head, bytes }: ShadowHead): Uint8Array {
  const value = Buffer.allocUnsafe(22)
  value.writeUInt32BE(epoch, 0)
  value.writeUIntBE(first, 4, 6)
  value.writeUIntBE(head, 10, 6)
  value.writeUIntBE(Math.max(0, bytes), 16, 6)
  return value
}

const view = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

export function decodeHead (value: Uint8Array): ShadowHead {
  const row = view(value)
  return { epoch: row.readUInt32BE(0), first: row.readUIntBE(4, 6), head: row.readUIntBE(10, 6), bytes: row.readUIntBE(16, 6) }
}

export function encodeU32 (number: number): Uint8Array {
  const value = Buffer.allocUnsafe(4)
  value.writeUInt32BE(number, 0)
  return value
}
export const decodeU32 = (value: Uint8Array): number => view(value).readUInt32BE(0)

export function encodeU48 (number: number): Uint8Array {
  const value = Buffer.allocUnsafe(6)
  value.writeUIntBE(number, 0, 6)
  return value
}
export const decodeU48 = (value: Uint8Array): number => view(value).readUIntBE(0, 6)

/** Where the numbers of another sequencer end in a log that this relay has taken over. */
export interface Begun { readonly epoch: number, readonly head: number }
export const encodeBegun = ({ epoch, head }: Begun): Uint8Array => concat(encodeU32(epoch), encodeU48(head))
export const decodeBegun = (value: Uint8Array): Begun => ({ epoch: decodeU32(value.subarray(0, 4)), head: decodeU48(value.subarray(4)) })

/** An envelope as it was shipped: an entry, or with epoch 0 an item of an outbox. */
export interface ShadowEnvelope { readonly epoch: number, readonly storedAtMs: number, readonly expiresAtMs: number, readonly envelope: Uint8Array }

const envelopeHeaderBytes = 4 + 8 + 8

export function encodeEnvelope ({ epoch, storedAtMs, expiresAtMs, envelope }: ShadowEnvelope): Uint8Array {
  const header = Buffer.allocUnsafe(envelopeHeaderBytes)
  header.writeUInt32BE(epoch, 0)
  header.writeDoubleBE(storedAtMs, 4)
  header.writeDoubleBE(expiresAtMs, 12)
  return concat(header, envelope)
}

export function decodeEnvelope (value: Uint8Array): ShadowEnvelope {
  const row = view(value)
  return { epoch: row.readUInt32BE(0), storedAtMs: row.readDoubleBE(4), expiresAtMs: row.readDoubleBE(12), envelope: value.subarray(envelopeHeaderBytes) }
}

export const messageRowBytes = 4 + 6 + 6 + senderTagBytes + messageIdBytes

export function encodeMessages (messages: readonly SequencedMessage[]): Uint8Array {
  const value = Buffer.allocUnsafe(messages.length * messageRowBytes)
  for (const [i, { epoch, seq, storedAtMs, sender, messageId }] of messages.entries()) {
    const row = value.subarray(i * messageRowBytes)
    row.writeUInt32BE(epoch, 0)
    row.writeUIntBE(seq, 4, 6)
    row.writeUIntBE(storedAtMs, 10, 6)
    row.set(senderTagToBytes(sender), 16)
    row.set(messageIdToBytes(messageId), 16 + senderTagBytes)
  }
  return value
}

export function * decodeMessages (value: Uint8Array): Generator<SequencedMessage> {
  for (let at = 0; at + messageRowBytes <= value.byteLength; at += messageRowBytes) {
    const row = view(value.subarray(at, at + messageRowBytes))
    yield {
      epoch: row.readUInt32BE(0),
      seq: row.readUIntBE(4, 6),
      storedAtMs: row.readUIntBE(10, 6),
      sender: senderTagFromBytes(row.subarray(16, 16 + senderTagBytes)),
      messageId: messageIdFromBytes(row.subarray(16 + senderTagBytes))
    }
  }
}

/** The device of a cursor's key. */
export const deviceOfKey = (key: string): DeviceId => lastOfKey(key) as DeviceId
