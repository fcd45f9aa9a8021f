/** `heliograph broadcast …`: one message to many people, each in their own conversation. */
import { Command } from 'commander'
import { command, examples, type Outcome } from '../command.ts'
import type { ClientLike, Context } from '../context.ts'
import { printableName } from '../describe-messages.ts'
import { answer, atDesk, withTimeout, type Answer, type Desk, type DeskOptions } from '../desk.ts'
import { exitCodes } from '../exit-codes.ts'
import { CliError } from '../failure.ts'

type List = Awaited<ReturnType<ClientLike['chats']['lists']>>[number]

const listJson = (desk: Desk, list: List): Record<string, unknown> => ({ list: list.id, name: list.name, people: list.accounts.map((account) => ({ account, name: desk.names.of(account) })) })
const listLine = (desk: Desk, list: List): string => `${printableName(list.name)}  ${list.accounts.length} ${list.accounts.length === 1 ? 'person' : 'people'}: ${list.accounts.slice(0, 10).map((account) => desk.name(account)).join(', ')}${list.accounts.length > 10 ? ' …' : ''}`

async function listFor (desk: Desk, who: string): Promise<List> {
  const lists = await desk.client.chats.lists()
  const found = lists.filter(({ id, name }) => id === who || name.toLowerCase() === who.trim().toLowerCase())
  if (found.length === 1) return found[0]!
  if (found.length > 1) throw new CliError(`More than one list is called "${printableName(who)}". Their ids: ${found.map(({ id }) => id).join(', ')}`, { code: 'AMBIGUOUS' })
  throw new CliError(`There is no list called "${printableName(who)}". See "heliograph broadcast list".`, { exitCode: exitCodes.notFound, code: 'NO_LIST' })
}

export function broadcastCommand (context: Context, outcome: Outcome): Command {
  const broadcast = new Command('broadcast').summary('one message to many people, each by themselves').description('A list of up to 200 people. Each gets the message in their own conversation; nobody learns who else got it.')
  const add = (made: Command): Command => { broadcast.addCommand(made); return made }
  const changing = (name: string, summary: string): Command => add(withTimeout(command(name, summary).argument('<list>', 'name or id of the list').argument('<who...>', 'contacts, handles, account ids')))
  const shown = async (desk: Desk, list: List): Promise<Answer> => await desk.handedOver(answer(listLine(desk, list), listJson(desk, list)))

  add(withTimeout(command('create', 'make a list').argument('<name>', 'what it is called').argument('<who...>', 'contacts, handles, account ids')))
    .addHelpText('after', examples('broadcast create Family Ann Bob'))
    .action((name: string, who: string[], options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      desk.client.start()
      return await shown(desk, await desk.client.chats.createList(name, await desk.people(who, { isKept: true })))
    }))

  add(command('list', 'list the lists'))
    .addHelpText('after', examples('broadcast list', 'broadcast list --json'))
    .action((options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      const lists = await desk.client.chats.lists()
      return { lines: lists.length === 0 ? ['No lists yet. Make one with "heliograph broadcast create".'] : lists.map((list) => listLine(desk, list)), json: lists.map((list) => listJson(desk, list)) }
    }))

  changing('add', 'put people on a list')
    .addHelpText('after', examples('broadcast add Family Carol'))
    .action((who: string, people: string[], options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      const { id, accounts } = await listFor(desk, who)
      desk.client.start()
      return await shown(desk, await desk.client.chats.changeList(id, { accounts: [...accounts, ...await desk.people(people, { isKept: true })] }))
    }))

  changing('remove', 'take people off a list')
    .addHelpText('after', examples('broadcast remove Family Carol'))
    .action((who: string, people: string[], options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      const { id, accounts } = await listFor(desk, who)
      const gone = new Set(await desk.people(people))
      return await shown(desk, await desk.client.chats.changeList(id, { accounts: accounts.filter((account) => !gone.has(account)) }))
    }))

  add(withTimeout(command('delete', 'delete a list').argument('<list>', 'name or id of the list')))
    .addHelpText('after', examples('broadcast delete Family'))
    .action((who: string, options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      const { id, name } = await listFor(desk, who)
      await desk.client.chats.removeList(id)
      return await desk.handedOver(answer(`Deleted: ${printableName(name)}.`, { list: id, deleted: true }))
    }))

  add(withTimeout(command('send', 'send a message to everybody on a list').argument('<list>', 'name or id of the list').argument('<text...>', 'the message')))
    .addHelpText('after', examples('broadcast send Family "Dinner at eight"'))
    .action((who: string, words: string[], options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      const { id, name } = await listFor(desk, who)
      const sent = await desk.client.chats.sendToList(id, words.join(' '))
      return await desk.handedOver(answer(`Sent to ${sent.length} ${sent.length === 1 ? 'person' : 'people'} of ${printableName(name)}.`, { list: id, messages: sent.map((message) => ({ id: message.id, account: message.chat })) }))
    }))

  return broadcast
}
