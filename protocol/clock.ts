/**
 * Time and randomness as ports. The core reads neither a wall clock nor a timer of its own, so the same code runs
 * in virtual time. Real ones: `node/system.ts`, `client/system.ts`; by hand: `clock-manual.ts`.
 */
export interface Clock {
  /** Milliseconds since 1970. For display, expiry and retry; never for order. */
  nowMs (): number
  /** Call `task` once after `delayMs`. The timer does not keep a process alive by itself. */
  after (delayMs: number, task: () => void): Timer
}

export interface Timer { cancel (): void }

export interface Random {
  bytes (length: number): Uint8Array
  /** Uniform in [0, 1): for jitter and choice, not for keys. */
  fraction (): number
}

/** Rejects with the signal's reason when it fires first. */
export function sleep (clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) { reject(signal.reason as Error); return }
    const onAbort = (): void => { timer.cancel(); reject(signal!.reason as Error) }
    const timer = clock.after(delayMs, () => { signal?.removeEventListener('abort', onAbort); resolve() })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** `min(base · 2ⁿ, max)` with full jitter on the upper half, so that a crowd does not come back in step. */
export function backoffMs (attempt: number, random: Random, limits: { retryBaseMs: number, retryMaxMs: number }): number {
  const ceiling = Math.min(limits.retryBaseMs * 2 ** Math.min(attempt, 20), limits.retryMaxMs)
  return ceiling / 2 + random.fraction() * ceiling / 2
}
