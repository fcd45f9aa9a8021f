/**
 * A member has moved, and the sequencer of their groups may go on writing to the old home, which others still live at and
 * which so refuses nothing: relays that keep the groups tell it the new home record.
 *
 * Owns: whom to tell, until they have heard. Does not know: what follows from it (replication.ts at the other end).
 */
import { backoffMs, type Clock, type Random, type Timer } from '../../protocol/clock.ts'
import { conversationFromId } from '../../protocol/conversation.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import { deadline } from '../deadline.ts'
import type { Links } from '../federation/links.ts'
import type { Placement } from '../log/placement.ts'
import type { Homes, Logger } from '../ports.ts'
import type { Store } from '../store/store.ts'

/** Sequencers told of one move: somebody in groups of more founders' homes is found by what they write. */
const maxRelays = 256
/** Tries: more than half an hour. Afterwards the sequencer hears of it when the member writes. */
const maxAttempts = 64
/** Moves that somebody has not heard of yet. */
const maxPending = 10_000

export interface MoveNoticesComponents {
  store: Pick<Store, 'logsOf'>
  homes: Pick<Homes, 'cached' | 'known'>
  placement: Placement
  links: Links
  clock: Clock
  random: Random
  logger: Logger
}

export class MoveNotices {
  readonly #c: MoveNoticesComponents
  /** Waiting to be told again. */
  readonly #retries = new Map<AccountId, Timer>()
  #isStopped = false

  constructor (components: MoveNoticesComponents) { this.#c = components }

  /** A newer home record of the account is known. */
  moved (account: AccountId): void {
    if (this.#isStopped) return
    this.#retries.get(account)?.cancel()
    this.#retries.delete(account)
    this.#tell(account, undefined, 0)
  }

  /** @param relays undefined: to be found out */
  #tell (account: AccountId, relays: ReadonlySet<RelayId> | undefined, attempt: number): void {
    this.#tellAll(account, relays).then((left) => {
      if (left.size === 0 || this.#isStopped || attempt >= maxAttempts || this.#retries.size >= maxPending) return
      this.#retries.set(account, this.#c.clock.after(backoffMs(attempt, this.#c.random, limits), () => {
        this.#retries.delete(account)
        this.#tell(account, left, attempt + 1)
      }))
    }, (error: unknown) => { this.#c.logger.warn('group.move-notice', {}, error) })
  }

  /** @returns relays that have not heard */
  async #tellAll (account: AccountId, relays: ReadonlySet<RelayId> | undefined): Promise<Set<RelayId>> {
    const left = new Set<RelayId>()
    const record = this.#c.homes.cached(account)
    if (record === undefined) return left
    for (const relay of relays ?? await this.#sequencersOf(account)) {
      const limit = deadline(this.#c.clock, limits.requestTimeoutMs)
      try {
        const channel = await this.#c.links.channelTo(relay, { signal: limit.signal })
        await channel.call(relayMethods.introduce, { homeRecords: [record.bytes] }, { signal: limit.signal })
      } catch (error) {
        if (!isProtocolError(error)) throw error
        // It knows a newer one already, or will never take this one.
        if (error.action === 'later' || error.action === 'elsewhere') left.add(relay)
      } finally {
        limit.cancel()
      }
    }
    return left
  }

  /** Other relays that sequence groups which the account is in and this relay keeps. */
  async #sequencersOf (account: AccountId): Promise<Set<RelayId>> {
    const { store, homes, placement } = this.#c
    const relays = new Set<RelayId>()
    for (const id of await store.logsOf(account)) {
      const conversation = conversationFromId(id)
      const anchor = placement.anchorOf(conversation)
      if (conversation.kind !== 'group' || placement.isHome(anchor) || anchor === account) continue
      await homes.known(anchor)
      const relay = placement.primaryOf(anchor)
      if (relay !== undefined && relay !== placement.self && relay !== placement.primaryOf(account)) relays.add(relay)
      if (relays.size >= maxRelays) break
    }
    return relays
  }

  stop (): void {
    this.#isStopped = true
    for (const timer of this.#retries.values()) timer.cancel()
  }
}
