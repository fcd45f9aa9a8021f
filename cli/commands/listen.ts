/** `heliograph listen`: prints what arrives, until stopped; for scripts and pipes. */
import type { Command } from 'commander'
import { command, examples, run, wholeNumber, type Outcome } from '../command.ts'
import { say, sayJson, warn, type ClientLike, type CommonOptions, type Context } from '../context.ts'
import { messageJson, messageLine, printable } from '../describe-messages.ts'
import { shortId } from '../describe-people.ts'
import { exitCodes } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import { handOver, withAccount } from '../session.ts'
import { stopOnSignals } from '../stopping.ts'
import { unreadMessages } from '../unread.ts'

type Message = Awaited<ReturnType<ClientLike['send']>>

interface ListenOptions extends CommonOptions { count?: number, timeout?: number, unread?: boolean, markRead?: boolean }

export function listenCommand (context: Context, outcome: Outcome): Command {
  return command('listen', 'print messages as they arrive')
    .option('--count <number>', 'end after this many messages', wholeNumber(1, 1_000_000))
    .option('--timeout <seconds>', 'end after this time (exit code 3 when fewer than --count came)', wholeNumber(1, 86_400))
    .option('--unread', 'begin with what came earlier and was not marked as read')
    .option('--mark-read', 'tell the senders that their messages were read')
    .addHelpText('after', examples('listen', 'listen --unread --mark-read --json | jq -r .text', 'listen --count 1 --timeout 60'))
    .action((options: ListenOptions) => run(context, outcome, options, () => withAccount(context, options, async (client) => {
      const stopping = stopOnSignals(context)
      const names = new Map<Message['chat'], string>((await client.contacts()).map((contact) => [contact.account, contact.name]))
      const earlier = options.unread === true ? await unreadMessages(client) : []
      let seen = 0
      const code = await new Promise<number>((resolve) => {
        const end = (exitCode: number): void => { clearTimeout(timer); resolve(exitCode) }
        const show = (message: Message): void => {
          // More may come in the same turn than were asked for.
          if (seen === options.count) return
          seen++
          if (options.json === true) sayJson(context, messageJson(message))
          else say(context, messageLine(message, names.get(message.sender) ?? shortId(message.sender)))
          if (options.markRead === true) client.markRead(message.chat).catch((error: unknown) => { warn(context, `Marking as read failed: ${(error as Error).message}`) })
          if (seen === options.count) end(exitCodes.ok)
        }
        const timer = options.timeout === undefined ? undefined : setTimeout(() => { end(options.count === undefined ? exitCodes.ok : exitCodes.later) }, options.timeout * 1000)
        stopping.signal.addEventListener('abort', () => { end(stopping.exitCode) }, { once: true })
        client.on('contact', (contact) => { names.set(contact.account, contact.name) })
        client.on('warning', (warning) => { warn(context, `Warning: ${printable(warning.text)}`) })
        for (const message of earlier) show(message)
        client.on('message', show)
        client.start()
      })
      // The receipts of what was just printed.
      await handOver(client)
      stopping.release()
      if (code === exitCodes.later) throw new CliError(`${seen} of ${options.count ?? 0} messages came in ${options.timeout ?? 0} s.`, { exitCode: code, code: 'TIMEOUT' })
      return code
    })))
}
