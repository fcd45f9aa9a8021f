/**
 * A signal that fires after a time on the given clock: every call to the network has one.
 */
import type { Clock } from '../protocol/clock.ts'
import { ProtocolError } from '../protocol/errors.ts'

export interface Deadline {
  readonly signal: AbortSignal
  /** The work is done: no timer stays behind. */
  cancel (): void
}

/** Its reason is ProtocolError TIMEOUT, or that of `signal` when that fires first. */
export function deadline (clock: Clock, afterMs: number, signal?: AbortSignal): Deadline {
  const controller = new AbortController()
  const timer = clock.after(afterMs, () => { controller.abort(new ProtocolError('TIMEOUT')) })
  const onAbort = (): void => { controller.abort(signal!.reason) }
  if (signal?.aborted === true) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  return {
    signal: controller.signal,
    cancel () {
      timer.cancel()
      signal?.removeEventListener('abort', onAbort)
    }
  }
}
