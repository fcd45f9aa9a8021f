/**
 * The client engine: one account on one device. Composition root of `client/`; what the terminal, a browser app and
 * bots are written against. Specs: docs/protocol/client.md (with the relay), docs/protocol/content.md (inside)
 */
import type { Dialer } from '../protocol/byte-stream.ts'
import { Handlers } from '../protocol/channel.ts'
import { safetyNumber } from '../protocol/e2ee/safety-number.ts'
import { heliographProfile, type Suite } from '../protocol/e2ee/suite.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { accountIdToBytes, accountKeyOf, type AccountId, type MessageId } from '../protocol/ids.ts'
import { encodeInvite } from '../protocol/invite.ts'
import { limits } from '../protocol/limits.ts'
import { clientNotifications } from '../protocol/methods.ts'
import type { Welcome } from '../protocol/wire/gen/service.js'
import { assemble, type Assembly, type AssemblyParts } from './assembly.ts'
import { isGroupChat, type ChatId } from './chat-id.ts'
import { ChatTables } from './chat/chat-tables.ts'
import type { Chats } from './chat/chats.ts'
import { Disappearing } from './chat/disappearing.ts'
import { EditCopies } from './chat/edit-copies.ts'
import type { ClientComponents, ClientConfig } from './components.ts'
import { Contacts } from './contacts.ts'
import { DeviceTables } from './devices/device-tables.ts'
import { OwnDevices } from './devices/own-devices.ts'
import { Emitter } from './events.ts'
import { GroupTables } from './groups/group-tables.ts'
import { Groups } from './groups/groups.ts'
import { ClientHome, SubmitLink } from './home/client-home.ts'
import { GuestLink } from './home/guest-link.ts'
import { HomeWatch } from './home/home-watch.ts'
import { Orders } from './home/orders.ts'
import { Account } from './keys/account.ts'
import { Devices } from './keys/devices.ts'
import { ensureDevice, type DeviceIdentity } from './keys/identity.ts'
import { PrekeyBox } from './keys/prekey-box.ts'
import { PrekeyUpkeep } from './keys/prekey-upkeep.ts'
import { clientLimits } from './limits.ts'
import { History, messageOf } from './messages/history.ts'
import type { AccountInfo, ClientEvents, ConnectionStatus, Contact, ConversationSummary, Message, Person } from './model.ts'
import { People, type WaitOptions } from './people.ts'
import type { ClientPresence } from './presence/presence.ts'
import { RelayChoice } from './relay/relay-choice.ts'
import { RelayConnection } from './relay/relay-connection.ts'
import { Ledger, type Draft } from './store/ledger.ts'
import { migrateStore } from './store/migration.ts'
import { Tables, type MessageRow } from './store/tables.ts'

export type { ClientComponents, ClientConfig, ClientLogger, MakeDialer } from './components.ts'
export type { AccountInfo, ClientEvents, ConnectionStatus, Contact, ConversationSummary, HomeChange, HomeInfo, HomeStatus, Message, MessageState, Person, PersonPresence, StuckGroup, TypingChange, TypingState, Warning } from './model.ts'
export type { WaitOptions } from './people.ts'

export class Client {
  readonly #components: ClientComponents
  readonly #config: ClientConfig
  readonly #ledger: Ledger
  readonly #suite: Suite
  readonly #events: Emitter
  readonly #history: History
  readonly #contacts: Contacts
  readonly #prekeys: PrekeyBox
  readonly #upkeep: PrekeyUpkeep
  readonly #account: Account
  readonly #connection: RelayConnection
  readonly #guest: GuestLink
  readonly #home: ClientHome
  readonly #groups: Groups
  readonly #disappearing: Disappearing
  readonly #editCopies: EditCopies
  readonly #ownDevices: OwnDevices
  readonly #people: People
  readonly #parts: Omit<AssemblyParts, 'account'>
  /** undefined until there is an account. */
  #assembly: Assembly | undefined
  #isStarted = false

