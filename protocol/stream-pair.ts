/**
 * Two ByteStreams that are each other's far side, in memory: for tests and simulation.
 * Bytes arrive in a later microtask, in order; `cut` drops what is under way, as a broken network does.
 */
import type { ByteStream, ByteStreamEvents } from './byte-stream.ts'
import type { DeviceId, RelayId } from './ids.ts'

class PairedStream implements ByteStream {
  readonly remotePeer: DeviceId | RelayId
  readonly remoteAddress = '127.0.0.1'
  far!: PairedStream
  #events: ByteStreamEvents | undefined
  #early: Uint8Array[] = []
  #ended: { error?: Error } | undefined
  #sending: Uint8Array[] = []
  #isScheduled = false

  constructor (remotePeer: DeviceId | RelayId) { this.remotePeer = remotePeer }

  get bufferedBytes (): number { return this.#sending.reduce((sum, chunk) => sum + chunk.byteLength, 0) }

  start (events: ByteStreamEvents): void {
    this.#events = events
    for (const chunk of this.#early.splice(0)) events.onData(chunk)
    if (this.#ended !== undefined) events.onClose(this.#ended.error)
  }

  send (bytes: Uint8Array): void {
    if (this.#ended !== undefined) return
    this.#sending.push(bytes)
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => { this.#flush() })
  }

  #flush (): void {
    this.#isScheduled = false
    for (const chunk of this.#sending.splice(0)) this.far.receive(chunk)
  }

  receive (chunk: Uint8Array): void {
    if (this.#ended !== undefined) return
    if (this.#events === undefined) this.#early.push(chunk.slice())
    else this.#events.onData(chunk.slice())
  }

  end (error?: Error): void {
    if (this.#ended !== undefined) return
    this.#ended = error === undefined ? {} : { error }
    this.#events?.onClose(error)
  }

  async drained (): Promise<void> { if (this.#ended?.error !== undefined) throw this.#ended.error }

  async close (): Promise<void> {
    this.#flush()
    this.end()
    this.far.end()
  }

  abort (error: Error): void {
    this.#sending = []
    this.end(error)
    this.far.end(new Error('stream reset'))
  }
}

/** @returns the two ends: `[a's end, b's end]` */
export function streamPair (a: DeviceId | RelayId, b: DeviceId | RelayId): [ByteStream, ByteStream] {
  const [endA, endB] = [new PairedStream(b), new PairedStream(a)]
  endA.far = endB
  endB.far = endA
  return [endA, endB]
}
