/** `heliograph history`: what was written, from this device. */
import type { Command } from 'commander'
import { isGroupChat } from '../../client/chat-id.ts'
import { command, examples, wholeNumber, type Outcome } from '../command.ts'
import type { Context } from '../context.ts'
import { messageJson, messageLine, printableName } from '../describe-messages.ts'
import { atDesk, withTimeout, type DeskOptions } from '../desk.ts'

interface HistoryOptions extends DeskOptions { limit: number, sync?: boolean }

export function historyCommand (context: Context, outcome: Outcome): Command {
  return withTimeout(command('history', 'show the messages with a contact or of a group')
    .argument('<who>', 'contact, group, handle or account id')
    .option('-n, --limit <count>', 'how many of the newest', wholeNumber(1, 100_000), 50)
    .option('--sync', 'connect first, and take what has come since'))
    .addHelpText('after', examples('history Bob', 'history "Book club" --sync', 'history Bob -n 1000 --json > bob.jsonl') +
      '\nThe six characters before the name are the end of the message\'s id: commands take them for it.\n')
    .action((who: string, options: HistoryOptions) => atDesk(context, outcome, options, async (desk) => {
      if (options.sync === true) await desk.catchUp()
      const { chat, name } = await desk.chat(who)
      const messages = await desk.client.history(chat, { limit: options.limit })
      await desk.names.learn(messages.flatMap((message) => [message.sender, ...(message.reactions ?? []).map(({ account }) => account), ...(message.votes ?? []).map(({ account }) => account)]))
      return {
        lines: messages.length === 0 ? [`No messages ${isGroupChat(chat) ? 'in' : 'with'} ${printableName(name)} yet.`] : messages.map((message) => messageLine(message, desk.nameOf)),
        json: messages.map((message) => messageJson(message, desk.nameOf))
      }
    }))
}
