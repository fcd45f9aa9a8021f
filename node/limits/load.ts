/**
 * How much this relay has to do, and what it therefore leaves out: the one place that decides, others ask.
 *
 * Owns: the levels normal, busy and overloaded, out of measures that their owners hand in; hysteresis; the count of what
 * was left out. Presence goes first, then history. The message path never asks: it gets slower, and is still durable.
 * No timer of its own: whoever asks makes it look, at most ten times a second. Spec: docs/protocol/limits.md
 */
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { Meter } from '../watch/meter.ts'

export const loadLevels = ['normal', 'busy', 'overloaded'] as const
export type LoadLevel = typeof loadLevels[number]

/** What can wait, the first first: who is there and who types; then what is asked about the past and about people. */
export type Sheddable = 'presence' | 'history'

/** From which level on it is left out. */
const shedFrom: Record<Sheddable, number> = { presence: 1, history: 2 }

/** Something that grows when there is too much to do. */
export interface LoadMeasure {
  /** A fixed word, for the metric: `loop_lag_ms`. */
  readonly name: string
  read (): number
  readonly busy: number
  readonly overloaded: number
}

/** What others need of it. */
export interface Load {
  readonly level: LoadLevel
  /** Whether this is left out now; counted when it is. */
  sheds (what: Sheddable): boolean
  /** @throws ProtocolError OVERLOADED with retryAfterMs when this is left out now */
  check (what: Sheddable): void
}

/** Between two looks at the measures. */
const lookEveryMs = 100
/** A level is left when every measure has been below this part of its bound … */
const calmShare = 0.6
/** … for this long. */
const calmMs = 2_000
/** When to ask again for what was left out: a level lasts two seconds at least. */
const retryAfterMs = 3_000

export class LoadGuard implements Load {
  readonly #clock: Clock
  readonly #shed
  readonly #measures: LoadMeasure[] = []
  #level = 0
  #lookedAtMs = -Infinity
  /** Since when everything has been well below the present level; undefined: it has not. */
  #calmSinceMs: number | undefined

  constructor ({ clock, meter }: { clock: Clock, meter: Meter }) {
    this.#clock = clock
    this.#shed = meter.counter('heliograph_shed_total', 'requests and notifications left out because there was too much to do, by what', ['what'])
    // From 0 on, so that the first one is seen to have been added.
    for (const what of Object.keys(shedFrom)) this.#shed.inc(0, { what })
    meter.gauge('heliograph_load_level', '0 normal, 1 busy (no presence), 2 overloaded (nor history)', () => this.#look())
  }

  watch (measure: LoadMeasure): this {
    this.#measures.push(measure)
    return this
  }

  get level (): LoadLevel { return loadLevels[this.#look()]! }

  sheds (what: Sheddable): boolean {
    if (this.#look() < shedFrom[what]) return false
    this.#shed.inc(1, { what })
    return true
  }

  check (what: Sheddable): void {
    if (this.sheds(what)) throw new ProtocolError('OVERLOADED', { retryAfterMs, what })
  }

  /** Up at once, down one level after a calm while. */
  #look (): number {
    const nowMs = this.#clock.nowMs()
    const sinceMs = nowMs - this.#lookedAtMs
    // A clock that was set back must not freeze the level.
    if (sinceMs >= 0 && sinceMs < lookEveryMs) return this.#level
    this.#lookedAtMs = nowMs
    // Nobody has asked for a while, so there was nothing to leave out.
    if (sinceMs >= 2 * calmMs) this.#level = 0
    const seen = this.#measured(1)
    if (seen > this.#level) {
      this.#level = seen
      this.#calmSinceMs = undefined
    } else if (this.#level > 0 && this.#measured(calmShare) < this.#level) {
      if (this.#calmSinceMs === undefined || this.#calmSinceMs > nowMs) this.#calmSinceMs = nowMs
      else if (nowMs - this.#calmSinceMs >= calmMs) {
        this.#level--
        this.#calmSinceMs = undefined
      }
    } else this.#calmSinceMs = undefined
    return this.#level
  }

  /** The highest level of all measures, each against this share of its bounds. */
  #measured (share: number): number {
    let level = 0
    for (const { read, busy, overloaded } of this.#measures) {
      const value = read()
      if (value >= overloaded * share) return 2
      if (value >= busy * share) level = 1
    }
    return level
  }
}

/** For parts that are made without a relay around them: never too much to do. */
export const noLoad: Load = { level: 'normal', sheds: () => false, check: () => {} }
