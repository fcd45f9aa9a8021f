import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { gossipsub, type GossipSub } from '@libp2p/gossipsub'
import { identify, type Identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from '@libp2p/interface'
import { Channel, Handlers } from '../protocol/channel.ts'
import type { Clock } from '../protocol/clock.ts'
import { nodePrimitives as p } from '../protocol/e2ee/primitives-node.ts'
import { isProtocolError } from '../protocol/errors.ts'
import { relayIdOfKey } from '../protocol/ids.ts'
import { quietLogger } from '../protocol/libp2p/quiet.ts'
import { Libp2pByteStream } from '../protocol/libp2p/stream.ts'
import { directoryMethods } from '../protocol/methods.ts'
import { protocols, topics } from '../protocol/protocols.ts'
import { signRelayRecord, verifyRelayRecord, type SignedRelayRecord } from '../protocol/records/relay-record.ts'
import { Bootstrap } from './bootstrap.ts'
import { checkBootstrapConfig } from './config.ts'

const clock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs)
    return { cancel: () => { clearTimeout(timer) } }
  }
}

async function until (what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await condition()) return
    await wait(20)
  }
  assert.fail(`not within 8 s: ${what}`)
}

type Services = { identify: Identify, pubsub: GossipSub }

describe('a bootstrap node', () => {
  let folder: string
  const open: Array<{ stop (): unknown }> = []
  const lines: string[] = []
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heliograph-bootstrap-'))
    lines.length = 0
  })
  afterEach(async () => {
    for (const one of open.splice(0)) await one.stop()
    await rm(folder, { recursive: true })
  })

  async function startBootstrap (name: string, values: Record<string, unknown> = {}): Promise<Bootstrap> {
    const config = checkBootstrapConfig({ dataDir: join(folder, name), listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'], httpAddress: '127.0.0.1:0', logLevel: 'debug', ...values })
    const bootstrap = await Bootstrap.create(config, { logDestination: { write: (line) => { lines.push(line) } } })
    await bootstrap.start()
    open.push(bootstrap)
    return bootstrap
  }

  /** As a relay looks from outside: gossips its record. */
  async function startRelay (to: Bootstrap): Promise<{ node: Libp2p<Services>, record (name: string, issuedAtMs?: number): SignedRelayRecord, publish (bytes: Uint8Array): Promise<void> }> {
    const seed = new Uint8Array(randomBytes(32))
    const node = await createLibp2p<Services>({
      privateKey: await generateKeyPairFromSeed('Ed25519', seed),
      logger: quietLogger,
      transports: [tcp(), webSockets()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionGater: { denyDialMultiaddr: () => false },
      services: { identify: identify({ protocolPrefix: 'heliograph' }), pubsub: gossipsub({ globalSignaturePolicy: 'StrictNoSign', emitSelf: false, allowPublishToZeroTopicPeers: true, ignoreDuplicatePublishError: true }) }
    })
    open.push(node)
    node.services.pubsub.subscribe(topics.directory)
    await node.dial(multiaddr(to.addresses[0]!))
    await until('the bootstrap node subscribes', () => node.services.pubsub.getSubscribers(topics.directory).length > 0)
    const relay = relayIdOfKey(p.ed25519PublicKey(seed))
    return {
      node,
      record: (name, issuedAtMs = Date.now()) => signRelayRecord(p, {
        relay, name, region: 'eu', addresses: [`/ip4/127.0.0.1/tcp/1/p2p/${relay}`], loadPermille: 0, openRegistration: true, software: 'test', issuedAtMs
      }, seed),
      publish: async (bytes) => { await node.services.pubsub.publish(topics.directory, bytes) }
    }
  }

  /** As a newcomer asks. */
  async function directoryOf (bootstrap: Bootstrap, kind: 'tcp' | 'ws' = 'tcp', region = ''): Promise<string[]> {
    const node = await createLibp2p({
      logger: quietLogger,
      transports: [tcp(), webSockets()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionGater: { denyDialMultiaddr: () => false }
    })
    try {
      const connection = await node.dial(multiaddr(bootstrap.addresses.find((address) => address.includes('/ws') === (kind === 'ws'))!))
      const channel = new Channel(new Libp2pByteStream(await connection.newStream(protocols.directory), connection), { handlers: new Handlers(), clock }).start()
      const { records } = await channel.call(directoryMethods.getDirectory, { region })
      await channel.close()
      return records.map((bytes) => verifyRelayRecord(p, bytes).name)
    } finally {
      await node.stop()
    }
  }

  for (const kind of ['tcp', 'ws'] as const) {
    it(`serves over ${kind} what relays have gossiped`, async () => {
      const bootstrap = await startBootstrap('one')
      assert.deepEqual(await directoryOf(bootstrap, kind), [])
      const relay = await startRelay(bootstrap)
      await until('the record has arrived', async () => {
        await relay.publish(relay.record('eu-1.example.org').bytes)
        return bootstrap.collector.directory.size === 1
      })
      await until('it is served', async () => (await directoryOf(bootstrap, kind))[0] === 'eu-1.example.org')
      assert.deepEqual(await directoryOf(bootstrap, kind, 'elsewhere'), [])
    })
  }

  it('takes no forged and no older record', async () => {
    const bootstrap = await startBootstrap('one')
    const relay = await startRelay(bootstrap)
    await until('the record has arrived', async () => {
      await relay.publish(relay.record('new.example.org').bytes)
      return bootstrap.collector.directory.size === 1
    })
    await relay.publish(relay.record('old.example.org', Date.now() - 60_000).bytes)
    const forged = relay.record('forged.example.org', Date.now() + 1000).bytes.slice()
    forged[forged.length - 1]! ^= 1
    await relay.publish(forged)
    await until('both were looked at', () => bootstrap.collector.counts.ignore >= 1 && bootstrap.collector.counts.reject === 1)
    assert.deepEqual(bootstrap.collector.directory.list().map((record) => record.name), ['new.example.org'])
  })

  it('fills its directory from another node that it connects to, and stays connected', async () => {
    const one = await startBootstrap('one')
    const relay = await startRelay(one)
    await until('the first has it', async () => {
      await relay.publish(relay.record('eu-1.example.org').bytes)
      return one.collector.directory.size === 1
    })
    await relay.node.stop()
    const two = await startBootstrap('two', { peers: [one.addresses[0]] })
    await until('the second has it', () => two.collector.directory.size === 1)
    assert.deepEqual(await directoryOf(two), ['eu-1.example.org'])
  })

  it('keeps its identity over a restart', async () => {
    const first = await startBootstrap('one')
    const { id } = first
    await open.pop()!.stop()
    assert.equal((await startBootstrap('one')).id, id)
  })

  it('answers /healthz and /metrics', async () => {
    const bootstrap = await startBootstrap('one')
    await directoryOf(bootstrap)
    assert.equal((await fetch(`${bootstrap.httpUrl!}/healthz`)).status, 200)
    const metrics = await (await fetch(`${bootstrap.httpUrl!}/metrics`)).text()
    assert.match(metrics, /^heliograph_bootstrap_directory_answers_total 1$/m)
    assert.match(metrics, /^heliograph_bootstrap_relays 0$/m)
    assert.equal((await fetch(`${bootstrap.httpUrl!}/else`)).status, 404)
    assert.equal((await fetch(`${bootstrap.httpUrl!}/healthz`, { method: 'POST' })).status, 405)
  })

  it('says which port is taken, libp2p\'s or HTTP\'s, and leaves nothing running', async () => {
    const first = await startBootstrap('one')
    const listen = [first.addresses[0]!.replace(/\/p2p\/.*$/, '')]
    await assert.rejects(startBootstrap('two', { listen }), (error) => isProtocolError(error, 'PORT_IN_USE'))
    const httpAddress = first.httpUrl!.slice('http://'.length)
    await assert.rejects(startBootstrap('three', { httpAddress }), (error) => isProtocolError(error, 'PORT_IN_USE') && error.message.includes(httpAddress))
  })

  it('logs events without full ids', async () => {
    const bootstrap = await startBootstrap('one')
    await open.pop()!.stop()
    const events = lines.map((line) => JSON.parse(line) as { event: string })
    assert.deepEqual(events.map(({ event }) => event), ['bootstrap.started', 'bootstrap.stopped'])
    assert.ok(lines.every((line) => !line.includes(bootstrap.id)))
  })
})
