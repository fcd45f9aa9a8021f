/**
 * Bounds what happens on a WebSocket port before libp2p sees a connection: sockets that have not asked for the upgrade.
 */
import type { Server as HttpServer } from 'node:http'
import type { Server as NetServer } from 'node:net'
import type { Duplex } from 'node:stream'

/** What @libp2p/websockets' listener has; other transports' listeners have no `http`. */
export interface WebSocketListener { server?: NetServer, http?: HttpServer }

/**
 * Node's own header timeouts do not run here, because libp2p's HTTP server is handed its sockets instead of listening.
 *
 * @param listeners of libp2p's transport manager, once it has started
 * @param options.max sockets at a time; more are closed
 */
export function boundUnfinishedUpgrades (listeners: readonly WebSocketListener[], { max, timeoutMs }: { max: number, timeoutMs: number }): void {
  for (const { server, http } of listeners) {
    if (server === undefined || http === undefined) continue
    const unfinished = new Map<Duplex, NodeJS.Timeout>()
    const finish = (socket: Duplex): void => {
      clearTimeout(unfinished.get(socket))
      unfinished.delete(socket)
    }
    server.on('connection', (socket) => {
      if (unfinished.size >= max) { socket.destroy(); return }
      unfinished.set(socket, setTimeout(() => { socket.destroy() }, timeoutMs).unref())
      socket.once('close', () => { finish(socket) })
    })
    http.on('upgrade', (_request, socket) => { finish(socket) })
  }
}
