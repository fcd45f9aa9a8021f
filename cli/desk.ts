/**
 * What most commands are: they find whom and what is meant, do it, give it time to reach the relay, and answer, in lines for
 * people and in JSON for scripts. The same commands run in the chat, on the client that is open there.
 */
import type { Command } from 'commander'
import { run, wholeNumber, type Outcome } from './command.ts'
import { say, sayJson, warn, type AccountId, type ChatId, type ClientLike, type CommonOptions, type Context, type Message } from './context.ts'
import { printableName } from './describe-messages.ts'
import { exitCodes } from './exit-codes.ts'
import { CliError } from './failure.ts'
import { Names } from './names.ts'
import { flushedWithin, handOver, untilCaughtUp, untilOnline, withAccount } from './session.ts'
import { chatFor, groupFor, messageFor, personFor, type Target } from './targets.ts'

export interface Answer {
  /** For people; each passes `printable` where it holds what others wrote. */
  readonly lines: readonly string[]
  /** For scripts: one value a line. */
  readonly json: readonly unknown[]
  /** Left out: 0. */
  readonly exitCode?: number
}

export interface DeskOptions extends CommonOptions { readonly timeout?: number }

/** An answer of one line and one value. */
export const answer = (line: string, json: unknown): Answer => ({ lines: [line], json: [json] })

export const withTimeout = (made: Command): Command => made.option('--timeout <seconds>', 'how long to wait for the relay', wholeNumber(1, 86_400), 30)

/** What a command has at hand. */
export class Desk {
  readonly client: ClientLike
  readonly context: Context
  readonly names: Names
  readonly own: AccountId
  readonly #untilMs: number
  readonly isInChat: boolean
  #hasHandedOver = false

  constructor ({ client, context, names, timeoutS }: { client: ClientLike, context: Context, names: Names, timeoutS: number }) {
    this.client = client
    this.context = context
    this.names = names
    this.own = client.account!.id
    this.isInChat = context.open !== undefined
    this.#untilMs = context.nowMs() + timeoutS * 1000
  }

  get hasHandedOver (): boolean { return this.#hasHandedOver }
  get leftMs (): number { return Math.max(1, this.#untilMs - this.context.nowMs()) }

  readonly connect = async (): Promise<void> => { await untilOnline(this.client, { timeoutMs: this.leftMs }) }

  /** With what has come since this device was last there. */
  async catchUp (): Promise<void> {
    if (this.isInChat) return
    await untilCaughtUp(this.client, { timeoutMs: this.leftMs })
    await this.names.refresh()
  }

  async chat (who: string, { mayAdd = false } = {}): Promise<Target> { return await chatFor(this.client, who, { mayAdd, connect: this.connect }) }
  async person (who: string, { isKept = false } = {}): Promise<AccountId> { return await personFor(this.client, who, { names: this.names, connect: this.connect, isKept }) }
  async people (all: readonly string[], options: { isKept?: boolean } = {}): Promise<AccountId[]> {
    const found: AccountId[] = []
    for (const who of all) found.push(await this.person(who, options))
    return found
  }

  async group (who: string): Promise<Awaited<ReturnType<typeof groupFor>>> { return await groupFor(this.client, who) }
  async message (chat: ChatId, what: string): Promise<Message> { return await messageFor(this.client, chat, what) }

  /** Printable. */
  name (account: AccountId): string { return printableName(this.names.of(account)) }
  readonly nameOf = (account: AccountId): string => this.names.of(account)

  /** A change of a group has taken effect. @throws ProtocolError why it was refused; CliError when the time is over */
  async settled (ref: Parameters<ClientLike['groups']['settled']>[0]): Promise<void> {
    this.client.start()
    const limit = AbortSignal.timeout(this.leftMs)
    try {
      await this.client.groups.settled(ref, { signal: limit })
    } catch (error) {
      if (!limit.aborted) throw error
      throw new CliError('The group\'s relay has not answered yet. The change is kept and takes effect when it does.', { exitCode: exitCodes.later, code: 'TIMEOUT' })
    }
  }

  /** The answer, and the exit code that says whether what was done has reached the relay. In the chat it goes by itself. */
  async handedOver (what: Answer): Promise<Answer> {
    this.#hasHandedOver = true
    if (this.isInChat || await flushedWithin(this.client, this.leftMs)) return what
    warn(this.context, 'Not sent yet. It is kept and goes out the next time you are online.')
    return { ...what, exitCode: exitCodes.later }
  }
}

/** Runs a command's work on an opened client and prints its answer. */
export async function atDesk (context: Context, outcome: Outcome, options: DeskOptions, work: (desk: Desk) => Promise<Answer>): Promise<void> {
  await run(context, outcome, options, () => withAccount(context, options, async (client) => {
    const desk = new Desk({ client, context, names: await Names.load(client), timeoutS: options.timeout ?? 30 })
    const { lines, json, exitCode = exitCodes.ok } = await work(desk)
    if (options.json === true) for (const value of json) sayJson(context, value)
    else for (const line of lines) say(context, line)
    // Receipts of what came meanwhile.
    if (!desk.isInChat && !desk.hasHandedOver && client.connection.state === 'online') await handOver(client)
    return exitCode
  }))
}
