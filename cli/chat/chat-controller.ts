/**
 * Between the client engine and the screen: turns events into the next ChatState and what a person types into calls.
 *
 * Owns: the state, which history is loaded, what is marked as read, one change notice per frame however many events
 * come. Does not know: the terminal.
 */
import { isPairChat } from '../../client/chat-id.ts'
import { printable, printableName } from '../describe-messages.ts'
import { aboutPerson, aboutText } from '../explain.ts'
import { failureOf } from '../failure.ts'
import type { ClientLike } from '../context.ts'
import { parseChatLine, type ChatCommand } from './chat-commands.ts'
import {
  initialState, neighbour, selectedConversation, withConnection, withConversations, withMessage, withNotice, withOlder, withOverlay, withSelected,
  type ChatId, type ChatState, type Conversation
} from './chat-state.ts'

export interface ControllerTiming {
  nowMs (): number
  /** Calls `task` once after `delayMs`; returns how to cancel. */
  after (delayMs: number, task: () => void): () => void
}

const pageSize = 100
/** At most thirty changes a second reach the screen. */
const frameMs = 33

export class ChatController {
  readonly #client: ClientLike
  readonly #timing: ControllerTiming
  readonly #listeners = new Set<() => void>()
  readonly #unsubscribe: Array<() => void> = []
  readonly #loading = new Set<ChatId>()
  #state: ChatState
  #cancelFrame: (() => void) | undefined
  #cancelSecond: (() => void) | undefined
  #isRefreshing = false
  #refreshAgain = false
  #onQuit: () => void = () => {}

