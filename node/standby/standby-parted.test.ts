/** Copies of what two people write to each other that have parted: their relay has died between shipping to the one's standby and to the other's. */
import assert from 'node:assert/strict'
import { pairConversation } from '../../protocol/conversation.ts'
import { World, assertConverged, type TestClient, type TestRelayNode } from '../testing/message-world.ts'
import { standBy } from '../testing/standby-world.ts'
import { sendMany, threeRelays, untilSeen } from '../testing/worlds.ts'

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

const headAt = async (relay: TestRelayNode, { a, b }: Pick<Parted, 'a' | 'b'>): Promise<[epoch: number, head: number]> => {
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

  it('a former home that comes back gives up what nobody else had, after it has handed over what was written by who has moved away', async () => {
    const parted = await twoStandbys(82)
    const { world, primary, a, one, b } = parted
    const [fromA, fromB] = [sendMany(a, b, 2), sendMany(b, a, 2)]
    await untilSeen(world, a, b, 4)
    // Alone: it acknowledges what no standby has, one of each.
    for (const relay of world.relays) if (relay !== primary) world.network.cut(primary.id, relay.id)
    const [alone, alsoAlone] = [a.send(b), b.send(a)]
    await world.until(() => a.outbox.length + b.outbox.length === 0)
    primary.crash()
    for (const relay of world.relays) world.network.heal(primary.id, relay.id)
    await a.moveTo(one, 3)
    fromA.push(a.send(b))
    await world.until(() => a.shownWith(b).includes(fromA.at(-1)!))
    assert.deepEqual(await headAt(one, parted), [3, 5])
    await primary.restart()
    // Its number came too late: behind what was written since.
    fromA.push(alone)
    fromB.push(alsoAlone)
    await untilSeen(world, a, b, 7)
    assertConverged(a, b, fromA, fromB)
    assert.deepEqual(await headAt(one, parted), await headAt(primary, parted))
    await world.stop()
  })

  it('an anchor that comes back to a relay whose copy has parted goes on after what others have', async () => {
    const { world, eu, us, asia } = await threeRelays(83, { latencyMs: 20 })
    const [a, b] = await world.pair(eu, asia)
    const parted = { a, b }
    const [fromA, fromB] = [sendMany(a, b, 2), sendMany(b, a, 2)]
    await untilSeen(world, a, b, 4)
    world.network.cut(eu.id, asia.id)
    const alone = a.send(b)
    await world.until(() => a.outbox.length === 0)
    eu.crash()
    world.network.heal(eu.id, asia.id)
    await a.moveTo(us, 2)
    fromA.push(...sendMany(a, b, 2), alone)
    await world.until(() => b.shownWith(a).length === 6)
    assert.deepEqual(await headAt(us, parted), [2, 6])
    await world.during(eu.start())
    await a.moveTo(eu, 3)
    fromB.push(b.send(a))
    await untilSeen(world, a, b, 8)
    assertConverged(a, b, fromA, fromB)
    assert.deepEqual(await headAt(eu, parted), await headAt(asia, parted))
    await world.stop()
  })

  it('what was taken over from a standby is let go when its sequencer has it, also when nobody writes', async () => {
    const { world, eu, us, asia } = await threeRelays(84, { latencyMs: 20 })
    const [a, b] = await world.pair(eu, us)
    await standBy(world, b, asia)
    b.holdsBack = true
    sendMany(a, b, 3)
    await untilSeen(world, a, b, 3)
    await world.pass(5_000)
    us.crash()
    b.holdsBack = false
    await b.moveTo(asia, 3)
    await world.pass(60_000)
    const head = await asia.store.openLog(pairConversation(a.account, b.account).id)
    assert.deepEqual([head?.head, head?.first, head?.replicas.size], [3, 4, 0])
    await world.stop()
  })
})
