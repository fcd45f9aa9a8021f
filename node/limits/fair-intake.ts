/**
 * Who is served first when many hand in envelopes: who sends little goes at once, who sends much takes turns.
 *
 * Owns: an allowance per account or relay below which nobody waits; for the rest a queue each, served in turns of so many
 * envelopes. How many at a time, and when, is for all queues of a relay together (turns.ts). Order within a queue is kept.
 * Does not know: what an envelope is, quotas (buckets.ts) or what is done with a batch. Bound: bytes per key, and of all.
 */
import { ProtocolError } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { BucketSet, type Rate } from '../../protocol/bucket-set.ts'
import { waitBuckets, type Meter } from '../watch/meter.ts'
import { Turns, type Served, type TurnsComponents } from './turns.ts'

export interface FairIntakeComponents extends TurnsComponents {
  meter: Meter
  /** Of all queues of this relay; default: of its own. */
  turns?: Turns
}

/** What a batch stands for in the queue. */
export interface Weight {
  readonly envelopes: number
  readonly bytes: number
  /** What it counts for in a turn: what goes to many costs more than to take it. Default: `envelopes` */
  readonly cost?: number
}

interface Waiting extends Weight { readonly cost: number, readonly sinceMs: number, run (): void }

/** Somebody's batches that wait, and what is left of its turn. */
interface Queue { readonly waiting: Waiting[], bytes: number, credit: number }

/** Envelopes of one turn of one sender. */
const quantum = 32
/** What all may have waiting here together. */
const maxAllBytes = 128 * 1024 * 1024

export class FairIntake implements Served {
  readonly #c: FairIntakeComponents
  readonly #turns: Turns
  readonly #maxBytes: number
  readonly #isOfAccounts: boolean
  readonly #allowances: BucketSet
  /** Who has as much of it left sends little. */
  readonly #lightLeft: number
  /** Who is first takes the next turn. */
  readonly #queues = new Map<string, Queue>()
  readonly #waited
  #bytes = 0
  #envelopes = 0

  /**
   * @param allowance what nobody waits for: a burst and a rate per key
   * @param maxBytes what one may have waiting here
   */
  constructor (components: FairIntakeComponents, { allowance, maxBytes, name }: { allowance: Rate, maxBytes: number, name: 'accounts' | 'relays' | 'guests' }) {
    this.#c = components
    this.#isOfAccounts = name !== 'relays'
    this.#maxBytes = maxBytes
    this.#turns = components.turns ?? new Turns(components)
    this.#turns.add(this)
    this.#allowances = new BucketSet(components, allowance)
    this.#lightLeft = allowance.burst / 2
    const { meter } = components
    this.#waited = meter.histogram(`heliograph_intake_${name}_wait_seconds`, 'how long batches of those who send much waited for their turn', waitBuckets)
    meter.gauge(`heliograph_intake_${name}_waiting`, 'envelopes that wait for the turn of their sender', () => this.#envelopes)
    meter.gauge(`heliograph_intake_${name}_senders`, 'senders whose envelopes wait for their turn', () => this.#queues.size)
  }

  get waiting (): number { return this.#envelopes }
  get isWaiting (): boolean { return this.#queues.size > 0 }

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
      if (this.#allowances.left(key) >= this.#lightLeft) this.#turns.noteLight(this.#isOfAccounts ? weight.envelopes : 0)
      return task()
    }
    // [LATER] memory is bounded
    if ((known !== undefined && known.bytes + weight.bytes > this.#maxBytes) || this.#bytes + weight.bytes > maxAllBytes) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
    const queue = known ?? { waiting: [], bytes: 0, credit: 0 }
    if (known === undefined) this.#queues.set(key, queue)
    // Who waits for a turn has no allowance beside it.
    this.#allowances.empty(key)
    this.#count(queue, weight, 1)
    const result = new Promise<T>((resolve, reject) => {
      // A task may throw before it returns a promise: that is its answer, and no business of those behind it.
      queue.waiting.push({ cost: weight.envelopes, ...weight, sinceMs: nowMs, run: () => { (async () => await task())().then(resolve, reject) } })
    })
    this.#turns.wake()
    return result
  }

  #count (queue: Queue, { bytes, envelopes }: Weight, sign: 1 | -1): void {
    queue.bytes += sign * bytes
    this.#bytes += sign * bytes
    this.#envelopes += sign * envelopes
  }

  serve (budget: number): number {
    let left = budget
    const nowMs = this.#c.clock.nowMs()
    while (left > 0 && this.#queues.size > 0) {
      const [key, queue] = this.#queues.entries().next().value!
      // A larger batch than one turn of its sender is saved for over several; a turn that was cut short goes on.
      if (queue.credit < queue.waiting[0]!.cost) queue.credit += quantum
      for (let next = queue.waiting[0]; next !== undefined && queue.credit >= next.cost; next = queue.waiting[0]) {
        if (left <= 0) return budget - left
        queue.waiting.shift()
        queue.credit -= next.cost
        left -= next.cost
        this.#count(queue, next, -1)
        this.#waited.observe((nowMs - next.sinceMs) / 1_000)
        next.run()
      }
      // To the back, or gone.
      this.#queues.delete(key)
      if (queue.waiting.length > 0) this.#queues.set(key, queue)
    }
    return budget - left
  }
}
