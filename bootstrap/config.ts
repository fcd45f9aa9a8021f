/**
 * What the operator of a bootstrap node can set: types, defaults, checks, the explained TOML file, and the node's key.
 *
 * A key that is not here is an error with the nearest known key suggested.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { TomlError, parse } from 'smol-toml'
import { fromBase32, toBase32 } from '../protocol/bytes.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { keyBytes } from '../protocol/ids.ts'
import { checkSettings, defaultsOf, isHostPort, isListOf, isMultiaddr, isNumber, isOneOf, isPeer, isText, type Settings } from '../protocol/settings.ts'

export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const

export interface BootstrapConfig {
  dataDir: string
  listen: string[]
  announce: string[]
  peers: string[]
  httpAddress: string
  maxConnections: number
  connectionsPerSecondPerAddress: number
  logLevel: typeof logLevels[number]
}

const isCount = isNumber({ min: 1, max: 1_000_000 })

/** In the order of the file. */
export const settings: Settings<BootstrapConfig> = {
  dataDir: {
    expects: 'a folder',
    about: ['Where bootstrap.key stands; made at the first start. A relative path is relative to this file.'],
    default: '.',
    isValid: (value) => isText(value) && value !== ''
  },
  listen: {
    expects: 'a list of 1 to 16 multiaddrs, e.g. ["/ip4/0.0.0.0/tcp/4011", "/ip4/0.0.0.0/tcp/4012/ws"]',
    about: ['Multiaddrs to listen on: TCP for relays and terminals, WebSocket (…/ws) for browsers.', 'Port 0 takes a free port.'],
    default: ['/ip4/0.0.0.0/tcp/4011', '/ip4/0.0.0.0/tcp/4012/ws'],
    isValid: isListOf(isMultiaddr, { atLeast: 1 })
  },
  announce: {
    expects: 'a list of multiaddrs, e.g. ["/dns4/start.example.org/tcp/4011"]',
    about: ['Multiaddrs to tell others instead: needed behind a NAT or a proxy. Empty: those listened on.'],
    default: [],
    isValid: isListOf(isMultiaddr)
  },
  peers: {
    expects: 'a list of multiaddrs that end in /p2p/<id>',
    about: ['Other bootstrap nodes or relays to stay connected to. Empty: the first of a mesh of its own.'],
    default: [],
    isValid: isListOf(isPeer)
  },
  httpAddress: {
    expects: 'host:port, e.g. "127.0.0.1:9465"',
    about: ['Where /metrics and /healthz are served. Loopback: figures tell who is busy when.', 'Port 0 takes a free port.'],
    default: '127.0.0.1:9465',
    isValid: isHostPort
  },
  maxConnections: {
    expects: 'a whole number from 1 to 1000000',
    about: ['Connections at a time. Clients stay for a second, relays for good: 5,000 serve a large mesh.'],
    default: 5_000,
    isValid: isCount
  },
  connectionsPerSecondPerAddress: {
    expects: 'a whole number from 1 to 1000000',
    about: ['New connections per second from one IP address: an office that starts work, not a flood.', 'Loopback is not counted.'],
    default: 50,
    isValid: isCount
  },
  logLevel: {
    expects: `one of ${logLevels.join(', ')}`,
    about: ['What is logged: silent, error, warn, info or debug.'],
    default: 'info',
    isValid: isOneOf(logLevels)
  }
}

export const defaultBootstrapConfig = (): BootstrapConfig => defaultsOf(settings)

/** @throws ProtocolError BAD_CONFIG, as checkSettings */
export const checkBootstrapConfig = (values: Readonly<Record<string, unknown>>): BootstrapConfig => checkSettings(settings, values)

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error'

/**
 * @param path of the TOML file; a relative dataDir in it becomes relative to its folder
 * @throws ProtocolError BAD_CONFIG: not there, not TOML (with line and column), or as checkBootstrapConfig
 */
export async function readBootstrapConfig (path: string): Promise<BootstrapConfig> {
  let values: Record<string, unknown>
  try {
    values = parse(await readFile(path, 'utf8'))
  } catch (error) {
    const what = error instanceof TomlError ? `${path}, line ${error.line}, column ${error.column}: not TOML` : `cannot read ${path}: ${codeOf(error)}`
    throw new ProtocolError('BAD_CONFIG', { what, cause: error })
  }
  const config = checkBootstrapConfig(values)
  return { ...config, dataDir: resolve(dirname(path), config.dataDir) }
}

/** The commented file, every key with its explanation. */
export function renderBootstrapConfig (config: BootstrapConfig): string {
  const sections = (Object.keys(settings) as Array<keyof BootstrapConfig>).map((key) =>
    // TOML's basic strings escape as JSON's do.
    [...settings[key].about.map((line) => `# ${line}`), `${key} = ${JSON.stringify(config[key])}`].join('\n'))
  return `# Heliograph bootstrap node.\n\n${sections.join('\n\n')}\n`
}

const keyFileName = 'bootstrap.key'

/**
 * The node's 32-byte Ed25519 seed, made at the first start: its PeerId stands in the configuration of others.
 * @throws ProtocolError BAD_CONFIG: malformed, readable by others, or the folder cannot be written
 */
export async function loadOrMakeKey (dataDir: string): Promise<Uint8Array> {
  const path = join(dataDir, keyFileName)
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    const file = await open(path, 'wx', 0o600)
    const seed = new Uint8Array(randomBytes(keyBytes))
    try {
      await file.writeFile(`${toBase32(seed)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    return seed
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw new ProtocolError('BAD_CONFIG', { what: `cannot write ${path}: ${codeOf(error)}`, cause: error })
  }
  try {
    if (process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0) throw new RangeError('it can be read by others; chmod 600 it')
    const seed = fromBase32((await readFile(path, 'utf8')).trim())
    if (seed.byteLength !== keyBytes) throw new RangeError(`it holds ${seed.byteLength} bytes instead of ${keyBytes}`)
    return seed
  } catch (error) {
    throw new ProtocolError('BAD_CONFIG', { what: `${path}: ${error instanceof RangeError ? error.message : 'not a key'}`, cause: error })
  }
}
