/**
 * What a scenario with faults leaves behind: `<scenario>.json` with conditions, figures, faults and each second of the run,
 * and `<scenario>.svg`, the graph.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { delayGraph } from './delay-graph.ts'
import { figuresOf, quantilesOf, type Figures } from './figures.ts'
import type { Timeline } from './timeline.ts'

/** Counted on what the clients have at the end, not on the timeline. */
export interface Verdict { readonly lost: number, readonly twice: number, readonly outOfOrder: number }

export interface ReportParts {
  readonly scenario: string
  readonly seed: number
  readonly scale: number
  readonly timeline: Timeline
  readonly verdict: Verdict
  /** What a reader has to know to judge the figures, e.g. `{ 'round trip': '80 ms' }`. */
  readonly conditions: Readonly<Record<string, string>>
}

export interface Written { readonly json: string, readonly svg: string, readonly figures: Figures }

/** @param folder made when it is not there; files of an earlier run of the same scenario are replaced */
export async function writeReport (folder: string, parts: ReportParts): Promise<Written> {
  const { scenario, seed, scale, timeline, verdict } = parts
  const figures = figuresOf(timeline)
  const conditions = { ...parts.conditions, node: process.version, processors: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}` }
  await mkdir(folder, { recursive: true })
  const [json, svg] = [join(folder, `${scenario}.json`), join(folder, `${scenario}.svg`)]
  const rounded = (_: string, value: unknown): unknown => typeof value === 'number' ? Number.isFinite(value) ? Math.round(value) : null : value
  await writeFile(json, `${JSON.stringify({ scenario, seed, conditions: { scale: String(scale), ...conditions }, ...verdict, figures, faults: timeline.faults, seconds: secondsOf(timeline) }, rounded, 1)}\n`)
  await writeFile(svg, delayGraph(timeline, { title: `${scenario}: ${figures.messages} messages, ${figures.faults} faults, ${verdict.lost} lost, ${verdict.twice} twice, ${verdict.outOfOrder} out of order` }))
  return { json, svg, figures }
}

/** One row a second in which something was said: how many, and how long they took. */
function secondsOf ({ messages }: Timeline): Array<{ second: number, said: number, delivered: number, medianMs: number, slowestMs: number, slowestSentMs: number }> {
  const rows = new Map<number, { said: number, told: number[], sent: number[] }>()
  for (const { atMs, sentMs, toldMs } of messages) {
    const second = Math.floor(atMs / 1000)
    const row = rows.get(second) ?? { said: 0, told: [], sent: [] }
    rows.set(second, row)
    row.said++
    if (sentMs !== undefined) row.sent.push(sentMs - atMs)
    row.told.push(...[...toldMs.values()].map((ms) => ms - atMs))
  }
  return [...rows].map(([second, { said, told, sent }]) => {
    const { p50, max } = quantilesOf(told)
    return { second, said, delivered: told.length, medianMs: p50, slowestMs: max, slowestSentMs: quantilesOf(sent).max }
  })
}

/** Rows for the scenario's table. */
export function figureRows ({ faults, messages, toSentMs, toDeliveryMs, longestWithoutSent, longestWithoutDelivery }: Figures, { lost, twice, outOfOrder }: Verdict): Array<[name: string, value: string]> {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  const of = (stream: string): string => stream === '' ? '' : ` (${stream})`
  return [
    ['faults injected', String(faults)],
    ['messages in all', String(messages)],
    ['lost, twice, out of order', `${lost}, ${twice}, ${outOfOrder}`],
    ['time to ✓', `p50 ${Math.round(toSentMs.p50)} ms, p99 ${Math.round(toSentMs.p99)} ms, at most ${seconds(toSentMs.max)}`],
    ['time to delivery', `p50 ${Math.round(toDeliveryMs.p50)} ms, p99 ${Math.round(toDeliveryMs.p99)} ms, at most ${seconds(toDeliveryMs.max)}`],
    ['longest without a ✓', `${seconds(longestWithoutSent.ms)}${of(longestWithoutSent.stream)}`],
    ['longest without a delivery', `${seconds(longestWithoutDelivery.ms)}${of(longestWithoutDelivery.stream)}`]
  ]
}
