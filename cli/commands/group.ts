/** `heliograph group …`: make groups, change them, look at them. What is said in them: `send`, `history`, `message`. */
import { Command, Option } from 'commander'
import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { command, examples, wholeNumber, type Outcome } from '../command.ts'
import type { ClientLike, Context, GroupInfo } from '../context.ts'
import { groupJson, groupLines, groupRow, receiptLines, relayOf } from '../describe-groups.ts'
import { printableName } from '../describe-messages.ts'
import { answer, atDesk, withTimeout, type Answer, type Desk, type DeskOptions } from '../desk.ts'
import { durationText, parseDuration } from '../durations.ts'
import { exitCodes } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import { groupName } from '../names.ts'
import { messageName } from '../targets.ts'

type Ref = Awaited<ReturnType<ClientLike['groups']['leave']>>
type Role = Parameters<ClientLike['groups']['setRole']>[2]

const policies = ['everyone', 'admins'] as const
type Rules = Partial<Record<'send' | 'add' | 'edit', typeof policies[number]>>
const withRules = (made: Command): Command => made
  .addOption(new Option('--send <who>', 'who may write').choices(policies))
  .addOption(new Option('--add <who>', 'who may add people and make invite links').choices(policies))
  .addOption(new Option('--edit <who>', 'who may change name, description and icon, pin messages and set the timer').choices(policies))
const rulesOf = ({ send, add, edit }: Rules): Partial<GroupInfo['settings']> => ({ ...(send === undefined ? {} : { whoMaySend: send }), ...(add === undefined ? {} : { whoMayAdd: add }), ...(edit === undefined ? {} : { whoMayEdit: edit }) })

const nameOf = (group: GroupInfo): string => printableName(groupName(group.name, group.chat))

/** Connects first, so that what others have changed is known; waits until the change has taken effect. */
async function change (desk: Desk, who: string, act: (group: GroupInfo) => Promise<Ref>, says: (group: GroupInfo) => string): Promise<Answer> {
  await desk.catchUp()
  const group = await desk.group(who)
  await desk.settled(await act(group))
  const after = await desk.client.groups.state(group.chat) ?? group
  await learn(desk, after)
  return await desk.handedOver(answer(says(after), groupJson(after, desk.nameOf)))
}

const learn = async (desk: Desk, { members }: GroupInfo): Promise<void> => { await desk.names.learn(members.map(({ account }) => account)) }

