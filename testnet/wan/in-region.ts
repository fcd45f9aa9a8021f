/**
 * Loaded into a daemon with `--import` before anything else: puts the process into a region and ties its life to the
 * testnet's. The daemon itself is the one that operators run and knows nothing of this.
 *
 * Region: outgoing TCP connections to the ports in the route table go to the delay proxies instead. The table is a
 * JSON file named in this module's own URL (`in-region.ts?routes=<path>`).
 * Life: a pipe from the testnet, standard input unless `life=<fd>` names another. When it ends, even by `kill -9` of
 * the testnet, so does this process.
 */
import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import type { RouteTable } from './wan.ts'

interface Destination { port?: number | string, host?: string }

const parameters = new URL(import.meta.url).searchParams
const path = parameters.get('routes')
const routes = path === null ? {} : JSON.parse(readFileSync(path, 'utf8')) as RouteTable

const isLoopback = (host: string | undefined): boolean => host === undefined || host === '127.0.0.1' || host === 'localhost'

/** Every way of connecting a TCP socket in Node ends here; net.connect hands over its arguments as an array. */
type Connect = (this: Socket, ...args: unknown[]) => Socket
const prototype = Socket.prototype as unknown as { connect: Connect }
const original = prototype.connect
prototype.connect = function (...args) {
  const normalized = Array.isArray(args[0]) ? args[0] as unknown[] : args
  const destination = normalized[0] as Destination | undefined
  if (typeof destination === 'object' && destination !== null && isLoopback(destination.host)) {
    const port = String(destination.port)
    if (Object.hasOwn(routes, port)) normalized[0] = { ...destination, port: routes[port]! }
  }
  return original.apply(this, args)
}

const graceMs = 5000
const fd = Number(parameters.get('life') ?? 0)
const life = fd === 0 ? process.stdin : new Socket({ fd, readable: true, writable: false })
life.on('end', () => {
  process.kill(process.pid, 'SIGTERM')
  setTimeout(() => { process.exit(1) }, graceMs).unref()
})
life.on('error', () => { process.exit(1) })
life.resume()
// The pipe tells of the end; it does not keep a process alive that has ended by itself.
life.unref()
