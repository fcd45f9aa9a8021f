import assert from 'node:assert/strict'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { accountIdToBytes, deviceKeyOf, type RelayId } from '../../protocol/ids.ts'
import { clientMethods, relayMethods } from '../../protocol/methods.ts'
import { topics } from '../../protocol/protocols.ts'
import { verifyPublicProfile } from '../../protocol/records/public-profile.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import { decode, encode } from '../../protocol/wire/codec.ts'
import { DirectoryBundle, type DirectoryPerson } from '../../protocol/wire/gen/directory.js'
import { Signed } from '../../protocol/wire/gen/records.js'
import type { Claimed } from '../../protocol/wire/gen/service.js'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { StubMesh, TestPerson, connect, register, sayHello, signing, startTestRelay, testDevice, testRelay, type TestRelay } from '../testing/fixtures.ts'
import type { MemoryStore } from '../store/store-memory.ts'
import { silentLogger } from '../watch/logger.ts'
import { noMeter } from '../watch/meter.ts'
import type { BundleLogs } from './bundles.ts'
import { MemoryBundleNetwork, MemoryBundles } from './bundles-memory.ts'
import { DirectoryIndex } from './directory-index.ts'
import { ReplicatedDirectory } from './replicated-directory.ts'
import { MemoryRows } from './rows.ts'

const isCode = (...codes: ErrorCode[]) => (error: unknown): boolean => {
  assert.ok(isProtocolError(error, ...codes), `expected ${codes.join(' or ')}, got ${String(error)}`)
  return true
}

