import assert from 'node:assert/strict'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { clientMethods } from '../../protocol/methods.ts'
import { MemoryStore } from '../store/store-memory.ts'
import type { Table } from '../store/store.ts'
import { TestPerson, connect, register, sayHello, startTestRelay, type TestRelay } from '../testing/fixtures.ts'

/** A store whose disk has returned wrong bytes for some rows: they cannot be read until they are written again. */
class StoreWithDamage extends MemoryStore {
  readonly damaged = new Set<string>()
  override async get (table: Table, key: string): Promise<Uint8Array | undefined> {
    if (this.damaged.has(`${table} ${key}`)) throw new ProtocolError('DAMAGED', { what: `table ${table}` })
    return await super.get(table, key)
  }

  override async write (...[batch, options]: Parameters<MemoryStore['write']>): Promise<void> {
    await super.write(batch, options)
    for (const write of batch) if (write.op === 'put' || write.op === 'delete') this.damaged.delete(`${write.table} ${write.key}`)
  }
}

describe('rows that the disk has damaged, and that their owner can give again', () => {
  let store: StoreWithDamage
  let relay: TestRelay
  let person: TestPerson

  beforeEach(async () => {
    const random = new SeededRandom(21)
    store = new StoreWithDamage()
    relay = await startTestRelay({ random, store })
    person = new TestPerson(random)
    const channel = connect(person.device.id, relay)
    await sayHello(channel, person)
    await register(channel, person, relay.id, { handle: 'alice', prekeys: person.prekeys({ count: 7 }) })
    await channel.close()
  })
  afterEach(async () => { await relay.relay.stop({ timeoutMs: 0 }) })

  it('one-time prekeys: the device comes in, hears that none are left, and uploads others', async () => {
    store.damaged.add(`prekey ${person.account}/${person.device.id}/once`)
    const channel = connect(person.device.id, relay)
    const welcome = await sayHello(channel, person)
    assert.deepEqual([welcome.isRegistered, welcome.oneTimePrekeysLeft], [true, 0])
    const { oneTime } = await channel.call(clientMethods.uploadPrekeys, person.prekeys({ firstId: 100, count: 4 }))
    assert.equal(oneTime, 4)
  })

  it('signed keys: the device is asked to register again, and brings them', async () => {
    store.damaged.add(`prekey ${person.account}/${person.device.id}/keys`)
    const channel = connect(person.device.id, relay)
    assert.equal((await sayHello(channel, person)).isRegistered, false)
    await register(channel, person, relay.id, { handle: 'alice', prekeys: person.prekeys({ firstId: 100, count: 4 }) })
    assert.equal((await sayHello(connect(person.device.id, relay), person)).isRegistered, true)
    assert.equal(store.damaged.size, 0)
  })

  it('the registration: the device is asked to register again, and keeps its handle', async () => {
    store.damaged.add(`account ${person.account}`)
    const channel = connect(person.device.id, relay)
    assert.equal((await sayHello(channel, person)).isRegistered, false)
    const registered = await register(channel, person, relay.id, { handle: 'alice', prekeys: person.prekeys({ firstId: 100, count: 4 }) })
    assert.match(registered.handle, /^alice@/)
    assert.equal((await sayHello(connect(person.device.id, relay), person)).isRegistered, true)
  })
})
