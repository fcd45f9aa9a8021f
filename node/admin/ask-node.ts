/**
 * The operator's side of the admin socket: one request to the relay that runs on a data folder.
 */
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { ERRORS, ProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { socketIn } from './admin-socket.ts'

/** Answers are short, accounts by the page. */
const maxAnswerBytes = 16 * 1024 * 1024

export interface AskOptions {
  /** Sent as the body of a POST; without it the request is a GET. */
  body?: Readonly<Record<string, unknown>>
  /** Without an answer, or its next part, for this long: TIMEOUT. 30 s: compacting may take its time before it answers, and says so. */
  timeoutMs?: number
  signal?: AbortSignal
}

/** No relay runs on this folder, or not as one that this user may talk to. */
export class NoRelay extends Error {
  override readonly name = 'NoRelay'
  readonly code: 'NOT_RUNNING' | 'EACCES'
  constructor (code: 'NOT_RUNNING' | 'EACCES', cause: unknown) {
    super(code, { cause })
    this.code = code
  }
}

/** @param path with its query. @throws NoRelay; ProtocolError as the relay answered, TIMEOUT, DISCONNECTED */
export async function askRelay<Answer> (dataDir: string, path: string, options: AskOptions = {}): Promise<Answer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of await askRelayForBytes(dataDir, path, options)) {
    bytes += chunk.byteLength
    if (bytes > maxAnswerBytes) throw new ProtocolError('TOO_LARGE', { max: maxAnswerBytes })
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Answer
}

/** @throws as askRelay */
export async function askRelayForBytes (dataDir: string, path: string, { body, timeoutMs = 30_000, signal }: AskOptions = {}): Promise<AsyncIterable<Buffer>> {
  const asking = request({
    socketPath: socketIn(dataDir),
    path,
    method: body === undefined ? 'GET' : 'POST',
    timeout: timeoutMs,
    ...(signal === undefined ? {} : { signal })
  })
  asking.on('timeout', () => { asking.destroy(new ProtocolError('TIMEOUT')) })
  asking.end(body === undefined ? undefined : JSON.stringify(body))
  let response: IncomingMessage
  try {
    [response] = await once(asking, 'response') as [IncomingMessage]
  } catch (error) {
    throw explained(error)
  }
  asking.on('error', (error) => { response.destroy(error) })
  if (response.statusCode === 200) return response
  const text: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) text.push(chunk)
  throw failureIn(Buffer.concat(text).toString('utf8'))
}

function explained (error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') return new NoRelay('NOT_RUNNING', error)
  if (code === 'EACCES' || code === 'EPERM') return new NoRelay('EACCES', error)
  if (code === 'ECONNRESET') return new ProtocolError('DISCONNECTED', { what: 'the relay ended before it answered', cause: error })
  return error
}

function failureIn (text: string): ProtocolError {
  try {
    const { error } = JSON.parse(text) as { error: { code: string, what: string } }
    if (Object.hasOwn(ERRORS, error.code)) return new ProtocolError(error.code as ErrorCode, error.what === '' ? {} : { what: error.what })
  } catch {
    // Not what the relay writes: told as that.
  }
  return new ProtocolError('INTERNAL', { what: 'the relay answered with something else' })
}
