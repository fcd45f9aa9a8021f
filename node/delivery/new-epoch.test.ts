import assert from 'node:assert/strict'
import { nameHomes } from '../testing/standby-world.ts'
import { World } from '../testing/message-world.ts'

describe('delivery in a new epoch', () => {
  it('an own message that begins it comes in a page as well: by an answer alone a device would wait for what may be before it', async () => {
    const world = new World(52)
    const [eu, us] = [await world.relay('eu-1.example.org'), await world.relay('us-1.example.org')]
    const [ann, bob] = await world.pair(eu, eu)
    await bob.offline()
    const handedOut = (): number => eu.meter.of('heliograph_delivery_entries_total')
    const say = async (): Promise<number> => {
      const before = handedOut()
      ann.send(bob)
      await world.pass(2_000)
      return handedOut() - before
    }
    await say()
    assert.equal(await say(), 0, 'the answer is the delivery')
    await nameHomes(world, ann, 2, eu, us)
    await world.pass(5_000)
    assert.equal(await say(), 1, 'a reference to the first of the new epoch')
    assert.equal(await say(), 0, 'the next one again not')
    await world.stop()
  })
})
