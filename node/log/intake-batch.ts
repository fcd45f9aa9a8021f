/**
 * Envelopes that came together, on their way through the intake: what is known of each so far, and what became of it.
 */
import type { ConversationId } from '../../protocol/conversation.ts'
import type { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, RelayId } from '../../protocol/ids.ts'
import type { Outcome } from '../../protocol/wire/gen/log.js'
import type { Verified } from '../groups/group-sequencer.ts'
import type { LogEntry, OutboxItem, Seen, Write } from '../store/store.ts'
import type { Log } from './log.ts'
import type { OutboxQueue } from './outbox.ts'
import type { Candidate, Memo } from './submission.ts'

/** Who hands envelopes in. One object per connection: batches of one origin take their places in order. */
export interface Origin {
  /** Set while a batch of this origin waits for something to be loaded; the next ones queue behind it. */
  assigning?: Promise<void> | undefined
  /** Bytes of batches not answered yet. */
  pendingBytes: number
  /** A device: the only sender it may name. */
  readonly sender?: { readonly account: AccountId, readonly device: DeviceId }
  /** Envelopes handed in so far: who is busy (watch/activity.ts). */
  envelopes?: number
  readonly memo?: Memo
  /** A sender that lives elsewhere and has shown a permit: only into logs that this relay sequences. */
  readonly isGuest?: true
  /** Another relay: may name every account that it is home to. */
  readonly relay?: RelayId
  /** The answer to this origin will carry `seq`. */
  onSequenced? (log: Log, seq: number): void
}

interface Lookup { readonly log: Log, readonly lateAppends: number, readonly seen: Seen | undefined }

/** One batch on its way. */
export class Batch {
  readonly origin: Origin
  readonly candidates: Array<Candidate | undefined>
  readonly outcomes: Outcome[]
  /** Index of the first envelope that has no place yet. */
  next = 0
  /** Answers for ids that were not surely new, by index. */
  readonly lookups = new Map<number, Lookup>()
  /** Changes of groups whose signatures were checked, or what was wrong with them, by index. */
  readonly verified = new Map<number, Verified | ProtocolError>()
  /** A conversation of which one envelope failed: what follows it fails as well, so that order is kept. */
  readonly blocked = new Map<ConversationId, Outcome>()
  readonly commits: Array<Promise<void>> = []

  constructor (origin: Origin, size: number) {
    this.origin = origin
    this.candidates = new Array<Candidate | undefined>(size)
    this.outcomes = new Array<Outcome>(size)
  }
}

/** What one commit carries of a batch. */
export interface Placed {
  readonly writes: Write[]
  readonly indexes: number[]
  readonly appended: Array<{ log: Log, entry: LogEntry, beginsEpoch: boolean }>
  readonly queued: Array<{ queue: OutboxQueue, item: OutboxItem }>
}
