/**
 * Makes an aborted WebSocket connection end.
 *
 * @libp2p/websockets 10.1.21 aborts with `websocket.close(1006)`, a code that neither `ws` nor a browser lets anybody
 * send: it throws, libp2p logs that, and the socket stays open on both sides for good. A relay that disconnects a peer
 * (malformed frames, a dead heartbeat) would keep its socket.
 */
import type { MultiaddrConnection } from '@libp2p/interface'

interface Inside { websocket?: { close (): void, terminate? (): void } }

/** Call once per connection, e.g. from the connection gater's `denyInboundConnection` and `denyOutboundConnection`. */
export function closeAbortedWebSocket (connection: MultiaddrConnection): void {
  const { websocket } = connection as Inside
  if (websocket === undefined) return
  connection.addEventListener('close', ({ error }) => {
    if (error === undefined) return
    // `terminate` exists in Node only and does not wait for the other side
    if (websocket.terminate !== undefined) websocket.terminate()
    else websocket.close()
  }, { once: true })
}
