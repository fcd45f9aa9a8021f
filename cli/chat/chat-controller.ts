/**
 * Between the client engine and the screen: turns events into the next ChatState and what a person types into calls.
 *
 * Owns: what an event and a line do, what is marked as read. Does not know: the terminal, how often it is drawn (shown-state.ts), what
 * is loaded (chat-reading.ts).
 */
import { isPairChat } from '../../client/chat-id.ts'
import type { AccountId, ClientLike } from '../context.ts'
import { groupChangeText, stuckNotice } from '../describe-groups.ts'
import { printable, printableName, viewOf } from '../describe-messages.ts'
import { aboutPerson, aboutText } from '../explain.ts'
import { failureOf } from '../failure.ts'
import { completions, mentionsIn } from '../mentions.ts'
import { groupName } from '../names.ts'
import { messageFor } from '../targets.ts'
import { ChatReading } from './chat-reading.ts'
import { chatCommandNames, chatHelp, parseChatLine, type ChatCommand } from './chat-commands.ts'
import { newestOf, resolved, type RunInChat } from './chat-run.ts'
import { homeChangeText } from './connection-text.ts'
import {
  initialState, messagesShown, neighbour, selectedConversation, withConnection, withMarked, withMessage, withNotice, withOverlay, withQuestion, withReplyTo, withSelected, withTyping, withoutMessages,
  type ChatId, type ChatState, type Conversation
} from './chat-state.ts'
import { Drafts } from './drafts.ts'
import type { MarkedAct } from './keys.ts'
import { ShownState, type ChatTiming } from './shown-state.ts'

/** What a page over the messages can hold, wrapped. */
const maxOverlayLines = 2000

export class ChatController {
  readonly shown: ShownState
  readonly drafts: Drafts
  readonly #client: ClientLike
  readonly #timing: ChatTiming
  readonly #runCommand: RunInChat
  readonly #unsubscribe: Array<() => void> = []
  readonly #reading: ChatReading
  #cancelSecond: (() => void) | undefined
  #answer: ((line: string) => void) | undefined
  #onQuit: () => void = () => {}

  constructor (client: ClientLike, timing: ChatTiming, run: RunInChat) {
    this.#client = client
    this.#timing = timing
    this.#runCommand = run
    const account = client.account!
    const shown = this.shown = new ShownState(initialState({
      me: { name: account.handle === '' ? account.id.slice(0, 10) : account.handle, home: account.home.name },
      connection: client.connection,
      nowMs: timing.nowMs()
    }), timing)
    this.drafts = new Drafts(client, timing, shown)
    this.#reading = new ChatReading(client, timing, shown, async (chat) => { await this.open(chat) })
  }

