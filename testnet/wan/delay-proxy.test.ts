import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { systemClock } from '../../client/system.ts'
import { DelayProxy } from './delay-proxy.ts'

describe('delay proxy', () => {
  let echo: Server
  let proxy: DelayProxy
  const tapped: Buffer[] = []

  beforeEach(async () => {
    tapped.length = 0
    echo = createServer((socket) => { socket.on('error', () => { /* reset by the test */ }); socket.pipe(socket) })
    echo.listen(0, '127.0.0.1')
    await once(echo, 'listening')
    proxy = await DelayProxy.open({ targetPort: (echo.address() as AddressInfo).port, clock: systemClock, oneWayMs: 20, jitterMs: 0, fraction: () => 0, tap: (_direction, chunk) => { tapped.push(Buffer.from(chunk)) } })
  })
  afterEach(async () => {
    await proxy.close()
    echo.close()
  })

  async function dial (): Promise<Socket> {
    const socket = connect(proxy.port, '127.0.0.1')
    socket.on('error', () => { /* reset by the test */ })
    await once(socket, 'connect')
    return socket
  }

  async function roundTrip (socket: Socket, text: string): Promise<number> {
    const startMs = performance.now()
    socket.write(text)
    const [answer] = await once(socket, 'data') as [Buffer]
    assert.equal(answer.toString(), text)
    return performance.now() - startMs
  }

  /** Broken or ended: either is a close. */
  const closed = (socket: Socket): Promise<void> => new Promise((resolve) => {
    socket.on('error', () => { /* a reset is expected */ })
    socket.on('close', () => { resolve() })
  })

  it('a round trip takes twice the delay, the first one the handshake as well', async () => {
    const socket = await dial()
    const firstMs = await roundTrip(socket, 'first')
    const nextMs = await roundTrip(socket, 'next')
    assert.ok(firstMs >= 78, `${firstMs}`)
    assert.ok(nextMs >= 38 && nextMs < 75, `${nextMs}`)
    assert.deepEqual(Buffer.concat(tapped).toString(), 'firstfirstnextnext')
    socket.destroy()
  })

  it('passes a lot of data unchanged, and the end after it', async () => {
    const socket = await dial()
    const sent = Buffer.alloc(12 * 1024 * 1024, 'abcdefg')
    const received: Buffer[] = []
    socket.on('data', (chunk: Buffer) => { received.push(chunk) })
    socket.end(sent)
    await once(socket, 'close')
    assert.ok(Buffer.concat(received).equals(sent))
  })

  it('silence holds what is sent until it is healed; nobody is told', async () => {
    const socket = await dial()
    await roundTrip(socket, 'before')
    proxy.cut('silence')
    let hasClosed = false
    socket.on('close', () => { hasClosed = true })
    const answered = roundTrip(socket, 'during')
    const late = await dial()
    const lateAnswered = roundTrip(late, 'connected during the cut')
    await new Promise((resolve) => { setTimeout(resolve, 150) })
    assert.equal(hasClosed, false)
    proxy.heal()
    assert.ok(await answered >= 150)
    await lateAnswered
    socket.destroy()
    late.destroy()
  })

  it('reset breaks what is open and refuses what comes', async () => {
    const socket = await dial()
    await roundTrip(socket, 'before')
    proxy.cut('reset')
    await closed(socket)
    await closed(connect(proxy.port, '127.0.0.1'))
    proxy.heal()
    const again = await dial()
    await roundTrip(again, 'after')
    again.destroy()
  })

  it('the far end closing closes the near end, and nothing stays behind', async () => {
    const socket = await dial()
    await roundTrip(socket, 'x')
    assert.equal(proxy.connections, 1)
    socket.end()
    await once(socket, 'close')
    for (let i = 0; i < 100 && proxy.connections > 0; i++) await new Promise((resolve) => { setTimeout(resolve, 5) })
    assert.equal(proxy.connections, 0)
  })
})
