/**
 * Relays, a bootstrap node and a device's dialer together, on loopback: who knows only the entry finds the rest.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Bootstrap } from '../bootstrap/bootstrap.ts'
import { checkBootstrapConfig } from '../bootstrap/config.ts'
import { createNodeDialer } from '../client/libp2p/libp2p-node.ts'
import { fastNoise } from '../node/libp2p/fast-noise.ts'
import { Libp2pMesh } from '../node/libp2p/mesh.ts'
import { systemClock, systemRandom } from '../node/system.ts'
import { Channel, Handlers } from '../protocol/channel.ts'
import { nodePrimitives as p } from '../protocol/e2ee/primitives-node.ts'
import { accountIdOfKey, parseRelayId } from '../protocol/ids.ts'
import { directoryMethods } from '../protocol/methods.ts'
import { homeRecordKey, protocols, topics } from '../protocol/protocols.ts'
import { signHomeRecord, verifyHomeRecord } from '../protocol/records/home-record.ts'
import { signRelayRecord, verifyRelayRecord } from '../protocol/records/relay-record.ts'

const signal = (): AbortSignal => AbortSignal.timeout(8000)

async function until (what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await condition()) return
    await wait(50)
  }
  assert.fail(`not within 10 s: ${what}`)
}

describe('a mesh that is entered through a bootstrap node', function () {
  this.timeout(30_000)
  let folder: string
  let bootstrap: Bootstrap
  const open: Array<{ stop (): Promise<void> }> = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heliograph-entry-'))
    bootstrap = await Bootstrap.create(checkBootstrapConfig({ dataDir: folder, listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'], httpAddress: '127.0.0.1:0', logLevel: 'silent' }))
    await bootstrap.start()
    open.push(bootstrap)
  })
  after(async () => {
    for (const one of open.reverse()) await one.stop()
    await rm(folder, { recursive: true })
  })

  async function startRelay (name: string): Promise<{ mesh: Libp2pMesh, announce (): Promise<void> }> {
    const seed = new Uint8Array(randomBytes(32))
    const mesh = await Libp2pMesh.create({ seed, listen: ['/ip4/127.0.0.1/tcp/0'], peers: bootstrap.addresses }, { clock: systemClock, random: systemRandom, verifyHomeRecord: (bytes) => verifyHomeRecord(p, bytes) })
    mesh.subscribe(topics.directory, () => 'accept')
    await mesh.start()
    open.push(mesh)
    return {
      mesh,
      announce: async () => {
        const record = signRelayRecord(p, { relay: mesh.self, name, region: 'eu', addresses: mesh.addresses(), loadPermille: 0, openRegistration: true, software: 'test', issuedAtMs: Date.now() }, seed)
        await mesh.publish(topics.directory, record.bytes)
      }
    }
  }

  it('lets relays that know only it find each other\'s records, and devices find the relays', async () => {
    const [one, two] = await Promise.all([startRelay('one.example.org'), startRelay('two.example.org')])
    await until('both relays are in the directory', async () => {
      await Promise.all([one.announce(), two.announce()])
      return bootstrap.collector.directory.size === 2
    })

    const accountSeed = randomBytes(32)
    const account = accountIdOfKey(p.ed25519PublicKey(accountSeed))
    const record = signHomeRecord(p, { account, epoch: 1, homes: [one.mesh.self], region: 'eu', issuedAtMs: 1 }, accountSeed)
    await until('the record is put', async () => await one.mesh.putRecord(homeRecordKey(account), record.bytes, { signal: signal() }).then(() => true, () => false))
    await until('the other relay gets it', async () => await two.mesh.getRecord(homeRecordKey(account), { signal: signal() }) !== undefined)

    const dialer = createNodeDialer({ seed: randomBytes(32), encrypter: fastNoise() })
    open.push(dialer)
    for (const entry of bootstrap.addresses) {
      const channel = new Channel(await dialer.dial({ addresses: [entry] }, protocols.directory, { signal: signal() }), { handlers: new Handlers(), clock: systemClock }).start()
      const { records } = await channel.call(directoryMethods.getDirectory, {})
      await channel.close()
      const relays = records.map((bytes) => verifyRelayRecord(p, bytes))
      assert.deepEqual(relays.map(({ name }) => name).sort(), ['one.example.org', 'two.example.org'])
      for (const relay of relays) {
        const rttMs = await dialer.measureRttMs(relay.addresses, { signal: signal(), expect: parseRelayId(relay.relay) })
        assert.ok(rttMs > 0 && rttMs < 5000)
      }
    }
  })
})
