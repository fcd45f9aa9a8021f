import assert from 'node:assert/strict'
import type { MessageId } from '../protocol/ids.ts'
import { World, assertConverged, type TestClient } from './message-world.ts'

const sendMany = (from: TestClient, to: TestClient, count: number): MessageId[] => Array.from({ length: count }, () => from.send(to))

describe('message path', () => {
  let world: World
  beforeEach(() => { world = new World(7) })
  afterEach(async () => { await world.stop() })

  it('two people at one relay see the same order', async () => {
    const relay = await world.relay('eu-1.example.org')
    const [a, b] = await world.pair(relay, relay)
    const [fromA, fromB] = [sendMany(a, b, 20), sendMany(b, a, 20)]
    await world.pass()
    assertConverged(a, b, fromA, fromB)
  })

  it('people at two relays see the same order, whoever anchors', async () => {
    const [eu, us] = [await world.relay('eu-1.example.org'), await world.relay('us-1.example.org')]
    const [a, b] = await world.pair(eu, us)
    const [fromA, fromB] = [sendMany(a, b, 50), sendMany(b, a, 50)]
    await world.pass(5_000)
    assertConverged(a, b, fromA, fromB)
    assert.equal(a.duplicates + b.duplicates, 0)
  })
})
