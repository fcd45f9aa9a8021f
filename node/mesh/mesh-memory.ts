/**
 * A mesh in memory: relays of one process on a network with latency, loss of streams and cuts, from a seed and a clock.
 *
 * Owns: who reaches whom, and when bytes arrive. For tests and simulation; the same port as libp2p/mesh.ts.
 */
import { sameBytes } from '../../protocol/bytes.ts'
import type { ByteStream, ByteStreamEvents } from '../../protocol/byte-stream.ts'
import type { Clock, Random } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { DeviceId, RelayId } from '../../protocol/ids.ts'
import type { GossipVerdict, Mesh } from './mesh.ts'

export interface NetworkConditions {
  /** One way; 0: the next microtask. */
  latencyMs: number
  /** Added to it at random, up to. Bytes of one stream keep their order. */
  jitterMs: number
}

/**
 * silent: nothing arrives any more and nobody is told, as behind a broken route · reset: streams break at once.
 */
export type CutKind = 'silent' | 'reset'

export class MemoryNetwork {
  readonly clock: Clock
  readonly random: Random
  readonly conditions: NetworkConditions
  readonly #meshes = new Map<RelayId, MemoryMesh>()
  readonly #cuts = new Set<string>()
  readonly #streams = new Set<MemoryStream>()
  readonly #isNewer: (record: Uint8Array, than: Uint8Array) => boolean

  /** @param isNewer which of two records in the DHT counts; default: the later put */
  constructor (components: { clock: Clock, random: Random, isNewer?: (record: Uint8Array, than: Uint8Array) => boolean }, conditions: Partial<NetworkConditions> = {}) {
    this.clock = components.clock
    this.random = components.random
    this.#isNewer = components.isNewer ?? (() => true)
    this.conditions = { latencyMs: 0, jitterMs: 0, ...conditions }
  }

  /** A relay joins. One that was there before under this id is gone with its streams. */
  join (self: RelayId): MemoryMesh {
    this.leave(self)
    const mesh = new MemoryMesh(self, this)
    this.#meshes.set(self, mesh)
    return mesh
  }

  leave (self: RelayId): void {
    this.#meshes.get(self)?.shut()
    this.#meshes.delete(self)
    this.breakStreams((one) => one.self === self)
  }

  cut (a: RelayId, b: RelayId, kind: CutKind = 'reset'): void {
    this.#cuts.add(`${a} ${b}`).add(`${b} ${a}`)
    if (kind === 'reset') this.breakStreams((stream) => (stream.self === a && stream.remotePeer === b) || (stream.self === b && stream.remotePeer === a))
  }

  /** Streams that were cut silently have lost bytes: they break now, as TCP finds out. */
  heal (a: RelayId, b: RelayId): void {
    this.#cuts.delete(`${a} ${b}`)
    this.#cuts.delete(`${b} ${a}`)
    this.breakStreams((stream) => stream.hasLost)
  }

