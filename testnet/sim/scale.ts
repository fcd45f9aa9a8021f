/**
 * How large a network one process simulates: relays with their production core and very many accounts with little to say.
 *
 * Each account has one device that comes online once an hour for a minute, takes what waits for it, and writes one message
 * to one of its few friends, most of whom live elsewhere. Devices are light (light-device.ts): relays do all that they do,
 * nothing is encrypted end to end.
 */
import { NodeClock } from './time.ts'
import { LightDevice, type LightCounts } from './light-device.ts'
import { SimRelay } from './nodes.ts'
import { rememberUpTo } from './signatures.ts'
import { World } from './world.ts'

export interface ScaleShape {
  readonly relays: number
  readonly accounts: number
  /** Virtual seconds that are measured. */
  readonly seconds: number
  /** Virtual seconds of the same before that: after an hour most visits find a message that waits. */
  readonly warmUpSeconds: number
  /** Messages, and visits, of one account in an hour. */
  readonly perHour: number
}

export interface ScaleFigures { readonly ratio: number, readonly threadRatio: number, readonly seconds: number, readonly counts: LightCounts, readonly online: number, readonly rssMb: number }

const secondMs = 1_000
const visitMs = 60 * secondMs
const friends = 5
const joinEveryMs = 50
const signaturesOfRelays = 20

/** Seconds so far, of the clock and of this thread's time on a processor: the same when nobody else wants one. */
interface Spent { readonly wall: number, readonly thread: number }
function spent (): Spent {
  const { user, system } = process.threadCpuUsage()
  return { wall: performance.now() / 1000, thread: (user + system) / 1e6 }
}

/** Always the same few for each, anywhere in the network. */
function friendOf (i: number, which: number, count: number): number {
  const friend = (Math.imul(i * friends + which + 1, 0x9e3779b1) >>> 0) % count
  return friend === i ? (friend + 1) % count : friend
}

export async function scale ({ relays, accounts, seconds, warmUpSeconds, perHour, say }: ScaleShape & { readonly say: (line: string) => void }): Promise<ScaleFigures> {
  const world = new World({
    seed: 1,
    steps: [],
    shape: { relays, people: 0, companions: 0, groups: 0, pairwiseGroupDevices: 16, standby: 'none', syncMs: 0, durationMs: 0, network: { latencyMs: 5, latencyMaxMs: 120, jitterMs: 5, gossipLoss: 0, gossipTwice: 0 } }
  })
  // A device list and a home record of each.
  rememberUpTo(2 * accounts + signaturesOfRelays * relays)
  const started = spent()
  const since = (from: Spent): string => `${(spent().wall - from.wall).toFixed(0)} s, ${(spent().thread - from.thread).toFixed(0)} s of its thread`
  // One after another, as operators join: all at once each would ask for what all others are just saying.
  for (let i = 0; i < relays; i++) {
    const relay = new SimRelay(world, i)
    world.relays.push(relay)
    await world.time.during(relay.start(), 60 * secondMs, 'starting a relay')
    await world.time.pass(joinEveryMs)
    if ((i + 1) % 250 === 0) say(`${i + 1} relays run (${since(started)})`)
  }
  const counts: LightCounts = { sessions: 0, submitted: 0, sent: 0, delivered: 0, failed: 0 }
  const clock = new NodeClock(world.time, { offsetMs: 0 })
  const random = world.fork('devices')
  const devices: LightDevice[] = []
  const registering = spent()
  for (let at = 0; at < accounts;) {
    const batch: LightDevice[] = []
    for (let i = 0; i < 500 && at < accounts; i++, at++) batch.push(new LightDevice({ network: world.network, clock, random, counts }, world.relays[at % relays]!))
    await world.time.during(Promise.all(batch.map(async (device) => { await device.register() })), 600 * secondMs, 'registering')
    devices.push(...batch)
    if (at % 10_000 < 500) say(`${at} accounts registered (${since(registering)}, ${world.time.passedMs / secondMs | 0} virtual)`)
  }
  // Their records reach the DHT, and the relays' first loud minute is over.
  await world.time.pass(120 * secondMs)
  const betweenMs = 3_600 * secondMs / perHour
  const comeOnline = (i: number, afterMs: number): void => {
    clock.after(afterMs, () => {
      void devices[i]!.visit(devices[friendOf(i, random.below(friends), devices.length)]!, visitMs)
      comeOnline(i, betweenMs * (0.5 + random.fraction()))
    })
  }
  for (let i = 0; i < devices.length; i++) comeOnline(i, random.fraction() * betweenMs)
  const warming = spent()
  await world.time.pass(warmUpSeconds * secondMs)
  say(`${warmUpSeconds} s of virtual time before that is measured (${since(warming)})`)
  const before = { ...counts }
  const [from, tasks, { chunks, gossip }] = [spent(), world.time.tasks, { ...world.network.counts }]
  await world.time.pass(seconds * secondMs)
  const [wall, thread] = [spent().wall - from.wall, spent().thread - from.thread]
  const measured = Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, value - before[name as keyof LightCounts]])) as unknown as LightCounts
  const online = devices.filter(({ isOnline }) => isOnline).length
  const events = world.time.tasks - tasks
  say(`${seconds} s of virtual time in ${wall.toFixed(1)} s (${thread.toFixed(1)} s of its thread): ${events} events (${(events / wall).toFixed(0)} a second), ${world.network.counts.chunks - chunks} pieces of streams, gossip heard ${world.network.counts.gossip - gossip} times; ${JSON.stringify(measured)}; ${online} online at the end`)
  await world.stop()
  return { ratio: seconds / wall, threadRatio: seconds / thread, seconds, counts: measured, online, rssMb: process.memoryUsage.rss() / 2 ** 20 }
}
