/**
 * What keeps a small HTTP server of Node's answering while somebody holds its sockets: few, short, and the oldest goes first.
 *
 * Node looks at its header and request timeouts every 30 s unless told otherwise, and at `maxConnections` refuses the
 * newcomer: 64 silent sockets would keep an operator's tools out for half a minute.
 */
import type { Server, ServerOptions } from 'node:http'
import type { Socket } from 'node:net'

/** For requests that fit into one packet and answers of some 100 KiB. */
export const smallHttp: ServerOptions = {
  requestTimeout: 5_000,
  headersTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8 * 1024
}

/** How long an answer may take before its socket may be needed for somebody else. */
const answerTimeoutMs = 10_000

/** Bound the sockets of a server: of too many, the one ends that has been waiting longest for a request, or takes too long to read its answer. */
export function boundSockets (server: Server, max: number): void {
  /** By when they came or had their last answer, oldest first; the value: since when an answer is under way. */
  const sockets = new Map<Socket, number | undefined>()
  server.on('connection', (socket: Socket) => {
    if (sockets.size >= max) endOldest(sockets)
    sockets.set(socket, undefined)
    socket.once('close', () => { sockets.delete(socket) })
  })
  server.on('request', ({ socket }, response) => {
    sockets.set(socket, performance.now())
    response.once('close', () => {
      if (sockets.delete(socket) && !socket.destroyed) sockets.set(socket, undefined)
    })
  })
}

function endOldest (sockets: Map<Socket, number | undefined>): void {
  const lateMs = performance.now() - answerTimeoutMs
  for (const [socket, answeringSinceMs] of sockets) {
    if (answeringSinceMs !== undefined && answeringSinceMs > lateMs) continue
    sockets.delete(socket)
    socket.destroy()
    return
  }
}