export function groupCommand (context: Context, outcome: Outcome): Command {
  const group = new Command('group').summary('make and change groups').description('Groups of up to 1,024 people. A group is named by its name, its id, or the end of its id. Write in it with "heliograph send".')
  const add = (made: Command): Command => { group.addCommand(made); return made }
  const onGroup = (name: string, summary: string): Command => withTimeout(command(name, summary).argument('<group>', 'name or id of the group'))

  add(withRules(withTimeout(command('create', 'make a group')
    .argument('<name>', 'what it is called')
    .argument('[who...]', 'people to add: contacts, handles, account ids, invite links')
    .option('--description <text>', 'what it is about')
    .option('--icon <file>', 'a JPEG or PNG'))))
    .addHelpText('after', examples('group create "Book club" Ann bob@ap-1.example.org', 'group create News Ann Bob --send admins'))
    .action((name: string, who: string[], options: DeskOptions & Rules & { description?: string, icon?: string }) => atDesk(context, outcome, options, async (desk) => {
      desk.client.start()
      const members = await desk.people(who, { isKept: true })
      const ref = await desk.client.groups.create({ name, members, settings: rulesOf(options), ...(options.description === undefined ? {} : { description: options.description }), ...(options.icon === undefined ? {} : { icon: await imageOf(context, options.icon) }) })
      await desk.settled(ref)
      const made = (await desk.client.groups.state(ref.chat))!
      return await desk.handedOver(answer(`Made: ${nameOf(made)}, ${made.members.length} ${made.members.length === 1 ? 'member' : 'members'}.`, groupJson(made, desk.nameOf)))
    }))

  add(withTimeout(command('list', 'list your groups')
    .option('--all', 'also those that you are not in any more')
    .option('--sync', 'connect first, and take what has changed since')))
    .addHelpText('after', examples('group list', 'group list --sync --json'))
    .action((options: DeskOptions & { all?: boolean, sync?: boolean }) => atDesk(context, outcome, options, async (desk) => {
      if (options.sync === true) await desk.catchUp()
      const groups = (await desk.client.groups.list()).filter((one) => options.all === true || one.isMember || one.isPending)
      for (const one of groups) await learn(desk, one)
      return { lines: groups.length === 0 ? ['No groups yet. Make one with "heliograph group create".'] : groups.map(groupRow), json: groups.map((one) => groupJson(one, desk.nameOf)) }
    }))

  add(onGroup('show', 'show members, roles, settings and invite links')
    .option('--sync', 'connect first, and take what has changed since'))
    .addHelpText('after', examples('group show "Book club"', 'group show "Book club" --json'))
    .action((who: string, options: DeskOptions & { sync?: boolean }) => atDesk(context, outcome, options, async (desk) => {
      if (options.sync === true) await desk.catchUp()
      const found = await desk.group(who)
      await learn(desk, found)
      return { lines: groupLines(found, desk.nameOf, context.nowMs()), json: [groupJson(found, desk.nameOf)] }
    }))

  add(onGroup('add', 'add people').argument('<who...>', 'contacts, handles, account ids or invite links')
    .option('--share-history', 'give them the newest 100 messages (admins)'))
    .addHelpText('after', examples('group add "Book club" Carol', 'group add "Book club" carol@us-1.example.org --share-history'))
    .action((who: string, people: string[], options: DeskOptions & { shareHistory?: boolean }) => atDesk(context, outcome, options, (desk) => change(desk, who,
      async ({ chat }) => await desk.client.groups.add(chat, await desk.people(people, { isKept: true }), { shareHistory: options.shareHistory === true }),
      (after) => `Added. ${nameOf(after)} has ${after.members.length} members.`)))

  add(onGroup('remove', 'remove people').argument('<who...>', 'members'))
    .addHelpText('after', examples('group remove "Book club" Carol'))
    .action((who: string, people: string[], options: DeskOptions) => atDesk(context, outcome, options, (desk) => change(desk, who,
      async ({ chat }) => await desk.client.groups.remove(chat, await desk.people(people)),
      (after) => `Removed. ${nameOf(after)} has ${after.members.length} ${after.members.length === 1 ? 'member' : 'members'}. What is written from now on they cannot read.`)))

  add(onGroup('leave', 'leave a group'))
    .addHelpText('after', examples('group leave "Book club"'))
    .action((who: string, options: DeskOptions) => atDesk(context, outcome, options, (desk) => change(desk, who, async ({ chat }) => await desk.client.groups.leave(chat), (after) => `You have left ${nameOf(after)}.`)))

  add(onGroup('reanchor', 'the relay that gives its numbers is gone for good: another one takes over (admins)')
    .option('--to <who>', 'the member whose relay takes over (default: you)'))
    .addHelpText('after', examples('group reanchor "Book club"', 'group reanchor "Book club" --to Ann'))
    .action((who: string, options: DeskOptions & { to?: string }) => atDesk(context, outcome, options, async (desk) => {
      await desk.catchUp()
      const found = await desk.group(who)
      const { anchor } = await desk.client.groups.reanchor(found.chat, options.to === undefined ? {} : { to: await desk.person(options.to) })
      const after = await desk.client.groups.state(found.chat) ?? found
      await learn(desk, after)
      const relay = relayOf(desk.names.of(anchor))
      return await desk.handedOver(answer(`${relay[0]!.toUpperCase()}${relay.slice(1)} gives the numbers of ${nameOf(after)} now. What waits goes there by itself.`, groupJson(after, desk.nameOf)))
    }))

  const roles: ReadonlyArray<readonly [name: string, summary: string, role: Role, says: string]> = [
    ['promote', 'make a member an admin', 'admin', 'is an admin now'],
    ['demote', 'make an admin a member again', 'member', 'is a member now'],
    ['transfer', 'hand the group over to another owner', 'owner', 'owns the group now']
  ]
  for (const [name, summary, role, says] of roles) {
    add(onGroup(name, summary).argument('<who>', 'a member'))
      .addHelpText('after', examples(`group ${name} "Book club" Ann`))
      .action((who: string, person: string, options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
        let account = ''
        return await change(desk, who, async ({ chat }) => {
          const found = await desk.person(person)
          account = desk.name(found)
          return await desk.client.groups.setRole(chat, found, role)
        }, () => `${account} ${says}.`)
      }))
  }

  add(onGroup('rename', 'change the name').argument('<name>', 'what it is called from now on'))
    .addHelpText('after', examples('group rename "Book club" "Reading circle"'))
    .action((who: string, name: string, options: DeskOptions) => atDesk(context, outcome, options, (desk) => change(desk, who, async ({ chat }) => await desk.client.groups.setProfile(chat, { name }), (after) => `It is called ${nameOf(after)} now.`)))

  add(onGroup('describe', 'change the description').argument('<text>', 'what it is about; "" for none'))
    .addHelpText('after', examples('group describe "Book club" "One book a month, no spoilers"'))
    .action((who: string, description: string, options: DeskOptions) => atDesk(context, outcome, options, (desk) => change(desk, who, async ({ chat }) => await desk.client.groups.setProfile(chat, { description }), (after) => `${nameOf(after)} has a new description.`)))

  add(onGroup('icon', 'change the icon, or write it to a file').argument('[file]', 'a JPEG or PNG')
    .option('--remove', 'no icon any more')
    .option('--save <file>', 'write the icon that it has to this file'))
    .addHelpText('after', examples('group icon "Book club" book.png', 'group icon "Book club" --save icon.png'))
    .action((who: string, file: string | undefined, options: DeskOptions & { remove?: boolean, save?: string }) => atDesk(context, outcome, options, async (desk) => {
      if (options.save !== undefined) return await saveIcon(context, await desk.group(who), options.save)
      if (file === undefined && options.remove !== true) throw new CliError('Give a file, or --remove, or --save FILE.', { exitCode: exitCodes.usage, code: 'USAGE' })
      const icon = file === undefined ? new Uint8Array(0) : await imageOf(context, file)
      return await change(desk, who, async ({ chat }) => await desk.client.groups.setProfile(chat, { icon }), (after) => icon.byteLength === 0 ? `${nameOf(after)} has no icon any more.` : `${nameOf(after)} has a new icon.`)
    }))

  add(withRules(onGroup('settings', 'change who may write, add people, and change name and icon')))
    .addHelpText('after', examples('group settings "Book club" --add admins', 'group settings News --send admins --edit admins'))
    .action((who: string, options: DeskOptions & Rules) => atDesk(context, outcome, options, async (desk) => {
      if (options.send === undefined && options.add === undefined && options.edit === undefined) throw new CliError('Say what to change: --send, --add or --edit, each everyone or admins.', { exitCode: exitCodes.usage, code: 'USAGE' })
      return await change(desk, who, async ({ chat }) => await desk.client.groups.setSettings(chat, rulesOf(options)),
        ({ settings }) => `Send: ${settings.whoMaySend}, add people: ${settings.whoMayAdd}, change name and icon: ${settings.whoMayEdit}.`)
    }))

  add(onGroup('link', 'make an invite link: whoever has it can join')
    .option('--expires <time>', 'until when it works: 1h, 7d, 4w (default: for ever)')
    .option('--uses <number>', 'how many people it lets in (default: any number)', wholeNumber(1, 1_000_000)))
    .addHelpText('after', examples('group link "Book club" --expires 7d --uses 5'))
    .action((who: string, options: DeskOptions & { expires?: string, uses?: number }) => atDesk(context, outcome, options, async (desk) => {
      const lasts = options.expires === undefined ? undefined : parseDuration(options.expires)
      await desk.catchUp()
      const found = await desk.group(who)
      const made = await desk.client.groups.createLink(found.chat, { ...(lasts === undefined ? {} : { expiresAtMs: context.nowMs() + lasts * 1000 }), ...(options.uses === undefined ? {} : { maxUses: options.uses }) })
      await desk.settled(made)
      const limits = [...(lasts === undefined ? [] : [`for ${durationText(lasts)}`]), ...(options.uses === undefined ? [] : [`for ${options.uses} ${options.uses === 1 ? 'person' : 'people'}`])]
      return await desk.handedOver({
        lines: [made.link, `Whoever has this link can join ${nameOf(found)}${limits.length === 0 ? '' : ` ${limits.join(', ')}`}. Take it back: ${desk.isInChat ? '/group revoke' : `heliograph group revoke "${nameOf(found)}"`} ${made.linkId.slice(0, 8)}`],
        json: [{ group: found.chat, link: made.link, linkId: made.linkId }]
      })
    }))

  add(onGroup('revoke', 'take an invite link back').argument('<link>', 'its id as "group show" has it, or the beginning of it'))
    .addHelpText('after', examples('group revoke "Book club" 5c0a11f2'))
    .action((who: string, link: string, options: DeskOptions) => atDesk(context, outcome, options, (desk) => change(desk, who, async (found) => {
      const links = found.links.filter(({ id }) => link.length >= 4 && id.startsWith(link.toLowerCase()))
      if (links.length !== 1) throw new CliError(links.length === 0 ? `${nameOf(found)} has no invite link ${printableName(link)}. See "heliograph group show".` : `More than one invite link begins with ${link}.`, { exitCode: exitCodes.notFound, code: 'NO_LINK' })
      return await desk.client.groups.revokeLink(found.chat, links[0]!.id)
    }, (after) => `Taken back. ${nameOf(after)} has ${after.links.length} ${after.links.length === 1 ? 'link' : 'links'}.`)))

  add(withTimeout(command('join', 'join a group by an invite link').argument('<link>', 'heliograph:group?…')))
    .addHelpText('after', examples('group join "heliograph:group?id=…"'))
    .action((link: string, options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      await desk.catchUp()
      const ref = await desk.client.groups.join(link)
      await desk.settled(ref)
      const joined = await desk.client.groups.state(ref.chat)
      if (joined === undefined) return answer('You are in the group.', { group: ref.chat })
      await learn(desk, joined)
      return await desk.handedOver(answer(`You are in ${nameOf(joined)}, with ${joined.members.length} members.`, groupJson(joined, desk.nameOf)))
    }))

  add(onGroup('receipts', 'who has got and read a message of yours').argument('[message]', 'its id, or "last"', 'last')
    .option('--sync', 'connect first, and take what has come since'))
    .addHelpText('after', examples('group receipts "Book club"', 'group receipts "Book club" 1f3a9c --json'))
    .action((who: string, what: string, options: DeskOptions & { sync?: boolean }) => atDesk(context, outcome, options, async (desk) => {
      if (options.sync === true) await desk.catchUp()
      const { chat } = await desk.group(who)
      return await receiptsAnswer(desk, chat, what)
    }))

  return group
}

