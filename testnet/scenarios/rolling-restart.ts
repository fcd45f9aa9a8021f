/** Every relay is stopped with SIGTERM and started again, one after the other, as for an upgrade. */
import type { Violation } from '../assertions/evidence.ts'
import { until, type Person } from '../network/person.ts'
import type { Scenario } from '../scenario.ts'
import { arrivalTimeoutMs, underLoad } from './under-load.ts'

const rounds = 3
const calmMs = 4_000
/** The relay drains for up to this long. */
const graceMs = 35_000
/** A restart takes a second or two, a client's first tries come soon after. */
const longestAwayMs = 20_000
const timeoutMs = 60_000

export const rollingRestart: Scenario = {
  name: 'rolling-restart',
  summary: 'all relays are restarted one after the other under load; clients notice no more than a reconnect',

  async run (stage) {
    const { network, people, load } = await underLoad(stage, { peoplePerRegion: 2 })
    const watched = people.map((person) => new Watched(person))
    const times = Math.max(1, Math.round(rounds * stage.scale))
    for (let round = 1; round <= times; round++) {
      for (const relay of network.relays) {
        await load.run(calmMs * Math.min(1, stage.scale * 2))
        await stage.step(`${relay.name} is told to stop, and starts again`, () => load.fault(`${relay.name} restarted`, async () => {
          await relay.daemon.stop({ graceMs })
          await relay.daemon.start()
        }))
        await stage.step('everybody is online', () => until(() => watched.every(({ isOnline }) => isOnline), { timeoutMs, what: () => watched.filter(({ isOnline }) => !isOnline).map(({ name }) => name).join(', ') }))
      }
    }
    await load.run(calmMs)
    await load.finish({ timeoutMs: arrivalTimeoutMs, conditions: { 'round trip': '80 ms', restarts: String(times * network.relays.length) } })
    stage.check('clients notice a reconnect and no more', watched.flatMap((one) => one.violations(times)))
    stage.figure('longest time without a connection', `${(Math.max(...watched.map(({ longestMs }) => longestMs)) / 1000).toFixed(1)} s`)
  }
}

/** What a client has told the person who uses it. */
class Watched {
  readonly name: string
  longestMs = 0
  readonly #person: Person
  readonly #home: string
  readonly #told: string[] = []
  #lost = 0
  #lostAtMs: number | undefined

  constructor (person: Person) {
    this.#person = person
    this.name = person.name
    this.#home = person.home
    person.client.on('connection', ({ state }) => {
      if (state === 'online') {
        if (this.#lostAtMs !== undefined) this.longestMs = Math.max(this.longestMs, performance.now() - this.#lostAtMs)
        this.#lostAtMs = undefined
      } else if (this.#lostAtMs === undefined) {
        this.#lostAtMs = performance.now()
        this.#lost++
      }
    })
    person.client.on('warning', ({ text }) => { this.#told.push(`the warning "${text}"`) })
    person.client.on('update', ({ state }) => { if (state === 'failed') this.#told.push('a message that failed') })
  }

  get isOnline (): boolean { return this.#person.client.connection.state === 'online' }

  /** @param most how often the home was restarted */
  violations (most: number): Violation[] {
    return [
      ...this.#told.map((what) => `${this.name} was told of ${what}`),
      ...(this.#person.home === this.#home ? [] : [`${this.name} has moved to ${this.#person.home}`]),
      ...(this.#lost <= most ? [] : [`${this.name} lost the connection ${this.#lost} times`]),
      ...(this.longestMs <= longestAwayMs ? [] : [`${this.name} was without a connection for ${Math.round(this.longestMs / 1000)} s`])
    ]
  }
}
