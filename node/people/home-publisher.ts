/**
 * Keeps the home records of local accounts in the DHT: at once when they register or change, and again and again, because
 * kad-dht forgets after 48 h.
 *
 * Owns: the queues, their pace, retries. In memory: after a restart everything is published once more, behind what is new.
 */
import { backoffMs, type Clock, type Random, type Timer } from '../../protocol/clock.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { homeRecordKey } from '../../protocol/protocols.ts'
import { deadline } from '../deadline.ts'
import type { HomeBook } from './homes.ts'
import type { Mesh } from '../mesh/mesh.ts'
import type { Logger } from '../ports.ts'

/** Puts under way at a time: one across regions took 0.4 s, so 8 are 20 a second. */
const maxInFlight = 8
/** Between two starts: somebody who is new wants to be found; a repetition can wait. A put costs some ms of CPU. */
const newPaceMs = 5
const roundPaceMs = 50
/** A put that asks 20 nodes across regions had a p95 of 1.3 s. */
const putTimeoutMs = 15_000
/** Then the record waits for the next round. */
const maxTries = 8

export interface HomePublisherComponents {
  mesh: Pick<Mesh, 'putRecord'>
  homes: Pick<HomeBook, 'known' | 'refresh' | 'self'>
  accounts: { locals (): Iterable<AccountId> }
  clock: Clock
  random: Random
  logger: Logger
}

interface Item { readonly account: AccountId, readonly tries: number, readonly queue: Map<AccountId, number> }

export class HomePublisher {
  readonly #components: HomePublisherComponents
  /** In the order of asking; the value counts tries. */
  readonly #new = new Map<AccountId, number>()
  readonly #round = new Map<AccountId, number>()
  readonly #inFlight = new Set<Promise<void>>()
  readonly #stopping = new AbortController()
  /** Times in a row that nobody took a record. */
  #attempt = 0
  #isBackingOff = false
  #startTimer: Timer | undefined
  #roundTimer: Timer | undefined

  constructor (components: HomePublisherComponents) { this.#components = components }

  /** Records that wait to be published. */
  get queued (): number { return this.#new.size + this.#round.size }

  start (): void {
    for (const account of this.#components.accounts.locals()) this.#round.set(account, 0)
    this.#roundTimer = this.#components.clock.after(limits.homeRecordRepublishMs, () => { this.start() })
    this.#next(roundPaceMs)
  }

  async stop (): Promise<void> {
    this.#stopping.abort(new Error('the relay stops'))
    this.#startTimer?.cancel()
    this.#roundTimer?.cancel()
    await Promise.all(this.#inFlight)
  }

  /** Publish the account's newest record soon, in the background. */
  publish (account: AccountId): void {
    this.#round.delete(account)
    this.#new.set(account, 0)
    this.#next(newPaceMs)
  }

  #next (afterMs: number): void {
    if (this.#stopping.signal.aborted || this.#isBackingOff || this.queued === 0 || this.#inFlight.size >= maxInFlight) return
    this.#startTimer?.cancel()
    this.#startTimer = this.#components.clock.after(afterMs, () => {
      const item = this.#take()
      if (item === undefined) return
      const putting = this.#put(item).finally(() => {
        this.#inFlight.delete(putting)
        this.#next(this.#paceMs)
      })
      this.#inFlight.add(putting)
      this.#next(this.#paceMs)
    })
  }

  get #paceMs (): number { return this.#new.size > 0 ? newPaceMs : roundPaceMs }

  #take (): Item | undefined {
    for (const queue of [this.#new, this.#round]) {
      for (const [account, tries] of queue) {
        queue.delete(account)
        return { account, tries, queue }
      }
    }
    return undefined
  }

  async #put ({ account, tries, queue }: Item): Promise<void> {
    const { clock, homes, logger, mesh } = this.#components
    const limit = deadline(clock, putTimeoutMs, this.#stopping.signal)
    try {
      const record = await homes.known(account)
      // Not ours any more: its new home publishes it.
      if (record === undefined || record.homes[0] !== homes.self) return
      await mesh.putRecord(homeRecordKey(account), record.bytes, { signal: limit.signal })
      this.#attempt = 0
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      logger[isProtocolError(error) ? 'debug' : 'warn']('home.publish-failed', { account, tries: tries + 1 }, error)
      // Nodes refuse an older record than they know: perhaps the account has moved away without telling us.
      homes.refresh(account)
      if (tries + 1 < maxTries && !this.#new.has(account)) queue.set(account, tries + 1)
      this.#backOff()
    } finally {
      limit.cancel()
    }
  }

  /** Nobody takes records now: ask again later, for everybody. */
  #backOff (): void {
    if (this.#isBackingOff) return
    const { clock, random } = this.#components
    this.#isBackingOff = true
    this.#startTimer?.cancel()
    this.#startTimer = clock.after(backoffMs(this.#attempt++, random, limits), () => {
      this.#isBackingOff = false
      this.#next(0)
    })
  }
}
