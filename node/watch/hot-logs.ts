/**
 * How fast the busiest conversation grows, as one figure without a name: `heliograph relay top` says which one it is.
 */
import type { Clock } from '../../protocol/clock.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import type { Meter } from './meter.ts'

/** Whoever looks more often is told what was true then. */
const leastMs = 5_000

interface Growing { readonly conversation: { readonly id: ConversationId }, readonly durableHead: number }

/** Looks at the heads of the logs in memory when somebody asks, and at nothing in between. */
export function hotLogGauge (meter: Meter, clock: Pick<Clock, 'nowMs'>, loaded: () => Iterable<Growing>): void {
  let before = new Map<ConversationId, number>()
  let beforeMs = clock.nowMs()
  let hottest = 0
  meter.gauge('heliograph_logs_hottest_per_second', 'entries a second of the log in memory that grew most since the last look', () => {
    const nowMs = clock.nowMs()
    const seconds = (nowMs - beforeMs) / 1000
    // A clock that was set back: from here on again.
    if (seconds >= 0 && seconds < leastMs / 1000) return hottest
    const heads = new Map<ConversationId, number>()
    let most = 0
    for (const { conversation, durableHead } of loaded()) {
      heads.set(conversation.id, durableHead)
      most = Math.max(most, durableHead - (before.get(conversation.id) ?? durableHead))
    }
    before = heads
    beforeMs = nowMs
    hottest = seconds > 0 ? most / seconds : 0
    return hottest
  })
}
