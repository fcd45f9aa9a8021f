/**
 * Ports that are free now. Taken together and let go together, so that no two of them are the same.
 */
import { createServer, type AddressInfo, type Server } from 'node:net'

const listen = (port: number): Promise<Server | undefined> => new Promise((resolve) => {
  const server = createServer()
  server.once('error', () => { resolve(undefined) })
  server.listen(port, '127.0.0.1', () => { resolve(server) })
})

/** @param wanted ports to take if they are free, e.g. those of the last time */
export async function freePorts (count: number, wanted: readonly number[] = []): Promise<number[]> {
  const servers: Server[] = []
  for (let i = 0; i < count; i++) {
    const server = await listen(wanted[i] ?? 0) ?? await listen(0)
    if (server === undefined) throw new Error('no free port on 127.0.0.1')
    servers.push(server)
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => { server.close(resolve) })))
  return ports
}
