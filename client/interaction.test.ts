/**
 * Two people and a relay under faults drawn from a seed: nothing lost, nothing twice, order kept, both see the same.
 */
import assert from 'node:assert/strict'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../protocol/e2ee/primitives-seeded.ts'
import { CrashingStore } from './testing/crashing-store.ts'
import { noFaults, type Faults } from './testing/relay-fake.ts'
import { FakeWorld, type FakePerson } from './testing/world-fake.ts'

const faults: Faults = { cutBeforeSubmit: 0.1, cutAfterSubmit: 0.1, repeatPage: 0.3, dropPage: 0.15, refuseSubmit: 0.1, dropReceipt: 0.3 }

/** What one person sees of the other, as lines. */
async function seen (person: FakePerson, peer: FakePerson): Promise<string[]> {
  return (await person.client.history(peer.id, { limit: 100_000 })).map(({ direction, text }) => `${(direction === 'out' ? person : peer).name}: ${text}`)
}

async function checkConverged (world: FakeWorld, a: FakePerson, b: FakePerson, sent: { a: string[], b: string[] }): Promise<void> {
  const seed = `seed ${world.random.seed}`
  assert.deepEqual(await b.texts(a), sent.a, `${b.name} has everything of ${a.name}, once, in order (${seed})`)
  assert.deepEqual(await a.texts(b), sent.b, `${a.name} has everything of ${b.name}, once, in order (${seed})`)
  assert.deepEqual(await seen(a, b), await seen(b, a), `both see the same conversation (${seed})`)
  const announced = (person: FakePerson): string[] => [...new Set(person.received.map(({ text }) => text))]
  assert.equal(announced(b).length, b.received.length, `nothing is announced twice (${seed})`)
  assert.equal(announced(a).length, a.received.length, `nothing is announced twice (${seed})`)
  assert.deepEqual([...a.warnings, ...b.warnings], [], seed)
}

async function allDelivered (person: FakePerson, peer: FakePerson, count: number): Promise<boolean> {
  const messages = await person.client.history(peer.id, { limit: 100_000 })
  return messages.filter(({ direction, state }) => direction === 'out' && (state === 'delivered' || state === 'read')).length === count
}

describe('client: interaction under faults', () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`cuts, repeats, drops, refusals and restarts (seed ${seed})`, async () => {
      const world = new FakeWorld(seededPrimitives(nodePrimitives, `interaction ${seed}`), seed)
      const alice = await world.member('alice')
      const bob = await world.member('bob')
      world.relay.faults = faults
      const sent = { a: [] as string[], b: [] as string[] }
      const write = async (person: FakePerson, peer: FakePerson, log: string[]): Promise<void> => {
        for (let n = 1 + world.random.below(5); n > 0; n--) {
          const text = `${person.name} ${log.length}`
          log.push(text)
          await person.client.send(peer.id, text)
        }
      }
      for (let step = 0; step < 40; step++) {
        const [person, peer, log] = world.random.pick([[alice, bob, sent.a], [bob, alice, sent.b]] as const)
        switch (world.random.below(8)) {
          case 0: world.relay.restart(); break
          case 1: world.clock.advance(world.random.below(3_000)).catch(assert.fail); break
          case 2: await person.restart(); break
          case 3: await person.client.stop(); break
          case 4: person.client.start(); break
          default: await write(person, peer, log)
        }
        await world.clock.advance(world.random.below(400))
      }
      world.relay.faults = noFaults
      // What was dropped on a connection that lives on is delivered on the next one.
      world.relay.restart()
      alice.client.start()
      bob.client.start()
      await world.until(async () => await allDelivered(alice, bob, sent.a.length) && await allDelivered(bob, alice, sent.b.length), { what: 'delivery of everything', stepMs: 200 })
      await checkConverged(world, alice, bob, sent)
      await world.stop()
      assert.equal(world.clock.pending, 0, 'no timer is left')
    })
  }

  it('a crash after any write of the store loses nothing and repeats nothing', async () => {
    // Without a crash, to know how many writes there are.
    const run = async (crashAt: { alice?: number, bob?: number }): Promise<{ alice: number, bob: number }> => {
      const world = new FakeWorld(seededPrimitives(nodePrimitives, 'interaction with crashes'), 99)
      const alice = await world.member('alice')
      const bob = await world.member('bob')
      const writes = { alice: 0, bob: 0 }
      for (const person of [alice, bob]) {
        await person.client.stop()
        const name = person.name as 'alice' | 'bob'
        person.wrapStore = (store) => new CrashingStore(store, () => ++writes[name] === crashAt[name])
        await person.open()
        await person.online()
      }
      const sent = { a: [] as string[], b: [] as string[] }
      const send = async (person: FakePerson, peer: FakePerson, log: string[], text: string): Promise<void> => {
        try {
          await person.client.send(peer.id, text)
        } catch {
          // The program has died before the message was written down; the person writes it again, unless it was.
          await revive(person)
          if (!(await person.texts(peer, 'out')).includes(text)) await person.client.send(peer.id, text)
        }
        log.push(text)
      }
      /** The program starts again, from what the store has. */
      const revive = async (person: FakePerson): Promise<void> => {
        await person.client.stop()
        person.wrapStore = (store) => store
        await person.open()
        person.client.start()
      }
      const isDead = (person: FakePerson): boolean => {
        const name = person.name as 'alice' | 'bob'
        return crashAt[name] !== undefined && writes[name] >= crashAt[name]
      }
      let revived = false
      const reviveTheDead = async (): Promise<true> => {
        for (const person of [alice, bob]) if (isDead(person) && !revived) { revived = true; await revive(person) }
        return true
      }
      for (let i = 0; i < 3; i++) {
        await send(alice, bob, sent.a, `a${i}`)
        await world.clock.advance(60)
        await send(bob, alice, sent.b, `b${i}`)
        await world.clock.advance(200)
        await reviveTheDead()
      }
      await world.until(async () => await reviveTheDead() && await allDelivered(alice, bob, 3) && await allDelivered(bob, alice, 3), { what: `delivery after a crash at ${JSON.stringify(crashAt)}`, maxMs: 120_000, stepMs: 100 })
      const seed = JSON.stringify(crashAt)
      assert.deepEqual(await bob.texts(alice), sent.a, seed)
      assert.deepEqual(await alice.texts(bob), sent.b, seed)
      assert.deepEqual(await seen(alice, bob), await seen(bob, alice), seed)
      assert.deepEqual([...alice.warnings, ...bob.warnings], [], seed)
      await world.stop()
      return writes
    }
    const clean = await run({})
    assert.ok(clean.alice > 8 && clean.bob > 8, 'there are steps to crash between')
    for (let at = 1; at <= clean.alice; at++) await run({ alice: at })
    for (let at = 1; at <= clean.bob; at++) await run({ bob: at })
  }).timeout(60_000)
})
