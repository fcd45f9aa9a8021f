/**
 * Somebody writes for the first time to a person whose relay is down: three relays, two clients, on loopback.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openNodeClient, type NodeClient } from '../client/client-node.ts'
import { createRelay, type RunningRelay } from '../node/node.ts'
import type { RelayConfig } from '../node/config.ts'
import { until } from './network/person.ts'

const timeoutMs = 30_000

describe('writing to somebody whose home is down', function () {
  this.timeout(120_000)
  const open: Array<() => Promise<void>> = []
  let folder: string
  before(async () => { folder = await mkdtemp(join(tmpdir(), 'heliograph-directory-')) })
  after(async () => {
    for (const close of open.reverse()) await close()
    await rm(folder, { recursive: true, force: true })
  })

  async function startRelay (name: string, rest: Partial<RelayConfig> = {}, seed = randomBytes(32)): Promise<RunningRelay> {
    const relay = await createRelay({ name: `${name}.example.org`, region: name, dataDir: join(folder, name), listen: ['/ip4/127.0.0.1/tcp/0'], httpAddress: '127.0.0.1:0', logLevel: 'silent', minFreeMegabytes: 0, ...rest }, { seed })
    await relay.start()
    open.push(async () => { await relay.stop({ withinMs: 0 }) })
    return relay
  }
  async function openClient (name: string, relay: RunningRelay): Promise<NodeClient> {
    const opened = await openNodeClient({ folder: join(folder, name), config: { bootstrap: [...relay.addresses], relay: relay.config.name, software: 'heliograph-test', strangers: 'accept' } })
    open.push(opened.close)
    await opened.client.createAccount({ handle: name, relay: relay.config.name })
    opened.client.start()
    return opened
  }

  it('the message waits at the sender\'s relay and arrives when that relay is back', async () => {
    const seed = randomBytes(32)
    const eu = await startRelay('eu')
    const bootstrapPeers = [...eu.addresses]
    const us = await startRelay('us', { bootstrapPeers }, seed)
    await startRelay('ap', { bootstrapPeers })
    const { client: alice } = await openClient('alice', eu)
    const { client: bob } = await openClient('bob', us)
    const received: string[] = []
    bob.on('message', ({ text }) => { if (text !== undefined) received.push(text) })
    const copied = async (): Promise<number> => Number(/^heliograph_directory_copied_bytes (\d+)/m.exec(await (await fetch(`${eu.httpUrl}/metrics`)).text())?.[1] ?? 0)
    await until(async () => await copied() > 2_000, { timeoutMs, what: () => 'a copy of the directory of us at eu' })

    const listen = us.addresses.map((address) => address.split('/p2p/')[0]!)
    await us.stop({ withinMs: 0 })
    const { account } = await alice.addContact('bob@us.example.org')
    assert.equal(account, bob.account!.id)
    const message = await alice.send(account, 'are you there?')
    await until(async () => (await alice.history(account)).find(({ id }) => id === message.id)?.state === 'sent', { timeoutMs, what: () => 'the tick of the sender\'s relay' })
    assert.deepEqual(received, [])

    await startRelay('us', { bootstrapPeers, listen }, seed)
    await until(() => received.length > 0, { timeoutMs: 60_000, what: () => 'the message at its recipient' })
    assert.deepEqual(received, ['are you there?'])
    await until(async () => (await alice.history(account)).find(({ id }) => id === message.id)?.state === 'delivered', { timeoutMs, what: () => 'the tick of delivery' })
  })
})
