/**
 * What the parts of client/groups keep in the store. Same rules as store/tables.ts.
 *
 * prefix | key                  | value                                                    | kept until
 * gs/    | group                | GroupSnapshot: the state after the last control entry    | with the account
 * gi/    | group                | JSON: what this device knows beside the log              | with the account
 * gp/    | group                | JSON: own change of it that is under way                 | it has taken effect, or was refused
 * gh/    | group/position       | membership hash after the control entry there, 32 bytes  | with the account
 * gm/    | group/account        | JSON: from where to where somebody was in it, the last time that they left | with the account
 * gn/    | group                | GroupSnapshot from the adder or the relay, not in use yet | the first entry was taken
 * gk/    | group                | JSON: own sender key, who is still to be given keys      | with the account
 * gr/    | group/device         | sender keys of that device                               | with the account
 * gw/    | group/position       | JSON: a message that could not be opened yet             | opened, or given up
 * gc/    | group/message id     | position and padded Content of an own message, for those who could not open it | the newest 1,000
 * gd/    | group/account        | JSON: how far this device has what that member sent, and the key to tell them | with the account
 * gb/    | group/account/device | JSON: how far that device has what this account sent     | with the account
 * gu/    | group/position       | id of an own message that not everybody has read         | read by all; the newest 2,000
 * gx/    | group/message id     | JSON: an earlier message that an admin shares, and who   | it stands in the history
 * ga/    | group                | Signed GroupAnchor: who anchors it, when that is not the founder | a newer one
 * gz/    | group                | GroupSnapshot: the membership when the first anchor of that epoch was taken | the next epoch
 * rs/    | secret               | 32 bytes, which receipt keys are made from               | with the account
 */
import { concat } from '../../protocol/bytes.ts'
import { verifyGroupAnchor, type SignedGroupAnchor } from '../../protocol/groups/anchor.ts'
import type { GroupState } from '../../protocol/groups/membership.ts'
import { snapshotOf, stateFromSnapshot } from '../../protocol/groups/snapshot.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import { Table } from '../store/ledger.ts'
import { json, rawBytes, readStored } from '../store/stored.ts'

/** Bytes as hex. */
type Hex = string

/** Own control entry of a group that is under way: what was written after it waits until it has taken effect. */
export interface PendingActRow {
  readonly id?: MessageId
  /** Head on which one was refused: it is decided anew on another. */
  readonly refusedHead?: Hex
}

export interface GroupInfoRow {
  /** Epoch in which another membership was reported: once is enough. */
  readonly forkedInEpoch: number
  /** By their hex id, the newest last; at most 8. */
  readonly profileKeys: Readonly<Record<Hex, Hex>>
  /** Opened with the newest profile that could be. */
  readonly name: string
  readonly description: string
  readonly icon: Hex
  /** Somebody has left since the newest profile key was made: the next profile gets a new one. */
  readonly isProfileKeyStale: boolean
}

export interface OwnKeyRow {
  /** Stored bytes of the group cipher; absent: none yet, or it must not be used any more. */
  readonly own?: Hex
  /** Members who have not been given what they need to read and to acknowledge. */
  readonly toGive: readonly AccountId[]
}

export interface WaitingRow {
  readonly id: MessageId
  readonly sender: AccountId
  readonly device: DeviceId
  readonly kind: number
  readonly atMs: number
  readonly tries: number
  readonly nextTryAtMs: number
  /** The session with the sender may have come apart: a fresh one first. */
  readonly isBroken: boolean
  /** Of a device that is in nobody's list that is known here. */
  readonly isStrange: boolean
  /** Devices of the sender that do not have it. */
  readonly without?: readonly DeviceId[]
}

/** `seq`: its place in the log; 0: not known yet. */
export interface SentContent { readonly seq: number, readonly content: Uint8Array }

export interface SharedRow { readonly giver: AccountId, readonly content: Hex }

