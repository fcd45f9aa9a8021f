/**
 * The relay's core and the client engine together, under virtual time, with faults drawn from a seed: nothing is lost,
 * nothing is shown twice, order is kept, both sides see the same. The same code as in production, without a network.
 */
import assert from 'node:assert/strict'
import { Client, type Message, type Warning } from '../client/client.ts'
import { MemoryStore as ClientMemoryStore } from '../client/store/store-memory.ts'
import { World, type TestRelayNode } from '../node/testing/message-world.ts'
import { MemoryStore as RelayMemoryStore } from '../node/store/store-memory.ts'
import type { ByteStream, Dialer } from '../protocol/byte-stream.ts'
import type { Primitives } from '../protocol/e2ee/primitives.ts'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../protocol/e2ee/primitives-seeded.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { deviceIdOfKey } from '../protocol/ids.ts'
import { protocols } from '../protocol/protocols.ts'
import { streamPair } from '../protocol/stream-pair.ts'

const addressOf = (node: TestRelayNode): string => `/memory/${node.name}/p2p/${node.id}`

class Simulation {
  readonly world: World
  nodes: TestRelayNode[] = []
  people: Person[] = []
  readonly #streams = new Map<TestRelayNode, ByteStream[]>()

  readonly primitives: Primitives

  constructor (seed: number) {
    this.world = new World(seed, { latencyMs: 20, jitterMs: 10 })
    this.primitives = seededPrimitives(nodePrimitives, `simulated ${seed}`)
  }

  async start (): Promise<void> {
    const { world } = this
    this.nodes = [await world.relay('eu-1'), await world.relay('ap-1')]
    for (const [i, name] of ['ann', 'bob'].entries()) {
      const person = new Person(this, name)
      this.people.push(person)
      await person.open()
      await world.during(person.client.createAccount({ relay: addressOf(this.nodes[i]!) }))
      person.client.start()
    }
    await world.until(() => this.people.every(({ client }) => client.connection.state === 'online'))
    // Time to become known: an account of a relay that dies before it has told anybody cannot be found.
    await world.pass(5_000)
  }

  async stop (): Promise<void> {
    for (const { client } of this.people) await this.world.during(client.stop())
    await this.world.stop()
  }

  dialerOf (seed: Uint8Array): Dialer {
    const device = deviceIdOfKey(nodePrimitives.ed25519PublicKey(seed))
    return {
      dial: async ({ addresses }, protocol) => {
        const node = this.nodes.find((one) => addresses.includes(addressOf(one)))
        if (node?.isRunning !== true || protocol !== protocols.client) throw new ProtocolError('HOME_UNREACHABLE')
        const [near, far] = streamPair(device, node.id)
        node.relay.clients.accept(far)
        this.#streams.set(node, [...this.#streams.get(node) ?? [], near])
        return near
      }
    }
  }

  /** `kill -9`. */
  crash (node: TestRelayNode): void {
    node.crash()
    for (const stream of this.#streams.get(node) ?? []) stream.abort(new Error('killed'))
    this.#streams.delete(node)
  }

  async revive (node: TestRelayNode): Promise<void> { await this.world.during(node.start()) }

  cut (kind: 'silent' | 'reset'): void { this.world.network.cut(this.nodes[0]!.id, this.nodes[1]!.id, kind) }
  heal (): void { this.world.network.heal(this.nodes[0]!.id, this.nodes[1]!.id) }
}

class Person {
  readonly name: string
  client!: Client
  readonly received: string[] = []
  readonly sent: string[] = []
  readonly warnings: Warning[] = []
  readonly #simulation: Simulation
  readonly #data = new Map<string, Uint8Array>()

  constructor (simulation: Simulation, name: string) {
    this.#simulation = simulation
    this.name = name
  }

