/**
 * A timeline as figures: how long deliveries took, and for how long at a time nothing came through.
 */
import type { Said, Stream, Timeline } from './timeline.ts'

export interface Quantiles { readonly p50: number, readonly p99: number, readonly max: number }

export interface Gap { readonly ms: number, readonly stream: Stream, readonly fromMs: number }

export interface Figures {
  readonly faults: number
  readonly messages: number
  /** How many deliveries that makes. */
  readonly deliveries: number
  readonly undelivered: number
  /** From handing it to the client to the first tick, and to the reader being told, in ms. */
  readonly toSentMs: Quantiles
  readonly toDeliveryMs: Quantiles
  /** The longest time, while the load was on, in which one stream got no first tick, or none of its readers was told anything. */
  readonly longestWithoutSent: Gap
  readonly longestWithoutDelivery: Gap
}

const nothing: Gap = { ms: 0, stream: '', fromMs: 0 }

export function figuresOf ({ messages, faults }: Timeline): Figures {
  const sent = messages.flatMap((said) => said.sentMs === undefined ? [] : [said.sentMs - said.atMs])
  const told = messages.flatMap((said) => [...said.toldMs.values()].map((ms) => ms - said.atMs))
  const deliveries = messages.reduce((sum, { readers }) => sum + readers.length, 0)
  const streams = new Map<Stream, Said[]>()
  for (const said of messages) streams.set(said.stream, [...streams.get(said.stream) ?? [], said])
  const worst = (timesOf: (said: Said) => number[]): Gap =>
    [...streams].reduce((longest, [stream, said]) => longer(longest, longestGap(stream, said, timesOf)), nothing)
  return {
    faults: faults.length,
    messages: messages.length,
    deliveries,
    undelivered: deliveries - told.length,
    toSentMs: quantilesOf(sent),
    toDeliveryMs: quantilesOf(told),
    longestWithoutSent: worst(({ sentMs }) => sentMs === undefined ? [] : [sentMs]),
    longestWithoutDelivery: worst(({ toldMs }) => [...toldMs.values()])
  }
}

/**
 * Between two events of a stream while something was waiting: from the last event, or from when the oldest message that
 * was still open was said, whichever is later, so that a pause of the load is no outage.
 */
function longestGap (stream: Stream, said: readonly Said[], timesOf: (said: Said) => number[]): Gap {
  const events = said.flatMap(timesOf).sort((a, b) => a - b)
  let longest = nothing
  let [last, oldestOpen] = [-Infinity, 0]
  for (const event of events) {
    while (oldestOpen < said.length - 1 && isOver(timesOf(said[oldestOpen]!), last)) oldestOpen++
    const fromMs = Math.max(last, said[oldestOpen]!.atMs)
    longest = longer(longest, { ms: event - fromMs, stream, fromMs })
    last = event
  }
  return longest
}

const isOver = (times: readonly number[], atMs: number): boolean => times.length > 0 && times.every((ms) => ms <= atMs)

const longer = (a: Gap, b: Gap): Gap => b.ms > a.ms ? b : a

export function quantilesOf (values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (q: number): number => sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}
