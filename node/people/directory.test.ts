import assert from 'node:assert/strict'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { directoryMethods } from '../../protocol/methods.ts'
import { protocols, topics } from '../../protocol/protocols.ts'
import { signRelayRecord, verifyRelayRecord, type RelayRecord, type SignedRelayRecord } from '../../protocol/records/relay-record.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import { TokenBuckets } from './buckets.ts'
import { Directory } from './directory.ts'
import { StubMesh, directCommits, signing, testRelay } from '../testing/fixtures.ts'
import { silentLogger } from '../watch/logger.ts'
import { noMeter } from '../watch/meter.ts'
import { MemoryStore } from '../store/store-memory.ts'

/** Meshes that reach each other by id, unless `isCut`. */
class DialMesh extends StubMesh {
  readonly #all: Map<RelayId, DialMesh>
  isCut = false

  constructor (self: RelayId, all: Map<RelayId, DialMesh>) {
    super(self)
    this.#all = all
    all.set(self, this)
  }

  override dial (...[relay, , protocol]: [RelayId?, unknown?, string?]): ReturnType<StubMesh['dial']> {
    const far = this.#all.get(relay!)
    const accept = far?.accepts.get(protocol!)
    if (far === undefined || accept === undefined || this.isCut || far.isCut) return super.dial()
    const [mine, theirs] = streamPair(this.self, far.self)
    accept(theirs)
    return Promise.resolve(mine)
  }
}

