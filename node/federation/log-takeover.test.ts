/** A home that goes on with a log of which it keeps nothing. */
import assert from 'node:assert/strict'
import { pairConversation } from '../../protocol/conversation.ts'
import { TestGroup } from '../testing/group-world.ts'
import type { TestClient, TestRelayNode, World } from '../testing/message-world.ts'
import { sendMany, threeRelays, untilSeen } from '../testing/worlds.ts'

describe('taking over the log of a group', () => {
  it('a message that is sent again has the number that it had, although no home keeps it', async () => {
    const { world, eu, us, asia } = await threeRelays(1, { latencyMs: 20 })
    const [founder, member] = [await world.person(eu), await world.person(us)]
    const group = new TestGroup(world, founder)
    const { id } = group.conversation
    group.create([member])
    const sealed = Array.from({ length: 30 }, () => founder.sealFor(group.conversation))
    for (const one of sealed) founder.enqueue(one)
    const untilAll = async (count: number): Promise<void> => { await world.until(() => founder.outbox.length + member.outbox.length === 0 && [founder, member].every((one) => group.shownTo(one).length === count)) }
    await untilAll(31)
    // Both confirm what they have.
    for (let count = 32; count <= 34; count++) {
      group.say(member)
      await untilAll(count)
      await world.pass(10_000)
    }
    for (const home of [eu, us]) assert.ok((await home.store.openLog(id))!.first > 31, `nothing is kept at ${home.name}`)
    const numbers = new Map(group.shownTo(founder).map((messageId, i) => [messageId, i + 1]))
    eu.crash()
    await founder.moveTo(asia, 2)
    group.say(member)
    await untilAll(35)
    const outcomes = await world.during(founder.submitRaw(sealed.map(({ bytes }) => bytes)))
    assert.deepEqual(outcomes.map(({ status, seq }) => [status, seq]), sealed.map(({ messageId }) => [0, numbers.get(messageId)]))
    assert.equal((await asia.store.openLog(id))?.head, 35)
    await world.stop()
  })
})

/** Thirty messages that both have, and that no home keeps. */
async function thirty (world: World, from: TestClient, to: TestClient, homes: readonly TestRelayNode[]): Promise<() => Promise<void>> {
  const { id } = pairConversation(from.account, to.account)
  const sealed = Array.from({ length: 30 }, () => from.seal(to.account))
  for (const one of sealed) from.enqueue(one)
  await untilSeen(world, from, to, 30)
  // Both confirm what they have.
  for (let count = 31; count <= 33; count++) {
    sendMany(to, from, 1)
    await untilSeen(world, from, to, count)
    await world.pass(10_000)
  }
  for (const home of homes) assert.ok((await home.store.openLog(id))!.first > 30, `nothing is kept at ${home.name}`)
  const numbers = new Map(from.logOf(id).shown.map((messageId, i) => [messageId, i + 1]))
  return async () => {
    const outcomes = await world.during(from.submitRaw(sealed.map(({ bytes }) => bytes)))
    assert.deepEqual(outcomes.map(({ status, seq }) => [status, seq]), sealed.map(({ messageId }) => [0, numbers.get(messageId)]))
  }
}

describe('taking over the log of two people', () => {
  for (const isEarly of [false, true]) {
    it(`a message that is sent again has the number that it had, although no home keeps it${isEarly ? ', also when it is accepted before that is known' : ''}`, async () => {
      const { world, eu, us, asia } = await threeRelays(2, { latencyMs: 20 })
      const [a, b] = await world.pair(eu, us)
      const again = await thirty(world, a, b, [eu, us])
      eu.crash()
      if (isEarly) world.network.cut(asia.id, us.id)
      await a.moveTo(asia, 2)
      if (isEarly) await again().catch((error: unknown) => { assert.ok(error instanceof assert.AssertionError, 'no number yet') })
      world.network.heal(asia.id, us.id)
      sendMany(b, a, 1)
      await untilSeen(world, a, b, 34)
      await again()
      assert.equal((await asia.store.openLog(pairConversation(a.account, b.account).id))?.head, 34)
      await world.stop()
    })
  }

  it('of somebody whose home has followed it only since nothing was kept has it, too', async () => {
    const { world, eu, us, asia } = await threeRelays(4, { latencyMs: 20 })
    const [a, b] = await world.pair(us, eu)
    const again = await thirty(world, b, a, [eu, us])
    eu.crash()
    await b.moveTo(asia, 2)
    sendMany(a, b, 1)
    await untilSeen(world, a, b, 34)
    us.crash()
    await a.moveTo(asia, 2)
    sendMany(a, b, 1)
    await untilSeen(world, a, b, 35)
    await again()
    await world.stop()
  })
})
