import assert from 'node:assert/strict'
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
