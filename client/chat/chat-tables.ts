/**
 * What the parts of client/chat keep in the store. Same rules as store/tables.ts, whose key table lists the prefixes.
 *
 * prefix | key                            | value                                          | kept until
 * cf/    | chat                           | JSON: muted, archived, blocked, timer, pins …  | with the account
 * ea/    | chat/message id                | JSON: what was said of a message that is not here | it comes; 30 days
 * ex/    | time/chat/i or o, message id   | empty: a message that disappears then          | with ms/
 * pf/    | account                        | JSON: name, about, picture, version            | with the account
 *
 * What is muted, archived, blocked, drafted or starred is a fact that all own devices share (devices/sync.ts); cf/ holds
 * what follows from those facts, in memory, for every message that comes.
 */
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import type { ChatDraft } from '../model.ts'
import { Table } from '../store/ledger.ts'
import { json, rawBytes } from '../store/stored.ts'

/** Who said it last, by time and then by account: everybody ends with the same, in whatever order they hear it. */
export interface Said { readonly by: AccountId, readonly atMs: number }

export interface TimerRow extends Said { readonly seconds: number }
export interface PinRow extends Said { readonly id: MessageId, readonly isPinned: boolean }

export interface ChatRow {
  /** Number.MAX_SAFE_INTEGER: for ever */
  readonly mutedUntilMs?: number
  readonly isArchived?: boolean
  readonly isBlocked?: boolean
  /** Absent: nobody has asked. accepted: this account has written, or said yes. */
  readonly request?: 'pending' | 'accepted' | 'declined'
  readonly timer?: TimerRow
  /** Newest word on each message, taken back ones included. */
  readonly pins?: readonly PinRow[]
  readonly draft?: ChatDraft
  /** Version of the own profile that was sent here. */
  readonly toldVersion?: number
}

/** An act on a message that is not here: `body` encoded as hex. Of an own device also gone (deleted for this account) and star. */
export interface EarlyAct { readonly sender: AccountId, readonly isOwn: boolean, readonly sentAtMs: number, readonly isAdmin: boolean, readonly kind: string, readonly body: string }
export interface EarlyRow { readonly atMs: number, readonly acts: readonly EarlyAct[] }

export interface ProfileRow { readonly name: string, readonly about: string, readonly picture: string, readonly version: number }

export class ChatTables {
  /** Preloaded. */
  readonly chats = new Table<ChatRow>('cf/', json('cf/'), { maxCached: Infinity })
  /** Preloaded; bounded where it is written. */
  readonly early = new Table<EarlyRow>('ea/', json('ea/'), { maxCached: Infinity })
  readonly expiry = new Table<Uint8Array>('ex/', rawBytes, { maxCached: 0 })
  readonly profiles = new Table<ProfileRow>('pf/', json('pf/'), { maxCached: 200 })
}
