/** Relays and clients in network namespaces, far apart on lines that lose packets and are cut, one way, too. */
import { join } from 'node:path'
import { Regions, type Link } from '../faults/regions.ts'
import { regions as names, type Region } from '../network/network.ts'
import type { Scenario } from '../scenario.ts'
import { arrivalTimeoutMs, pause, underLoad } from './under-load.ts'

/** One way; there and back it is 80, 170 and 250 ms. */
const distances: ReadonlyArray<readonly [Region, Region, number]> = [['eu', 'us', 40], ['us', 'ap', 85], ['eu', 'ap', 125]]
/** Of the delay. */
const jitter = 0.15
const usualLoss = 0.01
const badLoss = 0.05
const phaseMs = 30_000
const calmMs = 10_000

export const wan: Scenario = {
  name: 'wan',
  summary: 'regions 80 to 250 ms apart on lines that lose 1 to 5% of the packets and are cut, one way, too',
  testScale: 0.02,

  async run (stage) {
    const regions = await stage.step('three network namespaces with lines between them', () => Regions.open(names, { folder: join(stage.folder, 'bin'), seed: stage.random.seed }))
    stage.onEnd(() => regions.close())
    const holdMs = Math.max(4_000, phaseMs * stage.scale)
    const quietMs = Math.max(1_000, calmMs * stage.scale)
    const lines = ({ loss, factor = 1 }: { loss: number, factor?: number }): void => {
      for (const [a, b, delayMs] of distances) regions.link(a, b, { delayMs: delayMs * factor, jitterMs: delayMs * factor * jitter, loss } satisfies Link)
    }
    lines({ loss: 0 })
    const { load } = await underLoad(stage, {
      about: 'a bootstrap node and three relays run there, 80, 170 and 250 ms apart',
      place: (_name, region) => ({ host: regions.host(region), prefix: regions.prefix(region), isProcess: true })
    })
    lines({ loss: usualLoss })
    await stage.step(`all lines lose ${100 * usualLoss}% of the packets`, () => load.run(quietMs + holdMs / 2))
    const phase = async (name: string, begin: () => void, end: () => void): Promise<void> => {
      await stage.step(`${name} for ${Math.round(holdMs / 1000)} s`, () => load.fault(name, async () => {
        begin()
        await pause(holdMs)
        end()
      }))
      await load.run(quietMs)
    }
    await phase(`${100 * badLoss}% are lost`, () => { lines({ loss: badLoss }) }, () => { lines({ loss: usualLoss }) })
    await phase('eu and ap are cut apart', () => { regions.cut('eu', 'ap') }, () => { regions.heal('eu', 'ap') })
    await phase('nothing comes from us to eu, the other way goes on', () => { regions.cutOneWay('us', 'eu') }, () => { regions.heal('us', 'eu') })
    await phase('ap is cut off', () => { for (const other of ['eu', 'us'] as const) regions.cut('ap', other) }, () => { for (const other of ['eu', 'us'] as const) regions.heal('ap', other) })
    await phase('everything takes twice as long', () => { lines({ loss: usualLoss, factor: 2 }) }, () => { lines({ loss: usualLoss }) })
    await load.finish({ timeoutMs: arrivalTimeoutMs, conditions: { 'round trips': '80, 170, 250 ms', jitter: `${100 * jitter}%`, loss: `${100 * usualLoss} to ${100 * badLoss}%` } })
    const { passed, lost } = await regions.stats()
    stage.figure('packets between regions', `${passed} passed, ${lost} lost`)
    stage.check('packets were lost', lost > 0 ? [] : ['none was'])
  }
}
