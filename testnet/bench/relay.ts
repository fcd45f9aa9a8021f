/**
 * One relay process, 1 KB messages between pairs of clients that live on it, each answered with an end-to-end receipt.
 * A message counts when its receiver has it; a place in flight is free again when the sender has its receipt.
 */
import { Fleet, perMessage, perSecond, printConditions, type Measured } from './load/fleet.ts'

function print (label: string, result: Measured): void {
  const relay = result.relays.reduce((sum, one) => sum + one.cpuSeconds, 0)
  const fsyncs = result.relays.reduce((sum, one) => sum + one.fsyncs, 0)
  console.log(`${label}: ${perSecond(result.delivered, result.seconds)} delivered/s · relay CPU ${perMessage(relay, result.delivered)} µs a message · load CPU ${perMessage(result.cpuSeconds, result.delivered)} µs · ` +
    `p50 ${result.p50Ms.toFixed(1)} ms · p99 ${result.p99Ms.toFixed(1)} ms · max ${result.maxMs.toFixed(0)} ms · ${perSecond(fsyncs, result.seconds)} fsyncs/s · missing ${result.missing}`)
}

/** @param args `--seconds N` per phase (10) */
export async function run (args: string[], relays = 1): Promise<void> {
  const at = args.indexOf('--seconds')
  const measureMs = 1000 * (at < 0 ? 10 : Number(args[at + 1]))
  printConditions()
  const fleet = await Fleet.start({ relays })
  try {
    await fleet.connect(200)
    // First: after saturation LevelDB is still compacting, which would be measured instead.
    print('200 clients, 1,000 messages/s in all', await fleet.run({ perSecond: 1000, measureMs }))
    print('200 clients, 10 in flight each', await fleet.run({ inFlight: 10, measureMs }))
    print('200 clients, 2 in flight each', await fleet.run({ inFlight: 2, measureMs }))
    await fleet.connect(800)
    print('1,000 clients, 1 in flight each', await fleet.run({ inFlight: 1, measureMs }))
    for (const [i, { rssBytes }] of (await fleet.reports()).entries()) console.log(`relay ${i}: ${Math.round(rssBytes / 2 ** 20)} MiB resident at the end`)
  } finally {
    await fleet.stop()
  }
}
