/**
 * Who is served first when many hand in envelopes: who sends little goes at once, who sends much takes turns.
 *
 * Owns: an allowance per account or relay below which nobody waits; for the rest a queue each, served in turns of so many
 * envelopes, and slowed down while there is somebody who sends little, so that fifty that flood cost those a few
 * milliseconds. Alone, those who send much get all that the relay can do. Order within a queue is kept.
 * Does not know: what an envelope is, quotas (buckets.ts) or what is done with a batch. Bound: bytes per key, and of all.
 */
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { BucketSet, type Rate } from '../../protocol/bucket-set.ts'
import type { Defer } from '../ports.ts'
import { waitBuckets, type Meter } from '../watch/meter.ts'

export interface FairIntakeComponents {
  clock: Clock
  defer: Defer
  meter: Meter
  /** How late the thread is, in milliseconds; default: never. */
  loopLagMs?: (() => number) | undefined
}

/** What a batch stands for in the queue. */
export interface Weight { readonly envelopes: number, readonly bytes: number }

interface Waiting extends Weight { readonly sinceMs: number, run (): void }

/** Somebody's batches that wait, and what is left of its turn. */
interface Queue { readonly waiting: Waiting[], bytes: number, credit: number }

/** Envelopes of one turn of one sender. */
const quantum = 32
/** Envelopes handed on in one turn of the event loop while nobody has to be protected: some 10 ms of all that is done with them. */
const perTurn = 256
/** … and every 10 ms while somebody who sends little is there: at most some 30% of a thread; less when the thread is late anyway. */
const roundMs = 10
const perRound = [{ lagMs: 5, envelopes: 64 }, { lagMs: 15, envelopes: 32 }, { lagMs: 50, envelopes: 8 }, { lagMs: Infinity, envelopes: 2 }] as const
/** Somebody who sends little was here within this time. */
const protectedMs = 1_000
/** What one may have waiting here, and all together. */
const maxBytes = 1024 * 1024
const maxAllBytes = 128 * 1024 * 1024

export class FairIntake {
  readonly #c: FairIntakeComponents
  readonly #allowances: BucketSet
  /** Who has as much of it left sends little. */
  readonly #lightLeft: number
  /** Who is first takes the next turn. */
  readonly #queues = new Map<string, Queue>()
  readonly #waited
  #bytes = 0
  #envelopes = 0
  #lightAtMs = -Infinity
  #isScheduled = false

  /** @param allowance what nobody waits for: a burst and a rate per key */
  constructor (components: FairIntakeComponents, { allowance, name }: { allowance: Rate, name: string }) {
    this.#c = components
    this.#allowances = new BucketSet(components, allowance)
    this.#lightLeft = allowance.burst / 2
    const { meter } = components
    this.#waited = meter.histogram(`heliograph_intake_${name}_wait_seconds`, 'how long batches of those who send much waited for their turn', waitBuckets)
    meter.gauge(`heliograph_intake_${name}_waiting`, 'envelopes that wait for the turn of their sender', () => this.#envelopes)
    meter.gauge(`heliograph_intake_${name}_senders`, 'senders whose envelopes wait for their turn', () => this.#queues.size)
  }

  get waiting (): number { return this.#envelopes }

  /**
   * Runs `task` now or when it is this key's turn.
   * @throws ProtocolError OVERLOADED: too much of this key, or of all, waits already
   */
  run<T> (key: string, weight: Weight, task: () => Promise<T>): Promise<T> {
    const nowMs = this.#c.clock.nowMs()
    const known = this.#queues.get(key)
    // Those before it of the same sender must not be overtaken.
    if (known === undefined && this.#allowances.tryTake(key, weight.envelopes) === 0) {
      // Who floods has an allowance, too, and uses it up.
      if (this.#allowances.left(key) >= this.#lightLeft) this.#lightAtMs = nowMs
      return task()
    }
    // [LATER] memory is bounded
    if ((known !== undefined && known.bytes + weight.bytes > maxBytes) || this.#bytes + weight.bytes > maxAllBytes) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
    const queue = known ?? { waiting: [], bytes: 0, credit: 0 }
    if (known === undefined) this.#queues.set(key, queue)
    // Who waits for a turn has no allowance beside it.
    this.#allowances.empty(key)
    this.#count(queue, weight, 1)
    const result = new Promise<T>((resolve, reject) => {
      queue.waiting.push({ ...weight, sinceMs: nowMs, run: () => { task().then(resolve, reject) } })
    })
    this.#schedule()
    return result
  }

  #count (queue: Queue, { bytes, envelopes }: Weight, sign: 1 | -1): void {
    queue.bytes += sign * bytes
    this.#bytes += sign * bytes
    this.#envelopes += sign * envelopes
  }

  get #isSomebodyProtected (): boolean { return this.#c.clock.nowMs() - this.#lightAtMs < protectedMs }

  #schedule (): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    const turn = (): void => {
      this.#isScheduled = false
      this.#serve()
      if (this.#queues.size > 0) this.#schedule()
    }
    if (this.#isSomebodyProtected) this.#c.clock.after(roundMs, turn)
    else this.#c.defer(turn)
  }

  #serve (): void {
    const lagMs = this.#c.loopLagMs?.() ?? 0
    let budget: number = this.#isSomebodyProtected ? perRound.find((step) => lagMs <= step.lagMs)!.envelopes : perTurn
    const nowMs = this.#c.clock.nowMs()
    while (budget > 0 && this.#queues.size > 0) {
      const [key, queue] = this.#queues.entries().next().value!
      // A larger batch than one turn of its sender is saved for over several; a turn that was cut short goes on.
      if (queue.credit < queue.waiting[0]!.envelopes) queue.credit += quantum
      for (let next = queue.waiting[0]; next !== undefined && queue.credit >= next.envelopes; next = queue.waiting[0]) {
        if (budget <= 0) return
        queue.waiting.shift()
        queue.credit -= next.envelopes
        budget -= next.envelopes
        this.#count(queue, next, -1)
        this.#waited.observe((nowMs - next.sinceMs) / 1_000)
        next.run()
      }
      // To the back, or gone.
      this.#queues.delete(key)
      if (queue.waiting.length > 0) this.#queues.set(key, queue)
    }
  }
}
