import assert from 'node:assert/strict'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { accountIdToBytes, deviceKeyOf, type AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { decode } from '../../protocol/wire/codec.ts'
import { DirectoryBundle, type DirectoryPerson } from '../../protocol/wire/gen/directory.js'
import { TestPerson, testDevice, testRelay } from '../testing/fixtures.ts'
import { silentLogger } from '../watch/logger.ts'
import { MemoryBundleNetwork, MemoryBundles } from './bundles-memory.ts'
import { DirectoryIndex } from './directory-index.ts'
import { DirectoryPublisher } from './directory-publisher.ts'
import { MemoryRows } from './rows.ts'

describe('a directory\'s publisher', () => {
  const random = new SeededRandom(41)
  const relay = testRelay(random).id
  let clock: ManualClock
  let network: MemoryBundleNetwork
  let people: Map<AccountId, Partial<DirectoryPerson>>
  let rows: MemoryRows
  let publisher: DirectoryPublisher

  const personOf = (person: TestPerson, devices = [person.device]): Partial<DirectoryPerson> => ({
    account: accountIdToBytes(person.account), homeRecord: person.home(relay).bytes, deviceList: person.devices({ devices }).bytes,
    bundles: devices.map((device) => ({ device: deviceKeyOf(device.id), deviceKeys: person.deviceKeys({ device }) })), handleHash: new Uint8Array(0)
  })
  /** In steps: a turn has more to wait for than one step lets settle. */
  const pass = async (ms: number): Promise<void> => { for (let passed = 0; passed < ms; passed += 250) await clock.advance(250) }
  const add = (): TestPerson => {
    const person = new TestPerson(random)
    people.set(person.account, personOf(person))
    return person
  }
  const written = (generation = publisher.generation): DirectoryPerson[][] => network.copyAt(relay, `${relay}/${generation}`).map((bytes) => decode(DirectoryBundle, bytes).people)
  const begin = async (atLeast = 0): Promise<void> => {
    publisher = new DirectoryPublisher({
      source: { locals: () => people.keys(), personOf: (account) => Promise.resolve(people.get(account)) },
      bundles: new MemoryBundles(relay, network), index: new DirectoryIndex({ rows }), clock, random, logger: silentLogger, sha256: (data) => nodePrimitives.sha256(data)
    })
    await publisher.load(atLeast)
    publisher.start()
  }

  beforeEach(() => {
    clock = new ManualClock()
    network = new MemoryBundleNetwork()
    people = new Map()
    rows = new MemoryRows()
  })
  afterEach(async () => {
    await publisher.stop()
    assert.equal(clock.pending, 0)
  })

  it('writes everybody once, in full bundles, and after a restart only what has changed', async () => {
    const everybody = Array.from({ length: 100 }, add)
    await begin()
    await pass(60_000)
    assert.ok(publisher.isComplete)
    const bundles = written()
    assert.equal(new Set(bundles.flat().map(({ account }) => account.join())).size, 100)
    assert.ok(bundles.length <= 8, `${bundles.length} bundles`)
    await publisher.stop()
    const other = everybody[7]!
    people.set(other.account, personOf(other, [other.device, testDevice(random)]))
    await begin()
    await pass(60_000)
    assert.deepEqual(written().slice(bundles.length).map((one) => one.map(({ account }) => account)), [[accountIdToBytes(other.account)]])
  })

  it('gathers changes, and writes nothing for a change that changes nothing', async () => {
    const everybody = Array.from({ length: 5 }, add)
    await begin()
    await pass(60_000)
    const before = written().length
    for (const { account } of everybody) publisher.changed(account)
    await pass(60_000)
    assert.equal(written().length, before)
    for (const person of everybody) {
      people.set(person.account, personOf(person))
      publisher.changed(person.account)
      publisher.changed(person.account)
    }
    await pass(60_000)
    assert.equal(written().length, before + 1)
    assert.equal(written().at(-1)!.length, 5)
  })

  it('one who changes all day makes the log grow by a bundle a minute', async () => {
    const person = add()
    await begin()
    await pass(60_000)
    for (let minute = 0; minute < 60; minute++) {
      for (let second = 0; second < 60; second += 4) {
        people.set(person.account, personOf(person))
        publisher.changed(person.account)
        await clock.advance(4_000)
      }
    }
    assert.ok(written().length <= 20 + 2 * 60, `${written().length} bundles in an hour`)
    await pass(120_000)
    assert.deepEqual(written().at(-1)![0]!.bundles[0]!.deviceKeys, people.get(person.account)!.bundles![0]!.deviceKeys)
  })

  it('ten devices of one person fit, and bundles stay within their size', async () => {
    const person = new TestPerson(random)
    people.set(person.account, personOf(person, Array.from({ length: limits.devices }, () => testDevice(random))))
    for (let i = 0; i < 30; i++) add()
    await begin()
    await pass(60_000)
    assert.equal(written().flat().length, 31)
    for (const bytes of network.copyAt(relay, `${relay}/1`)) assert.ok(bytes.byteLength <= limits.directoryBundleBytes)
  })

  it('a long log is replaced by a new one with everybody in it, and the old one goes when that is done', async () => {
    for (let i = 0; i < 40; i++) add()
    await begin()
    await pass(60_000)
    const old = network.copyAt(relay, `${relay}/1`)
    while (old.length < 2_100) old.push(new Uint8Array(0))
    publisher.changed(add().account)
    await pass(60_000)
    assert.equal(publisher.generation, 2)
    assert.equal(written(2).flat().length, 41)
    assert.equal(network.copies.get(relay)!.has(`${relay}/1`), false)
    for await (const { key } of rows.scan('o/')) assert.ok(key.startsWith('o/2/'))
    await publisher.stop()
    await begin()
    assert.equal(publisher.generation, 2)
  })

  it('a database whose rows are gone gets a number that was not used before', async () => {
    add()
    await begin()
    await pass(60_000)
    await publisher.stop()
    rows = new MemoryRows()
    await begin(1)
    assert.equal(publisher.generation, 2)
  })

  it('what could not be written is written later', async () => {
    add()
    await begin()
    const { write } = rows
    rows.write = () => Promise.reject(new Error('disk full'))
    await pass(60_000)
    assert.equal(publisher.isComplete, false)
    rows.write = write
    await pass(120_000)
    assert.ok(publisher.isComplete)
    assert.ok(written().flat().length >= 1)
  })
})
