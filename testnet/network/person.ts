/**
 * Somebody with a device in a region, inside a scenario: the real client engine on a real folder, whose dials to other
 * regions go through the delay proxies. Remembers what it sent and what it was told, over all its runs.
 */
import { join } from 'node:path'
import { isPairChat, type ChatId } from '../../client/chat-id.ts'
import type { Client, Message } from '../../client/client.ts'
import { openNodeClient, type NodeClient } from '../../client/client-node.ts'
import { fastNoise } from '../../node/libp2p/fast-noise.ts'
import type { AccountId } from '../../protocol/ids.ts'
import type { AnnouncedText, Evidence, HistoryEntry, SentText } from '../assertions/evidence.ts'
import { regionalDialer } from '../wan/regional-dialer.ts'
import { ClientProcess } from './client-process.ts'
import type { Network, Region } from './network.ts'

const onlineTimeoutMs = 30_000
const pollMs = 20

/** Told as it happens, over all runs of the client. Texts are unique in a scenario and so name a message. */
export interface PersonWatcher {
  /** Own message: a relay has it. Told again when more is known of it, as its place in the log. */
  onSent (text: string, message: Message): void
  /** Somebody else's message. */
  onTold (text: string): void
}

export class Person {
  readonly name: string
  readonly region: Region
  /** By one person to another. */
  readonly announced: AnnouncedText[] = []
  readonly #announcedByChat = new Map<ChatId, readonly AnnouncedText[]>()
  readonly sent: SentText[] = []
  /** When each own message came to each state, in milliseconds after it was sent. */
  readonly tickMs: { sent: number[], delivered: number[] } = { sent: [], delivered: [] }
  readonly #network: Network
  readonly #people: Map<AccountId, string>
  readonly #startedAt = new Map<string, { atMs: number, seen: Set<Message['state']> }>()
  /** One at a time. */
  watcher: PersonWatcher | undefined
  #open: NodeClient | undefined
  #wasKilled = false
  /** How often the client was opened. */
  runs = 0

  private constructor ({ name, region, network, people }: { name: string, region: Region, network: Network, people: Map<AccountId, string> }) {
    this.name = name
    this.region = region
    this.#network = network
    this.#people = people
  }

  /** Makes an account at the nearest relay, which must be the one of the region, and comes online. */
  static async create (options: { name: string, region: Region, network: Network, people: Map<AccountId, string> }): Promise<Person> {
    const person = new Person(options)
    const client = await person.#openClient()
    const account = await client.createAccount({ handle: person.name })
    options.people.set(account.id, person.name)
    await person.#online()
    return person
  }

