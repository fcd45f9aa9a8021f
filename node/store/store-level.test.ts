import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdtemp, open, readdir, rename, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ClassicLevel } from 'classic-level'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import { relayIdOfKey, type RelayId } from '../../protocol/ids.ts'
import type { Store, Write } from './store.ts'
import { conversationKey, headKey, placeOfKey, prefixes, rowKey, schemaVersion, tableKey } from './store-keys.ts'
import { openLevelStore, type LevelStoreOptions } from './store-level.ts'
import { RandomBatches, dumpModel, dumpStore, makeWorld, messageIdOf, refusedAs } from './store-model.ts'
import { storeSuite, type StoreEngine } from './store-suite.ts'

const world = makeWorld()
const log = world.logs[0]!
const everything = { maxEntries: 1_000, maxBytes: 10_000_000 }
const append = (seq: number, bytes = 3): Write =>
  ({ op: 'append', log, entry: { epoch: 1, seq, sender: world.devices[0]!, messageId: messageIdOf(seq), storedAtMs: 1, expiresAtMs: 10 ** 12, envelope: new Uint8Array(bytes).fill(seq) } })

const temporary = async (): Promise<string> => await mkdtemp(join(tmpdir(), 'heliograph-store-'))

async function sizesOf (path: string): Promise<Map<string, number>> {
  const files = (await readdir(path)).sort()
  // a table may be compacted away between the two calls
  return new Map(await Promise.all(files.map(async (file) => [file, await stat(join(path, file)).then(({ size }) => size, () => -1)] as const)))
}

const sortedBy = <Row extends { readonly relay: RelayId }>(rows: readonly Row[]): Row[] => [...rows].sort((a, b) => a.relay < b.relay ? -1 : 1)

/** Change raw rows of a closed database. */
async function tamper (path: string, change: (db: ClassicLevel<Buffer, Buffer>, number: number) => Promise<void>, of = log): Promise<void> {
  const db = new ClassicLevel<Buffer, Buffer>(path, { keyEncoding: 'buffer', valueEncoding: 'buffer' })
  const number = await db.get(conversationKey(of))
  await change(db, number === undefined ? 0 : number.readUInt32BE(0))
  await db.close()
}

async function flip (db: ClassicLevel<Buffer, Buffer>, key: Buffer, at = -1): Promise<void> {
  const value = Buffer.from((await db.get(key))!)
  value[at < 0 ? value.byteLength + at : at]! ^= 0x10
  await db.put(key, value, { sync: true })
}

/** LevelDB in a temporary folder; a crash leaves what was synced and a random part of the journal behind that. */
class LevelEngine implements StoreEngine {
  readonly #random = new SeededRandom(99)
  readonly #folders: string[] = []
  /** Size of each file when a durable write was last acknowledged. */
  #synced = new Map<string, number>()
  #path = ''
  #store: Store | undefined
  #isFull = false

