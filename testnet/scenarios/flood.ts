/** Fifty accounts at two relays send ten thousand messages a second; two people who only talk to one another do not notice. */
import { noDuplicate } from '../assertions/no-duplicate.ts'
import { noLoss } from '../assertions/no-loss.ts'
import { order } from '../assertions/order.ts'
import { Worker } from '../bench/load/fleet.ts'
import { figure, type RelayHandle } from '../network/network.ts'
import { collectEvidence, type Person } from '../network/person.ts'
import type { Scenario, Stage } from '../scenario.ts'
import { untilDelivered } from './two-people.ts'
import type { FloodOrder, FloodResult } from './flood-process.ts'
import { quantiles } from './quantiles.ts'
import { textFor } from './texts.ts'

const senders = 50
const receivers = 10
const messagesEach = 150
const everyMs = 100
/** The bound that the project has set itself. */
const maxRatio = 2
/** What a person does not notice: below it a ratio measures the machine, not the relay. */
const unnoticedMs = 25
/** Clients look for a standby 5 s after they came online. */
const standbyTimeoutMs = 60_000
const quietTimeoutMs = 30_000
/** What a short run allows on a machine that does other things beside it. */
const shortRunMs = 10_000

const roads = { one: 'one receiver', many: `${receivers} receivers`, group: 'one group of theirs' } as const

const p99 = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(0.99 * list.length))] ?? NaN

const cpuOf = async ({ httpUrl }: RelayHandle): Promise<number> => await figure(`${httpUrl}/metrics`, 'process_cpu_seconds_total') ?? 0

/** What waits at a relay, in whatever unit. */
const backlog = ['heliograph_outbox_length', 'heliograph_intake_pending_bytes', 'heliograph_intake_accounts_waiting', 'heliograph_intake_relays_waiting', 'heliograph_replicate_waiting_logs'] as const

/** Nothing of an earlier flood is on its way any more: at most half a minute, since what a full mailbox refuses is tried again for days. */
async function untilQuiet (relays: readonly RelayHandle[]): Promise<void> {
  const deadline = performance.now() + quietTimeoutMs
  const waiting = async (): Promise<number> => (await Promise.all(relays.flatMap(({ httpUrl }) => backlog.map((name) => figure(`${httpUrl}/metrics`, name))))).reduce<number>((sum, value) => sum + (value ?? 0), 0)
  while (await waiting() > 0 && performance.now() < deadline) await new Promise((resolve) => { setTimeout(resolve, 500) })
}

const sentTicks = ([one, other]: readonly [Person, Person]): readonly [number, number] => [one.tickMs.sent.length, other.tickMs.sent.length]

/** Both write at a steady pace; the times to the second tick of all of it. */
async function talk (stage: Stage, [one, other]: readonly [Person, Person], what: string, count: number): Promise<number[]> {
  const before = [one.tickMs.delivered.length, other.tickMs.delivered.length]
  for (let index = 0; index < count; index++) {
    await one.send(other, `${what} #${index} ${textFor(stage.random, one.name, index)}`)
    await other.send(one, `${what} #${index} ${textFor(stage.random, other.name, index)}`)
    await new Promise((resolve) => { setTimeout(resolve, everyMs) })
  }
  await untilDelivered([one, other])
  return [...one.tickMs.delivered.slice(before[0]), ...other.tickMs.delivered.slice(before[1])]
}