  constructor (client: ClientLike, timing: ControllerTiming) {
    this.#client = client
    this.#timing = timing
    const account = client.account!
    this.#state = initialState({
      me: { name: account.handle === '' ? account.id.slice(0, 10) : account.handle, home: account.home.name },
      connection: client.connection,
      nowMs: timing.nowMs()
    })
  }

  get state (): ChatState { return this.#state }

  subscribe (listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  onQuit (listener: () => void): void { this.#onQuit = listener }

  /** Reads what is there, then follows. `openWith`: what to open first. */
  async start (openWith?: ChatId): Promise<void> {
    this.#unsubscribe.push(
      this.#client.on('message', (message) => {
        this.#set(withMessage(this.#state, message))
        if (message.chat === this.#state.selected && this.#state.scroll === 0) this.#markRead(message.chat)
        this.#refresh()
      }),
      this.#client.on('update', (message) => { this.#set(withMessage(this.#state, message)); this.#refresh() }),
      this.#client.on('connection', (connection) => { this.#onConnection(connection) }),
      this.#client.on('contact', () => { this.#refresh() }),
      this.#client.on('warning', (warning) => { this.#notice('warning', printable(warning.text)) }))
    await this.#readConversations()
    this.#onConnection(this.#client.connection)
    if (openWith !== undefined && openWith !== this.#state.selected) await this.open(openWith)
  }

  stop (): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#cancelFrame?.()
    this.#cancelSecond?.()
    this.#listeners.clear()
  }

  // what a person does

  async open (chat: ChatId): Promise<void> {
    this.#set(withSelected(this.#state, chat))
    if (!this.#state.messages.has(chat)) await this.#loadOlder(chat)
    this.#markRead(chat)
  }

  async openNeighbour (step: 1 | -1): Promise<void> {
    const chat = neighbour(this.#state, step)
    if (chat !== undefined) await this.open(chat)
  }

  /** @param lines upwards when positive. `most`: lines above the window */
  scroll (lines: number, most: number): void {
    const { selected } = this.#state
    const scroll = Math.max(0, Math.min(most, this.#state.scroll + lines))
    this.#set({ ...this.#state, scroll })
    if (selected === undefined) return
    if (scroll === 0) this.#markRead(selected)
    if (lines > 0 && this.#state.scroll >= most && !this.#state.complete.has(selected)) this.#run(this.#loadOlder(selected))
  }

  closeOverlay (): void { this.#set(withOverlay(this.#state, undefined)) }

  async enter (line: string): Promise<void> {
    this.#set(withNotice(this.#state, undefined))
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
      case 'help': this.#set(withOverlay(this.#state, { kind: 'help' })); return
      case 'invite': this.#set(withOverlay(this.#state, { kind: 'invite', link: this.#client.inviteLink(), handle: this.#client.account?.handle ?? '' })); return
      case 'say': {
        if (current === undefined) { this.#notice('warning', 'There is nobody to write to yet. Add a person with /add.'); return }
        const message = await this.#client.send(current.chat, command.text).catch((error: unknown) => { throw aboutText(error, command.text) })
        this.#set({ ...withOverlay(withMessage(this.#state, message), undefined), scroll: 0 })
        this.#refresh()
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
        const wanted = command.who.toLowerCase()
        const found = this.#state.conversations.find((one) => one.name.toLowerCase() === wanted || one.handle === wanted) ??
          this.#state.conversations.find((one) => one.name.toLowerCase().startsWith(wanted))
        if (found === undefined) this.#notice('warning', `There is no conversation with ${printableName(command.who)}. /add starts one.`)
        else await this.open(found.chat)
        return
      }
      case 'verify': {
        if (current === undefined) { this.#notice('warning', 'Open a conversation first.'); return }
        if (!isPairChat(current.chat)) { this.#notice('warning', 'A safety number belongs to one person: open the conversation with them.'); return }
        if (command.answer !== undefined) {
          await this.#client.setVerified(current.chat, command.answer === 'yes')
          await this.#readConversations()
          this.#set(withOverlay(this.#state, undefined))
          this.#notice('info', command.answer === 'yes' ? `${printableName(current.name)} is verified.` : `${printableName(current.name)} is no longer verified.`)
          return
        }
        const { digits, isVerified } = await this.#client.safetyNumber(current.chat)
        this.#set(withOverlay(this.#state, { kind: 'safety', name: current.name, digits, isVerified }))
      }
    }
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

  #markRead (chat: ChatId): void {
    const unread = this.#state.conversations.find((one) => one.chat === chat)?.unread ?? 0
    const conversations = unread === 0 ? this.#state.conversations : this.#state.conversations.map((one) => one.chat === chat ? { ...one, unread: 0 } : one)
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
    } finally {
      this.#loading.delete(chat)
    }
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
    const [summaries, contacts, waiting] = await Promise.all([this.#client.conversations(), this.#client.contacts(), this.#client.outboxLength()])
    const all = new Map<ChatId, Conversation>()
    for (const contact of contacts) {
      all.set(contact.account, { chat: contact.account, name: contact.name, isVerified: contact.isVerified, unread: 0, lastAtMs: contact.addedAtMs, ...(contact.handle === undefined ? {} : { handle: contact.handle }) })
    }
    for (const one of summaries) {
      const lastAtMs = one.lastMessage?.receivedAtMs ?? one.lastMessage?.sentAtMs ?? all.get(one.chat)?.lastAtMs ?? 0
      const isOpen = one.chat === this.#state.selected && this.#state.scroll === 0
      all.set(one.chat, { chat: one.chat, name: one.name, isVerified: one.isVerified, unread: isOpen ? 0 : one.unread, lastAtMs, ...(one.handle === undefined ? {} : { handle: one.handle }) })
    }
    const before = this.#state.selected
    this.#set({ ...withConversations(this.#state, [...all.values()]), waiting, nowMs: this.#timing.nowMs() })
    const { selected } = this.#state
    if (before === undefined && selected !== undefined && !this.#state.messages.has(selected)) await this.open(selected)
  }

  #notice (level: 'info' | 'warning', text: string): void { this.#set(withNotice(this.#state, { level, text })) }

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

