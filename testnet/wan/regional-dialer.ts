/**
 * Puts a client that lives in this process into a region: addresses of servers elsewhere are dialled through the
 * delay proxies.
 */
import type { Dialer } from '../../protocol/byte-stream.ts'
import type { RouteTable } from './wan.ts'

/** `/ip4/127.0.0.1/tcp/4001/p2p/…` with the port that leads there from this region. */
export function routed (address: string, routes: RouteTable): string {
  return address.replace(/^(\/ip4\/127\.0\.0\.1\/tcp\/)(\d+)/, (whole, head: string, port: string) => Object.hasOwn(routes, port) ? head + String(routes[port]) : whole)
}

/** A dialer that can measure round trips keeps doing so, over the same routes. */
export function regionalDialer<D extends Dialer> (dialer: D, routes: RouteTable): D {
  return new Proxy(dialer, {
    get (target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (name === 'dial') {
        const dial: Dialer['dial'] = (where, protocol, options) => target.dial({ ...where, addresses: where.addresses.map((address) => routed(address, routes)) }, protocol, options)
        return dial
      }
      if (name === 'measureRttMs') {
        return (addresses: readonly string[], options: unknown): unknown => (value as (...args: unknown[]) => unknown).call(target, addresses.map((address) => routed(address, routes)), options)
      }
      return (value as (...args: unknown[]) => unknown).bind(target)
    }
  })
}
