/**
 * Typing and the like: sealed envelopes that are handed to whoever is connected and forgotten.
 *
 * Owns: who may send one into which conversation, their sizes and rates, and that nothing is kept for who is away. They are
 * the first to be dropped when there is too much to do. Does not know: what is inside. Spec: docs/protocol/presence.md
 */
import type { Channel } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { conversationFromBytes, type Conversation } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, deviceIdOfKey, type AccountId, type DeviceId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientNotifications, relayNotifications } from '../../protocol/methods.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { deadline } from '../deadline.ts'
import type { Links } from '../federation/links.ts'
import { readEnvelopeHeader } from '../log/envelope-header.ts'
import type { Load } from '../limits/load.ts'
import type { Logs } from '../log/logs.ts'
import type { Placement } from '../log/placement.ts'
import type { Buckets, Defer, Homes } from '../ports.ts'
import type { Counter, Meter } from '../watch/meter.ts'

/** A connected device that may be handed signals. */
export interface SignalDevice {
  readonly account: AccountId
  readonly device: DeviceId
  readonly channel: Channel
}

export interface SignalsComponents {
  placement: Pick<Placement, 'isHome' | 'isHomeOf' | 'isMember' | 'members' | 'localMembers' | 'relaysOf' | 'primaryOf'>
  logs: Pick<Logs, 'peek' | 'load'>
  links: Pick<Links, 'peek' | 'channelTo' | 'introduce'>
  homes: Pick<Homes, 'find' | 'self'>
  buckets: Buckets
  load?: Load
  clock: Clock
  defer: Defer
  meter: Meter
  devicesOf (account: AccountId): Iterable<SignalDevice>
}

interface Signal {
  readonly conversation: Conversation
  readonly sender: AccountId
  readonly senderDevice: DeviceId
  /** A copy: the frame it came in is not kept. */
  readonly bytes: Uint8Array
}

/** Who has this much to read is not told that somebody types. */
const maxBufferedBytes = 256 * 1024
/** Gathered for one receiver in one turn; a device takes at most 256 KiB in a notification. */
const maxGatheredBytes = 192 * 1024
/** Between two tries to reach a relay, or to find a home, for a signal that is dropped meanwhile. */
const lookAgainMs = 10_000
const maxLooking = 1_000
/** Groups that are being loaded because somebody types in them. */
const maxLoading = 64

export class Signals {
  readonly #c: SignalsComponents
  readonly #passed: Counter
  readonly #dropped: Counter
  /** What this turn has gathered, by channel. */
  readonly #toDevices = new Map<Channel, { envelopes: Uint8Array[], bytes: number }>()
  readonly #toRelays = new Map<Channel, { envelopes: Uint8Array[], bytes: number }>()
  readonly #looking = new Map<string, number>()
  readonly #stopping = new AbortController()
  #loading = 0
  #isScheduled = false

  constructor (components: SignalsComponents) {
    this.#c = components
    this.#passed = components.meter.counter('heliograph_signal_passed_total', 'signals handed on, by to whom', ['to'])
    this.#dropped = components.meter.counter('heliograph_signal_dropped_total', 'signals that went nowhere, by why', ['why'])
  }

