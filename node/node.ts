/**
 * The relay daemon's composition root: libp2p, LevelDB, the real clock and HTTP under the parts of relay.ts.
 *
 * `createRelay` checks the configuration and reads the key; `start` opens and listens; `drain` is what SIGTERM means.
 * Signals and exit codes are the command line's business.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { DestinationStream } from 'pino'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { ProtocolError, isProtocolError } from '../protocol/errors.ts'
import { relayIdOfKey, type RelayId } from '../protocol/ids.ts'
import { verifyHomeRecord } from '../protocol/records/home-record.ts'
import { adminRoutes } from './admin/admin-routes.ts'
import { startAdminSocket, type AdminRoutes, type AdminSocket } from './admin/admin-socket.ts'
import { checkConfig, type RelayConfig } from './config.ts'
import { readRelayKey } from './config-file.ts'
import { deadline } from './deadline.ts'
import { startHttp, type HttpServer } from './watch/http.ts'
import { Libp2pMesh } from './libp2p/mesh.ts'
import { createLogger } from './watch/logger.ts'
import { createMetrics, type Metrics } from './watch/metrics.ts'
import { LoopLag } from './limits/loop-lag-node.ts'
import type { Logger } from './ports.ts'
import { OrbitBundles } from './orbit/orbit-bundles.ts'
import { defaultReplication } from './orbit/replicated-directory.ts'
import { LevelRows } from './orbit/rows-level.ts'
import { Relay, type RelayPorts } from './relay.ts'
import { openLevelStore, type LevelStore } from './store/store-level.ts'
import { systemClock, systemRandom } from './system.ts'

export const software = 'heliograph/0.1.0'

const megabyte = 1024 * 1024
const dayMs = 24 * 60 * 60 * 1000
/** Time for the disk to answer whether it can be written. */
const probeTimeoutMs = 2_000

export interface RunningRelay {
  readonly id: RelayId
  /** Multiaddrs ending in /p2p/<id>; known once started. */
  readonly addresses: readonly string[]
  /** Of /metrics, /healthz and /readyz; known once started. */
  readonly httpUrl: string
  readonly config: RelayConfig
  /** Resolves when the operator has asked, through the admin socket, that it ends as on SIGTERM. */
  readonly endAsked: Promise<void>
  /** @throws ProtocolError PORT_IN_USE, DATABASE_LOCKED, DATABASE_CORRUPT, STORAGE_FULL, BAD_CONFIG, UNSUPPORTED_VERSION; nothing is left open then */
  start (): Promise<void>
  /** Refuse new connections, tell devices to go elsewhere, finish what is under way, close; config.drainSeconds at most. */
  drain (): Promise<void>
  /** As `drain`, in another time: 0 waits for nothing. What is acknowledged is on disk already. */
  stop (options?: { withinMs?: number }): Promise<void>
}

export interface CreateRelayOptions {
  /** 32-byte Ed25519 seed; default: relay.key in config.dataDir. */
  seed?: Uint8Array
  /** Where log lines go; default standard output. */
  logDestination?: DestinationStream
}

/** @throws ProtocolError BAD_CONFIG */
export async function createRelay (values: Partial<RelayConfig>, { seed, logDestination }: CreateRelayOptions = {}): Promise<RunningRelay> {
  const config = checkConfig(values)
  const logger = createLogger({ level: config.logLevel, ...(logDestination === undefined ? {} : { destination: logDestination }) })
  return new RelayProcess(config, seed ?? await readRelayKey(config.dataDir), logger)
}

/** What is open, so that a start that fails half-way leaves nothing behind. */
interface Opened {
  store: LevelStore
  mesh: Libp2pMesh
  relay: Relay
  http: HttpServer
  admin: AdminSocket
}

class RelayProcess implements RunningRelay {
  readonly id: RelayId
  readonly config: RelayConfig
  readonly #seed: Uint8Array
  readonly #logger: Logger
  #opened: Partial<Opened> = {}
  #starting: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #isStarted = false
  readonly #end = Promise.withResolvers<void>()
  readonly endAsked = this.#end.promise
  #busySince = performance.eventLoopUtilization()
  readonly #lag = new LoopLag()

  constructor (config: RelayConfig, seed: Uint8Array, logger: Logger) {
    this.config = config
    this.#seed = seed
    this.#logger = logger
    this.id = relayIdOfKey(nodePrimitives.ed25519PublicKey(seed))
  }

