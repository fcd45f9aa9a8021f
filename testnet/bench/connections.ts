/**
 * Handshakes per second (TCP, Noise, yamux, stream, hello, registration) and what an idle connection holds.
 */
import { Fleet, perMessage, perSecond, printConditions } from './load/fleet.ts'

/** @param args `--clients N` (5,000) */
export async function run (args: string[]): Promise<void> {
  const at = args.indexOf('--clients')
  const clients = at < 0 ? 5000 : Number(args[at + 1])
  printConditions()
  const fleet = await Fleet.start({ relays: 1 })
  try {
    await fleet.connect(200) // warm: code compiled, buffers grown
    const before = (await fleet.reports('memory'))[0]!
    const { seconds, relays } = await fleet.connect(clients)
    const after = (await fleet.reports('memory'))[0]!
    console.log(`${clients.toLocaleString('en')} connections: ${perSecond(clients, seconds)} handshakes/s with registration · relay CPU ${(Number(perMessage(relays[0]!.cpuSeconds, clients)) / 1000).toFixed(2)} ms a handshake · ` +
      `${((after.rssBytes - before.rssBytes) / clients / 1024).toFixed(1)} KiB resident per idle connection (heap ${((after.heapBytes - before.heapBytes) / clients / 1024).toFixed(1)} KiB)`)
  } finally {
    await fleet.stop()
  }
}
