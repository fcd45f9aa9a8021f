/**
 * Notices connections that are of no use: dead without a word, replaced by a newer one, or without any stream.
 *
 * A cut between regions leaves sockets that look open for minutes; libp2p would go on opening streams on them.
 */
import type { Connection, Libp2p } from '@libp2p/interface'
import type { Clock, Timer } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { abortConnection, closeConnection } from '../../protocol/libp2p/stream.ts'
import { limits } from '../../protocol/limits.ts'
import { protocols } from '../../protocol/protocols.ts'

const pingProtocol = '/ipfs/ping/1.0.0'
/** Twelve times the worst round trip: who is there answers a negotiation by then. */
const defaultProbeTimeoutMs = 3_000

export class ConnectionCare {
  readonly #libp2p: Libp2p
  readonly #clock: Clock
  readonly #onRound: () => void
  readonly #probeTimeoutMs: number
  #timer: Timer | undefined

  /** @param components.onRound called with every round, about twice a minute */
  constructor ({ libp2p, clock, onRound }: { libp2p: Libp2p, clock: Clock, onRound: () => void }, { probeTimeoutMs = defaultProbeTimeoutMs } = {}) {
    this.#libp2p = libp2p
    this.#clock = clock
    this.#onRound = onRound
    this.#probeTimeoutMs = probeTimeoutMs
  }

  start (): void {
    this.#libp2p.addEventListener('connection:open', this.#onOpen)
    this.#nextRound()
  }

  stop (): void {
    this.#libp2p.removeEventListener('connection:open', this.#onOpen)
    this.#timer?.cancel()
  }

  /** Call for every stream of ours: what its end says about the connection below. */
  watch (connection: Connection, stream: { protocol: string, addEventListener: Connection['addEventListener'] }): void {
    stream.addEventListener('close', ({ local, error }) => {
      if (local !== true || error === undefined) return
      // Ended by us: a device that we turn away goes as a whole. A relay's connection carries more; it goes when it is dead.
      if (stream.protocol !== protocols.relay || isProtocolError(error, 'TIMEOUT')) abortConnection(connection, error)
    })
  }

  #nextRound (): void {
    this.#timer = this.#clock.after(limits.heartbeatMs, () => {
      this.#onRound()
      const unusedSinceMs = this.#clock.nowMs() - limits.heartbeatMs
      for (const connection of this.#libp2p.getConnections()) {
        // What we opened leads to a relay: a round trip keeps it alive over a quiet time.
        if (connection.direction === 'outbound') void probe(connection, limits.requestTimeoutMs)
        else if (connection.streams.length === 0 && connection.timeline.open < unusedSinceMs) closeConnection(connection)
      }
      this.#nextRound()
    })
  }

  /** Somebody who connects again may have lost the older connection without our knowing. */
  readonly #onOpen = ({ detail }: CustomEvent<Connection>): void => {
    for (const older of this.#libp2p.getConnections(detail.remotePeer)) {
      if (older !== detail) void probe(older, this.#probeTimeoutMs)
    }
  }
}

/** Negotiates a stream and lets it go; aborts a connection that does not answer. */
async function probe (connection: Connection, timeoutMs: number): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const stream = await connection.newStream(pingProtocol, { signal })
    await stream.close({ signal })
  } catch (error) {
    if (signal.aborted) abortConnection(connection, new ProtocolError('TIMEOUT', { what: 'probe', cause: error }))
    // else: it speaks no ping, so it is alive, or it has closed already
  }
}
