/**
 * One conversation log in memory: how far it has come, what is on its way to the disk, and who follows it.
 *
 * Owns: numbers (assigned at once, durable later), each sender's highest message id, cursors, the tail of recent entries.
 * Does not know: the store, who is home to whom, connections. Everything here can be dropped and loaded again.
 */
import type { Conversation } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId, RelayId } from '../../protocol/ids.ts'
import type { Group } from '../groups/group.ts'
import { noEpochStarts, startsThrough, startsWith, type EpochStarts } from '../store/epoch-starts.ts'
import type { LogEntry, LogHead } from '../store/store.ts'
import { Tail } from './tail.ts'

/** Somebody who is given the entries of a log in order: a connected device, or a replica at another relay. */
export interface Follower {
  /** Highest sequence number handed out. */
  readonly sent: number
  /** Of a replica: where it is. */
  readonly relay?: RelayId
  /** Nothing under way that a reload of the log would forget. */
  readonly isIdle: boolean
  /** There is more than `sent`. */
  wake (): void
  /** The log is being dropped from memory; a follower does not survive that. */
  onDropped (): void
}

/** Bytes of entries that all tails together may hold; beyond it followers read from the store. */
export interface TailBudget { usedBytes: number, readonly maxBytes: number }

export class Log {
  readonly conversation: Conversation
  /** Of a group: who is in it as of `head`. */
  readonly group: Group | undefined
  /** Version of the anchor's home record under which the newest entry was sequenced. */
  epoch: number
  /** Which epoch begins where, as far as it is known; also of entries that are not kept any more. */
  starts: EpochStarts
  /** Oldest entry kept, as far as this memory knows; the store may have swept further. */
  first: number
  /** Highest number assigned. */
  head: number
  /** Highest number on disk. Nothing above it is shown to anybody. */
  durableHead: number
  readonly cursors: Map<DeviceId, number>
  readonly replicas: Map<RelayId, number>
  readonly followers: Follower[] = []
  readonly tail: Tail<LogEntry>
  /** The local members were written down as taking part, in this life of the object. */
  isJoined = false
  /** The newest commit that appends to this log. */
  committing: Promise<void> | undefined
  isDropped = false
  /** Epoch under which this relay has made sure that it knows how far the log goes (intake.ts). */
  sequencedEpoch = 0
  /** Appends below a sender's mark: what a look-up of a message id that ran meanwhile may have missed. */
  lateAppends = 0
  /** How often ids came that were numbered elsewhere. */
  remembrances = 0
  /** For the cache: used since it was last looked at. */
  isRecent = true
  /** The device that kept the log from being trimmed when it was last looked at. */
  heldBy: { readonly account: AccountId, readonly device: DeviceId } | undefined
  /** For the cache: what it counts for. */
  weight = 1
  /** undefined in the map: this sender has written nothing yet. Absent: not looked up yet. */
  readonly #marks = new Map<DeviceId, MessageId | undefined>()
  /** Ids seen of senders whose mark was not looked up yet. */
  readonly #floors = new Map<DeviceId, MessageId>()
  readonly #budget: TailBudget
  /** Where it ends was set by a skip or a cut of which the disk does not know yet. */
  #isMoved = false
  /** Who waits for the disk to know all that memory does. */
  #waiting: Array<() => void> = []

  constructor (conversation: Conversation, state: LogHead | undefined, budget: TailBudget, group?: Group) {
    this.conversation = conversation
    this.group = group
    this.epoch = state?.epoch ?? 0
    this.head = this.durableHead = state?.head ?? 0
    this.first = state?.first ?? 1
    this.starts = state?.starts ?? noEpochStarts
    this.cursors = new Map(state?.cursors)
    this.replicas = new Map(state?.replicas)
    this.tail = new Tail(this.head + 1)
    this.#budget = budget
  }

