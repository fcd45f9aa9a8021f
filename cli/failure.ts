/**
 * What a person reads when something fails: one sentence that says what to do, never a stack; and the exit code that
 * goes with it.
 */
import { ERRORS, isProtocolError, type ErrorAction, type ErrorCode } from '../protocol/errors.ts'
import { exitCodes } from './exit-codes.ts'

/** A failure that the command itself explains. `message` is the whole sentence. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: number
  readonly code: string

  constructor (message: string, { exitCode = exitCodes.failed, code = 'FAILED', cause }: { exitCode?: number, code?: string, cause?: unknown } = {}) {
    super(message, { cause })
    this.exitCode = exitCode
    this.code = code
  }
}

export interface Failure {
  readonly sentence: string
  /** For scripts: the code of the error catalogue, of the operating system, or of the command. */
  readonly code: string
  readonly exitCode: number
}

const exitCodeOfAction: Record<ErrorAction, number> = {
  reject: exitCodes.failed,
  later: exitCodes.later,
  refresh: exitCodes.later,
  rekey: exitCodes.failed,
  done: exitCodes.ok,
  elsewhere: exitCodes.later
}

const notFound: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['UNKNOWN_ACCOUNT', 'UNKNOWN_HANDLE', 'UNKNOWN_RELAY'])

/** Where the catalogue speaks of somebody else, and the one who reads it is meant. */
const sentences: Partial<Record<ErrorCode, string>> = {
  NOT_A_MEMBER: 'you are not in this group'
}

const systemSentences: Record<string, string> = {
  EACCES: 'Permission denied',
  EPERM: 'Permission denied',
  ENOENT: 'There is no such file or folder',
  EEXIST: 'It exists already',
  ENOTDIR: 'This is not a folder',
  EISDIR: 'This is a folder, not a file',
  ENOSPC: 'The disk is full',
  EROFS: 'The disk cannot be written to',
  EADDRINUSE: 'The port is taken; choose another or stop what uses it',
  EADDRNOTAVAIL: 'This machine does not have that address'
}

interface SystemError { readonly code: string, readonly path?: string, readonly address?: string, readonly port?: number }
const isSystemError = (error: unknown): error is Error & SystemError =>
  error instanceof Error && typeof (error as Partial<SystemError>).code === 'string' && Object.hasOwn(systemSentences, (error as Error & SystemError).code)

export function failureOf (error: unknown): Failure {
  if (error instanceof CliError) return { sentence: error.message, code: error.code, exitCode: error.exitCode }
  if (isProtocolError(error)) {
    const says = sentences[error.code] ?? ERRORS[error.code].says
    const what = error.details.what === undefined ? '' : ` (${error.details.what})`
    return {
      // With a reason, that is what the person wants to know.
      sentence: error.code === 'NOT_ADMITTED' && error.details.what !== undefined ? `That is not possible: ${error.details.what}.` : `${says[0]!.toUpperCase()}${says.slice(1)}${what}.`,
      code: error.code,
      exitCode: notFound.has(error.code) ? exitCodes.notFound : exitCodeOfAction[error.action]
    }
  }
  if (isSystemError(error)) {
    const where = error.path ?? (error.port === undefined ? undefined : `${error.address ?? ''}:${error.port}`)
    return { sentence: `${systemSentences[error.code]!}${where === undefined ? '' : `: ${where}`}.`, code: error.code, exitCode: exitCodes.failed }
  }
  const text = error instanceof Error ? error.message.split('\n')[0]! : String(error)
  return { sentence: `This is a fault in Heliograph itself: ${text} (run it again with --verbose for details).`, code: 'INTERNAL', exitCode: exitCodes.failed }
}
