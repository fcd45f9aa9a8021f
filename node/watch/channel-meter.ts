/**
 * Counts what channels refuse, and logs what a handler did not expect.
 */
import type { ChannelMeter } from '../../protocol/channel.ts'
import type { Meter } from './meter.ts'
import type { Logger } from '../ports.ts'

/** Frames that were refused, and handlers that failed, on channels of one kind. */
export function channelMeter (meter: Meter, logger: Logger): (protocol: 'client' | 'relay' | 'directory' | 'link') => ChannelMeter {
  const refused = meter.counter('heliograph_channel_refused_total', 'Requests, notifications and frames that were refused, by error code', ['protocol', 'method', 'code'])
  const failed = meter.counter('heliograph_channel_failed_total', 'Handlers that failed on something unexpected: defects', ['protocol', 'method'])
  return (protocol) => {
    // From 0 on, so that the first one is seen to have been added.
    failed.inc(0, { protocol, method: 'frame' })
    return {
      refused: (code, method) => { refused.inc(1, { protocol, method, code }) },
      failed: (method, error) => {
        failed.inc(1, { protocol, method })
        logger.error('channel.handler-failed', { protocol, method }, error)
      }
    }
  }
}
