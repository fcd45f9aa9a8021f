/** A relay with five thousand devices on it is killed; all of them want back at the moment it is there again. */
import { figure } from '../network/network.ts'
import { until } from '../network/person.ts'
import type { Scenario } from '../scenario.ts'
import { CrowdDevice, inParallel } from './presence-crowd.ts'
import { quantiles } from './quantiles.ts'
import { arrivalTimeoutMs, underLoad } from './under-load.ts'

const crowdSize = 5_000
/** While they come for the first time; afterwards all at once. */
const parallel = 64
const calmMs = 5_000
/** A handshake costs both ends, here on the same processors, some milliseconds. */
const timeoutMs = 240_000

export const reconnect: Scenario = {
  name: 'reconnect',
  summary: `a relay is killed, and the ${crowdSize.toLocaleString('en')} devices that were connected to it come back at once`,
  testScale: 0.02,

  async run (stage) {
    const size = Math.max(100, Math.round(crowdSize * stage.scale))
    const quietMs = Math.max(1_500, calmMs * Math.min(1, stage.scale))
    const { network, people, load } = await underLoad(stage, { everyMs: 500, groupEveryMs: 1_000 })
    const { id, address, httpUrl, daemon, name } = network.relay('eu')
    const crowd = Array.from({ length: size }, () => new CrowdDevice({ relay: id, address }))
    const connections = async (): Promise<number> => await figure(`${httpUrl}/metrics`, 'heliograph_client_connections') ?? 0
    let isOver = false
    try {
      await stage.step(`${size} devices register at ${name}`, () => inParallel(crowd, parallel, (one) => one.connectPatiently({ register: true })))
      await load.run(quietMs)
      const backMs: number[] = []
      const seconds = await stage.step((taken) => `${name} is killed and started again; everybody is back ${taken.toFixed(1)} s after it was there`, () => load.fault(`${name} killed, ${size} devices come back`, async () => {
        await daemon.kill()
        for (const one of crowd) one.vanish()
        await daemon.start()
        const startMs = performance.now()
        const failures: unknown[] = []
        for (const one of crowd) {
          one.connectPatiently({ isEndless: () => !isOver }).then(() => { backMs.push(performance.now() - startMs) }, (error: unknown) => { failures.push(error) })
        }
        await until(() => backMs.length + failures.length === size, { timeoutMs, what: () => `everybody to be back (${backMs.length} of ${size} are)` })
        if (failures.length > 0) throw failures[0]
        return (performance.now() - startMs) / 1_000
      }))
      stage.check('everybody is back', crowd.flatMap((one, i) => one.isConnected ? [] : [`device ${i} is not connected`]))
      await stage.step('so are the people of the load', () => until(() => people.every(({ client }) => client.connection.state === 'online'), { timeoutMs, what: () => 'the people' }))
      const open = await connections()
      await load.run(quietMs)
      await load.finish({ timeoutMs: arrivalTimeoutMs, conditions: { 'round trip': '80 ms', devices: String(size), machine: 'both ends of every connection on it' } })
      stage.figure('devices', String(size))
      stage.figure('connections of the relay', String(open))
      stage.figure('back after', `${quantiles(backMs)}, all within ${seconds.toFixed(1)} s`)
    } finally {
      isOver = true
      await Promise.all(crowd.map((one) => one.leave()))
    }
  }
}
