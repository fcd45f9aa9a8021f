/** `heliograph bootstrap init|start`: the entry daemon, for operators. */
import { access, mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { checkBootstrapConfig, readBootstrapConfig, renderBootstrapConfig } from '../../bootstrap/config.ts'
import { collect, command, examples, run, type Outcome } from '../command.ts'
import { say, sayJson, warn, type CommonOptions, type Context } from '../context.ts'
import { CliError } from '../failure.ts'
import { stopOnSignals, untilAborted } from '../stopping.ts'

const fileName = 'bootstrap.toml'

interface InitOptions extends CommonOptions { listen?: string[], announce?: string[], peer?: string[] }
interface StartOptions extends CommonOptions { config: string }

export function bootstrapCommand (context: Context, outcome: Outcome): Command {
  const bootstrap = new Command('bootstrap').summary('run an entry node: newcomers learn from it which relays there are').description('An entry node of the mesh. It knows the relays and keeps no mail.')

  bootstrap.addCommand(command('init', 'write a commented configuration', { isForPeople: false })
    .argument('[folder]', 'where to', '.')
    .option('--listen <address>', 'multiaddr to listen on; may be repeated', collect)
    .option('--announce <address>', 'multiaddr to tell others; may be repeated', collect)
    .option('--peer <address>', 'another bootstrap node or relay, with /p2p/<id>; may be repeated', collect)
    .addHelpText('after', examples('bootstrap init /etc/heliograph', 'bootstrap start --config /etc/heliograph/bootstrap.toml'))
    .action((folder: string, options: InitOptions) => run(context, outcome, options, async () => {
      const config = checkBootstrapConfig({
        ...(options.listen === undefined ? {} : { listen: options.listen }),
        ...(options.announce === undefined ? {} : { announce: options.announce }),
        ...(options.peer === undefined ? {} : { peers: options.peer })
      })
      const where = resolve(context.cwd, folder)
      const path = join(where, fileName)
      await mkdir(where, { recursive: true })
      if (await access(path).then(() => true, () => false)) throw new CliError(`${path} exists already. Edit it, or choose another folder.`, { code: 'BAD_CONFIG' })
      await writeFile(path, renderBootstrapConfig(config), { flag: 'wx' })
      if (options.json === true) sayJson(context, { config: path })
      else say(context, `Wrote ${path}. Start it with: heliograph bootstrap start --config ${path}`)
    })))

  bootstrap.addCommand(command('start', 'run until stopped', { isForPeople: false })
    .option('--config <file>', 'configuration file', fileName)
    .addHelpText('after', examples('bootstrap start --config /etc/heliograph/bootstrap.toml'))
    .action((options: StartOptions) => run(context, outcome, options, async () => {
      const stopping = stopOnSignals(context)
      // Loaded only here: the other commands start without a server's libraries.
      const { Bootstrap } = await import('../../bootstrap/bootstrap.ts')
      const node = await Bootstrap.create(await readBootstrapConfig(resolve(context.cwd, options.config)))
      await node.start()
      if (options.json === true) sayJson(context, { id: node.id, addresses: node.addresses, http: node.httpUrl ?? null })
      else for (const address of node.addresses) warn(context, `Reachable at ${address}`)
      await untilAborted(stopping.signal)
      await node.stop()
      stopping.release()
      return 0
    })))
  return bootstrap
}
