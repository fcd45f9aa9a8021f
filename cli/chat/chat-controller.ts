/**
 * Between the client engine and the screen: turns events into the next ChatState and what a person types into calls.
 *
 * Owns: the state, which history is loaded, what is marked as read, whose presence is watched, drafts, one change notice
 * per frame however many events come. Does not know: the terminal.
 */
import { isGroupChat, isPairChat } from '../../client/chat-id.ts'
import type { AccountId, ClientLike, GroupInfo } from '../context.ts'
import { groupChangeText, stuckNotice } from '../describe-groups.ts'
import { printable, printableName, viewOf } from '../describe-messages.ts'
import { aboutPerson, aboutText } from '../explain.ts'
import { failureOf } from '../failure.ts'
import { completions, mentionsIn, namesFor, type Named } from '../mentions.ts'
import { Names, groupName } from '../names.ts'
import { messageFor } from '../targets.ts'
import { chatCommandNames, chatHelp, parseChatLine, type ChatCommand } from './chat-commands.ts'
import { newestOf, resolved, type RunInChat } from './chat-run.ts'
import { homeChangeText } from './connection-text.ts'
import {
  initialState, listed, messagesShown, neighbour, selectedConversation, withConnection, withConversations, withMarked, withMessage, withNotice, withOlder, withOverlay, withQuestion, withReplyTo,
  withSelected, withTyping, withoutMessages, type ChatId, type ChatState, type Conversation, type Message
} from './chat-state.ts'
import type { MarkedAct } from './keys.ts'

export interface ControllerTiming {
  nowMs (): number
  /** Calls `task` once after `delayMs`; returns how to cancel. */
  after (delayMs: number, task: () => void): () => void
}

const pageSize = 100
/** At most thirty changes a second reach the screen. */
const frameMs = 33
/** A draft is stored when nothing was typed for so long. */
const draftMs = 2000
/** What a page over the messages can hold, wrapped. */
const maxOverlayLines = 2000
/** What went well is shown for so long; then again who one is talking to. */
const infoMs = 8000
/** Groups in which it is watched who is there: in larger ones nobody reads the names. */
const watchedMembers = 20
const maxWatched = 200

export class ChatController {
  readonly #client: ClientLike
  readonly #timing: ControllerTiming
  readonly #runCommand: RunInChat
  readonly #listeners = new Set<() => void>()
  readonly #unsubscribe: Array<() => void> = []
  readonly #loading = new Set<ChatId>()
  readonly #drafts = new Map<ChatId, string>()
  #names: Names | undefined
  #groups = new Map<ChatId, GroupInfo>()
  #state: ChatState
  #cancelFrame: (() => void) | undefined
  #cancelSecond: (() => void) | undefined
  #cancelDraft: (() => void) | undefined
  #cancelNotice: (() => void) | undefined
  #watched = ''
  #answer: ((line: string) => void) | undefined
  #isRefreshing = false
  #refreshAgain = false
  #storing: Promise<unknown> = Promise.resolve()
  #onQuit: () => void = () => {}

