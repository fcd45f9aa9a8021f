/**
 * 10,000 devices that reconnect at once cost each watcher one notification a second, here and at another relay.
 */
import assert from 'node:assert/strict'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import { accountIdOfKey, accountIdToBytes, deviceIdOfKey, type AccountId, type DeviceId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods } from '../../protocol/methods.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import type { Session } from '../people/client-service.ts'
import type { Write } from '../store/store.ts'
import { TestPerson } from '../testing/fixtures.ts'
import { World, type TestRelayNode } from '../testing/message-world.ts'
import { PresenceDevice } from '../testing/presence-device.ts'
import { warmUpMs } from './local-people.ts'

const crowd = 10_000
const known = 900 + limits.presenceWatched
const watchedEach = limits.presenceWatched

/** Somebody who lives at `home` without having gone through registration: 10,000 of those would take longer than the storm. */
class Extra {
  readonly account: AccountId
  readonly #device: DeviceId
  readonly #home: TestRelayNode
  #session: Session | undefined

  constructor (home: TestRelayNode, { account, device }: { account: AccountId, device: DeviceId }) {
    this.account = account
    this.#device = device
    this.#home = home
    home.relay.accounts.remember({ account, deviceEpoch: 1, devices: [device], deviceList: new Uint8Array(0), handle: '', registeredAtMs: 0, hasMoved: false })
  }

  connect (world: World): void {
    const [, far] = streamPair(this.#device, this.#home.id)
    const channel = new Channel(far, { handlers: new Handlers(), clock: world.clock }).start()
    this.#session = { account: this.account, device: this.#device, channel }
    this.#home.path.attach(this.#session)
  }

  lose (): void { this.#home.path.detach(this.#session!) }
}

/** The most notifications that any second of a watcher has seen. */
function mostInOneSecond (device: PresenceDevice): number {
  let most = 0
  for (const [i, atMs] of device.toldAtMs.entries()) {
    let count = 1
    while (device.toldAtMs[i + count] !== undefined && device.toldAtMs[i + count]! < atMs + 1_000) count++
    most = Math.max(most, count)
  }
  return most
}

describe('a reconnect storm', () => {
  let world: World
  let eu: TestRelayNode
  let extras: Extra[]
  let watchers: PresenceDevice[]

  before(async function () {
    this.timeout(120_000)
    world = new World(3)
    eu = await world.relay('eu-1')
    const ap = await world.relay('ap-1')
    // Whoever is watched from ap has a home record, signed with a real key; of the others only their coming and going counts.
    const people = Array.from({ length: known }, () => new TestPerson(world.random))
    for (const person of people) ap.relay.homes.learn(person.home(eu.id).bytes)
    extras = people.map(({ account, device }) => new Extra(eu, { account, device: device.id }))
    while (extras.length < crowd) extras.push(new Extra(eu, { account: accountIdOfKey(world.random.bytes(32)), device: deviceIdOfKey(world.random.bytes(32)) }))
    watchers = []
    for (const home of [eu, ap]) for (let i = 0; i < 10; i++) watchers.push(await PresenceDevice.at(world, home))
    for (const [index, { account }] of watchers.entries()) {
      // Both homes keep the log of the two.
      const writes = watchedBy(index).map((extra): Write => ({ op: 'join', log: pairConversation(account, extra.account).id, account }))
      for (const { store } of [eu, ap]) await store.write(writes, { durable: false })
    }
    for (const extra of extras) extra.connect(world)
    await world.pass(warmUpMs)
    for (const [index, watcher] of watchers.entries()) {
      await world.during(watcher.channel.call(clientMethods.watchPresence, { accounts: watchedBy(index).map(({ account }) => ({ account: accountIdToBytes(account) })) }))
    }
    await world.until(() => watchers.every((watcher) => seenOnline(watcher) === watchedEach))
  })

  after(async () => { await world.stop() })

  const watchedBy = (index: number): Extra[] => extras.slice((index % 10) * 100, (index % 10) * 100 + watchedEach)
  const toldToRelay = (): number => eu.meter.of('heliograph_presence_relay_told_total')
  const seenOnline = (watcher: PresenceDevice): number => [...watcher.seen.values()].filter(({ state }) => state === 'online').length

  it('the crowd leaves and comes back within seconds: one notification a second for each watcher, and between the relays', async function () {
    this.timeout(120_000)
    for (const watcher of watchers) watcher.toldAtMs.length = 0
    const startMs = world.clock.nowMs()
    const toldBefore = toldToRelay()
    const shuffled = [...extras].sort(() => world.random.fraction() - 0.5)
    for (const wave of [0, 1, 2]) {
      // Gone for longer than the grace, so that it is news; spread over two seconds.
      for (const action of ['lose', 'connect'] as const) {
        for (let part = 0; part < 20; part++) {
          for (const extra of shuffled.slice(part * crowd / 20, (part + 1) * crowd / 20)) extra[action](world)
          await world.clock.advance(100)
        }
        await world.pass(4_000 + wave)
      }
    }
    await world.pass(5_000)
    const seconds = (world.clock.nowMs() - startMs) / 1_000
    for (const watcher of watchers) {
      assert.equal(seenOnline(watcher), watchedEach, 'the last state counts')
      assert.ok(watcher.toldAtMs.length >= 3, 'news is told')
      assert.equal(mostInOneSecond(watcher), 1)
      assert.ok(watcher.toldAtMs.length <= seconds + 1, `${watcher.toldAtMs.length} notifications in ${seconds} s`)
    }
    const between = toldToRelay() - toldBefore
    assert.ok(between >= 3 && between <= seconds + 1, `${between} notifications between the relays in ${seconds} s`)
  })

  it('a crowd that is back within the grace is not told at all', async () => {
    for (const watcher of watchers) watcher.toldAtMs.length = 0
    for (const extra of extras) extra.lose()
    await world.clock.advance(500)
    for (const extra of extras) extra.connect(world)
    await world.pass(10_000)
    assert.deepEqual(watchers.map(({ toldAtMs }) => toldAtMs.length), watchers.map(() => 0))
  }).timeout(180_000)
})
