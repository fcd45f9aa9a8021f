import assert from 'node:assert/strict'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../protocol/e2ee/primitives-seeded.ts'
import { ERRORS, ProtocolError } from '../protocol/errors.ts'
import { limits } from '../protocol/limits.ts'
import { signHomeRecord, verifyHomeRecord } from '../protocol/records/home-record.ts'
import { fromHex } from './store/stored.ts'
import { FakeWorld, type FakePerson } from './testing/world-fake.ts'

describe('client: the connection', () => {
  let world: FakeWorld
  beforeEach(() => { world = new FakeWorld(seededPrimitives(nodePrimitives, 'connection')) })
  afterEach(async () => {
    await world.stop()
    assert.equal(world.clock.pending, 0)
  })
  const state = (person: FakePerson): string => person.client.connection.state

  it('says what it does: connecting, online, waiting with a pause and a reason, online again', async () => {
    const alice = await world.member('alice')
    const seen: string[] = []
    alice.client.on('connection', ({ state, retryInMs, error }) => { seen.push(state === 'waiting' ? `waiting ${retryInMs! > 0} ${error!.code}` : state) })
    world.relay.down()
    await world.until(() => state(alice) === 'waiting')
    assert.equal(alice.client.connection.relay, world.relay.name)
    await world.clock.advance(60_000)
    world.relay.up()
    await world.until(() => state(alice) === 'online')
    assert.equal(seen[0], 'waiting true DISCONNECTED')
    assert.ok(seen.includes('waiting true HOME_UNREACHABLE'))
    assert.deepEqual(seen.slice(-2), ['connecting', 'online'])
    assert.ok(seen.length < 30, 'with growing pauses')
  })

  it('pauses grow to half a minute and not further', async () => {
    const alice = await world.member('alice')
    const pauses: number[] = []
    alice.client.on('connection', ({ retryInMs }) => { if (retryInMs !== undefined) pauses.push(retryInMs) })
    world.relay.down()
    for (let i = 0; i < 600; i++) await world.clock.advance(1_000)
    assert.ok(Math.max(...pauses) <= limits.retryMaxMs)
    assert.ok(pauses.at(-1)! >= limits.retryMaxMs / 2)
    assert.ok(pauses[0]! <= limits.retryBaseMs)
  })

  it('a relay that falls silent is noticed after two heartbeats', async () => {
    const alice = await world.member('alice')
    world.relay.isMute = true
    const startMs = world.clock.nowMs()
    await world.until(() => state(alice) !== 'online', { stepMs: 500 })
    const tookMs = world.clock.nowMs() - startMs
    assert.ok(tookMs <= limits.deadAfterMs + 2 * limits.requestTimeoutMs, `${tookMs} ms`)
    assert.ok(tookMs >= limits.heartbeatMs)
    world.relay.isMute = false
    await world.until(() => state(alice) === 'online')
  })

  it('goes to another address of the relay when one takes connections and never answers', async () => {
    const alice = await world.member('alice')
    await alice.client.stop()
    const row = JSON.parse(new TextDecoder().decode(alice.data.get('me/account'))) as { addresses: string[] }
    const mute = `/dns4/mute.example.org/tcp/1/p2p/${world.relay.id}`
    alice.data.set('me/account', new TextEncoder().encode(JSON.stringify({ ...row, addresses: [mute, ...row.addresses] })))
    world.relay.muteAddresses.add(mute)
    await alice.open()
    await alice.online()
    assert.ok(alice.dialer.dialled.includes(mute))
  })

  it('finds the relay again at a new address through the directory', async () => {
    const alice = await world.member('alice')
    await alice.client.stop()
    const row = JSON.parse(new TextDecoder().decode(alice.data.get('me/account'))) as { addresses: string[] }
    alice.data.set('me/account', new TextEncoder().encode(JSON.stringify({ ...row, addresses: [`/dns4/old.example.org/tcp/1/p2p/${world.relay.id}`] })))
    await alice.open()
    await alice.online()
  })

  it('leaves a relay that shuts down, and comes back', async () => {
    const alice = await world.member('alice')
    world.relay.drain()
    await world.until(() => state(alice) === 'waiting')
    assert.equal(alice.client.connection.error?.code, 'DRAINING')
    await world.until(() => state(alice) === 'online')
  })

  it('registers again at a relay that has lost everything, with a new epoch', async () => {
    const alice = await world.member('alice')
    const bob = await world.member('bob')
    await alice.client.send(bob.id, 'before')
    await world.until(() => bob.received.length === 1)
    await world.quiet()
    world.relay.accounts.clear()
    world.relay.logs.clear()
    world.relay.restart()
    await world.until(() => world.relay.accounts.size === 2 && state(alice) === 'online' && state(bob) === 'online')
    const account = world.relay.accounts.get(alice.id)!
    assert.equal(account.handle, 'alice@eu-1.example.org')
    assert.equal(account.oneTime.length, limits.oneTimePrekeys)
    assert.equal(verifyHomeRecord(nodePrimitives, account.homeRecord).epoch, 2)
    await alice.client.send(bob.id, 'after')
    await world.until(() => bob.received.length === 2)
    await bob.client.send(alice.id, 'yes')
    await world.until(() => alice.received.length === 1)
    assert.deepEqual(bob.received.map(({ text }) => text), ['before', 'after'])
  })

  it('a relay that disowns the connection in the middle gets another one, and nothing fails', async () => {
    const alice = await world.member('alice')
    const bob = await world.member('bob')
    let isConfused = true
    world.relay.onSubmit = () => isConfused ? new ProtocolError('NOT_AUTHENTICATED') : undefined
    await alice.client.send(bob.id, 'hi')
    await world.until(() => (world.relay.calls.get('hello') ?? 0) > 2)
    isConfused = false
    await world.until(() => bob.received.length === 1)
    assert.notEqual((await alice.client.history(bob.id))[0]!.state, 'failed')
  })

  it('follows its account to a relay that another device has moved it to', async () => {
    world.relays.push(world.makeRelay({ name: 'us-1.example.org', region: 'us' }))
    const [home, next] = world.relays as [typeof world.relay, typeof world.relay]
    home.directory = () => [home.record, next.record]
    const alice = await world.member('alice', { relay: home.name })
    const row = JSON.parse(new TextDecoder().decode(alice.data.get('me/account'))) as { seed: string }
    const moved = signHomeRecord(nodePrimitives, { account: alice.id, epoch: 2, homes: [next.id], region: 'us', issuedAtMs: world.clock.nowMs() }, fromHex(row.seed))
    next.accounts.set(alice.id, { ...home.accounts.get(alice.id)!, homeRecord: moved.bytes })
    home.onHello = () => new ProtocolError('MOVED', { record: moved.bytes })
    home.restart()
    await world.until(() => state(alice) === 'online' && alice.client.connection.relay === 'us-1.example.org')
    assert.equal(alice.client.account!.home.name, 'us-1.example.org')
    await alice.restart()
    await world.until(() => alice.client.connection.relay === 'us-1.example.org' && state(alice) === 'online')
  })

  it('does not follow a forged or older record', async () => {
    const alice = await world.member('alice')
    const other = world.primitives.randomBytes(32)
    const forged = signHomeRecord(nodePrimitives, { account: alice.id, epoch: 9, homes: [world.relay.id], region: 'xx', issuedAtMs: 0 }, other)
    let isLying = true
    world.relay.onHello = () => isLying ? new ProtocolError('MOVED', { record: forged.bytes }) : undefined
    world.relay.restart()
    await world.until(() => alice.client.connection.error?.code === 'MOVED')
    assert.equal(alice.client.account!.home.region, 'eu')
    isLying = false
    await world.until(() => state(alice) === 'online')
  })

  it('every error of a hello leads to another try, none to an end', async () => {
    const alice = await world.member('alice')
    for (const code of Object.keys(ERRORS) as Array<keyof typeof ERRORS>) {
      let isFailing = true
      world.relay.onHello = () => isFailing ? new ProtocolError(code) : undefined
      world.relay.restart()
      await world.until(() => alice.client.connection.error?.code === code, { what: code })
      isFailing = false
      await world.until(() => state(alice) === 'online', { what: `online after ${code}` })
    }
  }).timeout(20_000)
})
