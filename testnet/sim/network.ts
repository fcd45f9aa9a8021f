/**
 * The network of a simulation: streams between relays and from devices to relays, gossip, and the DHT. All of it late,
 * and some of it never, as a seed says.
 *
 * Streams keep order, as TCP does, but stall, break and lose what was under way; a cut may swallow bytes, hold them until
 * it heals, or break what crosses it, in one direction or both. Gossip is lost, doubled and reordered. The DHT keeps a
 * record at the nodes nearest to its key, as far as they can be reached.
 */
import { createHash } from 'node:crypto'
import type { ByteStream, ByteStreamEvents, Dialer } from '../../protocol/byte-stream.ts'
import { sameBytes } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { SeededRandom } from '../../protocol/clock-manual.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { DeviceId, RelayId } from '../../protocol/ids.ts'
import type { GossipVerdict, Mesh } from '../../node/mesh/mesh.ts'
import type { SimTime } from './time.ts'
import type { Trace } from './trace.ts'

export interface NetworkShape {
  /** One way, between any two machines: from this … */
  readonly latencyMs: number
  /** … to that, drawn once for each two. */
  readonly latencyMaxMs: number
  /** Added to each delivery, up to. */
  readonly jitterMs: number
  /** Chances for one gossip message at one relay. */
  readonly gossipLoss: number
  readonly gossipTwice: number
}

/** hold: bytes wait and arrive after healing · lose: they are gone, the stream breaks when it heals · reset: streams break at once. */
export type CutKind = 'hold' | 'lose' | 'reset'

/** A machine on the network: a relay's or a device's. */
export interface Host {
  /** Small and stable: what the trace says. */
  readonly index: number
  readonly name: string
  readonly kind: 'relay' | 'device'
  /** The peer id of whoever runs there. */
  readonly id: string
  /** false: no answer at all, as without power. */
  isPowered: boolean
  /** To those with a higher index, as far as drawn. */
  readonly latencies: Map<number, number>
  /** What ends here. */
  readonly streams: Set<SimStream>
}

/** Silence after which a connection is given up below us: node/libp2p/connection-care.ts looks about twice a minute. */
const keepAliveMs = 45_000
/** Copies of a DHT record, as kad-dht's k. */
const dhtCopies = 20

export class SimNetwork {
  readonly time: SimTime
  readonly trace: Trace
  readonly random: SeededRandom
  readonly shape: NetworkShape
  readonly #hosts = new Map<string, Host>()
  readonly #relays: Array<{ readonly host: Host, readonly digest: number }> = []
  readonly #meshes = new Map<RelayId, SimMesh>()
  readonly #cuts = new Map<string, CutKind>()
  readonly #streams = new Set<SimStream>()
  readonly #isNewer: (record: Uint8Array, than: Uint8Array) => boolean
  readonly #nearest = new Map<string, Host[]>()
  /** Changes what a lying relay sends. */
  tamper: (from: Host, to: Host, chunk: Uint8Array) => Uint8Array = (_from, _to, chunk) => chunk
  /** Looks at all bytes that cross. */
  onBytes: (bytes: Uint8Array, where: string) => void = () => {}
  readonly counts = { chunks: 0, bytes: 0, gossip: 0, gossipLost: 0, gossipTwice: 0, streamsBroken: 0 }

  constructor (parts: { time: SimTime, trace: Trace, random: SeededRandom, isNewer: (record: Uint8Array, than: Uint8Array) => boolean }, shape: NetworkShape) {
    this.time = parts.time
    this.trace = parts.trace
    this.random = parts.random
    this.#isNewer = parts.isNewer
    this.shape = shape
  }

