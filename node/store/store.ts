/**
 * The relay's durable store as a port, shaped like the conversation log: append, read from, trim, cursor, batch.
 *
 * LevelDB (`store-level.ts`) and memory (`store-memory.ts`) are engines; both pass `store-suite.ts`, with a crash
 * between any two steps. One statement of an SQL engine could do the same. An engine knows nothing of people, homes
 * or networks; it never parses an envelope. It copies the bytes that it keeps. Key table: store-keys.ts.
 */
import type { ConversationId } from '../../protocol/conversation.ts'
import type { AccountId, DeviceId, MessageId, RelayId } from '../../protocol/ids.ts'
import type { SenderTag } from './sender-tag.ts'
import type { EpochStarts } from './epoch-starts.ts'

/** One sequenced envelope. Stored with a checksum of its own; a damaged one is never returned. */
export interface LogEntry {
  readonly epoch: number
  /** From 1, no gaps. */
  readonly seq: number
  readonly sender: DeviceId
  readonly messageId: MessageId
  readonly storedAtMs: number
  /** Absolute; always set (the relay's retention when the envelope asks for none). */
  readonly expiresAtMs: number
  /** Sealed bytes, as received. */
  readonly envelope: Uint8Array
}

/** What is remembered of an entry, also when it is not kept any more. */
export interface SequencedMessage extends Pick<LogEntry, 'epoch' | 'seq' | 'messageId' | 'storedAtMs'> { readonly sender: SenderTag }
/** A message of a log. */
export type MessageKey = Pick<SequencedMessage, 'sender' | 'messageId'>

/** An envelope that waits to be sequenced by another relay. FIFO within its log by `position`. */
export interface OutboxItem {
  readonly log: ConversationId
  /** From 1 per log, rising; given by the outbox. */
  readonly position: number
  readonly sender: DeviceId
  readonly messageId: MessageId
  readonly storedAtMs: number
  readonly expiresAtMs: number
  readonly envelope: Uint8Array
}

/** Small facts beside the logs, one table each; values are bytes that their owner encodes. */
export type Table =
  | 'account' // account id → registration (accounts.ts)
  | 'handle' // local part → account id (handles.ts)
  | 'prekey' // account/device/… → device keys and one-time prekeys (prekeys.ts)
  | 'home' // account id → newest signed home record known (homes.ts)
  | 'relay' // relay id → newest signed relay record (directory.ts)
  | 'presence' // s/account → last seen, p/account → who may know (presence/)
  | 'meta' // schema version and the like
  | 'profile' // account id → its signed public profile (profiles.ts)
  | 'receipt' // r/account/group/reader/device → newest group receipt, d/account/device → when it left (fanout/receipt-board.ts)
  | 'group' // group id/… → who is in it (groups/group-rows.ts)
  | 'standby' // what other relays ship here, and what this one ships to others (standby/shadow-rows.ts)
  | 'guest' // device/number → what a guest has left here (guests/guest-outbox.ts)

export type Write =
  /** The next entry of a log: `seq` must be head + 1, else GAP. Remembers (log, sender, messageId) → (epoch, seq). */
  | { readonly op: 'append', readonly log: ConversationId, readonly entry: LogEntry }
  /** Adds to the outbox. Remembers (log, sender, messageId) as waiting. */
  | { readonly op: 'enqueue', readonly item: OutboxItem }
  /** Forget one outbox item: it stands in the log now, or has expired. */
  | { readonly op: 'dequeue', readonly log: ConversationId, readonly position: number }
  /** A local device has everything up to `seq`. */
  | { readonly op: 'cursor', readonly log: ConversationId, readonly device: DeviceId, readonly seq: number }
  /** Another relay's replica has everything up to `seq`. */
  | { readonly op: 'replicated', readonly log: ConversationId, readonly relay: RelayId, readonly seq: number }
  /**
   * This copy goes on after `throughSeq`, whatever it held: a replica or a new sequencer that starts where its source has
   * trimmed already. Drops what was kept before (a log has no gaps). Nothing happens when head is there or beyond.
   */
  | { readonly op: 'skip', readonly log: ConversationId, readonly epoch: number, readonly throughSeq: number }
  /** Entries up to and including `throughSeq` (head at most) are not needed any more. Deduplication still remembers them. */
  | { readonly op: 'trim', readonly log: ConversationId, readonly throughSeq: number }
  /**
   * Entries above `throughSeq` are void: a newer epoch numbers from there. `ids` are theirs, also of those that are not kept any more,
   * and forgotten, so that they can come again. The newest entry is then of `epoch`.
   */
  | { readonly op: 'cut', readonly log: ConversationId, readonly throughSeq: number, readonly epoch: number, readonly ids: readonly MessageKey[] }
  /**
   * Entries that are missing before `first`, from another copy: the last of them is first - 1, and there are no gaps. Nothing happens when
   * they do not fit, or the log keeps nothing.
   */
  | { readonly op: 'restore', readonly log: ConversationId, readonly entries: readonly LogEntry[] }
  /** The log has had this message, at another relay; the entry itself is not kept here. Forgotten as others are. */
  | { readonly op: 'remember', readonly log: ConversationId, readonly message: SequencedMessage }
  /** An account takes part in this log, here or at another relay. */
  | { readonly op: 'join', readonly log: ConversationId, readonly account: AccountId }
  /** It does not any more. */
  | { readonly op: 'leave', readonly log: ConversationId, readonly account: AccountId }
  /** Another relay keeps no replica any more. */
  | { readonly op: 'retire', readonly log: ConversationId, readonly relay: RelayId }
  | { readonly op: 'put', readonly table: Table, readonly key: string, readonly value: Uint8Array }
  | { readonly op: 'delete', readonly table: Table, readonly key: string }

