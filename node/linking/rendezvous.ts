/**
 * Where a new device and the primary that links it meet: the relay passes sealed parcels from one to the other.
 *
 * Owns: meetings, in memory only; who is in which; bounds of time, bytes and number. Does not know what the parcels say,
 * whose the devices are, or whether a linking succeeds. One parcel each way is under way at a time: the sender is
 * answered when the other device has taken it, so nothing is queued here. Spec: docs/protocol/devices.md
 */
import type { ByteStream } from '../../protocol/byte-stream.ts'
import { mapKey } from '../../protocol/bytes.ts'
import { Channel, Handlers, type ChannelMeter } from '../../protocol/channel.ts'
import type { Clock, Timer } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { groupOf } from '../../protocol/libp2p/address-group.ts'
import { limits } from '../../protocol/limits.ts'
import { rendezvousBytes } from '../../protocol/linking/link-code.ts'
import { linkMethods } from '../../protocol/methods.ts'
import type { LinkMeet, LinkParcel } from '../../protocol/wire/gen/link.js'
import { isLoopback } from '../loopback.ts'
import type { Buckets } from '../ports.ts'
import type { Meter } from '../watch/meter.ts'

export interface RendezvousComponents {
  clock: Clock
  buckets: Buckets
  meter: Meter
  channelMeter: ChannelMeter
}

interface Meeting {
  readonly key: string
  readonly newDevice: Party
  primary: Party | undefined
  readonly startedAtMs: number
  bytes: number
  timer: Timer
}

/** One connection; it takes part in one meeting. */
interface Party {
  readonly channel: Channel
  /** Until it has said where it wants to go. */
  timer: Timer | undefined
  meeting: Meeting | undefined
  isSending: boolean
}

/** Bytes of all parcels under way: a thousand pairs at full speed would be more than a relay should spend on this. */
const maxBytesInFlight = 16 * 1024 * 1024
/** Connections from one address that have not said anything yet. */
const maxSilent = 20
/** Time for the last answer to leave before a connection is closed. */
const lingerMs = 1_000
/** The far side answers, or this gives up, before the sender does. */
const passOnTimeoutMs = limits.linkParcelTimeoutMs * 0.9

export class Rendezvous {
  readonly #c: RendezvousComponents
  readonly #handlers: Handlers
  readonly #parties = new Map<Channel, Party>()
  readonly #meetings = new Map<string, Meeting>()
  readonly #met
  #bytesInFlight = 0
  #isStopped = false

