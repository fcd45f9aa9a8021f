/** Two people in two regions write to one another at the same time. */
import { until, type Person } from '../network/person.ts'
import type { Scenario } from '../scenario.ts'
import { quantiles } from './quantiles.ts'
import { textFor } from './texts.ts'
import { checkMessages, exchange, untilDelivered } from './two-people.ts'

const messagesEach = 200
const unhurried = 10
const deliveryTimeoutMs = 60_000

export const crossRegion: Scenario = {
  name: 'cross-region',
  summary: `two people, two regions, ${messagesEach} messages both ways`,

  async run (stage) {
    const count = Math.max(10, Math.round(messagesEach * stage.scale))
    await stage.step('a bootstrap node and three relays run, 80 ms apart', () => stage.network())
    const ann = await stage.step((person) => `ann is in eu and found the nearest relay: ${person.home}`, () => stage.person('ann', 'eu'))
    const bob = await stage.step((person) => `bob is in ap and found the nearest relay: ${person.home}`, () => stage.person('bob', 'ap'))
    stage.check('the nearest relay is chosen', [[ann, 'eu-1'], [bob, 'ap-1']].flatMap(([person, wanted]) => (person as Person).home === wanted ? [] : [`${(person as Person).name} is at ${(person as Person).home}`]))
    await stage.step('they found one another by handle', async () => { await ann.befriend(bob); await bob.befriend(ann) })
    await stage.step('their safety numbers are the same', async () => {
      const [first, second] = await Promise.all([ann.client.safetyNumber(bob.account), bob.client.safetyNumber(ann.account)])
      if (first.digits !== second.digits) throw new Error('the safety numbers differ')
    })
    await stage.step(`${unhurried} messages one after another, each when the one before was delivered`, async () => {
      for (let index = 0; index < unhurried; index++) {
        await ann.send(bob, `unhurried #${index} ${textFor(stage.random, 'ann', index)}`)
        await until(() => ann.tickMs.delivered.length > index, { timeoutMs: deliveryTimeoutMs, what: () => 'a single message to be delivered' })
      }
    })
    stage.figure('✓ and ✓✓ of a single message', `${quantiles(ann.tickMs.sent)}; ${quantiles(ann.tickMs.delivered)}`)
    ann.tickMs.sent.length = 0
    ann.tickMs.delivered.length = 0
    await stage.step(`${count} messages each way are sent`, () => exchange(stage, [ann, bob], count))
    await stage.step('all of them are delivered, and the senders know it', () => untilDelivered([ann, bob]))
    const evidence = await checkMessages(stage, [ann, bob])
    stage.figure('messages', String(evidence.sent.length))
    stage.figure('time to ✓ when all write at once', quantiles([...ann.tickMs.sent, ...bob.tickMs.sent]))
    stage.figure('time to ✓✓ when all write at once', quantiles([...ann.tickMs.delivered, ...bob.tickMs.delivered]))
  }
}
