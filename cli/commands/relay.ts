/** `heliograph relay init|start`, and with relay-admin.ts what operators ask of a running one. Guide: docs/operator.md. */
import { join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { checkConfig } from '../../node/config.ts'
import { configFileName, initRelay, readConfigFile } from '../../node/config-file.ts'
import { collect, command, examples, run, type Outcome } from '../command.ts'
import { say, sayJson, warn, type CommonOptions, type Context } from '../context.ts'
import { stopOnSignals, untilAborted } from '../stopping.ts'
import { addAdminCommands } from './relay-admin.ts'
import { aboutDatabase, addRepairCommand } from './relay-repair.ts'

interface InitOptions extends CommonOptions { name?: string, region?: string, listen?: string[], announce?: string[], bootstrap?: string[], http?: string, registration?: string }
interface StartOptions extends CommonOptions { config: string }

export function relayCommand (context: Context, outcome: Outcome): Command {
  const relay = new Command('relay').summary('run a relay').description('A relay keeps messages, encrypted, for the people who chose it, and passes them on.')

  relay.addCommand(command('init', 'make a key and a commented configuration', { isForPeople: false })
    .argument('[folder]', 'where to', '.')
    .option('--name <name>', 'host name of the relay: the part after the @ in its handles')
    .option('--region <region>', 'where it stands, like "eu"')
    .option('--listen <address>', 'multiaddr to listen on; may be repeated', collect)
    .option('--announce <address>', 'multiaddr to tell others; may be repeated', collect)
    .option('--bootstrap <address>', 'relay or bootstrap node to enter the mesh through, with /p2p/<id>; may be repeated', collect)
    .option('--http <host:port>', 'where /metrics, /healthz and /readyz are served')
    .addOption(new Option('--registration <who>', 'who may register').choices(['open', 'closed']))
    .addHelpText('after', examples(
      'relay init /etc/heliograph --name eu-1.example.org --region eu --bootstrap /dns4/start.example.org/tcp/4011/p2p/12D3KooW…',
      'relay start --config /etc/heliograph/relay.toml'))
    .action((folder: string, options: InitOptions) => run(context, outcome, options, async () => {
      const given = { name: options.name, region: options.region, listen: options.listen, announce: options.announce, bootstrapPeers: options.bootstrap, httpAddress: options.http, registration: options.registration }
      const config = checkConfig(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)))
      const { configFile, keyFile } = await initRelay(resolve(context.cwd, folder), config)
      if (options.json === true) { sayJson(context, { config: configFile, key: keyFile }); return }
      say(context, `Wrote ${configFile} and ${keyFile}. The key is the relay: keep a copy of it where nobody else can read it.`)
      say(context, `Start it with: heliograph relay start --config ${configFile}`)
    })))

  relay.addCommand(command('start', 'run until stopped', { isForPeople: false })
    .option('--config <file>', 'configuration file', configFileName)
    .addHelpText('after', examples(`relay start --config ${join('/etc/heliograph', configFileName)}`) +
      '\nSIGTERM and Ctrl-C drain: clients are told to go elsewhere, what is under way is finished, in 30 s at most\n(drainSeconds). A second signal ends at once; nothing that was acknowledged is lost by it.\n')
    .action((options: StartOptions) => run(context, outcome, options, async () => {
      const stopping = stopOnSignals(context, { firstSays: 'Finishing what is under way. Once more to end at once.' })
      // Loaded only here: the other commands start without a relay's libraries.
      const { createRelay } = await import('../../node/node.ts')
      const relayNode = await createRelay(await readConfigFile(resolve(context.cwd, options.config)))
      await relayNode.start().catch((error: unknown) => { throw aboutDatabase(error, options.config) })
      if (options.json === true) sayJson(context, { id: relayNode.id, addresses: relayNode.addresses, http: relayNode.httpUrl })
      else for (const address of relayNode.addresses) warn(context, `Reachable at ${address}`)
      await Promise.race([untilAborted(stopping.signal), relayNode.endAsked])
      await relayNode.drain()
      stopping.release()
      return 0
    })))
  addAdminCommands(relay, context, outcome)
  addRepairCommand(relay, context, outcome)
  return relay
}
