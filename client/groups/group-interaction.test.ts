/**
 * Groups and a relay under faults drawn from a seed: everybody who was in a group when something was said has it, once, in the
 * same order; nobody else has; all agree who is in it.
 */
import assert from 'node:assert/strict'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../../protocol/e2ee/primitives-seeded.ts'
import type { ChatId } from '../chat-id.ts'
import { CrashingStore } from '../testing/crashing-store.ts'
import { noFaults, type Faults } from '../testing/relay-fake.ts'
import { FakeWorld, type FakePerson } from '../testing/world-fake.ts'

const faults: Faults = { cutBeforeSubmit: 0.05, cutAfterSubmit: 0.05, repeatPage: 0.2, dropPage: 0.1, refuseSubmit: 0.05, dropReceipt: 0.3 }

/** Without own messages that were refused: their author was not in the group any more. */
const lines = async (person: FakePerson, chat: ChatId): Promise<string[]> =>
  (await person.client.history(chat, { limit: 100_000 })).flatMap(({ text, error, direction }) => error === undefined ? [text] : direction === 'in' ? [`[${error}]`] : [])

/** How a group looks to somebody, to be compared. */
async function view (person: FakePerson, chat: ChatId): Promise<string> {
  const state = await person.client.groups.state(chat)
  return JSON.stringify([state?.head, state?.seq, state?.name, state?.members.map(({ account, role }) => `${account} ${role}`).sort()])
}

/** What both have stands in the same order. */
function checkOrder (mine: readonly string[], others: readonly string[], what: string): void {
  const both = new Set(mine.filter((text) => others.includes(text)))
  assert.deepEqual(mine.filter((text) => both.has(text)), others.filter((text) => both.has(text)), what)
}

