/**
 * A client engine for tests of the cli: keeps everything in memory, and the test plays the relay and the other people.
 */
import type { ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId, RelayId } from '../../protocol/ids.ts'
import type { ChatId } from '../../client/chat-id.ts'
import type { ClientEvents, Contact, ConversationSummary, Message, MessageState } from '../../client/client.ts'
import type { ClientLike } from '../context.ts'

type Listeners = { [Event in keyof ClientEvents]: Set<(value: ClientEvents[Event]) => void> }

export const accountCalled = (name: string): AccountId => `b${name.padEnd(55, 'a')}` as AccountId
const idOf = (index: number): MessageId => index.toString(16).padStart(32, '0') as MessageId

export class FakeClient implements ClientLike {
  account: ClientLike['account'] = { id: accountCalled('me'), device: 'device' as DeviceId, handle: 'ada@eu-1', home: { relay: 'relay' as RelayId, name: 'eu-1', region: 'eu' } }
  connection: ClientLike['connection'] = { state: 'offline' }
  isStarted = false
  readonly readMarks: ChatId[] = []
  readonly people = new Map<string, AccountId>()
  readonly #contacts = new Map<AccountId, Contact>()
  readonly #messages = new Map<ChatId, Message[]>()
  readonly #unread = new Map<ChatId, number>()
  readonly #listeners: Listeners = { message: new Set(), update: new Set(), connection: new Set(), contact: new Set(), warning: new Set(), chat: new Set(), gone: new Set(), group: new Set(), presence: new Set(), typing: new Set(), devices: new Set(), unlinked: new Set() }
  #nowMs: number
  #count = 0

  constructor ({ nowMs = Date.UTC(2026, 10, 22, 12, 0) }: { nowMs?: number } = {}) { this.#nowMs = nowMs }

  // what the test plays

  setConnection (status: ClientLike['connection']): void {
    this.connection = status
    this.#emit('connection', status)
  }

  befriend (name: string, { isVerified = false, handle }: { isVerified?: boolean, handle?: string } = {}): AccountId {
    const account = accountCalled(name)
    this.#contacts.set(account, { account, name, isVerified, addedAtMs: this.#nowMs, ...(handle === undefined ? {} : { handle }) })
    this.#emit('contact', this.#contacts.get(account)!)
    return account
  }

  /** A message arrives. */
  receive (from: AccountId, text: string): Message {
    const message = this.#add(from, { direction: 'in', text, state: 'delivered' })
    this.#unread.set(from, (this.#unread.get(from) ?? 0) + 1)
    this.#emit('message', message)
    return message
  }

  /** A sent message comes further. */
  advance (id: MessageId, state: MessageState, error?: string): void {
    for (const messages of this.#messages.values()) {
      const at = messages.findIndex((message) => message.id === id)
      if (at === -1) continue
      messages[at] = { ...messages[at]!, state, ...(error === undefined ? {} : { error }) }
      this.#emit('update', messages[at])
    }
  }

  warn (text: string): void { this.#emit('warning', { kind: 'fork', text }) }
  passTime (ms: number): void { this.#nowMs += ms }
  get nowMs (): number { return this.#nowMs }

  // what the cli uses

  async createAccount (): Promise<NonNullable<ClientLike['account']>> { return this.account! }
  start (): void { this.isStarted = true }
  async findPerson (who: string): Promise<{ account: AccountId }> {
    const account = this.people.get(who)
    if (account === undefined) throw new ProtocolError('UNKNOWN_HANDLE')
    return { account }
  }

  async addContact (who: string, { name = who }: { name?: string } = {}): Promise<Contact> {
    const { account } = await this.findPerson(who)
    const contact: Contact = { account, name, handle: who, isVerified: false, addedAtMs: this.#nowMs }
    this.#contacts.set(account, contact)
    this.#emit('contact', contact)
    return contact
  }

  async contacts (): Promise<Contact[]> { return [...this.#contacts.values()] }
  async contact (who: string): Promise<Contact | undefined> { return (await this.contacts()).find((one) => one.name === who || one.handle === who || one.account === who) }
  async safetyNumber (account: AccountId): Promise<{ digits: string, isVerified: boolean }> { return { digits: '0123456789'.repeat(6), isVerified: this.#contacts.get(account)?.isVerified ?? false } }
  async setVerified (account: AccountId, isVerified: boolean): Promise<void> { this.#contacts.set(account, { ...this.#contacts.get(account)!, isVerified }) }
  inviteLink (): string { return 'heliograph:invite' }

  async send (to: ChatId, text: string): Promise<Message> { return this.#add(to, { direction: 'out', text, state: 'pending' }) }

  async markRead (chat: ChatId): Promise<void> {
    this.readMarks.push(chat)
    this.#unread.set(chat, 0)
  }

  async conversations (): Promise<ConversationSummary[]> {
    return [...this.#messages].map(([chat, messages]) => {
      const contact = this.#contacts.get(chat as AccountId)
      return { id: chat as unknown as ConversationId, chat, kind: 'pair', info: { chat, isMuted: false, isArchived: false, timerS: 0, pins: [], isBlocked: false }, account: chat as AccountId, name: contact?.name ?? chat.slice(0, 8), isVerified: contact?.isVerified ?? false, lastMessage: messages.at(-1)!, ...(contact?.handle === undefined ? {} : { handle: contact.handle }), unread: this.#unread.get(chat) ?? 0 }
    })
  }

  async history (chat: ChatId, { before, limit = 50 }: { before?: string, limit?: number } = {}): Promise<Message[]> {
    const all = this.#messages.get(chat) ?? []
    const end = before === undefined ? all.length : all.findIndex((message) => message.id === before)
    return all.slice(Math.max(0, end - limit), end)
  }

  on<Event extends keyof ClientEvents> (event: Event, listener: (value: ClientEvents[Event]) => void): () => void {
    this.#listeners[event].add(listener)
    return () => { this.#listeners[event].delete(listener) }
  }

  async outboxLength (): Promise<number> { return [...this.#messages.values()].flat().filter((message) => message.state === 'pending').length }
  async flushed (): Promise<void> {}

  #add (chat: ChatId, { direction, text, state }: Pick<Message, 'direction' | 'text' | 'state'>): Message {
    this.#count++
    const messages = this.#messages.get(chat) ?? []
    const message: Message = { id: idOf(this.#count), conversation: chat as unknown as ConversationId, chat, sender: direction === 'in' ? chat as AccountId : this.account!.id, direction, text, state, sentAtMs: this.#nowMs, seq: messages.length + 1, ...(direction === 'in' ? { receivedAtMs: this.#nowMs } : {}) }
    this.#messages.set(chat, [...messages, message])
    return message
  }

  #emit<Event extends keyof ClientEvents> (event: Event, value: ClientEvents[Event]): void {
    for (const listener of this.#listeners[event]) listener(value)
  }
}
