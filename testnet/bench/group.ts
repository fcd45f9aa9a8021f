/**
 * A group of 1,024 over three relay processes, everybody online: deliveries per second, time to the last member, copies on
 * disk, 1:1 messages beside a burst, and what adding a member costs.
 */
import { existsSync } from 'node:fs'
import { Fleet, difference, perMessage, perSecond, printConditions, type Measured, type Worker } from './load/fleet.ts'
import type { GroupOrder, GroupRun } from './load/group-load.ts'
import type { RelayReport } from './load/relay-process.ts'

const members = 1024
/** Beside the group, in a process of their own: pairs of people who live at the group's sequencer. */
const pairs = 50
const pairMessagesPerSecond = 200
/** One every second: together a quarter of what is asked for with everybody online. */
const burst = { size: 10, everyMs: 1000 }
const addedOneByOne = 20
/** A file system in memory, on Linux. */
const memoryDisk = '/dev/shm'

type Metrics = Array<Record<string, number>>
const metric = (all: Metrics, before: Metrics, relay: number, name: string): number => Object.keys(all[relay]!)
  .filter((key) => key === name || key.startsWith(`${name}{`))
  .reduce((sum, key) => sum + all[relay]![key]! - (before[relay]![key] ?? 0), 0)

const ms = (value: number): string => `${value.toFixed(1)} ms`
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

/** @param args `--seconds N` per phase (10), `--members N` (1,024), `--relays N` (3), `--in-flight N` (48) */
export async function run (args: string[]): Promise<void> {
  const option = (name: string, otherwise: number): number => { const at = args.indexOf(name); return at < 0 ? otherwise : Number(args[at + 1]) }
  const [seconds, size, relays, inFlight] = [option('--seconds', 10), option('--members', members), option('--relays', 3), option('--in-flight', 48)]
  printConditions()
  console.log('sealed messages are random bytes of the size that a sender-key message of 1 KB has: encryption between members is measured by `crypto`')
  await measureGroup({ seconds, size, relays, inFlight })
  await measurePairs({ seconds, size, relays })
}

/** A fleet and a group in which everybody is online. */
async function begin (size: number, relays: number, otherDisk?: string): Promise<{ fleet: Fleet, load: Worker<GroupOrder> }> {
  const fleet = await Fleet.start({ relays, ...(otherDisk === undefined ? {} : { otherDisk }) })
  try {
    const load = await fleet.addLoad<GroupOrder>('./group-load.ts')
    const { seconds: connected } = await load.ask<{ seconds: number }>({ do: 'connect', members: size + addedOneByOne, targets: fleet.targets, parallel: 32 })
    const { seconds: created } = await load.ask<{ seconds: number }>({ do: 'create', members: size })
    console.log(`${size + addedOneByOne} members connected to ${relays} relays in ${connected.toFixed(1)} s · group of ${size.toLocaleString('en')} created, at every member after ${created.toFixed(2)} s · ${await settled(fleet)}`)
    return { fleet, load }
  } catch (error) {
    await fleet.stop()
    throw error
  }
}

async function measureGroup ({ seconds, size, relays, inFlight }: { seconds: number, size: number, relays: number, inFlight: number }): Promise<void> {
  const { fleet, load } = await begin(size, relays)
  try {
    const measure = async (order: GroupOrder): Promise<{ result: GroupRun, relays: Measured['relays'], metrics: Metrics, before: Metrics }> => {
      let reports: Promise<RelayReport[]> = fleet.reports()
      const before = await fleet.metrics()
      load.on('measuring', () => { reports = fleet.reports() })
      const result = await load.ask<GroupRun>(order)
      return { result, relays: difference(await reports, await fleet.reports()), metrics: await fleet.metrics(), before }
    }

    const steady = await measure({ do: 'steady', perSecond: 1, measureMs: 1.5 * seconds * 1000 })
    console.log(`1 message a second: SENT to a member p50 ${ms(steady.result.toMember.p50Ms)}, p99 ${ms(steady.result.toMember.p99Ms)} · to the last member p50 ${ms(steady.result.toLast.p50Ms)}, p99 ${ms(steady.result.toLast.p99Ms)} · ${perRelay(steady)}`)

    const full = await measure({ do: 'saturate', inFlight, warmUpMs: 3000, measureMs: seconds * 1000 })
    const deliveries = full.result.delivered.reduce((sum, one) => sum + one, 0)
    console.log(`${inFlight} messages on their way: ${perSecond(deliveries, full.result.seconds)} deliveries/s (${perSecond(full.result.messages, full.result.seconds)} messages/s) · SENT to a member p50 ${ms(full.result.toMember.p50Ms)} · to the last p50 ${ms(full.result.toLast.p50Ms)}, p99 ${ms(full.result.toLast.p99Ms)} · ` +
      `${perRelay(full)} · load CPU ${perMessage(full.result.cpuSeconds, deliveries)} µs · missing ${full.result.missing}`)
    const stored = fleet.targets.map((_, i) => metric(full.metrics, full.before, i, 'heliograph_intake_accepted_total{to="log"}') + metric(full.metrics, full.before, i, 'heliograph_replica_entries_total'))
    const sequenced = Math.max(...stored)
    const roads = ['heliograph_gossip_published_total', 'heliograph_replicate_entries_total'].map((name) => metric(full.metrics, full.before, 0, name))
    console.log(`copies on disk of each message, by relay: ${stored.map((one) => (one / sequenced).toFixed(3)).join(', ')} · fsyncs ${full.relays.map(({ fsyncs }) => perSecond(fsyncs, full.result.seconds)).join(', ')} a second · ` +
      `${roads[0]} entries published by gossip, ${roads[1]} sent directly`)

    // Of what an add costs the sequencer: without the deliveries and acknowledgements that follow.
    await load.ask({ do: 'disconnect' })
    const adds = []
    for (const members of [10, Math.min(1000, size)]) {
      await load.ask({ do: 'begin', members })
      await settled(fleet)
      const before = await fleet.metrics()
      const { eachMs } = await load.ask<{ eachMs: number[] }>({ do: 'add', count: addedOneByOne })
      const bytes = metric(await fleet.metrics(), before, 0, 'heliograph_commit_written_bytes_total') / addedOneByOne
      adds.push({ members, eachMs: median(eachMs), bytes })
    }
    const [few, many] = adds
    for (const { members, eachMs, bytes } of adds) console.log(`adding a member to ${members}: ${ms(eachMs)} (median of ${addedOneByOne}), ${Math.round(bytes)} bytes written at the sequencer`)
    console.log(`ratio: time ${(many!.eachMs / few!.eachMs).toFixed(2)}, bytes ${(many!.bytes / few!.bytes).toFixed(2)}`)
  } finally {
    await fleet.stop()
  }
}

