/**
 * The real clock and the platform's randomness, in Node and in browsers. Composition roots hand these to the engine.
 */
import type { Clock, Random } from '../protocol/clock.ts'

/** Longest delay that a platform's timer takes; a longer one would fire at once. */
const maxTimeoutMs = 2 ** 31 - 1
/** What one call of getRandomValues gives at most. */
const maxRandomBytes = 65_536

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after (delayMs, task) {
    let timer: ReturnType<typeof setTimeout>
    const wait = (leftMs: number): void => {
      const stepMs = Math.min(Math.max(0, leftMs), maxTimeoutMs)
      timer = setTimeout(() => {
        if (leftMs > stepMs) wait(leftMs - stepMs)
        else task()
      }, stepMs)
      // In Node a timer of ours does not keep the process alive; in browsers timers are numbers.
      if (typeof timer === 'object') timer.unref()
    }
    wait(delayMs)
    return { cancel: () => { clearTimeout(timer) } }
  }
}

export const systemRandom: Random = {
  bytes (length) {
    const out = new Uint8Array(length)
    for (let from = 0; from < length; from += maxRandomBytes) crypto.getRandomValues(out.subarray(from, from + maxRandomBytes))
    return out
  },
  fraction: () => Math.random()
}
