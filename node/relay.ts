/**
 * A relay out of its parts, on whatever ports it is given: libp2p, LevelDB and the real clock (node.ts), or a mesh and
 * a store in memory under virtual time.
 *
 * Owns: the order in which the parts are made, started, drained and stopped.
 */
import type { ByteStream } from '../protocol/byte-stream.ts'
import { Handlers } from '../protocol/channel.ts'
import type { Clock, Random } from '../protocol/clock.ts'
import type { Conversation } from '../protocol/conversation.ts'
import { ProtocolError } from '../protocol/errors.ts'
import type { AccountId, DeviceId, RelayId } from '../protocol/ids.ts'
import { limits, rates } from '../protocol/limits.ts'
import { protocols } from '../protocol/protocols.ts'
import type { RelayRecordReader } from '../protocol/records/relay-record.ts'
import type { Outcome } from '../protocol/wire/gen/log.js'
import { Blocklist } from './admin/blocklist.ts'
import { Accounts } from './people/accounts.ts'
import { TokenBuckets } from './people/buckets.ts'
import { AwaitedHomes } from './people/awaited-homes.ts'
import { channelMeter } from './watch/channel-meter.ts'
import { ClientService, type Sessions } from './people/client-service.ts'
import { GroupCommit } from './store/commit.ts'
import { FairIntake } from './limits/fair-intake.ts'
import { LoadGuard, type Load } from './limits/load.ts'
import { Turns } from './limits/turns.ts'
import { commitGauges, commitMeter } from './store/commit-meter.ts'
import { deadline } from './deadline.ts'
import { Directory } from './people/directory.ts'
import { Handles } from './people/handles.ts'
import type { GroupSigning } from './groups/groups.ts'
import { AskedHomes } from './guests/asked-homes.ts'
import { GuestOutbox } from './guests/guest-outbox.ts'
import { Guests, type GuestsComponents } from './guests/guests.ts'
import { HomePublisher } from './people/home-publisher.ts'
import { HomeBook } from './people/homes.ts'
import { Rendezvous } from './linking/rendezvous.ts'
import type { Mesh } from './mesh/mesh.ts'
import { createMessagePath, type MessagePathParts } from './message-path.ts'
import type { Meter } from './watch/meter.ts'
import { People, type RelayChannels } from './people/people.ts'
import type { BundleLogs } from './orbit/bundles.ts'
import { ReplicatedDirectory, type ReplicatedDirectoryConfig } from './orbit/replicated-directory.ts'
import type { Rows } from './orbit/rows.ts'
import { directorySource } from './people/directory-source.ts'
import type { Buckets, Defer, Logger } from './ports.ts'
import { Prekeys } from './people/prekeys.ts'
import { Profiles } from './people/profiles.ts'
import { Registrar } from './people/registration.ts'
import { serveRelays } from './people/relay-service.ts'
import { Standby } from './standby/standby.ts'
import type { Store } from './store/store.ts'
import type { ActivitySample } from './watch/activity.ts'

/** A full disk refuses every batch; the log says so once a minute, `heliograph_commit_failed` counts. */
const writeFailureEveryMs = 60_000
/** How long the oldest commit waits, and how late the thread is, when presence and when history is left out. */
const busyCommitMs = 250
const overloadedCommitMs = 1_500
const busyLoopMs = 100
const overloadedLoopMs = 500

export interface RelayPorts {
  mesh: Mesh
  store: Store
  clock: Clock
  random: Random
  signing: GroupSigning
  logger: Logger
  meter: Meter
  /** When to do what one turn has gathered: commits, deliveries. */
  defer: Defer
  /** Milliseconds with fractions, for durations; default `clock.nowMs`. */
  stopwatch? (): number
  /** 0 idle … 1000 full. */
  loadPermille (): number
  /** How late the thread is, in milliseconds; default: never. */
  loopLagMs? (): number
  keepConnected (relay: RelayId, addresses: readonly string[]): void
  /** For a simulation of very many relays, which reads each record once; default: readRelayRecord. */
  readRelayRecord?: RelayRecordReader
  /** The directory of people that relays copy from each other; absent: this relay takes no part in it. */
  replication?: {
    rows: Rows
    sha256 (data: Uint8Array): Uint8Array
    openBundles (parts: { relays: RelayChannels, handlers: Handlers, buckets: Buckets, load: Load }): BundleLogs
    config?: ReplicatedDirectoryConfig
  }
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

/** What this needs of the message path; message-path.ts is it, except in tests of the people side alone. */
export interface MessageCarrier extends Sessions, RelayChannels {
  start (): Promise<void>
  /** Finish what is under way until the signal fires; the rest is on disk and goes on at the next start. */
  stop (options: { signal: AbortSignal }): Promise<void>
  /** Envelopes of a device that lives elsewhere, into logs that this relay sequences; absent: it takes none. */
  acceptGuest? (envelopes: readonly Uint8Array[], sender: { readonly account: AccountId, readonly device: DeviceId }): Promise<Outcome[]>
  /** Whose primary home sequences a conversation, and what other relays say of that; absent: as its id says. */
  anchorOf? (conversation: Conversation): AccountId
  heardAnchor? (record: Uint8Array, relay: RelayId): void
  /** What it has in memory, for the operator. */
  activity? (): ActivitySample
  /** A batch was not written: what memory computed on top of it is void. */
  onCommitFailure (): void
}

export type CreateMessagePath = (parts: MessagePathParts, config: { readonly retentionMs: number, readonly seed: Uint8Array }) => MessageCarrier

export class Relay {
  readonly id: RelayId
  readonly accounts: Accounts
  readonly blocks: Blocklist
  readonly handles: Handles
  readonly homes: HomeBook
  readonly directory: Directory
  readonly clients: ClientService
  readonly publisher: HomePublisher
  readonly people: People
  readonly #ports: RelayPorts
  readonly rendezvous: Rendezvous
  readonly #path: MessageCarrier
  readonly #asked: AskedHomes
  readonly #guestOutbox: GuestOutbox
  readonly #copies: ReplicatedDirectory | undefined
  readonly #commits: GroupCommit
  readonly #standby: Standby
  readonly #awaited: AwaitedHomes
  /** Asked to send everybody elsewhere, and to stay. */
  #isSentAway = false
  #state: 'made' | 'starting' | 'running' | 'draining' | 'stopped' = 'made'

