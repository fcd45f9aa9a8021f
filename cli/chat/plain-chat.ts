/**
 * The chat without a terminal: lines in, lines out. For pipes, screen readers and terminals that cannot move a cursor.
 */
import { createInterface } from 'node:readline'
import { isGroupChat, isPairChat } from '../../client/chat-id.ts'
import { say, type AccountId, type ChatId, type ClientLike, type Context, type Message } from '../context.ts'
import { groupChangeText } from '../describe-groups.ts'
import { messageLine, printable, printableName } from '../describe-messages.ts'
import { safetyNumberLines } from '../describe-people.ts'
import { aboutPerson, aboutText } from '../explain.ts'
import { failureOf } from '../failure.ts'
import { mentionsIn, namesFor } from '../mentions.ts'
import { Names } from '../names.ts'
import { chatFor, messageFor } from '../targets.ts'
import { chatHelp, parseChatLine } from './chat-commands.ts'
import { newestOf, resolved, type RunInChat } from './chat-run.ts'
import { connectionText, homeChangeText } from './connection-text.ts'

export interface PlainChatOptions { readonly openWith?: ChatId, readonly signal: AbortSignal, readonly run: RunInChat }

/** Messages shown when a conversation is opened. */
const shownFirst = 10
/** Among which a message is looked for that is not named. */
const lookedThrough = 200

export async function plainChat (client: ClientLike, context: Context, options: PlainChatOptions): Promise<void> {
  const names = await Names.load(client)
  const first = options.openWith ?? (await client.conversations()).find(({ info }) => info.request === undefined)?.chat ?? (await client.contacts()).at(0)?.account
  await new PlainChat(client, context, names, options.run, first).run(options.signal)
}

