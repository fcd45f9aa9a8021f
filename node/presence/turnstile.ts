/**
 * Work that can wait, a few at a time: checks of who may know what, thousands of which come due when a crowd reconnects.
 * Bounded: what does not fit is dropped, and asked again later.
 */
import type { Defer, Logger } from '../ports.ts'

/** What is looked at again and again, and waits for its turn only once. Written by the turnstile. */
export interface Checked { isChecking: boolean }

const atOnce = 8
/** Between two turns of the event loop, so that messages are not kept waiting. */
const perTurn = 64
const maxWaiting = 500_000

export class Turnstile {
  readonly #defer: Defer
  readonly #logger: Logger
  readonly #waiting: Array<() => Promise<void>> = []
  /** Index of the next in `#waiting`: shifting a long array costs its length. */
  #next = 0
  #running = 0
  #thisTurn = 0
  #isPausing = false
  #isStopped = false
  dropped = 0

  constructor ({ defer, logger }: { defer: Defer, logger: Logger }) {
    this.#defer = defer
    this.#logger = logger
  }

  get length (): number { return this.#waiting.length - this.#next }

  /** @returns whether it was taken */
  add (task: () => Promise<void>): boolean {
    if (this.#isStopped || this.length >= maxWaiting) { this.dropped++; return false }
    this.#waiting.push(task)
    this.#run()
    return true
  }

  /** As `add`, unless the subject waits for its turn already. @returns whether its turn comes */
  addOnce (subject: Checked, task: () => Promise<void>): boolean {
    if (subject.isChecking) return true
    subject.isChecking = true
    const isTaken = this.add(async () => {
      subject.isChecking = false
      await task()
    })
    if (!isTaken) subject.isChecking = false
    return isTaken
  }

  stop (): void {
    this.#isStopped = true
    this.#waiting.length = this.#next = 0
  }

  #run (): void {
    while (this.#running < atOnce && this.length > 0 && !this.#isPausing) {
      if (++this.#thisTurn > perTurn) { this.#pause(); return }
      const task = this.#waiting[this.#next++]!
      if (this.#next > 1_000 && this.#next * 2 > this.#waiting.length) {
        this.#waiting.splice(0, this.#next)
        this.#next = 0
      }
      this.#running++
      task().catch((error: unknown) => { this.#logger.debug('presence.check', {}, error) }).finally(() => {
        this.#running--
        this.#run()
      })
    }
    if (this.length === 0 && this.#next > 0) {
      this.#waiting.length = 0
      this.#next = 0
    }
  }

  #pause (): void {
    this.#isPausing = true
    this.#defer(() => {
      this.#isPausing = false
      this.#thisTurn = 0
      this.#run()
    })
  }
}
