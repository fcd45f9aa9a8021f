import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { JournalNote, damageIn, findJournalDamage, maskedCrc32c } from './journal-check.ts'

const rows = 400

describe('the journal of a database', () => {
  let path = ''
  let journal: Uint8Array
  let file = ''

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'heliograph-journal-'))
    const random = new SeededRandom(5)
    const db = new ClassicLevel<string, Buffer>(path, { keyEncoding: 'utf8', valueEncoding: 'buffer', compression: false })
    for (let row = 0; row < rows; row++) await db.put(`row ${row}`, Buffer.from(random.bytes(1 + row * 7 % 3_000)))
    await db.put('large', Buffer.from(random.bytes(100_000)))
    await db.put('last', Buffer.from(random.bytes(100)))
    await db.close()
    file = (await readdir(path)).find((name) => name.endsWith('.log'))!
    journal = await readFile(join(path, file))
  })
  afterEach(async () => { await rm(path, { recursive: true }) })

  it('CRC-32C is that of RFC 3720, masked', () => {
    // B.4: 32 bytes of zeros give 0x8a9136aa
    const crc = 0x8a9136aa
    assert.equal(maskedCrc32c(new Uint8Array(32)), (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0)
  })

  it('is whole when LevelDB has written it, and when it ends anywhere', async () => {
    assert.ok(journal.byteLength > 300_000)
    assert.equal(await findJournalDamage(path), undefined)
    const random = new SeededRandom(6)
    for (let run = 0; run < 200; run++) assert.equal(damageIn(journal.subarray(0, Math.floor(random.fraction() * journal.byteLength))), undefined)
  })

  it('is damaged when a bit is wrong anywhere but at its end, and that is found where it is', async () => {
    const random = new SeededRandom(7)
    for (let run = 0; run < 100; run++) {
      const at = Math.floor(random.fraction() * (journal.byteLength - 10_000))
      const copy = Uint8Array.from(journal)
      copy[at]! ^= 1 << Math.floor(random.fraction() * 8)
      const found = damageIn(copy)
      // A length that is too long leads over the end: then what follows in the block cannot be read, either.
      assert.ok(found !== undefined && found <= at && at - found < 32 * 1024 + 7, `bit at ${at}: ${found}`)
    }
    const copy = Uint8Array.from(journal)
    copy[50_000]! ^= 1
    await writeFile(join(path, file), copy)
    assert.equal((await findJournalDamage(path))?.file, file)
  })

  it('that has lost its end is shorter than was noted; one that was never noted, or a note that is torn, says nothing', async () => {
    const note = new JournalNote(path)
    await note.take()
    assert.equal(await findJournalDamage(path), undefined)
    await writeFile(join(path, file), journal.subarray(0, 200_000))
    assert.deepEqual(await findJournalDamage(path), { file, offset: 200_000 })
    const noted = await readFile(join(path, 'journal.note'), 'utf8')
    for (const torn of ['', noted.slice(0, -2), noted.replace(file, '000001.log')]) {
      await writeFile(join(path, 'journal.note'), torn)
      assert.equal(await findJournalDamage(path), undefined, torn)
    }
  })

  it('is noted as it grows, and the next one when there is another', async () => {
    const note = new JournalNote(path)
    const noted = async (): Promise<string> => { await note.take(); return await readFile(join(path, 'journal.note'), 'utf8') }
    await writeFile(join(path, '000100.log'), 'x')
    assert.equal(await noted(), '000100.log 1\n')
    await writeFile(join(path, '000100.log'), 'xyz')
    assert.equal(await noted(), '000100.log 3\n')
    await writeFile(join(path, '000101.log'), 'a')
    assert.equal(await noted(), '000101.log 1\n')
    await rm(join(path, '000101.log'))
    assert.equal(await noted(), '000100.log 3\n')
  })

  it('a record that was left unfinished at the end, or a hole that was never written, is no damage', () => {
    const copy = Uint8Array.from(journal)
    copy[journal.byteLength - 20]! ^= 1
    assert.equal(damageIn(copy), undefined)
    const withHole = Uint8Array.from(journal).fill(0, 65_536, 65_536 + 8_192)
    assert.equal(damageIn(withHole), undefined)
  })
})
