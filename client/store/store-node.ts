/**
 * The client's store in a folder, on LevelDB.
 */
import { ClassicLevel } from 'classic-level'
import { checkLevelFolder } from '../../protocol/level-folder-node.ts'
import { LevelStore } from './store-level.ts'

/** @throws ProtocolError DATABASE_LOCKED when another process has the folder open; DATABASE_CORRUPT */
export async function openNodeStore (folder: string): Promise<LevelStore> {
  await checkLevelFolder(folder)
  return await LevelStore.open(new ClassicLevel<string, Uint8Array>(folder, { keyEncoding: 'utf8', valueEncoding: 'view' }))
}