describe('the directory that relays copy', () => {
  const random = new SeededRandom(77)
  let clock: ManualClock
  let relays: Map<RelayId, TestRelay>
  let bundles: MemoryBundleNetwork
  /** Relays that are down. */
  let down: Set<RelayId>
  let dht: Map<string, Uint8Array>
  let eu: TestRelay
  let us: TestRelay
  let usIdentity: ReturnType<typeof testRelay>
  let usRows: MemoryRows
  let alice: TestPerson
  let bob: TestPerson
  let atEu: Channel
  let atUs: Channel

  const start = async (name: string, options: { identity?: ReturnType<typeof testRelay>, rows?: MemoryRows, store?: MemoryStore } = {}): Promise<TestRelay> => {
    const identity = options.identity ?? testRelay(random)
    const relay: TestRelay = await startTestRelay({
      random, clock, name, bundles, ...options, identity,
      mesh: new StubMesh(identity.id, dht),
      channels: (target) => {
        const far = relays.get(target)
        if (far === undefined || down.has(target)) return Promise.reject(new ProtocolError('HOME_UNREACHABLE'))
        const [mine, theirs] = streamPair(relay.id, far.id)
        new Channel(theirs, { handlers: far.relayHandlers, clock }).start()
        return Promise.resolve(new Channel(mine, { handlers: new Handlers(), clock }).start())
      }
    })
    relays.set(relay.id, relay)
    return relay
  }
  /** Everybody who is up hears what everybody has gossiped. */
  const gossip = (): void => {
    for (const from of relays.values()) {
      for (const to of relays.values()) if (from !== to && !down.has(from.id)) for (const { message } of from.mesh.published.slice(-1)) to.mesh.topics.get(topics.directory)!(message)
    }
  }
  const join = async (person: TestPerson, relay: TestRelay, handle: string): Promise<Channel> => {
    const channel = connect(person.device.id, relay)
    await sayHello(channel, person)
    await register(channel, person, relay.id, { handle, prekeys: person.prekeys({ count: 2 }) })
    return channel
  }
  const ask = async <T>(call: Promise<T>): Promise<T> => {
    let settled = false
    const done = (): void => { settled = true }
    call.then(done, done)
    for (let turn = 0; turn < 40 && !settled; turn++) await clock.advance(500)
    return await call
  }
  const claim = (account = bob.account): Promise<Claimed> => ask(atEu.call(clientMethods.claimBundles, { account: accountIdToBytes(account) }))
  const round = async (): Promise<void> => {
    for (let turn = 0; turn < 4; turn++) {
      await clock.advance(10_000)
      gossip()
    }
  }

  beforeEach(async () => {
    clock = new ManualClock()
    relays = new Map()
    down = new Set()
    usIdentity = testRelay(random)
    usRows = new MemoryRows()
    dht = new Map()
    bundles = new MemoryBundleNetwork({ reaches: (_from, to) => !down.has(to) })
    eu = await start('eu-1.example.org')
    us = await start('us-1.example.org', { identity: usIdentity, rows: usRows })
    ;[alice, bob] = [new TestPerson(random), new TestPerson(random)]
    atEu = await join(alice, eu, 'alice')
    atUs = await join(bob, us, 'bob')
    await clock.advance(1_000)
    gossip()
    await round()
  })
  afterEach(async () => {
    for (const { relay } of relays.values()) await relay.stop({ timeoutMs: 0 })
    assert.equal(clock.pending, 0)
  })

  it('gives the bundle of somebody whose home is down, without a one-time prekey', async () => {
    const atHome = await claim()
    assert.ok(atHome.bundles[0]!.oneTime !== undefined)
    down.add(us.id)
    const copied = await claim()
    assert.equal(copied.bundles.length, 1)
    assert.deepEqual(copied.bundles[0]!.device, deviceKeyOf(bob.device.id))
    assert.deepEqual(copied.bundles[0]!.deviceKeys, atHome.bundles[0]!.deviceKeys)
    assert.equal(copied.bundles[0]!.oneTime, undefined)
    assert.deepEqual([atHome.isCopy, copied.isCopy], [undefined, true])
    assert.deepEqual(copied.deviceList, bob.devices().bytes)
    assert.deepEqual(copied.homeRecord, bob.home(us.id).bytes)
  })

  it('finds people and handles of a home that is down, also when the DHT does not answer', async () => {
    down.add(us.id)
    const byAccount = await ask(atEu.call(clientMethods.findAccount, { account: accountIdToBytes(bob.account) }))
    const byHandle = await ask(atEu.call(clientMethods.findHandle, { handle: 'Bob@us-1.example.org' }))
    assert.deepEqual(byHandle, byAccount)
    assert.equal(byAccount.isCopy, true)
    assert.deepEqual(byAccount.deviceList, bob.devices().bytes)
    await assert.rejects(ask(atEu.call(clientMethods.findHandle, { handle: 'carol@us-1.example.org' })), isCode('HOME_UNREACHABLE'))
    await assert.rejects(claim(new TestPerson(random).account), isCode('UNKNOWN_ACCOUNT'))
    dht.clear()
    const carol = new TestPerson(random)
    const atCarols = await join(carol, eu, 'carol')
    eu.mesh.dhtError = new Error('cut')
    const found = await ask(atCarols.call(clientMethods.findAccount, { account: accountIdToBytes(bob.account) }))
    assert.deepEqual(found, byAccount)
  })

  it('says HOME_UNREACHABLE of somebody who is in no copy', async () => {
    const late = new TestPerson(random)
    await join(late, us, 'late')
    await clock.advance(1_000)
    down.add(us.id)
    await assert.rejects(claim(late.account), isCode('HOME_UNREACHABLE'))
  })

  it('does not wait for a home that is silent', async () => {
    const silent = new Handlers().on(relayMethods.claimBundles, () => new Promise(() => {}))
    relays.set(us.id, { ...us, relayHandlers: silent })
    const before = clock.nowMs()
    assert.equal((await claim()).bundles.length, 1)
    assert.ok(clock.nowMs() - before <= 3_000)
    // the question that was overtaken gives up
    await clock.advance(20_000)
  })

  it('tells later devices, keys, profiles and handles, and forgets a handle that was given up', async () => {
    const second = testDevice(random)
    const list = bob.devices({ epoch: 2, devices: [bob.device, second] })
    await atUs.call(clientMethods.updateDevices, decode(Signed, list.bytes))
    await atUs.call(clientMethods.setPublicProfile, decode(Signed, bob.profile({ name: 'Bob', about: 'at sea' })))
    await register(atUs, bob, us.id, { handle: 'robert', prekeys: { deviceKeys: bob.deviceKeys({ issuedAtMs: 9 }), oneTime: [] } })
    await round()
    down.add(us.id)
    atEu = connect(alice.device.id, eu)
    await sayHello(atEu, alice)
    const found = await ask(atEu.call(clientMethods.findHandle, { handle: 'robert@us-1.example.org' }))
    assert.deepEqual(found.deviceList, list.bytes)
    assert.equal(verifyPublicProfile(signing, found.profile!).about, 'at sea')
    await assert.rejects(ask(atEu.call(clientMethods.findHandle, { handle: 'bob@us-1.example.org' })), isCode('HOME_UNREACHABLE'))
  })

  it('a profile that is forged, another\'s or older is refused', async () => {
    const set = (bytes: Uint8Array): Promise<unknown> => atUs.call(clientMethods.setPublicProfile, decode(Signed, bytes))
    await set(bob.profile({ issuedAtMs: 5 }))
    await set(bob.profile({ issuedAtMs: 5 }))
    await assert.rejects(set(bob.profile({ issuedAtMs: 4 })), isCode('ROLLED_BACK'))
    await assert.rejects(set(bob.profile({ name: 'Other', issuedAtMs: 5 })), isCode('ROLLED_BACK'))
    await assert.rejects(set(alice.profile({ issuedAtMs: 9 })), isCode('NOT_ADMITTED'))
    const forged = decode(Signed, bob.profile({ issuedAtMs: 9 }))
    forged.signature[3]! ^= 1
    await assert.rejects(set(encode(Signed, forged)), isCode('BAD_SIGNATURE'))
    const found = await ask(atEu.call(clientMethods.findAccount, { account: accountIdToBytes(bob.account) }))
    assert.equal(verifyPublicProfile(signing, found.profile!).issuedAtMs, 5)
  })

  it('many changes at once come in few bundles, and nothing is written again after a restart', async () => {
    const people = Array.from({ length: 40 }, () => new TestPerson(random))
    for (const [index, person] of people.entries()) await join(person, us, `p${index}xx`)
    await round()
    const own = bundles.copyAt(us.id, `${us.id}/1`)
    assert.ok(own.length >= 4 && own.length <= 12, `${own.length} bundles`)
    for (const bundle of own) assert.ok(bundle.byteLength <= 40 * 1024)
    down.add(us.id)
    for (const person of people) await ask(eu.relay.people.find(person.account, { signal: new AbortController().signal }))
    down.delete(us.id)
    const written = own.length
    await us.relay.stop({ timeoutMs: 0 })
    us = await start('us-1.example.org', { identity: usIdentity, rows: usRows, store: us.store })
    await clock.advance(60_000)
    assert.equal(us.relay.accounts.size, 41)
    assert.equal(own.length, written)
  })

  describe('what another relay writes', () => {
    const mallory = testRelay(random)
    let written: MemoryBundles
    let reader: ReplicatedDirectory
    let rows: MemoryRows

    const bundle = (...people: Array<Partial<DirectoryPerson>>): Uint8Array => encode(DirectoryBundle, { version: 1, people: people.map((person) => ({ account: new Uint8Array(0), homeRecord: new Uint8Array(0), deviceList: new Uint8Array(0), bundles: [], handleHash: new Uint8Array(0), ...person })) })
    const person = (of: TestPerson, changes: Partial<DirectoryPerson> = {}): Partial<DirectoryPerson> => ({
      account: accountIdToBytes(of.account), homeRecord: of.home(mallory.id).bytes, deviceList: of.devices().bytes, bundles: [{ device: deviceKeyOf(of.device.id), deviceKeys: of.deviceKeys() }], ...changes
    })
    const write = async (bytes: Uint8Array): Promise<void> => {
      await (await written.own(1)).append(bytes)
      await clock.advance(11 * 60_000)
    }

    beforeEach(async () => {
      written = new MemoryBundles(mallory.id, bundles)
      await written.own(1)
      rows = new MemoryRows()
      const self = testRelay(random).id
      reader = new ReplicatedDirectory({
        bundles: new MemoryBundles(self, bundles), rows, source: { locals: () => [], personOf: () => Promise.resolve(undefined) },
        relays: { directories: () => [{ relay: mallory.id, generation: 1 }], generationOf: () => 1 },
        signing, sha256: (data) => nodePrimitives.sha256(data), clock, random, logger: silentLogger, meter: noMeter
      })
      await reader.load(0)
      reader.start()
    })
    afterEach(async () => { await reader.stop() })

    it('is believed when account and device have signed it', async () => {
      await write(bundle(person(bob)))
      const found = await reader.find(mallory.id, bob.account)
      assert.equal(found?.deviceList.epoch, 1)
      assert.equal(found.bundles.length, 1)
    })

    const forgeries: Array<[string, () => Partial<DirectoryPerson>]> = [
      ['another\'s device list', () => person(bob, { deviceList: alice.devices().bytes })],
      ['another\'s home record', () => person(bob, { homeRecord: alice.home(mallory.id).bytes })],
      ['another\'s profile', () => person(bob, { profile: alice.profile() })],
      ['a device list with a bit flipped', () => {
        const list = bob.devices().bytes.slice()
        list[list.length - 1]! ^= 1
        return person(bob, { deviceList: list })
      }],
      ['a device list that has expired', () => person(bob, { deviceList: bob.devices({ expiresAtMs: 5 }).bytes })],
      ['a device list that is no record', () => person(bob, { deviceList: new Uint8Array(40).fill(7) })]
    ]
    for (const [what, forged] of forgeries) {
      it(`${what}: nobody is found`, async () => {
        await write(bundle(forged()))
        assert.equal(await reader.find(mallory.id, bob.account), undefined)
      })
    }

    it('keys of a device that is not in the list, or signed by another, are left out', async () => {
      const stranger = testDevice(random)
      await write(bundle(person(bob, { bundles: [
        { device: deviceKeyOf(stranger.id), deviceKeys: bob.deviceKeys({ device: stranger }) },
        { device: deviceKeyOf(bob.device.id), deviceKeys: bob.deviceKeys({ device: stranger }) }
      ] })))
      assert.deepEqual((await reader.find(mallory.id, bob.account))?.bundles, [])
    })

    it('a list, home record, keys or profile that is rolled back is ignored', async () => {
      const two = bob.devices({ epoch: 2 })
      const keys = bob.deviceKeys({ issuedAtMs: 20 })
      await write(bundle(person(bob, { deviceList: two.bytes, homeRecord: bob.home(mallory.id, { epoch: 3 }).bytes, profile: bob.profile({ name: 'new', issuedAtMs: 8 }), bundles: [{ device: deviceKeyOf(bob.device.id), deviceKeys: keys }] })))
      await write(bundle(person(bob, { profile: bob.profile({ name: 'old', issuedAtMs: 7 }) })))
      const found = await reader.find(mallory.id, bob.account)
      assert.equal(found?.deviceList.epoch, 2)
      assert.equal(found.homeRecord.epoch, 3)
      assert.equal(found.profile?.name, 'new')
      assert.deepEqual(found.bundles[0]!.deviceKeys, keys)
    })

    it('a bundle that cannot be read does not hide those after it', async () => {
      await write(new Uint8Array(100).fill(0xff))
      await write(bundle({ account: new Uint8Array(3) }, person(bob)))
      assert.ok(await reader.find(mallory.id, bob.account))
    })

    it('broken bundles are left out, whatever is broken (seed 99)', async () => {
      const broken = new SeededRandom(99)
      const good = bundle(person(bob), person(alice))
      const index = new DirectoryIndex({ rows })
      for (let round = 0; round < 300; round++) {
        const bytes = good.slice(0, round % 3 === 0 ? Math.floor(broken.fraction() * good.byteLength) : undefined)
        for (let flips = 0; flips < 1 + round % 5 && bytes.byteLength > 0; flips++) bytes[Math.floor(broken.fraction() * bytes.byteLength)]! ^= 1 << (flips % 8)
        await index.take(mallory.id, bytes, { generation: 1, position: round, wantedAtMs: 0 })
        const found = await reader.find(mallory.id, bob.account)
        if (found !== undefined) assert.deepEqual(found.deviceList.bytes, bob.devices().bytes)
      }
    })

    it('only the relay that issued a handle says whose it is', async () => {
      const hash = nodePrimitives.sha256(new TextEncoder().encode('heliograph handle 1\0bob@us-1.example.org'))
      await write(bundle(person(alice, { handleHash: hash })))
      assert.equal(await reader.ownerOf(mallory.id, 'bob@us-1.example.org'), alice.account)
      assert.equal(await reader.ownerOf(us.id, 'bob@us-1.example.org'), undefined)
    })
  })
})

