import assert from 'node:assert/strict'
import { isProtocolError } from '../../protocol/errors.ts'
import { agreedThrough, epochThrough, isFurther, shapeFromWire, shapeOf, type LogShape } from './epochs.ts'
import type { Log } from './log.ts'

/** Epochs of entries 1, 2, …; 0: not kept. */
function shape (...epochs: number[]): LogShape {
  const first = epochs.findIndex((epoch) => epoch !== 0) + 1
  const kept = epochs.slice(first - 1)
  return { first: kept.length === epochs.length ? 1 : first, head: epochs.length, epochs: kept.flatMap((epoch, i) => i > 0 && kept[i - 1] === epoch ? [] : [{ epoch, first: first + i }]) }
}

describe('epochs of a log', () => {
  it('are found by their borders, whatever is not kept any more', async () => {
    for (const epochs of [[1], [1, 1, 1, 2, 2, 7, 7, 7, 7], [0, 0, 3, 3, 4, 9, 9], [5, 5, 5, 5, 5, 5, 5, 5]]) {
      const wanted = shape(...epochs)
      const log = { durableHead: epochs.length, head: epochs.length, first: wanted.first, epoch: epochs.at(-1), starts: [] } as unknown as Log
      let reads = 0
      const found = await shapeOf(log, (seq) => {
        reads++
        return Promise.resolve(seq < wanted.first ? undefined : { epoch: epochs[seq - 1]! } as never)
      })
      assert.deepEqual(found, wanted)
      assert.ok(reads < 20)
    }
    assert.deepEqual(await shapeOf({ durableHead: 0, head: 0, first: 1, epoch: 0, starts: [] } as unknown as Log, () => Promise.resolve(undefined)), { first: 1, head: 0, epochs: [] })
  })

  it('are known without a read where the log has kept their starts, and read where it has not', async () => {
    const epochs = [1, 1, 2, 2, 5, 5, 5]
    const all = [{ epoch: 1, first: 1 }, { epoch: 2, first: 3 }, { epoch: 5, first: 5 }]
    for (const { first, starts, wanted } of [
      { first: 8, starts: all, wanted: all },
      { first: 4, starts: all, wanted: all },
      { first: 1, starts: [{ epoch: 5, first: 6 }], wanted: all },
      { first: 1, starts: [{ epoch: 2, first: 4 }, { epoch: 5, first: 5 }], wanted: all },
      { first: 4, starts: [{ epoch: 5, first: 7 }], wanted: [{ epoch: 2, first: 4 }, { epoch: 5, first: 5 }] },
      { first: 8, starts: [{ epoch: 5, first: 6 }], wanted: [{ epoch: 5, first: 6 }] }
    ]) {
      const log = { durableHead: 7, head: 7, first, epoch: 5, starts } as unknown as Log
      const found = await shapeOf(log, (seq) => {
        assert.ok(starts !== all && seq >= first)
        return Promise.resolve({ epoch: epochs[seq - 1]! } as never)
      })
      assert.deepEqual(found, { first, head: 7, epochs: wanted })
    }
    const behind = { durableHead: 4, head: 7, first: 8, epoch: 5, starts: all } as unknown as Log
    assert.deepEqual((await shapeOf(behind, () => Promise.resolve(undefined))).epochs, all.slice(0, 2))
  })

  it('two copies agree up to where an epoch differs, or one ends', () => {
    assert.equal(agreedThrough(shape(1, 1, 1), shape(1, 1, 1, 2)), 3)
    assert.equal(agreedThrough(shape(1, 1, 1, 1, 1), shape(1, 1, 1, 2)), 3)
    assert.equal(agreedThrough(shape(1, 1, 3, 3), shape(1, 1, 2, 3)), 2)
    assert.equal(agreedThrough(shape(2, 2), shape(1, 1)), 0)
    assert.equal(agreedThrough(shape(1, 1, 1, 1), shape(1, 1)), 2)
    // What is not kept cannot be compared, but for what must have been before.
    assert.equal(agreedThrough(shape(0, 0, 1, 2), shape(1, 1, 1, 2)), 4)
    assert.equal(agreedThrough(shape(0, 0, 2, 2), shape(1, 5, 5)), 1)
    assert.equal(agreedThrough(shape(1, 5), shape(0, 0, 2, 2)), 1)
    assert.equal(epochThrough(shape(1, 1, 3), shape(1, 1, 2), 2), 1)
    assert.equal(epochThrough(shape(0, 0, 3), shape(0, 0, 2), 1), 2)
  })

  it('a newer epoch has come further than a longer log', () => {
    assert.ok(isFurther(shape(1, 2), shape(1, 1, 1)))
    assert.ok(isFurther(shape(1, 1), shape(1)))
    assert.ok(!isFurther(shape(1, 1), shape(1, 1)))
  })

  it('what no log can be is refused', () => {
    const good = { conversation: new Uint8Array(65), first: 1, head: 5, epochs: [{ epoch: 1, first: 1 }, { epoch: 4, first: 3 }] }
    assert.deepEqual(shapeFromWire(good).epochs, good.epochs)
    const bad = [{ head: 2 ** 60 }, { head: 0 }, { epochs: [] }, { epochs: [{ epoch: 0, first: 1 }] }, { epochs: [{ epoch: 4, first: 1 }, { epoch: 4, first: 2 }] }, { epochs: [{ epoch: 1, first: 3 }, { epoch: 2, first: 3 }] }, { epochs: [{ epoch: 1, first: 6 }] }]
    for (const change of bad) assert.throws(() => shapeFromWire({ ...good, ...change }), (error) => isProtocolError(error, 'MALFORMED'), JSON.stringify(change))
  })
})
