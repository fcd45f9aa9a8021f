/**
 * What all commands share: the common options, and the edge where every failure becomes a sentence and an exit code.
 */
import { Command, Option } from 'commander'
import { sayJson, warn, type CommonOptions, type Context } from './context.ts'
import { exitCodes } from './exit-codes.ts'
import { failureOf } from './failure.ts'

/** A command with --verbose, and with --json and --data unless told otherwise. */
export function command (name: string, summary: string, { isForPeople = true, hasJson = true } = {}): Command {
  const made = new Command(name).summary(summary).description(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`)
  if (isForPeople) made.option('--data <folder>', 'keys, contacts and messages (default: $HELIOGRAPH_DATA, else ~/.heliograph)')
  if (hasJson) made.option('--json', 'answer with JSON, one value per line')
  return made.addOption(new Option('--verbose', 'show what happens inside, on standard error'))
}

/** Text under the options: examples that can be typed as they are. */
export const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ heliograph ${line}`).join('\n')}\n`

/** How the process is to end; `main` reads it when the command is done. */
export interface Outcome { exitCode: number }

/** Runs a command's work. A returned number is the exit code. */
export async function run (context: Context, outcome: Outcome, options: CommonOptions, work: () => Promise<number | void>): Promise<void> {
  try {
    outcome.exitCode = await work() ?? exitCodes.ok
  } catch (error) {
    const failure = failureOf(error)
    outcome.exitCode = failure.exitCode
    if (options.json === true) sayJson(context, { error: { code: failure.code, message: failure.sentence } })
    else warn(context, failure.sentence)
    if (options.verbose === true && error instanceof Error) warn(context, error.stack ?? error.message)
  }
}

/** For options that take a number. Throws what commander turns into a usage error. */
export function wholeNumber (least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < least || value > most) throw new InvalidNumber(least, most)
    return value
  }
}

class InvalidNumber extends Error {
  readonly code = 'commander.invalidArgument'
  constructor (least: number, most: number) { super(`It must be a whole number from ${least} to ${most}.`) }
}

export const collect = (value: string, before: string[] = []): string[] => [...before, value]
