/** A thousand devices lose their connections and are back at once: nobody is flooded with presence, and messages go on. */
import { figure } from '../network/network.ts'
import { until } from '../network/person.ts'
import type { Scenario } from '../scenario.ts'
import { CrowdDevice, inParallel } from './presence-crowd.ts'
import { quantiles } from './quantiles.ts'
import { textFor } from './texts.ts'
import { annAndBob, checkMessages, untilDelivered } from './two-people.ts'

const crowdSize = 1_000
const watchersEach = 5
const watchedEach = 100
/** Connections that shake hands at a time: as many as come at once from one machine. */
const parallel = 64
/** Longer than the relay's grace (3 s): that they were gone is news. */
const goneMs = 4_500
const messageEveryMs = 100
const seenTimeoutMs = 60_000

export const presenceStorm: Scenario = {
  name: 'presence-storm',
  summary: `${crowdSize.toLocaleString('en')} devices reconnect at once; watchers hear of it once a second, messages go on`,

  async run (stage) {
    const size = Math.max(50, Math.round(crowdSize * stage.scale))
    const network = await stage.step('a bootstrap node and three relays run, 80 ms apart', () => stage.network())
    const [eu, ap] = [network.relay('eu'), network.relay('ap')]
    const crowd = Array.from({ length: size }, () => new CrowdDevice({ relay: eu.id, address: eu.address }))
    const watchers = [eu, ap].flatMap(({ id, address }) => Array.from({ length: watchersEach }, () => new CrowdDevice({ relay: id, address })))
    const everybody = [...crowd, ...watchers]
    // The first: their homes can be found from the other region by then.
    const watched = crowd.slice(0, watchedEach)
    const inAnyOrder = crowd.map((one) => ({ one, at: stage.random.fraction() })).sort((a, b) => a.at - b.at).map(({ one }) => one)
    const isSeen = (): boolean => watchers.every((watcher) => watcher.online.size === watched.length)
    const untilSeen = async (): Promise<void> => {
      await until(isSeen, { timeoutMs: seenTimeoutMs, what: () => `everybody to be seen (${watchers.map(({ online }) => online.size).join(', ')})` })
    }
    let isOver = false
    try {
      await stage.step(`${size} devices register in eu, ${watchersEach} watchers in eu and in ap`, () => inParallel(everybody, parallel, (one) => one.connectPatiently({ register: true })))
      const [ann, bob] = await annAndBob(stage)
      await stage.step(`each watcher has written to ${watched.length} of the crowd and sees them`, async () => {
        await Promise.all(watchers.map((watcher) => watcher.writeTo(watched)))
        // Asked again until the other region has the conversations.
        for (let tries = 0; tries < 10 && !isSeen(); tries++) {
          await Promise.all(watchers.map((watcher) => watcher.watch(watched)))
          await until(isSeen, { timeoutMs: 6_000, what: () => 'presence' }).catch(() => { /* the next try */ })
        }
        await untilSeen()
      })

      const talking = (async () => {
        for (let index = 0; !isOver; index++) {
          await ann.send(bob, `in the storm #${index} ${textFor(stage.random, 'ann', index)}`)
          await bob.send(ann, `in the storm #${index} ${textFor(stage.random, 'bob', index)}`)
          await pause(messageEveryMs)
        }
      })()
      // Its failure is told where it is awaited; when something else has failed before, that is told.
      talking.catch(() => {})
      for (const watcher of watchers) watcher.toldAtMs.length = 0
      const begunMs = performance.now()
      await stage.step('ann and bob write all the while; the whole crowd is gone at once', async () => {
        for (const one of crowd) one.vanish()
        await pause(goneMs)
      })
      const seconds = await stage.step((taken) => `the crowd is back: ${Math.round(size / taken)} connections a second`, async () => {
        const startMs = performance.now()
        await inParallel(inAnyOrder, parallel, (one) => one.connectPatiently())
        return (performance.now() - startMs) / 1_000
      })
      await stage.step('everybody is seen again', untilSeen)
      const stormSeconds = (performance.now() - begunMs) / 1_000
      const toldInStorm = watchers.map(({ toldAtMs }) => toldAtMs.length)
      const most = watchers.map((watcher) => watcher.mostInOneSecond())
      isOver = true
      await talking
      await stage.step('every message is delivered', () => untilDelivered([ann, bob]))

      // On a machine that stalls two that were a second apart may arrive together.
      stage.check('at most two notifications within a second', most.flatMap((count, i) => count <= 2 ? [] : [`watcher ${i} had ${count}`]))
      stage.check('about one a second at most', toldInStorm.flatMap((count, i) => count <= stormSeconds + 2 ? [] : [`watcher ${i} had ${count} in ${stormSeconds.toFixed(1)} s`]))
      stage.check('the storm was told', toldInStorm.flatMap((count, i) => count >= 2 ? [] : [`watcher ${i} had ${count}`]))
      const evidence = await checkMessages(stage, [ann, bob])
      stage.figure('notifications to each watcher', `${Math.min(...toldInStorm)} to ${Math.max(...toldInStorm)} in ${stormSeconds.toFixed(1)} s, ${Math.max(...most)} within a second at most`)
      stage.figure('changes that each heard of', String(2 * watched.length))
      stage.figure('notifications from eu to other relays', String(await figure(`${eu.httpUrl}/metrics`, 'heliograph_presence_relay_told_total') ?? 0))
      stage.figure('connections back', `${size} in ${seconds.toFixed(1)} s`)
      stage.figure('messages meanwhile', String(evidence.sent.length))
      stage.figure('time to ✓ meanwhile', quantiles([...ann.tickMs.sent, ...bob.tickMs.sent]))
      stage.figure('time to ✓✓ meanwhile', quantiles([...ann.tickMs.delivered, ...bob.tickMs.delivered]))
    } finally {
      isOver = true
      await inParallel(everybody, parallel, (one) => one.leave())
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })
