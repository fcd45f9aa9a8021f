/** A relay, then a client, is stopped with SIGSTOP: it does nothing, its connections stay open, and it goes on later. */
import type { Scenario } from '../scenario.ts'
import { arrivalTimeoutMs, pause as wait, underLoad } from './under-load.ts'

const stoppedMs = 60_000
const calmMs = 10_000

export const pause: Scenario = {
  name: 'pause',
  summary: 'a relay and then a client are stopped with SIGSTOP for a minute each, under load, and go on',
  testScale: 0.02,

  async run (stage) {
    const holdMs = Math.max(4_000, stoppedMs * stage.scale)
    const quietMs = Math.max(1_500, calmMs * stage.scale)
    const seconds = Math.round(holdMs / 1000)
    const { network, people, load } = await underLoad(stage, { place: (name) => ({ isProcess: name === 'cho' }) })
    await load.run(quietMs)
    const relay = network.relay(stage.random.pick(['eu', 'us']))
    await stage.step(`${relay.name} stands still for ${seconds} s`, () => load.fault(`${relay.name} stopped`, async () => {
      relay.daemon.pause()
      await wait(holdMs)
      relay.daemon.resume()
    }))
    await load.run(quietMs)
    const client = people.find(({ process }) => process !== undefined)!
    await stage.step(`the client of ${client.name} stands still for ${seconds} s`, () => load.fault(`client of ${client.name} stopped`, async () => {
      client.process!.pause()
      await wait(holdMs)
      client.process!.resume()
    }))
    await load.run(quietMs)
    await load.finish({ timeoutMs: arrivalTimeoutMs, conditions: { 'round trip': '80 ms', stopped: `${seconds} s each` } })
  }
}
