/**
 * The real clock and the system's randomness. Composition roots hand these to everything below.
 */
import { randomBytes } from 'node:crypto'
import type { Clock, Random } from '../protocol/clock.ts'

/** Longest delay that a timer of Node's takes; a longer one would fire at once. */
const maxTimeoutMs = 2 ** 31 - 1

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after (delayMs, task) {
    let timer: NodeJS.Timeout
    const wait = (leftMs: number): void => {
      const stepMs = Math.min(Math.max(0, leftMs), maxTimeoutMs)
      timer = setTimeout(() => {
        if (leftMs > stepMs) wait(leftMs - stepMs)
        else task()
      }, stepMs)
      timer.unref()
    }
    wait(delayMs)
    return { cancel: () => { clearTimeout(timer) } }
  }
}

export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  fraction: () => Math.random()
}
