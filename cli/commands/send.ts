/** `heliograph send`: one message from a script or a shell. */
import type { Command } from 'commander'
import { Option } from 'commander'
import { text as readAll } from 'node:stream/consumers'
import { command, examples, run, wholeNumber, type Outcome } from '../command.ts'
import { say, sayJson, warn, type ClientLike, type CommonOptions, type Context } from '../context.ts'
import { contactFor } from '../describe-people.ts'
import { aboutText } from '../explain.ts'
import { exitCodes } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import { messageJson } from '../describe-messages.ts'
import { untilOnline, withAccount } from '../session.ts'

type Message = Awaited<ReturnType<ClientLike['send']>>
type Wait = 'none' | 'sent' | 'delivered' | 'read'
const reached: Record<Wait, ReadonlyArray<Message['state']>> = { none: ['pending', 'sent', 'delivered', 'read'], sent: ['sent', 'delivered', 'read'], delivered: ['delivered', 'read'], read: ['read'] }

interface SendOptions extends CommonOptions { wait: Wait, timeout: number }

export function sendCommand (context: Context, outcome: Outcome): Command {
  return command('send', 'send a message')
    .argument('<who>', 'contact, handle, account id or invite link')
    .argument('[text...]', 'the message; without one, or for -, it is read from standard input')
    .addOption(new Option('--wait <until>', 'end when the message is safe at your relay, on the other device, or read').choices(Object.keys(reached)).default('sent'))
    .option('--timeout <seconds>', 'how long to wait', wholeNumber(1, 86_400), 30)
    .addHelpText('after', examples('send Bob "See you at eight"', 'send bob@ap-1.example.org --wait delivered hello', 'send Bob < notes.txt') +
      '\nWhen it cannot be sent in time, it is kept and goes out the next time you are online (exit code 3).\n')
    .action((who: string, words: string[], options: SendOptions) => run(context, outcome, options, () => send(context, who, words, options)))
}

async function send (context: Context, who: string, words: string[], options: SendOptions): Promise<number> {
  const text = words.length > 0 && words.join() !== '-' ? words.join(' ') : (await readAll(context.stdin)).replace(/\n$/, '')
  if (text === '') throw new CliError('There is nothing to send: give a text.', { exitCode: exitCodes.usage, code: 'EMPTY' })
  return await withAccount(context, options, async (client) => {
    const deadline = context.nowMs() + options.timeout * 1000
    const person = await contactFor(client, who, { mayAdd: true, connect: () => untilOnline(client, { timeoutMs: options.timeout * 1000 }) })
    client.start()
    const message = await client.send(person.account, text).catch((error: unknown) => { throw aboutText(error, text) })
    const last = await untilState(client, message, reached[options.wait], deadline - context.nowMs())
    if (options.json === true) sayJson(context, messageJson(last))
    if (last.state === 'failed') throw new CliError(`It was refused: ${last.error ?? 'no reason was given'}.`, { code: 'REFUSED' })
    const isDone = reached[options.wait].includes(last.state)
    if (options.json !== true) {
      if (isDone) say(context, `${last.state === 'pending' ? 'Kept to be sent' : last.state[0]!.toUpperCase() + last.state.slice(1)}: ${person.name}`)
      else warn(context, last.state === 'pending' ? 'Not sent yet. It is kept and goes out the next time you are online.' : `Not ${options.wait} yet; it is ${last.state}.`)
    }
    return isDone ? exitCodes.ok : exitCodes.later
  })
}

/** Follows one message until it is in one of `states`, has failed, or `timeoutMs` have passed. @returns its last state */
async function untilState (client: ClientLike, message: Message, states: ReadonlyArray<Message['state']>, timeoutMs: number): Promise<Message> {
  let last = message
  const isOver = (): boolean => states.includes(last.state) || last.state === 'failed'
  if (isOver()) return last
  return await new Promise((resolve) => {
    const end = (): void => { clearTimeout(timer); unsubscribe(); resolve(last) }
    const timer = setTimeout(end, Math.max(0, timeoutMs))
    const unsubscribe = client.on('update', (update) => {
      if (update.id !== message.id) return
      last = update
      if (isOver()) end()
    })
  })
}
