/**
 * Traits that every action of a client has, applied by a loop: repeating it is harmless, a crash between any two of its
 * steps loses nothing, and what is done without a connection is the same once there is one.
 */
import assert from 'node:assert/strict'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../protocol/e2ee/primitives-seeded.ts'
import type { MessageId } from '../protocol/ids.ts'
import { CrashingStore } from './testing/crashing-store.ts'
import { FakeWorld, type FakePerson } from './testing/world-fake.ts'

interface Action {
  readonly name: string
  perform (alice: FakePerson, bob: FakePerson): Promise<unknown>
  /** What it was for, seen from everybody; the same however it came about. */
  outcome (alice: FakePerson, bob: FakePerson): Promise<unknown>
  readonly expected: unknown
  /** Needs an answer from the relay. */
  readonly isOnlineOnly?: boolean
}

const sent = async (person: FakePerson, peer: FakePerson): Promise<string[]> =>
  (await person.client.history(peer.id)).filter(({ direction }) => direction === 'out').map(({ text, state }) => `${text} ${state}`)

const actions: Action[] = [
  {
    name: 'send',
    // A person who is told that it failed writes it again, unless it is there.
    perform: async (alice, bob) => { if (!(await sent(alice, bob)).some((line) => line.startsWith('hi '))) await alice.client.send(bob.id, 'hi') },
    outcome: async (alice, bob) => [await sent(alice, bob), await bob.texts(alice), bob.received.map(({ text }) => text)],
    expected: [['hi delivered'], ['hi'], ['hi']]
  },
  {
    name: 'markRead',
    perform: async (alice, bob) => { await alice.client.markRead(bob.id) },
    outcome: async (alice, bob) => [(await alice.client.conversations()).map(({ unread }) => unread), await sent(bob, alice)],
    expected: [[0], ['question read']]
  },
  {
    name: 'addContact by link',
    perform: async (alice, bob) => { await alice.world.settled(alice.client.addContact(bob.client.inviteLink(), { name: 'Bob' })) },
    outcome: async (alice) => (await alice.client.contacts()).map(({ name, handle }) => [name, handle]),
    expected: [['Bob', 'bob@eu-1.example.org']]
  },
  {
    name: 'addContact by handle',
    perform: async (alice) => { await alice.world.settled(alice.client.addContact('bob@eu-1.example.org', { name: 'Bob' })) },
    outcome: async (alice) => (await alice.client.contacts()).map(({ name, handle }) => [name, handle]),
    expected: [['Bob', 'bob@eu-1.example.org']],
    isOnlineOnly: true
  },
  {
    name: 'setVerified',
    perform: async (alice, bob) => { await alice.client.setVerified(bob.id, true) },
    outcome: async (alice, bob) => (await alice.client.safetyNumber(bob.id)).isVerified,
    expected: true
  },
  {
    name: 'react',
    perform: async (alice, bob) => { await alice.client.chats.react(bob.id, await questionOf(alice, bob), '👍') },
    outcome: async (alice, bob) => [await reactionsOf(alice, bob), await reactionsOf(bob, alice)],
    expected: [['👍'], ['👍']]
  },
  {
    name: 'send and edit',
    perform: async (alice, bob) => {
      const hasSent = (await sent(alice, bob)).length > 0
      if (!hasSent) await alice.client.send(bob.id, 'helo')
      const { id } = (await alice.client.history(bob.id)).find(({ direction }) => direction === 'out')!
      await alice.client.chats.edit(bob.id, id, 'hello')
    },
    outcome: async (alice, bob) => [await sent(alice, bob), await bob.texts(alice)],
    expected: [['hello delivered'], ['hello']]
  },
  {
    name: 'setTimer',
    perform: async (alice, bob) => { await alice.client.chats.setTimer(bob.id, 3_600) },
    outcome: async (alice, bob) => [alice.client.chats.info(bob.id).timerS, bob.client.chats.info(alice.id).timerS],
    expected: [3_600, 3_600]
  },
  {
    name: 'pin',
    perform: async (alice, bob) => { await alice.client.chats.pin(bob.id, await questionOf(alice, bob), true) },
    outcome: async (alice, bob) => [alice.client.chats.info(bob.id).pins.length, bob.client.chats.info(alice.id).pins.length],
    expected: [1, 1]
  },
  {
    name: 'star, mute, archive and draft',
    perform: async (alice, bob) => {
      const { chats } = alice.client
      await chats.star(bob.id, await questionOf(alice, bob), true)
      await chats.mute(bob.id, 'forever')
      await chats.archive(bob.id, true)
      await chats.setDraft(bob.id, { text: 'dear' })
    },
    outcome: async (alice, bob) => {
      const { isMuted, isArchived, draft } = alice.client.chats.info(bob.id)
      return [isMuted, isArchived, draft?.text, (await alice.client.chats.starred()).length]
    },
    expected: [true, true, 'dear', 1]
  },
  {
    name: 'deleteForMe',
    perform: async (alice, bob) => { await alice.client.chats.deleteForMe(bob.id, (await alice.client.history(bob.id)).map(({ id }) => id)) },
    outcome: async (alice, bob) => [await alice.client.history(bob.id), (await bob.client.history(alice.id)).length],
    expected: [[], 1]
  },
  {
    name: 'block',
    perform: async (alice, bob) => { await alice.client.chats.block(bob.id) },
    outcome: async (alice) => alice.client.chats.blocked().length,
    expected: 1
  },
  {
    name: 'setProfile',
    perform: async (alice, bob) => {
      if (await alice.client.chats.profileOf(alice.id) === undefined) await alice.client.chats.setProfile({ name: 'Alice' })
      // First contact: from now on bob is told.
      if ((await sent(alice, bob)).length === 0) await alice.client.send(bob.id, 'answer')
    },
    outcome: async (alice, bob) => [(await bob.client.chats.profileOf(alice.id))?.name, await bob.texts(alice)],
    expected: ['Alice', ['answer']]
  }
]

