import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from '@libp2p/interface'
import { isProtocolError, ProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { nodePrimitives as p } from '../../protocol/e2ee/primitives-node.ts'
import { deviceIdOfKey, parseRelayId, relayIdOfKey } from '../../protocol/ids.ts'
import { quietLogger } from '../../protocol/libp2p/quiet.ts'
import { protocols } from '../../protocol/protocols.ts'
import type { ByteStream } from '../../protocol/byte-stream.ts'
import { createNodeDialer } from './libp2p-node.ts'
import type { Libp2pDialer } from './dialer.ts'

const is = (...codes: ErrorCode[]) => (error: unknown): boolean => isProtocolError(error, ...codes)

describe('the dialer over libp2p', () => {
  let relay: Libp2p
  let dialer: Libp2pDialer
  let silent: Server
  const seed = randomBytes(32)
  const seen: string[] = []

  before(async () => {
    relay = await createLibp2p({
      logger: quietLogger,
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'] },
      transports: [tcp(), webSockets()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionManager: { inboundConnectionThreshold: 1000 },
      services: { ping: ping() }
    })
    await relay.handle(protocols.client, (stream, connection) => {
      seen.push(connection.remotePeer.toString())
      stream.addEventListener('message', ({ data }) => { stream.send(data) })
      stream.addEventListener('remoteCloseWrite', () => { void stream.close() })
    })
    silent = createServer(() => { /* accepts and says nothing */ }).listen(0, '127.0.0.1')
    await once(silent, 'listening')
  })
  after(async () => {
    await relay.stop()
    silent.close()
  })
  beforeEach(() => { dialer = createNodeDialer({ seed }) })
  afterEach(async () => { await dialer.stop() })

  it('stops before the program ends, also when libp2p waits with nothing that keeps it running', async () => {
    const program = `
      import { Libp2pDialer } from ${JSON.stringify(new URL('dialer.ts', import.meta.url).href)}
      const stop = () => new Promise((resolve) => { setTimeout(resolve, 50).unref() })
      const dialer = new Libp2pDialer({ createLibp2p: async () => ({ dial: async () => { throw new Error('unreachable') }, stop }) })
      await dialer.dial({ addresses: [${JSON.stringify(address('tcp'))}] }, '/x', { signal: AbortSignal.timeout(1000) }).catch(() => {})
      await dialer.stop()
      process.stdout.write('stopped')`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
    assert.equal(stdout, 'stopped')
  })

  const address = (kind: 'tcp' | 'ws'): string => relay.getMultiaddrs().map(String).find((one) => one.includes('/ws') === (kind === 'ws'))!
  const dial = async (addresses: string[], options: { expect?: string, ms?: number } = {}): Promise<ByteStream> => await dialer.dial(
    { addresses, ...(options.expect === undefined ? {} : { expect: parseRelayId(options.expect) }) }, protocols.client, { signal: AbortSignal.timeout(options.ms ?? 5000) })

  async function echo (stream: ByteStream): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    stream.start({ onData: (chunk) => { resolve(Buffer.from(chunk).toString()) }, onClose: (error) => { reject(error ?? new Error('closed')) } })
    stream.send(Buffer.from('hello'))
    return await promise
  }

  for (const kind of ['tcp', 'ws'] as const) {
    it(`reaches a relay over ${kind}, known by the device's key`, async () => {
      const stream = await dial([address(kind)])
      assert.equal(await echo(stream), 'hello')
      assert.equal(stream.remotePeer, relay.peerId.toString())
      assert.equal(seen.at(-1), deviceIdOfKey(p.ed25519PublicKey(seed)))
      await stream.close()
    })

    it(`measures the round trip over ${kind} and leaves no connection behind`, async () => {
      const rttMs = await dialer.measureRttMs([address(kind)], { signal: AbortSignal.timeout(5000) })
      assert.ok(rttMs > 0 && rttMs < 1000, `${rttMs} ms`)
      for (let i = 0; relay.getConnections().length > 0; i++) {
        assert.ok(i < 100, 'the connection stays')
        await wait(20)
      }
    })

    it(`lets the ${kind} connection go with its stream, also when that was aborted`, async () => {
      for (const end of [(stream: ByteStream) => { stream.abort(new ProtocolError('TIMEOUT')) }, (stream: ByteStream) => { void stream.close() }]) {
        const stream = await dial([address(kind)])
        await echo(stream)
        assert.equal(relay.getConnections().length, 1)
        end(stream)
        for (let i = 0; relay.getConnections().length > 0; i++) {
          assert.ok(i < 100, 'the connection stays')
          await wait(20)
        }
      }
    })
  }

  it('tries the next address when one is dead, unreadable, or another relay\'s', async () => {
    const bare = address('tcp').replace(/\/p2p\/.*$/, '')
    const id = relay.peerId.toString()
    const stranger = relayIdOfKey(p.ed25519PublicKey(randomBytes(32)))
    const stream = await dial(['nonsense', `${bare}/p2p/${stranger}`, `/ip4/127.0.0.1/tcp/1/p2p/${id}`, bare], { expect: id })
    assert.equal(await echo(stream), 'hello')
    await stream.close()
    const other = await dial([`/ip4/127.0.0.1/tcp/1/p2p/${stranger}`, address('tcp')])
    assert.equal(other.remotePeer, id)
    await other.close()
  })

  it('fails with HOME_UNREACHABLE when none answers or proves to be the relay', async () => {
    const bare = address('tcp').replace(/\/p2p\/.*$/, '')
    const stranger = relayIdOfKey(p.ed25519PublicKey(randomBytes(32)))
    await assert.rejects(dial(['/ip4/127.0.0.1/tcp/1'], { expect: stranger }), is('HOME_UNREACHABLE'))
    await assert.rejects(dial([bare], { expect: stranger }), is('HOME_UNREACHABLE'))
    await assert.rejects(dial([bare]), is('HOME_UNREACHABLE'), 'without an id anybody could answer')
    await assert.rejects(dial([]), is('HOME_UNREACHABLE'))
  })

  it('stops waiting when its signal says so, with the signal\'s own error if it is one of ours', async () => {
    const { port } = silent.address() as AddressInfo
    const id = relay.peerId.toString()
    const startMs = performance.now()
    await assert.rejects(dial([`/ip4/127.0.0.1/tcp/${port}/p2p/${id}`], { ms: 100 }), is('TIMEOUT'))
    assert.ok(performance.now() - startMs < 2000)
    const controller = new AbortController()
    const dialing = dialer.dial({ addresses: [`/ip4/127.0.0.1/tcp/${port}/p2p/${id}`] }, protocols.client, { signal: controller.signal })
    controller.abort(new ProtocolError('CANCELLED'))
    await assert.rejects(dialing, is('CANCELLED'))
    await assert.rejects(dialer.measureRttMs([`/ip4/127.0.0.1/tcp/${port}/p2p/${id}`], { signal: AbortSignal.timeout(100) }), is('TIMEOUT'))
  })

  it('does not dial once stopped', async () => {
    await dialer.stop()
    await assert.rejects(dial([address('tcp')]), is('CANCELLED'))
  })
})