  constructor (client: ClientLike, timing: ControllerTiming, run: RunInChat) {
    this.#client = client
    this.#timing = timing
    this.#runCommand = run
    const account = client.account!
    this.#state = initialState({
      me: { name: account.handle === '' ? account.id.slice(0, 10) : account.handle, home: account.home.name },
      connection: client.connection,
      nowMs: timing.nowMs()
    })
  }

  get state (): ChatState { return this.#state }
  get own (): AccountId | undefined { return this.#client.account?.id }

  subscribe (listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  onQuit (listener: () => void): void { this.#onQuit = listener }

  /** Reads what is there, then follows. `openWith`: what to open first. */
  async start (openWith?: ChatId): Promise<void> {
    const client = this.#client
    this.#names = await Names.load(client)
    this.#unsubscribe.push(
      client.on('message', (message) => {
        this.#set(withTyping(withMessage(this.#state, message), message.chat, message.sender, 'stopped'))
        if (message.chat === this.#state.selected && this.#state.scroll === 0) this.#markRead(message.chat)
        this.#refresh()
      }),
      client.on('update', (message) => { this.#set(withMessage(this.#state, message)); this.#refresh() }),
      client.on('gone', ({ chat, ids }) => { this.#set(withoutMessages(this.#state, chat, ids)); this.#refresh() }),
      client.on('connection', (connection) => { this.#onConnection(connection) }),
      client.on('contact', (contact) => { this.#names!.named(contact.account, contact.name); this.#refresh() }),
      client.on('chat', ({ chat, what }) => {
        // A request comes without a `message`: it is read again if it is open.
        if (what === 'request') this.#run(this.#readAgain(chat))
        this.#refresh()
      }),
      client.on('group', (change) => { this.#run(this.#onGroup(change)) }),
      client.on('stuck', (stuck) => { this.#run(this.#learn([stuck.anchor]).then(() => { this.#notice('warning', stuckNotice(stuck, this.#state.nameOf)) })) }),
      client.on('presence', () => { this.#readPresence() }),
      client.on('typing', ({ chat, account, state }) => { this.#set(withTyping(this.#state, chat, account, state)) }),
      client.on('home', (change) => {
        this.#set({ ...this.#state, me: { name: change.handle === '' ? this.#state.me.name : change.handle, home: change.to.name } })
        this.#notice('warning', homeChangeText(change))
      }),
      client.on('unlinked', () => { this.#notice('warning', 'This device was unlinked from the account: nothing comes or goes any more.') }),
      client.on('warning', (warning) => { this.#notice('warning', printable(warning.text)) }))
    await this.#readConversations()
    this.#onConnection(client.connection)
    if (openWith !== undefined && openWith !== this.#state.selected) await this.open(openWith)
  }

  stop (): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#cancelFrame?.()
    this.#cancelSecond?.()
    this.#cancelDraft?.()
    this.#cancelNotice?.()
    this.#answer?.('')
    this.#listeners.clear()
  }

  /** Drafts that were begun are stored. */
  async idle (): Promise<void> { await this.#storing }

  // what a person does

  async open (chat: ChatId): Promise<void> {
    this.#set(withReplyTo(withSelected(this.#state, chat), undefined))
    if (!this.#state.messages.has(chat)) await this.#loadOlder(chat)
    this.#markRead(chat)
    this.#watch()
  }

  async openNeighbour (step: 1 | -1): Promise<void> {
    const chat = neighbour(this.#state, step)
    if (chat !== undefined) await this.open(chat)
  }

  /** @param lines upwards when positive. `most`: lines above the window */
  scroll (lines: number, most: number): void {
    const { selected, overlay } = this.#state
    if (overlay?.kind === 'lines' || overlay?.kind === 'help') {
      this.#set(withOverlay(this.#state, { ...overlay, scroll: Math.max(0, Math.min(maxOverlayLines, overlay.scroll - lines)) }))
      return
    }
    const scroll = Math.max(0, Math.min(most, this.#state.scroll + lines))
    this.#set({ ...this.#state, scroll })
    if (selected === undefined) return
    if (scroll === 0) this.#markRead(selected)
    if (lines > 0 && this.#state.scroll >= most && !this.#state.complete.has(selected)) this.#run(this.#loadOlder(selected))
  }

  closeOverlay (): void { this.#set(withOverlay(this.#state, undefined)) }
  cancelReply (): void { this.#set(withReplyTo(this.#state, undefined)) }

  /** Somebody is at the keyboard, and this is the line so far. */
  typed (text: string): void {
    const { selected, question } = this.#state
    this.#client.presence.touch()
    if (selected === undefined || question !== undefined || text.startsWith('/')) return
    this.#drafts.set(selected, text)
    this.#run(this.#client.presence.typing(selected, text === '' ? 'stopped' : 'typing'))
    this.#cancelDraft?.()
    this.#cancelDraft = this.#timing.after(draftMs, () => { this.#storeDraft(selected) })
  }

  /** What was begun in this conversation. */
  draftOf (chat: ChatId | undefined): string {
    if (chat === undefined) return ''
    return this.#drafts.get(chat) ?? this.#client.chats.info(chat).draft?.text ?? ''
  }

  /** The conversation is left: what is typed in it stays. */
  keepDraft (chat: ChatId, text: string): void {
    this.#drafts.set(chat, text.startsWith('/') ? '' : text)
    this.#storeDraft(chat)
  }

  #storeDraft (chat: ChatId): void {
    this.#cancelDraft?.()
    this.#cancelDraft = undefined
    const text = this.#drafts.get(chat)
    if (text === undefined || text === (this.#client.chats.info(chat).draft?.text ?? '')) return
    this.#storing = this.#storing.then(async () => { await this.#client.chats.setDraft(chat, text.trim() === '' ? undefined : { text }) }).catch((error: unknown) => { this.#notice('warning', failureOf(error).sentence) })
  }

  mark (step: 'older' | 'newer' | 'none'): void { this.#set(withMarked(this.#state, step)) }

  /**
   * A key on the marked message.
   * @returns what the line is to begin with, when the rest is for the person to type
   */
  actOnMarked (act: MarkedAct): string | undefined {
    const { marked, selected } = this.#state
    const message = messagesShown(this.#state).find(({ id }) => id === marked)
    if (message === undefined || selected === undefined) return undefined
    this.mark('none')
    const command = (line: string): undefined => { this.#run(this.enter(line)); return undefined }
    switch (act) {
      case 'reply': {
        const { text } = viewOf(message, this.#state.nameOf)
        this.#set(withReplyTo(this.#state, { chat: selected, id: message.id, line: `${printableName(this.#state.nameOf(message.sender))}: ${printableName(text)}` }))
        return ''
      }
      case 'react': return `/react #${message.id.slice(-6)} `
      case 'edit': return `/edit #${message.id.slice(-6)} ${message.text}`
      case 'delete': return `/delete #${message.id.slice(-6)}${message.direction === 'out' ? '' : ' me'}`
      case 'forward': return `/forward #${message.id.slice(-6)} `
      case 'vote': return `/vote #${message.id.slice(-6)} `
      case 'star': return command(`/${message.isStarred === true ? 'un' : ''}star #${message.id}`)
      case 'pin': return command(`/${selectedConversation(this.#state)?.pins?.includes(message.id) === true ? 'un' : ''}pin #${message.id}`)
      case 'open': return command(`/open #${message.id}`)
      case 'info': return command(`/info #${message.id}`)
    }
  }

  /**
   * Tab after the beginning of an @name or of a command.
   * @returns the whole line so far with more of it, undefined when there is nothing to complete
   */
  complete (before: string): string | undefined {
    const isCommand = /^\/\w+$/.test(before)
    const { typed, names } = isCommand ? { typed: before, names: chatCommandNames.filter((name) => name.startsWith(before)) } : completions(before, this.#people())
    if (names.length === 0) return undefined
    const common = names.reduce((a, b) => { let n = 0; while (n < a.length && a[n]?.toLowerCase() === b[n]?.toLowerCase()) n++; return a.slice(0, n) })
    if (names.length > 1) this.#notice('info', names.slice(0, 12).join('  '))
    return before.slice(0, before.length - typed.length) + (common.length > typed.length ? common : typed) + (names.length === 1 ? ' ' : '')
  }

  async enter (line: string): Promise<void> {
    this.#set(withNotice(this.#state, undefined))
    if (this.#answer !== undefined) { this.#answer(line); return }
    const { selected } = this.#state
    if (selected !== undefined) this.#drafts.delete(selected)
    this.#cancelDraft?.()
    this.#cancelDraft = undefined
    try {
      await this.#do(parseChatLine(line))
    } catch (error) {
      this.#notice('warning', failureOf(error).sentence)
    }
  }

  async #do (command: ChatCommand): Promise<void> {
    const current = selectedConversation(this.#state)
    switch (command.kind) {
      case 'nothing': return
      case 'wrong': this.#notice('warning', command.sentence); return
      case 'quit': this.#onQuit(); return
      case 'help': {
        const { topic } = command
        if (topic !== undefined && !Object.hasOwn(chatHelp, topic)) { this.#notice('warning', `There is no help on that. Topics: ${Object.keys(chatHelp).join(', ')}`); return }
        this.#set(withOverlay(this.#state, { kind: 'help', scroll: 0, ...(topic === undefined ? {} : { topic }) }))
        return
      }
      case 'invite': this.#set(withOverlay(this.#state, { kind: 'invite', link: this.#client.inviteLink(), handle: this.#client.account?.handle ?? '' })); return
      case 'reply':
      case 'say': await this.#write(current, command); return
      case 'run': {
        const what = resolved(command, { chat: current?.chat, messages: messagesShown(this.#state), selected: this.#state.marked })
        if ('problem' in what) { this.#notice('warning', what.problem); return }
        this.#tell(await this.#runCommand(what.args, async (question) => await this.#ask(question)), what.args)
        await this.#readConversations()
        // What was written by a command, and waits for a connection.
        if (current !== undefined) await this.#readAgain(current.chat)
        return
      }
      case 'add': {
        this.#notice('info', `Looking for ${printableName(command.who)} …`)
        const contact = await this.#client.addContact(command.who, command.name === undefined ? {} : { name: command.name }).catch((error: unknown) => { throw aboutPerson(error, printableName(command.who)) })
        await this.#readConversations()
        this.#notice('info', `${printableName(contact.name)} is now a contact. /verify shows the safety number.`)
        await this.open(contact.account)
        return
      }
      case 'chat': {
        const wanted = command.who.toLowerCase().replace(/^[~#]\s*/, '')
        const name = (one: Conversation): string => one.name.toLowerCase().replace(/^~/, '')
        const found = this.#state.conversations.find((one) => name(one) === wanted || one.handle === wanted || one.chat === wanted) ??
          this.#state.conversations.find((one) => name(one).startsWith(wanted))
        if (found === undefined) this.#notice('warning', `There is no conversation with ${printableName(command.who)}. /add starts one.`)
        else await this.open(found.chat)
        return
      }
      case 'verify': await this.#verify(current, command.answer)
    }
  }

  async #write (current: Conversation | undefined, command: Extract<ChatCommand, { kind: 'say' | 'reply' }>): Promise<void> {
    if (current === undefined) { this.#notice('warning', 'There is nobody to write to yet. Add a person with /add.'); return }
    const { chat } = current
    const answered = this.#state.replyTo?.chat === chat ? this.#state.replyTo.id : undefined
    const replyTo = command.kind === 'say' ? answered : command.message === undefined ? newestOf(messagesShown(this.#state), 'incoming')?.id : (await messageFor(this.#client, chat, command.message)).id
    if (command.kind === 'reply' && replyTo === undefined) { this.#notice('warning', 'Nothing has come in this conversation yet.'); return }
    const mentions = mentionsIn(command.text, this.#people())
    const message = await this.#client.chats.send(chat, { text: command.text, ...(mentions.length === 0 ? {} : { mentions }), ...(replyTo === undefined ? {} : { replyTo }) })
      .catch((error: unknown) => { throw aboutText(error, command.text) })
    this.#set({ ...withReplyTo(withOverlay(withMessage(this.#state, message), undefined), undefined), scroll: 0 })
    this.#refresh()
  }

  async #verify (current: Conversation | undefined, answer: 'yes' | 'no' | undefined): Promise<void> {
    if (current === undefined) { this.#notice('warning', 'Open a conversation first.'); return }
    if (!isPairChat(current.chat)) { this.#notice('warning', 'A safety number belongs to one person: open the conversation with them.'); return }
    if (answer !== undefined) {
      await this.#client.setVerified(current.chat, answer === 'yes')
      await this.#readConversations()
      this.#set(withOverlay(this.#state, undefined))
      this.#notice('info', answer === 'yes' ? `${printableName(current.name)} is verified.` : `${printableName(current.name)} is no longer verified.`)
      return
    }
    const { digits, isVerified } = await this.#client.safetyNumber(current.chat)
    this.#set(withOverlay(this.#state, { kind: 'safety', name: current.name, digits, isVerified }))
  }

  /** A question of a command: the next line is the answer. */
  async #ask (question: string): Promise<string> {
    this.#set(withQuestion(this.#state, question))
    return await new Promise((resolve) => {
      this.#answer = (line) => {
        this.#answer = undefined
        this.#set(withQuestion(this.#state, undefined))
        resolve(line)
      }
    })
  }

  /** What a command has printed: a line below the messages, or a page over them. */
  #tell ({ lines, isProblem }: { readonly lines: readonly string[], readonly isProblem: boolean }, args: readonly string[]): void {
    if (lines.length === 0) return
    if (isProblem) this.#notice('warning', lines.join(' '))
    else if (lines.length === 1 && lines[0]!.length < 200) this.#notice('info', lines[0]!)
    else this.#set(withOverlay(this.#state, { kind: 'lines', title: args.slice(0, 2).join(' '), lines, scroll: 0 }))
  }

  // what the client says

  #onConnection (connection: ChatState['connection']): void {
    this.#set(withConnection(this.#state, connection, this.#timing.nowMs()))
    this.#refresh()
    this.#countDown()
  }

  /** While the next attempt is awaited, the seconds on the screen run. */
  #countDown (): void {
    this.#cancelSecond?.()
    this.#cancelSecond = undefined
    if (this.#state.connection.state !== 'waiting') return
    this.#cancelSecond = this.#timing.after(1000, () => {
      this.#set({ ...this.#state, nowMs: this.#timing.nowMs() })
      this.#countDown()
    })
  }

  async #onGroup (change: Parameters<typeof groupChangeText>[0]): Promise<void> {
    await this.#readConversations()
    await this.#learn([...change.accounts, ...(change.actor === undefined ? [] : [change.actor])])
    const place = change.chat === this.#state.selected ? '' : `${printableName(groupName(change.name, change.chat))}: `
    this.#notice('info', `${place}${groupChangeText(change, this.#state.nameOf)}`)
  }

  #markRead (chat: ChatId): void {
    const conversation = this.#state.conversations.find((one) => one.chat === chat)
    // A stranger learns nothing until the person has decided.
    if (conversation?.isRequest === true) return
    const conversations = (conversation?.unread ?? 0) === 0 ? this.#state.conversations : this.#state.conversations.map((one) => one.chat === chat ? { ...one, unread: 0 } : one)
    this.#set({ ...this.#state, conversations })
    this.#run(this.#client.markRead(chat))
  }

  async #loadOlder (chat: ChatId): Promise<void> {
    if (this.#loading.has(chat)) return
    this.#loading.add(chat)
    try {
      const before = this.#state.messages.get(chat)?.[0]?.id
      const older = await this.#client.history(chat, { limit: pageSize, ...(before === undefined ? {} : { before }) })
      this.#set(withOlder(this.#state, chat, older, older.length < pageSize))
      await this.#learn(peopleIn(older))
    } finally {
      this.#loading.delete(chat)
    }
  }

  /** What came without an event of its own. */
  async #readAgain (chat: ChatId): Promise<void> {
    if (!this.#state.messages.has(chat)) return
    const newest = await this.#client.history(chat, { limit: pageSize })
    for (const message of newest) this.#set(withMessage(this.#state, message))
    await this.#learn(peopleIn(newest))
  }

  async #learn (accounts: readonly AccountId[]): Promise<void> {
    if (await this.#names!.learn(accounts)) this.#renamed()
  }

  #renamed (): void {
    const names = this.#names!
    this.#set({ ...this.#state, nameOf: (account) => names.of(account) })
  }

  /** Many events in a row read the conversations once more, not once each. */
  #refresh (): void {
    if (this.#isRefreshing) { this.#refreshAgain = true; return }
    this.#isRefreshing = true
    this.#timing.after(frameMs, () => {
      this.#refreshAgain = false
      this.#run(this.#readConversations().finally(() => {
        this.#isRefreshing = false
        if (this.#refreshAgain) this.#refresh()
      }))
    })
  }

  async #readConversations (): Promise<void> {
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
      const isOpen = one.chat === this.#state.selected && this.#state.scroll === 0 && !isRequest
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
    const before = this.#state.selected
    this.#set({ ...withConversations(this.#state, [...all.values()]), waiting, nowMs: this.#timing.nowMs() })
    const { selected } = this.#state
    if (before === undefined && selected !== undefined && !this.#state.messages.has(selected)) await this.open(selected)
    const messages = messagesShown(this.#state)
    await this.#learn(peopleIn(messages.slice(-pageSize)))
    this.#watch()
  }

  /** Whoever stands in the list, and who is in the open group when they are few. */
  #watch (): void {
    const people = new Map<AccountId, { account: AccountId, group?: ChatId }>()
    const { selected } = this.#state
    const group = selected === undefined ? undefined : this.#groups.get(selected)
    const add = (account: AccountId, more: { group?: ChatId } = {}): void => { if (account !== this.#client.account?.id && people.size < maxWatched && !people.has(account)) people.set(account, { account, ...more }) }
    if (selected !== undefined && isPairChat(selected)) add(selected)
    for (const { chat, isRequest, isBlocked } of listed(this.#state)) if (isPairChat(chat) && isRequest !== true && isBlocked !== true) add(chat)
    if (group !== undefined && group.members.length <= watchedMembers) for (const { account } of group.members) add(account, { group: group.chat })
    const key = [...people.keys()].sort().join()
    if (key === this.#watched) return
    this.#watched = key
    this.#client.presence.watch([...people.values()])
    this.#readPresence()
  }

  #readPresence (): void {
    const presence = new Map<ChatId, ReturnType<ClientLike['presence']['of']>>()
    for (const account of this.#watched.split(',').filter((one) => one !== '') as AccountId[]) presence.set(account, this.#client.presence.of(account))
    this.#set({ ...this.#state, presence, nowMs: this.#timing.nowMs() })
  }

  /** Who can be mentioned in the open conversation. */
  #people (): Named[] {
    const { selected, nameOf } = this.#state
    if (selected === undefined) return []
    const accounts = isGroupChat(selected) ? this.#groups.get(selected)?.members.map(({ account }) => account) ?? [] : isPairChat(selected) ? [selected] : []
    return accounts.filter((account) => account !== this.#client.account?.id).flatMap((account) => namesFor(account, nameOf(account)))
  }

  #notice (level: 'info' | 'warning', text: string): void {
    const notice = { level, text }
    this.#set(withNotice(this.#state, notice))
    this.#cancelNotice?.()
    this.#cancelNotice = level === 'warning' ? undefined : this.#timing.after(infoMs, () => { if (this.#state.notice === notice) this.#set(withNotice(this.#state, undefined)) })
  }

  #run (work: Promise<unknown>): void {
    work.catch((error: unknown) => { this.#notice('warning', failureOf(error).sentence) })
  }

  #set (state: ChatState): void {
    if (state === this.#state) return
    this.#state = state
    this.#cancelFrame ??= this.#timing.after(frameMs, () => {
      this.#cancelFrame = undefined
      for (const listener of this.#listeners) listener()
    })
  }
}

/** Whose names are on the screen. */
const peopleIn = (messages: readonly Message[]): AccountId[] => messages.flatMap((message) => [
  message.sender,
  ...(message.replyTo === undefined ? [] : [message.replyTo.author]),
  ...(message.reactions ?? []).map(({ account }) => account),
  ...(message.votes ?? []).map(({ account }) => account)
])
