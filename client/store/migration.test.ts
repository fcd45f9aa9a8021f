import assert from 'node:assert/strict'
import { fromUtf8, utf8 } from '../../protocol/bytes.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { receiptStages } from '../../protocol/wire/kinds.ts'
import { decodeBody } from '../messages/content.ts'
import { CrashingStore } from '../testing/crashing-store.ts'
import { recordedPerson, recordedStore, recordedWorld, recording } from '../testing/first-release-node.ts'
import { migrateStore, storeVersion } from './migration.ts'
import { MemoryStore } from './store-memory.ts'
import type { ClientStore, StoreWrite } from './store.ts'
import { fromHex } from './stored.ts'

type Row = Record<string, unknown>

const rowIn = (data: ReadonlyMap<string, Uint8Array>, key: string): Row => JSON.parse(fromUtf8(data.get(key)!)) as Row
const rowsIn = (data: ReadonlyMap<string, Uint8Array>, prefix: string): Row[] => [...data.keys()].filter((key) => key.startsWith(prefix)).map((key) => rowIn(data, key))
const putRow = (data: Map<string, Uint8Array>, key: string, row: Row): void => { data.set(key, utf8(JSON.stringify(row))) }

async function migrated (data: Map<string, Uint8Array>): Promise<Map<string, Uint8Array>> {
  await migrateStore(new MemoryStore(data))
  return data
}

/** Batches that are written, as sizes. */
function counted (data: Map<string, Uint8Array>): { store: ClientStore, batches: number[] } {
  const batches: number[] = []
  const count = (writes: readonly StoreWrite[]): boolean => { batches.push(writes.length); return false }
  return { store: new CrashingStore(new MemoryStore(data), count), batches }
}

const { alice, bob, carol } = recording.people