  constructor (components: RendezvousComponents) {
    this.#c = components
    this.#handlers = new Handlers()
      .on(linkMethods.meet, (meet, channel) => this.#onMeet(meet, this.#party(channel)))
      .on(linkMethods.parcel, (parcel, channel) => this.#onParcel(parcel, this.#party(channel)))
    this.#met = components.meter.counter('heliograph_link_meetings_total', 'devices that have met here to be linked')
    components.meter.gauge('heliograph_link_meetings', 'meetings of devices under way or waited for', () => this.#meetings.size)
  }

  get meetings (): number { return this.#meetings.size }
  get connections (): number { return this.#parties.size }

  /** A stream that a device has opened. */
  accept (stream: ByteStream): void {
    const { clock, channelMeter } = this.#c
    const channel = new Channel(stream, { handlers: this.#handlers, clock, meter: channelMeter })
    channel.limitFrames(2 * limits.linkParcelBytes)
    // [REJECT] more connections than two for each meeting that there may be; and none from where many say nothing
    if (this.#isStopped || this.#parties.size >= 2 * limits.linkMeetings || this.#isCrowded(stream.remoteAddress)) {
      channel.start().abort(new ProtocolError('OVERLOADED'))
      return
    }
    const timer = clock.after(limits.helloTimeoutMs, () => { channel.abort(new ProtocolError('TIMEOUT')) })
    this.#parties.set(channel, { channel, timer, meeting: undefined, isSending: false })
    channel.onClose(() => { this.#onClose(channel) })
    channel.start()
  }

  /** As many have come from there as may be about to say where they want to go. */
  #isCrowded (address: string): boolean {
    if (isLoopback(address)) return false
    const group = groupOf(address)
    let silent = 0
    for (const { meeting, channel } of this.#parties.values()) if (meeting === undefined && groupOf(channel.stream.remoteAddress) === group) silent++
    return silent >= maxSilent
  }

  async stop (): Promise<void> {
    this.#isStopped = true
    for (const meeting of [...this.#meetings.values()]) this.#end(meeting)
    await Promise.all([...this.#parties.values()].map(async ({ channel, timer }) => {
      timer?.cancel()
      await channel.close()
    }))
  }

  #onMeet ({ rendezvous, isNewDevice }: LinkMeet, party: Party): Record<string, never> {
    // [REJECT] cheapest first: form, one meeting for each connection, then what it costs
    if (rendezvous.byteLength !== rendezvousBytes) throw new ProtocolError('MALFORMED', { what: 'rendezvous' })
    if (party.meeting !== undefined) throw new ProtocolError('LINK_FAILED', { what: 'in a meeting already' })
    const { remoteAddress } = party.channel.stream
    if (!isLoopback(remoteAddress)) this.#c.buckets.take('linkPerAddress', groupOf(remoteAddress), 1)
    const key = mapKey(rendezvous)
    if (isNewDevice) this.#open(key, party)
    else this.#join(key, party)
    party.timer?.cancel()
    party.timer = undefined
    return {}
  }

  #open (key: string, party: Party): void {
    // [REJECT] ids are random: this one was seen by somebody, and is good for nothing any more
    if (this.#meetings.has(key)) throw new ProtocolError('LINK_FAILED', { what: 'the code is in use' })
    if (this.#meetings.size >= limits.linkMeetings) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryMaxMs })
    const { clock } = this.#c
    const meeting: Meeting = { key, newDevice: party, primary: undefined, startedAtMs: clock.nowMs(), bytes: 0, timer: clock.after(limits.linkTtlMs, () => { this.#end(meeting) }) }
    this.#meetings.set(key, meeting)
    party.meeting = meeting
  }

  #join (key: string, party: Party): void {
    const meeting = this.#meetings.get(key)
    // [REJECT] expired, never there, or somebody has come before: the new device must show another code
    if (meeting === undefined || meeting.primary !== undefined) throw new ProtocolError('LINK_FAILED', { what: meeting === undefined ? 'the code has expired' : 'the code is in use' })
    meeting.primary = party
    party.meeting = meeting
    this.#extend(meeting)
    this.#met.inc()
  }

  async #onParcel ({ payload }: LinkParcel, party: Party): Promise<Record<string, never>> {
    const { meeting } = party
    const other = meeting === undefined ? undefined : meeting.newDevice === party ? meeting.primary : meeting.newDevice
    // [REJECT] nobody to give it to
    if (meeting === undefined || other === undefined) throw new ProtocolError('LINK_FAILED', { what: 'nobody has come' })
    // [LATER] one at a time each way, and a bound on all
    if (party.isSending || this.#bytesInFlight + payload.byteLength > maxBytesInFlight) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
    if (meeting.bytes + payload.byteLength > limits.linkMaxBytes) {
      // A moment later, so that both still hear why.
      this.#limitTime(meeting, lingerMs)
      throw new ProtocolError('TOO_LARGE', { max: limits.linkMaxBytes })
    }
    meeting.bytes += payload.byteLength
    this.#bytesInFlight += payload.byteLength
    party.isSending = true
    this.#extend(meeting)
    try {
      await other.channel.call(linkMethods.parcel, { payload }, { timeoutMs: passOnTimeoutMs })
      return {}
    } catch (error) {
      if (!isProtocolError(error)) throw error
      throw new ProtocolError('LINK_FAILED', { what: 'the other device has not taken it', cause: error })
    } finally {
      party.isSending = false
      this.#bytesInFlight -= payload.byteLength
    }
  }

  /** Another while of silence, within what a meeting may take. */
  #extend (meeting: Meeting): void {
    const leftMs = meeting.startedAtMs + limits.linkMaxMs - this.#c.clock.nowMs()
    this.#limitTime(meeting, Math.max(0, Math.min(limits.linkTtlMs, leftMs)))
  }

  #limitTime (meeting: Meeting, leftMs: number): void {
    meeting.timer.cancel()
    meeting.timer = this.#c.clock.after(leftMs, () => { this.#end(meeting) })
  }

  #end (meeting: Meeting): void {
    if (this.#meetings.get(meeting.key) !== meeting) return
    this.#meetings.delete(meeting.key)
    meeting.timer.cancel()
    for (const party of [meeting.newDevice, meeting.primary]) {
      if (party === undefined) continue
      party.meeting = undefined
      // What is under way to it, an answer above all, still leaves.
      party.channel.close().catch((error: unknown) => { party.channel.abort(error as Error) })
    }
  }

  #onClose (channel: Channel): void {
    const party = this.#parties.get(channel)
    if (party === undefined) return
    this.#parties.delete(channel)
    party.timer?.cancel()
    if (party.meeting !== undefined) this.#end(party.meeting)
  }

  #party (channel: Channel): Party {
    const party = this.#parties.get(channel)
    if (party === undefined) throw new ProtocolError('DISCONNECTED')
    return party
  }
}
