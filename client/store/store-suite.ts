/**
 * What every engine of the ClientStore port does: a port is its conformance suite.
 */
import assert from 'node:assert/strict'
import { utf8 } from '../../protocol/bytes.ts'
import type { ClientStore } from './store.ts'

export interface StoreHarness {
  open (): Promise<ClientStore>
  /** The same data, opened again after a close. */
  reopen (): Promise<ClientStore>
  remove (): Promise<void>
}

/** Call inside a `describe`. */
export function clientStoreSuite (makeHarness: () => StoreHarness | Promise<StoreHarness>): void {
  let harness: StoreHarness
  let store: ClientStore
  beforeEach(async () => {
    harness = await makeHarness()
    store = await harness.open()
  })
  afterEach(async () => {
    await store.close()
    await harness.remove()
  })

  it('returns what was put, and undefined for what was not', async () => {
    await store.batch([{ op: 'put', key: 'a/1', value: Uint8Array.of(1, 2, 3) }])
    assert.deepEqual([...await store.get('a/1') ?? []], [1, 2, 3])
    assert.equal(await store.get('a/2'), undefined)
    const many = await store.getMany(['a/2', 'a/1', 'a/1'])
    assert.deepEqual(many.map((value) => value === undefined ? undefined : [...value]), [undefined, [1, 2, 3], [1, 2, 3]])
    assert.deepEqual(await store.getMany([]), [])
  })

  it('keeps empty values', async () => {
    await store.batch([{ op: 'put', key: 'empty', value: new Uint8Array(0) }])
    assert.equal((await store.get('empty'))?.byteLength, 0)
  })

  it('applies a batch in order: the last write of a key wins', async () => {
    await store.batch([
      { op: 'put', key: 'k', value: Uint8Array.of(1) },
      { op: 'delete', key: 'k' },
      { op: 'put', key: 'k', value: Uint8Array.of(2) },
      { op: 'put', key: 'gone', value: Uint8Array.of(3) },
      { op: 'delete', key: 'gone' }
    ])
    assert.deepEqual([...await store.get('k') ?? []], [2])
    assert.equal(await store.get('gone'), undefined)
  })

  it('ranges from inclusive to exclusive, in order of bytes, both ways, bounded', async () => {
    const keys = ['a/', 'a/1', 'a/10', 'a/2', 'a/~', 'b/1', 'A/1']
    await store.batch(keys.map((key) => ({ op: 'put', key, value: utf8(key) })))
    const list = async (range: Parameters<ClientStore['range']>[0]): Promise<string[]> => (await store.range(range)).map((row) => row.key)
    assert.deepEqual(await list({ from: 'a/', to: 'a/\x7f' }), ['a/', 'a/1', 'a/10', 'a/2', 'a/~'])
    assert.deepEqual(await list({ from: 'a/1', to: 'a/2' }), ['a/1', 'a/10'])
    assert.deepEqual(await list({ from: 'a/', to: 'a/\x7f', reverse: true, limit: 2 }), ['a/~', 'a/2'])
    assert.deepEqual(await list({ from: 'c/', to: 'd/' }), [])
    assert.deepEqual((await store.range({ from: 'b/', to: 'b/\x7f' })).map((row) => [...row.value]), [[...utf8('b/1')]])
  })

  it('has what was written after it was closed and opened again', async () => {
    await store.batch([{ op: 'put', key: 'a', value: Uint8Array.of(7) }])
    await store.close()
    store = await harness.reopen()
    assert.deepEqual([...await store.get('a') ?? []], [7])
  })

  it('does not share memory with its callers', async () => {
    const value = Uint8Array.of(1)
    await store.batch([{ op: 'put', key: 'a', value }])
    value[0] = 9
    const first = await store.get('a')
    assert.deepEqual([...first ?? []], [1])
    first!.fill(8)
    assert.deepEqual([...await store.get('a') ?? []], [1])
  })

  it('refuses work after it was closed', async () => {
    await store.close()
    await assert.rejects(store.get('a'), { name: 'ProtocolError' })
    store = await harness.reopen()
  })
}
