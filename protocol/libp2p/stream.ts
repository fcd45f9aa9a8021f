/**
 * A libp2p stream as a `ByteStream`.
 *
 * Owns: corking (the sends of one turn become one write), the bound on what a peer that does not read may hold,
 * and telling a clean end from a broken one. Only wraps: libp2p is imported for its types alone.
 */
import type { Connection, Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { joined } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { deviceIdOfKey, type DeviceId } from '../ids.ts'
import { limits } from '../limits.ts'
import type { ByteStream, ByteStreamEvents } from '../byte-stream.ts'

export interface StreamOptions {
  /**
   * When to write what this turn has queued. The platform's adapter chooses: `setImmediate` in Node gathers the
   * answers to everything that one poll of the sockets has brought; the default only the current microtasks.
   */
  defer?: (task: () => void) => void
  /** Bounds `close` when the far side reads no more. Without it `close` waits as long as the connection lives. */
  closeSignal?: () => AbortSignal
  /** Bytes that a peer may leave unread before the stream is aborted. */
  maxBufferedBytes?: number
}

/** What the adapter needs of a connection. */
export type PeerOf = Pick<Connection, 'remotePeer' | 'remoteAddr'>

/**
 * The far side's key as an id.
 * @throws ProtocolError NOT_AUTHENTICATED when it is not an Ed25519 key
 */
export function peerOf (connection: Pick<Connection, 'remotePeer'>): DeviceId {
  const peer = connection.remotePeer
  if (peer.type !== 'Ed25519') throw new ProtocolError('NOT_AUTHENTICATED', { what: 'the key is not Ed25519' })
  return deviceIdOfKey(peer.publicKey.raw)
}

/** The address without port and protocol, e.g. `192.0.2.7`. */
export function addressOf (connection: Pick<Connection, 'remoteAddr'>): string {
  return connection.remoteAddr.getComponents()[0]?.value ?? 'unknown'
}

/**
 * Abort a connection and all of its streams, if it is still there.
 *
 * Later, not now: called from a stream's 'close' event, an abort would run inside the one under way, and libp2p throws
 * when its muxer wants to say good-bye on a socket that is gone.
 */
export function abortConnection (connection: Connection, error: Error): void {
  queueMicrotask(() => {
    if (connection.status !== 'open' && connection.status !== 'closing') return
    try {
      connection.abort(error)
    } catch {
      // gone already
    }
  })
}

/** Close a connection, with force if it does not go by itself. */
export function closeConnection (connection: Connection): void {
  connection.close().catch((error: unknown) => { abortConnection(connection, error as Error) })
}

export class Libp2pByteStream implements ByteStream {
  readonly remotePeer: DeviceId
  readonly #stream: Stream
  readonly #connection: PeerOf
  readonly #defer: (task: () => void) => void
  readonly #closeSignal: (() => AbortSignal) | undefined
  readonly #maxBufferedBytes: number
  #events: ByteStreamEvents | undefined
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #isFlushing = false
  #hasRemoteEnded = false
  #isClosing = false
  /** Set once: how it ended. */
  #end: { error: Error | undefined } | undefined
  #isEndTold = false
  #waiters: Array<PromiseWithResolvers<void>> = []

  /** @throws ProtocolError NOT_AUTHENTICATED when the far side's key is not Ed25519 */
  constructor (stream: Stream, connection: PeerOf, options: StreamOptions = {}) {
    this.remotePeer = peerOf(connection)
    this.#stream = stream
    this.#connection = connection
    // Wrapped: browsers refuse their own functions as methods of another object ("Illegal invocation").
    this.#defer = options.defer ?? ((task) => { queueMicrotask(task) })
    this.#closeSignal = options.closeSignal
    this.#maxBufferedBytes = options.maxBufferedBytes ?? limits.outboundBufferBytes
    // libp2p keeps what arrives until somebody listens for 'message', but it does not repeat these.
    stream.addEventListener('close', this.#onStreamClose)
    stream.addEventListener('remoteCloseWrite', this.#onRemoteCloseWrite)
    stream.addEventListener('end', this.#onReadableEnd)
    stream.addEventListener('drain', this.#onDrain)
    if (stream.status !== 'open') this.#finish(gone())
    else if (stream.remoteWriteStatus === 'closed') {
      this.#hasRemoteEnded = true
      if (stream.readableEnded) this.#finish(undefined)
    }
  }

  get remoteAddress (): string { return addressOf(this.#connection) }

  get bufferedBytes (): number { return this.#queuedBytes + this.#stream.writeBufferLength }

  start (events: ByteStreamEvents): void {
    if (this.#events !== undefined) throw new ProtocolError('INTERNAL', { what: 'stream started twice' })
    this.#events = events
    this.#stream.addEventListener('message', this.#onMessage)
    // What waited is handed over in a microtask of libp2p's, queued before this one.
    queueMicrotask(() => { this.#tellEnd() })
  }

  pause (): void { if (this.#stream.readStatus === 'readable') this.#stream.pause() }
  resume (): void { if (this.#stream.readStatus === 'paused') this.#stream.resume() }

  send (bytes: Uint8Array): void {
    if (bytes.byteLength === 0 || this.#end !== undefined || this.#isClosing) return
    this.#queue.push(bytes)
    this.#queuedBytes += bytes.byteLength
    if (this.bufferedBytes > this.#maxBufferedBytes) {
      this.abort(new ProtocolError('OVERLOADED', { what: 'the peer does not read', max: this.#maxBufferedBytes }))
    } else {
      this.#scheduleFlush()
    }
  }

  drained (): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(this.#end.error ?? gone())
    if (this.#isLow()) return Promise.resolve()
    const waiter = Promise.withResolvers<void>()
    this.#waiters.push(waiter)
    return waiter.promise
  }

  async close (): Promise<void> {
    if (this.#isClosing || this.#end !== undefined) return
    this.#flush()
    this.#isClosing = true
    try {
      const signal = this.#closeSignal?.()
      while (this.#queuedBytes > 0) await this.#stream.onDrain({ signal }).then(() => { this.#flush() })
      await this.#stream.close({ signal })
      await this.#stream.closeRead({ signal })
      this.#finish(undefined)
    } catch (error) {
      this.abort(new ProtocolError('DISCONNECTED', { cause: error }))
    }
  }

  abort (error: Error): void {
    if (this.#end !== undefined) return
    this.#finish(error)
    this.#stream.abort(error)
  }

  #isLow (): boolean { return this.bufferedBytes <= this.#maxBufferedBytes / 8 }

  #scheduleFlush (): void {
    if (this.#isFlushing) return
    this.#isFlushing = true
    this.#defer(this.#onFlush)
  }

  readonly #onFlush = (): void => {
    this.#isFlushing = false
    this.#flush()
  }

  #flush (): void {
    if (this.#queuedBytes === 0 || this.#end !== undefined || this.#stream.writableNeedsDrain) return
    const bytes = this.#queue.length === 1 ? this.#queue[0]! : joined(this.#queue, this.#queuedBytes)
    this.#queue = []
    this.#queuedBytes = 0
    try {
      this.#stream.send(bytes)
    } catch (error) {
      // The stream closed between the queueing and now, or the transport below failed.
      this.abort(new ProtocolError('DISCONNECTED', { cause: error }))
    }
  }

  readonly #onDrain = (): void => {
    // libp2p moves its own remainder in a microtask that it has queued before this one.
    queueMicrotask(() => {
      this.#flush()
      if (this.#waiters.length === 0 || !this.#isLow()) return
      for (const waiter of this.#waiters.splice(0)) waiter.resolve()
    })
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    if (this.#isEndTold) return
    const { data } = event
    this.#events!.onData(plain(data instanceof Uint8Array ? data : data.subarray()))
  }

  readonly #onRemoteCloseWrite = (): void => { this.#hasRemoteEnded = true }

  /** No more data will come. Whether that is an error is known from 'remoteCloseWrite' or the 'close' that follows. */
  readonly #onReadableEnd = (): void => {
    if (this.#hasRemoteEnded && this.#stream.status === 'open') {
      this.#finish(undefined)
      // The far side is done; so are we. Its reader is gone or will see our end.
      this.#stream.close({ signal: this.#closeSignal?.() }).catch((error: unknown) => {
        this.#stream.abort(new ProtocolError('DISCONNECTED', { cause: error }))
      })
    } else if (this.#end !== undefined) {
      this.#tellEnd()
    }
  }

  readonly #onStreamClose = (event: StreamCloseEvent): void => {
    const isClean = event.error === undefined && (this.#hasRemoteEnded || this.#isClosing)
    this.#finish(isClean ? undefined : gone(event.error))
  }

  #finish (error: Error | undefined): void {
    if (this.#end !== undefined) return
    if (error === undefined && this.#queuedBytes > 0 && this.#stream.writeStatus === 'writable') this.#flush()
    this.#end = { error }
    this.#queue = []
    this.#queuedBytes = 0
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error ?? gone())
    this.#tellEnd()
  }

  /** `onClose` after the last chunk: not while libp2p still holds data that came before the end. */
  #tellEnd (): void {
    if (this.#isEndTold || this.#end === undefined || this.#events === undefined) return
    const isDataWaiting = this.#stream.readBufferLength > 0 && !this.#stream.readableEnded && this.#stream.status !== 'aborted'
    if (isDataWaiting && !this.#isClosing) return
    this.#isEndTold = true
    this.#stream.removeEventListener('message', this.#onMessage)
    this.#events.onClose(this.#end.error)
  }
}

/**
 * Noise on Node hands out Buffers, whose `slice` copies nothing: what somebody keeps of a frame with `slice()` would keep
 * the whole chunk alive.
 */
const plain = (bytes: Uint8Array): Uint8Array =>
  bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const gone = (cause?: unknown): ProtocolError => new ProtocolError('DISCONNECTED', { cause })