  get addresses (): readonly string[] { return this.#opened.mesh?.addresses() ?? [] }
  get httpUrl (): string { return this.#opened.http?.url ?? '' }

  async start (): Promise<void> {
    const { config } = this
    const metrics = createMetrics({ isWithProcess: true })
    this.#starting = this.#open(metrics)
    try {
      await this.#starting
    } catch (error) {
      await this.#close(0)
      this.#logger.error('relay.not-started', { relay: this.id }, error)
      throw isProtocolError(error) ? error : new ProtocolError('INTERNAL', { what: 'start', cause: error })
    }
    this.#isStarted = true
    this.#logger.info('relay.started', {
      relay: this.id,
      name: config.name,
      region: config.region,
      listen: config.listen.join(' '),
      announce: config.announce.join(' '),
      bootstrapPeers: config.bootstrapPeers.length,
      http: this.httpUrl,
      registration: config.registration,
      retentionDays: config.retentionDays,
      maxConnections: config.maxConnections,
      maxConnectionsPerAddress: config.maxConnectionsPerAddress,
      minFreeMegabytes: config.minFreeMegabytes,
      directoryMegabytes: config.directoryMegabytes,
      drainSeconds: config.drainSeconds,
      accounts: this.#opened.relay!.accounts.size
    })
  }