export const flood: Scenario = {
  name: 'flood',
  summary: `${senders} accounts at two relays send 10,000 messages a second; an honest pair's p99 does not double`,

  async run (stage) {
    const count = Math.max(40, Math.round(messagesEach * stage.scale))
    const network = await stage.step('a bootstrap node and three relays run, 80 ms apart', () => stage.network())
    const victim = network.relay('eu')
    const [eu, us] = [victim, network.relay('us')].map(({ id, address }) => ({ relay: id, address }))
    const near = await stage.step('ann and bob are online in eu, cat in eu and dan in ap', async () => [await stage.person('ann', 'eu'), await stage.person('bob', 'eu')] as const)
    const far = [await stage.person('cat', 'eu'), await stage.person('dan', 'ap')] as const
    const pairs = [near, far]
    await stage.step('they know one another', async () => {
      for (const [one, other] of pairs) { await one.befriend(other); await other.befriend(one) }
      // What is done for the first time is slower.
      for (const pair of pairs) await talk(stage, pair, 'warm', 20)
    })
    // Otherwise what it takes to fill a standby, once in the life of an account, would be part of the quiet time.
    await stage.step('each of them has a standby in another region, and it has everything', async () => {
      const deadline = performance.now() + standbyTimeoutMs
      for (const { client, name } of pairs.flat()) {
        while ((await client.home.status()).isStandbyInSync !== true) {
          if (performance.now() > deadline) throw new Error(`${name} has no standby that has everything`)
          await new Promise((resolve) => { setTimeout(resolve, 1_000) })
        }
      }
      // Their records have changed with that: the next message of a conversation begins a new epoch of its log, once.
      for (const pair of pairs) await talk(stage, pair, 'warm again', 10)
    })
    const flooders = await Worker.start<FloodOrder>(new URL('./flood-process.ts', import.meta.url).href)
    try {
      await stage.step(`${senders} senders are there, half in eu, half in us, and ${receivers} receivers in eu`, () => flooders.ask({ do: 'connect', senders, targets: [eu!, us!], receivers, at: eu! }))
      const measure = async (what: string): Promise<number[][]> => await Promise.all(pairs.map((pair) => talk(stage, pair, what, count)))
      const late: string[] = []
      // A short run shows that nothing is broken; its figures are those of a few dozen messages on whatever machine it is.
      const isShort = stage.scale < 0.5
      for (const to of isShort ? ['many'] as const : Object.keys(roads) as Array<keyof typeof roads>) {
        await untilQuiet(network.relays)
        const ticksBefore = pairs.map(sentTicks)
        const quiet = await stage.step('the two pairs talk while nothing else happens', () => measure(`quiet before ${to}`))
        const cpuBefore = await cpuOf(victim)
        const ticks = pairs.map(sentTicks)
        const flooded = await stage.step(`they talk while all ${senders} send to ${roads[to]}`, async () => {
          await flooders.ask({ do: 'flood', to })
          return await measure(to)
        })
        const { accepted, refused, seconds } = await flooders.ask<FloodResult>({ do: 'stop' })
        const cpu = await cpuOf(victim) - cpuBefore
        flooded.forEach((list, i) => {
          const [before, during] = [p99(quiet[i]!), p99(list)]
          const where = i === 0 ? 'same relay' : 'across regions'
          stage.figure(`${where}, flood to ${roads[to]}`, `${quantiles(list)}; before: ${quantiles(quiet[i]!)}; ratio ${(during / before).toFixed(2)}`)
          const allowedMs = isShort ? Math.max(2 * maxRatio * before, shortRunMs) : Math.max(maxRatio * before, unnoticedMs)
          if (during > allowedMs) late.push(`${where}, ${roads[to]}: p99 ${during.toFixed(0)} ms in place of ${before.toFixed(0)} ms`)
        })
        pairs.forEach(([one, other], i) => {
          const between = (from: readonly [number, number], until: readonly [number, number] = sentTicks([one, other])): string => quantiles([...one.tickMs.sent.slice(from[0], until[0]), ...other.tickMs.sent.slice(from[1], until[1])])
          stage.figure(`${i === 0 ? 'same relay' : 'across regions'}, time to the first tick`, `${between(ticks[i]!)}; before: ${between(ticksBefore[i]!, ticks[i])}`)
        })
        const perSecond = (n: number): string => Math.round(n / seconds).toLocaleString('en')
        stage.figure(`flood to ${roads[to]}`, `${perSecond(accepted)} a second taken, ${(100 * cpu / seconds).toFixed(0)}% of a core in eu; refused: ${Object.entries(refused).map(([code, n]) => `${code} ${perSecond(n)} a second`).join(', ') || 'none'}`)
      }
      stage.figure('the senders', 'in a process of their own, which runs when nobody else wants to (niceness 19): they stand for machines elsewhere')
      stage.check(`p99 of an honest pair at most ${maxRatio} times as long`, late)
      const evidence = await Promise.all(pairs.map((pair) => collectEvidence(pair)))
      stage.check('no loss', evidence.flatMap((one) => noLoss(one)))
      stage.check('no duplicate', evidence.flatMap((one) => noDuplicate(one)))
      stage.check('order', evidence.flatMap((one) => order(one)))
    } finally {
      await flooders.end()
    }
  }
}