describe('client store: migration', () => {
  for (const [name, person] of Object.entries(recording.people)) {
    it(`${name}'s store of the first release shows the same to the present client`, async () => {
      const world = await recordedWorld(nodePrimitives, 11)
      const { client } = await recordedPerson(world, name as keyof typeof recording.people)
      assert.equal(client.account?.id, person.id)
      const ids: Record<string, typeof alice.id> = { alice: alice.id, bob: bob.id, carol: carol.id }
      for (const [other, messages] of Object.entries(person.history)) {
        const expected = messages.map(({ peer, ...message }) => ({ ...message, chat: peer, sender: message.direction === 'out' ? person.id : peer }))
        assert.ok(expected.length > 0)
        assert.deepEqual(await client.history(ids[other] ?? messages[0]!.peer), expected)
      }
      assert.deepEqual(await client.contacts(), person.contacts)
      assert.deepEqual(Object.fromEntries((await client.conversations()).map(({ chat, unread }) => [chat, unread])), person.unread)
      // Receipts that are owed are paid at once.
      const owed = rowsIn(recordedStore(person), 'ow/').filter(({ delivered }) => (delivered as unknown[]).length > 0).length
      assert.equal(await client.outboxLength(), person.outbox + owed)
      await world.stop()
    })
  }

  it('people whose stores are of the first release get what was pending, owed and lost, and go on talking', async () => {
    const world = await recordedWorld(nodePrimitives, 12)
    const people = [await recordedPerson(world, 'alice'), await recordedPerson(world, 'bob'), await recordedPerson(world, 'carol')] as const
    const [a, b, c] = people
    for (const { client } of people) client.start()
    const states = async (): Promise<string[]> => (await a.client.history(b.id)).filter(({ direction }) => direction === 'out').map(({ text, state }) => `${text}: ${state}`)
    await world.until(async () => (await a.texts(c)).includes('damaged on the way'), { what: 'the lost message' })
    await world.until(async () => !(await states()).some((text) => /: (sent|pending)$/.test(text)), { what: 'receipts' })
    assert.deepEqual(await states(), ['read by Bob: read', 'delivered to Bob: delivered', 'receipt in the outbox: delivered', 'receipt owed: delivered', 'at the relay: delivered', 'written offline by Alice: delivered', 'refused: failed'])
    assert.deepEqual(b.received.map(({ text }) => text), ['at the relay', 'written offline by Alice'])
    assert.deepEqual(a.received.map(({ text }) => text).sort(), ['damaged on the way', 'written offline by Bob'])
    // Dave's keys can be had now.
    const [dave] = Object.values(alice.history['dave']!)
    await world.until(async () => (await a.client.history(dave!.peer))[0]?.state === 'sent', { what: 'the message that waited for keys' })
    await a.client.send(b.id, 'after the update')
    await b.client.send(a.id, 'here, too')
    await c.client.send(a.id, 'and here')
    await world.until(() => b.received.at(-1)?.text === 'after the update' && ['here, too', 'and here'].every((text) => a.received.some((one) => one.text === text)), { what: 'new messages' })
    await world.quiet()
    for (const person of people) {
      assert.equal(await person.client.outboxLength(), 0, person.name)
      assert.deepEqual([...person.data.keys()].filter((key) => key.startsWith('ow/') || key.startsWith('gw/')), [], person.name)
    }
    // The damaged message gives Alice and Carol two chains of their conversation: both notice, by hashes that the old client has kept.
    assert.deepEqual(people.map(({ warnings }) => warnings.map(({ kind, chat }) => [kind, chat])), [[['fork', carol.id]], [], [['fork', alice.id]]])
    await world.stop()
    assert.equal(world.clock.pending, 0)
  })

  it('leaves nothing in the old form, and is done once', async () => {
    const data = await migrated(recordedStore(alice))
    assert.deepEqual(rowIn(data, 'me/schema'), { version: storeVersion })
    for (const prefix of ['ms/', 'ob/', 'lg/', 'ow/']) for (const row of rowsIn(data, prefix)) for (const old of ['peer', 'receipt', 'highest', 'unopened']) assert.ok(!(old in row), `${prefix} ${old}`)
    assert.ok(rowsIn(data, 'ob/').every(({ sentAtMs }) => typeof sentAtMs === 'number'))
    const before = new Map(data)
    const { store, batches } = counted(data)
    await migrateStore(store)
    assert.deepEqual(batches, [])
    assert.deepEqual(data, before)
  })

  it('begins again after a crash at any batch, with the same result', async () => {
    for (const person of [alice, bob]) {
      const expected = await migrated(recordedStore(person))
      let crashes = 0
      for (let fatal = 1; ; fatal++) {
        const data = recordedStore(person)
        let batch = 0
        const crashing = new CrashingStore(new MemoryStore(data), () => ++batch === fatal)
        await migrateStore(crashing).catch((error: unknown) => { assert.match(String(error), /power cut/) })
        if (!crashing.isDead) break
        crashes++
        assert.deepEqual(await migrated(data), expected)
      }
      assert.ok(crashes >= 4, `${crashes} batches`)
    }
  })

  it('reads and writes a large store a page at a time', async () => {
    const data = recordedStore(alice)
    const [message] = alice.history['bob']!
    const { id: _id, ...rest } = message!
    for (let i = 0; i < 1_000; i++) {
      const id = i.toString(16).padStart(32, '0')
      putRow(data, `ms/${rest.peer}/o${id}`, { ...rest, id, at: `~o${id}` })
    }
    const { store, batches } = counted(data)
    await migrateStore(store)
    assert.ok(batches.length > 4 && Math.max(...batches) <= 256, batches.join())
    assert.ok(rowsIn(data, 'ms/').every(({ chat, sender }) => chat !== undefined && sender !== undefined))
  })

  it('receipts that wait to be sealed keep what they say, and when a message was written is kept', async () => {
    const data = recordedStore(bob)
    const id = '01a3185c638876e6b7d2c80956d9f7ce'
    const of = '01a3185c638872a4becb5f8852af3859'
    putRow(data, `ob/${alice.id}/${id}`, { kind: 2, state: 'waiting', receipt: { stage: 2, ids: [of] }, digest: '', awaiting: [], isSequenced: false })
    const written = bob.history['alice']!.at(-1)!
    await migrated(data)
    const { body, ...row } = rowIn(data, `ob/${alice.id}/${id}`)
    assert.deepEqual(row, { kind: 2, state: 'waiting', digest: '', awaiting: [], isSequenced: false, sentAtMs: Number.parseInt(id.slice(0, 12), 16) })
    assert.deepEqual(decodeBody(fromHex(body as string)), { kind: 'receipt', stage: receiptStages.read, ids: [of] })
    assert.equal(rowIn(data, `ob/${alice.id}/${written.id}`)['sentAtMs'], written.sentAtMs)
  })

  it('a new store says its version; one of the present form without a version is left as it is', async () => {
    const fresh = await migrated(new Map())
    assert.deepEqual([...fresh.keys()], ['me/schema'])
    const present = await migrated(recordedStore(alice))
    const expected = new Map(present)
    present.delete('me/schema')
    assert.deepEqual(await migrated(present), expected)
  })

  it('a store of a newer release is refused, and not touched', async () => {
    const data = await migrated(recordedStore(alice))
    putRow(data, 'me/schema', { version: storeVersion + 1 })
    const before = new Map(data)
    await assert.rejects(migrated(data), (error) => isProtocolError(error, 'DATABASE_TOO_NEW') && error.details.what === `its version is ${storeVersion + 1}, this release reads ${storeVersion}`)
    assert.deepEqual(data, before)
    for (const version of ['2', -1, null]) {
      putRow(data, 'me/schema', { version })
      await assert.rejects(migrated(data), (error) => error instanceof ProtocolError && error.code === 'DATABASE_CORRUPT')
    }
  })
})
