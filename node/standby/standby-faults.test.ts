import assert from 'node:assert/strict'
import type { MessageId } from '../../protocol/ids.ts'
import { World, assertConverged, type TestClient, type TestRelayNode } from '../testing/message-world.ts'
import { standBy, untilInSync } from '../testing/standby-world.ts'

const sendMany = (from: TestClient, to: TestClient, count: number): MessageId[] => Array.from({ length: count }, () => from.send(to))

type Place = 'primary' | 'standby' | 'other'

/**
 * Two people write to each other; the first has a standby. At the k-th step of one relay's store it is killed for good, before a batch
 * is written or after it was and before anybody is told. Whose home is gone moves to the standby; nobody sends anything again that was
 * answered with SENT. @returns false when it never came to step k
 */
async function killedForGood (k: number, { victim, homeOfB, anchor }: { victim: 'primary' | 'standby', homeOfB: Place, anchor: 'a' | 'b' }): Promise<boolean> {
  const world = new World(k, { latencyMs: 20, jitterMs: 10 })
  let steps = 0
  let killed: Promise<void> | undefined
  let target: TestRelayNode | undefined
  const pauseOf = (relay: () => TestRelayNode) => (): Promise<void> => {
    if (target === undefined || relay() !== target || killed !== undefined || ++steps < k) return Promise.resolve()
    killed = Promise.resolve().then(() => { relay().crash() })
    return killed
  }
  const primary: TestRelayNode = await world.relay('eu-1.example.org', { pause: pauseOf(() => primary) })
  const standby: TestRelayNode = await world.relay('us-1.example.org', { pause: pauseOf(() => standby) })
  const relays = { primary, standby, other: await world.relay('asia-1.example.org') }
  const pair = anchor === 'a' ? await world.pair(primary, relays[homeOfB]) : await world.pair(relays[homeOfB], primary)
  const [a, b] = anchor === 'a' ? pair : [pair[1], pair[0]]
  const [fromA, fromB] = [sendMany(a, b, 2), sendMany(b, a, 2)]
  await standBy(world, a, standby)
  if (homeOfB === 'primary') await standBy(world, b, standby)
  target = relays[victim]
  for (let round = 0; round < 3; round++) {
    fromA.push(...sendMany(a, b, 2))
    fromB.push(...sendMany(b, a, 2))
    await world.pass(150)
  }
  await world.pass(1_000)
  const isKilled = killed !== undefined
  target = undefined
  await killed
  if (isKilled && victim === 'primary') {
    await a.moveTo(standby, 3)
    if (homeOfB === 'primary') await b.moveTo(standby, 3)
  }
  if (isKilled && victim === 'standby') {
    await world.pass(4_000)
    await standby.restart()
    await untilInSync(world, a)
  }
  fromA.push(...sendMany(a, b, 1))
  fromB.push(...sendMany(b, a, 1))
  const isDone = (): boolean => [a, b].every((one) => one.outbox.length === 0) && [a.shownWith(b), b.shownWith(a)].every(({ length }) => length === fromA.length + fromB.length)
  await world.until(isDone, 120_000, () => `convergence after a kill of the ${victim} at step ${k} (${a.shownWith(b).length} and ${b.shownWith(a).length} of ${fromA.length + fromB.length}; waiting ${a.outbox.length}, ${b.outbox.length})`)
  assertConverged(a, b, fromA, fromB)
  await world.stop()
  return isKilled
}

describe('standby under faults', () => {
  for (const homeOfB of ['primary', 'standby', 'other'] as const) {
    for (const anchor of ['a', 'b'] as const) {
      it(`nothing acknowledged is lost, doubled or out of order when the primary is gone for good between any two steps (the other one lives at the ${homeOfB}, anchor ${anchor})`, async () => {
        let k = 1
        while (await killedForGood(k, { victim: 'primary', homeOfB, anchor })) k++
        assert.ok(k > 8, `killed at ${k - 1} steps`)
      }).timeout(60_000)
    }
  }

  it('nothing is lost when the standby dies between any two steps and comes back', async () => {
    let k = 1
    while (await killedForGood(k, { victim: 'standby', homeOfB: 'other', anchor: 'a' })) k++
    assert.ok(k > 8, `killed at ${k - 1} steps`)
  }).timeout(60_000)
})
