/** Relays, clients and the entry node are killed with SIGKILL at random moments, one after the other or two at a time. */
import type { Person } from '../network/person.ts'
import type { Scenario } from '../scenario.ts'
import { arrivalTimeoutMs, pause, underLoad } from './under-load.ts'

const storm = { ms: 600_000, leastMs: 12_000 }
/** Between two kills, and until what was killed is started again. */
const everyMs: readonly [number, number] = [800, 4_000]
const awayMs: readonly [number, number] = [100, 2_500]
const calmMs = 3_000
/** Down at the same time. */
const most = 2

export const killRandom: Scenario = {
  name: 'kill-random',
  summary: 'any process is killed with SIGKILL at random for ten minutes under load, two of them down at a time',
  testScale: 0.02,

  async run (stage) {
    const { network, people, load } = await underLoad(stage, { place: (name) => ({ isProcess: !/^(?:bootstrap|\w+-\d)$/.test(name) }) })
    const daemons = [...network.relays.map(({ daemon }) => daemon), network.bootstrap]
    const victims: readonly Victim[] = [
      ...daemons.map((daemon) => ({ name: daemon.name, kill: () => daemon.kill(), revive: () => daemon.start() })),
      ...people.map((person: Person) => ({ name: `client of ${person.name}`, kill: () => person.kill(), revive: () => load.revive(person) }))
    ]
    const between = ([from, to]: readonly [number, number]): Promise<void> => pause(stage.random.integer(from, to))
    const lastsMs = Math.max(storm.leastMs, storm.ms * stage.scale)
    const kills = new Map<string, number>()
    await load.run(calmMs)
    await stage.step((count) => `${count} processes are killed within ${Math.round(lastsMs / 1000)} s, and started again`, async () => {
      const down = new Map<Victim, Promise<void>>()
      const endMs = performance.now() + lastsMs
      while (performance.now() < endMs) {
        await between(everyMs)
        if (down.size >= most) await Promise.race(down.values())
        const victim = stage.random.pick(victims.filter((one) => !down.has(one)))
        kills.set(victim.name, (kills.get(victim.name) ?? 0) + 1)
        down.set(victim, load.fault(`${victim.name} killed`, async () => {
          await victim.kill()
          await between(awayMs)
          await victim.revive()
        }).finally(() => { down.delete(victim) }))
      }
      await Promise.all(down.values())
      return [...kills.values()].reduce((sum, count) => sum + count, 0)
    })
    await load.run(calmMs)
    stage.figure('killed', [...kills].map(([name, count]) => `${name} ${count}`).join(', '))
    await load.finish({ timeoutMs: arrivalTimeoutMs, conditions: { 'round trip': '80 ms', 'down at a time': `up to ${most}` } })
  }
}

interface Victim { readonly name: string, kill (): Promise<void>, revive (): Promise<void> }
