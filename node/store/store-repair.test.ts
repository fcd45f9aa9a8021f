import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { Write } from './store.ts'
import { conversationKey, encodeTableValue, headKey, numberKey, tableKey } from './store-keys.ts'
import { openLevelStore, type LevelStore } from './store-level.ts'
import { makeWorld, messageIdOf, refusedAs } from './store-model.ts'
import { repairDatabase } from './store-repair.ts'

const world = makeWorld({ logs: 3 })
const [device] = world.devices
const perLog = 300
const cursorAt = 250
const bounds = { maxEntries: 1_000, maxBytes: 10_000_000 }
const random = new SeededRandom(11)
const bodies = world.logs.map((_, log) => Array.from({ length: perLog }, () => Uint8Array.of(log, ...random.bytes(900))))
/** As the header of a real envelope says it. */
const conversationOf = (envelope: Uint8Array): ConversationId | undefined => world.logs[envelope[0]!]
const entry = (log: number, seq: number): Write => ({ op: 'append', log: world.logs[log]!, entry: { epoch: 1, seq, sender: device!, messageId: messageIdOf(1_000 * log + seq), storedAtMs: 1, expiresAtMs: 10 ** 12, envelope: bodies[log]![seq - 1] ?? Uint8Array.of(log) } })

/** Three logs, the older half in tables, the newer in the journal. */
async function fill (path: string): Promise<void> {
  let store = await openLevelStore({ path, minFreeBytes: 1 })
  for (let seq = 1; seq <= perLog; seq++) {
    await store.write([entry(0, seq), entry(1, seq), entry(2, seq)], { durable: true })
    if (seq !== perLog / 2) continue
    await store.close()
    // Opening writes the journal out as a table.
    store = await openLevelStore({ path, minFreeBytes: 1 })
  }
  await store.write([0, 1, 2].map((log) => ({ op: 'cursor', log: world.logs[log]!, device: device!, seq: cursorAt })), { durable: true })
  await store.write([{ op: 'put', table: 'meta', key: 'k', value: Uint8Array.of(7) }], { durable: true })
  await store.close()
}

/** Healthy entries of all logs, by number; none may be another's. */
async function readAll (store: LevelStore): Promise<number> {
  let found = 0
  for (const [index, log] of world.logs.entries()) {
    const head = (await store.openLog(log))?.head ?? 0
    for (let seq = 1; seq <= head; seq++) {
      const one = await store.readLog(log, seq, { ...bounds, maxEntries: 1 }).catch((error: unknown) => { if (isProtocolError(error, 'DAMAGED')) return []; throw error })
      if (one.length === 0) continue
      assert.equal(one[0]!.seq, seq)
      assert.deepEqual(Buffer.from(one[0]!.envelope), Buffer.from(bodies[index]![seq - 1]!))
      found++
    }
  }
  return found
}