describe('client: groups under faults', () => {
  // Keys decide who comes first where accounts are sorted: with `k 3`, `k 5` and `k 12` somebody was out twice while away.
  const runs = [...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((seed) => [seed, `groups under faults ${seed}`] as const), ...['k 0', 'k 3', 'k 5', 'k 12'].map((keys) => [3, keys] as const)]
  for (const [seed, keys] of runs) {
    it(`five people talk, come and go, lose connections and restart (seed ${seed}, keys ${keys})`, async () => {
      const world = new FakeWorld(seededPrimitives(nodePrimitives, keys), seed)
      const { random } = world
      const people: FakePerson[] = []
      for (const name of ['ann', 'bob', 'cleo', 'dora', 'erik']) people.push(await world.member(name))
      const [ann, bob] = people as [FakePerson, FakePerson]
      const { chat } = await ann.client.groups.create({ name: 'harbour', members: people.slice(1).map(({ id }) => id) })
      await world.until(async () => (await Promise.all(people.map(async ({ client }) => await client.groups.state(chat)))).every((state) => state?.name === 'harbour'), { what: 'the group' })
      await ann.client.groups.setRole(chat, bob.id, 'admin')
      await world.until(async () => (await bob.client.groups.state(chat))?.role === 'admin')
      world.relay.faults = faults
      const sent: string[] = []
      const attempt = async (work: () => Promise<unknown>): Promise<boolean> => {
        try {
          await work()
          return true
        } catch {
          return false // not in the group now, or somebody else was first: that is what is tried
        }
      }
      for (let step = 0; step < 60; step++) {
        const person = random.pick(people)
        const other = random.pick(people.slice(2))
        const admin = random.pick([ann, bob])
        switch (random.below(14)) {
          case 0: world.relay.restart(); break
          case 1: await person.restart(); break
          case 2: await person.client.stop(); break
          case 3: person.client.start(); break
          case 4: await attempt(async () => await admin.client.groups.remove(chat, [other.id])); break
          case 5: case 6: await attempt(async () => await admin.client.groups.add(chat, [other.id])); break
          case 7: await attempt(async () => await admin.client.groups.rename(chat, `harbour ${step}`)); break
          case 8: await attempt(async () => await other.client.groups.leave(chat)); break
          default: {
            const text = `${person.name} ${step}`
            if (await attempt(async () => await person.client.send(chat, text))) sent.push(text)
          }
        }
        await world.clock.advance(random.below(600))
      }
      world.relay.faults = noFaults
      // A page that was dropped last is missed by nobody: no relay does that on a connection that lives.
      world.relay.cutAll()
      for (const person of people) person.client.start()
      const at = `seed ${seed}`
      const members = async (): Promise<FakePerson[]> => {
        const state = await ann.client.groups.state(chat)
        return people.filter(({ id }) => state?.members.some(({ account }) => account === id))
      }
      const isDone = async (): Promise<boolean> => {
        const outboxes = await Promise.all(people.map(async ({ client }) => await client.outboxLength()))
        const views = await Promise.all((await members()).map(async (one) => await view(one, chat)))
        // Who is out may never get what was sealed before they came in: its author does not know that they were.
        const all = await Promise.all((await members()).map(async (one) => await lines(one, chat)))
        return outboxes.every((length) => length === 0) && new Set(views).size === 1 && !all.flat().some((text) => text.startsWith('['))
      }
      await world.until(isDone, { what: `everybody to agree (${at})`, stepMs: 500, maxMs: 600_000 })
      await world.quiet(30_000)
      const histories = new Map(await Promise.all(people.map(async (one) => [one, (await lines(one, chat)).filter((text) => !text.startsWith('['))] as const)))
      for (const [person, mine] of histories) {
        assert.equal(new Set(mine).size, mine.length, `${person.name} has nothing twice (${at})`)
        assert.equal(new Set(person.received.map(({ id }) => id)).size, person.received.length, `nothing is announced twice to ${person.name} (${at})`)
        for (const [other, theirs] of histories) if (other !== person) checkOrder(mine, theirs, `${person.name} and ${other.name} have the same order (${at})`)
        assert.deepEqual(person.warnings.map(({ text }) => text), [], `${person.name} (${at})`)
      }
      // Whoever was never out has all that got into the log; what failed was said by somebody who was not in.
      const failed = (await Promise.all(people.map(async ({ client }) => (await client.history(chat, { limit: 1_000 })).filter(({ state }) => state === 'failed').map(({ text }) => text)))).flat()
      assert.deepEqual((histories.get(ann)!).filter((text) => !failed.includes(text)).sort(), sent.filter((text) => !failed.includes(text)).sort(), at)
      await world.stop()
      assert.equal(world.clock.pending, 0)
    }).timeout(60_000)
  }

  it('a crash between any two steps of anybody loses nothing and repeats nothing', async () => {
    const names = ['ann', 'bob', 'cleo'] as const
    type Name = typeof names[number]
    const run = async (crashAt: { [name in Name]?: number }): Promise<Record<Name, number>> => {
      const world = new FakeWorld(seededPrimitives(nodePrimitives, 'crashes of a group'), 7)
      const people: FakePerson[] = []
      for (const name of names) people.push(await world.member(name))
      const [ann, bob, cleo] = people as [FakePerson, FakePerson, FakePerson]
      const writes: Record<Name, number> = { ann: 0, bob: 0, cleo: 0 }
      for (const person of people) {
        await person.client.stop()
        const name = person.name as Name
        person.wrapStore = (store) => new CrashingStore(store, () => ++writes[name] === crashAt[name])
        await person.open()
        await person.online()
      }
      const at = JSON.stringify(crashAt)
      const revived = new Set<FakePerson>()
      const revive = async (person: FakePerson): Promise<void> => {
        revived.add(person)
        await person.client.stop()
        person.wrapStore = (store) => store
        await person.open()
        person.client.start()
      }
      const reviveDead = async (): Promise<void> => {
        for (const person of people) {
          const limit = crashAt[person.name as Name]
          if (limit !== undefined && writes[person.name as Name] >= limit && !revived.has(person)) await revive(person)
        }
      }
      /** Done again by the person when the program has died, unless it was written down. */
      const attempt = async (person: FakePerson, work: () => Promise<unknown>, isDone: () => Promise<boolean>): Promise<void> => {
        try {
          await work()
        } catch {
          await revive(person)
          if (!await isDone()) await work()
        }
      }
      let chat!: ChatId
      await attempt(ann, async () => { chat = (await ann.client.groups.create({ name: 'harbour', members: [bob.id] })).chat }, async () => {
        const [group] = await ann.client.groups.list()
        if (group !== undefined) chat = group.chat
        return group !== undefined
      })
      const say = async (person: FakePerson, text: string): Promise<void> => {
        await attempt(person, async () => await person.client.send(chat, text), async () => (await lines(person, chat)).includes(text))
      }
      const wait = async (ms: number): Promise<void> => { await world.clock.advance(ms); await reviveDead() }
      await say(ann, 'one')
      await wait(500)
      await world.until(async () => { await reviveDead(); return (await bob.client.groups.state(chat))?.isMember === true }, { what: `bob to be in (${at})`, stepMs: 100 })
      await say(bob, 'two')
      await wait(500)
      await attempt(ann, async () => await ann.client.groups.add(chat, [cleo.id]), async () => (await ann.client.groups.state(chat))!.members.length === 3)
      await say(ann, 'three')
      await wait(500)
      await world.until(async () => { await reviveDead(); return (await cleo.client.groups.state(chat))?.isMember === true }, { what: `cleo to be in (${at})`, stepMs: 100 })
      await say(cleo, 'four')
      await wait(500)
      await world.until(async () => {
        await reviveDead()
        const [a, b, c] = await Promise.all(people.map(async (one) => await lines(one, chat)))
        const isHere = a!.length === 4 && b!.length === 4 && c!.includes('three') && c!.includes('four') && !a!.concat(b!, c!).some((text) => text.startsWith('['))
        // What got its place after she was added she is given a moment later, as a copy.
        return isHere && a!.slice(-c!.length).join() === c!.join()
      }, { what: `all to arrive (${at})`, stepMs: 100 })
      // What was written before and got its place after is for her, too.
      const hers = await lines(cleo, chat)
      assert.deepEqual((await lines(ann, chat)).slice(-hers.length), hers, at)
      assert.ok(!hers.includes('one'), at)
      assert.deepEqual(await lines(ann, chat), await lines(bob, chat), at)
      // The name comes with keys, a moment after the messages perhaps.
      await world.until(async () => {
        await reviveDead()
        return new Set(await Promise.all(people.map(async (one) => await view(one, chat)))).size === 1
      }, { what: `all to see the same group (${at})`, stepMs: 100 })
      await world.until(async () => {
        await reviveDead()
        const states = (await Promise.all(people.map(async ({ client }) => (await client.history(chat)).filter(({ direction }) => direction === 'out').map(({ state }) => state)))).flat()
        return states.length === 4 && states.every((state) => state === 'delivered')
      }, { what: `all to be delivered (${at})`, stepMs: 200 })
      assert.deepEqual(people.flatMap(({ warnings }) => warnings.map(({ text }) => text)), [], at)
      await world.stop()
      return writes
    }
    const clean = await run({})
    for (const name of names) {
      assert.ok(clean[name] > 8, 'there are steps to crash between')
      for (let at = 1; at <= clean[name]; at++) await run({ [name]: at })
    }
  }).timeout(180_000)
})