  /** @throws ProtocolError QUOTA, TOO_MANY, and what is wrong with the first wrong one; those before it are handed on */
  fromDevice (envelopes: readonly Uint8Array[], from: SignalDevice): void {
    this.#take('signalPerDevice', from.device, envelopes.length)
    if (this.#isTooMuch(envelopes.length)) return
    for (const bytes of envelopes) {
      const signal = readSignal(bytes)
      // [REJECT] a device speaks for itself only
      if (signal.sender !== from.account || signal.senderDevice !== from.device) throw new ProtocolError('NOT_ADMITTED')
      this.#whenKnown(signal, () => { this.#accept(signal, true) })
    }
  }

  /** @throws as fromDevice */
  fromRelay (envelopes: readonly Uint8Array[], relay: RelayId): void {
    this.#take('signalPerRelay', relay, envelopes.length)
    if (this.#isTooMuch(envelopes.length)) return
    for (const bytes of envelopes) {
      const signal = readSignal(bytes)
      // [DROP] a relay passes on the signals of its own people only, and they go no further from here
      if (this.#c.placement.isHomeOf(signal.sender, relay) !== true) { this.#dropped.inc(1, { why: 'sender' }); continue }
      this.#whenKnown(signal, () => { this.#accept(signal, false) })
    }
  }

  stop (): void {
    this.#stopping.abort(new ProtocolError('CANCELLED'))
    this.#toDevices.clear()
    this.#toRelays.clear()
  }

  /** [DROP] who types is the first to be left out. */
  #isTooMuch (count: number): boolean {
    const isTooMuch = this.#c.load?.sheds('presence') === true
    if (isTooMuch) this.#dropped.inc(count, { why: 'load' })
    return isTooMuch
  }

  #take (quota: 'signalPerDevice' | 'signalPerRelay', key: string, count: number): void {
    // [REJECT] a batch has a bound
    if (count > limits.batchEnvelopes) throw new ProtocolError('TOO_MANY', { max: limits.batchEnvelopes, what: 'signals' })
    try {
      this.#c.buckets.take(quota, key, count)
    } catch (error) {
      this.#dropped.inc(count, { why: 'quota' })
      throw error
    }
  }

  /** A group's members are known once its log is in memory; nobody waits long for somebody's typing. */
  #whenKnown (signal: Signal, then: () => void): void {
    const { conversation } = signal
    const { logs } = this.#c
    if (conversation.kind !== 'group' || logs.peek(conversation.id) !== undefined) { then(); return }
    if (this.#loading >= maxLoading) { this.#dropped.inc(1, { why: 'busy' }); return }
    this.#loading++
    logs.load(conversation).then(then).catch(() => { this.#dropped.inc(1, { why: 'group' }) }).finally(() => { this.#loading-- })
  }

  #accept (signal: Signal, isOwn: boolean): void {
    const { placement } = this.#c
    const { conversation, sender, senderDevice } = signal
    // [DROP] only members write to one another; in a large group nobody is told who types
    if (!placement.isMember(conversation, sender)) { this.#dropped.inc(1, { why: 'member' }); return }
    if (conversation.kind === 'group' && placement.members(conversation).length > limits.signalGroupMembers) { this.#dropped.inc(1, { why: 'size' }); return }
    for (const member of placement.localMembers(conversation)) {
      for (const { channel, device } of this.#c.devicesOf(member)) if (device !== senderDevice) this.#gather(this.#toDevices, channel, signal)
    }
    if (isOwn) for (const relay of this.#relaysOf(conversation)) this.#toRelay(relay, signal)
  }

  #relaysOf (conversation: Conversation): readonly RelayId[] {
    const { homes, placement } = this.#c
    if (conversation.kind !== 'pair') return placement.relaysOf(conversation)
    const relays: RelayId[] = []
    for (const member of conversation.members) {
      if (placement.isHome(member)) continue
      const relay = placement.primaryOf(member)
      if (relay === undefined) this.#look(member, async (signal) => { await homes.find(member, { signal }) })
      else if (relay !== homes.self) relays.push(relay)
    }
    return relays
  }

  #toRelay (relay: RelayId, signal: Signal): void {
    const { links } = this.#c
    const channel = links.peek(relay)
    if (channel === undefined) {
      this.#dropped.inc(1, { why: 'away' })
      this.#look(relay, async (stop) => { await links.channelTo(relay, { signal: stop }) })
      return
    }
    links.introduce(channel, [signal.sender])
    this.#gather(this.#toRelays, channel, signal)
  }

  /** So that the next one finds a way; this one is gone. */
  #look (key: string, task: (signal: AbortSignal) => Promise<void>): void {
    const nowMs = this.#c.clock.nowMs()
    if ((this.#looking.get(key) ?? -Infinity) + lookAgainMs > nowMs) return
    if (this.#looking.size >= maxLooking) for (const [other, atMs] of this.#looking) if (atMs + lookAgainMs <= nowMs) this.#looking.delete(other)
    if (this.#looking.size >= maxLooking) return
    this.#looking.set(key, nowMs)
    const limit = deadline(this.#c.clock, limits.dialTimeoutMs, this.#stopping.signal)
    task(limit.signal).catch(() => { /* it cannot be reached: there is nobody to tell */ }).finally(() => { limit.cancel() })
  }

  #gather (to: Map<Channel, { envelopes: Uint8Array[], bytes: number }>, channel: Channel, { bytes }: Signal): void {
    const gathered = to.get(channel) ?? { envelopes: [], bytes: 0 }
    // [DROP] before anything else
    if (channel.stream.bufferedBytes > maxBufferedBytes || gathered.bytes + bytes.byteLength > maxGatheredBytes || gathered.envelopes.length >= limits.batchEnvelopes) {
      this.#dropped.inc(1, { why: 'unread' })
      return
    }
    gathered.envelopes.push(bytes)
    gathered.bytes += bytes.byteLength
    to.set(channel, gathered)
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#c.defer(() => { this.#send() })
  }

  #send (): void {
    this.#isScheduled = false
    for (const [channel, { envelopes }] of this.#toDevices) {
      this.#passed.inc(envelopes.length, { to: 'device' })
      channel.notify(clientNotifications.signal, { envelopes })
    }
    for (const [channel, { envelopes }] of this.#toRelays) {
      this.#passed.inc(envelopes.length, { to: 'relay' })
      channel.notify(relayNotifications.signal, { envelopes })
    }
    this.#toDevices.clear()
    this.#toRelays.clear()
  }
}

/** @throws ProtocolError TOO_LARGE, MALFORMED, UNSUPPORTED_VERSION, BAD_CONVERSATION */
function readSignal (bytes: Uint8Array): Signal {
  // [REJECT] bounded before it is parsed
  if (bytes.byteLength > limits.signalBytes) throw new ProtocolError('TOO_LARGE', { max: limits.signalBytes })
  const header = readEnvelopeHeader(bytes)
  // [REJECT] what is to be kept is submitted
  if (header.kind !== envelopeKinds.signal) throw new ProtocolError('MALFORMED', { what: 'kind' })
  return {
    conversation: conversationFromBytes(header.conversation),
    sender: accountIdFromBytes(header.senderAccount),
    senderDevice: deviceIdOfKey(header.senderDevice),
    bytes: bytes.slice()
  }
}
