/** Sockets that say nothing, or a byte a second, hold every kind of place that a relay has; newcomers do not notice. */
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { protocols } from '../../protocol/protocols.ts'
import { noLoss } from '../assertions/no-loss.ts'
import { noDuplicate } from '../assertions/no-duplicate.ts'
import { figure, type RelayHandle } from '../network/network.ts'
import { collectEvidence, until } from '../network/person.ts'
import type { Scenario } from '../scenario.ts'
import { untilDelivered } from './two-people.ts'
import { CrowdDevice, inParallel } from './presence-crowd.ts'
import { quantiles } from './quantiles.ts'
import { SlowSockets } from './slow-sockets.ts'
import { textFor } from './texts.ts'

const silentSockets = 1_000
const honestConnects = 200
const atATime = 4
/** The bound that the project has set itself. */
const maxConnectMs = 1_000
/** What says nothing is gone by then: handshakes 5 s, HTTP 5 s, hello 10 s, on a machine that is busy. */
const goneWithinMs = 30_000
/** Resident memory that the relay has more at the end, garbage included. */
const maxGrownMiB = 400

const portOf = (address: string): number => Number(/tcp\/(\d+)/.exec(address)![1])
const memoryOf = async ({ httpUrl }: RelayHandle): Promise<number> => (await figure(`${httpUrl}/metrics`, 'process_resident_memory_bytes') ?? 0) / 1024 / 1024

export const slow: Scenario = {
  name: 'slow',
  summary: `${silentSockets.toLocaleString('en')} silent sockets, half-open handshakes, mute streams and frames a byte a second leave honest connects below a second`,

  async run (stage) {
    const scaled = (count: number): number => Math.max(10, Math.round(count * stage.scale))
    const network = await stage.step('a bootstrap node and three relays run, 80 ms apart', () => stage.network())
    const relay = network.relay('eu')
    const target = { relay: relay.id, address: relay.address }
    const [tcpPort, wsPort, httpPort] = [portOf(relay.address), portOf(relay.webSocketAddress), Number(new URL(relay.httpUrl).port)]
    const slowOnes = new SlowSockets()
    const honest: CrowdDevice[] = []
    const scrapesMs: number[] = []

    /** Newcomers, a few at a time, each from nothing to registered; and the operator's tools now and then. */
    const connects = async (count: number): Promise<number[]> => {
      const taken: number[] = []
      const newcomers = Array.from({ length: count }, () => new CrowdDevice(target))
      honest.push(...newcomers)
      await inParallel(newcomers, atATime, async (device) => {
        const begun = performance.now()
        await device.connect({ register: true })
        taken.push(performance.now() - begun)
        if (taken.length % 10 !== 0) return
        const asked = performance.now()
        await isHealthy(`${relay.httpUrl}/healthz`)
        scrapesMs.push(performance.now() - asked)
      })
      return taken
    }

    try {
      const ann = await stage.step('ann and bob are online in eu', async () => await stage.person('ann', 'eu'))
      const bob = await stage.person('bob', 'eu')
      await stage.step('they know one another', async () => { await ann.befriend(bob); await bob.befriend(ann) })
      const before = await stage.step('newcomers connect to a quiet relay', () => connects(scaled(honestConnects)))
      const memoryBefore = await memoryOf(relay)
      scrapesMs.length = 0

      await stage.step((opened) => `${opened} sockets hold their places; whoever is ended comes back`, async () => {
        await Promise.all([
          slowOnes.openSockets(tcpPort, scaled(silentSockets / 2), 'silent'),
          slowOnes.openSockets(wsPort, scaled(silentSockets / 2), 'silent'),
          slowOnes.openSockets(tcpPort, scaled(200), 'negotiating'),
          slowOnes.openSockets(tcpPort, scaled(200), 'half-open'),
          slowOnes.openSockets(wsPort, scaled(100), 'http'),
          slowOnes.openSockets(httpPort, scaled(200), 'http')
        ])
        slowOnes.trickle()
        return slowOnes.opened
      })
      const during = await stage.step('newcomers connect meanwhile', () => connects(scaled(honestConnects)))
      await stage.step((opened) => `strangers hold ${opened} more with streams that are mute or trickle`, async () => {
        const had = slowOnes.opened
        for (const protocol of [protocols.client, protocols.relay, protocols.link, protocols.directory]) {
          await slowOnes.openStreams(target, protocol, { connections: scaled(20), streams: 2, trickles: false })
          await slowOnes.openStreams(target, protocol, { connections: scaled(20), streams: 2, trickles: true })
        }
        return slowOnes.opened - had
      })
      const duringStreams = await stage.step('newcomers connect meanwhile, and ann and bob write', async () => {
        const talking = (async () => {
          for (let index = 0; index < scaled(100); index++) {
            await ann.send(bob, `slow #${index} ${textFor(stage.random, 'ann', index)}`)
            await bob.send(ann, `slow #${index} ${textFor(stage.random, 'bob', index)}`)
          }
        })()
        const [taken] = await Promise.all([connects(scaled(honestConnects)), talking])
        return taken
      })
      await stage.step('everything is delivered', () => untilDelivered([ann, bob]))
      // Relays may be silent among themselves for as long as they like.
      const mayStay = scaled(20) * 4
      slowOnes.giveUp()
      await stage.step('who has said nothing is gone', () => until(() => slowOnes.open <= mayStay, { timeoutMs: goneWithinMs, what: () => `the end of ${slowOnes.open} sockets and streams` }))
      const grownMiB = await memoryOf(relay) - memoryBefore

      // A short run may share its machine: then what a quiet relay takes there is the measure.
      const allowedMs = stage.scale < 0.5 ? Math.max(maxConnectMs, 2 * Math.max(...before)) : maxConnectMs
      const late = (list: readonly number[]): string[] => {
        const p99 = [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(0.99 * list.length))]!
        return p99 < allowedMs ? [] : [`p99 ${p99.toFixed(0)} ms`]
      }
      stage.check('honest connects at p99 below 1 s beside silent sockets', late(during))
      stage.check('and beside mute and trickling streams', late(duringStreams))
      stage.check('the operator\'s tools are answered', late(scrapesMs))
      stage.check('memory is bounded', grownMiB < maxGrownMiB ? [] : [`${grownMiB.toFixed(0)} MiB more`])
      const evidence = await collectEvidence([ann, bob])
      stage.check('no loss', noLoss(evidence))
      stage.check('no duplicate', noDuplicate(evidence))
      stage.figure('connects to a quiet relay', quantiles(before))
      stage.figure('beside silent sockets', quantiles(during))
      stage.figure('beside mute and trickling streams', quantiles(duringStreams))
      stage.figure('the operator\'s tools', quantiles(scrapesMs))
      stage.figure('relay memory', `${grownMiB.toFixed(0)} MiB more`)
    } finally {
      slowOnes.close()
      for (const device of honest) await device.leave()
    }
  }
}

/** Over a connection of its own: an idle one is the first that a relay ends, and fetch does not ask again. @throws when nobody answers within 5 s */
async function isHealthy (url: string): Promise<void> {
  const request = get(url, { agent: false, signal: AbortSignal.timeout(5_000) })
  const [response] = await once(request, 'response') as [IncomingMessage]
  response.resume()
  await once(response, 'end')
  if (response.statusCode !== 200) throw new Error(`/healthz answers ${response.statusCode}`)
}
