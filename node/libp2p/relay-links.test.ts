import assert from 'node:assert/strict'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { relayIdOfKey, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { RelayLinks } from './relay-links.ts'

const relay = (n: number): RelayId => relayIdOfKey(new Uint8Array(32).fill(n % 256, 0, 16).fill(n >> 8, 16))

function setUp (): { links: RelayLinks, clock: ManualClock, dials: Array<{ relay: RelayId, addresses: readonly string[], atMs: number }>, up: Set<RelayId>, connected: Set<RelayId> } {
  const clock = new ManualClock()
  const dials: Array<{ relay: RelayId, addresses: readonly string[], atMs: number }> = []
  const up = new Set<RelayId>()
  const connected = new Set<RelayId>()
  const startMs = clock.nowMs()
  const links = new RelayLinks({
    clock,
    random: new SeededRandom(1),
    dialer: {
      isConnected: (id) => connected.has(id),
      connect: (id, addresses) => {
        dials.push({ relay: id, addresses, atMs: clock.nowMs() - startMs })
        if (!up.has(id)) return Promise.reject(new Error('refused'))
        connected.add(id)
        links.onConnect(id)
        return Promise.resolve()
      }
    }
  })
  return { links, clock, dials, up, connected }
}

describe('links to other relays', () => {
  it('dial a configured peer at once and a lost one again until it is back', async () => {
    const { links, clock, dials, up, connected } = setUp()
    links.keep(relay(1), ['a'], { pinned: true })
    await clock.advance(0)
    assert.equal(dials.length, 1)
    await clock.advance(20_000)
    const failed = dials.length
    assert.ok(failed > 2, `${failed} attempts in 20 s`)
    up.add(relay(1))
    await clock.advance(limits.retryMaxMs)
    assert.equal(connected.has(relay(1)), true)
    const before = dials.length
    connected.delete(relay(1))
    links.onDisconnect(relay(1))
    await clock.advance(limits.retryBaseMs)
    assert.equal(dials.length, before + 1)
    assert.equal(clock.pending, 0)
  })

  it('wait longer after each failure, at most limits.retryMaxMs', async () => {
    const { links, clock, dials } = setUp()
    links.keep(relay(1), [], { pinned: true })
    await clock.advance(10 * 60_000)
    const gaps = dials.slice(1).map((dial, i) => dial.atMs - dials[i]!.atMs)
    assert.ok(gaps.every((gap) => gap <= limits.retryMaxMs))
    assert.ok(gaps[0]! <= limits.retryBaseMs && gaps.at(-1)! >= limits.retryMaxMs / 2, gaps.join(' '))
  })

  it('use the newest addresses', async () => {
    const { links, clock, dials } = setUp()
    links.keep(relay(1), ['old'])
    links.keep(relay(1), ['new'])
    await clock.advance(limits.retryBaseMs)
    assert.deepEqual(dials[0]?.addresses, ['new'])
  })

  it('give up after a day, except on configured peers', async () => {
    const { links, clock, dials } = setUp()
    links.keep(relay(1), [])
    links.keep(relay(2), [], { pinned: true })
    await clock.advance(25 * 60 * 60_000)
    dials.length = 0
    await clock.advance(60_000)
    assert.deepEqual([...new Set(dials.map((dial) => dial.relay))], [relay(2)])
    links.stop()
  }).timeout(20_000)

  it('are bounded: who has been lost longest makes room, who is connected stays', async () => {
    const { links, clock, dials, up, connected } = setUp()
    for (let i = 0; i < 255; i++) { connected.add(relay(i)); links.keep(relay(i), []) }
    links.keep(relay(300), [])
    links.keep(relay(301), []) // takes the place of 300
    up.add(relay(300)).add(relay(301))
    await clock.advance(limits.retryMaxMs)
    assert.deepEqual(dials.map((dial) => dial.relay), [relay(301)])
    links.stop()
  })

  it('leave no timer when stopped', async () => {
    const { links, clock } = setUp()
    for (let i = 0; i < 5; i++) links.keep(relay(i), [], { pinned: true })
    await clock.advance(5000)
    links.stop()
    await clock.advance(0)
    assert.equal(clock.pending, 0)
    links.keep(relay(9), [], { pinned: true })
    links.onDisconnect(relay(1))
    assert.equal(clock.pending, 0)
  })
})
