/**
 * Presence from client to client over two relays, in virtual time: the real engine, encryption and relays.
 */
import assert from 'node:assert/strict'
import { Client } from '../client/client.ts'
import { MemoryStore } from '../client/store/store-memory.ts'
import type { PersonPresence, TypingChange } from '../client/model.ts'
import { World, type TestRelayNode } from '../node/testing/message-world.ts'
import type { Dialer } from '../protocol/byte-stream.ts'
import type { Primitives } from '../protocol/e2ee/primitives.ts'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../protocol/e2ee/primitives-seeded.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { deviceIdOfKey, type AccountId } from '../protocol/ids.ts'
import { limits } from '../protocol/limits.ts'
import { streamPair } from '../protocol/stream-pair.ts'

const addressOf = (node: TestRelayNode): string => `/memory/${node.name}/p2p/${node.id}`

class Person {
  client!: Client
  readonly typed: TypingChange[] = []
  readonly seen: PersonPresence[] = []
  get account (): AccountId { return this.client.account!.id }
}

describe('presence from client to client', () => {
  let world: World
  let primitives: Primitives
  let nodes: TestRelayNode[]
  let ann: Person
  let bob: Person

  const dialerOf = (seed: Uint8Array): Dialer => ({
    dial: async ({ addresses }) => {
      const node = nodes.find((one) => addresses.includes(addressOf(one)))
      if (node?.isRunning !== true) throw new ProtocolError('HOME_UNREACHABLE')
      const [near, far] = streamPair(deviceIdOfKey(nodePrimitives.ed25519PublicKey(seed)), node.id)
      node.relay.clients.accept(far)
      return near
    }
  })

  async function personAt (node: TestRelayNode): Promise<Person> {
    const person = new Person()
    const { clock, random } = world
    person.client = await Client.open({ store: new MemoryStore(), dialer: dialerOf, clock, random, primitives }, { bootstrap: nodes.map(addressOf), software: 'test', strangers: 'accept' })
    await world.during(person.client.createAccount({ relay: addressOf(node) }))
    person.client.on('typing', (change) => { person.typed.push(change) })
    person.client.on('presence', (presence) => { person.seen.push(presence) })
    person.client.start()
    await world.until(() => person.client.connection.state === 'online')
    return person
  }

  beforeEach(async () => {
    world = new World(7, { latencyMs: 20, jitterMs: 10 })
    primitives = seededPrimitives(nodePrimitives, 'presence')
    nodes = [await world.relay('eu-1'), await world.relay('ap-1')]
    ann = await personAt(nodes[0]!)
    bob = await personAt(nodes[1]!)
    await world.pass(5_000)
  })

  afterEach(async () => {
    for (const { client } of [ann, bob]) await world.during(client.stop())
    await world.stop()
  })

  const state = (of: Person): string => ann.client.presence.of(of.account).state

  it('who watches before the first message sees the other soon after it', async () => {
    ann.client.presence.watch([bob.account])
    await world.pass(20_000)
    assert.equal(state(bob), 'unknown')
    await ann.client.send(bob.account, 'hello')
    await world.until(() => state(bob) === 'online', 30_000, () => 'bob online')
    bob.client.presence.setState('idle')
    await world.until(() => state(bob) === 'away', 3_000, () => 'bob away')
    await world.during(bob.client.stop())
    await world.until(() => state(bob) === 'offline', 8_000, () => 'bob offline')
    bob.client.start()
    await world.until(() => state(bob) === 'away', 8_000, () => 'bob away again: still idle')
    bob.client.presence.touch()
    await world.until(() => state(bob) === 'online', 3_000, () => 'bob online again')
    await world.pass(limits.idleAwayMs)
    assert.equal(state(bob), 'away')
  })

  it('typing is shown, is over by itself, and ends with the message', async () => {
    await ann.client.send(bob.account, 'hello')
    await bob.client.send(ann.account, 'hello ann')
    await world.pass(5_000)
    for (let i = 0; i < 8; i++) {
      await ann.client.presence.typing(bob.account, 'typing')
      await world.pass(1_000)
    }
    assert.deepEqual(bob.typed, [{ chat: ann.account, account: ann.account, state: 'typing' }])
    await world.pass(limits.typingMs)
    assert.deepEqual(bob.typed.map((one) => one.state), ['typing', 'stopped'])
    await ann.client.presence.typing(bob.account, 'recording')
    await world.pass(500)
    await ann.client.send(bob.account, 'there you are')
    await world.pass(1_000)
    assert.deepEqual(bob.typed.map((one) => one.state), ['typing', 'stopped', 'recording', 'stopped'])
    assert.deepEqual(ann.typed, [])
    // Many signals went nowhere in between: what is said still opens.
    await world.during(bob.client.stop())
    for (let i = 0; i < 30; i++) {
      await ann.client.presence.typing(bob.account, 'typing')
      await world.pass(4_000)
    }
    await ann.client.send(bob.account, 'still there?')
    bob.client.start()
    await world.pass(10_000)
    assert.equal((await bob.client.history(ann.account)).at(-1)?.text, 'still there?')
  })

  it('typing in a group is shown to its members; who shares nothing else is seen through the group', async () => {
    const dan = await personAt(nodes[1]!)
    await ann.client.send(bob.account, 'hello')
    await ann.client.send(dan.account, 'hello')
    await world.pass(10_000)
    const { chat } = await world.during(ann.client.groups.create({ name: 'three', members: [bob.account, dan.account] }))
    await world.pass(10_000)
    await ann.client.send(chat, 'hello, both')
    await world.pass(20_000)
    await ann.client.presence.typing(chat, 'typing')
    await world.pass(1_000)
    assert.deepEqual(bob.typed, [{ chat, account: ann.account, state: 'typing' }])
    assert.deepEqual(dan.typed, bob.typed)
    bob.client.presence.watch([dan.account])
    await world.pass(20_000)
    assert.equal(bob.client.presence.of(dan.account).state, 'unknown')
    bob.client.presence.watch([{ account: dan.account, group: chat }])
    await world.pass(5_000)
    assert.equal(bob.client.presence.of(dan.account).state, 'online')
    await world.during(dan.client.stop())
  })

  it('who hides is not seen, sees nothing, and does not say that they type', async () => {
    await ann.client.send(bob.account, 'hello')
    await bob.client.send(ann.account, 'hello ann')
    await world.pass(5_000)
    ann.client.presence.watch([bob.account])
    bob.client.presence.watch([ann.account])
    await world.until(() => state(bob) === 'online')
    await world.during(bob.client.presence.setPolicy({ online: 'nobody', lastSeen: 'nobody' }))
    await world.pass(5_000)
    assert.equal(state(bob), 'unknown')
    assert.equal(bob.client.presence.of(ann.account).state, 'unknown')
    await bob.client.presence.typing(ann.account, 'typing')
    await world.pass(1_000)
    assert.deepEqual(ann.typed, [])
    assert.equal((await world.during(bob.client.presence.policy())).online, 'nobody')
  })
})
