/**
 * `settings.json` in the data folder: how this person's client finds a relay. Written by `account create`, edited by
 * hand if one likes. Keys, contacts and messages are in the database beside it.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from './failure.ts'

export interface Settings {
  /** Multiaddrs of relays or bootstrap nodes, each ending in /p2p/<id>. */
  readonly bootstrap: readonly string[]
  /** Prefer relays of this region. */
  readonly region?: string
  /** false: nobody learns when this person has read something. Default: true. */
  readonly readReceipts?: boolean
}

const known = new Set(['bootstrap', 'region', 'readReceipts'])
const fileIn = (folder: string): string => join(folder, 'settings.json')

/** @returns undefined when the folder has none. @throws CliError when it cannot be understood */
export async function readSettings (folder: string): Promise<Settings | undefined> {
  const path = fileIn(folder)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const wrong = (why: string): CliError => new CliError(`${path} cannot be used: ${why}. Correct it, or remove it and give --bootstrap again.`, { code: 'BAD_CONFIG' })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw wrong(`it is not JSON (${(error as SyntaxError).message})`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('it must be an object')
  const unknown = Object.keys(value).find((key) => !known.has(key))
  if (unknown !== undefined) throw wrong(`it has the unknown key "${unknown}" (known: ${[...known].join(', ')})`)
  const { bootstrap, region, readReceipts } = value as { bootstrap?: unknown, region?: unknown, readReceipts?: unknown }
  if (!Array.isArray(bootstrap) || bootstrap.some((address) => typeof address !== 'string')) throw wrong('"bootstrap" must be a list of addresses')
  if (region !== undefined && typeof region !== 'string') throw wrong('"region" must be a text')
  if (readReceipts !== undefined && typeof readReceipts !== 'boolean') throw wrong('"readReceipts" must be true or false')
  return { bootstrap: bootstrap as string[], ...(region === undefined ? {} : { region }), ...(readReceipts === undefined ? {} : { readReceipts }) }
}

export async function writeSettings (folder: string, settings: Settings): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = fileIn(folder)
  // Written beside and renamed: a crash leaves the old file or the new one.
  await writeFile(`${path}.new`, `${JSON.stringify(settings, undefined, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

/** An address must say whom it expects to find there. */
export function checkAddress (address: string): string {
  if (!/^\/(?:ip4|ip6|dns|dns4|dns6)\/[^/]+\/tcp\/\d+(?:\/wss?|\/tls\/ws)?\/p2p\/[1-9A-HJ-NP-Za-km-z]+$/.test(address)) {
    throw new CliError(`"${address}" is not the address of a relay. It looks like /dns4/eu-1.example.org/tcp/4001/p2p/12D3KooW…`, { code: 'BAD_ADDRESS' })
  }
  return address
}
