/**
 * What the screen shows of the client: conversations, the messages that are loaded, names, who is there.
 *
 * Owns: which history is loaded, whose presence is watched, how often the conversations are read again. Does not know: what a person
 * does (chat-controller.ts).
 */
import { isGroupChat, isPairChat } from '../../client/chat-id.ts'
import type { AccountId, ClientLike, GroupInfo } from '../context.ts'
import { namesFor, type Named } from '../mentions.ts'
import { Names } from '../names.ts'
import { listed, messagesShown, withConversations, withMessage, withOlder, type ChatId, type Conversation, type Message } from './chat-state.ts'
import { frameMs, type ChatTiming, type ShownState } from './shown-state.ts'

const pageSize = 100
/** Groups in which it is watched who is there: in larger ones nobody reads the names. */
const watchedMembers = 20
const maxWatched = 200

export class ChatReading {
  readonly #client: ClientLike
  readonly #timing: ChatTiming
  readonly #shown: ShownState
  readonly #open: (chat: ChatId) => Promise<void>
  readonly #loading = new Set<ChatId>()
  #names: Names | undefined
  #groups = new Map<ChatId, GroupInfo>()
  #watched = ''
  #isRefreshing = false
  #refreshAgain = false

  /** @param open there is something to show, and nothing was open */
  constructor (client: ClientLike, timing: ChatTiming, shown: ShownState, open: (chat: ChatId) => Promise<void>) {
    this.#client = client
    this.#timing = timing
    this.#shown = shown
    this.#open = open
  }

  async start (): Promise<void> { this.#names = await Names.load(this.#client) }

  named (account: AccountId, name: string): void {
    this.#names!.named(account, name)
    this.refresh()
  }

  async loadOlder (chat: ChatId): Promise<void> {
    if (this.#loading.has(chat)) return
    this.#loading.add(chat)
    try {
      const before = this.#shown.state.messages.get(chat)?.[0]?.id
      const older = await this.#client.history(chat, { limit: pageSize, ...(before === undefined ? {} : { before }) })
      this.#shown.set(withOlder(this.#shown.state, chat, older, older.length < pageSize))
      await this.learn(peopleIn(older))
    } finally {
      this.#loading.delete(chat)
    }
  }

  /** What came without an event of its own. */
  async readAgain (chat: ChatId): Promise<void> {
    if (!this.#shown.state.messages.has(chat)) return
    const newest = await this.#client.history(chat, { limit: pageSize })
    for (const message of newest) this.#shown.set(withMessage(this.#shown.state, message))
    await this.learn(peopleIn(newest))
  }

  async learn (accounts: readonly AccountId[]): Promise<void> {
    if (await this.#names!.learn(accounts)) this.#renamed()
  }

  #renamed (): void {
    const names = this.#names!
    this.#shown.set({ ...this.#shown.state, nameOf: (account) => names.of(account) })
  }

  /** Many events in a row read the conversations once more, not once each. */
  refresh (): void {
    if (this.#isRefreshing) { this.#refreshAgain = true; return }
    this.#isRefreshing = true
    this.#timing.after(frameMs, () => {
      this.#refreshAgain = false
      this.#shown.run(this.readConversations().finally(() => {
        this.#isRefreshing = false
        if (this.#refreshAgain) this.refresh()
      }))
    })
  }

