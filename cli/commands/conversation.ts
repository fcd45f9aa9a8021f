/** `heliograph conversation …`: what is set for a conversation as a whole; and `heliograph request …`: what strangers have sent. */
import { Command, Option } from 'commander'
import { isGroupChat, isPairChat } from '../../client/chat-id.ts'
import { command, examples, type Outcome } from '../command.ts'
import type { ChatId, ClientLike, Context, ConversationSummary } from '../context.ts'
import { messageLine, printable, printableName } from '../describe-messages.ts'
import { shortId } from '../describe-people.ts'
import { answer, atDesk, withTimeout, type Answer, type Desk, type DeskOptions } from '../desk.ts'
import { durationText, parseDuration } from '../durations.ts'
import { exitCodes } from '../exit-codes.ts'
import { CliError } from '../failure.ts'

type ChatInfo = ReturnType<ClientLike['chats']['info']>

const infoJson = (info: ChatInfo): Record<string, unknown> => ({
  muted: info.isMuted,
  mutedUntil: info.mutedUntilMs === undefined ? null : new Date(info.mutedUntilMs).toISOString(),
  archived: info.isArchived,
  timerSeconds: info.timerS,
  pins: info.pins,
  blocked: info.isBlocked,
  request: info.request ?? null,
  draft: info.draft?.text ?? null
})

const summaryJson = (one: ConversationSummary, name: string): Record<string, unknown> => ({ chat: one.chat, kind: one.kind, name, unread: one.unread, ...infoJson(one.info) })

const marksOf = (info: ChatInfo): string[] => [
  ...(info.request === 'pending' ? ['request'] : info.request === 'declined' ? ['declined'] : []),
  ...(info.isBlocked ? ['blocked'] : []),
  ...(info.isMuted ? ['muted'] : []),
  ...(info.isArchived ? ['archived'] : []),
  ...(info.timerS > 0 ? [`disappearing: ${durationText(info.timerS)}`] : []),
  ...(info.draft === undefined ? [] : ['draft'])
]

export function conversationCommand (context: Context, outcome: Outcome): Command {
  const conversation = new Command('conversation').summary('mute, archive, timer, draft: what is set for a conversation').description('What is set for a conversation as a whole. Shared with your other devices; the timer with everybody in it.')
  const add = (made: Command): Command => { conversation.addCommand(made); return made }
  const onChat = (name: string, summary: string): Command => withTimeout(command(name, summary).argument('<who>', 'contact, group, handle or account id'))
  const at = (who: string, options: DeskOptions, work: (desk: Desk, chat: ChatId, name: string) => Promise<string>): Promise<void> => atDesk(context, outcome, options, async (desk) => {
    const { chat, name } = await desk.chat(who)
    const line = await work(desk, chat, printableName(name))
    return await desk.handedOver(answer(line, { chat, ...infoJson(desk.client.chats.info(chat)) }))
  })

  add(command('list', 'list your conversations, newest first'))
    .addHelpText('after', examples('conversation list', 'conversation list --json'))
    .action((options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      const all = await desk.client.conversations()
      await desk.names.learn(all.flatMap(({ account }) => account === undefined ? [] : [account]))
      return {
        lines: all.length === 0 ? ['No conversations yet.'] : all.map((one) => [printableName(desk.names.ofChat(one.chat)), ...(one.unread > 0 ? [`${one.unread} unread`] : []), ...marksOf(one.info)].join('  ')),
        json: all.map((one) => summaryJson(one, desk.names.ofChat(one.chat)))
      }
    }))

  add(onChat('mute', 'no notice of what comes, and it stays archived').option('--for <time>', '8h, 7d … (default: until unmuted)').option('--off', 'not any more'))
    .addHelpText('after', examples('conversation mute "Book club" --for 8h', 'conversation mute "Book club" --off'))
    .action((who: string, options: DeskOptions & { for?: string, off?: boolean }) => at(who, options, async (desk, chat, name) => {
      const lasts = options.for === undefined ? undefined : parseDuration(options.for)
      await desk.client.chats.mute(chat, options.off === true ? undefined : lasts === undefined ? 'forever' : context.nowMs() + lasts * 1000)
      return options.off === true ? `${name} is not muted any more.` : `${name} is muted${lasts === undefined ? '' : ` for ${durationText(lasts)}`}.`
    }))

  add(onChat('archive', 'out of the list until something comes').option('--off', 'back into the list'))
    .addHelpText('after', examples('conversation archive Bob', 'conversation archive Bob --off'))
    .action((who: string, options: DeskOptions & { off?: boolean }) => at(who, options, async (desk, chat, name) => {
      await desk.client.chats.archive(chat, options.off !== true)
      return options.off === true ? `${name} is back in the list.` : `${name} is archived.`
    }))

  add(onChat('timer', 'messages from now on disappear so long after reading, for everyone').argument('<time>', '30s, 5m, 8h, 7d … up to 90d, or "off"'))
    .addHelpText('after', examples('conversation timer Bob 1d', 'conversation timer Bob off'))
    .action((who: string, time: string, options: DeskOptions) => at(who, options, async (desk, chat, name) => {
      const seconds = time === 'off' ? 0 : parseDuration(time)
      if (seconds !== 0 && (seconds < 5 || seconds > 90 * 86_400)) throw new CliError('The timer goes from 5s to 90d.', { exitCode: exitCodes.usage, code: 'BAD_DURATION' })
      await desk.client.chats.setTimer(chat, seconds)
      return seconds === 0 ? `What is written in ${name} from now on stays.` : `What is written in ${name} from now on disappears ${durationText(seconds)} after reading.`
    }))

  add(onChat('draft', 'show, set or clear the text that was begun').argument('[text...]', 'the text; without one it is shown').option('--clear', 'no draft any more'))
    .addHelpText('after', examples('conversation draft Bob', 'conversation draft Bob "Dear Bob,"', 'conversation draft Bob --clear'))
    .action((who: string, words: string[], options: DeskOptions & { clear?: boolean }) => atDesk(context, outcome, options, async (desk) => {
      const { chat, name } = await desk.chat(who)
      if (options.clear === true) await desk.client.chats.setDraft(chat, undefined)
      else if (words.length > 0) await desk.client.chats.setDraft(chat, { text: words.join(' ') })
      const { draft } = desk.client.chats.info(chat)
      const shown = answer(draft === undefined ? `No draft for ${printableName(name)}.` : printable(draft.text), { chat, draft: draft?.text ?? null })
      return options.clear === true || words.length > 0 ? await desk.handedOver(shown) : shown
    }))

  add(onChat('pins', 'show the pinned messages'))
    .addHelpText('after', examples('conversation pins "Book club"'))
    .action((who: string, options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      const { chat } = await desk.chat(who)
      const messages = []
      for (const id of desk.client.chats.info(chat).pins) messages.push(await desk.client.chats.message(chat, id))
      const there = messages.flatMap((message) => message ?? [])
      await desk.names.learn(there.map(({ sender }) => sender))
      return { lines: there.length === 0 ? ['Nothing is pinned.'] : there.map((message) => messageLine(message, desk.nameOf)), json: there.map(({ id, text }) => ({ id, text })) }
    }))

  return conversation
}

