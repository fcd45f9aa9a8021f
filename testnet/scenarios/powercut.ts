/** The power of a relay is cut, again and again, under load: what was not synced is gone. The relay starts by itself each time. */
import { join } from 'node:path'
import { durable } from '../assertions/durable.ts'
import type { Violation } from '../assertions/evidence.ts'
import { PowerCutDisk } from '../faults/power-cut.ts'
import { durableEvidence } from '../faults/stored.ts'
import type { Placement } from '../network/network.ts'
import type { Scenario } from '../scenario.ts'
import { arrivalTimeoutMs, pause, underLoad } from './under-load.ts'

const cuts = 20
/** A person's home that also gives numbers, and one that mostly keeps copies. */
const relaysWithPower = ['eu-1', 'ap-1']
/** Between two cuts, at least and at most: clients come back within a few seconds. */
const betweenMs = [1_500, 6_000] as const
/** What was acknowledged is looked for at the home of its author: nobody moves away, nor is a guest elsewhere, while it starts. */
const staysAtHome: Placement = { client: { standby: 'none', moveAfterMs: 24 * 60 * 60_000 } }

export const powercut: Scenario = {
  name: 'powercut',
  summary: `the power of relays is cut ${cuts} times under load; nothing that was acknowledged is lost`,
  testScale: 0.02,

  async run (stage) {
    const count = Math.max(3, Math.round(cuts * stage.scale))
    const disks = new Map<string, PowerCutDisk>()
    await stage.step('eu-1 and ap-1 keep their data on disks whose power can be cut', async () => {
      for (const name of relaysWithPower) {
        const disk = await PowerCutDisk.open(join(stage.folder, `disk-${name}`))
        stage.onEnd(() => disk.close())
        disks.set(name, disk)
      }
    })
    const { network, load } = await underLoad(stage, {
      everyMs: 60,
      groupEveryMs: 200,
      place: (name) => {
        const disk = disks.get(name)
        return disk === undefined ? staysAtHome : { folder: join(disk.folder, 'relay'), config: { minFreeMegabytes: 32, directoryMegabytes: 16 } }
      }
    })
    const lost: Violation[] = []
    let [looked, starts] = [0, 0]
    for (let cut = 1; cut <= count; cut++) {
      await pause(stage.random.integer(...betweenMs))
      const relay = network.relay(cut <= relaysWithPower.length ? relaysWithPower[cut - 1]! : stage.random.pick(relaysWithPower))
      const disk = disks.get(relay.name)!
      await stage.step((found: number) => `${relay.name} loses power (${cut} of ${count}); ${found} messages that it had acknowledged are looked for; it starts again`, () => load.fault(`power of ${relay.name} cut`, async () => {
        // It must promise nothing after the moment of the cut.
        relay.daemon.pause()
        await disk.cut()
        await relay.daemon.kill()
        await disk.restore()
        const evidence = await durableEvidence(relay, load)
        lost.push(...durable(evidence))
        looked += evidence.acknowledged.length
        await relay.daemon.start()
        starts++
        return evidence.acknowledged.length
      }))
    }
    stage.check('what was acknowledged is durable', looked === 0 ? ['nothing had been acknowledged'] : lost)
    stage.check('the relay starts by itself each time', starts === count ? [] : [`${starts} of ${count} times`])
    await load.finish({ timeoutMs: arrivalTimeoutMs, conditions: { 'round trip': '80 ms', disks: 'ext4 in an image on XFS, which is cloned at the moment of the cut' } })
  }
}