  async open (): Promise<Store> {
    if (this.#path === '') await this.#newFolder()
    const store = await openLevelStore({ path: this.#path, minFreeBytes: 1, freeBytes: async () => this.#isFull ? 0 : 2 })
    this.#store = store
    await this.#noteSizes()
    const write = store.write.bind(store)
    store.write = async (batch, options) => {
      await write(batch, options)
      if (options.durable) await this.#noteSizes()
    }
    return store
  }

  async crash (): Promise<void> {
    const [before, synced] = [this.#path, this.#synced]
    // The folder at one moment: copied again when a compaction changed it meanwhile.
    for (let seen = ''; ;) {
      const found = JSON.stringify([...await sizesOf(before)])
      if (seen === found) break
      seen = found
      await this.#newFolder()
      await cp(before, this.#path, { recursive: true }).catch(() => { seen = '' })
    }
    // What the system had not written yet is lost: journals end somewhere behind what was synced.
    for (const [file, size] of await sizesOf(this.#path)) {
      if (!file.endsWith('.log')) continue
      const kept = synced.get(file) ?? 0
      await truncate(join(this.#path, file), kept + this.#random.below(size - kept + 1))
    }
    await this.#store?.close()
  }

  async damage (log: ConversationId, seq: number): Promise<void> {
    await tamper(this.#path, async (db, number) => { await flip(db, rowKey(prefixes.entry, number, seq)) }, log)
  }

  setFull (isFull: boolean): void { this.#isFull = isFull }

  async dispose (): Promise<void> { for (const folder of this.#folders) await rm(folder, { recursive: true }) }

  async #newFolder (): Promise<void> {
    this.#path = await temporary()
    this.#folders.push(this.#path)
  }

  async #noteSizes (): Promise<void> {
    this.#synced = await sizesOf(this.#path)
  }
}

storeSuite('LevelDB', async () => new LevelEngine())

describe('LevelDB store', () => {
  let path: string
  let store: Store
  const reopen = async (options: Partial<LevelStoreOptions> = {}): Promise<void> => { store = await openLevelStore({ path, minFreeBytes: 1, ...options }) }

  beforeEach(async () => {
    path = await temporary()
    await reopen()
  })
  afterEach(async () => {
    await store.close()
    await rm(path, { recursive: true })
  })

  it('says that the database is locked, and where', async () => {
    await assert.rejects(openLevelStore({ path }), (error: Error) => refusedAs('DATABASE_LOCKED')(error) && error.message.includes(path))
    await store.write([append(1)], { durable: true })
  })

  it('says that the database is corrupt, and where', async () => {
    await store.write([append(1)], { durable: true })
    await store.close()
    const manifest = (await readdir(path)).find((file) => file.startsWith('MANIFEST'))!
    const file = await open(join(path, manifest), 'r+')
    await file.write(Buffer.alloc(200, 0xaa), 0, 200, 0)
    await file.close()
    await assert.rejects(openLevelStore({ path }), (error: Error) => refusedAs('DATABASE_CORRUPT')(error) && error.message.includes(path))
    await rm(path, { recursive: true })
    await reopen()
  })

  it('does not begin an empty database where files of one are missing, and deletes nothing', async () => {
    await store.write([append(1)], { durable: true })
    await store.close()
    const files = await readdir(path)
    for (const missing of [files.find((file) => file.startsWith('MANIFEST'))!, 'CURRENT']) {
      await rename(join(path, missing), `${path}.aside`)
      await assert.rejects(openLevelStore({ path }), (error: Error) => refusedAs('DATABASE_CORRUPT')(error) && error.message.includes(`${missing} is missing`))
      await rename(`${path}.aside`, join(path, missing))
      assert.deepEqual((await readdir(path)).sort(), files.sort())
    }
    await reopen()
    assert.equal((await store.openLog(log))?.head, 1)
  })

  it('refuses a database of another schema', async () => {
    await store.close()
    await tamper(path, async (db) => { await db.put(Buffer.of(prefixes.schema), Buffer.of(schemaVersion + 1)) })
    await assert.rejects(openLevelStore({ path }), refusedAs('UNSUPPORTED_VERSION'))
    await tamper(path, async (db) => { await db.put(Buffer.of(prefixes.schema), Buffer.of(schemaVersion)) })
    await reopen()
  })

  it('a database of schema 1, in which replicas are not marked, is changed when it is opened', async () => {
    const [device] = world.devices
    const relays = Array.from({ length: 2_500 }, () => relayIdOfKey(randomBytes(32)))
    await store.write([append(1), append(2), { op: 'cursor', log, device: device!, seq: 1 }, ...relays.map((relay, i): Write => ({ op: 'replicated', log, relay, seq: i % 2 + 1 }))], { durable: true })
    const before = [await store.openLog(log), sortedBy(await store.behindReplicas())]
    await store.close()
    const marks = { gte: Buffer.of(prefixes.replica), lt: Buffer.of(prefixes.replica + 1) }
    await tamper(path, async (db) => {
      assert.equal((await db.keys(marks).all()).length, relays.length)
      await db.clear(marks)
      await db.put(Buffer.of(prefixes.schema), Buffer.of(1))
    })
    await reopen()
    assert.deepEqual([await store.openLog(log), sortedBy(await store.behindReplicas())], before)
    assert.equal((before[1] as unknown[]).length, 1_250)
    await store.write(relays.map((relay): Write => ({ op: 'retire', log, relay })), { durable: true })
    assert.deepEqual(await store.behindReplicas(), [])
    await store.write(relays.map((relay): Write => ({ op: 'replicated', log, relay, seq: 1 })), { durable: true })
    await store.close()
    await tamper(path, async (db) => {
      assert.equal((await db.keys(marks).all()).length, relays.length)
      assert.deepEqual(await db.get(Buffer.of(prefixes.schema)), Buffer.of(schemaVersion))
    })
    await reopen()
  })

  it('notices within 32 small batches that others have filled the disk', async () => {
    let free = 10
    await store.close()
    await reopen({ freeBytes: async () => free })
    await store.write([append(1)], { durable: true })
    free = 0
    await assert.rejects(async () => { for (let seq = 2; seq <= 34; seq++) await store.write([append(seq)], { durable: true }) }, refusedAs('STORAGE_FULL'))
  })

  it('answers nothing after it is closed', async () => {
    await store.close()
    await assert.rejects(store.write([append(1)], { durable: true }), refusedAs('INTERNAL'))
    await assert.rejects(store.openLog(log), refusedAs('INTERNAL'))
  })

  it('mends a damaged head row from the entries, and says so when there are none', async () => {
    await store.write([append(1), append(2), append(3)], { durable: true })
    await store.close()
    await tamper(path, async (db, number) => { await flip(db, headKey(number)) })
    const damaged: string[] = []
    await reopen({ onDamage: (kind) => { damaged.push(kind) } })
    assert.equal((await store.openLog(log))?.head, 3)
    assert.deepEqual(damaged, ['head'])
    await store.write([append(4), { op: 'trim', log, throughSeq: 4 }], { durable: true })
    await store.close()
    await tamper(path, async (db, number) => { await flip(db, headKey(number)) })
    await reopen()
    await assert.rejects(store.openLog(log), refusedAs('DAMAGED'))
    await assert.rejects(store.write([append(5)], { durable: true }), refusedAs('DAMAGED'))
  })

  it('notices an entry that is missing, or stands under another number', async () => {
    await store.write([append(1), append(2), append(3), append(4), append(5)], { durable: true })
    await store.close()
    await tamper(path, async (db, number) => {
      await db.put(rowKey(prefixes.entry, number, 2), (await db.get(rowKey(prefixes.entry, number, 1)))!)
      await db.del(rowKey(prefixes.entry, number, 4))
    })
    await reopen()
    await assert.rejects(store.readLog(log, 2, everything), refusedAs('DAMAGED'))
    assert.deepEqual((await store.readLog(log, 3, everything)).map(({ seq }) => seq), [3])
    await assert.rejects(store.readLog(log, 4, everything), refusedAs('DAMAGED'))
  })

  it('does not serve a damaged outbox item; a sweep lets its sender submit it again', async () => {
    const item = (position: number): Write => ({ op: 'enqueue', item: { log, position, sender: world.devices[0]!, messageId: messageIdOf(position), storedAtMs: 1, expiresAtMs: 10 ** 12, envelope: Uint8Array.of(position) } })
    await store.write([item(1), item(2), item(3)], { durable: true })
    await store.close()
    await tamper(path, async (db, number) => { await flip(db, rowKey(prefixes.outbox, number, 2)) })
    const damaged: string[] = []
    await reopen({ onDamage: (kind) => { damaged.push(kind) } })
    assert.deepEqual((await store.readOutbox(log, 0, everything)).map(({ position }) => position), [1, 3])
    assert.deepEqual(damaged, ['outbox'])
    while (!(await store.sweep(5)).isDone) { /* on */ }
    assert.equal(await store.findMessage(log, world.devices[0]!, messageIdOf(2)), undefined)
    assert.deepEqual(await store.findMessage(log, world.devices[0]!, messageIdOf(3)), { at: 'outbox', position: 3 })
    assert.deepEqual(await store.outboxes(), [{ log, firstPosition: 1, lastPosition: 3, count: 2 }])
  })

  it('notices a damaged table row: get refuses it, scan passes it by', async () => {
    await store.write(['a', 'b'].map((key) => ({ op: 'put', table: 'home', key, value: Uint8Array.of(1, 2) })), { durable: true })
    await store.close()
    await tamper(path, async (db) => { await flip(db, tableKey('home', 'a')) })
    const damaged: string[] = []
    await reopen({ onDamage: (kind) => { damaged.push(kind) } })
    await assert.rejects(store.get('home', 'a'), refusedAs('DAMAGED'))
    const found = []
    for await (const { key } of store.scan('home', '')) found.push(key)
    assert.deepEqual(found, ['b'])
    assert.deepEqual(damaged, ['home', 'home'])
  })

  it('keeps heads right when more logs are written than it remembers', async () => {
    await store.close()
    await reopen({ cachedLogs: 5 })
    const wide = makeWorld({ logs: 40 })
    for (let seq = 1; seq <= 3; seq++) {
      await store.write(wide.logs.map((one) => ({ ...append(seq), log: one }) as Write), { durable: true })
      for (const one of wide.logs) assert.equal((await store.openLog(one))?.head, seq)
    }
  })

  it('a head read while a batch is being written is never remembered in its old state', async () => {
    await store.close()
    await reopen({ cachedLogs: 1 })
    for (let seq = 1; seq <= 50; seq++) {
      const writing = store.write([append(seq)], { durable: true })
      const reading = Promise.all([store.openLog(log), store.openLog(world.logs[1]!), store.readLog(log, 1, everything)])
      await writing
      await reading
      assert.equal((await store.openLog(log))?.head, seq)
    }
  })

  it('reads right while what it reads is being trimmed', async () => {
    await store.write(Array.from({ length: 400 }, (_, index) => append(index + 1)), { durable: true })
    for (let through = 10; through <= 390; through += 10) {
      const writing = store.write([{ op: 'trim', log, throughSeq: through }], { durable: false })
      const pages = await Promise.all([store.readLog(log, 1, { maxEntries: 2, maxBytes: 10_000 }), store.readLog(log, 1, everything)])
      for (const page of pages) assert.ok([through - 9, through + 1].includes(page[0]!.seq), `first ${page[0]!.seq} while trimming through ${through}`)
      await writing
    }
  })

  it('leaves no row of a trimmed, skipped or expired entry behind', async () => {
    const other = world.logs[1]!
    await store.write(Array.from({ length: 4_500 }, (_, index) => append(index + 1)), { durable: true })
    await store.write([{ op: 'trim', log, throughSeq: 4_490 }], { durable: true })
    await store.write([1, 2, 3].map((seq) => ({ ...append(seq), log: other }) as Write), { durable: true })
    await store.write([{ op: 'skip', log: other, epoch: 1, throughSeq: 1_000 }], { durable: true })
    while (!(await store.sweep(0)).isDone) { /* on */ }
    await store.close()
    const left: number[] = []
    await tamper(path, async (db) => { for await (const key of db.keys({ gte: Buffer.of(prefixes.entry), lt: Buffer.of(prefixes.entry + 1) })) left.push(placeOfKey(key)) })
    assert.deepEqual(left, [4_491, 4_492, 4_493, 4_494, 4_495, 4_496, 4_497, 4_498, 4_499, 4_500])
    await reopen()
  })

  it('syncs a durable batch, and only that', async () => {
    const { prototype } = ClassicLevel
    const { batch } = prototype
    const synced: unknown[] = []
    prototype.batch = function (this: ClassicLevel<Buffer, Buffer>): unknown {
      const made = batch.call(this) as unknown as { write (options: { sync: boolean }): Promise<void> }
      const write = made.write.bind(made)
      made.write = async (options) => { synced.push(options.sync); await write(options) }
      return made
    } as typeof batch
    try {
      await store.write([append(1)], { durable: true })
      await store.write([append(2)], { durable: false })
      await store.write([], { durable: true })
    } finally {
      prototype.batch = batch
    }
    assert.deepEqual(synced, [true, false, true])
  })

  describe('after the disk failed', () => {
    /** A store whose next `failures` writes to LevelDB fail as on a full disk. */
    const breakWrites = (failures: number): { restore (): void } => {
      const { prototype } = ClassicLevel
      const { batch } = prototype
      let left = failures
      const failing = function (this: ClassicLevel<Buffer, Buffer>): unknown {
        const made = batch.call(this) as unknown as { write (options: object): Promise<void> }
        const write = made.write.bind(made)
        made.write = async (options) => {
          if (left-- > 0) throw Object.assign(new Error('IO error: 000007.log: No space left on device'), { code: 'LEVEL_IO_ERROR' })
          await write(options)
        }
        return made
      }
      prototype.batch = failing as typeof batch
      return { restore: () => { prototype.batch = batch } }
    }

    it('opens the database again before it writes any more, and serves reads all the while', async () => {
      await store.write(Array.from({ length: 40 }, (_, index) => append(index + 1, 1_000)), { durable: true })
      const broken = breakWrites(1)
      try {
        await assert.rejects(store.write([append(41)], { durable: true }), refusedAs('STORAGE_FULL'))
        assert.equal((await store.openLog(log))?.head, 40)
        let isWritten = false
        const writing = store.write([append(41)], { durable: true }).finally(() => { isWritten = true })
        const reads: Array<Promise<number>> = []
        for (let turn = 0; !isWritten; turn++) {
          reads.push(store.readLog(log, 1, everything).then((page) => page.length), store.openLog(log).then((opened) => opened!.head))
          if (turn % 4 === 0) await new Promise((resolve) => { setImmediate(resolve) })
          // Some under way at any time, but never so many that on a busy machine the write does not get its turn.
          if (reads.length > 16) await reads[reads.length - 16]
        }
        await writing
        assert.ok(reads.length > 4)
        for (const read of await Promise.all(reads)) assert.ok(read === 40 || read === 41, `read ${read}`)
        assert.equal((await store.openLog(log))?.head, 41)
      } finally {
        broken.restore()
      }
    })

    it('waits with that while there is no room, and goes on when there is', async () => {
      let free = 10
      await store.close()
      await reopen({ freeBytes: async () => free })
      await store.write([append(1)], { durable: true })
      const broken = breakWrites(1)
      try {
        await assert.rejects(store.write([append(2)], { durable: true }), refusedAs('STORAGE_FULL'))
      } finally {
        broken.restore()
      }
      free = 0
      for (const one of [append(2), { op: 'trim', log, throughSeq: 1 }] satisfies Write[]) await assert.rejects(store.write([one], { durable: true }), refusedAs('STORAGE_FULL'))
      assert.equal((await store.readLog(log, 1, everything)).length, 1)
      free = 10
      await store.write([append(2)], { durable: true })
      assert.equal((await store.openLog(log))?.head, 2)
    })
  })

  describe('killed in the middle of writing', () => {
    // Large envelopes: journals are turned into tables and tables are compacted while it runs.
    for (const seed of [1, 2, 3]) {
      it(`has every acknowledged batch, and whole batches only (seed ${seed})`, async function () {
        this.timeout(30_000)
        const random = new SeededRandom(seed)
        await store.close()
        const child = spawn(process.execPath, [join(import.meta.dirname, 'store-crash-writer.ts'), path, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] })
        const closed = once(child, 'close')
        let acknowledged = 0
        const killAt = 150 + random.below(450)
        for await (const line of createInterface({ input: child.stdout })) {
          acknowledged = Number(line)
          if (acknowledged >= killAt && !child.killed) child.kill('SIGKILL')
        }
        await closed
        assert.ok(acknowledged >= killAt, `the writer ended after ${acknowledged} batches`)
        await reopen()
        const small = makeWorld({ logs: 3 })
        const found = JSON.stringify(await dumpStore(store, small, 0, random))
        const batches = new RandomBatches(seed, small, { maxEnvelopeBytes: 60_000 })
        let isFound = false
        for (let made = 1; made <= acknowledged + 40 && !isFound; made++) {
          batches.next()
          isFound = made >= acknowledged && JSON.stringify(dumpModel(batches.model, small, 0)) === found
        }
        assert.ok(isFound, `seed ${seed}: after ${acknowledged} acknowledged batches the store is in none of the states that follow`)
      })
    }
  })
})
