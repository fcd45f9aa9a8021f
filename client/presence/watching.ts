/**
 * Who is there: the people whom this device watches, and what its relay last told of them.
 *
 * Owns: asking again after every connection, forgetting what nobody confirms. What is allowed is the other person's and
 * their relay's business; silence says nothing. Spec: docs/protocol/presence.md
 */
import type { Clock, Random, Timer } from '../../protocol/clock.ts'
import { conversationFromId } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, accountIdToBytes, type AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods } from '../../protocol/methods.ts'
import { sameSeen, seenFromWire, unseen, type Seen } from '../../protocol/presence.ts'
import type { Presences } from '../../protocol/wire/gen/presence.js'
import type { ChatId } from '../chat-id.ts'
import type { Events } from '../events.ts'
import type { PersonPresence } from '../model.ts'
import type { RelayLink } from '../relay/link.ts'
import { Retries } from '../relay/retry.ts'

/** Somebody to watch; `group` when the only conversation in common is that group. */
export interface WatchedPerson { readonly account: AccountId, readonly group?: ChatId }

/** What was told on an earlier connection counts for this long on the next one. */
const staleMs = 5_000
/** And for this long without a connection. */
const lostMs = limits.deadAfterMs
/** A conversation that has just begun may show somebody: asked again, no more often than this. */
const askAgainMs = 15_000

export interface WatchingComponents {
  readonly link: RelayLink
  readonly events: Events
  readonly clock: Clock
  readonly random: Random
}

export class Watching {
  readonly #on: WatchingComponents
  readonly #retries: Retries<'watch'>
  readonly #seen = new Map<AccountId, Seen>()
  /** Told on an earlier connection, not on this one. */
  readonly #stale = new Set<AccountId>()
  #wanted = new Map<AccountId, ChatId | undefined>()
  #isAsking = false
  #isChanged = false
  #askedAtMs = -Infinity
  #expiry: Timer | undefined

  constructor (components: WatchingComponents) {
    this.#on = components
    this.#retries = new Retries(components)
  }

  /** Replaces who was watched. @throws ProtocolError TOO_MANY */
  watch (people: readonly WatchedPerson[]): void {
    const wanted = new Map(people.map(({ account, group }) => [account, group]))
    if (wanted.size > limits.presenceWatched) throw new ProtocolError('TOO_MANY', { max: limits.presenceWatched, what: 'watched' })
    this.#wanted = wanted
    for (const account of [...this.#seen.keys()]) if (!wanted.has(account)) this.#forget(account)
    this.#ask()
  }

  of (account: AccountId): Seen { return this.#seen.get(account) ?? unseen }

  onPresences ({ presences }: Presences): void {
    for (const wire of presences) {
      const account = accountIdFromBytes(wire.account)
      // [IGNORE] not asked for (any more)
      if (!this.#wanted.has(account)) continue
      this.#stale.delete(account)
      this.#set(account, seenFromWire(wire))
    }
  }

  /** A message came from, or went to, somebody: now there is a conversation that may show them. */
  onMessage (chat: ChatId): void {
    const account = chat as AccountId
    if (!this.#wanted.has(account) || this.of(account).state !== 'unknown') return
    if (this.#askedAtMs + askAgainMs <= this.#on.clock.nowMs()) this.#ask()
  }

  resume (): void {
    for (const account of this.#seen.keys()) this.#stale.add(account)
    this.#expire(staleMs)
    this.#retries.clear()
    this.#isAsking = false
    if (this.#wanted.size > 0) this.#ask()
  }

  /** No connection: what was told is believed for a while. */
  lost (): void {
    if (this.#seen.size === 0) return
    for (const account of this.#seen.keys()) this.#stale.add(account)
    this.#expire(lostMs)
  }

  stop (): void {
    this.#retries.clear()
    this.#expiry?.cancel()
    this.#expiry = undefined
  }

  #expire (afterMs: number): void {
    this.#expiry?.cancel()
    this.#expiry = this.#on.clock.after(afterMs, () => {
      this.#expiry = undefined
      for (const account of [...this.#stale]) this.#forget(account)
    })
  }

  #ask (): void {
    this.#isChanged = true
    if (this.#isAsking || this.#retries.isWaiting('watch') || !this.#on.link.isOnline) return
    this.#isAsking = true
    this.#askedAtMs = this.#on.clock.nowMs()
    // Changes of this moment are one request.
    void Promise.resolve().then(async () => {
      this.#isChanged = false
      await this.#on.link.call(clientMethods.watchPresence, {
        accounts: [...this.#wanted].map(([account, group]) => ({ account: accountIdToBytes(account), ...(group === undefined ? {} : { group: conversationFromId(group as Parameters<typeof conversationFromId>[0]).bytes }) }))
      })
    }).then(() => {
      this.#isAsking = false
      this.#retries.succeeded('watch')
      if (this.#isChanged) this.#ask()
    }, (error: unknown) => {
      this.#isAsking = false
      // A relay that refuses does so again; the next connection asks.
      if (this.#on.link.isOnline && !(isProtocolError(error) && error.action === 'reject')) this.#retries.schedule('watch', error, () => { this.#ask() })
    })
  }

  #forget (account: AccountId): void {
    this.#stale.delete(account)
    this.#set(account, unseen)
  }

  #set (account: AccountId, seen: Seen): void {
    if (sameSeen(this.of(account), seen)) return
    if (seen.state === 'unknown') this.#seen.delete(account)
    else this.#seen.set(account, seen)
    this.#on.events.emit('presence', presenceOf(account, seen))
  }
}

export const presenceOf = (account: AccountId, { state, lastSeenMs }: Seen): PersonPresence =>
  ({ account, state, ...(lastSeenMs === 0 || state === 'online' ? {} : { lastSeenMs }) })
