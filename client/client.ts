/**
 * The client engine: one account on one device. Composition root of `client/`; what the terminal, a browser app and
 * bots are written against. Specs: docs/protocol/client.md (with the relay), docs/protocol/content.md (inside)
 */
import type { Dialer } from '../protocol/byte-stream.ts'
import { Handlers } from '../protocol/channel.ts'
import { safetyNumber } from '../protocol/e2ee/safety-number.ts'
import { heliographProfile, type Suite } from '../protocol/e2ee/suite.ts'
import { ProtocolError, isProtocolError } from '../protocol/errors.ts'
import { accountIdFromBytes, accountIdToBytes, accountKeyOf, parseAccountId, type AccountId, type MessageId } from '../protocol/ids.ts'
import { selfConversation } from '../protocol/conversation.ts'
import { encodeInvite, isInvite, parseInvite } from '../protocol/invite.ts'
import { limits } from '../protocol/limits.ts'
import { clientMethods, clientNotifications } from '../protocol/methods.ts'
import type { Welcome } from '../protocol/wire/gen/service.js'
import { envelopeKinds } from '../protocol/wire/kinds.ts'
import { conversationOfChat, isGroupChat, isPairChat, type ChatId } from './chat-id.ts'
import { ChatTables } from './chat/chat-tables.ts'
import { Chats } from './chat/chats.ts'
import { shareContacts } from './chat/contact-facts.ts'
import { Disappearing } from './chat/disappearing.ts'
import { Account } from './keys/account.ts'
import type { ClientComponents, ClientConfig } from './components.ts'
import { Contacts, fallbackName } from './contacts.ts'
import { DeviceTables } from './devices/device-tables.ts'
import { KeptActs } from './devices/kept-acts.ts'
import { Missed } from './devices/missed.ts'
import { OwnDevices } from './devices/own-devices.ts'
import { OwnView } from './devices/own-view.ts'
import { ReadMarks } from './devices/read-marks.ts'
import { SyncFacts } from './devices/sync.ts'
import { Engine } from './engine.ts'
import { Emitter } from './events.ts'
import type { SyncFact } from './messages/bodies.ts'
import { GroupTables } from './groups/group-tables.ts'
import { Groups } from './groups/groups.ts'
import { History, messageOf } from './messages/history.ts'
import { Devices } from './keys/devices.ts'
import { ensureDevice, type DeviceIdentity } from './keys/identity.ts'
import { Ledger, type Draft } from './store/ledger.ts'
import type { AccountInfo, ClientEvents, ConnectionStatus, Contact, ConversationSummary, Message, Person } from './model.ts'
import { PrekeyBox } from './keys/prekey-box.ts'
import { ClientPresence } from './presence/presence.ts'
import { PrekeyUpkeep } from './keys/prekey-upkeep.ts'
import { RelayChoice } from './relay/relay-choice.ts'
import { RelayConnection } from './relay/relay-connection.ts'
import { Tables, type MessageRow } from './store/tables.ts'

export type { ClientComponents, ClientConfig, ClientLogger, MakeDialer } from './components.ts'
export type { AccountInfo, ClientEvents, ConnectionStatus, Contact, ConversationSummary, Message, MessageState, Person, PersonPresence, TypingChange, TypingState, Warning } from './model.ts'

export interface WaitOptions { readonly signal?: AbortSignal }

/** Messages marked as read in one batch. */
const readPerBatch = 500

export class Client {
  readonly #components: ClientComponents
  readonly #config: ClientConfig
  readonly #ledger: Ledger
  readonly #tables: Tables
  readonly #suite: Suite
  readonly #events: Emitter
  readonly #history: History
  readonly #contacts: Contacts
  readonly #prekeys: PrekeyBox
  readonly #upkeep: PrekeyUpkeep
  readonly #account: Account
  readonly #connection: RelayConnection
  readonly #device: DeviceIdentity
  readonly #deviceTables = new DeviceTables()
  readonly #chatTables = new ChatTables()
  readonly #groupTables = new GroupTables()
  readonly #groups: Groups
  readonly #disappearing: Disappearing
  readonly #devices: Devices
  readonly #ownDevices: OwnDevices
  #engine: Engine | undefined
  #facts: SyncFacts | undefined
  #readMarks: ReadMarks | undefined
  #missed: Missed | undefined
  #chats: Chats | undefined
  #presence: ClientPresence | undefined