/** Bytes of envelopes and values that a write adds; rows around them are some 100 bytes more. */
export function addedBytes (write: Write): number {
  switch (write.op) {
    case 'append': return write.entry.envelope.byteLength
    case 'enqueue': return write.item.envelope.byteLength
    case 'put': return write.value.byteLength
    case 'restore': return write.entries.reduce((sum, { envelope }) => sum + envelope.byteLength, 0)
    default: return 0
  }
}

/** Are these what is missing before `first`, without gaps? */
export const fitsBefore = (first: number, entries: readonly LogEntry[]): boolean =>
  entries.length > 0 && entries[0]!.seq >= 1 && entries.every(({ seq }, i) => seq === first - entries.length + i)

/** What an engine knows of a log without reading its entries. */
export interface LogHead {
  readonly epoch: number
  /** Oldest entry kept; head + 1 when none is. */
  readonly first: number
  /** Highest sequence number ever appended or skipped; 0 for a log that was only joined. */
  readonly head: number
  /** Of all entries since the last skip, kept or not; empty when none was appended since, or an older release wrote them. */
  readonly starts: EpochStarts
  readonly cursors: ReadonlyMap<DeviceId, number>
  readonly replicas: ReadonlyMap<RelayId, number>
}

/** Where a message id was seen before: sequenced, or waiting in the outbox. */
export type Seen = { readonly at: 'log', readonly epoch: number, readonly seq: number } | { readonly at: 'outbox', readonly position: number }

export interface Store {
  /**
   * All or nothing, in order. Resolves when durable (fsynced) if `durable`, else when a later durable write or a
   * clean close would make it so. Writes of overlapping calls are made one after another, in order of the calls; who
   * wants one fsync for many goes through commit.ts.
   *
   * @throws ProtocolError GAP: an append was not the next of its log; nothing was written.
   *         STORAGE_FULL: nothing was written; trims, dequeues, cursors and deletes are still taken while a reserve is left.
   *         DAMAGED: the head of a log cannot be read. INTERNAL: the disk failed; whether the batch will be there after a
   *         restart is open, so read heads again (openLog) before going on
   */
  write (batch: readonly Write[], options: { durable: boolean }): Promise<void>

  /** undefined: this relay keeps no such log (nothing but outbox items was ever written to it). */
  openLog (log: ConversationId): Promise<LogHead | undefined>
  /**
   * Entries from `fromSeq` on, in order, without gaps; fewer than asked when the log ends or a bound is reached, but at
   * least one when there is one. From `first` when `fromSeq` is before it. Bounds: entries and bytes of envelopes.
   * @throws ProtocolError DAMAGED when the first of them fails its checksum (what precedes a later damaged one is returned)
   */
  readLog (log: ConversationId, fromSeq: number, bounds: { maxEntries: number, maxBytes: number }): Promise<LogEntry[]>
  /** Replace a damaged entry by a good copy of the same seq from a replica, durably. A healthy or trimmed one is left alone. */
  repair (log: ConversationId, entry: LogEntry): Promise<void>

  /** Kept at least until limits.dedupMs after storing, also when the entry is trimmed. */
  findMessage (log: ConversationId, sender: DeviceId | SenderTag, messageId: MessageId): Promise<Seen | undefined>
  /** The highest message id ever seen of this sender in this log: a higher one is surely new and needs no look-up. */
  highestMessage (log: ConversationId, sender: DeviceId): Promise<MessageId | undefined>
  /** All that were sequenced and are remembered, after this one, in order of sender and id. What is written meanwhile may be missing. */
  messages (log: ConversationId, after?: MessageKey): AsyncIterable<SequencedMessage>

  logsOf (account: AccountId): Promise<ConversationId[]>

  /** Logs with outbox items, and how many; of all logs at start, or of one. */
  outboxes (only?: ConversationId): Promise<Array<{ log: ConversationId, firstPosition: number, lastPosition: number, count: number }>>
  readOutbox (log: ConversationId, fromPosition: number, bounds: { maxEntries: number, maxBytes: number }): Promise<OutboxItem[]>

  /**
   * Replicas that had not confirmed everything when that was last written, of logs that this relay keeps. Read once at start.
   */
  behindReplicas (): Promise<Array<{ log: ConversationId, relay: RelayId, seq: number, head: number }>>

  get (table: Table, key: string): Promise<Uint8Array | undefined>
  /** In order of key. */
  scan (table: Table, prefix: string): AsyncIterable<{ key: string, value: Uint8Array }>

  /**
   * Drop what has expired: entries at the front of each log (a log keeps its numbers), outbox items, message ids older
   * than limits.dedupMs. Bounded work per call. @returns what went, per kind, and whether there is more
   */
  sweep (nowMs: number): Promise<{ entries: number, outboxItems: number, messageIds: number, isDone: boolean }>

  /** Bytes on disk, roughly; 0 for memory. */
  usedBytes (): Promise<number>

  close (): Promise<void>
}
