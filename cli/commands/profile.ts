/** `heliograph profile set|show`: name, about and picture, as the people see them with whom one talks. */
import { Command } from 'commander'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { command, examples, type Outcome } from '../command.ts'
import type { Context } from '../context.ts'
import { printable, printableName } from '../describe-messages.ts'
import { atDesk, withTimeout, type Answer, type Desk, type DeskOptions } from '../desk.ts'
import { exitCodes } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import { imageOf } from './group.ts'

export function profileCommand (context: Context, outcome: Outcome): Command {
  const profile = new Command('profile').summary('your name, about and picture').description('What the people see with whom you talk. It goes to them end-to-end encrypted; no relay sees it.')

  profile.addCommand(withTimeout(command('set', 'change it; what is not named stays')
    .option('--name <name>', 'what you call yourself')
    .option('--about <text>', 'a line about you')
    .option('--picture <file>', 'a JPEG or PNG of at most 16 KiB')
    .option('--no-picture', 'no picture any more'))
    .addHelpText('after', examples('profile set --name "Ada L." --about "writes programs"', 'profile set --picture ada.jpg'))
    .action((options: DeskOptions & { name?: string, about?: string, picture?: string | boolean }) => atDesk(context, outcome, options, async (desk) => {
      const { name, about, picture } = options
      if (name === undefined && about === undefined && (picture === undefined || picture === true)) throw new CliError('Say what to change: --name, --about, --picture FILE or --no-picture.', { exitCode: exitCodes.usage, code: 'USAGE' })
      await desk.client.chats.setProfile({
        ...(name === undefined ? {} : { name }),
        ...(about === undefined ? {} : { about }),
        ...(typeof picture === 'string' ? { picture: await imageOf(context, picture) } : picture === false ? { picture: new Uint8Array(0) } : {})
      })
      return await desk.handedOver(await shown(desk, desk.own))
    })))

  profile.addCommand(withTimeout(command('show', 'show yours, or that of somebody else')
    .argument('[who]', 'contact, member of a group, handle or account id')
    .option('--save-picture <file>', 'write the picture to this file'))
    .addHelpText('after', examples('profile show', 'profile show Bob --save-picture bob.jpg'))
    .action((who: string | undefined, options: DeskOptions & { savePicture?: string }) => atDesk(context, outcome, options, async (desk) => {
      const account = who === undefined ? desk.own : await desk.person(who)
      if (options.savePicture !== undefined) {
        const picture = (await desk.client.chats.profileOf(account))?.picture
        if (picture === undefined || picture.byteLength === 0) throw new CliError('There is no picture.', { exitCode: exitCodes.notFound, code: 'NO_PICTURE' })
        await writeFile(resolve(context.cwd, options.savePicture), picture)
      }
      return await shown(desk, account)
    })))

  return profile
}

async function shown (desk: Desk, account: Desk['own']): Promise<Answer> {
  const found = await desk.client.chats.profileOf(account)
  const json = { account, name: found?.name ?? null, about: found?.about ?? null, pictureBytes: found?.picture.byteLength ?? 0, contactName: account === desk.own ? null : desk.names.of(account) }
  if (found === undefined) return { lines: [account === desk.own ? 'You have told nothing about yourself yet: heliograph profile set' : `${desk.name(account)} has told nothing about themselves.`], json: [json] }
  return {
    lines: [`Name     ${printableName(found.name)}`, `About    ${printable(found.about).replaceAll('\n', '\n         ')}`, `Picture  ${found.picture.byteLength === 0 ? 'none' : `${found.picture.byteLength} bytes`}`],
    json: [json]
  }
}
