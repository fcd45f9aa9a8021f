/**
 * A channel to a relay within a time limit by the clock.
 */
import type { Dialer } from '../../protocol/byte-stream.ts'
import { Channel, Handlers } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'

export interface DialTarget {
  readonly target: Parameters<Dialer['dial']>[0]
  readonly protocol: string
  readonly handlers?: Handlers
  readonly signal: AbortSignal
}

/** @returns a channel that is not started yet. @throws ProtocolError HOME_UNREACHABLE, TIMEOUT; the signal's reason */
export async function dialChannel ({ dialer, clock }: { dialer: Dialer, clock: Clock }, { target, protocol, handlers = new Handlers(), signal }: DialTarget): Promise<Channel> {
  const deadline = new AbortController()
  const timer = clock.after(limits.dialTimeoutMs, () => { deadline.abort(new ProtocolError('TIMEOUT')) })
  try {
    const stream = await dialer.dial(target, protocol, { signal: AbortSignal.any([signal, deadline.signal]) })
    const channel = new Channel(stream, { handlers, clock })
    if (signal.aborted) {
      channel.abort(signal.reason as Error)
      throw signal.reason
    }
    return channel
  } finally {
    timer.cancel()
  }
}
