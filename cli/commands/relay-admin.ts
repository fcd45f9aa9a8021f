/**
 * `heliograph relay status|top|accounts|block|…`: the operator's commands. All but `restore` ask the relay that runs on the data folder,
 * through its admin socket. Guide: docs/operator.md
 */
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import { askRelay, askRelayForBytes, NoRelay } from '../../node/admin/ask-node.ts'
import type { AccountRow, AccountsAnswer, BlockAnswer, BlocksAnswer, CompactAnswer, DrainAnswer, RelayStatus, TopAnswer } from '../../node/admin/answers.ts'
import { configFileName, readConfigFile } from '../../node/config-file.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { shortId } from '../../protocol/ids.ts'
import { command, examples, run, wholeNumber, type Outcome } from '../command.ts'
import { say, sayJson, type CommonOptions, type Context } from '../context.ts'
import { accountLines, bytesText, statusLines, topLines } from '../describe-relay.ts'
import { exitCodes } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import { stopOnSignals } from '../stopping.ts'

interface AdminOptions extends CommonOptions { config: string }
interface TopOptions extends AdminOptions { once?: boolean, interval: number, limit: number }
interface AccountsOptions extends AdminOptions { full?: boolean }
interface DrainOptions extends AdminOptions { exit?: boolean, undo?: boolean }
interface BackupOptions extends AdminOptions { key: boolean, force?: boolean }
interface RestoreOptions extends AdminOptions { replace?: boolean, check?: boolean }

/** Clears a terminal and goes to its corner. */
const clear = '\u001b[2J\u001b[H'
/** A large database is compacted for minutes before the answer comes. */
const compactTimeoutMs = 60 * 60_000

