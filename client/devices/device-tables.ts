/**
 * What the parts of client/devices keep in the store. Same rules as store/tables.ts, whose key table lists the prefixes.
 *
 * prefix | key      | value                                           | kept until
 * sy/    | fact key | JSON: value, when and by which device it was said | replaced; an empty value stays, so that an older one cannot come back
 * sq/    | fact key | empty: the other devices have not been told yet | it is in the outbox
 * rd/    | chat     | JSON: how far it was read on another device     | with the account
 * mw/    | chat/id  | JSON: a message that was not sealed for this device; without id: a fact or receipt | another device has given it, or was asked (without id); 30 days
 * ma/    | chat/id  | JSON: what the other person did with a message  | 30 days; the newest 2,000
 * me/    | linking  | JSON: a device that is being linked             | it is linked and at work, or removed again
 * me/    | leaving/device | JSON: a device that wants to be logged out | it is out of the list
 */
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import { Table } from '../store/ledger.ts'
import { json, rawBytes } from '../store/stored.ts'

export interface FactRow {
  /** JSON text; empty: gone */
  readonly value: string
  readonly madeAtMs: number
  readonly device: DeviceId
}

/** On the primary: in the signed list already, and not known to have what it needs. On the new device: facts were handed over, and nothing has followed from them yet. */
export interface LinkingRow { readonly device: DeviceId, readonly atMs: number }

export interface ReadMarkRow {
  readonly epoch: number
  readonly seq: number
  /** Heard of, and the messages are not marked yet. */
  readonly isPending: boolean
}

export interface WantedRow {
  readonly sender: AccountId
  readonly epoch: number
  readonly seq: number
  readonly atMs: number
}

/** A reaction, deletion …: encoded as hex. Of an edit only of what. */
export interface ActRow {
  readonly sentAtMs: number
  readonly receivedAtMs: number
  readonly body?: string
  readonly edits?: MessageId
}

export class DeviceTables {
  readonly facts = new Table<FactRow>('sy/', json('sy/'), { maxCached: 10_000 })
  readonly untold = new Table<Uint8Array>('sq/', rawBytes, { maxCached: 0 })
  readonly readMarks = new Table<ReadMarkRow>('rd/', json('rd/'))
  readonly wanted = new Table<WantedRow>('mw/', json('mw/'))
  readonly acts = new Table<ActRow>('ma/', json('ma/'), { maxCached: 100 })
  readonly linking = new Table<LinkingRow>('me/', json('me/linking'))
}