  /** As far as it was looked up: this device has written here. */
  hasWritten (sender: DeviceId): boolean { return this.#marks.get(sender) !== undefined || this.#floors.has(sender) }

  hasMark (sender: DeviceId): boolean { return this.#marks.has(sender) }
  /** What the store says is this sender's highest id; a higher one that came meanwhile stays. */
  setMark (sender: DeviceId, highest: MessageId | undefined): void {
    if (this.#marks.has(sender)) return
    const floor = this.#floors.get(sender)
    this.#floors.delete(sender)
    this.#marks.set(sender, floor !== undefined && (highest === undefined || floor > highest) ? floor : highest)
  }

  /** Surely never seen: ids of one device rise. `hasMark` must be true. */
  isNew (sender: DeviceId, messageId: MessageId): boolean {
    const mark = this.#marks.get(sender)
    return mark === undefined || messageId > mark
  }

  /** Remember an id as seen, whether it goes into the log or into the outbox. */
  noteMessage (sender: DeviceId, messageId: MessageId): void {
    const marks = this.#marks.has(sender) ? this.#marks : this.#floors
    const mark = marks.get(sender)
    if (mark === undefined || messageId > mark) marks.set(sender, messageId)
    else this.lateAppends++
  }

  /** More ids of it are in the store than were there when that was asked: marks are looked up again, and what was not found meanwhile counts no more. */
  remembered (): void {
    for (const [sender, mark] of this.#marks) if (mark !== undefined) this.#floors.set(sender, mark)
    this.#marks.clear()
    this.remembrances++
    this.lateAppends++
  }

  /** Give `entry` its place: its seq is head + 1. Not durable yet. */
  append (entry: LogEntry): void {
    // Nobody would ever hear of it. Whoever keeps a log over an await looks at isDropped.
    if (this.isDropped) throw new ProtocolError('INTERNAL', { what: 'append to a log that was dropped from memory' })
    this.head = entry.seq
    if (entry.epoch > this.epoch) this.epoch = entry.epoch
    this.starts = startsWith(this.starts, entry)
    this.tail.push(entry)
    this.#budget.usedBytes += entry.envelope.byteLength
    this.noteMessage(entry.sender, entry.messageId)
  }

  /** Go on after `throughSeq`: what is before it is not kept here. Nothing may be under way; `committed` when it is on disk. */
  skipTo (throughSeq: number, epoch: number): void {
    this.#isMoved = true
    this.releaseThrough(this.tail.last)
    this.head = this.durableHead = throughSeq
    this.first = throughSeq + 1
    this.epoch = Math.max(this.epoch, epoch)
    this.starts = noEpochStarts
    this.tail.reset(throughSeq + 1)
  }

  /** What is above `throughSeq` is void; dropped from memory next, since followers are past it. */
  cutTo (throughSeq: number): void {
    this.#isMoved = true
    this.releaseThrough(this.tail.last)
    this.head = this.durableHead = throughSeq
    this.first = Math.min(this.first, throughSeq + 1)
    this.starts = startsThrough(this.starts, throughSeq)
    for (const places of [this.cursors, this.replicas] as Array<Map<unknown, number>>) for (const [who, seq] of places) if (seq > throughSeq) places.set(who, throughSeq)
    this.tail.reset(throughSeq + 1)
  }

  /** Entries up to `seq` are on disk: everybody may have them. */
  committed (seq: number): void {
    if (seq >= this.head) this.#isMoved = false
    if (seq > this.durableHead) {
      this.durableHead = seq
      for (const follower of this.followers) follower.wake()
      if (this.followers.length === 0 || this.#budget.usedBytes > this.#budget.maxBytes) this.releaseThrough(seq)
    }
    if (this.isDurable) this.#settle()
  }

  /** The disk has all that memory knows of where it ends: loaded again it would be the same. */
  get isDurable (): boolean { return this.head === this.durableHead && !this.#isMoved }

  /** Resolves when it is durable, or dropped. */
  settled (): Promise<void> {
    return this.isDurable || this.isDropped ? Promise.resolve() : new Promise((resolve) => { this.#waiting.push(resolve) })
  }

  #settle (): void { for (const resolve of this.#waiting.splice(0)) resolve() }

  /** Drop from memory what every follower has. A look at each of them: once a turn, not for each entry (fanout/scheduler.ts). */
  release (): void {
    let through = this.durableHead
    for (const follower of this.followers) if (follower.sent < through) through = follower.sent
    this.releaseThrough(through)
  }

  /** An entry with this id that is on its way to the disk. */
  findUncommitted (sender: DeviceId, messageId: MessageId): LogEntry | undefined {
    return this.tail.findLast(this.durableHead, (entry) => entry.messageId === messageId && entry.sender === sender)
  }

  addFollower (follower: Follower): void { this.followers.push(follower) }

  removeFollower (follower: Follower): void {
    const index = this.followers.indexOf(follower)
    if (index < 0) return
    this.followers.splice(index, 1)
    this.release()
  }

  /** Dropping it from memory forgets nothing. */
  get isIdle (): boolean {
    return this.isDurable && this.followers.every((follower) => follower.isIdle && follower.sent === this.durableHead)
  }

  drop (): void {
    if (this.isDropped) return
    this.isDropped = true
    this.#settle()
    this.releaseThrough(this.tail.last)
    for (const follower of this.followers.splice(0)) follower.onDropped()
  }

  releaseThrough (seq: number): void {
    for (let number = this.tail.first; number <= seq && number <= this.tail.last; number++) {
      this.#budget.usedBytes -= this.tail.get(number)!.envelope.byteLength
    }
    this.tail.dropThrough(seq)
  }
}
