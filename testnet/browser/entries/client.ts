/**
 * A client engine in the page: IndexedDB, WebSocket, the noble provider. Exports what a test calls by name.
 *
 * The same parts that a browser app would put together. One client at a time; what crosses to the test is plain JSON.
 */
import { Client } from '../../../client/client.ts'
import type { AccountInfo, ClientConfig, ConnectionStatus, Message, Warning } from '../../../client/client.ts'
import { createBrowserDialer } from '../../../client/libp2p/libp2p-browser.ts'
import { openBrowserStore } from '../../../client/store-browser.ts'
import type { LevelStore } from '../../../client/store-level.ts'
import { systemClock, systemRandom } from '../../../client/system.ts'
import { noblePrimitives } from '../../../protocol/e2ee/primitives-noble.ts'

let running: { client: Client, store: LevelStore } | undefined
const received: Message[] = []
const updated = new Map<string, Message>()
const warnings: Warning[] = []
let connection: ConnectionStatus = { state: 'offline' }
/** Called after each event; the waiters look whether theirs has come. */
const waiters = new Set<() => void>()

function current (): Client {
  if (running === undefined) throw new Error('open a client first')
  return running.client
}

function notice (): void {
  for (const look of [...waiters]) look()
}

async function until<T> (find: () => T | undefined): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>()
  const look = (): void => {
    const found = find()
    if (found === undefined) return
    waiters.delete(look)
    resolve(found)
  }
  waiters.add(look)
  look()
  return await promise
}

/** @param options.name of the database; the same name again is the same account */
export async function open ({ name, ...config }: { name: string } & Omit<ClientConfig, 'software'>): Promise<void> {
  if (running !== undefined) throw new Error('a client is open already')
  const store = await openBrowserStore(name)
  try {
    const client = await Client.open({
      store,
      dialer: (seed) => createBrowserDialer({ seed }),
      clock: systemClock,
      random: systemRandom,
      primitives: noblePrimitives
    }, { ...config, software: 'heliograph-browser-test' })
    client.on('message', (message) => { received.push(message); notice() })
    client.on('update', (message) => { updated.set(message.id, message); notice() })
    client.on('connection', (status) => { connection = status; notice() })
    client.on('warning', (warning) => { warnings.push(warning); notice() })
    running = { client, store }
  } catch (error) {
    await store.close()
    throw error
  }
}

export async function createAccount (options: { handle?: string, relay?: string } = {}): Promise<AccountInfo> {
  return await current().createAccount(options)
}

/** Resolves when the client is online. */
export async function start (): Promise<void> {
  current().start()
  await until(() => connection.state === 'online' ? true : undefined)
}

export async function addContact (who: string): Promise<{ account: string, name: string }> {
  const { account, name } = await current().addContact(who)
  return { account, name }
}

export async function send (who: string, text: string): Promise<Message> {
  const contact = await current().contact(who)
  if (contact === undefined) throw new Error(`${who} is no contact`)
  return await current().send(contact.account, text)
}

/** The `count`-th incoming message, from 1, as soon as it is there. */
export async function receivedMessage (count: number): Promise<Message> {
  return await until(() => received[count - 1])
}

/** Resolves when the message with this id has come to `state`, or to `read`, which is beyond all others. */
export async function reached (id: string, state: Message['state']): Promise<void> {
  await until(() => {
    const now = updated.get(id)?.state
    return now === state || now === 'read' ? true : undefined
  })
}

export async function markRead (who: string): Promise<void> {
  const contact = await current().contact(who)
  if (contact !== undefined) await current().markRead(contact.account)
}

export async function safetyNumber (who: string): Promise<string> {
  const contact = await current().contact(who)
  if (contact === undefined) throw new Error(`${who} is no contact`)
  return (await current().safetyNumber(contact.account)).digits
}

export function seen (): { received: Message[], warnings: Warning[], connection: string } {
  return { received, warnings, connection: connection.state }
}

export async function stop (): Promise<void> {
  if (running === undefined) return
  const { client, store } = running
  running = undefined
  await client.stop()
  await store.close()
}
