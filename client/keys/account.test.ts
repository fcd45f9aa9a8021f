import assert from 'node:assert/strict'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../../protocol/e2ee/primitives-seeded.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { verifyHomeRecord } from '../../protocol/records/home-record.ts'
import type { FakeRelay } from '../testing/relay-fake.ts'
import { FakeWorld } from '../testing/world-fake.ts'

describe('client: making an account', () => {
  let world: FakeWorld
  beforeEach(() => { world = new FakeWorld(seededPrimitives(nodePrimitives, 'account')) })
  afterEach(async () => {
    await world.stop()
    assert.equal(world.clock.pending, 0)
  })

  /** Three regions, 100, 20 and 300 ms away. */
  function threeRegions (loads: [number, number, number] = [0, 0, 0]): FakeRelay[] {
    const relays = [['ap-1', 'ap', 100], ['eu-1', 'eu', 20], ['us-1', 'us', 300]] as const
    world.relays.splice(0)
    for (const [i, [name, region, delayMs]] of relays.entries()) {
      const relay = world.makeRelay({ name: `${name}.example.org`, region, loadPermille: loads[i]! })
      relay.delayMs = delayMs
      world.relays.push(relay)
    }
    for (const relay of world.relays) relay.directory = () => world.relays.map(({ record }) => record)
    return world.relays
  }

  it('goes to the nearest relay', async () => {
    threeRegions()
    const alice = await world.person('alice')
    const info = await world.settled(alice.client.createAccount({ handle: 'alice' }))
    assert.deepEqual([info.home.name, info.home.region, info.handle], ['eu-1.example.org', 'eu', 'alice@eu-1.example.org'])
    assert.deepEqual(alice.client.account, info)
  })

  it('goes a little further when the nearest is full', async () => {
    const relays = threeRegions([0, 1_000, 0])
    relays[0]!.delayMs = 30
    const alice = await world.person('alice')
    assert.equal((await world.settled(alice.client.createAccount())).home.name, 'ap-1.example.org')
  })

  it('keeps to the region or the relay asked for', async () => {
    threeRegions()
    const us = await world.person('us', { region: 'us' })
    assert.equal((await world.settled(us.client.createAccount())).home.region, 'us')
    const ap = await world.person('ap')
    assert.equal((await world.settled(ap.client.createAccount({ relay: 'ap-1.example.org' }))).home.region, 'ap')
    const byAddress = await world.person('address', { bootstrap: [] })
    assert.equal((await world.settled(byAddress.client.createAccount({ relay: world.relays[2]!.address }))).home.name, 'us-1.example.org')
    const nowhere = await world.person('nowhere')
    await assert.rejects(world.settled(nowhere.client.createAccount({ relay: 'xx-1.example.org' })), { code: 'UNKNOWN_RELAY' })
  })

  it('tries the next relay when one takes no new accounts, with a new epoch of the home record', async () => {
    const relays = threeRegions()
    relays[1]!.onRegister = () => new ProtocolError('REGISTRATION_CLOSED')
    const alice = await world.person('alice')
    const info = await world.settled(alice.client.createAccount())
    assert.equal(info.home.name, 'ap-1.example.org')
    assert.equal(verifyHomeRecord(nodePrimitives, relays[0]!.accounts.get(info.id)!.homeRecord).epoch, 2)
  })

  it('a handle that is taken is an error of its own; another one goes on with the same keys', async () => {
    await world.member('alice')
    const other = await world.person('other')
    await assert.rejects(world.settled(other.client.createAccount({ handle: 'alice' })), { code: 'HANDLE_TAKEN' })
    assert.equal(other.client.account, undefined)
    const before = other.data.get('me/account')
    const info = await world.settled(other.client.createAccount({ handle: 'alicia' }))
    assert.equal(info.handle, 'alicia@eu-1.example.org')
    assert.equal(JSON.parse(new TextDecoder().decode(before)).id, info.id)
    await assert.rejects(world.settled(other.client.createAccount()), { code: 'NOT_ADMITTED' })
  })

  it('a registration whose answer was lost goes on with the same account', async () => {
    const alice = await world.person('alice')
    let isCut = true
    world.relay.afterRegister = () => { if (isCut) world.relay.cutAll(); isCut = false }
    await assert.rejects(world.settled(alice.client.createAccount({ handle: 'alice' })), { code: 'DISCONNECTED' })
    await alice.open()
    assert.equal(alice.client.account, undefined)
    const info = await world.settled(alice.client.createAccount({ handle: 'alice' }))
    assert.equal(world.relay.accounts.size, 1)
    assert.equal(info.handle, 'alice@eu-1.example.org')
  })

  it('says so when nobody answers, and can be cancelled', async () => {
    const alice = await world.person('alice')
    world.relay.down()
    await assert.rejects(world.settled(alice.client.createAccount()), { code: 'HOME_UNREACHABLE' })
    world.relay.up()
    world.relay.isMute = true
    const cancel = new AbortController()
    const making = alice.client.createAccount({ signal: cancel.signal })
    cancel.abort(new ProtocolError('CANCELLED'))
    await assert.rejects(world.settled(making), { code: 'CANCELLED' })
    const empty = await world.person('empty', { bootstrap: [] })
    await assert.rejects(world.settled(empty.client.createAccount()), { code: 'HOME_UNREACHABLE' })
  })

  it('without an account everything else says what to do first', async () => {
    const alice = await world.person('alice')
    const bob = await world.member('bob')
    assert.equal(alice.client.account, undefined)
    assert.throws(() => alice.client.inviteLink(), { code: 'NOT_REGISTERED' })
    await assert.rejects(alice.client.send(bob.id, 'x'), { code: 'NOT_REGISTERED' })
    await assert.rejects(alice.client.findPerson('bob'), { code: 'NOT_REGISTERED' })
    await assert.rejects(alice.client.conversations(), { code: 'NOT_REGISTERED' })
    alice.client.start()
    assert.equal(alice.client.connection.state, 'offline')
    await world.settled(alice.client.createAccount())
    await world.until(() => alice.client.connection.state === 'online')
  })

  it('a damaged store is reported as such', async () => {
    const alice = await world.member('alice')
    await alice.client.stop()
    alice.data.set('me/account', Uint8Array.of(1, 2, 3))
    await assert.rejects(alice.open(), { code: 'DATABASE_CORRUPT' })
  })
})
