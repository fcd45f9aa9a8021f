/**
 * Delivery lag over time as a small SVG: for each slice of time the slowest delivery, the median one and the slowest first
 * tick, by when the message was said, on a logarithmic scale, with the faults as shaded bands. Plain text, no library.
 */
import { quantilesOf } from './figures.ts'
import type { Timeline } from './timeline.ts'

const [width, height] = [900, 320]
const plot = { left: 64, right: 16, top: 44, bottom: 40 }
const slices = 200
const decades = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]
const lines = [
  { name: 'slowest delivery', colour: '#c0392b' },
  { name: 'median delivery', colour: '#2471a3' },
  { name: 'slowest ✓', colour: '#7d8a2e' }
] as const

interface Slice { readonly atMs: number, readonly values: readonly (number | undefined)[] }

export function delayGraph (timeline: Timeline, { title }: { title: string }): string {
  const { messages, faults } = timeline
  const endMs = Math.max(1, ...messages.flatMap(({ atMs, toldMs }) => [atMs, ...toldMs.values()]), ...faults.flatMap(({ fromMs, untilMs }) => [fromMs, ...(Number.isFinite(untilMs) ? [untilMs] : [])]))
  const sliced = slicesOf(timeline, endMs)
  const slowest = Math.max(10, ...sliced.flatMap(({ values }) => values.filter((value) => value !== undefined)))
  const top = decades.find((decade) => decade >= slowest) ?? decades.at(-1)!
  const x = (ms: number): number => round(plot.left + (width - plot.left - plot.right) * Math.min(ms, endMs) / endMs)
  const y = (ms: number): number => round(height - plot.bottom - (height - plot.top - plot.bottom) * Math.log10(Math.max(1, ms)) / Math.log10(top))
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${plot.left}" y="18" font-size="14">${escaped(title)}</text>`,
    ...lines.map(({ name, colour }, index) => `<text x="${plot.left + index * 140}" y="35" fill="${colour}">— ${name}</text>`),
    `<text x="${plot.left + lines.length * 140}" y="35" fill="#a67c00">▒ fault under way</text>`,
    ...faults.map(({ name, fromMs, untilMs }) => `<rect x="${x(fromMs)}" y="${plot.top}" width="${Math.max(1, round(x(untilMs) - x(fromMs)))}" height="${height - plot.top - plot.bottom}" fill="#f5c518" fill-opacity="0.3"><title>${escaped(name)}</title></rect>`),
    ...decades.filter((decade) => decade <= top).map((decade) => `<path d="M${plot.left} ${y(decade)}H${width - plot.right}" stroke="#ddd"/><text x="${plot.left - 6}" y="${y(decade) + 4}" text-anchor="end">${duration(decade)}</text>`),
    ...ticksOf(endMs).map((ms) => `<text x="${x(ms)}" y="${height - plot.bottom + 16}" text-anchor="middle">${ms / 1000} s</text>`),
    ...lines.map(({ colour }, index) => `<path d="${pathOf(sliced, index, x, y)}" fill="none" stroke="${colour}" stroke-width="1.5"/>`),
    `<text x="${plot.left}" y="${height - 6}" fill="#666">delay of messages by when they were said</text>`,
    '</svg>'
  ]
  return `${parts.join('\n')}\n`
}

function slicesOf ({ messages }: Timeline, endMs: number): Slice[] {
  const sliceMs = endMs / slices
  const found = Array.from({ length: slices }, () => ({ told: [] as number[], sent: [] as number[] }))
  for (const { atMs, sentMs, toldMs } of messages) {
    const slice = found[Math.min(slices - 1, Math.floor(atMs / sliceMs))]!
    if (sentMs !== undefined) slice.sent.push(sentMs - atMs)
    for (const ms of toldMs.values()) slice.told.push(ms - atMs)
  }
  return found.map(({ told, sent }, index) => {
    const { p50, max } = quantilesOf(told)
    return { atMs: (index + 0.5) * sliceMs, values: [told.length === 0 ? undefined : max, told.length === 0 ? undefined : p50, sent.length === 0 ? undefined : quantilesOf(sent).max] }
  })
}

/** Slices in which nothing was said are passed over. */
function pathOf (sliced: readonly Slice[], line: number, x: (ms: number) => number, y: (ms: number) => number): string {
  const points = sliced.flatMap(({ atMs, values }) => values[line] === undefined ? [] : [`${x(atMs)} ${y(values[line])}`])
  return points.length === 0 ? 'M0 0' : `M${points.join('L')}`
}

function ticksOf (endMs: number): number[] {
  const step = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000].find((ms) => endMs / ms <= 12) ?? 1_800_000
  return Array.from({ length: Math.floor(endMs / step) + 1 }, (_, index) => index * step)
}

const round = (value: number): number => Math.round(value * 10) / 10
const duration = (ms: number): string => ms < 1000 ? `${ms} ms` : `${ms / 1000} s`
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
