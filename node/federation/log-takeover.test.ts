/** A home that goes on with a log of which it keeps nothing. */
import assert from 'node:assert/strict'
import { TestGroup } from '../testing/group-world.ts'
import { threeRelays } from '../testing/worlds.ts'

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
