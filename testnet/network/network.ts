/**
 * A network of real processes on loopback: one bootstrap node and a relay in each of three regions, with the distance
 * between regions made by delay proxies.
 *
 * Owns: the folder, ports, configuration files, start order, kill and restart of each process, cutting regions apart.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkBootstrapConfig, loadOrMakeKey, renderBootstrapConfig } from '../../bootstrap/config.ts'
import type { ClientConfig } from '../../client/components.ts'
import { systemClock } from '../../client/system.ts'
import { checkConfig, type RelayConfig } from '../../node/config.ts'
import { configFileName, initRelay, keyFileName, readRelayKey, renderConfig } from '../../node/config-file.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { relayIdOfKey, type RelayId } from '../../protocol/ids.ts'
import { Daemon } from '../processes/daemon.ts'
import { freePorts } from '../processes/free-ports.ts'
import { Wan, type RouteTable, type Tap } from '../wan/wan.ts'
import type { CutMode } from '../wan/delay-proxy.ts'

export const regions = ['eu', 'us', 'ap'] as const
export type Region = typeof regions[number]

export interface NetworkOptions {
  /** Everything is in here; a folder of an earlier network goes on with its keys and messages. */
  readonly folder: string
  readonly seed: number
  /** Between any two regions, there and back. */
  readonly rttMs?: number
  readonly jitterMs?: number
  readonly tap?: Tap
  /** Record what each relay hands to Noise, into `recorded/<relay>.bin`. */
  readonly isRecorded?: boolean
  readonly logLevel?: 'warn' | 'info' | 'debug'
  /** Where a process stands, by its name (`eu-1`, `bootstrap`, a person's); for faults below the process. */
  readonly place?: Place
}

export interface Placement {
  /** IP address to listen on and to be reached at. When it is not loopback, the place makes the distance, not the delay proxies. */
  readonly host?: string
  /** Of a relay: keys, configuration and database; default in the network's folder. */
  readonly folder?: string
  /** Words before the command that end in executing it, like `nsenter`. */
  readonly prefix?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Of a relay: other than the testnet's. */
  readonly config?: Partial<RelayConfig>
  /** Of a person: other than a client's own. */
  readonly client?: Pick<ClientConfig, 'standby' | 'moveAfterMs'>
  /** Of a person: a process of their own instead of one more client in the scenario's. */
  readonly isProcess?: boolean
}

export type Place = (name: string, region: Region) => Placement

export interface RelayHandle {
  readonly name: string
  readonly region: Region
  readonly id: RelayId
  /** Of the real port: reachable without delay from its own region. */
  readonly address: string
  /** For browsers. */
  readonly webSocketAddress: string
  readonly httpUrl: string
  readonly folder: string
  readonly daemon: Daemon
  readonly configFile: string
}

/** The bootstrap node stands in the middle region. */
const bootstrapRegion: Region = 'us'
const formTimeoutMs = 30_000

interface Plan { readonly region: Region, readonly name: string, readonly port: number, readonly wsPort: number, readonly httpPort: number }

export class Network {
  readonly folder: string
  readonly relays: readonly RelayHandle[]
  readonly bootstrapAddress: string
  readonly #bootstrap: Daemon
  readonly #bootstrapHttp: string
  readonly #wan: Wan
  readonly #place: Place
  #isStopping = false

  private constructor (parts: { folder: string, relays: RelayHandle[], bootstrap: Daemon, bootstrapAddress: string, bootstrapHttp: string, wan: Wan, place: Place }) {
    this.folder = parts.folder
    this.relays = parts.relays
    this.#bootstrap = parts.bootstrap
    this.bootstrapAddress = parts.bootstrapAddress
    this.#bootstrapHttp = parts.bootstrapHttp
    this.#wan = parts.wan
    this.#place = parts.place
  }

