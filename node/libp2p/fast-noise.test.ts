import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { concat } from '../../protocol/bytes.ts'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { quietLogger } from '../../protocol/libp2p/quiet.ts'
import { thriftyYamux } from '../../protocol/libp2p/yamux.ts'
import { fastNoise } from './fast-noise.ts'

const protocol = '/test/1'
const open: Array<{ stop (): unknown }> = []
afterEach(async () => { for (const one of open.splice(0)) await one.stop() })

async function startNode ({ isFast, listen = [] }: { isFast: boolean, listen?: string[] }): Promise<Libp2p> {
  const node = await createLibp2p({
    logger: quietLogger,
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [isFast ? fastNoise() : noise()],
    streamMuxers: [isFast ? thriftyYamux() : yamux()],
    connectionMonitor: { enabled: false }
  })
  open.push(node)
  return node
}

interface Ends { near: Stream, far: Stream, nearConnection: Connection, farConnection: Connection }

async function pair (isFast: [near: boolean, far: boolean] = [true, true], through = (address: string): Promise<string> => Promise.resolve(address)): Promise<Ends> {
  const server = await startNode({ isFast: isFast[1], listen: ['/ip4/127.0.0.1/tcp/0'] })
  const client = await startNode({ isFast: isFast[0] })
  const { promise, resolve } = Promise.withResolvers<[Stream, Connection]>()
  await server.handle(protocol, (stream, connection) => { resolve([stream, connection]) })
  const nearConnection = await client.dial(multiaddr(await through(server.getMultiaddrs()[0]!.toString())))
  const near = await nearConnection.newStream(protocol)
  const [far, farConnection] = await promise
  return { near, far, nearConnection, farConnection }
}

function collect (stream: Stream): { bytes (): Uint8Array, closed: Promise<Error | undefined> } {
  const chunks: Uint8Array[] = []
  stream.addEventListener('message', ({ data }) => { chunks.push(data.subarray().slice()) })
  const { promise, resolve } = Promise.withResolvers<Error | undefined>()
  stream.addEventListener('close', ({ error }) => { resolve(error) })
  return { bytes: () => concat(...chunks), closed: promise }
}

async function until (what: string, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (condition()) return
    await wait(10)
  }
  assert.fail(`not within 4 s: ${what}`)
}