describe('repair of a database', function () {
  this.timeout(30_000)
  let healthy = ''
  let folder = ''
  let path = ''
  before(async () => {
    healthy = await mkdtemp(join(tmpdir(), 'heliograph-repair-'))
    await fill(join(healthy, 'db'))
  })
  after(async () => { await rm(healthy, { recursive: true }) })
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heliograph-repair-'))
    path = join(folder, 'db')
    await cp(join(healthy, 'db'), path, { recursive: true })
  })
  afterEach(async () => { await rm(folder, { recursive: true }) })

  const files = async (pattern: RegExp): Promise<string[]> => (await readdir(path)).filter((name) => pattern.test(name)).map((name) => join(path, name))
  const flip = async (file: string, share: number): Promise<void> => {
    const bytes = await readFile(file)
    for (let bit = 0; bit < 16; bit++) bytes[Math.floor(bytes.byteLength * share) + bit * 7]! ^= 0x55
    await writeFile(file, bytes)
  }
  const largest = async (pattern: RegExp): Promise<string> => {
    const sized = await Promise.all((await files(pattern)).map(async (file) => ({ file, size: (await stat(file)).size })))
    return sized.sort((a, b) => b.size - a.size)[0]!.file
  }

  const damages: ReadonlyArray<{ name: string, damage: () => Promise<void>, isRefused: boolean, atLeast: number }> = [
    { name: 'nothing', damage: async () => {}, isRefused: false, atLeast: 900 },
    { name: 'CURRENT is missing', damage: async () => { await rm(join(path, 'CURRENT')) }, isRefused: true, atLeast: 900 },
    { name: 'CURRENT is garbage', damage: async () => { await writeFile(join(path, 'CURRENT'), 'nonsense') }, isRefused: true, atLeast: 900 },
    { name: 'the manifest is missing', damage: async () => { for (const file of await files(/^MANIFEST/)) await rm(file) }, isRefused: true, atLeast: 900 },
    { name: 'the manifest is damaged', damage: async () => { for (const file of await files(/^MANIFEST/)) await flip(file, 0) }, isRefused: true, atLeast: 900 },
    { name: 'the journal is damaged in the middle', damage: async () => { await flip(await largest(/\.log$/), 0.5) }, isRefused: true, atLeast: 850 },
    { name: 'the journal has lost its second half', damage: async () => { const file = await largest(/\.log$/); await truncate(file, Math.floor((await stat(file)).size / 2)) }, isRefused: true, atLeast: 600 },
    { name: 'a table is damaged in the middle', damage: async () => { await flip(await largest(/\.ldb$/), 0.5) }, isRefused: false, atLeast: 850 },
    { name: 'a table has lost its second half', damage: async () => { const file = await largest(/\.ldb$/); await truncate(file, Math.floor((await stat(file)).size / 2)) }, isRefused: true, atLeast: 400 },
    { name: 'a table is missing', damage: async () => { await rm(await largest(/\.ldb$/)) }, isRefused: true, atLeast: 400 }
  ]
  for (const { name, damage, isRefused, atLeast } of damages) {
    it(`${name}: ${isRefused ? 'opening is refused, ' : ''}repair brings back what is left, and no number is given twice`, async () => {
      await damage()
      if (isRefused) await assert.rejects(async () => { const store = await openLevelStore({ path, minFreeBytes: 1 }); try { await readAll(store) } finally { await store.close() } }, refusedAs('DATABASE_CORRUPT'))
      const repaired = await repairDatabase(path, { conversationOf })
      assert.ok(repaired.copy !== undefined && (await readdir(repaired.copy)).length > 0)
      const store = await openLevelStore({ path, minFreeBytes: 1 })
      try {
        const found = await readAll(store)
        assert.ok(found >= atLeast, `${found} entries are left`)
        for (const [index, log] of world.logs.entries()) {
          const head = (await store.openLog(log))!.head
          // What a device has acknowledged was given, whatever is left of it.
          assert.ok(head >= (name.includes('journal has lost') ? perLog / 2 : cursorAt), `head ${head}`)
          await store.write([entry(index, head + 1)], { durable: true })
          assert.ok((await store.logsOf(world.accounts[0]!)).length > 0)
        }
      } finally {
        await store.close()
      }
    })
  }

  it('a head that is lost is made anew from entries, cursors and message ids; rows of a log without a name are dropped', async () => {
    const db = new ClassicLevel<Buffer, Buffer>(path, { keyEncoding: 'buffer', valueEncoding: 'buffer' })
    const numberOf = async (log: number): Promise<number> => (await db.get(conversationKey(world.logs[log]!)))!.readUInt32BE(0)
    const numbers = [await numberOf(0), await numberOf(1), await numberOf(2)] as const
    await db.del(headKey(numbers[0]))
    await db.del(numberKey(numbers[1]))
    await db.batch().del(conversationKey(world.logs[2]!)).del(numberKey(numbers[2])).write()
    await db.close()
    const repaired = await repairDatabase(path, { hasCopy: false })
    assert.equal(repaired.mendedHeads, 1)
    assert.ok(repaired.strayRows >= 2 * perLog)
    assert.equal(repaired.logs, 2)
    const store = await openLevelStore({ path, minFreeBytes: 1 })
    try {
      assert.deepEqual([(await store.openLog(world.logs[0]!))?.head, (await store.openLog(world.logs[1]!))?.head, await store.openLog(world.logs[2]!)], [perLog, perLog, undefined])
    } finally {
      await store.close()
    }
  })

  it('tables may be changed on the way: rows dropped, others put in their place, and added', async () => {
    const key = (name: string): Buffer => tableKey('meta', name)
    const store = await openLevelStore({ path, minFreeBytes: 1 })
    await store.write([{ op: 'put', table: 'meta', key: 'gone', value: Uint8Array.of(1) }, { op: 'put', table: 'meta', key: 'other', value: Uint8Array.of(1) }], { durable: true })
    await store.close()
    await repairDatabase(path, {
      changeRow: ([rowKey, row]) => rowKey.equals(key('gone')) ? undefined : rowKey.equals(key('other')) ? [rowKey, encodeTableValue(Uint8Array.of(2), rowKey)] : [rowKey, row],
      addRows: [[key('new'), encodeTableValue(Uint8Array.of(3), key('new'))]]
    })
    const repaired = await openLevelStore({ path, minFreeBytes: 1 })
    try {
      const values = await Promise.all(['k', 'gone', 'other', 'new'].map(async (name) => (await repaired.get('meta', name))?.[0]))
      assert.deepEqual(values, [7, undefined, 2, 3])
    } finally {
      await repaired.close()
    }
  })

  it('leaves a database alone that is in use, and says where there is none', async () => {
    const store = await openLevelStore({ path, minFreeBytes: 1 })
    try {
      await assert.rejects(repairDatabase(path), refusedAs('DATABASE_LOCKED'))
    } finally {
      await store.close()
    }
    await assert.rejects(repairDatabase(join(folder, 'nothing')), refusedAs('BAD_CONFIG'))
  })
})
