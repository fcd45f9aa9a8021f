import assert from 'node:assert/strict'
import { SeededRandom, settle } from '../../protocol/clock-manual.ts'
import { Feed, type Source } from './feed.ts'
import { Tail } from '../log/tail.ts'

/** A sequence whose newest items are in memory and the rest in a store, of which the front may be gone. */
class Numbers implements Source<number> {
  readonly tail: Tail<number>
  durableHead = 0
  first = 1
  reads = 0

  constructor () { this.tail = new Tail(1) }
  push (): void { this.tail.push(++this.durableHead) }
  recent (number: number): number | undefined { return this.tail.get(number) }
  numberOf (item: number): number { return item }
  async read (from: number, { maxEntries }: { maxEntries: number }): Promise<number[]> {
    this.reads++
    await settle(3)
    const start = Math.max(from, this.first)
    return Array.from({ length: Math.max(0, Math.min(maxEntries, this.durableHead - start + 1)) }, (_, i) => start + i)
  }
}

const bounds = { maxEntries: 7, maxBytes: 1_000 }

describe('tail', () => {
  it('holds the newest, numbered, and forgets from the front', () => {
    const tail = new Tail<string>(5)
    for (const item of ['five', 'six', 'seven']) tail.push(item)
    assert.deepEqual([tail.first, tail.last, tail.size], [5, 7, 3])
    assert.equal(tail.dropThrough(5), 1)
    assert.deepEqual([tail.get(5), tail.get(6), tail.get(7), tail.get(8)], [undefined, 'six', 'seven', undefined])
    assert.equal(tail.findLast(6, (item) => item.startsWith('s')), 'seven')
    assert.equal(tail.findLast(7, () => true), undefined)
    assert.equal(tail.dropThrough(100), 2)
    assert.deepEqual([tail.first, tail.size], [8, 0])
    tail.push('eight')
    assert.equal(tail.get(8), 'eight')
  })

  it('stays small however many pass through', () => {
    const tail = new Tail<number>(1)
    for (let i = 1; i <= 10_000; i++) {
      tail.push(i)
      if (i > 10) tail.dropThrough(i - 10)
    }
    assert.deepEqual([tail.first, tail.size, tail.get(9_995)], [9_991, 10, 9_995])
  })
})

describe('feed', () => {
  it('takes from memory without reading', () => {
    const numbers = new Numbers()
    const feed = new Feed(numbers, 0)
    assert.equal(feed.peek(), undefined)
    numbers.push()
    assert.equal(feed.peek(), 1)
    feed.took(1)
    assert.deepEqual([feed.sent, feed.isBehind, numbers.reads], [1, false, 0])
  })

  it('goes over what has expired, and is not behind when nothing is left', async () => {
    const numbers = new Numbers()
    for (let i = 0; i < 20; i++) numbers.push()
    numbers.tail.dropThrough(20)
    numbers.first = 11
    const feed = new Feed(numbers, 2)
    await feed.read(bounds)
    assert.equal(feed.peek(), 11)
    const other = new Feed(numbers, 2)
    numbers.first = 21
    await other.read(bounds)
    assert.deepEqual([other.isBehind, other.sent], [false, 20])
  })

  it('a rewind while a read is under way wins', async () => {
    const numbers = new Numbers()
    for (let i = 0; i < 9; i++) numbers.push()
    numbers.tail.dropThrough(9)
    const feed = new Feed(numbers, 5)
    const reading = feed.read(bounds)
    feed.rewind(1)
    await reading
    assert.equal(feed.peek(), undefined)
    await feed.read(bounds)
    assert.equal(feed.peek(), 2)
  })

  it('gives everything once and in order, however memory and reads interleave (seeds 1 to 50)', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = new SeededRandom(seed)
      const numbers = new Numbers()
      const feed = new Feed(numbers, 0)
      const given: number[] = []
      let reading: Promise<void> | undefined
      for (let step = 0; step < 300 || feed.isBehind; step++) {
        if (step < 300 && random.below(3) > 0) numbers.push()
        if (random.below(4) === 0) numbers.tail.dropThrough(numbers.durableHead - random.below(5))
        const item = feed.peek()
        if (item !== undefined) {
          feed.took(item)
          given.push(item)
        } else if (feed.isBehind && !feed.isReading) reading = feed.read(bounds)
        if (random.below(3) === 0) await settle(1)
        if (step > 10_000) assert.fail(`seed ${seed}: stuck`)
      }
      await reading
      assert.deepEqual(given, Array.from({ length: numbers.durableHead }, (_, i) => i + 1), `seed ${seed}`)
    }
  })
})
