/**
 * The client engine: one account on one device. Composition root of `client/`; what the terminal, a browser app and
 * bots are written against.
 */
import type { Dialer } from '../protocol/byte-stream.ts'
import type { Clock, Random } from '../protocol/clock.ts'
import type { Primitives } from '../protocol/e2ee/primitives.ts'
import { ProtocolError } from '../protocol/errors.ts'
import type { AccountId } from '../protocol/ids.ts'
import type { AccountInfo, ClientEvents, ConnectionStatus, Contact, ConversationSummary, Message, Person } from './model.ts'
import type { ClientStore } from './store.ts'

export type { AccountInfo, ClientEvents, ConnectionStatus, Contact, ConversationSummary, Message, MessageState, Person, Warning } from './model.ts'

/** Opens streams as the device whose 32-byte Ed25519 seed it gets: the device's PeerId is made from it. */
export type MakeDialer = (deviceSeed: Uint8Array) => Dialer | Promise<Dialer>

/** No text of people, no keys, no whole ids in `fields`. */
export interface ClientLogger {
  debug (event: string, fields?: Record<string, unknown>): void
  warn (event: string, fields?: Record<string, unknown>): void
}

export interface ClientComponents {
  readonly store: ClientStore
  /** A dialer that already has the device's key (`deviceSeed` in identity.ts), or how to make one. */
  readonly dialer: Dialer | MakeDialer
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
  readonly logger?: ClientLogger
}

export interface ClientConfig {
  /** Multiaddrs, each with /p2p/<id>, of bootstrap nodes or relays. */
  readonly bootstrap: readonly string[]
  /** Prefer relays of this region. */
  readonly region?: string
  /** Prefer this relay: its name or a multiaddr. */
  readonly relay?: string
  /** Name and version of the program, told to the relay. */
  readonly software: string
  /** Default: true. */
  readonly readReceipts?: boolean
}

const missing = (): never => { throw new ProtocolError('INTERNAL', { what: 'client' }) }

export class Client {
  static async open (_components: ClientComponents, _config: ClientConfig): Promise<Client> { return missing() }
  get account (): AccountInfo | undefined { return missing() }
  async createAccount (_options: { handle?: string, relay?: string, signal?: AbortSignal } = {}): Promise<AccountInfo> { return missing() }
  start (): void { missing() }
  async stop (): Promise<void> { missing() }
  get connection (): ConnectionStatus { return missing() }
  async findPerson (_who: string, _options: { signal?: AbortSignal } = {}): Promise<Person> { return missing() }
  async addContact (_who: string, _options: { name?: string, signal?: AbortSignal } = {}): Promise<Contact> { return missing() }
  async contacts (): Promise<Contact[]> { return missing() }
  async contact (_who: string): Promise<Contact | undefined> { return missing() }
  async safetyNumber (_account: AccountId): Promise<{ digits: string, isVerified: boolean }> { return missing() }
  async setVerified (_account: AccountId, _value: boolean): Promise<void> { missing() }
  inviteLink (): string { return missing() }
  async send (_to: AccountId, _text: string): Promise<Message> { return missing() }
  async markRead (_account: AccountId): Promise<void> { missing() }
  async conversations (): Promise<ConversationSummary[]> { return missing() }
  async history (_account: AccountId, _options: { before?: string, limit?: number } = {}): Promise<Message[]> { return missing() }
  on<Event extends keyof ClientEvents> (_event: Event, _listener: (value: ClientEvents[Event]) => void): () => void { return missing() }
  async outboxLength (): Promise<number> { return missing() }
  async flushed (_options: { signal?: AbortSignal } = {}): Promise<void> { missing() }
}
