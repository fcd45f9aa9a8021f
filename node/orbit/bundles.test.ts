import assert from 'node:assert/strict'
import * as dagCbor from '@ipld/dag-cbor'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { utf8 } from '../../protocol/bytes.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { relayKeyOf, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import type { GossipVerdict } from '../mesh/mesh.ts'
import { TokenBuckets } from '../people/buckets.ts'
import { systemClock } from '../system.ts'
import { StubMesh, testRelay } from '../testing/fixtures.ts'
import { silentLogger } from '../watch/logger.ts'
import type { BundleLogs } from './bundles.ts'
import { MemoryBundleNetwork, MemoryBundles } from './bundles-memory.ts'
import { describeBundles, until, type BundlesWorld } from './bundles-suite.ts'
import { OrbitBundles } from './orbit-bundles.ts'
import { checkEntry } from './orbit-entry.ts'
import { MemoryRows } from './rows.ts'

const threeRelays = (random: SeededRandom): ReturnType<typeof testRelay>[] => [1, 2, 3].map(() => testRelay(random))
const idsOf = (relays: readonly { id: RelayId }[]): BundlesWorld['ids'] => relays.map(({ id }) => id) as unknown as BundlesWorld['ids']

describeBundles('memory', () => {
  const ids = idsOf(threeRelays(new SeededRandom(1)))
  const cut = new Set<RelayId>()
  const network = new MemoryBundleNetwork({ reaches: (from, to) => !cut.has(from) && !cut.has(to) })
  const logs = ids.map((id) => new MemoryBundles(id, network))
  return Promise.resolve({
    ids,
    logs: (index) => logs[index]!,
    restart: async (index) => {
      await logs[index]!.stop()
      logs[index] = new MemoryBundles(ids[index]!, network)
    },
    setCut: (index, isCut) => { if (isCut) cut.add(ids[index]!); else cut.delete(ids[index]!) },
    stop: () => Promise.resolve()
  })
})

/** Gossip reaches everybody who listens and is not cut off. */
class GossipMesh extends StubMesh {
  others: GossipMesh[] = []
  isCut = false
  override publish (topic: string, message: Uint8Array): Promise<void> {
    for (const other of this.others) if (other !== this && !this.isCut && !other.isCut) other.topics.get(topic)?.(message.slice())
    return super.publish(topic, message)
  }
}

interface Part { mesh: GossipMesh, handlers: Handlers, rows: MemoryRows, bundles: OrbitBundles }
interface OrbitWorld extends BundlesWorld { readonly parts: Part[], seed (index: number): Uint8Array, call: (index: number) => Channel }

function orbitWorld ({ maxBytes = 100_000_000 } = {}): OrbitWorld {
  const identities = threeRelays(new SeededRandom(2))
  const parts: Part[] = []
  const channelTo = (from: Part, to: RelayId): Promise<Channel> => {
    const part = parts.find(({ mesh }) => mesh.self === to)
    if (part === undefined || part.mesh.isCut || from.mesh.isCut) return Promise.reject(new ProtocolError('HOME_UNREACHABLE'))
    const [near, far] = streamPair(from.mesh.self, to)
    new Channel(far, { handlers: part.handlers, clock: systemClock }).start()
    return Promise.resolve(new Channel(near, { handlers: new Handlers(), clock: systemClock }).start())
  }
  const open = (index: number, rows: MemoryRows): Part => {
    const { id, seed } = identities[index]!
    const part = { mesh: new GossipMesh(id), handlers: new Handlers(), rows } as Part
    part.bundles = new OrbitBundles({
      mesh: part.mesh, handlers: part.handlers, rows, relays: { channelTo: async (relay) => await channelTo(part, relay) }, buckets: new TokenBuckets({ clock: systemClock }),
      signing: nodePrimitives, sha256: (data) => nodePrimitives.sha256(data), clock: systemClock, logger: silentLogger
    }, { seed, maxBytes })
    return part
  }
  const meet = (): void => { for (const { mesh } of parts) mesh.others = parts.map((part) => part.mesh) }
  for (let index = 0; index < 3; index++) parts.push(open(index, new MemoryRows()))
  meet()
  return {
    ids: idsOf(identities),
    parts,
    seed: (index) => identities[index]!.seed,
    logs: (index): BundleLogs => parts[index]!.bundles,
    call: (index) => {
      const [near, far] = streamPair(identities[2]!.id, identities[index]!.id)
      new Channel(far, { handlers: parts[index]!.handlers, clock: systemClock }).start()
      return new Channel(near, { handlers: new Handlers(), clock: systemClock }).start()
    },
    restart: async (index) => {
      await parts[index]!.bundles.stop()
      parts[index] = open(index, parts[index]!.rows)
      meet()
    },
    setCut: (index, isCut) => { parts[index]!.mesh.isCut = isCut },
    stop: async () => { for (const { bundles } of parts) await bundles.stop() }
  }
}

