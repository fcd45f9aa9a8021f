/**
 * Which local accounts are there: the sessions of their devices, merged.
 *
 * Owns: online, away, gone, in memory only; a device is there while it has a session, and a session ends after two
 * heartbeats of silence (client-service.ts). Does not know: who wants to know, who may.
 */
import type { Channel } from '../../protocol/channel.ts'
import type { Clock, Timer } from '../../protocol/clock.ts'
import type { AccountId } from '../../protocol/ids.ts'
import type { Seen } from '../../protocol/presence.ts'

/** A device that comes back within this time was never gone: another network, a restart of the client. */
export const leaveGraceMs = 3_000
/** A device that says so soon that nobody is there has only connected again: that is no sign of its person. */
const sayIdleMs = 2_000

/** One session. */
interface Sitting {
  /** Nobody is at the device. */
  isIdle: boolean
  readonly sinceMs: number
}

interface Entry {
  readonly sessions: Map<Channel, Sitting>
  state: 'online' | 'away'
  /** When somebody was last at a device of theirs; while online: before this time, 0 when that is not known here. */
  lastSeenMs: number
  /** The last session ended then; undefined while there is one. */
  leftAtMs: number | undefined
}

export interface BoardComponents {
  clock: Clock
  lastSeen: { note (account: AccountId, atMs: number): void }
  onChange (account: AccountId, seen: Seen): void
}

export class Board {
  readonly #c: BoardComponents
  readonly #entries = new Map<AccountId, Entry>()
  /** Whose last session has ended, in that order. */
  #leaving: Array<{ account: AccountId, leftAtMs: number }> = []
  #timer: Timer | undefined

  constructor (components: BoardComponents) { this.#c = components }

  /** Accounts that are there. */
  get size (): number { return this.#entries.size }

  /** undefined: not there; lastSeen knows since when. */
  of (account: AccountId): Seen | undefined {
    const entry = this.#entries.get(account)
    return entry === undefined ? undefined : seenOf(entry)
  }

  attach (account: AccountId, channel: Channel): void {
    const entry = this.#entries.get(account)
    if (entry === undefined) {
      const fresh: Entry = { sessions: new Map([[channel, this.#sitting()]]), state: 'online', lastSeenMs: 0, leftAtMs: undefined }
      this.#entries.set(account, fresh)
      this.#c.onChange(account, seenOf(fresh))
      return
    }
    entry.sessions.set(channel, this.#sitting())
    entry.leftAtMs = undefined
    this.#update(account, entry)
  }

  setIdle (account: AccountId, channel: Channel, isIdle: boolean): void {
    const entry = this.#entries.get(account)
    const session = entry?.sessions.get(channel)
    if (entry === undefined || session === undefined || session.isIdle === isIdle) return
    session.isIdle = isIdle
    this.#update(account, entry, { isSign: !isIdle || session.sinceMs + sayIdleMs <= this.#c.clock.nowMs() })
  }

  detach (account: AccountId, channel: Channel): void {
    const entry = this.#entries.get(account)
    if (entry === undefined || !entry.sessions.delete(channel)) return
    if (entry.sessions.size > 0) { this.#update(account, entry); return }
    const leftAtMs = this.#c.clock.nowMs()
    entry.leftAtMs = leftAtMs
    if (entry.state === 'online') entry.lastSeenMs = leftAtMs
    this.#leaving.push({ account, leftAtMs })
    this.#timer ??= this.#c.clock.after(leaveGraceMs, () => { this.#onTimer() })
  }

  /** The account lives elsewhere from now on. */
  forget (account: AccountId): void { this.#entries.delete(account) }

  /** Everybody goes; nobody is told, what is to be remembered is noted. */
  stop (): void {
    this.#timer?.cancel()
    const nowMs = this.#c.clock.nowMs()
    for (const [account, { state, leftAtMs, lastSeenMs }] of this.#entries) this.#remember(account, state === 'online' && leftAtMs === undefined ? nowMs : lastSeenMs)
    this.#entries.clear()
  }

  #remember (account: AccountId, atMs: number): void { if (atMs > 0) this.#c.lastSeen.note(account, atMs) }

  #sitting (): Sitting { return { isIdle: false, sinceMs: this.#c.clock.nowMs() } }

  #update (account: AccountId, entry: Entry, { isSign = true } = {}): void {
    let state: Entry['state'] = 'away'
    for (const { isIdle } of entry.sessions.values()) if (!isIdle) state = 'online'
    if (state === entry.state) return
    entry.state = state
    if (state === 'away' && isSign) {
      entry.lastSeenMs = this.#c.clock.nowMs()
      this.#c.lastSeen.note(account, entry.lastSeenMs)
    }
    this.#c.onChange(account, seenOf(entry))
  }

  #onTimer (): void {
    const nowMs = this.#c.clock.nowMs()
    let gone = 0
    for (const { account, leftAtMs } of this.#leaving) {
      if (leftAtMs + leaveGraceMs > nowMs) break
      gone++
      const entry = this.#entries.get(account)
      if (entry?.leftAtMs !== leftAtMs) continue
      this.#entries.delete(account)
      this.#remember(account, entry.lastSeenMs)
      this.#c.onChange(account, { state: 'offline', lastSeenMs: entry.lastSeenMs })
    }
    this.#leaving = this.#leaving.slice(gone)
    const next = this.#leaving[0]
    this.#timer = next === undefined ? undefined : this.#c.clock.after(next.leftAtMs + leaveGraceMs - nowMs, () => { this.#onTimer() })
  }
}

const seenOf = ({ state, lastSeenMs }: Entry): Seen => ({ state, lastSeenMs })