describe('many directories', () => {
  it('are followed up to the limit; who was wanted longest ago is given up with its rows', async () => {
    const random = new SeededRandom(5)
    const clock = new ManualClock()
    const network = new MemoryBundleNetwork()
    const others = Array.from({ length: 6 }, () => testRelay(random).id)
    for (const id of others) await (await new MemoryBundles(id, network).own(1)).append(encode(DirectoryBundle, { version: 1, people: [] }))
    const rows = new MemoryRows()
    const directory = new ReplicatedDirectory({
      bundles: new MemoryBundles(testRelay(random).id, network), rows, source: { locals: () => [], personOf: () => Promise.resolve(undefined) },
      relays: { directories: () => others.map((relay) => ({ relay, generation: 1 })), generationOf: () => 1 },
      signing, sha256: (data) => nodePrimitives.sha256(data), clock, random, logger: silentLogger, meter: noMeter
    }, { maxFollowed: 3, maxBytes: 1_000 })
    await directory.load(0)
    directory.start()
    await clock.advance(30_000)
    assert.equal([...directory.followed].length, 3)
    for (const relay of others.slice(3)) {
      directory.want(relay)
      await clock.advance(20_000)
    }
    assert.deepEqual([...directory.followed], others.slice(3))
    for await (const { key } of rows.scan('f/')) assert.ok(others.slice(3).includes(key.slice(2) as RelayId))
    await directory.stop()
    assert.equal(clock.pending, 0)
  })

  it('one that takes too much is given up, and not fetched again that day', async () => {
    const random = new SeededRandom(8)
    const clock = new ManualClock()
    const { id: far } = testRelay(random)
    let begun = 0
    const bundles: BundleLogs = {
      self: testRelay(random).id,
      own: () => Promise.resolve({ length: 0, append: () => Promise.resolve(1), close: () => Promise.resolve() }),
      follow: () => {
        begun++
        return Promise.resolve({ bytes: 10, isBehind: false, refresh: () => Promise.reject(new ProtocolError('TOO_MANY')), close: () => Promise.resolve() })
      },
      drop: () => Promise.resolve(),
      stop: () => Promise.resolve()
    }
    const directory = new ReplicatedDirectory({
      bundles, rows: new MemoryRows(), source: { locals: () => [], personOf: () => Promise.resolve(undefined) }, relays: { directories: () => [{ relay: far, generation: 1 }], generationOf: () => 1 },
      signing, sha256: (data) => nodePrimitives.sha256(data), clock, random, logger: silentLogger, meter: noMeter
    })
    await directory.load(0)
    directory.start()
    for (let turn = 0; turn < 20; turn++) {
      directory.want(far)
      await clock.advance(60_000)
    }
    assert.equal(begun, 1)
    assert.deepEqual([...directory.followed], [])
    await clock.advance(25 * 60 * 60_000)
    assert.equal(begun, 2)
    await directory.stop()
  })

  it('a new database replaces the old one at who follows it, and people of it stay', async () => {
    const random = new SeededRandom(6)
    const clock = new ManualClock()
    const network = new MemoryBundleNetwork()
    const { id: far } = testRelay(random)
    const bob = new TestPerson(random)
    const person = { account: accountIdToBytes(bob.account), homeRecord: bob.home(far).bytes, deviceList: bob.devices().bytes, bundles: [], handleHash: new Uint8Array(0) }
    const writer = new MemoryBundles(far, network)
    await (await writer.own(1)).append(encode(DirectoryBundle, { version: 1, people: [person] }))
    let generation = 1
    const directory = new ReplicatedDirectory({
      bundles: new MemoryBundles(testRelay(random).id, network), rows: new MemoryRows(), source: { locals: () => [], personOf: () => Promise.resolve(undefined) },
      relays: { directories: () => [{ relay: far, generation }], generationOf: () => generation },
      signing, sha256: (data) => nodePrimitives.sha256(data), clock, random, logger: silentLogger, meter: noMeter
    })
    await directory.load(0)
    directory.start()
    await clock.advance(60_000)
    await writer.own(2)
    generation = 2
    await clock.advance(60_000)
    assert.ok(await directory.find(far, bob.account))
    generation = 3
    await writer.own(3)
    await clock.advance(60_000)
    assert.ok(await directory.find(far, bob.account), 'not again within the hour')
    await clock.advance(60 * 60_000)
    assert.equal(await directory.find(far, bob.account), undefined, 'two databases have not mentioned this person')
    await directory.stop()
  })
})
