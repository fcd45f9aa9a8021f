/** `heliograph listen`: prints what arrives, until stopped; for scripts and pipes. */
import { Option, type Command } from 'commander'
import { isGroupChat } from '../../client/chat-id.ts'
import { command, examples, run, wholeNumber, type Outcome } from '../command.ts'
import { say, sayJson, warn, type CommonOptions, type Context, type Message } from '../context.ts'
import { homeChangeText } from '../chat/connection-text.ts'
import { groupChangeJson, groupChangeText, stuckText } from '../describe-groups.ts'
import { messageJson, messageLine, printable, printableName, shortMessageId } from '../describe-messages.ts'
import { exitCodes } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import { Names } from '../names.ts'
import { handOver, mustBeLinked, withAccount } from '../session.ts'
import { stopOnSignals } from '../stopping.ts'
import { unreadMessages } from '../unread.ts'

interface ListenOptions extends CommonOptions { count?: number, timeout?: number, unread?: boolean, markRead?: boolean, events?: boolean, strangers?: 'ask' | 'accept' }

export function listenCommand (context: Context, outcome: Outcome): Command {
  return command('listen', 'print messages as they arrive')
    .option('--count <number>', 'end after this many messages', wholeNumber(1, 1_000_000))
    .option('--timeout <seconds>', 'end after this time (exit code 3 when fewer than --count came)', wholeNumber(1, 86_400))
    .option('--unread', 'begin with what came earlier and was not marked as read')
    .option('--mark-read', 'tell the senders that their messages were read')
    .option('--events', 'print what changes as well: ticks, reactions, edits, deletions, votes, groups, requests, a move to another relay')
    .addOption(new Option('--strangers <what>', 'what somebody writes who is not a contact: a request (heliograph request list), or taken like anything else').choices(['ask', 'accept']).default('ask'))
    .addHelpText('after', examples('listen', 'listen --unread --mark-read --json | jq -r .text', 'listen --count 1 --timeout 60', 'listen --events --json'))
    .action((options: ListenOptions) => run(context, outcome, options, () => withAccount(context, options, async (client) => {
      mustBeLinked(client)
      const stopping = stopOnSignals(context)
      const names = await Names.load(client)
      const earlier = options.unread === true ? await unreadMessages(client) : []
      let seen = 0
      const code = await new Promise<number>((resolve) => {
        const end = (exitCode: number): void => { clearTimeout(timer); resolve(exitCode) }
        const timer = options.timeout === undefined ? undefined : setTimeout(() => { end(options.count === undefined ? exitCodes.ok : exitCodes.later) }, options.timeout * 1000)
        const print = (event: string, json: Record<string, unknown>, line: string): void => {
          if (options.json !== true) say(context, line)
          else sayJson(context, options.events === true ? { event, ...json } : json)
        }
        const show = (message: Message): void => {
          // More may come in the same turn than were asked for.
          if (seen === options.count) return
          seen++
          print('message', messageJson(message, (account) => names.of(account)), messageLine(message, (account) => names.of(account), isGroupChat(message.chat) ? { place: names.ofChat(message.chat) } : {}))
          if (options.markRead === true) client.markRead(message.chat).catch((error: unknown) => { warn(context, `Marking as read failed: ${(error as Error).message}`) })
          if (seen === options.count) end(exitCodes.ok)
        }
        const changed = (event: string, json: Record<string, unknown>, line: string): void => { if (options.events === true) print(event, json, line) }
        // One after another, in the order in which they came: names are looked up first.
        let turn: Promise<unknown> = Promise.resolve()
        const inTurn = (work: () => Promise<void> | void): void => { turn = turn.then(work).catch((error: unknown) => { warn(context, (error as Error).message) }) }
        stopping.signal.addEventListener('abort', () => { end(stopping.exitCode) }, { once: true })
        client.on('unlinked', () => { end(exitCodes.failed) })
        // Said in any case: it happens by itself.
        client.on('home', (change) => {
          inTurn(() => {
            if (options.events === true) changed('home', { reason: change.reason, from: change.from.name, to: change.to.name, handle: change.handle }, `~ ${homeChangeText(change)}`)
            else warn(context, homeChangeText(change))
          })
        })
        client.on('contact', (contact) => { names.named(contact.account, contact.name) })
        client.on('warning', (warning) => { warn(context, `Warning: ${printable(warning.text)}`) })
        client.on('message', (message) => { inTurn(async () => { await names.learn([message.sender]); show(message) }) })
        client.on('update', (message) => { inTurn(() => { changed('update', messageJson(message, (account) => names.of(account)), `~ ${messageLine(message, (account) => names.of(account))}`) }) })
        client.on('gone', ({ chat, ids }) => { inTurn(() => { changed('gone', { chat, ids }, `~ gone: ${ids.map(shortMessageId).join(', ')}`) }) })
        client.on('stuck', (stuck) => {
          inTurn(async () => {
            await names.learn([stuck.anchor])
            warn(context, stuckText(stuck, (account) => names.of(account)))
          })
        })
        client.on('group', (change) => {
          inTurn(async () => {
            await names.refresh()
            await names.learn([...change.accounts, ...(change.actor === undefined ? [] : [change.actor])])
            changed('group', groupChangeJson(change, (account) => names.of(account)), `~ [${printableName(names.ofChat(change.chat))}] ${groupChangeText(change, (account) => names.of(account))}`)
          })
        })
        client.on('chat', ({ chat, what, info }) => {
          inTurn(async () => {
            if (what === 'request' && info.request === 'pending') {
              await names.learn(isGroupChat(chat) ? [] : [chat as Message['sender']])
              await names.refresh()
              if (options.events !== true) warn(context, `Somebody who is not a contact has written: ${printableName(names.ofChat(chat))}. See "heliograph request list".`)
            }
            changed('chat', { chat, what, request: info.request ?? null }, `~ ${what}: ${printableName(names.ofChat(chat))}`)
          })
        })
        for (const message of earlier) show(message)
        client.start()
      })
      // The receipts of what was just printed.
      await handOver(client)
      stopping.release()
      mustBeLinked(client)
      if (code === exitCodes.later) throw new CliError(`${seen} of ${options.count ?? 0} messages came in ${options.timeout ?? 0} s.`, { exitCode: code, code: 'TIMEOUT' })
      return code
    }, { strangers: options.strangers ?? 'ask' })))
}
