/** The receiver is away while messages arrive, then comes back and gets them all in order. */
import { until } from '../network/person.ts'
import type { Scenario } from '../scenario.ts'
import { textFor } from './texts.ts'
import { annAndBob, checkMessages, untilDelivered } from './two-people.ts'

const messages = 1000
const timeoutMs = 60_000

export const offline: Scenario = {
  name: 'offline',
  summary: `the receiver is away while ${messages.toLocaleString('en')} messages arrive, then drains them in order`,

  async run (stage) {
    const count = Math.max(20, Math.round(messages * stage.scale))
    await stage.step('a bootstrap node and three relays run, 80 ms apart', () => stage.network())
    const [ann, bob] = await annAndBob(stage)
    const bobIs = { account: bob.account, name: bob.name }
    await stage.step('bob switches his device off', () => bob.leave())
    await stage.step(`ann sends ${count} messages`, async () => {
      for (let index = 0; index < count; index++) await ann.send(bobIs, textFor(stage.random, 'ann', index))
    })
    await stage.step('each has its first tick, none its second', () => until(async () => (await ann.stateCounts(bobIs.account)).sent === count, {
      timeoutMs, what: async () => `${count} messages to be sent (${JSON.stringify(await ann.stateCounts(bobIs.account))})`
    }))
    await stage.step('ann switches her device off, too', () => ann.leave())
    const startedMs = performance.now()
    await stage.step('bob comes back and gets them all', async () => {
      await bob.comeBack()
      await until(() => bob.announced.length >= count, { timeoutMs, what: () => `${count} messages at bob (${bob.announced.length} there)` })
    })
    stage.figure('drained', `${count} messages in ${Math.round(performance.now() - startedMs)} ms, with connecting`)
    await stage.step('ann comes back and sees that they were delivered', async () => {
      await ann.comeBack()
      await untilDelivered([ann, bob])
    })
    await checkMessages(stage, [ann, bob])
  }
}