  async drain (): Promise<void> { await this.#close(this.config.drainSeconds * 1000) }
  async stop ({ withinMs = this.config.drainSeconds * 1000 }: { withinMs?: number } = {}): Promise<void> { await this.#close(withinMs) }

  async #open (metrics: Metrics): Promise<void> {
    const { config } = this
    const opened = this.#opened
    const logger = this.#logger
    await makeFolder(config.dataDir)
    const damaged = metrics.counter('heliograph_store_damaged_total', 'Rows whose checksum did not match; they were not served', ['kind'])
    for (const kind of ['entry', 'outbox', 'head']) damaged.inc(0, { kind })
    const store = opened.store = await openLevelStore({
      path: join(config.dataDir, 'db'),
      minFreeBytes: config.minFreeMegabytes * megabyte,
      onDamage: (kind) => {
        damaged.inc(1, { kind })
        logger.error('store.damaged', { kind })
      }
    })
    const mesh = opened.mesh = await Libp2pMesh.create({
      seed: this.#seed,
      listen: config.listen,
      announce: config.announce,
      peers: config.bootstrapPeers,
      gate: { maxConnections: config.maxConnections, maxPerAddress: config.maxConnectionsPerAddress }
    }, { clock: systemClock, random: systemRandom, verifyHomeRecord: (bytes) => verifyHomeRecord(nodePrimitives, bytes) })
    metrics.gauge('heliograph_build_info', 'Always 1; the label says which release this is', () => 1, { version: software })
    metrics.gauge('heliograph_relay_ready', '1 when /readyz says so, but for the look at the disk', () => this.#opened.relay?.notReady().length === 0 ? 1 : 0)
    metrics.gauge('heliograph_store_used_bytes', 'Bytes of the database on disk', async () => await store.usedBytes())
    metrics.gauge('heliograph_store_free_bytes', 'Bytes free where the database is', async () => await store.freeBytes())
    metrics.gauge('heliograph_store_reserve_bytes', 'Below this nothing new is accepted', () => store.minFreeBytes)
    metrics.gauge('heliograph_mesh_max_connections', 'As many connections are taken', () => config.maxConnections)
    metrics.gauge('heliograph_mesh_connections', 'Connections of devices, relays and others', () => mesh.host.gate.open)
    metrics.gauge('heliograph_mesh_pending_connections', 'Handshakes under way', () => mesh.host.gate.pending)
    metrics.gauge('heliograph_mesh_refused_connections', 'Connections turned away since the start: too many, too fast, or too many handshakes', () => Object.values(mesh.host.gate.refused).reduce((sum, count) => sum + count, 0))
    metrics.gauge('heliograph_mesh_evicted_handshakes', 'Handshakes ended since the start to make room for newcomers', () => mesh.host.gate.evicted)
    metrics.gauge('heliograph_mesh_gossip_unchecked', 'Messages of gossip since the start that were not looked at: their neighbours sent more than their share', () => mesh.conduct.counts.excess)
    metrics.gauge('heliograph_mesh_gossip_wrong', 'Messages of gossip since the start that were wrong', () => mesh.conduct.counts.wrong)
    metrics.gauge('heliograph_mesh_dht_refused', 'Messages to the DHT refused since the start: too many, or of a kind that nobody needs', () => mesh.host.dhtGuard.counts.refused)
    metrics.gauge('heliograph_mesh_lost_links', 'Relays that are being dialled again', () => mesh.links.lost)
    const relay = opened.relay = new Relay({
      mesh,
      store,
      clock: systemClock,
      random: systemRandom,
      signing: nodePrimitives,
      logger,
      meter: metrics,
      defer: (task) => { setImmediate(task) },
      stopwatch: () => performance.now(),
      loadPermille: () => this.#loadPermille(mesh),
      loopLagMs: () => this.#lag.lagMs,
      keepConnected: (id, addresses) => { mesh.links.keep(id, addresses) },
      ...await this.#replication(mesh)
    }, {
      name: config.name,
      region: config.region,
      openRegistration: config.registration === 'open',
      retentionMs: config.retentionDays * dayMs,
      bootstrapPeers: config.bootstrapPeers,
      software,
      seed: this.#seed
    })
    // First, so that a port that is taken is said before anything else happens; it says "not running" until it is.
    opened.http = await startHttp({ metrics, notReady: async () => await this.#notReady(), logger }, config.httpAddress)
    await relay.start()
    this.#lag.start()
    // Last: what it shows and does needs all of it. Without it the relay serves all the same.
    const admin = await startAdminSocket({ dataDir: config.dataDir, routes: this.#adminRoutes({ relay, mesh, store, metrics }), logger })
    if (admin !== undefined) opened.admin = admin
  }

  #adminRoutes ({ relay, mesh, store, metrics }: { relay: Relay, mesh: Libp2pMesh, store: LevelStore, metrics: Metrics }): AdminRoutes {
    return adminRoutes({
      relay,
      store,
      metrics,
      clock: systemClock,
      logger: this.#logger,
      config: this.config,
      seed: this.#seed,
      software,
      pid: process.pid,
      startedAtMs: systemClock.nowMs(),
      addresses: () => this.addresses,
      connections: () => ({ open: mesh.host.gate.open, pending: mesh.host.gate.pending }),
      notReady: async () => await this.#notReady(),
      exit: () => { this.#end.resolve() }
    })
  }

  /** Without it people of relays that are down cannot be found; that is no reason not to start. */
  async #replication (mesh: Libp2pMesh): Promise<Pick<RelayPorts, 'replication'>> {
    const { dataDir, directoryMegabytes, minFreeMegabytes } = this.config
    if (directoryMegabytes === 0) return {}
    const sha256 = (data: Uint8Array): Uint8Array => nodePrimitives.sha256(data)
    try {
      const rows = await LevelRows.open(join(dataDir, 'directory'), { minFreeBytes: minFreeMegabytes * megabyte, clock: systemClock })
      return {
        replication: {
          rows,
          sha256,
          openBundles: (parts) => new OrbitBundles({ ...parts, mesh, rows, sha256, signing: nodePrimitives, clock: systemClock, logger: this.#logger }, { seed: this.#seed, maxBytes: directoryMegabytes * megabyte / 2 }),
          config: { ...defaultReplication, maxBytes: directoryMegabytes * megabyte }
        }
      }
    } catch (error) {
      this.#logger.error('directory.not-opened', {}, error)
      return {}
    }
  }

  /** The fuller of the two: connections, or this process's one thread since the last look. */
  #loadPermille (mesh: Libp2pMesh): number {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.#busySince)
    this.#busySince = now
    return 1000 * Math.max(utilization, mesh.host.gate.open / this.config.maxConnections)
  }

  async #notReady (): Promise<string[]> {
    const { relay } = this.#opened
    if (relay === undefined) return ['not started']
    const reasons = relay.notReady()
    if (reasons.length > 0) return reasons
    const limit = deadline(systemClock, probeTimeoutMs)
    try {
      await Promise.race([
        relay.probe(),
        new Promise((_resolve, reject) => { limit.signal.addEventListener('abort', () => { reject(limit.signal.reason as Error) }) })
      ])
      return []
    } catch (error) {
      return [`the database cannot be written: ${isProtocolError(error) ? error.code : 'INTERNAL'}`]
    } finally {
      limit.cancel()
    }
  }

  async #close (timeoutMs: number): Promise<void> {
    this.#closing ??= this.#closeAll(timeoutMs)
    await this.#closing
  }

  async #closeAll (timeoutMs: number): Promise<void> {
    // A signal that comes while the relay starts: what is half open cannot be closed yet. Its failure is start()'s to tell.
    await this.#starting?.catch(() => {})
    const { relay, http, admin, mesh, store } = this.#opened
    // First: a command must not work on what is being closed.
    if (admin !== undefined) await this.#quietly('admin', admin.stop())
    this.#lag.stop()
    if (relay !== undefined) await this.#quietly('relay', relay.stop({ timeoutMs }))
    else if (mesh !== undefined) await this.#quietly('mesh', mesh.stop())
    if (http !== undefined) await this.#quietly('http', http.stop())
    if (store !== undefined) await this.#quietly('store', store.close())
    this.#opened = {}
    if (this.#isStarted) this.#logger.info('relay.stopped', { relay: this.id })
  }

  /** One part that does not close must not keep the others open. */
  async #quietly (part: string, closing: Promise<void>): Promise<void> {
    try {
      await closing
    } catch (error) {
      this.#logger.error('relay.stop-failed', { part }, error)
    }
  }
}

async function makeFolder (path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new ProtocolError('BAD_CONFIG', { what: `dataDir: cannot make ${path}`, cause: error })
  }
}
