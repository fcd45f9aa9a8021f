/**
 * Reads a backup (backup.ts) and believes nothing in it before its checksum fits.
 */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { ProtocolError } from '../../protocol/errors.ts'
import { endBytes, hashBytes, magic, type BackupManifest } from './backup.ts'

/** No row comes near that. */
const maxChunkBytes = 64 << 20
const maxManifestBytes = 1 << 20

export interface BackupSummary { readonly manifest: BackupManifest, readonly rows: number, readonly bytes: number }

const bad = (what: string): ProtocolError => new ProtocolError('DATABASE_CORRUPT', { what: `the backup: ${what}` })

/**
 * @param onRows with the rows of one chunk, whose checksum is right; nobody must rely on them before this resolves
 * @throws ProtocolError DATABASE_CORRUPT: no backup, damaged, or cut off; what the system says
 */
export async function readBackup (path: string, onRows: (rows: ReadonlyArray<[Buffer, Buffer]>, manifest: BackupManifest) => Promise<void> | void): Promise<BackupSummary> {
  const file = await open(path, 'r')
  try {
    const whole = createHash('sha256')
    const take = async (bytes: number, isCounted = true): Promise<Buffer> => {
      const buffer = Buffer.allocUnsafe(bytes)
      for (let at = 0; at < bytes;) {
        const { bytesRead } = await file.read(buffer, at, bytes - at)
        if (bytesRead === 0) throw bad('it is cut off')
        at += bytesRead
      }
      if (isCounted) whole.update(buffer)
      return buffer
    }
    if (!(await take(magic.byteLength)).equals(magic)) throw bad('it is no backup of a relay')
    const length = (await take(4)).readUInt32BE(0)
    if (length > maxManifestBytes) throw bad('its beginning is damaged')
    const manifest = manifestIn(await take(length))
    let rows = 0
    for (;;) {
      const size = await take(4, false)
      const bytes = size.readUInt32BE(0)
      if (bytes === 0) break
      if (bytes > maxChunkBytes) throw bad('length of a chunk')
      whole.update(size)
      const hash = await take(hashBytes)
      const body = await take(bytes)
      if (!createHash('sha256').update(body).digest().equals(hash)) throw bad(`a chunk after ${rows} rows is damaged`)
      const read = rowsIn(body)
      rows += read.length
      await onRows(read, manifest)
    }
    const end = await take(endBytes - 4, false)
    if (!end.subarray(6).equals(whole.digest()) || end.readUIntBE(0, 6) !== rows) throw bad('its end does not fit')
    const { size } = await file.stat()
    return { manifest, rows, bytes: size }
  } finally {
    await file.close()
  }
}

function manifestIn (bytes: Buffer): BackupManifest {
  let value: Partial<BackupManifest>
  try {
    value = JSON.parse(bytes.toString('utf8')) as Partial<BackupManifest>
  } catch (error) {
    throw new ProtocolError('DATABASE_CORRUPT', { what: 'the backup: its beginning is damaged', cause: error })
  }
  const { software, schema, relay, name, region, takenAt, config } = value
  if ([software, relay, name, region, takenAt, config].some((text) => typeof text !== 'string') || typeof schema !== 'number') throw bad('its beginning is damaged')
  return value as BackupManifest
}

function rowsIn (body: Buffer): Array<[Buffer, Buffer]> {
  const rows: Array<[Buffer, Buffer]> = []
  for (let at = 0; at < body.byteLength;) {
    if (at + 8 > body.byteLength) throw bad('a row')
    const [keyLength, valueLength] = [body.readUInt32BE(at), body.readUInt32BE(at + 4)]
    const end = at + 8 + keyLength + valueLength
    if (end > body.byteLength) throw bad('a row')
    rows.push([body.subarray(at + 8, at + 8 + keyLength), body.subarray(at + 8 + keyLength, end)])
    at = end
  }
  return rows
}
