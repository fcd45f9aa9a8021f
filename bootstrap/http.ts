/**
 * /healthz and /metrics of a bootstrap node. Read only.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import { ProtocolError } from '../protocol/errors.ts'
import { boundSockets, smallHttp } from '../protocol/http-node.ts'

/** Name (without the prefix `heliograph_bootstrap_`), help, and where the figure comes from. */
export type Figures = ReadonlyArray<readonly [name: string, help: string, read: () => number]>

/**
 * @param address host:port
 * @throws ProtocolError PORT_IN_USE, BAD_CONFIG
 */
export async function startHttp (address: string, figures: Figures): Promise<{ url: string, stop (): Promise<void> }> {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const [name, help, read] of figures) new Gauge({ name: `heliograph_bootstrap_${name}`, help, registers: [registry], collect () { this.set(read()) } })

  const server = createServer(smallHttp, (request, response) => {
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }).end(text)
    }
    const path = (request.url ?? '').split('?')[0]
    if (request.method !== 'GET' && request.method !== 'HEAD') answer(405, 'only GET\n')
    else if (path === '/healthz') answer(200, 'ok\n')
    else if (path === '/metrics') registry.metrics().then((text) => { answer(200, text, registry.contentType) }, () => { answer(500, 'failed\n') })
    else answer(404, 'there are /metrics and /healthz\n')
  })
  boundSockets(server, 64)

  const at = address.lastIndexOf(':')
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new ProtocolError(error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'BAD_CONFIG', { what: `HTTP on ${address}`, cause: error }))
    })
    server.listen(Number(address.slice(at + 1)), address.slice(0, at).replace(/^\[|\]$/g, ''), () => { resolve() })
  })
  const { address: host, family, port } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`,
    stop: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => { resolve() })
        server.closeAllConnections()
      })
    }
  }
}