/** Of the newest own message when `what` is "last". */
export async function receiptsAnswer (desk: Desk, chat: GroupInfo['chat'], what: string): Promise<Answer> {
  const message = what === 'last'
    ? (await desk.client.history(chat, { limit: 500 })).findLast(({ direction }) => direction === 'out')
    : await desk.message(chat, what)
  if (message === undefined) throw new CliError('You have written nothing here yet.', { exitCode: exitCodes.notFound, code: 'NO_MESSAGE' })
  if (message.direction !== 'out') throw new CliError('Receipts come for messages of your own.', { code: 'NOT_OWN' })
  const receipts = await desk.client.groups.receiptsOf(chat, message.id)
  await desk.names.learn(receipts.map(({ account }) => account))
  return {
    lines: [messageName(message), ...receiptLines(receipts, desk.nameOf).map((line) => `  ${line}`)],
    json: [{ id: message.id, state: message.state, receipts: receipts.map(({ account, state }) => ({ account, name: desk.names.of(account), state })) }]
  }
}

export async function imageOf (context: Context, file: string): Promise<Uint8Array> { return new Uint8Array(await readFile(resolve(context.cwd, file))) }

async function saveIcon (context: Context, group: GroupInfo, file: string): Promise<Answer> {
  if (group.icon.byteLength === 0) throw new CliError(`${nameOf(group)} has no icon.`, { exitCode: exitCodes.notFound, code: 'NO_ICON' })
  const path = resolve(context.cwd, file)
  await writeFile(path, group.icon)
  return answer(`Wrote ${path} (${group.icon.byteLength} bytes).`, { file: path, bytes: group.icon.byteLength })
}
