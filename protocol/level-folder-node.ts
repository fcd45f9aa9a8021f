/**
 * What LevelDB does not check before it opens a folder: whether the files that say what is in it are there. Without
 * CURRENT it takes the folder for a new one, begins an empty database and deletes the tables of the old.
 */
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ProtocolError } from './errors.ts'

const holdsData = /^(?:\d+\.(?:ldb|sst|log)|MANIFEST-\d+)$/

/**
 * Call before the database object is made: classic-level opens by itself soon after. A folder that is not there, or has no database in it, is fine.
 *
 * @throws ProtocolError DATABASE_CORRUPT: there are tables or journals, but not what lists them
 */
export async function checkLevelFolder (path: string): Promise<void> {
  const names = await readdir(path).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  if (!names.some((name) => holdsData.test(name))) return
  const corrupt = (missing: string): ProtocolError => new ProtocolError('DATABASE_CORRUPT', { what: `${path}: ${missing} is missing` })
  if (!names.includes('CURRENT')) throw corrupt('CURRENT')
  const manifest = (await readFile(join(path, 'CURRENT'), 'utf8')).trim()
  // Anything else that is wrong with CURRENT, LevelDB reports.
  if (/^MANIFEST-\d+$/.test(manifest) && !names.includes(manifest)) throw corrupt(manifest)
}
