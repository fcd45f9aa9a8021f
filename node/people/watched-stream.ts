/**
 * A ByteStream that remembers when it last brought something: how a relay notices that a device is gone without a word.
 */
import type { ByteStream, ByteStreamEvents } from '../../protocol/byte-stream.ts'
import type { Clock } from '../../protocol/clock.ts'

export class WatchedStream implements ByteStream {
  readonly #stream: ByteStream
  readonly #clock: Clock
  #heardAtMs: number

  constructor (stream: ByteStream, clock: Clock) {
    this.#stream = stream
    this.#clock = clock
    this.#heardAtMs = clock.nowMs()
  }

  get heardAtMs (): number { return this.#heardAtMs }
  get remotePeer (): ByteStream['remotePeer'] { return this.#stream.remotePeer }
  get remoteAddress (): string { return this.#stream.remoteAddress }
  get bufferedBytes (): number { return this.#stream.bufferedBytes }

  start (events: ByteStreamEvents): void {
    this.#stream.start({
      onData: (chunk) => {
        this.#heardAtMs = this.#clock.nowMs()
        events.onData(chunk)
      },
      onClose: (error) => { events.onClose(error) }
    })
  }

  pause (): void { this.#stream.pause?.() }
  resume (): void { this.#stream.resume?.() }
  send (bytes: Uint8Array): void { this.#stream.send(bytes) }
  drained (): Promise<void> { return this.#stream.drained() }
  close (): Promise<void> { return this.#stream.close() }
  abort (error: Error): void { this.#stream.abort(error) }
}
