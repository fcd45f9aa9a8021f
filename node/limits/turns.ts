/**
 * When those who send much are served: all of a relay's queues of them (fair-intake.ts) out of one budget.
 *
 * Owns: whether somebody who sends little is there, by whatever road; how much is served meanwhile, and how often; that accounts
 * and relays share it. More than the budget is paid back in the next turns: a batch is never split.
 * Does not know: whose turn it is in a queue, or what is served.
 */
import type { Clock } from '../../protocol/clock.ts'
import type { Defer } from '../ports.ts'

export interface TurnsComponents {
  clock: Clock
  defer: Defer
  /** How late the thread is, in milliseconds; default: never. */
  loopLagMs?: (() => number) | undefined
}

/** Queues of one kind of sender. */
export interface Served {
  readonly isWaiting: boolean
  /** @returns envelopes handed on: some `budget`, or all, and up to a batch more */
  serve (budget: number): number
}

/** Envelopes handed on in one turn of the event loop while nobody has to be protected: some 10 ms of all that is done with them. */
const perTurn = 256
/** … and every 10 ms while somebody who sends little is there: some 30% of a thread, and less the later it is … */
const roundMs = 10
const perRound = [{ lagMs: 2, envelopes: 64 }, { lagMs: 5, envelopes: 48 }, { lagMs: 15, envelopes: 20 }, { lagMs: 50, envelopes: 8 }, { lagMs: Infinity, envelopes: 2 }] as const
/**
 * … and besides, this many for each envelope of accounts that send little: they may be all that a relay is for, and of what people write
 * across relays two come in (forwarded there, replicated here) for one that goes out. A relay that brings much is not a flood then.
 */
const perLight = 2
/** Somebody who sends little was here within this time. */
const protectedMs = 1_000

export class Turns {
  readonly #c: TurnsComponents
  /** With what is left of each one's part; below 0 when it has had more. */
  readonly #kinds: Array<{ readonly served: Served, credit: number }> = []
  /** Below 0: more was served than there was. */
  #budget = 0
  #lightAtMs = -Infinity
  /** Envelopes of accounts that send little, since the last turn. */
  #light = 0
  #isScheduled = false

  constructor (components: TurnsComponents) { this.#c = components }

  /** From now on. */
  add (served: Served): void { this.#kinds.push({ served, credit: 0 }) }

  /** Somebody who sends little is here. @param envelopes those of an account */
  noteLight (envelopes = 0): void {
    this.#lightAtMs = this.#c.clock.nowMs()
    this.#light += envelopes
  }

  get #isSomebodyProtected (): boolean { return this.#c.clock.nowMs() - this.#lightAtMs < protectedMs }

  /** Something waits for its turn. */
  wake (): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    const turn = (): void => {
      this.#isScheduled = false
      this.#serve()
      if (this.#kinds.some(({ served }) => served.isWaiting)) this.wake()
    }
    if (this.#isSomebodyProtected) this.#c.clock.after(roundMs, turn)
    else this.#c.defer(turn)
  }

  #serve (): void {
    const lagMs = this.#c.loopLagMs?.() ?? 0
    const budget = this.#isSomebodyProtected ? perRound.find((step) => lagMs <= step.lagMs)!.envelopes + perLight * this.#light : perTurn
    this.#light = 0
    // What was not used is not saved.
    this.#budget = Math.min(this.#budget + budget, budget)
    const waiting = this.#kinds.filter(({ served }) => served.isWaiting)
    for (const kind of this.#kinds) kind.credit = Math.min(kind.credit + budget / Math.max(waiting.length, 1), budget)
    // To each its part, then what is left; first to who has had least.
    waiting.sort((a, b) => b.credit - a.credit)
    for (const kind of waiting) {
      if (kind.credit > 0 && this.#budget > 0) kind.credit -= this.#take(kind.served, Math.ceil(kind.credit))
    }
    for (const { served } of waiting) if (this.#budget > 0) this.#take(served, this.#budget)
  }

  #take (served: Served, most: number): number {
    const taken = served.serve(Math.min(most, this.#budget))
    this.#budget -= taken
    return taken
  }
}
