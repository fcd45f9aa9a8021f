/**
 * Who is told no again and again is read later: a device that goes on submitting what its quota, or that of its group, does not let
 * through. Until then its stream fills and its own TCP waits; what is not read costs nothing, a refusal costs what a message does.
 *
 * Owns: how often a device is told no at once; after that one submit of it is served at a time, and so many refused in a second.
 * Never unread for longer than a second: acknowledgements come on the same stream. Does not know: which quota it was.
 * Bound: so many streams at a time, since each may hold a window of bytes that came and were not read.
 */
import { BucketSet } from '../../protocol/bucket-set.ts'
import type { Channel } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { limits, rates } from '../../protocol/limits.ts'
import type { Meter } from '../watch/meter.ts'

/** The longest that a device is not read. */
const maxMs = 1_000
/** Refusals that are left before one at a time is served: those under way then are refused together. */
const carefulBelow = rates.refusedPerDevice.burst / 2

export class ReadLater {
  readonly #refusals: BucketSet
  /** Streams that are not read now. */
  #unread = 0
  readonly #pauses

  constructor ({ clock, meter }: { clock: Clock, meter: Meter }) {
    this.#refusals = new BucketSet({ clock }, rates.refusedPerDevice)
    this.#pauses = meter.counter('heliograph_intake_read_later_total', 'times that a device was not read for a moment, because what it submitted was refused again and again')
    meter.gauge('heliograph_intake_unread_streams', 'devices that are not read for that reason now', () => this.#unread)
  }

  /** The device submits something; `taken`, `refused` or `failed` follows. */
  submits (channel: Channel): void {
    // This is answered before more is read.
    if (this.#wasRefusedOften(channel)) this.#pause(channel, maxMs)
  }

  /** Nothing of it was refused for a quota. */
  taken (channel: Channel): void { channel.readNow() }

  /** As `refused`, if that is what this says. */
  failed (channel: Channel, error: unknown): void {
    if (isProtocolError(error, 'QUOTA') || isProtocolError(error, 'OVERLOADED')) this.refused(channel)
    else this.taken(channel)
  }

  /** Something that the device has submitted was refused, and may come again later. */
  refused (channel: Channel): void {
    const waitMs = this.#refusals.tryTake(channel.stream.remotePeer, 1)
    if (waitMs === 0) return
    this.#pause(channel, Math.min(waitMs, maxMs))
  }

  #wasRefusedOften ({ stream: { remotePeer } }: Channel): boolean {
    // Of a device that was never refused nothing is remembered.
    if (this.#refusals.left(remotePeer) >= carefulBelow) return false
    this.#refusals.tryTake(remotePeer, 0)
    return this.#refusals.left(remotePeer) < carefulBelow
  }

  #pause (channel: Channel, ms: number): void {
    if (this.#unread >= limits.unreadStreams || !channel.readLater(ms, () => { this.#unread-- })) return
    this.#unread++
    this.#pauses.inc()
  }
}