describeBundles('OrbitDB', () => Promise.resolve(orbitWorld()))

describe('an OrbitDB log', () => {
  let world: OrbitWorld
  const signal = new AbortController().signal
  const nobody = (): Promise<void> => Promise.resolve()

  beforeEach(() => { world = orbitWorld() })
  afterEach(async () => { await world.stop() })

  /** The last message of the first relay's log, and its topic. */
  const lastPublished = (): { topic: string, message: Uint8Array } => world.parts[0]!.mesh.published.at(-1)!
  const hear = (message: Uint8Array): GossipVerdict => world.parts[1]!.mesh.topics.get(lastPublished().topic)!(message)
  const check = (bytes: Uint8Array): unknown => checkEntry({ signing: nodePrimitives, sha256: (data) => nodePrimitives.sha256(data) }, bytes, { relay: world.ids[0], address: lastPublished().topic })
  const changed = (changes: Record<string, unknown>): Uint8Array => dagCbor.encode({ ...dagCbor.decode<Record<string, unknown>>(lastPublished().message), ...changes })

  it('forged, foreign and oversized entries are refused before OrbitDB sees them', async () => {
    const own = await world.logs(0).own(1)
    await own.append(utf8('a'))
    const taken: number[] = []
    await world.logs(1).follow(world.ids[0], 1, 0, (_bundle, position) => { taken.push(position); return Promise.resolve() })
    await own.append(utf8('b'))
    const { message } = lastPublished()
    assert.ok(check(message))
    const other = await world.logs(2).own(1)
    await other.append(utf8('x'))
    const foreign = world.parts[2]!.mesh.published.at(-1)!.message
    const wrong: Array<[string, Uint8Array, ErrorCode]> = [
      ['another value', changed({ payload: { op: 'PUT', key: '2', value: utf8('evil') } }), 'BAD_SIGNATURE'],
      ['another place', changed({ clock: { id: 'x', time: 9 } }), 'BAD_SIGNATURE'],
      ['another log\'s', foreign, 'MALFORMED'],
      ['another key', changed({ key: 'ab'.repeat(32) }), 'BAD_SIGNATURE'],
      ['no key', changed({ key: null }), 'MALFORMED'],
      // Signed by its relay, and yet another entry by its hash: anybody could make any number of them.
      ['something more that nobody has signed', changed({ more: 1 }), 'MALFORMED'],
      ['a signature that is written in another way', changed({ sig: dagCbor.decode<{ sig: string }>(message).sig.toUpperCase() }), 'MALFORMED'],
      ['a place beyond every log', changed({ clock: { id: 'x', time: 1e12 } }), 'MALFORMED'],
      ['many references', changed({ refs: [message] }), 'MALFORMED'],
      ['what is no entry', utf8('hello'), 'MALFORMED'],
      ['nothing', new Uint8Array(0), 'MALFORMED'],
      ['half of it', message.subarray(0, 100), 'MALFORMED'],
      ['a megabyte', new Uint8Array(1 << 20), 'TOO_LARGE']
    ]
    for (const [what, bytes, code] of wrong) {
      assert.throws(() => check(bytes), (error) => isProtocolError(error, code), what)
      assert.equal(hear(bytes), 'reject', what)
    }
    assert.deepEqual(taken, [])
    const deep = new Uint8Array(40_000).fill(0x81)
    assert.throws(() => check(deep), (error) => isProtocolError(error, 'MALFORMED'))
  })

  it('broken entries give a ProtocolError, whatever is broken (seed 98)', async () => {
    const own = await world.logs(0).own(1)
    await own.append(utf8('a'))
    const broken = new SeededRandom(98)
    const { message } = lastPublished()
    for (let round = 0; round < 600; round++) {
      const bytes = message.slice(0, round % 3 === 0 ? Math.floor(broken.fraction() * message.byteLength) : undefined)
      for (let flips = 0; flips < 1 + round % 4 && bytes.byteLength > 0; flips++) bytes[Math.floor(broken.fraction() * bytes.byteLength)]! ^= 1 << (flips % 8)
      if (bytes.every((byte, index) => byte === message[index]) && bytes.byteLength === message.byteLength) continue
      assert.throws(() => check(bytes), (error) => isProtocolError(error, 'MALFORMED', 'BAD_SIGNATURE'))
    }
  })

  it('the entry that gossip lost is fetched before the one that came', async () => {
    const own = await world.logs(0).own(1)
    const heard: number[] = []
    const followed = await world.logs(1).follow(world.ids[0], 1, 0, (_bundle, position) => { heard.push(position); return Promise.resolve() })
    world.parts[1]!.mesh.isCut = true
    await own.append(utf8('a'))
    world.parts[1]!.mesh.isCut = false
    await own.append(utf8('b'))
    await until('the gap is noticed', () => followed.isBehind)
    assert.deepEqual(heard, [])
    await followed.refresh([], { signal })
    assert.equal(followed.isBehind, false)
    assert.deepEqual(heard, [1, 2])
    await own.append(utf8('c'))
    await until('gossip is enough again', () => heard.length === 3)
  })

  it('a relay that has lost its newest entry and writes another is followed all the same', async () => {
    const own = await world.logs(0).own(1)
    await own.append(utf8('a'))
    const before = new Map<string, Uint8Array>()
    for await (const { key, value } of world.parts[0]!.rows.scan('')) before.set(key, value)
    await own.append(utf8('lost'))
    const heard = new Set<string>()
    const followed = await world.logs(1).follow(world.ids[0], 1, 0, (bundle) => { heard.add(new TextDecoder().decode(bundle)); return Promise.resolve() })
    await followed.refresh([], { signal })
    await world.parts[0]!.bundles.stop()
    await world.parts[0]!.rows.deleteAll('')
    await world.parts[0]!.rows.write([...before].map(([key, value]) => ({ key, value })))
    await world.restart(0)
    const again = await world.logs(0).own(1)
    await again.append(utf8('b'))
    await again.append(utf8('c'))
    await followed.refresh([], { signal })
    assert.deepEqual([...heard].sort(), ['a', 'b', 'c', 'lost'])
  })

  it('questions about logs that are not kept are answered with nothing, and cost quota', async () => {
    const channel = world.call(0)
    const ref = { relay: relayKeyOf(world.ids[1]), generation: 1 }
    assert.deepEqual(await channel.call(relayMethods.directoryHeads, ref), { heads: [] })
    assert.deepEqual(await channel.call(relayMethods.readDirectory, { ...ref, hash: new Uint8Array(32) }), { entries: [] })
    await assert.rejects(channel.call(relayMethods.readDirectory, { ...ref, hash: new Uint8Array(31) }), (error) => isProtocolError(error, 'MALFORMED'))
    await assert.rejects(channel.call(relayMethods.directoryHeads, { ...ref, relay: new Uint8Array(3) }), (error) => isProtocolError(error, 'MALFORMED'))
  })

  it('a copy that would take more than it may is not fetched further', async () => {
    await world.stop()
    world = orbitWorld({ maxBytes: 200_000 })
    const own = await world.logs(0).own(1)
    for (let i = 0; i < 60; i++) await own.append(new Uint8Array(limits.directoryBundleBytes))
    const followed = await world.logs(1).follow(world.ids[0], 1, 0, nobody)
    await assert.rejects(followed.refresh([], { signal }), (error) => isProtocolError(error, 'TOO_MANY'))
    assert.ok(followed.bytes > 200_000 && followed.bytes < 2 * limits.pageBytes)
  })

  it('bundles of the largest size travel, by gossip and in pages', async () => {
    const own = await world.logs(0).own(1)
    const large = new SeededRandom(5).bytes(limits.directoryBundleBytes)
    for (let i = 0; i < 30; i++) await own.append(large)
    let bytes = 0
    const followed = await world.logs(1).follow(world.ids[0], 1, 0, (bundle) => { bytes += bundle.byteLength; return Promise.resolve() })
    await followed.refresh([], { signal })
    await own.append(large)
    await until('all came', () => bytes === 31 * large.byteLength)
    assert.ok(lastPublished().message.byteLength < 64 * 1024)
    await world.logs(2).follow(world.ids[1], 1, 0, nobody)
  })
})