  constructor (ports: RelayPorts, settings: RelaySettings, createPath: CreateMessagePath = createMessagePath) {
    const { clock, logger, mesh, meter, random, signing, store } = ports
    const meters = channelMeter(meter, logger)
    this.#ports = ports
    this.id = mesh.self
    let toldAtMs = -Infinity
    const own = new GroupCommit({
      store,
      clock,
      onBatch: commitMeter(meter),
      onFailure: (error) => {
        // In this order: nothing may be computed on what was not written before the message path has dropped it.
        path.onCommitFailure()
        if (clock.nowMs() - toldAtMs < writeFailureEveryMs) return
        toldAtMs = clock.nowMs()
        logger.error('store.write-failed', {}, error)
      },
      gather: ports.defer,
      ...(ports.stopwatch === undefined ? {} : { stopwatch: ports.stopwatch })
    })
    commitGauges(meter, own)
    const standby = this.#standby = new Standby(own)
    const { commits } = standby
    const load = new LoadGuard({ clock, meter }).watch({ name: 'commit', read: () => Math.max(own.oldestAgeMs, own.underWayMs), busy: busyCommitMs, overloaded: overloadedCommitMs })
    const { loopLagMs } = ports
    const turns = new Turns(ports)
    if (loopLagMs !== undefined) load.watch({ name: 'loop', read: loopLagMs, busy: busyLoopMs, overloaded: overloadedLoopMs })
    const blocks = this.blocks = new Blocklist({ store, commits, clock, meter })
    const buckets = new TokenBuckets({ clock })
    const accounts = new Accounts({ store })
    const handles = new Handles({ store })
    const onChange = (account: AccountId): void => {
      this.#copies?.changed(account)
      standby.look(account)
    }
    const prekeys = new Prekeys({ store, commits, signing, clock, meter, onKeys: onChange })
    const profiles = new Profiles({ store, commits, signing, onChange })
    const homes = new HomeBook({ store, commits, mesh, accounts, signing, clock, logger })
    const publisher = new HomePublisher({ mesh, homes, accounts, clock, random, logger })
    // Before the message path: of a move it hears first, so that the account is not local any more when others ask.
    const registrar = new Registrar({ accounts, handles, prekeys, homes, publisher, commits, signing, clock, logger, onChange, standby }, { isOpen: settings.openRegistration })
    const directory = new Directory({ ...ports, loadPermille: () => this.#isSentAway ? 1000 : ports.loadPermille(), commits, buckets, load, channelMeter: meters('directory'), databaseGeneration: () => this.#copies?.generation ?? 0, onDatabase: () => { this.#copies?.lookSoon() } }, settings)
    const clientHandlers = new Handlers()
    const relayHandlers = new Handlers()
    const path = createPath({ ...ports, turns, commits, standby, ownCommits: own, accounts, homes, directory, buckets, blocks, load, clientHandlers, relayHandlers, channelMeter: meters('relay') }, settings)
    if (ports.replication !== undefined) {
      const { config, openBundles, rows, sha256 } = ports.replication
      const source = directorySource({ accounts, homes, prekeys, profiles, sha256 }, { relayName: settings.name })
      const bundles = openBundles({ relays: path, handlers: relayHandlers, buckets, load })
      this.#copies = new ReplicatedDirectory({ bundles, rows, source, relays: directory, signing, sha256, clock, random, logger, meter }, config)
    }
    const people = new People({ accounts, handles, homes, prekeys, profiles, relays: path, directory, copies: this.#copies, signing, clock, standby }, { relayName: settings.name })
    serveRelays({ handlers: relayHandlers, people, buckets, load })
    this.clients = new ClientService(
      { handlers: clientHandlers, sessions: path, accounts, homes, prekeys, profiles, people, registrar, directory, buckets, standby, blocks, load, signing, clock, logger, meter, channelMeter: meters('client') },
      { relayName: settings.name, region: settings.region })
    const asked = this.#asked = new AskedHomes({ homes, relays: path, directory, clock, random, logger, meter, isBehind: (account) => standby.isBehind(account), asker: (channel, cost) => this.clients.asker(channel, cost), resident: (channel, cost) => this.clients.resident(channel, cost) })
    asked.register(clientHandlers)
    const accept: GuestsComponents['accept'] = async (envelopes, sender) => {
      if (path.acceptGuest === undefined) throw new ProtocolError('UNKNOWN_METHOD')
      return await path.acceptGuest(envelopes, sender)
    }
    const guestOutbox = this.#guestOutbox = new GuestOutbox({ store, commits, homes, relays: path, signing, clock, random, logger, meter, accept, anchors: { of: (conversation) => path.anchorOf?.(conversation) ?? conversation.anchor, heard: (record, relay) => { path.heardAnchor?.(record, relay) } } })
    const fair = new FairIntake({ ...ports, turns }, { allowance: rates.promptPerAccount, maxBytes: limits.turnsBytesOfAccount, name: 'guests' })
    new Guests({ self: mesh.self, accounts, buckets, clock, fair, signing, outbox: guestOutbox, accept, guest: (channel) => this.clients.guest(channel) }).register(clientHandlers, relayHandlers)
    this.#path = path
    this.#commits = own
    this.accounts = accounts
    this.#awaited = new AwaitedHomes({ accounts, homes, clock, logger })
    this.handles = handles
    this.homes = homes
    this.directory = directory
    this.publisher = publisher
    this.people = people
    meter.gauge('heliograph_account_registered', 'Accounts that live here', () => accounts.size)
    meter.gauge('heliograph_account_awaited', 'Accounts of a restored backup that have not come back yet', () => accounts.awaitedSize)
    meter.gauge('heliograph_home_unpublished', 'Home records that wait to be put into the DHT', () => publisher.queued)
    mesh.handle(protocols.client, (stream: ByteStream) => { this.clients.accept(stream) })
    this.rendezvous = new Rendezvous({ clock, buckets, meter, channelMeter: meters('link') })
    mesh.handle(protocols.link, (stream: ByteStream) => { this.rendezvous.accept(stream) })
  }

  /** Read what is on disk, then listen. @throws ProtocolError as the adapters: PORT_IN_USE, DATABASE_CORRUPT, … */
  async start (): Promise<void> {
    this.#state = 'starting'
    await this.homes.load(this.accounts.load())
    await this.directory.load()
    await this.blocks.load()
    await this.#copies?.load(this.directory.own?.directory ?? 0)
    this.directory.listen()
    await this.#path.start()
    await this.#guestOutbox.load()
    await this.#ports.mesh.start()
    this.#standby.begin()
    this.directory.start()
    this.publisher.start()
    this.#awaited.start()
    this.#copies?.start()
    this.clients.start()
    this.#state = 'running'
  }

  /** Write a row durably: can the disk be written? @throws ProtocolError STORAGE_FULL, INTERNAL */
  async probe (): Promise<void> { await this.#commits.commit([{ op: 'put', table: 'meta', key: 'probe', value: Uint8Array.of(1) }]) }

  /** Why a balancer should send nobody here; empty when it may. */
  notReady (): string[] { return this.#state === 'running' ? (this.#isSentAway ? ['draining'] : []) : [this.#state === 'made' ? 'not started' : this.#state] }

  /** Tell devices to connect elsewhere and take none, but go on with all that is for other relays, until `resume` or `stop`. */
  sendAway (): void {
    this.#isSentAway = true
    this.clients.drain()
  }

  resume (): void {
    this.#isSentAway = false
    if (this.#state === 'running') this.clients.resume()
  }

  get isSentAway (): boolean { return this.#isSentAway }

  /** What is in memory of logs, queues and sessions; undefined when the message path cannot tell. */
  activity (): ActivitySample | undefined { return this.#path.activity?.() }
  get commits (): GroupCommit { return this.#commits }

  /**
   * Tell devices to connect elsewhere, finish what is under way, stop. Takes at most `timeoutMs`, and a little to close.
   * Does not close the store: who opened it does.
   */
  async stop ({ timeoutMs }: { timeoutMs: number }): Promise<void> {
    if (this.#state === 'stopped' || this.#state === 'draining') return
    // Also when the start has failed half-way.
    const isStarted = this.#state !== 'made'
    this.#state = 'draining'
    this.#asked.stop()
    this.#guestOutbox.stop()
    if (isStarted) {
      this.clients.drain()
      const limit = deadline(this.#ports.clock, timeoutMs)
      try {
        await this.#path.stop({ signal: limit.signal })
      } finally {
        limit.cancel()
      }
    }
    await this.clients.stop()
    await this.rendezvous.stop()
    await this.publisher.stop()
    await this.#awaited.stop()
    await this.#copies?.stop()
    await this.directory.stop()
    await this.homes.settled()
    await this.#commits.idle()
    await this.#ports.mesh.stop()
    this.#state = 'stopped'
  }
}
