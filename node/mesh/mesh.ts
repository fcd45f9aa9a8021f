/**
 * The port through which a relay reaches other relays and is reached. libp2p is one adapter (`libp2p/mesh.ts`),
 * a mesh in memory another (`mesh-memory.ts`, for tests and simulation).
 */
import type { ByteStream } from '../../protocol/byte-stream.ts'
import type { RelayId } from '../../protocol/ids.ts'

/** What a gossip validator answers: forward and keep, drop and punish the sender, or drop quietly. */
export type GossipVerdict = 'accept' | 'reject' | 'ignore'

export interface Mesh {
  readonly self: RelayId
  /** Multiaddrs (with the PeerId) under which this relay can be reached now. */
  addresses (): string[]

  /**
   * Open a stream to another relay for `protocol` (see protocol/protocols.ts).
   * @throws ProtocolError HOME_UNREACHABLE or TIMEOUT
   */
  dial (relay: RelayId, addresses: readonly string[], protocol: string, options: { signal: AbortSignal }): Promise<ByteStream>
  /** Streams that others open. `accept` must call `stream.start` before it returns. */
  handle (protocol: string, accept: (stream: ByteStream) => void): void

  /** Best effort: never relied on for correctness. */
  publish (topic: string, message: Uint8Array): Promise<void>
  subscribe (topic: string, onMessage: (message: Uint8Array) => GossipVerdict): void
  /** Nobody here listens to this topic any more. */
  unsubscribe (topic: string): void

  /** Signed home records in the DHT; `key` is `/heliograph/<account id>`. Rejects when no peer took it. */
  putRecord (key: string, record: Uint8Array, options: { signal: AbortSignal }): Promise<void>
  /** The newest record found, or undefined. */
  getRecord (key: string, options: { signal: AbortSignal }): Promise<Uint8Array | undefined>

  start (): Promise<void>
  stop (): Promise<void>
}
