import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { Channel, Handlers } from '../protocol/channel.ts'
import { SeededRandom } from '../protocol/clock-manual.ts'
import { pairConversation } from '../protocol/conversation.ts'
import { encodeEnvelope } from '../protocol/envelope.ts'
import { isProtocolError, type ErrorCode } from '../protocol/errors.ts'
import { accountIdToBytes, messageIdFromBytes, type MessageId } from '../protocol/ids.ts'
import { quietLogger } from '../protocol/libp2p/quiet.ts'
import { Libp2pByteStream } from '../protocol/libp2p/stream.ts'
import { clientMethods, clientNotifications } from '../protocol/methods.ts'
import { protocols } from '../protocol/protocols.ts'
import { verifyRelayRecord } from '../protocol/records/relay-record.ts'
import { ciphertextKinds, envelopeKinds } from '../protocol/wire/kinds.ts'
import { defaultConfig, type RelayConfig } from './config.ts'
import { initRelay, readConfigFile } from './config-file.ts'
import { TestPerson, register, sayHello, signing, type TestDevice } from './testing/fixtures.ts'
import { createRelay, type RunningRelay } from './node.ts'
import { systemClock } from './system.ts'

const isCode = (...codes: ErrorCode[]) => (error: unknown): boolean => {
  assert.ok(isProtocolError(error, ...codes), `expected ${codes.join(' or ')}, got ${String(error)}`)
  return true
}

async function until (what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await condition()) return
    await wait(20)
  }
  assert.fail(`not within 8 s: ${what}`)
}

