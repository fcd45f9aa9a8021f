/**
 * `heliograph echo-bot`: answers every message with the same text; in groups those that mention it. Somebody to talk to on a new network, and the
 * smallest example of a bot.
 *
 * It answers what is unread and marks it as read only when the answer is stored, so a crash between the two answers
 * a message twice rather than never.
 */
import type { Command } from 'commander'
import { isGroupChat } from '../../client/chat-id.ts'
import { command, examples, run, type Outcome } from '../command.ts'
import { say, sayJson, warn, type ClientLike, type CommonOptions, type Context, type Message } from '../context.ts'
import { accountJson } from '../describe-people.ts'
import { failureOf } from '../failure.ts'
import { handOver, withAccount } from '../session.ts'
import { stopOnSignals, untilAborted } from '../stopping.ts'
import { unreadMessages } from '../unread.ts'

export function echoBotCommand (context: Context, outcome: Outcome): Command {
  return command('echo-bot', 'answer every message with its own text, in groups when it is mentioned')
    .addHelpText('after', examples('account create --data ./echo --handle echo', 'echo-bot --data ./echo'))
    .action((options: CommonOptions) => run(context, outcome, options, () => withAccount(context, options, async (client, account) => {
      const stopping = stopOnSignals(context)
      const bot = new EchoBot(client, (error) => { warn(context, failureOf(error).sentence) })
      client.on('connection', (status) => {
        if (options.json === true) sayJson(context, { connection: status.state, relay: status.relay ?? null })
      })
      if (options.json === true) sayJson(context, { ready: true, ...accountJson(account, client.inviteLink()) })
      else say(context, `The echo bot is ${account.handle === '' ? account.id : account.handle}. Ctrl-C stops it.`)
      await bot.start()
      client.start()
      await untilAborted(stopping.signal)
      await bot.stop()
      await handOver(client)
      stopping.release()
      // Being told to stop is how a bot ends.
      return 0
    }, { strangers: 'accept' })))
}

export class EchoBot {
  readonly #client: ClientLike
  readonly #onError: (error: unknown) => void
  #unsubscribe: () => void = () => {}
  /** Answers are made one after another, in the order of the messages. */
  #work: Promise<void> = Promise.resolve()
  readonly #unanswered = new Map<Message['chat'], number>()

  constructor (client: ClientLike, onError: (error: unknown) => void) {
    this.#client = client
    this.#onError = onError
  }

  /** Answers what came while it was away, oldest first, then what comes. Call it before the client is started. */
  async start (): Promise<void> {
    // Of a time when it asked first: a bot hears everybody.
    for (const { chat } of this.#client.chats.requests()) await this.#client.chats.accept(chat)
    for (const message of await unreadMessages(this.#client)) this.#answer(message)
    const stops = [
      this.#client.on('message', (message) => { this.#answer(message) }),
      this.#client.on('chat', ({ chat, what, info }) => { if (what === 'request' && info.request === 'pending') this.#client.chats.accept(chat).catch(this.#onError) })
    ]
    this.#unsubscribe = () => { for (const stop of stops) stop() }
  }

  async stop (): Promise<void> {
    this.#unsubscribe()
    await this.#work
  }

  #answer (message: Message): void {
    // What stands in place of a message that cannot be shown is not answered.
    if (message.direction !== 'in' || message.error !== undefined) return
    const { chat } = message
    const isForMe = !isGroupChat(chat) || message.mentions?.some(({ account }) => account === this.#client.account?.id) === true
    this.#unanswered.set(chat, (this.#unanswered.get(chat) ?? 0) + 1)
    this.#work = this.#work.then(async () => {
      if (isForMe) await this.#reply(message)
      const left = this.#unanswered.get(chat)! - 1
      this.#unanswered.set(chat, left)
      // Marking covers the whole conversation, so it waits until nothing in it is unanswered.
      if (left === 0) await this.#client.markRead(chat)
    }).catch(this.#onError)
  }

  async #reply ({ chat, id, text }: Message): Promise<void> {
    // A text alone is answered with itself; a place, a poll, a picture with what it is.
    const answer = text === '' ? 'I can only repeat words.' : text
    if (isGroupChat(chat)) await this.#client.chats.send(chat, { text: answer, replyTo: id })
    else await this.#client.send(chat, answer)
  }
}
