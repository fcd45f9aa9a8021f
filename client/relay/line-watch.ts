/**
 * Is the relay still there? A connection that ends without a word (power, network) shows only by silence. While somebody is at the
 * device, or waits for an answer, silence is asked about after two seconds; without an answer the relay is suspected of being gone,
 * which somebody else decides (home/home-watch.ts). Otherwise the heartbeats of relay-connection.ts have to do: a radio that sleeps
 * is not woken more often, though one of them that is not answered is as good as a question.
 *
 * Owns: when to ask, since when there is no answer. Spec: docs/protocol/move.md
 */
import type { Channel } from '../../protocol/channel.ts'
import type { Clock, Timer } from '../../protocol/clock.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { anyMethods } from '../../protocol/methods.ts'
import { clientLimits } from '../limits.ts'

export interface LineWatchComponents {
  readonly clock: Clock
  /** Would anything follow from knowing it soon? Is there a standby? */
  readonly isWanted: () => Promise<boolean>
  /** Is somebody at this device? */
  readonly isActive: () => boolean
  /** Nothing has come since then, not even an answer. */
  readonly onSilent: (sinceMs: number) => void
  /** Something has, after all. */
  readonly onHeard: () => void
}

/** A slow line is given this many of its round trips to answer. */
const roundTrips = 4

export class LineWatch {
  readonly #on: LineWatchComponents
  #channel: Channel | undefined
  #rttMs = 0
  #timer: Timer | undefined
  #isAsking = false
  /** Last sign of life before the relay was suspected. */
  #suspectedAfterMs: number | undefined

  constructor (components: LineWatchComponents) { this.#on = components }

  /** For how long nothing has come from a relay that is suspected; 0: it is not. */
  get silentMs (): number { return this.#suspectedAfterMs === undefined ? 0 : this.#on.clock.nowMs() - this.#suspectedAfterMs }

  /** Of this connection from now on. */
  begin (channel: Channel, rttMs: number): void {
    this.end()
    this.#channel = channel
    this.#rttMs = rttMs
    this.poke()
  }

  end (): void {
    this.#channel = undefined
    this.#suspectedAfterMs = undefined
    this.#isAsking = false
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Something was asked, or somebody has come to the device. */
  poke (): void {
    if (this.#channel !== undefined && this.#timer === undefined && !this.#isAsking) this.#soon(clientLimits.lineSilenceMs)
  }

  #soon (afterMs: number): void {
    const channel = this.#channel
    if (channel === undefined) return
    this.#timer = this.#on.clock.after(afterMs, () => {
      this.#timer = undefined
      this.#look(channel)
    })
  }

  #look (channel: Channel): void {
    const { clock, isActive } = this.#on
    if (this.#suspectedAfterMs !== undefined && channel.heardAtMs > this.#suspectedAfterMs) {
      this.#suspectedAfterMs = undefined
      this.#on.onHeard()
    }
    // Begun again by `poke`.
    if (!isActive() && !channel.isWaiting && this.#suspectedAfterMs === undefined) return
    const silentMs = clock.nowMs() - channel.heardAtMs
    if (silentMs >= 0 && silentMs < clientLimits.lineSilenceMs) { this.#soon(clientLimits.lineSilenceMs - silentMs); return }
    this.#isAsking = true
    const isOver = (): boolean => this.#channel !== channel
    this.#ask(channel).then((isWanted) => {
      if (isOver()) return
      this.#isAsking = false
      if (isWanted) this.#soon(clientLimits.lineSilenceMs)
    }, () => {
      // The store has failed, which others tell; begun again by `poke`.
      if (!isOver()) this.#isAsking = false
    })
  }

  /** @returns whether that is wanted; when not, until something is asked again: who names a standby does */
  async #ask (channel: Channel): Promise<boolean> {
    const { clock, isWanted, onSilent } = this.#on
    if (!await isWanted()) return false
    const askedAtMs = clock.nowMs()
    try {
      await channel.call(anyMethods.ping, {}, { timeoutMs: Math.max(clientLimits.lineAnswerMs, roundTrips * this.#rttMs) })
    } catch (error) {
      // An error is an answer, too.
      if (!isProtocolError(error, 'TIMEOUT')) return true
      // A device that was busy itself reads what has come after its timers.
      await new Promise<void>((resolve) => { clock.after(clientLimits.lineGraceMs, resolve) })
      if (channel.heardAtMs >= askedAtMs) return true
      if (this.#channel !== channel || this.#suspectedAfterMs !== undefined) return true
      this.#suspectedAfterMs = channel.heardAtMs
      // Not before this device could have noticed: it may have slept.
      onSilent(Math.max(channel.heardAtMs, askedAtMs - clientLimits.lineSilenceMs))
    }
    return true
  }
}