  get state (): ChatState { return this.shown.state }
  get own (): AccountId | undefined { return this.#client.account?.id }

  onQuit (listener: () => void): void { this.#onQuit = listener }

  /** Reads what is there, then follows. `openWith`: what to open first. */
  async start (openWith?: ChatId): Promise<void> {
    const client = this.#client
    await this.#reading.start()
    this.#unsubscribe.push(
      client.on('message', (message) => {
        this.shown.set(withTyping(withMessage(this.state, message), message.chat, message.sender, 'stopped'))
        if (message.chat === this.state.selected && this.state.scroll === 0) this.#markRead(message.chat)
        this.#reading.refresh()
      }),
      client.on('update', (message) => { this.shown.set(withMessage(this.state, message)); this.#reading.refresh() }),
      client.on('gone', ({ chat, ids }) => { this.shown.set(withoutMessages(this.state, chat, ids)); this.#reading.refresh() }),
      client.on('connection', (connection) => { this.#onConnection(connection) }),
      client.on('contact', (contact) => { this.#reading.named(contact.account, contact.name) }),
      client.on('chat', ({ chat, what }) => {
        // A request comes without a `message`: it is read again if it is open.
        if (what === 'request') this.shown.run(this.#reading.readAgain(chat))
        this.#reading.refresh()
      }),
      client.on('group', (change) => { this.shown.run(this.#onGroup(change)) }),
      client.on('stuck', (stuck) => { this.shown.run(this.#reading.learn([stuck.anchor]).then(() => { this.shown.notice('warning', stuckNotice(stuck, this.state.nameOf)) })) }),
      client.on('presence', () => { this.#reading.readPresence() }),
      client.on('typing', ({ chat, account, state }) => { this.shown.set(withTyping(this.state, chat, account, state)) }),
      client.on('home', (change) => {
        this.shown.set({ ...this.state, me: { name: change.handle === '' ? this.state.me.name : change.handle, home: change.to.name } })
        this.shown.notice('warning', homeChangeText(change))
      }),
      client.on('unlinked', () => { this.shown.notice('warning', 'This device was unlinked from the account: nothing comes or goes any more.') }),
      client.on('warning', (warning) => { this.shown.notice('warning', printable(warning.text)) }))
    await this.#reading.readConversations()
    this.#onConnection(client.connection)
    if (openWith !== undefined && openWith !== this.state.selected) await this.open(openWith)
  }

  stop (): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#cancelSecond?.()
    this.drafts.stop()
    this.#answer?.('')
    this.shown.stop()
  }

  // what a person does

  async open (chat: ChatId): Promise<void> {
    this.shown.set(withReplyTo(withSelected(this.state, chat), undefined))
    if (!this.state.messages.has(chat)) await this.#reading.loadOlder(chat)
    this.#markRead(chat)
    this.#reading.watch()
  }

  async openNeighbour (step: 1 | -1): Promise<void> {
    const chat = neighbour(this.state, step)
    if (chat !== undefined) await this.open(chat)
  }

  /** @param lines upwards when positive. `most`: lines above the window */
  scroll (lines: number, most: number): void {
    const { selected, overlay } = this.state
    if (overlay?.kind === 'lines' || overlay?.kind === 'help') {
      this.shown.set(withOverlay(this.state, { ...overlay, scroll: Math.max(0, Math.min(maxOverlayLines, overlay.scroll - lines)) }))
      return
    }
    const scroll = Math.max(0, Math.min(most, this.state.scroll + lines))
    this.shown.set({ ...this.state, scroll })
    if (selected === undefined) return
    if (scroll === 0) this.#markRead(selected)
    if (lines > 0 && this.state.scroll >= most && !this.state.complete.has(selected)) this.shown.run(this.#reading.loadOlder(selected))
  }

  closeOverlay (): void { this.shown.set(withOverlay(this.state, undefined)) }
  cancelReply (): void { this.shown.set(withReplyTo(this.state, undefined)) }

  /** Somebody is at the keyboard, and this is the line so far. */
  typed (text: string): void {
    const { selected, question } = this.state
    this.#client.presence.touch()
    if (selected === undefined || question !== undefined || text.startsWith('/')) return
    this.drafts.typed(selected, text)
    this.shown.run(this.#client.presence.typing(selected, text === '' ? 'stopped' : 'typing'))
  }

  mark (step: 'older' | 'newer' | 'none'): void { this.shown.set(withMarked(this.state, step)) }

  /**
   * A key on the marked message.
   * @returns what the line is to begin with, when the rest is for the person to type
   */
  actOnMarked (act: MarkedAct): string | undefined {
    const { marked, selected } = this.state
    const message = messagesShown(this.state).find(({ id }) => id === marked)
    if (message === undefined || selected === undefined) return undefined
    this.mark('none')
    const command = (line: string): undefined => { this.shown.run(this.enter(line)); return undefined }
    switch (act) {
      case 'reply': {
        const { text } = viewOf(message, this.state.nameOf)
        this.shown.set(withReplyTo(this.state, { chat: selected, id: message.id, line: `${printableName(this.state.nameOf(message.sender))}: ${printableName(text)}` }))
        return ''
      }
      case 'react': return `/react #${message.id.slice(-6)} `
      case 'edit': return `/edit #${message.id.slice(-6)} ${message.text}`
      case 'delete': return `/delete #${message.id.slice(-6)}${message.direction === 'out' ? '' : ' me'}`
      case 'forward': return `/forward #${message.id.slice(-6)} `
      case 'vote': return `/vote #${message.id.slice(-6)} `
      case 'star': return command(`/${message.isStarred === true ? 'un' : ''}star #${message.id}`)
      case 'pin': return command(`/${selectedConversation(this.state)?.pins?.includes(message.id) === true ? 'un' : ''}pin #${message.id}`)
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
    const { typed, names } = isCommand ? { typed: before, names: chatCommandNames.filter((name) => name.startsWith(before)) } : completions(before, this.#reading.people())
    if (names.length === 0) return undefined
    const common = names.reduce((a, b) => { let n = 0; while (n < a.length && a[n]?.toLowerCase() === b[n]?.toLowerCase()) n++; return a.slice(0, n) })
    if (names.length > 1) this.shown.notice('info', names.slice(0, 12).join('  '))
    return before.slice(0, before.length - typed.length) + (common.length > typed.length ? common : typed) + (names.length === 1 ? ' ' : '')
  }

  async enter (line: string): Promise<void> {
    this.shown.set(withNotice(this.state, undefined))
    if (this.#answer !== undefined) { this.#answer(line); return }
    const { selected } = this.state
    this.drafts.sent(selected)
    try {
      await this.#do(parseChatLine(line))
    } catch (error) {
      this.shown.notice('warning', failureOf(error).sentence)
    }
  }

  async #do (command: ChatCommand): Promise<void> {
    const current = selectedConversation(this.state)
    switch (command.kind) {
      case 'nothing': return
      case 'wrong': this.shown.notice('warning', command.sentence); return
      case 'quit': this.#onQuit(); return
      case 'help': {
        const { topic } = command
        if (topic !== undefined && !Object.hasOwn(chatHelp, topic)) { this.shown.notice('warning', `There is no help on that. Topics: ${Object.keys(chatHelp).join(', ')}`); return }
        this.shown.set(withOverlay(this.state, { kind: 'help', scroll: 0, ...(topic === undefined ? {} : { topic }) }))
        return
      }
      case 'invite': this.shown.set(withOverlay(this.state, { kind: 'invite', link: this.#client.inviteLink(), handle: this.#client.account?.handle ?? '' })); return
      case 'reply':
      case 'say': await this.#write(current, command); return
      case 'run': {
        const what = resolved(command, { chat: current?.chat, messages: messagesShown(this.state), selected: this.state.marked })
        if ('problem' in what) { this.shown.notice('warning', what.problem); return }
        this.#tell(await this.#runCommand(what.args, async (question) => await this.#ask(question)), what.args)
        await this.#reading.readConversations()
        // What was written by a command, and waits for a connection.
        if (current !== undefined) await this.#reading.readAgain(current.chat)
        return
      }
      case 'add': {
        this.shown.notice('info', `Looking for ${printableName(command.who)} …`)
        const contact = await this.#client.addContact(command.who, command.name === undefined ? {} : { name: command.name }).catch((error: unknown) => { throw aboutPerson(error, printableName(command.who)) })
        await this.#reading.readConversations()
        this.shown.notice('info', `${printableName(contact.name)} is now a contact. /verify shows the safety number.`)
        await this.open(contact.account)
        return
      }
      case 'chat': {
        const wanted = command.who.toLowerCase().replace(/^[~#]\s*/, '')
        const name = (one: Conversation): string => one.name.toLowerCase().replace(/^~/, '')
        const found = this.state.conversations.find((one) => name(one) === wanted || one.handle === wanted || one.chat === wanted) ??
          this.state.conversations.find((one) => name(one).startsWith(wanted))
        if (found === undefined) this.shown.notice('warning', `There is no conversation with ${printableName(command.who)}. /add starts one.`)
        else await this.open(found.chat)
        return
      }
      case 'verify': await this.#verify(current, command.answer)
    }
  }

  async #write (current: Conversation | undefined, command: Extract<ChatCommand, { kind: 'say' | 'reply' }>): Promise<void> {
    if (current === undefined) { this.shown.notice('warning', 'There is nobody to write to yet. Add a person with /add.'); return }
    const { chat } = current
    const answered = this.state.replyTo?.chat === chat ? this.state.replyTo.id : undefined
    const replyTo = command.kind === 'say' ? answered : command.message === undefined ? newestOf(messagesShown(this.state), 'incoming')?.id : (await messageFor(this.#client, chat, command.message)).id
    if (command.kind === 'reply' && replyTo === undefined) { this.shown.notice('warning', 'Nothing has come in this conversation yet.'); return }
    const mentions = mentionsIn(command.text, this.#reading.people())
    const message = await this.#client.chats.send(chat, { text: command.text, ...(mentions.length === 0 ? {} : { mentions }), ...(replyTo === undefined ? {} : { replyTo }) })
      .catch((error: unknown) => { throw aboutText(error, command.text) })
    this.shown.set({ ...withReplyTo(withOverlay(withMessage(this.state, message), undefined), undefined), scroll: 0 })
    this.#reading.refresh()
  }

  async #verify (current: Conversation | undefined, answer: 'yes' | 'no' | undefined): Promise<void> {
    if (current === undefined) { this.shown.notice('warning', 'Open a conversation first.'); return }
    if (!isPairChat(current.chat)) { this.shown.notice('warning', 'A safety number belongs to one person: open the conversation with them.'); return }
    if (answer !== undefined) {
      await this.#client.setVerified(current.chat, answer === 'yes')
      await this.#reading.readConversations()
      this.shown.set(withOverlay(this.state, undefined))
      this.shown.notice('info', answer === 'yes' ? `${printableName(current.name)} is verified.` : `${printableName(current.name)} is no longer verified.`)
      return
    }
    const { digits, isVerified } = await this.#client.safetyNumber(current.chat)
    this.shown.set(withOverlay(this.state, { kind: 'safety', name: current.name, digits, isVerified }))
  }

  /** A question of a command: the next line is the answer. */
  async #ask (question: string): Promise<string> {
    this.shown.set(withQuestion(this.state, question))
    return await new Promise((resolve) => {
      this.#answer = (line) => {
        this.#answer = undefined
        this.shown.set(withQuestion(this.state, undefined))
        resolve(line)
      }
    })
  }

  /** What a command has printed: a line below the messages, or a page over them. */
  #tell ({ lines, isProblem }: { readonly lines: readonly string[], readonly isProblem: boolean }, args: readonly string[]): void {
    if (lines.length === 0) return
    if (isProblem) this.shown.notice('warning', lines.join(' '))
    else if (lines.length === 1 && lines[0]!.length < 200) this.shown.notice('info', lines[0]!)
    else this.shown.set(withOverlay(this.state, { kind: 'lines', title: args.slice(0, 2).join(' '), lines, scroll: 0 }))
  }

  // what the client says

  #onConnection (connection: ChatState['connection']): void {
    this.shown.set(withConnection(this.state, connection, this.#timing.nowMs()))
    this.#reading.refresh()
    this.#countDown()
  }

  /** While the next attempt is awaited, the seconds on the screen run. */
  #countDown (): void {
    this.#cancelSecond?.()
    this.#cancelSecond = undefined
    if (this.state.connection.state !== 'waiting') return
    this.#cancelSecond = this.#timing.after(1000, () => {
      this.shown.set({ ...this.state, nowMs: this.#timing.nowMs() })
      this.#countDown()
    })
  }

  async #onGroup (change: Parameters<typeof groupChangeText>[0]): Promise<void> {
    await this.#reading.readConversations()
    await this.#reading.learn([...change.accounts, ...(change.actor === undefined ? [] : [change.actor])])
    const place = change.chat === this.state.selected ? '' : `${printableName(groupName(change.name, change.chat))}: `
    this.shown.notice('info', `${place}${groupChangeText(change, this.state.nameOf)}`)
  }

  #markRead (chat: ChatId): void {
    const conversation = this.state.conversations.find((one) => one.chat === chat)
    // A stranger learns nothing until the person has decided.
    if (conversation?.isRequest === true) return
    const conversations = (conversation?.unread ?? 0) === 0 ? this.state.conversations : this.state.conversations.map((one) => one.chat === chat ? { ...one, unread: 0 } : one)
    this.shown.set({ ...this.state, conversations })
    this.shown.run(this.#client.markRead(chat))
  }
}
