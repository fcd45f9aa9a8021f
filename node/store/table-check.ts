/**
 * Are LevelDB's tables as long as they were written? LevelDB looks at a table when it reads from it for the first time, which
 * may be days after it has begun to serve. Which tables count, and how long they are, stands in the manifest; others are
 * left-overs of a crash.
 *
 * Format: LevelDB's version_edit.cc, in records as in its journals (journal-check.ts).
 */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { blockBytes, headerBytes } from './journal-check.ts'

/** Kinds of what an edit says. */
const tags = { comparator: 1, logNumber: 2, nextFile: 3, lastSequence: 4, compactPointer: 5, deletedFile: 6, newFile: 7, previousLog: 9 } as const

/**
 * @param path folder of a database that nobody has open
 * @returns a table that is shorter than it was written; undefined when there is none, or LevelDB itself will refuse the manifest
 */
export async function findShortTable (path: string): Promise<{ file: string, bytes: number } | undefined> {
  const current = await readFile(join(path, 'CURRENT'), 'utf8').catch(() => '')
  const manifest = /^MANIFEST-\d+\n$/.test(current) ? await readFile(join(path, current.trim())).catch(() => undefined) : undefined
  const tables = manifest === undefined ? undefined : tablesIn(manifest)
  if (tables === undefined) return undefined
  for (const [number, bytes] of tables) {
    const file = `${String(number).padStart(6, '0')}.ldb`
    const size = await stat(join(path, file)).then((info) => info.size, () => undefined)
    // One that is not there, LevelDB reports.
    if (size !== undefined && size < bytes) return { file, bytes: size }
  }
  return undefined
}

/** @returns sizes in bytes of the tables that count, by number; undefined: this is no manifest that can be read */
export function tablesIn (manifest: Uint8Array): Map<number, number> | undefined {
  const tables = new Map<number, number>()
  try {
    for (const record of recordsOf(manifest)) applyEdit(record, tables)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
  return tables
}

function * recordsOf (manifest: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(manifest.buffer, manifest.byteOffset, manifest.byteLength)
  let parts: Uint8Array[] = []
  for (let at = 0; at + headerBytes <= manifest.byteLength;) {
    const left = blockBytes - at % blockBytes
    if (left < headerBytes) { at += left; continue }
    const [length, type] = [view.getUint16(at + 4, true), manifest[at + 6]!]
    const end = at + headerBytes + length
    // The end that a crash has left unfinished.
    if (type === 0 || end > manifest.byteLength) return
    const part = manifest.subarray(at + headerBytes, end)
    // 1 whole, 2 first, 3 middle, 4 last
    if (type === 1 || type === 2) parts = []
    parts.push(part)
    if (type === 1 || type === 4) yield Buffer.concat(parts)
    at = end
  }
}

/** @throws RangeError: it cannot be read */
function applyEdit (edit: Uint8Array, tables: Map<number, number>): void {
  let at = 0
  const varint = (): number => {
    let [value, scale] = [0, 1]
    for (let i = 0; i < 10; i++) {
      const byte = edit[at++]
      if (byte === undefined) break
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
    }
    throw new RangeError('varint')
  }
  const skip = (): void => {
    const length = varint()
    at += length
    if (at > edit.byteLength) throw new RangeError('length')
  }
  while (at < edit.byteLength) {
    switch (varint()) {
      case tags.comparator: skip(); break
      case tags.logNumber: case tags.nextFile: case tags.lastSequence: case tags.previousLog: varint(); break
      case tags.compactPointer: varint(); skip(); break
      case tags.deletedFile: varint(); tables.delete(varint()); break
      case tags.newFile: {
        varint()
        const [number, bytes] = [varint(), varint()]
        skip()
        skip()
        tables.set(number, bytes)
        break
      }
      default: throw new RangeError('tag')
    }
  }
}