class PlainChat {
  readonly #client: ClientLike
  readonly #context: Context
  readonly #names: Names
  readonly #run: RunInChat
  #current: ChatId | undefined
  #lastShown = ''
  /** The next line answers a question. */
  #answer: ((line: string) => void) | undefined
  /** Lines are written in the order of the events. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor (client: ClientLike, context: Context, names: Names, run: RunInChat, current: ChatId | undefined) {
    this.#client = client
    this.#context = context
    this.#names = names
    this.#run = run
    this.#current = current
  }

  async run (signal: AbortSignal): Promise<void> {
    const input = createInterface({ input: this.#context.stdin, signal })
    // From here on lines are kept: a pipe may have brought all of them, and its end, before the first is asked for.
    const lines = input[Symbol.asyncIterator]()
    const stops = this.#follow()
    const running = new Set<Promise<unknown>>()
    try {
      this.#client.start()
      if (this.#current !== undefined) await this.#open(this.#current)
      for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
        if (this.#answer !== undefined) { this.#answer(next.value); continue }
        const work = this.#enter(next.value).catch((error: unknown) => { this.#say(failureOf(error).sentence); return true })
        running.add(work)
        // A command that asks something gets its answer from the next line.
        const isGoingOn = await Promise.race([work, this.#untilAsked(work)])
        running.delete(work)
        if (!isGoingOn) break
      }
      this.#answer?.('')
      await Promise.all(running)
    } finally {
      await this.#turn
      for (const stop of stops) stop()
      input.close()
    }
  }

  #asked: () => void = () => {}
  async #untilAsked (work: Promise<unknown>): Promise<boolean> {
    return await new Promise((resolve) => {
      this.#asked = () => { resolve(true) }
      work.then(() => { resolve(true) }, () => { resolve(true) })
    })
  }

  #follow (): Array<() => void> {
    const client = this.#client
    return [
      client.on('message', (message) => {
        this.#inTurn(async () => {
          await this.#names.learn([message.sender])
          this.#show(message)
          if (message.chat === this.#current) await client.markRead(message.chat)
        })
      }),
      client.on('update', (message) => { if (message.chat === this.#current || message.direction === 'out') this.#inTurn(() => { this.#show(message) }) }),
      client.on('contact', (contact) => { this.#names.named(contact.account, contact.name) }),
      client.on('group', (change) => {
        this.#inTurn(async () => {
          await this.#names.refresh()
          await this.#names.learn([...change.accounts, ...(change.actor === undefined ? [] : [change.actor])])
          this.#say(`* ${printableName(this.#names.ofChat(change.chat))}: ${groupChangeText(change, this.#nameOf)}`)
        })
      }),
      client.on('chat', ({ chat, what, info }) => {
        if (what !== 'request' || info.request !== 'pending') return
        this.#inTurn(async () => {
          if (isPairChat(chat)) await this.#names.learn([chat])
          await this.#names.refresh()
          this.#say(`* A request: ${printableName(this.#names.ofChat(chat))}. /requests shows it.`)
        })
      }),
      client.on('home', (change) => { this.#say(`* ${homeChangeText(change)}`) }),
      client.on('warning', (warning) => { this.#say(`! ${printable(warning.text)}`) }),
      client.on('connection', (connection) => {
        const { text } = connectionText({ connection, retryAtMs: connection.retryInMs ?? 0, nowMs: 0, waiting: 0 })
        if (text !== this.#lastShown) this.#say(text)
        this.#lastShown = text
      })
    ]
  }

  readonly #nameOf = (account: AccountId): string => this.#names.of(account)
  #name (chat: ChatId): string { return printableName(this.#names.ofChat(chat)) }
  #say (line: string): void { say(this.#context, line) }
  #show (message: Message): void { this.#say(messageLine(message, this.#nameOf, isGroupChat(message.chat) || message.chat !== this.#current ? { place: this.#names.ofChat(message.chat) } : {})) }
  #inTurn (work: () => Promise<void> | void): void {
    this.#turn = this.#turn.then(work).catch((error: unknown) => { this.#say(failureOf(error).sentence) })
  }

  async #open (chat: ChatId): Promise<void> {
    this.#current = chat
    const messages = await this.#client.history(chat, { limit: shownFirst })
    await this.#names.learn(messages.map(({ sender }) => sender))
    for (const message of messages) this.#show(message)
    this.#say(`Writing to ${this.#name(chat)}. /help lists what you can do.`)
    await this.#client.markRead(chat)
  }

  /** @returns whether it goes on */
  async #enter (line: string): Promise<boolean> {
    const command = parseChatLine(line)
    const current = this.#current
    switch (command.kind) {
      case 'nothing': return true
      case 'quit': return false
      case 'wrong': this.#say(command.sentence); return true
      case 'help': {
        this.#say('A line is a message.')
        for (const [topic, rows] of Object.entries(chatHelp)) {
          if (command.topic !== undefined && topic !== command.topic) continue
          for (const [what, does] of rows) if (what.startsWith('/') || what.startsWith('#')) this.#say(`  ${what.padEnd(24)} ${does}`)
        }
        return true
      }
      case 'invite': this.#say(this.#client.inviteLink()); return true
      case 'add': {
        const contact = await this.#client.addContact(command.who, command.name === undefined ? {} : { name: command.name }).catch((error: unknown) => { throw aboutPerson(error, command.who) })
        this.#names.named(contact.account, contact.name)
        this.#current = contact.account
        this.#say(`Writing to ${printableName(contact.name)} now.`)
        return true
      }
      case 'chat': {
        const { chat } = await chatFor(this.#client, command.who, { mayAdd: false, connect: async () => {} })
        await this.#names.refresh()
        await this.#open(chat)
        return true
      }
      case 'verify': await this.#verify(command.answer); return true
      case 'reply':
      case 'say': {
        if (current === undefined) { this.#say('There is nobody to write to yet: /add WHO'); return true }
        const replyTo = command.kind === 'say' ? undefined : command.message === undefined ? newestOf(await this.#newest(), 'incoming') : await messageFor(this.#client, current, command.message)
        if (command.kind === 'reply' && replyTo === undefined) { this.#say('Nothing has come in this conversation yet.'); return true }
        const mentions = mentionsIn(command.text, await this.#people(current))
        this.#show(await this.#client.chats.send(current, { text: command.text, ...(mentions.length === 0 ? {} : { mentions }), ...(replyTo === undefined ? {} : { replyTo: replyTo.id }) })
          .catch((error: unknown) => { throw aboutText(error, command.text) }))
        return true
      }
      case 'run': {
        const what = resolved(command, { chat: current, messages: command.message === undefined ? [] : await this.#newest() })
        if ('problem' in what) { this.#say(what.problem); return true }
        const { lines } = await this.#run(what.args, async (question) => await this.#ask(question))
        await this.#names.refresh()
        for (const one of lines) this.#say(one)
        return true
      }
    }
  }

  async #ask (question: string): Promise<string> {
    this.#say(question)
    return await new Promise((resolve) => {
      this.#answer = (line) => { this.#answer = undefined; resolve(line) }
      this.#asked()
    })
  }

  async #newest (): Promise<readonly Message[]> { return this.#current === undefined ? [] : await this.#client.history(this.#current, { limit: lookedThrough }) }

  /** Who can be mentioned here. */
  async #people (chat: ChatId): Promise<Array<{ account: AccountId, name: string }>> {
    const members = isPairChat(chat) ? [chat] : (await this.#client.groups.state(chat))?.members.map(({ account }) => account) ?? []
    await this.#names.learn(members)
    return members.filter((account) => account !== this.#client.account?.id).flatMap((account) => namesFor(account, this.#names.of(account)))
  }

  async #verify (answer: 'yes' | 'no' | undefined): Promise<void> {
    const current = this.#current
    if (current === undefined) { this.#say('Open a conversation first: /chat NAME'); return }
    if (!isPairChat(current)) { this.#say('A safety number belongs to one person: open the conversation with them.'); return }
    if (answer !== undefined) await this.#client.setVerified(current, answer === 'yes')
    const { digits, isVerified } = await this.#client.safetyNumber(current)
    this.#say(`Safety number with ${this.#name(current)} (${isVerified ? 'verified' : 'not verified'}):`)
    for (const row of safetyNumberLines(digits)) this.#say(`  ${row}`)
  }
}
