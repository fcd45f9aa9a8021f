import assert from 'node:assert/strict'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { SeededRandom } from '../clock-manual.ts'
import { concat } from '../bytes.ts'
import { ProtocolError, isProtocolError } from '../errors.ts'
import { quietLogger } from './quiet.ts'
import { closeAbortedWebSocket } from './websocket.ts'
import { Libp2pByteStream, type StreamOptions } from './stream.ts'

const protocol = '/test/1'

const createNode = async (listen: string[] = []): Promise<Libp2p> => await createLibp2p({
  logger: quietLogger,
  addresses: { listen },
  transports: [tcp(), webSockets()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux({ enableKeepAlive: false })],
  connectionMonitor: { enabled: false },
  connectionManager: { inboundConnectionThreshold: 1000 },
  connectionGater: {
    denyDialMultiaddr: () => false,
    denyInboundConnection: (connection) => { closeAbortedWebSocket(connection); return false },
    denyOutboundConnection: (_peer, connection) => { closeAbortedWebSocket(connection); return false }
  }
})

interface Raw { stream: Stream, connection: Connection }
interface Heard { bytes: Uint8Array[], closed: Promise<Error | undefined> }

function listen (stream: Libp2pByteStream, onData?: (chunk: Uint8Array) => void): Heard {
  const bytes: Uint8Array[] = []
  const { promise, resolve } = Promise.withResolvers<Error | undefined>()
  let closes = 0
  stream.start({
    onData: (chunk) => { bytes.push(chunk); onData?.(chunk) },
    onClose: (error) => {
      assert.equal(++closes, 1, 'onClose came more than once')
      resolve(error)
    }
  })
  return { bytes, closed: promise }
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })
async function until (condition: () => boolean): Promise<void> {
  while (!condition()) await wait(2)
}

