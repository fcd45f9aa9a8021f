/**
 * People, their stores and one fake relay under a manual clock: what the client's tests are written in.
 */
import { ManualClock, SeededRandom, settle } from '../../protocol/clock-manual.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { fromUtf8 } from '../../protocol/bytes.ts'
import { signHomeRecord, verifyHomeRecord } from '../../protocol/records/home-record.ts'
import { Client, type ClientConfig, type Message, type Warning } from '../client.ts'
import { FakeDialer, FakeRelay, type FakeRelayOptions } from './relay-fake.ts'
import type { ClientStore } from '../store/store.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { fromHex } from '../store/stored.ts'

export class FakeWorld {
  readonly clock = new ManualClock()
  readonly random: SeededRandom
  readonly relays: FakeRelay[]
  readonly people: FakePerson[] = []

  readonly primitives: Primitives

  constructor (primitives: Primitives, seed = 1) {
    this.primitives = primitives
    this.random = new SeededRandom(seed)
    this.relays = [this.makeRelay()]
  }

  get relay (): FakeRelay { return this.relays[0]! }

  makeRelay (options: Partial<FakeRelayOptions> = {}): FakeRelay {
    return new FakeRelay({ clock: this.clock, random: this.random, primitives: this.primitives, ...options })
  }

  async person (name: string, config: Partial<ClientConfig> = {}): Promise<FakePerson> {
    const person = new FakePerson(this, name, config)
    this.people.push(person)
    await person.open()
    return person
  }

  /** Registered, started and online. */
  async member (name: string, config: Partial<ClientConfig> = {}): Promise<FakePerson> {
    const person = await this.person(name, config)
    await this.settled(person.client.createAccount({ handle: name }))
    person.client.start()
    await this.until(() => person.client.connection.state === 'online')
    return person
  }

  /** Both have written once: sessions are acknowledged, nothing is under way, and what has come is forgotten. */
  async greet (one: FakePerson, other: FakePerson): Promise<void> {
    await one.client.send(other.id, 'hello')
    await this.until(() => other.received.length === 1)
    await other.client.send(one.id, 'hello too')
    await this.until(() => one.received.length === 1)
    await this.quiet()
    one.received.length = other.received.length = 0
  }

  /** Let time pass until it is so. */
  async until (isSo: () => boolean | Promise<boolean>, { what = 'condition', maxMs = 300_000, stepMs = 20 }: { what?: string, maxMs?: number, stepMs?: number } = {}): Promise<void> {
    for (let ms = 0; ms <= maxMs; ms += stepMs) {
      for (let i = 0; i < 10; i++) {
        if (await isSo()) return
        await settle()
      }
      await this.clock.advance(stepMs)
    }
    throw new Error(`${what} did not come true within ${maxMs} ms (seed ${this.random.seed})`)
  }

  /** A promise that needs time to pass. */
  async settled<T> (promise: Promise<T>): Promise<T> {
    let isDone = false
    const done = (): void => { isDone = true }
    promise.then(done, done)
    await this.until(() => isDone, { what: 'promise' })
    return await promise
  }

  /** Nothing is under way any more. */
  async quiet (ms = 1_000): Promise<void> { await this.clock.advance(ms); await settle(500) }

  async stop (): Promise<void> { for (const person of this.people) await person.client.stop() }
}

export class FakePerson {
  readonly name: string
  readonly world: FakeWorld
  readonly config: ClientConfig
  readonly data = new Map<string, Uint8Array>()
  /** What the person saw, over all runs. */
  readonly received: Message[] = []
  readonly warnings: Warning[] = []
  client!: Client
  dialer!: FakeDialer
  #store: MemoryStore | undefined
  /** Put between the client and its data. */
  wrapStore: (store: ClientStore) => ClientStore = (store) => store

  constructor (world: FakeWorld, name: string, config: Partial<ClientConfig>) {
    this.world = world
    this.name = name
    this.config = { bootstrap: [world.relay.address], software: 'test/1', strangers: 'accept', ...config }
  }

  get id (): NonNullable<Client['account']>['id'] { return this.client.account!.id }

  /** Also again, from the data that survived: a restart of the program. */
  async open (): Promise<void> {
    const { clock, random, relays, primitives } = this.world
    // What the last run had still under way must not write into this one's data.
    await this.#store?.close()
    this.#store = new MemoryStore(this.data)
    this.client = await Client.open({
      store: this.wrapStore(this.#store),
      dialer: (seed) => (this.dialer = new FakeDialer(() => relays, seed, primitives)),
      clock,
      random,
      primitives
    }, this.config)
    this.client.on('message', (message) => { this.received.push(message) })
    this.client.on('warning', (warning) => { this.warnings.push(warning) })
  }

  async restart (): Promise<void> {
    await this.client.stop()
    await this.open()
    this.client.start()
  }

  async online (): Promise<void> {
    this.client.start()
    await this.world.until(() => this.client.connection.state === 'online')
  }

  /** The relay gets a home record of this account with another epoch, as after a move of another device of it. */
  signHome (epoch: number): void {
    const { primitives, relay } = this.world
    const { seed } = JSON.parse(fromUtf8(this.data.get('me/account')!)) as { seed: string }
    const row = relay.accounts.get(this.id)!
    row.homeRecord = signHomeRecord(primitives, { ...verifyHomeRecord(primitives, row.homeRecord), epoch }, fromHex(seed)).bytes
  }

  /** Texts from `peer`, in the order of the history. */
  async texts (peer: FakePerson, direction: 'in' | 'out' = 'in'): Promise<string[]> {
    const messages = await this.client.history(peer.id, { limit: 100_000 })
    return messages.filter((message) => message.direction === direction).map((message) => message.text)
  }
}