  /**
   * Open what the store has: an account, or nothing yet. The caller keeps the store and closes it after `stop`.
   * @throws ProtocolError DATABASE_CORRUPT
   */
  static async open (components: ClientComponents, config: ClientConfig): Promise<Client> {
    const tables = new Tables(components.primitives)
    const ledger = new Ledger(components.store)
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
    this.#tables = tables
    this.#ledger = ledger
    this.#device = device
    this.#suite = { primitives, profile: heliographProfile }
    this.#events = new Emitter(logger)
    this.#disappearing = new Disappearing({ ledger, chatTables: this.#chatTables, events: this.#events, clock, history: () => this.#history, onEmptied: (draft, row) => { forgetContent(draft, this.#groupTables, row) } })
    this.#history = new History({ tables, timers: this.#disappearing })
    this.#contacts = new Contacts({ ledger, tables, events: this.#events, clock })
    this.#prekeys = new PrekeyBox({ suite: this.#suite, clock, tables, device, onConsumed: () => { this.#upkeep.onConsumed() }, onReplaced: () => { this.#upkeep.onReplaced() } })
    const choice = new RelayChoice({ dialer, clock, signing: primitives, logger }, config)
    const devices = this.#devices = new Devices({ primitives, tables })
    this.#account = new Account({ ledger, tables, prekeys: this.#prekeys, choice, dialer, clock, primitives, device, devices, software: config.software, onUnlinked: () => { this.#onUnlinked() } })
    this.#connection = new RelayConnection({
      dialer,
      clock,
      random,
      logger,
      handlers: new Handlers()
        .onNotification(clientNotifications.deliver, ({ pages }) => { this.#engine?.inbox.onPages(pages) })
        .onNotification(clientNotifications.presence, (body) => { this.#presence?.onPresences(body) })
        .onNotification(clientNotifications.signal, ({ envelopes }) => { this.#presence?.onSignals(envelopes) })
        .onNotification(clientNotifications.refused, (body) => { this.#engine?.groups.onRefused(body) })
        .onNotification(clientNotifications.groupReceipts, ({ receipts }) => { this.#engine?.groups.receipts.onReceipts(receipts) })
        .onNotification(clientNotifications.draining, () => { this.#connection.reconnect(new ProtocolError('DRAINING')) }),
      // Nothing may come before there is somebody to take it.
      home: () => this.#engine === undefined ? undefined : this.#account.home,
      register: async (channel) => { await this.#account.registerAgain(channel) },
      onMoved: async (record) => await this.#account.onMoved(record, AbortSignal.any([])),
      findAddresses: async (_home, signal) => { await this.#account.findAddresses(signal) },
      onOnline: (welcome) => { this.#onOnline(welcome) },
      onStatus: (status) => {
        if (status.state === 'connecting') this.#engine?.inbox.forget()
        if (status.state !== 'online') this.#presence?.lost()
        this.#events.emit('connection', status)
      }
    }, config)
    this.#upkeep = new PrekeyUpkeep({ ledger, prekeys: this.#prekeys, link: this.#connection, clock, random })
    this.#ownDevices = new OwnDevices({
      store: components.store,
      ledger,
      tables,
      deviceTables: this.#deviceTables,
      history: this.#history,
      account: this.#account,
      devices,
      device,
      choice,
      dialer,
      link: this.#connection,
      events: this.#events,
      clock,
      primitives,
      onLinked: async () => { await this.#onLinked() },
      onReady: () => { this.#engine?.onOwnKeys() },
      reconnect: (error) => { this.#connection.reconnect(error) }
    })
    this.#groups = new Groups({
      ledger,
      tables,
      history: this.#history,
      primitives,
      running: () => this.#running(),
      addresses: () => this.#account.home?.addresses ?? []
    })
    const { handover } = this.#ownDevices
    handover.add('highest', tables.highest)
    handover.add('groups', this.#groupTables.states)
    handover.add('groupInfos', this.#groupTables.infos)
    handover.add('receiptSecret', this.#groupTables.secret)
    handover.add('chats', this.#chatTables.chats)
    handover.add('expiry', this.#chatTables.expiry)
    handover.add('profiles', this.#chatTables.profiles)
  }

  // --- account and connection

  /** undefined until `createAccount`. */
  get account (): AccountInfo | undefined { return this.#account.info }
  get connection (): ConnectionStatus { return this.#connection.status }
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
    await this.#loadEngine(info.id)
    if (this.#isStarted) this.#connection.start()
    return info
  }

  #isStarted = false

  /** Connect and stay connected. Without an account: as soon as there is one. */
  start (): void {
    this.#isStarted = true
    if (this.#engine !== undefined) this.#disappearing.start()
    this.#connection.start()
  }

  /** Leaves no timer and no connection. What is not sent yet is sent after the next `open` and `start`. */
  async stop (): Promise<void> {
    this.#isStarted = false
    await this.#connection.stop()
    this.#upkeep.stop()
    this.#engine?.stop()
    this.#missed?.stop()
    this.#disappearing.stop()
    this.#presence?.stop()
    await this.#ledger.idle()
  }

  /** @returns how to stop listening */
  on<Event extends keyof ClientEvents> (event: Event, listener: (value: ClientEvents[Event]) => void): () => void { return this.#events.on(event, listener) }

  /** Everything that a chat does beside plain texts. @throws ProtocolError NOT_REGISTERED */
  get chats (): Chats {
    if (this.#chats === undefined) throw noAccount()
    return this.#chats
  }

  /** Who is there, who types, and what one lets others know. @throws ProtocolError NOT_REGISTERED */
  get presence (): ClientPresence {
    if (this.#presence === undefined) throw noAccount()
    return this.#presence
  }

  // --- people

  /**
   * @param who handle (`alice@eu-1.example.org`, or `alice` for one at the own relay), AccountId or invite link
   * @throws ProtocolError UNKNOWN_HANDLE, UNKNOWN_ACCOUNT, MALFORMED; HOME_UNREACHABLE, DISCONNECTED, TIMEOUT: try again
   */
  async findPerson (who: string, options: WaitOptions = {}): Promise<Person> {
    if (isInvite(who)) {
      const { account, handle } = parseInvite(who)
      const person = await this.#findAccount(account, options)
      return handle !== '' && await this.#isHandleOf(handle, account, options) ? { ...person, handle } : person
    }
    const text = who.trim().toLowerCase()
    const account = accountIdIn(text)
    return account !== undefined ? await this.#findAccount(account, options) : await this.#findHandle(text, options)
  }

  /**
   * Keep somebody under a name. By AccountId or invite link this also works while nobody can be reached: the id is the key.
   * @throws as findPerson
   */
  async addContact (who: string, { name, signal }: { name?: string, signal?: AbortSignal } = {}): Promise<Contact> {
    const { claimedHandle, ...person } = await this.#findOrTrust(who, signal === undefined ? {} : { signal })
    if (person.account === this.account?.id) throw new ProtocolError('BAD_CONVERSATION', { what: 'that is you' })
    return await this.#contacts.add(person.account, { ...(name === undefined ? {} : { name }), ...(person.handle === undefined ? {} : { handle: person.handle }), ...(claimedHandle === undefined ? {} : { claimedHandle }) })
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
  async send (to: ChatId, text: string): Promise<Message> {
    return await this.chats.send(to, text)
  }

  /** Everything in this conversation has been seen; sends read receipts unless they are off. */
  async markRead (chat: ChatId): Promise<void> {
    while (await this.#markSomeRead(chat)) { /* the next batch */ }
  }

  /** Newest first; contacts without a message at the end. */
  async conversations (): Promise<ConversationSummary[]> {
    const own = this.#own()
    const contacts = new Map((await this.#contacts.list()).map((contact) => [contact.account, contact]))
    const { groups } = this.#running()
    const chats = new Set<ChatId>([...await this.#history.chats(this.#ledger), ...contacts.keys(), ...groups.present()])
    const summaries = await Promise.all([...chats].map(async (chat): Promise<ConversationSummary> => {
      const [last] = await this.#history.page(this.#ledger, chat, { limit: 1 })
      return {
        id: conversationOfChat(own, chat).id,
        chat,
        ...isPairChat(chat) ? pairSummary(chat, contacts.get(chat)) : isGroupChat(chat) ? { kind: 'group' as const, name: groups.nameOf(chat), isVerified: false } : { kind: 'self' as const, name: 'Yourself', isVerified: true },
        ...(last === undefined ? {} : { lastMessage: messageOf(last) }),
        unread: (await this.#ledger.read(this.#tables.conversations, chat))?.unread ?? 0,
        info: this.chats.info(chat)
      }
    }))
    const atMs = ({ lastMessage }: ConversationSummary): number => lastMessage?.receivedAtMs ?? lastMessage?.sentAtMs ?? 0
    return summaries.sort((a, b) => atMs(b) - atMs(a) || a.name.localeCompare(b.name))
  }

  /** The newest `limit` (default 50) messages, or those before the message `before`; oldest first. */
  async history (chat: ChatId, { before, limit }: { before?: string, limit?: number } = {}): Promise<Message[]> {
    const rows = await this.#history.page(this.#ledger, chat, { ...(before === undefined ? {} : { before: before as MessageId }), ...(limit === undefined ? {} : { limit }) })
    return rows.map(messageOf)
  }

  /** Messages and receipts that no relay has yet. */
  async outboxLength (): Promise<number> { return this.#engine?.outbox.length ?? 0 }

  /** Resolves when everything written so far is at a relay, or was refused. @throws the signal's reason */
  async flushed ({ signal }: WaitOptions = {}): Promise<void> { await this.#engine?.outbox.flushed(signal) }

  // --- inside

  async #load (): Promise<void> {
    await this.#prekeys.load(this.#ledger)
    await this.#contacts.load()
    await this.#account.load()
    await this.#ownDevices.recover()
    const info = this.#account.info
    if (info !== undefined) await this.#loadEngine(info.id)
  }

  async #loadEngine (account: AccountId): Promise<void> {
    const { clock, random, primitives, logger } = this.#components
    const engine = await Engine.load({
      ledger: this.#ledger,
      tables: this.#tables,
      history: this.#history,
      prekeys: this.#prekeys,
      link: this.#connection,
      events: this.#events,
      clock,
      random,
      primitives,
      suite: this.#suite,
      device: this.#device,
      devices: this.#devices,
      groupTables: this.#groupTables,
      readReceipts: () => this.#config.readReceipts !== false,
      account,
      logger,
      onForeignView: (chat, mark) => { ownView.check(chat, mark).catch((error: unknown) => { logger?.debug('client.own-view', { error: String(error) }) }) },
      onDisowned: (error) => { this.#connection.reconnect(error) },
      onUnaddressed: async (draft, entry) => { await missed.note(draft, entry) }
    })
    const ownView = new OwnView({ ledger: this.#ledger, tables: this.#tables, events: this.#events, own: account, isPrimary: () => this.#account.isPrimary, refresh: async () => { await engine.keys.refresh(account) } })
    const shared = {
      ledger: this.#ledger,
      tables: this.#tables,
      deviceTables: this.#deviceTables,
      history: this.#history,
      events: this.#events,
      clock,
      own: { account, device: this.#device.id },
      compose: async (draft: Draft, told: readonly SyncFact[]) => { await engine.outbox.compose(draft, { chat: selfConversation(account).id, kind: envelopeKinds.sync, body: { kind: 'sync', facts: told } }) }
    }
    const facts = new SyncFacts(shared)
    const acts = new KeptActs({ ...shared, hasOthers: async (draft) => await facts.hasOthers(draft) })
    const missed = this.#missed = new Missed({
      ...shared,
      acts,
      give: async (draft, opened) => { for (const taker of engine.takers) if (taker.kinds.includes(opened.body.kind)) await taker.take(draft, opened) },
      shown: async (draft, row) => { for (const gate of engine.gates) await gate.shown(draft, row) },
      retell: async (draft) => { await facts.retell(draft) },
      isRead: async (draft, chat, place) => await readMarks.isRead(draft, chat, place)
    })
    const readMarks = this.#readMarks = new ReadMarks({ ...shared, facts })
    engine.takers.push(facts, missed, acts)
    engine.gates.push(readMarks)
    const chats = new Chats({
      ledger: this.#ledger,
      tables: this.#tables,
      chatTables: this.#chatTables,
      history: this.#history,
      outbox: engine.outbox,
      receipts: engine.receipts,
      facts,
      events: this.#events,
      clock,
      random,
      own: account,
      strangers: this.#config.strangers ?? 'ask',
      readReceipts: this.#config.readReceipts !== false,
      rights: engine.groups.rights,
      leaveGroup: async (chat) => { await this.#groups.leave(chat) }
    })
    shareContacts(this.#contacts, facts, async (draft, named) => { await chats.onContact(draft, named) })
    engine.takers.push(...chats.takers)
    engine.gates.push(chats.gate)
    engine.groups.asked = chats.gate
    chats.onBlocked(async (draft, blocked) => { await engine.groups.onBlocked(draft, blocked) })
    await chats.load()
    this.#chats = chats
    this.#disappearing.start()
    facts.load()
    await this.#ownDevices.load(facts)
    await acts.load()
    await missed.load()
    await readMarks.load()
    const presence = new ClientPresence({
      ledger: this.#ledger,
      link: this.#connection,
      events: this.#events,
      sealer: engine.sealer,
      entries: engine.entries,
      gates: engine.gates,
      clock,
      random,
      logger,
      groupSize: (chat) => engine.groups.states.current(chat)?.members.size
    })
    await presence.load()
    this.#presence?.close()
    this.#presence = presence
    this.#facts = facts
    this.#engine = engine
  }

  async #onLinked (): Promise<void> {
    await this.#contacts.load()
    await this.#loadEngine(this.#own())
    if (this.#isStarted) this.#connection.start()
  }

  #onUnlinked (): void {
    const id = this.#account.info?.id
    this.#connection.stop().catch((error: unknown) => { this.#components.logger?.debug('client.unlinked', { error: String(error) }) })
    if (id !== undefined) this.#events.emit('unlinked', { account: id })
  }

  #onOnline (welcome: Welcome): void {
    this.#upkeep.resume(welcome.isRegistered ? welcome.oneTimePrekeysLeft : limits.oneTimePrekeys)
    this.#engine?.resume()
    this.#facts?.resume()
    this.#ownDevices.resume()
    this.#missed?.resume()
    this.#presence?.resume()
    this.#settleClaims().catch((error: unknown) => {
      // The next connection asks again.
      this.#components.logger?.debug('client.handle-not-confirmed', { error: String(error) })
    })
  }

  #own (): AccountId {
    const id = this.account?.id
    if (id === undefined) throw noAccount()
    return id
  }

  #running (): Engine {
    if (this.#engine === undefined) throw noAccount()
    return this.#engine
  }

  async #findAccount (account: AccountId, options: WaitOptions): Promise<Person> {
    const { keys } = this.#running()
    await this.#online(options)
    await keys.refresh(account)
    return await this.#personOf(account)
  }

  async #findHandle (text: string, options: WaitOptions): Promise<Person> {
    const { keys } = this.#running()
    const handle = text.includes('@') ? text : `${text}@${this.account!.home.name}`
    await this.#online(options)
    const found = await this.#connection.call(clientMethods.findHandle, { handle }, options)
    const account = accountIdFromBytes(found.account)
    await this.#ledger.run(async (draft) => { await keys.take(draft, account, found) })
    return { ...await this.#personOf(account), handle }
  }

  /** What a link says of its account counts only if the relay that issued the handle says so, too. */
  async #isHandleOf (handle: string, account: AccountId, options: WaitOptions): Promise<boolean> {
    try {
      return accountIdFromBytes((await this.#connection.call(clientMethods.findHandle, { handle }, options)).account) === account
    } catch (error) {
      if (isProtocolError(error) && error.action === 'reject') return false
      throw error
    }
  }

  /** Links that were taken while nobody could be asked. */
  async #settleClaims (): Promise<void> {
    for (const { account, handle } of await this.#contacts.claims()) await this.#contacts.settleClaim(account, handle, await this.#isHandleOf(handle, account, {}))
  }

  async #personOf (account: AccountId): Promise<Person> {
    const home = await this.#ledger.read(this.#tables.homeRecords, account)
    return { account, ...(home === undefined ? {} : { relay: home.homes[0], region: home.region }) }
  }

  async #findOrTrust (who: string, options: WaitOptions): Promise<Person & { claimedHandle?: string }> {
    try {
      return await this.findPerson(who, options)
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!isProtocolError(error) || error.action !== 'later') throw error
      if (isInvite(who)) {
        const { account, handle } = parseInvite(who)
        // Whoever made the link may have put anybody's handle there.
        return { account, ...(handle === '' ? {} : { claimedHandle: handle }) }
      }
      const account = accountIdIn(who.trim().toLowerCase())
      if (account === undefined) throw error
      return { account }
    }
  }

  /** Wait a little for a connection that is being made. @throws ProtocolError DISCONNECTED, or why the last try failed */
  async #online ({ signal }: WaitOptions): Promise<void> {
    if (this.#connection.isOnline) return
    if (!this.#isStarted) throw new ProtocolError('DISCONNECTED')
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error): void => {
        timer.cancel()
        stopListening()
        signal?.removeEventListener('abort', onAbort)
        if (error === undefined) resolve()
        else reject(error)
      }
      const onAbort = (): void => { settle(signal!.reason as Error) }
      const timer = this.#components.clock.after(limits.requestTimeoutMs, () => { settle(this.#connection.status.error ?? new ProtocolError('DISCONNECTED')) })
      const stopListening = this.#events.on('connection', ({ state }) => { if (state === 'online') settle() })
      signal?.addEventListener('abort', onAbort, { once: true })
      if (signal?.aborted === true) onAbort()
    })
  }

  /** @returns whether there may be more */
  async #markSomeRead (chat: ChatId): Promise<boolean> {
    const { receipts, groups } = this.#running()
    return await this.#ledger.run(async (draft) => {
      const unread = (await draft.read(this.#tables.conversations, chat))?.unread ?? 0
      const ids: MessageId[] = []
      const seen: MessageRow[] = []
      let before: MessageId | undefined
      let isAtEnd = unread === 0
      while (!isAtEnd && ids.length < Math.min(unread, readPerBatch)) {
        const page = await this.#history.page(this.#ledger, chat, { limit: readPerBatch, ...(before === undefined ? {} : { before }) })
        isAtEnd = page.length === 0
        before = page[0]?.id
        await this.#history.prefetch(draft, page, 'in')
        for (const { id, direction, state } of page.reverse()) {
          if (direction !== 'in' || state !== 'delivered' || ids.length >= readPerBatch) continue
          ids.push(id)
          const row = await this.#history.update(draft, chat, 'in', id, { state: 'read' })
          if (row === undefined) continue
          seen.push(row)
          draft.after(() => { this.#events.emit('update', messageOf(row)) })
        }
      }
      if (unread === 0) return false
      await this.#readMarks?.put(draft, chat)
      if (ids.length > 0 && this.#config.readReceipts !== false && !this.chats.isSilent(chat, draft)) {
        if (isGroupChat(chat)) await groups.read(draft, chat, seen)
        else await receipts.owe(draft, chat, 'read', ids.reverse())
      }
      const left = isAtEnd ? 0 : unread - ids.length
      draft.write(this.#tables.conversations, chat, { unread: Math.max(0, left) })
      return left > 0
    }, { isFresh: true })
  }
}

const pairSummary = (account: AccountId, contact: Contact | undefined): Pick<ConversationSummary, 'kind' | 'account' | 'name' | 'handle' | 'isVerified'> => ({
  kind: 'pair',
  account,
  name: contact?.name ?? fallbackName(account, ''),
  ...(contact?.handle === undefined ? {} : { handle: contact.handle }),
  isVerified: contact?.isVerified ?? false
})

/** A copy of what was said, for those in a group who could not open it. */
function forgetContent (draft: Draft, { contents }: GroupTables, { chat, id, direction }: MessageRow): void {
  if (direction === 'out' && isGroupChat(chat)) draft.erase(contents, `${chat}/${id}`)
}

const noAccount = (): ProtocolError => new ProtocolError('NOT_REGISTERED', { what: 'create an account first' })

function accountIdIn (text: string): AccountId | undefined {
  try {
    return parseAccountId(text)
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return undefined // not an id: a handle
  }
}
