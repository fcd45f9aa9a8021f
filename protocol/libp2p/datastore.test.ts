import assert from 'node:assert/strict'
import { ManualClock } from '../clock-manual.ts'
import { BoundedDatastore } from './datastore.ts'

const key = (text: string): Parameters<BoundedDatastore['put']>[0] => ({ toString: () => text }) as Parameters<BoundedDatastore['put']>[0]
const isNotFound = (error: unknown): boolean => (error as Error).name === 'NotFoundError'

describe('the datastore of a DHT server', () => {
  it('keeps, overwrites and deletes', async () => {
    const store = new BoundedDatastore({ clock: new ManualClock() })
    store.put(key('/dht/record/a'), Uint8Array.of(1))
    store.put(key('/dht/record/a'), Uint8Array.of(2))
    store.put(key('/peers/a'), Uint8Array.of(3))
    assert.deepEqual([...store.get(key('/dht/record/a'))], [2])
    assert.equal(store.has(key('/peers/a')), true)
    store.delete(key('/dht/record/a'))
    assert.throws(() => store.get(key('/dht/record/a')), isNotFound)
    const batch = store.batch()
    batch.put(key('/peers/b'), Uint8Array.of(4))
    batch.delete(key('/peers/a'))
    assert.equal(store.has(key('/peers/b')), false)
    await batch.commit()
    assert.deepEqual([...store.queryKeys({ prefix: '/peers' })].map(String), ['/peers/b'])
  })

  it('does not keep the frame alive that a value came in', () => {
    const store = new BoundedDatastore({ clock: new ManualClock() })
    const frame = Buffer.alloc(1000, 7)
    store.put(key('/dht/record/a'), frame.subarray(10, 20))
    frame.fill(0)
    const value = store.get(key('/dht/record/a'))
    assert.ok(value.every((byte) => byte === 7))
    assert.equal(value.buffer.byteLength, 10)
  })

  it('who fills it pushes out its own values, not those of others', () => {
    let source: string | undefined = 'honest'
    const store = new BoundedDatastore({ clock: new ManualClock(), source: () => source }, { dhtEntries: 1_000 })
    for (let i = 0; i < 100; i++) store.put(key(`/dht/record/honest ${i}`), Uint8Array.of(0))
    source = undefined
    store.put(key('/dht/record/own'), Uint8Array.of(0))
    source = 'flooder'
    for (let i = 0; i < 20_000; i++) store.put(key(`/dht/record/flood ${i}`), Uint8Array.of(0))
    assert.equal(store.dhtEntries, 1_000)
    for (let i = 0; i < 100; i++) assert.ok(store.has(key(`/dht/record/honest ${i}`)))
    assert.ok(store.has(key('/dht/record/own')) && store.has(key('/dht/record/flood 19999')))
    // Taken over by somebody else, deleted, swept: it is counted for nobody any more.
    source = 'honest'
    store.put(key('/dht/record/flood 19999'), Uint8Array.of(1))
    store.delete(key('/dht/record/honest 0'))
    source = 'flooder'
    for (let i = 0; i < 2_000; i++) store.put(key(`/dht/record/more ${i}`), Uint8Array.of(0))
    assert.ok(store.has(key('/dht/record/flood 19999')) && store.has(key('/dht/record/honest 99')))
  })

  it('lets the longest unwritten value go when it is full, and never a peer for a value', () => {
    const store = new BoundedDatastore({ clock: new ManualClock() }, { dhtEntries: 3 })
    store.put(key('/peers/a'), Uint8Array.of(0))
    for (const name of ['a', 'b', 'c', 'a', 'd']) store.put(key(`/dht/record/${name}`), Uint8Array.of(0))
    assert.deepEqual([...store.queryKeys({ prefix: '/dht/record' })].map(String), ['/dht/record/c', '/dht/record/a', '/dht/record/d'])
    assert.equal(store.has(key('/peers/a')), true)
  })

  it('sweeps values past their time, not those written again', async () => {
    const clock = new ManualClock()
    const store = new BoundedDatastore({ clock }, { ttlMs: 1000 })
    store.put(key('/dht/record/old'), Uint8Array.of(0))
    store.put(key('/dht/record/renewed'), Uint8Array.of(0))
    await clock.advance(600)
    store.put(key('/dht/record/renewed'), Uint8Array.of(0))
    await clock.advance(600)
    assert.equal(store.sweep(), 1)
    assert.deepEqual([...store.queryKeys({ prefix: '/dht' })].map(String), ['/dht/record/renewed'])
  })

  it('keeps no provider entries, whatever a stranger announces', () => {
    const store = new BoundedDatastore({ clock: new ManualClock() })
    for (let i = 0; i < 1000; i++) store.put(key(`/dht/provider/${i}/x`), new Uint8Array(10))
    assert.deepEqual([...store.query({ prefix: '/dht/provider' })], [])
    assert.equal(store.dhtEntries, 0)
  })

  it('answers queries with filters, order, offset and limit', () => {
    const store = new BoundedDatastore({ clock: new ManualClock() })
    for (let i = 0; i < 10; i++) store.put(key(`/peers/${i}`), Uint8Array.of(i))
    const found = [...store.query({
      prefix: '/peers',
      filters: [({ value }) => value[0]! % 2 === 0],
      orders: [(a, b) => a.value[0]! > b.value[0]! ? -1 : 1],
      offset: 1,
      limit: 2
    })]
    assert.deepEqual(found.map(({ value }) => value[0]), [6, 4])
  })
})
