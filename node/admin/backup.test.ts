import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import type { DeviceId } from '../../protocol/ids.ts'
import { relayIdOfKey, type RelayId } from '../../protocol/ids.ts'
import { defaultConfig } from '../config.ts'
import { openLevelStore, type LevelStore } from '../store/store-level.ts'
import { makeWorld, messageIdOf } from '../store/store-model.ts'
import { signing } from '../testing/fixtures.ts'
import { backupOf } from './backup.ts'
import { readBackup } from './backup-reader.ts'
import { readRestored } from './restored.ts'
import { restoreBackup } from './restore.ts'

const isCode = (code: ErrorCode) => (error: unknown): boolean => isProtocolError(error, code)

describe('backup', function () {
  this.timeout(20_000)
  const seed = new SeededRandom(randomBytes(4).readUInt32LE()).bytes(32)
  const relay: RelayId = relayIdOfKey(signing.ed25519PublicKey(seed))
  const world = makeWorld({ logs: 8 })
  let folder: string
  let store: LevelStore
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heliograph-backup-'))
    store = await openLevelStore({ path: join(folder, 'source'), minFreeBytes: 0 })
  })
  afterEach(async () => {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  })

  const heads = world.logs.map(() => 0)
  beforeEach(() => { heads.fill(0) })

  /** Appends one entry to a log; its bytes follow from log and number. */
  async function append (index: number, durable = true): Promise<void> {
    const seq = ++heads[index]!
    await store.write([{ op: 'append', log: world.logs[index]!, entry: { epoch: 1, seq, sender: world.devices[0] as DeviceId, messageId: messageIdOf(seq * 10 + index), storedAtMs: 1, expiresAtMs: 2 ** 45, envelope: envelopeOf(index, seq) } }], { durable })
  }
  const envelopeOf = (index: number, seq: number): Uint8Array => Buffer.alloc(4_096, createHash('sha512').update(`${index} ${seq}`).digest())

  async function take (path: string, { hasKey = true, onChunk = () => {} }: { hasKey?: boolean, onChunk?: () => void | Promise<void> } = {}): Promise<void> {
    const chunks: Uint8Array[] = []
    for await (const chunk of backupOf({ store, clock: { nowMs: () => 1_000 }, config: { ...defaultConfig(), name: 'eu-1.example.org' }, software: 'test', relay, ...(hasKey ? { seed } : {}) })) {
      chunks.push(chunk)
      await onChunk()
    }
    await writeFile(path, Buffer.concat(chunks))
  }

  it('is the database of one moment, whatever is written meanwhile', async () => {
    for (let i = 0; i < 1_000; i++) await append(i % 8, false)
    const atStart = [...heads]
    const path = join(folder, 'backup')
    let [isDone, chunks] = [false, 0]
    const writing = (async () => { for (let i = 0; !isDone; i++) await append(i % 8) })()
    await take(path, {
      onChunk: async () => {
        chunks++
        const [first] = heads
        while (heads[0]! < first! + 2) await new Promise((resolve) => { setImmediate(resolve) })
      }
    })
    isDone = true
    await writing
    assert.ok(chunks > 4 && heads[0]! > atStart[0]! + 8, 'much was written meanwhile')
    const { rows } = await restoreBackup({ file: path, dataDir: join(folder, 'target'), nowMs: 5_000 })
    assert.ok(rows > 2_000)
    const restored = await openLevelStore({ path: join(folder, 'target', 'db'), minFreeBytes: 0 })
    try {
      for (const [index, log] of world.logs.entries()) {
        const head = (await restored.openLog(log))!.head
        assert.ok(head >= atStart[index]! && head <= heads[index]!, `log ${index}: ${head}`)
        const entries = await restored.readLog(log, 1, { maxEntries: 100_000, maxBytes: 1e9 })
        assert.equal(entries.length, head)
        for (const { seq, envelope } of entries) assert.deepEqual(Buffer.from(envelope), envelopeOf(index, seq))
      }
      assert.deepEqual(await readRestored(restored), { takenAt: new Date(1_000).toISOString(), restoredAt: new Date(5_000).toISOString() })
    } finally {
      await restored.close()
    }
  })

  it('brings the key with it, which only its owner may read, or takes none', async () => {
    await append(0)
    const [full, bare] = [join(folder, 'full'), join(folder, 'bare')]
    await take(full)
    await take(bare, { hasKey: false })
    const target = join(folder, 'target')
    assert.equal((await restoreBackup({ file: full, dataDir: target, nowMs: 0 })).isKeyWritten, true)
    assert.equal((await stat(join(target, 'relay.key'))).mode & 0o777, 0o600)
    assert.ok(!(await readFile(bare)).includes((await readFile(join(target, 'relay.key'), 'utf8')).trim()))
    await assert.rejects(restoreBackup({ file: bare, dataDir: join(folder, 'other'), nowMs: 0 }), isCode('BAD_CONFIG'))
    // Its own key is there already.
    const again = await restoreBackup({ file: bare, dataDir: target, nowMs: 7, isReplacing: true })
    assert.deepEqual([again.isKeyWritten, again.movedTo], [false, join(target, 'db.before-restore-7')])
    assert.deepEqual((await readdir(target)).sort(), ['db', 'db.before-restore-7', 'relay.key'])
  })

  it('with any byte changed, or any part missing, is refused, and nothing is left of the attempt', async () => {
    for (let i = 0; i < 20; i++) await append(i % 8)
    const path = join(folder, 'backup')
    await take(path)
    const bytes = await readFile(path)
    const target = join(folder, 'target')
    const random = new SeededRandom(4)
    for (let round = 0; round < 60; round++) {
      const changed = Buffer.from(bytes)
      if (round % 3 === 0) await writeFile(path, changed.subarray(0, random.below(bytes.byteLength)))
      else {
        changed[random.below(bytes.byteLength)]! ^= 1 << random.below(8)
        await writeFile(path, changed)
      }
      await assert.rejects(restoreBackup({ file: path, dataDir: target, nowMs: 0 }), (error: unknown) => isProtocolError(error), `round ${round}`)
      assert.deepEqual(await readdir(target).catch(() => []), [])
    }
    await writeFile(path, bytes)
    assert.equal((await readBackup(path, () => {})).rows, (await restoreBackup({ file: path, dataDir: target, nowMs: 0 })).rows)
  })

  it('is not put beside a relay that runs', async () => {
    const path = join(folder, 'backup')
    await take(path)
    const target = join(folder, 'target')
    await restoreBackup({ file: path, dataDir: target, nowMs: 0 })
    const running = await openLevelStore({ path: join(target, 'db'), minFreeBytes: 0 })
    await assert.rejects(restoreBackup({ file: path, dataDir: target, nowMs: 0, isReplacing: true }), isCode('DATABASE_LOCKED'))
    await running.close()
  })
})
