import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { delayGraph } from './delay-graph.ts'
import { figuresOf } from './figures.ts'
import { figureRows, writeReport } from './report.ts'
import { Timeline } from './timeline.ts'

/** A timeline on a clock that the test moves. */
function made (): { timeline: Timeline, at (ms: number): Timeline } {
  let nowMs = 500
  const timeline = new Timeline(() => nowMs)
  return { timeline, at: (ms) => { nowMs = 500 + ms; return timeline } }
}

/** One message each `everyMs`, delivered 50 ms later, unless it is said in the outage: then all come at its end. */
function withOutage ({ fromMs, untilMs, everyMs = 100, endMs = 10_000 }: { fromMs: number, untilMs: number, everyMs?: number, endMs?: number }): Timeline {
  const { timeline, at } = made()
  const due: Array<{ ms: number, act: () => void }> = []
  for (let ms = 0; ms < endMs; ms += everyMs) {
    const text = `m${ms}`
    due.push({ ms, act: () => { timeline.onSaid({ stream: 'ann → bob', author: 'ann', text, readers: ['bob'] }) } })
    const tellMs = ms + 50 > fromMs && ms < untilMs ? Math.max(untilMs, ms + 50) : ms + 50
    due.push({ ms: ms + 10, act: () => { timeline.onSent(text) } }, { ms: tellMs, act: () => { timeline.onTold('bob', text) } })
  }
  for (const { ms, act } of due.sort((a, b) => a.ms - b.ms)) { at(ms); act() }
  return timeline
}

describe('report of a scenario with faults', () => {
  it('the longest unavailability is the time in which something waited and nothing came', () => {
    const { longestWithoutDelivery, longestWithoutSent, toDeliveryMs, messages, undelivered } = figuresOf(withOutage({ fromMs: 3_000, untilMs: 5_500 }))
    assert.equal(messages, 100)
    assert.equal(undelivered, 0)
    // The last delivery before is at 2,950; the message of 3,000 waits from then on.
    assert.deepEqual(longestWithoutDelivery, { ms: 2_500, stream: 'ann → bob', fromMs: 3_000 })
    assert.equal(longestWithoutSent.ms, 10)
    assert.equal(toDeliveryMs.p50, 50)
    assert.equal(toDeliveryMs.max, 2_500)
  })

  it('a pause of the load is no outage', () => {
    const { timeline, at } = made()
    for (const ms of [0, 60_000]) {
      at(ms).onSaid({ stream: 's', author: 'a', text: `m${ms}`, readers: ['b'] })
      at(ms + 20).onTold('b', `m${ms}`)
    }
    assert.equal(figuresOf(timeline).longestWithoutDelivery.ms, 20)
  })

  it('what never came is counted, and a second telling does not count', () => {
    const { timeline, at } = made()
    at(0).onSaid({ stream: 's', author: 'a', text: 'x', readers: ['b', 'c'] })
    at(5).onTold('b', 'x')
    at(90).onTold('b', 'x')
    assert.equal(timeline.open, 1)
    const figures = figuresOf(timeline)
    assert.deepEqual([figures.deliveries, figures.undelivered, figures.toDeliveryMs.max], [2, 1, 5])
  })

  it('the tick may come before the text was noted as said by its own stream, and strangers\' texts are nobody\'s', () => {
    const { timeline } = made()
    timeline.onSent('never said')
    timeline.onTold('b', 'never said')
    assert.equal(timeline.messages.length, 0)
  })

  it('the graph shows the lag, marks the faults, and is small', () => {
    const timeline = withOutage({ fromMs: 3_000, untilMs: 5_500, everyMs: 10, endMs: 60_000 })
    timeline.faults.push({ name: 'eu-1 <killed>', fromMs: 3_000, untilMs: 5_500 })
    const svg = delayGraph(timeline, { title: 'kill & restart' })
    assert.match(svg, /^<svg /)
    assert.match(svg, /kill &amp; restart/)
    assert.match(svg, /<title>eu-1 &lt;killed&gt;<\/title>/)
    assert.ok(svg.length < 20_000, String(svg.length))
    assert.ok(!/NaN|Infinity|undefined/.test(svg), svg)
    // The band of the fault is where it was: 3 to 5.5 of 60 s on 820 pixels right of the axis.
    const [, x, width] = /<rect x="([\d.]+)" y="\d+" width="([\d.]+)" height="\d+" fill="#f5c518"/.exec(svg)!
    assert.ok(Math.abs(Number(x) - (64 + 820 * 3 / 60)) < 1, x)
    assert.ok(Math.abs(Number(width) - 820 * 2.5 / 60) < 1, width)
  })

  it('nothing said makes an empty graph, not a broken one', () => {
    assert.ok(!/NaN|Infinity/.test(delayGraph(new Timeline(() => 0), { title: 'empty' })))
  })

  it('is written as JSON and SVG, with conditions, verdict and figures', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heliograph-report-test-'))
    try {
      const verdict = { lost: 1, twice: 2, outOfOrder: 3 }
      const written = await writeReport(join(folder, 'deep'), { scenario: 'made-up', seed: 7, scale: 0.5, timeline: withOutage({ fromMs: 1_000, untilMs: 2_000 }), verdict, conditions: { 'round trip': '80 ms' } })
      const report = JSON.parse(await readFile(written.json, 'utf8')) as { seed: number, lost: number, conditions: Record<string, string>, figures: { messages: number }, seconds: Array<{ slowestMs: number }> }
      assert.deepEqual([report.seed, report.lost, report.figures.messages, report.conditions['round trip'], report.seconds[1]!.slowestMs], [7, 1, 100, '80 ms', 1_000])
      assert.match(await readFile(written.svg, 'utf8'), /1 lost, 2 twice, 3 out of order/)
      assert.ok(figureRows(written.figures, verdict).some(([name, value]) => name === 'lost, twice, out of order' && value === '1, 2, 3'))
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