  get client (): Client {
    if (this.#open === undefined) throw new Error(`${this.name} is away`)
    return this.#open.client
  }

  get account (): AccountId { return this.client.account!.id }
  get handle (): string { return this.client.account!.handle }
  get home (): string { return this.client.account!.home.name }

  /** Whether the client is open. */
  get isHere (): boolean { return this.#open !== undefined }
  /** When the network gives this person a process of their own; undefined: the client lives in this process, or is closed. */
  get process (): ClientProcess | undefined { return this.#open instanceof ClientProcess ? this.#open : undefined }

  /** `kill -9`: nothing is closed. @throws Error when the client has no process of its own */
  async kill (): Promise<void> {
    const process = this.process
    if (process === undefined) throw new Error(`${this.name} has no process of their own`)
    this.#open = undefined
    this.#wasKilled = true
    await process.kill()
  }

  /** Closes the client, as when a phone is switched off. */
  async leave (): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.close()
  }

  /** Opens it again on the same folder. */
  async comeBack ({ untilOnline = true } = {}): Promise<void> {
    const client = await this.#openClient()
    if (this.#wasKilled) await this.#seeWhatIsThere()
    if (untilOnline) await this.#online()
    else client.start()
  }

  async befriend (other: Person): Promise<void> {
    await this.client.addContact(other.handle, { name: other.name })
  }

  async send (to: { account: AccountId, name: string }, text: string): Promise<Message> {
    const message = await this.say(to.account, text)
    this.sent.push({ from: this.name, to: to.name, text })
    return message
  }

  /** Into any chat; only its ticks are remembered. */
  async say (chat: ChatId, text: string): Promise<Message> {
    const atMs = performance.now()
    const message = await this.client.send(chat, text)
    const record = this.#startedAt.get(message.id)
    if (record === undefined) this.#startedAt.set(message.id, { atMs, seen: new Set() })
    else record.atMs = atMs
    return message
  }

  /** Whether every message of ours to `other` has come at least as far as `state`. */
  async stateCounts (other: AccountId): Promise<Record<Message['state'], number>> {
    const counts: Record<Message['state'], number> = { pending: 0, sent: 0, delivered: 0, read: 0, failed: 0 }
    for (const message of await this.#wholeHistory(other)) if (message.direction === 'out') counts[message.state]++
    return counts
  }

  /** What this person was told in one chat, over all runs. */
  announcedIn (chat: ChatId): readonly AnnouncedText[] { return this.#announcedByChat.get(chat) ?? [] }

  /** Everything that stands in one chat here, oldest first. */
  async historyOf (chat: ChatId): Promise<HistoryEntry[]> {
    return (await this.#wholeHistory(chat)).map(({ id, seq, text, sender }) => ({ id, seq, text, author: this.#people.get(sender) ?? sender }))
  }

  async evidence (others: ReadonlyArray<{ account: AccountId, name: string }>): Promise<{ announced: readonly AnnouncedText[], histories: Record<string, HistoryEntry[]> }> {
    const histories: Record<string, HistoryEntry[]> = {}
    for (const other of others) {
      histories[other.name] = (await this.#wholeHistory(other.account)).map((message) => ({
        id: message.id, seq: message.seq, text: message.text, author: message.direction === 'out' ? this.name : other.name
      }))
    }
    return { announced: this.announced, histories }
  }

  /** What was stored in the moment of a kill stands on the screen when the program is opened again; nobody tells it once more. */
  async #seeWhatIsThere (): Promise<void> {
    this.#wasKilled = false
    for (const { chat } of await this.client.conversations()) {
      const known = new Set((isPairChat(chat) ? this.announced : this.announcedIn(chat)).map(({ id }) => id))
      for (const { id, direction, sender, text } of await this.#wholeHistory(chat)) {
        if (direction !== 'in' || known.has(id)) continue
        this.watcher?.onTold(text)
        this.#announce(chat, { id, from: this.#people.get(sender) ?? sender, text })
      }
    }
  }

  async #openClient (): Promise<Client> {
    if (this.#open !== undefined) throw new Error(`${this.name} is here already`)
    const { prefix, env, client: settings = {}, isProcess = false } = this.#network.placeOf(this.name, this.region)
    const routes = this.#network.routesFrom(this.region)
    const folder = join(this.#network.folder, 'people', this.name)
    // Nothing but the entry node is known; the nearest relay has to be found.
    const config = { bootstrap: [this.#network.bootstrapAddress], software: 'heliograph testnet', strangers: 'accept' as const, ...settings }
    const opened = this.#open = isProcess
      ? await ClientProcess.open({ name: this.name, folder, config, routes, prefix, env, logFile: this.#network.logFile(this.name) })
      : await openNodeClient({ folder, config, encrypter: fastNoise(), wrapDialer: (dialer) => regionalDialer(dialer, routes) })
    this.runs++
    const { client } = opened
    client.on('message', ({ id, chat, sender, text }) => {
      this.watcher?.onTold(text)
      this.#announce(chat, { id, from: this.#people.get(sender) ?? sender, text })
    })
    client.on('update', (message) => { this.#onUpdate(message) })
    return client
  }

  #announce (chat: ChatId, message: AnnouncedText): void {
    if (!isPairChat(chat)) this.#announcedByChat.set(chat, [...this.announcedIn(chat), message])
    else this.announced.push(message)
  }

  #onUpdate (message: Message): void {
    const { id, direction, state, text } = message
    if (direction !== 'out') return
    if (state !== 'pending' && state !== 'failed') this.watcher?.onSent(text, message)
    let record = this.#startedAt.get(id)
    // The first tick may be there before send() has returned.
    if (record === undefined) this.#startedAt.set(id, record = { atMs: performance.now(), seen: new Set() })
    const reached = state === 'read' ? 'delivered' : state
    if ((reached !== 'sent' && reached !== 'delivered') || record.seen.has(reached)) return
    record.seen.add(reached)
    this.tickMs[reached].push(performance.now() - record.atMs)
  }

  async #online (): Promise<void> {
    const { client } = this
    client.start()
    await until(() => client.connection.state === 'online', { timeoutMs: onlineTimeoutMs, what: () => `${this.name} to come online (${client.connection.state}${client.connection.error === undefined ? '' : `: ${client.connection.error.message}`})` })
  }

  async #wholeHistory (chat: ChatId): Promise<Message[]> {
    const pages: Message[][] = []
    let before: string | undefined
    for (;;) {
      const page = await this.client.history(chat, { limit: 500, ...(before === undefined ? {} : { before }) })
      if (page.length === 0) return pages.reverse().flat()
      pages.push(page)
      before = page[0]!.id
    }
  }
}

/** Everything that the assertions read, of people who all write to one another. */
export async function collectEvidence (people: readonly Person[]): Promise<Evidence> {
  const announced: Record<string, readonly AnnouncedText[]> = {}
  const histories: Record<string, Record<string, HistoryEntry[]>> = {}
  for (const person of people) {
    const seen = await person.evidence(people.filter((other) => other !== person))
    announced[person.name] = seen.announced
    histories[person.name] = seen.histories
  }
  return { sent: people.flatMap((person) => person.sent), announced, histories }
}

/** @throws Error that says what did not happen */
export async function until (condition: () => boolean | Promise<boolean>, { timeoutMs, what }: { timeoutMs: number, what: () => string | Promise<string> }): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${Math.round(timeoutMs / 1000)} s in vain for ${await what()}`)
    await new Promise((resolve) => { setTimeout(resolve, pollMs) })
  }
}
