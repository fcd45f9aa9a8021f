/**
 * Commands of `heliograph` inside the chat: run on the client that is open, with what they print taken as lines.
 */
import { PassThrough, Writable } from 'node:stream'
import { isPairChat } from '../../client/chat-id.ts'
import type { ChatId, ClientLike, Context, Message } from '../context.ts'
import { printable } from '../describe-messages.ts'
import { exitCodes } from '../exit-codes.ts'
import { chatPlace, messagePlace, personPlace, type ChatCommand, type MessageKind } from './chat-commands.ts'

/** heliograph.ts gives it; a parameter, because the chat is one of its commands. */
export type RunCommand = (args: readonly string[], context: Context) => Promise<number>

export interface RunResult { readonly lines: readonly string[], readonly isProblem: boolean }

/** Runs one command on the open client. `ask`: a question of the command, answered by the person. */
export type RunInChat = (args: readonly string[], ask: (question: string) => Promise<string>) => Promise<RunResult>

class Lines extends Writable {
  text = ''
  override _write (chunk: Buffer, _encoding: string, done: () => void): void { this.text += chunk.toString(); done() }
}

export function runnerFor (client: ClientLike, context: Context, runCommand: RunCommand): RunInChat {
  return async (args, ask) => {
    const [stdout, stderr] = [new Lines(), new Lines()]
    const code = await runCommand(args, { ...context, stdout, stderr, stdin: new PassThrough(), open: { client }, ask, onSignal: () => () => {} })
    const isProblem = code !== exitCodes.ok
    const text = isProblem && stderr.text !== '' ? stderr.text : stdout.text === '' ? stderr.text : stdout.text
    return { lines: printable(text).split('\n').filter((line, index, all) => line !== '' || index < all.length - 1).slice(0, maxLines), isProblem }
  }
}

/** Of an answer: a screen shows no more, and `--json` in a shell has all. */
const maxLines = 500

export type Resolved = { readonly args: readonly string[] } | { readonly problem: string }

const missing: Readonly<Record<MessageKind, string>> = {
  incoming: 'Nothing has come in this conversation yet.',
  own: 'You have written nothing in this conversation yet.',
  any: 'There are no messages in this conversation yet.',
  poll: 'There is no poll in this conversation.',
  once: 'There is nothing to open in this conversation.'
}

const fits: Readonly<Record<MessageKind, (message: Message) => boolean>> = {
  incoming: ({ direction, isDeleted }) => direction === 'in' && isDeleted !== true,
  own: ({ direction, isDeleted }) => direction === 'out' && isDeleted !== true,
  any: ({ isDeleted }) => isDeleted !== true,
  poll: ({ poll, isDeleted }) => poll !== undefined && isDeleted !== true,
  once: ({ viewOnce, isOpened, direction }) => viewOnce === true && direction === 'in' && isOpened !== true
}

/** The newest of this kind. */
export const newestOf = (messages: readonly Message[], kind: MessageKind): Message | undefined => messages.findLast(fits[kind])

/**
 * The open conversation and the meant message in their places.
 * @param at.selected the message that is selected on the screen: meant before any other
 */
export function resolved ({ args, message }: Extract<ChatCommand, { kind: 'run' }>, { chat, messages, selected }: { readonly chat: ChatId | undefined, readonly messages: readonly Message[], readonly selected?: string | undefined }): Resolved {
  if ((args.includes(chatPlace) || args.includes(personPlace)) && chat === undefined) return { problem: 'Open a conversation first: /chat NAME' }
  const person = chat !== undefined && isPairChat(chat) ? chat : undefined
  // In a group it is one's own profile that is meant.
  if (args.includes(personPlace) && person === undefined && args[0] !== 'profile') return { problem: 'In a group, say whom.' }
  const id = message?.named ?? selected ?? (message === undefined ? undefined : newestOf(messages, message.kind)?.id)
  if (message !== undefined && id === undefined) return { problem: missing[message.kind] }
  return { args: args.flatMap((arg) => arg === chatPlace ? chat! : arg === messagePlace ? id! : arg === personPlace ? person ?? [] : arg) }
}
