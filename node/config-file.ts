/**
 * The configuration as a TOML file, and the relay's key beside it.
 *
 * Owns: reading and checking the file, writing a commented one, making and reading `relay.key` (mode 0600).
 */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { TomlError, parse } from 'smol-toml'
import { fromBase32, toBase32 } from '../protocol/bytes.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { keyBytes } from '../protocol/ids.ts'
import { checkConfig, settings, type ConfigKey, type RelayConfig } from './config.ts'

export const configFileName = 'relay.toml'
export const keyFileName = 'relay.key'

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/**
 * @param path of the TOML file; a relative dataDir in it becomes relative to its folder
 * @throws ProtocolError BAD_CONFIG: not there, not TOML (with line and column), or as checkConfig
 */
export async function readConfigFile (path: string): Promise<RelayConfig> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new ProtocolError('BAD_CONFIG', { what: codeOf(error) === 'ENOENT' ? `no file ${path}; make one with "heliograph relay init"` : `cannot read ${path}: ${codeOf(error)}`, cause: error })
  }
  let values: Record<string, unknown>
  try {
    values = parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    throw new ProtocolError('BAD_CONFIG', { what: `${path}, line ${error.line}, column ${error.column}: not TOML`, cause: error })
  }
  const config = checkConfig(values)
  return { ...config, dataDir: resolve(dirname(path), config.dataDir) }
}

/** The commented file. Keys that keep their default are written all the same: an operator sees what there is to set. */
export function renderConfig (config: RelayConfig): string {
  const sections = (Object.keys(settings) as ConfigKey[]).map((key) =>
    [...settings[key].about.map((line) => `# ${line}`), `${key} = ${rendered(config[key])}`].join('\n'))
  return `# Heliograph relay. Every key is explained in docs/operator.md.\n\n${sections.join('\n\n')}\n`
}

// TOML's basic strings escape as JSON's do.
const rendered = (value: string | number | readonly string[]): string =>
  Array.isArray(value) ? `[${value.map((item) => JSON.stringify(item)).join(', ')}]` : JSON.stringify(value)

/**
 * Write a new configuration and a new key into `folder`.
 *
 * @returns where the file is
 * @throws ProtocolError BAD_CONFIG when one of the two is there already: a key that is overwritten is a relay that is lost
 */
export async function initRelay (folder: string, config: RelayConfig): Promise<{ configFile: string, keyFile: string }> {
  const configFile = join(folder, configFileName)
  const dataDir = resolve(folder, config.dataDir)
  const keyFile = join(dataDir, keyFileName)
  await mkdir(folder, { recursive: true })
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await writeNew(keyFile, `${toBase32(new Uint8Array(randomBytes(keyBytes)))}\n`, 0o600)
  await writeNew(configFile, renderConfig(config), 0o644)
  return { configFile, keyFile }
}

async function writeNew (path: string, text: string, mode: number): Promise<void> {
  try {
    const file = await open(path, 'wx', mode)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    throw new ProtocolError('BAD_CONFIG', { what: codeOf(error) === 'EEXIST' ? `${path} exists already` : `cannot write ${path}: ${codeOf(error)}`, cause: error })
  }
}

/**
 * @returns the 32-byte Ed25519 seed of the relay
 * @throws ProtocolError BAD_CONFIG: missing, malformed, or readable by others
 */
export async function readRelayKey (dataDir: string): Promise<Uint8Array> {
  const path = join(dataDir, keyFileName)
  let text: string
  try {
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) throw new ProtocolError('BAD_CONFIG', { what: `${path} can be read by others; chmod 600 it` })
    text = (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (error instanceof ProtocolError) throw error
    throw new ProtocolError('BAD_CONFIG', { what: codeOf(error) === 'ENOENT' ? `no ${path}; make one with "heliograph relay init"` : `cannot read ${path}: ${codeOf(error)}`, cause: error })
  }
  try {
    const seed = fromBase32(text)
    if (seed.byteLength !== keyBytes) throw new RangeError(`${seed.byteLength} bytes`)
    return seed
  } catch (error) {
    throw new ProtocolError('BAD_CONFIG', { what: `${path} is not a relay key`, cause: error })
  }
}