/** A TCP proxy that hands each chunk of the dialler's direction to `change`. */
async function startProxy (address: string, change: (chunk: Buffer, seenBytes: number) => Buffer[]): Promise<{ address: string, chunks: number[] }> {
  const chunks: number[] = []
  const sockets = new Set<Socket>()
  const target = Number(/tcp\/(\d+)/.exec(address)![1])
  const server = createServer((inbound) => {
    const outbound = connect(target, '127.0.0.1')
    for (const socket of [inbound, outbound]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => { /* reset by one of the ends */ })
    }
    inbound.on('close', () => { outbound.destroy() })
    outbound.on('close', () => { inbound.destroy() })
    let seen = 0
    inbound.on('data', (chunk) => {
      for (const part of change(chunk, seen)) outbound.write(part)
      seen += chunk.byteLength
    })
    outbound.on('data', (chunk) => {
      chunks.push(chunk.byteLength)
      inbound.write(chunk)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push({ stop: () => { server.close(); for (const socket of sockets) socket.destroy() } })
  return { address: address.replace(/tcp\/\d+/, `tcp/${(server.address() as AddressInfo).port}`), chunks }
}

describe('the fast record layer of Noise', () => {
  for (const [name, isFast] of [['itself', [true, true]], ['stock Noise and yamux that dial', [false, true]], ['stock Noise and yamux that are dialled', [true, false]]] as const) {
    it(`carries any sizes both ways with ${name}`, async () => {
      const random = new SeededRandom(21)
      const { near, far } = await pair([...isFast])
      const heard = [collect(near), collect(far)] as const
      const sent: [Uint8Array[], Uint8Array[]] = [[], []]
      for (let i = 0; i < 300; i++) {
        const from = random.below(2) as 0 | 1
        const stream = from === 0 ? near : far
        const part = random.bytes(random.below(12) === 0 ? random.below(200_000) : 1 + random.below(3_000))
        sent[from].push(part.slice())
        if (!stream.send(part)) await stream.onDrain()
        else if (random.below(3) === 0) await wait(0)
      }
      const expected = sent.map((parts) => concat(...parts))
      await until('all has arrived', () => heard[1].bytes().byteLength === expected[0]!.byteLength && heard[0].bytes().byteLength === expected[1]!.byteLength)
      assert.deepEqual(Buffer.from(heard[1].bytes()), Buffer.from(expected[0]!), `seed ${random.seed}`)
      assert.deepEqual(Buffer.from(heard[0].bytes()), Buffer.from(expected[1]!), `seed ${random.seed}`)
    }).timeout(20_000)
  }

  it('understands records that arrive byte by byte, and many in one chunk', async () => {
    const random = new SeededRandom(4)
    let held: Buffer[] = []
    const { near, far } = await pair([true, true], async (address) => (await startProxy(address, (chunk, seen) => {
      if (seen < 2_000) return [chunk]
      if (seen < 6_000) return Array.from(chunk, (_, i) => chunk.subarray(i, i + 1))
      held.push(chunk)
      if (held.length < 5) return []
      const all = Buffer.concat(held)
      held = []
      return [all]
    })).address)
    const heard = collect(far)
    const sent: Uint8Array[] = []
    for (let i = 0; i < 60; i++) {
      const part = random.bytes(200)
      sent.push(part.slice())
      near.send(part)
      await wait(1)
    }
    await until('most has arrived', () => heard.bytes().byteLength >= 50 * 200)
    const expected = concat(...sent)
    assert.deepEqual(Buffer.from(heard.bytes()), Buffer.from(expected.subarray(0, heard.bytes().byteLength)), `seed ${random.seed}`)
  })

  it('cuts a connection on which a bit was flipped, and delivers nothing of that record', async () => {
    let isFlipping = false
    const { near, far, farConnection } = await pair([true, true], async (address) => (await startProxy(address, (chunk) => {
      if (isFlipping) chunk[chunk.byteLength - 1]! ^= 1
      return [chunk]
    })).address)
    const heard = collect(far)
    near.send(new Uint8Array(100).fill(1))
    await until('the first has arrived', () => heard.bytes().byteLength === 100)
    isFlipping = true
    near.send(new Uint8Array(100).fill(2))
    await heard.closed
    assert.equal(heard.bytes().byteLength, 100)
    await until('the connection is gone', () => farConnection.status !== 'open')
  })

  it('writes the frames of one turn, of several streams, as one record', async () => {
    let chunks: number[] = []
    const { farConnection, far } = await pair([true, true], async (address) => {
      const proxy = await startProxy(address, (chunk) => [chunk])
      chunks = proxy.chunks
      return proxy.address
    })
    assert.ok(farConnection.streams.length >= 1)
    await wait(50)
    chunks.length = 0
    for (let i = 0; i < 20; i++) far.send(new Uint8Array(100))
    await wait(50)
    assert.deepEqual(chunks, [2 + 20 * (12 + 100) + 16])
  })

  it('has written everything when a connection is closed right after sending', async () => {
    for (let i = 0; i < 10; i++) {
      const { near, far, nearConnection } = await pair()
      const heard = collect(far)
      near.send(new Uint8Array(70_000).fill(i))
      near.send(new Uint8Array(10).fill(99))
      await nearConnection.close()
      await until('all has arrived', () => heard.bytes().byteLength === 70_010)
    }
  })

  it('drops a connection whose far side reads nothing, when more waits than it may hold', async () => {
    const { farConnection, nearConnection } = await pair()
    const near = nearConnection as unknown as { maConn: { pause (): void } }
    const far = farConnection as unknown as { muxer: { send (frame: Uint8Array): boolean } }
    near.maConn.pause()
    let sent = 0
    // As answers to pings, which no stream's flow control holds back. Never parsed: the far side does not read.
    for (; sent < 64 * 1024 && farConnection.status === 'open'; sent++) {
      far.muxer.send(new Uint8Array(12 * 1024))
      if (sent % 16 === 0) await wait(0)
    }
    assert.notEqual(farConnection.status, 'open')
    assert.ok(sent > 600, `already after ${sent * 12} KB`)
  })
})
