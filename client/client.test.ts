import assert from 'node:assert/strict'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { FakeWorld, type FakePerson } from './world-fake.ts'

describe('client: two people and a relay', () => {
  let world: FakeWorld
  let alice: FakePerson
  let bob: FakePerson
  beforeEach(async () => {
    world = new FakeWorld(nodePrimitives)
    alice = await world.member('alice')
    bob = await world.member('bob')
  })
  afterEach(async () => {
    await world.stop()
    assert.equal(world.clock.pending, 0, 'a stopped client leaves no timer')
  })

  it('delivers a message with all its ticks', async () => {
    const states: string[] = []
    alice.client.on('update', ({ state }) => { states.push(state) })
    const contact = await world.settled(alice.client.addContact('bob@eu-1.example.org', { name: 'Bob' }))
    assert.equal(contact.account, bob.id)
    const message = await alice.client.send(contact.account, 'hello Bob')
    assert.equal(message.state, 'pending')
    await world.until(() => bob.received.length === 1)
    assert.equal(bob.received[0]!.text, 'hello Bob')
    assert.equal(bob.received[0]!.peer, alice.id)
    await world.until(() => states.includes('delivered'))
    await bob.client.markRead(alice.id)
    await world.until(() => states.includes('read'))
    assert.deepEqual(states.filter((state, i) => state !== states[i - 1]), ['sent', 'delivered', 'read'])
    await world.quiet()
    assert.equal(await alice.client.outboxLength(), 0)
    assert.deepEqual([...alice.warnings, ...bob.warnings], [])
  })
})