/** Places in the log: of the entry that brought them in, and of the one that took them out. */
export interface FormerSpan { readonly sinceSeq: number, readonly untilSeq: number }
/** The last time, and the times before. */
export interface FormerRow extends FormerSpan { readonly earlier?: readonly FormerSpan[] }

/** Of more than so many times the oldest are forgotten. */
const formerSpans = 16

export const spansOf = (row: FormerRow | undefined): FormerSpan[] => row === undefined ? [] : [row, ...row.earlier ?? []].map(({ sinceSeq, untilSeq }) => ({ sinceSeq, untilSeq }))

/** One more time that somebody was in. */
export function withSpan (row: FormerRow | undefined, span: FormerSpan): FormerRow {
  const earlier = spansOf(row).filter(({ sinceSeq }) => sinceSeq !== span.sinceSeq).slice(0, formerSpans - 1)
  return earlier.length === 0 ? span : { ...span, earlier }
}

export interface MarksRow {
  /** Given by that member; absent: nothing can be told yet. */
  readonly key?: Hex
  readonly epoch: number
  /** Highest place of a message of theirs. */
  readonly seq: number
  readonly readSeq: number
  readonly counter: number
  readonly atMs: number
}

export interface BoardRow { readonly counter: number, readonly epoch: number, readonly deliveredSeq: number, readonly readSeq: number }

const seqBytes = 8

/** Checked before it was stored. */
const unchecked: Signing = { ed25519Verify: () => true, ed25519Sign: () => new Uint8Array(0), ed25519PublicKey: () => new Uint8Array(0) }

export class GroupTables {
  /** Preloaded, as are the next three: who is in which group is asked at once. Values are never modified. */
  readonly states = new Table<GroupState>('gs/', { encode: snapshotOf, decode: (bytes) => readStored('gs/', () => stateFromSnapshot(bytes)) }, { maxCached: Infinity })
  readonly infos = new Table<GroupInfoRow>('gi/', json('gi/'), { maxCached: Infinity })
  readonly pendingActs = new Table<PendingActRow>('gp/', json('gp/'), { maxCached: 1_000 })
  readonly ownKeys = new Table<OwnKeyRow>('gk/', json('gk/'), { maxCached: Infinity })
  readonly waiting = new Table<WaitingRow>('gw/', json('gw/'), { maxCached: Infinity })
  readonly hashes = new Table<Uint8Array>('gh/', rawBytes)
  readonly offered = new Table<GroupState>('gn/', { encode: snapshotOf, decode: (bytes) => readStored('gn/', () => stateFromSnapshot(bytes)) }, { maxCached: 100 })
  readonly received = new Table<Uint8Array>('gr/', rawBytes, { maxCached: 4_000 })
  readonly contents = new Table<SentContent>('gc/', {
    encode: ({ seq, content }) => {
      const place = new Uint8Array(seqBytes)
      new DataView(place.buffer).setFloat64(0, seq)
      return concat(place, content)
    },
    decode: (bytes) => readStored('gc/', () => ({ seq: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(0), content: bytes.subarray(seqBytes) }))
  }, { maxCached: 200 })
  readonly former = new Table<FormerRow>('gm/', json('gm/'))
  readonly shared = new Table<SharedRow>('gx/', json('gx/'), { maxCached: 0 })
  readonly marks = new Table<MarksRow>('gd/', json('gd/'), { maxCached: 4_000 })
  readonly board = new Table<BoardRow>('gb/', json('gb/'), { maxCached: 20_000 })
  readonly unread = new Table<MessageId>('gu/', json('gu/'), { maxCached: 4_000 })
  readonly anchors = new Table<SignedGroupAnchor>('ga/', { encode: ({ bytes }) => bytes, decode: (bytes) => readStored('ga/', () => verifyGroupAnchor(unchecked, bytes)) }, { maxCached: Infinity })
  readonly anchorBases = new Table<GroupState>('gz/', { encode: snapshotOf, decode: (bytes) => readStored('gz/', () => stateFromSnapshot(bytes)) }, { maxCached: 100 })
  readonly secret = new Table<Uint8Array>('rs/', rawBytes)
}
