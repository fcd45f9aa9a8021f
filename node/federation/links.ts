/**
 * Channels to and from other relays.
 *
 * Owns: one channel per relay that this one has dialled, the ones it has accepted, and whom each was told about already.
 * Does not know: when to try again (lane.ts), how a stream comes about (mesh.ts).
 */
import type { ByteStream } from '../../protocol/byte-stream.ts'
import { Channel, Handlers, type ChannelMeter } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { Conversation } from '../../protocol/conversation.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import { groupOf } from '../../protocol/libp2p/address-group.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import { protocols } from '../../protocol/protocols.ts'
import { Signed } from '../../protocol/wire/gen/records.js'
import { decode } from '../../protocol/wire/codec.ts'
import { deadline } from '../deadline.ts'
import { isLoopback } from '../loopback.ts'
import type { Mesh } from '../mesh/mesh.ts'
import type { Meter } from '../watch/meter.ts'
import { nobodyBlocked, type AnchorsKnown, type Blocks, type Directory, type Homes } from '../ports.ts'

/** Accounts remembered as introduced, for each channel. */
const maxIntroduced = 20_000
/** Records in one introduction: 64 of at most 4 KiB. */
const introduceTogether = 64
/** Channels that others may have opened to this relay. */
const maxAccepted = 10_000
/** … of one relay: one, and others while the first is found dead; and of one address, unless it is this machine. */
const maxAcceptedPerRelay = 4
const maxAcceptedPerAddress = 256

/** How long a blocked relay is answered before its channel ends. */
const blockedLingerMs = 5_000

/** Answers everything with BLOCKED. */
class Refusing extends Handlers {
  override get (): ReturnType<Handlers['get']> {
    return { name: 'blocked', maxBytes: limits.frameBytes, answer: () => { throw new ProtocolError('BLOCKED') }, notice: () => {} }
  }
}
const refusing = new Refusing()

export interface LinksComponents {
  mesh: Pick<Mesh, 'dial' | 'handle'>
  directory: Directory
  homes: Homes
  anchors: AnchorsKnown
  /** A relay knows another anchor of a group than the one that it was told. */
  onAnchor (record: Uint8Array, relay: RelayId): boolean
  handlers: Handlers
  clock: Clock
  meter: Meter
  channelMeter?: ChannelMeter
  blocks?: Blocks
}

export class Links {
  readonly #c: LinksComponents
  readonly #open = new Map<RelayId, Channel>()
  readonly #opening = new Map<RelayId, Promise<Channel>>()
  readonly #accepted = new Set<Channel>()
  /** How many of them, by relay and by address. */
  readonly #bySource = new Map<string, number>()
  readonly #introduced = new WeakMap<Channel, Set<AccountId>>()
  /** Records of groups that were told on a channel. */
  readonly #presented = new WeakMap<Channel, Set<Uint8Array>>()
  readonly #stopping = new AbortController()
  readonly #blocks: Blocks

