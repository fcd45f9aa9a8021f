/**
 * One direction of a long cable: what goes in comes out later, in order, with seeded jitter. While it is cut, it holds
 * everything, as TCP does when packets are lost; healed, what was held arrives after one more trip.
 *
 * Knows no sockets; the clock is a port.
 */
import type { Clock, Timer } from '../../protocol/clock.ts'

export interface DelayLineOptions {
  readonly clock: Clock
  /** One way. */
  readonly delayMs: number
  /** Added to the delay of each chunk, uniformly from 0 to this. */
  readonly jitterMs: number
  /** In [0, 1), seeded. */
  readonly fraction: () => number
  /** Called in order, once per item. */
  readonly deliver: (item: Uint8Array | 'end') => void
}

export class DelayLine {
  readonly #options: DelayLineOptions
  readonly #queue: Array<{ dueMs: number, item: Uint8Array | 'end' }> = []
  #lastDueMs = 0
  #queuedBytes = 0
  #timer: Timer | undefined
  #isCut = false
  #isClosed = false

  constructor (options: DelayLineOptions) { this.#options = options }

  get queuedBytes (): number { return this.#queuedBytes }

  /** @param extraMs what the first bytes of a connection pay for its handshake */
  send (item: Uint8Array | 'end', extraMs = 0): void {
    if (this.#isClosed) return
    const { clock, delayMs, jitterMs, fraction } = this.#options
    // Never before what was sent earlier: a stream has an order.
    const dueMs = Math.max(this.#lastDueMs, clock.nowMs() + delayMs + extraMs + fraction() * jitterMs)
    this.#lastDueMs = dueMs
    this.#queue.push({ dueMs, item })
    if (item !== 'end') this.#queuedBytes += item.byteLength
    this.#schedule()
  }

  cut (): void {
    this.#isCut = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  heal (): void {
    if (!this.#isCut) return
    this.#isCut = false
    const earliest = this.#options.clock.nowMs() + this.#options.delayMs
    for (const entry of this.#queue) entry.dueMs = Math.max(entry.dueMs, earliest)
    this.#lastDueMs = Math.max(this.#lastDueMs, this.#queue.at(-1)?.dueMs ?? 0)
    this.#schedule()
  }

  close (): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#queue.length = 0
    this.#queuedBytes = 0
  }

  #schedule (): void {
    const head = this.#queue[0]
    if (this.#isCut || this.#timer !== undefined || head === undefined) return
    this.#timer = this.#options.clock.after(Math.max(0, head.dueMs - this.#options.clock.nowMs()), () => {
      this.#timer = undefined
      const nowMs = this.#options.clock.nowMs()
      // A timer may fire a fraction of a millisecond early; what is due within it goes along.
      while (this.#queue.length > 0 && this.#queue[0]!.dueMs <= nowMs + 0.5) {
        const { item } = this.#queue.shift()!
        if (item !== 'end') this.#queuedBytes -= item.byteLength
        this.#options.deliver(item)
      }
      this.#schedule()
    })
  }
}
