import assert from 'node:assert/strict'
import { ManualClock } from '../../protocol/clock-manual.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import { topOf, type ActivitySample, type LogActivity } from './activity.ts'
import { hotLogGauge } from './hot-logs.ts'
import { createMetrics } from './metrics.ts'

const log = (head: number, behind = 0): LogActivity => ({ kind: 'pair', members: 2, head, followers: 1, behind })
const sample = (logs: Record<string, LogActivity>, accounts: Record<string, number> = {}, relays: Record<string, number> = {}): ActivitySample => ({
  logs: new Map(Object.entries(logs) as Array<[ConversationId, LogActivity]>),
  accounts: new Map(Object.entries(accounts).map(([id, submitted]) => [id as AccountId, { devices: 1, submitted, handedOut: 0, unacknowledged: 0 }])),
  relays: new Map(Object.entries(relays).map(([id, forwarded]) => [id as RelayId, { forwarded, isConnected: true, waiting: 0, isBackingOff: false }]))
})

describe('activity', () => {
  it('puts the busiest first, by what came between two looks, in short ids', () => {
    const before = sample({ 'conversation-aaaaaa': log(100), 'conversation-bbbbbb': log(5) }, { 'account-cccccc': 10, 'account-dddddd': 0 }, { 'relay-eeeeee': 7 })
    const after = sample({ 'conversation-aaaaaa': log(102), 'conversation-bbbbbb': log(25) }, { 'account-cccccc': 11, 'account-dddddd': 8 }, { 'relay-eeeeee': 27 })
    const top = topOf(before, after, { seconds: 2, limit: 10 })
    assert.deepEqual(top.logs.map(({ log: id, perSecond }) => [id, perSecond]), [['bbbbbb', 10], ['aaaaaa', 1]])
    assert.deepEqual(top.accounts.map(({ account, submittedPerSecond }) => [account, submittedPerSecond]), [['dddddd', 4], ['cccccc', 0.5]])
    assert.deepEqual(top.relays.map(({ relay, forwardedPerSecond }) => [relay, forwardedPerSecond]), [['eeeeee', 10]])
    assert.equal(topOf(before, after, { seconds: 2, limit: 1 }).logs.length, 1)
  })

  it('counts a connection that is new from 0, and gives a log that was just loaded no rate', () => {
    const top = topOf(sample({}, { 'account-cccccc': 50 }), sample({ 'conversation-aaaaaa': log(1_000, 3) }, { 'account-cccccc': 4 }), { seconds: 1, limit: 5 })
    assert.deepEqual([top.logs[0]!.perSecond, top.logs[0]!.behind, top.accounts[0]!.submittedPerSecond], [0, 3, 4])
  })

  it('tells how fast the busiest log grows, and whoever asks at once again what was true then', async () => {
    const clock = new ManualClock()
    const metrics = createMetrics({ isWithProcess: false })
    const logs = [{ conversation: { id: 'a' as ConversationId }, durableHead: 10 }, { conversation: { id: 'b' as ConversationId }, durableHead: 100 }]
    hotLogGauge(metrics, clock, () => logs)
    const read = async (): Promise<number> => (await metrics.read())['heliograph_logs_hottest_per_second']!
    await clock.advance(10_000)
    assert.equal(await read(), 0)
    logs[0]!.durableHead = 310
    logs[1]!.durableHead = 110
    await clock.advance(1_000)
    assert.equal(await read(), 0)
    await clock.advance(9_000)
    assert.equal(await read(), 30)
    assert.equal(await read(), 30)
    await clock.advance(10_000)
    assert.equal(await read(), 0)
  })
})
