/** `heliograph relay repair`: brings back what can be read of a damaged database. Guide: docs/operator.md */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { configFileName, readConfigFile } from '../../node/config-file.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { command, examples, run, type Outcome } from '../command.ts'
import { say, sayJson, type CommonOptions, type Context } from '../context.ts'
import { CliError } from '../failure.ts'

interface RepairOptions extends CommonOptions { config: string, copy: boolean }

/** Of a relay that does not start. @param configFile as it was given */
export function aboutDatabase (error: unknown, configFile: string): unknown {
  if (!isProtocolError(error, 'DATABASE_CORRUPT')) return error
  const where = error.details.what === undefined ? '' : ` (${error.details.what})`
  return new CliError(`The relay's database is damaged and was left as it is${where}. "heliograph relay repair --config ${configFile}" brings back what can be read.`, { code: error.code, cause: error })
}

export function addRepairCommand (relay: Command, context: Context, outcome: Outcome): void {
  relay.addCommand(command('repair', 'bring back what can be read of a damaged database', { isForPeople: false })
    .option('--config <file>', 'configuration file of the relay, which must not run', configFileName)
    .option('--no-copy', 'do not keep a copy of the database as it was')
    .addHelpText('after', examples('relay repair', 'relay repair --config /etc/heliograph/relay.toml') +
      '\nThe relay must be stopped. The database as it was is kept beside the repaired one. When the relay runs again, messages\nthat are missing come from other relays that keep them and from the devices that sent them. As after "relay restore", each\naccount is served again when its primary device has connected and signed a newer home record, which apps do by themselves.\n')
    .action((options: RepairOptions) => run(context, outcome, options, async () => {
      const { dataDir } = await readConfigFile(resolve(context.cwd, options.config))
      // Loaded only here: the other commands start without the database's library.
      const { repairRelay } = await import('../../node/store/repair-relay.ts')
      const repaired = await repairRelay(dataDir, { hasCopy: options.copy, nowMs: context.nowMs() })
      if (options.json === true) { sayJson(context, repaired); return }
      say(context, `${repaired.logs} conversations with ${repaired.entries} messages were brought back.`)
      if (repaired.missingEntries > 0) say(context, `${repaired.missingEntries} messages are missing; other relays that keep them are asked when they are needed.`)
      if (repaired.mendedHeads > 0) say(context, `Of ${repaired.mendedHeads} conversations the end was found anew; what is missing there, the devices that sent it send again.`)
      if (repaired.strayRows > 0) say(context, `${repaired.strayRows} rows belonged to conversations of which nothing else is left; they were dropped.`)
      if (repaired.damagedRows > 0) say(context, `${repaired.damagedRows} rows of accounts, keys and the like were damaged and dropped; accounts register again by themselves.`)
      if (repaired.copy !== undefined) say(context, `The database as it was: ${repaired.copy}. Remove it when all is well.`)
    })))
}
