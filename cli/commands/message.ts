/** `heliograph message …`: what can be done with a message that is there: react, edit, delete, star, pin, forward, vote, open, info. */
import { Command } from 'commander'
import { isGroupChat } from '../../client/chat-id.ts'
import { command, examples, type Outcome } from '../command.ts'
import type { Context, Message } from '../context.ts'
import { messageJson, messageLine, pollResults, printable, printableName, shortMessageId } from '../describe-messages.ts'
import { answer, atDesk, withTimeout, type Answer, type Desk, type DeskOptions } from '../desk.ts'
import { exitCodes } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import { messageName } from '../targets.ts'
import { receiptsAnswer } from './group.ts'

interface Found { readonly chat: Message['chat'], readonly message: Message, readonly desk: Desk }

export function messageCommand (context: Context, outcome: Outcome): Command {
  const group = new Command('message').summary('react, edit, delete, star, pin, forward, vote, open, info')
    .description('What can be done with a message. It is named by its id, the six characters that the history shows, or "last" for the newest.')
  const onMessage = (name: string, summary: string): Command => {
    const made = withTimeout(command(name, summary).argument('<who>', 'contact, group, handle or account id').argument('<message>', 'its id, or "last"'))
    group.addCommand(made)
    return made
  }
  const at = (who: string, what: string, options: DeskOptions, work: (found: Found) => Promise<Answer>): Promise<void> => atDesk(context, outcome, options, async (desk) => {
    const { chat } = await desk.chat(who)
    return await desk.handedOver(await work({ chat, message: await desk.message(chat, what), desk }))
  })
  /** As it is afterwards. */
  const after = async ({ chat, message, desk }: Found, line: string): Promise<Answer> => answer(line, messageJson(await desk.client.chats.message(chat, message.id) ?? message, desk.nameOf))

  onMessage('react', 'put an emoji on a message').argument('[emoji]', 'one emoji; without it, yours is taken back')
    .addHelpText('after', examples('message react Bob last 👍', 'message react Bob 1f3a9c'))
    .action((who: string, what: string, emoji: string | undefined, options: DeskOptions) => at(who, what, options, async (found) => {
      await found.desk.client.chats.react(found.chat, found.message.id, emoji ?? '').catch((error: unknown) => { throw emoji === undefined ? error : notAnEmoji(error, emoji) })
      return await after(found, emoji === undefined ? `Taken back from ${messageName(found.message)}.` : `${printableName(emoji)} on ${messageName(found.message)}.`)
    }))

  onMessage('edit', 'change a message of yours, for 15 minutes').argument('<text...>', 'what it says from now on')
    .addHelpText('after', examples('message edit Bob last "See you at nine"'))
    .action((who: string, what: string, words: string[], options: DeskOptions) => at(who, what, options, async (found) => {
      await found.desk.client.chats.edit(found.chat, found.message.id, words.join(' '))
      return await after(found, `Changed: ${shortMessageId(found.message.id)}.`)
    }))

  onMessage('delete', 'delete a message for everyone, or only here')
    .option('--for-me', 'only on your own devices; nobody else learns of it')
    .addHelpText('after', examples('message delete Bob last', 'message delete Bob 1f3a9c --for-me') + '\nFor everyone: your own messages, and any as an admin of the group.\n')
    .action((who: string, what: string, options: DeskOptions & { forMe?: boolean }) => at(who, what, options, async ({ chat, message, desk }) => {
      if (options.forMe === true) await desk.client.chats.deleteForMe(chat, [message.id])
      else await desk.client.chats.deleteForEveryone(chat, message.id)
      return answer(`Deleted ${options.forMe === true ? 'here' : 'for everyone'}: ${shortMessageId(message.id)}.`, { id: message.id, deleted: true, forEveryone: options.forMe !== true })
    }))

  onMessage('star', 'keep a message among the starred ones')
    .option('--remove', 'not any more')
    .addHelpText('after', examples('message star Bob last', 'message star Bob 1f3a9c --remove'))
    .action((who: string, what: string, options: DeskOptions & { remove?: boolean }) => at(who, what, options, async (found) => {
      await found.desk.client.chats.star(found.chat, found.message.id, options.remove !== true)
      return await after(found, `${options.remove === true ? 'Not starred any more' : 'Starred'}: ${messageName(found.message)}.`)
    }))

  group.addCommand(command('starred', 'list the starred messages')
    .addHelpText('after', examples('message starred', 'message starred --json'))
    .action((options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      const messages = await desk.client.chats.starred()
      await desk.names.learn(messages.map(({ sender }) => sender))
      return { lines: messages.length === 0 ? ['No starred messages.'] : messages.map((message) => messageLine(message, desk.nameOf, { place: desk.names.ofChat(message.chat) })), json: messages.map((message) => messageJson(message, desk.nameOf)) }
    })))

  onMessage('pin', 'pin a message for everyone in the chat (the newest three count)')
    .option('--remove', 'not any more')
    .addHelpText('after', examples('message pin "Book club" last', 'message pin "Book club" 1f3a9c --remove'))
    .action((who: string, what: string, options: DeskOptions & { remove?: boolean }) => at(who, what, options, async ({ chat, message, desk }) => {
      await desk.client.chats.pin(chat, message.id, options.remove !== true)
      return answer(`${options.remove === true ? 'Not pinned any more' : 'Pinned'}: ${messageName(message)}.`, { id: message.id, pins: desk.client.chats.info(chat).pins })
    }))

  onMessage('forward', 'send a message on to others').argument('<to...>', 'contacts, groups, handles; at most 20')
    .addHelpText('after', examples('message forward Bob last "Book club" Ann'))
    .action((who: string, what: string, to: string[], options: DeskOptions) => at(who, what, options, async ({ chat, message, desk }) => {
      const targets = []
      for (const one of to) targets.push(await desk.chat(one, { mayAdd: true }))
      const sent = await desk.client.chats.forward(chat, message.id, targets.map((target) => target.chat))
      return { lines: [`Forwarded to ${targets.map(({ name }) => printableName(name)).join(', ')}.`], json: sent.map((one) => messageJson(one, desk.nameOf)) }
    }))

  onMessage('vote', 'vote in a poll').argument('[options...]', 'numbers of the answers, from 1, or their texts; none: take the vote back')
    .addHelpText('after', examples('message vote "Book club" last 2', 'message vote "Book club" 1f3a9c Emma', 'message vote "Book club" last'))
    .action((who: string, what: string, chosen: string[], options: DeskOptions) => at(who, what, options, async (found) => {
      const numbers = chosen.map((one) => optionNumber(found.message, one))
      await found.desk.client.chats.vote(found.chat, found.message.id, numbers)
      return await after(found, numbers.length === 0 ? 'Your vote is taken back.' : `You voted for ${numbers.map((one) => printableName(found.message.poll!.options[one]!)).join(', ')}.`)
    }))

  onMessage('open', 'look at a message that can be seen once: it is gone with this')
    .addHelpText('after', examples('message open Bob last'))
    .action((who: string, what: string, options: DeskOptions) => at(who, what, options, async ({ chat, message, desk }) => {
      const seen = await desk.client.chats.openOnce(chat, message.id)
      const { location, contact } = seen
      return {
        lines: [printable(seen.text), ...(location === undefined ? [] : [`${printableName(location.label)} ${location.latitude}, ${location.longitude}`]), ...(contact === undefined ? [] : [`${printableName(contact.name)} ${contact.account}`]), '(It is gone now.)'],
        json: [{ id: message.id, ...seen }]
      }
    }))

  onMessage('info', 'all about a message: times, receipts, reactions, votes')
    .option('--sync', 'connect first, and take what has come since')
    .addHelpText('after', examples('message info "Book club" last', 'message info Bob 1f3a9c --json'))
    .action((who: string, what: string, options: DeskOptions & { sync?: boolean }) => atDesk(context, outcome, options, async (desk) => {
      if (options.sync === true) await desk.catchUp()
      const { chat } = await desk.chat(who)
      return await infoAnswer(desk, chat, await desk.message(chat, what))
    }))

  return group
}

