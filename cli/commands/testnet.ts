/**
 * `heliograph testnet …`: a network on this machine. The testnet is a program of its own beside the cli (neither
 * imports the other), so this starts it and hands over terminal, signals and exit code.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { run, type Outcome } from '../command.ts'
import type { Context } from '../context.ts'
import { CliError } from '../failure.ts'

const program = fileURLToPath(new URL('../../testnet/main.ts', import.meta.url))

export function testnetCommand (context: Context, outcome: Outcome): Command {
  return new Command('testnet')
    .summary('run a network of three regions on this machine')
    .description('A network of three regions on this machine. "heliograph testnet --help" lists its commands.')
    .argument('[args...]', 'up, start, run, list')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action((args: string[]) => run(context, outcome, {}, () => runTestnet(context, args)))
}

async function runTestnet (context: Context, args: string[]): Promise<number> {
  if (!existsSync(program)) throw new CliError('The testnet is part of the source checkout and is not here. Run this in a checkout of Heliograph.')
  const child = spawn(process.execPath, [program, ...args], { stdio: 'inherit' })
  // Ctrl-C reaches the child by the terminal; what was sent to this process alone is passed on.
  const release = context.onSignal((signal) => { if (signal !== 'SIGINT' || context.stdin.isTTY !== true) child.kill(signal) })
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', (code, signal) => { resolve(code ?? (signal === 'SIGINT' ? 130 : 143)) })
    })
  } finally {
    release()
  }
}
