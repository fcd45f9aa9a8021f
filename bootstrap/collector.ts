/**
 * Collects the signed records of relays and serves them.
 *
 * Owns: what is heard by gossip, asking relays for what gossip missed, answers to getDirectory. Knows no libp2p: streams
 * and messages are handed in.
 */
import type { ByteStream } from '../protocol/byte-stream.ts'
import { Channel, Handlers } from '../protocol/channel.ts'
import { BucketSet } from '../protocol/bucket-set.ts'
import type { Clock, Timer } from '../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../protocol/errors.ts'
import type { RelayId } from '../protocol/ids.ts'
import { limits, rates } from '../protocol/limits.ts'
import { anyMethods, directoryMethods } from '../protocol/methods.ts'
import type { Signing } from '../protocol/records/signed.ts'
import { RelayDirectory } from '../protocol/relay-directory.ts'
import type { RelayRecords } from '../protocol/wire/gen/records.js'
import type { GetDirectory } from '../protocol/wire/gen/service.js'

export type Verdict = 'accept' | 'reject' | 'ignore'

/** A client asks once and goes; who stays longer is let go. */
const idleStreamMs = 30_000
/** Records in one answer and their bytes together. */
const maxAnswerRecords = 1_000
/** How long one answer is reused: thousands of relays are not sorted for every newcomer. */
const answerCacheMs = 1_000
const maxCachedRegions = 64

export class Collector {
  readonly directory: RelayDirectory
  readonly counts = { answers: 0, refused: 0, accept: 0, reject: 0, ignore: 0 }
  readonly #clock: Clock
  /** Questions of one peer, and of all: keys are free. */
  readonly #asked: BucketSet
  readonly #all: BucketSet
  readonly #handlers: Handlers
  readonly #channels = new Set<Channel>()
  readonly #answers = new Map<string, { atMs: number, relays: number, records: Uint8Array[] }>()
  #expiry: Timer | undefined

  constructor ({ clock, signing }: { clock: Clock, signing: Signing }) {
    this.#clock = clock
    this.#asked = new BucketSet({ clock }, rates.directoryPerPeer)
    this.#all = new BucketSet({ clock }, rates.directoryOfAll, { maxKeys: 1 })
    this.directory = new RelayDirectory(signing)
    this.#handlers = new Handlers()
      .on(anyMethods.ping, () => ({}))
      .on(directoryMethods.getDirectory, (request, channel) => {
        // [LATER] an answer is a megabyte for a request of ten bytes
        const retryAfterMs = this.#asked.tryTake(channel.stream.remotePeer) || this.#all.tryTake('')
        if (retryAfterMs > 0) throw new ProtocolError('QUOTA', { retryAfterMs })
        return this.answer(request)
      })
  }

  start (): void {
    this.#expiry = this.#clock.after(limits.relayRecordRefreshMs, () => {
      this.directory.expire(this.#clock.nowMs())
      this.start()
    })
  }

  async stop (): Promise<void> {
    this.#expiry?.cancel()
    await Promise.all([...this.#channels].map(async (channel) => { await channel.close() }))
  }

  onGossip (message: Uint8Array): Verdict {
    const verdict = this.#offer(message)
    this.counts[verdict]++
    return verdict
  }

  /** A stream that somebody opened on protocols.directory. */
  accept (stream: ByteStream): void {
    const channel = this.#open(stream)
    channel.limitFrames(limits.strangerFrameBytes)
    const idle = this.#clock.after(idleStreamMs, () => { void channel.close() })
    channel.onClose(() => { idle.cancel() })
    channel.start()
  }

  /**
   * Ask whom `stream` leads to for its directory: after a restart this fills ours in one round trip, gossip in two minutes.
   * @returns records that were new
   */
  async askOver (stream: ByteStream): Promise<number> {
    const channel = this.#open(stream).start()
    try {
      const { records } = await channel.call(directoryMethods.getDirectory, { max: maxAnswerRecords })
      const taken = records.filter((record) => this.#offer(record) === 'accept').length
      // Its own record was among them, perhaps for the first time.
      this.directory.prove(stream.remotePeer as RelayId)
      return taken
    } finally {
      await channel.close()
    }
  }

  answer (request: GetDirectory): Partial<RelayRecords> {
    this.counts.answers++
    const max = request.max === 0 ? maxAnswerRecords : Math.min(request.max, maxAnswerRecords)
    return { records: this.#sorted(request.region.slice(0, limits.regionBytes)).slice(0, max) }
  }

  #open (stream: ByteStream): Channel {
    const channel = new Channel(stream, { handlers: this.#handlers, clock: this.#clock, meter: { refused: () => { this.counts.refused++ } } })
    this.#channels.add(channel)
    channel.onClose(() => { this.#channels.delete(channel) })
    return channel
  }

  #offer (bytes: Uint8Array): Verdict {
    try {
      return this.directory.offer(bytes, this.#clock.nowMs()) === undefined ? 'ignore' : 'accept'
    } catch (error) {
      if (!isProtocolError(error)) throw error
      // [IGNORE] older than ours, no room, or for newer nodes: its sender did nothing wrong. [REJECT] forged or malformed.
      return isProtocolError(error, 'ROLLED_BACK', 'TOO_MANY', 'UNSUPPORTED_VERSION') ? 'ignore' : 'reject'
    }
  }

  #sorted (region: string): readonly Uint8Array[] {
    const nowMs = this.#clock.nowMs()
    const known = this.#answers.get(region)
    // A relay that has just joined is named at once: newcomers may be waiting for the first one.
    if (known !== undefined && known.relays === this.directory.size && Math.abs(nowMs - known.atMs) < answerCacheMs) return known.records
    const records: Uint8Array[] = []
    let bytes = 0
    for (const record of this.directory.list({ max: maxAnswerRecords, ...(region === '' ? {} : { region }) })) {
      bytes += record.bytes.byteLength
      if (bytes > limits.pageBytes) break
      records.push(record.bytes)
    }
    // Regions are text of whoever asks: never many at a time.
    if (this.#answers.size >= maxCachedRegions) this.#answers.clear()
    this.#answers.set(region, { atMs: nowMs, relays: this.directory.size, records })
    return records
  }
}