export function requestCommand (context: Context, outcome: Outcome): Command {
  const request = new Command('request').summary('accept or decline what strangers have sent').description('What somebody writes who is not a contact waits here. They do not learn that it has come until you accept it, or write back.')
  const add = (made: Command): Command => { request.addCommand(made); return made }

  add(withTimeout(command('list', 'list the requests, with what was written')
    .option('--sync', 'connect first, and take what has come since')))
    .addHelpText('after', examples('request list --sync', 'request list --json'))
    .action((options: DeskOptions & { sync?: boolean }) => atDesk(context, outcome, options, async (desk) => {
      if (options.sync === true) await desk.catchUp()
      const lines: string[] = []
      const json: unknown[] = []
      for (const { chat } of desk.client.chats.requests()) {
        const messages = await desk.client.history(chat, { limit: 5 })
        if (isPairChat(chat)) await desk.names.learn([chat])
        const name = desk.names.ofChat(chat)
        lines.push(`${printableName(name)}  ${isGroupChat(chat) ? 'has added you to a group' : name === shortId(chat) ? '' : shortId(chat)}`.trimEnd(), ...messages.map((message) => `  ${messageLine(message, desk.nameOf)}`))
        json.push({ chat, kind: isGroupChat(chat) ? 'group' : 'pair', name, messages: messages.map(({ id, text }) => ({ id, text })) })
      }
      return { lines: lines.length === 0 ? ['No requests.'] : lines, json }
    }))

  for (const [name, summary, says] of [['accept', 'say yes: they learn that their messages came', 'Accepted'], ['decline', 'say no: what came goes, what comes is not shown; a group is left', 'Declined']] as const) {
    add(withTimeout(command(name, summary).argument('<who>', 'as the list shows it: name, short id or account id')))
      .addHelpText('after', examples(`request ${name} bafk2abc…x4ud`))
      .action((who: string, options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
        const chat = await requested(desk, who)
        await desk.client.chats[name](chat)
        return await desk.handedOver(answer(`${says}: ${printableName(desk.names.ofChat(chat))}.`, { chat, request: name === 'accept' ? 'accepted' : 'declined' }))
      }))
  }

  add(withTimeout(command('groups', 'who may put you into a group without asking')
    .addOption(new Option('--allow <who>', 'change it').choices(['everyone', 'contacts', 'nobody']))))
    .addHelpText('after', examples('request groups', 'request groups --allow contacts'))
    .action((options: DeskOptions & { allow?: 'everyone' | 'contacts' | 'nobody' }) => atDesk(context, outcome, options, async (desk): Promise<Answer> => {
      if (options.allow !== undefined) await desk.client.chats.setAddPolicy(options.allow)
      const policy = await desk.client.chats.addPolicy()
      const shown = answer(policy === 'everyone' ? 'Everyone may put you into a group.' : policy === 'contacts' ? 'Your contacts may put you into a group; of others it is a request.' : 'Being put into a group is a request, whoever does it.', { groups: policy })
      return options.allow === undefined ? shown : await desk.handedOver(shown)
    }))

  return request
}

async function requested (desk: Desk, who: string): Promise<ChatId> {
  const text = who.trim().toLowerCase().replace(/^~/, '')
  const chats = desk.client.chats.requests().map(({ chat }) => chat)
  await desk.names.learn(chats.filter(isPairChat))
  const found = chats.filter((chat) => chat === text || (isPairChat(chat) && shortId(chat) === text) || (isGroupChat(chat) && text.length >= 4 && chat.endsWith(text.replace(/^…/, ''))) || desk.names.ofChat(chat).toLowerCase().replace(/^~/, '') === text)
  if (found.length === 1) return found[0]!
  // A decision can be taken back: whoever was declined is found by id or name as any other.
  if (found.length === 0) return (await desk.chat(who)).chat
  throw new CliError(`More than one request is from "${printableName(who)}". Name it by its id.`, { code: 'AMBIGUOUS' })
}
