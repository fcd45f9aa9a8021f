import assert from 'node:assert/strict'
import { agoText, durationText, parseDuration } from './durations.ts'

describe('lengths of time', () => {
  it('are read as people write them', () => {
    for (const [text, seconds] of [['30s', 30], ['5m', 300], ['8h', 28_800], ['7d', 604_800], ['4w', 2_419_200], [' 2 days ', 172_800]] as const) assert.equal(parseDuration(text), seconds)
    for (const text of ['', '5', 'm', '5x', '-5m', '1.5h', '5m5', '99999999s']) assert.throws(() => parseDuration(text), { code: 'BAD_DURATION' }, text)
  })

  it('are written in the largest whole unit', () => {
    for (const [seconds, text] of [[5, '5 s'], [60, '1 min'], [90, '90 s'], [3600, '1 hour'], [7200, '2 hours'], [86_400, '1 day'], [7 * 86_400, '7 days']] as const) assert.equal(durationText(seconds), text)
  })

  it('how long ago something was is rounded down, and never in the future', () => {
    for (const [ms, text] of [[-5000, 'just now'], [59_000, 'just now'], [60_000, '1 min ago'], [7_199_000, '1 hour ago'], [7_200_000, '2 hours ago'], [3 * 86_400_000, '3 days ago']] as const) assert.equal(agoText(ms), text)
  })
})
