import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { isProtocolError } from '../../protocol/errors.ts'
import { channelMeter } from './channel-meter.ts'
import { startHttp, type HttpServer } from './http.ts'
import { silentLogger } from './logger.ts'
import { createMetrics } from './metrics.ts'

describe('http', () => {
  let server: HttpServer
  let reasons: string[]
  const metrics = createMetrics({ isWithProcess: true })
  channelMeter(metrics, silentLogger)('client').refused?.('QUOTA', 'submit')
  metrics.gauge('heliograph_test_size_bytes', 'for this test', () => 42)
  metrics.histogram('heliograph_test_wait_seconds', 'for this test', [0.1, 1]).observe(0.5)

  const get = async (path: string, init?: RequestInit): Promise<{ status: number, text: string }> => {
    const response = await fetch(server.url + path, init)
    return { status: response.status, text: await response.text() }
  }

  beforeEach(async () => {
    reasons = []
    server = await startHttp({ metrics, notReady: () => reasons, logger: silentLogger }, '127.0.0.1:0')
  })
  afterEach(async () => { await server.stop() })

  it('says that the process is alive, and ready or why not', async () => {
    assert.deepEqual(await get('/healthz'), { status: 200, text: 'ok\n' })
    assert.deepEqual(await get('/readyz'), { status: 200, text: 'ready\n' })
    reasons.push('draining', 'the disk is full')
    assert.deepEqual(await get('/readyz'), { status: 503, text: 'draining\nthe disk is full\n' })
    assert.equal((await get('/healthz')).status, 200)
  })

  it('answers while a hundred sockets say nothing, or a byte a second, or do not read', async function () {
    this.timeout(20_000)
    const { port } = new URL(server.url)
    const slow = Array.from({ length: 100 }, (_, i) => {
      const socket = connect(Number(port), '127.0.0.1').on('error', () => { /* it may be ended at any time */ })
      if (i % 3 === 1) socket.write('GET /met')
      if (i % 3 === 2) socket.pause().write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n')
      return socket
    })
    const trickle = setInterval(() => { for (const socket of slow) if (!socket.destroyed && socket.writable) socket.write('r') }, 500)
    try {
      await Promise.all(slow.map((socket) => socket.connecting ? new Promise((resolve) => { socket.once('connect', resolve).once('close', resolve) }) : undefined))
      const waits: number[] = []
      for (let i = 0; i < 20; i++) {
        const begun = performance.now()
        assert.equal((await get('/healthz', { headers: { connection: 'close' } })).status, 200)
        waits.push(performance.now() - begun)
      }
      assert.ok(Math.max(...waits) < 1_000, `${waits}`)
      // Header timeouts are looked at every second.
      const until = performance.now() + 9_000
      while (slow.some((socket, i) => i % 3 !== 2 && !socket.destroyed) && performance.now() < until) await new Promise((resolve) => { setTimeout(resolve, 100) })
      assert.equal(slow.filter((socket, i) => i % 3 !== 2 && !socket.destroyed).length, 0)
    } finally {
      clearInterval(trickle)
      for (const socket of slow) socket.destroy()
    }
  })

  it('serves our metrics and the process\'s', async () => {
    const { status, text } = await get('/metrics')
    assert.equal(status, 200)
    assert.match(text, /^heliograph_channel_refused_total\{protocol="client",method="submit",code="QUOTA"\} 1$/m)
    assert.match(text, /^heliograph_test_size_bytes 42$/m)
    assert.match(text, /^heliograph_test_wait_seconds_bucket\{le="1"\} 1$/m)
    assert.match(text, /^process_resident_memory_bytes \d+$/m)
  })

  it('refuses everything else', async () => {
    assert.equal((await get('/')).status, 404)
    assert.equal((await get('/metrics', { method: 'POST' })).status, 405)
  })

  it('says when the port is taken, or the address is not one', async () => {
    await assert.rejects(startHttp({ metrics, notReady: () => [], logger: silentLogger }, server.url.slice('http://'.length)), (error: unknown) => isProtocolError(error, 'PORT_IN_USE'))
    await assert.rejects(startHttp({ metrics, notReady: () => [], logger: silentLogger }, 'no-such-host.invalid:1'), (error: unknown) => isProtocolError(error, 'BAD_CONFIG'))
  })

  it('accepts no metric with another kind of name', () => {
    assert.throws(() => metrics.counter('requests', ''), TypeError)
  })
})