/** 1:1 messages at the group's sequencer, alone and beside bursts of the group. */
async function measurePairs ({ seconds, size, relays }: { seconds: number, size: number, relays: number }): Promise<void> {
  // The members and the other relays stand for other machines. On this one they share two cores with the relay that is measured,
  // and an ext4 journal, in which its fsync would wait for theirs: so they run at low priority, with their data in memory.
  const { fleet, load } = await begin(size, relays, existsSync(memoryDisk) ? memoryDisk : undefined)
  try {
    await load.ask({ do: 'yield' })
    await fleet.yieldToFirst()
    await fleet.connect(2 * pairs, { targets: fleet.targets.slice(0, 1) })
    const timed = async (): Promise<{ p50Ms: number, p99Ms: number, storedWithinMs: number }> => {
      const before = await fleet.metrics()
      const { p50Ms, p99Ms } = await fleet.run({ perSecond: pairMessagesPerSecond, measureMs: seconds * 1000 })
      return { p50Ms, p99Ms, storedWithinMs: bucketOf(0.99, await fleet.metrics(), before) }
    }
    const alone = await timed()
    await load.ask({ do: 'burst', ...burst })
    const beside = await timed()
    const bursts = await load.ask<GroupRun>({ do: 'stop' })
    console.log(`1:1, ${pairMessagesPerSecond} messages a second at the group's sequencer: alone p50 ${ms(alone.p50Ms)}, p99 ${ms(alone.p99Ms)} (99% of fsyncs within ${alone.storedWithinMs} ms) · with ${burst.size} messages to the group at once, every second, p50 ${ms(beside.p50Ms)}, p99 ${ms(beside.p99Ms)} (${beside.storedWithinMs} ms) · ` +
      `ratio of p99 ${(beside.p99Ms / alone.p99Ms).toFixed(2)} · the group's to the last member p99 ${ms(bursts.toLast.p99Ms)}`)
  } finally {
    await fleet.stop()
  }
}

/** Upper edge, in milliseconds, of the bucket in which a quantile of the first relay's commits lies. */
function bucketOf (quantile: number, all: Metrics, before: Metrics): number {
  const counts = Object.keys(all[0]!).flatMap((key) => {
    const edge = /^heliograph_commit_batch_seconds_bucket\{le="([\d.]+)"/.exec(key)?.[1]
    return edge === undefined ? [] : [{ edgeMs: Number(edge) * 1000, count: all[0]![key]! - (before[0]![key] ?? 0) }]
  }).sort((a, b) => a.edgeMs - b.edgeMs)
  const total = counts.at(-1)?.count ?? 0
  return counts.find(({ count }) => count >= quantile * total)?.edgeMs ?? Number.NaN
}

/**
 * New accounts are still being put into the DHT, and members' homes looked for in it, as only generated accounts need it: a
 * person who makes a group has asked for everybody's keys, and their homes, before.
 */
async function settled (fleet: Fleet): Promise<string> {
  const begun = Date.now()
  for (let isSettled = false; !isSettled; await new Promise((resolve) => { setTimeout(resolve, 500) })) {
    const all = await fleet.metrics()
    const left = all.reduce((sum, one) => sum + (one.heliograph_home_unpublished ?? 0) + (one.heliograph_replicate_waiting_logs ?? 0), 0)
    isSettled = left === 0
    if (!isSettled && Date.now() - begun > 30_000) return `not settled after 30 s, ${left} home records left: the figures that follow are worse for it`
  }
  return `settled after ${((Date.now() - begun) / 1000).toFixed(1)} s`
}

function perRelay ({ result, relays }: { result: GroupRun, relays: Measured['relays'] }): string {
  return `relay CPU a delivery ${relays.map(({ cpuSeconds }, i) => perMessage(cpuSeconds, result.delivered[i]!)).join(', ')} µs`
}
