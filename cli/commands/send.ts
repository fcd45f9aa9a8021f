/** `heliograph send`: one message from a script or a shell, to a person or a group. */
import type { Command } from 'commander'
import { Option } from 'commander'
import { text as readAll } from 'node:stream/consumers'
import { collect, command, examples, run, wholeNumber, type Outcome } from '../command.ts'
import { say, sayJson, warn, type AccountId, type ClientLike, type CommonOptions, type Context, type Message } from '../context.ts'
import { messageJson } from '../describe-messages.ts'
import { Desk } from '../desk.ts'
import { aboutText } from '../explain.ts'
import { exitCodes } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import { mentionsIn, namesFor, textWithMentions, type Named } from '../mentions.ts'
import { Names } from '../names.ts'
import { mustBeLinked, withAccount } from '../session.ts'

type Wait = 'none' | 'sent' | 'delivered' | 'read'
const reached: Record<Wait, ReadonlyArray<Message['state']>> = { none: ['pending', 'sent', 'delivered', 'read'], sent: ['sent', 'delivered', 'read'], delivered: ['delivered', 'read'], read: ['read'] }

interface SendOptions extends CommonOptions {
  wait: Wait
  timeout: number
  replyTo?: string
  mention?: string[]
  viewOnce?: boolean
  location?: string
  contact?: string
  poll?: string
  option?: string[]
  several?: boolean
  forward?: string
  from?: string
}

type Outgoing = Exclude<Parameters<ClientLike['chats']['send']>[1], string>

export function sendCommand (context: Context, outcome: Outcome): Command {
  return command('send', 'send a message to a person or a group')
    .argument('<who>', 'contact, group, handle, account id or invite link')
    .argument('[text...]', 'the message; without one, or for -, it is read from standard input')
    .option('--reply-to <message>', 'quote a message: its id, the short form that the history shows, or "last"')
    .option('--mention <who>', 'mention a person: write @name in the text, or it is put before it; may be repeated', collect)
    .option('--view-once', 'the other side can look at it once')
    .option('--location <lat,lon[,label]>', 'a place, like 52.52,13.40,Berlin')
    .option('--contact <who>', 'a contact card')
    .option('--poll <question>', 'a poll, with two to twelve --option')
    .option('--option <text>', 'an answer of the poll; may be repeated', collect)
    .option('--several', 'in the poll more than one answer may be chosen')
    .option('--forward <message>', 'send on a message, of this conversation or the one given with --from')
    .option('--from <who>', 'where the forwarded message stands')
    .addOption(new Option('--wait <until>', 'end when the message is safe at your relay, on the other device, or read (in a group: by everybody)').choices(Object.keys(reached)).default('sent'))
    .option('--timeout <seconds>', 'how long to wait', wholeNumber(1, 86_400), 30)
    .addHelpText('after', examples(
      'send Bob "See you at eight"',
      'send bob@ap-1.example.org --wait delivered hello',
      'send Bob < notes.txt',
      'send "Book club" "@Ann, which one?" --mention Ann --reply-to last',
      'send "Book club" --poll "Which book?" --option Emma --option Dracula',
      'send Bob --location 52.52,13.40,Berlin',
      'send Bob --forward 1f3a9c --from "Book club"') +
      '\nWhen it cannot be sent in time, it is kept and goes out the next time you are online (exit code 3).\n')
    .action((who: string, words: string[], options: SendOptions) => run(context, outcome, options, () => send(context, who, words, options)))
}

const usage = (sentence: string): CliError => new CliError(sentence, { exitCode: exitCodes.usage, code: 'USAGE' })

