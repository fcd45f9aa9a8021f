/**
 * The real clock and the system's randomness, in Node and in browsers.
 */
import type { Clock, Random } from '../protocol/clock.ts'

/** Longest delay that a timer takes; a longer one would fire at once. */
const maxTimeoutMs = 2 ** 31 - 1

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after (delayMs, task) {
    let timer: ReturnType<typeof setTimeout> | number
    const wait = (leftMs: number): void => {
      const stepMs = Math.min(Math.max(0, leftMs), maxTimeoutMs)
      timer = setTimeout(() => {
        if (leftMs > stepMs) wait(leftMs - stepMs)
        else task()
      }, stepMs)
      // A browser's timers are numbers; Node's would keep the process alive.
      if (typeof timer === 'object') timer.unref()
    }
    wait(delayMs)
    return { cancel: () => { clearTimeout(timer) } }
  }
}

const fractionUnit = 2 ** -32

export const systemRandom: Random = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  fraction: () => crypto.getRandomValues(new Uint32Array(1))[0]! * fractionUnit
}
