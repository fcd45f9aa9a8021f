/**
 * A relay out of its parts, on whatever ports it is given: libp2p, LevelDB and the real clock (node.ts), or a mesh and
 * a store in memory under virtual time.
 *
 * Owns: the order in which the parts are made, started, drained and stopped.
 */
import type { ByteStream } from '../protocol/byte-stream.ts'
import { Handlers } from '../protocol/channel.ts'
import type { Clock, Random } from '../protocol/clock.ts'
import type { RelayId } from '../protocol/ids.ts'
import { protocols } from '../protocol/protocols.ts'
import type { Signing } from '../protocol/records/signed.ts'
import { Accounts } from './accounts.ts'
import { TokenBuckets } from './buckets.ts'
import { channelMeter } from './channel-meter.ts'
import { ClientService, type Sessions } from './client-service.ts'
import { deadline } from './deadline.ts'
import { Directory } from './directory.ts'
import { Handles } from './handles.ts'
import { HomePublisher } from './home-publisher.ts'
import { HomeBook } from './homes.ts'
import type { Mesh } from './mesh.ts'
import type { Meter } from './meter.ts'
import { People, type RelayChannels } from './people.ts'
import type { Commits, Defer, Logger } from './ports.ts'
import { Prekeys } from './prekeys.ts'
import { Registrar } from './registration.ts'
import { serveRelays } from './relay-service.ts'
import type { Store } from './store.ts'

export interface RelayPorts {
  mesh: Mesh
  store: Store
  commits: Commits
  clock: Clock
  random: Random
  signing: Signing
  logger: Logger
  meter: Meter
  defer: Defer
  /** 0 idle … 1000 full. */
  loadPermille (): number
  keepConnected (relay: RelayId, addresses: readonly string[]): void
}

export interface RelaySettings {
  name: string
  region: string
  openRegistration: boolean
  /** 0: for ever */
  retentionMs: number
  bootstrapPeers: readonly string[]
  software: string
  /** 32-byte Ed25519 seed of the relay's key. */
  seed: Uint8Array
}

/** Logs, outboxes, forwarding, replication, delivery; and the channels to other relays that carry them. */
export interface MessagePath extends Sessions, RelayChannels {
  start (): Promise<void>
  /** Finish what is under way until the signal fires; then leave the rest to the disk and the next start. */
  stop (options: { signal: AbortSignal }): Promise<void>
}

export interface MessagePathParts extends RelayPorts {
  accounts: Accounts
  homes: HomeBook
  directory: Directory
  buckets: TokenBuckets
  /** Where it adds its requests and notifications. */
  clientHandlers: Handlers
  relayHandlers: Handlers
}

export type CreateMessagePath = (parts: MessagePathParts, settings: RelaySettings) => MessagePath

export class Relay {
  readonly id: RelayId
  readonly accounts: Accounts
  readonly homes: HomeBook
  readonly directory: Directory
  readonly clients: ClientService
  readonly publisher: HomePublisher
  readonly #ports: RelayPorts
  readonly #path: MessagePath
  #state: 'made' | 'running' | 'draining' | 'stopped' = 'made'

  constructor (ports: RelayPorts, settings: RelaySettings, createMessagePath: CreateMessagePath) {
    const { clock, commits, logger, mesh, meter, random, signing, store } = ports
    const meters = channelMeter(meter, logger)
    this.#ports = ports
    this.id = mesh.self
    const buckets = new TokenBuckets({ clock })
    const accounts = new Accounts({ store })
    const handles = new Handles({ store })
    const prekeys = new Prekeys({ store, commits, signing, clock })
    const homes = new HomeBook({ store, commits, mesh, accounts, signing, clock, logger })
    const publisher = new HomePublisher({ mesh, homes, accounts, clock, random, logger })
    // Before the message path: of a move it hears first, so that the account is not local any more when others ask.
    const registrar = new Registrar({ accounts, handles, prekeys, homes, publisher, commits, signing, clock, logger }, { isOpen: settings.openRegistration })
    const directory = new Directory({ ...ports, buckets, channelMeter: meters('directory') }, settings)
    const clientHandlers = new Handlers()
    const relayHandlers = new Handlers()
    const path = createMessagePath({ ...ports, accounts, homes, directory, buckets, clientHandlers, relayHandlers }, settings)
    const people = new People({ accounts, handles, homes, prekeys, relays: path, directory, signing, clock }, { relayName: settings.name })
    serveRelays({ handlers: relayHandlers, people, buckets })
    this.clients = new ClientService(
      { handlers: clientHandlers, sessions: path, accounts, homes, prekeys, people, registrar, directory, buckets, signing, clock, logger, meter, channelMeter: meters('client') },
      { relayName: settings.name, region: settings.region })
    this.#path = path
    this.accounts = accounts
    this.homes = homes
    this.directory = directory
    this.publisher = publisher
    meter.gauge('heliograph_account_registered', 'Accounts that live here', () => accounts.size)
    meter.gauge('heliograph_home_unpublished', 'Home records that wait to be put into the DHT', () => publisher.queued)
    mesh.handle(protocols.client, (stream: ByteStream) => { this.clients.accept(stream) })
  }

  /** Read what is on disk, then listen. @throws ProtocolError as the adapters: PORT_IN_USE, DATABASE_CORRUPT, … */
  async start (): Promise<void> {
    await this.accounts.load()
    await this.homes.load()
    await this.directory.load()
    this.directory.listen()
    await this.#path.start()
    await this.#ports.mesh.start()
    this.directory.start()
    this.publisher.start()
    this.clients.start()
    this.#state = 'running'
  }

  /** Why a balancer should send nobody here; empty when it may. */
  notReady (): string[] { return this.#state === 'running' ? [] : [this.#state === 'draining' ? 'draining' : 'not running'] }

  /**
   * Tell devices to connect elsewhere, finish what is under way, stop. Takes at most `timeoutMs`, and a little to close.
   * Does not close the store: who opened it does.
   */
  async stop ({ timeoutMs }: { timeoutMs: number }): Promise<void> {
    if (this.#state === 'stopped' || this.#state === 'draining') return
    const wasRunning = this.#state === 'running'
    this.#state = 'draining'
    if (wasRunning) {
      this.clients.drain()
      const limit = deadline(this.#ports.clock, timeoutMs)
      try {
        await this.#path.stop({ signal: limit.signal })
      } finally {
        limit.cancel()
      }
    }
    await this.clients.stop()
    await this.publisher.stop()
    await this.directory.stop()
    await this.homes.settled()
    await this.#ports.mesh.stop()
    this.#state = 'stopped'
  }
}
