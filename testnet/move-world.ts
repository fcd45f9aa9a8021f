/**
 * For tests only: relays that die, come back and cannot see each other, and people whose clients move by themselves, on
 * the real code under virtual time.
 */
import type { ClientConfig, HomeChange } from '../client/client.ts'
import type { TestRelayNode } from '../node/testing/message-world.ts'
import type { ByteStream, ByteStreamEvents, Dialer } from '../protocol/byte-stream.ts'
import { Channel, Handlers } from '../protocol/channel.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { deviceIdOfKey, type DeviceId } from '../protocol/ids.ts'
import { anyMethods, directoryMethods } from '../protocol/methods.ts'
import { protocols } from '../protocol/protocols.ts'
import { streamPair } from '../protocol/stream-pair.ts'
import { DeviceWorld, addressOf, type TestDevice } from './device-world.ts'

/** A line that can be cut without a word: nothing arrives any more, and nobody is told. */
class Line implements ByteStream {
  readonly #stream: ByteStream
  isCut = false
  sends = 0

  constructor (stream: ByteStream) { this.#stream = stream }

  get remotePeer (): ByteStream['remotePeer'] { return this.#stream.remotePeer }
  get remoteAddress (): string { return this.#stream.remoteAddress }
  get bufferedBytes (): number { return this.#stream.bufferedBytes }
  start ({ onData, onClose }: ByteStreamEvents): void {
    this.#stream.start({ onData: (chunk) => { if (!this.isCut) onData(chunk) }, onClose: (error) => { onClose(error) } })
  }

  send (bytes: Uint8Array): void {
    this.sends++
    if (!this.isCut) this.#stream.send(bytes)
  }

  async drained (): Promise<void> { await this.#stream.drained() }
  async close (): Promise<void> { await this.#stream.close() }
  abort (error: Error): void { this.#stream.abort(error) }
}

export class MoveWorld extends DeviceWorld {
  /** Streams between devices and relays. */
  readonly #streams = new Map<Line, { readonly device: DeviceId, readonly node: TestRelayNode }>()
  readonly #cuts = new Set<string>()
  #hasDirectories = true
  /** Relays that are gone without a word. */
  readonly #silent = new Set<string>()
  readonly changes = new Map<TestDevice, HomeChange[]>()

  /** @param names of relays, in the order in which accounts find them */
  static async with (names: readonly string[], { seed = 1, keys = seed }: { seed?: number, keys?: number } = {}): Promise<MoveWorld> {
    const self = new MoveWorld(seed, keys)
    for (const name of names) self.nodes.push(await self.world.relay(name))
    // Relays tell each other of themselves.
    await self.world.pass(30_000)
    return self
  }

  node (name: string): TestRelayNode { return this.nodes.find((one) => one.name === name)! }

  /** Somebody at a relay, with the standby that was chosen, if one may be. */
  async person (name: string, at: string, config: Partial<ClientConfig> = {}): Promise<TestDevice> {
    const device = await this.primary(name, this.node(at), config)
    this.watch(device)
    if (config.standby !== 'none') await this.until(async () => (await device.client.home.status()).mayMove, `${name} to have a standby`)
    return device
  }

  /** Another device of the same person, which knows the standing order if there is one. */
  async another (name: string, primary: TestDevice, at: string, config: Partial<ClientConfig> = {}): Promise<TestDevice> {
    const device = await this.companion(name, primary, this.node(at), config)
    this.watch(device)
    if (config.standby !== 'none') await this.until(async () => (await device.client.home.status()).mayMove, `${name} to have the order`)
    return device
  }

  /** Also again, after a restart of the program. */
  watch (device: TestDevice): void {
    const changes = this.changes.get(device) ?? []
    this.changes.set(device, changes)
    device.client.on('home', (change) => { changes.push(change) })
  }

  override dialerOf (seed: Uint8Array): Dialer {
    const device = deviceIdOfKey(this.primitives.ed25519PublicKey(seed))
    return {
      dial: async ({ addresses }, protocol, { signal }) => {
        const node = this.nodes.find((one) => addresses.includes(addressOf(one)) || addresses.includes(`/memory/${one.id}/p2p/${one.id}`))
        if (node?.isRunning !== true || this.#cuts.has(`${device} ${node.name}`)) throw new ProtocolError('HOME_UNREACHABLE')
        if (this.#silent.has(node.name)) await new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error) }, { once: true }) })
        const [end, far] = streamPair(device, node.id)
        const near = new Line(end)
        if (protocol === protocols.link) node.relay.rendezvous.accept(far)
        else if (protocol === protocols.client) node.relay.clients.accept(far)
        else if (protocol === protocols.directory) new Channel(far, { handlers: new Handlers().on(anyMethods.ping, () => ({})).on(directoryMethods.getDirectory, (request) => this.#hasDirectories ? node.relay.directory.answer(request) : {}), clock: this.world.clock }).start()
        else throw new ProtocolError('HOME_UNREACHABLE')
        this.#streams.set(near, { device, node })
        return this.wrapStream(near, protocol, device)
      }
    }
  }

  /** `kill -9`; for good unless it is restarted. */
  crash (name: string): void {
    const node = this.node(name)
    node.crash()
    this.#break((one) => one.node === node)
  }

  /** Power or network of a relay fails: connections stay open, and nothing comes any more. */
  vanish (name: string): void {
    const node = this.node(name)
    this.#silent.add(name)
    for (const other of this.nodes) if (other !== node) this.world.network.cut(node.id, other.id, 'silent')
    for (const [stream, one] of this.#streams) if (one.node === node) stream.isCut = true
  }

  /** The line of this device drops everything for a while; TCP would send it again. */
  pauseLine (device: TestDevice, name: string, isCut: boolean): void {
    for (const [stream, one] of this.#streams) if (one.device === device.id && one.node.name === name) stream.isCut = isCut
  }

  /** The directories know of nobody any more. */
  emptyDirectories (): void { this.#hasDirectories = false }

  /** How often this device has sent something there. */
  sendsOf (device: TestDevice, name: string): number {
    let sends = 0
    for (const [stream, one] of this.#streams) if (one.device === device.id && one.node.name === name) sends += stream.sends
    return sends
  }

  /** From what the crash left on its disk. */
  async restart (name: string): Promise<void> { await this.world.during(this.node(name).start()) }

  /** This device does not reach that relay any more. */
  cutLine (device: TestDevice, name: string): void {
    const { id } = device
    this.#cuts.add(`${id} ${name}`)
    this.#break((one) => one.device === id && one.node.name === name)
  }

  healLine (device: TestDevice, name: string): void { this.#cuts.delete(`${device.id} ${name}`) }

  #break (test: (one: { readonly device: DeviceId, readonly node: TestRelayNode }) => boolean): void {
    for (const [stream, one] of [...this.#streams]) {
      if (!test(one)) continue
      this.#streams.delete(stream)
      stream.abort(new ProtocolError('DISCONNECTED'))
    }
  }

  /** Name of the relay that `device` takes for its home. */
  homeOf (device: TestDevice): string { return device.client.account!.home.name }

  /** Milliseconds until it is so. */
  async timeUntil (isSo: () => boolean | Promise<boolean>, what: string, maxMs = 120_000): Promise<number> {
    const startMs = this.world.clock.nowMs()
    await this.until(isSo, what, maxMs)
    return this.world.clock.nowMs() - startMs
  }
}
