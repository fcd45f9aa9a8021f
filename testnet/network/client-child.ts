/**
 * The program of a client that lives in a process of its own: opens a folder, does what it is told over the channel to its
 * parent (client-process.ts), and says what happens. Ends with the testnet.
 */
import { openNodeClient, type NodeClient } from '../../client/client-node.ts'
import type { ClientEvents } from '../../client/client.ts'
import { fastNoise } from '../../node/libp2p/fast-noise.ts'
import { regionalDialer } from '../wan/regional-dialer.ts'
import type { ChildOptions, ClientState, FromChild, ToChild } from './client-process.ts'

const events = ['message', 'update', 'connection', 'group', 'devices', 'unlinked'] as const satisfies ReadonlyArray<keyof ClientEvents>
/** Methods that return nothing: they are over when they have been called. */
type Method = (...args: unknown[]) => unknown

let opened: NodeClient | undefined

function state (): ClientState {
  if (opened === undefined) return {}
  const { account, connection } = opened.client
  // An error is copied without its class; its text is what is shown.
  return { account, connection: { ...connection, error: connection.error === undefined ? undefined : { message: connection.error.message } } }
}

// A channel that is closed means that the parent has gone or waits for nothing more.
const tell = (message: FromChild): void => { if (process.connected) process.send!(message, () => {}) }

async function open ({ folder, config, routes }: ChildOptions): Promise<void> {
  const { bootstrap, ...settings } = config
  opened = await openNodeClient({ folder, config: { ...settings, bootstrap: [...bootstrap] }, encrypter: fastNoise(), wrapDialer: (dialer) => regionalDialer(dialer, routes) })
  for (const event of events) {
    opened.client.on(event, (value) => { tell({ kind: 'event', event, value: event === 'connection' ? state().connection : value, state: state() }) })
  }
}

async function perform ({ path, args }: ToChild): Promise<unknown> {
  if (path === 'open') return await open(args[0] as ChildOptions)
  if (opened === undefined) throw new Error('there is no client yet')
  if (path === 'close') return await opened.close()
  let [self, method]: [unknown, unknown] = [undefined, opened.client]
  for (const name of path.split('.')) [self, method] = [method, Reflect.get(method as object, name)]
  return await (method as Method).apply(self, [...args])
}

process.on('message', (request: ToChild) => {
  perform(request).then(
    (value) => { tell({ kind: 'answer', id: request.id, value, state: state() }) },
    (error: unknown) => { tell({ kind: 'answer', id: request.id, error: error instanceof Error ? error.message : String(error), state: state() }) }
  )
})

// However the testnet ends, this pipe does, too.
process.stdin.on('end', () => { process.exit(opened === undefined ? 1 : 0) })
process.stdin.on('error', () => { process.exit(1) })
process.stdin.resume()
