/** The clocks of relays and clients are wrong by a day, each in its own way, and jump while everything runs. */
import { join } from 'node:path'
import { WrongClock } from '../faults/wrong-clock.ts'
import type { Scenario } from '../scenario.ts'
import { arrivalTimeoutMs, underLoad } from './under-load.ts'

const daySeconds = 24 * 60 * 60
/** Who starts how far off; everybody else is right, and the bootstrap node always is. */
const offsets: Readonly<Record<string, number>> = { 'eu-1': daySeconds, 'ap-1': -daySeconds, ann: -daySeconds, cho: daySeconds, ben: 0, 'us-1': 0 }
const phaseMs = 20_000
const jumps = 6

export const clocks: Scenario = {
  name: 'clocks',
  summary: 'the clocks of relays and clients are a day ahead or behind, and jump under load',
  testScale: 0.02,

  async run (stage) {
    const holdMs = Math.max(2_500, phaseMs * stage.scale)
    const wrong = new Map<string, WrongClock>()
    await stage.step('everybody gets a clock of their own', async () => {
      for (const [name, offset] of Object.entries(offsets)) {
        const clock = await WrongClock.make(join(stage.folder, 'clocks'), name)
        await clock.set(offset)
        wrong.set(name, clock)
      }
    })
    const { network, people, load } = await underLoad(stage, {
      about: 'eu-1 starts a day ahead, ap-1 a day behind, 80 ms apart',
      place: (name) => {
        const clock = wrong.get(name)
        return clock === undefined ? {} : { env: clock.env, isProcess: true }
      }
    })
    await stage.step('they write, with ann a day behind and cho a day ahead', () => load.fault('clocks ± 24 h', () => load.run(holdMs)))
    const count = Math.max(2, Math.round(jumps * Math.min(1, stage.scale * 3)))
    for (let jump = 1; jump <= count; jump++) {
      // Relays and clients in turn, so that a short run has both.
      const name = stage.random.pick(Object.keys(offsets).filter((one) => one.endsWith('-1') === (jump % 2 === 1)))
      const offset = stage.random.pick([-daySeconds, 0, daySeconds, stage.random.integer(-daySeconds, daySeconds)])
      await stage.step(`the clock of ${name} jumps to ${(offset / 3600).toFixed(1)} h`, () => load.fault(`${name}: ${(offset / 3600).toFixed(1)} h`, async () => {
        await wrong.get(name)!.set(offset)
        await load.run(holdMs / 2)
      }))
    }
    const relay = network.relay(stage.random.pick(['eu', 'us', 'ap']))
    await stage.step(`${relay.name} is killed and starts again with its clock a day further back`, () => load.fault(`${relay.name} starts again`, async () => {
      await relay.daemon.kill()
      await wrong.get(relay.name)!.set(-daySeconds)
      await relay.daemon.start()
    }))
    const person = stage.random.pick(people)
    await stage.step(`${person.name} goes away and comes back in another day`, () => load.fault(`${person.name} away`, async () => {
      await person.leave()
      await wrong.get(person.name)!.set(daySeconds)
      await person.comeBack()
    }))
    await load.run(holdMs)
    await load.finish({ timeoutMs: arrivalTimeoutMs, conditions: { 'round trip': '80 ms', clocks: '± 24 h with libfaketime; durations are right' } })
  }
}