describe('relay daemon', function () {
  this.timeout(30_000)
  const random = new SeededRandom(randomBytes(4).readUInt32LE())
  const open: Array<{ stop (): unknown }> = []
  let folder: string
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'heliograph-node-')) })
  afterEach(async () => {
    await Promise.all(open.splice(0).map(async (one) => { await one.stop() }))
    await rm(folder, { recursive: true, force: true })
  })

  const config = (rest: Partial<RelayConfig> = {}): Partial<RelayConfig> => ({
    name: 'eu-1.example.org', region: 'eu', dataDir: join(folder, 'eu'), listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'], httpAddress: '127.0.0.1:0', logLevel: 'silent', minFreeMegabytes: 0, ...rest
  })

  async function start (rest: Partial<RelayConfig> = {}, seed = random.bytes(32)): Promise<RunningRelay> {
    const relay = await createRelay(config(rest), { seed })
    await relay.start()
    open.push(relay)
    return relay
  }

  /** A device with a libp2p of its own: stock settings, its own key. */
  async function dial (device: TestDevice, relay: RunningRelay, { kind = 'tcp', handlers = new Handlers() }: { kind?: 'tcp' | 'ws', handlers?: Handlers } = {}): Promise<Channel> {
    const libp2p = await createLibp2p({
      privateKey: await generateKeyPairFromSeed('Ed25519', device.seed),
      logger: quietLogger,
      transports: [tcp(), webSockets()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionGater: { denyDialMultiaddr: () => false }
    })
    open.push(libp2p)
    const address = relay.addresses.find((one) => one.includes('/ws') === (kind === 'ws'))!
    const connection = await libp2p.dial(multiaddr(address))
    return new Channel(new Libp2pByteStream(await connection.newStream(protocols.client), connection), { handlers, clock: systemClock }).start()
  }

  it('registers a device over TCP and WebSocket, and keeps accounts over a restart', async () => {
    const seed = random.bytes(32)
    const relay = await start({}, seed)
    const [alice, bob] = [new TestPerson(random), new TestPerson(random)]
    for (const [person, kind] of [[alice, 'tcp'], [bob, 'ws']] as const) {
      const channel = await dial(person.device, relay, { kind })
      assert.equal((await sayHello(channel, person)).isRegistered, false)
      const { handle } = await register(channel, person, relay.id, { handle: kind === 'ws' ? 'bob' : 'alice', prekeys: person.prekeys({ count: 2 }) })
      assert.equal(handle, `${kind === 'ws' ? 'bob' : 'alice'}@eu-1.example.org`)
    }
    const before = Date.now()
    await relay.drain()
    assert.ok(Date.now() - before < 10_000)
    const again = await start({}, seed)
    const channel = await dial(alice.device, again)
    const welcome = await sayHello(channel, alice)
    assert.deepEqual([welcome.isRegistered, welcome.handle, welcome.oneTimePrekeysLeft], [true, 'alice@eu-1.example.org', 2])
    const { bundles } = await channel.call(clientMethods.claimBundles, { account: accountIdToBytes(bob.account) })
    assert.equal(bundles[0]?.oneTime?.id, 1)
  })

  it('refuses a device that is not in the list, whatever it says', async () => {
    const relay = await start()
    const [alice, mallory] = [new TestPerson(random), new TestPerson(random)]
    await register(await helloed(alice, relay), alice, relay.id)
    const channel = await dial(mallory.device, relay)
    await assert.rejects(sayHello(channel, alice), isCode('UNKNOWN_DEVICE'))
    await assert.rejects(channel.call(clientMethods.claimBundles, { account: accountIdToBytes(alice.account) }), isCode('NOT_AUTHENTICATED'))
  })

  const helloed = async (person: TestPerson, relay: RunningRelay, handlers?: Handlers): Promise<Channel> => {
    const channel = await dial(person.device, relay, handlers === undefined ? {} : { handlers })
    await sayHello(channel, person)
    return channel
  }

  it('lets two relays find each other through one bootstrap peer, look people up and carry a message', async () => {
    const eu = await start()
    const us = await start({ name: 'us-1.example.org', region: 'us', dataDir: join(folder, 'us'), bootstrapPeers: [eu.addresses[0]!] })
    const [alice, bob] = [new TestPerson(random), new TestPerson(random)]
    const atEu = await helloed(alice, eu)
    const received: Uint8Array[] = []
    const atUs = await helloed(bob, us, new Handlers().onNotification(clientNotifications.deliver, ({ pages }) => {
      for (const page of pages) for (const entry of page.entries) if (entry.envelope !== undefined) received.push(entry.envelope.slice())
    }))
    await register(atEu, alice, eu.id, { handle: 'alice', prekeys: alice.prekeys() })
    await register(atUs, bob, us.id, { handle: 'bob', prekeys: bob.prekeys() })
    await until('eu knows us', async () => {
      const { records } = await atEu.call(clientMethods.getDirectory, { region: 'us', max: 0 })
      return records.some((bytes) => verifyRelayRecord(signing, bytes).relay === us.id)
    })
    const found = await atEu.call(clientMethods.findHandle, { handle: 'bob@us-1.example.org' })
    assert.deepEqual(found.account, accountIdToBytes(bob.account))
    const claimed = await atEu.call(clientMethods.claimBundles, { account: found.account })
    assert.equal(claimed.bundles[0]?.oneTime?.id, 1)

    const envelope = encodeEnvelope({
      conversation: pairConversation(alice.account, bob.account),
      sender: alice.account,
      senderDevice: alice.device.id,
      messageId: testMessageId(),
      kind: envelopeKinds.content,
      expiresAtMs: 0,
      ciphertexts: [{ device: bob.device.id, kind: ciphertextKinds.message, bytes: random.bytes(200) }]
    })
    const { outcomes } = await atEu.call(clientMethods.submit, { envelopes: [envelope] })
    assert.equal(outcomes[0]!.status, 0)
    await until('bob has it', () => received.length > 0)
    assert.deepEqual(received, [envelope])
  })

  const testMessageId = (): MessageId => {
    const bytes = random.bytes(16)
    bytes[6] = 0x70 | (bytes[6]! & 0x0f)
    bytes[8] = 0x80 | (bytes[8]! & 0x3f)
    return messageIdFromBytes(bytes)
  }

  it('puts home records into the DHT, where another relay finds them', async () => {
    const eu = await start()
    const us = await start({ name: 'us-1.example.org', region: 'us', dataDir: join(folder, 'us'), bootstrapPeers: [eu.addresses[0]!] })
    const [alice, bob] = [new TestPerson(random), new TestPerson(random)]
    await register(await helloed(alice, eu), alice, eu.id)
    const atUs = await helloed(bob, us)
    await register(atUs, bob, us.id)
    await until('us finds alice', async () => {
      try {
        return (await atUs.call(clientMethods.findAccount, { account: accountIdToBytes(alice.account) })).homeRecord.byteLength > 0
      } catch (error) {
        // asked again until it is there: not published yet, relay not known yet, or asked too often
        if (isProtocolError(error, 'UNKNOWN_ACCOUNT', 'HOME_UNREACHABLE', 'QUOTA')) { await wait(200); return false }
        throw error
      }
    })
  })

  it('is ready while it runs, and tells why not while it drains', async () => {
    const relay = await start()
    const ready = await fetch(`${relay.httpUrl}/readyz`)
    assert.deepEqual([ready.status, await ready.text()], [200, 'ready\n'])
    const metrics = await (await fetch(`${relay.httpUrl}/metrics`)).text()
    assert.match(metrics, /^heliograph_account_registered 0$/m)
    const guide = await readFile(new URL('../docs/operator.md', import.meta.url), 'utf8')
    const named = guide.match(/heliograph_[a-z_]+[a-z]/g)!
    assert.ok(named.length >= 5)
    for (const name of named) assert.ok(metrics.includes(`# TYPE ${name} `), `the operator's guide names ${name}, which does not exist`)
    await relay.drain()
    await assert.rejects(fetch(`${relay.httpUrl}/readyz`))
  })

  it('names the cause when it cannot start, and leaves nothing open', async () => {
    const relay = await start()
    const port = /\/tcp\/(\d+)\/p2p/.exec(relay.addresses.find((address) => !address.includes('/ws'))!)![1]!
    const other = { dataDir: join(folder, 'other') }
    const attempt = async (rest: Partial<RelayConfig>, code: ErrorCode): Promise<void> => {
      const second = await createRelay(config(rest), { seed: random.bytes(32) })
      await assert.rejects(second.start(), isCode(code))
    }
    await attempt({}, 'DATABASE_LOCKED')
    await attempt({ ...other, listen: [`/ip4/127.0.0.1/tcp/${port}`] }, 'PORT_IN_USE')
    await attempt({ ...other, httpAddress: new URL(relay.httpUrl).host }, 'PORT_IN_USE')
    await assert.rejects(createRelay({ ...config(), regoin: 'eu' } as Partial<RelayConfig>), isCode('BAD_CONFIG'))
    // what failed has closed its database and its ports
    await start(other)
    if (process.getuid?.() !== 0) {
      await chmod(folder, 0o500)
      await attempt({ dataDir: join(folder, 'forbidden') }, 'BAD_CONFIG')
      await chmod(folder, 0o700)
    }
    await writeFile(join(folder, 'file'), '')
    await attempt({ dataDir: join(folder, 'file') }, 'BAD_CONFIG')
  })

  it('takes nothing new when the disk is full, says so, and recovers', async () => {
    const seed = random.bytes(32)
    const relay = await start({ minFreeMegabytes: 1_000_000 }, seed)
    const ready = await fetch(`${relay.httpUrl}/readyz`)
    assert.deepEqual([ready.status, await ready.text()], [503, 'the database cannot be written: STORAGE_FULL\n'])
    const alice = new TestPerson(random)
    const channel = await helloed(alice, relay)
    await assert.rejects(register(channel, alice, relay.id, { handle: 'alice' }), isCode('STORAGE_FULL'))
    await relay.stop()
    const again = await start({}, seed)
    const welcome = await sayHello(await dial(alice.device, again), alice)
    assert.equal(welcome.isRegistered, false)
  })

  it('does not start on a damaged database, and does not touch it', async () => {
    const relay = await start()
    await relay.stop()
    const db = join(folder, 'eu', 'db')
    const manifest = (await readdir(db)).find((name) => name.startsWith('MANIFEST'))!
    await writeFile(join(db, manifest), random.bytes(500))
    const second = await createRelay(config(), { seed: random.bytes(32) })
    await assert.rejects(second.start(), isCode('DATABASE_CORRUPT'))
  })

  it('that is told to stop while it starts stops', async () => {
    const relay = await createRelay(config(), { seed: random.bytes(32) })
    const starting = relay.start()
    await relay.stop()
    await starting
    await assert.rejects(fetch(`${relay.httpUrl}/healthz`))
    await start()
  })

  it('starts from what init has written', async () => {
    const { configFile } = await initRelay(folder, { ...defaultConfig(), listen: ['/ip4/127.0.0.1/tcp/0'], httpAddress: '127.0.0.1:0', logLevel: 'silent', minFreeMegabytes: 0 })
    const relay = await createRelay(await readConfigFile(configFile))
    open.push(relay)
    await relay.start()
    assert.equal(relay.addresses.length, 1)
    assert.ok(relay.addresses[0]!.endsWith(`/p2p/${relay.id}`))
  })
})