  get other (): Person { return this.#simulation.people.find((one) => one !== this)! }

  /** Also again: a restart of the program. */
  async open (): Promise<void> {
    const { world, nodes } = this.#simulation
    this.client = await Client.open({
      store: new ClientMemoryStore(this.#data),
      dialer: (seed) => this.#simulation.dialerOf(seed),
      clock: world.clock,
      random: world.random,
      primitives: this.#simulation.primitives
    }, { bootstrap: nodes.map(addressOf), software: 'test', strangers: 'accept' })
    this.client.on('message', ({ text }) => { this.received.push(text) })
    this.client.on('warning', (warning) => { this.warnings.push(warning) })
  }

  async write (count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const text = `${this.name} ${this.sent.length}`
      this.sent.push(text)
      await this.client.send(this.other.client.account!.id, text)
    }
  }

  async history (): Promise<Message[]> { return await this.client.history(this.other.client.account!.id, { limit: 10_000 }) }
}

/** Sixty steps of one seed. @param isDestructive relays lose their disks, too: then order is not kept, but nothing else may be lost */
async function run (seed: number, { isDestructive }: { isDestructive: boolean }): Promise<Simulation> {
  const simulation = new Simulation(seed)
  await simulation.start()
  const { world, nodes, people } = simulation
  const { random } = world
  let disksLost = 0
  for (let step = 0; step < 60; step++) {
    const [person, node] = [random.pick(people), random.pick(nodes)]
    switch (random.below(14)) {
      case 0: if (node.isRunning) simulation.crash(node); break
      case 1: if (!node.isRunning) await simulation.revive(node); break
      case 2: simulation.cut(random.pick(['silent', 'reset'] as const)); break
      case 3: simulation.heal(); break
      case 4: await world.during(person.client.stop()); await person.open(); person.client.start(); break
      case 5: await world.during(person.client.stop()); break
      case 6: person.client.start(); break
      case 7:
        if (isDestructive && node.isRunning && disksLost++ < 2) {
          simulation.crash(node)
          node.store = new RelayMemoryStore()
          await simulation.revive(node)
        }
        break
      default: await person.write(1 + random.below(4))
    }
    await world.pass(random.below(1_500))
  }
  for (const node of nodes) if (!node.isRunning) await simulation.revive(node)
  simulation.heal()
  for (const { client } of people) client.start()
  // Something after everything else, from which each learns what the other has passed.
  for (const person of people) await person.write(1)
  for (const { name, sent } of people) assert.ok(sent.length > 10, `${name} has written something (seed ${seed})`)
  let isDone = false
  for (let waited = 0; waited < 600_000 && !isDone; waited += 500) {
    await world.pass(500)
    isDone = (await Promise.all(people.map((person) => person.history()))).flat().every(({ state }) => state === 'delivered') &&
      people.every((person) => person.received.length >= person.other.sent.length)
  }
  return simulation
}

describe('relays and clients in virtual time', () => {
  for (const seed of [1, 2, 3]) {
    it(`kills, cuts and restarts: no loss, no duplicate, order, convergence (seed ${seed})`, async () => {
      const simulation = await run(seed, { isDestructive: false })
      for (const person of simulation.people) {
        assert.deepEqual(person.received, person.other.sent, `${person.name} got everything, once, in order (seed ${seed})`)
        assert.ok((await person.history()).every(({ state }) => state === 'delivered'), `every message of ${person.name} has its ticks (seed ${seed})`)
        assert.deepEqual(person.warnings, [], `seed ${seed}`)
      }
      const [ann, bob] = await Promise.all(simulation.people.map(async (person) => (await person.history()).map(({ text }) => text)))
      assert.deepEqual(ann, bob, `both see the same (seed ${seed})`)
      await simulation.stop()
    }).timeout(60_000)
  }

  for (const seed of [21, 22]) {
    it(`relays that lose their disks: no loss of what its sender still has, no duplicate (seed ${seed})`, async () => {
      const simulation = await run(seed, { isDestructive: true })
      for (const person of simulation.people) {
        assert.deepEqual([...person.received].sort(), [...person.other.sent].sort(), `${person.name} got everything once (seed ${seed})`)
        assert.ok((await person.history()).every(({ state }) => state === 'delivered'), `every message of ${person.name} has its ticks (seed ${seed})`)
      }
      await simulation.stop()
    }).timeout(60_000)
  }
})
