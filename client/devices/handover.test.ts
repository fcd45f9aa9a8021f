import assert from 'node:assert/strict'
import { nodePrimitives as primitives } from '../../protocol/e2ee/primitives-node.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { encodeLinkMessage } from '../../protocol/linking/parcels.ts'
import { testAccount } from '../../protocol/testing.ts'
import type { LinkRows } from '../../protocol/wire/gen/link.js'
import { pairConversation } from '../../protocol/conversation.ts'
import { History } from '../messages/history.ts'
import { Ledger, Table } from '../store/ledger.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { json } from '../store/stored.ts'
import { Tables, type LogRow } from '../store/tables.ts'
import { DeviceTables } from './device-tables.ts'
import { Handover } from './handover.ts'

const own = testAccount(1).id
const [bob, cid] = [testAccount(2).id, testAccount(3).id]
const idOf = (n: number): MessageId => n.toString(16).padStart(32, '0') as MessageId

interface Device { data: Map<string, Uint8Array>, ledger: Ledger, tables: Tables, deviceTables: DeviceTables, history: History, handover: Handover }

function makeDevice (): Device {
  const data = new Map<string, Uint8Array>()
  const ledger = new Ledger(new MemoryStore(data))
  const tables = new Tables(primitives)
  const deviceTables = new DeviceTables()
  const history = new History({ tables })
  return { data, ledger, tables, deviceTables, history, handover: new Handover({ ledger, tables, deviceTables, history }) }
}

/** `count` messages with `chat`, of which the log has come to number `seq`. */
async function fill ({ ledger, tables, history }: Device, chat: typeof bob, { count, seq, text = (n: number) => `${n}` }: { count: number, seq: number, text?: (n: number) => string }): Promise<void> {
  await ledger.run(async (draft) => {
    const some = await draft.read(tables.logs, chat)
    draft.write(tables.logs, chat, { ...some, epoch: 1, seq, hash: '', newest: '', forkedInEpoch: 0 } as LogRow)
    for (let n = 1; n <= count; n++) {
      history.add(draft, { id: idOf(n), conversation: pairConversation(own, chat).id, chat, sender: chat, direction: 'in', text: text(n), sentAtMs: n, state: 'delivered' }, { epoch: 1, seq: n })
    }
  })
}

async function chunksOf ({ handover }: Device): Promise<LinkRows[]> {
  const chunks: LinkRows[] = []
  for await (const rows of handover.chunks(own)) chunks.push(rows)
  return chunks
}

