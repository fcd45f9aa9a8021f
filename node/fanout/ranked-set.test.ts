import assert from 'node:assert/strict'
import { RankedSet } from './ranked-set.ts'

describe('ranked set', () => {
  it('gives low ranks first, and within a rank who came first', () => {
    const set = new RankedSet<string>()
    for (const [one, rank] of [['large', 2], ['small', 1], ['pair', 0], ['another pair', 0], ['small', 1]] as const) set.add(one, rank)
    assert.deepEqual([...set], ['pair', 'another pair', 'small', 'large'])
    set.add('small', 2)
    assert.deepEqual([...set], ['pair', 'another pair', 'large', 'small'])
    assert.equal(set.size, 4)
  })

  it('may be emptied while it is gone through', () => {
    const set = new RankedSet<number>()
    for (let i = 0; i < 9; i++) set.add(i, (i % 3) as 0 | 1 | 2)
    const seen: number[] = []
    for (const one of set) { seen.push(one); set.delete(one) }
    assert.deepEqual([seen.length, set.size], [9, 0])
  })
})
