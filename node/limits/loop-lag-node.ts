/**
 * How late this process's one thread is: the time by which a timer fires after it was due.
 *
 * The highest of the last second or so: it jumps up and fades by a fifth with every tick.
 */
import { performance } from 'node:perf_hooks'

const tickMs = 100
const fade = 0.8

export class LoopLag {
  #lagMs = 0
  #timer: NodeJS.Timeout | undefined

  get lagMs (): number { return this.#lagMs }

  start (): void {
    let dueAtMs = performance.now() + tickMs
    this.#timer = setInterval(() => {
      const nowMs = performance.now()
      this.#lagMs = Math.max(nowMs - dueAtMs, this.#lagMs * fade, 0)
      dueAtMs = nowMs + tickMs
    }, tickMs).unref()
  }

  stop (): void { clearInterval(this.#timer) }
}
