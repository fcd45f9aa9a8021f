import assert from 'node:assert/strict'
import { scale, type ScaleFigures } from './scale.ts'

describe('a network of very many, small', () => {
  it('relays carry what light devices say, and the same happens again', async () => {
    const lines: string[] = []
    const once = async (): Promise<ScaleFigures> => await scale({ relays: 8, accounts: 80, seconds: 120, warmUpSeconds: 240, perHour: 30, say: (line) => { lines.push(line) } })
    const [first, second] = [await once(), await once()]
    const { counts } = first
    assert.ok(counts.sessions > 50, lines.join('\n'))
    assert.equal(counts.failed, 0)
    assert.ok(Math.abs(counts.sent - counts.submitted) <= 2, `${counts.sent} of ${counts.submitted} are taken`)
    assert.ok(counts.delivered > counts.submitted / 2, `${counts.delivered} of ${counts.submitted} have come`)
    assert.deepEqual(second.counts, counts)
  }).timeout(60_000)
})
