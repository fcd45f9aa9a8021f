/**
 * A Unix socket in the data folder, through which the operator of this machine asks and tells a running relay: HTTP and JSON.
 *
 * Who may open the socket may do everything: mode 0600, in a folder of mode 0700. Nothing of it is reachable from a network.
 * Owns: the socket file, sizes and times, errors as JSON. Does not know: what is asked (admin-routes.ts).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { Logger } from '../ports.ts'

export const socketName = 'admin.sock'
export const socketIn = (dataDir: string): string => join(dataDir, socketName)

/** What sockaddr_un holds, with its end, on Linux (108) and macOS (104). */
const maxPathBytes = process.platform === 'linux' ? 107 : 103
const maxBodyBytes = 16 * 1024
const maxConnections = 16

/** What a request says: the path's query, and the body of a POST. */
export interface AdminRequest { readonly query: URLSearchParams, readonly body: Readonly<Record<string, unknown>> }
/** A value is answered as JSON; a stream of chunks as it is. @throws ProtocolError */
export type AdminRoute = (request: AdminRequest, signal: AbortSignal) => Promise<object> | object | AsyncIterable<Uint8Array>

/** Keys are method and path: `GET /status`. */
export type AdminRoutes = ReadonlyMap<string, AdminRoute>

export interface AdminSocket { stop (): Promise<void> }

/**
 * Call it when the database is open: its lock says that no other relay uses this folder, so a socket that is there is left over.
 *
 * @returns undefined when there can be none (the path is too long, the file system has no sockets); the log says so, the relay runs without
 */
export async function startAdminSocket ({ dataDir, routes, logger }: { dataDir: string, routes: AdminRoutes, logger: Logger }): Promise<AdminSocket | undefined> {
  const path = socketIn(dataDir)
  if (Buffer.byteLength(path) > maxPathBytes) {
    logger.warn('admin.path-too-long', { bytes: Buffer.byteLength(path), max: maxPathBytes })
    return undefined
  }
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 1_000, maxHeaderSize: 8 * 1024 }, (request, response) => {
    serve(routes, request, response).catch((error: unknown) => { fail(response, error, logger) })
  })
  server.maxConnections = maxConnections
  try {
    await rm(path, { force: true })
    await listen(server, path)
    await chmod(path, 0o600)
  } catch (error) {
    server.close()
    logger.error('admin.not-opened', {}, error)
    return undefined
  }
  return {
    stop: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => { resolve() })
        server.closeAllConnections()
      })
      await rm(path, { force: true })
    }
  }
}

/** Never open to others, not even between bind and chmod. */
async function listen (server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    const before = process.umask(0o177)
    try {
      server.listen(path, () => { server.off('error', reject); resolve() })
    } finally {
      process.umask(before)
    }
  })
}

async function serve (routes: AdminRoutes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://relay')
  const route = routes.get(`${request.method} ${url.pathname}`)
  if (route === undefined) throw new ProtocolError('UNKNOWN_METHOD')
  const body = request.method === 'POST' ? await readBody(request) : {}
  const gone = new AbortController()
  response.on('close', () => { gone.abort(new ProtocolError('CANCELLED')) })
  const answer = await route({ query: url.searchParams, body }, gone.signal)
  if (Symbol.asyncIterator in answer) {
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    await pipeline(answer as AsyncIterable<Uint8Array>, response)
    return
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
}

/** @throws ProtocolError TOO_LARGE, MALFORMED */
async function readBody (request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    // [REJECT] no command is that long
    if (bytes > maxBodyBytes) throw new ProtocolError('TOO_LARGE', { max: maxBodyBytes })
    chunks.push(chunk)
  }
  if (bytes === 0) return {}
  let value: unknown
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (error) {
    throw new ProtocolError('MALFORMED', { what: 'not JSON', cause: error })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ProtocolError('MALFORMED', { what: 'not an object' })
  return value as Record<string, unknown>
}

function fail (response: ServerResponse, error: unknown, logger: Logger): void {
  if (isProtocolError(error, 'CANCELLED') || response.destroyed) return
  const known = isProtocolError(error) ? error : new ProtocolError('INTERNAL', { cause: error })
  if (known.code === 'INTERNAL') logger.error('admin.failed', {}, error)
  // In the middle of a stream nothing can be said any more: the far side sees that its end is missing.
  if (response.headersSent) { response.destroy(); return }
  response.writeHead(known.code === 'UNKNOWN_METHOD' ? 404 : known.code === 'INTERNAL' ? 500 : 400, { 'content-type': 'application/json' })
    .end(JSON.stringify({ error: { code: known.code, what: known.details.what ?? '' } }))
}
