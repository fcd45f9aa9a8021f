/**
 * The machines of a simulation: relays and devices, each with a disk and a clock that outlive its process. What runs on
 * them is the code as it ships: node/relay.ts with its message path, client/client.ts.
 */
import { Client, type ClientConfig, type Message, type Warning } from '../../client/client.ts'
import type { ChatId } from '../../client/chat-id.ts'
import { createMessagePath } from '../../node/message-path.ts'
import { Relay } from '../../node/relay.ts'
import { noMeter } from '../../node/watch/meter.ts'
import type { Logger } from '../../node/ports.ts'
import type { SeededRandom } from '../../protocol/clock-manual.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import { seededPrimitives } from '../../protocol/e2ee/primitives-seeded.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { deviceIdOfKey, relayIdOfKey, type AccountId, type DeviceId, type RelayId } from '../../protocol/ids.ts'
import { ClientDisk, RelayDisk, type WriteStep } from './disk.ts'
import type { Host, SimNetwork } from './network.ts'
import { rememberingReader, rememberingSigning } from './signatures.ts'
import type { Schedule } from './schedule.ts'
import { NodeClock, type SimTime } from './time.ts'
import type { Trace } from './trace.ts'

/** Relays that all others know from their configuration. */
const bootstraps = 3

/** The world as its machines see it. */
export interface Surroundings {
  readonly seed: number
  readonly schedule: Schedule
  readonly time: SimTime
  readonly trace: Trace
  readonly network: SimNetwork
  readonly relays: readonly SimRelay[]
  readonly onRelayBytes: (bytes: Uint8Array, where: string) => void
  fork (name: string): SeededRandom
  crash (machine: AnyMachine, how: { readonly power: boolean, readonly downMs: number }): void
  onShown (device: SimDevice, shown: Shown): void
  onUpdate (device: SimDevice, message: Message): void
  readable (text: string): string
  logOf (person: SimPerson, chat: ChatId): ConversationId
  conversationName (log: ConversationId): string
}

/** A crash that waits for a write: at the n-th from now, at this step. */
interface Trap { writes: number, readonly step: WriteStep, readonly power: boolean, readonly downMs: number }

abstract class Machine {
  readonly world: Surroundings
  /** For good: nothing starts it again. */
  isGone = false
  readonly name: string
  host!: Host
  isRunning = false
  /** How far its clock is off. */
  offsetMs = 0
  /** Processes so far: randomness of each is its own. */
  runs = 0
  clock!: NodeClock
  trap: Trap | undefined
  /** Down until something starts it again on purpose. */
  isHeldDown = false

  constructor (world: Surroundings, name: string) {
    this.world = world
    this.name = name
  }

  abstract start (): Promise<void>
  abstract crash (power: boolean): void

  protected boot (): SeededRandom {
    this.runs++
    this.host.isPowered = true
    this.clock = new NodeClock(this.world.time, this)
    return this.world.fork(`${this.name} ${this.runs}`)
  }

  protected spring (step: WriteStep): void {
    const { trap } = this
    if (trap === undefined || trap.step !== step || trap.writes-- > 0) return
    this.trap = undefined
    this.world.trace.note(`${this.name} crashes at a write, ${step} it is made${trap.power ? ', with its power' : ''}`)
    this.world.crash(this as Machine as AnyMachine, trap)
  }
}

export type AnyMachine = SimRelay | SimDevice

export class SimRelay extends Machine {
  readonly id: RelayId
  readonly seed: Uint8Array
  readonly disk: RelayDisk
  readonly region: string
  relay!: Relay
  /** Log lines at warn and above, by level and event. */
  readonly complaints = new Map<string, number>()

  constructor (world: Surroundings, index: number) {
    super(world, `relay-${index}`)
    const random = world.fork(`${this.name} keys`)
    this.seed = random.bytes(32)
    this.id = relayIdOfKey(nodePrimitives.ed25519PublicKey(this.seed))
    this.host = world.network.host('relay', this.name, this.id)
    this.region = ['eu', 'us', 'ap'][index % 3]!
    this.disk = new RelayDisk(world.time, world.fork(`${this.name} disk`))
    this.disk.syncMs = world.schedule.shape.syncMs
    this.disk.onStep = (step) => { this.spring(step) }
    this.disk.onBytes = (bytes, what) => { world.onRelayBytes(bytes, `${what} of ${this.name}`) }
  }

  get address (): string { return `/memory/${this.name}/p2p/${this.id}` }

  async start (): Promise<void> {
    if (this.isRunning) return
    this.isRunning = true
    const random = this.boot()
    const { clock } = this
    const { network } = this.world
    this.relay = new Relay({
      mesh: network.join(this.host, clock),
      store: this.disk.open(),
      clock,
      random,
      signing: rememberingSigning,
      logger: this.#logger(),
      meter: noMeter,
      defer: (task) => { clock.defer(task) },
      loadPermille: () => 0,
      keepConnected: () => {},
      readRelayRecord: rememberingReader
    }, { name: this.name, region: this.region, openRegistration: true, retentionMs: 0, bootstrapPeers: this.world.relays.slice(0, bootstraps).map(({ address }) => address), software: 'sim', seed: this.seed }, createMessagePath)
    await this.relay.start()
  }

