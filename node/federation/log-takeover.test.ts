/** A home that goes on with a log of which it keeps nothing: what devices offer again has the number that it had. */
import assert from 'node:assert/strict'
import { pairConversation } from '../../protocol/conversation.ts'
import type { MessageId } from '../../protocol/ids.ts'
import type { TestClient, TestRelayNode, World } from '../testing/message-world.ts'
import { sendMany, threeRelays, untilSeen } from '../testing/worlds.ts'

interface Offered { readonly sealed: ReadonlyArray<ReturnType<TestClient['seal']>>, readonly numbers: ReadonlyMap<MessageId, number> }

/** Thirty messages that everybody has, and that no home keeps. */
async function thirty (world: World, from: TestClient, to: TestClient, homes: readonly TestRelayNode[]): Promise<Offered> {
  const { id } = pairConversation(from.account, to.account)
  const sealed = Array.from({ length: 30 }, () => from.seal(to.account))
  for (const one of sealed) from.enqueue(one)
  await untilSeen(world, from, to, 30)
  // Both confirm what they have.
  for (let n = 31; n <= 33; n++) {
    sendMany(to, from, 1)
    await untilSeen(world, from, to, n)
    await world.pass(10_000)
  }
  for (const home of homes) assert.ok((await home.store.openLog(id))!.first > 30, `nothing is kept at ${home.name}`)
  return { sealed, numbers: new Map(from.logOf(id).shown.map((messageId, i) => [messageId, i + 1])) }
}

async function offerAgain (world: World, from: TestClient, { sealed, numbers }: Offered): Promise<void> {
  const outcomes = await world.during(from.submitRaw(sealed.map(({ bytes }) => bytes)))
  assert.deepEqual(outcomes.map(({ seq }) => seq), sealed.map(({ messageId }) => numbers.get(messageId)))
}

describe('taking over a log', () => {
  for (const [name, seed] of [['of which nothing is kept anywhere', 1], ['while what was written before waits here', 2]] as const) {
    it(`a message that is sent again has the number that it had (${name})`, async () => {
      const { world, eu, us, asia } = await threeRelays(seed, { latencyMs: 20 })
      const [a, b] = await world.pair(eu, us)
      const offered = await thirty(world, a, b, [eu, us])
      eu.crash()
      if (seed === 2) world.network.cut(asia.id, us.id)
      await a.moveTo(asia, 2)
      // Accepted before it is known how far the log goes.
      if (seed === 2) await world.during(a.submitRaw(offered.sealed.map(({ bytes }) => bytes)))
      world.network.heal(asia.id, us.id)
      sendMany(b, a, 1)
      await untilSeen(world, a, b, 34)
      await offerAgain(world, a, offered)
      const { id } = pairConversation(a.account, b.account)
      assert.equal((await asia.store.openLog(id))?.head, 34)
      await world.stop()
    })
  }

  it('from a home that has followed it only since it was kept nowhere, that is so, too', async () => {
    const { world, eu, us, asia } = await threeRelays(3, { latencyMs: 20 })
    const last = await world.relay('eu-2.example.org')
    const [a, b] = await world.pair(eu, us)
    const offered = await thirty(world, a, b, [eu, us])
    us.crash()
    await b.moveTo(asia, 2)
    sendMany(a, b, 1)
    await untilSeen(world, a, b, 34)
    eu.crash()
    await a.moveTo(last, 2)
    sendMany(b, a, 1)
    await untilSeen(world, a, b, 35)
    await offerAgain(world, a, offered)
    await world.stop()
  })
})
