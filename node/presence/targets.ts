/**
 * Everybody whom somebody watches, through this relay or from another: the latest that is known, and whom a change concerns.
 *
 * Owns: one Target for each watched account, as long as somebody watches it. Does not know: where the news comes from,
 * how it reaches the watchers.
 */
import type { AccountId } from '../../protocol/ids.ts'
import { sameSeen, unseen, type Seen } from '../../protocol/presence.ts'

/** Somebody who is to hear of changes: a device here, or another relay. */
export interface Listener { changed (target: Target): void }

export class Target {
  readonly account: AccountId
  seen: Seen = unseen
  /** Of a local account: what the disk knows is in `seen`. */
  isRead = false
  readonly listeners = new Set<Listener>()

  constructor (account: AccountId) { this.account = account }
}

export class Targets {
  readonly #targets = new Map<AccountId, Target>()

  get size (): number { return this.#targets.size }

  peek (account: AccountId): Target | undefined { return this.#targets.get(account) }
  [Symbol.iterator] (): Iterator<Target> { return this.#targets.values() }

  listen (account: AccountId, listener: Listener): Target {
    let target = this.#targets.get(account)
    if (target === undefined) {
      target = new Target(account)
      this.#targets.set(account, target)
    }
    target.listeners.add(listener)
    return target
  }

  unlisten (target: Target, listener: Listener): void {
    target.listeners.delete(listener)
    if (target.listeners.size === 0 && this.#targets.get(target.account) === target) this.#targets.delete(target.account)
  }

  changed (account: AccountId, seen: Seen): void {
    const target = this.#targets.get(account)
    if (target === undefined || sameSeen(target.seen, seen)) return
    target.seen = seen
    for (const listener of target.listeners) listener.changed(target)
  }
}
