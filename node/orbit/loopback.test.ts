/**
 * The directory over real libp2p and LevelDB: three relays on loopback.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { accountIdToBytes, deviceKeyOf } from '../../protocol/ids.ts'
import { clientMethods } from '../../protocol/methods.ts'
import { protocols } from '../../protocol/protocols.ts'
import { verifyHomeRecord } from '../../protocol/records/home-record.ts'
import type { Claimed } from '../../protocol/wire/gen/service.js'
import type { RelayConfig } from '../config.ts'
import { Libp2pMesh } from '../libp2p/mesh.ts'
import { createRelay, type RunningRelay } from '../node.ts'
import { systemClock, systemRandom } from '../system.ts'
import { TestPerson, register, sayHello, signing } from '../testing/fixtures.ts'

async function until (what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 300; turn++) {
    if (await condition()) return
    await wait(100)
  }
  assert.fail(`not within 30 s: ${what}`)
}

describe('the directory over libp2p', function () {
  this.timeout(60_000)
  const random = new SeededRandom(randomBytes(4).readUInt32LE())
  const open: Array<{ stop (): Promise<void> }> = []
  let folder: string
  before(async () => { folder = await mkdtemp(join(tmpdir(), 'heliograph-directory-')) })
  after(async () => {
    await Promise.all(open.map(async (one) => { await one.stop() }))
    await rm(folder, { recursive: true, force: true })
  })

  async function startRelay (name: string, rest: Partial<RelayConfig>, seed: Uint8Array): Promise<RunningRelay> {
    const relay = await createRelay({ name: `${name}.example.org`, region: name, dataDir: join(folder, name), listen: ['/ip4/127.0.0.1/tcp/0'], httpAddress: '127.0.0.1:0', logLevel: 'silent', minFreeMegabytes: 0, ...rest }, { seed })
    await relay.start()
    open.push(relay)
    return relay
  }

  async function dial (person: TestPerson, relay: RunningRelay): Promise<Channel> {
    const mesh = await Libp2pMesh.create({ seed: person.device.seed, listen: [] }, { clock: systemClock, random: systemRandom, verifyHomeRecord: (bytes) => verifyHomeRecord(signing, bytes) })
    await mesh.start()
    open.push(mesh)
    const stream = await mesh.dial(relay.id, relay.addresses, protocols.client, { signal: AbortSignal.timeout(8_000) })
    const channel = new Channel(stream, { handlers: new Handlers(), clock: systemClock }).start()
    await sayHello(channel, person)
    return channel
  }

  it(`lets a session begin with somebody whose home was killed (seed ${random.seed})`, async () => {
    const seed = random.bytes(32)
    const eu = await startRelay('eu', {}, random.bytes(32))
    const bootstrapPeers = [...eu.addresses]
    const us = await startRelay('us', { bootstrapPeers }, seed)
    await startRelay('ap', { bootstrapPeers }, random.bytes(32))
    const [alice, bob] = [new TestPerson(random), new TestPerson(random)]
    const [atEu, atUs] = [await dial(alice, eu), await dial(bob, us)]
    await register(atEu, alice, eu.id, { handle: 'alice', prekeys: alice.prekeys() })
    await register(atUs, bob, us.id, { handle: 'bob', prekeys: bob.prekeys() })
    // Nobody at eu has ever asked for anybody at us.
    const metrics = async (): Promise<string> => await (await fetch(`${eu.httpUrl}/metrics`)).text()
    await until('eu has a copy of the directory of us', async () => Number(/^heliograph_directory_copied_bytes (\d+)/m.exec(await metrics())?.[1] ?? 0) > 2_000)
    const listen = us.addresses.map((address) => address.split('/p2p/')[0]!)
    await us.stop({ withinMs: 0 })

    let claimed: Claimed | undefined
    await until('a bundle comes from the copy', async () => {
      try {
        claimed = await atEu.call(clientMethods.claimBundles, { account: accountIdToBytes(bob.account) })
        return true
      } catch (error) {
        assert.ok(isProtocolError(error, 'HOME_UNREACHABLE', 'UNKNOWN_ACCOUNT', 'QUOTA'), String(error))
        return false
      }
    })
    assert.equal(claimed!.bundles.length, 1)
    assert.deepEqual(claimed!.bundles[0]!.device, deviceKeyOf(bob.device.id))
    assert.equal(claimed!.bundles[0]!.oneTime, undefined)
    const found = await atEu.call(clientMethods.findHandle, { handle: 'bob@us.example.org' })
    assert.deepEqual(found.account, accountIdToBytes(bob.account))

    // Home again, and one-time prekeys with it.
    const again = await startRelay('us', { bootstrapPeers, listen }, seed)
    assert.equal(again.id, us.id)
    await until('its home answers again', async () => {
      const { bundles } = await atEu.call(clientMethods.claimBundles, { account: accountIdToBytes(bob.account) })
      return bundles[0]?.oneTime !== undefined
    })
  })
})
