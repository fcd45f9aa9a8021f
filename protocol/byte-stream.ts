/**
 * An authenticated duplex stream: what a connection is to everything above it.
 *
 * libp2p streams are one adapter, a pair in memory another; a leaner transport may be a third.
 */
import type { DeviceId, RelayId } from './ids.ts'

export interface ByteStreamEvents {
  /** Bytes in order; boundaries mean nothing. The chunk belongs to the receiver. */
  onData (chunk: Uint8Array): void
  /** After the last chunk, exactly once. `error` when the stream broke, absent when the far side closed it. */
  onClose (error?: Error): void
}

export interface ByteStream {
  /** The far side's Ed25519 key as its PeerId, proved by the transport's handshake. */
  readonly remotePeer: DeviceId | RelayId
  /** Where it comes from, for limits per address; never logged in full. E.g. `192.0.2.7`. */
  readonly remoteAddress: string
  /** Bytes accepted by `send` and not yet taken by the network. */
  readonly bufferedBytes: number
  /** Start receiving. Called once; nothing is lost before it. */
  start (events: ByteStreamEvents): void
  /** Nothing is received until `resume`, and the far side is slowed down as far as the transport can. Absent: it cannot. After `start`. */
  pause? (): void
  resume? (): void
  /** Queue bytes; never throws, never blocks. `bytes` belongs to the stream from now on. */
  send (bytes: Uint8Array): void
  /** Resolves when `bufferedBytes` is low again, rejects when the stream is gone. */
  drained (): Promise<void>
  /** Send what is queued, then close both directions. */
  close (): Promise<void>
  /** Close at once, dropping what is queued. */
  abort (error: Error): void
}

/** Ways of reaching a relay by its addresses. */
export interface Dialer {
  /**
   * Open a stream to one of `addresses` (multiaddrs as text, the relay's PeerId in each or in `expect`).
   * @throws ProtocolError HOME_UNREACHABLE or TIMEOUT when none answers
   */
  dial (target: { addresses: readonly string[], expect?: RelayId }, protocol: string, options: { signal: AbortSignal }): Promise<ByteStream>
}
