/** Two people in two regions: what scenarios about their conversation begin with, do, and check at the end. */
import { convergence } from '../assertions/convergence.ts'
import type { Evidence } from '../assertions/evidence.ts'
import { noDuplicate } from '../assertions/no-duplicate.ts'
import { noLoss } from '../assertions/no-loss.ts'
import { order } from '../assertions/order.ts'
import { collectEvidence, until, type Person } from '../network/person.ts'
import type { Stage } from '../scenario.ts'
import { textFor } from './texts.ts'

const deliveryTimeoutMs = 60_000

/** Of a network that runs. @returns ann, in eu, and bob, in ap */
export async function annAndBob (stage: Stage): Promise<[Person, Person]> {
  const ann = await stage.step('ann is online in eu', () => stage.person('ann', 'eu'))
  const bob = await stage.step('bob is online in ap', () => stage.person('bob', 'ap'))
  await stage.step('they know one another', async () => { await ann.befriend(bob); await bob.befriend(ann) })
  return [ann, bob]
}

/** Both write at their own seeded pace, without waiting for answers. */
export async function exchange ({ random }: Stage, people: readonly [Person, Person], count: number, { pauseMs = 10, from = 0 } = {}): Promise<void> {
  const [first, second] = people
  const plan = people.map((person) => Array.from({ length: count }, (_, index) => ({ text: textFor(random, person.name, from + index), pauseMs: random.integer(0, pauseMs) })))
  const write = async (author: Person, reader: Person, messages: (typeof plan)[number]): Promise<void> => {
    for (const { text, pauseMs } of messages) {
      await author.send(reader, text)
      await new Promise((resolve) => { setTimeout(resolve, pauseMs) })
    }
  }
  await Promise.all([write(first, second, plan[0]!), write(second, first, plan[1]!)])
}

/** Everybody's messages have their second tick. */
export async function untilDelivered (people: readonly [Person, Person], timeoutMs = deliveryTimeoutMs): Promise<void> {
  for (const [author, reader] of [people, [people[1], people[0]] as const]) {
    const counts = (): ReturnType<Person['stateCounts']> => author.stateCounts(reader.account)
    await until(async () => {
      const { pending, sent } = await counts()
      return pending + sent === 0
    }, { timeoutMs, what: async () => `the messages of ${author.name} to be delivered (${Object.entries(await counts()).map(([state, count]) => `${count} ${state}`).join(', ')})` })
  }
}

/** Nothing lost, nothing twice, one order, the same for both. */
export async function checkMessages (stage: Stage, people: readonly Person[]): Promise<Evidence> {
  const evidence = await collectEvidence(people)
  stage.check('no loss', noLoss(evidence))
  stage.check('no duplicate', noDuplicate(evidence))
  stage.check('order', order(evidence))
  stage.check('convergence', convergence(evidence))
  return evidence
}
