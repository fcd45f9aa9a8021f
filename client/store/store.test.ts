import { mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import assert from 'node:assert/strict'
import { MemoryLevel } from 'memory-level'
import { isProtocolError } from '../../protocol/errors.ts'
import { LevelStore, storeError, type LevelDatabase } from './store-level.ts'
import { MemoryStore } from './store-memory.ts'
import { openNodeStore } from './store-node.ts'
import { clientStoreSuite } from './store-suite.ts'

describe('client store: memory', () => {
  clientStoreSuite(() => {
    const data = new Map<string, Uint8Array>()
    const open = async (): Promise<MemoryStore> => new MemoryStore(data)
    return { open, reopen: open, remove: async () => {} }
  })
})

describe('client store: memory-level', () => {
  clientStoreSuite(() => {
    // It forgets on close, so the same open database is handed out again.
    const database = new MemoryLevel<string, Uint8Array>({ keyEncoding: 'utf8', valueEncoding: 'view' })
    let isOpen = true
    const view: LevelDatabase = {
      open: async () => { isOpen = true },
      close: async () => { isOpen = false },
      get: async (key) => { check(); return copy(await database.get(key)) },
      getMany: async (keys) => { check(); return (await database.getMany(keys)).map(copy) },
      batch: async (operations) => { check(); await database.batch(operations.map((one) => one.type === 'put' ? { ...one, value: new Uint8Array(one.value) } : one)) },
      iterator: (options) => { check(); return database.iterator(options) }
    }
    const check = (): void => { if (!isOpen) throw new Error('database is not open') }
    const copy = (value: Uint8Array | undefined): Uint8Array | undefined => value === undefined ? undefined : new Uint8Array(value)
    const open = async (): Promise<LevelStore> => await LevelStore.open(view)
    return { open, reopen: open, remove: async () => { await database.close() } }
  })
})

describe('client store: LevelDB', () => {
  clientStoreSuite(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heliograph-store-'))
    const open = async (): Promise<LevelStore> => await openNodeStore(folder)
    return { open, reopen: open, remove: async () => { await rm(folder, { recursive: true }) } }
  })

  it('says that another process has it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heliograph-store-'))
    const store = await openNodeStore(folder)
    await assert.rejects(openNodeStore(folder), (error: unknown) => isProtocolError(error, 'DATABASE_LOCKED'))
    await store.close()
    await rm(folder, { recursive: true })
  })

  it('a folder whose list of files is gone is damaged, not new: nothing in it is deleted', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heliograph-store-'))
    const store = await openNodeStore(folder)
    await store.batch([{ op: 'put', key: 'a', value: Uint8Array.of(1) }])
    await store.close()
    const files = (await readdir(folder)).sort()
    await rename(join(folder, 'CURRENT'), `${folder}.aside`)
    await assert.rejects(openNodeStore(folder), (error: unknown) => isProtocolError(error, 'DATABASE_CORRUPT'))
    await rename(`${folder}.aside`, join(folder, 'CURRENT'))
    assert.deepEqual((await readdir(folder)).sort(), files)
    const again = await openNodeStore(folder)
    assert.deepEqual([...await again.get('a') ?? []], [1])
    await again.close()
    await rm(folder, { recursive: true })
  })

  it('gives an engine\'s failure a code', () => {
    const wrapped = (cause: Error): Error => new Error('Database failed', { cause })
    assert.equal(storeError(wrapped(Object.assign(new Error('lock'), { code: 'LEVEL_LOCKED' }))).code, 'DATABASE_LOCKED')
    assert.equal(storeError(wrapped(new Error('Corruption: bad block'))).code, 'DATABASE_CORRUPT')
    assert.equal(storeError(wrapped(new Error('IO error: No space left on device'))).code, 'STORAGE_FULL')
    assert.equal(storeError(new Error('QuotaExceededError: the quota has been exceeded')).code, 'STORAGE_FULL')
    assert.equal(storeError(new Error('anything')).code, 'INTERNAL')
  })
})