export async function infoAnswer (desk: Desk, chat: Message['chat'], message: Message): Promise<Answer> {
  const receipts = isGroupChat(chat) && message.direction === 'out' ? await receiptsAnswer(desk, chat, message.id) : undefined
  await desk.names.learn([message.sender, ...(message.reactions ?? []).map(({ account }) => account), ...(message.votes ?? []).map(({ account }) => account)])
  const at = (ms: number): string => new Date(ms).toLocaleString()
  const isPinned = desk.client.chats.info(chat).pins.includes(message.id)
  return {
    lines: [
      messageLine(message, desk.nameOf),
      `Id        ${message.id}`,
      `From      ${desk.name(message.sender)}${message.sender === desk.own ? '' : ` (${message.sender})`}`,
      `Sent      ${at(message.sentAtMs)}`,
      ...(message.receivedAtMs === undefined ? [] : [`Received  ${at(message.receivedAtMs)}`]),
      `State     ${message.state}${message.seq === undefined ? '' : `, number ${message.seq} of the conversation`}`,
      ...(message.editedAtMs === undefined ? [] : [`Edited    ${at(message.editedAtMs)}`]),
      ...(message.expiresAtMs === undefined ? [] : [`Disappears ${at(message.expiresAtMs)}`]),
      ...(isPinned ? ['Pinned'] : []),
      ...(receipts === undefined ? [] : receipts.lines.slice(1).map((line) => line.trimStart()))
    ],
    json: [{ ...messageJson(message, desk.nameOf), pinned: isPinned, ...(receipts === undefined ? {} : { receipts: (receipts.json[0] as { receipts: unknown }).receipts }) }]
  }
}

/** @returns from 0. @throws CliError */
function optionNumber (message: Message, text: string): number {
  const options = pollResults(message)
  if (options.length === 0) throw new CliError(`${messageName(message)} is not a poll.`, { code: 'NO_POLL' })
  const byText = options.findIndex((one) => one.text.toLowerCase() === text.toLowerCase())
  const number = byText !== -1 ? byText : /^\d{1,2}$/.test(text) ? Number(text) - 1 : -1
  if (options[number] === undefined) throw new CliError(`The poll has no answer "${printableName(text)}". It has: ${options.map((one, index) => `${index + 1} ${printableName(one.text)}`).join(', ')}`, { exitCode: exitCodes.usage, code: 'NO_OPTION' })
  return number
}

const notAnEmoji = (error: unknown, emoji: string): unknown => (error as { code?: string }).code === 'MALFORMED'
  ? new CliError(`"${printableName(emoji).slice(0, 40)}" is not one emoji.`, { exitCode: exitCodes.usage, code: 'NOT_AN_EMOJI', cause: error })
  : error