  async readConversations (): Promise<void> {
    const names = this.#names!
    const [summaries, contacts, waiting, groups] = await Promise.all([this.#client.conversations(), this.#client.contacts(), this.#client.outboxLength(), this.#client.groups.list(), names.refresh()])
    this.#groups = new Map(groups.map((group) => [group.chat, group]))
    await names.learn(summaries.flatMap(({ account }) => account ?? []))
    this.#renamed()
    const all = new Map<ChatId, Conversation>()
    for (const contact of contacts) {
      all.set(contact.account, { chat: contact.account, kind: 'pair', name: contact.name, isVerified: contact.isVerified, unread: 0, lastAtMs: contact.addedAtMs, ...(contact.handle === undefined ? {} : { handle: contact.handle }) })
    }
    for (const one of summaries) {
      const group = this.#groups.get(one.chat)
      // Declined, left without a word, of one's own devices: not to be written to.
      const isOver = group !== undefined && !group.isMember && !group.isPending && one.lastMessage === undefined
      if (one.info.request === 'declined' || isOver || (one.kind === 'self' && one.lastMessage === undefined)) { all.delete(one.chat); continue }
      const lastAtMs = one.lastMessage?.receivedAtMs ?? one.lastMessage?.sentAtMs ?? all.get(one.chat)?.lastAtMs ?? 0
      const isRequest = one.info.request === 'pending'
      const isOpen = one.chat === this.#shown.state.selected && this.#shown.state.scroll === 0 && !isRequest
      const { isMuted, isArchived, isBlocked, timerS, pins } = one.info
      all.set(one.chat, {
        chat: one.chat,
        kind: one.kind,
        name: names.ofChat(one.chat),
        isVerified: one.isVerified,
        unread: isOpen ? 0 : one.unread,
        lastAtMs,
        ...(one.handle === undefined ? {} : { handle: one.handle }),
        ...(group === undefined ? {} : { memberCount: group.members.length }),
        ...{ isMuted, isArchived, isBlocked, isRequest, timerS, pins }
      })
    }
    const before = this.#shown.state.selected
    this.#shown.set({ ...withConversations(this.#shown.state, [...all.values()]), waiting, nowMs: this.#timing.nowMs() })
    const { selected } = this.#shown.state
    if (before === undefined && selected !== undefined && !this.#shown.state.messages.has(selected)) await this.#open(selected)
    const messages = messagesShown(this.#shown.state)
    await this.learn(peopleIn(messages.slice(-pageSize)))
    this.watch()
  }

  /** Whoever stands in the list, and who is in the open group when they are few. */
  watch (): void {
    const people = new Map<AccountId, { account: AccountId, group?: ChatId }>()
    const { selected } = this.#shown.state
    const group = selected === undefined ? undefined : this.#groups.get(selected)
    const add = (account: AccountId, more: { group?: ChatId } = {}): void => { if (account !== this.#client.account?.id && people.size < maxWatched && !people.has(account)) people.set(account, { account, ...more }) }
    if (selected !== undefined && isPairChat(selected)) add(selected)
    for (const { chat, isRequest, isBlocked } of listed(this.#shown.state)) if (isPairChat(chat) && isRequest !== true && isBlocked !== true) add(chat)
    if (group !== undefined && group.members.length <= watchedMembers) for (const { account } of group.members) add(account, { group: group.chat })
    const key = [...people.keys()].sort().join()
    if (key === this.#watched) return
    this.#watched = key
    this.#client.presence.watch([...people.values()])
    this.readPresence()
  }

  readPresence (): void {
    const presence = new Map<ChatId, ReturnType<ClientLike['presence']['of']>>()
    for (const account of this.#watched.split(',').filter((one) => one !== '') as AccountId[]) presence.set(account, this.#client.presence.of(account))
    this.#shown.set({ ...this.#shown.state, presence, nowMs: this.#timing.nowMs() })
  }

  /** Who can be mentioned in the open conversation. */
  people (): Named[] {
    const { selected, nameOf } = this.#shown.state
    if (selected === undefined) return []
    const accounts = isGroupChat(selected) ? this.#groups.get(selected)?.members.map(({ account }) => account) ?? [] : isPairChat(selected) ? [selected] : []
    return accounts.filter((account) => account !== this.#client.account?.id).flatMap((account) => namesFor(account, nameOf(account)))
  }
}

/** Whose names are on the screen. */
const peopleIn = (messages: readonly Message[]): AccountId[] => messages.flatMap((message) => [
  message.sender,
  ...(message.replyTo === undefined ? [] : [message.replyTo.author]),
  ...(message.reactions ?? []).map(({ account }) => account),
  ...(message.votes ?? []).map(({ account }) => account)
])
