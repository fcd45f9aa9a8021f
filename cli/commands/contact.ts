/** `heliograph contact …`: the people you write to, and those from whom you want to hear nothing. */
import { Command } from 'commander'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { collect, command, examples, run, type Outcome } from '../command.ts'
import { say, sayJson, type CommonOptions, type Context } from '../context.ts'
import { contactFor, contactJson, safetyNumberLines, shortId } from '../describe-people.ts'
import { answer, atDesk, withTimeout, type DeskOptions } from '../desk.ts'
import { aboutPerson } from '../explain.ts'
import { untilOnline, withAccount } from '../session.ts'

const onlineTimeoutMs = 20_000

export function contactCommand (context: Context, outcome: Outcome): Command {
  const contact = new Command('contact').summary('add, list, verify, block the people you write to').description('Contacts are kept on your own devices only.')

  contact.addCommand(command('add', 'find a person and add them to your contacts')
    .argument('<who>', 'handle (ada@eu-1.example.org), account id or invite link')
    .option('--name <name>', 'what you call this person')
    .addHelpText('after', examples('contact add bob@ap-1.example.org --name Bob', 'contact add heliograph:…'))
    .action((who: string, options: CommonOptions & { name?: string }) => run(context, outcome, options, () => withAccount(context, options, async (client) => {
      await untilOnline(client, { timeoutMs: onlineTimeoutMs })
      const added = await client.addContact(who, options.name === undefined ? {} : { name: options.name }).catch((error: unknown) => { throw aboutPerson(error, who) })
      if (options.json === true) { sayJson(context, contactJson(added)); return }
      say(context, `${added.name} is now a contact. To be sure that it is really them, compare the safety number: heliograph contact verify "${added.name}"`)
    }))))

  contact.addCommand(command('list', 'list your contacts')
    .addHelpText('after', examples('contact list', 'contact list --json'))
    .action((options: CommonOptions) => run(context, outcome, options, () => withAccount(context, options, async (client) => {
      const all = await client.contacts()
      if (options.json === true) { for (const one of all) sayJson(context, contactJson(one)); return }
      if (all.length === 0) say(context, 'No contacts yet. Add one with "heliograph contact add".')
      const width = Math.max(0, ...all.map((one) => one.name.length))
      for (const one of all) say(context, `${one.name.padEnd(width)}  ${one.isVerified ? '✓ verified  ' : '  unverified'}  ${one.handle ?? shortId(one.account)}`)
    }))))

  contact.addCommand(command('verify', 'compare safety numbers with a contact')
    .argument('<who>', 'name, handle or account id of a contact')
    .option('--yes', 'the numbers are the same: mark the contact as verified')
    .option('--no-longer', 'take the mark back')
    .addHelpText('after', examples('contact verify Bob', 'contact verify Bob --yes'))
    .action((who: string, options: CommonOptions & { yes?: boolean, longer: boolean }) => run(context, outcome, options, () => withAccount(context, options, async (client) => {
      const person = await contactFor(client, who, { mayAdd: false, connect: () => untilOnline(client, { timeoutMs: onlineTimeoutMs }) })
      if (options.yes === true) await client.setVerified(person.account, true)
      else if (!options.longer) await client.setVerified(person.account, false)
      const { digits, isVerified } = await client.safetyNumber(person.account)
      if (options.json === true) { sayJson(context, { account: person.account, safetyNumber: digits, verified: isVerified }); return }
      say(context, `Safety number with ${person.name}:\n`)
      for (const line of safetyNumberLines(digits)) say(context, `    ${line}`)
      say(context, isVerified
        ? `\n${person.name} is verified.`
        : `\nCompare it with ${person.name} face to face or in a call. If both see the same number, run this again with --yes.`)
    }))))

  contact.addCommand(withTimeout(command('block', 'show nothing of what a person writes; they are not told')
    .argument('<who>', 'contact, member of a group, handle or account id'))
    .addHelpText('after', examples('contact block Eve') + '\nThey get no receipts and see no presence of you, and group keys are made anew.\n')
    .action((who: string, options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      const account = await desk.person(who)
      await desk.client.chats.block(account)
      return await desk.handedOver(answer(`${desk.name(account)} is blocked.`, { account, blocked: true }))
    })))

  contact.addCommand(withTimeout(command('unblock', 'show again what a person writes from now on')
    .argument('<who>', 'who is blocked'))
    .addHelpText('after', examples('contact unblock Eve'))
    .action((who: string, options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      const account = await desk.person(who)
      await desk.client.chats.unblock(account)
      return await desk.handedOver(answer(`${desk.name(account)} is not blocked any more.`, { account, blocked: false }))
    })))

  contact.addCommand(command('blocked', 'list who is blocked')
    .addHelpText('after', examples('contact blocked'))
    .action((options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      const accounts = desk.client.chats.blocked()
      await desk.names.learn(accounts)
      return { lines: accounts.length === 0 ? ['Nobody is blocked.'] : accounts.map((account) => `${desk.name(account)}  ${shortId(account)}`), json: accounts.map((account) => ({ account, name: desk.names.of(account) })) }
    })))

  contact.addCommand(command('report', 'write a report about a person to a file, for an operator')
    .argument('<who>', 'who is reported')
    .option('--group <group>', 'what they wrote in this group (default: what they wrote to you)')
    .option('--message <message>', 'a message to show; may be repeated (default: the newest five)', collect)
    .option('--reason <text>', 'what it is about')
    .option('--file <file>', 'where to (default: standard output)')
    .addHelpText('after', examples('contact report Eve --reason spam --file report.json', 'contact report Eve --group "Book club" --message 1f3a9c') + '\nNothing is sent. Give the file to an operator if you want to.\n')
    .action((who: string, options: DeskOptions & { group?: string, message?: string[], reason?: string, file?: string }) => atDesk(context, outcome, options, async (desk) => {
      const account = await desk.person(who)
      const chat = options.group === undefined ? account : (await desk.group(options.group)).chat
      const messages = []
      for (const what of options.message ?? []) messages.push((await desk.message(chat, what)).id)
      const report = await desk.client.chats.report(chat, { account, ...(messages.length === 0 ? {} : { messages }), ...(options.reason === undefined ? {} : { reason: options.reason }) })
      if (options.file === undefined) return { lines: JSON.stringify(report, undefined, 2).split('\n'), json: [report] }
      const path = resolve(context.cwd, options.file)
      await writeFile(path, `${JSON.stringify(report, undefined, 2)}\n`, { mode: 0o600 })
      return answer(`Wrote ${path}: ${report.messages.length} ${report.messages.length === 1 ? 'message' : 'messages'}. Nothing was sent.`, { file: path, messages: report.messages.length })
    })))

  return contact
}
