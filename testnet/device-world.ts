/**
 * For tests only: people with several devices on the relay's real code, under virtual time.
 */
import assert from 'node:assert/strict'
import type { ChatId } from '../client/chat-id.ts'
import { Client, type ClientConfig, type Message, type Warning } from '../client/client.ts'
import { MemoryStore } from '../client/store/store-memory.ts'
import { World, type TestRelayNode } from '../node/testing/message-world.ts'
import type { ByteStream, Dialer } from '../protocol/byte-stream.ts'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../protocol/e2ee/primitives-seeded.ts'
import type { Primitives } from '../protocol/e2ee/primitives.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { deviceIdOfKey, type AccountId, type DeviceId } from '../protocol/ids.ts'
import { protocols } from '../protocol/protocols.ts'
import { streamPair } from '../protocol/stream-pair.ts'

export const addressOf = (node: TestRelayNode): string => `/memory/${node.name}/p2p/${node.id}`

export class DeviceWorld {
  readonly world: World
  /** Keys come from the seed, too: whose account is the lower one decides who anchors. */
  readonly primitives: Primitives
  readonly nodes: TestRelayNode[] = []
  readonly devices: TestDevice[] = []
  /** Put between a device and a relay: faults on the line. */
  wrapStream: (stream: ByteStream, protocol: string, device: DeviceId) => ByteStream = (stream) => stream

  protected constructor (seed: number, keys: number) {
    this.world = new World(seed, { latencyMs: 20, jitterMs: 5 })
    this.primitives = seededPrimitives(nodePrimitives, `devices ${keys}`)
  }

  /** @param keys another seed for the keys: the same events, and another order of the accounts */
  static async start (seed = 1, keys = seed): Promise<DeviceWorld> {
    const self = new DeviceWorld(seed, keys)
    self.nodes.push(await self.world.relay('eu-1'), await self.world.relay('ap-1'))
    return self
  }

  /** Not opened yet is nobody: opens a client on an empty store. */
  async device (name: string, config: Partial<ClientConfig> = {}): Promise<TestDevice> {
    const device = new TestDevice(this, name, config)
    this.devices.push(device)
    await device.open()
    return device
  }

  /** Somebody with one device, online. */
  async primary (name: string, node: TestRelayNode, config: Partial<ClientConfig> = {}): Promise<TestDevice> {
    const device = await this.device(name, config)
    await this.world.during(device.client.createAccount({ handle: name, relay: addressOf(node) }))
    await device.online()
    return device
  }

  /** Another device of the same person, online. */
  async companion (name: string, primary: TestDevice, at: TestRelayNode = this.nodes[0]!, config: Partial<ClientConfig> = {}): Promise<TestDevice> {
    const device = await this.device(name, config)
    await this.link(primary, device, at)
    return device
  }

  async link (primary: TestDevice, device: TestDevice, at: TestRelayNode = this.nodes[0]!): Promise<void> {
    const { world } = this
    const linking = await world.during(device.client.devices.startLinking({ name: device.name, relay: addressOf(at) }))
    const approval = await world.during(primary.client.devices.approve(linking.code))
    assert.equal(approval.shortCode, await world.during(linking.shortCode))
    await world.during(approval.confirm())
    assert.equal(await world.during(linking.hasWholeHistory), true)
    await device.online()
  }

  dialerOf (seed: Uint8Array): Dialer {
    const device = deviceIdOfKey(this.primitives.ed25519PublicKey(seed))
    return {
      dial: async ({ addresses }, protocol) => {
        const node = this.nodes.find((one) => addresses.includes(addressOf(one)))
        if (node?.isRunning !== true || (protocol !== protocols.client && protocol !== protocols.link)) throw new ProtocolError('HOME_UNREACHABLE')
        const [near, far] = streamPair(device, node.id)
        if (protocol === protocols.link) node.relay.rendezvous.accept(far)
        else node.relay.clients.accept(far)
        return this.wrapStream(near, protocol, device)
      }
    }
  }

  async until (isSo: () => boolean | Promise<boolean>, what = 'what was waited for', maxMs = 120_000): Promise<void> {
    for (let passedMs = 0; passedMs <= maxMs; passedMs += 50) {
      if (await isSo()) return
      await this.world.clock.advance(50)
    }
    assert.fail(`${what} did not happen`)
  }

  /** Days pass in which nothing happens: the relays' own timers would take a minute of real time for each month. */
  async sleep (ms: number): Promise<void> {
    for (const node of this.nodes) await this.world.during(node.relay.stop({ timeoutMs: 1_000 }))
    await this.world.clock.advance(ms)
    for (const node of this.nodes) await this.world.during(node.start())
  }

  async stop (): Promise<void> {
    for (const { client } of this.devices) await this.world.during(client.stop())
    await this.world.stop()
  }
}

export class TestDevice {
  readonly name: string
  readonly data = new Map<string, Uint8Array>()
  readonly received: string[] = []
  readonly warnings: Warning[] = []
  /** Events about devices, as one line each. */
  readonly news: string[] = []
  client!: Client
  readonly #world: DeviceWorld
  readonly #config: Partial<ClientConfig>

  constructor (world: DeviceWorld, name: string, config: Partial<ClientConfig>) {
    this.#world = world
    this.name = name
    this.#config = config
  }

  get account (): AccountId { return this.client.account!.id }
  get id (): DeviceId { return this.client.account!.device }

  /** Also again: a restart of the program. */
  async open (): Promise<void> {
    const { world, nodes, primitives } = this.#world
    this.client = await Client.open({
      store: new MemoryStore(this.data),
      dialer: (seed) => this.#world.dialerOf(seed),
      clock: world.clock,
      random: world.random,
      primitives
    }, { bootstrap: nodes.map(addressOf), software: 'test', strangers: 'accept', ...this.#config })
    this.client.on('message', ({ text }) => { this.received.push(text) })
    this.client.on('warning', (warning) => { this.warnings.push(warning) })
    this.client.on('devices', ({ added, removed }) => { this.news.push(`+${added.length} -${removed.length}`) })
    this.client.on('unlinked', () => { this.news.push('unlinked') })
  }

  async online (): Promise<void> {
    this.client.start()
    await this.#world.until(() => this.client.connection.state === 'online', `${this.name} online`)
  }

  async away (): Promise<void> { await this.#world.world.during(this.client.stop()) }

  async back (): Promise<void> {
    await this.open()
    await this.online()
  }

  async say (to: ChatId, text: string): Promise<Message> { return await this.client.send(to, text) }

  async history (other: ChatId): Promise<Message[]> { return await this.client.history(other, { limit: 100_000 }) }
  async texts (other: ChatId): Promise<string[]> { return (await this.history(other)).map(({ direction, text }) => `${direction} ${text}`) }
  async states (other: ChatId, direction: 'in' | 'out' = 'out'): Promise<string[]> { return (await this.history(other)).filter((message) => message.direction === direction).map(({ state }) => state) }
}