describe('what is handed over to a new device', () => {
  it('essentials first and marked, then messages, and all of it arrives', async () => {
    const [from, to] = [makeDevice(), makeDevice()]
    await fill(from, bob, { count: 250, seq: 250 })
    await from.ledger.run((draft) => {
      draft.write(from.tables.contacts, bob, { name: 'Bob', handle: '', isVerified: true, addedAtMs: 1 })
      draft.write(from.deviceTables.facts, 'mute/x', { value: '1', madeAtMs: 1, device: 'd' as never })
    })
    const chunks = await chunksOf(from)
    const complete = chunks.findIndex(({ isComplete }) => isComplete)
    assert.ok(chunks.slice(0, complete + 1).every(({ isHistory }) => !isHistory) && chunks.slice(complete + 1).every(({ isHistory }) => isHistory))
    assert.equal(chunks.filter(({ isComplete }) => isComplete).length, 1)
    assert.equal(chunks.at(-1)!.done, chunks.at(-1)!.total)
    for (const rows of chunks) await to.ledger.run(async (draft) => { await to.handover.store(draft, rows) })
    assert.deepEqual([...to.data.keys()].sort(), [...from.data.keys()].sort())
    for (const [key, value] of from.data) assert.deepEqual(to.data.get(key), value, key)
    assert.deepEqual(await to.history.page(to.ledger, bob, { limit: 1_000 }), await from.history.page(from.ledger, bob, { limit: 1_000 }))
  })

  it('an account with nothing gives one chunk, which is complete', async () => {
    assert.deepEqual(await chunksOf(makeDevice()), [{ rows: [], done: 0, total: 0, isHistory: false, isComplete: true }])
  })

  it('no chunk is larger than a parcel, whatever the messages', async () => {
    const from = makeDevice()
    await fill(from, bob, { count: 60, seq: 60, text: (n) => 'ü'.repeat(n % 3 === 0 ? limits.textBytes / 2 : 10) })
    const chunks = await chunksOf(from)
    assert.ok(chunks.length > 3)
    for (const rows of chunks) assert.ok(encodeLinkMessage({ rows }).byteLength <= limits.linkParcelBytes)
  })

  it('messages behind the place that the log had, or without one, are left to the log', async () => {
    const [from, to] = [makeDevice(), makeDevice()]
    await fill(from, bob, { count: 20, seq: 12 })
    await from.ledger.run((draft) => { from.history.add(draft, { id: idOf(99), conversation: pairConversation(own, bob).id, chat: bob, sender: own, direction: 'out', text: 'not sent', sentAtMs: 1, state: 'pending' }) })
    for (const rows of await chunksOf(from)) await to.ledger.run(async (draft) => { await to.handover.store(draft, rows) })
    assert.deepEqual((await to.history.page(to.ledger, bob, { limit: 100 })).map(({ seq }) => seq), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  })

  it('the newest of every chat come before the oldest of any', async () => {
    const from = makeDevice()
    await fill(from, bob, { count: 400, seq: 400 })
    await fill(from, cid, { count: 150, seq: 150 })
    const keys = (await chunksOf(from)).filter(({ isHistory }) => isHistory).flatMap(({ rows }) => rows.map(({ key }) => key))
    assert.equal(new Set(keys).size, 550)
    const newestOfCid = keys.indexOf(`${cid}/i${idOf(150)}`)
    assert.ok(newestOfCid <= 100 && keys.indexOf(`${bob}/i${idOf(1)}`) === keys.length - 1, `${newestOfCid}`)
  })

  it('what is about oneself and what is secret stays', async () => {
    const from = makeDevice()
    for (const [key, prefix] of [['x', 'se/'], ['x', 'p1/'], ['x', 'pk/'], ['x', 'ob/'], ['x', 'sl/'], ['account', 'me/'], ['device', 'me/'], ['x', 'ow/'], ['x', 'sq/'], ['x', 'mw/']]) from.data.set(`${prefix}${key}`, Uint8Array.of(1))
    assert.deepEqual((await chunksOf(from)).flatMap(({ rows }) => rows), [])
  })

  it('a part of the client adds its table once; a version that does not know it leaves it out', async () => {
    const [from, to] = [makeDevice(), makeDevice()]
    const table = new Table<number>('xx/', json('xx/'))
    from.handover.add('numbers', table, (key) => key !== 'mine')
    assert.throws(() => { from.handover.add('numbers', table) })
    await from.ledger.run((draft) => { draft.write(table, 'mine', 1); draft.write(table, 'ours', 2) })
    const chunks = await chunksOf(from)
    assert.deepEqual(chunks.flatMap(({ rows }) => rows.map(({ table: name, key }) => [name, key])), [['numbers', 'ours']])
    for (const rows of chunks) await to.ledger.run(async (draft) => { await to.handover.store(draft, rows) })
    assert.deepEqual([...to.data.keys()], [])
  })

  it('a row that cannot be read ends it, and nothing of its chunk is stored', async () => {
    const to = makeDevice()
    const rows = { rows: [{ table: 'contacts', key: bob, value: Buffer.from('{"name":"Bob"}') }, { table: 'deviceLists', key: cid, value: Uint8Array.of(1, 2, 3) }], isHistory: false, isComplete: true, done: 2, total: 2 }
    await assert.rejects(to.ledger.run(async (draft) => { await to.handover.store(draft, rows) }), (error) => isProtocolError(error, 'LINK_FAILED'))
    const message = { rows: [{ table: 'messages', key: `${cid}/i${idOf(1)}`, value: Buffer.from(JSON.stringify({ chat: bob, at: 'x' })) }], isHistory: true, isComplete: false, done: 1, total: 1 }
    await assert.rejects(to.ledger.run(async (draft) => { await to.handover.store(draft, message) }), (error) => isProtocolError(error, 'LINK_FAILED'))
    assert.equal(to.data.size, 0)
  })

  it('what has come from a log meanwhile is not overwritten by history', async () => {
    const [from, to] = [makeDevice(), makeDevice()]
    await fill(from, bob, { count: 1, seq: 1, text: () => 'as it was' })
    await fill(to, bob, { count: 1, seq: 1, text: () => 'as it is' })
    for (const rows of (await chunksOf(from)).filter(({ isHistory }) => isHistory)) await to.ledger.run(async (draft) => { await to.handover.store(draft, rows) })
    assert.deepEqual((await to.history.page(to.ledger, bob)).map(({ text }) => text), ['as it is'])
  })

  it('is erased without a trace', async () => {
    const device = makeDevice()
    await fill(device, bob, { count: 5, seq: 5 })
    await device.ledger.run(async (draft) => { await device.handover.eraseAll(draft) }, { isFresh: true })
    assert.equal(device.data.size, 0)
    assert.deepEqual(await device.history.page(device.ledger, bob), [])
  })
})
