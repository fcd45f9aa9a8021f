/**
 * What the parts of the engine need of the connection to the relay, as a port.
 */
import type { CallOptions } from '../../protocol/channel.ts'
import type { Method, Notification } from '../../protocol/methods.ts'

export interface RelayLink {
  /** Authenticated and registered: calls make sense. */
  readonly isOnline: boolean
  /** @throws ProtocolError: what the relay answered, TIMEOUT, DISCONNECTED */
  call<Request, Reply> (method: Method<Request, Reply>, request: Partial<Request>, options?: CallOptions): Promise<Reply>
  /** Dropped when there is no connection. */
  notify<Body> (kind: Notification<Body>, body: Partial<Body>): void
}