describe('directory', () => {
  const random = new SeededRandom(2)
  let clock: ManualClock
  let all: Map<RelayId, DialMesh>
  let running: Directory[]

  beforeEach(() => {
    clock = new ManualClock()
    all = new Map()
    running = []
  })
  afterEach(async () => {
    for (const directory of running) await directory.stop()
    assert.equal(clock.pending, 0)
  })

  interface Started { directory: Directory, mesh: DialMesh, store: MemoryStore, kept: RelayId[], id: RelayId, seed: Uint8Array, load: { permille: number } }

  const start = async (name: string, { store = new MemoryStore(), bootstrapPeers = [], identity = testRelay(random) }: { store?: MemoryStore, bootstrapPeers?: string[], identity?: ReturnType<typeof testRelay> } = {}): Promise<Started> => {
    const mesh = new DialMesh(identity.id, all)
    const kept: RelayId[] = []
    const load = { permille: 0 }
    const directory = new Directory({
      mesh, store, commits: directCommits(store), buckets: new TokenBuckets({ clock }), signing, clock, random, logger: silentLogger, meter: noMeter, channelMeter: {}, loadPermille: () => load.permille, keepConnected: (relay) => { kept.push(relay) }
    }, { name, region: name.slice(0, 2), openRegistration: true, software: 'test', bootstrapPeers, seed: identity.seed })
    await directory.load()
    directory.listen()
    directory.start()
    running.push(directory)
    return { directory, mesh, store, kept, ...identity, load }
  }

  const address = (relay: RelayId): string => `/ip4/127.0.0.1/tcp/4001/p2p/${relay}`
  const record = (relay: ReturnType<typeof testRelay>, rest: Partial<RelayRecord> = {}): SignedRelayRecord =>
    signRelayRecord(signing, { relay: relay.id, name: 'us-1.example.org', region: 'us', addresses: [address(relay.id)], loadPermille: 1, openRegistration: true, software: 'x', issuedAtMs: clock.nowMs(), ...rest }, relay.seed)

  it('gossips its own record at start, soon again, and every two minutes', async () => {
    const { mesh, id, load } = await start('eu-1.example.org')
    await clock.advance(0)
    assert.equal(mesh.published.length, 1)
    const first = verifyRelayRecord(signing, mesh.published[0]!.message)
    assert.deepEqual([first.relay, first.name, first.region, first.addresses], [id, 'eu-1.example.org', 'eu', [address(id)]])
    await clock.advance(limits.relayRecordRefreshMs)
    assert.equal(mesh.published.length, 5)
    load.permille = 400
    await clock.advance(limits.relayRecordRefreshMs)
    const last = verifyRelayRecord(signing, mesh.published.at(-1)!.message)
    assert.equal(last.loadPermille, 400)
    assert.ok(last.issuedAtMs > first.issuedAtMs)
  })

  it('tells others of its loopback addresses only when it has no other', async () => {
    const { mesh, id } = await start('eu-1.example.org')
    const published = (): readonly string[] => verifyRelayRecord(signing, mesh.published.at(-1)!.message).addresses
    await clock.advance(0)
    assert.deepEqual(published(), [address(id)])
    const outside = [`/ip4/192.0.2.1/tcp/4001/p2p/${id}`, `/ip6/2001:db8::1/tcp/4001/p2p/${id}`]
    mesh.addresses = () => [address(id), `/ip6/::1/tcp/4001/p2p/${id}`, ...outside, `/dns4/${'x'.repeat(300)}/tcp/1/p2p/${id}`]
    await clock.advance(limits.relayRecordRefreshMs)
    assert.deepEqual(published(), outside)
  })

  it('accepts a new record, ignores a known or older one, rejects a forged one', async () => {
    const { mesh, directory, kept } = await start('eu-1.example.org')
    const onGossip = mesh.topics.get(topics.directory)!
    const other = testRelay(random)
    const first = record(other, { issuedAtMs: 1_000 })
    assert.equal(onGossip(first.bytes), 'accept')
    assert.equal(onGossip(first.bytes), 'ignore')
    assert.equal(onGossip(record(other, { issuedAtMs: 999 }).bytes), 'ignore')
    const forged = first.bytes.slice()
    forged[10]! ^= 1
    assert.equal(onGossip(forged), 'reject')
    assert.equal(onGossip(random.bytes(300)), 'reject')
    assert.equal(onGossip(new Uint8Array(limits.recordBytes + 1)), 'reject')
    assert.deepEqual(directory.addressesOf(other.id), [address(other.id)])
    assert.equal(directory.byName('us-1.example.org')?.relay, other.id)
    assert.deepEqual(kept, [other.id])
  })

  it('learns of everybody through one bootstrap peer, without gossip', async () => {
    const first = await start('eu-1.example.org')
    const second = await start('us-1.example.org', { bootstrapPeers: [address(first.id)] })
    await clock.advance(1)
    first.mesh.topics.get(topics.directory)!(second.mesh.published[0]!.message)
    const third = await start('ap-1.example.org', { bootstrapPeers: [address(first.id)] })
    await clock.advance(60_000)
    assert.deepEqual(third.directory.addressesOf(second.id), [address(second.id)])
    assert.equal(third.directory.size, 3)
  })

  it('asks again while the bootstrap peer is away', async () => {
    const first = await start('eu-1.example.org')
    first.mesh.isCut = true
    const second = await start('us-1.example.org', { bootstrapPeers: [address(first.id)] })
    await clock.advance(120_000)
    assert.equal(second.directory.size, 1)
    first.mesh.isCut = false
    await clock.advance(2 * limits.retryMaxMs)
    assert.equal(second.directory.size, 2)
  })

  it('needs no bootstrap after a restart', async () => {
    const first = await start('eu-1.example.org')
    await clock.advance(1)
    const store = new MemoryStore()
    const identity = testRelay(random)
    const before = await start('us-1.example.org', { bootstrapPeers: [address(first.id)], store, identity })
    await clock.advance(5_000)
    await before.directory.stop()
    const after = await start('us-1.example.org', { store, identity })
    assert.deepEqual(after.directory.addressesOf(first.id), [address(first.id)])
    assert.deepEqual(after.kept, [first.id])
    await clock.advance(60_000)
    assert.equal(after.directory.size, 2)
  })

  it('says nothing older after a restart with a clock that was set back', async () => {
    const store = new MemoryStore()
    const identity = testRelay(random)
    await start('eu-1.example.org', { store, identity })
    await clock.advance(1)
    const beforeMs = running[0]!.own!.issuedAtMs
    await running.shift()!.stop()
    clock = new ManualClock(clock.nowMs() - 3_600_000)
    const { directory } = await start('eu-1.example.org', { store, identity })
    await clock.advance(1)
    assert.ok(directory.own!.issuedAtMs > beforeMs)
  })

  it('stops serving a relay that was not heard of, and still knows how to reach it', async () => {
    const { mesh, directory } = await start('eu-1.example.org')
    const other = testRelay(random)
    mesh.topics.get(topics.directory)!(record(other).bytes)
    await clock.advance(limits.relayRecordTtlMs + limits.relayRecordRefreshMs)
    assert.equal(directory.answer({ region: '', max: 0 }).records!.length, 1)
    assert.deepEqual(directory.addressesOf(other.id), [address(other.id)])
    assert.equal(directory.byName('us-1.example.org')?.relay, other.id)
  })

  it('serves the directory by region, and up to what is asked for', async () => {
    const { mesh, id } = await start('eu-1.example.org')
    for (let i = 0; i < 5; i++) mesh.topics.get(topics.directory)!(record(testRelay(random), { name: `us-${i}.example.org` }).bytes)
    await clock.advance(1_000)
    const [mine, theirs] = streamPair(testRelay(random).id, id)
    mesh.accepts.get(protocols.directory)!(theirs)
    const channel = new Channel(mine, { handlers: new Handlers(), clock }).start()
    const ask = async (region: string, max: number): Promise<number> => (await channel.call(directoryMethods.getDirectory, { region, max })).records.length
    assert.equal(await ask('', 0), 6)
    assert.equal(await ask('us', 0), 5)
    assert.equal(await ask('us', 2), 2)
    assert.equal(await ask('mars', 0), 0)
    await channel.close()
  })
})
