/**
 * Ctrl-C and SIGTERM: the first asks a command to end well, the second ends it at once.
 */
import { warn, type Context } from './context.ts'
import { exitCodes } from './exit-codes.ts'

export interface Stopping {
  /** Fires at the first signal. */
  readonly signal: AbortSignal
  /** 130 after Ctrl-C, else 0: SIGTERM is how services are stopped, and ending on it is no failure. */
  readonly exitCode: number
  readonly release: () => void
}

export function stopOnSignals (context: Context, { firstSays = undefined as string | undefined } = {}): Stopping {
  const abort = new AbortController()
  let exitCode: number = exitCodes.ok
  const release = context.onSignal((signal) => {
    const code = signal === 'SIGINT' ? exitCodes.interrupted : 143
    if (abort.signal.aborted) { context.exit(code); return }
    exitCode = signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.ok
    if (firstSays !== undefined) warn(context, firstSays)
    abort.abort()
  })
  return { signal: abort.signal, get exitCode () { return exitCode }, release }
}

/** Resolves when the signal fires. Keeps the process alive until then. */
export function untilAborted (signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) { resolve(); return }
    // An abort listener alone does not keep Node running.
    const alive = setInterval(() => {}, 1 << 30)
    signal.addEventListener('abort', () => { clearInterval(alive); resolve() }, { once: true })
  })
}
