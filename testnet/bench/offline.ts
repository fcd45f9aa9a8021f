/**
 * 100 people write to 100 others who are away; then all of those come back and take what waits for them.
 */
import { Fleet, perMessage, perSecond, printConditions } from './load/fleet.ts'

/** @param args `--messages N` (150,000) */
export async function run (args: string[]): Promise<void> {
  const at = args.indexOf('--messages')
  const messages = at < 0 ? 150_000 : Number(args[at + 1])
  printConditions()
  const fleet = await Fleet.start({ relays: 1 })
  try {
    await fleet.connect(200)
    for (const [label, order] of [['store', { do: 'store', messages }], ['drain', { do: 'drain' }]] as const) {
      const { seconds, missing, relays } = await fleet.timed(order)
      console.log(`${label}: ${messages.toLocaleString('en')} messages in ${seconds.toFixed(1)} s, ${perSecond(messages, seconds)}/s · relay CPU ${perMessage(relays[0]!.cpuSeconds, messages)} µs a message · ${perSecond(relays[0]!.fsyncs, seconds)} fsyncs/s${missing === undefined ? '' : ` · missing ${missing}`}`)
    }
  } finally {
    await fleet.stop()
  }
}
