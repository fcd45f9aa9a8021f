/**
 * The client's store in IndexedDB.
 */
import { BrowserLevel } from 'browser-level'
import { LevelStore } from './store-level.ts'

/** @param name of the IndexedDB database; one per account */
export async function openBrowserStore (name: string): Promise<LevelStore> {
  return await LevelStore.open(new BrowserLevel<string, Uint8Array>(name, { keyEncoding: 'utf8', valueEncoding: 'view' }))
}