  /** Writes keys, configurations and routes; nothing runs yet but the proxies. */
  static async prepare ({ folder, seed, rttMs = 80, jitterMs = 0, tap, isRecorded = false, logLevel = 'info', place = () => ({}) }: NetworkOptions): Promise<Network> {
    await mkdir(join(folder, 'logs'), { recursive: true })
    await mkdir(join(folder, 'routes'), { recursive: true })
    await mkdir(join(folder, 'recorded'), { recursive: true })
    const ports = await portsFor(folder, 2 + 3 * regions.length)
    const [bootstrapPort = 0, bootstrapHttpPort = 0] = ports
    const plans = regions.map((region, index): Plan => {
      const [port = 0, wsPort = 0, httpPort = 0] = ports.slice(2 + 3 * index)
      return { region, name: `${region}-1`, port, wsPort, httpPort }
    })
    const wan = await Wan.open({
      regions,
      servers: place('bootstrap', bootstrapRegion).host !== undefined ? [] : [
        { name: 'bootstrap', region: bootstrapRegion, port: bootstrapPort },
        // Every port that a relay announces: one that is left out would be a short cut.
        ...plans.flatMap(({ name, region, port, wsPort }) => [{ name, region, port }, { name, region, port: wsPort }])
      ],
      rttMs,
      jitterMs,
      seed,
      clock: systemClock,
      ...(tap === undefined ? {} : { tap })
    })
    for (const region of regions) await writeFile(join(folder, 'routes', `${region}.json`), JSON.stringify(wan.routesFrom(region)))

    const hostOf = (name: string, region: Region): string => place(name, region).host ?? '127.0.0.1'

    const bootstrapHost = hostOf('bootstrap', bootstrapRegion)
    const bootstrapFolder = join(folder, 'bootstrap')
    await mkdir(bootstrapFolder, { recursive: true })
    const bootstrapKey = nodePrimitives.ed25519PublicKey(await loadOrMakeKey(bootstrapFolder))
    const bootstrapConfigFile = join(bootstrapFolder, 'bootstrap.toml')
    await writeFile(bootstrapConfigFile, renderBootstrapConfig(checkBootstrapConfig({ listen: [`/ip4/${bootstrapHost}/tcp/${bootstrapPort}`], httpAddress: `${bootstrapHost}:${bootstrapHttpPort}`, logLevel })))
    const bootstrapAddress = `/ip4/${bootstrapHost}/tcp/${bootstrapPort}/p2p/${relayIdOfKey(bootstrapKey)}`
    const bootstrapHttp = `http://${bootstrapHost}:${bootstrapHttpPort}`
    const daemon = (name: string, region: Region, args: string[], isReady: () => Promise<boolean>): Daemon =>
      new Daemon({ name, args, prefix: place(name, region).prefix ?? [], env: place(name, region).env ?? {}, routesFile: join(folder, 'routes', `${region}.json`), logFile: join(folder, 'logs', `${name}.log`), isReady, ...(isRecorded ? { recordFile: join(folder, 'recorded', `${name}.bin`) } : {}) })

    const relays: RelayHandle[] = []
    for (const { region, name, port, wsPort, httpPort } of plans) {
      const { folder: relayFolder = join(folder, name), config: otherConfig = {} } = place(name, region)
      const host = hostOf(name, region)
      const config = checkConfig({
        name,
        region,
        listen: [`/ip4/${host}/tcp/${port}`, `/ip4/${host}/tcp/${wsPort}/ws`],
        bootstrapPeers: [bootstrapAddress],
        httpAddress: `${host}:${httpPort}`,
        logLevel,
        ...otherConfig
      })
      const configFile = join(relayFolder, configFileName)
      // A network that goes on keeps its keys; the ports may be new.
      if (await exists(join(relayFolder, keyFileName))) await writeFile(configFile, renderConfig(config))
      else await initRelay(relayFolder, config)
      const id = relayIdOfKey(nodePrimitives.ed25519PublicKey(await readRelayKey(relayFolder)))
      const httpUrl = `http://${host}:${httpPort}`
      relays.push({
        name,
        region,
        id,
        httpUrl,
        folder: relayFolder,
        configFile,
        address: `/ip4/${host}/tcp/${port}/p2p/${id}`,
        webSocketAddress: `/ip4/${host}/tcp/${wsPort}/ws/p2p/${id}`,
        daemon: daemon(name, region, ['relay', 'start', '--config', configFile], () => answers(`${httpUrl}/readyz`))
      })
    }
    const bootstrap = daemon('bootstrap', bootstrapRegion, ['bootstrap', 'start', '--config', bootstrapConfigFile], () => answers(`${bootstrapHttp}/healthz`))
    return new Network({ folder, relays, bootstrap, bootstrapAddress, bootstrapHttp, wan, place })
  }

