/** `heliograph contact add|list|verify`: the people you write to. */
import { Command } from 'commander'
import { command, examples, run, type Outcome } from '../command.ts'
import { say, sayJson, type CommonOptions, type Context } from '../context.ts'
import { contactFor, contactJson, safetyNumberLines, shortId } from '../describe-people.ts'
import { aboutPerson } from '../explain.ts'
import { untilOnline, withAccount } from '../session.ts'

const onlineTimeoutMs = 20_000

export function contactCommand (context: Context, outcome: Outcome): Command {
  const contact = new Command('contact').summary('add, list and verify the people you write to').description('Contacts are kept on this device only.')

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
  return contact
}
