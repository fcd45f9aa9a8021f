/**
 * What @libp2p/websockets leaves open on the listening side in Node. Two of the three let a stranger stop the process.
 */
import type { EventEmitter } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import type { Server as NetServer } from 'node:net'
import type { Duplex } from 'node:stream'

type SocketClass = new (...args: unknown[]) => EventEmitter

/** What @libp2p/websockets' listener has; other transports' listeners have no `wsServer`. */
export interface WebSocketListener {
  server?: NetServer
  http?: HttpServer
  wsServer?: { options: { WebSocket: SocketClass, maxPayload: number } }
}

/** One message: a Noise record is at most 64 KiB; others may send several as one. `ws` would gather 100 MiB before anybody looks. */
const maxMessageBytes = 1024 * 1024

/**
 * @param listeners of libp2p's transport manager, once it has started
 * @param options.max sockets at a time that have not asked for the upgrade; beyond it the one that has waited longest is closed
 * @param options.timeoutMs how long they may take
 */
export function guardWebSocketListeners (listeners: readonly WebSocketListener[], { max, timeoutMs }: { max: number, timeoutMs: number }): void {
  for (const { server, http, wsServer } of listeners) {
    if (server === undefined || http === undefined || wsServer === undefined) continue
    // Out of file descriptors: the listener goes on when there are some again. Nobody else listens for this 'error' either.
    server.on('error', () => { /* the connection was not accepted */ })
    boundUnfinishedUpgrades(server, http, { max, timeoutMs })
    wsServer.options.maxPayload = maxMessageBytes
    wsServer.options.WebSocket = withErrorListener(wsServer.options.WebSocket)
  }
}

/**
 * A frame that breaks the WebSocket protocol is an 'error' event, which nobody listens to: in Node that is an uncaught
 * exception, so ten bytes of a stranger end the process. `ws` closes the socket by itself; 'close' tells libp2p.
 */
function withErrorListener (Base: SocketClass): SocketClass {
  return class extends Base {
    constructor (...args: unknown[]) {
      super(...args)
      this.on('error', () => { /* 'close' follows */ })
    }
  }
}

/**
 * Sockets that have not asked for the upgrade are nobody's: libp2p sees a connection only afterwards, and Node's own header
 * timeouts do not run, because libp2p's HTTP server is handed its sockets instead of listening.
 */
function boundUnfinishedUpgrades (server: NetServer, http: HttpServer, { max, timeoutMs }: { max: number, timeoutMs: number }): void {
  const unfinished = new Map<Duplex, NodeJS.Timeout>()
  const finish = (socket: Duplex): void => {
    clearTimeout(unfinished.get(socket))
    unfinished.delete(socket)
  }
  server.on('connection', (socket) => {
    if (unfinished.size >= max) for (const oldest of unfinished.keys()) { oldest.destroy(); finish(oldest); break }
    unfinished.set(socket, setTimeout(() => { socket.destroy() }, timeoutMs).unref())
    socket.once('close', () => { finish(socket) })
  })
  http.on('upgrade', (_request, socket) => { finish(socket) })
}
