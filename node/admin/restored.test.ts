import assert from 'node:assert/strict'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { accountIdToBytes } from '../../protocol/ids.ts'
import { clientMethods } from '../../protocol/methods.ts'
import { homeRecordKey } from '../../protocol/protocols.ts'
import { awaited } from '../people/accounts.ts'
import { decodeTableValue, encodeTableValue, tableKey } from '../store/store-keys.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { StubMesh, TestPerson, connect, register, sayHello, startTestRelay, testRelay, type TestRelay } from '../testing/fixtures.ts'
import { restoredAs, restoredRow, readRestored } from './restored.ts'

const isCode = (code: ErrorCode) => (error: unknown): boolean => isProtocolError(error, code)

describe('a restored database', () => {
  const random = new SeededRandom(12)
  const identity = testRelay(random)
  let dht: Map<string, Uint8Array>
  let store: MemoryStore
  let person: TestPerson
  let other: TestPerson
  let relay: TestRelay
  let clock: ManualClock

  const start = async (): Promise<TestRelay> => await startTestRelay({ random, clock, store, identity, mesh: new StubMesh(identity.id, dht) })

  /** As restore.ts does with the rows of a backup. */
  async function restore (): Promise<void> {
    await relay.relay.stop({ timeoutMs: 1_000 })
    for await (const { key, value } of store.scan('account', '')) await store.write([{ op: 'put', table: 'account', key, value: awaited(value) }], { durable: true })
    relay = await start()
  }

  beforeEach(async () => {
    clock = new ManualClock()
    dht = new Map()
    store = new MemoryStore()
    ;[person, other] = [new TestPerson(random), new TestPerson(random)]
    relay = await start()
    for (const [one, handle] of [[person, 'alice'], [other, 'bob']] as const) {
      const channel = connect(one.device.id, relay)
      await sayHello(channel, one)
      await register(channel, one, relay.id, { handle, prekeys: one.prekeys({ count: 2 }) })
    }
  })
  afterEach(async () => { await relay.relay.stop({ timeoutMs: 1_000 }) })

  it('serves an account only after it has signed a newer home record, and keeps its handle for it', async () => {
    await restore()
    assert.deepEqual([relay.relay.accounts.size, relay.relay.accounts.awaitedSize, relay.relay.accounts.isLocal(person.account)], [0, 2, false])
    const channel = connect(person.device.id, relay)
    assert.equal((await sayHello(channel, person)).isRegistered, false)
    await assert.rejects(register(channel, person, relay.id), isCode('ROLLED_BACK'))
    const { handle } = await register(channel, person, relay.id, { homeRecord: person.home(relay.id, { epoch: 2 }).bytes })
    assert.equal(handle, 'alice@eu-1.example.org')
    assert.deepEqual([relay.relay.accounts.size, relay.relay.accounts.awaitedSize], [1, 1])
    // Also after the next start.
    await relay.relay.stop({ timeoutMs: 1_000 })
    relay = await start()
    assert.deepEqual([relay.relay.accounts.isLocal(person.account), relay.relay.accounts.isAwaited(other.account)], [true, true])
  })

  it('says of one that has not come back that its home cannot be reached, not that nobody knows it', async () => {
    await restore()
    const channel = connect(person.device.id, relay)
    await sayHello(channel, person)
    await register(channel, person, relay.id, { homeRecord: person.home(relay.id, { epoch: 2 }).bytes })
    await assert.rejects(channel.call(clientMethods.findAccount, { account: accountIdToBytes(other.account) }), isCode('HOME_UNREACHABLE'))
    await assert.rejects(channel.call(clientMethods.claimBundles, { account: accountIdToBytes(other.account) }), isCode('HOME_UNREACHABLE'))
  })

  it('honours that an account has moved meanwhile: the DHT is asked, and hello answers MOVED from then on', async () => {
    const elsewhere = testRelay(random).id
    const record = other.home(elsewhere, { epoch: 7 }).bytes
    dht.set(homeRecordKey(other.account), record)
    await restore()
    await clock.advance(20_000)
    assert.deepEqual([relay.relay.accounts.isAwaited(other.account), relay.relay.accounts.isLocal(other.account), relay.relay.accounts.awaitedSize], [false, false, 1])
    await assert.rejects(sayHello(connect(other.device.id, relay), other), (error: unknown) => isProtocolError(error, 'MOVED') && Buffer.from(error.details.record!).equals(record))
    await relay.relay.stop({ timeoutMs: 1_000 })
    relay = await start()
    assert.deepEqual([relay.relay.accounts.isAwaited(other.account), relay.relay.accounts.isLocal(other.account)], [false, false])
  })

  it('hands no one-time prekey out again, keeps a damaged row as it is, and knows when it was made', async () => {
    const rowKey = tableKey('prekey', `${person.account}/${person.device.id}/once`)
    const value = Buffer.alloc(4 + 36, 7)
    value.writeUInt32BE(9, 0)
    const [, row] = restoredAs([rowKey, encodeTableValue(value, rowKey)])!
    assert.deepEqual(Buffer.from(decodeTableValue(row, rowKey)!), Buffer.of(0, 0, 0, 9))
    const damaged = encodeTableValue(value, rowKey)
    damaged[10]! ^= 1
    assert.deepEqual(restoredAs([rowKey, damaged]), [rowKey, damaged])
    for (const kind of ['a/x/y', 'e/y/z/00']) assert.equal(restoredAs([tableKey('standby', kind), value]), undefined)
    const own = tableKey('standby', 'p/x')
    assert.deepEqual(restoredAs([own, value]), [own, value])
    const [key, mark] = restoredRow({ takenAt: 'then', restoredAt: 'now' })
    assert.deepEqual(key, tableKey('meta', 'restored'))
    await store.write([{ op: 'put', table: 'meta', key: 'restored', value: decodeTableValue(mark, key)! }], { durable: true })
    assert.deepEqual(await readRestored(store), { takenAt: 'then', restoredAt: 'now' })
  })

})
