/**
 * The testnet as a program: `heliograph testnet up|start|run|list` ends up here.
 */
import { resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { chatStart, networkUp } from './local-network.ts'
import { runScenario } from './runner.ts'
import { scenarios } from './scenarios/scenarios.ts'

const wholeNumber = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw new InvalidArgumentError(`It must be a whole number from 0 to ${0xffff_ffff}.`)
  return value
}

const factor = (text: string): number => {
  const value = Number(text)
  if (!(value >= 0.01 && value <= 10)) throw new InvalidArgumentError(`It must be a number from 0.01 to 10.`)
  return value
}

const print = (line: string): void => { process.stdout.write(`${line}\n`) }

/** One Ctrl-C may come twice: to the whole group of processes, and passed on by the command that started this one. */
const sameSignalMs = 500

/** The first signal asks to end well, the second ends at once; the daemons notice that this process is gone. */
function stopOnSignals (): AbortSignal {
  const abort = new AbortController()
  let firstMs = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (abort.signal.aborted && performance.now() - firstMs > sameSignalMs) process.exit(130)
      if (abort.signal.aborted) return
      firstMs = performance.now()
      abort.abort()
    })
  }
  return abort.signal
}

const randomSeed = (): number => Math.floor(Math.random() * 1_000_000)

interface RunArguments { seed?: number, keep?: boolean, scale: number, report?: string }

/** The machine lacks what a scenario needs. */
const cannotRunCode = 5

async function run (names: string[], { seed, keep, scale, report }: RunArguments): Promise<number> {
  const wanted = names.includes('all') ? [...scenarios.keys()] : names
  const unknown = wanted.find((name) => !scenarios.has(name))
  if (unknown !== undefined) {
    process.stderr.write(`There is no scenario "${unknown}". There are: ${[...scenarios.keys()].join(', ')}, all.\n`)
    return 4
  }
  const signal = stopOnSignals()
  let [hasPassed, cannotRun] = [true, false]
  for (const name of wanted) {
    if (signal.aborted) return 130
    const result = await runScenario(scenarios.get(name)!, { seed: seed ?? randomSeed(), scale, print, isKept: keep ?? false, signal, ...(report === undefined ? {} : { reportFolder: resolve(report) }) })
    if (result.cannotRun) cannotRun = true
    else hasPassed &&= result.hasPassed
  }
  return signal.aborted ? 130 : !hasPassed ? 1 : cannotRun ? cannotRunCode : 0
}

async function main (): Promise<number> {
  let exitCode = 0
  const program = new Command('heliograph testnet')
    .description('A network on this machine: real processes, a bootstrap node and relays in three regions that are 80 ms apart.')
    .exitOverride()
    .showSuggestionAfterError()
  program.command('start')
    .description('start the network and open a chat with the echo bot in the far region ("npm start"); without a terminal: run the scenario cross-region')
    .action(async () => {
      exitCode = process.stdin.isTTY && process.stdout.isTTY ? await chatStart({ print, signal: stopOnSignals() }) : await run(['cross-region'], { scale: 1 })
    })
  program.command('up')
    .description('start the network and say what to type next; Ctrl-C stops it')
    .option('--rtt <ms>', 'round trip between regions', wholeNumber, 80)
    .option('--seed <number>', 'of the jitter', wholeNumber, 1)
    .action(async ({ rtt, seed }: { rtt: number, seed: number }) => { exitCode = await networkUp({ print, signal: stopOnSignals(), rttMs: rtt, seed }) })
  program.command('run')
    .description('run scenarios, print their steps and a table; exit status 1 when a property is broken')
    .argument('<names...>', 'scenarios, or "all"')
    .option('--seed <number>', 'repeat a run: what is chosen at random follows from it', wholeNumber)
    .option('--keep', 'keep folder and logs')
    .addOption(new Option('--scale <factor>', 'fewer or more messages, from 0.01 to 10').argParser(factor).default(1))
    .option('--report <folder>', 'where scenarios with faults leave their report: figures as JSON, a graph as SVG')
    .addHelpText('after', `\nExit status: 0 when every property holds, 1 when one is broken, ${cannotRunCode} when this machine lacks what a scenario needs (it says what).`)
    .action(async (names: string[], options: RunArguments) => { exitCode = await run(names, options) })
  program.command('list')
    .description('list the scenarios')
    .action(() => { for (const { name, summary } of scenarios.values()) print(`${name.padEnd(16)} ${summary}`) })
  try {
    await program.parseAsync()
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 || error.code === 'commander.help' ? 0 : 2
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
  return exitCode
}

process.exitCode = await main()
// Everything was stopped; a library's timer that is still pending must not keep the person waiting.
setTimeout(() => { process.exit() }, 1000).unref()
