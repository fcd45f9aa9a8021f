/** `heliograph chat`: the terminal chat; lines in and out where there is no terminal. */
import type { Command } from 'commander'
import { command, examples, run, type Outcome } from '../command.ts'
import { warn, type CommonOptions, type Context } from '../context.ts'
import { runnerFor, type RunCommand } from '../chat/chat-run.ts'
import { plainChat } from '../chat/plain-chat.ts'
import { chatFor } from '../targets.ts'
import { exitCodes } from '../exit-codes.ts'
import { handOver, untilOnline, withAccount } from '../session.ts'
import { stopOnSignals } from '../stopping.ts'

interface ChatOptions extends CommonOptions { plain?: boolean }

/** @param runCommand what a line that begins with a slash is given to */
export function chatCommand (context: Context, outcome: Outcome, runCommand: RunCommand): Command {
  return command('chat', 'chat in the terminal', { hasJson: false })
    .argument('[who]', 'contact, group, handle, account id or invite link to open first')
    .option('--plain', 'lines in, lines out, without moving the cursor')
    .addHelpText('after', examples('chat', 'chat bob@ap-1.example.org', 'chat --data ./work'))
    .action((who: string | undefined, options: ChatOptions) => run(context, outcome, options, () => withAccount(context, options, async (client) => {
      const openWith = who === undefined ? undefined : (await chatFor(client, who, { mayAdd: true, connect: () => untilOnline(client, { timeoutMs: 20_000 }) })).chat
      const stopping = stopOnSignals(context)
      const screen = { signal: stopping.signal, run: runnerFor(client, context, runCommand), ...(openWith === undefined ? {} : { openWith }) }
      if (options.plain === true || context.stdin.isTTY !== true || context.stdout.isTTY !== true) {
        await plainChat(client, context, screen)
      } else {
        // Loaded only here: other commands start without the screen library.
        const { runChatScreen } = await import('../chat/chat-screen-run.ts')
        await runChatScreen(client, context, screen)
      }
      const waiting = await handOver(client)
      if (waiting > 0) warn(context, 'What is not sent yet is kept; it goes out the next time you are online.')
      stopping.release()
      return exitCodes.ok
    })))
}
