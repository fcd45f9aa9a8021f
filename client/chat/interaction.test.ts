/**
 * Two people do everything a chat does, in an order drawn from a seed, over cuts, drops, repeats and restarts: both end
 * with the same conversation.
 */
import assert from 'node:assert/strict'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../../protocol/e2ee/primitives-seeded.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { Message } from '../model.ts'
import { noFaults, type Faults } from '../testing/relay-fake.ts'
import { FakeWorld, type FakePerson } from '../testing/world-fake.ts'

const faults: Faults = { cutBeforeSubmit: 0.1, cutAfterSubmit: 0.1, repeatPage: 0.3, dropPage: 0.15, dropReceipt: 0, refuseSubmit: 0.1 }

/** What both must see alike of one message. */
const seenOf = ({ id, sender, text, isDeleted, reactions = [], votes = [], editedAtMs, forwarded, poll, replyTo }: Message): unknown => ({
  id,
  sender,
  text,
  isDeleted,
  editedAtMs,
  forwarded,
  poll,
  replyTo,
  reactions: reactions.map(({ account, emoji }) => account + emoji).sort(),
  votes: votes.map(({ account, options }) => account + options.join()).sort()
})

async function view (person: FakePerson, peer: FakePerson): Promise<string> {
  const { timerS, pins } = person.client.chats.info(peer.id)
  return JSON.stringify({ messages: (await person.client.history(peer.id, { limit: 1_000 })).map(seenOf), timerS, pins }, undefined, 1)
}

describe('chats: interaction under faults', () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 9, 52]) {
    it(`both end with the same conversation (seed ${seed})`, async () => {
      const world = new FakeWorld(seededPrimitives(nodePrimitives, `chat interaction ${seed}`), seed)
      const { random } = world
      const alice = await world.member('alice')
      const bob = await world.member('bob')
      for (const [person, peer] of [[alice, bob], [bob, alice]] as const) await person.client.chats.send(peer.id, 'to begin with')
      await world.quiet()
      world.relay.faults = faults
      const act = async (person: FakePerson, peer: FakePerson): Promise<void> => {
        const { chats } = person.client
        const history = await person.client.history(peer.id, { limit: 1_000 })
        const { id } = random.pick(history)
        switch (random.below(10)) {
          case 0: await chats.react(peer.id, id, random.pick(['👍', '😀', '🎉', ''])); break
          case 1: await chats.edit(peer.id, id, `edited ${random.below(1_000)}`); break
          case 2: await chats.deleteForEveryone(peer.id, id); break
          case 3: await chats.vote(peer.id, id, [random.below(2)]); break
          case 4: await chats.pin(peer.id, id, random.fraction() < 0.7); break
          case 5: await chats.setTimer(peer.id, random.pick([0, 3_600, 86_400])); break
          case 6: await chats.send(peer.id, { text: '', poll: { question: 'which?', options: ['this', 'that'], allowsSeveral: false } }); break
          case 7: await chats.send(peer.id, { text: 'yes', replyTo: id }); break
          case 8: await chats.forward(peer.id, id, [peer.id]); break
          default: await chats.send(peer.id, `${person.name} ${random.below(1_000)}`)
        }
      }
      for (let step = 0; step < 60; step++) {
        const [person, peer] = random.pick([[alice, bob], [bob, alice]] as const)
        switch (random.below(10)) {
          case 0: world.relay.restart(); break
          case 1: await person.restart(); break
          case 2: await person.client.stop(); break
          case 3: person.client.start(); break
          default:
            // What may not be done is refused here, as it would be there.
            await act(person, peer).catch((error: unknown) => { if (!isProtocolError(error, 'NOT_ADMITTED', 'EXPIRED', 'MALFORMED')) throw error })
        }
        await world.clock.advance(random.below(400))
      }
      world.relay.faults = noFaults
      world.relay.restart()
      alice.client.start()
      bob.client.start()
      const isQuiet = async (): Promise<boolean> => [alice, bob].every(({ data }) => ![...data.keys()].some((key) => /^(ob|ow|ea)\//.test(key)))
      await world.until(isQuiet, { what: 'everything to arrive', stepMs: 200 })
      const [ofAlice, ofBob] = [await view(alice, bob), await view(bob, alice)]
      assert.equal(ofAlice, ofBob, `seed ${seed}`)
      assert.deepEqual([...alice.warnings, ...bob.warnings], [], `seed ${seed}`)
      await world.stop()
      assert.equal(world.clock.pending, 0, 'no timer is left')
    })
  }
})
