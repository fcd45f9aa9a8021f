/**
 * Brings a store that an earlier release has written to the form of this one, before anything else reads it.
 *
 * `me/schema` says which form a store has. It comes last: after a crash in between the next start begins again, and what
 * has its new form already is left as it is. Rows are read and written a page at a time.
 *
 * 1  two people only: `peer` in messages, receipts in ob/ by their ids, the highest message ids in lg/, what could not be
 *    opened and is to be asked for in ow/. No `me/schema`.
 * 2  chats: tables.ts
 */
import { toHex } from '../../protocol/bytes.ts'
import { decodeEnvelope } from '../../protocol/envelope.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import type { WaitingRow } from '../groups/group-tables.ts'
import { encodeBody } from '../messages/content.ts'
import { timeOf } from '../messages/queues.ts'
import type { Codec } from './ledger.ts'
import type { ClientStore, StoreEntry, StoreWrite } from './store.ts'
import { json } from './stored.ts'
import { positionKey, unopenedCodec, type AccountRow, type LogRow, type MessageRow, type OutboxRow, type OwedRow } from './tables.ts'

export const storeVersion = 2
const versionKey = 'me/schema'
interface SchemaRow { readonly version: number }
const schemaCodec = json<SchemaRow>(versionKey)

/** A message is at most limits.textBytes long. */
const rowsPerPage = 256

/** @throws ProtocolError DATABASE_TOO_NEW: nothing was changed. DATABASE_CORRUPT; as the store */
export async function migrateStore (store: ClientStore): Promise<void> {
  const found = await store.get(versionKey)
  const version = found === undefined ? 1 : schemaCodec.decode(found).version
  if (version === storeVersion) return
  if (!Number.isSafeInteger(version) || version < 1) throw new ProtocolError('DATABASE_CORRUPT', { what: versionKey })
  if (version > storeVersion) throw new ProtocolError('DATABASE_TOO_NEW', { what: `its version is ${version}, this release reads ${storeVersion}` })
  await fromFirst(store)
  await store.batch([{ op: 'put', key: versionKey, value: schemaCodec.encode({ version: storeVersion }) }])
}

// --- version 1

type OldMessageRow = Omit<MessageRow, 'chat' | 'sender'> & { readonly peer: AccountId }
type OldOutboxRow = Omit<OutboxRow, 'body' | 'sentAtMs'> & { readonly receipt?: { readonly stage: number, readonly ids: readonly MessageId[] } }
type OldLogRow = LogRow & { readonly highest: Readonly<Record<DeviceId, MessageId>> }
type OldOwedRow = OwedRow & { readonly unopened: readonly MessageId[] }

const accountCodec = json<AccountRow>('me/account')
const messageCodec = json<MessageRow | OldMessageRow>('ms/')
const outboxCodec = json<OutboxRow | OldOutboxRow>('ob/')
const logCodec = json<LogRow | OldLogRow>('lg/')
const highestCodec = json<MessageId>('hi/')
const owedCodec = json<OwedRow | OldOwedRow>('ow/')
const waitingCodec = json<WaitingRow>('gw/')

async function fromFirst (store: ClientStore): Promise<void> {
  const account = await store.get('me/account')
  // Without an account there is nothing but the device's keys, which are as they were.
  if (account === undefined) return
  const { id: own } = accountCodec.decode(account)
  await eachPage(store, 'ms/', async (rows) => messagesFromFirst(rows, own))
  await eachPage(store, 'ob/', async (rows) => await outboxFromFirst(store, rows))
  await eachPage(store, 'lg/', async (rows) => logsFromFirst(rows))
  await eachPage(store, 'ow/', async (rows) => await owedFromFirst(store, rows))
}

function messagesFromFirst (rows: readonly StoreEntry[], own: AccountId): StoreWrite[] {
  return rows.flatMap(({ key, value }) => {
    const row = messageCodec.decode(value)
    if (!('peer' in row)) return []
    const { peer, ...rest } = row
    return [put(key, messageCodec, { ...rest, chat: peer, sender: rest.direction === 'out' ? own : peer })]
  })
}

