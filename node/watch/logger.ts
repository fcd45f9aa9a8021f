/**
 * Structured logs: an event name and fields, one line of JSON each.
 *
 * The core takes the `Logger` port; pino is the adapter. error = a bug or data at risk · warn = the operator may need
 * to act · info = rare lifecycle · debug = per request. Never plaintext, keys, handles, full ids or text of a peer:
 * ids are shortened here, byte strings are replaced by their length.
 */
import { pino, type DestinationStream } from 'pino'
import { isProtocolError } from '../../protocol/errors.ts'
import { shortId } from '../../protocol/ids.ts'
import type { Logger } from '../ports.ts'

type LogFields = NonNullable<Parameters<Logger['info']>[1]>

export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = typeof logLevels[number]

export const silentLogger: Logger = { debug () {}, info () {}, warn () {}, error () {} }

/** Account ids (56 characters of base32) and Ed25519 PeerIds, wherever they stand in a text. */
const fullIds = /\bb[a-z2-7]{55}\b|\b12D3KooW[1-9A-HJ-NP-Za-km-z]{44}\b/g
const shorten = (text: string): string => text.replace(fullIds, (id) => `…${shortId(id)}`)

/** @param destination where lines go; standard output when absent */
export function createLogger ({ level, destination }: { level: LogLevel, destination?: DestinationStream }): Logger {
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, destination ?? pino.destination({ dest: 1, sync: false, minLength: 0 }))
  const write = (to: Exclude<LogLevel, 'silent'>) => (event: string, fields: LogFields = {}, error?: unknown): void => {
    if (!log.isLevelEnabled(to)) return
    log[to]({ event, ...readable(fields), ...(error === undefined ? {} : { error: readableError(error) }) })
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

const readable = (fields: LogFields): LogFields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? shorten(value) : value]))

/** An expected failure is its code; a defect comes with its stack. */
function readableError (error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { thrown: typeof error }
  const cause = error.cause instanceof Error ? { cause: shorten(error.cause.message).slice(0, 300) } : {}
  if (isProtocolError(error) && error.code !== 'INTERNAL') {
    return { code: error.code, ...(error.details.what === undefined ? {} : { what: shorten(error.details.what) }), ...cause }
  }
  return { stack: shorten(error.stack ?? error.message), ...cause }
}
