/**
 * A home relay dies. The client notices, moves, and nobody has to do anything. docs/protocol/move.md
 */
import assert from 'node:assert/strict'
import { MoveWorld } from './move-world.ts'

const relays = ['eu-1', 'us-1', 'ap-1'] as const

describe('a home that dies', function () {
  this.timeout(60_000)
  let world: MoveWorld

  afterEach(async () => { await world.stop() })

  it('with a standby: the client moves in under 10 s, its contacts do nothing, and both go on writing', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1')
    const bob = await world.person('bob', 'ap-1', { standby: 'none' })
    await ann.say(bob.account, 'one')
    await bob.say(ann.account, 'two')
    await world.until(() => bob.received.includes('one') && ann.received.includes('two'), 'the first messages')
    const { standby } = await ann.client.home.status()
    world.crash('eu-1')
    const tookMs = await world.timeUntil(() => world.homeOf(ann) === standby!.name && ann.client.connection.state === 'online', 'the move', 20_000)
    assert.ok(tookMs < 10_000, `${tookMs} ms`)
    await bob.say(ann.account, 'three')
    await ann.say(bob.account, 'four')
    const talkedMs = await world.timeUntil(() => bob.received.includes('four') && ann.received.includes('three'), 'messages after the move', 30_000)
    assert.ok(tookMs + talkedMs < 15_000, `${tookMs} + ${talkedMs} ms`)
    assert.deepEqual(bob.received, ['one', 'four'])
    assert.deepEqual(ann.received, ['two', 'three'])
    await world.until(async () => (await ann.states(bob.account)).every((state) => state === 'delivered'), 'receipts')
    assert.deepEqual(world.changes.get(ann)!.map(({ reason, from, to }) => [reason, from.name, to.name]), [['dead', 'eu-1', standby!.name]])
    assert.deepEqual([...ann.warnings, ...bob.warnings].map(({ text }) => text), [])
  })
})
