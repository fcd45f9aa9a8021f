/** The regions cannot reach one another for a while: first in silence, then with every connection broken. */
import { regions, type Network } from '../network/network.ts'
import { until, type Person } from '../network/person.ts'
import type { Scenario } from '../scenario.ts'
import type { CutMode } from '../wan/delay-proxy.ts'
import { quantiles } from './quantiles.ts'
import { annAndBob, checkMessages, exchange, untilDelivered } from './two-people.ts'

const messagesEach = 50
const sentTimeoutMs = 20_000
/** Longer than a request may take (10 s), so that relays give up, back off and find one another again. */
const holdMs = 12_000
/** Backoff between tries goes up to 30 s, and a half-open connection is noticed after 60. */
const healTimeoutMs = 120_000

export const partition: Scenario = {
  name: 'partition',
  summary: 'the regions cannot reach one another; the first tick still comes, the second after healing',

  async run (stage) {
    const count = Math.max(10, Math.round(messagesEach * stage.scale))
    const network = await stage.step('a bootstrap node and three relays run, 80 ms apart', () => stage.network())
    const [ann, bob] = await annAndBob(stage)
    await stage.step('some messages pass, all is well', async () => { await exchange(stage, [ann, bob], count); await untilDelivered([ann, bob]) })
    let from = count
    for (const mode of ['silence', 'reset'] as const) {
      const announcedBefore = ann.announced.length + bob.announced.length
      await stage.step(mode === 'silence' ? 'the cables between the regions are cut: nothing passes, nobody is told' : 'cut again: this time every connection breaks', async () => { cutAll(network, mode) })
      for (const person of [ann, bob]) person.tickMs.sent.length = 0
      await stage.step(`${count} messages each way are sent into the partition`, () => exchange(stage, [ann, bob], count, { from }))
      from += count
      await stage.step('each has its first tick', () => untilSent([ann, bob]))
      stage.figure(`time to ✓ in the partition (${mode})`, quantiles([...ann.tickMs.sent, ...bob.tickMs.sent]))
      if (mode === 'silence') await stage.step('it stays so until the relays have given up on what was under way', () => pause(holdMs * stage.scale))
      const crossed = ann.announced.length + bob.announced.length - announcedBefore
      stage.check(`nothing crosses while it is cut (${mode})`, crossed === 0 ? [] : [`${crossed} messages crossed`])
      await stage.step('the cables are mended and everything is delivered', async () => { healAll(network); await untilDelivered([ann, bob], healTimeoutMs) })
    }
    const evidence = await checkMessages(stage, [ann, bob])
    stage.figure('messages', String(evidence.sent.length))
  }
}

const pairs = regions.flatMap((a, index) => regions.slice(index + 1).map((b) => [a, b] as const))
const cutAll = (network: Network, mode: CutMode): void => { for (const [a, b] of pairs) network.cut(a, b, mode) }
const healAll = (network: Network): void => { for (const [a, b] of pairs) network.heal(a, b) }

async function untilSent (people: readonly [Person, Person]): Promise<void> {
  for (const [author, reader] of [people, [people[1], people[0]] as const]) {
    await until(async () => (await author.stateCounts(reader.account)).pending === 0, {
      timeoutMs: sentTimeoutMs, what: async () => `the messages of ${author.name} to be sent (${JSON.stringify(await author.stateCounts(reader.account))})`
    })
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })
