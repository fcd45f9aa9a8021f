import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { findShortTable, tablesIn } from './table-check.ts'

describe('the tables of a database', () => {
  let path = ''
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'heliograph-tables-'))
    // Small ones, so that there are many, some of them compacted away again.
    const db = new ClassicLevel<string, string>(path, { compression: false, writeBufferSize: 64 << 10, maxFileSize: 64 << 10 })
    for (let part = 0; part < 30; part++) {
      await db.batch(Array.from({ length: 100 }, (_, row) => ({ type: 'put', key: `row ${(part * 100 + row) % 1_500}`, value: String(part).repeat(2_000) })))
    }
    await db.compactRange('', '~')
    await db.close()
  })
  afterEach(async () => { await rm(path, { recursive: true }) })

  const tables = async (): Promise<string[]> => (await readdir(path)).filter((name) => name.endsWith('.ldb')).sort()

  it('that the manifest names are those that are there, with their sizes', async () => {
    const manifest = (await readdir(path)).find((name) => name.startsWith('MANIFEST'))!
    const sizes = new Map(await Promise.all((await tables()).map(async (name) => [Number.parseInt(name, 10), (await stat(join(path, name))).size] as const)))
    assert.ok(sizes.size > 3)
    assert.deepEqual([...tablesIn(await readFile(join(path, manifest)))!].sort(([a], [b]) => a - b), [...sizes].sort(([a], [b]) => a - b))
    assert.equal(await findShortTable(path), undefined)
  })

  it('one that has lost its end is found; a left-over that nothing refers to is not looked at', async () => {
    await writeFile(join(path, '999999.ldb'), 'left over')
    assert.equal(await findShortTable(path), undefined)
    const file = (await tables())[0]!
    const bytes = Math.floor((await stat(join(path, file))).size / 2)
    await truncate(join(path, file), bytes)
    assert.deepEqual(await findShortTable(path), { file, bytes })
  })

  it('a manifest that cannot be read is left to LevelDB', async () => {
    assert.equal(tablesIn(Buffer.from([0, 0, 0, 0, 1, 0, 1, 99])), undefined)
    await writeFile(join(path, 'CURRENT'), 'nonsense')
    assert.equal(await findShortTable(path), undefined)
    await rm(path, { recursive: true })
    assert.equal(await findShortTable(path), undefined)
    await writeFile(path, '')
    await rm(path)
    path = await mkdtemp(join(tmpdir(), 'heliograph-tables-'))
  })
})
