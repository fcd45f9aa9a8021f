/**
 * What operators and their tools ask over HTTP: /metrics, /healthz, /readyz. Read only; on loopback unless configured.
 *
 * Owns: the listener and its limits. Does not know: what healthy means (it is asked) or what the figures are.
 */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ProtocolError } from '../../protocol/errors.ts'
import { boundSockets, smallHttp } from '../../protocol/http-node.ts'
import type { Logger } from '../ports.ts'

export interface HttpComponents {
  metrics: { readonly contentType: string, render (): Promise<string> }
  /** Why the relay should get no traffic now; nothing when it is ready. */
  notReady (): string[] | Promise<string[]>
  logger: Logger
}

export interface HttpServer {
  /** `http://127.0.0.1:9464` */
  readonly url: string
  stop (): Promise<void>
}

/**
 * @param address host:port
 * @throws ProtocolError PORT_IN_USE, BAD_CONFIG
 */
export async function startHttp ({ metrics, notReady, logger }: HttpComponents, address: string): Promise<HttpServer> {
  const at = address.lastIndexOf(':')
  const host = address.slice(0, at).replace(/^\[|\]$/g, '')
  const server = createServer(smallHttp, (request, response) => {
    const path = (request.url ?? '').split('?')[0]
    if (request.method !== 'GET' && request.method !== 'HEAD') { answer(response, 405, 'only GET\n'); return }
    if (path === '/healthz') { answer(response, 200, 'ok\n'); return }
    const serve = path === '/readyz' ? ready : path === '/metrics' ? figures : undefined
    if (serve === undefined) { answer(response, 404, 'there are /metrics, /healthz and /readyz\n'); return }
    serve(response).catch((error: unknown) => {
      logger.error('http.failed', { path }, error)
      answer(response, 500, 'failed; see the log\n')
    })
  })
  const ready = async (response: ServerResponse): Promise<void> => {
    const reasons = await notReady()
    answer(response, reasons.length === 0 ? 200 : 503, reasons.length === 0 ? 'ready\n' : `${reasons.join('\n')}\n`)
  }
  const figures = async (response: ServerResponse): Promise<void> => { answer(response, 200, await metrics.render(), metrics.contentType) }
  boundSockets(server, 64)
  await listening(server, host, Number(address.slice(at + 1)), address)
  const { address: bound, family, port } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${bound}]` : bound}:${port}`,
    stop: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => { resolve() })
        server.closeAllConnections()
      })
    }
  }
}

function answer (response: ServerResponse, status: number, text: string, contentType = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }).end(text)
}

async function listening (server: Server, host: string, port: number, address: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new ProtocolError(error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'BAD_CONFIG', { what: `HTTP on ${address}`, cause: error }))
    })
    server.listen(port, host, () => { resolve() })
  })
}