  /**
   * Open what the store has: an account, or nothing yet. The caller keeps the store and closes it after `stop`.
   * @throws ProtocolError DATABASE_CORRUPT, DATABASE_TOO_NEW
   */
  static async open (components: ClientComponents, config: ClientConfig): Promise<Client> {
    const tables = new Tables(components.primitives)
    const ledger = new Ledger(components.store)
    await migrateStore(components.store)
    const device = await ledger.run(async (draft) => await ensureDevice(draft, tables, components.primitives))
    const dialer = typeof components.dialer === 'function' ? await components.dialer(device.seed) : components.dialer
    const client = new Client({ components, config, tables, ledger, device, dialer })
    await client.#load()
    return client
  }

  private constructor ({ components, config, tables, ledger, device, dialer }: { components: ClientComponents, config: ClientConfig, tables: Tables, ledger: Ledger, device: DeviceIdentity, dialer: Dialer }) {
    const { clock, random, primitives, logger } = components
    this.#components = components
    this.#config = config
    this.#ledger = ledger
    const suite = this.#suite = { primitives, profile: heliographProfile }
    const events = this.#events = new Emitter(logger)
    const deviceTables = new DeviceTables()
    const chatTables = new ChatTables()
    const groupTables = new GroupTables()
    const editCopies = this.#editCopies = new EditCopies({ ledger, tables, groupTables, history: () => this.#history })
    const disappearing = this.#disappearing = new Disappearing({
      ledger,
      chatTables,
      events,
      clock,
      history: () => this.#history,
      onEmptied: (draft, row) => {
        forgetContent(draft, groupTables, row)
        editCopies.forget(draft, row)
      }
    })
    const history = this.#history = new History({ tables, timers: disappearing })
    const contacts = this.#contacts = new Contacts({ ledger, tables, events, clock })
    const prekeys = this.#prekeys = new PrekeyBox({ suite, clock, tables, device, onConsumed: () => { this.#upkeep.onConsumed() }, onReplaced: () => { this.#upkeep.onReplaced() } })
    const choice = new RelayChoice({ dialer, clock, signing: primitives, logger }, config)
    const devices = new Devices({ primitives, tables })
    this.#account = new Account({ ledger, tables, prekeys, choice, dialer, clock, primitives, device, devices, software: config.software, onUnlinked: () => { this.#onUnlinked() } })
    const link = this.#connection = new RelayConnection({
      dialer,
      clock,
      random,
      logger,
      handlers: new Handlers()
        .onNotification(clientNotifications.deliver, ({ pages }) => { this.#assembly?.engine.inbox.onPages(pages) })
        .onNotification(clientNotifications.presence, (body) => { this.#assembly?.presence.onPresences(body) })
        .onNotification(clientNotifications.signal, ({ envelopes }) => { this.#assembly?.presence.onSignals(envelopes) })
        .onNotification(clientNotifications.refused, (body) => { this.#assembly?.engine.groups.onRefused(body) })
        .onNotification(clientNotifications.groupReceipts, ({ receipts }) => { this.#assembly?.engine.groups.receipts.onReceipts(receipts) })
        .onNotification(clientNotifications.draining, () => {
          this.#home.drained()
          this.#connection.reconnect(new ProtocolError('DRAINING'))
        }),
      // Nothing may come before there is somebody to take it.
      home: () => this.#assembly === undefined ? undefined : this.#account.home,
      register: async (channel, signal) => { await this.#home.forgotten(channel, signal) },
      onMoved: async (record) => await this.#home.followed(record, AbortSignal.any([])),
      findAddresses: async (_home, signal) => { await this.#home.findAddresses(signal) },
      onOnline: (welcome) => { this.#onOnline(welcome) },
      onStatus: (status) => {
        if (status.state === 'connecting') this.#assembly?.engine.inbox.forget()
        if (status.state !== 'online') this.#assembly?.presence.lost()
        this.#home.onStatus(status)
        events.emit('connection', this.connection)
      },
      isWatched: config.watchLine === false ? undefined : async () => await orders.hasStandby(),
      isActive: () => this.#assembly?.presence.isActive !== false,
      onSilent: (sinceMs) => { watch.silent(sinceMs) },
      onHeard: () => { watch.heard() }
    }, config)
    const guest = this.#guest = new GuestLink({
      clock,
      primitives,
      device,
      onChange: () => {
        if (this.#guest.isOnline) this.#assembly?.engine.resumeAsGuest()
        events.emit('connection', this.connection)
      }
    })
    const account = this.#account
    const orders = new Orders({ ledger, tables, account, choice, link, clock, logger, wish: config.standby ?? 'auto', givenUpMs: config.standbyGivenUpMs ?? clientLimits.standbyGivenUpMs, onChanged: () => { events.emit('connection', this.connection) } })
    const watch = new HomeWatch({
      account,
      choice,
      guest,
      dialer,
      clock,
      logger,
      order: async () => await orders.current(),
      knownAddresses: async () => await orders.knownAddresses(),
      move: async (order, signal) => { await this.#home.moveByOrder(order, 'dead', signal) },
      moveAnywhere: async (signal) => { await this.#home.moveAnywhere(signal) },
      follow: async (record, signal) => await this.#home.follow(record, signal),
      hurry: () => { link.hurry() }
    }, {
      moveAfterMs: config.moveAfterMs ?? clientLimits.moveAfterMs,
      moveWithoutStandbyAfterMs: config.moveWithoutStandbyAfterMs ?? clientLimits.moveWithoutStandbyAfterMs,
      software: config.software
    })
    this.#home = new ClientHome({
      ledger,
      tables,
      account,
      choice,
      orders,
      watch: () => watch,
      guest,
      link,
      events,
      clock,
      renew: () => { link.renew() },
      membersOf: (chat) => this.#assembly?.engine.groups.states.current(chat)?.members.keys()
    })
    this.#people = new People({ ledger, tables, contacts, link, events, clock, own: () => this.account, keys: () => this.#running().engine.keys, isStarted: () => this.#isStarted })
    this.#upkeep = new PrekeyUpkeep({ ledger, prekeys, link, clock, random })
    const ownDevices = this.#ownDevices = new OwnDevices({
      store: components.store,
      ledger,
      tables,
      deviceTables,
      history,
      account: this.#account,
      devices,
      device,
      choice,
      dialer,
      link,
      events,
      clock,
      primitives,
      onLinked: async () => { await this.#onLinked() },
      onReady: () => { this.#assembly?.engine.onOwnKeys() },
      reconnect: (error) => { this.#connection.reconnect(error) }
    })
    this.#groups = new Groups({ ledger, tables, history, primitives, running: () => this.#running().engine, addresses: () => this.#account.home?.addresses ?? [] })
    this.#parts = {
      ...components,
      config,
      ledger,
      tables,
      deviceTables,
      chatTables,
      groupTables,
      suite,
      device,
      devices,
      prekeys,
      events,
      history,
      contacts,
      disappearing,
      ownDevices,
      link,
      submitLink: new SubmitLink(link, guest),
      orders,
      isPrimary: () => this.#account.isPrimary,
      leaveGroup: async (chat) => { await this.#groups.leave(chat) },
      reconnect: (error) => { link.reconnect(error) }
    }
    const { handover } = ownDevices
    handover.add('highest', tables.highest)
    handover.add('groups', groupTables.states)
    handover.add('groupInfos', groupTables.infos)
    handover.add('receiptSecret', groupTables.secret)
    handover.add('chats', chatTables.chats)
    handover.add('early', chatTables.early)
    handover.add('expiry', chatTables.expiry)
    handover.add('profiles', chatTables.profiles)
  }

  // --- account and connection

  /** undefined until `createAccount`. */
  get account (): AccountInfo | undefined { return this.#account.info }
  get connection (): ConnectionStatus {
    const { host } = this.#guest
    return host === undefined ? this.#connection.status : { ...this.#connection.status, guestOf: host.name === '' ? host.relay : host.name }
  }

  /** Where the account lives, its standby, moving. */
  get home (): ClientHome { return this.#home }
  /** Made, changed, looked at; what is said in them goes as in any other conversation. */
  get groups (): Groups { return this.#groups }
  /** The account's devices: link, unlink, name. */
  get devices (): OwnDevices { return this.#ownDevices }

  /**
   * Make the account and register it at the nearest relay, or the one asked for.
   * @param options.handle the part before the @; absent: none
   * @param options.relay name or multiaddr
   * @throws ProtocolError NOT_ADMITTED (there is one), BAD_HANDLE, HANDLE_TAKEN, UNKNOWN_RELAY, HOME_UNREACHABLE, TIMEOUT, …
   */
  async createAccount ({ handle, relay, signal }: { handle?: string, relay?: string, signal?: AbortSignal } = {}): Promise<AccountInfo> {
    const info = await this.#account.create({
      ...(handle === undefined ? {} : { handle }),
      wish: { relay: relay ?? this.#config.relay, region: this.#config.region },
      signal: signal ?? AbortSignal.any([])
    })
    await this.#assemble(info.id)
    if (this.#isStarted) this.#connection.start()
    return info
  }

  /** Connect and stay connected. Without an account: as soon as there is one. */
  start (): void {
    this.#isStarted = true
    if (this.#assembly !== undefined) this.#disappearing.start()
    this.#connection.start()
  }

  /** Leaves no timer and no connection. What is not sent yet is sent after the next `open` and `start`. */
  async stop (): Promise<void> {
    this.#isStarted = false
    this.#home.stop()
    await this.#connection.stop()
    this.#upkeep.stop()
    this.#assembly?.engine.stop()
    this.#assembly?.missed.stop()
    this.#ownDevices.stop()
    this.#disappearing.stop()
    this.#assembly?.presence.stop()
    await this.#ledger.idle()
  }

  /** @returns how to stop listening */
  on<Event extends keyof ClientEvents> (event: Event, listener: (value: ClientEvents[Event]) => void): () => void { return this.#events.on(event, listener) }

  /** Everything that a chat does beside plain texts. @throws ProtocolError NOT_REGISTERED */
  get chats (): Chats { return this.#running().chats }

  /** Who is there, who types, and what one lets others know. @throws ProtocolError NOT_REGISTERED */
  get presence (): ClientPresence { return this.#running().presence }

  // --- people

  /**
   * @param who handle (`alice@eu-1.example.org`, or `alice` for one at the own relay), AccountId or invite link
   * @throws ProtocolError UNKNOWN_HANDLE, UNKNOWN_ACCOUNT, MALFORMED; HOME_UNREACHABLE, DISCONNECTED, TIMEOUT: try again
   */
  async findPerson (who: string, options: WaitOptions = {}): Promise<Person> {
    return await this.#people.find(who, options)
  }

  /**
   * Keep somebody under a name. By AccountId or invite link this also works while nobody can be reached: the id is the key.
   * @throws as findPerson
   */
  async addContact (who: string, { name, signal }: { name?: string, signal?: AbortSignal } = {}): Promise<Contact> {
    return await this.#people.add(who, { ...(name === undefined ? {} : { name }), ...(signal === undefined ? {} : { signal }) })
  }

  async contacts (): Promise<Contact[]> { return await this.#contacts.list() }

  /** By name, handle, AccountId or a prefix that only one contact has. */
  async contact (who: string): Promise<Contact | undefined> { return await this.#contacts.find(who) }

  /** 60 digits in groups of five: the same on both sides when nobody sits between. */
  async safetyNumber (account: AccountId): Promise<{ digits: string, isVerified: boolean }> {
    const own = this.#own()
    const digits = safetyNumber(this.#suite, accountKeyOf(own), accountIdToBytes(own), accountKeyOf(account), accountIdToBytes(account))
    return { digits: digits.replaceAll(/(.{5})(?=.)/g, '$1 '), isVerified: (await this.#contacts.get(account))?.isVerified ?? false }
  }

  async setVerified (account: AccountId, value: boolean): Promise<void> { await this.#contacts.setVerified(account, value) }

  /** @throws ProtocolError NOT_REGISTERED */
  inviteLink (): string {
    const { home, info } = this.#account
    if (home === undefined || info === undefined) throw noAccount()
    return encodeInvite({ account: info.id, handle: info.handle, addresses: home.addresses })
  }

  // --- messages

  /**
   * Durable when it resolves; the state then rises by itself (`update` events).
   * @throws ProtocolError TOO_LARGE (limits.textBytes), MALFORMED when empty, BAD_CONVERSATION to oneself, NOT_REGISTERED; STORAGE_FULL
   */
  async send (to: ChatId, text: string): Promise<Message> { return await this.chats.send(to, text) }

  /** Everything in this conversation has been seen; sends read receipts unless they are off. */
  async markRead (chat: ChatId): Promise<void> { await this.#running().conversations.markRead(chat) }

  /** Newest first; contacts without a message at the end. */
  async conversations (): Promise<ConversationSummary[]> { return await this.#running().conversations.list() }

  /** The newest `limit` (default 50) messages, or those before the message `before`; oldest first. */
  async history (chat: ChatId, { before, limit }: { before?: string, limit?: number } = {}): Promise<Message[]> {
    const rows = await this.#history.page(this.#ledger, chat, { ...(before === undefined ? {} : { before: before as MessageId }), ...(limit === undefined ? {} : { limit }) })
    return rows.map(messageOf)
  }

  /** Messages and receipts that no relay has yet. */
  async outboxLength (): Promise<number> { return this.#assembly?.engine.outbox.length ?? 0 }

  /** Resolves when everything written so far is at a relay, or was refused. @throws the signal's reason */
  async flushed ({ signal }: WaitOptions = {}): Promise<void> { await this.#assembly?.engine.outbox.flushed(signal) }

  // --- inside

  async #load (): Promise<void> {
    await this.#prekeys.load(this.#ledger)
    await this.#contacts.load()
    await this.#account.load()
    await this.#ownDevices.recover()
    const info = this.#account.info
    if (info === undefined) return
    await this.#assemble(info.id)
    await this.#editCopies.load()
  }

  async #assemble (account: AccountId): Promise<void> {
    const assembly = await assemble({ ...this.#parts, account })
    this.#assembly?.presence.close()
    this.#assembly = assembly
  }

  async #onLinked (): Promise<void> {
    await this.#contacts.load()
    await this.#assemble(this.#own())
    if (this.#isStarted) this.#connection.start()
  }

  #onUnlinked (): void {
    const id = this.#account.info?.id
    this.#connection.stop().catch((error: unknown) => { this.#components.logger?.debug('client.unlinked', { error: String(error) }) })
    if (id !== undefined) this.#events.emit('unlinked', { account: id })
  }

  #onOnline (welcome: Welcome): void {
    this.#upkeep.resume(welcome.isRegistered ? welcome.oneTimePrekeysLeft : limits.oneTimePrekeys)
    this.#assembly?.engine.resume()
    this.#assembly?.facts.resume()
    this.#home.resume()
    this.#ownDevices.resume()
    this.#assembly?.missed.resume()
    this.#assembly?.presence.resume()
    this.#people.settleClaims().catch((error: unknown) => {
      // The next connection asks again.
      this.#components.logger?.debug('client.handle-not-confirmed', { error: String(error) })
    })
  }

  #own (): AccountId {
    const id = this.account?.id
    if (id === undefined) throw noAccount()
    return id
  }

  #running (): Assembly {
    if (this.#assembly === undefined) throw noAccount()
    return this.#assembly
  }
}

/** A copy of what was said, for those in a group who could not open it. */
function forgetContent (draft: Draft, { contents }: GroupTables, { chat, id, direction }: MessageRow): void {
  if (direction === 'out' && isGroupChat(chat)) draft.erase(contents, `${chat}/${id}`)
}

const noAccount = (): ProtocolError => new ProtocolError('NOT_REGISTERED', { what: 'create an account first' })
