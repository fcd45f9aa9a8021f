/**
 * A backup becomes the database of a relay that is not running, marked as restored (restored.ts).
 *
 * Owns: what is in the way, the key, that nothing is put in place before all of it was read and fits. After a crash it is done again:
 * what was there before is there, under its name or beside it.
 */
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromBase32 } from '../../protocol/bytes.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { relayIdOfKey } from '../../protocol/ids.ts'
import { keyFileName, readRelayKey } from '../config-file.ts'
import { StoreDatabase } from '../store/store-database.ts'
import { schemaVersion } from '../store/store-keys.ts'
import { readBackup, type BackupSummary } from './backup-reader.ts'
import type { BackupManifest } from './backup.ts'
import { restoredAs, restoredRow } from './restored.ts'

export interface RestoreOptions {
  /** The backup. */
  file: string
  dataDir: string
  nowMs: number
  /** A database that is there is moved aside instead of refused. */
  isReplacing?: boolean
}

export interface RestoreResult extends BackupSummary {
  /** Where the database that was there is now. */
  readonly movedTo?: string
  readonly isKeyWritten: boolean
}

/**
 * @throws ProtocolError DATABASE_CORRUPT (the backup), BAD_CONFIG (a database or another key is there), UNSUPPORTED_VERSION,
 *         DATABASE_LOCKED (a relay runs on the folder), STORAGE_FULL; the folder is as it was
 */
export async function restoreBackup ({ file, dataDir, nowMs, isReplacing = false }: RestoreOptions): Promise<RestoreResult> {
  const db = join(dataDir, 'db')
  const making = join(dataDir, 'db.restoring')
  const isThere = await exists(db)
  if (isThere && !isReplacing) throw new ProtocolError('BAD_CONFIG', { what: `${db} is there already; move it away, or have it moved aside with --replace` })
  if (isThere) await checkUnlocked(db)
  // First all of it: half a restore helps nobody.
  const { manifest } = await readBackup(file, () => {})
  if (manifest.schema > schemaVersion) throw new ProtocolError('UNSUPPORTED_VERSION', { what: `the backup has schema ${manifest.schema}, this release reads ${schemaVersion}` })
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const hasKey = await checkKey(dataDir, manifest)
  await rm(making, { recursive: true, force: true })
  const database = new StoreDatabase({ path: making }, async () => { /* the rows bring their schema */ })
  await database.open()
  let summary: BackupSummary
  try {
    const write = async (rows: ReadonlyArray<[Buffer, Buffer]>, durable: boolean): Promise<void> => {
      await database.ensureWritable(true)
      const batch = database.level.batch()
      let bytes = 0
      for (const row of rows) {
        const changed = restoredAs(row)
        if (changed === undefined) continue
        batch.put(...changed)
        bytes += changed[0].byteLength + changed[1].byteLength
      }
      await database.commit(batch, { durable, bytes })
    }
    summary = await readBackup(file, async (rows) => { await write(rows, false) })
    await write([restoredRow({ takenAt: manifest.takenAt, restoredAt: new Date(nowMs).toISOString() })], true)
    await database.close()
  } catch (error) {
    await database.close()
    await rm(making, { recursive: true, force: true })
    throw error
  }
  // Before the database is there: with the one and without the other it could neither be started nor restored again.
  if (!hasKey) await writeFile(join(dataDir, keyFileName), `${manifest.key!}\n`, { mode: 0o600, flag: 'wx' })
  const movedTo = isThere ? join(dataDir, `db.before-restore-${nowMs}`) : undefined
  if (movedTo !== undefined) await rename(db, movedTo)
  await rename(making, db)
  // Copies of other relays' directories are fetched again; its own would be older than what others have of it.
  await rm(join(dataDir, 'directory'), { recursive: true, force: true })
  return { ...summary, isKeyWritten: !hasKey, ...(movedTo === undefined ? {} : { movedTo }) }
}

/** @returns whether the folder has the key. @throws ProtocolError BAD_CONFIG: it is another relay's, or there is none anywhere */
async function checkKey (dataDir: string, { relay, key }: BackupManifest): Promise<boolean> {
  const idOf = (seed: Uint8Array): string => relayIdOfKey(nodePrimitives.ed25519PublicKey(seed))
  if (await exists(join(dataDir, keyFileName))) {
    if (idOf(await readRelayKey(dataDir)) !== relay) throw new ProtocolError('BAD_CONFIG', { what: `${join(dataDir, keyFileName)} is the key of another relay than the backup's` })
    return true
  }
  if (key === undefined) throw new ProtocolError('BAD_CONFIG', { what: `the backup is without its key, and there is no ${join(dataDir, keyFileName)}` })
  if (idOf(fromBase32(key)) !== relay) throw new ProtocolError('DATABASE_CORRUPT', { what: 'the backup: its key is another relay\'s' })
  return false
}

/** @throws ProtocolError DATABASE_LOCKED */
async function checkUnlocked (path: string): Promise<void> {
  const database = new StoreDatabase({ path }, async () => {})
  try {
    await database.open()
  } catch (error) {
    // Damaged: a reason to restore.
    if (isProtocolError(error, 'DATABASE_LOCKED')) throw error
    return
  }
  await database.close()
}

async function exists (path: string): Promise<boolean> {
  return await stat(path).then(() => true, (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return false
    throw error
  })
}