  crash (power: boolean): void {
    if (!this.isRunning) return
    this.isRunning = false
    this.clock.kill()
    this.host.isPowered = !power
    this.world.network.meshOf(this.id)?.shut()
    this.world.network.leaveStreams(this.host)
    this.disk.crash({ power })
  }

  async stop (): Promise<void> {
    if (!this.isRunning) return
    await this.relay.stop({ timeoutMs: 5_000 })
    if (!this.isRunning) return
    this.isRunning = false
    this.clock.kill()
    this.disk.close()
  }

  #logger (): Logger {
    const log = (level: string) => (event: string, fields?: unknown, error?: unknown): void => {
      if (level === 'debug' || level === 'info') {
        this.world.trace.detail(() => `${this.name}: ${event} ${JSON.stringify(fields ?? {})} ${error === undefined ? '' : String(error)}`)
        return
      }
      this.complaints.set(`${level} ${event}`, (this.complaints.get(`${level} ${event}`) ?? 0) + 1)
      this.world.trace.note(`${this.name} says ${level} ${event}${error instanceof Error ? `: ${error.message}` : ''}`)
    }
    return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
  }
}

/** A message as one device shows it. */
export interface Shown { readonly id: string, readonly chat: ChatId, readonly text: string, readonly seq: number | undefined }

export class SimDevice extends Machine {
  readonly disk: ClientDisk
  readonly person: SimPerson
  readonly primitives: Primitives
  readonly config: ClientConfig
  client: Client | undefined
  /** Announced, over all runs. */
  readonly announced: Shown[] = []
  readonly warnings: Warning[] = []
  /** People in each group, as of the last change that was shown. */
  readonly sizes = new Map<ChatId, number>()

  constructor (world: Surroundings, person: SimPerson, name: string, home: SimRelay) {
    super(world, name)
    this.person = person
    this.disk = new ClientDisk(world.time, world.fork(`${name} disk`))
    this.disk.onStep = (step) => { this.spring(step) }
    this.primitives = { ...seededPrimitives(nodePrimitives, `${world.seed} ${name}`), ed25519Verify: rememberingSigning.ed25519Verify }
    this.config = { bootstrap: [home.address, ...world.relays.filter((one) => one !== home).map(({ address }) => address)], software: 'sim', strangers: 'accept', relay: home.address, standby: world.schedule.shape.standby, moveWithoutStandbyAfterMs: 60_000, watchLine: false }
  }

  get account (): AccountId { return this.client!.account!.id }
  get id (): DeviceId { return this.client!.account!.device }
  get isOnline (): boolean { return this.isRunning && this.client?.connection.state === 'online' }

  /** Open only: for a device without an account. */
  async open (): Promise<Client> {
    const random = this.world.fork(`${this.name} ${this.runs + 1}`)
    this.isRunning = true
    this.runs++
    const clock = this.clock = new NodeClock(this.world.time, this)
    const client = await Client.open({
      store: this.disk.open(),
      dialer: (seed) => {
        const id = deviceIdOfKey(nodePrimitives.ed25519PublicKey(seed))
        this.host ??= this.world.network.host('device', this.name, id)
        this.host.isPowered = true
        return this.world.network.dialerOf(this.host)
      },
      clock,
      random,
      primitives: this.primitives,
      logger: { debug: (event, fields) => { this.world.trace.detail(() => `${this.name}: ${event} ${JSON.stringify(fields ?? {})}`) }, warn: (event, fields) => { if (this.clock === clock) this.world.trace.note(`${this.name} says ${event} ${JSON.stringify(fields ?? {})}`) } }
    }, this.config)
    const isNow = (): boolean => this.clock === clock && this.isRunning
    client.on('message', (message) => { if (isNow()) this.#onMessage(message) })
    client.on('update', (message) => { if (isNow()) this.world.onUpdate(this, message) })
    client.on('group', ({ chat }) => {
      client.groups.state(chat).then((info) => { if (isNow() && info !== undefined) this.sizes.set(chat, info.members.length) }, () => { /* the client has stopped */ })
    })
    client.on('warning', (warning) => {
      if (!isNow()) return
      this.world.trace.note(`${this.name} is warned: ${warning.kind}, ${warning.text} ${warning.chat === undefined ? '' : this.world.conversationName(this.world.logOf(this.person, warning.chat))}`)
      this.warnings.push(warning)
    })
    if (isNow()) this.client = client
    return client
  }

  #onMessage ({ id, chat, text, seq }: Message): void {
    this.world.trace.note(`${this.name} shows "${this.world.readable(text)}"`)
    const shown = { id, chat, text, seq }
    this.announced.push(shown)
    this.world.onShown(this, shown)
  }

  async start (): Promise<void> {
    if (this.isRunning) return
    const client = await this.open()
    client.start()
  }

  crash (power: boolean): void {
    if (!this.isRunning) return
    this.isRunning = false
    this.client = undefined
    this.clock.kill()
    this.host.isPowered = !power
    this.world.network.leaveStreams(this.host)
    this.disk.crash()
  }

  /** As when the program is closed. */
  async stop (): Promise<void> {
    const { client } = this
    if (!this.isRunning || client === undefined) return
    await client.stop()
    if (this.client !== client) return
    this.isRunning = false
    this.client = undefined
    this.clock.kill()
    this.disk.crash()
  }
}

export interface SimPerson {
  readonly name: string
  readonly devices: SimDevice[]
  home: SimRelay
  account: AccountId | undefined
}