  constructor (components: LinksComponents) {
    this.#c = components
    this.#blocks = components.blocks ?? nobodyBlocked
    this.#blocks.onChange(({ kind, id }) => { if (kind === 'relay') this.#onBlocked(id as RelayId) })
    components.meter.gauge('heliograph_links_open', 'channels that this relay has opened to others', () => this.#open.size)
    components.meter.gauge('heliograph_links_accepted', 'channels that other relays have opened to this one', () => this.#accepted.size)
  }

  start (): void { this.#c.mesh.handle(protocols.relay, (stream) => { this.#accept(stream) }) }

  #accept (stream: ByteStream): void {
    // [LATER] memory is bounded
    if (this.#accepted.size >= maxAccepted || this.#isCrowded(stream) || this.#stopping.signal.aborted) { stream.abort(new ProtocolError('OVERLOADED')); return }
    // [REJECT] told with the answer to whatever it asks, for a moment
    const isBlocked = this.#blocks.hasRelay(stream.remotePeer as RelayId)
    const channel = this.#channel(stream, isBlocked ? refusing : this.#c.handlers)
    this.#accepted.add(channel)
    const sources = sourcesOf(stream)
    for (const source of sources) this.#bySource.set(source, (this.#bySource.get(source) ?? 0) + 1)
    channel.onClose(() => {
      this.#accepted.delete(channel)
      for (const source of sources) this.#left(source)
    })
    channel.start()
    if (!isBlocked) return
    const linger = this.#c.clock.after(blockedLingerMs, () => { channel.abort(new ProtocolError('BLOCKED')) })
    channel.onClose(() => { linger.cancel() })
  }

  #isCrowded (stream: ByteStream): boolean {
    const [relay = 0, address = 0] = sourcesOf(stream).map((source) => this.#bySource.get(source) ?? 0)
    return relay >= maxAcceptedPerRelay || address >= maxAcceptedPerAddress
  }

  #left (source: string): void {
    const count = this.#bySource.get(source)! - 1
    if (count === 0) this.#bySource.delete(source)
    else this.#bySource.set(source, count)
  }

  /** Open channels to and from it end; what it asks on the next one is refused, or served again. */
  #onBlocked (relay: RelayId): void {
    for (const channel of [...this.#accepted, ...this.#open.values()]) if (channel.stream.remotePeer === relay) channel.abort(new ProtocolError('BLOCKED'))
  }

  #channel (stream: ByteStream, handlers = this.#c.handlers): Channel {
    const { clock, channelMeter } = this.#c
    return new Channel(stream, { handlers, clock, ...(channelMeter === undefined ? {} : { meter: channelMeter }) })
  }

  /** Relays that this one has a channel to, or has accepted one from. */
  connected (): Set<RelayId> { return new Set([...this.#open.keys(), ...Array.from(this.#accepted, ({ stream }) => stream.remotePeer as RelayId)]) }

  /** The channel that is open, without waiting. */
  peek (relay: RelayId): Channel | undefined { return this.#open.get(relay) }

  /** @throws ProtocolError HOME_UNREACHABLE, TIMEOUT; the signal's reason */
  async channelTo (relay: RelayId, { signal }: { signal: AbortSignal }): Promise<Channel> {
    const known = this.#open.get(relay)
    if (known !== undefined) return known
    let opening = this.#opening.get(relay)
    if (opening === undefined) {
      opening = this.#dial(relay).finally(() => { this.#opening.delete(relay) })
      this.#opening.set(relay, opening)
    }
    // The dial has a deadline of its own and serves others too; this caller only stops waiting for it.
    const aborted = Promise.withResolvers<never>()
    const onAbort = (): void => { aborted.reject(signal.reason as Error) }
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    try {
      return await Promise.race([opening, aborted.promise])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #dial (relay: RelayId): Promise<Channel> {
    // What is for its people waits, as for a relay that is down, until it is unblocked or expires.
    if (this.#blocks.hasRelay(relay)) throw new ProtocolError('BLOCKED')
    const limit = deadline(this.#c.clock, limits.dialTimeoutMs, this.#stopping.signal)
    try {
      const stream = await this.#c.mesh.dial(relay, this.#c.directory.addressesOf(relay), protocols.relay, { signal: limit.signal })
      const channel = this.#channel(stream)
      this.#open.set(relay, channel)
      channel.onClose(() => { if (this.#open.get(relay) === channel) this.#open.delete(relay) })
      return channel.start()
    } catch (error) {
      throw isProtocolError(error) ? error : new ProtocolError('HOME_UNREACHABLE', { cause: error })
    } finally {
      limit.cancel()
    }
  }

  /**
   * Make sure that the far side has these accounts' home records before what is sent next on this channel: frames keep their
   * order, so nobody waits for the answer. A far side that knows a newer record says so, and this relay learns it.
   */
  introduce (channel: Channel, accounts: Iterable<AccountId>): void {
    let introduced = this.#introduced.get(channel)
    if (introduced === undefined || introduced.size > maxIntroduced) {
      introduced = new Set()
      this.#introduced.set(channel, introduced)
    }
    const records: Uint8Array[] = []
    const told: AccountId[] = []
    for (const account of accounts) {
      if (introduced.has(account)) continue
      const record = this.#c.homes.cached(account)
      if (record === undefined) continue
      introduced.add(account)
      told.push(account)
      records.push(record.bytes)
    }
    for (let at = 0; at < records.length; at += introduceTogether) {
      channel.call(relayMethods.introduce, { homeRecords: records.slice(at, at + introduceTogether) }).catch((error: unknown) => {
        if (isProtocolError(error, 'ROLLED_BACK') && error.details.record !== undefined) this.learn(error.details.record)
        else for (const account of told) introduced.delete(account)
      })
    }
  }

  /** As `introduce`, of who anchors a group that was re-anchored. */
  present (channel: Channel, { kind, id }: Conversation): void {
    const record = kind === 'group' ? this.#c.anchors.cached(id)?.bytes : undefined
    if (record === undefined) return
    let presented = this.#presented.get(channel)
    if (presented === undefined || presented.size > maxIntroduced) {
      presented = new Set()
      this.#presented.set(channel, presented)
    }
    if (presented.has(record)) return
    const told = presented.add(record)
    channel.call(relayMethods.groupAnchor, decode(Signed, record)).catch((error: unknown) => {
      if (isProtocolError(error, 'STALE_ANCHOR') && error.details.record !== undefined) this.#c.onAnchor(error.details.record, channel.stream.remotePeer as RelayId)
      else told.delete(record)
    })
  }

  /** Take a record that another relay answered with. @returns whether it is news that can be used */
  learn (record: Uint8Array | undefined): boolean {
    if (record === undefined) return false
    try {
      this.#c.homes.learn(record)
      return true
    } catch (error) {
      if (isProtocolError(error)) return false // forged, unreadable or older than what we have: no news
      throw error
    }
  }

  /** Tell the record again on every channel: it has changed. */
  forgetIntroduction (account: AccountId): void {
    for (const channel of this.#open.values()) this.#introduced.get(channel)?.delete(account)
  }

  async stop (): Promise<void> {
    this.#stopping.abort(new ProtocolError('CANCELLED'))
    await Promise.allSettled([...this.#opening.values()])
    await Promise.all([...this.#open.values(), ...this.#accepted].map((channel) => channel.close()))
  }
}

const sourcesOf = ({ remoteAddress, remotePeer }: ByteStream): string[] => isLoopback(remoteAddress) ? [remotePeer] : [remotePeer, groupOf(remoteAddress)]
