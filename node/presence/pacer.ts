/**
 * Each receiver gets at most one notification in a while, carrying everything that has changed: the first at once, when
 * it had none lately, what follows gathered.
 *
 * Owns: when each receiver's turn comes, with one timer for all of them; going slower while this process cannot keep up.
 * Does not know: what is sent.
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import type { Counter } from '../watch/meter.ts'
import type { Defer } from '../ports.ts'

export interface Paced {
  /** When it was sent something last; -Infinity: never. Written by the pacer. */
  servedAtMs: number
  /** Its turn is set. Written by the pacer. */
  isWaiting: boolean
}

export interface PacerOptions<Receiver extends Paced> {
  readonly everyMs: number
  /** Send what has changed. @returns whether anything was sent; 'later': nothing could be, its turn comes again */
  serve (receiver: Receiver): boolean | 'later'
}

/** Turns that fall due within the same piece of time are one. */
const slotMs = 100
/** A timer that is this late has waited for other work: presence is what can wait. */
const lateMs = 250
const slowestMs = 8_000

export class Pacer<Receiver extends Paced> {
  readonly #clock: Clock
  readonly #defer: Defer
  readonly #slowed: Counter
  readonly #options: PacerOptions<Receiver>
  #everyMs: number
  /** Due in this turn of the event loop. */
  #now: Receiver[] = []
  readonly #later = new Map<number, Receiver[]>()
  #timer: Timer | undefined
  #timerSlot = Infinity
  #isStopped = false

  /** @param slowed counts rounds after which the pace was halved */
  constructor ({ clock, defer, slowed }: { clock: Clock, defer: Defer, slowed: Counter }, options: PacerOptions<Receiver>) {
    this.#clock = clock
    this.#defer = defer
    this.#slowed = slowed
    this.#options = options
    this.#everyMs = options.everyMs
  }

  /** Present pace; higher than asked for while this process is late. */
  get everyMs (): number { return this.#everyMs }

  /** Something has changed for this receiver. */
  mark (receiver: Receiver): void {
    if (receiver.isWaiting || this.#isStopped) return
    receiver.isWaiting = true
    const dueMs = receiver.servedAtMs + this.#everyMs
    if (dueMs <= this.#clock.nowMs()) this.#soon(receiver)
    else this.#at(receiver, dueMs)
  }

  stop (): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#later.clear()
    this.#now = []
  }

  #soon (receiver: Receiver): void {
    this.#now.push(receiver)
    if (this.#now.length > 1) return
    this.#defer(() => { this.#serve(this.#now.splice(0)) })
  }

  #at (receiver: Receiver, dueMs: number): void {
    const slot = Math.ceil(dueMs / slotMs)
    const waiting = this.#later.get(slot)
    if (waiting === undefined) this.#later.set(slot, [receiver])
    else waiting.push(receiver)
    if (slot < this.#timerSlot) this.#arm(slot)
  }

  #arm (slot: number): void {
    this.#timer?.cancel()
    this.#timerSlot = slot
    this.#timer = this.#clock.after(slot * slotMs - this.#clock.nowMs(), () => { this.#onTimer(slot) })
  }

  #onTimer (slot: number): void {
    const nowMs = this.#clock.nowMs()
    this.#timer = undefined
    this.#timerSlot = Infinity
    this.#adjust(nowMs - slot * slotMs)
    const due: Receiver[] = []
    let next = Infinity
    for (const [other, waiting] of this.#later) {
      if (other * slotMs > nowMs) { next = Math.min(next, other); continue }
      this.#later.delete(other)
      due.push(...waiting)
    }
    this.#serve(due)
    if (next < this.#timerSlot && this.#later.has(next)) this.#arm(next)
  }

  #adjust (behindMs: number): void {
    if (behindMs > lateMs) {
      this.#slowed.inc()
      this.#everyMs = Math.min(2 * this.#everyMs, slowestMs)
    } else if (this.#everyMs > this.#options.everyMs) this.#everyMs = Math.max(this.#options.everyMs, this.#everyMs / 2)
  }

  #serve (receivers: readonly Receiver[]): void {
    if (this.#isStopped) return
    const nowMs = this.#clock.nowMs()
    for (const receiver of receivers) {
      receiver.isWaiting = false
      const result = this.#options.serve(receiver)
      if (result !== false) receiver.servedAtMs = nowMs
      if (result === 'later') this.mark(receiver)
    }
  }
}
