/**
 * A table of what an operator can set: types, defaults, checks, and the text that explains each key.
 *
 * Owns: what a value may be, and the error that says so. Does not know: which keys a daemon has, nor the file they stand in.
 */
import { ProtocolError } from './errors.ts'
import { limits } from './limits.ts'
import { nearestWord } from './nearest-word.ts'

export interface Setting<T> {
  /** What may stand there, for the error. */
  readonly expects: string
  /** Comment lines in the file: what it does, its unit, why the default. */
  readonly about: readonly string[]
  readonly default: T
  isValid (value: unknown): boolean
}

/** In the order of the file. */
export type Settings<Config> = { readonly [Key in keyof Config]: Setting<Config[Key]> }

export const isText = (value: unknown): value is string => typeof value === 'string'
export const isMultiaddr = (value: unknown): boolean => isText(value) && value.length <= limits.addressBytes && /^\/(ip4|ip6|dns|dns4|dns6)\/[^/\s]+\/tcp\/\d+(\/(tls|ws|wss|sni\/[^/\s]+))*(\/p2p\/\w+)?$/.test(value)
export const isPeer = (value: unknown): boolean => isMultiaddr(value) && /\/p2p\/12D3KooW\w{44}$/.test(value as string)
export const isListOf = (isItem: (item: unknown) => boolean, { atLeast = 0 } = {}) => (value: unknown): boolean => Array.isArray(value) && value.length >= atLeast && value.length <= limits.relayAddresses && value.every(isItem)
export const isNumber = ({ min, max, isWhole = true }: { min: number, max: number, isWhole?: boolean }) => (value: unknown): boolean =>
  typeof value === 'number' && value >= min && value <= max && (!isWhole || Number.isInteger(value))
export const isOneOf = (choices: readonly string[]) => (value: unknown): boolean => isText(value) && choices.includes(value)
export const isHostPort = (value: unknown): boolean => {
  if (!isText(value)) return false
  const match = /^(?:\[[0-9a-f:.]+\]|[^\s:/]+):(\d{1,5})$/i.exec(value)
  return match !== null && Number(match[1]) <= 65_535
}

export const defaultsOf = <Config>(settings: Settings<Config>): Config =>
  structuredClone(Object.fromEntries(Object.entries<Setting<unknown>>(settings).map(([key, setting]) => [key, setting.default]))) as Config

/**
 * @param values as read from a file or given in code; what is absent gets its default
 * @throws ProtocolError BAD_CONFIG: an unknown key, or a value of the wrong kind. Its text says what is expected.
 */
export function checkSettings<Config extends object> (settings: Settings<Config>, values: Readonly<Record<string, unknown>>): Config {
  const config = defaultsOf(settings)
  for (const [key, value] of Object.entries(values)) {
    if (!Object.hasOwn(settings, key)) {
      const near = nearestWord(key, Object.keys(settings))
      throw new ProtocolError('BAD_CONFIG', { what: `unknown key "${key}"${near === undefined ? '' : `; did you mean "${near}"?`}` })
    }
    const { expects, isValid } = settings[key as keyof Config]
    if (!isValid(value)) throw new ProtocolError('BAD_CONFIG', { what: `${key}: expected ${expects}, got ${shown(value)}` })
    config[key as keyof Config] = value as Config[keyof Config]
  }
  return config
}

const shown = (value: unknown): string => {
  const text = typeof value === 'bigint' ? value.toString() : JSON.stringify(value) ?? typeof value
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
