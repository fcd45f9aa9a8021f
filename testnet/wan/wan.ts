/**
 * The network between regions: one delay proxy for each pair of a region and a server in another one.
 *
 * Servers listen and announce their real ports. What makes a dial from another region long is the route table: real
 * port → proxy port, one table a region. Daemons get theirs by `in-region.ts`, clients inside a scenario by
 * `regional-dialer.ts`.
 */
import type { Clock } from '../../protocol/clock.ts'
import { SeededRandom } from '../seeded-random.ts'
import { DelayProxy, type CutMode } from './delay-proxy.ts'

export type Region = string
/** Real port → the port to dial instead, as seen from one region. */
export type RouteTable = Readonly<Record<string, number>>

export interface Server { readonly name: string, readonly region: Region, readonly port: number }

/** Sees what crosses between regions: `from` dialled `to`. */
export type Tap = (crossing: { from: Region, to: string, direction: 'there' | 'back' }, chunk: Uint8Array) => void

export interface WanOptions {
  readonly regions: readonly Region[]
  readonly servers: readonly Server[]
  readonly rttMs: number
  /** Added to each way, uniformly from 0 to this. */
  readonly jitterMs: number
  readonly seed: number
  readonly clock: Clock
  readonly tap?: Tap
}

export class Wan {
  readonly #proxies: Array<{ from: Region, server: Server, proxy: DelayProxy }> = []

  static async open ({ regions, servers, rttMs, jitterMs, seed, clock, tap }: WanOptions): Promise<Wan> {
    const wan = new Wan()
    let index = 0
    for (const from of regions) {
      for (const server of servers) {
        if (server.region === from) continue
        const random = new SeededRandom(seed + ++index)
        const proxy = await DelayProxy.open({
          targetPort: server.port,
          clock,
          oneWayMs: rttMs / 2,
          jitterMs,
          fraction: () => random.fraction(),
          ...(tap === undefined ? {} : { tap: (direction, chunk) => { tap({ from, to: server.name, direction }, chunk) } })
        })
        wan.#proxies.push({ from, server, proxy })
      }
    }
    return wan
  }

  routesFrom (region: Region): RouteTable {
    return Object.fromEntries(this.#proxies.filter(({ from }) => from === region).map(({ server, proxy }) => [String(server.port), proxy.port]))
  }

  /** Nothing passes between two regions any more, in either direction. */
  cut (a: Region, b: Region, mode: CutMode): void {
    for (const proxy of this.#between(a, b)) proxy.cut(mode)
  }

  heal (a: Region, b: Region): void {
    for (const proxy of this.#between(a, b)) proxy.heal()
  }

  async close (): Promise<void> {
    await Promise.all(this.#proxies.map(({ proxy }) => proxy.close()))
  }

  #between (a: Region, b: Region): DelayProxy[] {
    return this.#proxies
      .filter(({ from, server }) => (from === a && server.region === b) || (from === b && server.region === a))
      .map(({ proxy }) => proxy)
  }
}