  /** Starts every process and waits until the relays have found one another. */
  async start (): Promise<void> {
    try {
      await this.#bootstrap.start()
      await Promise.all(this.relays.map(({ daemon }) => daemon.start()))
      await this.#untilFormed()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  relay (name: string): RelayHandle {
    const found = this.relays.find((relay) => relay.name === name || relay.region === name)
    if (found === undefined) throw new RangeError(`no relay ${name}`)
    return found
  }

  /** The entry node. */
  get bootstrap (): Daemon { return this.#bootstrap }

  placeOf (name: string, region: Region): Placement { return this.#place(name, region) }

  routesFrom (region: Region): RouteTable { return this.#wan.routesFrom(region) }

  routesFile (region: Region): string { return join(this.folder, 'routes', `${region}.json`) }
  recordFile (name: string): string { return join(this.folder, 'recorded', `${name}.bin`) }
  logFile (name: string): string { return join(this.folder, 'logs', `${name}.log`) }

  cut (a: Region, b: Region, mode: CutMode = 'silence'): void { this.#wan.cut(a, b, mode) }
  heal (a: Region, b: Region): void { this.#wan.heal(a, b) }

  async stop (): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    // The proxies first: what cannot cross any more need not be waited for.
    await Promise.all([...this.relays.map(({ daemon }) => daemon.stop()), this.#bootstrap.stop()])
    await this.#wan.close()
  }

  /** Every relay is in the bootstrap node's directory: whoever asks finds all of them. */
  async #untilFormed (): Promise<void> {
    const deadline = Date.now() + formTimeoutMs
    for (;;) {
      const known = await figure(`${this.#bootstrapHttp}/metrics`, 'heliograph_bootstrap_relays')
      if (known !== undefined && known >= this.relays.length) return
      if (Date.now() > deadline) throw new Error(`the bootstrap node knows ${known ?? 0} of ${this.relays.length} relays after ${formTimeoutMs / 1000} s; logs are in ${join(this.folder, 'logs')}`)
      await new Promise((resolve) => { setTimeout(resolve, 50) })
    }
  }
}

const exists = (path: string): Promise<boolean> => readFile(path).then(() => true, () => false)

export const answers = (url: string): Promise<boolean> => fetch(url, { signal: AbortSignal.timeout(1000) }).then((response) => response.ok, () => false)

/** A family of figures added up, those whose labels contain all of `labels`. */
export async function figureSum (url: string, name: string, labels: Readonly<Record<string, string>>): Promise<number> {
  const page = await (await fetch(url, { signal: AbortSignal.timeout(5_000) })).text()
  return page.split('\n')
    .filter((line) => line.startsWith(`${name}{`) && Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

/** One figure of a Prometheus page. */
export async function figure (url: string, name: string): Promise<number | undefined> {
  try {
    const page = await (await fetch(url, { signal: AbortSignal.timeout(2000) })).text()
    const line = page.split('\n').find((one) => one.startsWith(`${name} `) || one.startsWith(`${name}{`))
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1))
  } catch {
    // Not there yet: asked again.
    return undefined
  }
}

/** Those of the last time, as far as they are free, so that addresses people wrote down stay valid. */
async function portsFor (folder: string, count: number): Promise<number[]> {
  const path = join(folder, 'ports.json')
  const before = await readFile(path, 'utf8').then((text) => JSON.parse(text) as number[], () => [])
  const ports = await freePorts(count, before)
  await writeFile(path, JSON.stringify(ports))
  return ports
}
