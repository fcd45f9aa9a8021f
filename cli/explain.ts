/**
 * Failures that the command knows more about than the error does: whom was looked for, which folder, which relay. Each
 * takes an error and gives back what to throw in its place: a sentence for the person, or the error as it came. The
 * code and the exit code stay those of the error, so that scripts see no difference.
 */
import { isProtocolError, type ErrorCode } from '../protocol/errors.ts'
import { CliError, failureOf } from './failure.ts'

function told (error: unknown, sentences: Partial<Record<ErrorCode, string>>): unknown {
  if (!isProtocolError(error)) return error
  const sentence = sentences[error.code]
  return sentence === undefined ? error : new CliError(sentence, { code: error.code, exitCode: failureOf(error).exitCode, cause: error })
}

/** @param who as it was typed */
export const aboutPerson = (error: unknown, who: string): unknown => told(error, {
  UNKNOWN_HANDLE: `Nobody has the handle "${who}". Ask the person for it, or for an invite link.`,
  UNKNOWN_ACCOUNT: `Nobody can be found under "${who}". Ask the person for an invite link.`,
  UNKNOWN_RELAY: `The relay in "${who}" is not known here. Check what stands after the @, or ask the person for an invite link.`,
  BAD_CONVERSATION: `"${who}" is you.`,
  HOME_UNREACHABLE: `The relay of "${who}" cannot be reached now. Try again later, or ask the person for an invite link.`
})

/** @param relay what --relay said, if anything */
export const aboutRelays = (error: unknown, relay: string | undefined): unknown => told(error, {
  UNKNOWN_RELAY: `No relay called "${relay ?? ''}" is known. Leave --relay out to take the nearest, or give its address.`,
  HOME_UNREACHABLE: 'No relay can be reached. Check the connection, and the address given with --bootstrap or --relay.',
  TIMEOUT: 'No relay answered in time. Check the connection, and the address given with --bootstrap or --relay.'
})

/** @param relay as it was typed; '' for none */
export const aboutHome = (error: unknown, relay: string): unknown => told(error, {
  NOT_ALLOWED: 'Only the primary device, the one that made the account, decides where it lives. Other devices can move it to its standby, when there is one: "heliograph home show".',
  NOT_ADMITTED: `Your account lives at ${relay === '' ? 'that relay' : `"${relay}"`} already.`,
  UNKNOWN_RELAY: `No relay called "${relay}" is known. Give its whole name, or its address.`,
  HOME_UNREACHABLE: 'No relay answers that could take the account. Check the connection, and name one by its address.',
  REGISTRATION_CLOSED: `${relay === '' ? 'That relay' : `"${relay}"`} takes no new accounts. Choose another one.`
})

export const aboutFolder = (error: unknown, folder: string): unknown => told(error, {
  DATABASE_LOCKED: `Another heliograph command, a chat or a bot perhaps, has ${folder} open. Close it first, or name another folder with --data.`,
  DATABASE_CORRUPT: `The data in ${folder} is damaged and was left as it is. Keep the folder, and make an account in another one with --data.`,
  DATABASE_TOO_NEW: `The data in ${folder} was written by a newer heliograph and was left as it is. Update this one, or name another folder with --data.`
})

export const aboutText = (error: unknown, text: string): unknown => told(error, {
  TOO_LARGE: `A message is at most ${isProtocolError(error) ? error.details.max : ''} bytes long, and this one has ${Buffer.byteLength(text)}. Send it in parts.`
})

export const aboutDevices = (error: unknown): unknown => told(error, {
  NOT_ALLOWED: 'Only the primary device, the one that made the account, links and unlinks devices. "heliograph device list" says which it is.',
  LINK_FAILED: `Linking did not succeed${isProtocolError(error) && error.details.what !== undefined ? ` (${error.details.what})` : ''}. Begin anew on the new device: it shows another code.`,
  MALFORMED: 'This is not a code that a new device shows. It begins with heliograph:link?'
})
