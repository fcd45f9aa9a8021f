/**
 * The figures that alerts stand on, measured where something happened: two relays in virtual time.
 */
import assert from 'node:assert/strict'
import type { TestClient, TestRelayNode, World } from '../testing/message-world.ts'
import { twoPeople } from '../testing/worlds.ts'

describe('figures', () => {
  let world: World
  let eu: TestRelayNode
  let us: TestRelayNode
  let a: TestClient
  let b: TestClient
  beforeEach(async () => { ({ world, eu, us, a, b } = await twoPeople(11)) })
  afterEach(async () => { await world.stop() })

  it('the oldest in an outbox counts from when it was stored, also after a restart, and is gone with it', async () => {
    const oldest = (): Promise<number> => us.meter.gauged('heliograph_outbox_oldest_seconds')
    assert.equal(await oldest(), 0)
    world.network.cut(eu.id, us.id, 'silent')
    b.send(a)
    await world.pass(40_000)
    b.send(a)
    await world.pass(20_000)
    assert.ok(await oldest() >= 59 && await oldest() < 62, `${await oldest()} s`)
    us.crash()
    await world.pass(10_000)
    await us.restart()
    assert.ok(await oldest() >= 69, `${await oldest()} s after the restart`)
    assert.ok(us.meter.of('heliograph_lane_retries_total forward') > 0)
    world.network.heal(eu.id, us.id)
    await world.until(() => a.shownWith(b).length === 2)
    await world.pass(5_000)
    assert.equal(await oldest(), 0)
    assert.equal(await us.meter.gauged('heliograph_outbox_length'), 0)
  })

  it('of many in an outbox the oldest that is left counts', async () => {
    world.network.cut(eu.id, us.id, 'silent')
    for (let i = 0; i < 5; i++) {
      b.send(a)
      await world.pass(10_000)
    }
    assert.ok(await us.meter.gauged('heliograph_outbox_oldest_seconds') >= 49)
    world.network.heal(eu.id, us.id)
    await world.until(() => a.shownWith(b).length === 5)
    await world.pass(5_000)
    b.send(a)
    world.network.cut(eu.id, us.id, 'silent')
    b.send(a)
    await world.pass(3_000)
    assert.ok(await us.meter.gauged('heliograph_outbox_oldest_seconds') < 6)
  })

  it('delivery lag counts the time that a device was away, and for those connected only since then', async () => {
    await b.offline()
    a.send(b)
    await world.pass(60_000)
    await b.online()
    await world.until(() => b.shownWith(a).length === 1)
    await world.pass(1_000)
    assert.equal(us.meter.of('heliograph_delivery_lag_seconds count'), 1)
    assert.ok(us.meter.of('heliograph_delivery_lag_seconds sum') >= 59)
    assert.equal(us.meter.of('heliograph_delivery_online_lag_seconds count'), 1)
    assert.ok(us.meter.of('heliograph_delivery_online_lag_seconds sum') < 5)
  })

  it('an answer is timed for each batch of a device, and not for those of other relays', async () => {
    const count = (relay: TestRelayNode): number => relay.meter.of('heliograph_intake_acknowledge_seconds count')
    const [atEu, atUs] = [count(eu), count(us)]
    b.send(a)
    await world.until(() => a.shownWith(b).length === 1)
    assert.deepEqual([count(eu) - atEu, count(us) - atUs], [0, 1])
    assert.ok(us.meter.of('heliograph_commit_fsync_seconds count') > 0)
  })
})