export function addAdminCommands (relay: Command, context: Context, outcome: Outcome): void {
  const admin = (name: string, summary: string): Command => command(name, summary, { isForPeople: false })
    .option('--config <file>', 'configuration file of the relay', configFileName)
  const add = <Options extends AdminOptions>(made: Command, work: (folder: string, options: Options, argument: string) => Promise<number | void>): void => {
    relay.addCommand(made.action((...args: unknown[]) => {
      const hasArgument = typeof args[0] === 'string'
      const options = args[hasArgument ? 1 : 0] as Options
      return run(context, outcome, options, async () => {
        const { dataDir } = await readConfigFile(resolve(context.cwd, options.config))
        return await explaining(dataDir, () => work(dataDir, options, hasArgument ? args[0] as string : ''))
      })
    }))
  }

  add(admin('status', 'what the running relay is doing').addHelpText('after', examples('relay status', 'relay status --json --config /etc/heliograph/relay.toml')),
    async (folder, options) => {
      const status = await askRelay<RelayStatus>(folder, '/status')
      if (options.json === true) sayJson(context, status)
      else for (const line of statusLines(status)) say(context, line)
    })

  add<TopOptions>(admin('top', 'the busiest conversations, accounts and relays, until Ctrl-C')
    .option('--once', 'look once')
    .option('--interval <seconds>', 'how long each look takes', wholeNumber(1, 30), 2)
    .option('--limit <n>', 'rows of each kind', wholeNumber(1, 200), 10),
  async (folder, options) => {
    const stopping = stopOnSignals(context)
    try {
      for (;;) {
        const top = await askRelay<TopAnswer>(folder, `/top?seconds=${options.interval}&limit=${options.limit}`, { signal: stopping.signal })
        if (options.json === true) sayJson(context, top)
        else {
          const lines = topLines(top, await askRelay<RelayStatus>(folder, '/status', { signal: stopping.signal }))
          say(context, `${options.once !== true && context.stdout.isTTY === true ? clear : ''}${lines.join('\n')}`)
        }
        if (options.once === true) return
      }
    } catch (error) {
      if (stopping.signal.aborted) return exitCodes.ok
      throw error
    } finally {
      stopping.release()
    }
  })

  add<AccountsOptions>(admin('accounts', 'who lives here, and how much is kept for them; never what they write')
    .option('--full', 'whole ids')
    .addHelpText('after', '\nKEPT is the size of the conversations that somebody takes part in, as far as they are kept here; shared ones count for each.\n'),
  async (folder, options) => {
    const all: AccountRow[] = []
    let total: number
    let after = ''
    for (;;) {
      const page = await askRelay<AccountsAnswer>(folder, `/accounts?limit=500&after=${after}`)
      total = page.total
      if (options.json === true) for (const row of page.accounts) sayJson(context, row)
      else all.push(...page.accounts)
      if (page.next === undefined) break
      after = page.next
    }
    if (options.json === true) return
    if (all.length > 0) for (const line of accountLines(all, { isFull: options.full === true })) say(context, line)
    say(context, `${total} ${total === 1 ? 'account' : 'accounts'}`)
  })

  const who = 'account id, handle, relay id or name, or the six characters that lists show'
  const shown = ({ kind, id }: { kind: string, id: string }): string => `${kind} ${shortId(id)}`
  add(admin('block', 'serve an account or a relay no more').argument('<who>', who)
    .addHelpText('after', examples('relay block spammer@eu-1.example.org', 'relay block 12D3KooW…') +
      '\nA blocked account can neither register nor connect nor send; it can move to another relay and takes with it what waits for it.\nNothing is taken from a blocked relay or brought to it; what is for its people waits until it expires.\n'),
  async (folder, options, argument) => {
    const answer = await askRelay<BlockAnswer>(folder, '/block', { body: { who: argument } })
    if (options.json === true) sayJson(context, answer)
    else say(context, answer.isChanged ? `Blocked: ${shown(answer)}.` : `Blocked already: ${shown(answer)}.`)
  })
  add(admin('unblock', 'serve it again').argument('<who>', who), async (folder, options, argument) => {
    const answer = await askRelay<BlockAnswer>(folder, '/unblock', { body: { who: argument } })
    if (options.json === true) sayJson(context, answer)
    else say(context, answer.isChanged ? `Not blocked any more: ${shown(answer)}.` : `Was not blocked: ${shown(answer)}.`)
  })
  add(admin('blocked', 'whom this relay does not serve'), async (folder, options) => {
    const { blocked } = await askRelay<BlocksAnswer>(folder, '/blocked')
    for (const row of blocked) {
      if (options.json === true) sayJson(context, row)
      else say(context, `${row.since}  ${row.kind.padEnd(7)}  ${row.id}`)
    }
    if (options.json !== true && blocked.length === 0) say(context, 'Nobody is blocked.')
  })

  add<DrainOptions>(admin('drain', 'send everybody elsewhere, and stay')
    .option('--exit', 'then end, as on SIGTERM')
    .option('--undo', 'take people again')
    .addHelpText('after', '\nDevices are told to connect elsewhere, new ones are refused, /readyz says so; what is for other relays goes on.\nWho is still there after drainSeconds is disconnected. Apps wait a minute; then accounts with a standby move to it\nfor good. For a restart, SIGTERM drains as well.\n'),
  async (folder, options) => {
    const answer = await askRelay<DrainAnswer>(folder, options.undo === true ? '/resume' : '/drain', { body: { exit: options.exit === true } })
    if (options.json === true) sayJson(context, answer)
    else if (options.undo === true) say(context, 'The relay takes people again.')
    else say(context, `${options.exit === true ? 'The relay drains and ends' : 'The relay drains and stays'}: ${answer.devices} ${answer.devices === 1 ? 'device is' : 'devices are'} still connected, ${answer.outbox} ${answer.outbox === 1 ? 'envelope waits' : 'envelopes wait'} for other relays.`)
  })

  add(admin('compact', 'give the space of what was deleted back to the disk'), async (folder, options) => {
    const answer = await askRelay<CompactAnswer>(folder, '/compact', { body: {}, timeoutMs: compactTimeoutMs })
    if (options.json === true) sayJson(context, answer)
    else say(context, `${bytesText(answer.beforeBytes)} before, ${bytesText(answer.afterBytes)} after, ${answer.seconds.toFixed(1)} s.`)
  })

  add<BackupOptions>(admin('backup', 'a consistent copy of the running relay, in one file').argument('<file>', 'where to')
    .option('--no-key', 'without relay.key')
    .option('--force', 'overwrite the file')
    .addHelpText('after', examples('relay backup /backup/eu-1-2026-11-22.heliograph') +
      '\nThe file holds the key and who writes with whom: keep it where nobody else can read it. Never copy the database of a running relay,\nand never start an old copy: "relay restore" makes one safe.\n'),
  async (folder, options, argument) => {
    const path = resolve(context.cwd, argument)
    const summary = await writeBackup(path, await askRelayForBytes(folder, `/backup${options.key ? '' : '?key=no'}`), { isForced: options.force === true })
    if (options.json === true) sayJson(context, { file: path, ...summary })
    else say(context, `${path}: ${bytesText(summary.bytes)}, ${summary.rows} rows, checked.`)
  })

  relay.addCommand(admin('restore', 'make a backup the database of a relay that is not running').argument('<file>', 'a backup')
    .option('--replace', 'move a database that is there aside')
    .option('--check', 'only read it all and say what it is')
    .addHelpText('after', examples('relay restore --check eu-1.heliograph', 'relay restore eu-1.heliograph --config /etc/heliograph/relay.toml') +
      '\nThe restored relay knows its accounts, but serves each one only after its app has signed a newer home record, which apps do by\nthemselves when they connect: numbers that it gave out after the backup are never given out again.\n')
    .action((file: string, options: RestoreOptions) => run(context, outcome, options, async () => { await restore(context, resolve(context.cwd, file), options) })))
}

