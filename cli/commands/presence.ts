/** `heliograph presence …`: who is there, and who may know when you are. */
import { Command, Option } from 'commander'
import { command, collect, examples, run, wholeNumber, type Outcome } from '../command.ts'
import { dataDir, say, sayJson, type AccountId, type Context } from '../context.ts'
import { printableName } from '../describe-messages.ts'
import { presenceJson, presenceText, type Presence } from '../describe-presence.ts'
import { Desk, atDesk, withTimeout, type DeskOptions } from '../desk.ts'
import { exitCodes } from '../exit-codes.ts'
import { Names } from '../names.ts'
import { withAccount } from '../session.ts'
import { readSettings, writeSettings } from '../settings.ts'
import { stopOnSignals } from '../stopping.ts'

const audiences = ['everyone', 'contacts', 'nobody'] as const
type Audience = typeof audiences[number]
/** The relay asks others first: theirs may be far away. */
const answerMs = 1500

export function presenceCommand (context: Context, outcome: Outcome): Command {
  const presence = new Command('presence').summary('who is there, and who may know when you are').description('Online, away, last seen, typing. Only people who share a conversation with you can learn anything, and only what you allow.')

  presence.addCommand(withTimeout(command('show', 'show who is there')
    .argument('[who...]', 'contacts, handles, account ids (default: your contacts)'))
    .addHelpText('after', examples('presence show', 'presence show Bob --json'))
    .action((who: string[], options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      desk.client.presence.setState('idle')
      await desk.connect()
      const accounts = who.length > 0 ? await desk.people(who) : (await desk.client.contacts()).map(({ account }) => account)
      const found = await heard(desk, accounts)
      return {
        lines: found.length === 0 ? ['No contacts yet.'] : found.map((one) => `${desk.name(one.account)}  ${presenceText(one, context.nowMs()) || 'unknown'}`),
        json: found.map((one) => presenceJson(one, desk.names.of(one.account)))
      }
    })))

  presence.addCommand(command('watch', 'print who comes, goes and types, until stopped')
    .argument('[who...]', 'contacts, handles, account ids (default: your contacts)')
    .option('--timeout <seconds>', 'end after this time', wholeNumber(1, 86_400))
    .addHelpText('after', examples('presence watch', 'presence watch Bob --json --timeout 60'))
    .action((who: string[], options: DeskOptions) => run(context, outcome, options, () => withAccount(context, options, async (client) => {
      const stopping = stopOnSignals(context)
      const names = await Names.load(client)
      const desk = new Desk({ client, context, names, timeoutS: 30 })
      client.start()
      const accounts = who.length > 0 ? await desk.people(who) : (await client.contacts()).map(({ account }) => account)
      const watched = new Set(accounts)
      const code = await new Promise<number>((resolve) => {
        const end = (exitCode: number): void => { clearTimeout(timer); clearInterval(alive); resolve(exitCode) }
        const timer = options.timeout === undefined ? undefined : setTimeout(() => { end(exitCodes.ok) }, options.timeout * 1000)
        // An abort listener alone does not keep Node running.
        const alive = setInterval(() => {}, 1 << 30)
        stopping.signal.addEventListener('abort', () => { end(stopping.exitCode) }, { once: true })
        client.on('presence', (one) => { show(one) })
        client.on('typing', ({ chat, account, state }) => {
          if (!watched.has(account)) return
          if (options.json === true) sayJson(context, { account, name: names.of(account), chat, typing: state })
          else if (state !== 'stopped') say(context, `${printableName(names.of(account))}  ${state === 'typing' ? 'is typing' : 'is recording'}${chat === account ? '' : ` in ${printableName(names.ofChat(chat))}`}`)
        })
        const show = (one: Presence): void => {
          if (options.json === true) sayJson(context, presenceJson(one, names.of(one.account)))
          else say(context, `${printableName(names.of(one.account))}  ${presenceText(one, context.nowMs()) || 'unknown'}`)
        }
        client.presence.watch(accounts)
      })
      stopping.release()
      return code
    }))))

  presence.addCommand(withTimeout(command('policy', 'who may know when you are there, and when you have read something')
    .addOption(new Option('--online <who>', 'who sees that you are online, and that you type').choices(audiences))
    .addOption(new Option('--last-seen <who>', 'who sees when you were last there').choices(audiences))
    .option('--contact <who>', 'who counts as a contact for this; may be repeated (default, when "contacts" is chosen: all of your contacts)', collect)
    .addOption(new Option('--read-receipts <on|off>', 'whether others see that you have read something; from the next start on').choices(['on', 'off'])))
    .addHelpText('after', examples('presence policy', 'presence policy --online contacts --last-seen nobody', 'presence policy --read-receipts off') +
      '\nThe relay keeps who counts as a contact. Contacts that you add later are not among them until you set it again.\n')
    .action((options: DeskOptions & { online?: Audience, lastSeen?: Audience, contact?: string[], readReceipts?: 'on' | 'off' }) => atDesk(context, outcome, options, async (desk) => {
      const folder = dataDir(context, options)
      if (options.readReceipts !== undefined) await writeSettings(folder, { ...(await readSettings(folder))!, readReceipts: options.readReceipts === 'on' })
      await desk.connect()
      const isForContacts = options.online === 'contacts' || options.lastSeen === 'contacts'
      const contacts = options.contact !== undefined ? await desk.people(options.contact) : isForContacts ? (await desk.client.contacts()).map(({ account }) => account) : undefined
      const changes = { ...(options.online === undefined ? {} : { online: options.online }), ...(options.lastSeen === undefined ? {} : { lastSeen: options.lastSeen }), ...(contacts === undefined ? {} : { contacts }) }
      const policy = Object.keys(changes).length > 0 ? await desk.client.presence.setPolicy(changes) : await desk.client.presence.policy()
      const readReceipts = (await readSettings(folder))?.readReceipts !== false
      const named = policy.contacts.map((account) => desk.name(account))
      return {
        lines: [
          `Online and typing  ${policy.online}`,
          `Last seen          ${policy.lastSeen}`,
          ...(policy.online === 'contacts' || policy.lastSeen === 'contacts' ? [`Contacts           ${named.length === 0 ? 'none' : named.join(', ')}`] : []),
          ...(policy.blocked.length === 0 ? [] : [`Blocked            ${policy.blocked.map((account) => desk.name(account)).join(', ')}`]),
          `Read receipts      ${readReceipts ? 'on' : 'off'}`
        ],
        json: [{ online: policy.online, lastSeen: policy.lastSeen, contacts: policy.contacts, blocked: policy.blocked, readReceipts }]
      }
    })))

  return presence
}

/** What is told within a moment. */
async function heard (desk: Desk, accounts: readonly AccountId[]): Promise<Presence[]> {
  const { client } = desk
  if (!desk.isInChat) {
    const missing = new Set(accounts)
    await new Promise<void>((resolve) => {
      const end = (): void => { clearTimeout(timer); unsubscribe(); resolve() }
      const timer = setTimeout(end, answerMs)
      const unsubscribe = client.on('presence', ({ account }) => { missing.delete(account); if (missing.size === 0) end() })
      client.presence.watch(accounts)
    })
  }
  return accounts.map((account) => client.presence.of(account))
}