const questionOf = async (person: FakePerson, peer: FakePerson): Promise<MessageId> => (await person.client.history(peer.id)).find(({ text }) => text === 'question')!.id
const reactionsOf = async (person: FakePerson, peer: FakePerson): Promise<string[]> => (await person.client.history(peer.id)).flatMap(({ reactions = [] }) => reactions.map(({ emoji }) => emoji))

/** Bob has asked something; Alice has it, unread. */
async function begin (): Promise<{ world: FakeWorld, alice: FakePerson, bob: FakePerson }> {
  const world = new FakeWorld(seededPrimitives(nodePrimitives, 'traits'), 21)
  const alice = await world.member('alice')
  const bob = await world.member('bob')
  await bob.client.send(alice.id, 'question')
  await world.until(() => alice.received.length === 1)
  await world.quiet()
  return { world, alice, bob }
}

async function check ({ world, alice, bob }: Awaited<ReturnType<typeof begin>>, action: Action, what: string): Promise<void> {
  let outcome: unknown
  await world.until(async () => JSON.stringify(outcome = await action.outcome(alice, bob)) === JSON.stringify(action.expected), { maxMs: 60_000, what }).catch(() => {
    assert.deepEqual(outcome, action.expected, what)
  })
  await world.quiet(3_000)
  assert.deepEqual(await action.outcome(alice, bob), action.expected, `${what}, and later`)
  assert.deepEqual([...alice.warnings, ...bob.warnings], [])
  await world.stop()
  assert.equal(world.clock.pending, 0)
}

describe('client: traits of every action', () => {
  for (const action of actions) {
    it(`${action.name}: done once or three times, the same`, async () => {
      for (const times of [1, 3]) {
        const scene = await begin()
        for (let i = 0; i < times; i++) await action.perform(scene.alice, scene.bob)
        await check(scene, action, `${action.name} ${times} times`)
      }
    })

    it(`${action.name}: a crash between any two steps loses nothing`, async () => {
      for (let fatal = 1, isDone = false; !isDone; fatal++) {
        const scene = await begin()
        const { alice, bob, world } = scene
        await alice.client.stop()
        let writes = 0
        let store: CrashingStore | undefined
        alice.wrapStore = (inner) => (store = new CrashingStore(inner, () => ++writes === fatal))
        await alice.open()
        alice.client.start()
        await world.quiet()
        // Told of a failure or not, the person does it again after the restart.
        await action.perform(alice, bob).catch((error: Error) => { assert.match(error.message, /power cut/) })
        await world.quiet()
        isDone = !store!.isDead
        await alice.client.stop()
        alice.wrapStore = (inner) => inner
        await alice.open()
        await alice.online()
        await action.perform(alice, bob)
        await check(scene, action, `${action.name} with a crash at write ${fatal}`)
        assert.ok(fatal < 40, 'the action comes to an end')
      }
    })

    if (action.isOnlineOnly === true) continue
    it(`${action.name}: offline, then online, the same`, async () => {
      const scene = await begin()
      const { alice, bob } = scene
      await alice.client.stop()
      await action.perform(alice, bob)
      await alice.restart()
      await check(scene, action, `${action.name} offline`)
    })
  }
})
