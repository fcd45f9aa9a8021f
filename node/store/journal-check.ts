/**
 * Is LevelDB's journal whole? LevelDB passes over a record that is damaged and goes on with the next, without a word: what
 * had been acknowledged and stood there would be gone. A record that a crash has left unfinished at the end is another
 * thing, and no harm: nothing in it was acknowledged.
 *
 * Format: LevelDB's log_format.md, blocks of 32 KiB with records of crc32c (masked), length and type.
 */
import { readFile, readdir, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export const blockBytes = 32 * 1024
export const headerBytes = 7
/** What disks write at once. */
const sectorBytes = 512
/** The one that is written and the one that becomes a table; older ones are left-overs. */
const newestJournals = 2

const journalName = /^\d+\.log$/

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  return crc >>> 0
})

/** CRC-32C (Castagnoli), masked as LevelDB stores it. 400 MB/s; a journal has 16 MiB at most. */
export function maskedCrc32c (bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.byteLength; i++) crc = crcTable[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  crc = ~crc >>> 0
  return ((((crc >>> 15) | (crc << 17)) >>> 0) + 0xa282ead8) >>> 0
}

/**
 * How long the journal was when everything in it was synced, noted beside it now and then. A journal that is shorter later has
 * lost its end, and to LevelDB looks like one that a crash has left so. The note itself is not synced: a crash may leave an
 * older one, or none, which says less but nothing wrong.
 */
const noteName = 'journal.note'

export class JournalNote {
  readonly #path: string
  #file = ''
  #bytes = -1

  /** @param path folder of the database */
  constructor (path: string) { this.#path = path }

  /** When a synced write is through and no other has begun. */
  async take (): Promise<void> {
    let bytes = await this.#size(this.#file)
    // The journal that was noted grows no more: there is another.
    if (bytes === this.#bytes || bytes < 0) {
      this.#file = (await readdir(this.#path)).filter((name) => journalName.test(name)).sort().at(-1) ?? ''
      bytes = await this.#size(this.#file)
    }
    this.#bytes = bytes
    if (bytes < 0) return
    const note = join(this.#path, noteName)
    await writeFile(`${note}.new`, `${this.#file} ${bytes}\n`)
    await rename(`${note}.new`, note)
  }

  async #size (file: string): Promise<number> {
    return file === '' ? -1 : await stat(join(this.#path, file)).then(({ size }) => size, () => -1)
  }
}

async function isShorterThanNoted (path: string, file: string, bytes: number): Promise<boolean> {
  const note = await readFile(join(path, noteName), 'utf8').catch(() => '')
  const [, noted, size] = /^(\d+\.log) (\d+)\n$/.exec(note) ?? []
  return noted === file && Number(size) > bytes
}

/**
 * @param path folder of a database that nobody has open
 * @returns a damaged record, or where the journal ends too early, as file and offset; undefined when all is well
 */
export async function findJournalDamage (path: string): Promise<{ file: string, offset: number } | undefined> {
  const names = await readdir(path).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  for (const file of names.filter((name) => journalName.test(name)).sort().slice(-newestJournals)) {
    const journal = await readFile(join(path, file))
    const offset = damageIn(journal)
    if (offset !== undefined) return { file, offset }
    if (await isShorterThanNoted(path, file, journal.byteLength)) return { file, offset: journal.byteLength }
  }
  return undefined
}

/** @returns where a record begins that does not match its checksum and is followed by one that does */
export function damageIn (journal: Uint8Array): number | undefined {
  const view = new DataView(journal.buffer, journal.byteOffset, journal.byteLength)
  let suspect: number | undefined
  for (let at = 0; at + headerBytes <= journal.byteLength;) {
    const left = blockBytes - at % blockBytes
    if (left < headerBytes) { at += left; continue }
    const [length, type] = [view.getUint16(at + 4, true), journal[at + 6]!]
    // Room that was set aside and never written.
    if (type === 0 && length === 0) { at += left; continue }
    const end = at + headerBytes + length
    const isWhole = headerBytes + length <= left && end <= journal.byteLength && maskedCrc32c(journal.subarray(at + 6, end)) === view.getUint32(at, true)
    if (isWhole) {
      if (suspect !== undefined) return suspect
      at = end
    } else {
      // The length cannot be trusted, either. A sector of zeros was never written: a power cut does that to what was not synced.
      if (!hasEmptySector(journal, at, Math.min(at + left, journal.byteLength))) suspect ??= at
      at += left
    }
  }
  return undefined
}

function hasEmptySector (journal: Uint8Array, from: number, to: number): boolean {
  for (let sector = Math.ceil(from / sectorBytes) * sectorBytes; sector + sectorBytes <= to; sector += sectorBytes) {
    if (journal.subarray(sector, sector + sectorBytes).every((byte) => byte === 0)) return true
  }
  return false
}
