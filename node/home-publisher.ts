/**
 * Keeps the home records of local accounts in the DHT: once when they register or change, and again and again, because
 * kad-dht forgets after 48 h.
 *
 * Owns: the queue, its pace, retries. One put at a time: a put across regions took 0.4 s and asks 20 nodes.
 * In memory: after a restart everything is published once more, at the same pace.
 */
import { backoffMs, type Clock, type Random, type Timer } from '../protocol/clock.ts'
import { isProtocolError } from '../protocol/errors.ts'
import type { AccountId } from '../protocol/ids.ts'
import { limits } from '../protocol/limits.ts'
import { homeRecordKey } from '../protocol/protocols.ts'
import { deadline } from './deadline.ts'
import type { HomeBook } from './homes.ts'
import type { Mesh } from './mesh.ts'
import type { Logger } from './ports.ts'

/** Pause between two puts: 20 a second at most leave the DHT's nodes room for lookups. */
const paceMs = 50
/** A put that finds 20 nodes across regions had a p95 of 1.3 s. */
const putTimeoutMs = 15_000
/** Then the record waits for the next round. */
const maxTries = 8

export interface HomePublisherComponents {
  mesh: Pick<Mesh, 'putRecord'>
  homes: Pick<HomeBook, 'known' | 'refresh' | 'self'>
  accounts: { readonly size: number, locals (): Iterable<AccountId> }
  clock: Clock
  random: Random
  logger: Logger
}

export class HomePublisher {
  readonly #components: HomePublisherComponents
  /** In the order of asking; the value counts tries. */
  readonly #queue = new Map<AccountId, number>()
  readonly #stopping = new AbortController()
  #failuresInARow = 0
  #timer: Timer | undefined
  #round: Timer | undefined
  #putting: Promise<void> | undefined

  constructor (components: HomePublisherComponents) { this.#components = components }

  /** Records that wait to be published. */
  get queued (): number { return this.#queue.size }

  start (): void { this.#startRound() }

  async stop (): Promise<void> {
    this.#stopping.abort(new Error('the relay stops'))
    this.#timer?.cancel()
    this.#round?.cancel()
    await this.#putting
  }

  /** Publish the account's newest record soon, in the background. */
  publish (account: AccountId): void {
    this.#queue.delete(account)
    this.#queue.set(account, 0)
    this.#schedule(paceMs)
  }

  #startRound (): void {
    for (const account of this.#components.accounts.locals()) if (!this.#queue.has(account)) this.#queue.set(account, 0)
    if (this.#queue.size > 0) this.#schedule(paceMs)
    this.#round = this.#components.clock.after(limits.homeRecordRepublishMs, () => { this.#startRound() })
  }

  #schedule (delayMs: number): void {
    if (this.#timer !== undefined || this.#putting !== undefined || this.#stopping.signal.aborted) return
    this.#timer = this.#components.clock.after(delayMs, () => {
      this.#timer = undefined
      this.#putting = this.#putNext().finally(() => {
        this.#putting = undefined
        if (this.#queue.size === 0) return
        this.#schedule(this.#failuresInARow === 0 ? paceMs : backoffMs(this.#failuresInARow, this.#components.random, limits))
      })
    })
  }

  async #putNext (): Promise<void> {
    const { clock, homes, logger, mesh } = this.#components
    const [next] = this.#queue
    if (next === undefined) return
    const [account, tries] = next
    this.#queue.delete(account)
    const limit = deadline(clock, putTimeoutMs, this.#stopping.signal)
    try {
      const record = await homes.known(account)
      // Not ours any more: its new home publishes it.
      if (record === undefined || record.homes[0] !== homes.self) return
      await mesh.putRecord(homeRecordKey(account), record.bytes, { signal: limit.signal })
      this.#failuresInARow = 0
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      this.#failuresInARow++
      // Nodes refuse an older record than they know: perhaps the account has moved away without telling us.
      homes.refresh(account)
      if (tries + 1 < maxTries && !this.#queue.has(account)) this.#queue.set(account, tries + 1)
      logger[isProtocolError(error) ? 'debug' : 'warn']('home.publish-failed', { account, tries: tries + 1 }, error)
    } finally {
      limit.cancel()
    }
  }
}
