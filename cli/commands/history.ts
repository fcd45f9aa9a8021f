/** `heliograph history`: what was written, from this device; needs no connection. */
import type { Command } from 'commander'
import { command, examples, run, wholeNumber, type Outcome } from '../command.ts'
import { say, sayJson, type CommonOptions, type Context } from '../context.ts'
import { contactFor } from '../describe-people.ts'
import { messageJson, messageLine } from '../describe-messages.ts'
import { withAccount } from '../session.ts'

export function historyCommand (context: Context, outcome: Outcome): Command {
  return command('history', 'show the messages with a contact')
    .argument('<who>', 'name, handle or account id of a contact')
    .option('-n, --limit <count>', 'how many of the newest', wholeNumber(1, 100_000), 50)
    .addHelpText('after', examples('history Bob', 'history Bob -n 1000 --json > bob.jsonl'))
    .action((who: string, options: CommonOptions & { limit: number }) => run(context, outcome, options, () => withAccount(context, options, async (client) => {
      const person = await contactFor(client, who, { mayAdd: false, connect: async () => {} })
      const messages = await client.history(person.account, { limit: options.limit })
      if (options.json === true) { for (const message of messages) sayJson(context, messageJson(message)); return }
      if (messages.length === 0) say(context, `No messages with ${person.name} yet.`)
      for (const message of messages) say(context, messageLine(message, person.name))
    })))
}