/** Of a backup that cannot be used, or that cannot be put where it should go: nothing was changed. */
function aboutBackup (error: unknown, file: string): unknown {
  if (!isProtocolError(error) || error.details.what === undefined) return error
  const { code, details: { what } } = error
  if (code === 'DATABASE_CORRUPT') return new CliError(`The backup ${file} cannot be used: ${what.replace(/^the backup: /, '')}. Nothing was changed.`, { code, cause: error })
  return code === 'BAD_CONFIG' ? new CliError(`Nothing was restored: ${what}.`, { code, cause: error }) : error
}

async function restore (context: Context, file: string, options: RestoreOptions): Promise<void> {
  if (options.check === true) {
    const { readBackup } = await import('../../node/admin/backup-reader.ts')
    const { manifest: { key, config: _config, ...manifest }, rows, bytes } = await readBackup(file, () => {}).catch((error: unknown) => { throw aboutBackup(error, file) })
    const about = { ...manifest, hasKey: key !== undefined, rows, bytes }
    if (options.json === true) sayJson(context, about)
    else say(context, `A backup of ${about.name} (${shortId(about.relay)}), taken ${about.takenAt}: ${bytesText(bytes)}, ${rows} rows, ${about.hasKey ? 'with' : 'without'} its key. All checksums fit.`)
    return
  }
  const { dataDir } = await readConfigFile(resolve(context.cwd, options.config))
  const { restoreBackup } = await import('../../node/admin/restore.ts')
  const { manifest, rows, movedTo, isKeyWritten } = await restoreBackup({ file, dataDir, nowMs: context.nowMs(), isReplacing: options.replace === true }).catch((error: unknown) => { throw aboutBackup(error, file) })
  if (options.json === true) { sayJson(context, { relay: manifest.relay, name: manifest.name, takenAt: manifest.takenAt, rows, isKeyWritten, ...(movedTo === undefined ? {} : { movedTo }) }); return }
  say(context, `${dataDir} is ${manifest.name} as it was at ${manifest.takenAt}${isKeyWritten ? ', with its key' : ''}.`)
  if (movedTo !== undefined) say(context, `What was there before is in ${movedTo}.`)
  say(context, 'Start it as always. Its accounts come back as their apps connect: "relay status" counts those that are awaited.')
}

/**
 * Beside its place first, checked, then renamed: a file of that name is a whole backup.
 * @throws CliError when a file is there
 */
async function writeBackup (path: string, chunks: AsyncIterable<Buffer>, { isForced }: { isForced: boolean }): Promise<{ bytes: number, rows: number }> {
  const partial = `${path}.partial`
  if (!isForced && await isThere(path)) throw new CliError(`${path} exists already. Choose another name, or --force.`, { code: 'EEXIST' })
  await rm(partial, { force: true })
  const file: FileHandle = await open(partial, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new CliError(`There is no folder ${dirname(path)}.`, { code: error.code, cause: error }) : error
  })
  try {
    for await (const chunk of chunks) await file.write(chunk)
    await file.sync()
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  } finally {
    await file.close()
  }
  try {
    const { readBackup } = await import('../../node/admin/backup-reader.ts')
    const { bytes, rows } = await readBackup(partial, () => {})
    await rename(partial, path)
    const folder = await open(dirname(path))
    await folder.sync().finally(() => folder.close())
    return { bytes, rows }
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

async function isThere (path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** Failures of the socket as sentences. */
async function explaining<T> (folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof NoRelay && error.code === 'NOT_RUNNING') throw new CliError(`No relay runs on ${folder}. Start it with "heliograph relay start", or name its configuration with --config.`, { code: error.code, exitCode: exitCodes.later, cause: error })
    if (error instanceof NoRelay) throw new CliError(`Only the user that the relay on ${folder} runs as, and root, may talk to it. Try it with sudo.`, { code: error.code, cause: error })
    if (isProtocolError(error, 'NOT_ALLOWED')) throw new CliError(`That is not possible: ${error.details.what ?? ''}.`, { code: error.code, cause: error })
    throw error
  }
}
