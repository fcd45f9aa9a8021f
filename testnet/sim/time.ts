/**
 * Virtual time for a whole simulation: one queue of tasks in order of time, and clocks of nodes on top of it that are
 * wrong, jump, and die with their process.
 *
 * Between two tasks every promise reaction runs to its end, so what happens depends on nothing but the tasks' order. No
 * real timer, no real I/O may be awaited inside.
 */
import type { Clock, Timer } from '../../protocol/clock.ts'

interface Task { readonly atMs: number, readonly order: number, run: (() => void) | undefined }

/** Tasks between two turns of the real event loop: a signal or a test's timeout is heard within some ten milliseconds. */
const breathAfter = 2_000

export class SimTime {
  readonly startMs: number
  #nowMs: number
  #order = 0
  #heap: Task[] = []
  #deferred: Array<() => void> = []
  /** Tasks run so far. */
  tasks = 0

  constructor (startMs = 1_800_000_000_000) { this.startMs = this.#nowMs = startMs }

  get nowMs (): number { return this.#nowMs }
  /** Since the start. */
  get passedMs (): number { return this.#nowMs - this.startMs }
  /** Cancelled ones included until their time comes. */
  get pending (): number { return this.#heap.length }

  after (delayMs: number, task: () => void): Timer {
    const entry: Task = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run: task }
    this.#push(entry)
    return { cancel: () => { entry.run = undefined } }
  }

  /** When everything that runs now has come to rest, before time goes on: what `setImmediate` is in Node. */
  defer (task: () => void): void { this.#deferred.push(task) }

  /** Run what falls due within `ms`; stops early once `isDone`. @returns whether it was done */
  async pass (ms: number, isDone?: () => boolean): Promise<boolean> {
    const untilMs = this.#nowMs + ms
    // From here on this is a promise reaction itself, which `quiet` needs.
    await undefined
    for (;;) {
      await this.#rest()
      if (isDone?.() === true) return true
      const next = this.#heap[0]
      if (next === undefined || next.atMs > untilMs) break
      this.#pop()
      if (next.run === undefined) continue
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      this.tasks++
      if (this.tasks % breathAfter === 0) await breath()
      next.run()
    }
    this.#nowMs = untilMs
    return isDone?.() === true
  }

  /** Let time pass while `work` is under way. @throws what it throws; Error when it takes longer */
  async during<T> (work: Promise<T>, maxMs = 600_000, what = 'work'): Promise<T> {
    let isDone = false
    const done = (): void => { isDone = true }
    work.then(done, done)
    if (!await this.pass(maxMs, () => isDone)) throw new Error(`${what} took more than ${maxMs} ms of virtual time`)
    return await work
  }

  async #rest (): Promise<void> {
    await quiet()
    while (this.#deferred.length > 0) {
      for (const task of this.#deferred.splice(0)) task()
      await quiet()
    }
  }

  #push (task: Task): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(task)
    while (at > 0) {
      const above = (at - 1) >> 1
      if (isBefore(heap[above]!, task)) break
      heap[at] = heap[above]!
      at = above
    }
    heap[at] = task
  }

  #pop (): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++
      if (isBefore(last, heap[below]!)) break
      heap[at] = heap[below]!
      at = below
    }
    heap[at] = last
  }
}

const isBefore = (a: Task, b: Task): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

/** A tick that is asked for from a promise reaction comes when no reaction is left: no round of the event loop is paid for it. */
const quiet = (): Promise<void> => new Promise((resolve) => { process.nextTick(resolve) })
const breath = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

/** What a node takes for the time. Lives as long as its process: nothing fires after `kill`. */
export class NodeClock implements Clock {
  readonly #time: SimTime
  readonly #machine: { readonly offsetMs: number }
  #isDead = false

  /** @param machine how far its clock is off; may change at any moment */
  constructor (time: SimTime, machine: { readonly offsetMs: number }) {
    this.#time = time
    this.#machine = machine
  }

  nowMs (): number { return this.#time.nowMs + this.#machine.offsetMs }

  /** Timers run on what the kernel counts, which does not jump. */
  after (delayMs: number, task: () => void): Timer {
    if (this.#isDead) return { cancel () {} }
    return this.#time.after(delayMs, () => { if (!this.#isDead) task() })
  }

  defer (task: () => void): void { this.#time.defer(() => { if (!this.#isDead) task() }) }

  kill (): void { this.#isDead = true }
}
