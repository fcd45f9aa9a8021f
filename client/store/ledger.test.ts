import assert from 'node:assert/strict'
import { Ledger, Table } from './ledger.ts'
import { MemoryStore } from './store-memory.ts'
import type { StoreWrite } from './store.ts'
import { inMemory, json } from './stored.ts'

class CountingStore extends MemoryStore {
  batches: StoreWrite[][] = []
  failure: Error | undefined
  override async batch (writes: readonly StoreWrite[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    this.batches.push([...writes])
    await super.batch(writes)
  }
}

describe('client ledger', () => {
  let store: CountingStore
  let ledger: Ledger
  let numbers: Table<number>
  beforeEach(() => {
    store = new CountingStore()
    ledger = new Ledger(store)
    numbers = new Table<number>('n/', json('n/'))
  })
  const increment = (key: string, by = 1): Promise<number> => ledger.run(async (draft) => {
    const value = (await draft.read(numbers, key) ?? 0) + by
    draft.write(numbers, key, value)
    return value
  })

  it('runs tasks one after another and makes one batch of those that wait', async () => {
    assert.deepEqual(await Promise.all([increment('a'), increment('a'), increment('b'), increment('a')]), [1, 2, 1, 3])
    assert.equal(store.batches.length, 1)
    assert.equal(store.batches[0]!.length, 2)
    assert.equal(await ledger.read(numbers, 'a'), 3)
  })

  it('a task that throws leaves no trace and does not disturb the others', async () => {
    const effects: string[] = []
    const failing = ledger.run((draft) => {
      draft.write(numbers, 'a', 100)
      draft.after(() => { effects.push('never') })
      throw new Error('no')
    })
    const [, result] = await Promise.allSettled([failing, increment('a')])
    assert.equal(result.status === 'fulfilled' && result.value, 1)
    assert.deepEqual(effects, [])
  })

  it('a batch that fails leaves none of its tasks, in the store or in memory', async () => {
    await increment('a')
    store.failure = new Error('disk')
    const effects: string[] = []
    const results = await Promise.allSettled([increment('a'), ledger.run((draft) => { draft.write(numbers, 'b', 1); draft.after(() => { effects.push('never') }) })])
    assert.deepEqual(results.map(({ status }) => status), ['rejected', 'rejected'])
    store.failure = undefined
    assert.equal(await increment('a'), 2)
    assert.equal(await ledger.read(numbers, 'b'), undefined)
    assert.deepEqual(effects, [])
  })

  it('effects run in order, once everything is durable, before the caller goes on', async () => {
    const order: string[] = []
    const task = (name: string): Promise<void> => ledger.run((draft) => {
      draft.write(numbers, name, 1)
      draft.after(() => { order.push(`${name} after ${store.batches.length} batches`) })
    }).then(() => { order.push(`${name} done`) })
    await Promise.all([task('a'), task('b')])
    assert.deepEqual(order, ['a after 1 batches', 'b after 1 batches', 'a done', 'b done'])
  })

  it('a child draft is taken or dropped as a whole', async () => {
    await ledger.run(async (draft) => {
      draft.write(numbers, 'a', 1)
      const dropped = draft.child()
      dropped.write(numbers, 'a', 2)
      assert.equal(await dropped.read(numbers, 'a'), 2)
      assert.equal(await draft.read(numbers, 'a'), 1)
      const taken = draft.child()
      taken.erase(numbers, 'a')
      taken.write(numbers, 'b', 3)
      draft.absorb(taken)
      assert.equal(await draft.read(numbers, 'a'), undefined)
    })
    assert.equal(await ledger.read(numbers, 'a'), undefined)
    assert.equal(await ledger.read(numbers, 'b'), 3)
  })

  it('a fresh task sees in ranges what the tasks before it have written', async () => {
    const [, seen] = await Promise.all([
      increment('a'),
      ledger.run(async () => await ledger.range(numbers, { from: '', to: '\x7f' }), { isFresh: true }),
      increment('b')
    ])
    assert.deepEqual(seen, [{ key: 'a', value: 1 }])
    assert.equal(store.batches.length, 2)
  })

  it('a cache that is too small forgets, never the store', async () => {
    const small = new Table<number>('s/', json('s/'), { maxCached: 2 })
    for (let i = 0; i < 5; i++) await ledger.run((draft) => { draft.write(small, `k${i}`, i) })
    assert.equal(small.cached('k0'), undefined)
    assert.equal(small.cached('k4'), 4)
    await ledger.run(async (draft) => { await draft.prefetch(small, ['k0', 'k3', 'none']); assert.equal(draft.peek(small, 'k0'), 0) })
    assert.deepEqual(await ledger.readMany(small, ['k2', 'none', 'k4', 'k1']), [2, undefined, 4, 1])
  })

  it('a table that is in memory as a whole can be read while it is gone through', async () => {
    const whole = new Table<number>('w/', json('w/'), { maxCached: Infinity })
    await ledger.run((draft) => { for (const key of ['a', 'b', 'c']) draft.write(whole, key, 1) })
    const seen: string[] = []
    await ledger.run(async (draft) => {
      for (const [key] of whole.cachedEntries()) {
        seen.push(key)
        await draft.read(whole, key)
        assert.ok(seen.length <= 3, 'each once')
      }
    })
    assert.deepEqual(seen, ['a', 'b', 'c'])
  })

  it('a table without prefix is as transactional and never stored', async () => {
    const counts = new Table<number>(undefined, inMemory())
    await ledger.run((draft) => { draft.write(counts, 'a', 1) })
    await assert.rejects(ledger.run((draft) => { draft.write(counts, 'a', 2); throw new Error('no') }))
    assert.equal(counts.cached('a'), 1)
    assert.equal(store.batches.length, 0)
  })

  it('damage in the store is reported, not read as something else', async () => {
    store.data.set('n/x', Uint8Array.of(0xff, 0x00))
    await assert.rejects(ledger.read(numbers, 'x'), { code: 'DATABASE_CORRUPT' })
  })
})
