/**
 * Ports that are free now, for processes that are started in a moment. Taken together and let go together, so that no
 * two of them are the same.
 *
 * They lie below the range from which operating systems take ports for outgoing connections (Linux from 32768, others
 * from 49152): one from there may be gone again before the process has it.
 */
import { randomInt } from 'node:crypto'
import { createServer, type AddressInfo, type Server } from 'node:net'

const lowest = 15_000
const highest = 32_000
const maxTries = 200

const listen = (port: number): Promise<Server | undefined> => new Promise((resolve) => {
  const server = createServer()
  server.once('error', () => { resolve(undefined) })
  server.listen(port, '127.0.0.1', () => { resolve(server) })
})

/** @param wanted ports to take if they are free, e.g. those of the last time */
export async function freePorts (count: number, wanted: readonly number[] = []): Promise<number[]> {
  const servers: Server[] = []
  for (let tries = 0; servers.length < count && tries < maxTries; tries++) {
    const before = wanted[servers.length]
    // One that was used the last time is asked for once.
    const server = (tries === servers.length && before !== undefined ? await listen(before) : undefined) ?? await listen(randomInt(lowest, highest))
    if (server !== undefined) servers.push(server)
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => { server.close(resolve) })))
  if (ports.length < count) throw new Error(`there are not ${count} free ports on 127.0.0.1 between ${lowest} and ${highest}`)
  return ports
}
