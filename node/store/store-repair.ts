/**
 * Brings a damaged database of a relay back: LevelDB's own repair takes what it can read of tables and journals, then this
 * makes the rows fit together again, so that no number of a log is given twice, and says what is missing.
 *
 * What is missing is not made up: entries are fetched from other homes when they are asked for (log/log-reader.ts), senders'
 * devices submit again what was not delivered, accounts register again. Keys and rows: store-keys.ts.
 */
import { constants } from 'node:fs'
import { access, cp, readdir } from 'node:fs/promises'
import { dirname, basename, join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { conversationFromId, type ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { checkLevelFolder } from '../../protocol/level-folder-node.ts'
import { isLevelError, type Level } from './store-database.ts'
import { noEpochStarts } from './epoch-starts.ts'
import * as keys from './store-keys.ts'

export interface Repaired {
  /** Where the database is kept as it was; undefined when that was not wanted. */
  readonly copy: string | undefined
  readonly logs: number
  readonly entries: number
  /** Entries between the first and the last of a log that cannot be read: to be had from other relays, if any has them. */
  readonly missingEntries: number
  /** Logs whose head was made anew from what is left; some of their newest entries may be missing as well. */
  readonly mendedHeads: number
  /** Rows of logs of which it is not known any more which they are: dropped. */
  readonly strayRows: number
  /** Rows of tables (accounts, prekeys, …) that did not match their checksum: dropped. */
  readonly damagedRows: number
}

export interface RepairOptions {
  /** Keep the database as it was beside it; default true. */
  readonly hasCopy?: boolean
  /** Which log an envelope belongs to: a store does not look into envelopes, and where a log's name is lost, nothing else says it. */
  readonly conversationOf?: (envelope: Uint8Array) => ConversationId | undefined
  /** What becomes of each healthy row of a table, key and value as they are stored; undefined: it is dropped. */
  readonly changeRow?: (row: [Buffer, Buffer]) => [Buffer, Buffer] | undefined
  readonly addRows?: ReadonlyArray<readonly [Buffer, Buffer]>
}

/** Rows written with one batch. */
const batchRows = 1_000
const scanBytes = 1 << 20

interface Found extends Partial<keys.HeadRow> { conversation?: ConversationId, hasNumber?: boolean, hasConversation?: boolean, lowest: number, highest: number, highestEpoch: number, entries: number, isHeadSound: boolean, known: number }

/**
 * The relay must not run.
 *
 * @param path folder of the database
 * @throws ProtocolError DATABASE_LOCKED; STORAGE_FULL when there is no room for the copy; DATABASE_CORRUPT when nothing can be read;
 *         BAD_CONFIG when there is no database
 */
export async function repairDatabase (path: string, { hasCopy = true, conversationOf = () => undefined, changeRow = (row) => row, addRows = [] }: RepairOptions = {}): Promise<Repaired> {
  if (!(await readdir(path).catch(() => [])).some((name) => /\.(?:ldb|sst|log)$|^MANIFEST/.test(name))) throw new ProtocolError('BAD_CONFIG', { what: `there is no database in ${path}` })
  await checkNotInUse(path)
  const copy = hasCopy ? await copyAside(path) : undefined
  await ClassicLevel.repair(path)
  const level: Level = new ClassicLevel<Buffer, Buffer>(path, { keyEncoding: 'buffer', valueEncoding: 'buffer', compression: false })
  try {
    await level.open()
    return { copy, ...await mendRows(level, { conversationOf, changeRow, addRows }) }
  } catch (error) {
    if (isProtocolError(error)) throw error
    throw new ProtocolError('DATABASE_CORRUPT', { what: path, cause: error })
  } finally {
    await level.close()
  }
}

/** LevelDB repairs under the hands of a process that has the database open. @throws ProtocolError DATABASE_LOCKED */
async function checkNotInUse (path: string): Promise<void> {
  try {
    // Without what lists the files, opening would begin an empty database.
    await checkLevelFolder(path)
  } catch {
    return
  }
  const level = new ClassicLevel<Buffer, Buffer>(path, { createIfMissing: false })
  try {
    await level.open()
  } catch (error) {
    if (isLevelError(error, 'LEVEL_LOCKED')) throw new ProtocolError('DATABASE_LOCKED', { what: path, cause: error })
    // That it cannot be opened is why this is done.
  } finally {
    await level.close().catch(() => { /* it did not open */ })
  }
}

async function copyAside (path: string): Promise<string> {
  for (let number = 1; ; number++) {
    const copy = join(dirname(path), `${basename(path)}.damaged-${number}`)
    if (await access(copy).then(() => true, () => false)) continue
    try {
      // Costs no space where files can be cloned.
      await cp(path, copy, { recursive: true, mode: constants.COPYFILE_FICLONE })
    } catch (error) {
      throw new ProtocolError('STORAGE_FULL', { what: `a copy of the damaged database at ${copy}`, cause: error })
    }
    return copy
  }
}

type NameOf = NonNullable<RepairOptions['conversationOf']>

async function mendRows (level: Level, { conversationOf, changeRow, addRows }: Required<Omit<RepairOptions, 'hasCopy'>>): Promise<Omit<Repaired, 'copy'>> {
  const writer = new Writer(level)
  const logs = await findLogs(level, conversationOf)
  let [entries, missingEntries, mendedHeads, strayRows] = [0, 0, 0, 0]
  for (const [number, log] of logs) {
    if (log.conversation === undefined) {
      for (const prefix of [keys.prefixes.number, keys.prefixes.head, keys.prefixes.entry, keys.prefixes.outbox, keys.prefixes.seen, keys.prefixes.cursor, keys.prefixes.replica]) {
        for await (const key of level.keys({ ...keys.rowsOfLog(prefix, number), highWaterMarkBytes: scanBytes })) { strayRows++; await writer.delete(key) }
      }
      continue
    }
    if (log.hasConversation !== true) await writer.put(keys.conversationKey(log.conversation), keys.encodeLogNumber(number))
    if (log.hasNumber !== true) await writer.put(keys.numberKey(number), Buffer.from(keys.conversationKey(log.conversation).subarray(1)))
    entries += log.entries
    // Who takes part in a conversation of two is in its name; of a group it is in its rows.
    const conversation = conversationFromId(log.conversation)
    if (conversation.kind !== 'group' && (log.known > 0 || log.head !== undefined)) for (const member of conversation.members) await writer.put(keys.joinedKey(member, number), Buffer.alloc(0))
    const head = mendedHead(log)
    if (head !== undefined) {
      mendedHeads++
      await writer.put(keys.headKey(number), keys.encodeHead(head, number))
    }
    const { first, head: last } = head ?? log as keys.HeadRow
    if (last > 0) missingEntries += Math.max(0, last - Math.max(first, 1) + 1 - log.entries)
  }
  for await (const key of level.keys({ ...keys.everyKey(keys.prefixes.joined), highWaterMarkBytes: scanBytes })) {
    if (logs.get(keys.logOfJoinedKey(key))?.conversation === undefined) { strayRows++; await writer.delete(key) }
  }
  let damagedRows = 0
  for await (const row of level.iterator({ ...keys.everyKey(keys.prefixes.table), highWaterMarkBytes: scanBytes })) {
    const [key, value] = row
    const changed = keys.decodeTableValue(value, key) === undefined ? undefined : changeRow(row)
    if (changed === undefined) {
      if (keys.decodeTableValue(value, key) === undefined) damagedRows++
      await writer.delete(key)
    } else if (changed[1] !== value) await writer.put(...changed)
  }
  for (const [key, value] of addRows) await writer.put(key, value)
  if (await level.get(keys.schemaKey()) === undefined) await writer.put(keys.schemaKey(), Buffer.of(keys.schemaVersion))
  await writer.end()
  return { logs: [...logs.values()].filter(({ conversation }) => conversation !== undefined).length, entries, missingEntries, mendedHeads, strayRows, damagedRows }
}

/** What is left of each log, by its number. */
async function findLogs (level: Level, conversationOf: NameOf): Promise<Map<number, Found>> {
  const logs = new Map<number, Found>()
  const logOf = (number: number): Found => {
    const known = logs.get(number)
    if (known !== undefined) return known
    const found: Found = { lowest: Infinity, highest: 0, highestEpoch: 0, entries: 0, isHeadSound: false, known: 0 }
    logs.set(number, found)
    return found
  }
  const rows = (prefix: number): AsyncIterable<[Buffer, Buffer]> => level.iterator({ ...keys.everyKey(prefix), highWaterMarkBytes: scanBytes })
  for await (const [key, value] of rows(keys.prefixes.log)) Object.assign(logOf(value.readUInt32BE(0)), { conversation: keys.conversationOf(key.subarray(1)), hasConversation: true })
  for await (const [key, value] of rows(keys.prefixes.number)) {
    const log = logOf(keys.logOfKey(key))
    const conversation = keys.conversationOf(value)
    // When they name different ones, the row that is looked up first counts.
    if (log.conversation === undefined) Object.assign(log, { conversation, hasNumber: true })
    else log.hasNumber = log.conversation === conversation
  }
  const named = new Set([...logs.values()].map(({ conversation }) => conversation))
  const name = (log: Found, envelope: Uint8Array): void => {
    const conversation = log.conversation === undefined ? conversationOf(envelope) : undefined
    if (conversation === undefined || named.has(conversation)) return
    named.add(conversation)
    log.conversation = conversation
  }
  for await (const [key, value] of rows(keys.prefixes.head)) {
    const number = keys.logOfKey(key)
    const head = keys.decodeHead(value, number)
    Object.assign(logOf(number), head, { isHeadSound: head !== undefined })
  }
  for await (const [key, value] of rows(keys.prefixes.entry)) {
    const [log, seq] = [logOf(keys.logOfKey(key)), keys.placeOfKey(key)]
    const entry = keys.decodeEntry(value, keys.logOfKey(key), seq)
    log.known = Math.max(log.known, seq)
    if (entry !== undefined) name(log, entry.envelope)
    // One that was trimmed may be there again: LevelDB may have lost that it was.
    if (entry === undefined || seq < (log.first ?? 0)) continue
    log.entries++
    log.lowest = Math.min(log.lowest, seq)
    if (seq > log.highest) Object.assign(log, { highest: seq, highestEpoch: entry.epoch })
  }
  for await (const [key, value] of rows(keys.prefixes.seen)) {
    const { seen } = keys.decodeSeen(value)
    const log = logOf(keys.logOfKey(key))
    if (seen.at !== 'log') continue
    log.known = Math.max(log.known, seen.seq)
    log.highestEpoch = Math.max(log.highestEpoch, seen.epoch)
  }
  for await (const [key, value] of rows(keys.prefixes.cursor)) {
    const log = logOf(keys.logOfKey(key))
    log.known = Math.max(log.known, keys.decodeCursor(value))
  }
  for await (const [key, value] of rows(keys.prefixes.outbox)) {
    const log = logOf(keys.logOfKey(key))
    // Whose log it is matters only when that is not known otherwise; any will do for the checksum.
    const item = log.conversation === undefined ? keys.decodeEntry(value, keys.logOfKey(key), keys.placeOfKey(key)) : undefined
    if (item !== undefined) name(log, item.envelope)
  }
  return logs
}

/** @returns undefined when the row of the head is right as it is, or the log has none */
function mendedHead (log: Found): keys.HeadRow | undefined {
  const { isHeadSound, known, lowest, highestEpoch } = log
  if (isHeadSound && log.head! >= known) return undefined
  // Outbox items only: this relay keeps no such log.
  if (!isHeadSound && known === 0) return undefined
  const head = Math.max(known, log.head ?? 0)
  const first = log.first ?? Math.min(lowest, head + 1)
  return { epoch: Math.max(log.epoch ?? 0, highestEpoch, 1), head, first, low: Math.min(first, lowest), starts: noEpochStarts }
}

/** Some rows at a time, all of them synced in the end. */
class Writer {
  readonly #level: Level
  #batch: ReturnType<Level['batch']>

  constructor (level: Level) {
    this.#level = level
    this.#batch = level.batch()
  }

  async put (key: Buffer, value: Buffer): Promise<void> {
    this.#batch.put(key, value)
    await this.#flush(batchRows)
  }

  async delete (key: Buffer): Promise<void> {
    this.#batch.del(key)
    await this.#flush(batchRows)
  }

  async end (): Promise<void> {
    await this.#flush(1)
    await this.#batch.close()
    await this.#level.put(keys.schemaKey(), (await this.#level.get(keys.schemaKey()))!, { sync: true })
  }

  async #flush (atLeast: number): Promise<void> {
    if (this.#batch.length < atLeast) return
    await this.#batch.write()
    this.#batch = this.#level.batch()
  }
}