async function send (context: Context, who: string, words: string[], options: SendOptions): Promise<number> {
  if (options.poll === undefined && (options.option !== undefined || options.several === true)) throw usage('--option and --several belong to a poll: give its question with --poll.')
  if (options.from !== undefined && options.forward === undefined) throw usage('--from says where a forwarded message stands: give it with --forward.')
  const location = options.location === undefined ? undefined : parseLocation(options.location)
  const standsAlone = location !== undefined || options.contact !== undefined || options.poll !== undefined || options.forward !== undefined
  const isFromInput = context.open === undefined && (words.join() === '-' || (words.length === 0 && !standsAlone))
  const text = isFromInput ? (await readAll(context.stdin)).replace(/\n$/, '') : words.join(' ')
  if (text === '' && !standsAlone) throw new CliError('There is nothing to send: give a text.', { exitCode: exitCodes.usage, code: 'EMPTY' })
  return await withAccount(context, options, async (client) => {
    const desk = new Desk({ client, context, names: await Names.load(client), timeoutS: options.timeout })
    const { chat, name } = await desk.chat(who, { mayAdd: true })
    mustBeLinked(client)
    client.start()
    const message = options.forward === undefined
      ? await client.chats.send(chat, await outgoing(desk, chat, text, { ...options, ...(location === undefined ? {} : { at: location }) })).catch((error: unknown) => { throw aboutText(error, text) })
      : await forward(desk, chat, options.forward, options.from)
    // The chat shows it, and its ticks.
    if (desk.isInChat) return exitCodes.ok
    const last = await untilState(client, message, reached[options.wait], desk.leftMs)
    if (last.state === 'pending') mustBeLinked(client)
    if (options.json === true) sayJson(context, messageJson(last, desk.nameOf))
    if (last.state === 'failed') throw new CliError(`It was refused: ${last.error ?? 'no reason was given'}.`, { code: 'REFUSED' })
    const isDone = reached[options.wait].includes(last.state)
    if (options.json !== true) {
      if (isDone) say(context, `${last.state === 'pending' ? 'Kept to be sent' : last.state[0]!.toUpperCase() + last.state.slice(1)}: ${name}`)
      else warn(context, last.state === 'pending' ? 'Not sent yet. It is kept and goes out the next time you are online.' : `Not ${options.wait} yet; it is ${last.state}.`)
    }
    return isDone ? exitCodes.ok : exitCodes.later
  })
}

async function outgoing (desk: Desk, chat: Message['chat'], text: string, options: SendOptions & { at?: Outgoing['location'] }): Promise<Outgoing> {
  const named: Named[] = []
  for (const who of options.mention ?? []) {
    const account = await desk.person(who)
    // As it was typed, when that is a name and no link or id.
    named.push(...namesFor(account, ...(/^[^\s:]{1,64}$/.test(who) ? [who.replace(/^[@~]/, '').replace(/@.*/, '')] : []), desk.names.of(account), await handleOf(desk, account)))
  }
  const whole = textWithMentions(text, named)
  const mentions = mentionsIn(whole, named)
  return {
    text: whole,
    ...(options.replyTo === undefined ? {} : { replyTo: (await desk.message(chat, options.replyTo)).id }),
    ...(mentions.length === 0 ? {} : { mentions }),
    ...(options.viewOnce === true ? { viewOnce: true } : {}),
    ...(options.at === undefined ? {} : { location: options.at }),
    ...(options.contact === undefined ? {} : { contact: await cardOf(desk, options.contact) }),
    ...(options.poll === undefined ? {} : { poll: { question: options.poll, options: options.option ?? [], allowsSeveral: options.several === true } })
  }
}

async function cardOf (desk: Desk, who: string): Promise<NonNullable<Outgoing['contact']>> {
  const account: AccountId = await desk.person(who)
  if (account === desk.own) return { account, name: desk.client.account!.handle, handle: desk.client.account!.handle }
  const contact = (await desk.client.contacts()).find((one) => one.account === account)
  return { account, name: contact?.name ?? desk.names.of(account).replace(/^~/, ''), handle: contact?.handle ?? '' }
}

const handleOf = async (desk: Desk, account: AccountId): Promise<string> => (await desk.client.contacts()).find((one) => one.account === account)?.handle ?? ''

async function forward (desk: Desk, to: Message['chat'], what: string, from: string | undefined): Promise<Message> {
  const { chat } = from === undefined ? { chat: to } : await desk.chat(from)
  const { id } = await desk.message(chat, what)
  return (await desk.client.chats.forward(chat, id, [to]))[0]!
}

/** `52.52,13.40,Berlin`. @throws CliError */
export function parseLocation (text: string): NonNullable<Outgoing['location']> {
  const [, lat, lon, label = ''] = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*(?:,\s*(.*))?$/s.exec(text) ?? []
  const [latitude, longitude] = [Number(lat), Number(lon)]
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) throw usage(`"${text}" is not a place. Write latitude,longitude or latitude,longitude,label: 52.52,13.40,Berlin`)
  return { latitude, longitude, accuracyM: 0, label: label.trim() }
}

/** Follows one message until it is in one of `states`, has failed, or `timeoutMs` have passed. @returns its last state */
async function untilState (client: ClientLike, message: Message, states: ReadonlyArray<Message['state']>, timeoutMs: number): Promise<Message> {
  let last = message
  const isOver = (): boolean => states.includes(last.state) || last.state === 'failed'
  if (isOver()) return last
  return await new Promise((resolve) => {
    const end = (): void => { clearTimeout(timer); for (const stop of unsubscribe) stop(); resolve(last) }
    const timer = setTimeout(end, Math.max(0, timeoutMs))
    const unsubscribe = [
      client.on('unlinked', end),
      client.on('update', (update) => {
        if (update.id !== message.id) return
        last = update
        if (isOver()) end()
      })
    ]
  })
}
