/**
 * Sockets that hold a place and give nothing for it, for the scenario `slow`: silent, half through a handshake, connected
 * with streams that never speak, or with frames that come a byte a second.
 */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { createNodeDialer } from '../../client/libp2p/libp2p-node.ts'
import { fastNoise } from '../../node/libp2p/fast-noise.ts'
import type { ByteStream } from '../../protocol/byte-stream.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'

export interface SlowTarget { readonly relay: RelayId, readonly address: string }

/** What a socket has said before it stops. */
const starts = {
  silent: () => Buffer.alloc(0),
  negotiating: () => Buffer.from('\x13/multistream/1.0.0\n'),
  /** Up to Noise's first message, which the relay answers with a signature. */
  'half-open': () => Buffer.concat([Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n'), Buffer.of(0, 32), randomBytes(32)]),
  /** Half a request line, of a scrape or of a WebSocket. */
  http: () => Buffer.from('GET / HT')
}
/** Before somebody who was ended comes again. */
const againMs = 100

export type SlowStart = keyof typeof starts

export class SlowSockets {
  readonly #sockets = new Set<Socket>()
  #opened = 0
  /** Whoever is ended comes back at once. */
  #isPersistent = true
  readonly #streams: Array<{ stream: ByteStream, isClosed: boolean }> = []
  #trickle: NodeJS.Timeout | undefined

  /** Of sockets and streams that were opened, those that the other side has not ended yet. */
  get open (): number { return this.#sockets.size + this.#streams.filter(({ isClosed }) => !isClosed).length }
  get opened (): number { return this.#opened + this.#streams.length }

  async openSockets (port: number, count: number, kind: SlowStart): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#openOne(port, kind)))
  }

  async #openOne (port: number, kind: SlowStart): Promise<void> {
    const socket = connect(port, '127.0.0.1').on('error', () => { /* ended by the relay */ })
    this.#opened++
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      if (this.#isPersistent) setTimeout(() => { if (this.#isPersistent) void this.#openOne(port, kind) }, againMs)
    })
    await new Promise<void>((resolve) => { socket.once('connect', resolve).once('close', () => { resolve() }) })
    if (!socket.destroyed) socket.write(starts[kind]())
  }

  /** Nobody comes back any more. */
  giveUp (): void { this.#isPersistent = false }

  /** Connections of strangers with `streams` streams each that are negotiated and then say nothing, or a frame a byte a second. */
  async openStreams (target: SlowTarget, protocol: string, { connections, streams, trickles }: { connections: number, streams: number, trickles: boolean }): Promise<void> {
    await Promise.all(Array.from({ length: connections }, async () => {
      const dialer = createNodeDialer({ seed: nodePrimitives.randomBytes(32), encrypter: fastNoise() })
      for (let i = 0; i < streams; i++) {
        let stream: ByteStream
        try {
          stream = await dialer.dial({ addresses: [target.address], expect: target.relay }, protocol, { signal: AbortSignal.timeout(30_000) })
        } catch {
          return // refused: the relay has had enough of these
        }
        const slow = { stream, isClosed: false }
        stream.start({ onData: () => {}, onClose: () => { slow.isClosed = true } })
        // A frame of 16 KB begins.
        if (trickles) stream.send(Uint8Array.of(0, 0, 64, 0, 1, 10))
        this.#streams.push(slow)
      }
    }))
    if (trickles) this.#trickle ??= setInterval(() => { for (const { stream, isClosed } of this.#streams) if (!isClosed) stream.send(Uint8Array.of(0)) }, 1_000)
  }

  /** Every socket that only said how it begins says a byte a second from now on. */
  trickle (): void {
    const timer = setInterval(() => {
      for (const socket of this.#sockets) if (socket.writable && !socket.connecting) socket.write('x')
      if (this.open === 0) clearInterval(timer)
    }, 1_000)
    timer.unref()
  }

  close (): void {
    this.giveUp()
    clearInterval(this.#trickle)
    for (const socket of this.#sockets) socket.destroy()
    for (const { stream, isClosed } of this.#streams) if (!isClosed) stream.abort(new ProtocolError('CANCELLED'))
  }
}
