/** Copies of what two people write to each other that have parted: their relay has died between shipping to the one's standby and to the other's. */
import assert from 'node:assert/strict'
import { pairConversation } from '../../protocol/conversation.ts'
import { World, assertConverged, type TestClient, type TestRelayNode } from '../testing/message-world.ts'
import { standBy } from '../testing/standby-world.ts'
import { sendMany, untilSeen } from '../testing/worlds.ts'

interface Parted {
  readonly world: World
  readonly primary: TestRelayNode
  /** Anchor; moves to `one`. */
  readonly a: TestClient
  readonly one: TestRelayNode
  /** Moves to `two`. */
  readonly b: TestClient
  readonly two: TestRelayNode
}

/** Two people at one relay, each with a standby of their own. */
async function twoStandbys (seed: number): Promise<Parted> {
  const world = new World(seed, { latencyMs: 20 })
  const [primary, one, two] = [await world.relay('us-1.example.org'), await world.relay('eu-2.example.org'), await world.relay('eu-1.example.org')]
  const [a, b] = await world.pair(primary, primary)
  await standBy(world, a, one)
  await standBy(world, b, two)
  return { world, primary, a, one, b, two }
}

const headAt = async (relay: TestRelayNode, { a, b }: Parted): Promise<[epoch: number, head: number]> => {
  const head = await relay.store.openLog(pairConversation(a.account, b.account).id)
  return [head?.epoch ?? 0, head?.head ?? 0]
}

describe('copies of a conversation of two that have parted', () => {
  for (const first of ['anchor', 'other'] as const) {
    for (const isCutOff of [true, false]) {
      it(`what only one standby had of their log is lost to nobody (the ${first} moves first, ${isCutOff ? 'the new homes cannot reach each other' : 'both can be reached'})`, async () => {
        const parted = await twoStandbys(81)
        const { world, primary, a, one, b, two } = parted
        const [fromA, fromB] = [sendMany(a, b, 2), sendMany(b, a, 2)]
        await untilSeen(world, a, b, 4)
        // The next number reaches the standby of the second person only, so that nobody is told.
        world.network.cut(primary.id, one.id)
        fromB.push(b.send(a))
        await world.pass(500)
        assert.equal(b.outbox.length, 1, 'not acknowledged')
        primary.crash()
        if (isCutOff) world.network.cut(one.id, two.id)
        const moveAnchor = async (): Promise<void> => {
          await a.moveTo(one, 3)
          fromA.push(a.send(b))
          await world.until(() => a.shownWith(b).includes(fromA.at(-1)!))
        }
        if (first === 'anchor') await moveAnchor()
        await b.moveTo(two, 3)
        assert.deepEqual(await headAt(two, parted), [2, 5], 'taken over by number')
        // Its people acknowledge it all.
        await world.pass(5_000)
        if (first === 'other') await moveAnchor()
        fromB.push(b.send(a))
        await world.pass(500)
        world.network.heal(one.id, two.id)
        fromA.push(a.send(b))
        await untilSeen(world, a, b, fromA.length + fromB.length)
        assertConverged(a, b, fromA, fromB)
        assert.deepEqual(await headAt(one, parted), await headAt(two, parted))
        await world.stop()
      })
    }
  }
})