  /** Reset every stream between relays that `test` names. */
  breakStreams (test: (stream: { self: RelayId, remotePeer: RelayId, hasLost: boolean }) => boolean = () => true): void {
    for (const stream of [...this.#streams]) if (test(stream)) stream.abort(new ProtocolError('DISCONNECTED'))
  }

  isCut (a: RelayId, b: RelayId): boolean { return this.#cuts.has(`${a} ${b}`) }

  delayMs (): number { return this.conditions.latencyMs + (this.conditions.jitterMs === 0 ? 0 : this.random.fraction() * this.conditions.jitterMs) }

  meshOf (relay: RelayId): MemoryMesh | undefined { return this.#meshes.get(relay) }
  /** Others that `self` reaches now. */
  * reachableFrom (self: RelayId): Iterable<MemoryMesh> {
    for (const mesh of this.#meshes.values()) if (mesh.self !== self && mesh.isStarted && !this.isCut(self, mesh.self)) yield mesh
  }

  newest (records: Iterable<Uint8Array>): Uint8Array | undefined {
    let best: Uint8Array | undefined
    for (const record of records) if (best === undefined || this.#isNewer(record, best)) best = record
    return best
  }

  connect (from: RelayId, to: RelayId): [MemoryStream, MemoryStream] {
    const ends: [MemoryStream, MemoryStream] = [new MemoryStream(from, to, this), new MemoryStream(to, from, this)]
    ends[0].far = ends[1]
    ends[1].far = ends[0]
    for (const end of ends) this.#streams.add(end)
    return ends
  }

  forget (stream: MemoryStream): void { this.#streams.delete(stream) }
}

export class MemoryMesh implements Mesh {
  readonly self: RelayId
  isStarted = false
  readonly records = new Map<string, Uint8Array>()
  readonly #network: MemoryNetwork
  readonly #handlers = new Map<string, (stream: ByteStream) => void>()
  readonly #topics = new Map<string, Array<(message: Uint8Array) => GossipVerdict>>()

  constructor (self: RelayId, network: MemoryNetwork) {
    this.self = self
    this.#network = network
  }

  addresses (): string[] { return [`/memory/${this.self}/p2p/${this.self}`] }

  async dial (relay: RelayId, _addresses: readonly string[], protocol: string, { signal }: { signal: AbortSignal }): Promise<ByteStream> {
    if (!this.isStarted) throw new ProtocolError('HOME_UNREACHABLE', { what: 'this relay is gone' })
    // A SYN that nobody answers: the caller's patience decides.
    if (this.#network.isCut(this.self, relay)) {
      await new Promise<never>((_resolve, reject) => {
        if (signal.aborted) reject(signal.reason as Error)
        signal.addEventListener('abort', () => { reject(signal.reason as Error) }, { once: true })
      })
    }
    await this.#pause()
    const accept = this.#network.meshOf(relay)?.acceptorOf(protocol)
    if (accept === undefined || this.#network.isCut(this.self, relay)) throw new ProtocolError('HOME_UNREACHABLE')
    const [near, far] = this.#network.connect(this.self, relay)
    accept(far)
    return near
  }

  handle (protocol: string, accept: (stream: ByteStream) => void): void { this.#handlers.set(protocol, accept) }
  acceptorOf (protocol: string): ((stream: ByteStream) => void) | undefined { return this.isStarted ? this.#handlers.get(protocol) : undefined }

  async publish (topic: string, message: Uint8Array): Promise<void> {
    for (const mesh of this.#network.reachableFrom(this.self)) {
      const { clock } = this.#network
      clock.after(this.#network.delayMs(), () => { mesh.hear(topic, message.slice()) })
    }
  }

  subscribe (topic: string, onMessage: (message: Uint8Array) => GossipVerdict): void {
    this.#topics.set(topic, [...this.#topics.get(topic) ?? [], onMessage])
  }

  unsubscribe (topic: string): void { this.#topics.delete(topic) }

  hear (topic: string, message: Uint8Array): void {
    if (this.isStarted) for (const listener of this.#topics.get(topic) ?? []) listener(message)
  }

  async putRecord (key: string, record: Uint8Array, { signal }: { signal: AbortSignal }): Promise<void> {
    signal.throwIfAborted()
    await this.#pause()
    let taken = 0
    for (const mesh of [this, ...this.#network.reachableFrom(this.self)]) {
      const isTaken = mesh.keep(key, record)
      if (mesh !== this && isTaken) taken++
    }
    if (taken === 0) throw new ProtocolError('HOME_UNREACHABLE', { what: 'no peer took the record' })
  }

  /** As a DHT server: @returns false when it knows a newer one */
  keep (key: string, record: Uint8Array): boolean {
    const known = this.records.get(key)
    const newest = this.#network.newest(known === undefined ? [record] : [known, record])!
    this.records.set(key, newest)
    return newest === record || sameBytes(newest, record)
  }

  async getRecord (key: string, { signal }: { signal: AbortSignal }): Promise<Uint8Array | undefined> {
    signal.throwIfAborted()
    await this.#pause()
    const found: Uint8Array[] = []
    for (const mesh of [this, ...this.#network.reachableFrom(this.self)]) {
      const record = mesh.records.get(key)
      if (record !== undefined) found.push(record)
    }
    return this.#network.newest(found)
  }

  async start (): Promise<void> { this.isStarted = true }
  async stop (): Promise<void> { this.#network.leave(this.self) }
  shut (): void { this.isStarted = false }

  async #pause (): Promise<void> {
    const delayMs = this.#network.delayMs() * 2
    if (delayMs > 0) await new Promise<void>((resolve) => { this.#network.clock.after(delayMs, resolve) })
  }
}

/** One end of a stream: bytes arrive later, in order, unless the way is cut meanwhile. */
class MemoryStream implements ByteStream {
  readonly self: RelayId
  readonly remotePeer: DeviceId & RelayId
  readonly remoteAddress = '127.0.0.1'
  far!: MemoryStream
  /** Bytes were swallowed by a silent cut: this stream can never be right again. */
  hasLost = false
  readonly #network: MemoryNetwork
  #events: ByteStreamEvents | undefined
  #early: Uint8Array[] = []
  #queue: Uint8Array[] = []
  #isScheduled = false
  #arrivesAtMs = 0
  #ended: { error?: Error } | undefined

  constructor (self: RelayId, remote: RelayId, network: MemoryNetwork) {
    this.self = self
    this.remotePeer = remote as string as DeviceId & RelayId
    this.#network = network
  }

  get bufferedBytes (): number { return this.#queue.reduce((sum, chunk) => sum + chunk.byteLength, 0) }

  start (events: ByteStreamEvents): void {
    this.#events = events
    for (const chunk of this.#early.splice(0)) events.onData(chunk)
    if (this.#ended !== undefined) events.onClose(this.#ended.error)
  }

  send (bytes: Uint8Array): void {
    if (this.#ended !== undefined) return
    this.#queue.push(bytes)
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => { this.#flush() })
  }

  #flush (): void {
    this.#isScheduled = false
    if (this.#ended !== undefined) return
    const chunks = this.#queue.splice(0).map((chunk) => chunk.slice())
    this.#carry(() => { for (const chunk of chunks) this.far.receive(chunk) })
  }

  /** Run `arrive` at the far side after the way there; never before what was sent earlier. */
  #carry (arrive: () => void): void {
    if (this.#network.isCut(this.self, this.remotePeer)) {
      this.hasLost = this.far.hasLost = true
      return
    }
    const { clock } = this.#network
    this.#arrivesAtMs = Math.max(this.#arrivesAtMs, clock.nowMs() + this.#network.delayMs())
    const delayMs = this.#arrivesAtMs - clock.nowMs()
    if (delayMs <= 0) arrive()
    else {
      clock.after(delayMs, () => {
        if (this.#network.isCut(this.self, this.remotePeer)) this.hasLost = this.far.hasLost = true
        else if (!this.hasLost) arrive()
      })
    }
  }

  receive (chunk: Uint8Array): void {
    if (this.#ended !== undefined) return
    if (this.#events === undefined) this.#early.push(chunk)
    else this.#events.onData(chunk)
  }

  end (error?: Error): void {
    if (this.#ended !== undefined) return
    this.#ended = error === undefined ? {} : { error }
    this.#queue = []
    this.#network.forget(this)
    this.#events?.onClose(error)
  }

  async drained (): Promise<void> { if (this.#ended?.error !== undefined) throw this.#ended.error }

  async close (): Promise<void> {
    if (this.#ended !== undefined) return
    this.#flush()
    const { far } = this
    this.#carry(() => { far.end() })
    this.end()
  }

  abort (error: Error): void {
    if (this.#ended !== undefined) return
    this.end(error)
    this.far.end(new ProtocolError('DISCONNECTED'))
  }
}
