/**
 * What an operator can set: types, defaults, checks, and the text that explains each key, in one table.
 *
 * `relay init` writes the table as a commented file, `relay start` reads it back. A key that is not here is an error
 * with the nearest known key suggested. Reading and writing TOML: config-file.ts.
 */
import { limits } from '../protocol/limits.ts'
import { checkSettings, defaultsOf, isHostPort, isListOf, isMultiaddr, isNumber, isOneOf, isPeer, isText, type Settings } from '../protocol/settings.ts'
import { logLevels, type LogLevel } from './watch/logger.ts'

export interface RelayConfig {
  name: string
  region: string
  dataDir: string
  listen: string[]
  announce: string[]
  bootstrapPeers: string[]
  httpAddress: string
  registration: 'open' | 'closed'
  retentionDays: number
  maxConnections: number
  maxConnectionsPerAddress: number
  minFreeMegabytes: number
  directoryMegabytes: number
  drainSeconds: number
  logLevel: LogLevel
}

export type ConfigKey = keyof RelayConfig

/** In the order of the file. */
export const settings: Settings<RelayConfig> = {
  name: {
    expects: 'a host name in lower case, e.g. "eu-1.example.org"',
    about: ['The relay\'s name: the part after the @ in the handles that it issues. Choose it once;', 'handles that people have given away contain it.'],
    default: 'relay.localhost',
    isValid: (value) => isText(value) && value.length <= limits.relayNameBytes && /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(value)
  },
  region: {
    expects: `a short word of at most ${limits.regionBytes} letters, digits and hyphens, e.g. "eu"`,
    about: ['Where the relay stands, for people who look for one nearby.'],
    default: 'local',
    isValid: (value) => isText(value) && value.length <= limits.regionBytes && /^[a-z0-9][a-z0-9-]*$/.test(value)
  },
  dataDir: {
    expects: 'a folder',
    about: ['Keys and database. A relative path is relative to this file.'],
    default: '.',
    isValid: (value) => isText(value) && value !== ''
  },
  listen: {
    expects: 'a list of 1 to 16 multiaddrs, e.g. ["/ip4/0.0.0.0/tcp/4001", "/ip4/0.0.0.0/tcp/4002/ws"]',
    about: ['Multiaddrs to listen on: TCP for relays and terminals, WebSocket (…/ws) for browsers.', 'Port 0 takes a free port.'],
    default: ['/ip4/0.0.0.0/tcp/4001', '/ip4/0.0.0.0/tcp/4002/ws'],
    isValid: isListOf(isMultiaddr, { atLeast: 1 })
  },
  announce: {
    expects: 'a list of multiaddrs, e.g. ["/dns4/eu-1.example.org/tcp/4001"]',
    about: ['Multiaddrs to tell others instead of the ones listened on: needed behind a NAT, a', 'load balancer or a proxy that ends TLS. Empty: the addresses listened on.'],
    default: [],
    isValid: isListOf(isMultiaddr)
  },
  bootstrapPeers: {
    expects: 'a list of multiaddrs that end in /p2p/<id>',
    about: ['Relays or bootstrap nodes to enter the mesh through. Needed once: the relays that', 'were met are remembered. Empty: the first relay of a mesh of its own.'],
    default: [],
    isValid: isListOf(isPeer)
  },
  httpAddress: {
    expects: 'host:port, e.g. "127.0.0.1:9464"',
    about: ['Where /metrics, /healthz and /readyz are served. Loopback: figures tell who is busy', 'when. Port 0 takes a free port.'],
    default: '127.0.0.1:9464',
    isValid: isHostPort
  },
  registration: {
    expects: '"open" or "closed"',
    about: ['open: anybody may register an account here. closed: only accounts that are registered', 'already, or were once, may.'],
    default: 'open',
    isValid: isOneOf(['open', 'closed'])
  },
  retentionDays: {
    expects: 'a number of days from 0 to 3650; 0 keeps for ever',
    about: ['Days that a message waits for a device that does not come for it. 30: a phone left off', 'over a long holiday still gets its mail. 0: for ever.'],
    default: limits.retentionMs / (24 * 60 * 60 * 1000),
    isValid: isNumber({ min: 0, max: 3650, isWhole: false })
  },
  maxConnections: {
    expects: 'a whole number from 1 to 1000000',
    about: ['Connections at a time. An idle one takes about 60 KB: 20,000 are 1.2 GB of memory.'],
    default: 20_000,
    isValid: isNumber({ min: 1, max: 1_000_000 })
  },
  maxConnectionsPerAddress: {
    expects: 'a whole number from 1 to 1000000',
    about: ['Connections at a time from one IP address: an office or a carrier behind one address,', 'not a machine that wants to fill the relay. Loopback is not counted.'],
    default: 2_000,
    isValid: isNumber({ min: 1, max: 1_000_000 })
  },
  minFreeMegabytes: {
    expects: 'a whole number of megabytes from 0 to 1000000',
    about: ['Free disk space in MB below which nothing new is accepted. 512: a full disk lets the', 'database be read but not opened again.'],
    default: 512,
    isValid: isNumber({ min: 0, max: 1_000_000 })
  },
  directoryMegabytes: {
    expects: 'a whole number of megabytes from 0 to 1000000',
    about: ['Disk space in MB for copies of other relays\' directories: with one, people here can', 'begin to write to somebody whose relay is down. 0: none is kept, and this relay', 'publishes none of its own. 1024: some 300,000 people.'],
    default: 1024,
    isValid: isNumber({ min: 0, max: 1_000_000 })
  },
  drainSeconds: {
    expects: 'a number of seconds from 0 to 600',
    about: ['Seconds at most between SIGTERM and the end: to finish what is under way. 30: what', 'service managers commonly wait before they kill.'],
    default: 30,
    isValid: isNumber({ min: 0, max: 600, isWhole: false })
  },
  logLevel: {
    expects: `one of ${logLevels.join(', ')}`,
    about: ['What is logged: silent, error, warn, info or debug. info is quiet while all is well;', 'debug writes lines per request.'],
    default: 'info',
    isValid: isOneOf(logLevels)
  }
}

export const defaultConfig = (): RelayConfig => defaultsOf(settings)

/** @throws ProtocolError BAD_CONFIG, as checkSettings */
export const checkConfig = (values: Readonly<Record<string, unknown>>): RelayConfig => checkSettings(settings, values)
