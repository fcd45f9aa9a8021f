/**
 * The home of somebody, who also founded the group, is destroyed while everybody writes: the account moves to its standby by
 * itself. Later the old home comes back with the disk that it had.
 */
import { figure } from '../network/network.ts'
import { until } from '../network/person.ts'
import type { Scenario } from '../scenario.ts'
import { arrivalTimeoutMs, underLoad } from './under-load.ts'

const calmMs = 10_000
/** From the death of the relay until the account is online elsewhere; of a small run, which may share its machine, three times that. */
const moveMs = 10_000
const timeoutMs = 60_000

export const homeDestroyed: Scenario = {
  name: 'home-destroyed',
  summary: 'a relay is destroyed under load; the account moves to its standby by itself in under 10 s; the relay comes back later',

  async run (stage) {
    const quietMs = Math.max(2_500, calmMs * stage.scale)
    const { network, people, load } = await underLoad(stage)
    const [ann] = people
    const old = network.relay(ann!.home)
    const standby = await stage.step((name) => `everybody has a standby in another region; ann's is ${name}`, async () => {
      await until(async () => (await Promise.all(people.map(async ({ client }) => (await client.home.status()).standby))).every((one) => one !== undefined), { timeoutMs, what: () => 'standbys' })
      return (await ann!.client.home.status()).standby!.name
    })
    await load.run(quietMs)
    // Of a standby that is still being filled nothing more is promised than of none.
    await stage.step(`the standby has everything that ${old.name} has`, () => until(async () => await figure(`${old.httpUrl}/metrics`, 'heliograph_standby_behind') === 0, { timeoutMs, what: () => 'the standby' }))
    const atMostMs = stage.scale < 1 ? 3 * moveMs : moveMs
    const tookMs = await stage.step((ms) => `${old.name} is destroyed; ann is at ${ann!.home} ${(ms / 1000).toFixed(1)} s later`, () => load.fault(`${old.name} destroyed`, async () => {
      const startMs = performance.now()
      await old.daemon.kill()
      await until(() => ann!.home !== old.name && ann!.client.connection.state === 'online', { timeoutMs, what: () => `ann to move (${ann!.home}, ${ann!.client.connection.state})` })
      return performance.now() - startMs
    }))
    stage.check(`at the standby in under ${atMostMs / 1000} s`, [
      ...(ann!.home === standby ? [] : [`ann is at ${ann!.home}, and the standby was ${standby}`]),
      ...(tookMs < atMostMs ? [] : [`it took ${Math.round(tookMs)} ms`])
    ])
    await load.run(quietMs)
    stage.check('the others stay where they are', people.slice(1).flatMap((person) => network.relay(person.home).region === person.region ? [] : [`${person.name} has moved to ${person.home}`]))
    await stage.step(`${old.name} comes back with the disk that it had`, () => load.fault(`${old.name} is back`, () => old.daemon.start()))
    await load.run(quietMs)
    stage.check('ann stays', ann!.home === standby ? [] : [`ann is at ${ann!.home}`])
    await load.finish({ timeoutMs: arrivalTimeoutMs, conditions: { 'round trip': '80 ms' } })
    stage.figure('time to move', `${(tookMs / 1000).toFixed(1)} s`)
  }
}