for (const transport of ['TCP', 'WebSocket']) {
  describe(`a libp2p stream as a byte stream, over ${transport}`, () => {
    let server: Libp2p
    let client: Libp2p
    let onStream: (raw: Raw) => void

    before(async () => {
      server = await createNode([`/ip4/127.0.0.1/tcp/0${transport === 'WebSocket' ? '/ws' : ''}`])
      client = await createNode()
      await server.handle(protocol, (stream, connection) => { onStream({ stream, connection }) }, { maxInboundStreams: 100 })
    })
    after(async () => { await Promise.all([client.stop(), server.stop()]) })

    async function rawPair (): Promise<[Raw, Raw]> {
      const { promise, resolve } = Promise.withResolvers<Raw>()
      onStream = resolve
      const connection = await client.dial(server.getMultiaddrs())
      const stream = await connection.newStream(protocol, { maxOutboundStreams: 100 })
      return [{ stream, connection }, await promise]
    }
    const wrap = ({ stream, connection }: Raw, options?: StreamOptions): Libp2pByteStream => new Libp2pByteStream(stream, connection, options)
    async function pair (options?: StreamOptions): Promise<[Libp2pByteStream, Libp2pByteStream]> {
      const [near, far] = await rawPair()
      return [wrap(near, options), wrap(far, options)]
    }

    it('knows the far side by its key and address', async () => {
      const [near, far] = await pair()
      assert.equal(near.remotePeer, server.peerId.toString())
      assert.equal(far.remotePeer, client.peerId.toString())
      assert.equal(far.remoteAddress, '127.0.0.1')
      near.abort(new ProtocolError('CANCELLED'))
    })

    it('delivers every byte in order, whatever the sizes', async () => {
      const random = new SeededRandom(11)
      const [near, far] = await pair()
      const heard = listen(far)
      const sent: Uint8Array[] = []
      for (let i = 0; i < 200; i++) {
        const part = random.bytes(random.below(20) === 0 ? 100_000 + random.below(100_000) : random.below(2_000))
        sent.push(part.slice())
        near.send(part)
        if (near.bufferedBytes > 500_000) await near.drained()
        else if (random.below(4) === 0) await wait(0)
      }
      await near.close()
      assert.equal(await heard.closed, undefined)
      assert.deepEqual(Buffer.from(concat(...heard.bytes)), Buffer.from(concat(...sent)), `seed ${random.seed}`)
    })

    it('writes what one turn sends as one', async () => {
      const [near, far] = await rawPair()
      const writes: number[] = []
      const send = near.stream.send.bind(near.stream)
      near.stream.send = (data) => { writes.push(data.byteLength); return send(data) }
      const stream = wrap(near)
      const heard = listen(wrap(far))
      for (let i = 0; i < 10; i++) stream.send(Uint8Array.of(i))
      await until(() => concat(...heard.bytes).byteLength === 10)
      assert.deepEqual(writes, [10])
      await stream.close()
    })

    it('keeps what arrives before the start, and what comes with the end', async () => {
      const [near, far] = await rawPair()
      const stream = wrap(near)
      stream.send(Uint8Array.of(1, 2, 3))
      await stream.close()
      await wait(20)
      const late = wrap(far)
      await wait(20)
      const heard = listen(late)
      assert.equal(await heard.closed, undefined)
      assert.deepEqual([...concat(...heard.bytes)], [1, 2, 3])
    })

    it('closes both directions when one side closes', async () => {
      const [near, far] = await pair()
      const [heardNear, heardFar] = [listen(near), listen(far)]
      near.send(Uint8Array.of(9))
      await near.close()
      assert.deepEqual([await heardNear.closed, await heardFar.closed], [undefined, undefined])
      assert.deepEqual([...concat(...heardFar.bytes)], [9])
      far.send(Uint8Array.of(1)) // never throws
      await far.close()
      await assert.rejects(far.drained(), (error) => isProtocolError(error) && error.code === 'DISCONNECTED')
    })

    it('tells the far side of an abort, and itself of the error given', async () => {
      const [near, far] = await pair()
      const [heardNear, heardFar] = [listen(near), listen(far)]
      near.abort(new ProtocolError('MALFORMED'))
      assert.equal((await heardNear.closed as ProtocolError).code, 'MALFORMED')
      assert.equal((await heardFar.closed as ProtocolError).code, 'DISCONNECTED')
    })

    it('reports a connection that breaks as an error, on both sides', async () => {
      const [near, far] = await rawPair()
      const [heardNear, heardFar] = [listen(wrap(near)), listen(wrap(far))]
      far.connection.abort(new Error('cut'))
      assert.equal((await heardNear.closed as ProtocolError).code, 'DISCONNECTED')
      assert.equal((await heardFar.closed as ProtocolError).code, 'DISCONNECTED')
    })

    it('waits for a slow reader and goes on when it reads again', async () => {
      const [near, far] = await rawPair()
      const stream = wrap(near)
      far.stream.pause()
      let count = 0
      while (stream.bufferedBytes < 600_000) {
        stream.send(new Uint8Array(50_000).fill(count++))
        await wait(0)
      }
      let isDrained = false
      const drained = stream.drained().then(() => { isDrained = true })
      await wait(30)
      assert.equal(isDrained, false)
      const heard = listen(wrap(far))
      far.stream.resume()
      await drained
      await until(() => concat(...heard.bytes).byteLength === count * 50_000)
      assert.ok(concat(...heard.bytes).every((byte, i) => byte === Math.floor(i / 50_000) % 256))
      await stream.close()
    })

    it('is not read while it is paused, loses nothing, and hears of the end when it is read again', async () => {
      const [near, far] = await pair()
      listen(near)
      let isFirst = true
      const heard = listen(far, () => { if (isFirst) far.pause(); isFirst = false })
      const total = (): number => heard.bytes.reduce((sum, { byteLength }) => sum + byteLength, 0)
      near.send(new Uint8Array(10).fill(9))
      await until(() => !isFirst)
      for (let i = 0; i < 60; i++) { near.send(new Uint8Array(20_000).fill(i)); await wait(0) }
      await wait(50)
      const early = total()
      assert.ok(early < 1_000_000 && near.bufferedBytes > 500_000, `${early} read, ${near.bufferedBytes} held up`)
      far.resume()
      await until(() => total() === 1_200_010)
      assert.ok(concat(...heard.bytes).subarray(10).every((byte, i) => byte === Math.floor(i / 20_000)))
      far.pause()
      near.send(Uint8Array.of(1, 2, 3))
      await near.close()
      await wait(20)
      assert.equal(total(), 1_200_010)
      far.resume()
      assert.equal(await heard.closed, undefined)
      assert.equal(total(), 1_200_013)
      far.resume()
      far.pause()
    })

    it('may end while it is paused', async () => {
      const [near, far] = await pair()
      listen(near)
      const heard = listen(far)
      near.send(new Uint8Array(10))
      await until(() => heard.bytes.length > 0)
      far.pause()
      near.abort(new Error('enough'))
      assert.equal((await heard.closed as ProtocolError).code, 'DISCONNECTED')
      far.resume()
    })

    it('aborts a peer that does not read when it holds too much', async () => {
      const [near, far] = await rawPair()
      far.stream.pause()
      const stream = wrap(near, { maxBufferedBytes: 300_000 })
      const heard = listen(stream)
      const waiting = assert.rejects(async () => {
        for (let i = 0; i < 100; i++) {
          stream.send(new Uint8Array(20_000))
          await wait(0)
        }
        await stream.drained()
      })
      assert.equal((await heard.closed as ProtocolError).code, 'OVERLOADED')
      await waiting
      assert.equal(stream.bufferedBytes, 0)
    })

    it('gives up closing a stream that nobody reads when its time is over', async () => {
      const [near, far] = await rawPair()
      far.stream.pause()
      const stream = wrap(near, { closeSignal: () => AbortSignal.timeout(50) })
      const heard = listen(stream)
      while (stream.bufferedBytes < 500_000) {
        stream.send(new Uint8Array(50_000))
        await wait(0)
      }
      await stream.close()
      assert.equal((await heard.closed as ProtocolError).code, 'DISCONNECTED')
    })
  })
}
