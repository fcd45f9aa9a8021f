/**
 * The `heliograph` command: composition root of `cli/`. Started by bin/heliograph.js.
 *
 * Owns: the tree of commands, what they get from outside, how the process ends.
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { accountCommand } from './commands/account.ts'
import { bootstrapCommand } from './commands/bootstrap.ts'
import { broadcastCommand } from './commands/broadcast.ts'
import { chatCommand } from './commands/chat.ts'
import { contactCommand } from './commands/contact.ts'
import { conversationCommand, requestCommand } from './commands/conversation.ts'
import { deviceCommand } from './commands/device.ts'
import { echoBotCommand } from './commands/echo-bot.ts'
import { groupCommand } from './commands/group.ts'
import { historyCommand } from './commands/history.ts'
import { homeCommand } from './commands/home.ts'
import { listenCommand } from './commands/listen.ts'
import { messageCommand } from './commands/message.ts'
import { presenceCommand } from './commands/presence.ts'
import { profileCommand } from './commands/profile.ts'
import { relayCommand } from './commands/relay.ts'
import { sendCommand } from './commands/send.ts'
import { testnetCommand } from './commands/testnet.ts'
import type { Outcome } from './command.ts'
import type { Context } from './context.ts'
import { exitCodes } from './exit-codes.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

const exitCodesHelp = `
Exit codes: ${exitCodes.ok} done · ${exitCodes.failed} failed · ${exitCodes.usage} wrong command line · ${exitCodes.later} not now (kept, try later) · ${exitCodes.notFound} no such person · ${exitCodes.interrupted} Ctrl-C
To try it all on this machine: npm start. Guide: docs/cli.md
`

/** @returns the exit code. Never throws for what a person did wrong. */
export async function runHeliograph (args: readonly string[], context: Context): Promise<number> {
  const outcome: Outcome = { exitCode: exitCodes.ok }
  const program = new Command('heliograph')
    .description('A messenger that nobody owns: chat end-to-end encrypted through relays that anybody can run.')
    .version(version, '-V, --version')
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .addHelpText('after', exitCodesHelp)

  program.commandsGroup('Chat:')
  program.addCommand(chatCommand(context, outcome, runHeliograph))
  program.addCommand(sendCommand(context, outcome))
  program.addCommand(listenCommand(context, outcome))
  program.addCommand(historyCommand(context, outcome))
  program.addCommand(messageCommand(context, outcome))
  program.addCommand(conversationCommand(context, outcome))
  program.addCommand(groupCommand(context, outcome))
  program.addCommand(broadcastCommand(context, outcome))
  program.commandsGroup('People:')
  program.addCommand(contactCommand(context, outcome))
  program.addCommand(requestCommand(context, outcome))
  program.addCommand(presenceCommand(context, outcome))
  program.commandsGroup('You:')
  program.addCommand(accountCommand(context, outcome))
  program.addCommand(profileCommand(context, outcome))
  program.addCommand(deviceCommand(context, outcome))
  program.addCommand(homeCommand(context, outcome))
  program.commandsGroup('Run:')
  program.addCommand(echoBotCommand(context, outcome))
  program.addCommand(relayCommand(context, outcome))
  program.addCommand(bootstrapCommand(context, outcome))
  program.addCommand(testnetCommand(context, outcome))

  for (const one of allCommands(program)) {
    one.exitOverride().configureOutput({
      writeOut: (text) => { context.stdout.write(text) },
      writeErr: (text) => { context.stderr.write(text) },
      outputError: (text, write) => { write(text.replace(/^error: /, '').replace(/^[a-z]/, (first) => first.toUpperCase())) }
    })
  }

  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // --help and --version end here too, with 0.
    return error.exitCode === 0 || error.code === 'commander.help' ? exitCodes.ok : exitCodes.usage
  }
  return outcome.exitCode
}

const allCommands = (command: Command): Command[] => [command, ...command.commands.flatMap(allCommands)]

/** What bin/heliograph.js calls. */
export async function main (args: readonly string[]): Promise<void> {
  const context: Context = {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    nowMs: () => Date.now(),
    openClient: async (options) => {
      // Loaded only when a command needs it: --help answers at once.
      const { openClient } = await import('./open-client.ts')
      return await openClient({ ...options, software: `heliograph ${version}` })
    },
    exit: (code) => { process.exit(code) },
    onSignal (listener) {
      const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
      for (const signal of signals) process.on(signal, listener)
      return () => { for (const signal of signals) process.off(signal, listener) }
    }
  }
  // `heliograph history | head` closes the pipe early: that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code === 'EPIPE') process.exit(exitCodes.ok); else throw error })
  process.exitCode = await runHeliograph(args, context)
  // Everything was stopped; a library's timer that is still pending must not keep the person waiting.
  setTimeout(() => { process.exit() }, 1000).unref()
}