  host (kind: Host['kind'], name: string, id: string): Host {
    const host: Host = { index: this.#hosts.size, kind, name, id, isPowered: true, latencies: new Map(), streams: new Set() }
    this.#hosts.set(id, host)
    if (kind === 'relay') {
      this.#relays.push({ host, digest: digest(id) })
      this.#nearest.clear()
    }
    return host
  }

  hostOf (id: string): Host { return this.#hosts.get(id)! }

  join (host: Host, clock: Clock): SimMesh {
    const mesh = new SimMesh(host, this, clock)
    this.#meshes.set(mesh.self, mesh)
    return mesh
  }

  leave (relay: RelayId): void { this.#meshes.delete(relay) }
  meshOf (relay: RelayId): SimMesh | undefined { return this.#meshes.get(relay) }
  get meshes (): Iterable<SimMesh> { return this.#meshes.values() }

  dialerOf (host: Host): Dialer {
    return {
      dial: async ({ addresses, expect }, protocol, { signal }) => {
        for (const address of addresses) {
          const relay = address.slice(address.lastIndexOf('/p2p/') + 5) as RelayId
          if (expect !== undefined && expect !== relay) continue
          return await this.open(host, relay, protocol, signal)
        }
        throw new ProtocolError('HOME_UNREACHABLE', { what: 'no address' })
      }
    }
  }

  /** A handshake: one round trip, and an answer or none. @throws ProtocolError HOME_UNREACHABLE; the signal's reason */
  async open (from: Host, relay: RelayId, protocol: string, signal: AbortSignal): Promise<ByteStream> {
    const to = this.#hosts.get(relay)
    if (to === undefined) throw new ProtocolError('HOME_UNREACHABLE', { what: 'nobody has this address' })
    signal.throwIfAborted()
    // A SYN that nobody answers: the caller's patience decides.
    if (this.#isSilent(from, to)) await never(signal)
    await this.#pause(this.delayMs(from, to) + this.delayMs(to, from), signal)
    if (this.#isSilent(from, to)) await never(signal)
    const accept = this.#meshes.get(relay)?.acceptorOf(protocol)
    if (accept === undefined || !from.isPowered) throw new ProtocolError('HOME_UNREACHABLE')
    const [near, far] = [new SimStream(from, to, this), new SimStream(to, from, this)]
    near.far = far
    far.far = near
    this.#streams.add(near).add(far)
    from.streams.add(near)
    to.streams.add(far)
    accept(far)
    return near
  }

  cut (from: Host, to: Host, kind: CutKind): void {
    this.#cuts.set(pair(from, to), kind)
    if (kind === 'reset') this.breakStreams((stream) => stream.isBetween(from, to))
  }

  healAll (): void { for (const key of [...this.#cuts.keys()]) this.#heal(key) }
  heal (from: Host, to: Host): void { this.#heal(pair(from, to)) }

  #heal (key: string): void {
    if (!this.#cuts.delete(key)) return
    for (const stream of [...this.#streams]) {
      if (pair(stream.host, stream.to) !== key) continue
      if (stream.hasLost) stream.break()
      else stream.release()
    }
  }

  cutOf (from: Host, to: Host): CutKind | undefined { return this.#cuts.size === 0 ? undefined : this.#cuts.get(pair(from, to)) }

  /** Both ends are reset, what is under way is lost. */
  breakStreams (test: (stream: SimStream) => boolean): void { for (const stream of [...this.#streams]) if (test(stream)) stream.break() }

  /** The process is gone; its kernel says so, unless the power went with it. */
  leaveStreams (host: Host): void {
    for (const stream of [...host.streams]) stream.die()
  }

  forget (stream: SimStream): void {
    this.#streams.delete(stream)
    stream.host.streams.delete(stream)
  }

  delayMs (from: Host, to: Host): number {
    const [older, newer] = from.index < to.index ? [from, to] : [to, from]
    let base = older.latencies.get(newer.index)
    if (base === undefined) {
      const { latencyMs, latencyMaxMs } = this.shape
      base = latencyMs + Math.floor(this.random.fraction() * (latencyMaxMs - latencyMs))
      older.latencies.set(newer.index, base)
    }
    return base + this.random.fraction() * this.shape.jitterMs
  }

  #isSilent (from: Host, to: Host): boolean { return !to.isPowered || (this.#cuts.size > 0 && (this.#cuts.has(pair(from, to)) || this.#cuts.has(pair(to, from)))) }
  reaches (from: Host, to: Host): boolean { return to.isPowered && (this.#cuts.size === 0 || !this.#cuts.has(pair(from, to))) }
  reachesBothWays (from: Host, to: Host): boolean { return from === to || !this.#isSilent(from, to) }

  async #pause (delayMs: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => { timer.cancel(); reject(signal.reason as Error) }
      const timer = this.time.after(delayMs, () => { signal.removeEventListener('abort', onAbort); resolve() })
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  async askAround (delayMs: number, signal: AbortSignal): Promise<void> { await this.#pause(delayMs, signal) }

  /** Relays whose ids are nearest to the key. */
  * keepersOf (key: string): Iterable<SimMesh> {
    let near = this.#nearest.get(key)
    if (near === undefined) {
      near = nearest(this.#relays, digest(key))
      // Bounded by what a run has of accounts.
      this.#nearest.set(key, near)
    }
    for (const host of near) {
      const mesh = this.#meshes.get(host.id as RelayId)
      if (mesh?.isStarted === true) yield mesh
    }
  }

  newest (records: Iterable<Uint8Array>): Uint8Array | undefined {
    let best: Uint8Array | undefined
    for (const record of records) if (best === undefined || (record !== best && !sameBytes(record, best) && this.#isNewer(record, best))) best = record
    return best
  }
}

const pair = (from: Host, to: Host): string => `${from.index}>${to.index}`
const digest = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE()

/** Those whose digests are nearest by XOR, as in Kademlia; found in one pass. */
function nearest (relays: ReadonlyArray<{ readonly host: Host, readonly digest: number }>, goal: number): Host[] {
  const best: Array<{ readonly host: Host, readonly distance: number }> = []
  for (const relay of relays) {
    const distance = (relay.digest ^ goal) >>> 0
    if (best.length === dhtCopies && distance >= best.at(-1)!.distance) continue
    let at = best.length
    while (at > 0 && best[at - 1]!.distance > distance) at--
    best.splice(at, 0, { host: relay.host, distance })
    if (best.length > dhtCopies) best.pop()
  }
  return best.map(({ host }) => host)
}

async function never (signal: AbortSignal): Promise<never> {
  return await new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error)
    signal.addEventListener('abort', () => { reject(signal.reason as Error) }, { once: true })
  })
}

/** One relay's view of the network, as long as its process lives. */
export class SimMesh implements Mesh {
  readonly self: RelayId
  readonly host: Host
  isStarted = false
  readonly records = new Map<string, Uint8Array>()
  readonly #network: SimNetwork
  readonly #clock: Clock
  readonly #handlers = new Map<string, (stream: ByteStream) => void>()
  readonly #topics = new Map<string, Array<(message: Uint8Array) => GossipVerdict>>()

  constructor (host: Host, network: SimNetwork, clock: Clock) {
    this.self = host.id as RelayId
    this.host = host
    this.#network = network
    this.#clock = clock
  }

  addresses (): string[] { return [`/memory/${this.host.name}/p2p/${this.self}`] }

  async dial (relay: RelayId, _addresses: readonly string[], protocol: string, { signal }: { signal: AbortSignal }): Promise<ByteStream> {
    if (!this.isStarted) throw new ProtocolError('HOME_UNREACHABLE', { what: 'this relay is gone' })
    return await this.#network.open(this.host, relay, protocol, signal)
  }

  handle (protocol: string, accept: (stream: ByteStream) => void): void { this.#handlers.set(protocol, accept) }
  acceptorOf (protocol: string): ((stream: ByteStream) => void) | undefined { return this.isStarted ? this.#handlers.get(protocol) : undefined }

  async publish (topic: string, message: Uint8Array): Promise<void> {
    if (!this.isStarted) return
    const network = this.#network
    network.onBytes(message, topic)
    // By the millisecond in which they hear it: a thousand relays are not a thousand timers.
    const arrivals = new Map<number, SimMesh[]>()
    const hear = (mesh: SimMesh): void => {
      const delayMs = Math.round(network.delayMs(this.host, mesh.host))
      const together = arrivals.get(delayMs)
      if (together === undefined) arrivals.set(delayMs, [mesh])
      else together.push(mesh)
    }
    for (const mesh of network.meshes) {
      if (mesh === this || !network.reaches(this.host, mesh.host)) continue
      network.counts.gossip++
      if (network.random.fraction() < network.shape.gossipLoss) { network.counts.gossipLost++; continue }
      hear(mesh)
      if (network.random.fraction() < network.shape.gossipTwice) { network.counts.gossipTwice++; hear(mesh) }
    }
    for (const [delayMs, meshes] of arrivals) network.time.after(delayMs, () => { for (const mesh of meshes) mesh.hear(topic, message, this.host) })
  }

  subscribe (topic: string, onMessage: (message: Uint8Array) => GossipVerdict): void {
    this.#topics.set(topic, [...this.#topics.get(topic) ?? [], onMessage])
  }

  unsubscribe (topic: string): void { this.#topics.delete(topic) }

  hear (topic: string, message: Uint8Array, from: Host): void {
    const listeners = this.#topics.get(topic)
    if (!this.isStarted || listeners === undefined || !this.#network.reaches(from, this.host)) return
    this.#network.trace.mix(from.index * 65_537 + this.host.index)
    for (const listener of listeners) listener(message)
  }

  async putRecord (key: string, record: Uint8Array, { signal }: { signal: AbortSignal }): Promise<void> {
    signal.throwIfAborted()
    await this.#pause(signal)
    this.#network.onBytes(record, 'DHT')
    this.keep(key, record)
    let taken = 0
    for (const mesh of this.#network.keepersOf(key)) {
      if (mesh === this || !this.#network.reachesBothWays(this.host, mesh.host)) continue
      mesh.keep(key, record)
      taken++
    }
    if (taken === 0) throw new ProtocolError('HOME_UNREACHABLE', { what: 'no peer took the record' })
  }

  keep (key: string, record: Uint8Array): void {
    const known = this.records.get(key)
    this.records.set(key, this.#network.newest(known === undefined ? [record] : [known, record])!)
  }

  async getRecord (key: string, { signal }: { signal: AbortSignal }): Promise<Uint8Array | undefined> {
    signal.throwIfAborted()
    await this.#pause(signal)
    const found: Uint8Array[] = []
    const own = this.records.get(key)
    if (own !== undefined) found.push(own)
    for (const mesh of this.#network.keepersOf(key)) {
      const record = mesh === this || !this.#network.reachesBothWays(this.host, mesh.host) ? undefined : mesh.records.get(key)
      if (record !== undefined) found.push(record)
    }
    return this.#network.newest(found)
  }

  async start (): Promise<void> { this.isStarted = true }
  async stop (): Promise<void> { this.shut() }

  shut (): void {
    if (!this.isStarted) return
    this.isStarted = false
    this.#network.leave(this.self)
    this.#network.leaveStreams(this.host)
  }

  /** Some hops of a walk. */
  async #pause (signal: AbortSignal): Promise<void> {
    const { shape, random } = this.#network
    await new Promise<void>((resolve) => { this.#clock.after(2 * (shape.latencyMs + random.fraction() * (shape.latencyMaxMs - shape.latencyMs)), resolve) })
    signal.throwIfAborted()
  }
}

/** One end of a stream. */
export class SimStream implements ByteStream {
  readonly host: Host
  readonly to: Host
  readonly remotePeer: DeviceId & RelayId
  readonly remoteAddress: string
  far!: SimStream
  /** Bytes were swallowed on the way from here: this stream can never be right again. */
  hasLost = false
  /** Nobody is there any more on this side, and nobody was told. */
  isDead = false
  readonly #network: SimNetwork
  #events: ByteStreamEvents | undefined
  #early: Uint8Array[] = []
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #held: Array<() => void> = []
  #heldBytes = 0
  #isScheduled = false
  #arrivesAtMs = 0
  #ended: { error?: Error } | undefined

  constructor (host: Host, to: Host, network: SimNetwork) {
    this.host = host
    this.to = to
    this.remotePeer = to.id as DeviceId & RelayId
    this.remoteAddress = `10.0.${to.index >> 8}.${to.index & 255}`
    this.#network = network
  }

  get bufferedBytes (): number { return this.#queuedBytes + this.#heldBytes }
  isBetween (a: Host, b: Host): boolean { return (this.host === a && this.to === b) || (this.host === b && this.to === a) }

  start (events: ByteStreamEvents): void {
    this.#events = events
    for (const chunk of this.#early.splice(0)) events.onData(chunk)
    if (this.#ended !== undefined) events.onClose(this.#ended.error)
  }

  send (bytes: Uint8Array): void {
    if (this.#ended !== undefined || this.isDead) return
    this.#queue.push(bytes)
    this.#queuedBytes += bytes.byteLength
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => { this.#flush() })
  }

  #flush (): void {
    this.#isScheduled = false
    if (this.#ended !== undefined || this.isDead || this.#queue.length === 0) return
    const chunk = this.#network.tamper(this.host, this.to, this.#queue.length === 1 ? this.#queue[0]!.slice() : Buffer.concat(this.#queue))
    this.#queue = []
    this.#queuedBytes = 0
    const network = this.#network
    network.counts.chunks++
    network.counts.bytes += chunk.byteLength
    network.onBytes(chunk, `${this.host.name} to ${this.to.name}`)
    this.#carry(() => {
      network.trace.bytes(this.host.index, this.to.index, chunk)
      this.far.receive(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    }, chunk.byteLength)
  }

  /** Run `arrive` at the far side after the way there; never before what was sent earlier. */
  #carry (arrive: () => void, bytes = 0): void {
    const { time } = this.#network
    if (this.#swallows()) return
    this.#arrivesAtMs = Math.max(this.#arrivesAtMs, time.nowMs + this.#network.delayMs(this.host, this.to))
    time.after(this.#arrivesAtMs - time.nowMs, () => {
      if (this.hasLost || this.#swallows()) return
      if (this.#network.cutOf(this.host, this.to) === 'hold') {
        this.#held.push(arrive)
        this.#heldBytes += bytes
      } else arrive()
    })
  }

  #swallows (): boolean {
    const kind = this.#network.cutOf(this.host, this.to)
    if (kind !== 'lose' && kind !== 'reset') return false
    this.#lost()
    return true
  }

  /** What was sent from here does not arrive: what looks after connections finds out. */
  #lost (): void {
    if (this.hasLost) return
    this.hasLost = true
    this.#network.time.after(keepAliveMs, () => { this.break() })
  }

  /** A cut that held bytes is over: they go on their way, in order. */
  release (): void {
    const held = this.#held
    this.#held = []
    this.#heldBytes = 0
    for (const arrive of held) this.#carry(arrive)
  }

  receive (chunk: Uint8Array): void {
    if (this.#ended !== undefined || this.isDead) {
      // As a kernel answers who sends into a connection that it does not know.
      const { far, host, to } = this
      if (host.isPowered && this.#network.reaches(host, to)) this.#network.time.after(this.#network.delayMs(host, to), () => { far.end(new ProtocolError('DISCONNECTED')) })
      return
    }
    if (this.#events === undefined) this.#early.push(chunk)
    else this.#events.onData(chunk)
  }

  end (error?: Error): void {
    if (this.#ended !== undefined || this.isDead) return
    this.#ended = error === undefined ? {} : { error }
    this.#queue = []
    this.#queuedBytes = 0
    this.#network.forget(this)
    this.#events?.onClose(error)
  }

  /** Broken by the network: both ends learn it now, whoever is still there. */
  break (): void {
    if (this.#isOver && this.far.#isOver) return
    this.#network.counts.streamsBroken++
    this.#network.trace.mix(this.host.index * 257 + this.to.index)
    this.end(new ProtocolError('DISCONNECTED'))
    this.far.end(new ProtocolError('DISCONNECTED'))
  }

  get #isOver (): boolean { return this.#ended !== undefined || this.isDead }

  /** The process at this end is gone. With the power on its kernel tells the other end. */
  die (): void {
    if (this.#ended !== undefined || this.isDead) return
    const { far, host } = this
    if (host.isPowered) this.#carry(() => { far.end(new ProtocolError('DISCONNECTED')) })
    this.isDead = true
    this.#queue = []
    this.#network.forget(this)
    if (!host.isPowered) this.#lost()
  }

  async drained (): Promise<void> { if (this.#ended?.error !== undefined) throw this.#ended.error }

  async close (): Promise<void> {
    if (this.#ended !== undefined || this.isDead) return
    this.#flush()
    const { far } = this
    this.#carry(() => { far.end() })
    this.end()
  }

  abort (error: Error): void {
    if (this.#ended !== undefined || this.isDead) return
    const { far } = this
    this.#carry(() => { far.end(new ProtocolError('DISCONNECTED')) })
    this.end(error)
  }
}
