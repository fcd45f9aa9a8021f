/**
 * A client engine for tests of the cli: keeps everything in memory, and the test plays the relay and the other people.
 */
import type { ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId, RelayId } from '../../protocol/ids.ts'
import type { ChatId } from '../../client/chat-id.ts'
import { isGroupChat, isPairChat } from '../../client/chat-id.ts'
import type { ClientEvents, Contact, ConversationSummary, Message, MessageState } from '../../client/client.ts'
import type { ClientLike, GroupInfo } from '../context.ts'

type Listeners = { [Event in keyof ClientEvents]: Set<(value: ClientEvents[Event]) => void> }

export const accountCalled = (name: string): AccountId => `b${name.padEnd(55, 'a')}` as AccountId
const idOf = (index: number): MessageId => index.toString(16).padStart(32, '0') as MessageId
/** Hex, as a group's id is. */
export const groupCalled = (name: string): ConversationId => `02${Buffer.from(name).toString('hex').padEnd(96, '0')}` as ConversationId

type ChatInfo = ReturnType<ClientLike['chats']['info']>
type Profile = NonNullable<Awaited<ReturnType<ClientLike['chats']['profileOf']>>>
type Lists = Awaited<ReturnType<ClientLike['chats']['lists']>>
type Presence = ReturnType<ClientLike['presence']['of']>

export class FakeClient implements ClientLike {
  account: ClientLike['account'] = { id: accountCalled('me'), device: 'device' as DeviceId, handle: 'ada@eu-1', home: { relay: 'relay' as RelayId, name: 'eu-1', region: 'eu' } }
  connection: ClientLike['connection'] = { state: 'offline' }
  isStarted = false
  readonly readMarks: ChatId[] = []
  readonly people = new Map<string, AccountId>()
  readonly #contacts = new Map<AccountId, Contact>()
  readonly #messages = new Map<ChatId, Message[]>()
  readonly #unread = new Map<ChatId, number>()
  readonly #listeners: Listeners = { message: new Set(), update: new Set(), connection: new Set(), home: new Set(), contact: new Set(), warning: new Set(), chat: new Set(), gone: new Set(), group: new Set(), stuck: new Set(), presence: new Set(), typing: new Set(), devices: new Set(), unlinked: new Set() }
  readonly #infos = new Map<ChatId, ChatInfo>()
  readonly #groups = new Map<ChatId, GroupInfo>()
  readonly #profiles = new Map<AccountId, Profile>()
  readonly #presences = new Map<AccountId, Presence>()
  #lists: Lists = []
  #policy: 'everyone' | 'contacts' | 'nobody' = 'everyone'
  /** What was asked of it that leaves no other trace. */
  readonly did: unknown[][] = []
  watched: unknown[] = []
  receipts: Awaited<ReturnType<ClientLike['groups']['receiptsOf']>> = []
  ownDevices: Awaited<ReturnType<ClientLike['devices']['list']>> = [{ id: 'device' as DeviceId, name: '', isThis: true, isPrimary: true }]
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

