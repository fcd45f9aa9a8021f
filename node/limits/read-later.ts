/**
 * Who is told no again and again is read later: a device that goes on submitting what its quota, or that of its group, does not let
 * through. Until then its stream fills and its own TCP waits; what is not read costs nothing, a refusal costs what a message does.
 *
 * Owns: how often a device is told no at once, and for how long it is not read then. Does not know: which quota it was.
 * Bound: so many streams at a time, since each may hold a window of bytes that came and were not read.
 */
import { BucketSet } from '../../protocol/bucket-set.ts'
import type { Channel } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { limits, rates } from '../../protocol/limits.ts'
import type { Meter } from '../watch/meter.ts'

export class ReadLater {
  readonly #clock: Clock
  readonly #refusals: BucketSet
  /** Streams that are not read now. */
  #waiting = 0
  readonly #pauses

  constructor ({ clock, meter }: { clock: Clock, meter: Meter }) {
    this.#clock = clock
    this.#refusals = new BucketSet({ clock }, rates.refusedPerDevice)
    this.#pauses = meter.counter('heliograph_intake_read_later_total', 'times that a device was not read for a moment, because what it submitted was refused again and again')
    meter.gauge('heliograph_intake_unread_streams', 'devices that are not read for that reason now', () => this.#waiting)
  }

  /** As `refused`, if that is what this says. */
  failed (channel: Channel, error: unknown): void { if (isProtocolError(error, 'QUOTA') || isProtocolError(error, 'OVERLOADED')) this.refused(channel) }

  /** Something that the device has submitted was refused, and may come again later. */
  refused (channel: Channel): void {
    const waitMs = this.#refusals.tryTake(channel.stream.remotePeer, 1)
    if (waitMs === 0 || this.#waiting >= limits.unreadStreams || !channel.readLater(waitMs)) return
    this.#pauses.inc()
    this.#waiting++
    this.#clock.after(waitMs, () => { this.#waiting-- })
  }
}
