/** `heliograph chat`: the terminal chat; lines in and out where there is no terminal. */
import type { Command } from 'commander'
import { command, examples, run, type Outcome } from '../command.ts'
import { warn, type CommonOptions, type Context } from '../context.ts'
import { contactFor } from '../describe-people.ts'
import { plainChat } from '../chat/plain-chat.ts'
import { exitCodes } from '../exit-codes.ts'
import { untilOnline, withAccount } from '../session.ts'
import { stopOnSignals } from '../stopping.ts'

interface ChatOptions extends CommonOptions { plain?: boolean }

/** How long leaving may take to hand over what is still waiting. It is kept and sent the next time otherwise. */
const farewellMs = 3000

export function chatCommand (context: Context, outcome: Outcome): Command {
  return command('chat', 'chat in the terminal', { hasJson: false })
    .argument('[who]', 'contact, handle, account id or invite link to open first')
    .option('--plain', 'lines in, lines out, without moving the cursor')
    .addHelpText('after', examples('chat', 'chat bob@ap-1.example.org', 'chat --data ./work'))
    .action((who: string | undefined, options: ChatOptions) => run(context, outcome, options, () => withAccount(context, options, async (client) => {
      const openWith = who === undefined ? undefined : (await contactFor(client, who, { mayAdd: true, connect: () => untilOnline(client, { timeoutMs: 20_000 }) })).account
      const stopping = stopOnSignals(context)
      if (options.plain === true || context.stdin.isTTY !== true || context.stdout.isTTY !== true) {
        await plainChat(client, context, { signal: stopping.signal, ...(openWith === undefined ? {} : { openWith }) })
      } else {
        // Loaded only here: other commands start without the screen library.
        const { runChatScreen } = await import('../chat/chat-screen-run.ts')
        await runChatScreen(client, context, { signal: stopping.signal, ...(openWith === undefined ? {} : { openWith }) })
      }
      const waiting = await client.outboxLength()
      if (waiting > 0) {
        await client.flushed({ signal: AbortSignal.timeout(farewellMs) }).catch(async () => {
          // Offline or slow: nothing is lost by leaving.
          warn(context, `${await client.outboxLength()} of your messages wait here; they go out the next time you are online.`)
        })
      }
      stopping.release()
      return exitCodes.ok
    })))
}