  /** Others have made it. */
  group (name: string, members: readonly AccountId[], { role = 'member' as 'member' | 'admin' | 'owner' } = {}): ConversationId {
    const chat = groupCalled(name)
    this.#groups.set(chat, {
      chat,
      conversation: chat,
      name,
      description: '',
      icon: new Uint8Array(0),
      isPending: false,
      isMember: true,
      role,
      members: [{ account: this.account!.id, role, sinceSeq: 1 }, ...members.map((account) => ({ account, role: 'member' as const, sinceSeq: 1 }))],
      settings: { whoMaySend: 'everyone', whoMayAdd: 'everyone', whoMayEdit: 'everyone' },
      links: [],
      head: '00'.repeat(32),
      seq: 1,
      anchor: this.account!.id,
      isReanchored: false
    })
    this.#emit('group', { chat, name, what: 'joined', accounts: [this.account!.id], isMember: true, seq: 1 })
    return chat
  }

  /** Somebody writes in a group, or something that is more than a text. */
  receiveIn (chat: ChatId, sender: AccountId, what: Partial<Message>): Message {
    const message = this.#add(chat, { direction: 'in', text: '', state: 'delivered', ...what, sender })
    this.#unread.set(chat, (this.#unread.get(chat) ?? 0) + 1)
    this.#emit('message', message)
    return message
  }

  /** A stranger writes. */
  request (chat: ChatId, text: string): void {
    this.#add(chat, { direction: 'in', text, state: 'delivered' })
    this.#setInfo(chat, 'request', { request: 'pending' })
  }

  present (account: AccountId, state: Presence['state'], lastSeenMs?: number): void {
    const presence = { account, state, ...(lastSeenMs === undefined ? {} : { lastSeenMs }) }
    this.#presences.set(account, presence)
    this.#emit('presence', presence)
  }

  type (chat: ChatId, account: AccountId, state: 'typing' | 'recording' | 'stopped'): void { this.#emit('typing', { chat, account, state }) }
  introduce (account: AccountId, name: string): void { this.#profiles.set(account, { account, name, about: '', picture: new Uint8Array(0), version: 1 }) }
  change (chat: ChatId, id: MessageId, change: Partial<Message>): void {
    const messages = this.#messages.get(chat) ?? []
    const at = messages.findIndex((message) => message.id === id)
    messages[at] = { ...messages[at]!, ...change }
    this.#emit('update', messages[at])
  }

  // what the cli uses

  readonly chats: ClientLike['chats'] = {
    send: async (chat, what) => {
      const { text = '', replyTo, ...rest } = typeof what === 'string' ? { text: what } : what
      const original = replyTo === undefined ? undefined : this.#messages.get(chat)!.find(({ id }) => id === replyTo)!
      if (original?.isDeleted === true) throw new ProtocolError('NOT_ADMITTED')
      this.#setInfo(chat, 'draft', { draft: undefined })
      return this.#add(chat, { direction: 'out', text, state: 'pending', ...rest, ...(original === undefined ? {} : { replyTo: { messageId: original.id, author: original.sender, excerpt: original.text } }) })
    },
    forward: async (chat, id, to) => to.map((other) => this.#add(other, { direction: 'out', text: this.#at(chat, id).text, state: 'pending', forwarded: 1 })),
    react: async (chat, id, emoji) => {
      if (/^[a-z]+$/.test(emoji)) throw new ProtocolError('MALFORMED', { what: 'not one emoji' })
      const others = (this.#at(chat, id).reactions ?? []).filter(({ account }) => account !== this.account!.id)
      this.change(chat, id, { reactions: emoji === '' ? others : [...others, { account: this.account!.id, emoji, atMs: this.#nowMs }] })
    },
    edit: async (chat, id, text) => { this.change(chat, id, { text, editedAtMs: this.#nowMs }) },
    deleteForMe: async (chat, ids) => {
      this.#messages.set(chat, (this.#messages.get(chat) ?? []).filter(({ id }) => !ids.includes(id)))
      this.#emit('gone', { chat, ids })
    },
    deleteForEveryone: async (chat, id) => {
      if (this.#at(chat, id).direction === 'in') throw new ProtocolError('NOT_ADMITTED')
      this.change(chat, id, { text: '', isDeleted: true })
    },
    vote: async (chat, id, options) => { this.change(chat, id, { votes: [...(this.#at(chat, id).votes ?? []).filter(({ account }) => account !== this.account!.id), { account: this.account!.id, options, atMs: this.#nowMs }] }) },
    pin: async (chat, id, isPinned) => { this.#setInfo(chat, 'pins', { pins: isPinned ? [id] : [] }) },
    star: async (chat, id, value) => { this.change(chat, id, { isStarred: value }) },
    starred: async () => [...this.#messages.values()].flat().filter(({ isStarred }) => isStarred === true),
    openOnce: async (chat, id) => {
      const { text } = this.#at(chat, id)
      this.change(chat, id, { text: '', isOpened: true })
      return { text }
    },
    message: async (chat, id) => (this.#messages.get(chat) ?? []).find((one) => one.id === id),
    info: (chat) => this.#info(chat),
    mute: async (chat, until) => { this.#setInfo(chat, 'mute', { isMuted: until !== undefined, ...(typeof until === 'number' ? { mutedUntilMs: until } : {}) }) },
    archive: async (chat, value) => { this.#setInfo(chat, 'archive', { isArchived: value }) },
    setDraft: async (chat, draft) => { this.#setInfo(chat, 'draft', { draft }) },
    setTimer: async (chat, seconds) => { this.#setInfo(chat, 'timer', { timerS: seconds }) },
    block: async (account) => { this.#setInfo(account, 'block', { isBlocked: true }) },
    unblock: async (account) => { this.#setInfo(account, 'block', { isBlocked: false }) },
    blocked: () => [...this.#infos.values()].flatMap(({ chat, isBlocked }) => isBlocked && isPairChat(chat) ? [chat] : []),
    isBlocked: (account) => this.#info(account).isBlocked,
    report: async (chat, { account = chat as AccountId, reason = '' } = {}) => ({ version: 1, madeAtMs: this.#nowMs, reporter: this.account!.id, reported: account, chat, reason, messages: [], note: '' }),
    requests: () => [...this.#infos.values()].filter(({ request }) => request === 'pending'),
    accept: async (chat) => { this.#setInfo(chat, 'request', { request: undefined }) },
    decline: async (chat) => { this.#setInfo(chat, 'request', { request: 'declined' }) },
    addPolicy: async () => this.#policy,
    setAddPolicy: async (policy) => { this.#policy = policy },
    setProfile: async ({ name = '', about = '', picture = new Uint8Array(0) }) => { this.#profiles.set(this.account!.id, { account: this.account!.id, name, about, picture, version: 1 }) },
    profileOf: async (account) => this.#profiles.get(account),
    lists: async () => this.#lists,
    createList: async (name, accounts) => { const list = { id: `list${this.#lists.length}`, name, accounts }; this.#lists = [...this.#lists, list]; return list },
    changeList: async (id, change) => { this.#lists = this.#lists.map((list) => list.id === id ? { ...list, ...change } : list); return this.#lists.find((list) => list.id === id)! },
    removeList: async (id) => { this.#lists = this.#lists.filter((list) => list.id !== id) },
    sendToList: async (id, what) => this.#lists.find((list) => list.id === id)!.accounts.map((account) => this.#add(account, { direction: 'out', text: typeof what === 'string' ? what : what.text ?? '', state: 'pending' }))
  }

  readonly groups: ClientLike['groups'] = {
    create: async ({ name, members, description = '' }) => {
      const chat = this.group(name, members, { role: 'owner' })
      this.#setGroup(chat, { description })
      return { chat }
    },
    add: async (chat, accounts) => this.#setGroup(chat, { members: [...this.#groups.get(chat)!.members, ...accounts.map((account) => ({ account, role: 'member' as const, sinceSeq: 2 }))] }),
    remove: async (chat, accounts) => this.#setGroup(chat, { members: this.#groups.get(chat)!.members.filter(({ account }) => !accounts.includes(account)) }),
    leave: async (chat) => this.#setGroup(chat, { isMember: false }),
    reanchor: async (chat, { to = this.account!.id } = {}) => {
      this.#setGroup(chat, { anchor: to, isReanchored: true })
      return { chat, anchor: to, epoch: 1 }
    },
    setRole: async (chat, account, role) => {
      if (this.#groups.get(chat)!.role === 'member') throw new ProtocolError('NOT_ALLOWED')
      return this.#setGroup(chat, { members: this.#groups.get(chat)!.members.map((one) => one.account === account ? { ...one, role } : one) })
    },
    setSettings: async (chat, rules) => this.#setGroup(chat, { settings: { ...this.#groups.get(chat)!.settings, ...rules } }),
    setProfile: async (chat, change) => this.#setGroup(chat, change),
    createLink: async (chat, { expiresAtMs = 0, maxUses = 0 } = {}) => {
      const linkId = '5c0a11f2'.repeat(4)
      this.#setGroup(chat, { links: [{ id: linkId, expiresAtMs, maxUses, uses: 0, madeBy: this.account!.id }] })
      return { chat: chat as ConversationId, link: 'heliograph:group?id=x', linkId }
    },
    revokeLink: async (chat, linkId) => this.#setGroup(chat, { links: this.#groups.get(chat)!.links.filter(({ id }) => id !== linkId) }),
    join: async (link) => { this.did.push(['join', link]); return { chat: this.group('Joined', []) } },
    settled: async () => {},
    state: async (chat) => this.#groups.get(chat),
    list: async () => [...this.#groups.values()],
    receiptsOf: async () => this.receipts
  }

  /** The primary takes this device out of the list. */
  unlinkThis (): void {
    Object.assign(this.devices, { isUnlinked: true })
    this.#emit('unlinked', { account: this.account!.id })
  }

  homeStatus: Awaited<ReturnType<ClientLike['home']['status']>> = {
    relay: 'relay' as RelayId, name: 'eu-1', region: 'eu', epoch: 2, isOnline: true, standby: { relay: 'other' as RelayId, name: 'us-1', region: 'us' }, isStandbyInSync: true, wish: 'auto', mayMove: true, isPrimary: true
  }

  readonly home: ClientLike['home'] = {
    status: async () => this.homeStatus,
    setStandby: async (wish) => {
      if (!this.homeStatus.isPrimary) throw new ProtocolError('NOT_ALLOWED')
      if (wish === this.homeStatus.name) throw new ProtocolError('NOT_ADMITTED')
      const { standby: _standby, isStandbyInSync: _sync, ...rest } = this.homeStatus
      this.homeStatus = wish === 'none' ? { ...rest, wish: 'none', mayMove: false } : { ...rest, wish: wish === 'auto' ? 'auto' : 'chosen', standby: { relay: 'other' as RelayId, name: wish === 'auto' ? 'us-1' : wish, region: 'us' } }
      return this.homeStatus
    },
    move: async (relay = 'us-1') => {
      if (relay === 'xx-1') throw new ProtocolError('UNKNOWN_RELAY')
      const { relay: from, name, region } = this.homeStatus
      const to = { relay: 'other' as RelayId, name: relay, region: 'us' }
      this.homeStatus = { ...this.homeStatus, ...to, epoch: this.homeStatus.epoch + 1 }
      this.#emit('home', { reason: 'asked', from: { relay: from, name, region }, to, handle: `ada@${relay}` })
      return this.homeStatus
    }
  }

  /** The home has died. */
  moveHome (name: string): void {
    const { home } = this.account!
    this.#emit('home', { reason: 'dead', from: home, to: { relay: 'other' as RelayId, name, region: 'us' }, handle: `ada@${name}` })
  }

  readonly devices: ClientLike['devices'] = {
    isPrimary: true,
    isUnlinked: false,
    list: async () => this.ownDevices,
    rename: async (id, name) => { this.ownDevices = this.ownDevices.map((one) => one.id === id ? { ...one, name } : one) },
    unlink: async (id) => { this.ownDevices = this.ownDevices.filter((one) => one.id !== id) },
    startLinking: async ({ name = '' } = {}) => {
      this.did.push(['startLinking', name])
      return { code: 'heliograph:link?v=1&id=abc', expiresAtMs: Date.now() + 300_000, shortCode: Promise.resolve('123456'), linked: Promise.resolve(), hasWholeHistory: Promise.resolve(true), cancel: () => {} }
    },
    approve: async (code) => {
      if (!code.startsWith('heliograph:link?')) throw new ProtocolError('MALFORMED')
      return {
        shortCode: '123456',
        reject: () => { this.did.push(['reject']) },
        confirm: async ({ onProgress } = {}) => {
          onProgress?.({ done: 1, total: 1 })
          const id = 'new-device' as DeviceId
          this.ownDevices = [...this.ownDevices, { id, name: 'laptop', isThis: false, isPrimary: false }]
          return { id, identityKey: new Uint8Array(32), registrationId: 1 }
        },
        history: Promise.resolve(true)
      }
    }
  }

  readonly presence: ClientLike['presence'] = {
    touch: () => {},
    setState: () => {},
    policy: async () => ({ online: 'everyone', lastSeen: 'everyone', contacts: [], blocked: [] }),
    setPolicy: async (changes) => { this.did.push(['setPolicy', changes]); return { online: 'everyone', lastSeen: 'everyone', contacts: [], blocked: [], ...changes } },
    watch: (people) => { this.watched = [...people] },
    of: (account) => this.#presences.get(account) ?? { account, state: 'unknown' },
    typingIn: () => [],
    typing: async (chat, state) => { this.did.push(['typing', chat, state]) }
  }

  #info (chat: ChatId): ChatInfo { return this.#infos.get(chat) ?? { chat, isMuted: false, isArchived: false, timerS: 0, pins: [], isBlocked: false } }
  #setInfo (chat: ChatId, what: ClientEvents['chat']['what'], change: { [Key in keyof ChatInfo]?: ChatInfo[Key] | undefined }): void {
    const info = Object.fromEntries(Object.entries({ ...this.#info(chat), ...change }).filter(([, value]) => value !== undefined)) as unknown as ChatInfo
    this.#infos.set(chat, info)
    this.#emit('chat', { chat, what, info })
  }

  #setGroup (chat: ChatId, change: Partial<GroupInfo>): { chat: ConversationId } {
    this.#groups.set(chat, { ...this.#groups.get(chat)!, ...change })
    return { chat: chat as ConversationId }
  }

  #at (chat: ChatId, id: MessageId): Message { return this.#messages.get(chat)!.find((one) => one.id === id)! }

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

  async send (to: ChatId, text: string): Promise<Message> { return await this.chats.send(to, text) }

  async markRead (chat: ChatId): Promise<void> {
    this.readMarks.push(chat)
    this.#unread.set(chat, 0)
  }

  async conversations (): Promise<ConversationSummary[]> {
    return [...new Set([...this.#messages.keys(), ...this.#groups.keys()])].map((chat): ConversationSummary => {
      const contact = this.#contacts.get(chat as AccountId)
      const last = this.#messages.get(chat)?.at(-1)
      return {
        id: chat as unknown as ConversationId,
        chat,
        kind: isGroupChat(chat) ? 'group' : 'pair',
        info: this.#info(chat),
        ...(isPairChat(chat) ? { account: chat } : {}),
        name: contact?.name ?? this.#groups.get(chat)?.name ?? chat.slice(0, 8),
        isVerified: contact?.isVerified ?? false,
        ...(last === undefined ? {} : { lastMessage: last }),
        ...(contact?.handle === undefined ? {} : { handle: contact.handle }),
        unread: this.#unread.get(chat) ?? 0
      }
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

  #add (chat: ChatId, what: Pick<Message, 'direction' | 'text' | 'state'> & Partial<Message>): Message {
    this.#count++
    const messages = this.#messages.get(chat) ?? []
    const isIn = what.direction === 'in'
    const message: Message = { id: idOf(this.#count), conversation: chat as unknown as ConversationId, chat, sender: isIn ? chat as AccountId : this.account!.id, sentAtMs: this.#nowMs, seq: messages.length + 1, ...(isIn ? { receivedAtMs: this.#nowMs } : {}), ...what }
    this.#messages.set(chat, [...messages, message])
    return message
  }

  #emit<Event extends keyof ClientEvents> (event: Event, value: ClientEvents[Event]): void {
    for (const listener of this.#listeners[event]) listener(value)
  }
}
