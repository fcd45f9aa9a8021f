/**
 * What this relay knows of its own people's presence: the board of who is there, and when the others last were.
 *
 * Owns: reading it for a target, and the time after a start in which somebody who is not there yet is not called gone.
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { unseen, type Seen } from '../../protocol/presence.ts'
import type { Placement } from '../log/placement.ts'
import type { Board } from './board.ts'
import type { LastSeen } from './last-seen.ts'
import type { Target, Targets } from './targets.ts'

/** After a restart everybody comes back: nobody is told that they are gone before they had the time. */
export const warmUpMs = 10_000

export interface LocalPeopleComponents {
  board: Board
  lastSeen: LastSeen
  targets: Targets
  placement: Pick<Placement, 'isHome'>
  clock: Clock
}

export class LocalPeople {
  readonly #c: LocalPeopleComponents
  /** Not there and asked for since the start. */
  readonly #held = new Set<Target>()
  #warmingUp: Timer | undefined

  constructor (components: LocalPeopleComponents) { this.#c = components }

  start (): void {
    this.#warmingUp = this.#c.clock.after(warmUpMs, () => {
      this.#warmingUp = undefined
      for (const target of this.#held) this.read(target).catch(() => { /* the store is in trouble and says so; nothing is shown */ })
      this.#held.clear()
    })
  }

  stop (): void {
    this.#warmingUp?.cancel()
    this.#held.clear()
  }

  /** Bring the target up to what is known here. */
  async read (target: Target): Promise<void> {
    const { board, lastSeen, targets } = this.#c
    const { account } = target
    if (board.of(account) === undefined && this.#warmingUp !== undefined) { this.#held.add(target); return }
    const lastSeenMs = await lastSeen.of(account)
    target.isRead = true
    // Somebody may have come while the disk was read.
    const now = board.of(account)
    if (now !== undefined) targets.changed(account, { ...now, lastSeenMs: Math.max(now.lastSeenMs, lastSeenMs) })
    else targets.changed(account, lastSeenMs === 0 ? unseen : { state: 'offline', lastSeenMs })
  }

  /** The board has news. */
  changed (account: AccountId, seen: Seen): void {
    const before = this.#c.targets.peek(account)
    if (before !== undefined) this.#c.targets.changed(account, { ...seen, lastSeenMs: Math.max(seen.lastSeenMs, before.seen.lastSeenMs) })
  }
}
