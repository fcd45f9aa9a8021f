/** `heliograph account create|show`: the key that a person is, and where its mail is kept. */
import { Command } from 'commander'
import { checkAddress, readSettings, writeSettings } from '../settings.ts'
import { command, collect, examples, run, type Outcome } from '../command.ts'
import { dataDir, say, sayJson, type CommonOptions, type Context } from '../context.ts'
import { accountJson } from '../describe-people.ts'
import { aboutFolder, aboutRelays } from '../explain.ts'
import { exitCodes } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import { withAccount } from '../session.ts'
import { stopOnSignals } from '../stopping.ts'

interface CreateOptions extends CommonOptions { handle?: string, name?: string, relay?: string, region?: string, bootstrap?: string[] }

export function accountCommand (context: Context, outcome: Outcome): Command {
  const account = new Command('account').summary('make an account, or show the one you have').description('An account is a key in your data folder. Nobody else has it: keep the folder.')

  account.addCommand(command('create', 'make an account and register it at a relay')
    .option('--handle <name>', 'a name under which others find you at that relay, like "ada"')
    .option('--name <name>', 'what you call yourself to those you write to (default: the handle)')
    .option('--relay <name|address>', 'the relay that keeps your messages (default: the nearest)')
    .option('--region <region>', 'prefer relays of this region')
    .option('--bootstrap <address>', 'address of a relay or bootstrap node to start from; may be repeated', collect)
    .addHelpText('after', examples(
      'account create --handle ada --bootstrap /dns4/eu-1.example.org/tcp/4001/p2p/12D3KooW…',
      'account create --data ./work --handle ada.work --relay eu-1.example.org'))
    .action((options: CreateOptions) => run(context, outcome, options, () => createAccount(context, options))))

  account.addCommand(command('show', 'show your account, its handle, its relay and an invite link')
    .addHelpText('after', examples('account show', 'account show --json'))
    .action((options: CommonOptions) => run(context, outcome, options, () => withAccount(context, options, async (client, own) => {
      const invite = client.inviteLink()
      if (options.json === true) { sayJson(context, accountJson(own, invite)); return }
      showAccount(context, own, invite)
    }))))
  return account
}

async function createAccount (context: Context, options: CreateOptions): Promise<number | void> {
  const folder = dataDir(context, options)
  const before = await readSettings(folder)
  const bootstrap = options.bootstrap?.map(checkAddress) ?? before?.bootstrap ?? []
  const isAddress = options.relay?.startsWith('/') === true
  if (isAddress) checkAddress(options.relay!)
  const from = bootstrap.length === 0 && isAddress ? [options.relay!] : bootstrap
  if (from.length === 0) {
    throw new CliError('No relay is known yet. Give one with --bootstrap (its operator publishes the address), or start a network on this machine with "npm start".', { exitCode: exitCodes.usage, code: 'NO_BOOTSTRAP' })
  }
  const region = options.region ?? before?.region
  const settings = { bootstrap: from, ...(region === undefined ? {} : { region }) }
  const stopping = stopOnSignals(context)
  const { client, close } = await context.openClient({ folder, config: settings, verbose: options.verbose ?? false }).catch((error: unknown) => { throw aboutFolder(error, folder) })
  try {
    if (client.account !== undefined) throw new CliError(`There is an account in ${folder} already. Use another folder with --data to make one more.`, { code: 'ACCOUNT_EXISTS' })
    // Before the account: an account without settings could not be opened, settings without an account are harmless.
    await writeSettings(folder, settings)
    const account = await client.createAccount({
      signal: stopping.signal,
      ...(options.handle === undefined ? {} : { handle: options.handle }),
      ...(options.relay === undefined ? {} : { relay: options.relay })
    }).catch((error: unknown) => { throw aboutRelays(error, options.relay) })
    const name = options.name ?? options.handle
    if (name !== undefined) await client.chats.setProfile({ name })
    const invite = client.inviteLink()
    if (options.json === true) sayJson(context, accountJson(account, invite))
    else {
      showAccount(context, account, invite)
      say(context, `\nYour keys are in ${folder}. Nobody can restore them for you: keep that folder.`)
    }
  } finally {
    stopping.release()
    await close()
  }
}

function showAccount (context: Context, account: Parameters<typeof accountJson>[0], invite: string): void {
  if (account.handle !== '') say(context, `Handle   ${account.handle}`)
  say(context, `Account  ${account.id}`)
  say(context, `Relay    ${account.home.name} (${account.home.region})`)
  say(context, `Invite   ${invite}`)
}
