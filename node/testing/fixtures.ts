/**
 * For tests only: people with keys and signed records, and a relay's people side on memory stores.
 */
import type { ByteStream } from '../../protocol/byte-stream.ts'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { ManualClock, type SeededRandom } from '../../protocol/clock-manual.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { accountIdOfKey, accountIdToBytes, deviceIdOfKey, relayIdOfKey, type AccountId, type DeviceId, type RelayId } from '../../protocol/ids.ts'
import { clientMethods } from '../../protocol/methods.ts'
import { signDeviceKeys } from '../../protocol/records/device-keys.ts'
import { signDeviceList, type SignedDeviceList } from '../../protocol/records/device-list.ts'
import { signHomeRecord, type SignedHomeRecord } from '../../protocol/records/home-record.ts'
import { signPublicProfile } from '../../protocol/records/public-profile.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import type { PrekeyUpload } from '../../protocol/wire/gen/records.js'
import type { Register, Registered, Welcome } from '../../protocol/wire/gen/service.js'
import { wireVersion } from '../../protocol/wire/kinds.ts'
import type { Session } from '../people/client-service.ts'
import { silentLogger } from '../watch/logger.ts'
import type { GossipVerdict, Mesh } from '../mesh/mesh.ts'
import { createMessagePath } from '../message-path.ts'
import { noMeter } from '../watch/meter.ts'
import { MemoryBundles, type MemoryBundleNetwork } from '../orbit/bundles-memory.ts'
import { MemoryRows } from '../orbit/rows.ts'
import type { Commits, Logger } from '../ports.ts'
import { Relay, type MessageCarrier } from '../relay.ts'
import { MemoryStore } from '../store/store-memory.ts'
import type { Store } from '../store/store.ts'

export const signing = nodePrimitives

export interface TestDevice {
  readonly seed: Uint8Array
  readonly id: DeviceId
  readonly identityKey: Uint8Array
}

export function testDevice (random: SeededRandom): TestDevice {
  const seed = random.bytes(32)
  return { seed, id: deviceIdOfKey(signing.ed25519PublicKey(seed)), identityKey: signing.x25519PublicKey(random.bytes(32)) }
}

export function testRelay (random: SeededRandom): { seed: Uint8Array, id: RelayId } {
  const seed = random.bytes(32)
  return { seed, id: relayIdOfKey(signing.ed25519PublicKey(seed)) }
}

/** An account with one device, and the records that it can sign. */
export class TestPerson {
  readonly seed: Uint8Array
  readonly account: AccountId
  readonly device: TestDevice
  readonly #random: SeededRandom

  constructor (random: SeededRandom) {
    this.#random = random
    this.seed = random.bytes(32)
    this.account = accountIdOfKey(signing.ed25519PublicKey(this.seed))
    this.device = testDevice(random)
  }

  devices ({ epoch = 1, devices = [this.device], issuedAtMs = 1, expiresAtMs = 0 }: { epoch?: number, devices?: readonly TestDevice[], issuedAtMs?: number, expiresAtMs?: number } = {}): SignedDeviceList {
    return signDeviceList(signing, {
      account: this.account,
      epoch,
      issuedAtMs,
      expiresAtMs,
      devices: devices.map(({ id, identityKey }, i) => ({ id, identityKey, registrationId: i + 1 }))
    }, this.seed)
  }

  home (relay: RelayId, { epoch = 1, region = 'eu' }: { epoch?: number, region?: string } = {}): SignedHomeRecord {
    return signHomeRecord(signing, { account: this.account, epoch, homes: [relay], region, issuedAtMs: 1 }, this.seed)
  }

