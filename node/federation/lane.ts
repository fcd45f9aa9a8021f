/**
 * Batches to one other relay: several in flight, bounded in bytes, with backoff while the relay cannot be reached.
 *
 * Owns: when to send, when to try again. Does not know what a batch holds: forwarding.ts and replica-lane.ts say what comes
 * next, and take back what was not answered.
 */
import type { Channel } from '../../protocol/channel.ts'
import { backoffMs, type Clock, type Random, type Timer } from '../../protocol/clock.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { shortId, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { deadline } from '../deadline.ts'
import type { Links } from './links.ts'
import type { Counter } from '../watch/meter.ts'
import type { Defer, Homes, Logger } from '../ports.ts'

/** Under way to one relay: 12 MB/s at 80 ms round trip; two kinds of lanes stay below limits.outboundBufferBytes. */
const windowBytes = 1024 * 1024
const windowBatches = 16
/** One batch: small enough that the answer to the first does not wait for the last. */
export const batchBytes = 256 * 1024

/** Accounts asked about each time that a relay does not answer. */
const maxAsked = 32

export interface LaneWork<Batch extends { readonly bytes: number }> {
  readonly name: string
  /** What to send next; undefined: nothing now (`wake` when there is). */
  next (): Batch | undefined
  /** Resolves when answered and worked off. Rejects when the relay did not answer or refused it as a whole. */
  send (batch: Batch, channel: Channel): Promise<void>
  /** Not answered: to be sent again. */
  takeBack (batch: Batch, error: unknown): void
  /** Accounts that what waits is for, all of whom are taken to live at this relay. */
  accounts (): Iterable<AccountId>
}

export interface LaneComponents {
  links: Links
  homes: Pick<Homes, 'refresh'>
  clock: Clock
  random: Random
  defer: Defer
  logger: Logger
  /** A batch goes again, or a relay is dialled again; by what kind of lane. */
  retries: Counter
}

export class Lane<Batch extends { readonly bytes: number }> {
  readonly relay: RelayId
  readonly #work: LaneWork<Batch>
  readonly #c: LaneComponents
  #batches = 0
  #bytes = 0
  #attempt = 0
  #retry: Timer | undefined
  #isScheduled = false
  #isOpening = false
  #isStopped = false
  #idle: Array<() => void> = []

  constructor (relay: RelayId, work: LaneWork<Batch>, components: LaneComponents) {
    this.relay = relay
    this.#work = work
    this.#c = components
  }

  get inFlightBytes (): number { return this.#bytes }
  get isBackingOff (): boolean { return this.#retry !== undefined }

  /** There is something to send. */
  wake (): void {
    if (this.#isScheduled || this.#isStopped || this.#retry !== undefined) return
    this.#isScheduled = true
    this.#c.defer(this.#onTick)
  }

  readonly #onTick = (): void => {
    this.#isScheduled = false
    this.#pump()
  }

  #pump (): void {
    while (!this.#isStopped && this.#retry === undefined && this.#batches < windowBatches && this.#bytes < windowBytes) {
      const channel = this.#c.links.peek(this.relay)
      if (channel === undefined) { this.#open(); return }
      const batch = this.#work.next()
      if (batch === undefined) return
      this.#batches++
      this.#bytes += batch.bytes
      this.#work.send(batch, channel).then(() => {
        this.#attempt = 0
        this.#landed(batch)
        this.#pump()
      }, (error: unknown) => {
        this.#landed(batch)
        this.#work.takeBack(batch, error)
        // Silence on an open channel: whatever it stands on is dead.
        if (isProtocolError(error, 'TIMEOUT')) channel.abort(error)
        this.#backOff(error)
      })
    }
  }

  #landed (batch: Batch): void {
    this.#batches--
    this.#bytes -= batch.bytes
    if (this.#batches === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #open (): void {
    if (this.#isOpening) return
    this.#isOpening = true
    const limit = deadline(this.#c.clock, limits.dialTimeoutMs)
    this.#c.links.channelTo(this.relay, { signal: limit.signal }).then(() => {
      this.#isOpening = false
      this.#pump()
    }, (error: unknown) => {
      this.#isOpening = false
      this.#backOff(error)
    }).finally(() => { limit.cancel() })
  }

  #backOff (error: unknown): void {
    if (this.#isStopped || this.#retry !== undefined) return
    const asked = isProtocolError(error) ? error.details.retryAfterMs ?? 0 : 0
    const waitMs = Math.min(Math.max(asked, backoffMs(this.#attempt++, this.#c.random, limits)), limits.retryMaxMs)
    this.#c.retries.inc(1, { lane: this.#work.name })
    this.#c.logger.debug('lane.retry', { lane: this.#work.name, relay: shortId(this.relay), attempt: this.#attempt, waitMs: Math.round(waitMs) }, error)
    this.#retry = this.#c.clock.after(waitMs, () => {
      this.#retry = undefined
      this.#pump()
    })
    // The relay may be gone for good, and its people elsewhere by now without anybody having told us.
    const accounts = [...this.#work.accounts()]
    for (let asked = 0; asked < Math.min(accounts.length, maxAsked); asked++) {
      // All of a few, some of many: a region cut off must not become a storm in the DHT.
      const at = accounts.length <= maxAsked ? asked : Math.floor(this.#c.random.fraction() * accounts.length)
      this.#c.homes.refresh(accounts[at]!)
    }
  }

  /** The relay has been heard of: no need to wait. */
  retryNow (): void {
    if (this.#retry === undefined) return
    this.#retry.cancel()
    this.#retry = undefined
    this.#attempt = 0
    this.wake()
  }

  /** Start nothing new. Resolves when what was under way has landed. */
  async stop (): Promise<void> {
    this.#isStopped = true
    this.#retry?.cancel()
    this.#retry = undefined
    if (this.#batches > 0) await new Promise<void>((resolve) => { this.#idle.push(resolve) })
  }
}
