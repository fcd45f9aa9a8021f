import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from '@libp2p/interface'
import type { ByteStream } from '../../protocol/byte-stream.ts'
import { concat, fromUtf8, utf8 } from '../../protocol/bytes.ts'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { nodePrimitives as p } from '../../protocol/e2ee/primitives-node.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { accountIdOfKey, relayIdOfKey, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { quietLogger } from '../../protocol/libp2p/quiet.ts'
import { Libp2pByteStream } from '../../protocol/libp2p/stream.ts'
import { limits } from '../../protocol/limits.ts'
import { homeRecordKey, logTopic, protocols, topics } from '../../protocol/protocols.ts'
import { signHomeRecord, verifyHomeRecord } from '../../protocol/records/home-record.ts'
import { systemClock } from '../system.ts'
import type { GateLimits } from './connection-gate.ts'
import { Libp2pMesh } from './mesh.ts'

const is = (...codes: ErrorCode[]) => (error: unknown): boolean => isProtocolError(error, ...codes)
const signal = (ms = 8000): AbortSignal => AbortSignal.timeout(ms)

async function until (what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await condition()) return
    await wait(20)
  }
  assert.fail(`not within 8 s: ${what}`)
}

const open: Array<{ stop (): unknown }> = []
afterEach(async () => { await Promise.all(open.splice(0).map(async (one) => { await one.stop() })) })

async function startMesh (options: { seed?: Uint8Array, listen?: string[], peers?: string[], gate?: Partial<GateLimits>, handshakeTimeoutMs?: number, prepare?: (mesh: Libp2pMesh) => void } = {}): Promise<Libp2pMesh> {
  const mesh = await Libp2pMesh.create({
    seed: options.seed ?? randomBytes(32),
    listen: options.listen ?? ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'],
    peers: options.peers ?? [],
    gate: options.gate ?? {},
    ...(options.handshakeTimeoutMs === undefined ? {} : { handshakeTimeoutMs: options.handshakeTimeoutMs })
  }, { clock: systemClock, random: new SeededRandom(1), verifyHomeRecord: (bytes) => verifyHomeRecord(p, bytes) })
  options.prepare?.(mesh)
  await mesh.start()
  open.push(mesh)
  return mesh
}

/** A libp2p of somebody else: stock Noise and yamux, none of our settings. */
async function startStranger (): Promise<Libp2p> {
  const node = await createLibp2p({
    logger: quietLogger,
    transports: [tcp(), webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false }
  })
  open.push(node)
  return node
}