  /** @returns the encoded Signed DeviceKeys; the prekeys' own signatures are noise, which a relay does not check */
  deviceKeys ({ issuedAtMs = 1, device = this.device }: { issuedAtMs?: number, device?: TestDevice } = {}): Uint8Array {
    return signDeviceKeys(signing, {
      suite: 1,
      registrationId: 1,
      identityKey: device.identityKey,
      signedPrekey: { id: 1, key: this.#random.bytes(32), signature: this.#random.bytes(64) },
      kemPrekey: { id: 1, key: this.#random.bytes(1568), signature: this.#random.bytes(64) },
      issuedAtMs
    }, device.seed)
  }

  /** @returns the encoded Signed PublicProfile */
  profile ({ name = 'Somebody', about = '', issuedAtMs = 1 }: { name?: string, about?: string, issuedAtMs?: number } = {}): Uint8Array {
    return signPublicProfile(signing, { account: this.account, name, about, issuedAtMs }, this.seed).bytes
  }

  prekeys ({ firstId = 1, count = 5 }: { firstId?: number, count?: number } = {}): PrekeyUpload {
    return { deviceKeys: this.deviceKeys(), oneTime: Array.from({ length: count }, (_, i) => ({ id: firstId + i, key: this.#random.bytes(32) })) }
  }
}

/** Commits straight to the store, each by itself. */
export const directCommits = (store: Store): Commits => ({
  commit: async (writes) => { await store.write(writes, { durable: true }) },
  lazy: (writes) => { void store.write(writes, { durable: false }) }
})

/** A DHT that many stub meshes share, and gossip to nobody. */
export class StubMesh implements Mesh {
  readonly self: RelayId
  readonly dht: Map<string, Uint8Array>
  readonly accepts = new Map<string, (stream: ByteStream) => void>()
  readonly topics = new Map<string, (message: Uint8Array) => GossipVerdict>()
  readonly published: Array<{ topic: string, message: Uint8Array }> = []
  /** Set to make the DHT fail. */
  dhtError: Error | undefined

  constructor (self: RelayId, dht = new Map<string, Uint8Array>()) {
    this.self = self
    this.dht = dht
  }

  addresses (): string[] { return [`/ip4/127.0.0.1/tcp/4001/p2p/${this.self}`] }
  dial (): Promise<ByteStream> { return Promise.reject(new ProtocolError('HOME_UNREACHABLE')) }
  handle (protocol: string, accept: (stream: ByteStream) => void): void { this.accepts.set(protocol, accept) }
  publish (topic: string, message: Uint8Array): Promise<void> { this.published.push({ topic, message }); return Promise.resolve() }
  subscribe (topic: string, onMessage: (message: Uint8Array) => GossipVerdict): void { this.topics.set(topic, onMessage) }
  unsubscribe (topic: string): void { this.topics.delete(topic) }

  putRecord (key: string, record: Uint8Array): Promise<void> {
    if (this.dhtError !== undefined) return Promise.reject(this.dhtError)
    this.dht.set(key, record)
    return Promise.resolve()
  }

  getRecord (key: string): Promise<Uint8Array | undefined> {
    return this.dhtError === undefined ? Promise.resolve(this.dht.get(key)) : Promise.reject(this.dhtError)
  }

  start (): Promise<void> { return Promise.resolve() }
  stop (): Promise<void> { return Promise.resolve() }
}

/** A message path that carries nothing, and remembers who is attached. */
export class StubPath implements MessageCarrier {
  readonly sessions = new Set<Session>()
  readonly #channels: (relay: RelayId) => Promise<Channel>
  constructor (channels: (relay: RelayId) => Promise<Channel> = () => Promise.reject(new ProtocolError('HOME_UNREACHABLE'))) { this.#channels = channels }
  attach (session: Session): void { this.sessions.add(session) }
  detach (session: Session): void { this.sessions.delete(session) }
  channelTo (relay: RelayId): Promise<Channel> { return this.#channels(relay) }
  start (): Promise<void> { return Promise.resolve() }
  stop (): Promise<void> { return Promise.resolve() }
  onCommitFailure (): void {}
}

export interface TestRelayOptions {
  random: SeededRandom
  clock?: ManualClock
  store?: MemoryStore
  mesh?: StubMesh
  openRegistration?: boolean
  name?: string
  identity?: { seed: Uint8Array, id: RelayId }
  channels?: (relay: RelayId) => Promise<Channel>
  /** Messages are carried, by the real message path. */
  isCarrying?: boolean
  logger?: Logger
  /** Takes part in the directory that relays copy, over this network. */
  bundles?: MemoryBundleNetwork
  rows?: MemoryRows
}

/** A relay on a memory store and a stub of a mesh, under virtual time. */
export async function startTestRelay ({ random, clock = new ManualClock(), store = new MemoryStore(), openRegistration = true, name = 'eu-1.example.org', identity = testRelay(random), channels, isCarrying = false, logger = silentLogger, bundles, rows = new MemoryRows(), ...rest }: TestRelayOptions): Promise<TestRelay> {
  const { id, seed } = identity
  const mesh = rest.mesh ?? new StubMesh(id)
  const path = new StubPath(channels)
  let relayHandlers = new Handlers()
  const relay = new Relay({
    mesh, store, clock, random, signing, logger, meter: noMeter, defer: queueMicrotask, loadPermille: () => 0, keepConnected: () => {},
    ...(bundles === undefined ? {} : { replication: { rows, sha256: (data: Uint8Array) => nodePrimitives.sha256(data), openBundles: () => new MemoryBundles(id, bundles) } })
  }, { name, region: 'eu', openRegistration, retentionMs: 0, bootstrapPeers: [], software: 'test', seed }, (parts) => {
    relayHandlers = parts.relayHandlers
    return isCarrying ? createMessagePath(parts, { retentionMs: 0, seed }) : path
  })
  await relay.start()
  return { id: relay.id, relay, clock, store, mesh, path, relayHandlers, accept: (stream) => { relay.clients.accept(stream) } }
}

export interface TestRelay {
  readonly id: RelayId
  readonly relay: Relay
  readonly clock: ManualClock
  readonly store: MemoryStore
  readonly mesh: StubMesh
  readonly path: StubPath
  readonly relayHandlers: Handlers
  accept (stream: ByteStream): void
}

/** A device's end of a connection to `relay`. */
export function connect (device: DeviceId, relay: Pick<TestRelay, 'id' | 'accept' | 'clock'>, handlers = new Handlers()): Channel {
  const [deviceEnd, relayEnd] = streamPair(device, relay.id)
  relay.accept(relayEnd)
  return new Channel(deviceEnd, { handlers, clock: relay.clock }).start()
}

export async function sayHello (channel: Channel, person: TestPerson, devices = person.devices()): Promise<Welcome> {
  return await channel.call(clientMethods.hello, { version: wireVersion, account: accountIdToBytes(person.account), deviceList: devices.bytes, software: 'test' })
}

export async function register (channel: Channel, person: TestPerson, relay: RelayId, request: Partial<Register> = {}): Promise<Registered> {
  return await channel.call(clientMethods.register, { homeRecord: person.home(relay).bytes, handle: '', ...request })
}
