/**
 * A client engine in the page, as a browser app opens it (client-browser.ts). Exports what a test calls by name.
 *
 * One client at a time; what crosses to the test is plain JSON.
 */
import type { AccountInfo, Client, ClientConfig, ConnectionStatus, Message, Warning } from '../../../client/client.ts'
import { openBrowserClient, type BrowserClient } from '../../../client/client-browser.ts'
import { openBrowserStore } from '../../../client/store/store-browser.ts'

let running: BrowserClient | undefined
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
  const opened = await openBrowserClient({ name, config: { ...config, software: 'heliograph-browser-test', strangers: 'accept' } })
  const { client } = opened
  client.on('message', (message) => { received.push(message); notice() })
  client.on('update', (message) => { updated.set(message.id, message); notice() })
  client.on('connection', (status) => { connection = status; notice() })
  client.on('warning', (warning) => { warnings.push(warning); notice() })
  running = opened
}

/** The code of the error that opening the same account a second time leads to. */
export async function openAgain (name: string): Promise<string> {
  try {
    const second = await openBrowserClient({ name, config: { bootstrap: [], software: 'heliograph-browser-test', strangers: 'accept' } })
    await second.close()
    return ''
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
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

/** Writes 5 bytes out of the middle of a larger buffer into a store of its own, and tells how they were kept. */
export async function probeStore (): Promise<{ value: number[], keptBytes: number, durability: string[] }> {
  const durability: string[] = []
  const begin = IDBDatabase.prototype.transaction
  IDBDatabase.prototype.transaction = function (...options) {
    const transaction = begin.apply(this, options)
    if (transaction.mode === 'readwrite') durability.push(transaction.durability)
    return transaction
  }
  const store = await openBrowserStore('probe')
  try {
    await store.batch([{ op: 'put', key: 'k', value: new Uint8Array(1_000_000).fill(7).subarray(10, 15) }])
    const value = await store.get('k')
    return { value: [...value ?? []], keptBytes: value?.buffer.byteLength ?? 0, durability }
  } finally {
    await store.close()
    IDBDatabase.prototype.transaction = begin
  }
}

/** What the store has of this device's account. */
export function account (): AccountInfo | undefined { return current().account }

/** Direction, text and state of everything that was exchanged with somebody, oldest first. */
export async function history (who: string): Promise<string[]> {
  const contact = await current().contact(who)
  if (contact === undefined) throw new Error(`${who} is no contact`)
  return (await current().history(contact.account)).map(({ direction, text, state }) => `${direction} ${text} ${state}`)
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
  const { close } = running
  running = undefined
  await close()
}
