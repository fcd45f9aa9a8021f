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
import { World } from './world.ts'

export interface ScaleOptions {
  readonly relays: number
  readonly accounts: number
  /** Virtual seconds that are measured. */
  readonly seconds: number
  /** Messages, and visits, of one account in an hour. */
  readonly perHour: number
  readonly say: (line: string) => void
}

export interface ScaleFigures { readonly ratio: number, readonly cpuSeconds: number, readonly seconds: number, readonly counts: LightCounts, readonly online: number, readonly rssMb: number }

const secondMs = 1_000
const visitMs = 60 * secondMs
const friends = 5
const joinEveryMs = 50

export async function scale ({ relays, accounts, seconds, perHour, say }: ScaleOptions): Promise<ScaleFigures> {
  const world = new World({
    seed: 1,
    steps: [],
    shape: { relays, people: 0, companions: 0, groups: 0, pairwiseGroupDevices: 16, standby: 'none', syncMs: 0, durationMs: 0, network: { latencyMs: 5, latencyMaxMs: 120, jitterMs: 5, gossipLoss: 0, gossipTwice: 0 } }
  })
  const started = performance.now()
  const since = (fromMs: number): string => `${((performance.now() - fromMs) / 1000).toFixed(0)} s`
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
  const registering = performance.now()
  for (let at = 0; at < accounts;) {
    const batch: LightDevice[] = []
    for (let i = 0; i < 500 && at < accounts; i++, at++) batch.push(new LightDevice({ network: world.network, clock, random, counts }, world.relays[at % relays]!))
    await world.time.during(Promise.all(batch.map(async (device) => { await device.register() })), 600 * secondMs, 'registering')
    devices.push(...batch)
    if (at % 10_000 < 500) say(`${at} accounts registered (${since(registering)}, ${world.time.passedMs / secondMs | 0} virtual)`)
  }
  // Their records reach the DHT, and the relays' first loud minute is over.
  await world.time.pass(120 * secondMs)
  const hourMs = 3_600 * secondMs
  const comeOnline = (i: number): void => {
    clock.after(random.fraction() * 2 * hourMs / perHour, () => {
      const friend = devices[(i + 1 + random.below(friends) * 7_919) % devices.length]!
      void devices[i]!.visit(friend, visitMs)
      comeOnline(i)
    })
  }
  for (let i = 0; i < devices.length; i++) comeOnline(i)
  await world.time.pass(60 * secondMs)
  const before = { ...counts }
  const [fromMs, cpu, tasks] = [performance.now(), process.cpuUsage(), world.time.tasks]
  await world.time.pass(seconds * secondMs)
  const wallSeconds = (performance.now() - fromMs) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const measured = Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, value - before[name as keyof LightCounts]])) as unknown as LightCounts
  const online = devices.filter(({ isOnline }) => isOnline).length
  say(`${seconds} s of virtual time in ${wallSeconds.toFixed(1)} s (${((user + system) / 1e6).toFixed(1)} s of CPU), ${world.time.tasks - tasks} tasks: ${JSON.stringify(measured)}; ${online} online at the end`)
  await world.stop()
  return { ratio: seconds / wallSeconds, cpuSeconds: (user + system) / 1e6, seconds, counts: measured, online, rssMb: process.memoryUsage.rss() / 2 ** 20 }
}