/** A TCP proxy on the way; while it is cut it swallows everything and closes nothing, as a partition does. */
async function startProxy (to: string): Promise<{ address: string, isCut: boolean }> {
  const target = Number(/tcp\/(\d+)/.exec(to)![1])
  const sockets = new Set<Socket>()
  const server = createServer((inbound) => {
    const outbound = connect(target, '127.0.0.1')
    for (const [from, into] of [[inbound, outbound], [outbound, inbound]] as const) {
      sockets.add(from)
      from.on('error', () => { /* reset by one of the ends */ })
      from.on('data', (chunk) => { if (!proxy.isCut) into.write(chunk) })
      from.on('close', () => { if (!proxy.isCut) into.destroy() })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push({ stop: () => { server.close(); for (const socket of sockets) socket.destroy() } })
  const proxy = { address: to.replace(/tcp\/\d+/, `tcp/${(server.address() as AddressInfo).port}`), isCut: false }
  return proxy
}

function collect (stream: ByteStream): { bytes (): Uint8Array, closed: Promise<Error | undefined> } {
  const chunks: Uint8Array[] = []
  const { promise, resolve } = Promise.withResolvers<Error | undefined>()
  stream.start({ onData: (chunk) => { chunks.push(chunk) }, onClose: resolve })
  return { bytes: () => concat(...chunks), closed: promise }
}
const echo = (stream: ByteStream): void => { stream.start({ onData: (chunk) => { stream.send(chunk.slice()) }, onClose: () => { /* the test has it */ } }) }
const address = (mesh: Libp2pMesh, kind: 'tcp' | 'ws' = 'tcp'): string => mesh.addresses().find((one) => one.includes('/ws') === (kind === 'ws'))!

function person (): { account: AccountId, record (epoch: number): Uint8Array } {
  const seed = randomBytes(32)
  const account = accountIdOfKey(p.ed25519PublicKey(seed))
  const relay = relayIdOfKey(p.ed25519PublicKey(randomBytes(32)))
  return { account, record: (epoch) => signHomeRecord(p, { account, epoch, homes: [relay], region: 'eu', issuedAtMs: 1 }, seed).bytes }
}

describe('the mesh over libp2p', () => {
  for (const kind of ['tcp', 'ws'] as const) {
    it(`opens streams between relays over ${kind}, each side knowing the other`, async () => {
      const a = await startMesh()
      let from = ''
      const b = await startMesh({ prepare: (mesh) => { mesh.handle(protocols.relay, (stream) => { from = stream.remotePeer; echo(stream) }) } })
      const stream = await a.dial(b.self, [address(b, kind)], protocols.relay, { signal: signal() })
      assert.equal(stream.remotePeer, b.self)
      const heard = collect(stream)
      const sent = new SeededRandom(2).bytes(300_000)
      stream.send(sent.slice())
      await until('the echo', () => heard.bytes().byteLength === sent.byteLength)
      assert.deepEqual(Buffer.from(heard.bytes()), Buffer.from(sent))
      assert.equal(from, a.self)
      await stream.close()
      assert.equal(await heard.closed, undefined)
    })

    it(`understands a stock libp2p over ${kind}, in records of any size`, async () => {
      const b = await startMesh({ prepare: (mesh) => { mesh.handle(protocols.client, echo) } })
      const stranger = await startStranger()
      const connection = await stranger.dial(multiaddr(address(b, kind)))
      const stream = new Libp2pByteStream(await connection.newStream(protocols.client), connection)
      const heard = collect(stream)
      const random = new SeededRandom(3)
      const sent: Uint8Array[] = []
      for (const size of [1, 2, 17, 1024, 65_519, 65_520, 150_000, 3]) {
        const part = random.bytes(size)
        sent.push(part.slice())
        stream.send(part)
        if (size % 2 === 0) await wait(5)
      }
      await until('the echo', () => heard.bytes().byteLength === concat(...sent).byteLength)
      assert.deepEqual(Buffer.from(heard.bytes()), Buffer.from(concat(...sent)))
      await stream.close()
    })
  }

  it('ends every connection that is aborted, WebSocket included', async () => {
    const streams: ByteStream[] = []
    const b = await startMesh({ prepare: (mesh) => { mesh.handle(protocols.client, (stream) => { streams.push(stream); echo(stream) }) } })
    for (const kind of ['tcp', 'ws'] as const) {
      const stranger = await startStranger()
      const connection = await stranger.dial(multiaddr(address(b, kind)))
      await connection.newStream(protocols.client)
      await until('the relay has it', () => b.host.gate.open === 1)
      b.host.libp2p.getConnections()[0]!.abort(new Error('enough'))
      await until(`the ${kind} connection is gone on both sides`, () => b.host.gate.open === 0 && stranger.getConnections().length === 0)
    }
  })

  it('fails with a typed error: nobody there, another relay there, unknown protocol, no usable address, out of time', async () => {
    const [a, b] = await Promise.all([startMesh(), startMesh()])
    const nobody = relayIdOfKey(p.ed25519PublicKey(randomBytes(32)))
    await assert.rejects(a.dial(nobody, ['/ip4/127.0.0.1/tcp/1'], protocols.relay, { signal: signal() }), is('HOME_UNREACHABLE'))
    const withoutId = address(b).replace(/\/p2p\/.*$/, '')
    await assert.rejects(a.dial(nobody, [withoutId], protocols.relay, { signal: signal() }), is('HOME_UNREACHABLE'))
    await assert.rejects(a.dial(b.self, [address(b)], '/heliograph/nothing/1', { signal: signal() }), is('HOME_UNREACHABLE'))
    await assert.rejects(a.dial(b.self, ['nonsense', address(a)], protocols.relay, { signal: signal() }), is('HOME_UNREACHABLE'))
    await assert.rejects(a.dial(nobody, ['/ip4/192.0.2.1/tcp/4001'], protocols.relay, { signal: signal(100) }), is('TIMEOUT', 'HOME_UNREACHABLE'))
  })

  it('says which port is taken, and which address is none', async () => {
    const a = await startMesh()
    const taken = address(a).replace(/\/p2p\/.*$/, '')
    await assert.rejects(startMesh({ listen: [taken] }), (error) => is('PORT_IN_USE')(error) && (error as Error).message.includes(taken))
    await assert.rejects(startMesh({ listen: ['127.0.0.1:4001'] }), is('BAD_CONFIG'))
    await assert.rejects(startMesh({ peers: ['somewhere'] }), is('BAD_CONFIG'))
  })

  it('costs a device one stream: nothing of the DHT, gossip or identify goes its way', async () => {
    const b = await startMesh({ prepare: (mesh) => { mesh.handle(protocols.client, echo) } })
    const stranger = await startStranger()
    const connection = await stranger.dial(multiaddr(address(b)))
    const stream = await connection.newStream(protocols.client)
    await wait(200)
    assert.deepEqual(connection.streams.map((one) => one.protocol), [protocols.client])
    assert.deepEqual(b.host.libp2p.getConnections()[0]!.streams.map((one) => one.protocol), [protocols.client])
    assert.equal(await b.host.libp2p.peerStore.has(stranger.peerId), false, 'the device is noted')
    await stream.close()
  })

  it('ends the whole connection of a device that it turns away, not that of a relay', async () => {
    const accepted: Array<{ protocol: string, stream: ByteStream }> = []
    const accept = (protocol: string) => (stream: ByteStream): void => { accepted.push({ protocol, stream }); echo(stream) }
    const b = await startMesh({ prepare: (mesh) => { for (const protocol of [protocols.client, protocols.relay]) mesh.handle(protocol, accept(protocol)) } })
    const stranger = await startStranger()
    const connection = await stranger.dial(multiaddr(address(b)))
    await connection.newStream(protocols.relay)
    await until('it is accepted', () => accepted.length === 1)
    accepted[0]!.stream.abort(new ProtocolError('MALFORMED'))
    await connection.newStream(protocols.client)
    await until('it is accepted', () => accepted.length === 2)
    accepted[1]!.stream.abort(new ProtocolError('MALFORMED'))
    await until('the connection is gone', () => connection.status !== 'open' && b.host.gate.open === 0)
  })

  it('opens a stream over a new connection when the far side closes the one that it has', async () => {
    const b = await startMesh({ prepare: (mesh) => { mesh.handle(protocols.relay, echo) } })
    const a = await startMesh()
    for (const end of ['close', 'abort'] as const) {
      collect(await a.dial(b.self, [address(b)], protocols.relay, { signal: signal() }))
      for (const connection of b.host.libp2p.getConnections(a.host.libp2p.peerId)) {
        if (end === 'abort') connection.abort(new Error('test'))
        else connection.close().catch(() => { /* the far side was first */ })
      }
      const stream = await a.dial(b.self, [address(b)], protocols.relay, { signal: signal() })
      const heard = collect(stream)
      stream.send(utf8('there?'))
      await until('the echo', () => heard.bytes().byteLength === 6)
    }
  })

  it('gives up a connection that died without a word, and the next stream gets a new one', async () => {
    const b = await startMesh({ prepare: (mesh) => { mesh.handle(protocols.relay, echo) } })
    const proxy = await startProxy(address(b))
    const a = await startMesh()
    const first = await a.dial(b.self, [proxy.address], protocols.relay, { signal: signal() })
    const { closed } = collect(first)
    proxy.isCut = true
    await assert.rejects(a.dial(b.self, [proxy.address], protocols.relay, { signal: signal(300) }), is('TIMEOUT'))
    assert.equal(isProtocolError(await closed, 'DISCONNECTED'), true)
    proxy.isCut = false
    const second = await a.dial(b.self, [proxy.address], protocols.relay, { signal: signal() })
    const heard = collect(second)
    second.send(utf8('again'))
    await until('the echo', () => heard.bytes().byteLength === 5)
  })

  it('refuses more streams of a protocol on a connection than a device needs', async () => {
    const b = await startMesh({ prepare: (mesh) => { mesh.handle(protocols.client, echo) } })
    const stranger = await startStranger()
    const connection = await stranger.dial(multiaddr(address(b)))
    const streams = await Promise.all(Array.from({ length: 10 }, async () => await connection.newStream(protocols.client, { maxOutboundStreams: 100 })))
    await until('the relay resets some', () => streams.filter((stream) => stream.status === 'open').length <= 4)
  })

  it('lets silent sockets go when their handshake time is over, on both ports', async () => {
    const b = await startMesh({ handshakeTimeoutMs: 300 })
    const sockets: Socket[] = []
    for (const kind of ['tcp', 'ws'] as const) {
      const port = Number(/tcp\/(\d+)/.exec(address(b, kind))![1])
      for (let i = 0; i < 20; i++) sockets.push(connect(port, '127.0.0.1').on('error', () => { /* reset by the relay */ }))
    }
    await until('TCP sockets are seen', () => b.host.gate.pending === 20)
    await until('all are closed', () => sockets.every((socket) => socket.destroyed))
    await until('all are counted out', () => b.host.gate.open === 0 && b.host.gate.pending === 0)
  })

  it('survives garbage instead of a handshake, and a handshake that turns into garbage', async () => {
    const b = await startMesh({ handshakeTimeoutMs: 500, prepare: (mesh) => { mesh.handle(protocols.client, echo) } })
    const random = new SeededRandom(9)
    const sockets: Socket[] = []
    const starts = ['', '\x13/multistream/1.0.0\n', '\x13/multistream/1.0.0\n\x07/noise\n', 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n']
    for (const kind of ['tcp', 'ws'] as const) {
      const port = Number(/tcp\/(\d+)/.exec(address(b, kind))![1])
      for (let i = 0; i < 60; i++) {
        const socket = connect(port, '127.0.0.1').on('error', () => { /* reset by the relay */ })
        socket.write(starts[i % starts.length]!)
        socket.write(random.bytes(random.below(300)))
        sockets.push(socket)
      }
    }
    const port = Number(/tcp\/(\d+)/.exec(address(b, 'ws'))![1])
    const large = connect(port, '127.0.0.1').on('error', () => { /* reset by the relay */ })
    large.write(starts[3]!)
    large.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x06, 0, 0, 0, 1, 2, 3, 4])) // says: a message of 96 MiB
    sockets.push(large)
    await until(`all are closed, seed ${random.seed}`, () => sockets.every((socket) => socket.destroyed || socket.readyState !== 'open'))
    await until('all are counted out', () => b.host.gate.open === 0 && b.host.gate.pending === 0)
    const stranger = await startStranger()
    await (await stranger.dial(multiaddr(address(b)))).newStream(protocols.client)
  })

  it('survives garbage inside the encryption: frames of yamux that are none, cut, flipped, or for streams that are not there', async () => {
    const random = new SeededRandom(10)
    const b = await startMesh({ prepare: (mesh) => { for (const protocol of [protocols.client, protocols.relay]) mesh.handle(protocol, echo) } })
    for (let i = 0; i < 25; i++) {
      const stranger = await startStranger()
      const connection = await stranger.dial(multiaddr(address(b, random.pick(['tcp', 'ws']))))
      const stream = await connection.newStream(random.pick([protocols.client, protocols.relay, '/ipfs/ping/1.0.0', '/meshsub/1.2.0', protocols.dht]))
      const { maConn } = (connection as unknown as { muxer: { maConn: { send (bytes: Uint8Array): boolean } } }).muxer
      for (let j = 0; j < 5 && connection.status === 'open'; j++) {
        const frame = new Uint8Array(12 + random.below(40))
        frame.set([0, random.below(5), 0, random.below(16), 0, 0, 0, random.below(6), 0, 0, 0, random.below(60)])
        if (random.below(4) === 0) frame[random.below(frame.length)] = random.below(256)
        maConn.send(random.below(5) === 0 ? random.bytes(1 + random.below(50)) : frame)
        if (random.below(2) === 0) stream.send(random.bytes(1 + random.below(100)))
        await wait(0)
        if (random.below(4) === 0) stream.abort(new Error('enough'))
        if (stream.status !== 'open') break
      }
      await stranger.stop()
    }
    const stranger = await startStranger()
    const last = await stranger.dial(multiaddr(address(b)))
    const stream = new Libp2pByteStream(await last.newStream(protocols.client), last)
    const heard = collect(stream)
    stream.send(utf8('alive'))
    await until(`it still answers, seed ${random.seed}`, () => heard.bytes().byteLength === 5)
    await until('nothing is left of the others', () => b.host.gate.open === 1)
  }).timeout(20_000)

  it('turns connections away when it is full, and takes them again when there is room', async () => {
    const b = await startMesh({ gate: { maxConnections: 2 }, prepare: (mesh) => { mesh.handle(protocols.client, echo) } })
    const [one, two, three] = await Promise.all([startStranger(), startStranger(), startStranger()])
    const first = await one.dial(multiaddr(address(b)))
    await two.dial(multiaddr(address(b)))
    await assert.rejects(three.dial(multiaddr(address(b)), { signal: signal() }))
    assert.equal(b.host.gate.refused.full, 1)
    await first.close()
    await until('there is room', () => b.host.gate.open < 2)
    await three.dial(multiaddr(address(b)))
  })
})

describe('records and gossip over libp2p', () => {
  const subscribed = (mesh: Libp2pMesh, seen: string[]): void => {
    mesh.subscribe(topics.directory, (message) => {
      const text = new TextDecoder().decode(message)
      if (text.startsWith('bad')) return 'reject'
      seen.push(text)
      return 'accept'
    })
  }

  /** a – b – c: a and c know b only. */
  async function three (): Promise<{ meshes: [Libp2pMesh, Libp2pMesh, Libp2pMesh], seen: [string[], string[], string[]] }> {
    const seen: [string[], string[], string[]] = [[], [], []]
    const b = await startMesh({ prepare: (mesh) => { subscribed(mesh, seen[1]) } })
    const a = await startMesh({ peers: [address(b)], prepare: (mesh) => { subscribed(mesh, seen[0]) } })
    const c = await startMesh({ peers: [address(b, 'ws')], prepare: (mesh) => { subscribed(mesh, seen[2]) } })
    await until('the DHT has met', async () => {
      const known = await Promise.all([a, b, c].map(async (mesh) => {
        const closest: string[] = []
        for await (const event of mesh.host.libp2p.services.dht.getClosestPeers(utf8('x'), { signal: signal() })) if (event.name === 'FINAL_PEER') closest.push(event.peer.id.toString())
        return closest.length
      }))
      return known.every((count) => count >= 2)
    })
    return { meshes: [a, b, c], seen }
  }

  it('a record put by one is got by all; a forged one is refused and an older one does not come back', async () => {
    const { meshes: [a, b, c] } = await three()
    const { account, record } = person()
    const key = homeRecordKey(account)
    assert.equal(await c.getRecord(key, { signal: signal() }), undefined)
    await a.putRecord(key, record(1), { signal: signal() })
    for (const mesh of [a, b, c]) assert.deepEqual(Buffer.from((await mesh.getRecord(key, { signal: signal() }))!), Buffer.from(record(1)))
    await c.putRecord(key, record(2), { signal: signal() })
    for (const mesh of [a, b, c]) assert.deepEqual(Buffer.from((await mesh.getRecord(key, { signal: signal() }))!), Buffer.from(record(2)))

    await assert.rejects(a.putRecord(key, record(1), { signal: signal() }), is('ROLLED_BACK'))
    const forged = record(3).slice()
    forged[20]! ^= 1
    await assert.rejects(a.putRecord(key, forged, { signal: signal() }), (error) => isProtocolError(error))
    // A relay that checks nothing of its own puts straight into the DHT: the others refuse.
    const bad: string[] = []
    for (const value of [record(1), forged]) {
      for await (const event of a.host.libp2p.services.dht.put(utf8(key), value, { signal: signal() })) if (event.name === 'QUERY_ERROR') bad.push(event.error.message)
    }
    assert.ok(bad.length >= 2, 'no peer refused')
    for (const mesh of [b, c]) assert.deepEqual(Buffer.from((await mesh.getRecord(key, { signal: signal() }))!), Buffer.from(record(2)))
  }).timeout(20_000)

  it('one peer makes a relay do so much in the DHT, others are served, and providers are nobody\'s business', async () => {
    const b = await startMesh({})
    const [a, c] = [await startMesh({ peers: [address(b)] }), await startMesh({ peers: [address(b)] })]
    const { account, record } = person()
    const put = async (mesh: Libp2pMesh): Promise<void> => { await mesh.putRecord(homeRecordKey(account), record(1), { signal: signal() }) }
    await until('the two have found one another', async () => await put(a).then(() => true, () => false) && await put(c).then(() => true, () => false))
    const { dhtGuard } = b.host
    const before = dhtGuard.counts.answered
    await put(a)
    assert.ok(dhtGuard.counts.answered > before, 'it is asked through the guard')
    const useUp = (): void => { for (;;) { try { dhtGuard.check(a.self, 'PING') } catch { return } } }
    const pings = concat(...Array.from({ length: 200 }, () => Uint8Array.of(2, 8, 5)))
    const { account: other, record: another } = person()
    const stream = await (await a.host.libp2p.dial(multiaddr(address(b)))).newStream(protocols.dht)
    await until('the relay ends what it is asked', async () => { useUp(); if (stream.status === 'open') stream.send(pings); await wait(20); return stream.status !== 'open' })
    assert.ok(dhtGuard.counts.refused > 0)
    await c.putRecord(homeRecordKey(other), another(1), { signal: signal() })
    assert.throws(() => { dhtGuard.check(c.self, 'ADD_PROVIDER') }, is('UNKNOWN_METHOD'))
    assert.throws(() => { dhtGuard.check(c.self, 'GET_PROVIDERS') }, is('UNKNOWN_METHOD'))
  })

  it('searches for many do not begin in one turn of the event loop', async () => {
    const a = await startMesh({})
    const { dht } = a.host.libp2p.services
    let begun = 0
    const { get } = dht
    dht.get = (...args) => { begun++; return get.apply(dht, args) }
    try {
      const searches = Promise.all(Array.from({ length: 20 }, (_, i) => a.getRecord(`/heliograph/none-${i}`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined)))
      let most = begun
      while (begun < 20) {
        const before = begun
        await new Promise((resolve) => { setImmediate(resolve) })
        most = Math.max(most, begun - before)
      }
      assert.ok(most <= 2, `${most} in one turn`)
      await searches
    } finally {
      dht.get = get
    }
  })

  it('a put that nobody takes is an error', async () => {
    const alone = await startMesh()
    const { account, record } = person()
    await assert.rejects(alone.putRecord(homeRecordKey(account), record(1), { signal: signal() }), is('DISCONNECTED'))
  })

  it('gossip reaches relays that are not connected to each other, and what one rejects does not travel on', async () => {
    const { meshes: [a], seen } = await three()
    await until('the message has arrived', async () => {
      await a.publish(topics.directory, utf8(`hello ${Math.random()}`))
      await wait(100)
      return seen[1].length > 0 && seen[2].length > 0
    })
    await a.publish(topics.directory, utf8('bad'))
    await wait(300)
    assert.ok(seen.every((texts) => texts.every((text) => text.startsWith('hello'))))
    assert.equal(seen[0].length, 0, 'a relay does not hear itself')
  })

  it('who goes on passing on what is rejected is cut off and graylisted: when it is back it is not listened to, and others are', async () => {
    let looks = 0
    const good: string[] = []
    const b = await startMesh({ prepare: (mesh) => { mesh.subscribe(topics.directory, (message) => { const text = fromUtf8(message); if (text.startsWith('good')) { good.push(text); return 'accept' } looks++; return 'reject' }) } })
    const a = await startMesh({ peers: [address(b)] })
    a.subscribe(topics.directory, () => 'accept')
    let cuts = 0
    b.host.libp2p.addEventListener('connection:close', () => { cuts++ })
    let sent = 0
    await until('it is cut off', async () => {
      for (let i = 0; i < 5; i++) await a.publish(topics.directory, utf8(`wrong ${++sent}`))
      return cuts > 0
    })
    assert.ok(looks <= 40, `${looks} were looked at`)
    const before = looks
    await until('it is back', () => b.host.libp2p.getConnections(a.host.libp2p.peerId).length > 0)
    assert.ok(b.conduct.scoreOf(a.self) < -80)
    const c = await startMesh({ peers: [address(b)] })
    // It meets the bad one as well, and passes nothing on that it can tell is wrong.
    c.subscribe(topics.directory, (message) => fromUtf8(message).startsWith('good') ? 'accept' : 'reject')
    // gossipsub remembers a score for a second, and whom it trusts for another.
    let heard = 0
    await until('another is heard, and it is not, not even with what would be accepted', async () => {
      for (let i = 0; i < 5; i++) await a.publish(topics.directory, utf8(`wrong ${++sent}`))
      await a.publish(topics.directory, utf8(`good, but of the graylisted ${sent}`))
      await c.publish(topics.directory, utf8(`good ${sent}`))
      await wait(50)
      const last = good.findLastIndex((text) => text.includes('graylisted'))
      heard = good.length - 1 - last
      return heard > 10 && b.host.libp2p.getConnections(a.host.libp2p.peerId).length > 0
    })
    assert.ok(looks - before <= 128, `${looks - before} more`)
  })

  it('the largest page of a group comes through on the topic of its shard, to who subscribes while running', async () => {
    const b = await startMesh({})
    const a = await startMesh({ peers: [address(b)] })
    const seen: number[] = []
    b.subscribe(logTopic(63), (message) => { seen.push(message.byteLength); return 'accept' })
    let count = 0
    await until('the page is there', async () => {
      const page = new Uint8Array(limits.gossipPageBytes + 200).fill(++count) // each another message
      await a.publish(logTopic(63), page)
      return seen.length > 0
    })
    assert.equal(seen[0], limits.gossipPageBytes + 200)
  })

  it('a relay that restarts is dialled again and hears gossip again', async () => {
    const seen: string[] = []
    const seed = randomBytes(32)
    const b = await startMesh({ seed, prepare: (mesh) => { subscribed(mesh, seen) } })
    const listen = [address(b).replace(/\/p2p\/.*$/, '')]
    const a = await startMesh({ peers: [address(b)] })
    const isConnected = (to: RelayId): boolean => a.host.libp2p.getConnections().some((connection) => connection.remotePeer.toString() === to && connection.status === 'open')
    await until('they are connected', () => isConnected(b.self))
    await b.stop()
    await until('the loss is noticed', () => !isConnected(b.self))
    const again = await startMesh({ seed, listen, prepare: (mesh) => { subscribed(mesh, seen) } })
    assert.equal(again.self, b.self)
    await until('they are connected again', () => isConnected(b.self))
    await until('gossip flows', async () => {
      await a.publish(topics.directory, utf8(`hello ${Math.random()}`))
      return seen.length > 0
    })
  }).timeout(20_000)
})