async function outboxFromFirst (store: ClientStore, rows: readonly StoreEntry[]): Promise<StoreWrite[]> {
  const old = rows.flatMap(({ key, value }) => {
    const row = outboxCodec.decode(value)
    const [peer, id] = keyParts(key)
    return 'sentAtMs' in row ? [] : [{ key, row, id: id as MessageId, messageKey: `ms/${peer}/o${row.standsFor?.[0] ?? id}` }]
  })
  const messages = await store.getMany(old.map(({ messageKey }) => messageKey))
  return old.map(({ key, row: { receipt, ...rest }, id }, i) => {
    const message = messages[i]
    return put(key, outboxCodec, {
      ...rest,
      sentAtMs: message === undefined ? timeOf(id) : messageCodec.decode(message).sentAtMs,
      ...(receipt === undefined ? {} : { body: toHex(encodeBody({ kind: 'receipt', stage: receipt.stage, ids: receipt.ids })) })
    })
  })
}

/** Highest ids have a table of their own; both change in one batch. */
function logsFromFirst (rows: readonly StoreEntry[]): StoreWrite[] {
  return rows.flatMap(({ key, value }) => {
    const row = logCodec.decode(value)
    if (!('highest' in row)) return []
    const { highest, ...rest } = row
    const [peer] = keyParts(key)
    return [...Object.entries(highest).map(([device, id]) => put(`hi/${peer}/${device}`, highestCodec, id)), put(key, logCodec, rest)]
  })
}

/** What was to be asked for waits as anything that cannot be opened. */
async function owedFromFirst (store: ClientStore, rows: readonly StoreEntry[]): Promise<StoreWrite[]> {
  const writes: StoreWrite[] = []
  for (const { key, value } of rows) {
    const row = owedCodec.decode(value)
    if (!('unopened' in row)) continue
    const { unopened, ...rest } = row
    const [peer] = keyParts(key)
    for (const id of unopened) writes.push(...await waitingFromFirst(store, peer as AccountId, id))
    writes.push(rest.delivered.length + rest.read.length === 0 ? { op: 'delete', key } : put(key, owedCodec, rest))
  }
  return writes
}

async function waitingFromFirst (store: ClientStore, peer: AccountId, id: MessageId): Promise<StoreWrite[]> {
  const bytes = await store.get(`ms/${peer}/i${id}`)
  const message = bytes === undefined ? undefined : messageCodec.decode(bytes)
  // It has come by another road.
  if (message?.state !== 'failed' || message.epoch === undefined || message.seq === undefined) return []
  const place = `${peer}/${positionKey(message.epoch, message.seq)}`
  const kept = await store.get(`bad/${place}`)
  if (kept === undefined) return []
  const { atMs, envelope } = unopenedCodec.decode(kept)
  try {
    const { senderDevice: device, kind } = decodeEnvelope(envelope)
    return [put(`gw/${place}`, waitingCodec, { id, sender: peer, device, kind, atMs, tries: 0, nextTryAtMs: atMs, isBroken: true, isStrange: false })]
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return [] // its placeholder stays
  }
}

// --- pages

/** From the first row of a table to the last; what `convert` gives back for a page is one batch. */
async function eachPage (store: ClientStore, prefix: string, convert: (rows: readonly StoreEntry[]) => Promise<StoreWrite[]>): Promise<void> {
  for (let from = prefix; ;) {
    const rows = await store.range({ from, to: `${prefix}\x7f`, limit: rowsPerPage })
    if (rows.length === 0) return
    const writes = await convert(rows)
    if (writes.length > 0) await store.batch(writes)
    from = `${rows.at(-1)!.key}\x00`
  }
}

const put = <T>(key: string, codec: Codec<T>, value: T): StoreWrite => ({ op: 'put', key, value: codec.encode(value) })

/** After the prefix. */
const keyParts = (key: string): [string, string] => {
  const [, first = '', second = ''] = key.split('/')
  return [first, second]
}
